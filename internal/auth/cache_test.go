// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/transport"
)

// issuer issues values to a cache. Each is valid for lifetime, zero without end, and refreshed from refreshAfter on.
type issuer struct {
	latency      time.Duration
	lifetime     time.Duration
	refreshAfter time.Duration
	// fail returns the error of the fetch of that number, counted from 1.
	fail func(n int) error

	fetches, ended atomic.Int64
}

// issued is a value, comparable by identity as credentials are.
type issued struct {
	number int
	at     time.Time
}

var errPermanent = errors.New("permanent")

func (i *issuer) newCache() *cache[string, *issued] {
	expiry := func(v *issued) (refreshAt, expiresAt time.Time) {
		if i.lifetime == 0 {
			return time.Time{}, time.Time{}
		}

		return v.at.Add(i.refreshAfter), v.at.Add(i.lifetime)
	}

	return newCache[string](expiry, func(err error) bool { return errors.Is(err, errPermanent) })
}

func (i *issuer) fetch(ctx context.Context) (*issued, error) {
	n := int(i.fetches.Add(1))

	defer i.ended.Add(1)

	select {
	case <-time.After(i.latency):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}

	if i.fail != nil {
		if err := i.fail(n); err != nil {
			return nil, err
		}
	}

	return &issued{number: n, at: time.Now()}, nil
}

func (i *issuer) wantFetches(t *testing.T, want int64) {
	t.Helper()

	if got := i.fetches.Load(); got != want {
		t.Errorf("%d fetches, want %d", got, want)
	}
}

// wantValue checks that a call of get returns the value of that number.
func wantValue(t *testing.T, want int, got *issued, err error) {
	t.Helper()

	if err != nil || got == nil || got.number != want {
		t.Errorf("got %+v and error %v, want value %d", got, err, want)
	}
}

func TestCache_oneFetchForAllCalls(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		i := &issuer{latency: time.Second}
		c := i.newCache()

		var group sync.WaitGroup

		for range 100 {
			group.Go(func() {
				got, err := c.get(t.Context(), "a", i.fetch)
				wantValue(t, 1, got, err)
			})
		}

		group.Wait()

		got, err := c.get(t.Context(), "a", i.fetch)
		wantValue(t, 1, got, err)
		i.wantFetches(t, 1)

		got, err = c.get(t.Context(), "b", i.fetch)
		wantValue(t, 2, got, err)
	})
}

// A fetch goes on for the calls that still wait for it, without any error of the call that started it and was canceled.
func TestCache_cancelOfFetchingCall(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		i := &issuer{latency: 10 * time.Second}
		c := i.newCache()
		interrupt := errors.New("interrupted")

		ctx, cancel := context.WithCancelCause(t.Context())

		var group sync.WaitGroup

		group.Go(func() {
			start := time.Now()
			if _, err := c.get(ctx, "a", i.fetch); !errors.Is(err, interrupt) || time.Since(start) != time.Second {
				t.Errorf("canceled call: %v after %s, want its cause after 1s", err, time.Since(start))
			}
		})
		synctest.Wait()

		for range 10 {
			group.Go(func() {
				got, err := c.get(t.Context(), "a", i.fetch)
				wantValue(t, 1, got, err)
			})
		}

		time.Sleep(time.Second)
		cancel(interrupt)
		group.Wait()
		i.wantFetches(t, 1)
	})
}

// A call that comes while a canceled fetch ends has nothing to do with it.
func TestCache_callAfterTheCancelOfAll(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		i := &issuer{latency: 10 * time.Second}
		c := i.newCache()
		fetchValue := func(ctx context.Context) (*issued, error) {
			defer func() {
				if ctx.Err() != nil {
					time.Sleep(time.Second)
				}
			}()

			return i.fetch(ctx)
		}

		var group sync.WaitGroup

		group.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()

			if _, err := c.get(ctx, "a", fetchValue); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the deadline", err)
			}
		})

		for _, after := range []time.Duration{1500 * time.Millisecond, 5 * time.Second} {
			group.Go(func() {
				time.Sleep(after)

				got, err := c.get(t.Context(), "a", fetchValue)
				wantValue(t, 2, got, err)
			})
		}

		group.Wait()
		i.wantFetches(t, 2)
	})
}

