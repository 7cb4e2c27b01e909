// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/transport"
)

// initialWindow is how many requests are in flight at most to a host that has answered none, and maxWindow how many at all.
const (
	initialWindow = 10
	maxWindow     = 64
)

// readAll sends n requests at once, each of them times over, and waits for the responses. All must succeed.
func readAll(t *testing.T, client *transport.Client, n, times int) {
	t.Helper()

	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			for range times {
				if err := get(t.Context(), t, client, fmt.Sprintf("https://dcs.example.com/%d", i)); err != nil {
					t.Error(err)
				}
			}
		})
	}

	wg.Wait()
}

// rateLimitedHost accepts a number of requests in a second, and answers the others with 429.
type rateLimitedHost struct {
	perSecond int
	// bucket refills evenly. Otherwise the count starts again with each second.
	bucket  bool
	latency time.Duration
	header  []string

	mu      sync.Mutex
	counted time.Time
	room    float64
	// refused counts the requests that were refused, by path.
	refused map[string]int
	// throttledAt is when a request was refused last, and early counts the requests sent within the second after it.
	throttledAt time.Time
	early       int
}

const throttled = `{"error_code":"APIGW.0308","error_msg":"The throttling threshold has been reached%s"}`

func (h *rateLimitedHost) RoundTrip(req *http.Request) (*http.Response, error) {
	h.countEarly()
	time.Sleep(h.latency / 2)

	accepted := h.accept(req.URL.Path)

	time.Sleep(h.latency / 2)

	if accepted {
		return response(200, "{}"), nil
	}

	h.mu.Lock()
	defer h.mu.Unlock()

	h.throttledAt = time.Now()

	return response(429, fmt.Sprintf(throttled, ""), h.header...), nil
}

func (h *rateLimitedHost) countEarly() {
	h.mu.Lock()
	defer h.mu.Unlock()

	// A request that is sent at the very instant of a 429 may precede it.
	if now := time.Now(); now.After(h.throttledAt) && now.Before(h.throttledAt.Add(time.Second)) {
		h.early++
	}
}

func (h *rateLimitedHost) accept(path string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()

	now := time.Now()

	switch full := float64(h.perSecond); {
	case h.counted.IsZero():
		h.counted, h.room = now, full
	case h.bucket:
		h.room = min(full, h.room+full*now.Sub(h.counted).Seconds())
		h.counted = now
	case now.Sub(h.counted) >= time.Second:
		h.counted, h.room = h.counted.Add(now.Sub(h.counted).Truncate(time.Second)), full
	}

	if h.room < 0.999 {
		h.refused[path]++

		return false
	}

	h.room--

	return true
}

// refusals returns how many requests were refused in all, and at most of one path.
func (h *rateLimitedHost) refusals() (all, most int) {
	for _, n := range h.refused {
		all += n
		most = max(most, n)
	}

	return all, most
}

// TestThrottling_sixtyRequestsAtFiveASecond is the promise that throttling is shared: all succeed in little more than
// the time that the limit takes, twelve seconds, with one refused request for each on average.
func TestThrottling_sixtyRequestsAtFiveASecond(t *testing.T) {
	t.Parallel()

	const requests = 60

	for _, bucket := range []bool{false, true} {
		for _, latency := range []time.Duration{0, 5 * time.Millisecond, 50 * time.Millisecond} {
			for _, retryAfter := range []bool{true, false} {
				t.Run(fmt.Sprintf("bucket %t, latency %s, Retry-After %t", bucket, latency, retryAfter), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						host := &rateLimitedHost{perSecond: 5, bucket: bucket, latency: latency, refused: make(map[string]int)}
						// Without Retry-After the pause has a jitter of one half.
						within := 20 * time.Second
						if retryAfter {
							host.header, within = []string{"Retry-After", "1"}, 15*time.Second
						}

						start := time.Now()

						readAll(t, newClient(t, transport.Config{RoundTripper: roundTripper(host.RoundTrip)}), requests, 1)

						took := time.Since(start)
						all, most := host.refusals()
						t.Logf("took %s, %d refused, one of them %d times", took, all, most)

						if took > within || all > requests {
							t.Errorf("took %s, want at most %s; %d refused, want at most %d", took, within, all, requests)
						}

						if retryAfter && host.early > 0 {
							t.Errorf("%d requests were sent during a pause", host.early)
						}
					})
				})
			}
		}
	}
}

