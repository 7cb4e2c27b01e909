// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/providertest"
)

// configuration is a provider block, the environment variables and the arguments of a data source that is read.
type configuration struct {
	block object
	env   env
	read  object
}

// usable is an environment with which a read needs nothing of the provider block.
var usable = env{
	"HW_REGION_NAME": dcsapitest.Region, "HW_ACCESS_KEY": dcsapitest.AccessKey, "HW_SECRET_KEY": dcsapitest.SecretKey,
	"HW_METADATA_ENDPOINT": "http://127.0.0.1",
}

// told returns what configuring a provider and, where that succeeds, a read report. A usable environment is completed by c.
// The service answers at every host.
func (c configuration) told(t *testing.T, home string) []providertest.Diagnostic {
	t.Helper()

	service := dcsapitest.InMemory(t)
	service.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(1, 1)})

	p := newProvider(t, merged(usable, c.env), home, service.Transport())

	diags := slices.Concat(p.ValidateProvider(t.Context(), c.block), p.Configure(t.Context(), c.block))
	if len(diags) == 0 {
		_, diags = p.Read(t.Context(), dataSource, merged(object{"instance_id": dcsapitest.InstanceID}, c.read))
	}

	if requests := service.Requests(); providertest.HasError(diags) && len(requests) > 0 {
		t.Errorf("requests were sent before the error: %v", requests)
	}

	return diags
}

// wanted is an error that is wanted: its path, and a part of its summary and detail.
type wanted struct{ path, part string }

// check fails unless there is one error for each of want, and none shows one of secrets.
func check(t *testing.T, diags []providertest.Diagnostic, want []wanted, secrets ...string) {
	t.Helper()

	if len(diags) != len(want) {
		t.Errorf("%d diagnostics, want %d", len(diags), len(want))
	}

	for _, w := range want {
		if !slices.ContainsFunc(diags, func(d providertest.Diagnostic) bool {
			return d.Path == w.path && strings.Contains(d.Summary+": "+d.Detail, w.part)
		}) {
			t.Errorf("no error at %q with %q in: %v", w.path, w.part, diags)
		}
	}

	for _, secret := range secrets {
		if strings.Contains(fmt.Sprint(diags), secret) {
			t.Errorf("%q is shown: %v", secret, diags)
		}
	}
}

// invalidTest is a configuration whose read ends with errors, and arguments of the block or of the data source with which it
// does not, because the value is then not used.
type invalidTest struct {
	configuration
	want             []wanted
	unused           object
	unusedInThisRead object
}

