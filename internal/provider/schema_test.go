// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-dcs/internal/providertest"
)

// providerUnderTest returns a provider in the given environment, driven below the CLI.
func providerUnderTest(t *testing.T, a testEnvironment) *providertest.Provider {
	t.Helper()

	return providertest.New(t, providerserver.NewProtocol6WithError(&dcsProvider{version: "test", environment: a.environment()}))
}

func TestSchema(t *testing.T) {
	t.Parallel()

	if diags := providerSchema().ValidateImplementation(t.Context()); diags.HasError() {
		t.Errorf("provider: %v", diags)
	}

	for _, source := range (&dcsProvider{}).DataSources(t.Context()) {
		var resp datasource.SchemaResponse

		source().Schema(t.Context(), datasource.SchemaRequest{}, &resp)

		if diags := resp.Schema.ValidateImplementation(context.Background()); diags.HasError() {
			t.Errorf("data source: %v", diags)
		}
	}
}

// visit calls f for every attribute of block, also of its blocks, with its name as in [variables].
func visit(block *tfprotov6.SchemaBlock, prefix string, f func(name string, attribute *tfprotov6.SchemaAttribute)) {
	for _, attribute := range block.Attributes {
		f(prefix+attribute.Name, attribute)
	}

	for _, nested := range block.BlockTypes {
		visit(nested.Block, prefix+nested.TypeName+".", f)
	}
}

// TestSchema_documented checks that everything has a sentence in Markdown that names all its variables.
func TestSchema_documented(t *testing.T) {
	t.Parallel()

	schema := providerUnderTest(t, testEnvironment{}).ProviderSchema()

	var blocks func(name string, block *tfprotov6.SchemaBlock)

	blocks = func(name string, block *tfprotov6.SchemaBlock) {
		if block.DescriptionKind != tfprotov6.StringKindMarkdown || !strings.HasSuffix(block.Description, ".") {
			t.Errorf("block %s: %q", name, block.Description)
		}

		for _, nested := range block.BlockTypes {
			blocks(nested.TypeName, nested.Block)
		}
	}
	blocks("provider", schema.Block)

	visit(schema.Block, "", func(name string, attribute *tfprotov6.SchemaAttribute) {
		if attribute.DescriptionKind != tfprotov6.StringKindMarkdown || !strings.HasSuffix(attribute.Description, ".") {
			t.Errorf("%s: %q", name, attribute.Description)
		}

		for _, variable := range variables[name] {
			if !strings.Contains(attribute.Description, "`"+variable+"`") {
				t.Errorf("%s does not name %s: %q", name, variable, attribute.Description)
			}
		}
	})
}

func TestSchema_sensitive(t *testing.T) {
	t.Parallel()

	var got []string

	visit(providerUnderTest(t, testEnvironment{}).ProviderSchema().Block, "", func(name string, attribute *tfprotov6.SchemaAttribute) {
		if attribute.Sensitive {
			got = append(got, name)
		}

		if !attribute.Optional {
			t.Errorf("%s is not optional", name)
		}
	})

	slices.Sort(got)

	want := []string{"access_key", "assume_role_with_oidc.id_token", "password", "secret_key", "security_token", "token"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sensitive arguments (-want +got):\n%s", diff)
	}
}

// TestSchema_variables checks that each argument has a variable, except those that the environment cannot stand in for.
func TestSchema_variables(t *testing.T) {
	t.Parallel()

	names := map[string]bool{"endpoints.iam": true, "endpoints.sts": true}

	visit(providerUnderTest(t, testEnvironment{}).ProviderSchema().Block, "", func(name string, _ *tfprotov6.SchemaAttribute) {
		names[name] = true
	})
	delete(names, "endpoints")

	if diff := cmp.Diff(slices.Sorted(maps.Keys(names)), slices.Sorted(maps.Keys(variables))); diff != "" {
		t.Errorf("arguments (-) and variables (+):\n%s", diff)
	}
}

