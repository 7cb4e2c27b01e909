// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"terraform-provider-dcs/internal/transport"
)

const (
	service = "https://dcs.example.com/v2/backups"

	// stallTimeout is how long an attempt may go without headers, and then without a further byte.
	stallTimeout = 30 * time.Second

	// noRetry in place of a wait says that no attempt follows.
	noRetry = -1
)

// roundTripper is a network in the process.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// response returns a response with the header fields given as name and value in turn.
func response(status int, body string, header ...string) *http.Response {
	resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for field := range slices.Chunk(header, 2) {
		resp.Header.Set(field[0], field[1])
	}

	return resp
}

func always(status int, body string, header ...string) roundTripper {
	return func(*http.Request) (*http.Response, error) { return response(status, body, header...), nil }
}

// newSilentLog keeps what a server logs about broken connections out of the test's output.
func newSilentLog() *log.Logger { return log.New(io.Discard, "", 0) }

// inTurn answers the nth request with the nth of responses, and all that follow with the last one.
func inTurn(responses ...roundTripper) roundTripper {
	var mu sync.Mutex

	return func(req *http.Request) (*http.Response, error) {
		mu.Lock()

		next := responses[0]
		if len(responses) > 1 {
			responses = responses[1:]
		}

		mu.Unlock()

		return next(req)
	}
}

// silent never answers.
func silent(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()

	return nil, context.Cause(req.Context())
}

// maxRequests is more than any test needs of one client. Requests that are repeated without a wait would never end in virtual
// time.
const maxRequests = 6000

// newClient returns a client. On a network in the process, a request after maxRequests fails the test, and ends with a 404.
func newClient(tb testing.TB, cfg transport.Config) *transport.Client {
	tb.Helper()

	if network, ok := cfg.RoundTripper.(roundTripper); ok {
		var sent atomic.Int64

		cfg.RoundTripper = roundTripper(func(req *http.Request) (*http.Response, error) {
			switch n := sent.Add(1); {
			case n <= maxRequests:
				return network(req)
			case n == maxRequests+1:
				tb.Errorf("more than %d requests were sent", maxRequests)
			}

			return response(http.StatusNotFound, ""), nil
		})
	}

	return transport.New(cfg)
}

func mustURL(tb testing.TB, text string) *url.URL {
	tb.Helper()

	u, err := url.Parse(text)
	if err != nil {
		tb.Fatal(err)
	}

	return u
}

// get sends a GET request for u with client and decodes the response as JSON.
func get(ctx context.Context, tb testing.TB, client *transport.Client, u string) error {
	tb.Helper()

	return client.Do(ctx, transport.Request{Method: http.MethodGet, URL: mustURL(tb, u), Decode: decodeJSON})
}

func decodeJSON(resp transport.Response) error {
	var into any

	return json.NewDecoder(resp.Body).Decode(&into)
}

// observed collects exchanges.
type observed struct {
	mu        sync.Mutex
	exchanges []transport.Exchange
}

func (o *observed) observe(_ context.Context, exchange transport.Exchange) {
	o.mu.Lock()
	defer o.mu.Unlock()

	o.exchanges = append(o.exchanges, exchange)
}

// wire is a network of pipes: the real HTTP client runs over it in virtual time.
type wire struct {
	// dial fails the nth connection, from 1. Nil means that all succeed.
	dial func(n int) error
	// serve is the server's end of the nth connection. The connection is closed when serve returns, and the client reads
	// its error after the data, io.EOF where it is nil.
	serve func(n int, conn net.Conn) error

	serving sync.WaitGroup
	mu      sync.Mutex
	dials   int
	closed  bool
}

// client returns a client that is connected to w until the test ends.
func (w *wire) client(tb testing.TB, cfg transport.Config) *transport.Client {
	tb.Helper()

	network := transport.NewNetwork(cfg)

	network.Proxy = nil
	network.DialContext = func(context.Context, string, string) (net.Conn, error) { return w.connect() }

	tb.Cleanup(func() {
		// A dial may still follow for a request that has ended.
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()

		network.CloseIdleConnections()
		w.serving.Wait()
	})

	cfg.RoundTripper = network

	return newClient(tb, cfg)
}

func (w *wire) connect() (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()

	if w.closed {
		return nil, net.ErrClosed
	}

	w.dials++
	n := w.dials

	if w.dial != nil {
		if err := w.dial(n); err != nil {
			return nil, err
		}
	}

	near, far := net.Pipe()
	end := make(chan error, 1)

	w.serving.Go(func() {
		end <- w.serve(n, far)

		_ = far.Close()
	})

	return &pipeEnd{Conn: near, end: end}, nil
}

func (w *wire) connections() int {
	w.mu.Lock()
	defer w.mu.Unlock()

	return w.dials
}

// pipeEnd is the client's end of a pipe. Reads end with the error that the server's end left.
type pipeEnd struct {
	net.Conn

	end <-chan error
}

func (p *pipeEnd) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	if errors.Is(err, io.EOF) {
		if end := <-p.end; end != nil {
			err = end
		}
	}

	return n, err
}

// script is what a server does with a connection after it has read the request.
type script func(conn net.Conn) error

// write sends raw, and ends with err.
func write(raw string, err error) script {
	return func(conn net.Conn) error {
		_, _ = io.WriteString(conn, raw)

		return err
	}
}

// thenSilence runs s, and waits until the client closes the connection.
func (s script) thenSilence() script {
	return func(conn net.Conn) error {
		_ = s(conn)
		_, _ = io.Copy(io.Discard, conn)

		return nil
	}
}

const good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

// faultThen runs fault on the first connection, and sends a good response on the others.
func faultThen(fault script) func(n int, conn net.Conn) error {
	return func(n int, conn net.Conn) error {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return err
		}

		if n > 1 {
			fault = write(good, nil)
		}

		return fault(conn)
	}
}
