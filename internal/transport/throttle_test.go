// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

)

// limiter is a gateway that lets a number of requests pass in a second, and refuses the others.
type limiter struct {
	perSecond int
	// bucket refills evenly. Otherwise the count begins anew with each second.
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

func (l *limiter) RoundTrip(req *http.Request) (*http.Response, error) {
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

func (l *limiter) note() {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.sent++

	// What leaves at the very instant of an answer may not know of it yet.
	if now := time.Now(); now.After(l.asked) && now.Before(l.asked.Add(time.Second)) {
		l.early++
	}
}

func (l *limiter) pass(path string) bool {
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
func (l *limiter) refusals() (all, most int) {
	for _, n := range l.refused {
		all += n
		most = max(most, n)
	}

	return all, most
}

// TestThrottling_sixtyRequestsAtFiveASecond is the promise that throttling is shared: all succeed in little more than
// the time that the limit takes, twelve seconds, and none is refused twice.
func TestThrottling_sixtyRequestsAtFiveASecond(t *testing.T) {
	t.Parallel()

	const requests = 60

	for _, bucket := range []bool{false, true} {
		for _, latency := range []time.Duration{0, 5 * time.Millisecond, 50 * time.Millisecond} {
			for _, tells := range []bool{true, false} {
				t.Run(fmt.Sprintf("bucket %t, latency %s, Retry-After %t", bucket, latency, tells), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						gateway := &limiter{perSecond: 5, bucket: bucket, latency: latency}
						// Without Retry-After the pause has a jitter of one half.
						within := 18 * time.Second
						if tells {
							gateway.header, within = []string{"Retry-After", "1"}, 14*time.Second
						}

						client := newClient(t, Config{MaxRetries: 5, RoundTripper: gateway})
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
						t.Logf("%s, %d refused", time.Since(start), all)

						if time.Since(start) > within || all > requests || most > 1 {
							t.Errorf("took %s, want at most %s; %d refused, want at most %d; one of them %d times, want once",
								time.Since(start), within, all, requests, most)
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
