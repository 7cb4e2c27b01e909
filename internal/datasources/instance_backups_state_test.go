// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
)

// plain is the data source as it is usually written: state is set from a struct, which the framework reads by reflection.
// newState is compared with it, in result and in cost.
type plain struct{ instanceBackups }

func newPlain() datasource.DataSource { return &plain{} }

// Schema declares nested attributes without a shared type.
func (d *plain) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = instanceBackupsSchema()
	attributes := resp.Schema.Attributes

	attributes["backups"] = schema.ListNestedAttribute{
		Computed: true, NestedObject: schema.NestedAttributeObject{Attributes: recordFields.attributes()},
	}
	attributes["latest"] = schema.SingleNestedAttribute{Computed: true, Attributes: recordFields.attributes()}
	attributes["latest_restorable"] = attributes["latest"]
}

type plainState struct {
	commonConfig

	InstanceID       types.String  `tfsdk:"instance_id"`
	Limit            types.Number  `tfsdk:"limit"`
	Offset           types.Number  `tfsdk:"offset"`
	TotalNum         types.Int64   `tfsdk:"total_num"`
	Backups          []plainRecord `tfsdk:"backups"`
	Latest           *plainRecord  `tfsdk:"latest"`
	LatestRestorable *plainRecord  `tfsdk:"latest_restorable"`
}

type plainRecord struct {
	BackupID         types.String  `tfsdk:"backup_id"`
	BackupName       types.String  `tfsdk:"backup_name"`
	BackupType       types.String  `tfsdk:"backup_type"`
	BackupFormat     types.String  `tfsdk:"backup_format"`
	InstanceID       types.String  `tfsdk:"instance_id"`
	Size             types.Int64   `tfsdk:"size"`
	Period           types.String  `tfsdk:"period"`
	CreatedAt        types.String  `tfsdk:"created_at"`
	UpdatedAt        types.String  `tfsdk:"updated_at"`
	ExecutionAt      types.String  `tfsdk:"execution_at"`
	Progress         types.Float64 `tfsdk:"progress"`
	Status           types.String  `tfsdk:"status"`
	ErrorCode        types.String  `tfsdk:"error_code"`
	Remark           types.String  `tfsdk:"remark"`
	IsSupportRestore types.Bool    `tfsdk:"is_support_restore"`
}

func newPlainRecord(b *dcsapi.Backup) plainRecord {
	text := func(s string) types.String {
		if s == "" {
			return types.StringNull()
		}

		return types.StringValue(s)
	}

	return plainRecord{
		BackupID: text(b.ID), BackupName: text(b.Name), BackupType: text(b.Type), BackupFormat: text(b.Format),
		InstanceID: text(b.InstanceID), Size: types.Int64PointerValue(b.Size), Period: text(b.Period),
		CreatedAt: text(b.CreatedAt), UpdatedAt: text(b.UpdatedAt), ExecutionAt: text(b.ExecutionAt),
		Progress: types.Float64PointerValue(b.Progress), Status: text(b.Status), ErrorCode: text(b.ErrorCode), Remark: text(b.Remark),
		IsSupportRestore: types.BoolPointerValue(b.IsSupportRestore),
	}
}

func newPlainState(config instanceBackupsConfig, scope auth.Scope, total int64, backups []dcsapi.Backup) plainState {
	state := plainState{
		commonConfig: config.commonConfig, InstanceID: config.InstanceID, Limit: config.Limit, Offset: config.Offset,
		TotalNum: types.Int64Value(total), Backups: make([]plainRecord, len(backups)),
	}
	state.Region = types.StringValue(scope.Region)
	state.ProjectID = types.StringValue(scope.ProjectID)

	for i := range backups {
		state.Backups[i] = newPlainRecord(&backups[i])

		if i == 0 {
			state.Latest = &state.Backups[i]
		}

		if state.LatestRestorable == nil && backups[i].Status == "succeed" && state.Backups[i].IsSupportRestore.ValueBool() {
			state.LatestRestorable = &state.Backups[i]
		}
	}

	return state
}

func (d *plain) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config instanceBackupsConfig
	if resp.Diagnostics.Append(req.Config.Get(ctx, &config)...); resp.Diagnostics.HasError() {
		return
	}

	args, _ := config.arguments()

	listing, err := d.list(ctx, args)
	if err != nil {
		resp.Diagnostics.AddError("Failed", err.Error())
		return
	}

	backups, _ := newestFirst(listing.Backups)
	state := newPlainState(config, auth.Scope{Region: listing.Region, ProjectID: listing.ProjectID}, listing.TotalNum, backups)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

