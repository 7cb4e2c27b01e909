// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// TestLogin_order gives all credentials at once, and then takes away those with the highest precedence, one after another.
func TestLogin_order(t *testing.T) {
	t.Parallel()

	environment := []string{"token, environment", "ID token file, environment", "access key, environment", "password by names, environment"}
	orders := map[string][]string{
		"arguments, profile of an argument, environment": append([]string{
			"token, argument", "ID token, argument", "access key, argument", "password by names, argument", "profile, argument",
		}, environment...),
		"environment, profile of the environment, metadata": append(environment, "profile, environment", "metadata, version 2"),
	}

	all := sources()

	for name, order := range orders {
		for i, source := range order {
			t.Run(fmt.Sprintf("%s, %d", name, i+1), func(t *testing.T) {
				t.Parallel()

				want := all[source]

				for _, lower := range order[i+1:] {
					want.block = merged(all[lower].block, want.block)
					want.environment = merged(all[lower].environment, want.environment)
				}

				want.metadata = dcsapitest.Metadata{}
				want.readOnce(t)
			})
		}
	}
}

// TestLogin_merged has the parts of credentials in different places.
func TestLogin_merged(t *testing.T) {
	t.Parallel()

	a, e := byArgument, byEnvironment
	argumentKey := a.key().by(object{"access_key": a.accessKey, "secret_key": a.secretKey})
	environmentKey := e.key().in(env{"HW_ACCESS_KEY": e.accessKey, "HW_SECRET_KEY": e.secretKey})
	environmentToken := env{"HW_AUTH_TOKEN": e.token}
	environmentID := env{"HW_ASSUME_ROLE_IDP_ID": e.idp(), "HW_ASSUME_ROLE_ID_TOKEN": e.idToken}
	metadata := metadataCase(dcsapitest.MetadataV2, 200)
	profile := signed(teamKey).by(object{"profile": "team"})

	tests := map[string]loginCase{
		// Access keys.
		"a secret key of the environment with the block's access key, above a profile and a token": a.key().
			by(object{"access_key": a.accessKey, "profile": "team"}).in(environmentToken).in(env{"CLOUD_SDK_SK": a.secretKey}).
			from("access_key of the provider block with CLOUD_SDK_SK"),
		"an access key of the environment with the block's secret key, above a profile and a token": e.key().
			by(object{"secret_key": e.secretKey, "profile": "team"}).in(environmentToken).in(env{"HW_ACCESS_KEY": e.accessKey}),
		"a key and its security token from three places": a.temporaryKey().
			by(object{"access_key": a.temporary.Access, "security_token": a.temporary.SecurityToken}).
			in(env{"HUAWEICLOUD_SDK_SK": a.temporary.Secret, "HW_SECURITY_TOKEN": e.temporary.SecurityToken}).
			from("access_key and security_token of the provider block with HUAWEICLOUD_SDK_SK"),
		"a security token of the block joins the environment's key": e.temporaryKey().
			by(object{"security_token": e.temporary.SecurityToken}).
			in(env{"HW_ACCESS_KEY": e.temporary.Access, "HW_SECRET_KEY": e.temporary.Secret}).
			from("security_token of the provider block with HW_ACCESS_KEY and HW_SECRET_KEY"),
		"a security token of the block does not lift the environment's key above a profile": profile.
			by(object{"security_token": e.temporary.SecurityToken}).
			in(env{"HW_ACCESS_KEY": e.temporary.Access, "HW_SECRET_KEY": e.temporary.Secret}),
		"a security token of the block does not lift half a key above a profile": profile.
			by(object{"security_token": e.temporary.SecurityToken}).in(env{"HW_ACCESS_KEY": e.temporary.Access}),
		"a security token of the block does not join a profile's key": profile.by(object{"security_token": e.temporary.SecurityToken}),
		"a security token of the block without a key is ignored": e.password().
			by(object{"security_token": a.temporary.SecurityToken, "user_id": e.user.ID, "password": e.user.Password}),
		"a security token of the environment without a key is ignored": profile.in(env{"HW_SECURITY_TOKEN": e.temporary.SecurityToken}),
		"a security token of the environment does not join the block's key": argumentKey.
			in(env{"HW_SECURITY_TOKEN": e.temporary.SecurityToken}).from("access_key and secret_key of the provider block"),
		"a security token of the environment does not join the block's access key and the environment's secret key": a.key().
			by(object{"access_key": a.accessKey}).in(env{"HW_SECRET_KEY": a.secretKey, "HW_SECURITY_TOKEN": e.temporary.SecurityToken}),
		"a security token of the environment joins the environment's access key and the block's secret key": e.temporaryKey().
			by(object{"secret_key": e.temporary.Secret}).
			in(env{"HW_ACCESS_KEY": e.temporary.Access, "HW_SECURITY_TOKEN": e.temporary.SecurityToken}),
		"half a key below what is used": a.givenToken().by(object{"token": a.token}).
			in(env{"HW_ACCESS_KEY": e.accessKey, "HW_USER_PASSWORD": "password", "HW_SECRET_KEY": "\x00"}).
			from("token of the provider block"),
		"half a key of the environment below a profile of the block": profile.in(env{"HW_ACCESS_KEY": e.accessKey}).
			from(`profile "team" of ~/.hcloud/config.json`),

		// Passwords.
		"a domain of the block lifts the environment's password": e.password().by(object{"domain_name": dcsapitest.DomainName}).
			in(environmentToken).in(env{"HW_USER_NAME": e.user.Name, "HW_USER_PASSWORD": e.user.Password}).
			from("domain_name of the provider block with HW_USER_NAME and HW_USER_PASSWORD"),
		"IDs win over names": e.password().in(env{
			"HW_USER_ID": e.user.ID, "HW_USER_NAME": "wrong", "HW_DOMAIN_ID": dcsapitest.DomainID, "HW_DOMAIN_NAME": "wrong",
			"HW_USER_PASSWORD": e.user.Password,
		}).from("HW_USER_ID, HW_USER_PASSWORD and HW_DOMAIN_ID"),
		"names of the block win over IDs of the environment": a.password().by(object{
			"user_name": a.user.Name, "password": a.user.Password, "domain_name": dcsapitest.DomainName,
		}).in(env{"HW_USER_ID": "wrong", "HW_DOMAIN_ID": "wrong"}),
		"an account alone is no login": metadata.in(env{"HW_DOMAIN_NAME": dcsapitest.DomainName, "HW_DOMAIN_ID": dcsapitest.DomainID}),
		"a user name of the environment without a password is no login": metadata.
			in(env{"HW_USER_NAME": e.user.Name, "HW_DOMAIN_NAME": dcsapitest.DomainName}),
		"a user name of the environment without a password, next to a key": environmentKey.in(env{"HW_USER_NAME": e.user.Name}),

		// ID tokens.
		"an ID token wins over a file": e.federated().in(environmentID).in(env{"HW_ASSUME_ROLE_ID_TOKEN_FILE": "~/wrong.jwt"}).
			from("HW_ASSUME_ROLE_IDP_ID and HW_ASSUME_ROLE_ID_TOKEN"),
		"an ID token of the block wins over a file of the environment": a.federated().assuming("one", true).
			by(object{"assume_role_with_oidc": merged(bySTS("one"), object{"idp_id": a.idp(), "id_token": a.idToken})}).
			in(env{"HW_ASSUME_ROLE_ID_TOKEN_FILE": "~/environment.jwt"}),
		"a file of the block wins over an ID token of the environment": a.federated().assuming("one", true).
			by(object{"assume_role_with_oidc": merged(bySTS("one"), object{"idp_id": a.idp(), "id_token_file": "~/argument.jwt"})}).
			in(env{"HW_ASSUME_ROLE_ID_TOKEN": e.idToken}),
		"an empty block is completed by the environment, and counts as an argument": e.federated().assuming("one", true).
			by(object{"assume_role_with_oidc": object{}}).in(environmentID).in(environmentToken).
			in(env{"HW_ASSUME_ROLE_AGENCY_NAME": "one", "HW_ASSUME_ROLE_DOMAIN_ID": "id-one"}),
		"an assume_role block takes the environment's agency from a federated login": e.federated().assuming("one", true).
			by(object{"assume_role": []any{object{}}}).in(environmentID).
			in(env{"HW_ASSUME_ROLE_AGENCY_NAME": "one", "HW_ASSUME_ROLE_DOMAIN_ID": "id-one"}),

		// Agencies.
		"an agency's account in the environment": argumentKey.assuming("two", false).
			by(object{"assume_role": []any{object{"agency_name": "two"}}}).in(env{"HW_ASSUME_ROLE_DOMAIN_NAME": "account-two"}),
		"an agency's account ID wins over its name": argumentKey.assuming("two", true).
			by(object{"assume_role": []any{merged(bySTS("two"), object{"domain_name": "account-one"})}}),
		"an agency's account in the block wins over the environment's": argumentKey.assuming("two", false).
			by(object{"assume_role": []any{byIAM("two")}}).in(env{"HW_ASSUME_ROLE_DOMAIN_ID": "id-one"}),
		"the environment completes the first block alone": argumentKey.assuming("one", false).assuming("two", true).
			by(object{"assume_role": []any{object{"agency_name": "one"}, bySTS("two")}}).
			in(env{"HW_ASSUME_ROLE_DOMAIN_NAME": "account-one", "HW_ASSUME_ROLE_AGENCY_NAME": "three", "HW_ASSUME_ROLE_DURATION": "900"}),
		"an account without an agency is no agency": argumentKey.in(env{"HW_ASSUME_ROLE_DOMAIN_NAME": "account-one"}),

		// Profiles.
		"a profile of the block, in a file of the environment, above a token": profileWithProject().by(object{"profile": "moved"}).
			in(env{"HW_SHARED_CONFIG_FILE": "~/moved.json"}).in(environmentToken),
		"a profile's project in another region": signed(movedKey).
			by(object{"profile": "elsewhere", "shared_config_file": "~/moved.json", "region": dcsapitest.Region}),
		"a profile of the block gives the region, above the environment, where its key is not used": argumentKey.
			by(object{"profile": "team"}).in(env{"HW_REGION_NAME": "cn-south-1"}),
		"a profile of the metadata service, above an access key of the environment": metadata.
			by(object{"profile": "ecs", "shared_config_file": "~/agency.json"}).
			in(env{"HW_ACCESS_KEY": e.accessKey, "HW_SECRET_KEY": e.secretKey}).from("ECS metadata service"),

		// Agencies of profiles.
		"an agency of a profile, by name": signed(teamKey).assuming("two", false).by(agencyProfile("by name")),
		"an agency of a profile, by ID": signed(teamKey).assuming("two", true).
			in(env{"HW_PROFILE": "by ID", "HW_SHARED_CONFIG_FILE": "~/agency.json"}),
		"an agency of a profile whose key is not used": argumentKey.by(agencyProfile("by ID")),
		"an agency of the block in place of a profile's": signed(teamKey).assuming("one", false).
			by(agencyProfile("by ID")).by(object{"assume_role": []any{byIAM("one")}}),
		"an agency of the environment does not replace that of a profile of the block": signed(teamKey).assuming("two", true).
			by(agencyProfile("by ID")).in(environmentAgency),
		"an agency of the environment in place of that of a profile of the environment": signed(teamKey).assuming("one", false).
			in(env{"HW_PROFILE": "by ID", "HW_SHARED_CONFIG_FILE": "~/agency.json"}).in(environmentAgency),
		"an agency of the environment where a profile of the block has none": profile.assuming("one", false).in(environmentAgency),
		"an agency of a profile without an account, in place of which the environment names one": signed(teamKey).
			assuming("one", false).in(env{"HW_PROFILE": "half", "HW_SHARED_CONFIG_FILE": "~/agency.json"}).in(environmentAgency),
		"an agency of a profile without an account, whose key is not used": a.givenToken().by(object{"token": a.token}).
			by(agencyProfile("half")),
		"an account of a profile without an agency":      signed(teamKey).by(agencyProfile("account")),
		"an agency of a profile of the metadata service": metadata.by(agencyProfile("ecs agency")),

		// White space and byte order marks.
		"a temporary key with white space": a.temporaryKey().by(object{
			"access_key": "\uFEFF " + a.temporary.Access + "\n", "secret_key": a.temporary.Secret + "\r\n",
			"security_token": "\t" + a.temporary.SecurityToken + " ",
		}),
		"an access key that cannot be used, next to a token of the environment": e.givenToken().
			in(env{"HW_AUTH_TOKEN": e.token, "HW_ACCESS_KEY": "bad\nkey", "HW_SECRET_KEY": "secret"}),
		"an access key that cannot be used, next to a token of the block": a.givenToken().
			by(object{"token": a.token, "access_key": "bad\nkey", "secret_key": "secret"}),
		"a token with the end of its line": e.givenToken().in(env{"HW_AUTH_TOKEN": e.token + "\r\n"}),
		"an ID token with a byte order mark": e.federated().
			in(env{"HW_ASSUME_ROLE_IDP_ID": e.idp(), "HW_ASSUME_ROLE_ID_TOKEN": "\uFEFF" + e.idToken}),
		"white space alone is not given": e.key().by(object{"token": " ", "access_key": "\n", "secret_key": "\uFEFF"}).in(env{
			"HW_AUTH_TOKEN": "\n", "HW_ACCESS_KEY": " ", "HUAWEICLOUD_SDK_AK": e.accessKey, "HW_SECRET_KEY": e.secretKey,
		}).from("HUAWEICLOUD_SDK_AK and HW_SECRET_KEY"),
		"a password with white space": spacedUser.password().in(env{
			"HW_USER_ID": spacedUser.user.ID, "HW_USER_PASSWORD": spacedUser.user.Password,
		}),
	}

	for name, login := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			login.readOnce(t)
		})
	}
}

