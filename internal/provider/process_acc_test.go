// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package provider_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// process is a command that runs in a process group of its own, as in a terminal.
type process struct {
	cmd     *exec.Cmd
	output  *bytes.Buffer
	logFile string
	ended   chan struct{}
}

// start starts the CLI with a log that names the processes of the provider. The provider itself logs nothing: a write to a
// standard error that nothing reads would end it.
func (w *workspace) start(t *testing.T, args ...string) *process {
	t.Helper()

	logFile, output := filepath.Join(w.home, "log.txt"), new(bytes.Buffer)

	cmd := exec.CommandContext(t.Context(), w.cli.path, args...) //nolint:gosec // The CLI is meant to be run.
	cmd.Dir = w.dir
	cmd.Env = slices.Concat(w.env, logsOff, []string{"TF_LOG_PROVIDER=TRACE", "TF_LOG_PATH=" + logFile})
	cmd.Stdout, cmd.Stderr = output, output

	p := run(t, cmd)
	p.logFile, p.output = logFile, output

	return p
}

// run starts a command, and kills it at the end of the test.
func run(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()

	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}

	p := &process{cmd: cmd, ended: make(chan struct{})}

	go func() {
		_ = cmd.Wait()

		close(p.ended)
	}()

	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)

		<-p.ended
	})

	return p
}

// signal sends a signal to the process alone, or to its group.
func (p *process) signal(t *testing.T, signal syscall.Signal, alone bool) {
	t.Helper()

	target := -p.cmd.Process.Pid
	if alone {
		target = p.cmd.Process.Pid
	}

	if err := syscall.Kill(target, signal); err != nil {
		t.Fatal(err)
	}
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// within fails the test unless condition holds within a time.
func within(t *testing.T, limit time.Duration, what string, condition func() bool) {
	t.Helper()

	deadline := time.After(limit)

	for ticker := time.NewTicker(20 * time.Millisecond); !condition(); {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

var pluginStarted = regexp.MustCompile(`provider: plugin started: path=\S*terraform-provider-dcs\S* pid=(\d+)`)

// providers returns the processes of the provider that the CLI's log names.
func (p *process) providers(t *testing.T) []int {
	t.Helper()

	var found []int

	for _, match := range pluginStarted.FindAllStringSubmatch(readFile(t, p.logFile), -1) {
		pid, err := strconv.Atoi(match[1])
		if err != nil {
			t.Fatal(err)
		}

		found = append(found, pid)
	}

	if len(found) == 0 {
		t.Fatal("the log names no process of the provider")
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
