// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/providertest"
)

// argument is an argument of the provider block that environment variables can give. A read succeeds with the value right, and
// fails with the value wrong.
type argument struct {
	variables    []string
	right, wrong any
	// block and env are what the read needs too.
	block object
	env   env
	// project is the one that is read, by default [dcsapitest.ProjectID].
	project string
	fault   dcsapitest.Fault
	// refusesEmpty says that an empty value is an error.
	refusesEmpty bool
}

// arguments are those that the environment can give, by name: that of an argument in a block is block.argument, that of a key in
// a map map.key.
func arguments() map[string]argument {
	a := byArgument
	region, keys := object{"region": dcsapitest.Region}, object{"access_key": a.accessKey, "secret_key": a.secretKey}
	in := merged(region, keys)
	login := func(arguments object) object { return merged(region, object{"password": a.user.Password}, arguments) }
	role := func(arguments object) object { return merged(in, object{"assume_role": []any{arguments}}) }
	oidc := func(without string) object {
		arguments := object{"idp_id": a.idp(), "id_token": a.idToken, "agency_name": "one", "domain_id": "id-one"}
		delete(arguments, without)

		return merged(region, object{"assume_role_with_oidc": arguments})
	}
	at := func(endpoints object) object {
		return merged(role(bySTS("one")), object{"endpoints": endpoints})
	}

	const local, plain, elsewhere = "127.0.0.1", "http://plain.example.com", "wrong.example.com"

	return map[string]argument{
		"region": {variables: []string{"HW_REGION_NAME"}, right: dcsapitest.Region, wrong: "cn-south-1", block: keys},
		"project_id": {
			variables: []string{"HW_PROJECT_ID", "HUAWEICLOUD_SDK_PROJECT_ID"},
			right:     dcsapitest.ProjectID, wrong: "wrong", block: in,
		},
		"project_name": {
			variables: []string{"HW_PROJECT_NAME"}, right: "cn-north-4_blue", wrong: "cn-north-4_red", block: in, project: "project-blue",
		},

		"access_key": {
			variables: []string{"HW_ACCESS_KEY", "HUAWEICLOUD_SDK_AK", "CLOUD_SDK_AK"},
			right:     a.accessKey, wrong: "WRONG", block: merged(region, object{"secret_key": a.secretKey}),
		},
		"secret_key": {
			variables: []string{"HW_SECRET_KEY", "HUAWEICLOUD_SDK_SK", "CLOUD_SDK_SK"},
			right:     a.secretKey, wrong: "wrong", block: merged(region, object{"access_key": a.accessKey}),
		},
		"security_token": {
			variables: []string{"HW_SECURITY_TOKEN", "HUAWEICLOUD_SDK_SECURITY_TOKEN"},
			right:     a.temporary.SecurityToken, wrong: "wrong", block: region,
			env: env{"HW_ACCESS_KEY": a.temporary.Access, "HW_SECRET_KEY": a.temporary.Secret},
		},
		"token": {variables: []string{"HW_AUTH_TOKEN"}, right: a.token, wrong: "wrong", block: region},
		"user_name": {
			variables: []string{"HW_USER_NAME"}, right: a.user.Name, wrong: "wrong", block: login(object{"domain_id": dcsapitest.DomainID}),
		},
		"user_id": {variables: []string{"HW_USER_ID"}, right: a.user.ID, wrong: "wrong", block: login(nil)},
		"password": {
			variables: []string{"HW_USER_PASSWORD"}, right: a.user.Password, wrong: "wrong", block: merged(region, object{"user_id": a.user.ID}),
		},
		"domain_name": {
			variables: []string{"HW_DOMAIN_NAME"}, right: dcsapitest.DomainName, wrong: "wrong", block: login(object{"user_name": a.user.Name}),
		},
		"domain_id": {
			variables: []string{"HW_DOMAIN_ID"}, right: dcsapitest.DomainID, wrong: "wrong", block: login(object{"user_name": a.user.Name}),
		},

		"assume_role.agency_name": {
			variables: []string{"HW_ASSUME_ROLE_AGENCY_NAME"}, right: "one", wrong: "wrong", block: role(object{"domain_id": "id-one"}),
			project: "project-one",
		},
		"assume_role.domain_name": {
			variables: []string{"HW_ASSUME_ROLE_DOMAIN_NAME"}, right: "account-one", wrong: "wrong", block: role(object{"agency_name": "one"}),
			project: "project-one",
		},
		"assume_role.domain_id": {
			variables: []string{"HW_ASSUME_ROLE_DOMAIN_ID"}, right: "id-one", wrong: "wrong", block: role(object{"agency_name": "one"}),
			project: "project-one",
		},
		"assume_role.duration": {
			variables: []string{"HW_ASSUME_ROLE_DURATION"}, right: 900, wrong: 60, block: role(bySTS("one")), project: "project-one",
		},
		"assume_role_with_oidc.agency_name": {
			variables: []string{"HW_ASSUME_ROLE_AGENCY_NAME"}, right: "one", wrong: "wrong", block: oidc("agency_name"), project: "project-one",
		},
		"assume_role_with_oidc.domain_id": {
			variables: []string{"HW_ASSUME_ROLE_DOMAIN_ID"}, right: "id-one", wrong: "wrong", block: oidc("domain_id"), project: "project-one",
		},
		"assume_role_with_oidc.duration": {
			variables: []string{"HW_ASSUME_ROLE_DURATION"}, right: 900, wrong: 60, block: oidc(""), project: "project-one",
		},
		"assume_role_with_oidc.idp_id": {
			variables: []string{"HW_ASSUME_ROLE_IDP_ID", "HUAWEICLOUD_SDK_IDP_ID"}, right: a.idp(), wrong: "wrong", block: oidc("idp_id"),
			project: "project-one",
		},
		"assume_role_with_oidc.id_token": {
			variables: []string{"HW_ASSUME_ROLE_ID_TOKEN"}, right: a.idToken, wrong: "wrong", block: oidc("id_token"), project: "project-one",
		},
		"assume_role_with_oidc.id_token_file": {
			variables: []string{"HW_ASSUME_ROLE_ID_TOKEN_FILE", "HUAWEICLOUD_SDK_ID_TOKEN_FILE"},
			right:     "~/argument.jwt", wrong: "~/wrong.jwt", block: oidc("id_token"), project: "project-one",
		},

		"shared_config_file": {
			variables: []string{"HW_SHARED_CONFIG_FILE"}, right: "~/moved.json", wrong: "~/agency.json", block: object{"profile": "moved"},
		},
		"profile": {variables: []string{"HW_PROFILE"}, right: "team", wrong: "wrong"},

		"cloud": {
			variables: []string{"HW_CLOUD"}, right: "right.example.com", wrong: elsewhere, block: merged(in, object{"endpoints": object{}}),
		},
		"endpoints.iam": {
			variables: []string{"HW_AUTH_URL", "HUAWEICLOUD_SDK_IAM_ENDPOINT"}, right: "iam.example.com", wrong: elsewhere,
			block: at(object{"sts": local, "dcs": local}), project: "project-one", refusesEmpty: true,
		},
		"endpoints.sts": {
			variables: []string{"HUAWEICLOUD_SDK_STS_ENDPOINT"}, right: "sts.example.com", wrong: elsewhere,
			block: at(object{"iam": local, "dcs": local}), project: "project-one", refusesEmpty: true,
		},
		"insecure": {
			variables: []string{"HW_INSECURE"}, right: true, wrong: false,
			block: merged(in, object{"endpoints": object{"iam": plain, "dcs": plain}}),
		},
		"cacert_file": {variables: []string{"HW_CACERT_FILE"}, right: "~/ca.pem", wrong: "~/wrong.pem", block: in},
		"max_retries": {
			variables: []string{"HW_MAX_RETRIES"}, right: 2, wrong: 1, block: in,
			fault: dcsapitest.Fault{Effect: fault.Status{Status: 503}, Path: "/v2/", Count: 2},
		},
	}
}

