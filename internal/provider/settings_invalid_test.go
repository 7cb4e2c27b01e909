// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/auth/koocli"
)

// TestResolve_invalidValues checks what no validator sees: the environment, files, profiles, and what depends on both. What an
// argument causes is told on the argument, everything else is kept by the setting.
func TestResolve_invalidValues(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		config      model
		environment testEnvironment
		want        [][2]string
	}{
		"a number in the environment that is none": {
			environment: testEnvironment{env: map[string]string{"HW_MAX_RETRIES": "many"}},
			want: [][2]string{{
				"kept by network", `The environment variable HW_MAX_RETRIES must be a whole number of at least 0. Got: "many".`,
			}},
		},
		"a negative number in the environment": {
			environment: testEnvironment{env: map[string]string{"HW_MAX_RETRIES": "-1"}},
			want:        [][2]string{{"kept by network", `HW_MAX_RETRIES must be`}},
		},
		"a number in the environment that is too large": {
			environment: testEnvironment{env: map[string]string{"HW_MAX_RETRIES": "4294967296"}},
			want:        [][2]string{{"kept by network", `HW_MAX_RETRIES must be`}},
		},
		"a bool in the environment that is none": {
			environment: testEnvironment{env: map[string]string{"HW_INSECURE": "yes"}},
			want:        [][2]string{{"kept by network", `HW_INSECURE must be true or false. Got: "yes".`}},
		},
		"a duration in the environment that is none": {
			environment: testEnvironment{env: map[string]string{
				"HW_ASSUME_ROLE_DURATION": "1h", "HW_ASSUME_ROLE_AGENCY_NAME": "a", "HW_ASSUME_ROLE_DOMAIN_ID": "b",
			}},
			want: [][2]string{{"kept by credentials", `HW_ASSUME_ROLE_DURATION must be a whole number of at least 1`}},
		},
		"a duration in the environment that completes a block": {
			config:      model{AssumeRole: []roleModel{{AgencyName: str("a"), DomainID: str("b")}}},
			environment: testEnvironment{env: map[string]string{"HW_ASSUME_ROLE_DURATION": "0"}},
			want:        [][2]string{{"kept by credentials", `HW_ASSUME_ROLE_DURATION must be`}},
		},
		"a duration in the environment without an agency is not used": {
			environment: testEnvironment{env: map[string]string{"HW_ASSUME_ROLE_DURATION": "1h"}},
		},
		"malformed variables of arguments that are given": {
			config: model{
				MaxRetries: types.NumberValue(big.NewFloat(1)), Insecure: types.BoolValue(false), Region: str("r"), ProjectID: str("p"),
				Cloud: str("example.com"), Endpoints: map[string]types.String{"iam": str("i"), "sts": str("s"), "dcs": str("d")},
				Token: str("token-arg"),
			},
			environment: testEnvironment{env: map[string]string{
				"HW_MAX_RETRIES": "many", "HW_INSECURE": "yes", "HW_REGION_NAME": "a/b", "HW_PROJECT_ID": "a/b", "HW_CLOUD": "a/b",
				"HW_AUTH_URL": "a?b", "HUAWEICLOUD_SDK_STS_ENDPOINT": "a?b", "HUAWEICLOUD_SDK_REGION_DCS_R": "a?b",
				"HW_AUTH_TOKEN": "a\nb",
			}},
		},
		"names in the environment that would move a request": {
			environment: testEnvironment{env: map[string]string{
				"HW_REGION_NAME": "a.evil.example", "HW_PROJECT_ID": "a/../b", "HW_CLOUD": "evil.example/",
			}},
			want: [][2]string{
				{"kept by region", `HW_REGION_NAME must consist of letters, digits, - and _. Got: "a.evil.example".`},
				{"kept by project_id", `HW_PROJECT_ID must consist of`},
				{"kept by dcs", `HW_CLOUD must be a domain name`},
				{"kept by iam", `HW_CLOUD must be a domain name`},
				{"kept by sts", `HW_CLOUD must be a domain name`},
			},
		},
		"a cloud that no endpoint depends on": {
			config:      model{Endpoints: map[string]types.String{"iam": str("i"), "sts": str("s"), "dcs": str("d")}},
			environment: testEnvironment{env: map[string]string{"HW_CLOUD": "a..b"}},
		},
		"names in a profile that would move a request": {
			config: model{SharedConfigFile: str("file")},
			environment: testEnvironment{profiles: map[string]koocli.Profile{"file#": {
				Region: "a/b", ProjectID: "c?d", Keys: koocli.Keys{AccessKey: "ak", SecretKey: "secret"}, Origin: `profile "x" of file`,
			}}},
			want: [][2]string{
				{"kept by region", "Unusable Profile: `region` in profile \"x\" of file must consist of letters, digits, - and _. Got: \"a/b\"."},
				{"kept by project_id", "`project_id` in profile \"x\" of file must"},
			},
		},
		"endpoints that cannot be used, all at once": {
			config: model{Endpoints: map[string]types.String{
				"dcs": str("ftp://dcs.example.com"), "sts": str("https://user:pass-word@sts.example.com"),
			}},
			want: [][2]string{
				{`endpoints["dcs"]`, "Invalid Endpoint: `endpoints.dcs` must"},
				{`endpoints["sts"]`, "must not hold a user name or password"},
			},
		},
		"an endpoint in the environment that cannot be used": {
			environment: testEnvironment{env: map[string]string{"HW_AUTH_URL": "https://iam.example.com?x"}},
			want: [][2]string{{
				"kept by iam", "Invalid Endpoint: The environment variable HW_AUTH_URL must be a base URL without query or fragment. " +
					"Got: \"https://iam.example.com?x\".",
			}},
		},
		"an empty endpoint": {
			config: model{Endpoints: map[string]types.String{"dcs": str("")}},
			want:   [][2]string{{`endpoints["dcs"]`, "`endpoints.dcs` must be a host or a URL"}},
		},
		"plain http without insecure": {
			config: model{Endpoints: map[string]types.String{"dcs": str("http://dcs.example.com")}},
			want:   [][2]string{{`endpoints["dcs"]`, "`endpoints.dcs` must use https://"}},
		},
		"plain http with insecure": {
			config: model{Endpoints: map[string]types.String{"dcs": str("http://dcs.example.com")}, Insecure: types.BoolValue(true)},
		},
		"plain http with insecure from the environment": {
			config:      model{Endpoints: map[string]types.String{"dcs": str("http://dcs.example.com")}},
			environment: testEnvironment{env: map[string]string{"HW_INSECURE": "true"}},
		},
		"plain http with a malformed insecure in the environment": {
			config:      model{Endpoints: map[string]types.String{"dcs": str("http://dcs.example.com")}},
			environment: testEnvironment{env: map[string]string{"HW_INSECURE": "yes"}},
			want:        [][2]string{{"kept by network", "HW_INSECURE"}},
		},
		"plain http on the loopback": {
			config: model{Endpoints: map[string]types.String{
				"dcs": str("http://127.1.2.3:8080"), "iam": str("http://[::1]"), "sts": str("http://localhost"),
			}},
		},
		"a CA bundle that does not exist": {
			config: model{CACertFile: str("~/missing.pem")},
			want: [][2]string{{
				"cacert_file",
				"Invalid CA Certificate File: `cacert_file` is \"~/missing.pem\", but the file /home/user/missing.pem does not exist.",
			}},
		},
		"a CA bundle of the environment that does not exist": {
			environment: testEnvironment{env: map[string]string{"HW_CACERT_FILE": "missing.pem"}},
			want: [][2]string{{
				"kept by network", "The environment variable HW_CACERT_FILE is \"missing.pem\", but the file missing.pem does not exist.",
			}},
		},
		"no home directory for ~": {
			config:      model{CACertFile: str("~/ca.pem")},
			environment: testEnvironment{homeless: true},
			want:        [][2]string{{"cacert_file", "`cacert_file` is \"~/ca.pem\", but the home directory, for which ~ stands, is not known."}},
		},
		"no home directory for the default profile file": {
			environment: testEnvironment{homeless: true, env: map[string]string{"HW_PROFILE": "p"}},
			want: [][2]string{
				{"kept by region", "HW_PROFILE is \"p\". It names the KooCLI file ~/.hcloud/config.json, but the home directory"},
				{"kept by credentials", "HW_PROFILE is \"p\"."},
			},
		},
		"a profile file of an argument that does not exist": {
			config: model{Profile: str("p"), SharedConfigFile: str("file")},
			want: [][2]string{{
				"shared_config_file", "Unusable Profile: `shared_config_file` is \"file\". It needs the KooCLI file file, which does not exist.",
			}},
		},
		"a profile of an argument in a file of the environment that does not exist": {
			config:      model{Profile: str("p")},
			environment: testEnvironment{env: map[string]string{"HW_SHARED_CONFIG_FILE": "file"}},
			want: [][2]string{
				{"kept by region", "HW_SHARED_CONFIG_FILE is \"file\"."},
				{"kept by project_id", "HW_SHARED_CONFIG_FILE is \"file\"."},
				{"kept by credentials", "HW_SHARED_CONFIG_FILE is \"file\"."},
			},
		},
		"a profile of an argument, and no default file": {
			config: model{Profile: str("p")},
			want: [][2]string{{
				"profile", "`profile` is \"p\". It needs the KooCLI file /home/user/.hcloud/config.json, which does not exist.\n\n" +
					"Run `hcloud configure`, or set `shared_config_file`.",
			}},
		},
		"a profile of an argument that is not in the file": {
			config:      model{Profile: str("p"), SharedConfigFile: str("file")},
			environment: testEnvironment{profileErr: fmt.Errorf("%w: names", koocli.ErrUnknownProfile)},
			want:        [][2]string{{"profile", "names"}},
		},
		"a profile of the environment that is not in the file of an argument": {
			config: model{SharedConfigFile: str("file")},
			environment: testEnvironment{
				env: map[string]string{"HW_PROFILE": "p"}, profileErr: fmt.Errorf("%w: names", koocli.ErrUnknownProfile),
			},
			want: [][2]string{
				{"kept by region", "HW_PROFILE is \"p\". It names a profile that cannot be used."},
				{"kept by project_id", "HW_PROFILE"},
				{"kept by credentials", "HW_PROFILE"},
			},
		},
		"a file of an argument that cannot be read": {
			config:      model{Profile: str("p"), SharedConfigFile: str("file")},
			environment: testEnvironment{profileErr: errors.New("it is not JSON as KooCLI writes it")},
			want:        [][2]string{{"shared_config_file", "Cause: it is not JSON as KooCLI writes it"}},
		},
		"a metadata endpoint that is no URL": {
			environment: testEnvironment{env: map[string]string{"HW_METADATA_ENDPOINT": "127.0.0.1:80"}},
			want:        [][2]string{{"kept by credentials", `HW_METADATA_ENDPOINT must be`}},
		},
		"a metadata endpoint that is not used": {
			config:      configured(withKeys),
			environment: testEnvironment{env: map[string]string{"HW_METADATA_ENDPOINT": "127.0.0.1:80"}},
		},
		"everything at once": {
			config:      model{AccessKey: str("the-access-key"), CACertFile: str("missing")},
			environment: testEnvironment{env: map[string]string{"HW_MAX_RETRIES": "x", "HW_REGION_NAME": "x/"}},
			want:        [][2]string{{"cacert_file", ""}, {"secret_key", ""}},
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			checkErrors(t, test.config, test.environment, test.want)
		})
	}
}

