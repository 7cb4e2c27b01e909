// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

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
)

// throttlingHost accepts a number of requests in a second, and answers the others with 429.
type throttlingHost struct {
	perSecond int
	// bucket refills evenly. Otherwise the count starts again with each second.
	bucket  bool
	latency time.Duration
	header  []string
	message string

	mu      sync.Mutex
	counted time.Time
	room    float64
	// sent counts the attempts, refused those refused, by path.
	sent    int
	refused map[string]int
	// asked is when a pause was asked for last, early counts what was sent within the second after it.
	asked time.Time
	early int
}

const throttled = `{"error_code":"APIGW.0308","error_msg":"The throttling threshold has been reached%s"}`

func (l *throttlingHost) RoundTrip(req *http.Request) (*http.Response, error) {
	l.note()
	time.Sleep(l.latency / 2)

	passed := l.pass(req.URL.Path)

	time.Sleep(l.latency / 2)

	if passed {
		return answer(200, "{}"), nil
	}

	l.mu.Lock()
	defer l.mu.Unlock()

	l.asked = time.Now()

	return answer(429, fmt.Sprintf(throttled, l.message), l.header...), nil
}

func (l *throttlingHost) note() {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.sent++

	// What leaves at the very instant of an answer may not know of it yet.
	if now := time.Now(); now.After(l.asked) && now.Before(l.asked.Add(time.Second)) {
		l.early++
	}
}

func (l *throttlingHost) pass(path string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()

	now := time.Now()

	switch full := float64(l.perSecond); {
	case l.counted.IsZero():
		l.counted, l.room = now, full
	case l.bucket:
		l.room = min(full, l.room+full*now.Sub(l.counted).Seconds())
		l.counted = now
	case now.Sub(l.counted) >= time.Second:
		l.counted, l.room = l.counted.Add(now.Sub(l.counted).Truncate(time.Second)), full
	}

	if l.room < 0.999 {
		if l.refused == nil {
			l.refused = make(map[string]int)
		}

		l.refused[path]++

		return false
	}

	l.room--

	return true
}

// refusals returns how many attempts were refused in all, and at most of one request.
func (l *throttlingHost) refusals() (all, most int) {
	for _, n := range l.refused {
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
			for _, tells := range []bool{true, false} {
				t.Run(fmt.Sprintf("bucket %t, latency %s, Retry-After %t", bucket, latency, tells), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						gateway := &throttlingHost{perSecond: 5, bucket: bucket, latency: latency}
						// Without Retry-After the pause has a jitter of one half.
						within := 20 * time.Second
						if tells {
							gateway.header, within = []string{"Retry-After", "1"}, 15*time.Second
						}

						client := newClient(t, Config{RoundTripper: gateway})
						start := time.Now()

						var wg sync.WaitGroup
						for n := range requests {
							wg.Go(func() {
								if err := get(t.Context(), t, client, fmt.Sprintf("https://dcs.example.com/%d", n)); err != nil {
									t.Error(err)
								}
							})
						}

						wg.Wait()

						all, most := gateway.refusals()
						t.Logf("took %s, %d refused, one of them %d times", time.Since(start), all, most)

						if time.Since(start) > within || all > requests {
							t.Errorf("took %s, want at most %s; %d refused, want at most %d", time.Since(start), within, all, requests)
						}

						if tells && gateway.early > 0 {
							t.Errorf("%d requests were sent during a pause", gateway.early)
						}
					})
				})
			}
		}
	}
}