func TestNewState_equalsStateFromStruct(t *testing.T) {
	t.Parallel()

	full := fullBackup(1)
	tests := map[string][]dcsapi.Backup{
		"no records":             {},
		"all fields null":        {{}},
		"all fields set":         {full},
		"null and set":           {{}, full, {}},
		"restorable not first":   {{ID: "a", Status: "failed", IsSupportRestore: new(true)}, full},
		"none restorable":        {{ID: "a", Status: "succeed", IsSupportRestore: new(false)}, {ID: "b", Status: "succeed"}},
		"size above 2^53":        {{Size: new(int64(1<<53 + 1))}, {Size: new(int64(math.MaxInt64))}},
		"size zero and negative": {{Size: new(int64(0))}, {Size: new(int64(-1))}},
		"fractions of progress":  {{Progress: new(33.3)}, {Progress: new(0.1)}, {Progress: new(0.0)}, {Progress: new(1e-9)}},
		"text beyond ASCII":      {{Remark: "备份 \u0000 \"quoted\"\n"}},
	}

	for name, backups := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			ctx := t.Context()
			s := instanceBackupsSchema()
			typ := s.Type().TerraformType(ctx)
			empty := tftypes.NewValue(typ, nullAttributes(t, typ))
			scope := auth.Scope{Region: region, ProjectID: projectID}

			var given instanceBackupsConfig
			if diags := (tfsdk.Config{Raw: empty, Schema: s}).Get(ctx, &given); diags.HasError() {
				t.Fatal(diags)
			}

			want := tfsdk.State{Raw: empty, Schema: s}
			if diags := want.Set(ctx, newPlainState(given, scope, 7, backups)); diags.HasError() {
				t.Fatal(diags)
			}

			raw, err := instanceBackupsState(empty, scope, 7, backups)
			if err != nil {
				t.Fatal(err)
			}

			got := tfsdk.State{Raw: empty, Schema: s}
			if diags := got.Set(ctx, raw); diags.HasError() {
				t.Fatal(diags)
			}

			if diff, err := want.Raw.Diff(got.Raw); err != nil || len(diff) > 0 {
				t.Errorf("state differs: %v, %v", diff, err)
			}
		})
	}
}

func TestSetState_error(t *testing.T) {
	t.Parallel()

	const want = `
		Error: Unexpected Data Source State

		The backups were read, but the state could not be built. Please report this to the provider developers.

		Cause: no object`

	diags := setState(t.Context(), instanceBackupsBlock, nil, tftypes.Value{}, errors.New("no object"))
	if diff := cmp.Diff(unwrap(want), shown(diags[0])); len(diags) != 1 || diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
}

// The size of records is bounded before the state is encoded.
func TestRecordsSize_boundsTheEncodedState(t *testing.T) {
	t.Parallel()

	tests := map[string]dcsapi.Backup{
		"typical":     fullBackup(1),
		"null":        {},
		"large texts": {ID: "a", Remark: strings.Repeat("备", 20<<10), Name: strings.Repeat("x", 64<<10)},
		"numbers":     {Size: new(int64(math.MaxInt64)), Progress: new(33.3)},
	}

	for name, backup := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			backups := slices.Repeat([]dcsapi.Backup{backup}, 100)

			encoded, err := tfprotov6.NewDynamicValue(tftypes.List{ElementType: recordType}, recordList(backups))
			if err != nil {
				t.Fatal(err)
			}

			bound := recordsSize(backups)
			if size := len(encoded.MsgPack); bound < size-10 || bound > size+100*200 {
				t.Errorf("the bound is %d bytes, the size %d", bound, size)
			}
		})
	}
}

// nullAttributes returns null values for the attributes of typ.
func nullAttributes(tb testing.TB, typ tftypes.Type) map[string]tftypes.Value {
	tb.Helper()

	object, ok := typ.(tftypes.Object)
	if !ok {
		tb.Fatalf("%s is no object", typ)
	}

	values := make(map[string]tftypes.Value, len(object.AttributeTypes))
	for name, attribute := range object.AttributeTypes {
		values[name] = tftypes.NewValue(attribute, nil)
	}

	return values
}

// fullBackup returns a record whose fields all have values, different for each n.
func fullBackup(n int) dcsapi.Backup {
	created := time.Date(2024, 1, 1, 0, n, 0, 166e6, time.UTC)

	return dcsapi.Backup{
		ID: fmt.Sprintf("4631832a-14c6-45b0-a0b3-%012d", n), Name: fmt.Sprintf("backup_%d", n), Type: "auto", Format: "rdb",
		InstanceID: instanceID, Size: new(int64(880232 + n)), Period: "22:00-23:00",
		CreatedAt: created.Format(time.RFC3339Nano), UpdatedAt: created.Add(time.Minute).Format(time.RFC3339Nano),
		ExecutionAt: created.Add(time.Second).Format(time.RFC3339Nano), Progress: new(100.0), Status: "succeed",
		ErrorCode: "dcs.08.0001", Remark: "remark", IsSupportRestore: new(true),
	}
}

//go:fix inline