// The deadline of a fetch is the latest one of the calls that wait for it at that time.
func TestCache_deadline(t *testing.T) {
	t.Parallel()

	type call struct{ from, until time.Duration } // 0 is without a deadline.

	tests := map[string]struct {
		calls []call
		// want is the deadline that the fetch has after half a minute, 0 where it has none.
		want time.Duration
	}{
		"of the only call":           {[]call{{0, time.Minute}}, time.Minute},
		"of a later call":            {[]call{{0, time.Minute}, {10 * time.Second, time.Hour}}, time.Hour},
		"of an earlier call":         {[]call{{0, time.Hour}, {10 * time.Second, time.Minute}}, time.Hour},
		"of a call that has left":    {[]call{{0, time.Minute}, {0, 20 * time.Second}}, time.Minute},
		"of the call that starts it": {[]call{{0, 20 * time.Second}, {10 * time.Second, time.Minute}}, time.Minute},
		"none":                       {[]call{{0, time.Minute}, {10 * time.Second, 0}}, 0},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				i := &issuer{}
				outer, inner := i.newCache(), i.newCache()
				start := time.Now()

				var group sync.WaitGroup

				for _, call := range tt.calls {
					group.Go(func() {
						ctx, cancel := t.Context(), context.CancelFunc(func() {})
						if call.until > 0 {
							ctx, cancel = context.WithDeadline(ctx, start.Add(call.until))
						}
						defer cancel()

						time.Sleep(call.from)

						// An agency's credentials are fetched with those of a login, which come from a cache too.
						_, _ = outer.get(ctx, "a", func(ctx context.Context) (*issued, error) {
							return inner.get(ctx, "b", func(ctx context.Context) (*issued, error) {
								time.Sleep(30 * time.Second)

								var got time.Duration
								if deadline, ok := ctx.Deadline(); ok {
									got = deadline.Sub(start)
								}

								if got != tt.want {
									t.Errorf("the deadline is after %s, want %s", got, tt.want)
								}

								return i.fetch(ctx)
							})
						})
					})
				}

				group.Wait()
				i.wantFetches(t, 1)
			})
		})
	}
}

// The last call that waits for a fetch has the error with which it ends: it says more than that of the call's context.
func TestCache_lastCallHasTheErrorOfTheFetch(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		c := (&issuer{}).newCache()
		fetchValue := func(ctx context.Context) (*issued, error) {
			<-ctx.Done()

			return nil, &transport.InterruptedError{Err: context.Cause(ctx), Attempts: 3}
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		_, err := c.get(ctx, "a", fetchValue)
		if got, ok := errors.AsType[*transport.InterruptedError](err); !ok || got.Attempts != 3 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the error of the fetch, with the deadline as its cause", err)
		}
	})
}

func TestCache_failedFetch(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		err         error
		wantFetches int64
	}{
		"permanent": {errPermanent, 1},
		"transient": {errors.New("transient"), 2},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				i := &issuer{latency: time.Second, fail: func(int) error { return tt.err }}
				c := i.newCache()

				var group sync.WaitGroup

				for range 10 {
					group.Go(func() {
						if _, err := c.get(t.Context(), "a", i.fetch); !errors.Is(err, tt.err) {
							t.Errorf("got %v, want %v", err, tt.err)
						}
					})
				}

				group.Wait()
				i.wantFetches(t, 1)

				_, _ = c.get(t.Context(), "a", i.fetch)
				i.wantFetches(t, tt.wantFetches)
			})
		})
	}
}