// TestThrottling_lateAnswers has a 429, the answers to what left with it, and another 429 from before the pause. That must
// neither end the pause nor count as its result.
func TestThrottling_lateAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		after := func(pause time.Duration, network roundTripper) roundTripper {
			return func(req *http.Request) (*http.Response, error) {
				time.Sleep(pause)

				return network(req)
			}
		}
		busy := always(429, "")

		network, at := timed(inTurn(
			after(10*time.Millisecond, busy), after(20*time.Millisecond, always(200, "{}")), after(30*time.Millisecond, busy),
			after(10*time.Second, busy), always(200, "{}"),
		))
		client := newClient(t, Config{MaxRetries: 5, RoundTripper: network})

		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := get(t.Context(), t, client, service); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}

		wg.Wait()

		// Two wait for the pause that the first refusals ask for, and not for the last answer; one for that of the last.
		if len(*at) != 7 || (*at)[4] < time.Second || (*at)[5] > 2*time.Second ||
			(*at)[6] < 11*time.Second || (*at)[6] > 12*time.Second {
			t.Errorf("attempts at %s", *at)
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
						return answer(429, fmt.Sprintf(throttled, window)), nil
					}

					return answer(200, "{}"), nil
				})

				if err := get(t.Context(), t, newClient(t, Config{MaxRetries: 5, RoundTripper: network}), service); err != nil {
					t.Error(err)
				}

				first := max(minPause, length/31)
				if len(*at) > 1 && ((*at)[1] < first || (*at)[1] > first*3/2) {
					t.Errorf("the first pause is %s, want %s, up to half as long again", (*at)[1], first)
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

		var wait *WaitError
		if err := get(ctx, t, newClient(t, Config{RoundTripper: network}), service); !errors.As(err, &wait) {
			t.Fatalf("got %v, want a WaitError", err)
		}

		longer := 0

		for n := 1; n < len(*at); n++ {
			pause, want := (*at)[n]-(*at)[n-1], min(minPause<<(n-1), maxPause)
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
		throttle := inTurn(always(429, "", "Retry-After", "60"), always(200, "{}"))
		client := newClient(t, Config{RoundTripper: roundTripper(func(req *http.Request) (*http.Response, error) {
			if strings.EqualFold(req.URL.Host, "busy.example.com") {
				return throttle(req)
			}

			return answer(200, "{}"), nil
		})})
		start := time.Now()

		var wg sync.WaitGroup

		ask := func(url string, want time.Duration) {
			wg.Go(func() {
				if err := get(t.Context(), t, client, url); err != nil || time.Since(start) != want {
					t.Errorf("%s: got %v after %s, want an answer after %s", url, err, time.Since(start), want)
				}
			})
			synctest.Wait()
		}

		ask("https://busy.example.com/", time.Minute)

		for _, other := range []string{"https://free.example.com/", "https://busy.example.com:8443/", "http://busy.example.net/"} {
			ask(other, 0)
		}

		// Host names are not case-sensitive.
		ask("https://BUSY.example.com/", time.Minute)
		wg.Wait()
	})
}

// TestThrottling_deadlineBeforeTheEndOfThePause has requests that wait when the pause begins, and some that come later.
func TestThrottling_deadlineBeforeTheEndOfThePause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64

		client := newClient(t, Config{MaxRetries: 5, RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
			if sent.Add(1) > initialWindow {
				return answer(200, "{}"), nil
			}

			time.Sleep(time.Second)

			return answer(429, "", "Retry-After", "60"), nil
		})})
		start := time.Now()

		var wg sync.WaitGroup

		ask := func(deadline, ends time.Duration, tooLong bool) {
			wg.Go(func() {
				ctx, cancel := context.WithDeadline(t.Context(), start.Add(deadline))
				defer cancel()

				err := get(ctx, t, client, service)

				var wait *WaitError
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
			ask(time.Hour, 61*time.Second, false)
		}

		ask(30*time.Second, time.Second, true)
		ask(90*time.Second, 61*time.Second, false)
		time.Sleep(10 * time.Second)
		ask(60*time.Second, 10*time.Second, true)
		ask(70*time.Second, 61*time.Second, false)

		wg.Wait()
	})
}

// movingContext has a deadline that moves, as that of a fetch does for which several reads wait.
type movingContext struct {
	context.Context

	deadline atomic.Pointer[time.Time]
}

