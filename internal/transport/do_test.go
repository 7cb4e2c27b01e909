// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/transport"
)

// timed records when each attempt was made, counted from the first.
func timed(network roundTripper) (roundTripper, *[]time.Duration) {
	var (
		mu    sync.Mutex
		start time.Time
		at    []time.Duration
	)

	return func(req *http.Request) (*http.Response, error) {
		mu.Lock()

		if start.IsZero() {
			start = time.Now()
		}

		at = append(at, time.Since(start))

		mu.Unlock()

		return network(req)
	}, &at
}

func TestWaits_growWithJitter(t *testing.T) {
	t.Parallel()

	const first, longest = 500 * time.Millisecond, 30 * time.Second

	seen := make(map[time.Duration]bool)

	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			network, at := timed(always(503, ""))
			client := newClient(t, transport.Config{MaxRetries: 9, RoundTripper: network})

			if err := get(t.Context(), t, client, service); err == nil {
				t.Fatal("got no error")
			}

			for n := 1; n < len(*at); n++ {
				wait := (*at)[n] - (*at)[n-1]
				seen[wait] = true

				middle := min(first<<(n-1), longest)
				if wait < middle/2 || wait > middle*3/2 {
					t.Errorf("wait %d is %s, want %s, 50 %% more or less", n, wait, middle)
				}
			}
		})
	}

	if len(seen) < 100 {
		t.Errorf("%d different waits of 180: there is no jitter", len(seen))
	}
}

func TestWaits_retryAfter(t *testing.T) {
	t.Parallel()

	const date = "Tue, 06 Feb 2024 12:00:00 GMT" // The local clock is in the year 2000.

	own := [2]time.Duration{250 * time.Millisecond, 750 * time.Millisecond}
	ownPause := [2]time.Duration{time.Second, 1500 * time.Millisecond}
	exactly := func(d time.Duration) [2]time.Duration { return [2]time.Duration{d, d} }

	const (
		after   = "Retry-After"
		ofLocal = "Sat, 01 Jan 2000 00:00:09 GMT"
	)

	tests := map[string]struct {
		header    []string
		busy      [2]time.Duration
		throttled [2]time.Duration
	}{
		"absent":   {nil, own, ownPause},
		"seconds":  {[]string{after, "7"}, exactly(7 * time.Second), exactly(7 * time.Second)},
		"minutes":  {[]string{after, "600"}, exactly(10 * time.Minute), exactly(10 * time.Minute)},
		"zero":     {[]string{after, "0"}, own, ownPause},
		"negative": {[]string{after, "-5"}, own, ownPause},
		"fraction": {[]string{after, "1.5"}, own, ownPause},
		"words":    {[]string{after, "soon"}, own, ownPause},
		"date after the response's": {
			[]string{"Date", date, after, "Tue, 06 Feb 2024 12:00:07 GMT"}, exactly(7 * time.Second), exactly(7 * time.Second),
		},
		"date before the response's": {[]string{"Date", date, after, "Tue, 06 Feb 2024 11:59:00 GMT"}, own, ownPause},
		"date, response not dated": {
			[]string{after, ofLocal}, exactly(9 * time.Second), exactly(9 * time.Second),
		},
		"date, response badly dated": {
			[]string{"Date", "yesterday", after, ofLocal}, exactly(9 * time.Second), exactly(9 * time.Second),
		},
		"date in an obsolete format": {
			[]string{"Date", date, after, "Tuesday, 06-Feb-24 12:00:07 GMT"}, exactly(7 * time.Second), exactly(7 * time.Second),
		},
	}

	for name, test := range tests {
		for code, want := range map[int][2]time.Duration{503: test.busy, 429: test.throttled} {
			t.Run(name+", "+http.StatusText(code), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					network, at := timed(inTurn(always(code, "", test.header...), always(200, "{}")))
					client := newClient(t, transport.Config{MaxRetries: 1, RoundTripper: network})

					if err := get(t.Context(), t, client, service); err != nil {
						t.Fatal(err)
					}

					if wait := (*at)[1]; wait < want[0] || wait > want[1] {
						t.Errorf("waited %s, want %s to %s", wait, want[0], want[1])
					}
				})
			})
		}
	}
}

