// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package provider_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

// handshakeCookie makes the provider serve: it is what Terraform sets.
const handshakeCookie = "TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"

// TestAccOrphan ends Terraform while the provider waits for the service. The signal reaches Terraform alone and gives it no
// chance to end the provider.
func TestAccOrphan(t *testing.T) {
	t.Parallel()

	c := newCLI(t)

	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()

			service := dcsapitest.ForTest(t)
			service.Inject(dcsapitest.Fault{Effect: fault.Silence{}, Path: "/v2/"})

			// The log names the provider's process. The provider itself logs nothing: a write to a standard error that
			// nothing reads would end it.
			w := c.workspace(t, append(service.Environment(), "HW_PROJECT_ID="+dcsapitest.ProjectID, "TF_LOG_SDK=OFF",
				"TF_LOG_SDK_PROTO=OFF", "TF_LOG_SDK_FRAMEWORK=OFF", "TF_LOG_PROVIDER_DCS=OFF")...)
			w.write("main.tf", readsConfig(service, dcsapitest.InstanceID))
			w.must("init")

			p := w.start(t, "TF_LOG_PROVIDER", "plan")
			p.until(t, "the service was asked", func() bool { return len(service.Requests()) > 0 })

			plugins := pluginsOf(t, p.log(t))
			if len(plugins) == 0 {
				t.Fatal("the log names no process of the provider")
			}

			if err := p.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}

			<-p.ended

			ended := time.Now()

			for _, pid := range plugins {
				p.until(t, "the provider has ended", func() bool { return hasEnded(pid) })
			}

			t.Logf("the provider ended %s after Terraform", time.Since(ended).Round(time.Millisecond))
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

	cmd := exec.CommandContext(t.Context(), c.binary) //nolint:gosec // It was built by the test.
	cmd.Env = []string{handshakeCookie, "TMPDIR=" + t.TempDir()}
	cmd.Stdout, cmd.Stderr = writer, writer

	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}

	ended := make(chan struct{})

	go func() {
		_ = cmd.Wait()

		close(ended)
	}()

	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("the provider has not ended within a minute")
	}
}

// TestAccOrphan_debug ends the parent of a provider that serves a debugger, which goes on.
func TestAccOrphan_debug(t *testing.T) {
	t.Parallel()

	c := newCLI(t)
	service := dcsapitest.ForTest(t)
	service.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(1, 1)})

	w := c.workspace(t, append(service.Environment(), "HW_PROJECT_ID="+dcsapitest.ProjectID)...)
	w.write("main.tf", readsConfig(service, dcsapitest.InstanceID))

	// The shell stays alive until its standard input ends, and leaves the provider behind.
	//nolint:gosec // It was built by the test.
	shell := exec.CommandContext(t.Context(), "/bin/sh", "-c", `"$0" -debug & echo $!; read -r _`, c.binary)
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

var pluginStarted = regexp.MustCompile(`provider: plugin started: path=\S*terraform-provider-dcs\S* pid=(\d+)`)

// pluginsOf returns the processes of the provider that a log names.
func pluginsOf(t *testing.T, log string) []int {
	t.Helper()

	var found []int

	for _, match := range pluginStarted.FindAllStringSubmatch(log, -1) {
		pid, err := strconv.Atoi(match[1])
		if err != nil {
			t.Fatal(err)
		}

		found = append(found, pid)
	}

	return found
}

// hasEnded reports whether a process has. One that its new parent does not wait for stays in the process table as a zombie.
func hasEnded(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}

	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := bytes.Cut(stat, []byte(") "))

	return err == nil && bytes.HasPrefix(state, []byte("Z"))
}
