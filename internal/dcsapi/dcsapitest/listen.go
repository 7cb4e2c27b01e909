// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"testing"
	"time"
)

// WithAddress sets the address that [Start] listens on. Default 127.0.0.1:0, a free port of the loopback.
func WithAddress(address string) Option {
	return func(s *Server) { s.address = address }
}

// WithTLS makes [Start] serve HTTPS with a certificate of its own for 127.0.0.1, ::1 and localhost, which no system
// trusts: see [Server.CertificatePEM].
func WithTLS() Option {
	return func(s *Server) { s.tls = true }
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
func ForTest(tb testing.TB, opts ...Option) *Server {
	tb.Helper()

	s, err := Start(opts...)
	if err != nil {
		tb.Fatalf("starting a local DCS: %v", err)
	}

	tb.Cleanup(s.Close)

	return s
}

// InMemory makes a server that does not listen and that is closed when the test ends, for [Server.Transport]. In a
// testing/synctest bubble a server must not listen, and must be made in the bubble.
func InMemory(tb testing.TB, opts ...Option) *Server {
	tb.Helper()

	s := New(opts...)
	tb.Cleanup(s.Close)

	return s
}

func (s *Server) listen() error {
	listener, err := net.Listen("tcp", s.address) //nolint:noctx // there is nothing to wait for
	if err != nil {
		return fmt.Errorf("listening on %s: %w", s.address, err)
	}

	s.url = "http://" + listener.Addr().String()

	if s.tls {
		s.url = "https://" + listener.Addr().String()

		certificate, encoded, err := selfSigned()
		if err != nil {
			return fmt.Errorf("making a certificate: %w", err)
		}

		s.certificate = encoded
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	}

	go func() { _ = s.http.Serve(listener) }()

	return nil
}

// URL is where the server listens, with the path prefix: "http://127.0.0.1:41234". For a server that does not listen
// it is a URL that works through [Server.Transport].
func (s *Server) URL() string {
	return s.url + s.prefix
}

// CertificatePEM is the certificate of a server started [WithTLS], to be trusted as a certificate authority.
func (s *Server) CertificatePEM() []byte {
	return s.certificate
}

// Close ends all connections at once, also those of calls that are being answered, and stops to listen.
func (s *Server) Close() {
	_ = s.http.Close()
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
