// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// into decodes an answer that must have a status.
func (r reply) into(t *testing.T, status int, v any) {
	t.Helper()

	if r.err != nil || r.status != status {
		t.Fatalf("status %d, want %d; error %v, body %s", r.status, status, r.err, r.body)
	}

	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
}

func (r reply) projects(t *testing.T) []string {
	t.Helper()

	var body struct {
		Projects []struct {
			ID, Name string
			Enabled  bool
		}
	}
	r.into(t, http.StatusOK, &body)

	ids := []string{}
	for _, p := range body.Projects {
		ids = append(ids, p.ID)
	}

	return ids
}

func TestProjects(t *testing.T) {
	t.Parallel()

	s := New()
	s.AddProject(Project{ID: "sub", Name: "cn-north-4_team"})
	s.AddProject(Project{ID: "twin", Name: Region})
	s.AddProject(Project{ID: "off", Name: "off", Disabled: true})
	s.AddProject(Project{ID: "foreign", Name: Region, DomainID: "somebody-else"})

	c := newCaller(t, s)
	for path, want := range map[string][]string{
		"/v3/projects?name=cn-north-4":          {ProjectID, "twin"},
		"/v3/projects?name=cn-north-4_team":     {"sub"},
		"/v3/projects?name=cn":                  {},
		"/v3/projects?name=":                    {},
		"/v3/projects":                          {ProjectID, "sub", "twin", "off"},
		"/v3/projects?enabled=false":            {"off"},
		"/v3/projects?name=sub&name=cn-north-4": {},
		"/v3/auth/projects":                     {ProjectID, "sub", "twin"},
	} {
		if diff := cmp.Diff(want, c.get(path).projects(t)); diff != "" {
			t.Errorf("%s: want, got:\n%s", path, diff)
		}
	}

	s.RemoveProject("twin")
	s.Inject(Fault{Name: DenyProjectList})
	c.get("/v3/projects?name=cn-north-4").wantError(t, http.StatusForbidden, `"code":403`, "iam:projects:listProjects")

	if got := c.get("/v3/auth/projects").projects(t); len(got) != 2 {
		t.Errorf("own projects %v, want 2", got)
	}
}

func TestDomains(t *testing.T) {
	t.Parallel()

	s := New()
	s.AddKey(Key{Access: "AKOTHER", Secret: "sk", DomainID: "other-id"})
	s.AddDomain(Domain{ID: "other-id", Name: "other"})

	c := newCaller(t, s)

	for key, want := range map[Key]Domain{
		{Access: AccessKey, Secret: SecretKey}: {ID: DomainID, Name: DomainName},
		{Access: "AKOTHER", Secret: "sk"}:      {ID: "other-id", Name: "other"},
	} {
		var body struct {
			Domains []struct {
				ID, Name string
				Enabled  bool
				Links    struct{ Self string }
			}
			Links struct{ Self string }
		}

		c.key = key
		c.get("/v3/auth/domains").into(t, http.StatusOK, &body)

		const self = "https://dcs.example.com/v3/auth/domains"
		if got := body.Domains; len(got) != 1 || got[0].ID != want.ID || got[0].Name != want.Name || !got[0].Enabled ||
			got[0].Links.Self != self+"/"+want.ID || body.Links.Self != self {
			t.Errorf("%s: %+v, want %+v", key.Access, body, want)
		}
	}

	c.do(c.unsigned("GET", "/v3/auth/domains", "")).wantError(t, http.StatusUnauthorized, "APIGW.0301")
}

const (
	byName = `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"local-user",
		"password":"Local-Password-1","domain":{"name":"local-account"}}}},"scope":{"project":{"name":"cn-north-4"}}}}`
	byID = `{"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"` + UserID + `",
		"password":"Local-Password-1"}}},"scope":{"project":{"id":"` + ProjectID + `"}}}}`
)