// withArgument returns block with a value for the argument called name, as in arguments.
func withArgument(block object, name string, value any) object {
	outer, inner, nested := strings.Cut(name, ".")
	if !nested {
		return merged(block, object{name: value})
	}

	if blocks, repeated := block[outer].([]any); repeated {
		return merged(block, object{outer: []any{withArgument(blocks[0].(object), inner, value)}}) //nolint:forcetypeassert // It is one.
	}

	element, _ := block[outer].(object)

	return merged(block, object{outer: withArgument(element, inner, value)})
}

// succeeds reports whether a read succeeds with value for the argument called name, where the environment has variables too.
func (a argument) succeeds(t *testing.T, home, name string, value any, variables env) (succeeds bool) {
	t.Helper()

	synctest.Test(t, func(t *testing.T) {
		service := dcsapitest.InMemory(t)
		addAccounts(service)
		service.AddProject(dcsapitest.Project{ID: "project-blue", Name: "cn-north-4_blue"})
		addInstance(service, "project-blue")

		if a.fault.Effect != nil {
			service.Inject(a.fault)
		}

		p := newProvider(t, merged(a.env, variables), home, refusing{"wrong", service.Transport()})
		block := withArgument(merged(object{"endpoints": object{"dcs": "127.0.0.1", "iam": "127.0.0.1"}}, a.block), name, value)

		diags := p.Configure(t.Context(), block)
		if len(diags) == 0 {
			_, diags = p.Read(t.Context(), dataSource, object{"instance_id": instanceIn(cmp.Or(a.project, dcsapitest.ProjectID))})
		}

		succeeds = len(diags) == 0
	})

	return succeeds
}