func TestWaits_outlastingTheDeadlineAreNotBegun(t *testing.T) {
	t.Parallel()

	const longest = 1 << 31 * time.Second // RFC 9111, section 1.2.2.

	tests := map[string]struct {
		code       int
		retryAfter string
		wait       time.Duration
	}{
		"busy":              {503, "301", 301 * time.Second},
		"busy, absurd":      {503, "99999999999999999999", longest},
		"throttled":         {429, "301", 301 * time.Second},
		"throttled, absurd": {429, "99999999999999999999", longest},
		"absurd date":       {429, "Fri, 31 Dec 9999 23:59:59 GMT", longest},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var seen observed

				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()

				start := time.Now()
				client := newClient(t, transport.Config{
					MaxRetries: 5, RoundTripper: always(test.code, "", "Retry-After", test.retryAfter), Observe: seen.observe,
				})
				err := get(ctx, t, client, service)

				var wait *transport.WaitError
				if !errors.As(err, &wait) || wait.Wait != test.wait {
					t.Fatalf("got %v, want a WaitError of %s", err, test.wait)
				}

				var failed *transport.Error
				if !errors.As(err, &failed) || failed.Status != test.code {
					t.Errorf("got %v, want the response in it", err)
				}

				if time.Since(start) != 0 {
					t.Errorf("took %s, want no time", time.Since(start))
				}

				if len(seen.exchanges) != 1 || seen.exchanges[0].Retry >= 0 {
					t.Errorf("got %+v, want one exchange without a retry", seen.exchanges)
				}
			})
		})
	}
}

func TestWaitError_text(t *testing.T) {
	t.Parallel()

	err := &transport.WaitError{Wait: 301 * time.Second, Err: errors.New("GET https://h/: 429 Too Many Requests")}

	const want = "the next attempt would come in 5m1s, after the deadline: GET https://h/: 429 Too Many Requests"
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

var errInterrupt = errors.New("interrupt")

// stuckBody is a response whose body never ends.
func stuckBody(code int) roundTripper {
	return func(req *http.Request) (*http.Response, error) {
		resp := response(code, "")
		resp.Body = io.NopCloser(readerFunc(func([]byte) (int, error) {
			<-req.Context().Done()

			return 0, context.Cause(req.Context())
		}))

		return resp, nil
	}
}

func TestInterrupt_endsARequestAtOnce(t *testing.T) {
	t.Parallel()

	const text = "GET " + service + ": "

	tests := map[string]struct {
		network roundTripper
		last    string
	}{
		"before the headers": {silent, ""},
		"in the body":        {stuckBody(200), ""},
		"in an error's body": {stuckBody(503), text + "503 Service Unavailable: the body is empty"},
		"in a wait":          {always(503, "", "Retry-After", "60"), text + "503 Service Unavailable: the body is empty"},
		"in a pause":         {always(429, "", "Retry-After", "60"), text + "429 Too Many Requests: the body is empty"},
		"in the second attempt": {
			inTurn(always(503, ""), silent), text + "503 Service Unavailable: the body is empty",
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())

				time.AfterFunc(10*time.Second, func() { cancel(errInterrupt) })

				start := time.Now()
				client := newClient(t, transport.Config{MaxRetries: 5, RoundTripper: test.network})
				err := get(ctx, t, client, service)

				if time.Since(start) != 10*time.Second {
					t.Errorf("took %s, want 10s", time.Since(start))
				}

				var interrupted *transport.InterruptedError
				if !errors.As(err, &interrupted) || !errors.Is(err, errInterrupt) {
					t.Fatalf("got %v, want an InterruptedError with the context's cause", err)
				}

				last := ""
				if interrupted.Last != nil {
					last = interrupted.Last.Error()
				}

				if last != test.last {
					t.Errorf("the last failure is %q, want %q", last, test.last)
				}
			})
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestInterrupt_deadlineNamesTheLastFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()

		client := newClient(t, transport.Config{MaxRetries: 5, RoundTripper: roundTripper(silent)})
		err := get(ctx, t, client, service)

		const want = "context deadline exceeded; the last attempt: GET " + service + ": nothing was received for 30s"
		if err == nil || err.Error() != want || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
}