// after returns a network that takes latency to answer as network does.
func after(latency time.Duration, network roundTripper) roundTripper {
	return func(req *http.Request) (*http.Response, error) {
		time.Sleep(latency)

		return network(req)
	}
}

// TestThrottling_lateRefusals has further 429s to requests that were sent before the first one: one before the pause of the
// first ends, and one long after it.
func TestThrottling_lateRefusals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refused, accepted := always(429, ""), always(200, "{}")
		network, at := timed(inTurn(
			after(10*time.Millisecond, refused), after(20*time.Millisecond, accepted), after(30*time.Millisecond, refused),
			after(10*time.Second, refused), accepted,
		))

		readAll(t, newClient(t, transport.Config{RoundTripper: network}), 4, 1)

		// Two wait for the pause that the first refusals ask for, and not for the last response; one for that of the last.
		if len(*at) != 7 || (*at)[4] < time.Second || (*at)[5] > 2*time.Second ||
			(*at)[6] < 11*time.Second || (*at)[6] > 12*time.Second {
			t.Errorf("requests after %s", *at)
		}
	})
}

// TestThrottling_longestRetryAfter has two requests in flight refused. The second refusal does not shorten the pause.
func TestThrottling_longestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network, at := timed(inTurn(
			after(time.Second, always(429, "", "Retry-After", "60")), after(2*time.Second, always(429, "", "Retry-After", "1")),
			always(200, "{}"),
		))

		readAll(t, newClient(t, transport.Config{RoundTripper: network}), 2, 1)

		if len(*at) != 4 || (*at)[2] != 61*time.Second {
			t.Errorf("requests after %s, want the third after 61s", *at)
		}
	})
}

// TestThrottling_lateSuccesses has successful responses to requests that were sent before a 429. They say nothing of the host
// after it: the window stays at one, and a second 429 in a row pauses the host for twice as long.
func TestThrottling_lateSuccesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refused, accepted := always(429, ""), always(200, "{}")
		late := after(20*time.Millisecond, accepted)
		network, at := timed(inTurn(after(10*time.Millisecond, refused), late, late, late, late, refused, accepted))
		client := newClient(t, transport.Config{RoundTripper: network})

		var wg sync.WaitGroup

		wg.Go(func() { readAll(t, client, 5, 1) })
		time.Sleep(100 * time.Millisecond)
		wg.Go(func() { readAll(t, client, 2, 1) })
		wg.Wait()

		if len(*at) != 9 || (*at)[5] < time.Second || (*at)[6] < (*at)[5]+2*time.Second {
			t.Errorf("requests after %s, want one after a second and the others two seconds later", *at)
		}
	})
}

func TestThrottling_pauseCoversTheWindowThatTheMessageNames(t *testing.T) {
	t.Parallel()

	for window, length := range map[string]time.Duration{
		",limit:200,time:1 second":   time.Second,
		",limit:200,time:1 minute":   time.Minute,
		",limit:200, time: 5 minute": 5 * time.Minute,
		",limit:200,time:5minute":    5 * time.Minute,
		",limit:200,time:1 hour":     time.Hour,
		",limit:200,time:1 day":      24 * time.Hour,
	} {
		t.Run(window, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				network, at := timed(func(*http.Request) (*http.Response, error) {
					if time.Since(start) < length-time.Second {
						return response(429, fmt.Sprintf(throttled, window)), nil
					}

					return response(200, "{}"), nil
				})

				if err := get(t.Context(), t, newClient(t, transport.Config{MaxRetries: 5, RoundTripper: network}), service); err != nil {
					t.Error(err)
				}

				// Each pause is twice as long as the one before, so that five cover the window.
				first := max(time.Second, length/31)
				if len(*at) > 6 || len(*at) > 1 && ((*at)[1] < first || (*at)[1] > first*3/2) {
					t.Errorf("requests after %s, want six at most, the second after %s, up to half as long again", *at, first)
				}
			})
		})
	}
}

func TestThrottling_pausesGrowWhileNothingPasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network, at := timed(always(429, ""))

		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()

		var wait *transport.WaitError
		if err := get(ctx, t, newClient(t, transport.Config{RoundTripper: network}), service); !errors.As(err, &wait) {
			t.Fatalf("got %v, want a WaitError", err)
		}

		longer := 0

		for n := 1; n < len(*at); n++ {
			pause, want := (*at)[n]-(*at)[n-1], min(time.Second<<(n-1), 2*time.Minute)
			if pause < want || pause > want*3/2 {
				t.Errorf("pause %d is %s, want %s, up to half as long again", n, pause, want)
			}

			if pause > want {
				longer++
			}
		}

		if longer < 10 {
			t.Errorf("%d of %d pauses are longer than the shortest: there is no jitter", longer, len(*at)-1)
		}
	})
}

