// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
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

// user reads as a data source does.
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
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute)
	defer cancel()

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

// together makes n concurrent calls and returns their errors.
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

// trace returns the requests that a service received: method, path, identity and status. The path of a listing is cut.
func trace(s *dcsapitest.Server) []string {
	var lines []string

	for _, r := range s.Requests() {
		identity := "anonymous"
		if r.Identity.Method != "" {
			identity = r.Identity.Method + " of " + r.Identity.User
		}

		path := r.Path
		if len(path) > 4 && path[:4] == pathBackups {
			path = pathBackups
		}

		lines = append(lines, fmt.Sprintf("%s %s, %s: %d", r.Method, path, identity, r.Status))
	}

	return lines
}

// answered counts the responses with a status.
func answered(s *dcsapitest.Server, status int) int {
	var n int

	for _, r := range s.Requests() {
		if r.Status == status {
			n++
		}
	}

	return n
}

// slow delays every response, so that concurrent requests are in flight together.
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

// agencyV5 is agency by the account's ID, assumed by STS.
func agencyV5(name string) auth.Role { return auth.Role{AgencyName: name, DomainID: "id-" + name} }

func writeFile(t *testing.T, text string) string {
	t.Helper()

	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}

	return file
}

// loginCase is a configuration, and how it logs in.
type loginCase struct {
	cfg auth.Config
	// metadata is the metadata service of the ECS that the provider runs on.
	metadata dcsapitest.Metadata

	// logins are the requests that fetch credentials, as in [trace], and identity is that of the requests that follow.
	logins   []string
	identity string
}

const (
	loginPassword  = "POST " + pathTokens + ", anonymous: 201"
	loginIDToken   = "POST " + pathIDTokens + ", anonymous: 201"
	loginExchange  = "POST " + pathSecurityTokens + ", anonymous: 201"
	loginMetadata1 = "PUT " + pathMetadataToken + ", anonymous: 200"
	loginMetadata2 = "GET " + pathMetadataKey + ", anonymous: 200"
)

func loginAgency(identity string) string {
	return "POST " + pathSecurityTokens + ", " + identity + ": 201"
}

func loginAgencyV5(identity string) string { return "POST " + pathAssume + ", " + identity + ": 200" }

// directLogins are the logins without assumed agencies.
func directLogins(t *testing.T) map[string]loginCase {
	t.Helper()

	userID := auth.Password{UserID: dcsapitest.UserID, Password: dcsapitest.Password}
	byDomainID := password()
	byDomainID.DomainName, byDomainID.DomainID = "", dcsapitest.DomainID

	file := federation()
	file.IDToken, file.IDTokenFile = "", writeFile(t, "\uFEFF\n "+idToken+" \r\n")

	signature, token := "signature of "+dcsapitest.UserName, "token of "+dcsapitest.UserName
	federated := "signature of federated/" + idpID
	cases := map[string]loginCase{
		"permanent key": {cfg: auth.Config{Source: permanentKey()}, identity: signature},
		"temporary key": {
			cfg:      auth.Config{Source: auth.Keys{AccessKey: "TEMPORARYKEY", SecretKey: "TemporarySecret", SecurityToken: "TemporaryToken"}},
			identity: "signature of temporary",
		},
		"token":                            {cfg: auth.Config{Source: auth.Token{Token: givenToken}}, identity: token},
		"password, name and account name":  {cfg: auth.Config{Source: password()}, logins: []string{loginPassword}, identity: token},
		"password, name and account ID":    {cfg: auth.Config{Source: byDomainID}, logins: []string{loginPassword}, identity: token},
		"password, user ID":                {cfg: auth.Config{Source: userID}, logins: []string{loginPassword}, identity: token},
		"ID token":                         {cfg: auth.Config{Source: federation()}, logins: []string{loginIDToken, loginExchange}, identity: federated},
		"ID token in a file":               {cfg: auth.Config{Source: file}, logins: []string{loginIDToken, loginExchange}, identity: federated},
		"metadata service":                 {cfg: auth.Config{Source: auth.Metadata{}}, metadata: dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}, logins: []string{loginMetadata1, loginMetadata2}, identity: "signature of agency/ecs"},
		"no source is the metadata one":    {metadata: dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}, logins: []string{loginMetadata1, loginMetadata2}, identity: "signature of agency/ecs"},
		"metadata service at a given host": {cfg: auth.Config{Source: auth.Metadata{Endpoint: "http://metadata.local:8080/"}}, metadata: dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}, logins: []string{loginMetadata1, loginMetadata2}, identity: "signature of agency/ecs"},
	}

	for _, status := range []int{404, 405, 503} {
		cases[fmt.Sprintf("metadata service, version 1, status %d", status)] = loginCase{
			cfg:      auth.Config{Source: auth.Metadata{}},
			metadata: dcsapitest.Metadata{Mode: dcsapitest.MetadataV1, TokenStatus: status},
			logins:   []string{fmt.Sprintf("PUT %s, anonymous: %d", pathMetadataToken, status), loginMetadata2},
			identity: "signature of agency/ecs",
		}
	}

	return cases
}

