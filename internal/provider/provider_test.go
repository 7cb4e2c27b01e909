// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"maps"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/providertest"
)

// local returns a local service with one backup, and the environment that leads to it.
func local(t *testing.T) (*dcsapitest.Server, map[string]string) {
	t.Helper()

	server := dcsapitest.ForTest(t)
	server.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(1, 1)})

	return server, map[string]string{
		"HW_REGION_NAME": dcsapitest.Region,
		"HW_ACCESS_KEY":  dcsapitest.AccessKey,
		"HW_SECRET_KEY":  dcsapitest.SecretKey,
		"HW_AUTH_URL":    server.URL(),
		// For acceptance tests that have nothing in the provider block.
		"HUAWEICLOUD_SDK_REGION_DCS_CN_NORTH_4": server.URL(),
	}
}

func endpointsOf(server *dcsapitest.Server) map[string]any {
	return map[string]any{"dcs": server.URL(), "sts": server.URL()}
}

// read configures a provider and reads the backups of the local service's instance.
func read(t *testing.T, a testEnvironment, config map[string]any) []providertest.Diagnostic {
	t.Helper()

	p := providerUnderTest(t, a)
	if diags := p.Configure(t.Context(), config); len(diags) > 0 {
		return diags
	}

	_, diags := p.Read(t.Context(), "dcs_instance_backups", map[string]any{"instance_id": dcsapitest.InstanceID})

	return diags
}

func TestConfigure_userAgent(t *testing.T) {
	t.Parallel()

	tests := map[string]struct{ appended, want string }{
		"alone":          {"", "terraform-provider-dcs/test Terraform/" + providertest.TerraformVersion},
		"appended":       {" my/1.0 (pipeline)\n", "terraform-provider-dcs/test Terraform/1.11.4 my/1.0 (pipeline)"},
		"a header break": {"a\r\nX-Evil: b", "terraform-provider-dcs/test Terraform/1.11.4 a X-Evil: b"},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			server, env := local(t)
			env["TF_APPEND_USER_AGENT"] = test.appended

			if diags := read(t, testEnvironment{env: env}, map[string]any{"endpoints": endpointsOf(server)}); len(diags) > 0 {
				t.Fatal(diags)
			}

			for _, request := range server.Requests() {
				if got := request.Header.Get("User-Agent"); got != test.want {
					t.Errorf("%s: User-Agent %q, want %q", request.Path, got, test.want)
				}
			}
		})
	}
}

func TestConfigure_caCertFile(t *testing.T) {
	t.Parallel()

	server := dcsapitest.ForTest(t, dcsapitest.WithTLS())
	server.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(1, 1)})

	config := map[string]any{
		"region": dcsapitest.Region, "access_key": dcsapitest.AccessKey, "secret_key": dcsapitest.SecretKey,
		"endpoints": map[string]any{"dcs": server.URL(), "iam": server.URL()}, "max_retries": 0,
	}
	files := map[string]string{
		"ca.pem": string(server.CertificatePEM()), "empty.pem": "", "other.txt": "no certificate",
	}

	tests := map[string]struct {
		change map[string]any
		// want is a part of the error at path, empty where there is none.
		want, path string
	}{
		"not trusted":        {map[string]any{}, "certificate", blockPath},
		"trusted":            {map[string]any{"cacert_file": "ca.pem"}, "", ""},
		"not verified":       {map[string]any{"insecure": true}, "", ""},
		"an empty bundle":    {map[string]any{"cacert_file": "empty.pem"}, "the file empty.pem, which holds no certificate", "cacert_file"},
		"another file":       {map[string]any{"cacert_file": "other.txt"}, "-----BEGIN CERTIFICATE-----", "cacert_file"},
		"a missing bundle":   {map[string]any{"cacert_file": "none.pem"}, "does not exist", "cacert_file"},
		"empty is not given": {map[string]any{"cacert_file": "", "insecure": true}, "", ""},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			changed := maps.Clone(config)
			maps.Copy(changed, test.change)

			diags := read(t, testEnvironment{files: files}, changed)
			if test.want == "" {
				if len(diags) > 0 {
					t.Error(diags)
				}

				return
			}

			if len(diags) != 1 || diags[0].Path != test.path || !strings.Contains(diags[0].Detail, test.want) {
				t.Errorf("want an error at %q with %q, got %v", test.path, test.want, diags)
			}
		})
	}
}