func agencyProfile(name string) object {
	return object{"profile": name, "shared_config_file": "~/agency.json"}
}

var environmentAgency = env{"HW_ASSUME_ROLE_AGENCY_NAME": "one", "HW_ASSUME_ROLE_DOMAIN_NAME": "account-one"}

// TestLogin_incomplete checks that a part of credentials that is missing is an error, unless credentials with a higher precedence
// are used, and so is one that cannot be used.
func TestLogin_incomplete(t *testing.T) {
	t.Parallel()

	home := newHome(t)
	profile := env{"HW_SHARED_CONFIG_FILE": "~/moved.json"}
	user := object{"user_name": "user", "domain_name": "domain"}
	oidc := merged(bySTS("one"), object{"idp_id": "idp"})

	tests := map[string]struct {
		configuration
		want []wanted
	}{
		"an access key of the block": {configuration{block: object{"access_key": "ak"}}, []wanted{{
			"secret_key", "`secret_key` is required together with `access_key`, which is set.\n\n" +
				"Set `secret_key` in the provider block, or the environment variable HW_SECRET_KEY, HUAWEICLOUD_SDK_SK or CLOUD_SDK_SK.",
		}}},
		"a secret key of the environment": {configuration{env: env{"HUAWEICLOUD_SDK_SK": "secret"}}, []wanted{{
			blockPath, "Incomplete Credentials: `access_key` is required together with HUAWEICLOUD_SDK_SK, which is set.\n\n" +
				"Set the environment variable HW_ACCESS_KEY, HUAWEICLOUD_SDK_AK or CLOUD_SDK_AK.",
		}}},
		"a secret key of the block, above a profile": {
			configuration{block: object{"secret_key": "secret", "profile": "team"}}, []wanted{{"access_key", "`secret_key`, which is set"}},
		},
		"an access key of the block, next to a token": {
			configuration{block: object{"access_key": "ak", "token": "token"}}, []wanted{{"secret_key", "is required"}},
		},
		"an access key of the environment, above a profile": {
			configuration{env: merged(profile, env{"HW_ACCESS_KEY": "ak"})}, []wanted{{blockPath, "`secret_key` is required"}},
		},
		"an access key and a security token of the block": {
			configuration{block: object{"access_key": "ak", "security_token": "st"}}, []wanted{{"secret_key", "with `access_key`, which is set"}},
		},
		"an access key and a CA bundle of the block": {
			configuration{block: object{"access_key": "ak", "cacert_file": "missing"}, env: env{"HW_MAX_RETRIES": "x", "HW_REGION_NAME": "/"}},
			[]wanted{{"secret_key", ""}, {"cacert_file", ""}},
		},
		"a password": {configuration{block: object{"password": "password"}}, []wanted{{"user_name", "HW_USER_NAME"}}},
		"a user":     {configuration{block: user}, []wanted{{"password", "`user_name`, which is set"}}},
		"a user, above a key of the environment": {
			configuration{block: user, env: env{"HW_ACCESS_KEY": "ak", "HW_SECRET_KEY": "secret"}},
			[]wanted{{"password", "`user_name`, which is set"}},
		},
		"a user by name without an account": {
			configuration{block: object{"user_name": "user", "password": "password"}}, []wanted{{"domain_name", "`user_name`, which is set"}},
		},
		"an identity provider": {configuration{env: env{"HW_ASSUME_ROLE_IDP_ID": "idp"}}, []wanted{{
			blockPath, "`assume_role_with_oidc.id_token_file` is required together with HW_ASSUME_ROLE_IDP_ID",
		}}},
		"an ID token": {configuration{env: env{"HW_ASSUME_ROLE_ID_TOKEN": "token"}}, []wanted{{
			blockPath, "`assume_role_with_oidc.idp_id` is required together with HW_ASSUME_ROLE_ID_TOKEN",
		}}},
		"an empty assume_role_with_oidc block": {configuration{block: object{"assume_role_with_oidc": object{}}}, []wanted{
			{"assume_role_with_oidc.idp_id", "is required."},
			{"assume_role_with_oidc.id_token_file", "is required."},
			{"assume_role_with_oidc.agency_name", "HW_ASSUME_ROLE_AGENCY_NAME"},
			{"assume_role_with_oidc.domain_id", "HW_ASSUME_ROLE_DOMAIN_ID"},
		}},
		"assume_role blocks": {
			configuration{block: object{"token": "t", "assume_role": []any{object{"domain_id": "d"}, object{"agency_name": "a"}}}},
			[]wanted{
				{
					"assume_role[0].agency_name",
					"Set `assume_role[0].agency_name` in the provider block, or the environment variable HW_ASSUME_ROLE_AGENCY_NAME.",
				},
				{"assume_role[1].domain_id", "Set `assume_role[1].domain_id` or `assume_role[1].domain_name` in the provider block."},
			},
		},
		"an agency of the environment": {
			configuration{block: object{"token": "t"}, env: env{"HW_ASSUME_ROLE_AGENCY_NAME": "agency"}}, []wanted{{
				blockPath, "Incomplete Agency: The agency that HW_ASSUME_ROLE_AGENCY_NAME names needs both the name of the agency and the " +
					"account that it belongs to. The account is missing.\n\nSet the environment variable HW_ASSUME_ROLE_DOMAIN_ID or " +
					"HW_ASSUME_ROLE_DOMAIN_NAME.",
			}},
		},

		"control characters in a key of the block": {
			configuration{block: object{"access_key": "bad\nak", "secret_key": "bad\x00sk", "security_token": "bad\tst"}}, []wanted{
				{"access_key", "Invalid Access Key: `access_key` cannot be used: it contains a control character"},
				{"secret_key", "`secret_key`"},
				{"security_token", "`security_token`"},
			},
		},
		"a control character in a token, next to a key": {
			configuration{block: object{"token": "bad\ntoken", "access_key": "ak", "secret_key": "secret"}},
			[]wanted{{"token", "`token` cannot be used"}},
		},
		"a control character in a token of the block": {
			configuration{block: object{"token": "bad\ntoken"}}, []wanted{{"token", "`token` cannot be used"}},
		},
		"a control character in an ID token of the block": {
			configuration{block: object{"assume_role_with_oidc": merged(oidc, object{"id_token": "bad\nid"})}},
			[]wanted{{"assume_role_with_oidc.id_token", "`assume_role_with_oidc.id_token` cannot be used"}},
		},
		"a control character in an ID token file": {
			configuration{block: object{"assume_role_with_oidc": merged(oidc, object{"id_token_file": "~/control.jwt"})}},
			[]wanted{{blockPath, filepath.Join(home, "control.jwt")}},
		},
		"a control character in a token of the environment": {
			configuration{env: env{"HW_AUTH_TOKEN": "bad\ntoken"}},
			[]wanted{{blockPath, "Invalid Environment Variable: The environment variable HW_AUTH_TOKEN cannot be used"}},
		},
		"a control character in a key of a profile": {
			configuration{block: object{"profile": "control", "shared_config_file": "~/agency.json"}},
			[]wanted{{blockPath, "secretAccessKey cannot be used"}},
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			test.env = merged(env{"HW_ACCESS_KEY": "", "HW_SECRET_KEY": ""}, test.env)
			check(t, test.told(t, home), test.want, "bad\n", "bad\x00", "bad\t", "bad\\")
		})
	}
}

