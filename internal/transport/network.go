// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// connectTimeout bounds how long a dial or a handshake may go on after its request has ended.
	connectTimeout = 2 * stallTimeout

	// pingTimeout is how long an HTTP/2 connection may be silent before it is tested, and then how long the test may
	// take. All requests share the connection: a dead one that is not noticed within one attempt would fail them all.
	pingTimeout = stallTimeout / 3
)

func newNetwork(cfg Config) *http.Transport {
	tlsConfig := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: cfg.Insecure, //nolint:gosec // What the argument insecure asks for.
	}

	if len(cfg.CACerts) > 0 {
		tlsConfig.RootCAs = systemRootsWith(cfg.CACerts)
	}

	network := &http.Transport{
		Proxy:                  proxyOf(cfg),
		DialContext:            (&net.Dialer{Timeout: connectTimeout, KeepAlive: stallTimeout}).DialContext,
		TLSClientConfig:        tlsConfig,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    connectTimeout,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingTimeout, PingTimeout: pingTimeout},
		MaxIdleConnsPerHost:    maxIdleConnsPerHost,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
	}
	network.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
		if resp.StatusCode != http.StatusOK {
			return &ProxyError{Status: resp.StatusCode}
		}

		return nil
	}

	return network
}

// proxyOf returns the function by which an [http.Transport] finds the proxy of a request, nil where there is none.
func proxyOf(cfg Config) func(*http.Request) (*url.URL, error) {
	if cfg.Proxy == nil {
		return nil
	}

	return func(req *http.Request) (*url.URL, error) {
		proxy, err := cfg.Proxy(req.URL)
		if err != nil {
			return nil, &ProxyError{Err: err}
		}

		return proxy, nil
	}
}

func systemRootsWith(certs []*x509.Certificate) *x509.CertPool {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}

	for _, cert := range certs {
		roots.AddCert(cert)
	}

	return roots
}

// maxIdleConnsPerHost keeps the connections of Terraform's ten reads at once, of five pages each, open for the next.
const maxIdleConnsPerHost = 64