// refusing is a network in which no host whose name contains part can be connected to.
type refusing struct {
	part string
	http.RoundTripper
}

func (r refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.Contains(req.URL.Host, r.part) {
		return nil, errors.New("connection refused")
	}

	return r.RoundTripper.RoundTrip(req)
}

// TestConfigure_everyArgument checks that the argument wins over its variables, and then the first variable that is not empty.
func TestConfigure_everyArgument(t *testing.T) {
	t.Parallel()

	home := newHome(t)
	writeFile(t, filepath.Join(home, "ca.pem"), string(dcsapitest.ForTest(t, dcsapitest.WithTLS()).CertificatePEM()))

	for name, a := range arguments() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			right, wrong := fmt.Sprint(a.right), fmt.Sprint(a.wrong)

			all := env{}
			for _, variable := range a.variables {
				all[variable] = wrong
			}

			if !a.succeeds(t, home, name, a.right, all) {
				t.Errorf("the argument %q does not win over the variables", right)
			}

			if a.succeeds(t, home, name, a.wrong, nil) {
				t.Errorf("a read succeeds with the argument %q", wrong)
			}

			for _, variable := range a.variables {
				all[variable] = right

				if !a.succeeds(t, home, name, nil, all) {
					t.Errorf("%s is not read, or %v are preferred to it", variable, all)
				}

				if _, text := a.right.(string); text && !a.refusesEmpty && !a.succeeds(t, home, name, "", all) {
					t.Errorf("%s is not read where the argument is empty", variable)
				}

				all[variable] = ""
			}
		})
	}
}

// TestConfigure_maxRetries counts the attempts of a request that always fails.
func TestConfigure_maxRetries(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		block    object
		attempts int
	}{
		"default": {nil, 6}, "none": {object{"max_retries": 0}, 1}, "two": {object{"max_retries": 2}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				service := dcsapitest.InMemory(t)
				service.Inject(dcsapitest.Fault{Effect: fault.Status{Status: 503}, Path: "/v2/"})

				h := newHarnessOver(t, service, service.Transport(), test.block)
				if _, diags := h.read(t.Context(), nil); !providertest.HasError(diags) {
					t.Errorf("want an error, got %v", diags)
				}

				if got := len(service.RequestsTo("/v2/")); got != test.attempts {
					t.Errorf("%d attempts, want %d", got, test.attempts)
				}
			})
		})
	}
}

// recorder is a network in which nothing answers. It keeps the URLs that were requested.
type recorder struct {
	mu   sync.Mutex
	urls []string
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()

	r.urls = append(r.urls, req.URL.String())

	return nil, errors.New("connection refused")
}