func TestInterrupt_nothingIsSentAfterIt(t *testing.T) {
	t.Parallel()

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupt)

	for range 50 {
		var (
			seen observed
			auth authorizer
		)

		client := newClient(t, transport.Config{MaxRetries: 5, RoundTripper: always(200, "{}"), Observe: seen.observe})
		err := client.Do(ctx, transport.Request{Method: http.MethodGet, URL: mustURL(t, service), Auth: &auth})

		if err == nil || err.Error() != errInterrupt.Error() || len(seen.exchanges) != 0 {
			t.Fatalf("got %v and %d attempts, want %v and none", err, len(seen.exchanges), errInterrupt)
		}

		if auth.begun != len(auth.outcomes) {
			t.Fatalf("%d attempts begun, %d done", auth.begun, len(auth.outcomes))
		}
	}
}

// authorizer signs with a number that grows. It is its own [Attempt].
type authorizer struct {
	begun    int
	outcomes []transport.Outcome
	revoked  chan struct{}
	// acquire, begin, sign and done are the errors of the methods. Nil means none, and for done that of the outcome.
	acquire, begin func() error
	sign           error
	done           func(transport.Outcome) error
}

func (a *authorizer) Acquire(context.Context, string) (transport.Attempt, error) {
	if a.acquire != nil {
		return a, a.acquire()
	}

	return a, nil
}

func (a *authorizer) Begin() error {
	if a.begin != nil {
		if err := a.begin(); err != nil {
			return err
		}
	}

	a.begun++

	return nil
}

func (a *authorizer) Revoked() <-chan struct{} { return a.revoked }

func (a *authorizer) Sign(req *http.Request, body []byte) error {
	req.Header.Set("Authorization", strings.Repeat("I", a.begun)+" "+string(body))

	return a.sign
}

func (a *authorizer) Done(outcome transport.Outcome) error {
	a.outcomes = append(a.outcomes, outcome)
	if a.done == nil {
		return outcome.Err
	}

	return a.done(outcome)
}

func TestAuthorizer_signsEachAttemptAfresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var signatures, bodies []string

		network := inTurn(always(503, ""), always(429, ""), func(*http.Request) (*http.Response, error) { return nil, io.EOF },
			always(200, "{}"))
		auth := &authorizer{}
		client := newClient(t, transport.Config{MaxRetries: 5, RoundTripper: roundTripper(func(req *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(req.Body)
			signatures, bodies = append(signatures, req.Header.Get("Authorization")), append(bodies, string(body))

			return network(req)
		})})
		header := http.Header{"X-Own": {"1"}}

		err := client.Do(t.Context(), transport.Request{
			Method: http.MethodPost, URL: mustURL(t, service), Header: header, Body: []byte("b"), Auth: auth, Decode: decodeJSON,
		})
		if err != nil {
			t.Fatal(err)
		}

		if diff := cmp.Diff([]string{"I b", "II b", "III b", "IIII b"}, signatures); diff != "" {
			t.Errorf("signatures (-want +got):\n%s", diff)
		}

		if diff := cmp.Diff([]string{"b", "b", "b", "b"}, bodies); diff != "" {
			t.Errorf("bodies (-want +got):\n%s", diff)
		}

		if diff := cmp.Diff(http.Header{"X-Own": {"1"}}, header); diff != "" {
			t.Errorf("the request's own header was changed (-want +got):\n%s", diff)
		}

		var statuses []int
		for _, outcome := range auth.outcomes {
			statuses = append(statuses, outcome.Status)
		}

		if diff := cmp.Diff([]int{503, 429, 0, 200}, statuses); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
	})
}

