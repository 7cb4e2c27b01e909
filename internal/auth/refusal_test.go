// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/transport"
)

// refusal returns the refusal that err is.
func refusal(t *testing.T, err error) *auth.RefusedError {
	t.Helper()

	var refused *auth.RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a refusal of the credentials", err)
	}

	return refused
}

// However many reads begin at once with credentials that are wrong, one request is sent with them.
func TestSession_wrongCredentialsAreTriedOnce(t *testing.T) {
	t.Parallel()

	wrongKey := permanentKey()
	wrongKey.SecretKey = "wrong"

	unknownKey := permanentKey()
	unknownKey.AccessKey, unknownKey.Profile = "UNKNOWNKEY", true

	temporaryKey := permanentKey()
	temporaryKey.SecurityToken = "not this key's"

	wrongPassword := password()
	wrongPassword.Password = "wrong"

	wrongIDToken := federation()
	wrongIDToken.IDToken = "wrong"

	tests := map[string]struct {
		cfg auth.Config
		// before are the requests before the refused one, which is to path.
		before []string
		path   string
		from   string
	}{
		"key, project known": {
			cfg:  auth.Config{Source: wrongKey, ProjectID: dcsapitest.ProjectID},
			path: pathBackups, from: "access_key and secret_key",
		},
		"key, project looked up": {cfg: auth.Config{Source: wrongKey}, path: pathProjects, from: "access_key and secret_key"},
		"unknown key":            {cfg: auth.Config{Source: unknownKey}, path: pathProjects, from: "access_key and secret_key"},
		"security token":         {cfg: auth.Config{Source: temporaryKey}, path: pathProjects, from: "access_key and secret_key"},
		"token":                  {cfg: auth.Config{Source: auth.Token{Token: "wrong", Origin: "token"}}, path: pathProjects, from: "token"},
		"password":               {cfg: auth.Config{Source: wrongPassword}, path: pathTokens, from: "user_name and password"},
		"ID token":               {cfg: auth.Config{Source: wrongIDToken}, path: pathIDTokens, from: "idp_id and id_token"},
		"key that an agency is assumed with": {
			cfg:  auth.Config{Source: wrongKey, Roles: []auth.Role{agency("one"), agency("two")}},
			path: pathSecurityTokens, from: "access_key and secret_key",
		},
		"token that an agency of STS is assumed with": {
			cfg:  auth.Config{Source: auth.Token{Token: "wrong", Origin: "token"}, Roles: []auth.Role{agencyV5("one")}},
			path: pathSecurityTokens, from: "token",
		},
		"password that an agency is assumed with": {
			cfg:  auth.Config{Source: wrongPassword, Roles: []auth.Role{agency("one")}},
			path: pathTokens, from: "user_name and password",
		},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				slow(s)

				u := newUser(t, s, tt.cfg, retrying(5))
				errs := together(100, func() error { return u.read(t.Context()) })
				errs = append(errs, u.read(t.Context()), u.readIn(t.Context(), otherRegion, "other"))

				first := refusal(t, errs[0])
				for i, err := range errs {
					if got := refusal(t, err); got != first {
						t.Errorf("call %d: %v, not the same as %v", i+1, got, first)
					}
				}

				if first.From != tt.from || first.Locked || first.Skew.Abs() > 2*time.Second || first.Err.Status != http.StatusUnauthorized {
					t.Errorf("refusal %+v of %q, want of %q", first, first.From, tt.from)
				}

				if got, want := first.Profile, tt.cfg.Source == auth.Source(unknownKey); got != want {
					t.Errorf("the refusal says that the credentials are a profile's: %t, want %t", got, want)
				}

				if want := "the credentials (" + tt.from + ") were refused: "; !strings.Contains(errs[0].Error(), want) {
					t.Errorf("error %q does not say %q", errs[0], want)
				}

				if requests := s.Requests(); len(requests) != 1 || !strings.HasPrefix(requests[0].Path, tt.path) {
					t.Errorf("requests %q, want one to %s", trace(s), tt.path)
				}
			})
		})
	}
}

