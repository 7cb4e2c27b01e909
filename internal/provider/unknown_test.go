// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-dcs/internal/providertest"
)

// TestUnknownValues gives every argument of the schema, and each block, a value that is not known yet.
func TestUnknownValues(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		config map[string]any
		path   string
	}{
		"endpoints.dcs": {map[string]any{"endpoints": map[string]any{"dcs": providertest.Unknown}}, `endpoints["dcs"]`},
		"endpoints.iam": {map[string]any{"endpoints": map[string]any{"iam": providertest.Unknown}}, `endpoints["iam"]`},
		"assume_role":   {map[string]any{"assume_role": providertest.Unknown}, "assume_role"},
		"assume_role_with_oidc": {
			map[string]any{"assume_role_with_oidc": providertest.Unknown}, "assume_role_with_oidc",
		},
	}

	visit(served(t, around{}).ProviderSchema().Block, "", func(name string, _ *tfprotov6.SchemaAttribute) {
		test := tests[name]
		test.config, test.path = map[string]any{name: providertest.Unknown}, name

		if block, attribute, nested := strings.Cut(name, "."); nested {
			arguments := map[string]any{attribute: providertest.Unknown}
			test.config = map[string]any{block: arguments}

			if block == "assume_role" {
				test.config, test.path = map[string]any{block: []any{arguments}}, block+"[0]."+attribute
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

			p := served(t, around{env: env})
			if diags := p.ValidateProvider(t.Context(), test.config); len(diags) > 0 {
				t.Errorf("validation must wait until the value is known: %v", diags)
			}

			diags := p.Configure(t.Context(), test.config)
			if len(diags) != 1 || diags[0].Path != test.path || diags[0].Summary != summaryUnknown {
				t.Fatalf("want one error at %s, got %v", test.path, diags)
			}

			detail := diags[0].Detail
			if !strings.Contains(detail, "terraform apply -target=") || !strings.Contains(detail, test.path) {
				t.Errorf("detail: %s", detail)
			}

			for _, variable := range variables[name] {
				if !strings.Contains(detail, variable) {
					t.Errorf("the detail does not name %s: %s", variable, detail)
				}
			}
		})
	}
}

func TestUnknownValues_allAtOnce(t *testing.T) {
	t.Parallel()

	diags := served(t, around{}).Configure(t.Context(), map[string]any{
		"region": providertest.Unknown, "secret_key": providertest.Unknown,
		"assume_role": []any{
			map[string]any{"agency_name": "a"}, map[string]any{"agency_name": providertest.Unknown},
		},
	})

	var paths []string
	for _, d := range diags {
		paths = append(paths, d.Path)
	}

	if len(diags) != 3 {
		t.Errorf("got %v", paths)
	}

	for _, d := range diags {
		if d.Path == "assume_role[1].agency_name" && strings.Contains(d.Detail, "HW_") {
			t.Errorf("the environment stands in for the first block only: %s", d.Detail)
		}
	}
}
