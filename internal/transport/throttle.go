// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"cmp"
	"context"
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

	// firstPause and maxPause bound the pause after a 429 that does not say how long it shall be.
	firstPause = time.Second
	maxPause   = 2 * time.Minute
)

// window is how many requests to one host may be under way. It drops when the host refuses one with 429 and grows as
// requests succeed; in between nothing is sent for as long as the host asks.
type window struct {
	mu       sync.Mutex
	size     float64
	underWay int
	waiting  []*ticket
	arrivals uint64

	// heldUntil is when the pause ends that a 429 asked for, refusal is that answer, and refusals counts the pauses
	// since the last request that succeeded.
	heldUntil time.Time
	refusal   error
	refusals  int
	opening   *time.Timer
}

// ticket is a request's place in the queue. It is kept over the attempts: one that was refused goes before those that
// came later.
type ticket struct {
	arrival uint64
	// deadline is zero where there is none.
	deadline time.Time
	// sent is when the latest attempt was let go.
	sent time.Time
	// ready gets one value: nil, or why the request can't be sent.
	ready chan error
}

// window returns what is known of u's host.
func (c *Client) window(u *url.URL) *window {
	c.mu.Lock()
	defer c.mu.Unlock()

	key := u.Scheme + "://" + strings.ToLower(u.Host)
	if c.hosts[key] == nil {
		c.hosts[key] = &window{size: firstWindow}
	}

	return c.hosts[key]
}

// acquire waits until t's request may be sent. It returns a [*WaitError] where the host's pause outlasts ctx's deadline.
func (w *window) acquire(ctx context.Context, t *ticket) error {
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

	if i := slices.Index(w.waiting, t); i >= 0 {
		w.waiting = slices.Delete(w.waiting, i, i+1)

		return
	}

	if err := <-t.ready; err == nil {
		w.underWay--
		w.admit()
	}
}

// release tells the window how an attempt ended.
func (w *window) release(t *ticket, res result) {
	w.mu.Lock()
	defer w.mu.Unlock()

	w.underWay--

	switch {
	case res.status == http.StatusTooManyRequests:
		w.hold(t, res)
	case res.err == nil && !t.sent.Before(w.heldUntil):
		w.grow()
	}

	w.admit()
}

// grow lets one request more be under way for each that succeeds; after a refusal only one for each full window, so that
// the host's limit is met from below.
func (w *window) grow() {
	if w.refusal == nil {
		w.size++
	} else {
		w.size += 1 / w.size
	}

	w.size = min(w.size, maxWindow)
	w.refusals = 0
}

// hold begins the pause that a refusal asks for.
func (w *window) hold(t *ticket, res result) {
	// Requests that left before the pause began tell nothing about whether it was long enough.
	if !t.sent.Before(w.heldUntil) {
		w.refusals++
	}

	pause := res.pause.after
	if pause <= 0 {
		pause = ownPause(w.refusals, res.pause.limit)
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

// ownPause returns how long to pause after the nth refusal in a row: twice as long each time, so that five pauses cover
// the window of limit where the host names one, and up to half as long again so that clients don't come back together.
func ownPause(n int, limit time.Duration) time.Duration {
	first := max(firstPause, limit/(1<<5-1))
	pause := min(first<<min(max(n-1, 0), 10), max(maxPause, limit))

	return pause + rand.N(pause/2) //nolint:gosec // Jitter needs no secrecy.
}

// refuse takes t out of the queue where the pause outlasts its deadline, and reports whether it did.
func (w *window) refuse(t *ticket) bool {
	if t.deadline.IsZero() || !w.heldUntil.After(t.deadline) || !w.heldUntil.After(time.Now()) {
		return false
	}

	w.waiting = slices.DeleteFunc(w.waiting, func(other *ticket) bool { return other == t })
	t.ready <- &WaitError{Wait: time.Until(w.heldUntil), Err: w.refusal}

	return true
}

// admit lets go as many requests as may be under way, in the order of their arrival.
func (w *window) admit() {
	if pause := time.Until(w.heldUntil); pause > 0 {
		w.open(pause)

		return
	}

	for len(w.waiting) > 0 && w.underWay < int(w.size) {
		t := w.waiting[0]
		w.waiting = w.waiting[1:]
		w.underWay++
		t.sent = time.Now()
		t.ready <- nil
	}
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
