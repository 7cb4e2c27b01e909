// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

// off makes a service whose clock is ahead of the local one.
func off(t *testing.T, ahead time.Duration, opts ...dcsapitest.Option) *dcsapitest.Server {
	t.Helper()

	return newService(t, append(opts, dcsapitest.WithClock(func() time.Time { return time.Now().Add(ahead) }))...)
}

// A clock that is off costs one refused request in a run, however many reads there are and whatever signs.
func TestSession_clockIsPutRightOnce(t *testing.T) {
	t.Parallel()

	key, chain := permanentKey(), []auth.Role{agency("one"), agencyV5("two"), agency("three")}
	known := auth.Config{Source: key, ProjectID: dcsapitest.ProjectID}

	tests := map[string]struct {
		cfg         auth.Config
		ahead       time.Duration
		wantRefused int
	}{
		"hours behind":                  {auth.Config{Source: key}, 5 * time.Hour, 1},
		"hours ahead":                   {auth.Config{Source: key}, -5 * time.Hour, 1},
		"years behind":                  {auth.Config{Source: key}, 10 * 365 * 24 * time.Hour, 1},
		"sixteen minutes behind":        {auth.Config{Source: key}, 16 * time.Minute, 1},
		"sixteen minutes ahead":         {auth.Config{Source: key}, -16 * time.Minute, 1},
		"fourteen minutes behind":       {auth.Config{Source: key}, 14 * time.Minute, 0},
		"fourteen minutes ahead":        {auth.Config{Source: key}, -14 * time.Minute, 0},
		"project known":                 {known, 5 * time.Hour, 1},
		"agency":                        {auth.Config{Source: key, Roles: chain[:1]}, 5 * time.Hour, 1},
		"chain of agencies":             {auth.Config{Source: key, Roles: chain}, -5 * time.Hour, 1},
		"ID token":                      {auth.Config{Source: federation()}, 5 * time.Hour, 1},
		"metadata service":              {auth.Config{Source: auth.Metadata{}}, -5 * time.Hour, 1},
		"password and agency":           {auth.Config{Source: password(), Roles: chain[:1]}, 5 * time.Hour, 1},
		"a token is not dated":          {auth.Config{Source: auth.Token{Token: givenToken}}, 5 * time.Hour, 0},
		"a password's token is not":     {auth.Config{Source: password()}, -5 * time.Hour, 0},
		"so no request with it is lost": {auth.Config{Source: password(), ProjectID: dcsapitest.ProjectID}, 5 * time.Hour, 0},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := off(t, tt.ahead, dcsapitest.WithMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}))
				slow(s)

				u := newUser(t, s, tt.cfg)

				wantAll(t, together(12, func() error { return u.read(t.Context()) }))
				time.Sleep(time.Minute)
				wantAll(t, together(12, func() error { return u.read(t.Context()) }))

				if got := answered(s, http.StatusUnauthorized); got != tt.wantRefused {
					t.Errorf("%d requests refused, want %d:\n%s", got, tt.wantRefused, strings.Join(trace(s), "\n"))
				}
			})
		})
	}
}

func TestSession_clockIsNotToBlame(t *testing.T) {
	t.Parallel()

	wrong := permanentKey()
	wrong.SecretKey = "wrong"

	tests := map[string]struct {
		key   auth.Keys
		ahead time.Duration
		fault dcsapitest.Effect
		want  int
		// wantSkew is how far off the clock is said to be.
		wantSkew time.Duration
	}{
		"wrong key, right clock":            {key: wrong, want: 1},
		"wrong key, clock a little off":     {key: wrong, ahead: 10 * time.Minute, want: 1, wantSkew: 10 * time.Minute},
		"wrong key, clock off":              {key: wrong, ahead: 5 * time.Hour, want: 2},
		"clock off, answers without a date": {key: permanentKey(), ahead: 5 * time.Hour, fault: fault.NoDate{}, want: 1},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := off(t, tt.ahead)
				slow(s)

				if tt.fault != nil {
					s.Inject(dcsapitest.Fault{Effect: tt.fault})
				}

				u := newUser(t, s, auth.Config{Source: tt.key}, retrying(5))

				for _, err := range append(together(12, func() error { return u.read(t.Context()) }), u.read(t.Context())) {
					if got := refusal(t, err).Skew.Round(time.Minute); got != tt.wantSkew {
						t.Errorf("the refusal says that the clock is %s off, want %s", got, tt.wantSkew)
					}
				}

				if got := len(s.Requests()); got != tt.want {
					t.Errorf("%d requests, want %d", got, tt.want)
				}
			})
		})
	}
}

// Answers that disagree about the time must not keep a request going.
func TestSession_contradictoryDates(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		var answers atomic.Int64

		s := newService(t)
		s.SetClock(func() time.Time { return time.Now().Add(time.Duration(answers.Add(1)) * time.Hour) })

		u := newUser(t, s, auth.Config{Source: permanentKey()}, retrying(5))

		for _, err := range together(12, func() error { return u.read(t.Context()) }) {
			if got := refusal(t, err); got.Skew.Abs() <= 15*time.Minute {
				t.Errorf("the refusal says that the clock is %s off, want what the last answer said", got.Skew)
			}
		}

		if got := len(s.Requests()); got != 2 {
			t.Errorf("%d requests, want 2", got)
		}
	})
}

// When credentials run out is told by the service's clock.
func TestSession_expiryByTheServicesClock(t *testing.T) {
	t.Parallel()

	sources := map[string]auth.Config{
		"password":         {Source: password()},
		"ID token":         {Source: federation()},
		"agency":           {Source: permanentKey(), Roles: []auth.Role{agency("one")}},
		"agency by STS":    {Source: permanentKey(), Roles: []auth.Role{agencyV5("one")}},
		"metadata service": {Source: auth.Metadata{}},
	}

	for name, cfg := range sources {
		for _, ahead := range []time.Duration{0, 5 * time.Hour, -5 * time.Hour, 10 * time.Minute, -10 * time.Minute} {
			t.Run(fmt.Sprintf("%s, service %s ahead", name, ahead), func(t *testing.T) {
				t.Parallel()

				synctest.Test(t, func(t *testing.T) {
					s := off(t, ahead, dcsapitest.WithKeyLifetime(time.Hour), dcsapitest.WithTokenLifetime(time.Hour),
						dcsapitest.WithMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}))
					u := newUser(t, s, cfg)
					wantAll(t, []error{u.read(t.Context())})

					s.Reset()
					time.Sleep(49 * time.Minute)
					wantAll(t, []error{u.read(t.Context())})

					if got := len(s.Requests()); got != 1 {
						t.Errorf("after 49 minutes of 60: %d requests, want only the listing:\n%s", got, strings.Join(trace(s), "\n"))
					}

					time.Sleep(2 * time.Minute)
					wantAll(t, []error{u.read(t.Context())})
					synctest.Wait()

					if got := len(s.Requests()); got == 2 {
						t.Error("after 51 minutes of 60: the credentials were not renewed")
					}

					if got := answered(s, http.StatusUnauthorized); got != 0 {
						t.Errorf("%d requests refused, want none", got)
					}
				})
			})
		}
	}
}
