// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/transport"
)

// The key is accepted, then all requests are throttled, and after the pause the key is locked. Only what was in flight at
// that moment has been sent: one request, because the window after a pause is one.
func TestSession_lockedDuringAPause(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		var sent, afterwards atomic.Int64

		start := time.Now()
		client := roundTripper(func(*http.Request) (*http.Response, error) {
			n := sent.Add(1)
			pause := time.Since(start) < time.Minute

			if !pause {
				afterwards.Add(1)
			}

			time.Sleep(100 * time.Millisecond)

			switch {
			case n == 1:
				return response(200, "{}"), nil
			case pause:
				return response(429, "", "Retry-After", "60"), nil
			default:
				return response(401, `{"error_code":"APIGW.0301","error_msg":"AK access failed to reach the limit,forbidden."}`), nil
			}
		})

		u := newUser(t, newService(t), auth.Config{Source: permanentKey(), ProjectID: dcsapitest.ProjectID},
			func(cfg *transport.Config) { cfg.RoundTripper = client }, retrying(5))

		wantAll(t, []error{u.read(t.Context())})

		for _, err := range together(31, func() error { return u.read(t.Context()) }) {
			if got := refusal(t, err); !got.Locked {
				t.Errorf("got %v, want a refusal that says locked", got)
			}
		}

		if got := afterwards.Load(); got != 1 {
			t.Errorf("%d requests with the locked key, want 1", got)
		}
	})
}

// Requests that wait for the end of a pause, or for their next attempt, end with the refusal, not when their wait is over.
func TestSession_refusalEndsWaits(t *testing.T) {
	t.Parallel()

	tests := map[string]func() *http.Response{
		"pause of a 429":   func() *http.Response { return response(429, "", "Retry-After", "60") },
		"wait for a retry": func() *http.Response { return response(503, "", "Retry-After", "60") },
	}

	for name, waits := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				var sent atomic.Int64

				client := roundTripper(func(*http.Request) (*http.Response, error) {
					switch sent.Add(1) {
					case 1:
						return response(200, "{}"), nil
					case 2:
						time.Sleep(5 * time.Second)

						return response(401, `{"error_code":"APIGW.0301","error_msg":"AK access failed to reach the limit,forbidden."}`), nil
					default:
						return waits(), nil
					}
				})

				u := newUser(t, newService(t), auth.Config{Source: permanentKey(), ProjectID: dcsapitest.ProjectID},
					func(cfg *transport.Config) { cfg.RoundTripper = client }, retrying(5))

				wantAll(t, []error{u.read(t.Context())})

				start := time.Now()

				for _, err := range together(5, func() error { return u.read(t.Context()) }) {
					_ = refusal(t, err)
				}

				if got := time.Since(start); got != 5*time.Second {
					t.Errorf("the last read ended after %s, want 5s", got)
				}
			})
		})
	}
}

// Temporary credentials that expire during a pause are refreshed before any request is sent with them.
func TestSession_expiredDuringAPause(t *testing.T) {
	t.Parallel()

	chain := []auth.Role{agency("one"), agencyV5("two"), agency("three")}
	tests := map[string]auth.Config{
		"agency":             {Source: permanentKey(), Roles: chain[:1], ProjectID: "project-one"},
		"chain of agencies":  {Source: permanentKey(), Roles: chain, ProjectID: "project-three"},
		"password":           {Source: password(), ProjectID: dcsapitest.ProjectID},
		"password and roles": {Source: password(), Roles: []auth.Role{agencyV5("one")}, ProjectID: "project-one"},
		"ID token":           {Source: federation(), ProjectID: dcsapitest.ProjectID},
	}

	for name, cfg := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				const lifetime = 5 * time.Minute

				s := newService(t, dcsapitest.WithKeyLifetime(lifetime), dcsapitest.WithTokenLifetime(lifetime))
				slow(s)

				u := newUser(t, s, cfg)
				wantAll(t, []error{u.read(t.Context())})

				s.Inject(dcsapitest.Fault{Effect: fault.Throttled{RetryAfter: 2 * lifetime}, Path: pathBackups, Count: 10})
				wantAll(t, together(50, func() error { return u.read(t.Context()) }))

				if got := answered(s, http.StatusUnauthorized); got != 0 {
					t.Errorf("%d requests refused, want none", got)
				}
			})
		})
	}
}

// A token that expires while its exchange for a key waits is replaced, and nothing is taken for refused.
func TestSession_tokenExpiresBeforeItsExchange(t *testing.T) {
	t.Parallel()

	for name, cfg := range map[string]auth.Config{
		"ID token": {Source: federation(), ProjectID: dcsapitest.ProjectID},
		"password": {Source: password(), Roles: []auth.Role{agencyV5("one")}, ProjectID: "project-one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newService(t, dcsapitest.WithTokenLifetime(time.Minute))
				s.Inject(dcsapitest.Fault{Effect: fault.Throttled{RetryAfter: 2 * time.Minute}, Path: pathSecurityTokens, Count: 1})

				u := newUser(t, s, cfg)
				wantAll(t, together(12, func() error { return u.read(t.Context()) }))

				if got := answered(s, http.StatusUnauthorized); got != 0 {
					t.Errorf("%d requests refused, want none", got)
				}
			})
		})
	}
}
