// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/transport"
)

var looked = []string{"provider block: nothing is given", "environment: HW_ACCESS_KEY is not set"}

// Where there are no credentials, the error comes within two seconds, names every place, and no later read sends a request.
func TestMetadata_noCredentials(t *testing.T) {
	t.Parallel()

	at := func(effect dcsapitest.Effect, path string) dcsapitest.Fault {
		return dcsapitest.Fault{Effect: effect, Path: path}
	}

	tests := map[string]struct {
		mode  dcsapitest.MetadataMode
		fault dcsapitest.Fault
		took  time.Duration
		cause string
		// requests counts those of all reads.
		requests int
	}{
		"no response": {
			fault: at(fault.Silence{}, ""), took: 2 * time.Second,
			cause: "no response from http://169.254.169.254 within 2s", requests: 2,
		},
		"no response after the token": {
			mode: dcsapitest.MetadataV2, fault: at(fault.Silence{}, pathMetadataKey), took: 2 * time.Second,
			cause: "no response from http://169.254.169.254 within 2s", requests: 3,
		},
		"late responses": {
			mode: dcsapitest.MetadataV2, fault: dcsapitest.Fault{Effect: fault.Latency{Duration: 1500 * time.Millisecond}},
			took: 2 * time.Second, cause: "no response from http://169.254.169.254 within 2s", requests: 2,
		},
		"a body that drips": {
			mode: dcsapitest.MetadataV2, fault: dcsapitest.Fault{Effect: fault.SlowDrip{}, Path: pathMetadataKey},
			took: 2 * time.Second, cause: "no response from http://169.254.169.254 within 2s", requests: 3,
		},
		"another host has the address":  {mode: dcsapitest.MetadataOff, cause: "404 Not Found", requests: 2},
		"the ECS has no agency":         {mode: dcsapitest.MetadataNoAgency, cause: "Please configure a Cloud Service Agency", requests: 3},
		"the connection breaks":         {fault: at(fault.ResetBeforeHeaders{}, ""), cause: "connection reset", requests: 2},
		"a captive portal":              {fault: at(fault.CaptivePortal{}, ""), cause: "Welcome to the guest network", requests: 2},
		"a redirect is not followed":    {fault: at(fault.Redirect{}, ""), cause: "a redirect to http://198.51.100.1/", requests: 2},
		"a server error":                {fault: dcsapitest.Fault{Effect: fault.Status{Status: 500}}, cause: "500", requests: 2},
		"version 2 refuses a token":     {fault: dcsapitest.Fault{Effect: fault.Status{Status: 401}}, cause: "401", requests: 2},
		"a body that is cut":            {mode: dcsapitest.MetadataV2, fault: at(fault.CutBody{}, pathMetadataKey), cause: "the body is cut short", requests: 3},
		"an empty key":                  {mode: dcsapitest.MetadataV2, fault: at(fault.EmptyBody{}, pathMetadataKey), cause: "the body is cut short", requests: 3},
		"an empty token":                {mode: dcsapitest.MetadataV2, fault: at(fault.EmptyBody{}, pathMetadataToken), cause: "the response has no token", requests: 2},
		"version 1 is not there either": {mode: dcsapitest.MetadataOff, fault: at(fault.Status{}, pathMetadataKey), cause: "500", requests: 2},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newService(t, dcsapitest.WithMetadata(dcsapitest.Metadata{Mode: tt.mode}))
				if tt.fault.Effect != nil {
					s.Inject(tt.fault)
				}

				u := newUser(t, s, auth.Config{Source: auth.Metadata{Looked: looked}}, retrying(5))
				start := time.Now()
				errs := together(12, func() error { return u.read(t.Context()) })

				if took := time.Since(start); took != tt.took {
					t.Errorf("took %s, want %s", took, tt.took)
				}

				start = time.Now()

				errs = append(errs, u.read(t.Context()), u.readIn(t.Context(), otherRegion, "x"))

				if took := time.Since(start); took != 0 {
					t.Errorf("later reads took %s", took)
				}

				for _, err := range errs {
					if _, ok := errors.AsType[*auth.MissingError](err); !ok {
						t.Fatalf("got %v, want a *MissingError", err)
					}
				}

				for _, part := range append(slices.Clone(looked), "no credentials were found", "ECS metadata service: ", tt.cause) {
					if !strings.Contains(errs[0].Error(), part) {
						t.Errorf("error %q lacks %q", errs[0], part)
					}
				}

				if got := len(s.Requests()); got != tt.requests {
					t.Errorf("requests %q, want %d", trace(s), tt.requests)
				}
			})
		})
	}
}

