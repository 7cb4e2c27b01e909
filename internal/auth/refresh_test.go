// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
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

// Through six hours of reads with credentials that last for one, nothing is refused, and each renewal happens once.
func TestSession_refreshesBeforeExpiry(t *testing.T) {
	t.Parallel()

	eachRefreshable(t, time.Hour, func(r refreshTest) {
		slow(r.service)

		for range 37 { // Every ten minutes.
			wantAll(r.T, together(3, func() error { return r.user.read(r.Context()) }))
			time.Sleep(10 * time.Minute)
		}

		if got := answered(r.service, http.StatusUnauthorized); got != 0 {
			r.Errorf("%d requests refused, want none", got)
		}

		// Of an hour ten minutes are left for the renewal: one at the beginning, one for each 50 to 60 minutes.
		if got := len(r.service.RequestsTo(r.path)); got < 7 || got > 8 {
			r.Errorf("%d requests to %s in six hours", got, r.path)
		}
	})
}

func TestSession_oneRefreshForManyReads(t *testing.T) {
	t.Parallel()

	eachRefreshable(t, time.Hour, func(r refreshTest) {
		wantAll(r.T, []error{r.user.read(r.Context())})

		slow(r.service)
		r.service.Reset()
		time.Sleep(55 * time.Minute)
		wantAll(r.T, together(50, func() error { return r.user.read(r.Context()) }))

		if got := len(r.service.RequestsTo(r.path)); got != 1 {
			r.Errorf("%d requests to %s for 50 reads, want 1", got, r.path)
		}
	})
}

// The service may withdraw credentials before their time, while many requests are under way. They are renewed once.
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
			r.Errorf("%d requests answered besides the 50 listings", got)
		}
	})
}

// Lifetimes of seconds, which no service grants, show every moment at which credentials can run out.
func TestSession_shortLifetimes(t *testing.T) {
	t.Parallel()

	eachRefreshable(t, 4*time.Second, func(r refreshTest) {
		slow(r.service)

		end := time.Now().Add(16 * time.Second)

		errs := together(3, func() error {
			for time.Now().Before(end) {
				if err := r.user.read(r.Context()); err != nil {
					return err
				}

				time.Sleep(70 * time.Millisecond)
			}

			return nil
		})
		wantAll(r.T, errs)

		if got := answered(r.service, http.StatusUnauthorized); got > 0 {
			r.Errorf("%d requests refused: credentials were used to their very end", got)
		}
	})
}

// The same over a socket, in real time.
func TestSession_shortLifetimesOverASocket(t *testing.T) {
	t.Parallel()

	s := dcsapitest.ForTest(t, dcsapitest.WithKeyLifetime(2*time.Second))
	s.AddAgency(dcsapitest.Agency{Name: "ops"})
	s.AddInstance(dcsapitest.Instance{ID: instanceIn(dcsapitest.ProjectID), Backups: dcsapitest.GenerateBackups(1, 1)})
	s.Inject(dcsapitest.Fault{Effect: fault.Latency{Duration: 20 * time.Millisecond}})

	base := map[string]string{"dcs": s.URL(), "iam": s.URL() + "/v3", "sts": s.URL()}
	u := newUser(t, s, auth.Config{
		Source: permanentKey(), Endpoints: endpointsAt(base),
		Roles: []auth.Role{{AgencyName: "ops", DomainID: dcsapitest.DomainID}},
	}, func(c *transport.Config) { c.RoundTripper = nil })

	end := time.Now().Add(3 * time.Second)

	wantAll(t, together(20, func() error {
		for time.Now().Before(end) {
			if err := u.read(t.Context()); err != nil {
				return err
			}
		}

		return nil
	}))

	if got := len(s.RequestsTo(pathAssume)); got < 2 || got > 4 {
		t.Errorf("%d keys for three seconds, of which each lasts for two", got)
	}
}

// A renewal that fails says so, and why; the next read tries again.
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
			r.Errorf("%v is not the service's answer", err)
		}

		if got := answered(r.service, http.StatusUnauthorized); got != 0 {
			r.Errorf("%d requests refused: credentials were used after their end", got)
		}

		fault.Remove()
		wantAll(r.T, []error{r.user.read(r.Context())})
	})
}

// A renewal begins before the credentials run out. One that fails meanwhile is no matter: they are used to their end, and
// it is tried again.
func TestSession_failedRefreshBeforeExpiry(t *testing.T) {
	t.Parallel()

	eachRefreshable(t, time.Hour, func(r refreshTest) {
		wantAll(r.T, []error{r.user.read(r.Context())})

		r.service.Reset()

		fault := r.service.Inject(dcsapitest.Fault{Effect: fault.Status{Status: http.StatusInternalServerError}, Path: r.path})

		time.Sleep(51 * time.Minute)
		wantAll(r.T, together(3, func() error { return r.user.read(r.Context()) }))
		time.Sleep(8 * time.Minute)
		wantAll(r.T, together(3, func() error { return r.user.read(r.Context()) }))
		synctest.Wait()

		want := 2 // One for each refresh.
		if r.path == pathMetadataKey {
			want *= 2 // In each of its two versions.
		}

		if got := len(r.service.RequestsTo(r.path)); got != want {
			r.Errorf("%d requests to %s, want %d", got, r.path, want)
		}

		fault.Remove()
		time.Sleep(30 * time.Minute)
		wantAll(r.T, []error{r.user.read(r.Context())})

		if got := answered(r.service, http.StatusUnauthorized); got != 0 {
			r.Errorf("%d requests refused, want none", got)
		}
	})
}