func TestPasswordLogin(t *testing.T) {
	t.Parallel()

	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

	s, c := backupServer(t, WithClock(func() time.Time { return now }), WithTokenLifetime(time.Minute))
	for name, body := range map[string]string{
		"by name and account name": byName,
		"by name and account ID":   strings.Replace(byName, `"name":"local-account"`, `"id":"`+DomainID+`"`, 1),
		"by ID":                    byID,
		"scope with an account": strings.Replace(byName, `"name":"cn-north-4"`,
			`"name":"cn-north-4","domain":{"name":"local-account"}`, 1),
	} {
		got := c.do(c.unsigned("POST", "/v3/auth/tokens?nocatalog=true", body))

		var answered struct {
			Token struct {
				ExpiresAt string `json:"expires_at"`
				Project   struct{ ID, Name string }
				User      struct{ Name string }
			}
		}
		got.into(t, http.StatusCreated, &answered)

		if answered.Token.ExpiresAt != "2024-05-06T07:09:09.000000Z" || answered.Token.Project.ID != ProjectID ||
			answered.Token.Project.Name != Region || answered.Token.User.Name != UserName {
			t.Errorf("%s: %+v", name, answered)
		}

		r := c.unsigned("GET", listingPath, "")
		r.Header.Set("X-Auth-Token", got.header.Get("X-Subject-Token"))
		c.do(r).page(t)
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
		"unsupported method":   {`["password"]`, `["password","totp"]`, 400},
		"body that is no JSON": {`{"auth"`, `{`, 400},
	} {
		got := c.do(c.unsigned("POST", "/v3/auth/tokens", strings.Replace(byName, row.from, row.to, 1)))
		got.wantError(t, row.status, `"error":{"code":`+map[int]string{400: "400", 401: "401"}[row.status], `"title"`)

		if got.header.Get("X-Subject-Token") != "" {
			t.Errorf("%s: a token was given out", name)
		}
	}

	toAccount := strings.Replace(byID, `"project":{"id":"`+ProjectID+`"}`, `"domain":{"name":"x"}`, 1)

	unscoped := c.do(c.unsigned("POST", "/v3/auth/tokens", toAccount))
	if unscoped.status != http.StatusCreated || strings.Contains(unscoped.body, `"project"`) {
		t.Errorf("log-in to the account: %d %s", unscoped.status, unscoped.body)
	}

	if got := len(s.RequestsTo("/v3/auth/tokens")); got != 12 {
		t.Errorf("%d log-ins, want 12", got)
	}
}

// credential is a temporary key as IAM and the metadata service send it.
type credential struct {
	Credential struct {
		Access, Secret, SecurityToken string
		ExpiresAt                     time.Time `json:"expires_at"`
	}
}

func (c credential) key() Key {
	return Key{Access: c.Credential.Access, Secret: c.Credential.Secret, SecurityToken: c.Credential.SecurityToken}
}

func assumeRole(members string) string {
	return `{"auth":{"identity":{"methods":["assume_role"],"assume_role":{` + members + `}}}}`
}

func TestTemporaryKeyByAgency(t *testing.T) {
	t.Parallel()

	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	s, c := backupServer(t, WithClock(func() time.Time { return now }))
	s.AddDomain(Domain{ID: "b-id", Name: "b"})
	s.AddProject(Project{ID: "b-project", Name: Region, DomainID: "b-id"})
	s.AddInstance(Instance{ID: "b-instance", ProjectID: "b-project", Backups: GenerateBackups(1, 1)})
	s.AddAgency(Agency{Name: "reader", DomainID: "b-id", TrustedDomainID: DomainID})
	s.AddAgency(Agency{Name: "private", DomainID: "b-id", TrustedDomainID: "somebody-else"})
	s.AddToken(Token{Value: "token", ProjectID: ProjectID})

	const path = "/v3.0/OS-CREDENTIAL/securitytokens"

	byToken := func(body string) reply {
		r := c.unsigned("POST", path, body)
		r.Header.Set("X-Auth-Token", "token")

		return c.do(r)
	}

	inB := assumeRole(`"agency_name":"reader","domain_name":"b","duration_seconds":3600`)
	for name, got := range map[string]reply{
		"by account name":         c.post(path, inB),
		"by account ID":           c.post(path, strings.Replace(inB, `"domain_name":"b"`, `"domain_id":"b-id"`, 1)),
		"called with a token":     byToken(inB),
		"quarter of an hour else": c.post(path, strings.Replace(inB, `,"duration_seconds":3600`, "", 1)),
	} {
		var issued credential
		got.into(t, http.StatusCreated, &issued)

		want := time.Hour
		if strings.HasPrefix(name, "quarter") {
			want = 15 * time.Minute
		}

		if !issued.Credential.ExpiresAt.Equal(now.Add(want)) {
			t.Errorf("%s: expires at %s", name, issued.Credential.ExpiresAt)
		}

		agency := *c
		agency.key = issued.key()
		agency.get("/v2/b-project/instances/b-instance/backups").page(t)
		agency.get(listingPath).wantError(t, http.StatusForbidden, "APIGW.0310")
	}

	for name, row := range map[string]struct {
		members string
		status  int
	}{
		"unknown agency":  {`"agency_name":"nobody","domain_name":"b"`, 404},
		"unknown account": {`"agency_name":"reader","domain_name":"nobody"`, 404},
		"no account":      {`"agency_name":"reader"`, 404},
		"not trusted":     {`"agency_name":"private","domain_name":"b"`, 403},
		"too short":       {`"agency_name":"reader","domain_name":"b","duration_seconds":899`, 400},
		"too long":        {`"agency_name":"reader","domain_name":"b","duration_seconds":86401`, 400},
	} {
		t.Log(name)
		c.post(path, assumeRole(row.members)).wantError(t, row.status, `"error":{"code":`)
	}

	c.do(c.unsigned("POST", path, assumeRole(`"agency_name":"reader","domain_name":"b"`))).wantError(t, 401, "APIGW.0301")
	c.post(path, `{"auth":{"identity":{"methods":["hw_context"]}}}`).wantError(t, 400, "not supported")
	c.post(path, `[]`).wantError(t, 400, "body is invalid")
}