func TestAuthorizer_isToldTheDateOfTheResponse(t *testing.T) {
	t.Parallel()

	auth := &authorizer{}
	client := newClient(t, transport.Config{RoundTripper: always(401, "", "Date", "Tue, 06 Feb 2024 12:00:00 GMT")})
	_ = client.Do(t.Context(), transport.Request{Method: http.MethodGet, URL: mustURL(t, service), Auth: auth})

	want := time.Date(2024, 2, 6, 12, 0, 0, 0, time.UTC)
	if len(auth.outcomes) != 1 || !auth.outcomes[0].Date.Equal(want) {
		t.Errorf("got %+v, want the date %s", auth.outcomes, want)
	}
}

func TestAuthorizer_asksForAnotherAttemptAtOnceTwiceAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen observed

		start := time.Now()
		auth := &authorizer{done: func(transport.Outcome) error { return transport.ErrReauthorize }}
		client := newClient(t, transport.Config{MaxRetries: 5, RoundTripper: always(401, `{"error_code":"X"}`), Observe: seen.observe})
		err := client.Do(t.Context(), transport.Request{Method: http.MethodGet, URL: mustURL(t, service), Auth: auth})

		const want = "GET " + service + ": 401 Unauthorized, X (3 attempts)"
		if err == nil || err.Error() != want || time.Since(start) != 0 {
			t.Errorf("got %v after %s\nwant %s at once", err, time.Since(start), want)
		}

		var retries []time.Duration

		for _, exchange := range seen.exchanges {
			retries = append(retries, exchange.Retry)

			if exchange.Err == nil || !strings.Contains(exchange.Err.Error(), "401 Unauthorized, X") {
				t.Errorf("attempt %d is reported with %v, want the response", exchange.Attempt, exchange.Err)
			}
		}

		if diff := cmp.Diff([]time.Duration{0, 0, noRetry}, retries); diff != "" {
			t.Errorf("reported waits (-want +got):\n%s", diff)
		}
	})
}

// TestAuthorizer_isToldWhenThePauseIsKnown sends a request that was waiting for the outcome of a 429.
func TestAuthorizer_isToldWhenThePauseIsKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var (
			client *transport.Client
			sent   []time.Duration
			wg     sync.WaitGroup
		)

		start := time.Now()
		auth := &authorizer{done: func(outcome transport.Outcome) error {
			if outcome.Status == http.StatusTooManyRequests {
				wg.Go(func() { _ = get(t.Context(), t, client, service) })
				time.Sleep(time.Millisecond)
			}

			return outcome.Err
		}}
		client = newClient(t, transport.Config{MaxRetries: 1, RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
			sent = append(sent, time.Since(start))
			if len(sent) == 1 {
				return response(429, "", "Retry-After", "10"), nil
			}

			return response(200, "{}"), nil
		})})

		if err := client.Do(t.Context(), transport.Request{Method: http.MethodGet, URL: mustURL(t, service), Auth: auth}); err != nil {
			t.Error(err)
		}

		wg.Wait()

		if len(sent) != 3 || sent[1] < 10*time.Second {
			t.Errorf("sent after %v, want the second not before 10s", sent)
		}
	})
}

func TestAuthorizer_returnsTheError(t *testing.T) {
	t.Parallel()

	errOwn := errors.New("own")

	tests := map[string]struct {
		auth     *authorizer
		attempts int
	}{
		"when it refuses":   {&authorizer{acquire: func() error { return errOwn }}, 0},
		"when signing":      {&authorizer{sign: errOwn}, 0},
		"about the outcome": {&authorizer{done: func(transport.Outcome) error { return errOwn }}, 1},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			attempts := 0
			client := newClient(t, transport.Config{MaxRetries: 5, RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
				attempts++

				return response(401, ""), nil
			})})

			err := client.Do(t.Context(), transport.Request{Method: http.MethodGet, URL: mustURL(t, service), Auth: test.auth})
			if !errors.Is(err, errOwn) || attempts != test.attempts {
				t.Errorf("got %v after %d attempts, want %v after %d", err, attempts, errOwn, test.attempts)
			}

			if test.auth.begun != len(test.auth.outcomes) {
				t.Errorf("%d attempts begun, %d done", test.auth.begun, len(test.auth.outcomes))
			}
		})
	}
}

