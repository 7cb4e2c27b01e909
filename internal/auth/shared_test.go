// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/transport"
)

// errand is something that takes a while to get, and may fail.
type errand struct {
	takes time.Duration
	fail  func(n int) error
	runs  atomic.Int64
	ended atomic.Int64
}

func (e *errand) run(ctx context.Context) (int, error) {
	n := int(e.runs.Add(1))

	defer e.ended.Add(1)

	select {
	case <-time.After(e.takes):
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}

	if e.fail != nil {
		if err := e.fail(n); err != nil {
			return 0, err
		}
	}

	return n, nil
}

func newShared() *shared[string, int] {
	return &shared[string, int]{fresh: func(int) bool { return true }}
}

func TestShared_onceHoweverManyWait(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		e := &errand{takes: time.Second}

		var group sync.WaitGroup

		for range 100 {
			group.Go(func() {
				if got, err := s.get(t.Context(), "a", e.run); got != 1 || err != nil {
					t.Errorf("got %d, %v", got, err)
				}
			})
		}

		group.Wait()

		if got, err := s.get(t.Context(), "a", e.run); got != 1 || err != nil {
			t.Errorf("later: got %d, %v", got, err)
		}

		if got := e.runs.Load(); got != 1 {
			t.Errorf("%d errands, want 1", got)
		}

		if got, err := s.get(t.Context(), "b", e.run); got != 2 || err != nil {
			t.Errorf("another key: got %d, %v", got, err)
		}
	})
}

func TestShared_interruptOfTheFirstIsNotThatOfTheOthers(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		e := &errand{takes: 10 * time.Second}
		interrupt := errors.New("interrupted")

		first, cancel := context.WithCancelCause(t.Context())

		var group sync.WaitGroup

		group.Go(func() {
			start := time.Now()
			if _, err := s.get(first, "a", e.run); !errors.Is(err, interrupt) || time.Since(start) != time.Second {
				t.Errorf("the first: %v after %s, want the interrupt after 1s", err, time.Since(start))
			}
		})
		synctest.Wait()

		for range 10 {
			group.Go(func() {
				if got, err := s.get(t.Context(), "a", e.run); got != 1 || err != nil {
					t.Errorf("another: got %d, %v", got, err)
				}
			})
		}

		time.Sleep(time.Second)
		cancel(interrupt)
		group.Wait()

		if got := e.runs.Load(); got != 1 {
			t.Errorf("%d errands, want 1", got)
		}
	})
}

func TestShared_lastToLeaveEndsTheErrand(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		e := &errand{takes: time.Hour}
		ctx, cancel := context.WithCancel(t.Context())

		var group sync.WaitGroup

		for range 3 {
			group.Go(func() {
				if _, err := s.get(ctx, "a", e.run); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v, want the interrupt", err)
				}
			})
		}

		synctest.Wait()
		cancel()
		group.Wait()
		synctest.Wait()

		if runs, ended := e.runs.Load(), e.ended.Load(); runs != 1 || ended != 1 {
			t.Errorf("%d errands, of which %d ended, want 1 and 1", runs, ended)
		}

		e.takes = time.Second
		if got, err := s.get(t.Context(), "a", e.run); got != 2 || err != nil {
			t.Errorf("a later call: got %d, %v; want an errand of its own", got, err)
		}
	})
}

func TestShared_deadlineOfTheFirstIsNotThatOfTheOthers(t *testing.T) {
	t.Parallel()

	tests := map[string]func(context.Context) error{
		"the deadline itself":          nil,
		"a wait that would outlast it": func(context.Context) error { return &transport.WaitError{Wait: time.Minute, Err: errors.New("503")} },
		"an errand that wraps the wait": func(context.Context) error {
			return errors.Join(errors.New("assuming"), &transport.WaitError{Err: errors.New("503")})
		},
	}

	for name, fail := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newShared()
				e := &errand{takes: 10 * time.Second}
				run := func(ctx context.Context) (int, error) {
					if deadline, ok := ctx.Deadline(); fail != nil && ok && time.Until(deadline) < e.takes {
						e.runs.Add(1)
						time.Sleep(100 * time.Millisecond)

						return 0, fail(ctx)
					}

					return e.run(ctx)
				}

				short, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()

				long, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()

				var group sync.WaitGroup

				group.Go(func() {
					var wait *transport.WaitError
					if _, err := s.get(short, "a", run); !errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &wait) {
						t.Errorf("the first: %v, want the end of its time", err)
					}
				})

				synctest.Wait()

				for _, ctx := range []context.Context{long, long, t.Context()} {
					group.Go(func() {
						if got, err := s.get(ctx, "a", run); got == 0 || err != nil {
							t.Errorf("another: got %d, %v", got, err)
						}
					})
				}

				group.Wait()

				if got := e.runs.Load(); got > 3 {
					t.Errorf("%d errands, want two, or three where the longest deadline was not the second", got)
				}
			})
		})
	}
}