func TestThrottling_ofOneHostDoesNotAffectOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		busy := inTurn(always(429, "", "Retry-After", "60"), always(200, "{}"))
		client := newClient(t, transport.Config{RoundTripper: roundTripper(func(req *http.Request) (*http.Response, error) {
			if strings.EqualFold(req.URL.Host, "busy.example.com") {
				return busy(req)
			}

			return response(200, "{}"), nil
		})})
		start := time.Now()

		var wg sync.WaitGroup

		send := func(url string, want time.Duration) {
			wg.Go(func() {
				if err := get(t.Context(), t, client, url); err != nil || time.Since(start) != want {
					t.Errorf("%s: got %v after %s, want a success after %s", url, err, time.Since(start), want)
				}
			})
			synctest.Wait()
		}

		send("https://busy.example.com/", time.Minute)

		for _, other := range []string{"https://free.example.com/", "https://busy.example.com:8443/", "http://busy.example.com/"} {
			send(other, 0)
		}

		// Host names are not case-sensitive.
		send("https://BUSY.example.com/", time.Minute)
		wg.Wait()
	})
}

// TestThrottling_deadlineBeforeTheEndOfThePause has requests wait when the pause begins, and some arrive during it.
func TestThrottling_deadlineBeforeTheEndOfThePause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64

		client := newClient(t, transport.Config{MaxRetries: 5, RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
			if sent.Add(1) > initialWindow {
				return response(200, "{}"), nil
			}

			time.Sleep(time.Second)

			return response(429, "", "Retry-After", "60"), nil
		})})
		start := time.Now()

		var wg sync.WaitGroup

		send := func(deadline, ends time.Duration, tooLong bool) {
			wg.Go(func() {
				ctx, cancel := context.WithDeadline(t.Context(), start.Add(deadline))
				defer cancel()

				err := get(ctx, t, client, service)

				var wait *transport.WaitError
				if errors.As(err, &wait) != tooLong || (err != nil) != tooLong || time.Since(start) != ends {
					t.Errorf("deadline %s: got %v after %s, want a WaitError: %t, after %s",
						deadline, err, time.Since(start), tooLong, ends)
				}

				if tooLong && wait != nil && wait.Wait > time.Minute {
					t.Errorf("deadline %s: the wait is %s", deadline, wait.Wait)
				}
			})
			synctest.Wait()
		}

		// These fill the window.
		for range initialWindow {
			send(time.Hour, 61*time.Second, false)
		}

		send(30*time.Second, time.Second, true)
		send(90*time.Second, 61*time.Second, false)
		time.Sleep(10 * time.Second)
		send(60*time.Second, 10*time.Second, true)
		send(70*time.Second, 61*time.Second, false)

		wg.Wait()
	})
}

// movingContext has a deadline that moves, as that of a fetch does for which several reads wait.
type movingContext struct {
	context.Context

	deadline atomic.Pointer[time.Time]
}

func (c *movingContext) Deadline() (time.Time, bool) { return *c.deadline.Load(), true }

// TestThrottling_deadlineThatMoves has the deadline of queued requests move before a pause begins.
func TestThrottling_deadlineThatMoves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64

		client := newClient(t, transport.Config{RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
			if sent.Add(1) > initialWindow {
				return response(200, "{}"), nil
			}

			time.Sleep(2 * time.Second)

			return response(429, "", "Retry-After", "10"), nil
		})})

		ctx := &movingContext{Context: t.Context()}
		early, late := time.Now().Add(5*time.Second), time.Now().Add(time.Minute)
		ctx.deadline.Store(&early)

		var wg sync.WaitGroup

		// All but two of them fill the window, and these wait in the queue.
		for range initialWindow + 2 {
			wg.Go(func() {
				if err := get(ctx, t, client, service); err != nil {
					t.Errorf("%v, although the deadline was moved before the pause began", err)
				}
			})
		}

		time.Sleep(time.Second)
		ctx.deadline.Store(&late)
		wg.Wait()
	})
}

