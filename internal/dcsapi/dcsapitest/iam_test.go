// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/internal/client"
)

func TestServer_listsProjects(t *testing.T) {
	t.Parallel()

	s := dcsapitest.New()
	s.AddProject(dcsapitest.Project{ID: "sub", Name: "cn-north-4_team"})
	s.AddProject(dcsapitest.Project{ID: "twin", Name: dcsapitest.Region})
	s.AddProject(dcsapitest.Project{ID: "off", Name: "off", Disabled: true})
	s.AddProject(dcsapitest.Project{ID: "foreign", Name: dcsapitest.Region, DomainID: "other-account"})

	c := client.New(t, s)
	for path, want := range map[string][]string{
		"/v3/projects?name=cn-north-4":                           {dcsapitest.ProjectID, "twin"},
		"/v3/projects?name=cn-north-4_team":                      {"sub"},
		"/v3/projects?name=cn":                                   {},
		"/v3/projects?name=":                                     {},
		"/v3/projects":                                           {dcsapitest.ProjectID, "off", "sub", "twin"},
		"/v3/projects?enabled=false":                             {"off"},
		"/v3/projects?domain_id=other-account":                   {},
		"/v3/projects?name=off&parent_id=" + dcsapitest.DomainID: {"off"},
		"/v3/projects?parent_id=other-account":                   {},
		"/v3/projects?name=sub&name=cn-north-4":                  {},
		"/v3/auth/projects":                                      {dcsapitest.ProjectID, "sub", "twin"},
	} {
		if diff := cmp.Diff(want, c.Get(path).List(t, "projects")); diff != "" {
			t.Errorf("%s: want, got:\n%s", path, diff)
		}
	}

	s.RemoveProject("twin")
	s.Inject(dcsapitest.Fault{Effect: fault.DenyProjectList{}})
	c.Get("/v3/projects?name=cn-north-4").WantError(t, http.StatusForbidden, `"code":403`, "iam:projects:listProjects")

	if got := c.Get("/v3/auth/projects").List(t, "projects"); len(got) != 2 {
		t.Errorf("own projects %v, want 2", got)
	}
}

func TestNew_defaultsGiveWayToOptions(t *testing.T) {
	t.Parallel()

	c := client.New(t, dcsapitest.New(func(s *dcsapitest.Server) {
		s.AddProject(dcsapitest.Project{ID: "mine", Name: "x"})
		s.AddUser(dcsapitest.User{ID: "me", Name: "x"})
	}))

	got := slices.Concat(c.Get("/v3/projects").List(t, "projects"), c.Get("/v3/users").List(t, "users"))
	if diff := cmp.Diff([]string{"mine", "me"}, got); diff != "" {
		t.Errorf("project and user (-want +got):\n%s", diff)
	}
}

// The huaweicloud provider asks for the versions where HW_AUTH_URL does not end in /v3, without credentials.
func TestServer_listsVersions(t *testing.T) {
	t.Parallel()

	c := client.New(t, dcsapitest.New(dcsapitest.WithPathPrefix("/iam")))

	var body struct {
		Versions struct {
			Values []struct {
				ID, Status string
				Links      []struct{ Rel, Href string }
			}
		}
	}

	c.Send("GET", "/iam/", "").Into(t, http.StatusMultipleChoices, &body)

	values := body.Versions.Values
	if len(values) != 1 || values[0].ID != "v3.6" || values[0].Status != "stable" || len(values[0].Links) != 1 ||
		values[0].Links[0].Rel != "self" || values[0].Links[0].Href != "http://127.0.0.1/iam/v3/" {
		t.Errorf("versions %+v", values)
	}
}

// The huaweicloud provider looks the user of a password login up.
func TestServer_listsUsers(t *testing.T) {
	t.Parallel()

	s := dcsapitest.New()
	s.AddUser(dcsapitest.User{ID: "ops-id", Name: "ops"})
	s.AddUser(dcsapitest.User{ID: "foreign", Name: "ops", DomainID: "other-account"})

	c := client.New(t, s)
	for query, want := range map[string][]string{
		"": {dcsapitest.UserID, "ops-id"}, "?name=ops": {"ops-id"}, "?name=none": {}, "?domain_id=other-account": {},
	} {
		got := c.Get("/v3/users" + query)
		if diff := cmp.Diff(want, got.List(t, "users")); diff != "" || strings.Contains(got.Body, dcsapitest.Password) {
			t.Errorf("%s: want, got:\n%s\n%s", query, diff, got.Body)
		}
	}
}

