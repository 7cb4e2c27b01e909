// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/providertest"
)

// TestUnknown_everyArgument gives every argument of the schema, and each block, a value that is not known yet, and reads with
// and without region and project in the data source.
func TestUnknown_everyArgument(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		config map[string]any
		name   string
	}{
		"endpoints.dcs":         {map[string]any{"endpoints": map[string]any{"dcs": providertest.Unknown}}, "endpoints.dcs"},
		"endpoints.iam":         {map[string]any{"endpoints": map[string]any{"iam": providertest.Unknown}}, "endpoints.iam"},
		"assume_role":           {map[string]any{"assume_role": providertest.Unknown}, "assume_role"},
		"assume_role_with_oidc": {map[string]any{"assume_role_with_oidc": providertest.Unknown}, "assume_role_with_oidc"},
	}

	visit(providerUnderTest(t, testEnvironment{}).ProviderSchema().Block, "", func(name string, _ *tfprotov6.SchemaAttribute) {
		test := tests[name]
		test.config, test.name = map[string]any{name: providertest.Unknown}, name

		if block, attribute, nested := strings.Cut(name, "."); nested {
			arguments := map[string]any{attribute: providertest.Unknown}
			test.config = map[string]any{block: arguments}

			if block == "assume_role" {
				test.config, test.name = map[string]any{block: []any{arguments}}, block+"[0]."+attribute
			}
		}

		tests[name] = test
	})

	// The environment could stand in for all of them, and must not.
	env := map[string]string{}

	for _, names := range variables {
		for _, name := range names {
			env[name] = "1"
		}
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			p := providerUnderTest(t, testEnvironment{env: env})
			if diags := p.ValidateProvider(t.Context(), test.config); len(diags) > 0 {
				t.Errorf("validation must wait until the value is known: %v", diags)
			}

			if diags := p.Configure(t.Context(), test.config); len(diags) > 0 {
				t.Fatalf("configuring must leave it to the reads: %v", diags)
			}

			for _, scope := range []map[string]any{{}, {"region": "cn-north-4"}, {"region": "cn-north-4", "project_id": "p"}} {
				scope["instance_id"] = dcsapitest.InstanceID

				_, diags := p.Read(t.Context(), dataSource, scope)
				if len(diags) != 1 || diags[0].Path != blockPath || diags[0].Summary != "Unknown Provider Argument" {
					t.Fatalf("want one error at the block, got %v", diags)
				}

				detail := diags[0].Detail
				if !strings.Contains(detail, "`provider \"dcs\": "+test.name+"`") || !strings.Contains(detail, "terraform apply -target=") {
					t.Errorf("detail: %s", detail)
				}

				for _, variable := range variables[name] {
					if !strings.Contains(detail, variable) {
						t.Errorf("the detail does not name %s: %s", variable, detail)
					}
				}
			}
		})
	}
}

// TestUnknown_allAtOnce has several unknown arguments, and others that are wrong and cannot be judged yet.
func TestUnknown_allAtOnce(t *testing.T) {
	t.Parallel()

	p := providerUnderTest(t, testEnvironment{env: map[string]string{"HW_MAX_RETRIES": "many"}})
	if diags := p.Configure(t.Context(), map[string]any{
		"access_key": "ak", "secret_key": providertest.Unknown, "region": providertest.Unknown,
		"assume_role": []any{
			map[string]any{"agency_name": "a"}, map[string]any{"agency_name": providertest.Unknown},
		},
	}); len(diags) > 0 {
		t.Fatal(diags)
	}

	_, diags := p.Read(t.Context(), dataSource, map[string]any{"instance_id": dcsapitest.InstanceID})
	if len(diags) != 1 {
		t.Fatalf("want one error, got %v", diags)
	}

	for _, name := range []string{"region", "secret_key", "assume_role[1].agency_name"} {
		if !strings.Contains(diags[0].Detail, "`provider \"dcs\": "+name+"`") {
			t.Errorf("%s is not named in: %s", name, diags[0].Detail)
		}
	}

	if strings.Contains(diags[0].Detail, "HW_ASSUME_ROLE_AGENCY_NAME") {
		t.Errorf("the environment has variables for the first block only: %s", diags[0].Detail)
	}
}
