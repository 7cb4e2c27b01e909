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

// shared gets values that many calls need: once for all that wait, and again when they are no longer fresh. A value that
// runs out is renewed beside its use: nobody waits for that, and no failure matters, until it has run out.
type shared[K comparable, V any] struct {
	// fresh reports whether a value can still be used.
	fresh func(V) bool
	// renewal returns when the renewal of a value begins, and when the value runs out, zero where there is none. Nil means
	// that there never is.
	renewal func(V) (from, until time.Time)
	// lasting reports whether an error is an answer too, which asking again would not change. Nil means none is.
	lasting func(error) bool

	mu      sync.Mutex
	entries map[K]*entry[V]
}

// entry is a value, or the errand to get it.
type entry[V any] struct {
	// done is closed when value and err are set.
	done  chan struct{}
	value V
	err   error

	// waiting counts the calls that the errand is for; it is given up when the last has left. deadline is that of the
	// call that began it, zero where it has none.
	waiting  int
	giveUp   context.CancelFunc
	deadline time.Time

	// renewal is the errand to get the value that follows, nil while there is none, and retryAt when the next may begin.
	renewal *entry[V]
	retryAt time.Time
}

// get returns the value for key, and has obtain get it where there is none. obtain's context outlives the call that
// happens to be first, so that its interruption is not everybody's.
func (s *shared[K, V]) get(ctx context.Context, key K, obtain func(context.Context) (V, error)) (V, error) {
	for {
		e := s.join(ctx, key, obtain)

		select {
		case <-e.done:
		case <-ctx.Done():
			s.leave(key, e)

			var none V

			return none, context.Cause(ctx)
		}

		s.leave(key, e)

		// The errand ended with the time of the call that began it. This one has more.
		if outOfTime(e.err) && e.endsBefore(ctx) {
			continue
		}

		return e.value, e.err
	}
}

// outOfTime reports whether err is that of a deadline, or of a wait that would have passed it. One of a connection is that
// of the network.
func outOfTime(err error) bool {
	var (
		wait       *transport.WaitError
		connection *transport.ConnectionError
	)

	return errors.As(err, &wait) || errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &connection)
}

func (e *entry[V]) endsBefore(ctx context.Context) bool {
	deadline, bounded := ctx.Deadline()

	return ctx.Err() == nil && !e.deadline.IsZero() && (!bounded || deadline.After(e.deadline))
}

// put makes value known without an errand.
func (s *shared[K, V]) put(key K, value V) {
	s.mu.Lock()
	defer s.mu.Unlock()

	done := make(chan struct{})
	close(done)

	s.init()
	s.entries[key] = &entry[V]{done: done, value: value}
}

// drop forgets the value for which stale returns true.
func (s *shared[K, V]) drop(stale func(V) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()

	for key, e := range s.entries {
		if e.ended() && e.err == nil && stale(e.value) {
			s.replace(key, e)
		}
	}
}

// replace puts the errand to renew e in its place, or nothing where there is none.
func (s *shared[K, V]) replace(key K, e *entry[V]) {
	if e.renewal != nil {
		s.entries[key] = e.renewal
	} else {
		delete(s.entries, key)
	}
}

// join returns the entry for key, counting the call among those that wait for it.
func (s *shared[K, V]) join(ctx context.Context, key K, obtain func(context.Context) (V, error)) *entry[V] {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.init()

	if e := s.entries[key]; e != nil && e.ended() && !s.usable(e) {
		s.replace(key, e)
	}

	e := s.entries[key]

	switch {
	case e == nil:
		deadline, _ := ctx.Deadline()
		e = begin(ctx, deadline, obtain, s.end)
		s.entries[key] = e
	case e.ended():
		s.renew(ctx, key, e, obtain)
	}

	e.waiting++

	return e
}

// renew begins the renewal of e, where it is time for it.
func (s *shared[K, V]) renew(ctx context.Context, key K, e *entry[V], obtain func(context.Context) (V, error)) {
	if s.renewal == nil || e.err != nil || e.renewal != nil || time.Now().Before(e.retryAt) {
		return
	}

	from, until := s.renewal(e.value)
	if from.IsZero() || time.Now().Before(from) {
		return
	}

	// Those who come when e has run out join it rather than begin again.
	deadline := until.Add(until.Sub(from))

	e.renewal = begin(ctx, deadline, obtain, func(next *entry[V], value V, err error) {
		s.end(next, value, err)

		s.mu.Lock()
		defer s.mu.Unlock()

		e.renewal = nil

		switch {
		case err != nil:
			e.retryAt = time.Now().Add(time.Until(until) / 2)
		case s.entries[key] == e:
			s.entries[key] = next
		}
	})
	e.renewal.waiting++ // It is not given up: sooner or later somebody will want it.
}

// end notes what came of an errand.
func (s *shared[K, V]) end(e *entry[V], value V, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	e.value, e.err = value, err
	close(e.done)
}

// begin sends an errand that has until deadline, where that is not zero, and tells end what came of it.
func begin[V any](
	ctx context.Context, deadline time.Time, obtain func(context.Context) (V, error), end func(*entry[V], V, error),
) *entry[V] {
	errand, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	e := &entry[V]{done: make(chan struct{}), giveUp: giveUp, deadline: deadline}

	if !deadline.IsZero() {
		errand, giveUp = context.WithDeadline(errand, deadline)
	}

	go func() {
		defer e.giveUp()
		defer giveUp()

		value, err := obtain(errand)
		end(e, value, err)
	}()

	return e
}

func (s *shared[K, V]) leave(key K, e *entry[V]) {
	s.mu.Lock()
	defer s.mu.Unlock()

	e.waiting--
	if e.waiting > 0 || e.ended() {
		return
	}

	e.giveUp()

	if s.entries[key] == e {
		delete(s.entries, key)
	}
}

func (s *shared[K, V]) usable(e *entry[V]) bool {
	if e.err != nil {
		return s.lasting != nil && s.lasting(e.err)
	}

	return s.fresh(e.value)
}

func (s *shared[K, V]) init() {
	if s.entries == nil {
		s.entries = make(map[K]*entry[V])
	}
}

func (e *entry[V]) ended() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}
