// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"
)

const (
	// maxReauthorizations bounds how often a request is sent again because its signature or credentials were out of date:
	// once for the clock, once for expired credentials.
	maxReauthorizations = 2

	// interruptTime is how long an interrupted request keeps its place, so that the others are interrupted before one
	// of them takes it.
	interruptTime = 10 * time.Millisecond

	// noRetry in place of a wait says that no attempt follows.
	noRetry = -1
)

// Do sends r until the response is final, by the policy in the package documentation. It returns an [*Error] for a
// response, a [*ConnectionError] where there was none, a [*WaitError] where the next attempt would come after ctx's
// deadline, an [*InterruptedError] where ctx has ended, or the error of r.Auth.
func (c *Client) Do(ctx context.Context, r Request) error {
	k := &call{client: c, request: r, origin: originOf(r.URL), ticket: ticket{arrived: time.Now()}}
	k.limiter = c.limiter(k.origin)

	err := k.do(ctx)
	if err != nil && ctx.Err() != nil {
		return &InterruptedError{Err: context.Cause(ctx), Last: k.last, Attempts: k.attempts}
	}

	return err
}

// call is the state of one [Client.Do].
type call struct {
	client  *Client
	request Request
	origin  string
	limiter *limiter
	ticket  ticket
	// attempts counts the requests sent, and last is how the latest of them failed.
	attempts int
	last     error
}

// do is the retry loop.
func (k *call) do(ctx context.Context) error {
	var failures, reauthorizations int

	backOff := newBackOff()

	for {
		attempt, err := k.acquire(ctx)
		if err != nil {
			return err
		}

		res := k.send(ctx, attempt)
		wait, err := time.Duration(noRetry), res.verdict

		switch {
		case errors.Is(err, ErrReauthorize) && reauthorizations < maxReauthorizations:
			reauthorizations++
			wait = 0
		case errors.Is(err, ErrReauthorize):
			err = res.err
		case !Retryable(err), ctx.Err() != nil: // Final.
		case res.status == http.StatusTooManyRequests: // No failure: the deadline alone bounds these.
			wait = k.limiter.pause()
		case failures < k.client.cfg.MaxRetries:
			failures++
			wait = cmp.Or(res.retryAfter, backOff.NextBackOff())
		}

		if deadline, ok := ctx.Deadline(); ok && wait > 0 && time.Until(deadline) < wait {
			wait, err = noRetry, &WaitError{Wait: wait, Err: err}
		}

		k.observe(ctx, res, wait)

		if wait == noRetry {
			return err
		}

		// The limiter holds a throttled request back, together with all others to the host.
		if res.status == http.StatusTooManyRequests {
			continue
		}

		if err := sleep(ctx, wait, attempt.Revoked()); err != nil {
			return err
		}
	}
}

// acquire waits for the authorizer and then for the host's limiter. The credentials may have expired or have been refused
// during the second wait, so the attempt begins only afterwards.
func (k *call) acquire(ctx context.Context) (Attempt, error) {
	for {
		attempt, err := k.authorize(ctx)
		if err != nil {
			return nil, err
		}

		err = k.limiter.acquire(ctx, &k.ticket, attempt.Revoked())
		if errors.Is(err, errRevoked) {
			continue
		}

		if err != nil {
			return nil, err
		}

		err = attempt.Begin()
		if err == nil {
			return attempt, nil
		}

		k.limiter.release(&k.ticket, false)

		if !errors.Is(err, ErrReauthorize) {
			return nil, err
		}
	}
}

func (k *call) authorize(ctx context.Context) (Attempt, error) {
	if k.request.Auth == nil {
		return anonymous{}, nil
	}

	return k.request.Auth.Acquire(ctx, k.origin)
}

// anonymous is an [Attempt] without credentials.
type anonymous struct{}

func (anonymous) Begin() error               { return nil }
func (anonymous) Revoked() <-chan struct{}   { return nil }
func (anonymous) Done(outcome Outcome) error { return outcome.Err }

// result is the outcome of one attempt.
type result struct {
	status    int
	date      time.Time
	requestID string
	// retryAfter is the wait that the response asks for, 0 where it asks for none.
	retryAfter time.Duration
	duration   time.Duration
	// err is nil where the attempt succeeded. verdict is what [Attempt.Done] returned for it: err, another error, or
	// [ErrReauthorize].
	err, verdict error
}

// send makes one attempt and reports its outcome to the limiter and the authorizer.
func (k *call) send(ctx context.Context, attempt Attempt) result {
	start := time.Now()
	k.attempts++

	res := k.exchange(ctx, attempt)
	res.duration = time.Since(start)

	// An interrupt is no failure of the attempt.
	if res.err != nil && !errors.Is(res.err, context.Cause(ctx)) {
		k.last = res.err
	}

	// The pause begins before Done lets another request probe the credentials, and Done ends before the limiter lets
	// another request take this one's place: neither is sent in ignorance of this response.
	if res.status == http.StatusTooManyRequests {
		k.limiter.throttle(&k.ticket, res)
	}

	done := func() error {
		defer k.limiter.release(&k.ticket, isAnswered(res))

		return attempt.Done(Outcome{Status: res.status, Date: res.date, Err: res.err})
	}

	// Terraform cancels all reads, one after the other. This one gives up its place a moment later, so that it does not go to a
	// read that is about to be cancelled. Only the refusal of credentials is known at once.
	if ctx.Err() != nil && res.status != http.StatusUnauthorized {
		res.verdict = res.err

		time.AfterFunc(interruptTime, func() { _ = done() })

		return res
	}

	res.verdict = done()

	return res
}

