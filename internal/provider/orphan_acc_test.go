// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package provider_test

import (
	"bufio"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

// providerEnds is the longest time that the provider runs after its parent process has ended.
const providerEnds = 5 * time.Second

// TestAccOrphan ends Terraform while the provider waits for the service. The signal reaches Terraform alone, which has no chance
// to end the provider.
func TestAccOrphan(t *testing.T) {
	t.Parallel()

	c := newCLI(t)

	// A process that handles SIGHUP starts others that end by it, also where nohup started the tests.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangups) })

	for _, sent := range []syscall.Signal{syscall.SIGKILL, syscall.SIGHUP} {
		t.Run(sent.String(), func(t *testing.T) {
			t.Parallel()

			service := dcsapitest.ForTest(t)
			service.Inject(dcsapitest.Fault{Effect: fault.Silence{}, Path: "/v2/"})

			w := c.workspace(t, append(service.Environment(), "HW_PROJECT_ID="+dcsapitest.ProjectID)...)
			w.write("main.tf", required+readBackups)
			w.must("init")

			p := w.start(t, "plan")
			within(t, time.Minute, "the service was asked", func() bool { return len(service.Requests()) > 0 })

			providers := p.providers(t)
			p.signal(t, sent, true)
			within(t, time.Minute, "Terraform has ended", p.hasEnded)

			for _, pid := range providers {
				within(t, providerEnds, "the provider has ended", func() bool { return hasEnded(pid) })
			}
		})
	}
}

// TestAccOrphan_beforeItServes starts the provider for a parent that has ended already: nothing reads its handshake.
func TestAccOrphan_beforeItServes(t *testing.T) {
	t.Parallel()

	c := newCLI(t)

	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}

	_ = reader.Close()

	cmd := exec.CommandContext(t.Context(), c.provider) //nolint:gosec // It was built by the test.
	// The cookie makes the provider serve: Terraform sets it.
	cmd.Env = []string{
		"TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2", "TMPDIR=" + t.TempDir(),
	}
	cmd.Stdout, cmd.Stderr = writer, writer

	p := run(t, cmd)
	within(t, providerEnds, "the provider has ended", p.hasEnded)
}

// TestAccOrphan_debug ends the parent of a provider that serves a debugger: it continues to serve.
func TestAccOrphan_debug(t *testing.T) {
	t.Parallel()

	c := newCLI(t)
	service := dcsapitest.ForTest(t)
	service.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(1, 1)})

	w := c.workspace(t, append(service.Environment(), "HW_PROJECT_ID="+dcsapitest.ProjectID)...)
	w.write("main.tf", required+readBackups)

	// The shell runs until its standard input ends, and leaves the provider behind.
	//nolint:gosec // It was built by the test.
	shell := exec.CommandContext(t.Context(), "/bin/sh", "-c", `"$0" -debug & echo $!; read -r _`, c.provider)
	shell.Env = w.env

	stdin, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}

	stdout, err := shell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}

	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}

	lines := bufio.NewScanner(stdout)
	lines.Scan()

	pid, err := strconv.Atoi(lines.Text())
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })

	w.env = append(w.env, reattach(t, lines))

	_ = stdin.Close()

	if _, err := shell.Process.Wait(); err != nil {
		t.Fatal(err)
	}

	// More than the interval at which a provider looks for its parent.
	time.Sleep(2500 * time.Millisecond)

	if out := w.must("plan"); len(service.Requests()) == 0 {
		t.Errorf("the service was not asked:\n%s", out)
	}
}
