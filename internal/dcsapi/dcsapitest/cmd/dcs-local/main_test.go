// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asCommand, as first argument, makes the test binary the command.
const asCommand = "as-the-command"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asCommand {
		os.Args = append(os.Args[:1], os.Args[2:]...)

		main()

		return
	}

	os.Exit(m.Run())
}

// command makes the command as a process of its own.
func command(t *testing.T, args ...string) (process *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	//nolint:gosec // the test's own binary
	process = exec.CommandContext(t.Context(), os.Args[0], append([]string{asCommand}, args...)...)
	// A binary with the race detector would sleep for a second before it ends.
	process.Env = append(process.Environ(), "GORACE=atexit_sleep_ms=0")
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	process.Stdout, process.Stderr = stdout, stderr

	return process, stdout, stderr
}

// ready waits for the file that says where the command listens.
func ready(t *testing.T, file string) string {
	t.Helper()

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()

	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()

	for {
		if url, err := os.ReadFile(file); err == nil {
			return strings.TrimSuffix(string(url), "\n")
		}

		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("no ready file: %v", ctx.Err())
		}
	}
}

func get(t *testing.T, client *http.Client, url string) (*http.Response, error) {
	t.Helper()

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)

	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}

	return client.Do(r)
}

func TestCommand_servesUntilInterrupted(t *testing.T) {
	t.Parallel()

	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot send these signals to a process")
	}

	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "ready")
			scenario := filepath.Join(t.TempDir(), "scenario.json")
			writeTestFile(t, scenario, `{"faults": [{"name": "silence", "path": "/v3/auth/projects"}]}`)

			process, stdout, stderr := command(t, "-ready-file", file, "-scenario", scenario)
			if err := process.Start(); err != nil {
				t.Fatal(err)
			}

			url := ready(t, file)

			resp, err := get(t, http.DefaultClient, url+"/v3/projects?name=x")
			if err != nil {
				t.Fatal(err)
			}

			_ = resp.Body.Close()
			hanging := make(chan error)

			go func() {
				resp, err := get(t, http.DefaultClient, url+"/v3/auth/projects")
				if err == nil {
					_ = resp.Body.Close()
				}

				hanging <- err
			}()

			if err := errors.Join(process.Process.Signal(signal), process.Wait()); err != nil {
				t.Errorf("the command ended with %v:\n%s", err, stderr)
			}

			if !strings.Contains(stdout.String(), "The local DCS listens on "+url) {
				t.Errorf("standard output lacks the URL:\n%s", stdout)
			}

			wantVariables(t, stdout.String(), []string{
				"HW_ACCESS_KEY=LOCALACCESSKEY000001", "HW_SECRET_KEY=LocalSecretKeyLocalSecretKeyLocalSecret1",
				"HW_REGION_NAME=cn-north-4", "HW_AUTH_URL=" + url, "HUAWEICLOUD_SDK_REGION_DCS_CN_NORTH_4=" + url,
				"HUAWEICLOUD_SDK_STS_ENDPOINT=" + url,
			})

			if err := <-hanging; err == nil {
				t.Error("a silent request was answered")
			}

			if !strings.Contains(stderr.String(), "GET /v3/projects?name=x 401 ") {
				t.Errorf("the request is not logged:\n%s", stderr)
			}

			if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the ready file is still there: %v", err)
			}
		})
	}
}

