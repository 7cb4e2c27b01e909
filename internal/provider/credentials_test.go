// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"maps"
	"math/big"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/auth/koocli"
)

// The credentials of the tables below: one whole set of each kind at each level.
var (
	argumentToken    = auth.Token{Token: "token-arg", Origin: "token of the provider block"}
	environmentToken = auth.Token{Token: "token-env", Origin: "HW_AUTH_TOKEN"}

	argumentKeys = auth.Keys{
		AccessKey: "ak-arg", SecretKey: "sk-arg", Origin: "access_key and secret_key of the provider block",
	}
	environmentKeys = auth.Keys{
		AccessKey: "ak-env", SecretKey: "sk-env", Origin: "HW_ACCESS_KEY and HW_SECRET_KEY",
	}
	profileKeysOfTest = auth.Keys{
		AccessKey: "ak-profile", SecretKey: "sk-profile", SecurityToken: "st-profile", Origin: `profile "p" of file`, Profile: true,
	}

	argumentPassword = auth.Password{
		UserName: "user-arg", DomainName: "domain-arg", Password: "password-arg",
		Origin: "user_name, password and domain_name of the provider block",
	}
	environmentPassword = auth.Password{
		UserName: "user-env", DomainName: "domain-env", Password: "password-env",
		Origin: "HW_USER_NAME, HW_USER_PASSWORD and HW_DOMAIN_NAME",
	}

	argumentOIDC = auth.OIDC{
		ProviderID: "idp-arg", IDToken: "idt-arg", Role: auth.Role{AgencyName: "agency-arg", DomainID: "did-arg"},
		Origin: "assume_role_with_oidc.idp_id and assume_role_with_oidc.id_token of the provider block",
	}
	environmentOIDC = auth.OIDC{
		ProviderID: "idp-env", IDTokenFile: "idt-file-env",
		Origin: "HUAWEICLOUD_SDK_IDP_ID and HUAWEICLOUD_SDK_ID_TOKEN_FILE",
	}
)

// Each adds one of the sets to a configuration or an environment.
func withToken(m *model)   { m.Token = str("token-arg") }
func withKeys(m *model)    { m.AccessKey, m.SecretKey = str("ak-arg"), str("sk-arg") }
func withProfile(m *model) { m.SharedConfigFile = str("file") }

func withPassword(m *model) {
	m.UserName, m.DomainName, m.Password = str("user-arg"), str("domain-arg"), str("password-arg")
}

func withOIDC(m *model) {
	m.AssumeRoleWithOIDC = &oidcModel{
		AgencyName: str("agency-arg"), DomainID: str("did-arg"), ProviderID: str("idp-arg"), IDToken: str("idt-arg"),
	}
}

func envToken(env map[string]string)   { env["HW_AUTH_TOKEN"] = "token-env" }
func envKeys(env map[string]string)    { env["HW_ACCESS_KEY"], env["HW_SECRET_KEY"] = "ak-env", "sk-env" }
func envProfile(env map[string]string) { env["HW_SHARED_CONFIG_FILE"] = "file" }

func envPassword(env map[string]string) {
	env["HW_USER_NAME"], env["HW_DOMAIN_NAME"], env["HW_USER_PASSWORD"] = "user-env", "domain-env", "password-env"
}

func envOIDC(env map[string]string) {
	env["HUAWEICLOUD_SDK_IDP_ID"], env["HUAWEICLOUD_SDK_ID_TOKEN_FILE"] = "idp-env", "idt-file-env"
}

func configured(changes ...func(*model)) model {
	var m model
	for _, change := range changes {
		change(&m)
	}

	return m
}

func environmentOf(changes ...func(map[string]string)) map[string]string {
	env := map[string]string{}
	for _, change := range changes {
		change(env)
	}

	return env
}

func profileOfTest() map[string]koocli.Profile {
	p := koocli.Profile{Name: "p", Origin: profileKeysOfTest.Origin, Keys: koocli.Keys{
		AccessKey: profileKeysOfTest.AccessKey, SecretKey: profileKeysOfTest.SecretKey, SecurityToken: profileKeysOfTest.SecurityToken,
	}}

	return map[string]koocli.Profile{"file#": p, "file#p": p}
}

