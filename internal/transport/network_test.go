// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/transport"
)

// authority issues certificates that no system trusts.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(tb testing.TB) authority {
	tb.Helper()

	a := authority{certificate: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour),
	}, key: newKey(tb)}
	a.certificate.Raw = a.sign(tb, a.certificate, &a.key.PublicKey)

	return a
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}

	return key
}

func (a authority) sign(tb testing.TB, template *x509.Certificate, key *ecdsa.PublicKey) []byte {
	tb.Helper()

	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key, a.key)
	if err != nil {
		tb.Fatal(err)
	}

	return der
}

func (a authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}

func (a authority) certs(tb testing.TB) []*x509.Certificate {
	tb.Helper()

	certs, unreadable := transport.ParseCACerts(a.pem())
	if len(certs) != 1 || len(unreadable) > 0 {
		tb.Fatalf("%d certificates, unreadable: %v", len(certs), unreadable)
	}

	return certs
}

// issue returns a certificate for host, or for an address.
func (a authority) issue(tb testing.TB, host string, notAfter time.Time) tls.Certificate {
	tb.Helper()

	key := newKey(tb)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: notAfter.Add(-2 * time.Hour), NotAfter: notAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}

	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}

	return tls.Certificate{Certificate: [][]byte{a.sign(tb, template, &key.PublicKey)}, PrivateKey: key}
}

// server is an HTTP server that counts its connections.
type server struct {
	*httptest.Server

	connections atomic.Int64
}

func newServer(tb testing.TB, handler http.HandlerFunc, start func(*httptest.Server)) *server {
	tb.Helper()

	s := &server{Server: httptest.NewUnstartedServer(handler)}
	s.Config.ErrorLog = newSilentLog()
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}

	start(s.Server)
	tb.Cleanup(s.Close)

	return s
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) }

// networkClient returns a client on the real network whose connections are closed with the test.
func networkClient(tb testing.TB, cfg transport.Config) *transport.Client {
	tb.Helper()

	network := transport.NewNetwork(cfg)

	tb.Cleanup(network.CloseIdleConnections)

	cfg.RoundTripper = network

	return newClient(tb, cfg)
}

func TestTLS_whatIsTrusted(t *testing.T) {
	t.Parallel()

	own, other := newAuthority(t), newAuthority(t)
	later := time.Now().Add(time.Hour)
	mine, moved := own.issue(t, "127.0.0.1", later), own.issue(t, "127.0.0.2", later)
	named := own.issue(t, "dcs.example.com", later)
	expired := own.issue(t, "127.0.0.1", time.Now().Add(-time.Minute))

	tests := map[string]struct {
		certificate tls.Certificate
		cfg         transport.Config
		fails       string
	}{
		"own authority":                {mine, transport.Config{CACerts: own.certs(t)}, ""},
		"own authority in a bundle":    {mine, transport.Config{CACerts: slices.Concat(other.certs(t), own.certs(t))}, ""},
		"unknown authority":            {mine, transport.Config{}, "certificate signed by unknown authority"},
		"another authority":            {mine, transport.Config{CACerts: other.certs(t)}, "certificate signed by unknown authority"},
		"wrong host":                   {named, transport.Config{CACerts: own.certs(t)}, "cannot validate certificate for 127.0.0.1"},
		"wrong address":                {moved, transport.Config{CACerts: own.certs(t)}, "certificate is valid for 127.0.0.2, not 127.0.0.1"},
		"expired":                      {expired, transport.Config{CACerts: own.certs(t)}, "certificate has expired"},
		"unknown authority, insecure":  {mine, transport.Config{Insecure: true}, ""},
		"wrong host, insecure":         {named, transport.Config{Insecure: true}, ""},
		"expired, insecure":            {expired, transport.Config{Insecure: true}, ""},
		"own authority, also insecure": {mine, transport.Config{CACerts: own.certs(t), Insecure: true}, ""},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			srv := newServer(t, ok, func(s *httptest.Server) {
				s.TLS = &tls.Config{Certificates: []tls.Certificate{test.certificate}, MinVersion: tls.VersionTLS12}
				s.StartTLS()
			})

			test.cfg.MaxRetries = 5
			err := get(t.Context(), t, networkClient(t, test.cfg), srv.URL)

			if (test.fails == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Fatalf("got %v, want %q", err, test.fails)
			}

			var verification *tls.CertificateVerificationError
			if err != nil && (!errors.As(err, &verification) || srv.connections.Load() != 1) {
				t.Errorf("got %T in %d attempts, want a certificate error in one", err, srv.connections.Load())
			}
		})
	}
}