func (c *movingContext) Deadline() (time.Time, bool) { return *c.deadline.Load(), true }

func TestThrottling_deadlineThatMoves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64

		client := newClient(t, Config{RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
			if sent.Add(1) > initialWindow {
				return answer(200, "{}"), nil
			}

			time.Sleep(2 * time.Second)

			return answer(429, "", "Retry-After", "10"), nil
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

// TestThrottling_pauseThatOutlastsAll has requests wait for their turn when a pause begins that no request can wait for.
func TestThrottling_pauseThatOutlastsAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()

		client := newClient(t, Config{RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Second)

			return answer(429, "", "Retry-After", "600"), nil
		})})
		start := time.Now()

		var wg sync.WaitGroup

		for range 2 * initialWindow {
			wg.Go(func() {
				var wait *WaitError
				if err := get(ctx, t, client, service); !errors.As(err, &wait) || time.Since(start) != time.Second {
					t.Errorf("got %v after %s, want a WaitError after a second", err, time.Since(start))
				}
			})
		}

		wg.Wait()
	})
}

// TestThrottling_refusalOfAnInterruptedRead is told to the others as the 429 that it is.
func TestThrottling_refusalOfAnInterruptedRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, Config{RoundTripper: roundTripper(func(req *http.Request) (*http.Response, error) {
			resp := answer(429, "", "Retry-After", "60")
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

		var answered *Error
		if err := get(ctx, t, client, service); !errors.As(err, &answered) || errors.Is(err, errInterrupt) {
			t.Errorf("got %v, want the answer of the other read", err)
		}
	})
}

// paths keeps what was asked for, in order.
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

func TestQueue_letsGoInOrderOfArrival(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked paths

		client := newClient(t, Config{RoundTripper: roundTripper(func(req *http.Request) (*http.Response, error) {
			// Different durations: the window opens for one at a time.
			time.Sleep(time.Duration(asked.add(req)) * time.Second)

			return answer(500, ""), nil // Which opens it no further.
		})})

		var (
			wg   sync.WaitGroup
			want []string
		)

		for n := range 40 {
			path := fmt.Sprintf("/%02d", n)
			want = append(want, path)

			wg.Go(func() { _ = get(t.Context(), t, client, "https://dcs.example.com"+path) })
			synctest.Wait()
		}

		wg.Wait()

		if diff := cmp.Diff(want, asked.sent); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

// TestQueue_throttledGoBeforeThoseThatCameLater has the place of a request kept while it is tried again.
func TestQueue_throttledGoBeforeThoseThatCameLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked paths

		client := newClient(t, Config{RoundTripper: roundTripper(func(req *http.Request) (*http.Response, error) {
			n := asked.add(req)

			time.Sleep(time.Second)

			if n <= initialWindow {
				return answer(429, "", "Retry-After", "60"), nil
			}

			return answer(500, ""), nil // Which opens the window no further.
		})})

		var (
			wg   sync.WaitGroup
			want []string
		)

		for n := range initialWindow + 5 {
			path := fmt.Sprintf("/%02d", n)
			want = append(want, path)

			wg.Go(func() { _ = get(t.Context(), t, client, "https://dcs.example.com"+path) })
			time.Sleep(time.Millisecond)
		}

		wg.Wait()

		if diff := cmp.Diff(want, asked.sent[initialWindow:]); diff != "" {
			t.Errorf("order after the pause (-want +got):\n%s", diff)
		}
	})
}

// TestQueue_leavingGivesBackWhatWasGiven has a request's turn come at the moment of its interrupt.
func TestQueue_leavingGivesBackWhatWasGiven(t *testing.T) {
	t.Parallel()

	host := newClient(t, Config{}).limiter(originOf(mustURL(t, service)))
	host.cwnd = 1

	var first, second ticket

	host.enqueue(t.Context(), &first)
	host.enqueue(t.Context(), &second)
	host.leave(&first)

	select {
	case err := <-second.ready:
		if err != nil {
			t.Error(err)
		}
	default:
		t.Error("the next request was not let go")
	}
}

