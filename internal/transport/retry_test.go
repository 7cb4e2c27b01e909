// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/transport"
)

var errReset = &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}

func status(code int) script {
	return write(fmt.Sprintf("HTTP/1.1 %d x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", code), nil)
}

// busy is a 400 with a code of the service.
func busy(code string) script {
	body := fmt.Sprintf(`{"error_code":%q}`, code)

	return write(fmt.Sprintf("HTTP/1.1 400 x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(body), body), nil)
}

// whole is a response with a Content-Length.
func whole(body string, fields ...string) script {
	return write(fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n%s",
		len(body), strings.Join(fields, ""), body), nil)
}

func gzipped(tb testing.TB, body string) string {
	tb.Helper()

	var b bytes.Buffer

	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, body); err != nil {
		tb.Fatal(err)
	}

	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}

	return b.String()
}

// drip sends head, and then text byte by byte, each after a pause.
func drip(head, text string, pause time.Duration) script {
	return func(conn net.Conn) error {
		_, _ = io.WriteString(conn, head)

		for i := range len(text) {
			time.Sleep(pause)

			if _, err := conn.Write([]byte{text[i]}); err != nil {
				return nil //nolint:nilerr // The near end has hung up, which is the test.
			}
		}

		return nil
	}
}

// TestRetryPolicy is the policy that the package documentation states.
func TestRetryPolicy(t *testing.T) {
	t.Parallel()

	const (
		unchunked = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\nConnection: close\r\n\r\n"
		chunked   = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
		untilEnd  = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
		gzipField = "Content-Encoding: gzip\r\n"
	)

	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	packed := gzipped(t, `{"backups":[`+strings.Repeat(`"0123456789",`, 100)+`""]}`)
	bomb := gzipped(t, strings.Repeat(" ", transport.MaxBody+1))

	tests := map[string]struct {
		fault   script
		dial    error
		retried bool
		why     string
	}{
		"429": {status(429), nil, true, "the limit is over some time later"},
		"500": {status(500), nil, true, "an error of the service's own may pass"},
		"502": {status(502), nil, true, "a gateway without a service behind it"},
		"503": {status(503), nil, true, "overload passes"},
		"504": {status(504), nil, true, "a gateway that waited too long"},

		"400 backing up":  {busy("DCS.4096"), nil, true, "the instance is busy for a while"},
		"400 recovering":  {busy("DCS.4104"), nil, true, "the instance is busy for a while"},
		"400 single node": {busy("DCS.4095"), nil, false, "it never has backups"},

		"400":                 {status(400), nil, false, "the request is wrong"},
		"401":                 {status(401), nil, false, "a key is locked after five failures"},
		"403":                 {status(403), nil, false, "permissions don't come by asking"},
		"404":                 {status(404), nil, false, "what isn't there stays away"},
		"405":                 {status(405), nil, false, "the request is wrong"},
		"408":                 {status(408), nil, false, "other client errors are final"},
		"409":                 {status(409), nil, false, "other client errors are final"},
		"418":                 {status(418), nil, false, "other client errors are final"},
		"499":                 {status(499), nil, false, "other client errors are final"},
		"501":                 {status(501), nil, false, "what isn't implemented stays so"},
		"505":                 {status(505), nil, false, "what isn't implemented stays so"},
		"599":                 {status(599), nil, false, "unknown errors are final"},
		"301":                 {status(301), nil, false, "redirects are not followed"},
		"304":                 {status(304), nil, false, "nothing conditional was asked"},
		"redirect, no target": {status(302), nil, false, "redirects are not followed"},
		"redirect, bad target": {
			write("HTTP/1.1 302 Found\r\nLocation: https://[::1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", nil),
			nil, false, "redirects are not followed, wherever they lead",
		},

		"connection refused":  {nil, dial(syscall.ECONNREFUSED), true, "a service restarts"},
		"network unreachable": {nil, dial(syscall.ENETUNREACH), true, "a link comes back"},
		"resolver fails": {
			nil, dial(&net.DNSError{Err: "server misbehaving", IsTemporary: true}), true, "it may work next time",
		},
		"resolver times out": {
			nil, dial(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), true, "it may work next time",
		},
		"host does not exist": {
			nil, dial(&net.DNSError{Err: "no such host", IsNotFound: true}), false, "it is a wrong name",
		},

		"invalid port": {
			nil, dial(&net.AddrError{Err: "invalid port", Addr: "99999"}), false, "it is a wrong address",
		},

		"reset before the headers":     {write("", errReset), nil, true, "broken connection"},
		"reset in the status line":     {write("HTTP/1.1 2", errReset), nil, true, "broken connection"},
		"reset in the headers":         {write("HTTP/1.1 200 OK\r\nContent-Le", errReset), nil, true, "broken connection"},
		"reset after the headers":      {write(unchunked, errReset), nil, true, "broken connection"},
		"reset in the body":            {write(unchunked+`{"backups":`, errReset), nil, true, "broken connection"},
		"reset after the JSON":         {write(unchunked+`{"backups":[]}`, errReset), nil, true, "the rest is missing"},
		"closed before the headers":    {write("", nil), nil, true, "broken connection"},
		"closed in the headers":        {write("HTTP/1.1 200 OK\r\nContent-Le", nil), nil, true, "broken connection"},
		"cut by length":                {write(unchunked+`{"backups":`, nil), nil, true, "cut body"},
		"cut by length after the JSON": {write(unchunked+`{"backups":[]}`, nil), nil, true, "cut body"},
		"cut between chunks":           {write(chunked+"b\r\n{\"backups\":\r\n", nil), nil, true, "cut body"},
		"cut in a chunk":               {write(chunked+"20\r\n{\"backups\":", nil), nil, true, "cut body"},
		"cut before the last chunk":    {write(chunked+"2\r\n{}\r\n", nil), nil, true, "the end was not seen"},
		"cut gzip":                     {whole(packed[:len(packed)/2], gzipField), nil, true, "cut body"},
		"cut gzip checksum":            {whole(packed[:len(packed)-4], gzipField), nil, true, "cut body"},
		"broken gzip":                  {whole(packed[:20]+"\xff\xff"+packed[22:], gzipField), nil, true, "damaged on the way"},
		"cut JSON, clean end":          {write(untilEnd+`{"backups":[`, nil), nil, true, "cut body"},
		"cut JSON in a string":         {write(untilEnd+`{"backups":["0`, nil), nil, true, "cut body"},
		"empty body":                   {whole(""), nil, true, "a service that answers 200 says something"},
		"white space only":             {whole(" \r\n"), nil, true, "a service that answers 200 says something"},

		"no headers for 30 s": {write("", nil).thenSilence(), nil, true, "the service hangs"},
		"headers that drip": {
			drip("HTTP/1.1 200 OK\r\nX: ", strings.Repeat("x", 100), time.Second), nil, true, "they would never be complete",
		},
		"no byte for 30 s":      {write(unchunked+`{"backups":`, nil).thenSilence(), nil, true, "the service hangs"},
		"no first byte in 30 s": {write(unchunked, nil).thenSilence(), nil, true, "the service hangs"},

		"body over the bound":         {endless("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n["), nil, false, "it would be again"},
		"body over the bound by gzip": {whole(bomb, gzipField), nil, false, "it would be again"},
		"HTML with 200":               {whole("<html><title>Sign in</title></html>"), nil, false, "a captive portal is not the service"},
		"text with 200":               {whole("OK"), nil, false, "another service"},
		"binary with 200":             {whole("\x00\x01\xff\xfe"), nil, false, "another service"},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{serve: faultThen(test.fault), dial: func(n int) error {
					if n == 1 {
						return test.dial
					}

					return nil
				}}
				client := w.client(t, transport.Config{MaxRetries: 5})

				err := get(t.Context(), t, client, "http://dcs.example.com/v2/backups")

				if want := map[bool]int{false: 1, true: 2}[test.retried]; w.connections() != want {
					t.Errorf("%d attempts, want %d: %s; %v", w.connections(), want, test.why, err)
				}

				if (err == nil) != test.retried {
					t.Errorf("got error %v, want one: %v", err, !test.retried)
				}
			})
		})
	}
}