// isAnswered reports whether the host processed the request: a client error shows that as well as a success.
func isAnswered(res result) bool {
	return res.err == nil || res.status >= 400 && res.status < 500 && res.status != http.StatusTooManyRequests
}

func (k *call) observe(ctx context.Context, res result, retry time.Duration) {
	k.client.cfg.Observe(ctx, Exchange{
		Method: k.request.Method, Host: k.client.Redact(k.request.URL.Host),
		// A path joined to a host alone has no slash in front until it is sent.
		Path:    k.client.Redact("/" + strings.TrimPrefix(k.request.URL.Path, "/")),
		Attempt: k.attempts, Status: res.status, Duration: res.duration, RequestID: res.requestID, Err: res.err, Retry: retry,
	})
}

// sleep waits for wait, or until revoked is closed. It returns the cause of ctx where that ends first.
func sleep(ctx context.Context, wait time.Duration, revoked <-chan struct{}) error {
	select {
	case <-time.After(wait):
		return nil
	case <-revoked:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// exchange sends the request and reads the response.
func (k *call) exchange(ctx context.Context, attempt Attempt) result {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	stall := time.AfterFunc(stallTimeout, func() { cancel(errStalled) })
	defer stall.Stop()

	req, err := k.newRequest(ctx, attempt)
	if err != nil {
		return result{err: err}
	}

	// RoundTrip and not http.Client.Do, which returns an error instead of a redirect whose Location is invalid.
	resp, err := k.client.network.RoundTrip(req)
	if err != nil {
		return result{err: k.connectionError(req, err)}
	}
	defer resp.Body.Close()

	stall.Reset(stallTimeout)

	body := &body{reader: resp.Body, left: MaxBody, onRead: func() { stall.Reset(stallTimeout) }}
	date, _ := http.ParseTime(resp.Header.Get("Date"))

	res := result{
		status: resp.StatusCode, date: date, requestID: k.requestID(req, resp), retryAfter: readRetryAfter(resp.Header, date),
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		// Further bytes do not extend the time for the body of an error: the status is what counts.
		body.onRead = func() {}
		res.err, res.requestID = k.decodeError(req, resp, body)

		return res
	}

	res.err = k.decode(req, resp, body)

	return res
}

func (k *call) newRequest(ctx context.Context, attempt Attempt) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, k.request.Method, k.request.URL.String(), bytes.NewReader(k.request.Body))
	if err != nil {
		return nil, err
	}

	if k.request.Header != nil {
		req.Header = k.request.Header.Clone()
	}

	req.Header.Set("User-Agent", k.client.cfg.UserAgent)
	req.Header.Set("Accept", "application/json")

	if signer, ok := attempt.(Signer); ok {
		if err := signer.Sign(req, k.request.Body); err != nil {
			return nil, err
		}
	}

	return req, k.checkHeader(req.Header)
}

// checkHeader rejects what net/http would refuse in each attempt: mostly a token that was read with its line break.
func (k *call) checkHeader(header http.Header) error {
	for name, values := range header {
		if strings.ContainsFunc(strings.Join(values, ""), func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) {
			return fmt.Errorf("%s %s: the header %s cannot be sent: its value holds a control character, such as a line break",
				k.request.Method, k.url(), name)
		}
	}

	return nil
}

// isEOF reports whether err says that a body has ended, where it should or not.
func isEOF(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// decode reads the body of a successful response to its end: the remainder shows whether the body is complete, and the
// connection can be reused.
func (k *call) decode(req *http.Request, resp *http.Response, body *body) error {
	var err error
	if k.request.Decode != nil {
		err = k.request.Decode(Response{Status: resp.StatusCode, Header: resp.Header, Body: body})
	}

	if err == nil {
		_, err = io.Copy(io.Discard, body)
	}

	var service *ServiceError

	switch {
	case err == nil:
		return nil
	case errors.Is(body.err, ErrBodyTooLarge):
		return k.undecoded(req, resp, ErrBodyTooLarge.Error(), ErrBodyTooLarge)
	case body.err != nil && !isEOF(body.err):
		return k.brokenResponse(req, resp, body.err)
	case isEOF(err):
		return k.brokenResponse(req, resp, errCut)
	case errors.As(err, &service):
		failure := k.undecoded(req, resp, service.Message, err)
		failure.Code = Clean(k.redaction(req).text(service.Code))

		if failure.RequestID == "" {
			failure.RequestID = Clean(k.redaction(req).text(service.RequestID))
		}

		return failure
	default:
		return k.undecoded(req, resp, err.Error()+": "+k.summary(req, resp, body.head), err)
	}
}