// TestConfigure_caCertFileInPart has a bundle of which some certificates cannot be read: it is used, and one warning lists
// them, on the argument or else in the first of several reads.
func TestConfigure_caCertFileInPart(t *testing.T) {
	t.Parallel()

	server := dcsapitest.ForTest(t, dcsapitest.WithTLS())
	server.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(1, 1)})

	const unreadable = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

	bundle := strings.Repeat(unreadable, 2) + string(server.CertificatePEM()) + strings.Repeat(unreadable, 9)
	config := map[string]any{
		"region": dcsapitest.Region, "access_key": dcsapitest.AccessKey, "secret_key": dcsapitest.SecretKey,
		"endpoints": map[string]any{"dcs": server.URL(), "iam": server.URL()},
	}

	check := func(t *testing.T, diags []providertest.Diagnostic, path, named string) {
		t.Helper()

		if len(diags) != 1 || diags[0].Severity != providertest.Warning || diags[0].Path != path {
			t.Fatalf("want one warning at %s, got %v", path, diags)
		}

		detail := diags[0].Detail
		for _, part := range []string{named, "bundle.pem", "11 of 12 certificates", "certificate 2: x509", "certificate 4: x509", "and 1 more"} {
			if !strings.Contains(detail, part) {
				t.Errorf("%q is not in: %s", part, detail)
			}
		}

		if strings.Contains(detail, "certificate 3:") || strings.Count(detail, "- certificate") != 10 {
			t.Errorf("want ten unreadable certificates and not the third, got: %s", detail)
		}
	}

	t.Run("argument", func(t *testing.T) {
		t.Parallel()

		p := providerUnderTest(t, testEnvironment{files: map[string]string{"bundle.pem": bundle}})
		changed := maps.Clone(config)
		changed["cacert_file"] = "bundle.pem"

		check(t, p.Configure(t.Context(), changed), "cacert_file", "`cacert_file`")

		if _, diags := p.Read(t.Context(), dataSource, map[string]any{"instance_id": dcsapitest.InstanceID}); len(diags) > 0 {
			t.Error(diags)
		}
	})

	t.Run("variable", func(t *testing.T) {
		t.Parallel()

		p := providerUnderTest(t, testEnvironment{
			env: map[string]string{"HW_CACERT_FILE": "bundle.pem"}, files: map[string]string{"bundle.pem": bundle},
		})
		if diags := p.Configure(t.Context(), config); len(diags) > 0 {
			t.Fatal(diags)
		}

		var all []providertest.Diagnostic

		for range 3 {
			_, diags := p.Read(t.Context(), dataSource, map[string]any{"instance_id": dcsapitest.InstanceID})
			all = append(all, diags...)
		}

		check(t, all, blockPath, "HW_CACERT_FILE")
	})
}

// TestConfigure_sendsNothing checks that configuration alone does no I/O, whatever the credentials.
func TestConfigure_sendsNothing(t *testing.T) {
	t.Parallel()

	server, env := local(t)
	delete(env, "HW_ACCESS_KEY")
	delete(env, "HW_SECRET_KEY")

	for _, credentials := range []map[string]any{
		{},
		{"access_key": dcsapitest.AccessKey, "secret_key": dcsapitest.SecretKey},
		{"user_name": dcsapitest.UserName, "password": dcsapitest.Password, "domain_name": dcsapitest.DomainName},
		{"assume_role_with_oidc": map[string]any{
			"idp_id": "idp", "id_token": "token", "agency_name": "agency", "domain_id": "domain",
		}},
		{"access_key": "ak", "secret_key": "secret", "assume_role": []any{
			map[string]any{"agency_name": "agency", "domain_name": "domain"},
		}},
	} {
		credentials["endpoints"] = endpointsOf(server)

		if diags := providerUnderTest(t, testEnvironment{env: env}).Configure(t.Context(), credentials); len(diags) > 0 {
			t.Error(diags)
		}
	}

	if requests := server.Requests(); len(requests) > 0 {
		t.Errorf("configuring sent %d requests, the first to %s", len(requests), requests[0].Path)
	}
}

// TestConfigure_projectWithoutRegion has a project in the provider, and the region in the data source alone.
func TestConfigure_projectWithoutRegion(t *testing.T) {
	t.Parallel()

	server, env := local(t)
	delete(env, "HW_REGION_NAME")

	p := providerUnderTest(t, testEnvironment{env: env})
	if diags := p.Configure(t.Context(), map[string]any{"project_id": dcsapitest.ProjectID}); len(diags) > 0 {
		t.Fatal(diags)
	}

	state, diags := p.Read(t.Context(), dataSource, map[string]any{
		"instance_id": dcsapitest.InstanceID, "region": dcsapitest.Region,
	})
	if len(diags) > 0 || state["project_id"] != dcsapitest.ProjectID {
		t.Errorf("project %v, diagnostics %v", state["project_id"], diags)
	}

	if lookups := server.RequestsTo("/v3/"); len(lookups) > 0 {
		t.Errorf("the project was looked up: %v", lookups)
	}
}

// TestConfigure_endpointOfAnotherRegion reads from another region than that of a fixed endpoint: nothing is sent, not even to
// look up the project.
func TestConfigure_endpointOfAnotherRegion(t *testing.T) {
	t.Parallel()

	server, env := local(t)
	p := providerUnderTest(t, testEnvironment{env: env})

	if diags := p.Configure(t.Context(), map[string]any{"endpoints": endpointsOf(server)}); len(diags) > 0 {
		t.Fatal(diags)
	}

	for _, project := range []any{nil, "p"} {
		_, diags := p.Read(t.Context(), dataSource, map[string]any{
			"instance_id": dcsapitest.InstanceID, "region": "cn-east-3", "project_id": project,
		})
		if len(diags) != 1 || diags[0].Path != "region" || diags[0].Summary != "Endpoint of Another Region" {
			t.Errorf("want an error on region, got %v", diags)
		}
	}

	if requests := server.Requests(); len(requests) > 0 {
		t.Errorf("requests were sent: %v", requests)
	}
}

// TestConfigure_unusedSecretsAreHidden has a service whose error holds a password that another credential overrides.
func TestConfigure_unusedSecretsAreHidden(t *testing.T) {
	t.Parallel()

	const password = "unus3d-passw0rd"

	server, env := local(t)
	server.Inject(dcsapitest.Fault{Effect: fault.Status{Status: 400, Message: "bad " + password}, Path: "/v2/"})

	diags := read(t, testEnvironment{env: env}, map[string]any{
		"endpoints": endpointsOf(server), "user_id": "someone", "password": password,
		"access_key": dcsapitest.AccessKey, "secret_key": dcsapitest.SecretKey,
	})
	if len(diags) != 1 || strings.Contains(diags[0].Detail, password) || !strings.Contains(diags[0].Detail, "bad ***") {
		t.Errorf("want one error without the password, got %v", diags)
	}
}