func TestServer_traceIDOfIAM(t *testing.T) {
	t.Parallel()

	c := client.New(t, dcsapitest.New())
	for path, traced := range map[string]bool{"/v3/projects": true, client.InstancesPath: false} {
		got := c.Get(path).Header
		if id := got.Get("X-IAM-Trace-Id"); (id != "") != traced || traced && id != got.Get("X-Request-Id") {
			t.Errorf("%s: X-IAM-Trace-Id %q, X-Request-Id %q", path, id, got.Get("X-Request-Id"))
		}
	}
}

func TestServer_listsDomains(t *testing.T) {
	t.Parallel()

	s := dcsapitest.New()
	s.AddKey(dcsapitest.Key{Access: "AKOTHER", Secret: "sk", DomainID: "other-id"})
	s.AddDomain(dcsapitest.Domain{ID: "other-id", Name: "other"})

	c := client.New(t, s)

	for key, want := range map[dcsapitest.Key]dcsapitest.Domain{
		{Access: dcsapitest.AccessKey, Secret: dcsapitest.SecretKey}: {ID: dcsapitest.DomainID, Name: dcsapitest.DomainName},
		{Access: "AKOTHER", Secret: "sk"}:                            {ID: "other-id", Name: "other"},
	} {
		var body struct {
			Domains []struct {
				ID, Name string
				Enabled  bool
				Links    struct{ Self string }
			}
			Links struct{ Self string }
		}

		c.Key = key
		c.Get("/v3/auth/domains").Into(t, http.StatusOK, &body)

		const self = "https://dcs.example.com/v3/auth/domains"
		if got := body.Domains; len(got) != 1 || got[0].ID != want.ID || got[0].Name != want.Name || !got[0].Enabled ||
			got[0].Links.Self != self+"/"+want.ID || body.Links.Self != self {
			t.Errorf("%s: %+v, want %+v", key.Access, body, want)
		}
	}

	c.Send("GET", "/v3/auth/domains", "").WantError(t, http.StatusUnauthorized, "APIGW.0301")
}

const (
	byName = `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"local-user",
		"password":"Local-Password-1","domain":{"name":"local-account"}}}},"scope":{"project":{"name":"cn-north-4"}}}}`
	byID = `{"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"` + dcsapitest.UserID + `",
		"password":"Local-Password-1"}}},"scope":{"project":{"id":"` + dcsapitest.ProjectID + `"}}}}`
)

func TestUser_logsIn(t *testing.T) {
	t.Parallel()

	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

	s, c := client.WithBackups(t, dcsapitest.WithClock(func() time.Time { return now }), dcsapitest.WithTokenLifetime(time.Minute))
	s.AddProject(dcsapitest.Project{ID: "off", Name: "off", Disabled: true})
	s.AddProject(dcsapitest.Project{ID: "foreign", Name: "foreign", DomainID: "other-account"})

	for name, body := range map[string]string{
		"by name and account name": byName,
		"by name and account ID":   strings.Replace(byName, `"name":"local-account"`, `"id":"`+dcsapitest.DomainID+`"`, 1),
		"by ID":                    byID,
		"scope with an account": strings.Replace(byName, `"name":"cn-north-4"`,
			`"name":"cn-north-4","domain":{"name":"local-account"}`, 1),
	} {
		got := c.Send("POST", "/v3/auth/tokens?nocatalog=true", body)

		var answered struct {
			Token struct {
				ExpiresAt string `json:"expires_at"`
				Project   struct{ ID, Name string }
				User      struct{ Name string }
			}
		}
		got.Into(t, http.StatusCreated, &answered)

		if answered.Token.ExpiresAt != "2024-05-06T07:09:09.000000Z" || answered.Token.Project.ID != dcsapitest.ProjectID ||
			answered.Token.Project.Name != dcsapitest.Region || answered.Token.User.Name != dcsapitest.UserName {
			t.Errorf("%s: %+v", name, answered)
		}

		c.Send("GET", client.BackupsPath, "", "X-Auth-Token", got.Header.Get("X-Subject-Token")).Page(t)
	}

	for name, row := range map[string]struct {
		from, to string
		status   int
	}{
		"wrong password":       {"Local-Password-1", "x", 401},
		"unknown user":         {"local-user", "x", 401},
		"unknown account":      {"local-account", "x", 401},
		"no account":           {`"domain":{"name":"local-account"}`, `"domain":null`, 401},
		"unknown project":      {`"scope":{"project":{"name":"cn-north-4"`, `"scope":{"project":{"name":"x"`, 401},
		"disabled project":     {`"project":{"name":"cn-north-4"`, `"project":{"name":"off"`, 401},
		"foreign project":      {`"project":{"name":"cn-north-4"`, `"project":{"id":"foreign"`, 401},
		"unsupported method":   {`["password"]`, `["password","totp"]`, 400},
		"body that is no JSON": {`{"auth"`, `{`, 400},
	} {
		got := c.Send("POST", "/v3/auth/tokens", strings.Replace(byName, row.from, row.to, 1))
		got.WantError(t, row.status, `"error":{"code":`+map[int]string{400: "400", 401: "401"}[row.status], `"title"`)

		if got.Header.Get("X-Subject-Token") != "" {
			t.Errorf("%s: a token was given out", name)
		}
	}

	toAccount := strings.Replace(byID, `"project":{"id":"`+dcsapitest.ProjectID+`"}`, `"domain":{"name":"x"}`, 1)

	unscoped := c.Send("POST", "/v3/auth/tokens", toAccount)
	if unscoped.Status != http.StatusCreated || strings.Contains(unscoped.Body, `"project"`) {
		t.Errorf("log-in to the account: %d %s", unscoped.Status, unscoped.Body)
	}

	if got := len(s.RequestsTo("/v3/auth/tokens")); got != 14 {
		t.Errorf("%d log-ins, want 14", got)
	}
}

