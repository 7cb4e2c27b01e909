// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/datasources"
	"terraform-provider-dcs/internal/endpoint"
)

func TestEndpoints_URL(t *testing.T) {
	t.Parallel()

	fixed := model{Region: str("cn-north-4"), Endpoints: map[string]types.String{
		"dcs": str("https://dcs.example.com/prefix"), "iam": str("iam.example.com/v3"), "sts": str("sts.example.com"),
	}}
	withoutRegion := fixed
	withoutRegion.Region = types.StringNull()

	const dcsVariable = "HUAWEICLOUD_SDK_REGION_DCS_CN_NORTH_4"

	type env = map[string]string

	byRegion := model{Region: str("a"), Endpoints: map[string]types.String{"dcs": str("{region}.example.com")}}
	null := model{Endpoints: map[string]types.String{"iam": types.StringNull()}}

	tests := map[string]struct {
		config  model
		env     env
		service endpoint.Service
		region  string
		// want is the URL, or a part of the error for region.
		want string
	}{
		"fixed, own region":                {fixed, nil, endpoint.DCS, "cn-north-4", "https://dcs.example.com/prefix"},
		"fixed, another region":            {fixed, nil, endpoint.DCS, "cn-east-3", "is the endpoint of its own region \"cn-north-4\""},
		"fixed, no region in the provider": {withoutRegion, nil, endpoint.DCS, "cn-east-3", "https://dcs.example.com/prefix"},
		"fixed IAM, another region":        {fixed, nil, endpoint.IAM, "cn-east-3", "https://iam.example.com"},
		"fixed STS, another region":        {fixed, nil, endpoint.STS, "cn-east-3", "https://sts.example.com"},
		"own region of the environment":    {withoutRegion, env{"HW_REGION_NAME": "a"}, endpoint.DCS, "b", "its own region \"a\""},
		"own region that cannot be used":   {withoutRegion, env{"HW_REGION_NAME": "a/"}, endpoint.DCS, "b", "HW_REGION_NAME must"},
		"region in the value":              {byRegion, nil, endpoint.DCS, "b", "https://b.example.com"},
		"a null value is not given":        {null, env{"HW_AUTH_URL": "env.example.com/v3"}, endpoint.IAM, "a", "https://env.example.com"},
		"argument before the variable":     {fixed, env{dcsVariable: "a?"}, endpoint.DCS, "cn-north-4", "https://dcs.example.com/prefix"},

		"DCS of the environment":  {model{}, env{dcsVariable: "a.example.com"}, endpoint.DCS, "cn-north-4", "https://a.example.com"},
		"the first of several":    {model{}, env{dcsVariable: "https://one, https://two"}, endpoint.DCS, "cn-north-4", "https://one"},
		"blanks around the first": {model{}, env{dcsVariable: " one ,two"}, endpoint.DCS, "cn-north-4", "https://one"},
		"of that region alone": {
			model{}, env{dcsVariable: "a.example.com"}, endpoint.DCS, "cn-north-1", "https://dcs.cn-north-1.myhuaweicloud.com",
		},
		"of a region that is not the provider's": {
			model{Region: str("a")}, env{dcsVariable: "a.example.com"}, endpoint.DCS, "cn-north-4", "https://a.example.com",
		},
		"DCS has no other variable": {
			model{}, env{"HW_AUTH_URL": "one", "HUAWEICLOUD_SDK_REGION_DCS": "two"}, endpoint.DCS, "a", "https://dcs.a.myhuaweicloud.com",
		},

		"IAM, the first variable": {
			model{}, env{"HW_AUTH_URL": "one", "HUAWEICLOUD_SDK_IAM_ENDPOINT": "two?"}, endpoint.IAM, "a", "https://one",
		},
		"IAM of the SDK": {model{}, env{"HUAWEICLOUD_SDK_IAM_ENDPOINT": "https://two"}, endpoint.IAM, "a", "https://two"},
		"STS of the SDK": {model{}, env{"HUAWEICLOUD_SDK_STS_ENDPOINT": "https://two"}, endpoint.STS, "a", "https://two"},

		"variable with a query": {
			model{},
			env{dcsVariable: "https://a?b"},
			endpoint.DCS, "cn-north-4",
			dcsVariable + " must be a base URL without query or fragment. Got: \"https://a?b\".",
		},
		"variable with a password": {
			model{}, env{dcsVariable: "https://u:pw@a"}, endpoint.DCS, "cn-north-4", dcsVariable + " must not hold a user name or password",
		},
		"variable with plain http": {
			model{}, env{dcsVariable: "http://a"}, endpoint.DCS, "cn-north-4", dcsVariable + " must use https://",
		},

		"cloud of the environment": {model{}, env{"HW_CLOUD": "example.com"}, endpoint.DCS, "a", "https://dcs.a.example.com"},
		"cloud of Europe":          {model{}, nil, endpoint.STS, "eu-west-101", "https://sts.eu-west-101.myhuaweicloud.eu"},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s, diags := resolve(test.config, testEnvironment{env: test.env}.environment())
			if diags.HasError() {
				t.Fatal(texts(diags))
			}

			u, err := s.endpoints.URL(test.service, test.region)

			var config *datasources.ConfigError

			switch {
			case err == nil && u.String() != test.want:
				t.Errorf("got %s, want %s", u, test.want)
			case err != nil && !strings.Contains(err.Error(), test.want):
				t.Errorf("got %s, want %s", err, test.want)
			case err != nil && !errors.As(err, &config):
				t.Errorf("got %T", err)
			case err != nil && strings.Contains(test.want, "own region") && !config.Argument.Equal(path.Root("region")):
				t.Errorf("the error is on %q", config.Argument)
			}
		})
	}
}