// TestTLS_namesOfACertificateAreShownInOneLine has control characters in the name of a certificate that is not trusted.
func TestTLS_namesOfACertificateAreShownInOneLine(t *testing.T) {
	t.Parallel()

	certificate := newAuthority(t).issue(t, "\x1b[2Ja\n\nb"+strings.Repeat("x", 10_000), time.Now().Add(time.Hour))
	srv := newServer(t, ok, func(s *httptest.Server) {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
		s.StartTLS()
	})

	err := get(t.Context(), t, networkClient(t, transport.Config{}), strings.Replace(srv.URL, "127.0.0.1", "localhost", 1))

	const want = ": x509: certificate is valid for  [2Ja  bxxx"
	if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 1200 {
		t.Errorf("got %.200q in %d bytes, want one that has %q in less than 1200", err, len(fmt.Sprint(err)), want)
	}
}

func TestTLS_oldVersionsAreRefused(t *testing.T) {
	t.Parallel()

	srv := newServer(t, ok, func(s *httptest.Server) {
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11} //nolint:gosec // The test.
		s.StartTLS()
	})

	if err := get(t.Context(), t, networkClient(t, transport.Config{Insecure: true}), srv.URL); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
}

func TestTLS_plainHTTPOnTheSecurePortIsNotTriedAgain(t *testing.T) {
	t.Parallel()

	srv := newServer(t, ok, (*httptest.Server).Start)
	u := strings.Replace(srv.URL, "http://", "https://", 1)
	err := get(t.Context(), t, networkClient(t, transport.Config{MaxRetries: 5}), u)

	want := "GET " + u + ": the server does not speak TLS on this port: tls: first record does not look like a TLS handshake"
	if err == nil || err.Error() != want || srv.connections.Load() != 1 {
		t.Errorf("got  %v in %d attempts\nwant %s in one", err, srv.connections.Load(), want)
	}
}

func TestNetwork_connectionsAreReused(t *testing.T) {
	t.Parallel()

	t.Run("100 requests one after another", func(t *testing.T) {
		t.Parallel()

		n := 0
		srv := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
			n++
			if n%3 == 0 {
				w.WriteHeader(http.StatusNotFound)
			}

			_, _ = io.WriteString(w, `{"backups":[]}`+strings.Repeat(" ", 10000))
		}, (*httptest.Server).Start)
		client := networkClient(t, transport.Config{})

		for range 100 {
			_ = get(t.Context(), t, client, srv.URL)
		}

		if got := srv.connections.Load(); got != 1 {
			t.Errorf("%d connections, want 1", got)
		}
	})

	t.Run("50 requests at once, ten times", func(t *testing.T) {
		t.Parallel()

		srv := newServer(t, ok, (*httptest.Server).Start)
		client := networkClient(t, transport.Config{})

		for range 10 {
			var wg sync.WaitGroup
			for range 50 {
				wg.Go(func() {
					if err := get(t.Context(), t, client, srv.URL); err != nil {
						t.Error(err)
					}
				})
			}

			wg.Wait()
		}

		if got := srv.connections.Load(); got > 64 {
			t.Errorf("%d connections, want at most 64", got)
		}
	})
}