// Version 1 is used whatever is wrong with version 2, such as a response with the token that does not reach a container. Version 2
// has one second for both of its requests.
func TestMetadata_fallsBackToVersion1(t *testing.T) {
	t.Parallel()

	token := func(effect dcsapitest.Effect) []dcsapitest.Fault {
		return []dcsapitest.Fault{{Effect: effect, Path: pathMetadataToken}}
	}
	key := func(effect dcsapitest.Effect) []dcsapitest.Fault {
		return []dcsapitest.Fault{{Effect: effect, Path: pathMetadataKey, Count: 1}}
	}

	tests := map[string]struct {
		faults []dcsapitest.Fault
		took   time.Duration
	}{
		"no response to the token request":   {token(fault.Silence{}), time.Second},
		"connection reset":                   {token(fault.ResetBeforeHeaders{}), 0},
		"400":                                {token(fault.Status{Status: 400}), 0},
		"403":                                {token(fault.Status{Status: 403}), 0},
		"500":                                {token(fault.Status{Status: 500}), 0},
		"a web page":                         {token(fault.CaptivePortal{}), 0},
		"an empty token":                     {token(fault.EmptyBody{}), 0},
		"no response with the token":         {key(fault.Silence{}), time.Second},
		"a late token, and then no response": {append(token(fault.Latency{Duration: 900 * time.Millisecond}), key(fault.Silence{})...), time.Second},
		"a body that drips":                  {key(fault.SlowDrip{}), time.Second},
		"500 with the token":                 {key(fault.Status{Status: 500}), 0},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newService(t, dcsapitest.WithMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}))
				for _, f := range tt.faults {
					s.Inject(f)
				}

				// The key is there for version 1 too.
				s.AfterRequest(func(r dcsapitest.Request) {
					if r.Path == pathMetadataToken {
						s.SetMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV1})
					}
				})

				start := time.Now()

				wantAll(t, []error{newUser(t, s, auth.Config{Source: auth.Metadata{}}).read(t.Context())})

				if took := time.Since(start); took != tt.took {
					t.Errorf("took %s, want %s", took, tt.took)
				}

				keys := s.RequestsTo(pathMetadataKey)
				if len(keys) == 0 || keys[len(keys)-1].Header.Get("X-Metadata-Token") != "" {
					t.Errorf("requests %q, want the key without the token at the end", trace(s))
				}
			})
		})
	}
}

// A wait that would outlast the two seconds ends all reads, although they have more time.
func TestMetadata_throttled(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.Inject(dcsapitest.Fault{Effect: fault.Throttled{RetryAfter: time.Minute}})

		u := newUser(t, s, auth.Config{Source: auth.Metadata{}}, retrying(5))
		start := time.Now()

		for _, err := range together(12, func() error { return u.read(t.Context()) }) {
			if _, ok := errors.AsType[*auth.MissingError](err); !ok {
				t.Errorf("got %v, want a *MissingError", err)
			}
		}

		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("took %s", took)
		}

		if got := len(s.Requests()); got > 2 {
			t.Errorf("%d requests, want 2 at most", got)
		}
	})
}

// A read that is canceled, or has less time than the service is given, finds out nothing about the service.
func TestMetadata_canceledRequestIsNoResponse(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t, dcsapitest.WithMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}))
		s.Inject(dcsapitest.Fault{Effect: fault.Silence{}, Count: 1})

		u := newUser(t, s, auth.Config{Source: auth.Metadata{}})

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		if err := u.read(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}

		wantAll(t, []error{u.read(t.Context())})
	})
}