// loginCases are all logins: each direct one, and with each an agency by IAM, an agency by STS, and a chain of three agencies.
func loginCases(t *testing.T) map[string]loginCase {
	t.Helper()

	cases := directLogins(t)

	for name, base := range maps.Clone(cases) {
		v3, v5, chain := base, base, base

		v3.cfg.Roles = []auth.Role{agency("one")}
		v3.logins = slices.Concat(base.logins, []string{loginAgency(base.identity)})
		v3.identity = "signature of agency/one"

		// STS takes no tokens: a key is fetched for the token first.
		signer := base.identity
		if strings.HasPrefix(signer, "token") {
			signer = strings.Replace(signer, "token", "signature", 1)
			v5.logins = slices.Concat(base.logins, []string{loginExchange})
		}

		v5.cfg.Roles = []auth.Role{agencyV5("one")}
		v5.logins = slices.Concat(v5.logins, []string{loginAgencyV5(signer)})
		v5.identity = "signature of agency/one"

		chain.cfg.Roles = []auth.Role{agency("one"), agencyV5("two"), agency("three")}
		chain.logins = slices.Concat(base.logins, []string{
			loginAgency(base.identity), loginAgencyV5("signature of agency/one"), loginAgency("signature of agency/two"),
		})
		chain.identity = "signature of agency/three"

		cases[name+", agency"] = v3
		cases[name+", agency by STS"] = v5
		cases[name+", chain of agencies"] = chain
	}

	v3, v5 := federation(), federation()
	v3.Role, v5.Role = agency("one"), agencyV5("one")
	federated := "signature of federated/" + idpID

	cases["ID token that names an agency"] = loginCase{
		cfg: auth.Config{Source: v3}, logins: []string{loginIDToken, loginExchange, loginAgency(federated)}, identity: "signature of agency/one",
	}
	cases["ID token that names an agency by STS"] = loginCase{
		cfg: auth.Config{Source: v5}, logins: []string{loginIDToken, loginExchange, loginAgencyV5(federated)}, identity: "signature of agency/one",
	}

	return cases
}

// start makes the service and the user of a login.
func (c loginCase) start(t *testing.T) (*dcsapitest.Server, *user) {
	t.Helper()

	s := newService(t, dcsapitest.WithMetadata(c.metadata))
	s.AddKey(dcsapitest.Key{
		Access: "TEMPORARYKEY", Secret: "TemporarySecret", SecurityToken: "TemporaryToken", User: "temporary",
	})

	return s, newUser(t, s, c.cfg)
}

// A password's token is for a project, which the login names.
func (c loginCase) looksUpProject() bool {
	_, isPassword := c.cfg.Source.(auth.Password)

	return !isPassword || len(c.cfg.Roles) > 0
}

// refreshableLogins are the logins whose credentials expire, with the path of the request that fetches the last of them.
func refreshableLogins(t *testing.T) map[string]struct {
	cfg  auth.Config
	path string
} {
	t.Helper()

	oidcAgency := federation()
	oidcAgency.Role = agencyV5("one")

	return map[string]struct {
		cfg  auth.Config
		path string
	}{
		"password":                      {auth.Config{Source: password()}, pathTokens},
		"ID token":                      {auth.Config{Source: federation()}, pathSecurityTokens},
		"ID token that names an agency": {auth.Config{Source: oidcAgency}, pathAssume},
		"agency":                        {auth.Config{Source: permanentKey(), Roles: []auth.Role{agency("one")}}, pathSecurityTokens},
		"agency by STS":                 {auth.Config{Source: permanentKey(), Roles: []auth.Role{agencyV5("one")}}, pathAssume},
		"agency for a password":         {auth.Config{Source: password(), Roles: []auth.Role{agency("one")}}, pathSecurityTokens},
		"agency by STS for a password":  {auth.Config{Source: password(), Roles: []auth.Role{agencyV5("one")}}, pathAssume},
		"chain of agencies": {auth.Config{Source: permanentKey(), Roles: []auth.Role{
			agency("one"), agency("two"), agencyV5("three"),
		}}, pathAssume},
		"metadata service": {auth.Config{Source: auth.Metadata{}}, pathMetadataKey},
	}
}