func TestNetwork_usesHTTP2WhereItIsOffered(t *testing.T) {
	t.Parallel()

	var major atomic.Int64

	srv := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		major.Store(int64(r.ProtoMajor))
		ok(w, r)
	}, func(s *httptest.Server) {
		s.EnableHTTP2 = true
		s.StartTLS()
	})

	if err := get(t.Context(), t, networkClient(t, transport.Config{Insecure: true}), srv.URL); err != nil {
		t.Fatal(err)
	}

	if major.Load() != 2 {
		t.Errorf("HTTP/%d was used, want HTTP/2", major.Load())
	}
}

// TestNetwork_deadHTTP2ConnectionIsGivenUp models a firewall that forgets a connection: what is sent is swallowed. All
// requests share one HTTP/2 connection, so all attempts would run into it.
func TestNetwork_deadHTTP2ConnectionIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		own := newAuthority(t)
		listener := newPipeListener()
		srv := &http.Server{Handler: http.HandlerFunc(ok), ReadHeaderTimeout: time.Hour, TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{own.issue(t, "dcs.example.com", time.Now().Add(time.Hour))},
			NextProtos:   []string{"h2"}, MinVersion: tls.VersionTLS12,
		}}
		srv.ErrorLog = newSilentLog()

		var serving sync.WaitGroup

		serving.Go(func() { _ = srv.ServeTLS(listener, "", "") })

		network := transport.NewNetwork(transport.Config{CACerts: own.certs(t)})

		var latest *swallower

		dials := 0
		network.Proxy = nil
		network.DialContext = func(context.Context, string, string) (net.Conn, error) {
			dials++
			latest = &swallower{Conn: listener.dial(), closed: make(chan struct{})}

			return latest, nil
		}

		client := newClient(t, transport.Config{MaxRetries: 5, RoundTripper: network})
		if err := get(t.Context(), t, client, service); err != nil {
			t.Fatal(err)
		}

		latest.dead.Store(true)

		start := time.Now()

		if err := get(t.Context(), t, client, service); err != nil || dials != 2 {
			t.Errorf("got %v with %d connections, want a success by a second one", err, dials)
		}

		if time.Since(start) > time.Minute {
			t.Errorf("took %s, want at most a minute", time.Since(start))
		}

		network.CloseIdleConnections()

		_ = srv.Close()
		_ = listener.Close()

		serving.Wait()
	})
}

// swallower is a connection that can die without a word.
type swallower struct {
	net.Conn

	dead   atomic.Bool
	once   sync.Once
	closed chan struct{}
}

func (s *swallower) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if s.dead.Load() {
		<-s.closed

		return 0, net.ErrClosed
	}

	return n, err
}

func (s *swallower) Write(p []byte) (int, error) {
	if s.dead.Load() {
		return len(p), nil
	}

	return s.Conn.Write(p)
}

func (s *swallower) Close() error {
	s.once.Do(func() { close(s.closed) })

	return s.Conn.Close()
}

// pipeListener accepts pipes.
type pipeListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) dial() net.Conn {
	near, far := net.Pipe()
	l.conns <- far

	return near
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })

	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func TestNetwork_silentHandshakeLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{serve: func(_ int, conn net.Conn) error {
			_, err := io.Copy(io.Discard, conn)

			return err
		}}
		start := time.Now()
		err := get(t.Context(), t, w.client(t, transport.Config{}), service)

		if err == nil || time.Since(start) != stallTimeout {
			t.Errorf("got %v after %s, want an error after %s", err, time.Since(start), stallTimeout)
		}

		if w.connections() != 1 {
			t.Errorf("%d connections, want 1", w.connections())
		}

		// A handshake goes on when its request has ended. Unless it ends by itself, this waits for ever.
		w.serving.Wait()
	})
}

