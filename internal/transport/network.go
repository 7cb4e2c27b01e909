// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// connectTimeout bounds how long connecting may go on for an attempt that has been given up since.
	connectTimeout = 2 * stallTimeout

	// pingTimeout is how long an HTTP/2 connection may be silent before it is tested, and then how long the test may
	// take. All requests share the connection: a dead one that is not noticed within one attempt would fail them all.
	pingTimeout = stallTimeout / 3
)

// ErrCACert says that a certificate bundle holds no certificate, or one that cannot be read.
var ErrCACert = errors.New("not a bundle of certificates in PEM form")

func newNetwork(cfg Config) (*http.Transport, error) {
	tlsConfig := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: cfg.Insecure, //nolint:gosec // What the argument insecure asks for.
	}

	if cfg.CACert != nil {
		roots, err := withRoots(cfg.CACert)
		if err != nil {
			return nil, err
		}

		tlsConfig.RootCAs = roots
	}

	network := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: connectTimeout, KeepAlive: stallTimeout}).DialContext,
		TLSClientConfig:        tlsConfig,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    connectTimeout,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingTimeout, PingTimeout: pingTimeout},
		MaxIdleConnsPerHost:    maxIdleConnsPerHost,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
	}
	if cfg.NoProxy {
		network.Proxy = nil
	}

	network.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
		if resp.StatusCode != http.StatusOK {
			return &ProxyError{Status: resp.StatusCode}
		}

		return nil
	}

	return network, nil
}

// withRoots returns the system's certificates and those of bundle. It refuses one that cannot be read: the certificate left
// out might be the one that is needed.
func withRoots(bundle []byte) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}

	found := 0

	for block, rest := pem.Decode(bundle); block != nil; block, rest = pem.Decode(rest) {
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == certificateType {
			roots.AddCert(certificate)

			found++
		}
	}

	switch begun := bytes.Count(bundle, []byte("-----BEGIN "+certificateType+"-----")); {
	case found == 0:
		return nil, ErrCACert
	case found < begun:
		return nil, fmt.Errorf("%w: %d of %d cannot be read", ErrCACert, begun-found, begun)
	}

	return roots, nil
}

const certificateType = "CERTIFICATE"

// maxIdleConnsPerHost keeps the connections of Terraform's ten reads at once, of five pages each, open for the next.
const maxIdleConnsPerHost = 64