func TestCache_putAndInvalidate(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		c := i.newCache()
		stale, other := &issued{number: 7}, &issued{number: 8}

		c.put("a", stale)
		c.put("b", stale)
		c.put("c", other)
		c.invalidate(stale)

		for n, key := range []string{"a", "b"} {
			got, err := c.get(t.Context(), key, i.fetch)
			wantValue(t, n+1, got, err)
		}

		got, err := c.get(t.Context(), "c", i.fetch)
		wantValue(t, 8, got, err)
	})
}

// A fetch in flight returns another value than the one that is invalidated.
func TestCache_invalidateDuringFetch(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		i := &issuer{latency: time.Second, lifetime: time.Hour, refreshAfter: 50 * time.Minute}
		c := i.newCache()
		get := func() *issued {
			got, err := c.get(t.Context(), "a", i.fetch)
			if err != nil {
				t.Error(err)
			}

			return got
		}

		first := get()

		time.Sleep(51 * time.Minute)
		get()
		synctest.Wait()
		c.invalidate(first)

		if got := get(); got.number != 2 {
			t.Errorf("got value %d, want that of the refresh", got.number)
		}

		i.wantFetches(t, 2)
	})
}

func TestCache_refresh(t *testing.T) {
	t.Parallel()

	// step is a call after a while, the value that it returns, and how long it waits.
	type step struct {
		after time.Duration
		want  int
		waits time.Duration
	}

	const latency = 30 * time.Second

	tests := map[string]struct {
		failing []int
		steps   []step
		fetches int64
	}{
		"before the value expires": {
			steps: []step{
				{0, 1, latency},
				{49 * time.Minute, 1, 0},
				{2 * time.Minute, 1, 0},
				{20 * time.Second, 1, 0},
				{time.Minute, 2, 0},
			},
			fetches: 2,
		},
		"none without a call": {
			steps: []step{{0, 1, latency}, {3 * time.Hour, 2, latency}}, fetches: 2,
		},
		"in flight when the value expires": {
			steps:   []step{{0, 1, latency}, {59*time.Minute + 45*time.Second, 1, 0}, {20 * time.Second, 2, 10 * time.Second}},
			fetches: 2,
		},
		"repeated after half of the time when it fails": {
			failing: []int{2},
			steps: []step{
				{0, 1, latency},
				{51 * time.Minute, 1, 0},
				{4 * time.Minute, 1, 0},
				{time.Minute, 1, 0},
				{time.Minute, 3, 0},
			},
			fetches: 3,
		},
		"failed each time until the value has expired": {
			failing: []int{2, 3},
			steps: []step{
				{0, 1, latency},
				{51 * time.Minute, 1, 0},
				{8 * time.Minute, 1, 0},
				{2 * time.Minute, 4, latency},
			},
			fetches: 4,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				i := &issuer{latency: latency, lifetime: time.Hour, refreshAfter: 50 * time.Minute, fail: func(n int) error {
					if slices.Contains(test.failing, n) {
						return errors.New("failed")
					}

					return nil
				}}
				c := i.newCache()

				for n, step := range test.steps {
					time.Sleep(step.after)

					start := time.Now()
					got, err := c.get(t.Context(), "a", i.fetch)
					wantValue(t, step.want, got, err)

					if waited := time.Since(start); waited != step.waits {
						t.Errorf("call %d waited for %s, want %s", n, waited, step.waits)
					}
				}

				i.wantFetches(t, test.fetches)
			})
		})
	}
}