// Credentials that one service has given out or accepted, and another refuses, are wrong: others of the same login would be
// refused too, also after these have expired.
func TestSession_acceptedCredentialsRefusedElsewhere(t *testing.T) {
	t.Parallel()

	chain := []auth.Role{agency("one"), agencyV5("two"), agency("three")}
	mixed := auth.Config{Source: password(), Roles: []auth.Role{agencyV5("one")}}

	tests := map[string]struct {
		cfg auth.Config
		// refuse is the path whose requests are refused.
		refuse string
		from   string
	}{
		"key":                      {auth.Config{Source: permanentKey()}, pathBackups, "access_key and secret_key"},
		"token":                    {auth.Config{Source: auth.Token{Token: givenToken, Origin: "token"}}, pathBackups, "token"},
		"key of an agency":         {auth.Config{Source: permanentKey(), Roles: chain[:1]}, pathBackups, "agency one, assumed with access_key and secret_key"},
		"key of an agency, by STS": {auth.Config{Source: permanentKey(), Roles: []auth.Role{agencyV5("one")}}, pathBackups, "agency one, assumed with access_key and secret_key"},
		"key of a chain":           {auth.Config{Source: permanentKey(), Roles: chain}, pathBackups, "agency three, assumed with agency two, assumed with agency one, assumed with access_key and secret_key"},
		"key within a chain":       {auth.Config{Source: permanentKey(), Roles: chain}, pathAssume, "agency one, assumed with access_key and secret_key"},
		"password's token":         {auth.Config{Source: password()}, pathBackups, "user_name and password"},
		"ID token's key":           {auth.Config{Source: federation()}, pathBackups, "idp_id and id_token"},
		"ID token's token":         {auth.Config{Source: federation()}, pathSecurityTokens, "idp_id and id_token"},
		"metadata service's key":   {auth.Config{Source: auth.Metadata{}}, pathBackups, "the ECS metadata service"},
		"token for a key":          {mixed, pathSecurityTokens, "user_name and password"},
		"key for a token":          {mixed, pathAssume, "user_name and password"},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newService(t, dcsapitest.WithMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}))
				slow(s)
				s.Inject(dcsapitest.Fault{Effect: fault.Status{Status: http.StatusUnauthorized, Code: "APIGW.0301"}, Path: tt.refuse})

				u := newUser(t, s, tt.cfg, retrying(5))
				errs := together(12, func() error { return u.read(t.Context()) })

				time.Sleep(25 * time.Hour)

				for _, err := range append(errs, u.read(t.Context())) {
					if got := refusal(t, err); got != refusal(t, errs[0]) || got.From != tt.from {
						t.Errorf("%v, want the one of %s", got, tt.from)
					}
				}

				if got := answered(s, http.StatusUnauthorized); got != 1 {
					t.Errorf("%d requests refused, want 1:\n%s", got, strings.Join(trace(s), "\n"))
				}
			})
		})
	}
}

// The logins for several projects send the same password: one is in flight until it is accepted.
func TestPassword_probesUntilAccepted(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t)

		for i := range 6 {
			id := fmt.Sprint("project-", i)
			s.AddProject(dcsapitest.Project{ID: id, Name: fmt.Sprint("region-", i)})
			s.AddInstance(dcsapitest.Instance{ID: instanceIn(id), ProjectID: id})
		}

		var group sync.WaitGroup

		u := newUser(t, s, auth.Config{Source: password()})
		start := time.Now()

		slow(s)

		for i := range 6 {
			group.Go(func() {
				if err := u.readIn(t.Context(), fmt.Sprint("region-", i), ""); err != nil {
					t.Error(err)
				}
			})
		}

		group.Wait()

		// One login, then five at the same time, then the listings.
		if took := time.Since(start); took != 300*time.Millisecond || len(s.RequestsTo(pathTokens)) != 6 {
			t.Errorf("took %s, want 300ms:\n%s", took, strings.Join(trace(s), "\n"))
		}
	})
}

// The tokens of two projects are two sets of credentials: one that is refused says nothing about the other.
func TestPassword_tokenRefusedInOneProject(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.AddProject(dcsapitest.Project{ID: "other", Name: "cn-north-4_other"})
		s.AddInstance(dcsapitest.Instance{ID: instanceIn("other"), ProjectID: "other"})
		s.Inject(dcsapitest.Fault{Effect: fault.Status{Status: http.StatusUnauthorized}, Path: pathBackups + "other/"})

		u := newUser(t, s, auth.Config{Source: password()})

		for range 2 {
			_ = refusal(t, u.readIn(t.Context(), "", "other"))
			wantAll(t, []error{u.readIn(t.Context(), "", dcsapitest.ProjectID)})
		}

		if got := answered(s, http.StatusUnauthorized); got != 1 {
			t.Errorf("%d requests refused, want 1:\n%s", got, strings.Join(trace(s), "\n"))
		}
	})
}

