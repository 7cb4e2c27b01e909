// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	frameworkprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-dcs/internal/provider"
	"terraform-provider-dcs/internal/providertest"
)

func TestSchema_isValid(t *testing.T) {
	t.Parallel()

	p := provider.New("test")()

	var resp frameworkprovider.SchemaResponse

	p.Schema(t.Context(), frameworkprovider.SchemaRequest{}, &resp)

	if diags := resp.Schema.ValidateImplementation(t.Context()); diags.HasError() {
		t.Errorf("provider: %v", diags)
	}

	for _, source := range p.DataSources(t.Context()) {
		var resp datasource.SchemaResponse

		source().Schema(t.Context(), datasource.SchemaRequest{}, &resp)

		if diags := resp.Schema.ValidateImplementation(t.Context()); diags.HasError() {
			t.Errorf("data source: %v", diags)
		}
	}
}

// schemaArguments returns every attribute of the provider block, those of its blocks too, by their names as in arguments.
func schemaArguments(t *testing.T) map[string]*tfprotov6.SchemaAttribute {
	t.Helper()

	found := map[string]*tfprotov6.SchemaAttribute{}

	var visit func(block *tfprotov6.SchemaBlock, prefix string)

	visit = func(block *tfprotov6.SchemaBlock, prefix string) {
		if block.DescriptionKind != tfprotov6.StringKindMarkdown || !strings.HasSuffix(block.Description, ".") {
			t.Errorf("block %s: %q", prefix, block.Description)
		}

		for _, attribute := range block.Attributes {
			found[prefix+attribute.Name] = attribute
		}

		for _, nested := range block.BlockTypes {
			visit(nested.Block, prefix+nested.TypeName+".")
		}
	}
	visit(newProvider(t, nil, "", nil).ProviderSchema().Block, "")

	return found
}

var variableName = regexp.MustCompile("`((?:HW|HUAWEICLOUD|CLOUD)_[A-Z_]+4?)`")

// TestSchema_documented checks that each argument is optional and has a description that names all its variables and no others.
func TestSchema_documented(t *testing.T) {
	t.Parallel()

	found, want := map[string][]string{}, map[string][]string{}

	for name, attribute := range schemaArguments(t) {
		if attribute.DescriptionKind != tfprotov6.StringKindMarkdown || !strings.HasSuffix(attribute.Description, ".") {
			t.Errorf("%s: %q", name, attribute.Description)
		}

		if !attribute.Optional {
			t.Errorf("%s is not optional", name)
		}

		found[name] = nil

		for _, match := range variableName.FindAllStringSubmatch(attribute.Description, -1) {
			found[name] = append(found[name], match[1])
		}
	}

	all := arguments()
	want["endpoints"] = slices.Concat(
		[]string{"HUAWEICLOUD_SDK_REGION_DCS_CN_NORTH_4"}, all["endpoints.iam"].variables, all["endpoints.sts"].variables)

	for name, argument := range all {
		if !strings.HasPrefix(name, "endpoints.") {
			want[name] = argument.variables
		}
	}

	if diff := gocmp.Diff(want, found); diff != "" {
		t.Errorf("variables (-want +described):\n%s", diff)
	}
}

func TestSchema_sensitive(t *testing.T) {
	t.Parallel()

	found := schemaArguments(t)
	maps.DeleteFunc(found, func(_ string, attribute *tfprotov6.SchemaAttribute) bool { return !attribute.Sensitive })

	want := []string{"access_key", "assume_role_with_oidc.id_token", "password", "secret_key", "security_token", "token"}
	if diff := gocmp.Diff(want, slices.Sorted(maps.Keys(found))); diff != "" {
		t.Errorf("sensitive arguments (-want +got):\n%s", diff)
	}
}

func TestSchema_validators(t *testing.T) {
	t.Parallel()

	oidc := func(arguments object) object {
		return object{"assume_role_with_oidc": arguments}
	}
	role := func(arguments object) object {
		return object{"assume_role": []any{object{}, arguments}}
	}

	tests := map[string]struct {
		config object
		// want is the argument to blame, empty where nothing is wrong.
		want string
	}{
		"nothing":                         {config: object{}},
		"a region":                        {config: object{"region": "cn-north-4"}},
		"an empty region":                 {config: object{"region": ""}},
		"an unknown region":               {config: object{"region": providertest.Unknown}},
		"a region with a dot":             {object{"region": "a.example.com"}, "region"},
		"a region with a slash":           {object{"region": "a/b"}, "region"},
		"a region with a line break":      {object{"region": "a\n"}, "region"},
		"a region in other letters":       {object{"region": "région"}, "region"},
		"a project ID that climbs":        {object{"project_id": ".."}, "project_id"},
		"a cloud":                         {config: object{"cloud": "otc.t-systems.com"}},
		"a cloud with a path":             {object{"cloud": "example.com/x"}, "cloud"},
		"a cloud with a port":             {object{"cloud": "example.com:80"}, "cloud"},
		"a cloud with an empty label":     {object{"cloud": "a..b"}, "cloud"},
		"a cloud that begins with a dot":  {object{"cloud": ".b"}, "cloud"},
		"all endpoints":                   {config: object{"endpoints": object{"dcs": "a", "iam": "b", "sts": "c"}}},
		"a misspelt endpoint":             {object{"endpoints": object{"dsc": "a"}}, `endpoints["dsc"]`},
		"an endpoint in capitals":         {object{"endpoints": object{"DCS": "a"}}, `endpoints["DCS"]`},
		"no retries":                      {config: object{"max_retries": 0}},
		"negative retries":                {object{"max_retries": -1}, "max_retries"},
		"half a retry":                    {object{"max_retries": 0.5}, "max_retries"},
		"retries without end":             {object{"max_retries": int64(1) << 40}, "max_retries"},
		"a retry too many":                {object{"max_retries": int64(1) << 31}, "max_retries"},
		"as many retries as there can be": {config: object{"max_retries": int64(1)<<31 - 1}},
		"half a second more":              {role(object{"duration": 900.5}), "assume_role[1].duration"},
		"a duration":                      {config: role(object{"duration": 900})},
		"a duration of no time":           {role(object{"duration": 0}), "assume_role[1].duration"},
		"a negative federated duration":   {oidc(object{"duration": -1}), "assume_role_with_oidc.duration"},
		"an ID token":                     {config: oidc(object{"id_token": "a"})},
		"an ID token and no file":         {config: oidc(object{"id_token": "a", "id_token_file": ""})},
		"a file and no ID token":          {config: oidc(object{"id_token": "", "id_token_file": "b"})},
		"a file and a blank ID token":     {config: oidc(object{"id_token": " \n", "id_token_file": "b"})},
		"an ID token, a file not known":   {config: oidc(object{"id_token": "a", "id_token_file": providertest.Unknown})},
		"an ID token and a file":          {oidc(object{"id_token": "a", "id_token_file": "b"}), "assume_role_with_oidc.id_token"},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			diags := newProvider(t, nil, "", nil).ValidateProvider(t.Context(), test.config)

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
