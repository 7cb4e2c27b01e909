// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

// newSkewedService makes a service whose clock is ahead of the local one.
func newSkewedService(t *testing.T, ahead time.Duration, opts ...dcsapitest.Option) *dcsapitest.Server {
	t.Helper()

	return newService(t, append(opts, dcsapitest.WithClock(func() time.Time { return time.Now().Add(ahead) }))...)
}

// A clock that is off costs one refused request in a run, however many reads there are and whatever signs.
func TestSession_correctsClockSkewOnce(t *testing.T) {
	t.Parallel()

	key, chain := permanentKey(), []auth.Role{agency("one"), agencyV5("two"), agency("three")}

	tests := map[string]struct {
		cfg         auth.Config
		ahead       time.Duration
		wantRefused int
	}{
		"hours behind":              {auth.Config{Source: key}, 5 * time.Hour, 1},
		"hours ahead":               {auth.Config{Source: key}, -5 * time.Hour, 1},
		"project known":             {auth.Config{Source: key, ProjectID: dcsapitest.ProjectID}, 5 * time.Hour, 1},
		"chain of agencies":         {auth.Config{Source: key, Roles: chain}, -5 * time.Hour, 1},
		"ID token":                  {auth.Config{Source: federation()}, 5 * time.Hour, 1},
		"metadata service":          {auth.Config{Source: auth.Metadata{}}, -5 * time.Hour, 1},
		"password and agency":       {auth.Config{Source: password(), Roles: chain[:1]}, 5 * time.Hour, 1},
		"a token is not dated":      {auth.Config{Source: auth.Token{Token: givenToken}}, 5 * time.Hour, 0},
		"a password's token is not": {auth.Config{Source: password()}, -5 * time.Hour, 0},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newSkewedService(t, tt.ahead, dcsapitest.WithMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}))
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

func TestSession_refusedDespiteTheRightTime(t *testing.T) {
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
		"wrong key, right clock":              {key: wrong, want: 1},
		"wrong key, clock a little off":       {key: wrong, ahead: 10 * time.Minute, want: 1, wantSkew: 10 * time.Minute},
		"wrong key, clock off":                {key: wrong, ahead: 5 * time.Hour, want: 2},
		"clock off, responses without a date": {key: permanentKey(), ahead: 5 * time.Hour, fault: fault.NoDate{}, want: 1},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newSkewedService(t, tt.ahead)
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
