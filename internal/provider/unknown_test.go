// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"strings"
	"testing"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/providertest"
)

// TestUnknown_everyArgument gives every argument of the schema, and each block, a value that is not known yet, and reads with
// and without region and project in the data source.
func TestUnknown_everyArgument(t *testing.T) {
	t.Parallel()

	type test struct {
		config object
		name   string
	}

	tests := map[string]test{
		"endpoints.dcs":         {object{"endpoints": object{"dcs": providertest.Unknown}}, "endpoints.dcs"},
		"endpoints.iam":         {object{"endpoints": object{"iam": providertest.Unknown}}, "endpoints.iam"},
		"assume_role":           {object{"assume_role": providertest.Unknown}, "assume_role"},
		"assume_role_with_oidc": {object{"assume_role_with_oidc": providertest.Unknown}, "assume_role_with_oidc"},
	}

	for name := range schemaArguments(t) {
		config, path := withArgument(nil, name, providertest.Unknown), name
		if attribute, nested := strings.CutPrefix(name, "assume_role."); nested {
			config, path = object{"assume_role": []any{object{attribute: providertest.Unknown}}}, "assume_role[0]."+attribute
		}

		tests[name] = test{config, path}
	}

	// The environment could stand in for all of them, and must not.
	env, all := map[string]string{}, arguments()

	for _, argument := range all {
		for _, name := range argument.variables {
			env[name] = "1"
		}
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			network := new(recorder)
			p := newProvider(t, env, "", network)

			if diags := p.ValidateProvider(t.Context(), test.config); len(diags) > 0 {
				t.Errorf("validation must wait until the value is known: %v", diags)
			}

			if diags := p.Configure(t.Context(), test.config); len(diags) > 0 {
				t.Fatalf("configuring must leave it to the reads: %v", diags)
			}

			for _, scope := range []object{{}, {"region": "cn-north-4"}, {"region": "cn-north-4", "project_id": "p"}} {
				scope["instance_id"] = dcsapitest.InstanceID

				_, diags := p.Read(t.Context(), dataSource, scope)
				if len(diags) != 1 || diags[0].Path != blockPath || diags[0].Summary != "Unknown Provider Argument" {
					t.Fatalf("want one error at the block, got %v", diags)
				}

				detail := diags[0].Detail
				if !strings.Contains(detail, "`provider \"dcs\": "+test.name+"`") || !strings.Contains(detail, "terraform apply -target=") {
					t.Errorf("detail: %s", detail)
				}

				for _, variable := range all[name].variables {
					if !strings.Contains(detail, variable) {
						t.Errorf("the detail does not name %s: %s", variable, detail)
					}
				}
			}

			if len(network.urls) > 0 {
				t.Errorf("requests were sent: %v", network.urls)
			}
		})
	}
}

// TestUnknown_allAtOnce has several unknown arguments, and others that are wrong and cannot be judged yet.
func TestUnknown_allAtOnce(t *testing.T) {
	t.Parallel()

	p := newProvider(t, map[string]string{"HW_MAX_RETRIES": "many"}, "", nil)
	if diags := p.Configure(t.Context(), object{
		"access_key": "ak", "secret_key": providertest.Unknown, "region": providertest.Unknown,
		"assume_role": []any{
			object{"agency_name": "a"}, object{"agency_name": providertest.Unknown},
		},
	}); len(diags) > 0 {
		t.Fatal(diags)
	}

	_, diags := p.Read(t.Context(), dataSource, object{"instance_id": dcsapitest.InstanceID})
	if len(diags) != 1 {
		t.Fatalf("want one error, got %v", diags)
	}

	for _, name := range []string{"region", "secret_key", "assume_role[1].agency_name"} {
		if !strings.Contains(diags[0].Detail, "`provider \"dcs\": "+name+"`") {
			t.Errorf("%s is not named in: %s", name, diags[0].Detail)
		}
	}

	if instead := "set an environment variable for each: HW_REGION_NAME; HW_SECRET_KEY, HUAWEICLOUD_SDK_SK or CLOUD_SDK_SK"; !strings.Contains(
		diags[0].Detail, instead) {
		t.Errorf("want %q in: %s", instead, diags[0].Detail)
	}

	if strings.Contains(diags[0].Detail, "HW_ASSUME_ROLE_AGENCY_NAME") {
		t.Errorf("the environment has variables for the first block only: %s", diags[0].Detail)
	}
}