// TestNetwork_realResetIsTriedAgain has the kernel send RST.
func TestNetwork_realResetIsTriedAgain(t *testing.T) {
	t.Parallel()

	tests := map[string]string{
		"before the headers": "",
		"in the body":        "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"backups\":",
	}

	for name, sent := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			listener := listen(t)

			var server sync.WaitGroup

			server.Go(func() {
				for n := 1; n <= 2; n++ {
					conn, err := listener.Accept()
					if err != nil {
						return
					}

					_, _ = conn.Read(make([]byte, 4096))

					if n == 1 {
						_, _ = io.WriteString(conn, sent)
						_ = conn.(*net.TCPConn).SetLinger(0) //nolint:forcetypeassert // It is the listener's.
					} else {
						_, _ = io.WriteString(conn, good)
					}

					_ = conn.Close()
				}
			})

			var seen observed

			client := networkClient(t, transport.Config{MaxRetries: 1, Observe: seen.observe})
			if err := get(t.Context(), t, client, "http://"+listener.Addr().String()); err != nil {
				t.Fatal(err)
			}

			_ = listener.Close()

			server.Wait()

			if len(seen.exchanges) != 2 || seen.exchanges[0].Err == nil {
				t.Errorf("got %+v, want a failure and a success", seen.exchanges)
			}
		})
	}
}

func listen(tb testing.TB) net.Listener {
	tb.Helper()

	var config net.ListenConfig

	listener, err := config.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}

	tb.Cleanup(func() { _ = listener.Close() })

	return listener
}

func TestNetwork_interruptEndsARequestWithinASecond(t *testing.T) {
	t.Parallel()

	tests := map[string]struct{ scheme, sent string }{
		"no TLS handshake":   {"https", ""},
		"no response":        {"http", ""},
		"half the headers":   {"http", "HTTP/1.1 200 OK\r\nX: "},
		"half the body":      {"http", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"},
		"half of an error's": {"http", "HTTP/1.1 403 Forbidden\r\nContent-Length: 20\r\n\r\n{"},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			ctx, cancel := context.WithCancelCause(t.Context())
			listener := listen(t)

			var server sync.WaitGroup

			server.Go(func() {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				defer func() { _ = conn.Close() }()

				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, test.sent)

				cancel(errInterrupt)

				_, _ = io.Copy(io.Discard, conn)
			})

			network := transport.NewNetwork(transport.Config{})
			start := time.Now()
			err := get(ctx, t, transport.New(transport.Config{MaxRetries: 5, RoundTripper: network}),
				test.scheme+"://"+listener.Addr().String())

			var interrupted *transport.InterruptedError
			if !errors.As(err, &interrupted) || !errors.Is(err, errInterrupt) || time.Since(start) > time.Second {
				t.Errorf("got %v after %s, want the interrupt within a second", err, time.Since(start))
			}

			// A handshake goes on when its request has ended.
			network.CloseIdleConnections()

			_ = listener.Close()

			server.Wait()
		})
	}
}

// TestNetwork_endlessBodyNeedsLittleMemory has servers send twice as much as is read of a body.
//
//nolint:paralleltest // It measures what the whole process allocates.
func TestNetwork_endlessBodyNeedsLittleMemory(t *testing.T) {
	const most = transport.MaxBody / 2

	chunk := strings.Repeat("[0],", 16<<10)

	endless := func(w io.Writer, chunk string) {
		for range 2 * transport.MaxBody / len(chunk) {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
	}

	tests := map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"body": {func(w http.ResponseWriter, _ *http.Request) { endless(w, chunk) }, ": 200 OK: the body is larger than 32 MiB"},
		"error's body": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			endless(w, chunk)
		}, ": 503 Service Unavailable: the body is "},
		"header": {func(w http.ResponseWriter, _ *http.Request) {
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				defer func() { _ = conn.Close() }()

				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
				endless(conn, "X: "+strings.Repeat("x", 64<<10)+"\r\n")
			}
		}, ": net/http: "},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, test.handler, (*httptest.Server).Start)
			client := networkClient(t, transport.Config{})

			var before, after runtime.MemStats

			runtime.ReadMemStats(&before)

			err := client.Do(t.Context(), transport.Request{
				Method: http.MethodGet, URL: mustURL(t, srv.URL),
				Decode: func(resp transport.Response) error {
					_, err := io.Copy(io.Discard, resp.Body)

					return err
				},
			})

			runtime.ReadMemStats(&after)

			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}

			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > most {
				t.Errorf("%d bytes allocated, want at most %d", allocated, most)
			}
		})
	}
}

