// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestGate_oneTrialAtATimeUntilAccepted(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		var (
			g       = newGate()
			group   sync.WaitGroup
			trials  int
			entered int
		)

		for range 100 {
			group.Go(func() {
				trial, err := g.enter(t.Context(), "host")
				if err != nil {
					t.Error(err)
				}

				entered++ // Unguarded: the race detector tells if the gate lets two in.

				if trial != nil {
					trials++
				}

				time.Sleep(time.Second)
				g.leave(trial)
			})
		}

		start := time.Now()

		group.Wait()

		if entered != 100 || trials != 100 {
			t.Errorf("%d entered, %d of them on trial, want 100 each", entered, trials)
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
		trial := mustEnter(t, g)
		start := time.Now()

		var group sync.WaitGroup

		for range 100 {
			group.Go(func() {
				trial := mustEnter(t, g)

				time.Sleep(time.Second)
				g.leave(trial)
			})
		}

		synctest.Wait()
		g.accept("host")
		g.accept("host")
		g.leave(trial)
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
		trial := mustEnter(t, g)

		var group sync.WaitGroup

		for range 100 {
			group.Go(func() {
				if _, err := g.enter(t.Context(), "host"); err != refusal { //nolint:errorlint // The same one.
					t.Errorf("got %v, want the refusal", err)
				}
			})
		}

		synctest.Wait()

		if got := g.refuse(refusal); got != refusal { //nolint:errorlint // The same one.
			t.Errorf("the first refusal became %v", got)
		}

		g.leave(trial)
		group.Wait()

		if got := g.refuse(errors.New("later")); got != refusal { //nolint:errorlint // The same one.
			t.Errorf("a later refusal became %v, want the first", got)
		}

		if _, err := g.enter(t.Context(), "host"); err != refusal { //nolint:errorlint // The same one.
			t.Errorf("after the refusal: %v", err)
		}
	})
}

// A request that waited while the credentials were accepted and then refused must not be sent.
func TestGate_refusalOutdoesAcceptance(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		refusal := errors.New("refused")
		trial := mustEnter(t, g)

		var group sync.WaitGroup

		group.Go(func() {
			if _, err := g.enter(t.Context(), "host"); !errors.Is(err, refusal) {
				t.Errorf("got %v, want the refusal", err)
			}
		})

		synctest.Wait()
		g.accept("host")
		_ = g.refuse(refusal)
		g.leave(trial)
		group.Wait()
	})
}

func TestGate_waitingEndsWithTheCall(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		trial := mustEnter(t, g)
		interrupt := errors.New("interrupted")

		ctx, cancel := context.WithCancelCause(t.Context())

		time.AfterFunc(time.Second, func() { cancel(interrupt) })

		if _, err := g.enter(ctx, "host"); !errors.Is(err, interrupt) {
			t.Errorf("got %v, want the interrupt", err)
		}

		// The place of the one that gave up is nobody's.
		g.leave(trial)

		if mustEnter(t, g) == nil {
			t.Error("no trial after one without a verdict")
		}
	})
}

func mustEnter(t *testing.T, g *gate) chan struct{} {
	t.Helper()

	return enterHost(t, g, "host")
}

// What one host has accepted another one may refuse: it is tried alone, and holds nobody up elsewhere.
func TestGate_eachHostIsTried(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		first := enterHost(t, g, "a")

		var (
			group sync.WaitGroup
			b     chan struct{}
			c     chan struct{}
		)

		group.Go(func() { b = enterHost(t, g, "b") })
		group.Go(func() { c = enterHost(t, g, "c") })
		synctest.Wait()

		if b != nil || c != nil {
			t.Error("another host was tried before any had accepted the credentials")
		}

		g.accept("a")
		group.Wait() // Though the first has not left.

		if b == nil || c == nil {
			t.Error("another host was not tried")
		}

		g.leave(first)

		if enterHost(t, g, "a") != nil {
			t.Error("the host that accepted them is tried again")
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		if _, err := g.enter(ctx, "b"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second request to a host that is being tried: %v", err)
		}

		g.accept("b")
		g.leave(b)

		if enterHost(t, g, "b") != nil {
			t.Error("the other host that accepted them is tried again")
		}

		g.leave(c)
	})
}

// Of those who wait for the first trial many may get its place at the moment of the acceptance.
func TestGate_placeThatCameTooLate(t *testing.T) {
	t.Parallel()

	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			g := newGate()
			first := enterHost(t, g, "a")

			var (
				group sync.WaitGroup
				now   atomic.Int64
			)

			for range 10 {
				group.Go(func() {
					trial := enterHost(t, g, "b")
					if now.Add(1) > 1 {
						t.Error("two requests try a host at once")
					}

					time.Sleep(time.Second)
					now.Add(-1)
					g.leave(trial)
				})
			}

			synctest.Wait()
			g.accept("a")
			g.leave(first)
			group.Wait()
		})
	}
}

func enterHost(t *testing.T, g *gate, host string) chan struct{} {
	t.Helper()

	trial, err := g.enter(t.Context(), host)
	if err != nil {
		t.Errorf("enter: %v", err)
	}

	return trial
}

func TestAccepts(t *testing.T) {
	t.Parallel()

	tests := map[int]bool{
		0:   false, // No answer.
		100: false, // Not an answer yet.
		200: true, 201: true, 204: true,
		301: false, 302: false, 307: false, // A portal's, or a gateway's that has moved.
		400: true, 403: true, 404: true, 405: true, 409: true,
		401: false,
		429: false, // Throttled before the credentials are looked at.
		500: false, 502: false, 503: false, 504: false,
	}

	for status, want := range tests {
		if got := accepts(status); got != want {
			t.Errorf("%d: %t, want %t", status, got, want)
		}
	}
}