// TestThrottling_pauseThatOutlastsAll has requests wait for their turn when a pause begins that outlasts every deadline.
func TestThrottling_pauseThatOutlastsAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()

		client := newClient(t, transport.Config{RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Second)

			return response(429, "", "Retry-After", "600"), nil
		})})
		start := time.Now()

		var wg sync.WaitGroup

		for range 2 * initialWindow {
			wg.Go(func() {
				var wait *transport.WaitError
				if err := get(ctx, t, client, service); !errors.As(err, &wait) || time.Since(start) != time.Second {
					t.Errorf("got %v after %s, want a WaitError after a second", err, time.Since(start))
				}
			})
		}

		wg.Wait()
	})
}

// TestThrottling_refusalOfAnInterruptedRead interrupts a request in the body of a 429. The pause holds for the next request, whose
// error is the 429 and not the interrupt.
func TestThrottling_refusalOfAnInterruptedRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, transport.Config{RoundTripper: roundTripper(func(req *http.Request) (*http.Response, error) {
			resp := response(429, "", "Retry-After", "60")
			resp.Body = readCloser{func([]byte) (int, error) {
				<-req.Context().Done()

				return 0, context.Cause(req.Context())
			}}

			return resp, nil
		})})

		ctx, cancel := context.WithCancelCause(t.Context())

		time.AfterFunc(time.Second, func() { cancel(errInterrupt) })

		if err := get(ctx, t, client, service); !errors.Is(err, errInterrupt) {
			t.Errorf("got %v, want the interrupt", err)
		}

		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()

		var refused *transport.Error
		if err := get(ctx, t, client, service); !errors.As(err, &refused) || errors.Is(err, errInterrupt) {
			t.Errorf("got %v, want the 429", err)
		}
	})
}

// paths records the paths of requests, in order.
type paths struct {
	mu   sync.Mutex
	sent []string
}

func (p *paths) add(req *http.Request) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()

	p.sent = append(p.sent, req.URL.Path)

	return len(p.sent)
}

// TestLimiter_order sends requests one after the other. They are sent in the order of their arrival, and those that are sent
// again after a 429 precede those that arrived later.
func TestLimiter_order(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		requests int
		// respond answers the nth request. A 500 does not let the window grow.
		respond func(n int) *http.Response
		// before is how many requests are sent before those whose order is checked.
		before int
	}{
		// Different durations: places become free one by one.
		"waiting": {40, func(n int) *http.Response {
			time.Sleep(time.Duration(n) * time.Second)

			return response(500, "")
		}, 0},
		"throttled": {initialWindow + 5, func(n int) *http.Response {
			time.Sleep(time.Second)

			if n <= initialWindow {
				return response(429, "", "Retry-After", "60")
			}

			return response(500, "")
		}, initialWindow},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var (
					got  paths
					wg   sync.WaitGroup
					want []string
				)

				client := newClient(t, transport.Config{RoundTripper: roundTripper(func(req *http.Request) (*http.Response, error) {
					return test.respond(got.add(req)), nil
				})})

				for n := range test.requests {
					path := fmt.Sprintf("/%02d", n)
					want = append(want, path)

					wg.Go(func() { _ = get(t.Context(), t, client, "https://dcs.example.com"+path) })
					time.Sleep(time.Millisecond)
				}

				wg.Wait()

				if diff := cmp.Diff(want, got.sent[test.before:]); diff != "" {
					t.Errorf("order (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestLimiter_interruptAtAdmission interrupts a request at the instant at which it may be sent. The next one takes its place.
func TestLimiter_interruptAtAdmission(t *testing.T) {
	t.Parallel()

	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			var sent atomic.Int64

			interrupted, interrupt := context.WithCancel(t.Context())
			client := newClient(t, transport.Config{RoundTripper: roundTripper(func(req *http.Request) (*http.Response, error) {
				switch sent.Add(1) {
				case 1:
					time.Sleep(time.Second)
					interrupt() // The response gives its place to the request that is interrupted.

					return response(500, ""), nil
				case 2, 3, 4, 5, 6, 7, 8, 9, 10:
					time.Sleep(time.Hour)
				}

				return response(200, "{}"), req.Context().Err()
			})})

			var wg sync.WaitGroup

			send := func(ctx context.Context) {
				wg.Go(func() { _ = get(ctx, t, client, service) })
				synctest.Wait()
			}

			for range initialWindow {
				send(t.Context())
			}

			send(interrupted)

			next, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()

			if err := get(next, t, client, service); err != nil {
				t.Errorf("got %v, want the place of the interrupted request", err)
			}

			wg.Wait()
		})
	}
}