// TestLogin_noCredentials checks that the error lists every place that was looked at, and what each lacks.
func TestLogin_noCredentials(t *testing.T) {
	t.Parallel()

	home := newHome(t)

	for name, test := range map[string]struct {
		block  object
		places []string
	}{
		"nothing is set": {nil, []string{
			"provider block: token, assume_role_with_oidc, access_key, secret_key, user_name and password are not given",
			"profile named by the provider block: profile and shared_config_file are not given",
			"environment: HW_AUTH_TOKEN is not set",
			"environment, identity provider: HW_ASSUME_ROLE_IDP_ID and HUAWEICLOUD_SDK_IDP_ID are not set",
			"environment, access key: HW_ACCESS_KEY, HUAWEICLOUD_SDK_AK, CLOUD_SDK_AK, HW_SECRET_KEY, HUAWEICLOUD_SDK_SK and " +
				"CLOUD_SDK_SK are not set",
			"environment, password: HW_USER_PASSWORD is not set",
			"profile named by the environment: HW_PROFILE and HW_SHARED_CONFIG_FILE are not set",
		}},
		"a profile of the metadata service": {agencyProfile("ecs"), []string{
			fmt.Sprintf("profile %q of %s: its mode is ecsAgency", "ecs", filepath.Join(home, "agency.json")),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			service := dcsapitest.InMemory(t)
			p := newProvider(t, withRegion, home, service.Transport())

			if diags := p.Configure(t.Context(), test.block); len(diags) > 0 {
				t.Fatal(diags)
			}

			for range 2 {
				_, diags := p.Read(t.Context(), dataSource, object{"instance_id": "i"})
				check(t, diags, []wanted{{blockPath, "No DCS Credentials Found: No credentials were found. These places were looked at, in this " +
					"order:\n\n  - " + strings.Join(test.places, "\n  - ") + "\n\n"}})
			}

			// One version of the metadata service after the other, once in a run.
			requests := service.Requests()
			if len(requests) != 2 {
				t.Errorf("want two requests, got %v", requests)
			}

			for _, r := range requests {
				if r.Host != "169.254.169.254" {
					t.Errorf("request to %s", r.Host)
				}
			}
		})
	}
}
