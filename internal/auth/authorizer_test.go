// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/transport"
)

// Hosts of requests that an authorizer authorizes.
const (
	hostA = "https://a.example.com"
	hostB = "https://b.example.com"
	hostC = "https://c.example.com"
)

// newAuthorizer returns an authorizer with a permanent key, which sends nothing itself.
func newAuthorizer() transport.Authorizer {
	session := auth.NewSession(auth.Config{Transport: transport.New(transport.Config{}), Source: permanentKey()})

	return session.Authorizer(auth.Scope{Region: region, ProjectID: "project"})
}

// begin begins a request to host as the transport does.
func begin(ctx context.Context, a transport.Authorizer, host string) (transport.Attempt, error) {
	for {
		attempt, err := a.Acquire(ctx, host)
		if err != nil {
			return nil, err
		}

		if err := attempt.Begin(); !errors.Is(err, transport.ErrReauthorize) {
			return attempt, err
		}
	}
}

// mustBegin is begin for a request that must not be refused, nor wait for more than a minute.
func mustBegin(t *testing.T, a transport.Authorizer, host string) transport.Attempt {
	t.Helper()

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	attempt, err := begin(ctx, a, host)
	if err != nil {
		t.Fatalf("begin: %v", err)
	}

	return attempt
}

// isBusy reports whether a request to host has to wait.
func isBusy(a transport.Authorizer, host string) bool {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()

	attempt, err := begin(ctx, a, host)
	if err != nil {
		return errors.Is(err, context.Canceled)
	}

	_ = attempt.Done(transport.Outcome{Err: context.Canceled})

	return false
}

// respondedWith returns the outcome of a request with a response of that status, 0 meaning none.
func respondedWith(status int) transport.Outcome {
	switch {
	case status == 0:
		return transport.Outcome{Err: errors.New("connection reset")}
	case status/100 == 2:
		return transport.Outcome{Status: status}
	default:
		return transport.Outcome{Status: status, Err: &transport.Error{Status: status}}
	}
}

// The requests to a host are sent one after another until a response shows that it accepts the credentials.
func TestAuthorizer_probesUntilAccepted(t *testing.T) {
	t.Parallel()

	otherProject := transport.Outcome{Status: http.StatusUnauthorized, Err: &transport.Error{Status: 401, Code: "DCS.1004"}}
	tests := map[string]struct {
		outcome  transport.Outcome
		accepted bool
	}{
		"no response":                    {respondedWith(0), false},
		"200":                            {respondedWith(200), true},
		"204":                            {respondedWith(204), true},
		"302, of a portal":               {respondedWith(302), false},
		"400":                            {respondedWith(400), true},
		"401 that is no refusal":         {otherProject, false},
		"403":                            {respondedWith(403), true},
		"404":                            {respondedWith(404), true},
		"429, of an unchecked request":   {respondedWith(429), false},
		"500":                            {respondedWith(500), false},
		"503":                            {respondedWith(503), false},
		"200 with a body that is broken": {transport.Outcome{Status: 200, Err: errors.New("connection reset")}, true},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				const others = 50

				ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
				defer cancel()

				a := newAuthorizer()
				probe := mustBegin(t, a, hostA)

				var group sync.WaitGroup

				for range others {
					group.Go(func() {
						attempt, err := begin(ctx, a, hostA)
						if err != nil {
							t.Error(err)

							return
						}

						time.Sleep(time.Second)

						_ = attempt.Done(tt.outcome)
					})
				}

				time.Sleep(time.Hour)

				start := time.Now()

				if err := probe.Done(tt.outcome); !errors.Is(err, tt.outcome.Err) {
					t.Errorf("got error %v, want %v", err, tt.outcome.Err)
				}

				group.Wait()

				want := others * time.Second
				if tt.accepted {
					want = time.Second
				}

				if took := time.Since(start); took != want {
					t.Errorf("%d requests of a second took %s, want %s", others, took, want)
				}
			})
		})
	}
}