// TestConfigure_invalidValues checks that an argument of the block is reported on that argument, everything else at the block of
// a data source whose read needs it, and that what is not used is not an error.
func TestConfigure_invalidValues(t *testing.T) {
	t.Parallel()

	home := t.TempDir()
	writeFile(t, filepath.Join(home, "profiles.json"), asJSON(object{"current": "bad names", "profiles": []any{
		object{"name": "bad names", "region": "a/b", "projectId": "c?d", "accessKeyId": "ak", "secretAccessKey": "secret"},
		object{"name": "bad project", "region": dcsapitest.Region, "projectId": "c?d", "accessKeyId": "ak", "secretAccessKey": "secret"},
		object{"name": "half an agency", "accessKeyId": "ak", "secretAccessKey": "secret", "agencyName": "a"},
	}}))
	writeFile(t, filepath.Join(home, "keyless.json"), asJSON(object{"profiles": []any{object{"name": "no key"}}}))
	writeFile(t, filepath.Join(home, "no.json"), "no JSON")
	writeFile(t, filepath.Join(home, "no.pem"), "no certificate")

	atRead := func(part string) []wanted { return []wanted{{blockPath, part}} }
	keys := object{"access_key": dcsapitest.AccessKey, "secret_key": dcsapitest.SecretKey}
	region, project := object{"region": dcsapitest.Region}, object{"project_id": dcsapitest.ProjectID}
	iam, file := object{"endpoints": object{"iam": "iam.example.com"}}, filepath.Join(home, "profiles.json")
	role := object{"assume_role": []any{bySTS("one")}}
	withoutKeys := func(more env) env { return merged(env{"HW_ACCESS_KEY": "", "HW_SECRET_KEY": ""}, more) }

	tests := map[string]invalidTest{
		// Numbers and bools.
		"a number in the environment that is none": {
			configuration{env: env{"HW_MAX_RETRIES": "many"}},
			atRead(`Invalid Environment Variable: The environment variable HW_MAX_RETRIES must be a whole number of at least 0. Got: "many".`),
			object{"max_retries": 1},
			nil,
		},
		"a negative number in the environment": {
			configuration{env: env{"HW_MAX_RETRIES": "-1"}}, atRead("HW_MAX_RETRIES must be"), object{"max_retries": 1}, nil,
		},
		"a number in the environment that is too large": {
			configuration{env: env{"HW_MAX_RETRIES": "4294967296"}}, atRead("HW_MAX_RETRIES must be"), object{"max_retries": 1}, nil,
		},
		"a bool in the environment that is none": {
			configuration{env: env{"HW_INSECURE": "yes"}}, atRead(`HW_INSECURE must be true or false. Got: "yes".`), object{"insecure": false}, nil,
		},
		"a duration in the environment that is none": {
			configuration{env: env{
				"HW_ASSUME_ROLE_DURATION": "1h", "HW_ASSUME_ROLE_AGENCY_NAME": "a", "HW_ASSUME_ROLE_DOMAIN_ID": "b",
			}}, atRead("HW_ASSUME_ROLE_DURATION must be a whole number of at least 1"), nil, nil,
		},
		"a duration in the environment that completes a block": {
			configuration{block: role, env: env{"HW_ASSUME_ROLE_DURATION": "0"}}, atRead("HW_ASSUME_ROLE_DURATION must be"), nil, nil,
		},
		"a duration in the environment without an agency": {configuration{env: env{"HW_ASSUME_ROLE_DURATION": "1h"}}, nil, nil, nil},

		// Names that would send a request elsewhere.
		"a region in the environment": {
			configuration{env: env{"HW_REGION_NAME": "a.evil.example"}},
			atRead(`HW_REGION_NAME must consist of letters, digits, - and _. Got: "a.evil.example".`), region, region,
		},
		"a project in the environment": {
			configuration{env: env{"HW_PROJECT_ID": "a/../b"}}, atRead("HW_PROJECT_ID must consist of"), project, project,
		},
		"a cloud in the environment": {
			configuration{env: env{"HW_CLOUD": "evil.example/"}}, atRead("HW_CLOUD must be a domain name"), object{"cloud": "example.com"}, nil,
		},
		"a cloud in the environment, with an endpoint for every service": {
			configuration{env: env{"HW_CLOUD": "a..b"}},
			atRead("HW_CLOUD must be a domain name"),
			object{"endpoints": object{"iam": "i", "sts": "s", "dcs": "d"}},
			nil,
		},
		"a region in a profile": {
			configuration{block: object{"shared_config_file": file}},
			atRead("Unusable Profile: `region` in profile \"bad names\" of " + file + " must consist of letters, digits, - and _. Got: \"a/b\"."),
			merged(keys, region), nil,
		},
		"a project in a profile": {
			configuration{block: object{"shared_config_file": file, "profile": "bad project"}},
			atRead("`projectId` in profile \"bad project\" of " + file + " must"), merged(keys, project), nil,
		},

		// Endpoints.
		"endpoints that are no URL, all at once": {
			configuration{block: object{"endpoints": object{"dcs": "ftp://dcs.example.com", "sts": "https://user:pass-word@sts.example.com"}}},
			[]wanted{
				{`endpoints["dcs"]`, "Invalid Endpoint: `endpoints.dcs` must"},
				{`endpoints["sts"]`, "must not hold a user name or password"},
			},
			nil, nil,
		},
		"an empty endpoint": {
			configuration{block: object{"endpoints": object{"dcs": ""}}},
			[]wanted{{`endpoints["dcs"]`, "`endpoints.dcs` must be a host or a URL"}},
			nil, nil,
		},
		"an endpoint of IAM in the environment": {
			configuration{env: env{"HW_AUTH_URL": "https://iam.example.com?x"}},
			atRead("Invalid Endpoint: The environment variable HW_AUTH_URL must be a base URL without query or fragment. " +
				"Got: \"https://iam.example.com?x\"."), iam, project,
		},
		"an endpoint of STS in the environment": {
			configuration{block: role, env: env{"HUAWEICLOUD_SDK_STS_ENDPOINT": "a?b"}},
			atRead("HUAWEICLOUD_SDK_STS_ENDPOINT must be a base URL"),
			object{"assume_role": []any{}},
			nil,
		},
		"an endpoint of DCS in the environment": {
			configuration{env: env{"HUAWEICLOUD_SDK_REGION_DCS_CN_NORTH_4": "https://user:pass-word@dcs.example.com"}},
			atRead("HUAWEICLOUD_SDK_REGION_DCS_CN_NORTH_4 must not hold a user name or password"),
			object{"endpoints": object{"dcs": "dcs.example.com"}},
			nil,
		},
		"plain http": {
			configuration{block: object{"endpoints": object{"dcs": "http://dcs.example.com"}}},
			[]wanted{{`endpoints["dcs"]`, "`endpoints.dcs` must use https://"}},
			object{"insecure": true},
			nil,
		},
		"plain http in the environment": {
			configuration{env: env{"HUAWEICLOUD_SDK_REGION_DCS_CN_NORTH_4": "http://dcs.example.com"}},
			atRead("HUAWEICLOUD_SDK_REGION_DCS_CN_NORTH_4 must use https://"),
			object{"insecure": true},
			nil,
		},
		"plain http, and a malformed insecure in the environment": {
			configuration{block: object{"endpoints": object{"dcs": "http://dcs.example.com"}}, env: env{"HW_INSECURE": "yes"}},
			atRead("HW_INSECURE"),
			object{"insecure": true},
			nil,
		},
		"plain http on the loopback": {configuration{block: object{"endpoints": object{
			"dcs": "http://127.1.2.3:8080", "iam": "http://[::1]", "sts": "http://localhost",
		}}}, nil, nil, nil},

		// Files.
		"a CA bundle that does not exist": {
			configuration{block: object{"cacert_file": "~/missing.pem"}}, []wanted{{
				"cacert_file", "Invalid CA Certificate File: `cacert_file` is \"~/missing.pem\", but the file " +
					filepath.Join(home, "missing.pem") + " does not exist.",
			}}, object{"cacert_file": ""}, nil,
		},
		"a CA bundle of the environment that does not exist": {
			configuration{env: env{"HW_CACERT_FILE": "missing.pem"}},
			atRead("The environment variable HW_CACERT_FILE is \"missing.pem\", but the file missing.pem does not exist."), nil, nil,
		},
		"a CA bundle without a certificate": {
			configuration{block: object{"cacert_file": "~/no.pem"}},
			[]wanted{{"cacert_file", "which holds no certificate that can be read"}},
			nil, nil,
		},
		"a file in the home of another user": {
			configuration{block: object{"cacert_file": "~other/ca.pem"}}, []wanted{{"cacert_file", "the file ~other/ca.pem does not exist"}}, nil, nil,
		},
		"the home directory as a file": {
			configuration{block: object{"cacert_file": "~"}}, []wanted{{"cacert_file", home + ": not a regular file"}}, nil, nil,
		},
		"the file of a profile that does not exist": {
			configuration{block: object{"profile": "p", "shared_config_file": "file"}}, []wanted{{
				"shared_config_file", "Unusable Profile: `shared_config_file` is \"file\". It needs the KooCLI file file, which does not exist.",
			}}, merged(keys, region, project), nil,
		},
		"the file of a profile in the environment that does not exist": {
			configuration{block: object{"profile": "p"}, env: env{"HW_SHARED_CONFIG_FILE": "file"}},
			atRead("HW_SHARED_CONFIG_FILE is \"file\"."), merged(keys, region, project), nil,
		},
		"no default file": {
			configuration{block: object{"profile": "p"}}, []wanted{{
				"profile", "`profile` is \"p\". It needs the KooCLI file " + filepath.Join(home, ".hcloud", "config.json") +
					", which does not exist.\n\nRun `hcloud configure`, or set `shared_config_file`.",
			}}, merged(keys, region, project), nil,
		},
		"a profile that is not in the file": {
			configuration{block: object{"profile": "p", "shared_config_file": file}},
			[]wanted{{"profile", "names a profile that cannot be used.\n\nCause: " + file + ": unknown profile \"p\""}},
			merged(keys, region, project), nil,
		},
		"a profile of the environment that is not in the file": {
			configuration{block: object{"shared_config_file": file}, env: env{"HW_PROFILE": "p"}},
			atRead("HW_PROFILE is \"p\". It names a profile that cannot be used."), merged(keys, region, project), nil,
		},
		"a file of a profile that is not JSON": {
			configuration{block: object{"profile": "p", "shared_config_file": "~/no.json"}},
			[]wanted{{"shared_config_file", "it is not JSON as KooCLI writes it"}},
			merged(keys, region, project), nil,
		},
		"a profile of the block, for the project": {
			configuration{block: merged(keys, region, object{"profile": "p"})}, []wanted{{"profile", "`profile` is \"p\"."}}, project, nil,
		},
		"a profile of the environment, for the region": {
			configuration{env: env{"HW_PROFILE": "p", "HW_REGION_NAME": ""}}, atRead("HW_PROFILE is \"p\"."), region, region,
		},
		"a profile of the environment, for the credentials, and not metadata in its place": {
			configuration{env: withoutKeys(env{"HW_PROFILE": "p"})}, atRead("HW_PROFILE is \"p\"."), keys, nil,
		},
		"a profile of the block without a key, and not the environment's in its place": {
			configuration{block: object{"profile": "no key", "shared_config_file": "~/keyless.json"}},
			atRead("no usable access key"), keys, nil,
		},
		"an agency of a profile without an account": {
			configuration{block: object{"profile": "half an agency", "shared_config_file": file}},
			atRead("Incomplete Agency: The agency of profile \"half an agency\""), keys, nil,
		},
		"an agency of a profile without an account, and another one in the environment": {
			configuration{env: withoutKeys(env{"HW_PROFILE": "half an agency", "HW_SHARED_CONFIG_FILE": file})},
			atRead("Incomplete Agency"), keys, nil,
		},

		// Metadata.
		"a metadata endpoint that is no URL": {
			configuration{env: withoutKeys(env{"HW_METADATA_ENDPOINT": "127.0.0.1:80"})}, atRead("HW_METADATA_ENDPOINT must be"), keys, nil,
		},
	}

	// What the environment gives has a higher precedence than a profile that the environment names.
	for reason, file := range map[string]string{"no profile": file, "no file": "file", "no JSON": "~/no.json", "no key": "~/keyless.json"} {
		tests["a profile of the environment that is not used: "+reason] = invalidTest{
			configuration{env: env{"HW_PROFILE": "no key", "HW_SHARED_CONFIG_FILE": file}}, nil, nil, nil,
		}
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			check(t, test.told(t, home), test.want, "pass-word", dcsapitest.SecretKey)

			if test.unused != nil {
				c := test.configuration
				c.block = merged(c.block, test.unused)
				check(t, c.told(t, home), nil)
			}

			if test.unusedInThisRead != nil {
				c := test.configuration
				c.read = test.unusedInThisRead
				check(t, c.told(t, home), nil)
			}
		})
	}
}

// TestConfigure_noHome has files below a home directory that is not known.
func TestConfigure_noHome(t *testing.T) {
	t.Parallel()

	const reason = "but the home directory, for which ~ stands, is not known."

	for name, test := range map[string]struct {
		configuration
		want wanted
	}{
		"CA bundle": {
			configuration{block: object{"cacert_file": "~/ca.pem"}}, wanted{"cacert_file", "`cacert_file` is \"~/ca.pem\", " + reason},
		},
		"default file of a profile": {
			configuration{env: env{"HW_PROFILE": "p", "HW_REGION_NAME": ""}},
			wanted{blockPath, "HW_PROFILE is \"p\". It names the KooCLI file ~/.hcloud/config.json, " + reason},
		},
		"ID token file": {
			configuration{env: env{"HW_ASSUME_ROLE_IDP_ID": "i", "HW_ASSUME_ROLE_ID_TOKEN_FILE": "~/token"}},
			wanted{blockPath, "HW_ASSUME_ROLE_ID_TOKEN_FILE is \"~/token\", " + reason},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, test.told(t, ""), []wanted{test.want})
		})
	}
}