// Those that have no more time than the first have its error, and do not begin again.
func TestShared_sameDeadlineEndsTogether(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		e := &errand{takes: time.Hour}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		var group sync.WaitGroup

		for range 10 {
			group.Go(func() {
				if _, err := s.get(ctx, "a", e.run); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want the deadline", err)
				}
			})
		}

		group.Wait()

		if got := e.runs.Load(); got != 1 {
			t.Errorf("%d errands, want 1", got)
		}
	})
}

// A wait that nobody has the time for is everybody's answer, although there is time left.
func TestShared_waitBeyondEveryDeadline(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		e := &errand{takes: time.Second, fail: func(int) error {
			return &transport.WaitError{Wait: time.Hour, Err: errors.New("503")}
		}}

		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()

		var group sync.WaitGroup

		for range 10 {
			group.Go(func() {
				var wait *transport.WaitError
				if _, err := s.get(ctx, "a", e.run); !errors.As(err, &wait) {
					t.Errorf("got %v, want the wait", err)
				}
			})
		}

		group.Wait()

		if got := e.runs.Load(); got != 1 {
			t.Errorf("%d errands, want 1", got)
		}
	})
}

func TestShared_failures(t *testing.T) {
	t.Parallel()

	lasting, passing := errors.New("for good"), errors.New("for now")

	tests := map[string]struct {
		err      error
		wantRuns int64
	}{
		"lasting": {lasting, 1},
		"passing": {passing, 2},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newShared()
				s.lasting = func(err error) bool { return errors.Is(err, lasting) }
				e := &errand{takes: time.Second, fail: func(int) error { return tt.err }}

				var group sync.WaitGroup

				for range 10 {
					group.Go(func() {
						if _, err := s.get(t.Context(), "a", e.run); !errors.Is(err, tt.err) {
							t.Errorf("got %v, want %v", err, tt.err)
						}
					})
				}

				group.Wait()

				if got := e.runs.Load(); got != 1 {
					t.Errorf("%d errands for those that waited together, want 1", got)
				}

				_, _ = s.get(t.Context(), "a", e.run)

				if got := e.runs.Load(); got != tt.wantRuns {
					t.Errorf("%d errands after another call, want %d", got, tt.wantRuns)
				}
			})
		})
	}
}

func TestShared_staleValueIsReplacedOnce(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		var current atomic.Int64

		current.Store(1)

		s := &shared[string, int]{fresh: func(v int) bool { return v >= int(current.Load()) }}
		e := &errand{takes: time.Second}

		if got, err := s.get(t.Context(), "a", e.run); got != 1 || err != nil {
			t.Fatalf("got %d, %v", got, err)
		}

		current.Store(2)

		var group sync.WaitGroup

		for range 50 {
			group.Go(func() {
				if got, err := s.get(t.Context(), "a", e.run); got != 2 || err != nil {
					t.Errorf("got %d, %v; want the second", got, err)
				}
			})
		}

		group.Wait()
	})
}

func TestShared_putAndDrop(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		e := &errand{}

		s.put("a", 7)
		s.put("b", 7)
		s.put("c", 8)
		s.drop(func(v int) bool { return v == 7 })

		for key, want := range map[string]int{"a": 1, "c": 8} {
			if got, err := s.get(t.Context(), key, e.run); got != want || err != nil {
				t.Errorf("%s: got %d, %v; want %d", key, got, err, want)
			}
		}
	})
}

