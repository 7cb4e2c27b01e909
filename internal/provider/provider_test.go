// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/providertest"
)

func TestConfigure_userAgent(t *testing.T) {
	t.Parallel()

	const product = "terraform-provider-dcs/test Terraform/" + providertest.TerraformVersion

	for name, test := range map[string]struct{ appended, want string }{
		"alone":               {"", product},
		"appended":            {" my/1.0 (pipeline)\n", product + " my/1.0 (pipeline)"},
		"a line break":        {"a\r\nX-Evil: b", product + " a X-Evil: b"},
		"a control character": {"a\x00b\x7f", product + " a b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			service := dcsapitest.InMemory(t)
			p := newProvider(t, merged(usable, env{"TF_APPEND_USER_AGENT": test.appended}), "", service.Transport())
			p.Configure(t.Context(), nil)
			p.Read(t.Context(), dataSource, object{"instance_id": "i"})

			for _, request := range service.Requests() {
				if got := request.Header.Get("User-Agent"); got != test.want {
					t.Errorf("%s: User-Agent %q, want %q", request.Path, got, test.want)
				}
			}

			if len(service.Requests()) != 2 {
				t.Errorf("want two requests, got %v", service.Requests())
			}
		})
	}
}

// TestConfigure_caCertFile reads from a service with a certificate that the system does not trust.
func TestConfigure_caCertFile(t *testing.T) {
	t.Parallel()

	const unreadable = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

	server := dcsapitest.ForTest(t, dcsapitest.WithTLS())
	server.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(1, 1)})

	ca, home := string(server.CertificatePEM()), t.TempDir()
	for name, content := range map[string]string{
		"ca.pem": ca, "text.pem": "Our own authority:\n" + ca + "-----END-----",
		"some.pem": strings.Repeat(unreadable, 2) + ca + strings.Repeat(unreadable, 9),
		"none.pem": unreadable + unreadable, "empty.pem": "",
	} {
		writeFile(t, filepath.Join(home, name), content)
	}

	warned := func(path, named string) []wanted {
		return []wanted{{path, "Unreadable CA Certificate: " + named + " names the file " + filepath.Join(home, "some.pem") +
			", in which 11 of 12 certificates cannot be read. They are left out; the others are trusted.\n\n  - certificate 1: x509: " +
			"malformed certificate\n  - certificate 2: x509: malformed certificate\n  - certificate 4: x509"}}
	}

	for name, test := range map[string]struct {
		block, env string
		insecure   bool
		// configured and read are what configuring and two reads report.
		configured, read []wanted
	}{
		"none":                  {read: []wanted{{blockPath, "certificate"}, {blockPath, "certificate"}}},
		"insecure":              {insecure: true},
		"insecure, argument":    {insecure: true, block: "~/missing.pem"},
		"insecure, variable":    {insecure: true, env: "~/missing.pem"},
		"text of a file":        {block: ca, configured: []wanted{{"cacert_file", "`cacert_file` must be the path of a file in PEM form"}}},
		"argument":              {block: "~/ca.pem"},
		"variable":              {env: "~/ca.pem"},
		"text between":          {block: "~/text.pem"},
		"some":                  {block: "~/some.pem", configured: warned("cacert_file", "`cacert_file`")},
		"some, by variable":     {env: "~/some.pem", read: warned(blockPath, "The environment variable HW_CACERT_FILE")},
		"none that can be read": {block: "~/none.pem", configured: []wanted{{"cacert_file", "no certificate that can be read.\n\nIt must"}}},
		"none at all":           {block: "~/empty.pem", configured: []wanted{{"cacert_file", "-----BEGIN CERTIFICATE-----."}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			p := newProvider(t, env{"HW_CACERT_FILE": test.env}, home, nil)
			diags := p.Configure(t.Context(), object{
				"region": dcsapitest.Region, "access_key": dcsapitest.AccessKey, "secret_key": dcsapitest.SecretKey, "max_retries": 0,
				"endpoints":   object{"dcs": server.URL(), "iam": server.URL()},
				"cacert_file": test.block, "insecure": test.insecure,
			})
			check(t, diags, test.configured, "certificate 3:")

			if providertest.HasError(diags) {
				return
			}

			var told []providertest.Diagnostic

			for range 2 {
				_, diags := p.Read(t.Context(), dataSource, object{"instance_id": dcsapitest.InstanceID})
				told = append(told, diags...)
			}

			check(t, told, test.read, "certificate 3:")

			for _, d := range append(diags, told...) {
				if d.Severity == providertest.Warning && (strings.Count(d.Detail, "- certificate") != 10 || !strings.Contains(d.Detail, "and 1 more")) {
					t.Errorf("want ten certificates and how many more: %s", d.Detail)
				}
			}
		})
	}
}

// TestConfigure_everySecretIsHidden has a service whose error repeats the secrets of every source, of which only a token is used.
func TestConfigure_everySecretIsHidden(t *testing.T) {
	t.Parallel()

	a, e := byArgument, byEnvironment

	for name, test := range map[string]struct {
		configuration
		secrets []string
	}{
		"arguments": {configuration{block: object{
			"token": a.token, "access_key": a.temporary.Access, "secret_key": a.temporary.Secret, "security_token": a.temporary.SecurityToken,
			"user_id": "u", "password": a.user.Password, "profile": "sso",
			"assume_role_with_oidc": object{"id_token": a.idToken, "idp_id": "i", "agency_name": "one", "domain_id": "id-one"},
		}}, []string{
			a.token, a.temporary.Access, a.temporary.Secret, a.temporary.SecurityToken, a.user.Password, a.idToken,
			ssoKey.Access, ssoKey.Secret, ssoKey.SecurityToken,
		}},
		"environment": {configuration{env: env{
			"HW_AUTH_TOKEN": e.token, "HW_ACCESS_KEY": e.temporary.Access, "HW_SECRET_KEY": e.temporary.Secret,
			"HW_SECURITY_TOKEN": e.temporary.SecurityToken, "HW_USER_ID": "u", "HW_USER_PASSWORD": e.user.Password, "HW_PROFILE": "team",
			"HW_ASSUME_ROLE_IDP_ID": "i", "HW_ASSUME_ROLE_ID_TOKEN": e.idToken, "HTTPS_PROXY": "http://user:proxy-password@proxy",
		}}, []string{
			e.token, e.temporary.Access, e.temporary.Secret, e.temporary.SecurityToken, e.user.Password, e.idToken, teamKey.Access,
			teamKey.Secret, "proxy-password",
		}},
		"values that cannot be used": {
			configuration{
				block: object{"token": a.token}, env: env{"HW_ACCESS_KEY": "bad\nkey", "HW_ASSUME_ROLE_ID_TOKEN": "bad\ntoken"},
			}, []string{a.token, "bad\nkey", "bad\ntoken"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			service := dcsapitest.InMemory(t)
			addAccounts(service)

			p := newProvider(t, test.env, newHome(t), service.Transport())
			block := merged(object{"region": dcsapitest.Region, "project_id": dcsapitest.ProjectID}, test.block)

			if diags := p.Configure(t.Context(), block); len(diags) > 0 {
				t.Fatal(diags)
			}

			for _, secret := range test.secrets {
				echo := service.Inject(dcsapitest.Fault{Effect: fault.Status{Status: 400, Message: "bad " + secret}, Path: "/v2/"})
				_, diags := p.Read(t.Context(), dataSource, object{"instance_id": "i"})
				check(t, diags, []wanted{{blockPath, "bad ***"}}, secret)
				echo.Remove()
			}
		})
	}
}
