// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// TestProxy_hostThatDoesNotExist checks that the error is about the proxy, and not about region and endpoints.
func TestProxy_hostThatDoesNotExist(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		service := dcsapitest.InMemory(t)
		network, dials := service.Transport(), 0
		network.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.example.com:3128"})
		network.DialContext = func(_ context.Context, kind, address string) (net.Conn, error) {
			dials++

			host, _, _ := strings.Cut(address, ":")

			return nil, &net.OpError{Op: "dial", Net: kind, Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
		}

		b := newHarnessOver(t, service, network, map[string]any{
			"project_id": dcsapitest.ProjectID, "endpoints": map[string]any{"dcs": "https://dcs.example.com"},
		})

		_, diags := b.read(t.Context(), nil)
		if len(diags) != 1 || dials != 1 {
			t.Fatalf("%d dials, diagnostics: %v", dials, diags)
		}

		detail := diags[0].Detail
		if !strings.Contains(detail, "HTTPS_PROXY") || strings.Contains(detail, "`endpoints`") {
			t.Errorf("the error is not about the proxy: %s", detail)
		}
	})
}