// The requests that an interrupt ends make room for those in the queue, which it has ended as well.
func TestQueue_sendsNothingAfterAnInterrupt(t *testing.T) {
	t.Parallel()

	const requests = 3 * initialWindow

	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			var sent atomic.Int64

			client := newClient(t, Config{RoundTripper: roundTripper(func(req *http.Request) (*http.Response, error) {
				sent.Add(1)

				return silent(req)
			})})
			ctx, cancel := context.WithCancel(t.Context())

			var reads sync.WaitGroup
			for range requests {
				reads.Go(func() {
					// As each read has a deadline of its own, they do not end in the same instant.
					ctx, cancel := context.WithTimeout(ctx, time.Hour)
					defer cancel()

					_ = get(ctx, t, client, service)
				})
			}

			synctest.Wait()
			cancel()
			reads.Wait()

			if got := sent.Load(); got != initialWindow {
				t.Fatalf("%d requests were sent, want %d", got, initialWindow)
			}
		})
	}
}

// TestQueue_answersFromBeforeThePauseAreNoRecovery has successes arrive after the 429 that left with them.
func TestQueue_answersFromBeforeThePauseAreNoRecovery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		host := newClient(t, Config{}).limiter(originOf(mustURL(t, service)))
		refused := result{status: http.StatusTooManyRequests, err: errReset}

		var left [5]ticket
		for i := range left {
			host.enqueue(t.Context(), &left[i])
		}

		host.throttle(&left[0], refused)
		host.release(&left[0], false)

		for i := range left[1:] {
			host.release(&left[1+i], true)
		}

		time.Sleep(host.pause())

		var next [3]ticket

		letGo := 0

		for i := range next {
			host.enqueue(t.Context(), &next[i])
			letGo += len(next[i].ready)
		}

		if letGo != throttledWindow {
			t.Errorf("%d requests at once after the pause, want %d", letGo, throttledWindow)
		}

		host.throttle(&next[0], refused)

		if pause := host.pause(); pause < 2*minPause {
			t.Errorf("the second pause in a row is %s, want at least %s", pause, 2*minPause)
		}
	})
}

// busiest tells how many requests were under way at most, since it was last asked.
type busiest struct {
	mu        sync.Mutex
	now, most int
	sent      int
}

func (b *busiest) enter() (sent int) {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.now++
	b.sent++
	b.most = max(b.most, b.now)

	return b.sent
}

func (b *busiest) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.now--
}

func (b *busiest) current() int {
	b.mu.Lock()
	defer b.mu.Unlock()

	return b.now
}

func (b *busiest) since() int {
	b.mu.Lock()
	defer b.mu.Unlock()

	most := b.most
	b.most = b.now

	return most
}

func TestQueue_growsAsRequestsSucceed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const latency = 50 * time.Millisecond

		var host busiest

		client := newClient(t, Config{MaxRetries: 5, RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
			sent := host.enter()
			defer host.leave()

			time.Sleep(latency)

			if sent == 2001 {
				return answer(429, "", "Retry-After", "10"), nil
			}

			return answer(200, "{}"), nil
		})})

		all := func(requests int) {
			var wg sync.WaitGroup
			for range requests {
				wg.Go(func() {
					if err := get(t.Context(), t, client, service); err != nil {
						t.Error(err)
					}
				})
			}

			wg.Wait()
		}

		var wg sync.WaitGroup

		wg.Go(func() { all(2000) })
		synctest.Wait()

		if got := host.since(); got != initialWindow {
			t.Errorf("%d requests at once to a host of which nothing is known, want %d", got, initialWindow)
		}

		wg.Wait()

		if got := host.since(); got != maxWindow {
			t.Errorf("%d requests at once to a host that answers them all, want %d", got, maxWindow)
		}

		all(1) // This one is refused.
		host.since()

		wg.Go(func() { all(2000) })
		time.Sleep(latency / 2)

		if got, want := host.since(), throttledWindow+1; got != want {
			t.Errorf("%d requests at once after the first success, want %d", got, want)
		}

		wg.Wait()

		if got := host.since(); got != maxWindow {
			t.Errorf("%d requests at once after many successes, want %d", got, maxWindow)
		}
	})
}

