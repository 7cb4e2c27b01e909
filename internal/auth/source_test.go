// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/boundedfile"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// However many reads there are, each login is made once, and each read is authenticated with what it returned.
func TestSession_everyLogin(t *testing.T) {
	t.Parallel()

	for name, c := range loginCases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s, u := c.start(t)
				slow(s)

				wantAll(t, together(11, func() error { return u.read(t.Context()) }))
				wantAll(t, []error{u.read(t.Context())})

				want := slices.Clone(c.logins)
				if c.looksUpProject() {
					want = append(want, "GET "+pathProjects+", "+c.identity+": 200")
				}

				want = append(want, slices.Repeat([]string{"GET " + pathBackups + ", " + c.identity + ": 200"}, 12)...)

				if diff := cmp.Diff(want, trace(s)); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}

				// A token is one for a project. A key is not.
				for _, r := range s.RequestsTo(pathBackups) {
					if isSigned := r.Header.Get("Authorization") != ""; isSigned != (r.Header.Get("X-Project-Id") != "") {
						t.Errorf("signed %t, X-Project-Id %q", isSigned, r.Header.Get("X-Project-Id"))
					}
				}
			})
		})
	}
}

// What is sent is exactly what the APIs document.
func TestSession_loginRequests(t *testing.T) {
	t.Parallel()

	hour := func(role auth.Role) auth.Role {
		role.Duration = time.Hour

		return role
	}
	oidc := func(role auth.Role) auth.OIDC {
		o := federation()
		o.Role = role

		return o
	}

	tests := map[string]struct {
		cfg       auth.Config
		projectID string
		path      string
		header    map[string]string
		want      string
	}{
		"password, the project by name": {
			cfg: auth.Config{Source: password()}, path: pathTokens,
			want: `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"local-user","password":"Local-Password-1",
				"domain":{"name":"local-account"}}}},"scope":{"project":{"name":"cn-north-4","domain":{"name":"local-account"}}}}}`,
		},
		"password, the project by the name given": {
			cfg: auth.Config{Source: password(), ProjectName: "cn-north-4_ops"}, path: pathTokens,
			want: `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"local-user","password":"Local-Password-1",
				"domain":{"name":"local-account"}}}},"scope":{"project":{"name":"cn-north-4_ops","domain":{"name":"local-account"}}}}}`,
		},
		"password, the project by ID": {
			cfg: auth.Config{Source: password(), ProjectID: dcsapitest.ProjectID}, path: pathTokens,
			want: `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"local-user","password":"Local-Password-1",
				"domain":{"name":"local-account"}}}},"scope":{"project":{"id":"` + dcsapitest.ProjectID + `"}}}}`,
		},
		"password of a user by ID": {
			cfg:  auth.Config{Source: auth.Password{UserID: dcsapitest.UserID, Password: dcsapitest.Password}},
			path: pathTokens,
			want: `{"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"` + dcsapitest.UserID + `",
				"password":"Local-Password-1"}}},"scope":{"project":{"name":"cn-north-4"}}}}`,
		},
		// The project name given is that of the account in which the instance is: the agency's.
		"password, to assume an agency": {
			cfg:  auth.Config{Source: password(), ProjectName: "cn-north-4_ops", Roles: []auth.Role{agency("one")}},
			path: pathTokens,
			want: `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"local-user","password":"Local-Password-1",
				"domain":{"name":"local-account"}}}},"scope":{"project":{"name":"cn-north-4","domain":{"name":"local-account"}}}}}`,
		},
		"agency": {
			cfg: auth.Config{Source: permanentKey(), Roles: []auth.Role{agency("one")}}, path: pathSecurityTokens,
			want: `{"auth":{"identity":{"methods":["assume_role"],"assume_role":{"agency_name":"one","domain_name":"account-one"}}}}`,
		},
		"agency, for an hour": {
			cfg: auth.Config{Source: permanentKey(), Roles: []auth.Role{hour(agency("one"))}}, path: pathSecurityTokens,
			want: `{"auth":{"identity":{"methods":["assume_role"],"assume_role":{"agency_name":"one","domain_name":"account-one",
				"duration_seconds":3600}}}}`,
		},
		"agency by STS": {
			cfg: auth.Config{Source: permanentKey(), Roles: []auth.Role{agencyV5("one")}}, path: pathAssume,
			want: `{"agency_urn":"iam::id-one:agency:one","agency_session_name":"one"}`,
		},
		"agency by STS, for an hour": {
			cfg: auth.Config{Source: permanentKey(), Roles: []auth.Role{hour(agencyV5("one"))}}, path: pathAssume,
			want: `{"agency_urn":"iam::id-one:agency:one","agency_session_name":"one","duration_seconds":3600}`,
		},
		"the account's ID wins over its name": {
			cfg:  auth.Config{Source: permanentKey(), Roles: []auth.Role{{AgencyName: "one", DomainID: "id-one", DomainName: "x"}}},
			path: pathAssume, want: `{"agency_urn":"iam::id-one:agency:one","agency_session_name":"one"}`,
		},
		"ID token": {
			cfg: auth.Config{Source: federation()}, path: pathIDTokens, header: map[string]string{"X-Idp-Id": idpID},
			want: `{"auth":{"id_token":{"id":"` + idToken + `"}}}`,
		},
		"key for the ID token's token, for an hour": {
			cfg: auth.Config{Source: oidc(auth.Role{Duration: time.Hour})}, path: pathSecurityTokens,
			want: `{"auth":{"identity":{"methods":["token"],"token":{"id":"ISSUED","duration_seconds":3600}}}}`,
		},
		"key for the ID token's token, to assume an agency": {
			cfg: auth.Config{Source: oidc(hour(agencyV5("one")))}, path: pathSecurityTokens,
			want: `{"auth":{"identity":{"methods":["token"],"token":{"id":"ISSUED"}}}}`,
		},
		"agency that the ID token names, for an hour": {
			cfg: auth.Config{Source: oidc(hour(agencyV5("one")))}, path: pathAssume,
			want: `{"agency_urn":"iam::id-one:agency:one","agency_session_name":"one","duration_seconds":3600}`,
		},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				s.AddProject(dcsapitest.Project{ID: "ops", Name: "cn-north-4_ops"})
				s.AddProject(dcsapitest.Project{ID: "ops-one", Name: "cn-north-4_ops", DomainID: "id-one"})
				s.AddInstance(dcsapitest.Instance{ID: instanceIn("ops"), ProjectID: "ops"})
				s.AddInstance(dcsapitest.Instance{ID: instanceIn("ops-one"), ProjectID: "ops-one"})

				if err := newUser(t, s, tt.cfg).read(t.Context()); err != nil {
					t.Fatalf("%v\n%s", err, strings.Join(trace(s), "\n"))
				}

				requests := s.RequestsTo(tt.path)
				if len(requests) != 1 {
					t.Fatalf("%d requests to %s", len(requests), tt.path)
				}

				if got := requests[0].Header.Get("Content-Type"); got != "application/json;charset=utf8" {
					t.Errorf("Content-Type %q", got)
				}

				for name, want := range tt.header {
					if got := requests[0].Header.Get(name); got != want {
						t.Errorf("%s %q, want %q", name, got, want)
					}
				}

				if diff := cmp.Diff(decoded(t, []byte(tt.want)), decoded(t, requests[0].Body)); diff != "" {
					t.Errorf("body (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// decoded returns a JSON object, in which the ID of a token that the service gave out is ISSUED.
func decoded(t *testing.T, text []byte) any {
	t.Helper()

	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatalf("%v in %s", err, text)
	}

	if auth, ok := object["auth"].(map[string]any); ok {
		identity, _ := auth["identity"].(map[string]any)
		if token, ok := identity["token"].(map[string]any); ok {
			token["id"] = "ISSUED"
		}
	}

	return object
}

// One token is for both the look-up and the calls. Another project needs another one.
func TestPassword_tokenPerProject(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.AddProject(dcsapitest.Project{ID: "other", Name: otherRegion})
		s.AddProject(dcsapitest.Project{ID: "ops", Name: "cn-north-4_ops"})

		for _, project := range []string{"other", "ops"} {
			s.AddInstance(dcsapitest.Instance{ID: instanceIn(project), ProjectID: project})
		}

		u := newUser(t, s, auth.Config{Source: password()})

		for range 3 {
			wantAll(t, []error{
				u.read(t.Context()),
				u.readIn(t.Context(), region, dcsapitest.ProjectID),
				u.readIn(t.Context(), region, "ops"),
				u.readIn(t.Context(), otherRegion, ""),
				u.readIn(t.Context(), otherRegion, "other"),
			})
		}

		var logins []string
		for _, r := range s.RequestsTo(pathTokens) {
			logins = append(logins, r.Host)
		}

		want := []string{"iam.cn-north-4.myhuaweicloud.com", "iam.cn-north-4.myhuaweicloud.com", "iam.ap-southeast-1.myhuaweicloud.com"}
		if diff := cmp.Diff(want, logins); diff != "" {
			t.Errorf("logins (-want +got):\n%s", diff)
		}

		if got := len(s.RequestsTo(pathProjects)); got != 0 {
			t.Errorf("%d project look-ups, want none: the response with the token names the project", got)
		}

		for _, r := range s.RequestsTo(pathBackups) {
			if !strings.Contains(r.Path, "/"+r.Identity.ProjectID+"/") {
				t.Errorf("%s with the token of project %s", r.Path, r.Identity.ProjectID)
			}

			if r.Header.Get("X-Project-Id") != "" || r.Header.Get("Authorization") != "" {
				t.Errorf("a request with a token has more than the token: %v", r.Header)
			}
		}
	})
}

func TestOIDC_readsFileAgain(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t, dcsapitest.WithKeyLifetime(time.Hour))
		source := federation()
		source.IDToken, source.IDTokenFile = "", writeFile(t, idToken)
		u := newUser(t, s, auth.Config{Source: source})

		wantAll(t, []error{u.read(t.Context())})

		// The pipeline has replaced the token: the old one is not accepted any more.
		s.AddIdentityProvider(dcsapitest.IdentityProvider{ID: idpID, IDTokens: []string{"second.id.token"}})

		if err := os.WriteFile(source.IDTokenFile, []byte("second.id.token"), 0o600); err != nil {
			t.Fatal(err)
		}

		time.Sleep(2 * time.Hour)
		wantAll(t, []error{u.read(t.Context())})
	})
}

