// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

const securityToken = "s3cur1ty/t0ken+of==the/test"

// unsolicited starts a server that answers each request with 204, and then sends the credentials of the request as an
// unsolicited response. It serves HTTP/1.1: HTTP/2 has no such response.
func unsolicited(t *testing.T) (server *httptest.Server, secrets func() []string) {
	t.Helper()

	var mu sync.Mutex

	seen := []string{dcsapitest.AccessKey, dcsapitest.SecretKey, securityToken}

	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, signature, ok := strings.Cut(r.Header.Get("Authorization"), "Signature="); ok {
			mu.Lock()

			seen = append(seen, signature)

			mu.Unlock()
		}

		connection, _, err := w.(http.Hijacker).Hijack() //nolint:forcetypeassert // HTTP/1.1 has it.
		if err != nil {
			t.Error(err)

			return
		}

		fmt.Fprintf(connection, "HTTP/1.1 204 No Content\r\n\r\n%s", everythingOf(r, nil))
		_, _ = io.Copy(io.Discard, connection) // Until the client hangs up.
		_ = connection.Close()
	}))
	t.Cleanup(server.Close)

	return server, func() []string {
		mu.Lock()
		defer mu.Unlock()

		return append([]string(nil), seen...)
	}
}

// readsFrom returns a workspace with a configuration that reads from server, with every log switched on.
func readsFrom(t *testing.T, c *cli, server *httptest.Server) *workspace {
	t.Helper()

	w := c.workspace(t, "HW_PROJECT_ID="+dcsapitest.ProjectID, "HW_REGION_NAME="+dcsapitest.Region,
		"TF_LOG=TRACE",
		"GODEBUG=http2debug=2,netdns=2", "GRPC_GO_LOG_SEVERITY_LEVEL=info", "GRPC_GO_LOG_VERBOSITY_LEVEL=99")

	w.write("main.tf", fmt.Sprintf(`
terraform {
  required_providers {
    dcs = {
      source = %q
    }
  }
}

provider "dcs" {
  access_key     = %q
  secret_key     = %q
  security_token = %q

  endpoints = {
    dcs = %q
    iam = %q
  }
}

data "dcs_instance_backups" "this" {
  instance_id = %q
}
`, providerAddress, dcsapitest.AccessKey, dcsapitest.SecretKey, securityToken, server.URL, server.URL, dcsapitest.InstanceID))

	return w
}

// TestAccStderr_noSecrets has Terraform log everything, the provider's standard error too. net/http would write unsolicited
// responses there, and the HTTP/2 of gRPC the frames that configure the provider.
func TestAccStderr_noSecrets(t *testing.T) {
	t.Parallel()

	c := newCLI(t)
	server, secrets := unsolicited(t)
	w := readsFrom(t, c, server)
	data, logFile := t.TempDir(), filepath.Join(t.TempDir(), "log.txt")
	w.env = append(w.env, "TF_LOG_SDK_PROTO_DATA_DIR="+data, "TF_LOG_PATH="+logFile)

	w.must("init")
	w.must("plan")

	// The CLI's own frames are in its own log, and with them the configuration.
	log := ofProvider(readFile(t, logFile))

	if !strings.Contains(log, "API request") || !strings.Contains(log, "status=204") {
		t.Errorf("the log lacks the request:\n%s", log)
	}

	checkHidden(t, "log", log, secrets())

	files, err := os.ReadDir(data)
	if err != nil {
		t.Fatal(err)
	}

	if len(files) > 0 {
		t.Errorf("the protocol's data was written: %v", files)
	}
}

// ofProvider returns the lines of a log that hold what the provider wrote.
func ofProvider(log string) string {
	var of strings.Builder

	for line := range strings.Lines(log) {
		if strings.Contains(line, "provider.terraform-provider-dcs") || strings.Contains(line, "unexpected data") {
			of.WriteString(line)
		}
	}

	return of.String()
}

// TestAccStderr_debug checks that a provider with -debug writes the same events to standard error, without secrets.
func TestAccStderr_debug(t *testing.T) {
	t.Parallel()

	c := newCLI(t)
	server, secrets := unsolicited(t)
	w := readsFrom(t, c, server)

	cmd := exec.CommandContext(t.Context(), c.provider, "-debug") //nolint:gosec // It was built by the test.
	cmd.Env = w.env

	stderr := new(bytes.Buffer)
	cmd.Stderr = stderr

	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}

	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}

	w.env = append(w.env, reattach(t, bufio.NewScanner(stdout)))
	w.must("plan")

	_ = cmd.Process.Kill()
	_ = cmd.Wait()

	for _, message := range []string{"Unsolicited response received on idle HTTP channel", "http2: Framer", "API request"} {
		if !strings.Contains(stderr.String(), message) {
			t.Errorf("standard error lacks %q:\n%s", message, stderr)
		}
	}

	checkHidden(t, "standard error", stderr.String(), secrets())
}

// reattach reads the environment variable by which Terraform reaches a provider with -debug.
func reattach(t *testing.T, lines *bufio.Scanner) string {
	t.Helper()

	for lines.Scan() {
		if _, value, ok := strings.Cut(lines.Text(), "TF_REATTACH_PROVIDERS="); ok {
			return "TF_REATTACH_PROVIDERS=" + strings.Trim(value, `'"`)
		}
	}

	t.Fatal("the provider has not said how to reach it")

	return ""
}