// gate is an [transport.Authorizer] that permits one request at a time. It is its own [transport.Attempt].
type gate chan struct{}

func (g gate) Acquire(ctx context.Context, _ string) (transport.Attempt, error) {
	select {
	case g <- struct{}{}:
		return g, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (gate) Begin() error { return nil }

func (gate) Revoked() <-chan struct{} { return nil }

func (g gate) Done(outcome transport.Outcome) error {
	<-g

	return outcome.Err
}

// TestInterrupt_sendsNothingMore interrupts all requests, in flight and waiting, one after the other. Those in flight must not make
// room for those that are interrupted last.
func TestInterrupt_sendsNothingMore(t *testing.T) {
	t.Parallel()

	networks := map[string]roundTripper{
		"before the headers": silent, "in a body": stuckBody(200), "in an error's body": stuckBody(503), "in a refusal's body": stuckBody(429),
	}

	for name, network := range networks {
		for waitsFor, want := range map[string]int64{"limiter": initialWindow, "gate": 1} {
			t.Run(name+", waiting for the "+waitsFor, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var (
						sent       atomic.Int64
						interrupts []context.CancelFunc
						reads      sync.WaitGroup
					)

					client := newClient(t, transport.Config{RoundTripper: roundTripper(func(req *http.Request) (*http.Response, error) {
						sent.Add(1)

						return network(req)
					})})
					request := transport.Request{Method: http.MethodGet, URL: mustURL(t, service), Decode: decodeJSON}

					if waitsFor == "gate" {
						request.Auth = make(gate, 1)
					}

					for range 3 * initialWindow {
						ctx, interrupt := context.WithCancel(t.Context())
						interrupts = append(interrupts, interrupt)

						reads.Go(func() { _ = client.Do(ctx, request) })
						synctest.Wait()
					}

					for _, interrupt := range interrupts {
						interrupt()
						synctest.Wait()
					}

					reads.Wait()
					time.Sleep(time.Minute)

					if got := sent.Load(); got != want {
						t.Errorf("%d requests were sent, want %d", got, want)
					}
				})
			})
		}
	}
}

// flight counts the requests in flight.
type flight struct {
	mu        sync.Mutex
	now, most int
	sent      int
}

func (f *flight) enter() (sent int) {
	f.mu.Lock()
	defer f.mu.Unlock()

	f.now++
	f.sent++
	f.most = max(f.most, f.now)

	return f.sent
}

func (f *flight) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()

	f.now--
}

func (f *flight) current() int {
	f.mu.Lock()
	defer f.mu.Unlock()

	return f.now
}

// peak returns how many requests were in flight at most since the last call.
func (f *flight) peak() int {
	f.mu.Lock()
	defer f.mu.Unlock()

	most := f.most
	f.most = f.now

	return most
}

func TestLimiter_growsAsRequestsSucceed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const latency = 50 * time.Millisecond

		var host flight

		client := newClient(t, transport.Config{MaxRetries: 5, RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
			sent := host.enter()
			defer host.leave()

			time.Sleep(latency)

			if sent == 2001 {
				return response(429, "", "Retry-After", "10"), nil
			}

			return response(200, "{}"), nil
		})})

		var wg sync.WaitGroup

		wg.Go(func() { readAll(t, client, 100, 20) })
		synctest.Wait()

		if got := host.peak(); got != initialWindow {
			t.Errorf("%d requests at once to a host that has not answered, want %d", got, initialWindow)
		}

		wg.Wait()

		if got := host.peak(); got != maxWindow {
			t.Errorf("%d requests at once to a host that answers them all, want %d", got, maxWindow)
		}

		readAll(t, client, 1, 1) // This one is refused.
		host.peak()

		wg.Go(func() { readAll(t, client, 100, 20) })
		time.Sleep(latency / 2)

		if got := host.peak(); got != 2 {
			t.Errorf("%d requests at once after the first success, want 2", got)
		}

		wg.Wait()

		if got := host.peak(); got != maxWindow {
			t.Errorf("%d requests at once after many successes, want %d", got, maxWindow)
		}
	})
}