// TestAuthorizer_beginsAfterThePause has credentials refused while requests wait for their turn.
func TestAuthorizer_beginsAfterThePause(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		network, at := timed(inTurn(always(429, "", "Retry-After", "60"), always(200, "{}")))
		client := newClient(t, transport.Config{RoundTripper: network})
		refusal := errors.New("refused during the pause")
		start := time.Now()

		var wg sync.WaitGroup

		for range 20 {
			auth := &authorizer{begin: func() error {
				if time.Since(start) < time.Minute {
					return nil
				}

				return refusal
			}}

			wg.Go(func() {
				err := client.Do(t.Context(), transport.Request{Method: http.MethodGet, URL: mustURL(t, service), Auth: auth})
				if !errors.Is(err, refusal) || auth.begun != len(auth.outcomes) {
					t.Errorf("got %v, want the refusal; %d attempts begun, %d done", err, auth.begun, len(auth.outcomes))
				}
			})
			synctest.Wait()
		}

		wg.Wait()

		if len(*at) != 1 {
			t.Errorf("requests after %s, want one", *at)
		}

		// Requests that were not sent hold no place in the limiter.
		if err := get(t.Context(), t, client, service); err != nil || time.Since(start) != time.Minute {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
	})
}

// TestAuthorizer_revocationEndsWaits has credentials refused while a request waits for a retry, or for the end of a pause.
func TestAuthorizer_revocationEndsWaits(t *testing.T) {
	t.Parallel()

	for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				refusal := errors.New("refused")
				auth := &authorizer{revoked: make(chan struct{}), acquire: func() error {
					if time.Since(start) > 0 {
						return refusal
					}

					return nil
				}}

				time.AfterFunc(time.Second, func() { close(auth.revoked) })

				client := newClient(t, transport.Config{MaxRetries: 5, RoundTripper: always(status, "", "Retry-After", "60")})
				err := client.Do(t.Context(), transport.Request{Method: http.MethodGet, URL: mustURL(t, service), Auth: auth})

				if !errors.Is(err, refusal) || time.Since(start) != time.Second {
					t.Errorf("got %v after %s, want the refusal after a second", err, time.Since(start))
				}
			})
		})
	}
}

// TestAuthorizer_isDoneBeforeTheNextBegins has the authorizer take its time over a 401.
func TestAuthorizer_isDoneBeforeTheNextBegins(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		var (
			refused error
			wg      sync.WaitGroup
		)

		network, at := timed(inTurn(always(429, "", "Retry-After", "60"), always(401, "")))
		client := newClient(t, transport.Config{RoundTripper: network})

		for range 20 {
			auth := &authorizer{begin: func() error { return refused }, done: func(outcome transport.Outcome) error {
				time.Sleep(time.Second)

				if outcome.Status == http.StatusUnauthorized {
					refused = outcome.Err
				}

				return outcome.Err
			}}

			wg.Go(func() {
				_ = client.Do(t.Context(), transport.Request{Method: http.MethodGet, URL: mustURL(t, service), Auth: auth})
			})
			synctest.Wait()
		}

		wg.Wait()

		if len(*at) != 2 {
			t.Errorf("requests after %s, want the first and the refused one", *at)
		}
	})
}

// TestAuthorizer_asksToAuthorizeAgainBeforeSending has credentials replaced while the request waits.
func TestAuthorizer_asksToAuthorizeAgainBeforeSending(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		var acquired int

		auth := &authorizer{acquire: func() error {
			acquired++

			time.Sleep(time.Second)

			return nil
		}}
		auth.begin = func() error {
			if acquired < 10 {
				return transport.ErrReauthorize
			}

			return nil
		}

		network, at := timed(always(200, "{}"))
		client := newClient(t, transport.Config{RoundTripper: network})
		request := transport.Request{Method: http.MethodGet, URL: mustURL(t, service), Auth: auth}

		ctx, cancel := context.WithTimeout(t.Context(), 5500*time.Millisecond)
		defer cancel()

		if err := client.Do(ctx, request); !errors.Is(err, context.DeadlineExceeded) || len(*at) != 0 {
			t.Errorf("got %v and %d requests, want the deadline and none", err, len(*at))
		}

		if err := client.Do(t.Context(), request); err != nil || len(*at) != 1 || acquired != 10 {
			t.Errorf("got %v, %d requests and %d times authorized, want one request after ten", err, len(*at), acquired)
		}
	})
}