func TestSession_lockedKeyIsNeverTriedAgain(t *testing.T) {
	t.Parallel()

	tests := map[string]time.Duration{"clocks agree": 0, "clock off": 3 * time.Hour}

	for name, skew := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				s.SetClock(func() time.Time { return time.Now().Add(skew) })
				s.Inject(dcsapitest.Fault{Effect: fault.KeyLocked{}})

				u := newUser(t, s, auth.Config{Source: permanentKey()}, retrying(5))

				for _, err := range append(together(12, func() error { return u.read(t.Context()) }), u.read(t.Context())) {
					if got := refusal(t, err); !got.Locked || got.Skew.Round(time.Minute) != skew {
						t.Errorf("refusal %+v, want one that says locked, and the clock %s off", got, skew)
					}
				}

				if got := len(s.Requests()); got != 1 {
					t.Errorf("%d requests, want 1", got)
				}
			})
		})
	}
}

// A temporary key that is locked can be replaced, once: a new one that is locked too shows that this does not help.
func TestSession_lockedTemporaryKey(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		u := newUser(t, s, auth.Config{Source: permanentKey(), Roles: []auth.Role{agency("one")}})
		wantAll(t, []error{u.read(t.Context())})

		s.Inject(dcsapitest.Fault{Effect: fault.KeyLocked{}, Path: pathBackups})

		before := len(s.RequestsTo(pathBackups))

		for range 3 {
			if got := refusal(t, u.read(t.Context())); !got.Locked {
				t.Errorf("refusal %+v, want one that says locked", got)
			}
		}

		tried := map[string]int{}
		for _, r := range s.RequestsTo(pathBackups)[before:] {
			tried[strings.SplitN(r.Header.Get("Authorization"), ",", 2)[0]]++
		}

		for key, n := range tried {
			if n != 1 {
				t.Errorf("%s was tried %d times", key, n)
			}
		}

		if len(tried) != 2 {
			t.Errorf("%d keys were tried, want 2", len(tried))
		}
	})
}

// A token is for one project: being refused in another says nothing against it.
func TestToken_otherProjectIsNotARefusal(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		u := newUser(t, s, auth.Config{Source: auth.Token{Token: givenToken}})

		for range 2 {
			err := u.readIn(t.Context(), "", "another-project")

			var (
				refused *auth.RefusedError
				answer  *transport.Error
			)
			if errors.As(err, &refused) || !errors.As(err, &answer) || answer.Code != "DCS.1004" {
				t.Errorf("got %v, want the service's DCS.1004", err)
			}

			wantAll(t, []error{u.readIn(t.Context(), "", dcsapitest.ProjectID)})
		}
	})
}

// The request that tries the credentials may be given up; another one takes its place.
func TestSession_interruptedProbeHandsOver(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.Inject(dcsapitest.Fault{Effect: fault.Silence{}, Count: 1})

		u := newUser(t, s, auth.Config{Source: permanentKey(), ProjectID: dcsapitest.ProjectID})
		first, cancel := context.WithCancel(t.Context())

		var group sync.WaitGroup

		group.Go(func() {
			if err := u.read(first); !errors.Is(err, context.Canceled) {
				t.Errorf("the first: %v, want its interrupt", err)
			}
		})
		synctest.Wait()
		group.Go(func() { wantAll(t, together(11, func() error { return u.read(t.Context()) })) })
		synctest.Wait()

		if got := len(s.Requests()); got != 1 {
			t.Errorf("%d requests while the first is in flight, want 1", got)
		}

		start := time.Now()

		cancel()
		group.Wait()

		if took := time.Since(start); took > time.Second {
			t.Errorf("the others took %s after the interrupt", took)
		}
	})
}

// Credentials that expired before their first use are not tried by each of the waiting reads.
func TestSession_expiredBeforeTheFirstUse(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t, dcsapitest.WithKeyLifetime(10*time.Second))
		// The first use hangs until the key has expired.
		s.Inject(dcsapitest.Fault{Effect: fault.Latency{Duration: 20 * time.Second}, Path: pathBackups, Count: 1})

		var once sync.Once

		s.BeforeRequest(func(r dcsapitest.Request) {
			if strings.HasPrefix(r.Path, pathBackups) {
				once.Do(s.ExpireCredentials)
			}
		})

		u := newUser(t, s, auth.Config{Source: permanentKey(), ProjectID: "project-one", Roles: []auth.Role{agency("one")}})
		wantAll(t, together(12, func() error { return u.read(t.Context()) }))

		got := map[int]int{}
		for _, r := range s.RequestsTo(pathBackups) {
			got[r.Status]++
		}

		if diff := cmp.Diff(map[int]int{http.StatusUnauthorized: 1, http.StatusOK: 12}, got); diff != "" {
			t.Errorf("listings by status (-want +got):\n%s", diff)
		}
	})
}
