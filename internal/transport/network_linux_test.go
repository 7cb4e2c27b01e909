// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"crypto/tls"
	"flag"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"terraform-provider-dcs/internal/transport"
)

// TestTLS_systemRoots runs a process whose system trusts one authority, and whose client is given another one: it trusts both.
func TestTLS_systemRoots(t *testing.T) {
	t.Parallel()

	// The system's roots are read once in a process.
	if u := flag.Arg(0); u != "" {
		if err := get(t.Context(), t, networkClient(t, transport.Config{CACerts: newAuthority(t).certs(t)}), u); err != nil {
			t.Error(err)
		}

		return
	}

	system := newAuthority(t)
	srv := newServer(t, ok, func(s *httptest.Server) {
		s.TLS = &tls.Config{
			Certificates: []tls.Certificate{system.issue(t, "127.0.0.1", time.Now().Add(time.Hour))}, MinVersion: tls.VersionTLS12,
		}
		s.StartTLS()
	})

	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, system.pem(), 0o600); err != nil {
		t.Fatal(err)
	}

	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTLS_systemRoots$", srv.URL) //nolint:gosec // This test.
	cmd.Env = []string{"SSL_CERT_FILE=" + roots, "SSL_CERT_DIR=" + t.TempDir()}

	if output, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, output)
	}
}