// A refresh has no caller that could be canceled. It ends all the same, and goes on while a call waits for it.
func TestCache_refreshTimeout(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		latency time.Duration
		// waits says that a call waits for the refresh, as long as it lasts or refreshTimeout.
		waits bool
		// ends is how long the refresh lasts.
		ends time.Duration
	}{
		"no call waits":        {time.Hour, false, refreshTimeout},
		"a call waits":         {refreshTimeout + time.Second, true, refreshTimeout + time.Second},
		"a call waits in vain": {time.Hour, true, refreshTimeout/2 + refreshTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				i := &issuer{lifetime: time.Hour, refreshAfter: 50 * time.Minute}
				c := i.newCache()

				ctx, cancel := context.WithCancel(t.Context())
				got, err := c.get(ctx, "a", i.fetch)
				wantValue(t, 1, got, err)

				time.Sleep(time.Hour - refreshTimeout/2)

				start := time.Now()
				i.latency = test.latency
				got, err = c.get(ctx, "a", i.fetch)
				wantValue(t, 1, got, err)
				synctest.Wait()
				cancel()

				// A call that does not wait for the refresh does not prolong it.
				time.Sleep(refreshTimeout / 4)

				got, err = c.get(t.Context(), "a", i.fetch)
				wantValue(t, 1, got, err)

				// The value has expired.
				time.Sleep(refreshTimeout / 4)

				if test.waits {
					ctx, cancel := context.WithTimeout(t.Context(), refreshTimeout)
					defer cancel()

					got, err := c.get(ctx, "a", i.fetch)
					if test.latency < time.Hour {
						wantValue(t, 2, got, err)
					} else if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("got %v, want the deadline of the call", err)
					}
				}

				time.Sleep(time.Until(start.Add(test.ends)))
				synctest.Wait()
				i.wantFetches(t, 2)

				if got := i.ended.Load(); got != 2 {
					t.Errorf("%d fetches ended, want 2", got)
				}
			})
		})
	}
}

// TestCache_model checks the promises of a cache in random interleavings of calls that are canceled and have deadlines,
// fetches that succeed, fail, hang or refuse to wait, and invalidations.
func TestCache_model(t *testing.T) {
	t.Parallel()

	for seed := range uint64(2000) {
		synctest.Test(t, func(t *testing.T) {
			newCacheModel(t, seed).run()

			if t.Failed() {
				t.Logf("seed %d", seed)
			}
		})

		if t.Failed() {
			return
		}
	}
}

// cacheModel is a cache of one key, and what is known of it without looking inside.
type cacheModel struct {
	*testing.T

	cache    *cache[string, *issued]
	lifetime time.Duration
	group    sync.WaitGroup

	mu          sync.Mutex
	random      *rand.Rand
	inFlight    int
	number      int
	permanentAt time.Time
	// failures are when fetches failed by themselves, and invalid are the values that have been invalidated.
	failures map[error]time.Time
	invalid  map[*issued]time.Time
	returned []*issued
	newest   *issued
}

func newCacheModel(t *testing.T, seed uint64) *cacheModel {
	t.Helper()

	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // A test is repeatable.
	i := &issuer{lifetime: time.Duration(10+random.IntN(100)) * time.Second}
	i.refreshAfter = i.lifetime * 4 / 5

	return &cacheModel{
		T: t, cache: i.newCache(), lifetime: i.lifetime, random: random,
		failures: map[error]time.Time{}, invalid: map[*issued]time.Time{},
	}
}

func (m *cacheModel) run() {
	for range 60 {
		m.sleep(8 * time.Second)

		if m.chance(10) {
			m.invalidate()
		} else {
			m.group.Go(m.call)
		}
	}

	m.group.Wait()
	time.Sleep(refreshTimeout + time.Second)

	m.mu.Lock()
	defer m.mu.Unlock()

	if m.inFlight != 0 {
		m.Errorf("%d fetches go on without a call", m.inFlight)
	}
}

func (m *cacheModel) int64N(n int64) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()

	return m.random.Int64N(n)
}

func (m *cacheModel) chance(percent int) bool { return m.int64N(100) < int64(percent) }

func (m *cacheModel) sleep(most time.Duration) { time.Sleep(time.Duration(m.int64N(int64(most)))) }

func (m *cacheModel) invalidate() {
	m.mu.Lock()
	defer m.mu.Unlock()

	if len(m.returned) > 0 {
		value := m.returned[m.random.IntN(len(m.returned))]
		m.cache.invalidate(value)
		m.invalid[value] = time.Now()
	}
}