// TestConfigure_regionAndProject checks where a read goes first: to the listing in the region and the project, or where there is no
// project to the look-up of one in the region.
func TestConfigure_regionAndProject(t *testing.T) {
	t.Parallel()

	const ofProfile, lookUpIn = "dcs.of-profile.myhuaweicloud.com/v2/project-of-profile/", "iam.%[1]s.myhuaweicloud.com/v3/projects?name=%[1]s"

	home := t.TempDir()
	writeFile(t, filepath.Join(home, ".hcloud", "config.json"), asJSON(object{"profiles": []any{
		object{"name": "p", "region": "of-profile", "projectId": "project-of-profile"},
		object{"name": "r", "region": "of-profile"},
		object{"name": "x", "projectId": "project-of-profile"},
	}}))

	tests := map[string]struct {
		block object
		env   env
		read  object
		want  string
	}{
		"a profile of an argument, above the environment": {
			block: object{"profile": "p"},
			env:   env{"HW_REGION_NAME": "environment", "HW_PROJECT_ID": "project-of-environment"}, want: ofProfile,
		},
		"arguments, above a profile": {
			block: object{"profile": "p", "region": "argument", "project_id": "b"}, want: "dcs.argument.myhuaweicloud.com/v2/b/",
		},
		"the project of a profile is not used in another region": {
			block: object{"profile": "p", "region": "argument"}, want: fmt.Sprintf(lookUpIn, "argument"),
		},
		"the project of a profile is used in its region, wherever that is named": {
			block: object{"profile": "p", "region": "of-profile"}, want: ofProfile,
		},
		"the project of a profile without region is used in every one": {
			block: object{"profile": "x", "region": "argument"}, want: "dcs.argument.myhuaweicloud.com/v2/project-of-profile/",
		},
		"the environment, above a profile of the environment": {
			env: env{"HW_PROFILE": "p", "HW_REGION_NAME": "environment"}, want: fmt.Sprintf(lookUpIn, "environment"),
		},
		"a profile of the environment": {env: env{"HW_PROFILE": "p"}, want: ofProfile},
		"the project of the environment, above that of a profile of the environment": {
			env:  env{"HW_PROFILE": "p", "HW_PROJECT_ID": "project-of-environment"},
			want: "dcs.of-profile.myhuaweicloud.com/v2/project-of-environment/",
		},
		"the project of the environment, where the profile has none": {
			block: object{"profile": "r"}, env: env{"HW_PROJECT_ID": "project-of-environment"},
			want: "dcs.of-profile.myhuaweicloud.com/v2/project-of-environment/",
		},
		"the provider's project without a region, in the region of the data source": {
			block: object{"project_id": "a"}, read: object{"region": "read"}, want: "dcs.read.myhuaweicloud.com/v2/a/",
		},
		"the provider's name of a project without a region, in the region of the data source": {
			block: object{"project_name": "a"}, read: object{"region": "read"},
			want: "iam.read.myhuaweicloud.com/v3/projects?name=a",
		},
		"the provider's project in its own region alone": {
			block: object{"project_id": "a", "region": "argument"}, read: object{"region": "read"}, want: fmt.Sprintf(lookUpIn, "read"),
		},
		"the provider's name of a project in its own region alone": {
			block: object{"project_name": "a", "region": "argument"}, read: object{"region": "read"}, want: fmt.Sprintf(lookUpIn, "read"),
		},
		"the name of a project": {
			block: object{"project_name": "argument_blue", "region": "argument"},
			want:  "iam.argument.myhuaweicloud.com/v3/projects?name=argument_blue",
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			network := new(recorder)
			p := newProvider(t, test.env, home, network)

			block := merged(object{"access_key": "ak", "secret_key": "secret", "max_retries": 0}, test.block)
			if diags := p.Configure(t.Context(), block); len(diags) > 0 {
				t.Fatal(diags)
			}

			if len(network.urls) > 0 {
				t.Errorf("configuring sent requests: %v", network.urls)
			}

			_, diags := p.Read(t.Context(), dataSource, merged(object{"instance_id": "i"}, test.read))
			if len(network.urls) == 0 || !strings.HasPrefix(network.urls[0], "https://"+test.want) {
				t.Errorf("requests to %v, want one to %s first; %v", network.urls, test.want, diags)
			}
		})
	}
}