// TestClient_WithoutProxy has a proxy that answers, and a service that fails: the client without proxy asks the service, once.
func TestClient_WithoutProxy(t *testing.T) {
	t.Parallel()

	proxy := newServer(t, ok, (*httptest.Server).Start)
	srv := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}, (*httptest.Server).Start)
	client := transport.New(transport.Config{MaxRetries: 5, Proxy: func(*url.URL) (*url.URL, error) { return url.Parse(proxy.URL) }})
	direct := client.WithoutProxy()

	if err := get(t.Context(), t, client, srv.URL); err != nil {
		t.Errorf("got %v, want the proxy's response", err)
	}

	var failed *transport.Error
	if err := get(t.Context(), t, direct, srv.URL); !errors.As(err, &failed) || failed.Status != 503 || failed.Attempts != 1 {
		t.Errorf("got %v, want the service's response to one attempt", err)
	}

	direct.AddSecret("s3cr3t-t0ken")

	if got := client.Redact("s3cr3t-t0ken"); got != "***" {
		t.Errorf("got %s, want a secret of both clients hidden", got)
	}
}

// TestProxy_notKnown has a proxy function that fails: the request is not sent, and not tried again.
func TestProxy_notKnown(t *testing.T) {
	t.Parallel()

	srv := newServer(t, ok, (*httptest.Server).Start)
	malformed := errors.New("HTTP_PROXY must be a URL")
	asked := 0
	client := networkClient(t, transport.Config{MaxRetries: 5, Proxy: func(*url.URL) (*url.URL, error) {
		asked++

		return nil, malformed
	}})

	err := get(t.Context(), t, client, srv.URL)

	var proxy *transport.ProxyError
	if !errors.Is(err, malformed) || !errors.As(err, &proxy) || asked != 1 || srv.connections.Load() != 0 {
		t.Errorf("got %v after %d attempts and %d connections", err, asked, srv.connections.Load())
	}
}

// TestProxy_thatDoesNotConnect has a proxy refuse a connection. Only refusals that may pass are retried.
func TestProxy_thatDoesNotConnect(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		status   string
		want     string
		attempts int64
	}{
		"login":            {"407 Proxy Authentication Required", "the proxy answered 407 Proxy Authentication Required", 1},
		"without a reason": {"407 ", "the proxy answered 407 Proxy Authentication Required", 1},
		"forbidden":        {"403 Forbidden", "the proxy answered 403 Forbidden", 1},
		"redirect":         {"302 Found", "the proxy answered 302 Found", 1},
		"unknown status":   {"499 Gone Fishing", "the proxy answered 499", 1},
		"bad gateway":      {"502 Bad Gateway", "the proxy answered 502 Bad Gateway (2 attempts)", 2},
		"throttled":        {"429 Too Many Requests", "the proxy answered 429 Too Many Requests (2 attempts)", 2},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}

			t.Cleanup(func() { _ = listener.Close() })

			var asked atomic.Int64

			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}

					asked.Add(1)

					_, _ = http.ReadRequest(bufio.NewReader(conn))
					_, _ = fmt.Fprintf(conn, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", test.status)
					_ = conn.Close()
				}
			}()

			network := transport.NewNetwork(transport.Config{})

			network.Proxy = http.ProxyURL(mustURL(t, "http://"+listener.Addr().String()))
			err = get(t.Context(), t, newClient(t, transport.Config{MaxRetries: 1, RoundTripper: network}), service)

			if want := "GET " + service + ": " + test.want; err == nil || err.Error() != want {
				t.Errorf("got %v\nwant %s", err, want)
			}

			if got := asked.Load(); got != test.attempts {
				t.Errorf("asked %d times, want %d", got, test.attempts)
			}
		})
	}
}