// TestResolve_unusedProfile has a profile that cannot be read, in every way, and everything that it could give at a higher
// precedence.
func TestResolve_unusedProfile(t *testing.T) {
	t.Parallel()

	complete := configured(withKeys, func(m *model) { m.Region, m.ProjectID = str("r"), str("p") })
	withoutProject := configured(withKeys, func(m *model) { m.Region = str("r") })
	unreadable := map[string]error{
		"no such profile": fmt.Errorf("%w \"dev\"", koocli.ErrUnknownProfile), "no such file": nil, "no JSON": errors.New("not JSON"),
		"no keys": koocli.ErrKeys,
	}

	for reason, err := range unreadable {
		for name, env := range map[string]map[string]string{
			"profile": {"HW_PROFILE": "dev"}, "file": {"HW_SHARED_CONFIG_FILE": "file"},
			"both": {"HW_PROFILE": "dev", "HW_SHARED_CONFIG_FILE": "file"},
		} {
			t.Run(reason+", "+name, func(t *testing.T) {
				t.Parallel()

				mustResolve(t, complete, testEnvironment{env: env, profileErr: err})
				mustResolve(t, withoutProject, testEnvironment{env: env, profileErr: err})

				// The environment is higher than a profile that it names.
				env := environmentOf(envKeys, func(e map[string]string) {
					maps.Copy(e, env)

					e["HW_REGION_NAME"] = "r"
				})
				mustResolve(t, model{}, testEnvironment{env: env, profileErr: err})
			})
		}

		t.Run(reason+", argument", func(t *testing.T) {
			t.Parallel()

			config := complete
			config.Profile, config.SharedConfigFile = str("dev"), str("file")
			mustResolve(t, config, testEnvironment{profileErr: err})
		})
	}
}

// TestResolve_neededProfile has a profile that cannot be read where what it could give is needed.
func TestResolve_neededProfile(t *testing.T) {
	t.Parallel()

	env := map[string]string{"HW_PROFILE": "dev"}
	cause := fmt.Errorf("%w \"dev\"", koocli.ErrUnknownProfile)

	tests := map[string]struct {
		config model
		env    map[string]string
		want   [][2]string
	}{
		"for the region": {
			config: configured(withKeys), env: env,
			want: [][2]string{{"kept by region", "HW_PROFILE is \"dev\"."}},
		},
		"for the credentials": {
			config: configured(func(m *model) { m.Region = str("r") }), env: env,
			want: [][2]string{{"kept by credentials", "HW_PROFILE is \"dev\"."}},
		},
		"for both": {
			env: env, want: [][2]string{{"kept by region", "unknown profile \"dev\""}, {"kept by credentials", "unknown profile"}},
		},
		"named by an argument, for the project": {
			config: configured(withKeys, func(m *model) { m.Region, m.Profile = str("r"), str("dev") }),
			want:   [][2]string{{"profile", "`profile` is \"dev\"."}},
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			checkErrors(t, test.config, testEnvironment{env: test.env, profileErr: cause}, test.want)
		})
	}
}
