// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package transport carries out one exchange with a service: it sends a request, retries it, and reads the response.
//
// # Retries
//
// A failed attempt is retried, [Config.MaxRetries] times at most: the statuses 500, 502, 503 and 504, a 400 that says that
// the instance is busy, a broken connection, a body that is cut short, 30 seconds without headers or without a further
// byte, and a resolver that fails. Final are all other statuses, a certificate that is not trusted, a host that does not
// exist, a body over [MaxBody], and a body that cannot be decoded. Waits grow exponentially with jitter, or last as long
// as Retry-After says; one that would outlast the context's deadline is not begun. Each attempt is signed on its own.
//
// # Throttling
//
// A 429 is not a failed attempt: the request is sent again for as long as the deadline allows. It pauses all requests to
// that host. After the pause few are sent at a time, and more as they succeed; see limiter.
package transport

import (
	"context"
	"crypto/x509"
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
	// CACerts are certificates of authorities that are trusted in addition to the system's.
	CACerts []*x509.Certificate
	// Proxy returns the proxy for requests to a URL, nil where there is none. Its error ends the request, which is not sent.
	// A nil Proxy means no proxy at all.
	Proxy func(*url.URL) (*url.URL, error)
	// MaxRetries is how often a request is sent again after a failed attempt. 0 means one attempt. A 429 is none.
	MaxRetries int
	// Observe is called with each attempt after its end. Nil means that it is not needed.
	Observe func(ctx context.Context, exchange Exchange)
	// RoundTripper replaces the network. Nil means the network.
	RoundTripper http.RoundTripper
}

// Client sends requests. It is safe for concurrent use, and meant to be shared, because it keeps connections and the
// limiter of each host.
type Client struct {
	cfg      Config
	network  http.RoundTripper
	redactor *redactor

	mu       sync.Mutex
	limiters map[string]*limiter
}

// New returns a client.
func New(cfg Config) *Client {
	// An http.Client above the network would follow redirects, and send the signature to another host.
	network := cfg.RoundTripper
	if network == nil {
		network = newNetwork(cfg)
	}

	if cfg.Observe == nil {
		cfg.Observe = func(context.Context, Exchange) {}
	}

	return &Client{cfg: cfg, network: network, redactor: &redactor{}, limiters: make(map[string]*limiter)}
}

// WithoutProxy returns a client without proxy and without retries, for services on the local link. It shares c's
// secrets.
func (c *Client) WithoutProxy() *Client {
	cfg := c.cfg
	cfg.Proxy, cfg.MaxRetries = nil, 0

	direct := New(cfg)
	direct.redactor = c.redactor

	return direct
}

// Request is a request that can be sent several times.
type Request struct {
	Method string
	URL    *url.URL
	Header http.Header
	// Body is sent as it is. Nil means none.
	Body []byte
	// Auth authorizes each attempt. Nil means that none needs it.
	Auth Authorizer
	// Confidential says that the response is secret: errors do not quote it.
	Confidential bool
	// Decode reads a successful response. An error of its own is final; one of reading the body is a failed attempt. It is
	// called once for each attempt that succeeds, and must not keep anything of an earlier one.
	Decode func(Response) error
}

// Response is a successful response, status 2xx.
type Response struct {
	Status int
	Header http.Header
	// Body ends with an error where the connection breaks or [MaxBody] is passed.
	Body io.Reader
}

// Authorizer decides whether a request may be sent with a set of credentials.
type Authorizer interface {
	// Acquire waits until the credentials are at hand and no other request probes them at the host, which origin names by
	// scheme and host. It may send requests of its own.
	Acquire(ctx context.Context, origin string) (Attempt, error)
}

// Attempt is the permission to send one request.
//
// It may also be a [Signer]. Without one the request carries its credentials in its body, or none.
type Attempt interface {
	// Begin is called immediately before the request is sent, which may be long after Acquire. It returns an error where the
	// credentials were refused since then, or [ErrReauthorize] where Acquire is to be called again: nothing is sent then.
	Begin() error
	// Revoked returns a channel that is closed when the credentials are refused or replaced, so that a wait before Begin
	// ends then. Nil means that they never are.
	Revoked() <-chan struct{}
	// Done is called once after each Begin that returned nil. It returns outcome.Err, another error for the caller, or
	// [ErrReauthorize] where the request is to be sent again.
	Done(outcome Outcome) error
}

// Signer adds credentials to a request.
type Signer interface {
	// Sign signs req, whose body is body, as of now.
	Sign(req *http.Request, body []byte) error
}

// Outcome is how an attempt ended.
type Outcome struct {
	// Status is the HTTP status, 0 where there was no response.
	Status int
	// Date is the response's Date, zero where it has none.
	Date time.Time
	// Err is nil where the attempt succeeded.
	Err error
}

// ErrReauthorize says that credentials or signature were out of date, not wrong.
var ErrReauthorize = errors.New("authorize again")

// Exchange describes one attempt for logs. It has neither header nor body, and so no secret.
type Exchange struct {
	Method string
	Host   string
	Path   string
	// Attempt counts from 1.
	Attempt int
	// Status is 0 where there was no response.
	Status    int
	Duration  time.Duration
	RequestID string
	// Err is nil where the attempt succeeded. Its text holds no secret.
	Err error
	// Retry is the wait before the next attempt. Negative means that there will be none.
	Retry time.Duration
}

// AddSecret hides secret in every error and [Exchange] of this client. Secrets of fewer than four characters are not hidden:
// they would garble every text.
func (c *Client) AddSecret(secret string) { c.redactor.add(secret) }

// Redact hides the secrets of [Client.AddSecret] in text.
func (c *Client) Redact(text string) string { return c.redactor.redaction(nil).text(text) }