// credential is a temporary key as IAM and the metadata service send it.
type credential struct {
	Credential struct {
		Access, Secret, SecurityToken string
		ExpiresAt                     time.Time `json:"expires_at"`
	}
}

func (c credential) key() dcsapitest.Key {
	return dcsapitest.Key{Access: c.Credential.Access, Secret: c.Credential.Secret, SecurityToken: c.Credential.SecurityToken}
}

func assumeRole(members string) string {
	return `{"auth":{"identity":{"methods":["assume_role"],"assume_role":{` + members + `}}}}`
}

func TestAgency_issuesTemporaryKeys(t *testing.T) {
	t.Parallel()

	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	s, c := client.WithBackups(t, dcsapitest.WithClock(func() time.Time { return now }))
	s.AddDomain(dcsapitest.Domain{ID: "b-id", Name: "b"})
	s.AddProject(dcsapitest.Project{ID: "b-project", Name: dcsapitest.Region, DomainID: "b-id"})
	s.AddInstance(dcsapitest.Instance{ID: "b-instance", ProjectID: "b-project", Backups: dcsapitest.GenerateBackups(1, 1)})
	s.AddAgency(dcsapitest.Agency{Name: "reader", DomainID: "b-id", TrustedDomainID: dcsapitest.DomainID})
	s.AddAgency(dcsapitest.Agency{Name: "private", DomainID: "b-id", TrustedDomainID: "other-account"})
	s.AddToken(dcsapitest.Token{Value: "token", ProjectID: dcsapitest.ProjectID})

	const path = "/v3.0/OS-CREDENTIAL/securitytokens"

	inB := assumeRole(`"agency_name":"reader","domain_name":"b","duration_seconds":3600`)
	for name, got := range map[string]client.Reply{
		"by account name":         c.Post(path, inB),
		"by account ID":           c.Post(path, strings.Replace(inB, `"domain_name":"b"`, `"domain_id":"b-id"`, 1)),
		"called with a token":     c.Send("POST", path, inB, "X-Auth-Token", "token"),
		"quarter of an hour else": c.Post(path, strings.Replace(inB, `,"duration_seconds":3600`, "", 1)),
	} {
		var issued credential
		got.Into(t, http.StatusCreated, &issued)

		want := time.Hour
		if strings.HasPrefix(name, "quarter") {
			want = 15 * time.Minute
		}

		if !issued.Credential.ExpiresAt.Equal(now.Add(want)) {
			t.Errorf("%s: expires at %s", name, issued.Credential.ExpiresAt)
		}

		agency := *c
		agency.Key = issued.key()
		agency.Get("/v2/b-project/instances/b-instance/backups").Page(t)
		agency.Get(client.BackupsPath).WantError(t, http.StatusForbidden, "APIGW.0310")
	}

	for name, row := range map[string]struct {
		members string
		status  int
	}{
		"unknown agency":  {`"agency_name":"unknown","domain_name":"b"`, 404},
		"unknown account": {`"agency_name":"reader","domain_name":"unknown"`, 404},
		"no account":      {`"agency_name":"reader"`, 404},
		"not trusted":     {`"agency_name":"private","domain_name":"b"`, 403},
		"too short":       {`"agency_name":"reader","domain_name":"b","duration_seconds":899`, 400},
		"too long":        {`"agency_name":"reader","domain_name":"b","duration_seconds":86401`, 400},
	} {
		t.Log(name)
		c.Post(path, assumeRole(row.members)).WantError(t, row.status, `"error":{"code":`)
	}

	c.Send("POST", path, assumeRole(`"agency_name":"reader","domain_name":"b"`)).WantError(t, 401, "APIGW.0301")
	c.Post(path, `{"auth":{"identity":{"methods":["hw_context"]}}}`).WantError(t, 400, "not supported")
	c.Post(path, `[]`).WantError(t, 400, "body is invalid")
}

