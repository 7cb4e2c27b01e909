// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/transport"
)

// Through six hours of reads each refresh happens once, and no credentials are used after their end by the clock of the service.
func TestSession_refreshesBeforeExpiry(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		lifetime, ahead time.Duration
		// want is how many refreshes there are.
		want   int
		noDate bool
	}{
		// From the 50th minute on, by the reads after 56 minutes.
		"an hour":                              {lifetime: time.Hour, want: 6},
		"an hour, service hours ahead":         {lifetime: time.Hour, ahead: 5 * time.Hour, want: 6},
		"an hour, service ahead":               {lifetime: time.Hour, ahead: 10 * time.Minute, want: 6},
		"an hour, service behind":              {lifetime: time.Hour, ahead: -10 * time.Minute, want: 6},
		"an hour, responses without a date":    {lifetime: time.Hour, noDate: true, want: 6},
		"a quarter, the least that STS grants": {lifetime: 15 * time.Minute, want: 25}, // From the 12th minute on.
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			eachRefreshable(t, tt.lifetime, func(r refreshTest) {
				r.service.SetClock(func() time.Time { return time.Now().Add(tt.ahead) })

				if tt.noDate {
					r.service.Inject(dcsapitest.Fault{Effect: fault.NoDate{}})
				}

				wantAll(r.T, []error{r.user.read(r.Context())})
				r.service.Reset()

				for range 51 {
					time.Sleep(7 * time.Minute)
					wantAll(r.T, together(5, func() error { return r.user.read(r.Context()) }))
				}

				if got := answered(r.service, http.StatusUnauthorized); got != 0 {
					r.Errorf("%d requests refused, want none", got)
				}

				if got := len(r.service.RequestsTo(r.path)); got != tt.want {
					r.Errorf("%d requests to %s, want %d", got, r.path, tt.want)
				}
			})
		})
	}
}

// The service may withdraw credentials before their time, while many requests are in flight. They are replaced once.
func TestSession_revokedDuringManyReads(t *testing.T) {
	t.Parallel()

	eachRefreshable(t, time.Hour, func(r refreshTest) {
		wantAll(r.T, []error{r.user.read(r.Context())})

		slow(r.service)
		r.service.Reset()
		time.AfterFunc(50*time.Millisecond, r.service.ExpireCredentials)
		wantAll(r.T, together(50, func() error { return r.user.read(r.Context()) }))

		if got := len(r.service.RequestsTo(r.path)); got > 3 {
			r.Errorf("%d requests to %s for 50 reads:\n%s", got, r.path, strings.Join(trace(r.service), "\n"))
		}

		if got := answered(r.service, http.StatusOK) - 50; got > 4 {
			r.Errorf("%d successful requests in addition to the 50 listings", got)
		}
	})
}

// The error of a refresh says so, and why; the next read tries again.
func TestSession_failedRefresh(t *testing.T) {
	t.Parallel()

	eachRefreshable(t, time.Hour, func(r refreshTest) {
		wantAll(r.T, []error{r.user.read(r.Context())})

		fault := r.service.Inject(dcsapitest.Fault{Effect: fault.Status{Status: http.StatusInternalServerError, Message: "the cause of it"}, Path: r.path})

		time.Sleep(2 * time.Hour)

		err := r.user.read(r.Context())
		if err == nil {
			r.Fatal("no error")
		}

		for _, part := range []string{"refreshing the credentials (", "the cause of it"} {
			if !strings.Contains(err.Error(), part) {
				r.Errorf("error %q lacks %q", err, part)
			}
		}

		var (
			missing *auth.MissingError
			answer  *transport.Error
		)
		if errors.As(err, &missing) {
			r.Errorf("%v: there had been credentials", err)
		}

		if !errors.As(err, &answer) || answer.Status != http.StatusInternalServerError {
			r.Errorf("%v is not the service's response", err)
		}

		if got := answered(r.service, http.StatusUnauthorized); got != 0 {
			r.Errorf("%d requests refused: credentials were used after their end", got)
		}

		fault.Remove()
		wantAll(r.T, []error{r.user.read(r.Context())})
	})
}

