// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"context"
	"maps"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	providerschema "github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// mirror is a provider whose data source gives its configuration back as its state, and reports how it was called.
type mirror struct {
	validate, read func(context.Context, *diag.Diagnostics)
}

func (mirror) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "test"
}

func (mirror) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = providerschema.Schema{
		Attributes: map[string]providerschema.Attribute{
			"endpoints": providerschema.MapAttribute{Optional: true, ElementType: types.StringType},
		},
		Blocks: map[string]providerschema.Block{
			"role": providerschema.ListNestedBlock{NestedObject: providerschema.NestedBlockObject{
				Attributes: map[string]providerschema.Attribute{"name": providerschema.StringAttribute{Optional: true}},
			}},
		},
	}
}

func (mirror) Configure(_ context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	if !req.Config.Raw.IsFullyKnown() {
		resp.Diagnostics.AddAttributeError(path.Root("role").AtListIndex(0).AtName("name"), "Unknown", "It is unknown to "+req.TerraformVersion+".")
	}
}

func (m mirror) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{func() datasource.DataSource { return mirrored{m} }}
}

func (mirror) Resources(context.Context) []func() resource.Resource { return nil }

type mirrored struct{ mirror }

func (mirrored) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "test_mirror"
}

func (mirrored) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		Attributes: map[string]schema.Attribute{
			"text":   schema.StringAttribute{Optional: true},
			"number": schema.NumberAttribute{Optional: true},
			"truth":  schema.BoolAttribute{Optional: true},
			"list":   schema.ListAttribute{Optional: true, ElementType: types.Int64Type},
			"set":    schema.SetAttribute{Optional: true, ElementType: types.StringType},
			"map":    schema.MapAttribute{Optional: true, ElementType: types.StringType},
		},
		Blocks: map[string]schema.Block{
			"single": schema.SingleNestedBlock{Attributes: map[string]schema.Attribute{
				"text": schema.StringAttribute{Optional: true},
			}},
			"repeated": schema.SetNestedBlock{NestedObject: schema.NestedBlockObject{
				Attributes: map[string]schema.Attribute{"text": schema.StringAttribute{Optional: true}},
			}},
		},
	}
}

func (m mirrored) ValidateConfig(
	ctx context.Context, _ datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse,
) {
	m.validate(ctx, &resp.Diagnostics)
}

func (m mirrored) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	resp.State.Raw = req.Config.Raw
	m.read(ctx, &resp.Diagnostics)
}

func newMirror(t *testing.T, m mirror) *Provider {
	t.Helper()

	nothing := func(context.Context, *diag.Diagnostics) {}
	if m.validate == nil {
		m.validate = nothing
	}

	if m.read == nil {
		m.read = nothing
	}

	return New(t, providerserver.NewProtocol6WithError(m))
}

func TestRead_valuesComeBack(t *testing.T) {
	t.Parallel()

	tests := map[string]struct{ config, want map[string]any }{
		"nothing": {nil, map[string]any{}},
		"everything": {
			map[string]any{
				"text": "x", "number": 1, "truth": true, "list": []any{1, int64(1) << 62}, "set": []any{"a"},
				"map": map[string]any{"k": "v"}, "single": map[string]any{"text": "y"}, "repeated": []any{map[string]any{"text": nil}},
			},
			map[string]any{
				"text": "x", "number": int64(1), "truth": true, "list": []any{int64(1), int64(1) << 62}, "set": []any{"a"},
				"map": map[string]any{"k": "v"}, "single": map[string]any{"text": "y"}, "repeated": []any{map[string]any{"text": nil}},
			},
		},
		"a fraction":   {map[string]any{"number": 1.5}, map[string]any{"number": 1.5}},
		"a big number": {map[string]any{"number": big.NewFloat(1e300)}, map[string]any{"number": 1e300}},
		"null":         {map[string]any{"text": nil, "list": []any{nil}}, map[string]any{"list": []any{nil}}},
		"unknown":      {map[string]any{"text": Unknown, "set": []any{Unknown}}, map[string]any{"text": Unknown, "set": []any{Unknown}}},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			want := map[string]any{
				"text": nil, "number": nil, "truth": nil, "list": nil, "set": nil, "map": nil, "single": nil, "repeated": []any{},
			}
			maps.Copy(want, test.want)

			got, diagnostics := newMirror(t, mirror{}).Read(t.Context(), "test_mirror", test.config)
			if len(diagnostics) > 0 {
				t.Fatal(diagnostics)
			}

			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("state (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEncode_whatDoesNotFit(t *testing.T) {
	t.Parallel()

	typ := tftypes.Object{AttributeTypes: map[string]tftypes.Type{
		"text": tftypes.String, "list": tftypes.List{ElementType: tftypes.Number},
	}}

	tests := map[string]map[string]any{
		"an argument that there is not": {"texts": "x"},
		"a number for a text":           {"text": 1},
		"a list for a text":             {"text": []any{}},
		"a map for a list":              {"list": map[string]any{}},
		"an element of another type":    {"list": []any{"x"}},
		"a type that Terraform has not": {"text": struct{}{}},
	}

	for name, value := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if got, err := encode(tftypes.NewAttributePath(), typ, value); err == nil {
				t.Errorf("no error, but %s", got)
			}
		})
	}
}

func TestConfigure_paths(t *testing.T) {
	t.Parallel()

	p := newMirror(t, mirror{})

	if got := p.Configure(t.Context(), map[string]any{"endpoints": map[string]any{"iam": "x"}}); len(got) > 0 {
		t.Error(got)
	}

	got := p.Configure(t.Context(), map[string]any{"role": []any{map[string]any{"name": Unknown}}})
	want := []Diagnostic{{Severity: Error, Summary: "Unknown", Detail: "It is unknown to " + TerraformVersion + ".", Path: "role[0].name"}}

	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
}

func TestRead_diagnostics(t *testing.T) {
	t.Parallel()

	p := newMirror(t, mirror{
		validate: func(_ context.Context, diags *diag.Diagnostics) {
			diags.AddAttributeError(path.Root("single").AtName("text"), "Bad", "It is bad.")
		},
		read: func(_ context.Context, diags *diag.Diagnostics) { diags.AddError("Failed", "It failed.") },
	})

	want := []Diagnostic{{Severity: Error, Summary: "Bad", Detail: "It is bad.", Path: "single.text"}}
	if diff := cmp.Diff(want, p.Validate(t.Context(), "test_mirror", nil)); diff != "" {
		t.Errorf("diagnostics of Validate (-want +got):\n%s", diff)
	}

	state, got := p.Read(t.Context(), "test_mirror", nil)
	if state != nil {
		t.Errorf("a read that fails has the state %v", state)
	}

	want = []Diagnostic{{Severity: Error, Summary: "Failed", Detail: "It failed."}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("diagnostics of Read (-want +got):\n%s", diff)
	}
}

func TestStop_endsARead(t *testing.T) {
	t.Parallel()

	reading := make(chan struct{})
	p := newMirror(t, mirror{read: func(ctx context.Context, diags *diag.Diagnostics) {
		close(reading)
		<-ctx.Done()
		diags.AddError("Stopped", ctx.Err().Error())
	}})

	go func() {
		<-reading
		p.Stop(context.Background())
	}()

	if _, got := p.Read(t.Context(), "test_mirror", nil); !HasError(got) {
		t.Errorf("the read was not stopped: %v", got)
	}
}