func TestKeysLiveAsLongAsTheServerSays(t *testing.T) {
	t.Parallel()

	now := time.Now()
	s, c := backupServer(t, WithClock(func() time.Time { return now }), WithKeyLifetime(3*time.Second))
	s.AddAgency(Agency{Name: "ops"})

	var issued credential
	c.post("/v3.0/OS-CREDENTIAL/securitytokens", assumeRole(`"agency_name":"ops","domain_name":"local-account"`)).
		into(t, http.StatusCreated, &issued)
	c.key = issued.key()
	c.get(listingPath).page(t)

	now = now.Add(3 * time.Second)

	c.get(listingPath).wantError(t, http.StatusUnauthorized, "has expired")
}

func TestFederation(t *testing.T) {
	t.Parallel()
	s, c := backupServer(t)
	s.AddIdentityProvider(IdentityProvider{ID: "idp", IDTokens: []string{"id-token"}})

	const path = "/v3.0/OS-AUTH/id-token/tokens"

	login := func(idp, idToken, scope string) reply {
		r := c.unsigned("POST", path, `{"auth":{"id_token":{"id":"`+idToken+`"}`+scope+`}}`)
		r.Header.Set("X-Idp-Id", idp)

		return c.do(r)
	}
	login("nobody", "id-token", "").wantError(t, http.StatusNotFound, "nobody")
	login("idp", "forged", "").wantError(t, http.StatusUnauthorized, "ID token")
	login("idp", "", "").wantError(t, http.StatusUnauthorized, "ID token")
	login("idp", "id-token", `,"scope":{"project":{"name":"x"}}`).wantError(t, http.StatusUnauthorized, "scope")
	c.do(c.unsigned("POST", path, `{`)).wantError(t, http.StatusBadRequest, "body")

	token := login("idp", "id-token", "").header.Get("X-Subject-Token")
	if token == "" {
		t.Fatal("no X-Subject-Token")
	}

	keyByToken := func(id string) reply {
		return c.do(c.unsigned("POST", "/v3.0/OS-CREDENTIAL/securitytokens",
			`{"auth":{"identity":{"methods":["token"],"token":{"id":"`+id+`","duration_seconds":900}}}}`))
	}
	keyByToken("forged").wantError(t, http.StatusUnauthorized, `"code":401`)

	var issued credential
	keyByToken(token).into(t, http.StatusCreated, &issued)
	c.key = issued.key()
	c.get(listingPath).page(t)
	s.ExpireCredentials()
	keyByToken(token).wantError(t, http.StatusUnauthorized, `"code":401`)
	c.get(listingPath).wantError(t, http.StatusUnauthorized, "has expired")

	scoped := login("idp", "id-token", `,"scope":{"project":{"name":"cn-north-4"}}`)
	r := c.unsigned("GET", listingPath, "")
	r.Header.Set("X-Auth-Token", scoped.header.Get("X-Subject-Token"))
	c.do(r).page(t)
}