// endless sends head and then blanks, twice as many as are read of a body.
func endless(head string) script {
	return func(conn net.Conn) error {
		_, err := io.WriteString(conn, head)

		blanks := bytes.Repeat([]byte(" "), 1<<20)
		for n := 0; err == nil && n < 64; n++ {
			_, err = conn.Write(blanks)
		}

		return nil
	}
}

func TestRetryPolicy_slowDripIsNoStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const pause = 29 * time.Second

		w := &wire{serve: faultThen(func(conn net.Conn) error {
			time.Sleep(pause)

			return drip("HTTP/1.1 200 OK\r\nContent-Length: 14\r\nConnection: close\r\n\r\n", `{"backups":[]}`, pause)(conn)
		})}

		start := time.Now()

		if err := get(t.Context(), t, w.client(t, transport.Config{MaxRetries: 5}), "http://dcs.example.com/"); err != nil {
			t.Error(err)
		}

		if got, want := time.Since(start), 15*pause; w.connections() != 1 || got != want {
			t.Errorf("%d attempts in %s, want 1 in %s", w.connections(), got, want)
		}
	})
}

func TestRetryPolicy_stallIsNoticedAfterThirtySeconds(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		fault script
		want  string
	}{
		"no headers": {
			write("", nil).thenSilence(), "GET http://dcs.example.com/: nothing was received for 30s",
		},
		"no body": {
			write("HTTP/1.1 200 OK\r\nContent-Length: 20\r\nX-Request-Id: r1\r\n\r\n", nil).thenSilence(),
			"GET http://dcs.example.com/: 200 OK: nothing was received for 30s (request ID r1)",
		},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				w := &wire{serve: faultThen(tt.fault)}
				err := get(t.Context(), t, w.client(t, transport.Config{}), "http://dcs.example.com/")

				if err == nil || err.Error() != tt.want || time.Since(start) != stallTimeout {
					t.Errorf("got %v after %s, want %s after %s", err, time.Since(start), tt.want, stallTimeout)
				}
			})
		})
	}
}

