// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

const (
	region      = dcsapitest.Region
	otherRegion = "ap-southeast-1"
	domainName  = dcsapitest.DomainName
	idpID       = "github"
	idToken     = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjaSJ9.c2lnbmF0dXJl"
	givenToken  = "MIIGivenTokenOfTheUser0123456789"

	// Paths of the requests that credentials are obtained by.
	pathTokens         = "/v3/auth/tokens"
	pathSecurityTokens = "/v3.0/OS-CREDENTIAL/securitytokens"
	pathIDTokens       = "/v3.0/OS-AUTH/id-token/tokens"
	pathAssume         = "/v5/agencies/assume"
	pathMetadataToken  = "/meta-data/latest/api/token"
	pathMetadataKey    = "/openstack/latest/securitykey"
	pathProjects       = "/v3/projects"
	pathOwnProjects    = "/v3/auth/projects"
	pathBackups        = "/v2/"
)

// newService makes a service with the default account, and three more of which each trusts the one before: the agency
// "one" of the account "account-one" may be assumed by the default account, and so on. Each account has a project with
// the region's name, in which there is an instance.
func newService(t *testing.T, opts ...dcsapitest.Option) *dcsapitest.Server {
	t.Helper()

	s := dcsapitest.New(opts...)
	t.Cleanup(s.Close)

	s.AddInstance(dcsapitest.Instance{ID: instanceIn(dcsapitest.ProjectID), Backups: dcsapitest.GenerateBackups(1, 1)})
	s.AddIdentityProvider(dcsapitest.IdentityProvider{ID: idpID, IDTokens: []string{idToken}})
	s.AddToken(dcsapitest.Token{
		Value: givenToken, ProjectID: dcsapitest.ProjectID, DomainID: dcsapitest.DomainID, User: dcsapitest.UserName,
	})

	trusted := dcsapitest.DomainID

	for _, name := range []string{"one", "two", "three"} {
		s.AddDomain(dcsapitest.Domain{ID: "id-" + name, Name: "account-" + name})
		s.AddAgency(dcsapitest.Agency{Name: name, DomainID: "id-" + name, TrustedDomainID: trusted})
		s.AddProject(dcsapitest.Project{ID: "project-" + name, Name: region, DomainID: "id-" + name})
		s.AddInstance(dcsapitest.Instance{
			ID: instanceIn("project-" + name), ProjectID: "project-" + name, Backups: dcsapitest.GenerateBackups(1, 1),
		})

		trusted = "id-" + name
	}

	return s
}

func instanceIn(projectID string) string { return "instance-in-" + projectID }

// user has an account, and reads with it as a data source does.
type user struct {
	*auth.Session

	transport *transport.Client
	endpoints endpoint.Resolver
}

// newUser makes a user in the service's region, unless cfg names another one. Attempts are not repeated unless a test
// asks for it, so that requests can be counted.
func newUser(t *testing.T, s *dcsapitest.Server, cfg auth.Config, options ...func(*transport.Config)) *user {
	t.Helper()

	tc := transport.Config{UserAgent: "test", RoundTripper: s.Transport()}
	for _, option := range options {
		option(&tc)
	}

	client := transport.New(tc)

	cfg.Transport = client
	if cfg.Endpoints == nil {
		cfg.Endpoints = endpoint.Set{}
	}

	if cfg.Region == "" {
		cfg.Region = region
	}

	return &user{Session: auth.NewSession(cfg), transport: client, endpoints: cfg.Endpoints}
}

func retrying(most int) func(*transport.Config) {
	return func(c *transport.Config) { c.MaxRetries = most }
}

// read reads the listing of the instance in the project of the user's own region.
func (u *user) read(ctx context.Context) error { return u.readIn(ctx, "", "") }

// readIn reads the listing of the instance in a project, which is looked up where projectID is empty.
func (u *user) readIn(ctx context.Context, region, projectID string) error {
	scope, err := u.Scope(ctx, region, projectID)
	if err != nil {
		return err
	}

	base, err := u.endpoints.URL(endpoint.DCS, scope.Region)
	if err != nil {
		return err
	}

	return u.transport.Do(ctx, transport.Request{
		Method: http.MethodGet, URL: base.JoinPath("v2", scope.ProjectID, "instances", instanceIn(scope.ProjectID), "backups"),
		Auth: u.Authorizer(scope),
	})
}

// together makes n calls at once and returns their errors.
func together(n int, call func() error) []error {
	var group sync.WaitGroup

	errs := make([]error, n)
	for i := range errs {
		group.Go(func() { errs[i] = call() })
	}

	group.Wait()

	return errs
}

// wantAll checks that none of some calls failed.
func wantAll(t *testing.T, errs []error) {
	t.Helper()

	var failed []error

	for _, err := range errs {
		if err != nil {
			failed = append(failed, err)
		}
	}

	if len(failed) > 0 {
		t.Errorf("%d of %d calls failed, the first: %v", len(failed), len(errs), failed[0])
	}
}

// trace tells what a service was asked: method, path, who asked, and what was answered. The path of a listing is cut.
func trace(s *dcsapitest.Server) []string {
	var lines []string

	for _, r := range s.Requests() {
		who := "unproven"
		if r.Identity.Method != "" {
			who = r.Identity.Method + " of " + r.Identity.User
		}

		path := r.Path
		if len(path) > 4 && path[:4] == pathBackups {
			path = pathBackups
		}

		lines = append(lines, fmt.Sprintf("%s %s, %s: %d", r.Method, path, who, r.Status))
	}

	return lines
}

// answered counts the requests that were answered with a status.
func answered(s *dcsapitest.Server, status int) int {
	var n int

	for _, r := range s.Requests() {
		if r.Status == status {
			n++
		}
	}

	return n
}

// slow makes every request take a while, so that those made at once are under way at once.
func slow(s *dcsapitest.Server) {
	s.Inject(dcsapitest.Fault{Effect: fault.Latency{Duration: 100 * time.Millisecond}})
}

// endpointsAt are base URLs by the service's name.
func endpointsAt(base map[string]string) endpoint.Set {
	custom := make(map[endpoint.Service]string, len(base))
	for name, url := range base {
		custom[endpoint.Service(name)] = url
	}

	return endpoint.Set{Custom: custom}
}

func permanentKey() auth.Keys {
	return auth.Keys{AccessKey: dcsapitest.AccessKey, SecretKey: dcsapitest.SecretKey, Origin: "access_key and secret_key"}
}

func password() auth.Password {
	return auth.Password{
		UserName: dcsapitest.UserName, DomainName: domainName, Password: dcsapitest.Password, Origin: "user_name and password",
	}
}

func federation() auth.OIDC {
	return auth.OIDC{ProviderID: idpID, IDToken: idToken, Origin: "idp_id and id_token"}
}

func agency(name string) auth.Role { return auth.Role{AgencyName: name, DomainName: "account-" + name} }

// agencyV5 is agency by the account's ID, for which STS is asked.
func agencyV5(name string) auth.Role { return auth.Role{AgencyName: name, DomainID: "id-" + name} }

func writeFile(t *testing.T, text string) string {
	t.Helper()

	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}

	return file
}
