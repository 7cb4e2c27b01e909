// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"path"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

const (
	privateCloud = "provider/provider_private_cloud.tf"

	// readHealthy is added to examples that configure the provider and read nothing.
	readHealthy = `data "dcs_instance_backups" "read" { instance_id = "` + healthyInstance + `" }`

	// The accounts of the examples, and the project of the second one.
	pipelines         = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
	production        = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
	productionProject = "fedcba9876543210fedcba9876543210"

	iamToken = "token-of-iam"
)

// Keys of the examples besides the one that the endpoint has.
var (
	temporaryKey = dcsapitest.Key{
		Access: "HSTATEMPORARYKEY0001", Secret: "temporary-secret-key", SecurityToken: "temporary-security-token", User: "temporary",
	}
	profileKey = dcsapitest.Key{Access: "PROFILEACCESSKEY0001", Secret: "profile-secret-key", User: "profile"}
)

// login is what an example of a login needs, and the caller that the endpoint then authenticates.
type login struct {
	// environmentKey puts the account's key into the environment.
	environmentKey bool
	prepare        func(t *testing.T, server *dcsapitest.Server, w *workspace)
	method, user   string
}

var logins = map[string]login{
	"provider.tf":            {environmentKey: true, method: "signature", user: dcsapitest.UserName},
	"provider_access_key.tf": {method: "signature", user: dcsapitest.UserName},
	"provider_ephemeral.tf": {
		prepare: func(t *testing.T, _ *dcsapitest.Server, w *workspace) {
			t.Helper()
			w.cli.atLeast(t, 10, 11)
		},
		method: "signature", user: dcsapitest.UserName,
	},
	"provider_temporary_key.tf": {
		prepare: func(_ *testing.T, server *dcsapitest.Server, _ *workspace) { server.AddKey(temporaryKey) },
		method:  "signature", user: temporaryKey.User,
	},
	"provider_token.tf": {
		prepare: func(_ *testing.T, server *dcsapitest.Server, _ *workspace) {
			server.AddToken(dcsapitest.Token{Value: iamToken, ProjectID: dcsapitest.ProjectID, User: "pipeline"})
		},
		method: "token", user: "pipeline",
	},
	"provider_password.tf": {
		prepare: func(_ *testing.T, server *dcsapitest.Server, _ *workspace) {
			server.AddDomain(dcsapitest.Domain{ID: dcsapitest.DomainID, Name: "my-account"})
			server.AddUser(dcsapitest.User{ID: "ab12", Name: "terraform", Password: dcsapitest.Password})
		},
		method: "token", user: "terraform",
	},
	"provider_assume_role.tf": {
		environmentKey: true,
		prepare: func(_ *testing.T, server *dcsapitest.Server, _ *workspace) {
			addProduction(server, dcsapitest.DomainID)
		},
		method: "signature", user: "agency/backup-reader",
	},
	"provider_assume_role_chain.tf": {
		environmentKey: true,
		prepare: func(_ *testing.T, server *dcsapitest.Server, _ *workspace) {
			server.AddAgency(dcsapitest.Agency{Name: "pipelines", DomainID: pipelines, TrustedDomainID: dcsapitest.DomainID})
			addProduction(server, pipelines)
		},
		method: "signature", user: "agency/backup-reader",
	},
	"provider_oidc.tf": {
		prepare: func(t *testing.T, server *dcsapitest.Server, w *workspace) {
			t.Helper()

			server.AddIdentityProvider(dcsapitest.IdentityProvider{ID: "corporate-idp", IDTokens: []string{"an.id.token"}})
			addProduction(server, dcsapitest.DomainID)

			file := filepath.Join(w.home, "id_token")
			writeFile(t, file, "an.id.token\n")
			w.env = append(w.env, "TF_VAR_id_token_file="+file)
		},
		method: "signature", user: "agency/backup-reader",
	},
	"provider_profile.tf": {
		prepare: func(t *testing.T, server *dcsapitest.Server, w *workspace) {
			t.Helper()

			server.AddKey(profileKey)
			writeFile(t, filepath.Join(w.home, ".hcloud", "config.json"), `{"current": "default", "profiles": [{
				"name": "production", "mode": "AKSK", "region": "`+dcsapitest.Region+`",
				"accessKeyId": "`+profileKey.Access+`", "secretAccessKey": "`+profileKey.Secret+`"}]}`)
		},
		method: "signature", user: profileKey.User,
	},
	"provider_metadata.tf": {
		prepare: func(_ *testing.T, server *dcsapitest.Server, w *workspace) {
			server.SetMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2})
			w.env = append(w.env, "HW_METADATA_ENDPOINT="+server.URL())
		},
		method: "signature", user: "agency/ecs",
	},
}