// Credentials that the service has refused are not used again, however long they were to hold.
func TestSession_failedRefreshOfRevokedCredentials(t *testing.T) {
	t.Parallel()

	for name, tt := range refreshableLogins(t) {
		for _, early := range []bool{false, true} { // Whether a renewal has failed before.
			t.Run(name, func(t *testing.T) {
				t.Parallel()

				synctest.Test(t, func(t *testing.T) {
					s := newExpiringService(t, time.Hour)
					u := newUser(t, s, tt.cfg)
					wantAll(t, []error{u.read(t.Context())})

					s.Reset()
					s.Inject(dcsapitest.Fault{Effect: fault.Status{Status: http.StatusInternalServerError}, Path: tt.path})

					if early {
						time.Sleep(51 * time.Minute)
						wantAll(t, []error{u.read(t.Context())})
						s.Reset()
					}

					s.ExpireCredentials()

					for range 2 {
						if err := u.read(t.Context()); err == nil || !strings.Contains(err.Error(), "refreshing the credentials (") {
							t.Errorf("got %v, want the renewal's error", err)
						}
					}

					if got := len(s.RequestsTo(pathBackups)); got != 1 {
						t.Errorf("%d listings were asked for with credentials that had been withdrawn, want 1", got)
					}
				})
			})
		}
	}
}

// Where the renewal finds out that the credentials below are no longer accepted, they are not tried again, and what came
// of them before is used to its end.
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

// No read waits for a refresh while the credentials are valid, not even for one that hangs.
func TestSession_hangingRefresh(t *testing.T) {
	t.Parallel()

	eachRefreshable(t, time.Hour, func(r refreshTest) {
		wantAll(r.T, []error{r.user.read(r.Context())})

		fault := r.service.Inject(dcsapitest.Fault{Effect: fault.Silence{}, Path: r.path})

		for _, wait := range []time.Duration{51 * time.Minute, time.Second, 8 * time.Minute} {
			time.Sleep(wait)

			start := time.Now()

			wantAll(r.T, together(3, func() error { return r.user.read(r.Context()) }))

			if took := time.Since(start); took > 0 {
				r.Errorf("a read took %s", took)
			}
		}

		fault.Remove()
		time.Sleep(time.Minute)
		wantAll(r.T, together(3, func() error { return r.user.read(r.Context()) }))
	}, retrying(5))
}

// Credentials that seem to have run out as soon as they are there may be good: by a wrong clock any would have. They are
// not replaced when they are refused.
func TestSession_expiredOnArrival(t *testing.T) {
	t.Parallel()

	eachRefreshable(t, -time.Hour, func(r refreshTest) {
		for _, path := range []string{pathProjects, pathBackups} {
			r.service.Inject(dcsapitest.Fault{Effect: fault.Status{Status: http.StatusUnauthorized}, Path: path})
		}

		for range 2 {
			for _, err := range together(10, func() error { return r.user.read(r.Context()) }) {
				if _, ok := errors.AsType[*auth.RefusedError](err); !ok {
					r.Errorf("got %v, want a *RefusedError", err)
				}
			}
		}

		if got := answered(r.service, http.StatusUnauthorized); got != 1 {
			r.Errorf("%d requests refused, want 1:\n%s", got, strings.Join(trace(r.service), "\n"))
		}
	})
}

// Credentials that the service has refused are not replaced: neither when they are about to expire nor afterwards.
func TestSession_refusedAreNotRefreshed(t *testing.T) {
	t.Parallel()

	eachRefreshable(t, time.Hour, func(r refreshTest) {
		for _, path := range []string{pathProjects, pathBackups} {
			r.service.Inject(dcsapitest.Fault{Effect: fault.Status{Status: http.StatusUnauthorized}, Path: path})
		}

		for i, wait := range []time.Duration{0, 51 * time.Minute, time.Minute, 2 * time.Hour} {
			time.Sleep(wait)

			var refused *auth.RefusedError
			if err := r.user.read(r.Context()); !errors.As(err, &refused) {
				r.Errorf("read %d: got %v, want a *RefusedError", i, err)
			}
		}

		synctest.Wait()

		if got := answered(r.service, http.StatusUnauthorized); got != 1 || len(r.service.RequestsTo(r.path)) != 1 {
			r.Errorf("%d requests refused, want 1:\n%s", got, strings.Join(trace(r.service), "\n"))
		}
	})
}

// The first login that fails is no renewal.
func TestSession_failedFirstLogin(t *testing.T) {
	t.Parallel()

	eachRefreshable(t, time.Hour, func(r refreshTest) {
		r.service.Inject(dcsapitest.Fault{Effect: fault.Status{Status: http.StatusForbidden}, Path: r.path})

		if err := r.user.read(r.Context()); err == nil || strings.Contains(err.Error(), "renew") {
			r.Errorf("got %v, want an error that is not of a renewal", err)
		}
	})
}
