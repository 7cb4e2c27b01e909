// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// firstInterval and maxInterval bound the waits between the attempts of one request, before jitter.
	firstInterval = 500 * time.Millisecond
	maxInterval   = 30 * time.Second

	// maxRetryAfter is what a longer Retry-After is taken for.
	//
	// Source: RFC 9111, section 1.2.2.
	maxRetryAfter = 1 << 31 * time.Second
)

// The codes of a 400 that says that the instance is busy: it is being backed up, or recovered.
//
// Source: DCS API reference, error codes.
const (
	codeBackingUp  = "DCS.4096"
	codeRecovering = "DCS.4104"
)

// newBackOff returns the waits between attempts: each twice as long as the one before, 50 % more or less.
func newBackOff() *backoff.ExponentialBackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval:     firstInterval,
		RandomizationFactor: backoff.DefaultRandomizationFactor,
		Multiplier:          2,
		MaxInterval:         maxInterval,
	}
}

// Retryable reports whether the request that ended with err may succeed when it is sent again.
func Retryable(err error) bool {
	if response, ok := errors.AsType[*Error](err); ok {
		switch response.Status {
		case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
			http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		case http.StatusBadRequest:
			return response.Code == codeBackingUp || response.Code == codeRecovering
		default:
			return false
		}
	}

	connection, ok := errors.AsType[*ConnectionError](err)

	return ok && !isPermanent(connection.Err)
}

// isPermanent reports whether a connection that failed with err would fail again.
func isPermanent(err error) bool {
	var (
		noHost      *net.DNSError
		address     *net.AddrError
		certificate *tls.CertificateVerificationError
		notTLS      tls.RecordHeaderError
		proxy       *ProxyError
	)

	switch {
	case errors.As(err, &noHost):
		return noHost.IsNotFound
	case errors.As(err, &proxy):
		return proxy.Status < 500 && proxy.Status != http.StatusTooManyRequests
	default:
		return errors.As(err, &address) || errors.As(err, &certificate) || errors.As(err, &notTLS)
	}
}

// readRetryAfter returns the wait that Retry-After asks for, 0 where it asks for none: seconds, or a date, which is
// compared with the response's own date because the local clock may be off.
//
// Source: RFC 9110, section 10.2.3.
func readRetryAfter(header http.Header, date time.Time) time.Duration {
	value := header.Get("Retry-After")

	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}

	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}

	if date.IsZero() {
		date = time.Now()
	}

	return min(max(0, at.Sub(date)), maxRetryAfter)
}
