// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"errors"
	"sync"
	"time"

	"terraform-provider-dcs/internal/transport"
)

// cache holds a value for each key, such as the credentials for a project. While a value is valid, get returns it at
// once. Otherwise get fetches it: at most one fetch is in flight for a key, and every call that needs the value waits for
// that one.
//
// A fetch runs in the context of the call that started it. Where that context ends before the fetch does, one of the
// waiting calls fetches in its own context.
//
// A value that is about to expire is refreshed in the background while calls go on to use it. Where a refresh fails, another
// one follows, and the error is dropped: a call has an error only from a fetch that it waited for.
type cache[K, V comparable] struct {
	// expiry returns when a value is to be refreshed in the background and when it expires. A zero time means never; a value
	// that is to be refreshed must expire.
	expiry func(V) (refreshAt, expiresAt time.Time)
	// permanent reports whether the error of a fetch is cached as a negative entry, which does not expire, because every
	// further fetch would fail in the same way.
	permanent func(error) bool

	mu      sync.Mutex
	entries map[K]*entry[V]
}

// entry is the state of one key.
type entry[V comparable] struct {
	// cached is the latest fetch that returned a value or a permanent error, nil before that and after invalidate.
	cached *fetch[V]
	// inFlight is the fetch or the refresh that is running, nil where none is.
	inFlight *fetch[V]
	// retryAt is the earliest time of the next refresh after one that failed, zero where none has.
	retryAt time.Time
}

// fetch is one call of a fetch function. value and err may be read once done is closed.
type fetch[V comparable] struct {
	done  chan struct{}
	value V
	err   error
}

// refreshTimeout bounds a refresh in the background, which has no caller whose deadline would.
const refreshTimeout = time.Minute

// errAbandoned is the error for the calls that wait for a fetch whose own context ended. The call that ran it gets the error
// itself.
var errAbandoned = errors.New("the context of the fetch ended")

// get returns the value for key. Where it has to be fetched, it returns what fetchValue returns, for this call or for one
// that fetches the value already, or the cause of ctx where that ends first.
func (c *cache[K, V]) get(ctx context.Context, key K, fetchValue func(context.Context) (V, error)) (V, error) {
	for {
		f, start := c.lookup(ctx, key, fetchValue)
		if start {
			return c.run(ctx, key, f, fetchValue)
		}

		select {
		case <-f.done:
		case <-ctx.Done():
			var none V

			return none, context.Cause(ctx)
		}

		if c.permanent(f.err) || !isOwners(ctx, f.err) {
			return f.value, f.err
		}
	}
}

// lookup returns the fetch that has or will have the value for key. It returns start where that is a new fetch, which the
// caller must run.
func (c *cache[K, V]) lookup(ctx context.Context, key K, fetchValue func(context.Context) (V, error)) (f *fetch[V], start bool) {
	c.mu.Lock()
	defer c.mu.Unlock()

	e := c.entry(key)

	switch valid := c.isValid(e.cached); {
	case valid && c.isRefreshDue(e):
		refresh := newFetch[V]()
		e.inFlight = refresh

		go func() {
			background, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTimeout)
			defer cancel()

			_, _ = c.run(background, key, refresh, fetchValue)
		}()

		return e.cached, false
	case valid:
		return e.cached, false
	case e.inFlight != nil:
		return e.inFlight, false
	default:
		e.inFlight = newFetch[V]()

		return e.inFlight, true
	}
}

// run calls fetchValue and completes f with what it returns.
func (c *cache[K, V]) run(
	ctx context.Context, key K, f *fetch[V], fetchValue func(context.Context) (V, error),
) (V, error) {
	value, err := fetchValue(ctx)

	// Terraform cancels all reads, one after the other. The next fetch begins a moment later, so that it is not that of a read
	// which is about to be cancelled.
	if err != nil && ctx.Err() != nil {
		time.AfterFunc(transport.InterruptTime, func() { c.complete(key, f, value, errAbandoned) })

		return value, err
	}

	c.complete(key, f, value, err)

	return value, err
}

// complete stores the result of f and wakes the calls that wait for it.
func (c *cache[K, V]) complete(key K, f *fetch[V], value V, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()

	e := c.entry(key)
	e.inFlight = nil
	f.value, f.err = value, err

	switch {
	case err == nil:
		e.cached, e.retryAt = f, time.Time{}
	case c.isValid(e.cached):
		// A value is still valid, so a refresh failed. The next one may begin when half of the remaining lifetime has passed.
		_, expiresAt := c.expiry(e.cached.value)
		e.retryAt = time.Now().Add(time.Until(expiresAt) / 2)
	case c.permanent(err):
		e.cached = f
	}

	close(f.done)
}

// put stores a value for key that a fetch for another key returned.
func (c *cache[K, V]) put(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()

	f := newFetch[V]()
	f.value = value
	close(f.done)

	c.entry(key).cached = f
}

// invalidate removes value for every key that has it. A fetch or refresh in flight goes on: what it returns is another value.
func (c *cache[K, V]) invalidate(value V) {
	c.mu.Lock()
	defer c.mu.Unlock()

	for _, e := range c.entries {
		if e.cached != nil && e.cached.value == value {
			e.cached = nil
		}
	}
}

func (c *cache[K, V]) entry(key K) *entry[V] {
	if c.entries == nil {
		c.entries = make(map[K]*entry[V])
	}

	if c.entries[key] == nil {
		c.entries[key] = &entry[V]{}
	}

	return c.entries[key]
}

func (c *cache[K, V]) isValid(f *fetch[V]) bool {
	if f == nil || f.err != nil {
		return f != nil
	}

	_, expiresAt := c.expiry(f.value)

	return expiresAt.IsZero() || time.Now().Before(expiresAt)
}

func (c *cache[K, V]) isRefreshDue(e *entry[V]) bool {
	if e.cached.err != nil || e.inFlight != nil || time.Now().Before(e.retryAt) {
		return false
	}

	refreshAt, _ := c.expiry(e.cached.value)

	return !refreshAt.IsZero() && !time.Now().Before(refreshAt)
}

func newFetch[V comparable]() *fetch[V] { return &fetch[V]{done: make(chan struct{})} }

// isOwners reports whether err is an error of the call that ran a fetch and not of the one with ctx, which waited for it:
// the fetch was abandoned, or did not begin a wait for which ctx leaves the time.
func isOwners(ctx context.Context, err error) bool {
	var wait *transport.WaitError
	if !errors.As(err, &wait) {
		return errors.Is(err, errAbandoned)
	}

	deadline, bounded := ctx.Deadline()

	return !bounded || time.Until(deadline) > wait.Wait
}
