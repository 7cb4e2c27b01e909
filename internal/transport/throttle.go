// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// firstWindow is how many requests may be under way to a host of which nothing is known: Terraform's own parallelism.
	firstWindow = 10
	// maxWindow is how many may be under way at most: Terraform's parallelism times the pages of one read.
	maxWindow = 64
	// throttledWindow is how many may be under way right after a 429.
	throttledWindow = 1
	// anyAllowance is that of a host of which nothing is known. It can be counted on from there, also in 32 bits.
	anyAllowance = math.MaxInt32 / 2

	// firstPause and maxPause bound the pause after a 429 that does not say how long it shall be.
	firstPause = time.Second
	maxPause   = 2 * time.Minute
)

// window is how many requests to one host may be under way. It drops when the host refuses one with 429 and grows as
// requests succeed; in between nothing is sent for as long as the host asks.
type window struct {
	mu       sync.Mutex
	size     float64
	waiting  []*ticket
	arrivals uint64

	// heldUntil is when the pause ends that a 429 asked for, refusal is that answer, and refusals counts the pauses
	// since the last request that succeeded.
	heldUntil time.Time
	refusal   error
	refusals  int
	opening   *time.Timer

	// A round lasts from one pause to the next. Of what was let go in it, sent counts all, underWay what is not answered
	// yet, and passed what succeeded: what left before tells nothing about the host after the pause, and may hang.
	// allowance is what passed in the rounds before, found from below. That much is likely to pass again; what goes beyond
	// it is a trial.
	round, sent, underWay, passed, allowance int
}

// ticket is a request's place in the queue. It is kept over the attempts: one that was refused goes before those that
// came later.
type ticket struct {
	arrival uint64
	// deadline is zero where there is none.
	deadline time.Time
	// round is the one in which the latest attempt was let go, refused how many attempts were answered by 429.
	round, refused int
	// ready gets one value: nil, or why the request can't be sent.
	ready chan error
}

// window returns what is known of u's host.
func (c *Client) window(u *url.URL) *window {
	c.mu.Lock()
	defer c.mu.Unlock()

	key := u.Scheme + "://" + strings.ToLower(u.Host)
	if c.hosts[key] == nil {
		c.hosts[key] = &window{size: firstWindow, allowance: anyAllowance}
	}

	return c.hosts[key]
}

// acquire waits until t's request may be sent. It returns a [*WaitError] where the host's pause outlasts ctx's deadline.
func (w *window) acquire(ctx context.Context, t *ticket) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}

	w.enqueue(ctx, t)

	select {
	case err := <-t.ready:
		return err
	case <-ctx.Done():
		w.leave(t)

		return context.Cause(ctx)
	}
}

func (w *window) enqueue(ctx context.Context, t *ticket) {
	w.mu.Lock()
	defer w.mu.Unlock()

	if t.arrival == 0 {
		w.arrivals++
		t.arrival = w.arrivals
	}

	t.deadline, _ = ctx.Deadline()
	t.ready = make(chan error, 1)

	at, _ := slices.BinarySearchFunc(w.waiting, t, func(a, b *ticket) int { return cmp.Compare(a.arrival, b.arrival) })
	w.waiting = slices.Insert(w.waiting, at, t)

	if !w.refuse(t) {
		w.admit()
	}
}

// leave takes t out of the queue, or gives back what it was given meanwhile.
func (w *window) leave(t *ticket) {
	w.mu.Lock()
	defer w.mu.Unlock()

	if w.remove(t) {
		return
	}

	if err := <-t.ready; err == nil {
		w.end(t)
		w.admit()
	}
}

// release tells the window how an attempt ended.
func (w *window) release(t *ticket, res result) {
	w.mu.Lock()
	defer w.mu.Unlock()

	w.end(t)

	switch {
	case res.status == http.StatusTooManyRequests:
		w.hold(t, res)
	case res.err == nil, res.status >= 400 && res.status < 500:
		// Whatever is answered, the host has let it through.
		w.pass(t)
	}

	w.admit()
}