func TestSchema_validators(t *testing.T) {
	t.Parallel()

	oidc := func(arguments map[string]any) map[string]any {
		return map[string]any{"assume_role_with_oidc": arguments}
	}
	role := func(arguments map[string]any) map[string]any {
		return map[string]any{"assume_role": []any{map[string]any{}, arguments}}
	}

	tests := map[string]struct {
		config map[string]any
		// want is the argument to blame, empty where nothing is wrong.
		want string
	}{
		"nothing":                         {config: map[string]any{}},
		"a region":                        {config: map[string]any{"region": "cn-north-4"}},
		"an empty region":                 {config: map[string]any{"region": ""}},
		"an unknown region":               {config: map[string]any{"region": providertest.Unknown}},
		"a region with a dot":             {map[string]any{"region": "a.example.com"}, "region"},
		"a region with a slash":           {map[string]any{"region": "a/b"}, "region"},
		"a region with a line break":      {map[string]any{"region": "a\n"}, "region"},
		"a region in other letters":       {map[string]any{"region": "région"}, "region"},
		"a project ID that climbs":        {map[string]any{"project_id": ".."}, "project_id"},
		"a cloud":                         {config: map[string]any{"cloud": "otc.t-systems.com"}},
		"a cloud with a path":             {map[string]any{"cloud": "example.com/x"}, "cloud"},
		"a cloud with a port":             {map[string]any{"cloud": "example.com:80"}, "cloud"},
		"a cloud with an empty label":     {map[string]any{"cloud": "a..b"}, "cloud"},
		"a cloud that begins with a dot":  {map[string]any{"cloud": ".b"}, "cloud"},
		"all endpoints":                   {config: map[string]any{"endpoints": map[string]any{"dcs": "a", "iam": "b", "sts": "c"}}},
		"a misspelt endpoint":             {map[string]any{"endpoints": map[string]any{"dsc": "a"}}, `endpoints["dsc"]`},
		"an endpoint in capitals":         {map[string]any{"endpoints": map[string]any{"DCS": "a"}}, `endpoints["DCS"]`},
		"no retries":                      {config: map[string]any{"max_retries": 0}},
		"negative retries":                {map[string]any{"max_retries": -1}, "max_retries"},
		"half a retry":                    {map[string]any{"max_retries": 0.5}, "max_retries"},
		"retries without end":             {map[string]any{"max_retries": int64(1) << 40}, "max_retries"},
		"a retry too many":                {map[string]any{"max_retries": int64(1) << 31}, "max_retries"},
		"as many retries as there can be": {config: map[string]any{"max_retries": int64(1)<<31 - 1}},
		"half a second more":              {role(map[string]any{"duration": 900.5}), "assume_role[1].duration"},
		"a duration":                      {config: role(map[string]any{"duration": 900})},
		"a duration of no time":           {role(map[string]any{"duration": 0}), "assume_role[1].duration"},
		"a negative federated duration":   {oidc(map[string]any{"duration": -1}), "assume_role_with_oidc.duration"},
		"an ID token":                     {config: oidc(map[string]any{"id_token": "a"})},
		"an ID token and no file":         {config: oidc(map[string]any{"id_token": "a", "id_token_file": ""})},
		"a file and no ID token":          {config: oidc(map[string]any{"id_token": "", "id_token_file": "b"})},
		"a file and a blank ID token":     {config: oidc(map[string]any{"id_token": " \n", "id_token_file": "b"})},
		"an ID token, a file not known":   {config: oidc(map[string]any{"id_token": "a", "id_token_file": providertest.Unknown})},
		"an ID token and a file":          {oidc(map[string]any{"id_token": "a", "id_token_file": "b"}), "assume_role_with_oidc.id_token"},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			diags := providerUnderTest(t, testEnvironment{}).ValidateProvider(t.Context(), test.config)

			switch {
			case test.want == "" && len(diags) > 0:
				t.Errorf("unexpected: %v", diags)
			case test.want != "" && (len(diags) != 1 || diags[0].Path != test.want):
				t.Errorf("want one error at %s, got %v", test.want, diags)
			case test.want != "" && strings.Contains(diags[0].Detail, "error in the provider"):
				t.Errorf("the provider is blamed: %v", diags)
			}
		})
	}
}
