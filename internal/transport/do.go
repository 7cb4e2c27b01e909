// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/cenkalti/backoff/v5"
)

// maxAgain bounds how often a request is sent again because its proof was out of date: once for the clock, once for
// credentials that ran out.
const maxAgain = 2

// Do sends r until it is answered, by the policy that the package documentation states. Its errors are [*Error] for an
// answer of the service, [*ConnectionError] where there was none, [*WaitError] where the next attempt would come after
// ctx's deadline, what r's Authorizer says, or ctx's own.
func (c *Client) Do(ctx context.Context, r Request) error {
	call := &call{client: c, request: r, window: c.window(r.URL), retries: newRetries(c.maxRetries)}

	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, call.attempt(ctx) },
		backoff.WithBackOff(call.retries), backoff.WithMaxElapsedTime(0))
	if err != nil && ctx.Err() != nil {
		return &InterruptedError{Err: context.Cause(ctx), Last: call.last, Attempts: call.attempts}
	}

	return err
}

// call is one request on its way through its attempts.
type call struct {
	client  *Client
	request Request
	window  *window
	ticket  ticket
	retries *retries
	// attempts counts what was sent, again what of it was sent because the proof was out of date, and last is how the
	// latest attempt failed.
	attempts int
	again    int
	last     error
}

// attempt makes one attempt and decides what follows: nothing, or a wait that it leaves in k.retries.
func (k *call) attempt(ctx context.Context) error {
	for {
		err := k.send(ctx)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, ErrReauthorize):
			continue
		case errors.Is(err, errRetry):
			return err
		default:
			return backoff.Permanent(err)
		}
	}
}

// errRetry marks an error after which k.retries holds the wait before the next attempt.
var errRetry = errors.New("retry")

// send authorizes and sends the request once.
func (k *call) send(ctx context.Context) error {
	grant, err := k.admit(ctx)
	if err != nil {
		return err
	}

	if err := k.window.acquire(ctx, &k.ticket); err != nil {
		_ = grant.Settle(Outcome{Err: err})

		return err
	}

	start := time.Now()
	k.attempts++

	result := k.exchange(ctx, grant)
	failure := result.err

	// That it was interrupted is no failure of the attempt.
	if failure != nil && !errors.Is(failure, context.Cause(ctx)) {
		k.last = failure
	}

	// A 429's pause is known before anybody whom the verdict lets go asks for it, and before the decision.
	k.window.release(&k.ticket, result)
	result.err = grant.Settle(Outcome{Status: result.status, Date: result.date, Err: failure})

	wait, err := k.decide(ctx, result)
	k.client.observe(ctx, Exchange{
		Method: k.request.Method, Host: k.client.Redact(k.request.URL.Host),
		// A path joined to a host alone has no slash in front until it is sent.
		Path:    k.client.Redact("/" + strings.TrimPrefix(k.request.URL.Path, "/")),
		Attempt: k.attempts, Status: result.status, Duration: time.Since(start), RequestID: result.requestID, Err: failure,
		Retry: wait,
	})

	return err
}

func (k *call) admit(ctx context.Context) (Grant, error) {
	if k.request.Auth == nil {
		return anonymous{}, nil
	}

	return k.request.Auth.Admit(ctx, k.request.URL.Host)
}

// anonymous is the leave to call without proof.
type anonymous struct{}

func (anonymous) Sign(*http.Request, []byte) error { return nil }
func (anonymous) Settle(outcome Outcome) error     { return outcome.Err }

// result is what came of one attempt.
type result struct {
	status    int
	date      time.Time
	requestID string
	// pause is what the answer says about when to come back.
	pause pause
	err   error
}

// exchange sends the request and reads the answer.
func (k *call) exchange(ctx context.Context, grant Grant) result {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	stall := time.AfterFunc(stallTimeout, func() { cancel(errStalled) })
	defer stall.Stop()

	req, err := k.newRequest(ctx, grant)
	if err != nil {
		return result{err: err}
	}

	// Not by an http.Client: it reads where a redirect leads, and fails when it cannot.
	resp, err := k.client.network.RoundTrip(req)
	if err != nil {
		return result{err: k.connectionError(req, err)}
	}
	defer resp.Body.Close()

	stall.Reset(stallTimeout)

	body := &body{reader: resp.Body, left: MaxBody, onRead: func() { stall.Reset(stallTimeout) }}
	date, _ := http.ParseTime(resp.Header.Get("Date"))

	res := result{status: resp.StatusCode, date: date, requestID: k.requestID(req, resp), pause: readPause(resp, date)}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		// The status is what counts: the text is not waited for longer than it takes to say it.
		body.onRead = func() {}
		res.err, res.requestID = k.decodeError(req, resp, body)
		res.pause.limit = limitWindow(res.err)

		return res
	}

	res.err = k.decode(req, resp, body)

	return res
}

func (k *call) newRequest(ctx context.Context, grant Grant) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, k.request.Method, k.request.URL.String(), bytes.NewReader(k.request.Body))
	if err != nil {
		return nil, err
	}

	if k.request.Header != nil {
		req.Header = k.request.Header.Clone()
	}

	req.Header.Set("User-Agent", k.client.userAgent)
	req.Header.Set("Accept", "application/json")

	if err := grant.Sign(req, k.request.Body); err != nil {
		return nil, err
	}

	return req, k.checkHeader(req.Header)
}

// checkHeader finds what the network would refuse to send in each attempt: mostly a token read with the end of its line.
func (k *call) checkHeader(header http.Header) error {
	for name, values := range header {
		if strings.ContainsFunc(strings.Join(values, ""), func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) {
			return fmt.Errorf("%s %s: the header %s cannot be sent: its value holds a control character, such as a line break",
				k.request.Method, k.url(), name)
		}
	}

	return nil
}

// decode reads a successful answer to its end: what follows the part that was wanted shows whether it came whole, and
// the connection can be used again.
func (k *call) decode(req *http.Request, resp *http.Response, body *body) error {
	var err error
	if k.request.Decode != nil {
		err = k.request.Decode(Answer{Status: resp.StatusCode, Header: resp.Header, Body: body})
	}

	if err == nil {
		_, err = io.Copy(io.Discard, body)
	}

	var service *ServiceError

	switch {
	case err == nil:
		return nil
	case errors.Is(body.err, ErrBodyTooLarge):
		return k.answerError(req, resp, ErrBodyTooLarge.Error())
	case body.err != nil && !errors.Is(body.err, io.EOF):
		return k.brokenAnswer(req, resp, body.err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return k.brokenAnswer(req, resp, errCut)
	case errors.As(err, &service):
		failure := k.answerError(req, resp, service.Message)
		failure.Code = clean(k.redaction(req).text(service.Code))

		return failure
	default:
		return k.answerError(req, resp, err.Error()+": "+k.summary(req, resp, body.head))
	}
}
