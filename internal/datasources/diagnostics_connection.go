// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"

	"terraform-provider-dcs/internal/transport"
)

// noResponse explains an error that is not a response of the service.
func noResponse(err error, r read) explanation {
	e := explanation{
		summary: summaryRequestFailed,
		what:    capitalize(r.what) + " could not be read.",
		cause:   cause(err),
	}

	var (
		otherHost   x509.HostnameError
		invalid     x509.CertificateInvalidError
		certificate *tls.CertificateVerificationError
		host        *net.DNSError
		proxy       *transport.ProxyError
		connection  *transport.ConnectionError
	)

	switch {
	case errors.As(err, &otherHost):
		e.todo = "The certificate belongs to another host. Check `region`, `cloud` and `endpoints` of the provider block, and the " +
			"proxy of the environment."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		e.todo = "The certificate has expired or is not yet valid. Check the clock of this machine. If it is right, the " +
			"certificate of the service, or of a proxy, has to be renewed."
	case errors.As(err, &certificate):
		e.todo = "The certificate is not trusted. If the service or a proxy has a certificate of your own authority, name that " +
			"authority's certificate file in `cacert_file` of the provider block."
	case isProxyDial(err):
		e.todo = "The proxy of the environment (HTTPS_PROXY or HTTP_PROXY) cannot be reached. Check the variable and the network. " +
			"If the host is to be reached without it, name the host in NO_PROXY."
	case errors.As(err, &host) && host.IsNotFound:
		e.todo = "The host does not exist. Check `region`, `cloud` and `endpoints` of the provider block."
	case errors.As(err, &proxy) && proxy.Status == http.StatusProxyAuthRequired:
		e.todo = todoProxyLogin
	case errors.As(err, &proxy):
		e.todo = "The proxy of the environment (HTTPS_PROXY or HTTP_PROXY) did not connect to the service. Check that it permits the " +
			"host of the URL below. If the host is to be reached without it, name the host in NO_PROXY."
	case errors.As(err, &connection):
		e.todo = "Check the network between this machine and the service, the proxy of the environment, and `region`, `cloud` and " +
			"`endpoints` of the provider block."
	}

	return e
}

const todoProxyLogin = "The proxy of the environment (HTTPS_PROXY or HTTP_PROXY) asks for a login: put user name and password " +
	"into its URL. If the host is to be reached without it, name the host in NO_PROXY."

// isProxyDial reports whether err ended the connection to a proxy, not one to the service.
func isProxyDial(err error) bool {
	var op *net.OpError

	return errors.As(err, &op) && op.Op == "proxyconnect"
}