func newExpiringService(t *testing.T, lifetime time.Duration) *dcsapitest.Server {
	t.Helper()

	return newService(t, dcsapitest.WithKeyLifetime(lifetime), dcsapitest.WithTokenLifetime(lifetime),
		dcsapitest.WithMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}))
}

// refreshTest is a test of a user whose credentials expire. path is that of the request that fetches the last of them.
type refreshTest struct {
	*testing.T

	service *dcsapitest.Server
	user    *user
	path    string
}

// eachRefreshable tests each refreshable login, with credentials that last for lifetime, in virtual time.
func eachRefreshable(t *testing.T, lifetime time.Duration, test func(refreshTest)) {
	t.Helper()

	for name, tt := range refreshableLogins(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newExpiringService(t, lifetime)
				test(refreshTest{T: t, service: s, user: newUser(t, s, tt.cfg), path: tt.path})
			})
		})
	}
}

// wiretap sees every secret that goes over the wire, and may change responses.
type wiretap struct {
	next   http.RoundTripper
	change func(path string, body []byte) []byte

	mu   sync.Mutex
	seen []string
	// signatures are valid for one request each.
	signatures []string
}

var secretValues = regexp.MustCompile(
	`"(?:access|secret|securitytoken|access_key_id|secret_access_key|security_token)": ?"([^"]+)"`)

func (w *wiretap) RoundTrip(req *http.Request) (*http.Response, error) {
	w.see(req.Header.Get("X-Auth-Token"), req.Header.Get("X-Security-Token"), req.Header.Get("X-Metadata-Token"))

	if _, signature, signed := strings.Cut(req.Header.Get("Authorization"), "Signature="); signed {
		w.mu.Lock()
		w.signatures = append(w.signatures, signature)
		w.mu.Unlock()
	}

	resp, err := w.next.RoundTrip(req)
	if err != nil {
		return resp, err
	}

	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()

	w.see(resp.Header.Get("X-Subject-Token"))

	if req.URL.Path == pathMetadataToken && resp.StatusCode == http.StatusOK {
		w.see(string(body))
	}

	for _, match := range secretValues.FindAllSubmatch(body, -1) {
		w.see(string(match[1]))
	}

	if w.change != nil {
		body = w.change(req.URL.Path, body)
	}

	resp.Body = io.NopCloser(bytes.NewReader(body))

	return resp, err
}

func (w *wiretap) see(secrets ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()

	for _, secret := range secrets {
		if secret != "" && !slices.Contains(w.seen, secret) {
			w.seen = append(w.seen, secret)
		}
	}
}

// givenSecrets are those of the users of this package's tests.
var givenSecrets = []string{
	dcsapitest.AccessKey, dcsapitest.SecretKey, dcsapitest.Password, givenToken, idToken,
	"TEMPORARYKEY", "TemporarySecret", "TemporaryToken",
}

// check looks for secrets in errors and logs.
func (w *wiretap) check(t *testing.T, texts ...string) {
	t.Helper()

	for _, text := range texts {
		for _, secret := range slices.Concat(givenSecrets, w.seen, w.signatures) {
			if strings.Contains(text, secret) {
				t.Errorf("%q contains the secret %q", text, secret)
			}
		}
	}
}

// newTapped makes a user whose exchanges are watched. The function that it returns returns what was observed.
func newTapped(t *testing.T, s *dcsapitest.Server, cfg auth.Config) (*user, *wiretap, func() []string) {
	t.Helper()

	var (
		mu    sync.Mutex
		texts []string
	)

	tap := &wiretap{next: s.Transport()}
	u := newUser(t, s, cfg, func(c *transport.Config) {
		c.RoundTripper = tap
		c.Observe = func(_ context.Context, e transport.Exchange) {
			mu.Lock()
			defer mu.Unlock()

			texts = append(texts, fmt.Sprintf("%+v", e))
		}
	})

	return u, tap, func() []string {
		mu.Lock()
		defer mu.Unlock()

		return slices.Clone(texts)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