func TestServer_keyLifetime(t *testing.T) {
	t.Parallel()

	now := time.Now()
	s, c := client.WithBackups(t, dcsapitest.WithClock(func() time.Time { return now }), dcsapitest.WithKeyLifetime(3*time.Second))
	s.AddAgency(dcsapitest.Agency{Name: "ops"})

	var issued credential
	c.Post("/v3.0/OS-CREDENTIAL/securitytokens", assumeRole(`"agency_name":"ops","domain_name":"local-account"`)).
		Into(t, http.StatusCreated, &issued)
	c.Key = issued.key()
	c.Get(client.BackupsPath).Page(t)

	now = now.Add(3 * time.Second)

	c.Get(client.BackupsPath).WantError(t, http.StatusUnauthorized, "has expired")
}

func TestIdentityProvider_logsIn(t *testing.T) {
	t.Parallel()
	s, c := client.WithBackups(t)
	s.AddIdentityProvider(dcsapitest.IdentityProvider{ID: "idp", IDTokens: []string{"id-token"}})

	const path = "/v3.0/OS-AUTH/id-token/tokens"

	login := func(idp, idToken, scope string) client.Reply {
		return c.Send("POST", path, `{"auth":{"id_token":{"id":"`+idToken+`"}`+scope+`}}`, "X-Idp-Id", idp)
	}
	login("unknown", "id-token", "").WantError(t, http.StatusNotFound, "unknown")
	login("idp", "forged", "").WantError(t, http.StatusUnauthorized, "ID token")
	login("idp", "", "").WantError(t, http.StatusUnauthorized, "ID token")
	login("idp", "id-token", `,"scope":{"project":{"name":"x"}}`).WantError(t, http.StatusUnauthorized, "scope")
	c.Send("POST", path, `{`).WantError(t, http.StatusBadRequest, "body")

	token := login("idp", "id-token", "").Header.Get("X-Subject-Token")
	if token == "" {
		t.Fatal("no X-Subject-Token")
	}

	keyByToken := func(id string) client.Reply {
		return c.Send("POST", "/v3.0/OS-CREDENTIAL/securitytokens",
			`{"auth":{"identity":{"methods":["token"],"token":{"id":"`+id+`","duration_seconds":900}}}}`)
	}
	keyByToken("forged").WantError(t, http.StatusUnauthorized, `"code":401`)

	var issued credential
	keyByToken(token).Into(t, http.StatusCreated, &issued)
	c.Key = issued.key()
	c.Get(client.BackupsPath).Page(t)
	s.ExpireCredentials()
	keyByToken(token).WantError(t, http.StatusUnauthorized, `"code":401`)
	c.Get(client.BackupsPath).WantError(t, http.StatusUnauthorized, "has expired")

	scoped := login("idp", "id-token", `,"scope":{"project":{"name":"cn-north-4"}}`)
	c.Send("GET", client.BackupsPath, "", "X-Auth-Token", scoped.Header.Get("X-Subject-Token")).Page(t)
}

