// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"slices"
	"sync"
	"time"
)

// cache holds a value for each key, such as the credentials for a project. While a value is valid, get returns it at
// once. Otherwise get fetches it: at most one fetch is in flight for a key, and every call that needs the value waits for
// that one.
//
// A fetch runs in a context of its own. It is canceled when no call waits for the fetch any more, and its deadline is the
// latest of theirs.
//
// A value that is about to expire is refreshed in the background while calls go on to use it. Where a refresh fails, another
// one follows, and the error is dropped: a call has an error only from a fetch that it waited for.
type cache[K, V comparable] struct {
	// expiry returns when a value is to be refreshed in the background and when it expires. A zero time means never; a value
	// that is to be refreshed must expire.
	expiry func(V) (refreshAt, expiresAt time.Time)
	// permanent reports whether the error of a fetch is cached as a negative entry, which does not expire, because every
	// further fetch would have it too.
	permanent func(error) bool

	mu      sync.Mutex
	entries map[K]*entry[V]
}

func newCache[K, V comparable](
	expiry func(V) (refreshAt, expiresAt time.Time), permanent func(error) bool,
) *cache[K, V] {
	return &cache[K, V]{expiry: expiry, permanent: permanent, entries: make(map[K]*entry[V])}
}

// entry is the state of one key.
type entry[V comparable] struct {
	// cached is the latest fetch that returned a value or a permanent error, nil before that and after invalidate.
	cached *fetch[V]
	// inFlight is the fetch or the refresh that calls wait for, nil where there is none.
	inFlight *fetch[V]
	// retryAt is the earliest time of the next refresh after one that failed, zero where none has.
	retryAt time.Time
}

// fetch is one call of a fetch function. value and err may be read once done is closed.
type fetch[V comparable] struct {
	done  chan struct{}
	value V
	err   error

	cancel context.CancelCauseFunc
	// waiters are the contexts of the calls that wait, guarded by the mutex of the cache.
	waiters []context.Context
}

// refreshTimeout bounds a refresh in the background, which has no caller whose deadline would.
const refreshTimeout = time.Minute

// get returns the value for key. Where it has to be fetched, it returns what fetchValue returns, for this call or for one
// that fetches the value already, or the cause of ctx where that ends first.
func (c *cache[K, V]) get(ctx context.Context, key K, fetchValue func(context.Context) (V, error)) (V, error) {
	return c.wait(ctx, key, c.lookup(ctx, key, fetchValue))
}

// lookup returns the fetch that has or will have the value for key. ctx is added to those that wait for it.
func (c *cache[K, V]) lookup(ctx context.Context, key K, fetchValue func(context.Context) (V, error)) *fetch[V] {
	c.mu.Lock()
	defer c.mu.Unlock()

	e := c.entry(key)

	if c.isValid(e.cached) {
		if c.isRefreshDue(e) {
			background, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTimeout)
			refresh := c.join(background, key, fetchValue)

			go func() {
				defer cancel()

				_, _ = c.wait(background, key, refresh)
			}()
		}

		return e.cached
	}

	return c.join(ctx, key, fetchValue)
}

// join adds ctx to those that wait for the fetch in flight, and starts one where there is none.
func (c *cache[K, V]) join(ctx context.Context, key K, fetchValue func(context.Context) (V, error)) *fetch[V] {
	e := c.entry(key)

	if e.inFlight == nil {
		f := &fetch[V]{done: make(chan struct{})}
		e.inFlight = f

		own, cancel := newFetchContext(ctx, func() (time.Time, bool) { return c.deadline(f) })
		f.cancel = cancel

		go func() {
			defer cancel(nil)

			value, err := fetchValue(own)
			c.complete(key, f, value, err)
		}()
	}

	e.inFlight.waiters = append(e.inFlight.waiters, ctx)

	return e.inFlight
}

// fetchContext is the context of a fetch. Its deadline moves as calls come to wait for the fetch and leave it.
type fetchContext struct {
	context.Context //nolint:containedctx // It is a context.

	deadline func() (time.Time, bool)
}

func newFetchContext(ctx context.Context, deadline func() (time.Time, bool)) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))

	return &fetchContext{ctx, deadline}, cancel
}

func (c *fetchContext) Deadline() (time.Time, bool) { return c.deadline() }

// deadline returns the latest deadline of the calls that wait for f.
func (c *cache[K, V]) deadline(f *fetch[V]) (latest time.Time, bounded bool) {
	c.mu.Lock()
	waiters := slices.Clone(f.waiters)
	c.mu.Unlock()

	for _, ctx := range waiters {
		deadline, ok := ctx.Deadline()
		if !ok {
			return time.Time{}, false
		}

		if deadline.After(latest) {
			latest = deadline
		}
	}

	return latest, !latest.IsZero()
}

// wait returns what f returns, or the cause of ctx where that ends first. The last call that waits takes the error of the
// fetch that it cancels: it says how far the fetch got.
func (c *cache[K, V]) wait(ctx context.Context, key K, f *fetch[V]) (V, error) {
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
	}

	if !c.leave(ctx, key, f) {
		var none V

		return none, context.Cause(ctx)
	}

	<-f.done

	return f.value, f.err
}

// leave removes ctx from those that wait for f. It cancels f and returns true where ctx was the last one.
func (c *cache[K, V]) leave(ctx context.Context, key K, f *fetch[V]) bool {
	c.mu.Lock()
	defer c.mu.Unlock()

	at := slices.Index(f.waiters, ctx)
	if at >= 0 {
		f.waiters = slices.Delete(f.waiters, at, at+1)
	}

	if at < 0 || len(f.waiters) > 0 {
		return false
	}

	f.cancel(context.Cause(ctx))

	if e := c.entry(key); e.inFlight == f {
		e.inFlight = nil
	}

	return true
}

// complete stores the result of f and wakes the calls that wait for it.
func (c *cache[K, V]) complete(key K, f *fetch[V], value V, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()

	f.value, f.err, f.waiters = value, err, nil
	close(f.done)

	e := c.entry(key)
	if e.inFlight == f {
		e.inFlight = nil
	}

	switch {
	case err == nil:
		e.cached = f
	case c.isValid(e.cached):
		// A value is still valid, so a refresh failed. The next one may begin when half of the remaining lifetime has passed.
		_, expiresAt := c.expiry(e.cached.value)
		e.retryAt = time.Now().Add(time.Until(expiresAt) / 2)
	case c.permanent(err):
		e.cached = f
	}
}

// put stores a value for key that a fetch for another key returned.
func (c *cache[K, V]) put(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()

	f := &fetch[V]{done: make(chan struct{}), value: value}
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
