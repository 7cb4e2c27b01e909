// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// initialWindow is how many requests may be in flight to a host that has answered none: Terraform's own parallelism.
	initialWindow = 10
	// throttledWindow is how many may be in flight after a 429, the loss window of RFC 5681.
	throttledWindow = 1
	// maxWindow is how many may be in flight at most: Terraform's parallelism times the pages of one read.
	maxWindow = 64

	// minPause and maxPause bound the pause after a 429 without Retry-After, before jitter.
	minPause = time.Second
	maxPause = 2 * time.Minute
)

// limiter limits the requests in flight to one host as TCP does its segments (RFC 5681), with a 429 in place of a
// retransmission timeout. While the window cwnd is below ssthresh (slow start), it grows by one for each answered request;
// from there on by one for each full window of them (additive increase). A 429 pauses the host, sets ssthresh to half of
// cwnd, and begins a slow start from a window of one. Unlike TCP's, the window also grows while it is not full: the requests of
// a plan come in bursts. Requests wait in the order in which [Client.Do] was called.
type limiter struct {
	mu             sync.Mutex
	cwnd, ssthresh float64

	// pausedUntil is when the longest pause so far ends, throttled the 429 that asked for it, and throttles counts the pauses
	// since the last answered request.
	pausedUntil time.Time
	throttled   error
	throttles   int

	// epoch counts the 429s to requests that were sent after the 429 before, and inFlight the requests in flight of this
	// epoch. The response to an older request does not let the window grow, and may never come.
	epoch, inFlight int

	queue []*ticket
}

// ticket is the place of one request in the queue. It is kept across retries.
type ticket struct {
	arrived time.Time
	// deadline is that of the request's context, which may move.
	deadline func() (deadline time.Time, ok bool)
	// epoch is the limiter's at the time of sending.
	epoch int
	// ready receives one value: nil when the request may be sent, or why it cannot be.
	ready chan error
}

func newLimiter() *limiter { return &limiter{cwnd: initialWindow, ssthresh: maxWindow} }

// originOf returns the origin of u, scheme, host and port, by which limiters and authorizers know a host.
func originOf(u *url.URL) string { return u.Scheme + "://" + strings.ToLower(u.Host) }

// limiter returns the limiter of origin.
func (c *Client) limiter(origin string) *limiter {
	c.mu.Lock()
	defer c.mu.Unlock()

	if c.limiters[origin] == nil {
		c.limiters[origin] = newLimiter()
	}

	return c.limiters[origin]
}

// errRevoked says that a wait ended because the credentials of the request were refused or replaced.
var errRevoked = errors.New("the credentials were revoked")

// acquire waits until t's request may be sent, which [limiter.release] ends. It returns a [*WaitError] where the host's
// pause outlasts ctx's deadline, and errRevoked where revoked is closed first.
func (l *limiter) acquire(ctx context.Context, t *ticket, revoked <-chan struct{}) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}

	l.enqueue(ctx, t)

	select {
	case err := <-t.ready:
		return err
	case <-revoked:
		l.leave(t)

		return errRevoked
	case <-ctx.Done():
		l.leave(t)

		return context.Cause(ctx)
	}
}

func (l *limiter) enqueue(ctx context.Context, t *ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()

	t.deadline = ctx.Deadline
	t.ready = make(chan error, 1)

	at := slices.IndexFunc(l.queue, func(other *ticket) bool { return other.arrived.After(t.arrived) })
	if at < 0 {
		at = len(l.queue)
	}

	l.queue = slices.Insert(l.queue, at, t)
	l.expire()
	l.admit()
}

// leave removes t from the queue, or releases it where it was admitted in the meantime.
func (l *limiter) leave(t *ticket) {
	l.mu.Lock()
	at := slices.Index(l.queue, t)

	if at >= 0 {
		l.queue = slices.Delete(l.queue, at, at+1)
	}
	l.mu.Unlock()

	if at < 0 && <-t.ready == nil {
		l.release(t, false)
	}
}

// throttle takes a 429: it shrinks the window and pauses the host. [limiter.release] still has to follow.
func (l *limiter) throttle(t *ticket, res result) {
	l.mu.Lock()
	defer l.mu.Unlock()

	if t.epoch == l.epoch {
		l.ssthresh = max(l.cwnd/2, throttledWindow)
		l.throttles++
		l.epoch++
		l.inFlight = 0
	}

	l.cwnd = throttledWindow

	pause := res.retryAfter
	if pause <= 0 {
		pause = ownPause(l.throttles, rateLimitOf(res.err))
	}

	if until := time.Now().Add(pause); until.After(l.pausedUntil) {
		l.pausedUntil, l.throttled = until, res.err
		time.AfterFunc(pause, l.resume)
	}

	l.expire()
}

// ownPause returns the pause after the nth 429 in a row that has no Retry-After: twice as long each time, so that five
// pauses cover the window of the limit, and up to half as long again so that clients do not return together.
func ownPause(n int, limit RateLimit) time.Duration {
	pause := max(minPause, limit.Window/(1<<5-1))
	for range n - 1 {
		pause = min(2*pause, max(maxPause, limit.Window))
	}

	return pause + rand.N(pause/2) //nolint:gosec // Jitter needs no secrecy.
}

// release ends t's request. answered says that the host processed it: it neither throttled the request nor failed.
func (l *limiter) release(t *ticket, answered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()

	if t.epoch == l.epoch {
		l.inFlight--

		if answered {
			l.grow()
		}
	}

	l.admit()
}

func (l *limiter) grow() {
	l.throttles = 0

	if l.cwnd < l.ssthresh {
		l.cwnd++
	} else {
		l.cwnd += 1 / l.cwnd
	}

	l.cwnd = min(l.cwnd, maxWindow)
}

// pause returns the time until the end of the pause, 0 where there is none.
func (l *limiter) pause() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()

	return max(0, time.Until(l.pausedUntil))
}

// resume ends a pause.
func (l *limiter) resume() {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.admit()
}

// expire removes the requests from the queue whose deadline comes before the end of the pause.
func (l *limiter) expire() {
	l.queue = slices.DeleteFunc(l.queue, func(t *ticket) bool {
		deadline, ok := t.deadline()
		wait := time.Until(l.pausedUntil)

		if wait <= 0 || !ok || !deadline.Before(l.pausedUntil) {
			return false
		}

		t.ready <- &WaitError{Wait: wait, Err: l.throttled}

		return true
	})
}

// admit lets requests from the head of the queue be sent, as many as the window holds.
func (l *limiter) admit() {
	for len(l.queue) > 0 && l.inFlight < int(l.cwnd) && time.Until(l.pausedUntil) <= 0 {
		t := l.queue[0]
		l.queue = slices.Delete(l.queue, 0, 1)
		l.inFlight++

		t.epoch = l.epoch
		t.ready <- nil
	}
}