func TestRetries_throttledIsNoFailure(t *testing.T) {
	t.Parallel()

	busy, fail := always(429, "", "Retry-After", "1"), always(503, "", "Retry-After", "1")
	tests := map[string]struct {
		responses []roundTripper
		retries   int
		attempts  int
		status    int
	}{
		"no retries":              {[]roundTripper{busy, busy, busy, busy, busy, busy, busy, always(200, "{}")}, 0, 8, 200},
		"a failure after it":      {[]roundTripper{busy, busy, fail}, 0, 3, 503},
		"between failures":        {[]roundTripper{fail, busy, fail, busy, fail}, 2, 5, 503},
		"a failure that is final": {[]roundTripper{busy, always(404, "")}, 5, 2, 404},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var seen observed

				client := newClient(t, transport.Config{MaxRetries: tt.retries, RoundTripper: inTurn(tt.responses...), Observe: seen.observe})
				err := get(t.Context(), t, client, service)

				last := seen.exchanges[len(seen.exchanges)-1]
				if (err == nil) != (tt.status == 200) || last.Status != tt.status || last.Attempt != tt.attempts {
					t.Errorf("got %v after %d attempts, want %d after %d", err, last.Attempt, tt.status, tt.attempts)
				}
			})
		})
	}
}

// TestRetries_noneWaitsForItsTurn sends a request without retries to a host that is paused.
func TestRetries_noneWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network, at := timed(inTurn(always(429, "", "Retry-After", "60"), always(200, "{}")))
		client := newClient(t, transport.Config{RoundTripper: network})

		var wg sync.WaitGroup

		for range 2 {
			wg.Go(func() {
				if err := get(t.Context(), t, client, service); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}

		wg.Wait()

		if len(*at) != 3 || (*at)[1] != time.Minute {
			t.Errorf("requests after %s, want the second after a minute", *at)
		}
	})
}

func TestRequest_headerThatCannotBeSentIsNotTried(t *testing.T) {
	t.Parallel()

	// The real network refuses it in each attempt, before anything is sent.
	synctest.Test(t, func(t *testing.T) {
		w := &wire{serve: faultThen(status(200))}
		client := w.client(t, transport.Config{MaxRetries: 5})
		err := client.Do(t.Context(), transport.Request{
			Method: http.MethodGet, URL: mustURL(t, "http://dcs.example.com/"),
			Header: http.Header{"X-Auth-Token": {"s3cr3t-t0ken\n"}},
		})

		const want = "GET http://dcs.example.com/: the header X-Auth-Token cannot be sent: its value holds a control character, " +
			"such as a line break"
		if err == nil || err.Error() != want || w.connections() != 0 {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
}

// FuzzRetryAfter looks for a Retry-After after which a request is sent too early, or never ends.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range [][2]string{
		{"1", ""},
		{"-1", ""},
		{"0", ""},
		{"99999999999999999999", ""},
		{"Tue, 06 Feb 2024 12:00:07 GMT", "Tue, 06 Feb 2024 12:00:00 GMT"},
		{"Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"},
		{"Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"},
	} {
		for _, status := range []int{429, 503} {
			f.Add(status, seed[0], seed[1])
		}
	}

	f.Fuzz(func(t *testing.T, status int, retryAfter, date string) {
		if status != 429 && status != 503 {
			t.Skip("not retried")
		}

		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()

			network, at := timed(inTurn(always(status, "", "Retry-After", retryAfter, "Date", date), always(200, "{}")))
			err := get(ctx, t, newClient(t, transport.Config{MaxRetries: 1, RoundTripper: network}), service)

			var wait *transport.WaitError

			switch late := errors.As(err, &wait); {
			case late && wait.Wait <= time.Hour, !late && err != nil:
				t.Errorf("got %v", err)
			case !late && (*at)[1] < 250*time.Millisecond:
				t.Errorf("sent again after %s", (*at)[1])
			}
		})
	})
}
