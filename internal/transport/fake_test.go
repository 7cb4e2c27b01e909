// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

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
	"testing"
)

const service = "https://dcs.example.com/v2/backups"

// roundTripper is a network in the process.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answer returns a response with the header fields given as name and value in turn.
func answer(status int, body string, header ...string) *http.Response {
	resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for field := range slices.Chunk(header, 2) {
		resp.Header.Set(field[0], field[1])
	}

	return resp
}

func always(status int, body string, header ...string) roundTripper {
	return func(*http.Request) (*http.Response, error) { return answer(status, body, header...), nil }
}

// newSilentLog keeps what a server says of broken connections out of the test's output.
func newSilentLog() *log.Logger { return log.New(io.Discard, "", 0) }

// inTurn answers the nth request with the nth of answers, and all that follow with the last one.
func inTurn(answers ...roundTripper) roundTripper {
	var mu sync.Mutex

	return func(req *http.Request) (*http.Response, error) {
		mu.Lock()

		next := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
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

func newClient(tb testing.TB, cfg Config) *Client {
	tb.Helper()

	client := New(cfg)

	return client
}

func mustURL(tb testing.TB, text string) *url.URL {
	tb.Helper()

	u, err := url.Parse(text)
	if err != nil {
		tb.Fatal(err)
	}

	return u
}

// get asks client for u and decodes the answer as JSON.
func get(ctx context.Context, tb testing.TB, client *Client, u string) error {
	tb.Helper()

	return client.Do(ctx, Request{Method: http.MethodGet, URL: mustURL(tb, u), Decode: decodeJSON})
}

func decodeJSON(answer Response) error {
	var into any

	return json.NewDecoder(answer.Body).Decode(&into)
}

// observed collects exchanges.
type observed struct {
	mu        sync.Mutex
	exchanges []Exchange
}

func (o *observed) observe(_ context.Context, exchange Exchange) {
	o.mu.Lock()
	defer o.mu.Unlock()

	o.exchanges = append(o.exchanges, exchange)
}

// wire is a network of pipes: the real HTTP client runs over it in virtual time.
type wire struct {
	// dial fails the nth connection, from 1. Nil means that all succeed.
	dial func(n int) error
	// serve is the far end of the nth connection, which it closes by returning. What it returns is what the near end
	// reads after the data, nil meaning a clean end.
	serve func(n int, conn net.Conn) error

	serving sync.WaitGroup
	mu      sync.Mutex
	dials   int
	closed  bool
}

// client returns a client that is connected to w until the test ends.
func (w *wire) client(tb testing.TB, cfg Config) *Client {
	tb.Helper()

	network := newNetwork(cfg)

	network.Proxy = nil
	network.DialContext = func(context.Context, string, string) (net.Conn, error) { return w.connect() }

	tb.Cleanup(func() {
		// A connection may still be asked for that no request waits for any more.
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

// pipeEnd is the near end of a pipe, which ends with the error that the far end left.
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

// script is what the far end of a connection does once it has the request.
type script func(conn net.Conn) error

// say writes raw and ends with err.
func say(raw string, err error) script {
	return func(conn net.Conn) error {
		_, _ = io.WriteString(conn, raw)

		return err
	}
}

// thenSilence waits for the near end to hang up after first.
func (s script) thenSilence() script {
	return func(conn net.Conn) error {
		_ = s(conn)
		_, _ = io.Copy(io.Discard, conn)

		return nil
	}
}

const good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

// faultThen runs fault on the first connection and gives a good answer on the others.
func faultThen(fault script) func(n int, conn net.Conn) error {
	return func(n int, conn net.Conn) error {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return err
		}

		if n > 1 {
			fault = say(good, nil)
		}

		return fault(conn)
	}
}
