// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
)

// Transport reaches the server without a socket, whatever host a request names and whether it is https or not: for
// tests of default endpoints, and in a testing/synctest bubble, where sockets do not let time pass. It is a transport
// like any other, with HTTP/1.1 on pipes in memory, so bodies stream, cancellation closes the connection, and every
// fault of the wire shows as on a socket. Its fields may be set before it is used. [Server.Close], in the same bubble,
// ends its connections.
func (s *Server) Transport() *http.Transport {
	return &http.Transport{DialContext: s.DialContext, DialTLSContext: s.DialContext, MaxIdleConnsPerHost: 100}
}

// Client is an HTTP client on [Server.Transport] that does not follow redirects.
func (s *Server) Client() *http.Client {
	return &http.Client{
		Transport:     s.Transport(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// DialContext connects to the server in memory, whatever the address, for an [http.Transport] of the caller's own; as
// its DialTLSContext too, if https is to work: there is no TLS on the pipe.
func (s *Server) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}

	near, far := net.Pipe()

	var reset atomic.Bool

	// Serve returns as soon as the only connection has been accepted; a goroutine of its own serves that.
	go func() { _ = s.http.Serve(&onlyConn{conn: &memoryConn{far, &reset}}) }()

	return &memoryConn{near, &reset}, nil
}

// memoryConn is one end of a pipe that can be reset like a TCP connection.
type memoryConn struct {
	net.Conn
	reset *atomic.Bool // shared by both ends
}

// SetLinger with 0 makes the next close a reset, as on a [net.TCPConn].
func (c *memoryConn) SetLinger(sec int) error {
	c.reset.Store(sec == 0)
	return nil
}

func (c *memoryConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, c.failure("read", err)
}

func (c *memoryConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, c.failure("write", err)
}

func (c *memoryConn) failure(op string, err error) error {
	if c.reset.Load() && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe)) {
		return &net.OpError{Op: op, Net: "pipe", Err: syscall.ECONNRESET}
	}

	return err
}

// onlyConn is a listener that has one connection to accept.
type onlyConn struct {
	net.Listener

	conn net.Conn
}

func (l *onlyConn) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, net.ErrClosed
	}

	conn := l.conn
	l.conn = nil

	return conn, nil
}

// Close closes the connection unless it has been accepted.
func (l *onlyConn) Close() error {
	if l.conn == nil {
		return nil
	}

	return l.conn.Close()
}