// Credentials that the service has withdrawn are not used again, however long they were to last.
func TestSession_failedRefreshOfRevokedCredentials(t *testing.T) {
	t.Parallel()

	eachRefreshable(t, time.Hour, func(r refreshTest) {
		wantAll(r.T, []error{r.user.read(r.Context())})

		r.service.Reset()
		r.service.Inject(dcsapitest.Fault{Effect: fault.Status{Status: http.StatusInternalServerError}, Path: r.path})
		r.service.ExpireCredentials()

		for range 2 {
			if err := r.user.read(r.Context()); err == nil || !strings.Contains(err.Error(), "refreshing the credentials (") {
				r.Errorf("got %v, want the error of the refresh", err)
			}
		}

		if got := len(r.service.RequestsTo(pathBackups)); got != 1 {
			r.Errorf("%d listings were requested with credentials that had been withdrawn, want 1", got)
		}
	})
}

// Where a refresh finds that the credentials it needs are no longer accepted, they are not tried again. Those that were
// obtained with them before are used to their end.
func TestSession_refusedRefresh(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newExpiringService(t, time.Hour)
		u := newUser(t, s, auth.Config{Source: permanentKey(), Roles: []auth.Role{agency("one")}})
		wantAll(t, []error{u.read(t.Context())})

		s.Reset()
		s.RemoveKey(dcsapitest.AccessKey)

		for range 2 {
			time.Sleep(29 * time.Minute)
			wantAll(t, together(3, func() error { return u.read(t.Context()) }))
		}

		time.Sleep(3 * time.Minute)

		for _, err := range together(3, func() error { return u.read(t.Context()) }) {
			if _, ok := errors.AsType[*auth.RefusedError](err); !ok {
				t.Errorf("got %v, want a *RefusedError", err)
			}
		}

		if got := len(s.RequestsTo(pathSecurityTokens)); got != 1 {
			t.Errorf("%d requests with the key that was refused, want 1", got)
		}
	})
}

// Credentials that have expired on arrival, or almost, may be good: by a wrong clock any would have. They are not replaced
// when they are refused.
func TestSession_expiredOnArrival(t *testing.T) {
	t.Parallel()

	test := func(r refreshTest) {
		slow(r.service)

		for _, path := range []string{pathProjects, pathBackups} {
			r.service.Inject(dcsapitest.Fault{Effect: fault.Latency{Duration: 3 * time.Second}, Path: path})
			r.service.Inject(dcsapitest.Fault{Effect: fault.Status{Status: http.StatusUnauthorized}, Path: path})
		}

		ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
		defer cancel()

		for range 2 {
			for _, err := range together(10, func() error { return r.user.read(ctx) }) {
				if _, ok := errors.AsType[*auth.RefusedError](err); !ok {
					r.Errorf("got %v, want a *RefusedError", err)
				}
			}
		}

		if got := answered(r.service, http.StatusUnauthorized); got != 1 {
			r.Errorf("%d requests refused, want 1:\n%s", got, strings.Join(trace(r.service), "\n"))
		}
	}

	for _, lifetime := range []time.Duration{-time.Hour, time.Second} {
		t.Run(lifetime.String(), func(t *testing.T) {
			t.Parallel()
			eachRefreshable(t, lifetime, test)
		})
	}
}

// A Date has whole seconds: the clock of the service may be ahead by almost one more.
func TestSession_expiresWithinASecond(t *testing.T) {
	t.Parallel()

	eachRefreshable(t, time.Hour, func(r refreshTest) {
		r.service.SetClock(func() time.Time { return time.Now().Add(10*time.Minute + 900*time.Millisecond) })
		wantAll(r.T, []error{r.user.read(r.Context())})

		time.Sleep(time.Hour + 500*time.Millisecond)
		wantAll(r.T, []error{r.user.read(r.Context())})

		if got := answered(r.service, http.StatusUnauthorized); got != 0 {
			r.Errorf("%d requests refused, want none", got)
		}
	})
}

// The error of the first login says which step failed, and that it is no refresh.
func TestSession_failedFirstLogin(t *testing.T) {
	t.Parallel()

	eachRefreshable(t, time.Hour, func(r refreshTest) {
		r.service.Inject(dcsapitest.Fault{Effect: fault.Status{Status: http.StatusForbidden}, Path: r.path})

		err := r.user.read(r.Context())
		if err == nil || strings.Contains(err.Error(), "refresh") {
			r.Errorf("got %v, want an error that is not of a refresh", err)
		}

		if _, ok := errors.AsType[*auth.LoginError](err); !ok && r.path != pathMetadataKey {
			r.Errorf("got %v, want a *LoginError", err)
		}
	})
}