// A read with less time than the service is given does not take its bounds away from the others.
func TestMetadata_boundedForLaterReads(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.Inject(dcsapitest.Fault{Effect: fault.Silence{}})

		u := newUser(t, s, auth.Config{Source: auth.Metadata{}})
		start := time.Now()

		var group sync.WaitGroup

		group.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()

			if err := u.read(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the deadline", err)
			}
		})
		synctest.Wait()

		if err := u.read(t.Context()); !strings.Contains(fmt.Sprint(err), "no credentials were found") {
			t.Errorf("got %v, want that there are none", err)
		}

		group.Wait()

		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("took %s, want 2s", took)
		}
	})
}

func TestMetadata_requests(t *testing.T) {
	t.Parallel()

	for _, mode := range []dcsapitest.MetadataMode{dcsapitest.MetadataV1, dcsapitest.MetadataV2} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newService(t, dcsapitest.WithMetadata(dcsapitest.Metadata{Mode: mode}))
				if err := newUser(t, s, auth.Config{Source: auth.Metadata{}}).read(t.Context()); err != nil {
					t.Fatal(err)
				}

				for _, r := range s.Requests()[:2] {
					if r.Host != "169.254.169.254" {
						t.Errorf("a request to %s", r.Host)
					}

					if r.Header.Get("Authorization") != "" || r.Header.Get("X-Auth-Token") != "" {
						t.Errorf("the request has credentials: %v", r.Header)
					}
				}

				if got := s.RequestsTo(pathMetadataToken)[0].Header.Get("X-Metadata-Token-Ttl-Seconds"); got != "21600" {
					t.Errorf("lifetime of the token %q", got)
				}

				if got := s.RequestsTo(pathMetadataKey)[0].Header.Get("X-Metadata-Token"); (got != "") != (mode == dcsapitest.MetadataV2) {
					t.Errorf("token %q", got)
				}
			})
		})
	}
}

// The metadata service is on the local link: no proxy reaches it.
func TestMetadata_usesNoProxy(t *testing.T) {
	t.Parallel()

	s := dcsapitest.ForTest(t, dcsapitest.WithMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}))
	s.AddInstance(dcsapitest.Instance{ID: instanceIn(dcsapitest.ProjectID)})

	var proxied atomic.Int64

	u := newUser(t, s, auth.Config{
		Source: auth.Metadata{Endpoint: s.URL()}, Endpoints: endpointsAt(map[string]string{"dcs": s.URL(), "iam": s.URL()}),
	}, func(c *transport.Config) {
		c.RoundTripper = nil
		c.Proxy = func(*url.URL) (*url.URL, error) {
			proxied.Add(1)

			return nil, nil
		}
	})

	wantAll(t, []error{u.read(t.Context())})

	// The look-up of the project and the listing.
	if got := proxied.Load(); got != 2 {
		t.Errorf("a proxy was chosen for %d of %d requests, want 2", got, len(s.Requests()))
	}
}

// The metadata service returns the same key until it issues another one: fetched again, it is the same set of credentials.
func TestMetadata_sameKeyIsNotTriedAgain(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t, dcsapitest.WithMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}))
		s.AddKey(dcsapitest.Key{Access: "FIRSTKEY", Secret: "FirstSecret", SecurityToken: "FirstToken", User: "ecs"})
		s.AddKey(dcsapitest.Key{Access: "NEXTKEY", Secret: "NextSecret", SecurityToken: "NextToken", User: "ecs"})

		key := `{"credential":{"access":"FIRSTKEY","secret":"FirstSecret","securitytoken":"FirstToken"}}`

		u, tap, _ := newTapped(t, s, auth.Config{Source: auth.Metadata{}})
		tap.change = func(path string, body []byte) []byte {
			if path == pathMetadataKey {
				body = []byte(key)
			}

			return body
		}

		slow(s)
		wantAll(t, []error{u.read(t.Context())})
		s.RemoveKey("FIRSTKEY")

		first := refusal(t, u.read(t.Context()))
		for _, err := range together(12, func() error { return u.read(t.Context()) }) {
			if got := refusal(t, err); got != first {
				t.Errorf("%v, want the first refusal", got)
			}
		}

		if got := answered(s, http.StatusUnauthorized); got != 1 {
			t.Errorf("%d requests refused, want 1:\n%s", got, strings.Join(trace(s), "\n"))
		}

		key = strings.NewReplacer("FIRST", "NEXT", "First", "Next").Replace(key)

		wantAll(t, []error{u.read(t.Context())})
	})
}