// addSingapore adds a project of another region, with an instance.
func addSingapore(server *dcsapitest.Server, instance dcsapitest.Instance) {
	instance.ProjectID = "89abcdef0123456789abcdef01234567"
	server.AddProject(dcsapitest.Project{ID: instance.ProjectID, Name: "ap-southeast-3"})
	server.AddInstance(instance)
}

// addAccount adds an account with an instance, and an agency that may read it.
func addAccount(server *dcsapitest.Server, name string, instance dcsapitest.Instance) {
	domain := "domain-of-" + name
	instance.ProjectID = "project-of-" + name

	server.AddDomain(dcsapitest.Domain{ID: domain, Name: name})
	server.AddProject(dcsapitest.Project{ID: instance.ProjectID, Name: dcsapitest.Region, DomainID: domain})
	server.AddAgency(dcsapitest.Agency{Name: "backup-reader", DomainID: domain, TrustedDomainID: dcsapitest.DomainID})
	server.AddInstance(instance)
}

// addProduction adds an account with an agency that the account trusted may assume, and moves an instance into it.
func addProduction(server *dcsapitest.Server, trusted string) {
	server.AddDomain(dcsapitest.Domain{ID: production, Name: "production-account"})
	server.AddProject(dcsapitest.Project{ID: productionProject, Name: dcsapitest.Region, DomainID: production})
	server.AddAgency(dcsapitest.Agency{Name: "backup-reader", DomainID: production, TrustedDomainID: trusted})
	server.AddInstance(dcsapitest.Instance{
		ID: healthyInstance, ProjectID: productionProject, Backups: dcsapitest.GenerateBackups(3, 1),
	})
}

// logIn plans an example of a login, and checks which caller the endpoint authenticated.
func logIn(t *testing.T, c *cli, e example) {
	t.Helper()

	login, ok := logins[path.Base(e.name)]
	if !ok {
		t.Fatalf("%s is not among the logins of this test: add it", e.name)
	}

	server := e.endpoint(t)

	env := endpointVariables(server, dcsapitest.Region)
	if login.environmentKey {
		env = append(env, "HW_ACCESS_KEY="+dcsapitest.AccessKey, "HW_SECRET_KEY="+dcsapitest.SecretKey)
	}

	w := e.open(t, c, env)
	if login.prepare != nil {
		login.prepare(t, server, w)
	}

	w.write("read.tf", readHealthy)
	w.must("init")
	w.must("plan")
	checkListings(t, server, e.scenario(t).Instances)

	for _, request := range server.RequestsTo("/v2/") {
		if got := request.Identity; got.Method != login.method || got.User != login.user {
			t.Errorf("authenticated %s %q, want %s %q", got.Method, got.User, login.method, login.user)
		}
	}
}

// planInPrivateCloud checks to which host the example connects. The proxy refuses it: the host does not exist.
func planInPrivateCloud(t *testing.T, c *cli, e example) {
	t.Helper()

	proxy := dcsapitest.ForTest(t)

	w := e.open(t, c, []string{
		"HW_ACCESS_KEY=" + dcsapitest.AccessKey, "HW_SECRET_KEY=" + dcsapitest.SecretKey,
		"HTTPS_PROXY=" + proxy.URL(), "HW_MAX_RETRIES=0",
	})

	certificate := filepath.Join(w.home, "ca.pem")
	writeFile(t, certificate, string(dcsapitest.ForTest(t, dcsapitest.WithTLS()).CertificatePEM()))
	w.env = append(w.env, "TF_VAR_cacert_file="+certificate)

	w.write("read.tf", readHealthy)
	w.must("init")

	if out, code := w.run("plan"); code != 1 || !strings.Contains(out, "DCS Request Failed") {
		t.Errorf("exit code %d, want 1 and the error of the request:\n%s", code, out)
	}

	var requests []string
	for _, request := range proxy.Requests() {
		requests = append(requests, request.Method+" "+request.Host)
	}

	if diff := gocmp.Diff([]string{"CONNECT dcs.region-1.cloud.example.com:443"}, requests); diff != "" {
		t.Errorf("requests to the proxy (-want +got):\n%s", diff)
	}
}