// call makes one call of get and judges what it returns.
func (m *cacheModel) call() {
	ctx := m.Context()
	end := time.Time{}

	if m.chance(70) {
		end = time.Now().Add(time.Duration(1 + m.int64N(int64(30*time.Second))))

		var cancel context.CancelFunc
		if m.chance(50) {
			ctx, cancel = context.WithDeadline(ctx, end)
		} else {
			ctx, cancel = context.WithCancel(ctx)
			time.AfterFunc(time.Until(end), cancel)
		}
		defer cancel()
	}

	start := time.Now()
	value, err := m.cache.get(ctx, "a", m.fetch)

	m.mu.Lock()
	defer m.mu.Unlock()

	now := time.Now()
	if !end.IsZero() && now.After(end) {
		m.Errorf("a call that ends at %s returned at %s", end, now)
	}

	if err != nil && m.isCached(start, now) {
		m.Errorf("a call was given %v although a valid value was cached", err)
	}

	var wait *transport.WaitError

	switch deadline, bounded := ctx.Deadline(); {
	case err == nil:
		m.judge(value, start, now)
	case errors.Is(err, errPermanent):
		if m.permanentAt.IsZero() {
			m.Error("a call was given a permanent error that no fetch had")
		}
	case ctx.Err() != nil:
	case errors.As(err, &wait):
		if !bounded || deadline.Sub(m.failures[err]) > wait.Wait {
			m.Errorf("a call was given the wait of %s, for which it has the time", wait.Wait)
		}
	case m.failures[err].Before(start):
		m.Errorf("a call was given %v, the error of a fetch that it did not wait for", err)
	}
}

// isCached reports whether there was a valid value all the time from start to end.
func (m *cacheModel) isCached(start, end time.Time) bool {
	v := m.newest
	if v == nil {
		return false
	}

	_, isInvalid := m.invalid[v]

	return !isInvalid && v.at.Before(start) && end.Before(v.at.Add(m.lifetime))
}

// judge checks a value that a call of get returned which began at start.
func (m *cacheModel) judge(value *issued, start, now time.Time) {
	m.returned = append(m.returned, value)

	if now.After(value.at) && !now.Before(value.at.Add(m.lifetime)) {
		m.Errorf("a value issued at %s was returned at %s, after it had expired", value.at, now)
	}

	if at, ok := m.invalid[value]; ok && at.Before(start) {
		m.Errorf("a value was returned at %s although it was invalidated at %s", now, at)
	}

	if now.After(start) && value.at.Before(start) {
		m.Errorf("a call waited from %s to %s for a value that was issued at %s", start, now, value.at)
	}
}

func (m *cacheModel) fetch(ctx context.Context) (*issued, error) {
	m.mu.Lock()

	if !m.permanentAt.IsZero() {
		m.Errorf("a fetch at %s after a permanent error at %s", time.Now(), m.permanentAt)
	}

	m.inFlight++
	if m.inFlight > 1 {
		m.Errorf("%d fetches in flight", m.inFlight)
	}

	latency, outcome := time.Duration(m.random.Int64N(int64(12*time.Second))), m.random.IntN(100)
	if outcome < 10 {
		latency = time.Hour
	}

	m.mu.Unlock()

	defer func() {
		m.mu.Lock()
		m.inFlight--
		m.mu.Unlock()
	}()

	select {
	case <-time.After(latency):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}

	m.mu.Lock()
	defer m.mu.Unlock()

	var err error

	switch {
	case outcome < 30:
		err = &transport.Error{Status: 500}
	case outcome < 40:
		if deadline, ok := ctx.Deadline(); ok {
			err = &transport.WaitError{Wait: time.Until(deadline) + 1, Err: errors.New("503")}
		}
	case outcome == 99:
		err = errPermanent
		// The error of a refresh is dropped.
		if !m.isCached(time.Now(), time.Now()) {
			m.permanentAt = time.Now()
		}
	}

	if err != nil {
		m.failures[err] = time.Now()

		return nil, err
	}

	m.number++
	m.newest = &issued{number: m.number, at: time.Now()}

	return m.newest, nil
}