func TestAssumeAgency(t *testing.T) {
	t.Parallel()

	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	s, c := backupServer(t, WithClock(func() time.Time { return now }))
	s.AddAgency(Agency{Name: "one", DomainID: "b", TrustedDomainID: DomainID})
	s.AddAgency(Agency{Name: "two", TrustedDomainID: "b"})

	assume := func(urn, more string) reply {
		return c.post("/v5/agencies/assume", `{"agency_urn":"`+urn+`","agency_session_name":"s"`+more+`}`)
	}
	for name, row := range map[string]struct {
		urn, more string
		status    int
	}{
		"unknown agency": {"iam::b:agency:nobody", "", 403},
		"not trusted":    {"iam::" + DomainID + ":agency:two", "", 403},
		"no urn":         {"one", "", 400},
		"other resource": {"iam::b:user:one", "", 400},
		"empty name":     {"iam::b:agency:", "", 400},
		"too short":      {"iam::b:agency:one", `,"duration_seconds":899`, 400},
		"too long":       {"iam::b:agency:one", `,"duration_seconds":43201`, 400},
	} {
		t.Log(name)
		assume(row.urn, row.more).wantError(t, row.status, "STS5.", "error_msg")
	}

	c.post("/v5/agencies/assume", `{"agency_urn":"iam::b:agency:one"}`).wantError(t, 400, "STS5.")
	r := c.unsigned("POST", "/v5/agencies/assume", "")

	s.AddToken(Token{Value: "token"})
	r.Header.Set("X-Auth-Token", "token")
	c.do(r).wantError(t, http.StatusUnauthorized, "signature")

	// A chain: the second agency trusts the account of the first one only.
	for _, urn := range []string{"iam::b:agency:one", "iam::" + DomainID + ":agency:two"} {
		var issued struct {
			Credentials struct {
				Access     string    `json:"access_key_id"`
				Secret     string    `json:"secret_access_key"`
				Token      string    `json:"security_token"`
				Expiration time.Time `json:"expiration"`
			}
		}
		assume(urn, `,"duration_seconds":3600`).into(t, http.StatusOK, &issued)

		if !issued.Credentials.Expiration.Equal(now.Add(time.Hour)) {
			t.Errorf("%s expires at %s", urn, issued.Credentials.Expiration)
		}

		got := issued.Credentials
		c.key = Key{Access: got.Access, Secret: got.Secret, SecurityToken: got.Token}
	}

	c.get(listingPath).page(t)
	assume("iam::b:agency:one", `,"duration_seconds":3601`).wantError(t, 400, "STS5.")
}

func TestMetadata(t *testing.T) {
	t.Parallel()

	now := time.Now()

	for name, row := range map[string]struct {
		metadata              Metadata
		tokenStatus, keyless  int // of the PUT, and of the GET without a token
		withToken, afterwards int // of the GET with a token, and with an expired one
	}{
		"off":               {Metadata{}, 404, 404, 404, 404},
		"v1":                {Metadata{Mode: MetadataV1}, 404, 200, 200, 200},
		"v1 that says 405":  {Metadata{Mode: MetadataV1, TokenStatus: 405}, 405, 200, 200, 200},
		"v1 that says 503":  {Metadata{Mode: MetadataV1, TokenStatus: 503}, 503, 200, 200, 200},
		"v2":                {Metadata{Mode: MetadataV2}, 200, 401, 200, 401},
		"v2 without agency": {Metadata{Mode: MetadataNoAgency}, 200, 401, 404, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := backupServer(t, WithMetadata(row.metadata), WithClock(func() time.Time { return now }))
			put := c.unsigned("PUT", metadataTokenPath, "")
			put.Header.Set("X-Metadata-Token-Ttl-Seconds", "21600")
			token := c.do(put)
			get := func() reply {
				r := c.unsigned("GET", metadataKeyPath, "")
				if token.status == 200 {
					r.Header.Set("X-Metadata-Token", token.body)
				}

				return c.do(r)
			}

			got := [3]int{token.status, c.do(c.unsigned("GET", metadataKeyPath, "")).status, get().status}
			if want := [3]int{row.tokenStatus, row.keyless, row.withToken}; got != want {
				t.Errorf("statuses %v, want %v", got, want)
			}

			if row.withToken == 200 {
				var issued credential
				get().into(t, http.StatusOK, &issued)

				signed := *c
				signed.key = issued.key()
				signed.get(listingPath).page(t)
			}

			s.SetClock(func() time.Time { return now.Add(7 * time.Hour) })

			if got := get().status; got != row.afterwards {
				t.Errorf("status %d seven hours later, want %d", got, row.afterwards)
			}
		})
	}

	_, c := backupServer(t, WithMetadata(Metadata{Mode: MetadataV2}))
	c.do(c.unsigned("PUT", metadataTokenPath, "")).wantError(t, http.StatusBadRequest, "X-Metadata-Token-Ttl-Seconds")
}