// A token that was refused is not tried again, one that replaces it is.
func TestOIDC_replacedFileAfterRefusal(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		source := federation()
		source.IDToken, source.IDTokenFile = "", writeFile(t, "expired.id.token")
		u := newUser(t, s, auth.Config{Source: source})

		for _, err := range append(together(12, func() error { return u.read(t.Context()) }), u.read(t.Context())) {
			var refused *auth.RefusedError
			if !errors.As(err, &refused) || refused.From != source.Origin {
				t.Errorf("got %v, want a refusal of %s", err, source.Origin)
			}
		}

		if got := len(s.Requests()); got != 1 {
			t.Errorf("%d requests, want 1", got)
		}

		if err := os.WriteFile(source.IDTokenFile, []byte(idToken), 0o600); err != nil {
			t.Fatal(err)
		}

		wantAll(t, together(12, func() error { return u.read(t.Context()) }))
	})
}

func TestOIDC_unreadableFile(t *testing.T) {
	t.Parallel()

	missing := writeFile(t, "") + "-missing"
	empty := writeFile(t, " \n")
	large := writeFile(t, strings.Repeat("a", boundedfile.MaxSize+1))

	tests := map[string]struct{ file, want string }{
		"missing":   {missing, missing + ": no such file"},
		"empty":     {empty, empty + ": it is empty"},
		"too large": {large, large + ": larger than 1 MiB"},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				u := newUser(t, s, auth.Config{Source: auth.OIDC{ProviderID: idpID, IDTokenFile: tt.file}})

				err := u.read(t.Context())
				if err == nil || !strings.Contains(err.Error(), "id_token_file: ") || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want an error with %q", err, tt.want)
				}

				var unusable *auth.IDTokenFileError
				if !errors.As(err, &unusable) || unusable.File != tt.file {
					t.Errorf("got %v, want an *IDTokenFileError of %s", err, tt.file)
				}

				if got := len(s.Requests()); got != 0 {
					t.Errorf("%d requests, want none", got)
				}
			})
		})
	}
}

// Credentials that are valid in every region are obtained in the session's own, and once.
func TestSession_oneLoginForAllRegions(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.AddProject(dcsapitest.Project{ID: "other", Name: otherRegion, DomainID: "id-two"})
		s.AddInstance(dcsapitest.Instance{ID: instanceIn("other"), ProjectID: "other"})

		u := newUser(t, s, auth.Config{Source: permanentKey(), Roles: []auth.Role{agency("one"), agencyV5("two")}})
		wantAll(t, []error{u.readIn(t.Context(), otherRegion, ""), u.read(t.Context())})

		var hosts []string
		for _, r := range s.Requests() {
			hosts = append(hosts, strings.TrimSuffix(r.Host, ".myhuaweicloud.com"))
		}

		want := []string{
			"iam.cn-north-4", "sts.cn-north-4",
			"iam.ap-southeast-1", "dcs.ap-southeast-1",
			"iam.cn-north-4", "dcs.cn-north-4",
		}
		if diff := cmp.Diff(want, hosts); diff != "" {
			t.Errorf("hosts (-want +got):\n%s", diff)
		}
	})
}
