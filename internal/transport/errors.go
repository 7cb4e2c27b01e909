// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Error is a response of another status than 2xx, or with a body that cannot be decoded.
type Error struct {
	Method string
	// URL is that of the request, without its query.
	URL string
	// Status is the HTTP status. It is 2xx where the body cannot be decoded, or is an error.
	Status int
	// Code is the service's own code, e.g. DCS.3022, empty where the response has none.
	Code string
	// Message is the service's own text, or a summary of a body that has none.
	Message string
	// RequestID names the request to the service's support. It may be empty.
	RequestID string
	// Attempts counts the attempts, this one included.
	Attempts int
	// Limit is the limit that a 429 names, nil where it names none.
	Limit *RateLimit
	// Err is why the body of a response with a status of success is not decoded: [ErrBodyTooLarge], a [*ServiceError], or what
	// the request's Decode returned. It is nil for any other status.
	Err error
}

// Unwrap returns why the body is not decoded.
func (e *Error) Unwrap() error { return e.Err }

func (e *Error) Error() string {
	var b strings.Builder

	b.WriteString(e.Method + " " + e.URL)

	if e.Status != 0 {
		fmt.Fprintf(&b, ": %d", e.Status)
	}

	if name := http.StatusText(e.Status); name != "" {
		b.WriteString(" " + name)
	}

	if e.Code != "" {
		b.WriteString(", " + e.Code)
	}

	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}

	var notes []string
	if e.RequestID != "" {
		notes = append(notes, "request ID "+e.RequestID)
	}

	if e.Attempts > 1 {
		notes = append(notes, fmt.Sprintf("%d attempts", e.Attempts))
	}

	if len(notes) > 0 {
		b.WriteString(" (" + strings.Join(notes, ", ") + ")")
	}

	return b.String()
}

// ServiceError is an error in a body whose status is one of success. A Request's Decode returns it, and Do returns the
// [Error] that it is.
type ServiceError struct {
	Code, Message string
	// RequestID is that of the body, which may be empty. One in the header of the response wins.
	RequestID string
}

func (e *ServiceError) Error() string { return "the body is an error, " + e.Code + ": " + e.Message }

// ConnectionError says that there was no response, or that its body was incomplete.
type ConnectionError struct {
	Method string
	URL    string
	// Status and RequestID are those of an incomplete response, 0 and empty where there was none.
	Status    int
	RequestID string
	Attempts  int
	Err       error
	// text is Err's in one line, without secrets.
	text string
}

func (e *ConnectionError) Error() string {
	response := Error{
		Method: e.Method, URL: e.URL, Status: e.Status, Message: e.text, RequestID: e.RequestID, Attempts: e.Attempts,
	}

	return response.Error()
}

// Unwrap returns the cause.
func (e *ConnectionError) Unwrap() error { return e.Err }

// ProxyError says that a proxy does not connect to the service's host, or that the proxy of the environment cannot be parsed.
type ProxyError struct {
	// Status is the proxy's, e.g. 407 where it asks for authentication, and 0 where no proxy was asked because of Err.
	Status int
	Err    error
}

// Unwrap returns why no proxy was asked.
func (e *ProxyError) Unwrap() error { return e.Err }

func (e *ProxyError) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}

	return strings.TrimSpace(fmt.Sprintf("the proxy answered %d %s", e.Status, http.StatusText(e.Status)))
}

// WaitError says that a wait was not begun because it would have outlasted the context's deadline.
type WaitError struct {
	Wait time.Duration
	// Err is the reason for the wait, e.g. the [Error] of a 429.
	Err error
}

func (e *WaitError) Error() string {
	return fmt.Sprintf("the next attempt would come in %s, after the deadline: %s", e.Wait.Round(time.Millisecond), e.Err)
}

// Unwrap returns the reason for the wait.
func (e *WaitError) Unwrap() error { return e.Err }

// InterruptedError says that the context of a request ended.
type InterruptedError struct {
	// Err is the context's cause, and Last the error of the latest attempt that failed, nil where none did.
	Err  error
	Last error
	// Attempts is how many attempts were sent. 0 means that the request was still waiting for others.
	Attempts int
}

func (e *InterruptedError) Error() string {
	if e.Last == nil {
		return e.Err.Error()
	}

	return e.Err.Error() + "; the last attempt: " + e.Last.Error()
}

// Unwrap returns the context's cause.
func (e *InterruptedError) Unwrap() error { return e.Err }

// url is the request's URL as errors show it.
func (k *call) url() string {
	shown := *k.request.URL
	shown.RawQuery = ""

	return k.client.Redact(shown.String())
}

// redaction returns what hides the secrets that may be in a text about req. Some of its header's may be known to this call only.
func (k *call) redaction(req *http.Request) redaction { return k.client.redactor.redaction(req.Header) }

// connectionError returns the error for a failed connection, or the cause of the context where that has ended.
func (k *call) connectionError(req *http.Request, err error) error {
	if cause := context.Cause(req.Context()); cause != nil {
		if !errors.Is(cause, errStalled) {
			return cause
		}

		err = cause
	}

	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		err = fmt.Errorf("the server does not speak TLS on this port: %w", err)
	}

	return &ConnectionError{
		Method: k.request.Method, URL: k.url(), Attempts: k.attempts, Err: err,
		text: Clean(k.redaction(req).text(err.Error())),
	}
}

// brokenResponse returns the error for a response whose body ended with err.
func (k *call) brokenResponse(req *http.Request, resp *http.Response, err error) error {
	err = k.connectionError(req, err)

	if broken, ok := errors.AsType[*ConnectionError](err); ok {
		broken.Status, broken.RequestID = resp.StatusCode, k.requestID(req, resp)
	}

	return err
}

// responseError returns the [Error] for a response.
func (k *call) responseError(req *http.Request, resp *http.Response, message string) *Error {
	return &Error{
		Method: k.request.Method, URL: k.url(), Status: resp.StatusCode, Message: Clean(k.redaction(req).text(message)),
		RequestID: k.requestID(req, resp), Attempts: k.attempts,
	}
}

// undecoded returns the [Error] for a response whose body is not decoded because of err.
func (k *call) undecoded(req *http.Request, resp *http.Response, message string, err error) *Error {
	failure := k.responseError(req, resp, message)
	failure.Err = err

	return failure
}