// TestSource_order takes the best source away, one after another, until only the last resort is left.
func TestSource_order(t *testing.T) {
	t.Parallel()

	arguments := []func(*model){withToken, withOIDC, withKeys, withPassword}
	variables := []func(map[string]string){envToken, envOIDC, envKeys, envPassword}

	// A profile is named once, by argument or by the environment, so there are two ladders.
	type rung struct {
		config model
		env    map[string]string
		want   auth.Source
	}

	var ladder []rung

	for i, want := range []auth.Source{argumentToken, argumentOIDC, argumentKeys, argumentPassword, profileKeysOfTest} {
		ladder = append(ladder, rung{configured(append(arguments[i:], withProfile)...), environmentOf(variables...), want})
	}

	environmentWants := []auth.Source{environmentToken, environmentOIDC, environmentKeys, environmentPassword, profileKeysOfTest}
	for i, want := range environmentWants {
		ladder = append(ladder, rung{model{}, environmentOf(append(variables[i:], envProfile)...), want})
	}

	ladder = append(ladder, rung{model{}, environmentOf(), auth.Metadata{Looked: lookedAt()}})

	for i, rung := range ladder {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()

			s := mustResolve(t, rung.config, testEnvironment{env: rung.env, profiles: profileOfTest()})
			if diff := cmp.Diff(rung.want, s.credentials.v.source); diff != "" {
				t.Errorf("source (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSource(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		config model
		env    map[string]string
		want   auth.Source
	}{
		"a key from both counts as an argument's": {
			config: configured(func(m *model) { m.AccessKey = str("ak-arg") }, withProfile),
			env:    environmentOf(envKeys),
			want: auth.Keys{
				AccessKey: "ak-arg", SecretKey: "sk-env", Origin: "access_key of the provider block with HW_SECRET_KEY",
			},
		},
		"a security token does not lift a key of the environment above a profile": {
			config: configured(func(m *model) { m.SecurityToken = str("st-arg") }, withProfile),
			env:    environmentOf(envKeys),
			want:   profileKeysOfTest,
		},
		"a security token of the block joins the key of the environment": {
			config: configured(func(m *model) { m.SecurityToken = str("st-arg") }),
			env:    environmentOf(envKeys),
			want: auth.Keys{
				AccessKey: "ak-env", SecretKey: "sk-env", SecurityToken: "st-arg",
				Origin: "security_token of the provider block with HW_ACCESS_KEY and HW_SECRET_KEY",
			},
		},
		"a temporary key of the environment": {
			env: map[string]string{
				"HUAWEICLOUD_SDK_AK": "ak-env", "CLOUD_SDK_SK": "sk-env", "HUAWEICLOUD_SDK_SECURITY_TOKEN": "st-env",
			},
			want: auth.Keys{
				AccessKey: "ak-env", SecretKey: "sk-env", SecurityToken: "st-env",
				Origin: "HUAWEICLOUD_SDK_AK, CLOUD_SDK_SK and HUAWEICLOUD_SDK_SECURITY_TOKEN",
			},
		},
		"a security token alone is ignored": {
			config: configured(func(m *model) { m.SecurityToken = str("st-arg") }),
			env:    environmentOf(envPassword),
			want:   environmentPassword,
		},
		"a security token alone does not go with a profile's key": {
			config: configured(func(m *model) { m.SecurityToken = str("st-arg") }, withProfile),
			want:   profileKeysOfTest,
		},
		"a profile's key is not merged with the environment's security token": {
			config: configured(withProfile),
			env:    map[string]string{"HW_SECURITY_TOKEN": "st-env"},
			want:   profileKeysOfTest,
		},
		"a profile named by argument, in a file named by the environment": {
			config: configured(func(m *model) { m.Profile = str("p") }),
			env:    environmentOf(envToken, envProfile),
			want:   profileKeysOfTest,
		},
		"empty arguments are not given": {
			config: configured(func(m *model) {
				m.Token, m.AccessKey, m.SecretKey, m.Password, m.Profile = str(""), str(""), str(""), str(""), str("")
			}),
			env:  environmentOf(envKeys),
			want: environmentKeys,
		},
		"a password login from both counts as an argument's": {
			config: configured(func(m *model) { m.DomainName = str("domain-arg") }),
			env:    environmentOf(envToken, envPassword),
			want: auth.Password{
				UserName: "user-env", Password: "password-env", DomainName: "domain-arg",
				Origin: "domain_name of the provider block with HW_USER_NAME and HW_USER_PASSWORD",
			},
		},
		"a user by ID needs no domain": {
			env: map[string]string{"HW_USER_ID": "uid", "HW_USER_PASSWORD": "password-env"},
			want: auth.Password{
				UserID: "uid", Password: "password-env", Origin: "HW_USER_ID and HW_USER_PASSWORD",
			},
		},
		"IDs win over names of the same level": {
			env: map[string]string{
				"HW_USER_ID": "uid", "HW_USER_NAME": "user", "HW_DOMAIN_ID": "did", "HW_DOMAIN_NAME": "domain",
				"HW_USER_PASSWORD": "password-env",
			},
			want: auth.Password{
				UserID: "uid", DomainID: "did", Password: "password-env",
				Origin: "HW_USER_ID, HW_USER_PASSWORD and HW_DOMAIN_ID",
			},
		},
		"an ID token wins over a file of the same level": {
			env: environmentOf(envOIDC, func(env map[string]string) { env["HW_ASSUME_ROLE_ID_TOKEN"] = "idt-env" }),
			want: auth.OIDC{
				ProviderID: "idp-env", IDToken: "idt-env", Origin: "HUAWEICLOUD_SDK_IDP_ID and HW_ASSUME_ROLE_ID_TOKEN",
			},
		},
		"names given as arguments win over the environment's IDs": {
			config: configured(withPassword),
			env:    map[string]string{"HW_USER_ID": "uid", "HW_DOMAIN_ID": "did"},
			want:   argumentPassword,
		},
		"a domain alone asks for no password login": {
			env:  map[string]string{"HW_DOMAIN_NAME": "domain", "HW_DOMAIN_ID": "did"},
			want: auth.Metadata{Looked: lookedAt()},
		},
		"a user without password is no password login next to a key": {
			env:  map[string]string{"HW_ACCESS_KEY": "ak-env", "HW_SECRET_KEY": "sk-env", "HW_USER_NAME": "user"},
			want: environmentKeys,
		},
		"half a set below the one used does no harm": {
			config: configured(withToken),
			env:    map[string]string{"HW_ACCESS_KEY": "ak-env", "HW_USER_PASSWORD": "password-env"},
			want:   argumentToken,
		},
		"a profile without usable key does no harm where its key is not needed": {
			config: configured(withKeys, func(m *model) { m.Profile, m.SharedConfigFile = str("broken"), str("file") }),
			want:   argumentKeys,
		},
		"a federated login of the environment with its agency": {
			env: map[string]string{
				"HW_ASSUME_ROLE_IDP_ID": "idp", "HW_ASSUME_ROLE_ID_TOKEN": "idt-env",
				"HW_ASSUME_ROLE_AGENCY_NAME": "agency", "HW_ASSUME_ROLE_DOMAIN_NAME": "domain", "HW_ASSUME_ROLE_DURATION": "900",
			},
			want: auth.OIDC{
				ProviderID: "idp", IDToken: "idt-env",
				Role:   auth.Role{AgencyName: "agency", DomainName: "domain", Duration: 900 * time.Second},
				Origin: "HW_ASSUME_ROLE_IDP_ID and HW_ASSUME_ROLE_ID_TOKEN",
			},
		},
		"a federated block takes what it lacks from the environment, and counts as an argument": {
			config: configured(func(m *model) { m.AssumeRoleWithOIDC = &oidcModel{} }),
			env: map[string]string{
				"HW_ASSUME_ROLE_IDP_ID": "idp", "HW_ASSUME_ROLE_ID_TOKEN_FILE": "~/idt",
				"HW_ASSUME_ROLE_AGENCY_NAME": "agency", "HW_ASSUME_ROLE_DOMAIN_ID": "did", "HW_AUTH_TOKEN": "token-env",
			},
			want: auth.OIDC{
				ProviderID: "idp", IDTokenFile: "/home/user/idt", Role: auth.Role{AgencyName: "agency", DomainID: "did"},
				Origin: "HW_ASSUME_ROLE_IDP_ID and HW_ASSUME_ROLE_ID_TOKEN_FILE",
			},
		},
		"an ID token given as argument wins over the environment's file": {
			config: configured(withOIDC),
			env:    map[string]string{"HW_ASSUME_ROLE_ID_TOKEN_FILE": "file"},
			want:   argumentOIDC,
		},
		"an ID token file given as argument wins over the environment's token": {
			config: configured(withOIDC, func(m *model) {
				m.AssumeRoleWithOIDC.IDToken, m.AssumeRoleWithOIDC.IDTokenFile = types.StringNull(), str("idt-file")
			}),
			env: map[string]string{"HW_ASSUME_ROLE_ID_TOKEN": "idt-env"},
			want: auth.OIDC{
				ProviderID: "idp-arg", IDTokenFile: "idt-file", Role: auth.Role{AgencyName: "agency-arg", DomainID: "did-arg"},
				Origin: "assume_role_with_oidc.idp_id and assume_role_with_oidc.id_token_file of the provider block",
			},
		},
		"an assume_role block takes the environment's agency from a federated login": {
			config: configured(func(m *model) { m.AssumeRole = []roleModel{{}} }),
			env: environmentOf(envOIDC, func(env map[string]string) {
				env["HW_ASSUME_ROLE_AGENCY_NAME"], env["HW_ASSUME_ROLE_DOMAIN_ID"] = "agency", "did"
			}),
			want: environmentOIDC,
		},
		"white space and a byte order mark are no part of secrets": {
			config: configured(func(m *model) {
				m.AccessKey, m.SecretKey, m.SecurityToken = str("\uFEFF ak-arg\n"), str("sk-arg\r\n"), str("\tst-arg ")
			}),
			want: auth.Keys{
				AccessKey: "ak-arg", SecretKey: "sk-arg", SecurityToken: "st-arg",
				Origin: "access_key, secret_key and security_token of the provider block",
			},
		},
		"white space and a byte order mark around a token": {
			env:  map[string]string{"HW_AUTH_TOKEN": "\uFEFFtoken-env\n"},
			want: environmentToken,
		},
		"white space around an ID token": {
			config: configured(withOIDC, func(m *model) { m.AssumeRoleWithOIDC.IDToken = str(" idt-arg\n") }),
			want:   argumentOIDC,
		},
		"white space alone is not given, in arguments and in variables": {
			config: configured(func(m *model) { m.Token, m.AccessKey, m.SecretKey = str(" "), str("\n"), str("\uFEFF") }),
			env: map[string]string{
				"HW_AUTH_TOKEN": "\n", "HW_ACCESS_KEY": " ", "HUAWEICLOUD_SDK_AK": "ak-env", "HW_SECRET_KEY": "sk-env",
			},
			want: auth.Keys{AccessKey: "ak-env", SecretKey: "sk-env", Origin: "HUAWEICLOUD_SDK_AK and HW_SECRET_KEY"},
		},
		"a password is taken as it is": {
			env: environmentOf(envPassword, func(env map[string]string) { env["HW_USER_PASSWORD"] = " password\n" }),
			want: auth.Password{
				UserName: "user-env", DomainName: "domain-env", Password: " password\n",
				Origin: "HW_USER_NAME, HW_USER_PASSWORD and HW_DOMAIN_NAME",
			},
		},
		"a control character in a secret that is not used": {
			config: configured(withToken),
			env:    map[string]string{"HW_ACCESS_KEY": "ak\nenv", "HW_SECRET_KEY": "sk\nenv", "HW_SECURITY_TOKEN": "st\nenv"},
			want:   argumentToken,
		},
		"a security token of the environment does not join an access key of the block": {
			config: configured(withKeys),
			env:    map[string]string{"HW_SECURITY_TOKEN": "st-env"},
			want:   argumentKeys,
		},
		"a security token of the environment does not join an access key of the block, whose secret key is the environment's": {
			config: configured(func(m *model) { m.AccessKey = str("ak-arg") }),
			env:    map[string]string{"HW_SECURITY_TOKEN": "st-env", "HW_SECRET_KEY": "sk-env"},
			want: auth.Keys{
				AccessKey: "ak-arg", SecretKey: "sk-env", Origin: "access_key of the provider block with HW_SECRET_KEY",
			},
		},
		"a security token of the environment joins an access key of the environment, whose secret key is the block's": {
			config: configured(func(m *model) { m.SecretKey = str("sk-arg") }),
			env:    map[string]string{"HW_SECURITY_TOKEN": "st-env", "HW_ACCESS_KEY": "ak-env"},
			want: auth.Keys{
				AccessKey: "ak-env", SecretKey: "sk-arg", SecurityToken: "st-env",
				Origin: "secret_key of the provider block with HW_ACCESS_KEY and HW_SECURITY_TOKEN",
			},
		},
		"a security token of the block joins half a pair from each place": {
			config: configured(func(m *model) { m.AccessKey, m.SecurityToken = str("ak-arg"), str("st-arg") }),
			env:    map[string]string{"HW_SECRET_KEY": "sk-env", "HW_SECURITY_TOKEN": "st-env"},
			want: auth.Keys{
				AccessKey: "ak-arg", SecretKey: "sk-env", SecurityToken: "st-arg",
				Origin: "access_key and security_token of the provider block with HW_SECRET_KEY",
			},
		},
		"a security token does not lift half a key above a profile": {
			config: configured(withProfile, func(m *model) { m.SecurityToken = str("st-arg") }),
			env:    map[string]string{"HW_ACCESS_KEY": "ak-env"},
			want:   profileKeysOfTest,
		},
		"a user in the environment without a password is not judged": {
			env:  map[string]string{"HW_USER_NAME": "user", "HW_DOMAIN_NAME": "domain"},
			want: auth.Metadata{Looked: lookedAt()},
		},
		"the metadata service where the environment moves it": {
			env:  map[string]string{"HW_METADATA_ENDPOINT": "http://127.0.0.1:8080"},
			want: auth.Metadata{Endpoint: "http://127.0.0.1:8080", Looked: lookedAt()},
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			a := testEnvironment{env: test.env, profiles: profileOfTest()}
			if test.config.Profile.ValueString() == "broken" {
				a.profileErr = koocli.ErrKeys
			}

			s := mustResolve(t, test.config, a)
			if diff := cmp.Diff(test.want, s.credentials.v.source); diff != "" {
				t.Errorf("source (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAgencies(t *testing.T) {
	t.Parallel()

	env := map[string]string{
		"HW_ASSUME_ROLE_AGENCY_NAME": "agency-env", "HW_ASSUME_ROLE_DOMAIN_NAME": "domain-env",
		"HW_ASSUME_ROLE_DURATION": "900",
	}

	tests := map[string]struct {
		config model
		env    map[string]string
		want   []auth.Role
	}{
		"none": {},
		"the environment alone": {
			env:  env,
			want: []auth.Role{{AgencyName: "agency-env", DomainName: "domain-env", Duration: 900 * time.Second}},
		},
		"the environment's agency belongs to a federated login": {
			env: environmentOf(envOIDC, func(e map[string]string) { maps.Copy(e, env) }),
		},
		"the environment's agency belongs to a federated block": {
			config: configured(withOIDC),
			env:    env,
		},
		"an account without agency asks for nothing": {
			env: map[string]string{"HW_ASSUME_ROLE_DOMAIN_NAME": "domain-env"},
		},
		"the environment completes the first block only": {
			config: model{AssumeRole: []roleModel{
				{AgencyName: str("first")},
				{AgencyName: str("second"), DomainID: str("did"), Duration: types.NumberValue(big.NewFloat(1800))},
				{AgencyName: str("third"), DomainName: str("domain")},
			}},
			env: env,
			want: []auth.Role{
				{AgencyName: "first", DomainName: "domain-env", Duration: 900 * time.Second},
				{AgencyName: "second", DomainID: "did", Duration: 1800 * time.Second},
				{AgencyName: "third", DomainName: "domain"},
			},
		},
		"the account's ID wins over its name": {
			config: model{AssumeRole: []roleModel{{AgencyName: str("a"), DomainID: str("did"), DomainName: str("domain")}}},
			want:   []auth.Role{{AgencyName: "a", DomainID: "did"}},
		},
		"the account's name in the block wins over the environment's ID": {
			config: model{AssumeRole: []roleModel{{AgencyName: str("a"), DomainName: str("domain")}}},
			env:    map[string]string{"HW_ASSUME_ROLE_DOMAIN_ID": "did-env"},
			want:   []auth.Role{{AgencyName: "a", DomainName: "domain"}},
		},
		"on top of a federated login": {
			config: configured(withOIDC, func(m *model) {
				m.AssumeRole = []roleModel{{AgencyName: str("a"), DomainName: str("domain")}}
			}),
			want: []auth.Role{{AgencyName: "a", DomainName: "domain"}},
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := mustResolve(t, test.config, testEnvironment{env: test.env})
			if diff := cmp.Diff(test.want, s.credentials.v.agencies); diff != "" {
				t.Errorf("roles (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSource_incomplete checks that half a set is an error on the missing half, unless a set above it is used.
func TestSource_incomplete(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		config  model
		env     map[string]string
		keysErr bool
		want    [][2]string
	}{
		"an access key without secret key": {
			config: configured(func(m *model) { m.AccessKey = str("ak-arg") }),
			want: [][2]string{{"secret_key", "`secret_key` is required together with `access_key`, which is set.\n\n" +
				"Set `secret_key` in the provider block, or the environment variable HW_SECRET_KEY, HUAWEICLOUD_SDK_SK or CLOUD_SDK_SK."}},
		},
		"a secret key without access key, in the environment": {
			env: map[string]string{"HUAWEICLOUD_SDK_SK": "sk-env"},
			want: [][2]string{{"kept by credentials", "`access_key` is required together with HUAWEICLOUD_SDK_SK, which is set.\n\n" +
				"Set the environment variable HW_ACCESS_KEY, HUAWEICLOUD_SDK_AK or CLOUD_SDK_AK."}},
		},
		"half a key above a profile": {
			config: configured(withProfile, func(m *model) { m.SecretKey = str("sk-arg") }),
			want:   [][2]string{{"access_key", "`secret_key`, which is set"}},
		},
		"half a key and a token of the same level": {
			config: configured(withToken, func(m *model) { m.AccessKey = str("ak-arg") }),
			want:   [][2]string{{"secret_key", ""}},
		},
		"half a key of the environment above a profile of the environment": {
			env:  environmentOf(envProfile, func(env map[string]string) { env["HW_ACCESS_KEY"] = "ak-env" }),
			want: [][2]string{{"kept by credentials", "`secret_key` is required"}},
		},
		"a password without user": {
			config: configured(func(m *model) { m.Password = str("password-arg") }),
			want:   [][2]string{{"user_name", "HW_USER_NAME"}},
		},
		"a user without password and without any other credentials": {
			config: configured(func(m *model) { m.UserName, m.DomainName = str("user"), str("domain") }),
			want:   [][2]string{{"password", "`user_name`, which is set"}},
		},
		"a user without password above a key of the environment": {
			config: configured(func(m *model) { m.UserName, m.DomainName = str("user"), str("domain") }),
			env:    map[string]string{"HW_ACCESS_KEY": "ak-env", "HW_SECRET_KEY": "sk-env"},
			want:   [][2]string{{"password", "`user_name`, which is set"}},
		},
		"a user by name without domain": {
			config: configured(func(m *model) { m.UserName, m.Password = str("user"), str("password-arg") }),
			want:   [][2]string{{"domain_name", "`user_name`, which is set"}},
		},
		"an identity provider without ID token": {
			env:  map[string]string{"HW_ASSUME_ROLE_IDP_ID": "idp"},
			want: [][2]string{{"kept by credentials", "`assume_role_with_oidc.id_token_file` is required together with HW_ASSUME_ROLE_IDP_ID"}},
		},
		"an ID token without identity provider": {
			env:  map[string]string{"HW_ASSUME_ROLE_ID_TOKEN": "idt-env"},
			want: [][2]string{{"kept by credentials", "`assume_role_with_oidc.idp_id` is required together with HW_ASSUME_ROLE_ID_TOKEN"}},
		},
		"an empty federated block": {
			config: model{AssumeRoleWithOIDC: &oidcModel{}},
			want: [][2]string{
				{"assume_role_with_oidc.idp_id", "is required."},
				{"assume_role_with_oidc.id_token_file", "is required."},
				{"assume_role_with_oidc.agency_name", "HW_ASSUME_ROLE_AGENCY_NAME"},
				{"assume_role_with_oidc.domain_id", "HW_ASSUME_ROLE_DOMAIN_ID"},
			},
		},
		"agencies without name or account": {
			config: model{AssumeRole: []roleModel{{DomainID: str("did")}, {AgencyName: str("agency")}}},
			want: [][2]string{
				{
					"assume_role[0].agency_name",
					"Set `assume_role[0].agency_name` in the provider block, or the environment variable HW_ASSUME_ROLE_AGENCY_NAME.",
				},
				{"assume_role[1].domain_id", "Set `assume_role[1].domain_id` or `assume_role[1].domain_name` in the provider block."},
			},
		},
		"an agency of the environment without account": {
			env: map[string]string{"HW_ASSUME_ROLE_AGENCY_NAME": "agency"},
			want: [][2]string{{"kept by credentials", "The agency that HW_ASSUME_ROLE_AGENCY_NAME names needs both the name of " +
				"the agency and the account that it belongs to. The account is missing.\n\nSet the environment variable " +
				"HW_ASSUME_ROLE_DOMAIN_ID or HW_ASSUME_ROLE_DOMAIN_NAME."}},
		},
		"a security token without a key pair": {
			config: configured(func(m *model) { m.SecurityToken, m.AccessKey = str("st-arg"), str("ak-arg") }),
			want:   [][2]string{{"secret_key", "`secret_key` is required together with `access_key`"}},
		},
		"control characters in arguments": {
			config: configured(func(m *model) {
				m.AccessKey, m.SecretKey, m.SecurityToken = str("ak\narg"), str("sk\x00arg"), str("st\targ")
			}),
			want: [][2]string{
				{"access_key", "Invalid Access Key: `access_key` cannot be used: it contains a control character"},
				{"secret_key", "`secret_key`"},
				{"security_token", "`security_token`"},
			},
		},
		"a control character in a token": {
			config: configured(func(m *model) { m.Token = str("token\narg") }),
			want:   [][2]string{{"token", "`token` cannot be used"}},
		},
		"a control character in an ID token": {
			config: configured(withOIDC, func(m *model) { m.AssumeRoleWithOIDC.IDToken = str("idt\narg") }),
			want:   [][2]string{{"assume_role_with_oidc.id_token", "`assume_role_with_oidc.id_token` cannot be used"}},
		},
		"a control character in the environment": {
			env:  map[string]string{"HW_AUTH_TOKEN": "token\nenv"},
			want: [][2]string{{"kept by credentials", "The environment variable HW_AUTH_TOKEN cannot be used"}},
		},
		"a profile whose key cannot be used": {
			config:  configured(withProfile),
			keysErr: true,
			want:    [][2]string{{"kept by credentials", koocli.ErrKeys.Error()}},
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			a := testEnvironment{env: test.env, profiles: profileOfTest()}
			if test.keysErr {
				a.profileErr = koocli.ErrKeys
			}

			checkErrors(t, test.config, a, test.want)
		})
	}
}

// TestAgencies_ofProfile has a profile with an agency, named by an argument or by the environment.
func TestAgencies_ofProfile(t *testing.T) {
	t.Parallel()

	byID := koocli.Agency{Name: "agency-profile", DomainID: "did-profile", DomainName: "domain-profile"}
	assumed := []auth.Role{{AgencyName: "agency-profile", DomainID: "did-profile"}}
	envAgency := func(env map[string]string) {
		env["HW_ASSUME_ROLE_AGENCY_NAME"], env["HW_ASSUME_ROLE_DOMAIN_NAME"] = "agency-env", "domain-env"
	}
	ofEnvironment := []auth.Role{{AgencyName: "agency-env", DomainName: "domain-env"}}

	tests := map[string]struct {
		config model
		env    map[string]string
		agency koocli.Agency
		want   []auth.Role
		fails  string
	}{
		"named by an argument":     {config: configured(withProfile), agency: byID, want: assumed},
		"named by the environment": {env: environmentOf(envProfile), agency: byID, want: assumed},
		"account by name": {
			config: configured(withProfile), agency: koocli.Agency{Name: "a", DomainName: "d"},
			want: []auth.Role{{AgencyName: "a", DomainName: "d"}},
		},
		"other keys are used": {config: configured(withProfile, withKeys), agency: byID},
		"the block's agency replaces": {
			config: configured(withProfile, func(m *model) {
				m.AssumeRole = []roleModel{{AgencyName: str("agency-arg"), DomainID: str("did-arg")}}
			}), agency: byID, want: []auth.Role{{AgencyName: "agency-arg", DomainID: "did-arg"}},
		},
		"the environment's does not replace that of an argument's profile": {
			config: configured(withProfile), env: environmentOf(envAgency), agency: byID, want: assumed,
		},
		"the environment's replaces that of its own profile": {
			env: environmentOf(envProfile, envAgency), agency: byID, want: ofEnvironment,
		},
		"the environment's where an argument's profile has none": {
			config: configured(withProfile), env: environmentOf(envAgency), want: ofEnvironment,
		},
		"a name without account": {
			config: configured(withProfile), agency: koocli.Agency{Name: "a"}, fails: "agencyDomainId and agencyDomainName are empty",
		},
		"a name without account that is replaced": {
			env: environmentOf(envProfile, envAgency), agency: koocli.Agency{Name: "a"}, want: ofEnvironment,
		},
		"a name without account that is not used": {config: configured(withProfile, withToken), agency: koocli.Agency{Name: "a"}},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			profiles := profileOfTest()
			for at, p := range profiles {
				p.Agency = test.agency
				profiles[at] = p
			}

			a := testEnvironment{env: test.env, profiles: profiles}
			if test.fails != "" {
				checkErrors(t, test.config, a, [][2]string{{"kept by credentials", test.fails}})

				return
			}

			s := mustResolve(t, test.config, a)
			if diff := cmp.Diff(test.want, s.credentials.v.agencies); diff != "" {
				t.Errorf("agencies (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSource_profileOfMetadata has a profile whose mode is the metadata service.
func TestSource_profileOfMetadata(t *testing.T) {
	t.Parallel()

	profiles := map[string]koocli.Profile{"file#": {
		Name: "p", Origin: `profile "p" of file`, Mode: koocli.ModeECSAgency, Agency: koocli.Agency{Name: "of the ECS"},
	}}

	s := mustResolve(t, configured(withProfile), testEnvironment{env: environmentOf(envKeys), profiles: profiles})
	want := credentials{source: auth.Metadata{Looked: []string{`profile "p" of file: its mode is ecsAgency`}}}

	if diff := cmp.Diff(want, s.credentials.v, cmp.AllowUnexported(credentials{})); diff != "" {
		t.Errorf("credentials (-want +got):\n%s", diff)
	}
}

// TestSource_secrets checks that every secret is made known, so that it is never shown.
func TestSource_secrets(t *testing.T) {
	t.Parallel()

	config := configured(withToken, withOIDC, withKeys, withPassword, withProfile, func(m *model) { m.SecurityToken = str("st-arg") })
	s := mustResolve(t, config, testEnvironment{profiles: profileOfTest()})

	want := []string{
		"ak-profile", "sk-profile", "st-profile", "token-arg", "idt-arg", "ak-arg", "sk-arg", "st-arg", "password-arg",
	}
	if diff := cmp.Diff(want, s.secrets); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
}

func TestLookedAt_namesEverySource(t *testing.T) {
	t.Parallel()

	want := []string{
		"provider block: token, assume_role_with_oidc, access_key, secret_key, user_name and password are not given",
		"profile named by the provider block: profile and shared_config_file are not given",
		"environment: HW_AUTH_TOKEN is not set",
		"environment, identity provider: HW_ASSUME_ROLE_IDP_ID and HUAWEICLOUD_SDK_IDP_ID are not set",
		"environment, access key: HW_ACCESS_KEY, HUAWEICLOUD_SDK_AK, CLOUD_SDK_AK, HW_SECRET_KEY, HUAWEICLOUD_SDK_SK and " +
			"CLOUD_SDK_SK are not set",
		"environment, password: HW_USER_PASSWORD is not set",
		"profile named by the environment: HW_PROFILE and HW_SHARED_CONFIG_FILE are not set",
	}
	if diff := cmp.Diff(want, lookedAt()); diff != "" {
		t.Errorf("looked at (-want +got):\n%s", diff)
	}
}