// TestLimiter_growsSlowlyAboveHalfOfTheWindow has a 429 end a window of ten. The next one doubles with each round trip up to
// five, and then grows by one.
func TestLimiter_growsSlowlyAboveHalfOfTheWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var (
			host flight
			wg   sync.WaitGroup
			got  []int
		)

		client := newClient(t, transport.Config{RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
			sent := host.enter()
			defer host.leave()

			if sent == 1 {
				return response(429, "", "Retry-After", "10"), nil
			}

			time.Sleep(time.Second)

			return response(200, "{}"), nil
		})})

		wg.Go(func() { readAll(t, client, 1, 1) })
		synctest.Wait()
		wg.Go(func() { readAll(t, client, 99, 1) })
		time.Sleep(10*time.Second + time.Second/2)

		for range 7 {
			got = append(got, host.current())

			time.Sleep(time.Second)
		}

		wg.Wait()

		if diff := cmp.Diff([]int{1, 2, 4, 5, 6, 7, 8}, got); diff != "" {
			t.Errorf("requests at once, second by second (-want +got):\n%s", diff)
		}
	})
}

// TestLimiter_growsAsRequestsAreAnswered has a host process all requests, and answer 404.
func TestLimiter_growsAsRequestsAreAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var (
			host flight
			wg   sync.WaitGroup
		)

		client := newClient(t, transport.Config{MaxRetries: 5, RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
			sent := host.enter()
			defer host.leave()

			time.Sleep(time.Second)

			if sent == 1 {
				return response(429, "", "Retry-After", "1"), nil
			}

			return response(404, ""), nil
		})})

		for range 200 {
			wg.Go(func() { _ = get(t.Context(), t, client, service) })
		}

		time.Sleep(1500 * time.Millisecond) // Into the pause.
		host.peak()
		wg.Wait()

		if got := host.peak(); got < initialWindow {
			t.Errorf("%d requests at once at most to a host that answers 404, want %d and more", got, initialWindow)
		}
	})
}

// TestLimiter_leaksNothing runs many requests that are interrupted, time out, fail and are throttled at random. Afterwards the window
// grows to its full size: no place in it is lost, and none is there twice.
func TestLimiter_leaksNothing(t *testing.T) {
	t.Parallel()

	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var (
					mu   sync.Mutex
					host flight
					calm atomic.Bool
				)

				random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // It must be the same in each run.
				pick := func(n int64) int64 {
					mu.Lock()
					defer mu.Unlock()

					return random.Int64N(n)
				}
				during := func(most time.Duration) time.Duration { return time.Duration(pick(int64(most))) }

				network := roundTripper(func(req *http.Request) (*http.Response, error) {
					host.enter()
					defer host.leave()

					select {
					case <-time.After(during(2 * time.Second)):
					case <-req.Context().Done():
						return nil, context.Cause(req.Context())
					}

					switch n := pick(10); {
					case calm.Load(), n > 4:
						return response(200, "{}"), nil
					case n == 0:
						return response(429, "", "Retry-After", strconv.FormatInt(pick(5), 10)), nil
					case n == 1:
						return response(429, ""), nil
					case n == 2:
						return response(503, ""), nil
					case n == 3:
						return nil, errReset
					default:
						return response(404, ""), nil
					}
				})
				client := newClient(t, transport.Config{MaxRetries: 3, RoundTripper: network})

				var (
					wg    sync.WaitGroup
					auths [200]authorizer
				)

				for i := range auths {
					wg.Go(func() {
						time.Sleep(during(20 * time.Second))

						ctx, cancel := context.WithTimeout(t.Context(), during(30*time.Second))
						defer cancel()

						if pick(3) == 0 {
							time.AfterFunc(during(10*time.Second), cancel)
						}

						_ = client.Do(ctx, transport.Request{
							Method: http.MethodGet, URL: mustURL(t, service), Auth: &auths[i], Decode: decodeJSON,
						})
					})
				}

				wg.Wait()
				time.Sleep(time.Second)
				synctest.Wait()

				for i := range auths {
					if auth := &auths[i]; auth.begun != len(auth.outcomes) {
						t.Errorf("%d attempts begun, %d done", auth.begun, len(auth.outcomes))
					}
				}

				if got := host.current(); got != 0 {
					t.Errorf("%d requests are in flight", got)
				}

				calm.Store(true)
				host.peak()
				readAll(t, client, 100, 30)

				if got := host.peak(); got != maxWindow {
					t.Errorf("%d requests at once to a host that answers them all, want %d", got, maxWindow)
				}
			})
		})
	}
}