func TestAgency_isAssumedBySTS(t *testing.T) {
	t.Parallel()

	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	s, c := client.WithBackups(t, dcsapitest.WithClock(func() time.Time { return now }))
	s.AddAgency(dcsapitest.Agency{Name: "one", DomainID: "b", TrustedDomainID: dcsapitest.DomainID})
	s.AddAgency(dcsapitest.Agency{Name: "two", TrustedDomainID: "b"})

	assume := func(urn, more string) client.Reply {
		return c.Post("/v5/agencies/assume", `{"agency_urn":"`+urn+`","agency_session_name":"s"`+more+`}`)
	}
	for name, row := range map[string]struct {
		urn, more string
		status    int
	}{
		"unknown agency": {"iam::b:agency:unknown", "", 403},
		"not trusted":    {"iam::" + dcsapitest.DomainID + ":agency:two", "", 403},
		"no urn":         {"one", "", 400},
		"other resource": {"iam::b:user:one", "", 400},
		"empty name":     {"iam::b:agency:", "", 400},
		"too short":      {"iam::b:agency:one", `,"duration_seconds":899`, 400},
		"too long":       {"iam::b:agency:one", `,"duration_seconds":43201`, 400},
	} {
		t.Log(name)
		assume(row.urn, row.more).WantError(t, row.status, "STS5.", "error_msg")
	}

	c.Post("/v5/agencies/assume", `{"agency_urn":"iam::b:agency:one"}`).WantError(t, 400, "STS5.")
	s.AddToken(dcsapitest.Token{Value: "token"})
	c.Send("POST", "/v5/agencies/assume", "", "X-Auth-Token", "token").WantError(t, http.StatusUnauthorized, "signature")

	// A chain: the second agency trusts the account of the first one only.
	for _, urn := range []string{"iam::b:agency:one", "iam::" + dcsapitest.DomainID + ":agency:two"} {
		var issued struct {
			Credentials struct {
				Access     string    `json:"access_key_id"`
				Secret     string    `json:"secret_access_key"`
				Token      string    `json:"security_token"`
				Expiration time.Time `json:"expiration"`
			}
		}
		assume(urn, `,"duration_seconds":3600`).Into(t, http.StatusOK, &issued)

		if !issued.Credentials.Expiration.Equal(now.Add(time.Hour)) {
			t.Errorf("%s expires at %s", urn, issued.Credentials.Expiration)
		}

		got := issued.Credentials
		c.Key = dcsapitest.Key{Access: got.Access, Secret: got.Secret, SecurityToken: got.Token}
	}

	c.Get(client.BackupsPath).Page(t)
	assume("iam::b:agency:one", `,"duration_seconds":3601`).WantError(t, 400, "STS5.")
}

func TestMetadata_modes(t *testing.T) {
	t.Parallel()

	now := time.Now()

	for name, row := range map[string]struct {
		metadata              dcsapitest.Metadata
		tokenStatus, keyless  int // of the PUT, and of the GET without a token
		withToken, afterwards int // of the GET with a token, and with an expired one
	}{
		"off":               {dcsapitest.Metadata{}, 404, 404, 404, 404},
		"v1":                {dcsapitest.Metadata{Mode: dcsapitest.MetadataV1}, 404, 200, 200, 200},
		"v1 that says 405":  {dcsapitest.Metadata{Mode: dcsapitest.MetadataV1, TokenStatus: 405}, 405, 200, 200, 200},
		"v1 that says 503":  {dcsapitest.Metadata{Mode: dcsapitest.MetadataV1, TokenStatus: 503}, 503, 200, 200, 200},
		"v2":                {dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}, 200, 401, 200, 401},
		"v2 without agency": {dcsapitest.Metadata{Mode: dcsapitest.MetadataNoAgency}, 200, 401, 404, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := client.WithBackups(t, dcsapitest.WithMetadata(row.metadata), dcsapitest.WithClock(func() time.Time { return now }))
			put := c.Unsigned("PUT", "/meta-data/latest/api/token", "")
			put.Header.Set("X-Metadata-Token-Ttl-Seconds", "21600")
			token := c.Do(put)
			get := func() client.Reply {
				r := c.Unsigned("GET", "/openstack/latest/securitykey", "")
				if token.Status == 200 {
					r.Header.Set("X-Metadata-Token", token.Body)
				}

				return c.Do(r)
			}

			got := [3]int{token.Status, c.Send("GET", "/openstack/latest/securitykey", "").Status, get().Status}
			if want := [3]int{row.tokenStatus, row.keyless, row.withToken}; got != want {
				t.Errorf("statuses %v, want %v", got, want)
			}

			if row.withToken == 200 {
				var issued credential
				get().Into(t, http.StatusOK, &issued)

				signed := *c
				signed.Key = issued.key()
				signed.Get(client.BackupsPath).Page(t)
			}

			s.SetClock(func() time.Time { return now.Add(7 * time.Hour) })

			if got := get().Status; got != row.afterwards {
				t.Errorf("status %d seven hours later, want %d", got, row.afterwards)
			}
		})
	}

	_, c := client.WithBackups(t, dcsapitest.WithMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}))

	for _, ttl := range []string{"", "0", "21601", "x"} {
		c.Send("PUT", "/meta-data/latest/api/token", "", "X-Metadata-Token-Ttl-Seconds", ttl).
			WantError(t, http.StatusBadRequest, "X-Metadata-Token-Ttl-Seconds")
	}
}
