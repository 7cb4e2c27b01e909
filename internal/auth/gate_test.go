// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/transport"
)

// enter waits until a request to host may begin, as the transport does, and reports whether it is a probe.
func enter(ctx context.Context, g *gate, host string) (probe bool, err error) {
	for {
		if err := g.wait(ctx, host); err != nil {
			return false, err
		}

		probe, err := g.begin(host)
		if !errors.Is(err, transport.ErrReauthorize) {
			return probe, err
		}
	}
}

// mustEnter is enter for a request that must not be refused.
func mustEnter(t *testing.T, g *gate, host string) (probe bool) {
	t.Helper()

	probe, err := enter(t.Context(), g, host)
	if err != nil {
		t.Errorf("enter: %v", err)
	}

	return probe
}

func TestGate_oneProbeAtATimeUntilAccepted(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		var (
			g       = newGate()
			group   sync.WaitGroup
			probes  int
			entered int
		)

		for range 100 {
			group.Go(func() {
				probe := mustEnter(t, g, "host")

				entered++ // Unguarded: the race detector tells if the gate lets two in.

				if probe {
					probes++
				}

				time.Sleep(time.Second)
				g.end("host")
			})
		}

		start := time.Now()

		group.Wait()

		if entered != 100 || probes != 100 {
			t.Errorf("%d entered, %d of them as probes, want 100 each", entered, probes)
		}

		if took := time.Since(start); took != 100*time.Second {
			t.Errorf("took %s, want one after another", took)
		}
	})
}

func TestGate_acceptedLetsAllGoAtOnce(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		mustEnter(t, g, "host")

		start := time.Now()

		var group sync.WaitGroup

		for range 100 {
			group.Go(func() {
				if mustEnter(t, g, "host") {
					t.Error("a probe after the acceptance")
				}

				time.Sleep(time.Second)
			})
		}

		synctest.Wait()
		g.accept("host")
		g.accept("host")
		g.end("host")
		group.Wait()

		if took := time.Since(start); took != time.Second {
			t.Errorf("took %s, want all at once", took)
		}
	})
}

func TestGate_refusedForAllThatWaitAndAllThatCome(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		refusal := errors.New("refused")

		mustEnter(t, g, "host")

		var group sync.WaitGroup

		for range 100 {
			group.Go(func() {
				if _, err := enter(t.Context(), g, "host"); err != refusal { //nolint:errorlint // The same one.
					t.Errorf("got %v, want the refusal", err)
				}
			})
		}

		synctest.Wait()

		if got := g.refuse("host", refusal); got != refusal { //nolint:errorlint // The same one.
			t.Errorf("the first refusal became %v", got)
		}

		group.Wait() // Though the probe has not ended.
		g.end("host")

		if got := g.refuse("host", errors.New("later")); got != refusal { //nolint:errorlint // The same one.
			t.Errorf("a later refusal became %v, want the first", got)
		}

		for _, host := range []string{"host", "another"} {
			if _, err := enter(t.Context(), g, host); err != refusal { //nolint:errorlint // The same one.
				t.Errorf("after the refusal: %v", err)
			}
		}
	})
}

// A request that has waited for something else after the gate must not be sent with credentials that were refused since.
func TestGate_beginIsTheLastWord(t *testing.T) {
	t.Parallel()

	g := newGate()
	g.accept("host")

	if err := g.wait(t.Context(), "host"); err != nil {
		t.Fatal(err)
	}

	refusal := g.refuse("host", errors.New("refused"))

	if _, err := g.begin("host"); err != refusal { //nolint:errorlint // The same one.
		t.Errorf("got %v, want the refusal", err)
	}
}

// The verdict on a probe comes before its end, at which another request may take its place.
func TestProbing_endsAfterTheVerdict(t *testing.T) {
	t.Parallel()

	g := newGate()
	p := &probing{gate: g, host: "host"}

	if err := p.Begin(); err != nil {
		t.Fatal(err)
	}

	response := &transport.Error{Status: http.StatusUnauthorized}
	err := p.done(transport.Outcome{Status: response.Status, Err: response}, func(response *transport.Error) error {
		if _, err := g.begin("host"); !errors.Is(err, transport.ErrReauthorize) {
			t.Errorf("another request during the verdict: %v", err)
		}

		return g.refuse("host", response)
	})

	if _, after := g.begin("host"); !errors.Is(after, err) || !errors.Is(err, response) {
		t.Errorf("got %v, and another request afterwards %v, want the refusal", err, after)
	}
}

func TestGate_waitingEndsWithTheContext(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		mustEnter(t, g, "host")

		interrupt := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())

		time.AfterFunc(time.Second, func() { cancel(interrupt) })

		if _, err := enter(ctx, g, "host"); !errors.Is(err, interrupt) {
			t.Errorf("got %v, want the interrupt", err)
		}

		g.end("host")

		if !mustEnter(t, g, "host") {
			t.Error("no probe after one without a verdict")
		}
	})
}

// Another host may refuse what one host has accepted: it is probed on its own, and delays no request elsewhere.
func TestGate_eachHostIsProbed(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		mustEnter(t, g, "a")

		var (
			group sync.WaitGroup
			b, c  bool
		)

		group.Go(func() { b = mustEnter(t, g, "b") })
		group.Go(func() { c = mustEnter(t, g, "c") })
		synctest.Wait()

		if b || c {
			t.Error("another host was probed before any had accepted the credentials")
		}

		g.accept("a")
		group.Wait() // Though the first probe has not ended.

		if !b || !c {
			t.Error("another host was not probed")
		}

		g.end("a")

		if mustEnter(t, g, "a") {
			t.Error("the host that accepted the credentials is probed again")
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		if _, err := enter(ctx, g, "b"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second request to a host that is being probed: %v", err)
		}

		g.accept("b")
		g.end("b")

		if mustEnter(t, g, "b") {
			t.Error("the other host that accepted the credentials is probed again")
		}
	})
}

func TestAccepts(t *testing.T) {
	t.Parallel()

	tests := map[int]bool{
		0:   false, // No response.
		100: false, // Not a response yet.
		200: true, 201: true, 204: true,
		301: false, 302: false, 307: false, // A portal's, or a gateway's that has moved.
		400: true, 403: true, 404: true, 405: true, 409: true,
		401: false,
		429: false, // Throttled before the credentials are checked.
		500: false, 502: false, 503: false, 504: false,
	}

	for status, want := range tests {
		if got := accepts(status); got != want {
			t.Errorf("%d: %t, want %t", status, got, want)
		}
	}
}