// Before any host has accepted the credentials, one request is in flight in all. Afterwards each other host is probed by
// one request, which delays none to the other hosts.
func TestAuthorizer_probesEachHost(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		a := newAuthorizer()
		probeA := mustBegin(t, a, hostA)

		if !isBusy(a, hostB) {
			t.Error("two hosts are probed although none has accepted the credentials")
		}

		_ = probeA.Done(respondedWith(200))
		probeB := mustBegin(t, a, hostB)
		probeC := mustBegin(t, a, hostC)

		if isBusy(a, hostA) {
			t.Error("a request to the host that has accepted the credentials has to wait")
		}

		for _, host := range []string{hostB, hostC} {
			if !isBusy(a, host) {
				t.Errorf("%s is probed by two requests", host)
			}
		}

		_ = probeB.Done(respondedWith(200))

		if isBusy(a, hostB) || !isBusy(a, hostC) {
			t.Error("the acceptance of one host is not its own")
		}

		_ = probeC.Done(respondedWith(0))

		if isBusy(a, hostC) {
			t.Error("a probe without a response has no successor")
		}
	})
}

// Requests that have waited for something else since, such as the end of a 429, may begin at the same time. One probes.
func TestAuthorizer_beginAtTheSameTime(t *testing.T) {
	t.Parallel()

	a := newAuthorizer()

	var attempts [2]transport.Attempt

	for i := range attempts {
		var err error
		if attempts[i], err = a.Acquire(t.Context(), hostA); err != nil {
			t.Fatal(err)
		}
	}

	if err := attempts[0].Begin(); err != nil {
		t.Errorf("the first request: %v", err)
	}

	if err := attempts[1].Begin(); !errors.Is(err, transport.ErrReauthorize) {
		t.Errorf("the second request: %v, want ErrReauthorize", err)
	}
}

// After a refusal no request begins: none that waits for the probe, and none that follows.
func TestAuthorizer_refused(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()

		a := newAuthorizer()
		probe := mustBegin(t, a, hostA)

		errs := make(chan error, 100)
		for range cap(errs) {
			go func() {
				_, err := begin(ctx, a, hostA)
				errs <- err
			}()
		}

		synctest.Wait()

		want := refusal(t, probe.Done(respondedWith(401)))

		for range cap(errs) {
			if got := refusal(t, <-errs); got != want {
				t.Errorf("a waiting request ended with %v, want the refusal of the probe", got)
			}
		}

		for _, host := range []string{hostA, hostB} {
			if _, err := begin(t.Context(), a, host); refusal(t, err) != want {
				t.Errorf("a later request to %s: %v, want the refusal of the probe", host, err)
			}
		}
	})
}

// Credentials may be refused while requests are in flight, or wait for a probe elsewhere, or for something else, such as the end
// of a 429.
func TestAuthorizer_refusedAfterAcquire(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		a := newAuthorizer()
		_ = mustBegin(t, a, hostA).Done(respondedWith(200))

		first, second := mustBegin(t, a, hostA), mustBegin(t, a, hostA)
		probeB := mustBegin(t, a, hostB)

		acquired, err := a.Acquire(t.Context(), hostA)
		if err != nil {
			t.Fatal(err)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()

		waiting := make(chan error, 1)

		go func() {
			_, err := begin(ctx, a, hostB)
			waiting <- err
		}()

		synctest.Wait()

		want := refusal(t, first.Done(respondedWith(401)))

		select {
		case <-acquired.Revoked():
		default:
			t.Error("a wait before Begin does not end")
		}

		for name, err := range map[string]error{
			"that waited for something else": acquired.Begin(),
			"that waited for a probe":        <-waiting,
			"in flight":                      second.Done(respondedWith(401)),
			"in flight elsewhere":            probeB.Done(respondedWith(401)),
		} {
			if refusal(t, err) != want {
				t.Errorf("a request %s: %v, want the first refusal", name, err)
			}
		}
	})
}

// hookedError is an error that calls a function when it is examined.
type hookedError struct {
	error

	examined func()
}

func (e hookedError) Unwrap() error {
	e.examined()

	return e.error
}

// The probe is followed by another request only after the verdict on its response.
func TestAuthorizer_verdictBeforeTheNextRequest(t *testing.T) {
	t.Parallel()

	a := newAuthorizer()
	probe := mustBegin(t, a, hostA)
	outcome := respondedWith(401)
	outcome.Err = hookedError{outcome.Err, func() {
		if !isBusy(a, hostA) {
			t.Error("another request is sent before the verdict")
		}
	}}

	_ = refusal(t, probe.Done(outcome))
}

func TestAuthorizer_canceledWhileWaiting(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		a := newAuthorizer()
		_ = mustBegin(t, a, hostA)

		interrupt := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())

		time.AfterFunc(time.Second, func() { cancel(interrupt) })

		if _, err := begin(ctx, a, hostA); !errors.Is(err, interrupt) {
			t.Errorf("got %v, want the interrupt", err)
		}
	})
}