// After a 429 the window doubles with each round trip up to half of what it was, ten, and then grows by one.
func TestQueue_growsSlowlyAboveHalfOfTheWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var (
			host busiest
			wg   sync.WaitGroup
			got  []int
		)

		client := newClient(t, Config{RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
			sent := host.enter()
			defer host.leave()

			if sent == 1 {
				return answer(429, "", "Retry-After", "10"), nil
			}

			time.Sleep(time.Second)

			return answer(200, "{}"), nil
		})})

		for range 100 {
			wg.Go(func() {
				if err := get(t.Context(), t, client, service); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}

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

// A host that answers has let the request through, even where the answer is no.
func TestQueue_growsAsRequestsAreAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var (
			host busiest
			wg   sync.WaitGroup
		)

		client := newClient(t, Config{MaxRetries: 5, RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
			sent := host.enter()
			defer host.leave()

			time.Sleep(time.Second)

			if sent == 1 {
				return answer(429, "", "Retry-After", "1"), nil
			}

			return answer(404, ""), nil
		})})

		for range 200 {
			wg.Go(func() { _ = get(t.Context(), t, client, service) })
		}

		time.Sleep(1500 * time.Millisecond) // Into the pause.
		host.since()
		wg.Wait()

		if got := host.since(); got < initialWindow {
			t.Errorf("%d requests at once at most to a host that answers 404, want %d and more", got, initialWindow)
		}
	})
}

// TestQueue_leaksNothing runs many requests that are cancelled, run out of time, fail and are refused at random. The
// bubble ends only when each goroutine has.
func TestQueue_leaksNothing(t *testing.T) {
	t.Parallel()

	for seed := range uint64(40) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex

				random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // It must be the same in each run.
				pick := func(n int64) int64 {
					mu.Lock()
					defer mu.Unlock()

					return random.Int64N(n)
				}
				during := func(most time.Duration) time.Duration { return time.Duration(pick(int64(most))) }

				var host busiest

				network := roundTripper(func(req *http.Request) (*http.Response, error) {
					host.enter()
					defer host.leave()

					select {
					case <-time.After(during(2 * time.Second)):
					case <-req.Context().Done():
						return nil, context.Cause(req.Context())
					}

					switch pick(10) {
					case 0:
						return answer(429, "", "Retry-After", strconv.FormatInt(pick(5), 10)), nil
					case 1:
						return answer(429, ""), nil
					case 2:
						return answer(503, ""), nil
					case 3:
						return nil, errReset
					case 4:
						return answer(404, ""), nil
					default:
						return answer(200, "{}"), nil
					}
				})
				client := newClient(t, Config{MaxRetries: 3, RoundTripper: network})

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

						_ = client.Do(ctx, Request{Method: http.MethodGet, URL: mustURL(t, service), Auth: &auths[i], Decode: decodeJSON})
					})
				}

				wg.Wait()
				time.Sleep(2 * interruptTime)
				synctest.Wait()

				for i := range auths {
					if auth := &auths[i]; auth.begun != len(auth.outcomes) {
						t.Errorf("%d attempts begun, %d done", auth.begun, len(auth.outcomes))
					}
				}

				window := client.limiter(originOf(mustURL(t, service)))

				// The end of a pause may come just now.
				window.mu.Lock()
				defer window.mu.Unlock()

				if window.inFlight != 0 || len(window.queue) != 0 || host.now != 0 {
					t.Errorf("%d requests are under way, %d at the host, %d wait", window.inFlight, host.now, len(window.queue))
				}
			})
		})
	}
}