// A drop says that a value is stale, nothing about one that is on its way.
func TestShared_dropLeavesErrandsAlone(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		e := &errand{takes: time.Second}

		var group sync.WaitGroup

		group.Go(func() { _, _ = s.get(t.Context(), "a", e.run) })
		synctest.Wait()
		s.drop(func(int) bool { return true })
		group.Go(func() { _, _ = s.get(t.Context(), "a", e.run) })
		group.Wait()

		if got := e.runs.Load(); got != 1 {
			t.Errorf("%d errands, want 1", got)
		}
	})
}

// runningOut returns a shared value of which each lasts for an hour and is renewed from 50 minutes on, and what gets it.
// An errand takes a minute, and fails where its number is among failing.
func runningOut(failing ...int) (*shared[string, int], *errand) {
	var times sync.Map

	e := &errand{takes: time.Minute, fail: func(n int) error {
		times.Store(n, time.Now())

		if slices.Contains(failing, n) {
			return errors.New("failed")
		}

		return nil
	}}
	since := func(n int) time.Time {
		at, _ := times.Load(n)

		return at.(time.Time) //nolint:forcetypeassert // There is nothing else in it.
	}

	return &shared[string, int]{
		fresh:   func(n int) bool { return time.Since(since(n)) < time.Hour },
		renewal: func(n int) (from, until time.Time) { return since(n).Add(50 * time.Minute), since(n).Add(time.Hour) },
	}, e
}

func TestShared_isRenewedBesideItsUse(t *testing.T) {
	t.Parallel()

	type step struct {
		after time.Duration
		want  int
		takes time.Duration
	}

	tests := map[string]struct {
		failing []int
		steps   []step
		runs    int64
	}{
		"before it runs out": {
			steps: []step{{0, 1, time.Minute}, {49 * time.Minute, 1, 0}, {2 * time.Minute, 1, 0}, {30 * time.Second, 1, 0}, {time.Minute, 2, 0}},
			runs:  2,
		},
		"not while nobody uses it": {
			steps: []step{{0, 1, time.Minute}, {3 * time.Hour, 2, time.Minute}}, runs: 2,
		},
		"a renewal under way when it runs out": {
			steps: []step{{0, 1, time.Minute}, {59*time.Minute + 30*time.Second, 1, 0}, {40 * time.Second, 2, 20 * time.Second}}, runs: 2,
		},
		"a renewal that fails, tried again after half the time": {
			failing: []int{2},
			steps:   []step{{0, 1, time.Minute}, {51 * time.Minute, 1, 0}, {3 * time.Minute, 1, 0}, {3 * time.Minute, 1, 0}, {2 * time.Minute, 3, 0}},
			runs:    3,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s, e := runningOut(test.failing...)

				for i, step := range test.steps {
					time.Sleep(step.after)

					start := time.Now()
					if got, err := s.get(t.Context(), "a", e.run); got != step.want || err != nil || time.Since(start) != step.takes {
						t.Errorf("step %d: got %d and %v after %s, want %d after %s", i, got, err, time.Since(start), step.want, step.takes)
					}
				}

				if got := e.runs.Load(); got != test.runs {
					t.Errorf("%d errands, want %d", got, test.runs)
				}
			})
		})
	}
}

// A renewal goes on when what it renews is dropped, and when all have left that came to wait for it.
func TestShared_renewalIsNotGivenUp(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s, e := runningOut()

		get := func(ctx context.Context) int {
			got, _ := s.get(ctx, "a", e.run)

			return got
		}

		get(t.Context())
		time.Sleep(51 * time.Minute)
		get(t.Context())
		s.drop(func(int) bool { return true })

		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		if got := get(impatient); got != 0 {
			t.Errorf("got %d within a second, want nothing", got)
		}

		if got := get(t.Context()); got != 2 || e.runs.Load() != 2 {
			t.Errorf("got %d with %d errands, want 2 with 2", got, e.runs.Load())
		}
	})
}

func TestOutOfTime(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		err  error
		want bool
	}{
		"a deadline":                         {&transport.InterruptedError{Err: context.DeadlineExceeded}, true},
		"a wait beyond the deadline":         {&LoginError{Doing: "x", Err: &transport.WaitError{Err: errors.New("429")}}, true},
		"an interrupt":                       {context.Canceled, false},
		"a connection that took too long":    {&transport.ConnectionError{Err: context.DeadlineExceeded}, false},
		"something else":                     {errors.New("no"), false},
		"nothing, as the errand was in time": {nil, false},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if got := outOfTime(test.err); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}
