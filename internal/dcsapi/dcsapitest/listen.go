// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// listening is how a server can be reached.
type listening struct {
	address     string // to listen on
	tls         bool
	certificate []byte // PEM

	once   sync.Once
	server *http.Server // of sockets and of in-process connections
	url    string
}

// WithAddress sets the address that [Start] listens on. Default 127.0.0.1:0, a free port of the loopback.
func WithAddress(address string) Option {
	return func(s *Server) { s.listening.address = address }
}

// WithTLS makes [Start] serve HTTPS with a certificate of its own for 127.0.0.1, ::1 and localhost, which no system
// trusts: see [Server.CertificatePEM].
func WithTLS() Option {
	return func(s *Server) { s.listening.tls = true }
}

// Start makes a server that listens; see [New]. It must be closed.
func Start(opts ...Option) (*Server, error) {
	s := New(opts...)
	if err := s.listen(); err != nil {
		return nil, err
	}

	return s, nil
}

// ForTest starts a server that is closed when the test ends.
func ForTest(t testing.TB, opts ...Option) *Server {
	t.Helper()

	s, err := Start(opts...)
	if err != nil {
		t.Fatalf("starting a local DCS: %v", err)
	}

	t.Cleanup(s.Close)

	return s
}

// InMemory makes a server that does not listen and that is closed when the test ends, for [Server.Transport]. In a
// testing/synctest bubble a server must not listen, and must be made in the bubble.
func InMemory(t testing.TB, opts ...Option) *Server {
	t.Helper()

	s := New(opts...)
	t.Cleanup(s.Close)

	return s
}

func (s *Server) listen() error {
	address := cmp.Or(s.listening.address, "127.0.0.1:0")

	listener, err := net.Listen("tcp", address) //nolint:noctx // there is nothing to wait for
	if err != nil {
		return fmt.Errorf("listening on %s: %w", address, err)
	}

	s.listening.url = "http://" + listener.Addr().String()

	if s.listening.tls {
		s.listening.url = "https://" + listener.Addr().String()

		certificate, encoded, err := selfSigned()
		if err != nil {
			return fmt.Errorf("making a certificate: %w", err)
		}

		s.listening.certificate = encoded
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	}

	go func() { _ = s.httpServer().Serve(listener) }()

	return nil
}

// httpServer is the server behind sockets and in-process connections alike.
func (s *Server) httpServer() *http.Server {
	s.listening.once.Do(func() {
		http1 := &http.Protocols{}
		http1.SetHTTP1(true)
		s.listening.server = &http.Server{
			Handler:           s,
			Protocols:         http1, // HTTP/2 connections cannot be hijacked, and so not be reset
			ReadHeaderTimeout: time.Minute,
			ErrorLog:          log.New(io.Discard, "", 0), // connections are broken on purpose here
		}
	})

	return s.listening.server
}

// URL is where the server listens, with the path prefix: "http://127.0.0.1:41234". For a server that does not listen
// it is a URL that works through [Server.Transport].
func (s *Server) URL() string {
	return cmp.Or(s.listening.url, "http://127.0.0.1") + s.prefix
}

// CertificatePEM is the certificate of a server started [WithTLS], to be trusted as a certificate authority.
func (s *Server) CertificatePEM() []byte {
	return s.listening.certificate
}

// Close ends all connections at once, also those of calls that are being answered, and stops to listen.
func (s *Server) Close() {
	_ = s.httpServer().Close()
}

// selfSigned makes a certificate for the loopback that signs itself.
func selfSigned() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}

	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "local DCS"},
		NotBefore:             time.Now().Add(-24 * time.Hour),
		NotAfter:              time.Now().Add(365 * 24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		DNSNames:              []string{"localhost"},
	}

	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}

	encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})

	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, encoded, nil
}
