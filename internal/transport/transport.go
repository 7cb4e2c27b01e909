// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package transport carries out one exchange with a service: it sends a request until it is answered, and reads the answer.
//
// # Retry policy
//
// An attempt is repeated when it could not be heard or the service could not answer: the statuses 429, 500, 502, 503
// and 504, a broken connection, a body that is cut short, 30 seconds without headers or without a further byte, and a
// resolver that fails. It is not repeated when the same request would only fail again: any other status, a certificate
// that is not trusted, a host that does not exist, a body over [MaxBody], a body that is not what was asked for. Waits
// grow exponentially with jitter, or last as long as Retry-After says; one that would outlast the context's deadline is
// not begun. Every attempt is authorized anew, so that none carries a stale date.
//
// # Throttling
//
// What one request learns from a 429, all requests to that host use: none is sent until the pause is over, then few at
// a time, and more as they succeed. Where more are sent than passed before the last pause, it is one at a time at first,
// and one that has been refused least. Waiting for its turn does not use up a request's retries.
package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	// MaxBody is the most that is read of a body, in bytes after decompression.
	MaxBody = 32 << 20

	// stallTimeout bounds how long an attempt may go without headers, and then without a further byte of its body.
	stallTimeout = 30 * time.Second
)

// Config configures a [Client].
type Config struct {
	// UserAgent is sent with each request.
	UserAgent string
	// Insecure switches the verification of TLS certificates off.
	Insecure bool
	// CACert holds certificates in PEM that are trusted beside the system's. Nil means none.
	CACert []byte
	// NoProxy makes the client ignore the proxies that the environment names.
	NoProxy bool
	// MaxRetries is how often an attempt is repeated. 0 means one attempt.
	MaxRetries int
	// Observe is told of each attempt once it has ended. Nil means nobody is.
	Observe func(ctx context.Context, exchange Exchange)
	// RoundTripper replaces the network. Nil means the network.
	RoundTripper http.RoundTripper
}

// Client sends requests. It is safe for concurrent use, and meant to be shared: connections and what is known of a
// host's throttling are kept in it.
type Client struct {
	cfg        Config
	network    http.RoundTripper
	userAgent  string
	maxRetries int
	observe    func(context.Context, Exchange)
	secrets    *redactor

	mu    sync.Mutex
	hosts map[string]*window
}

// New returns a client, or [ErrCACert].
func New(cfg Config) (*Client, error) {
	roundTripper := cfg.RoundTripper
	if roundTripper == nil {
		network, err := newNetwork(cfg)
		if err != nil {
			return nil, err
		}

		roundTripper = network
	}

	observe := cfg.Observe
	if observe == nil {
		observe = func(context.Context, Exchange) {}
	}

	return &Client{
		cfg: cfg,
		// Nothing above it follows a redirect, which would hand a signature to whoever is named there.
		network:    roundTripper,
		userAgent:  cfg.UserAgent,
		maxRetries: cfg.MaxRetries,
		observe:    observe,
		secrets:    &redactor{},
		hosts:      make(map[string]*window),
	}, nil
}

// Direct returns a client that uses no proxy and tries once, for services on this machine's own link. It shares c's
// secrets.
func (c *Client) Direct() *Client {
	cfg := c.cfg
	cfg.NoProxy, cfg.MaxRetries = true, 0

	direct, err := New(cfg)
	if err != nil {
		panic(err) // New made c from the same configuration.
	}

	direct.secrets = c.secrets

	return direct
}

// Request is what is asked for.
type Request struct {
	Method string
	URL    *url.URL
	Header http.Header
	// Body is sent as it is. Nil means none.
	Body []byte
	// Auth proves who calls. Nil means that nobody does.
	Auth Authorizer
	// Confidential says that what is asked for is secret: errors do not quote it.
	Confidential bool
	// Decode reads a successful answer. An error of its own ends the request; one of reading the body makes it be
	// sent again. It is called once for each attempt that succeeds, and must start afresh each time.
	Decode func(Answer) error
}

// Answer is a successful answer, status 2xx.
type Answer struct {
	Status int
	Header http.Header
	// Body ends with an error where the connection breaks or [MaxBody] is passed.
	Body io.Reader
}

// Authorizer proves who calls.
type Authorizer interface {
	// Admit waits until an attempt may be made at host and returns the leave to make it. It may send requests of its own.
	Admit(ctx context.Context, host string) (Grant, error)
}

// Grant is the leave to make one attempt. Settle is called exactly once, whether or not Sign was.
type Grant interface {
	// Sign adds the proof to req, whose body is body, at the moment of sending.
	Sign(req *http.Request, body []byte) error
	// Settle is told how the attempt ended. It returns err, or what is to be made of it: another error for the
	// caller, or [ErrReauthorize].
	Settle(outcome Outcome) error
}

// Outcome is how an attempt ended.
type Outcome struct {
	// Status is the HTTP status, 0 where there was no answer.
	Status int
	// Date is the time at which the service says it answered, zero where it does not say.
	Date time.Time
	// Err is nil where the attempt succeeded.
	Err error
}

// ErrReauthorize asks for the request to be sent again at once: its proof was out of date, not wrong.
var ErrReauthorize = errors.New("authorize again")

// Exchange is what is known of one attempt: facts only, no header and no body, so that no secret can be among them.
type Exchange struct {
	Method string
	Host   string
	Path   string
	// Attempt counts from 1.
	Attempt int
	// Status is 0 where there was no answer.
	Status    int
	Duration  time.Duration
	RequestID string
	// Err is nil where the attempt succeeded. Its text holds no secret.
	Err error
	// Retry is how long will be waited before the next attempt. Negative means that there will be none.
	Retry time.Duration
}

// AddSecret makes sure that secret is never part of a text that this client returns or reports. Secrets of fewer than four
// characters are not hidden: they would garble every text.
func (c *Client) AddSecret(secret string) { c.secrets.add(secret) }

// Redact returns text without the secrets made known by [Client.AddSecret].
func (c *Client) Redact(text string) string { return c.secrets.redaction(nil).text(text) }
