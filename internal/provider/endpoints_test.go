// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/providertest"
)

// observedNetwork is a network that keeps the base URLs of the services that requests were sent to, and at whose hosts a service answers.
type observedNetwork struct {
	http.RoundTripper

	bases map[string]string
}

func (o observedNetwork) RoundTrip(req *http.Request) (*http.Response, error) {
	for service, path := range map[string]string{"sts": "/v5/agencies/assume", "iam": "/v3/projects", "dcs": "/v2/"} {
		if base, _, found := strings.Cut(req.URL.String(), path); found {
			o.bases[service] = base
		}
	}

	return o.RoundTripper.RoundTrip(req)
}

// TestConfigure_endpoints reads with an agency that STS gives credentials for and a project that is looked up in IAM, and checks where
// the requests to the three services go.
func TestConfigure_endpoints(t *testing.T) {
	t.Parallel()

	const (
		variable = "HUAWEICLOUD_SDK_REGION_DCS_CN_NORTH_4"
		public   = "https://sts.cn-north-4.myhuaweicloud.com https://iam.cn-north-4.myhuaweicloud.com "
	)

	at := func(endpoints object) object { return object{"endpoints": endpoints} }
	fixed := at(object{"dcs": "dcs.a", "iam": "https://iam.a/", "sts": "sts.a"})
	ownRegion := object{"region": "cn-north-4"}

	tests := map[string]struct {
		block  object
		env    env
		region string // of the data source
		// want are the base URLs of STS, IAM and DCS. Where it is empty, the read ends with fail.
		want string
		fail wanted
	}{
		"by default":                 {region: "cn-north-4", want: public + "https://dcs.cn-north-4.myhuaweicloud.com"},
		"by default, in Europe":      {region: "eu-west-101", want: endpointsIn("myhuaweicloud.eu", "eu-west-101")},
		"by default, of a partner":   {region: "eu-west-0", want: endpointsIn("myhuaweicloud.com", "eu-west-0")},
		"a cloud":                    {block: object{"cloud": "a.b"}, region: "eu-west-101", want: endpointsIn("a.b", "eu-west-101")},
		"a cloud of the environment": {env: env{"HW_CLOUD": "a.b"}, region: "cn-north-4", want: endpointsIn("a.b", "cn-north-4")},

		"fixed, own region": {block: merged(fixed, ownRegion), want: "https://sts.a https://iam.a https://dcs.a"},
		"fixed, no region":  {block: fixed, region: "cn-north-4", want: "https://sts.a https://iam.a https://dcs.a"},
		"fixed, other than DCS": {
			block: merged(ownRegion, at(object{"iam": "i", "sts": "s"})), region: "eu-west-0",
			want: "https://s https://i https://dcs.eu-west-0.myhuaweicloud.com",
		},
		"fixed, another region": {
			block: merged(fixed, ownRegion), region: "eu-west-0", fail: wanted{
				"region", "Endpoint of Another Region: `region` is \"eu-west-0\", but `endpoints.dcs` of the provider is the endpoint of its own " +
					"region \"cn-north-4\": dcs.a.",
			},
		},
		"fixed, another region than the environment's": {
			block: fixed, env: env{"HW_REGION_NAME": "cn-north-4"}, region: "eu-west-0", fail: wanted{"region", "own region \"cn-north-4\""},
		},
		"fixed, and a region that cannot be used": {
			block: fixed, env: env{"HW_REGION_NAME": "a/"}, region: "cn-north-4", fail: wanted{blockPath, "HW_REGION_NAME must"},
		},

		"{region}": {
			block: at(object{"dcs": "{region}.a", "iam": "b.{region}", "sts": "{region}"}), region: "eu-west-0",
			want: "https://eu-west-0 https://b.eu-west-0 https://eu-west-0.a",
		},
		"{region}, and another one than the provider's": {
			block: merged(ownRegion, at(object{"dcs": "{region}.a", "iam": "i", "sts": "s"})), region: "eu-west-0",
			want: "https://s https://i https://eu-west-0.a",
		},
		"a path, and /v3 of IAM": {
			block:  at(object{"dcs": "a/prefix/", "iam": "https://b/prefix/v3/", "sts": "http://127.0.0.1:80/prefix"}),
			region: "cn-north-4", want: "http://127.0.0.1:80/prefix https://b/prefix https://a/prefix",
		},
		"null": {
			block: at(object{"iam": nil}), env: env{"HW_AUTH_URL": "a/v3"}, region: "cn-north-4",
			want: "https://sts.cn-north-4.myhuaweicloud.com https://a https://dcs.cn-north-4.myhuaweicloud.com",
		},

		"DCS of the environment": {env: env{variable: "a"}, region: "cn-north-4", want: public + "https://a"},
		"the first of several":   {env: env{variable: " https://a ,b"}, region: "cn-north-4", want: public + "https://a"},
		"DCS of another region":  {env: env{variable: "a"}, region: "eu-west-0", want: endpointsIn("myhuaweicloud.com", "eu-west-0")},
		"DCS of a region that is not the provider's": {
			block: merged(object{"region": "eu-west-0"}, at(object{"sts": "s", "iam": "i"})), env: env{variable: "a"}, region: "cn-north-4",
			want: "https://s https://i https://a",
		},
		"arguments above the environment": {
			block: fixed, env: env{variable: "a?", "HW_AUTH_URL": "b?", "HUAWEICLOUD_SDK_STS_ENDPOINT": "c?"}, region: "cn-north-4",
			want: "https://sts.a https://iam.a https://dcs.a",
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var options []dcsapitest.Option
			if strings.Contains(test.want, "/prefix") {
				options = append(options, dcsapitest.WithPathPrefix("/prefix"))
			}

			service := dcsapitest.InMemory(t, options...)
			addAccounts(service)

			for _, region := range []string{"eu-west-0", "eu-west-101"} {
				service.AddProject(dcsapitest.Project{ID: "project-one-" + region, Name: region, DomainID: "id-one"})
				addInstance(service, "project-one-"+region)
			}

			project := "project-one"
			if strings.HasPrefix(test.region, "eu-") {
				project += "-" + test.region
			}

			network := observedNetwork{service.Transport(), map[string]string{}}
			a := byArgument
			block := object{"access_key": a.accessKey, "secret_key": a.secretKey, "assume_role": []any{bySTS("one")}}
			p := newProvider(t, test.env, "", network)

			if diags := p.Configure(t.Context(), merged(block, test.block)); len(diags) > 0 {
				t.Fatal(diags)
			}

			read := object{"instance_id": instanceIn(project)}
			if test.region != "" {
				read["region"] = test.region
			}

			_, diags := p.Read(t.Context(), dataSource, read)
			if test.want == "" {
				check(t, diags, []wanted{test.fail})
			} else if providertest.HasError(diags) {
				t.Error(diags)
			}

			got := strings.TrimSpace(strings.Join([]string{network.bases["sts"], network.bases["iam"], network.bases["dcs"]}, " "))
			if got != test.want {
				t.Errorf("requests to %q, want %q", got, test.want)
			}
		})
	}
}

// endpointsIn returns the default endpoints of STS, IAM and DCS in a region of a cloud.
func endpointsIn(cloud, region string) string {
	var bases []string
	for _, service := range []string{"sts", "iam", "dcs"} {
		bases = append(bases, "https://"+service+"."+region+"."+cloud)
	}

	return strings.Join(bases, " ")
}