func TestRetryPolicy_numberOfRetries(t *testing.T) {
	t.Parallel()

	for retries, attempts := range map[int]int{-1: 1, 0: 1, 1: 2, 5: 6} {
		t.Run(fmt.Sprintf("max_retries %d", retries), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var seen observed

				client := newClient(t, transport.Config{MaxRetries: retries, RoundTripper: always(503, ""), Observe: seen.observe})

				var failed *transport.Error
				if err := get(t.Context(), t, client, service); !errors.As(err, &failed) || failed.Attempts != attempts {
					t.Errorf("got %v, want the response to attempt %d", err, attempts)
				}

				if len(seen.exchanges) != attempts {
					t.Errorf("%d attempts, want %d", len(seen.exchanges), attempts)
				}
			})
		})
	}
}

func TestRetryPolicy_errorBodyIsNotWaitedForLongerThanTheStall(t *testing.T) {
	t.Parallel()

	const head = "HTTP/1.1 403 Forbidden\r\nContent-Length: 9999\r\nConnection: close\r\nX-Request-Id: r1\r\n\r\n"

	tests := map[string]struct {
		fault   script
		message string
		within  time.Duration
	}{
		"silent": {
			write(head, nil).thenSilence(), "the body is empty", stallTimeout,
		},
		"slow drip": {
			drip(head, strings.Repeat("x", 9999), time.Second),
			`the body is of no stated type and begins "` + strings.Repeat("x", 29), stallTimeout,
		},
		"cut": {
			write(head+"gateway d", nil), `the body is of no stated type and begins "gateway d"`, 0,
		},
		"reset": {
			write(head+"gateway d", errReset), `the body is of no stated type and begins "gateway d"`, 0,
		},
		"endless": {
			endless(head + "gateway down"), `the body is of no stated type and begins "gateway down"`, 0,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				w := &wire{serve: faultThen(test.fault)}
				err := get(t.Context(), t, w.client(t, transport.Config{MaxRetries: 5}), "http://dcs.example.com/")

				var failed *transport.Error
				if !errors.As(err, &failed) || failed.Status != http.StatusForbidden || failed.RequestID != "r1" ||
					!strings.HasPrefix(failed.Message, test.message) {
					t.Errorf("got %v, want 403 and %s", err, test.message)
				}

				if got := time.Since(start); got > test.within {
					t.Errorf("took %s, want at most %s", got, test.within)
				}
			})
		})
	}
}
