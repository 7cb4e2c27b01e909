// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// The waits of one request: half a second, then twice as long each time, each 50 % more or less.
const (
	firstWait = 500 * time.Millisecond
	maxWait   = 30 * time.Second
)

// retries holds how often a request is tried again, and the wait before the next time. It is the [backoff.BackOff] that
// the loop in [Client.Do] asks.
type retries struct {
	left        int
	wait        time.Duration
	exponential *backoff.ExponentialBackOff
}

func newRetries(most int) *retries {
	return &retries{left: most, exponential: &backoff.ExponentialBackOff{
		InitialInterval:     firstWait,
		RandomizationFactor: backoff.DefaultRandomizationFactor,
		Multiplier:          2,
		MaxInterval:         maxWait,
	}}
}

// NextBackOff implements [backoff.BackOff].
func (r *retries) NextBackOff() time.Duration { return r.wait }

// Reset implements [backoff.BackOff].
func (r *retries) Reset() { r.exponential.Reset() }

// noRetry is the wait before an attempt that will not be made.
const noRetry = -1

// decide returns what is to be made of an attempt's result: its error, marked with errRetry where another attempt
// follows, and the wait before it.
func (k *call) decide(ctx context.Context, res result) (time.Duration, error) {
	if res.err == nil {
		return noRetry, nil
	}

	if errors.Is(res.err, ErrReauthorize) {
		if k.again == maxAgain {
			return noRetry, k.last
		}

		k.again++

		return 0, res.err
	}

	if !Retryable(res.err) || k.retries.left <= 0 || ctx.Err() != nil {
		return noRetry, res.err
	}

	k.retries.left--
	k.retries.wait = k.retries.exponential.NextBackOff()

	if res.pause.after > 0 {
		k.retries.wait = res.pause.after
	}

	wait := k.retries.wait

	if res.status == http.StatusTooManyRequests {
		// The host's window makes it wait, together with all others.
		k.retries.wait, wait = 0, k.window.pause()
	}

	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return noRetry, &WaitError{Wait: wait, Err: res.err}
	}

	return wait, errors.Join(errRetry, res.err)
}

// Retryable reports whether an attempt that ended with err may succeed when it is made again.
func Retryable(err error) bool {
	var answer *Error
	if errors.As(err, &answer) {
		switch answer.Status {
		case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
			http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		default:
			return false
		}
	}

	var connection *ConnectionError

	return errors.As(err, &connection) && !lasting(connection.Err)
}

// lasting reports whether a connection that failed with err would fail again.
func lasting(err error) bool {
	var (
		noHost      *net.DNSError
		address     *net.AddrError
		certificate *tls.CertificateVerificationError
		notTLS      tls.RecordHeaderError
		proxy       *ProxyError
	)

	switch {
	case errors.As(err, &noHost):
		return noHost.IsNotFound
	case errors.As(err, &proxy):
		return proxy.Status < 500 && proxy.Status != http.StatusTooManyRequests
	default:
		return errors.As(err, &address) || errors.As(err, &certificate) || errors.As(err, &notTLS)
	}
}

// pause is what an answer says about when to come back.
type pause struct {
	// after is how long to wait, 0 where the answer does not say.
	after time.Duration
	// limit is the window that a throttling message names, 0 where it names none.
	limit time.Duration
}

// readPause reads Retry-After, RFC 9110 section 10.2.3: seconds, or a date, which is compared with the answer's own
// because the local clock may be off.
func readPause(resp *http.Response, date time.Time) pause {
	value := resp.Header.Get("Retry-After")

	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return pause{after: time.Duration(min(seconds, math.MaxInt64/uint64(time.Second))) * time.Second}
	}

	at, err := http.ParseTime(value)
	if err != nil {
		return pause{}
	}

	if date.IsZero() {
		date = time.Now()
	}

	return pause{after: max(0, at.Sub(date))}
}

var limitPattern = regexp.MustCompile(`time:\s*(\d{1,4}) (second|minute|hour)`)

// limitWindow returns the window that the gateway's throttling message names, e.g. "limit:200,time:5 minute".
func limitWindow(err error) time.Duration {
	var answer *Error
	if !errors.As(err, &answer) {
		return 0
	}

	match := limitPattern.FindStringSubmatch(answer.Message)
	if match == nil {
		return 0
	}

	n, err := strconv.Atoi(match[1])
	if err != nil {
		return 0
	}

	units := map[string]time.Duration{"second": time.Second, "minute": time.Minute, "hour": time.Hour}

	return time.Duration(n) * units[match[2]]
}