// wantVariables runs the commands that were printed in a shell that has a user's own credentials and project, and checks
// which variables of the provider it has then.
func wantVariables(t *testing.T, printed string, want []string) {
	t.Helper()

	var script strings.Builder

	for line := range strings.Lines(printed) {
		if strings.HasPrefix(line, "export ") || strings.HasPrefix(line, "unset ") {
			script.WriteString(line)
		}
	}

	shell := exec.CommandContext(t.Context(), "/bin/sh", "-eu", "-c", script.String()+"env") //nolint:gosec // the command's own output
	shell.Env = []string{"PATH=/usr/bin:/bin"}                                               // to find env

	for _, name := range []string{
		"HW_REGION_NAME", "HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_SECURITY_TOKEN", "HUAWEICLOUD_SDK_SECURITY_TOKEN", "HW_AUTH_TOKEN",
		"HW_PROFILE", "HW_SHARED_CONFIG_FILE", "HW_PROJECT_ID", "HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_NAME", "HW_AUTH_URL",
		"HW_ASSUME_ROLE_AGENCY_NAME", "HW_ASSUME_ROLE_DOMAIN_NAME", "HW_ASSUME_ROLE_DOMAIN_ID", "HW_ASSUME_ROLE_DURATION",
		"HW_ASSUME_ROLE_IDP_ID", "HW_ASSUME_ROLE_ID_TOKEN", "HW_ASSUME_ROLE_ID_TOKEN_FILE", "HUAWEICLOUD_SDK_IDP_ID",
		"HUAWEICLOUD_SDK_ID_TOKEN_FILE",
	} {
		shell.Env = append(shell.Env, name+"=the user's")
	}

	out, err := shell.Output()
	if err != nil {
		t.Fatal(err)
	}

	var got []string

	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "HW_") || strings.HasPrefix(line, "HUAWEICLOUD_") {
			got = append(got, strings.TrimSuffix(line, "\n"))
		}
	}

	slices.Sort(got)
	slices.Sort(want)

	if !slices.Equal(got, want) {
		t.Errorf("the shell has %q, want %q", got, want)
	}
}

func writeTestFile(t *testing.T, name, text string) {
	t.Helper()

	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCommand_tls(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, readyFile := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ready")

	var stdout, stderr bytes.Buffer

	ctx, cancel := context.WithCancel(t.Context())

	ended := make(chan error)
	go func() {
		ended <- run(ctx, []string{"-env", "-tls-cert-file", certFile, "-ready-file", readyFile}, &stdout, &stderr)
	}()

	url := ready(t, readyFile)
	if !strings.HasPrefix(url, "https://127.0.0.1:") {
		t.Errorf("URL %s", url)
	}

	certificate, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}

	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}

	resp, err := get(t, client, url+"/")
	if err != nil {
		t.Fatal(err)
	}

	_ = resp.Body.Close()

	cancel()

	if err := <-ended; err != nil {
		t.Error(err)
	}

	for line := range strings.Lines(stdout.String()) {
		if !strings.HasPrefix(line, "export ") && !strings.HasPrefix(line, "unset ") {
			t.Errorf("with -env, standard output has the line %q", line)
		}
	}

	if want := "export HW_CACERT_FILE='" + certFile + "'"; !strings.Contains(stdout.String(), want) {
		t.Errorf("standard output lacks %s", want)
	}
}

func TestCommand_errors(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.json")
	writeTestFile(t, bad, `{"instances": [{"id": "a", "backup": []}]}`)

	taken, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // does not block
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() { _ = taken.Close() })

	for name, row := range map[string]struct {
		args []string
		says string
	}{
		"bad scenario":     {[]string{"-scenario", bad}, bad + ":1,28-36: Extraneous JSON object property; No argument or block type is named \"backup\"."},
		"missing scenario": {[]string{"-scenario", bad + "x"}, "reading the scenario: "},
		"address in use":   {[]string{"-listen", taken.Addr().String()}, "listening on " + taken.Addr().String() + ": "},
		"bad address":      {[]string{"-listen", "nowhere"}, "listening on nowhere: "},
		"unknown flag":     {[]string{"-x"}, "flag provided but not defined: -x"},
		"argument":         {[]string{"x"}, `unexpected argument "x"`},
		"no such folder":   {[]string{"-ready-file", filepath.Join(bad, "x")}, "writing the ready file: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			process, stdout, stderr := command(t, row.args...)
			err := process.Run()

			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Errorf("error %v, want exit code 1", err)
			}

			if !strings.Contains(stderr.String(), "dcs-local: "+row.says) {
				t.Errorf("standard error lacks %q:\n%s", row.says, stderr)
			}

			if name != "no such folder" && stdout.String() != "" {
				t.Errorf("standard output %q", stdout)
			}
		})
	}

	process, _, stderr := command(t, "-h")
	if err := process.Run(); err != nil || !strings.Contains(stderr.String(), "-scenario file") {
		t.Errorf("help: %v\n%s", err, stderr)
	}
}