// end takes t's attempt from what is under way.
func (w *window) end(t *ticket) {
	if t.round == w.round {
		w.underWay--
	}
}

// pass lets one request more be under way for each that succeeds, and beyond the allowance only one more for each full
// window, so that the host's limit is met from below.
func (w *window) pass(t *ticket) {
	if t.round != w.round {
		w.allowance++

		return
	}

	w.passed++
	w.refusals = 0

	if w.passed <= w.allowance {
		w.size++
	} else {
		w.size += 1 / w.size
	}

	w.size = min(w.size, maxWindow)
}

// hold begins the pause that a refusal asks for.
func (w *window) hold(t *ticket, res result) {
	t.refused++

	if t.round == w.round {
		w.refusals++
		w.allowance = min(w.passed, w.allowance+1)
		w.round, w.sent, w.underWay, w.passed = w.round+1, 0, 0, 0
	}

	pause := res.pause.after
	if pause <= 0 {
		pause = ownPause(max(w.refusals, 1), res.pause.limit)
	}

	w.size = throttledWindow
	w.refusal = res.err

	if until := time.Now().Add(pause); until.After(w.heldUntil) {
		w.heldUntil = until
	}

	for _, waiting := range slices.Clone(w.waiting) {
		w.refuse(waiting)
	}
}

// pause returns how long nothing will be sent.
func (w *window) pause() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()

	return max(0, time.Until(w.heldUntil))
}

// ownPause returns how long to pause after the nth refusal in a row: twice as long each time, so that five pauses cover
// the window of limit where the host names one, and up to half as long again so that clients don't come back together.
func ownPause(n int, limit time.Duration) time.Duration {
	first := max(firstPause, limit/(1<<5-1))
	pause := min(first<<min(n-1, 10), max(maxPause, limit))

	return pause + rand.N(pause/2) //nolint:gosec // Jitter needs no secrecy.
}

// refuse takes t out of the queue where the pause outlasts its deadline, and reports whether it did.
func (w *window) refuse(t *ticket) bool {
	if t.deadline.IsZero() || !w.heldUntil.After(t.deadline) || !w.heldUntil.After(time.Now()) {
		return false
	}

	w.remove(t)

	t.ready <- &WaitError{Wait: time.Until(w.heldUntil), Err: w.refusal}

	return true
}

// admit lets go as many requests as may be under way, in the order of their arrival.
func (w *window) admit() {
	if pause := time.Until(w.heldUntil); pause > 0 {
		w.open(pause)

		return
	}

	for len(w.waiting) > 0 {
		// A trial is made with one request.
		if w.sent == w.allowance {
			w.size = throttledWindow
		}

		if w.underWay >= int(w.size) {
			return
		}

		t := w.next()
		w.underWay++
		w.sent++

		t.round = w.round
		t.ready <- nil
	}
}

// next takes the request that goes next out of the queue: the first that arrived, and for a trial the first of those
// refused least, so that none uses up its retries.
func (w *window) next() *ticket {
	next := w.waiting[0]
	if w.sent >= w.allowance {
		next = slices.MinFunc(w.waiting, func(a, b *ticket) int { return cmp.Compare(a.refused, b.refused) })
	}

	w.remove(next)

	return next
}

// remove takes t out of the queue, and reports whether it was in it.
func (w *window) remove(t *ticket) bool {
	at := slices.Index(w.waiting, t)
	if at >= 0 {
		w.waiting = slices.Delete(w.waiting, at, at+1)
	}

	return at >= 0
}

// open has admit called again once the pause is over.
func (w *window) open(pause time.Duration) {
	if w.opening != nil {
		w.opening.Stop()
	}

	w.opening = time.AfterFunc(pause, func() {
		w.mu.Lock()
		defer w.mu.Unlock()

		w.admit()
	})
}
