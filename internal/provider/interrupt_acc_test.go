// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package provider_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

// TestAccInterrupt presses Ctrl-C on a real plan, in whatever the provider does at that moment: the plan ends, and leaves
// no process behind.
func TestAccInterrupt(t *testing.T) {
	t.Parallel()

	const retried = "API request will be retried"

	tests := map[string]struct {
		faults []dcsapitest.Fault
		// env is added to the environment, reads is how many data sources there are, 0 for one.
		env   []string
		reads int
		// The moment has come when so many requests have arrived and the log has logged as often as there are reads.
		requests int
		logged   string
		// only says that the interrupt reaches Terraform alone, as from a supervisor, and not the process group.
		only bool
		// config is what is read, the backups of one instance where it is empty.
		config string
	}{
		"a request": {
			faults: []dcsapitest.Fault{{Effect: fault.Silence{}, Path: "/v2/"}}, requests: 2,
		},
		"a request, Terraform alone": {
			faults: []dcsapitest.Fault{{Effect: fault.Silence{}, Path: "/v2/"}}, requests: 2, only: true,
		},
		"the wait before a retry": {
			faults: []dcsapitest.Fault{{Effect: fault.Status{Status: 503, RetryAfter: time.Minute}, Path: "/v2/"}}, requests: 2,
			logged: retried,
		},
		"the pause of a throttled host": {
			faults:   []dcsapitest.Fault{{Effect: fault.Throttled{RetryAfter: time.Minute}, Path: "/v2/"}},
			requests: 2, logged: retried,
		},
		"the project look-up": {
			faults: []dcsapitest.Fault{{Effect: fault.Silence{}, Path: "/v3/projects"}}, requests: 1,
		},
		"the second page": {
			faults: []dcsapitest.Fault{
				{Effect: fault.TotalAbsent{}}, {Effect: fault.SlowDrip{}, Path: "/v2/", From: 2},
			}, requests: 3,
		},
		"the gate of credentials that no host has accepted": {
			faults: []dcsapitest.Fault{{Effect: fault.Silence{}, Path: "/v2/"}},
			env:    []string{"HW_PROJECT_ID=" + dcsapitest.ProjectID}, reads: 3, requests: 1,
			logged: "Calling provider defined DataSource Read",
		},
		// The project look-up, the list of instances, and the backups of two of them.
		"an instance of a project": {
			faults: []dcsapitest.Fault{{Effect: fault.Silence{}, Instance: "hanging"}}, requests: 4,
			config: "data \"dcs_project_backups\" \"all\" {}\n",
		},
		"the gate, Terraform alone": {
			faults: []dcsapitest.Fault{{Effect: fault.Silence{}, Path: "/v2/"}},
			env:    []string{"HW_PROJECT_ID=" + dcsapitest.ProjectID}, reads: 3, requests: 1,
			logged: "Calling provider defined DataSource Read", only: true,
		},
	}

	c := newCLI(t)

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			service := dcsapitest.ForTest(t)
			service.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(1500, 1)})
			service.AddInstance(dcsapitest.Instance{ID: "hanging"})

			for _, fault := range test.faults {
				service.Inject(fault)
			}

			w := c.workspace(t, append(service.Environment(), test.env...)...)
			reads := max(test.reads, 1)

			if test.config == "" {
				test.config = readsConfig(service, slices.Repeat([]string{dcsapitest.InstanceID}, reads)...)
			} else {
				test.config = readsConfig(service) + test.config
			}

			w.write("main.tf", test.config)
			w.must("init")

			p := w.start(t, "TF_LOG", "plan")

			p.until(t, "the plan has come as far as it is to be interrupted", func() bool {
				return len(service.Requests()) >= test.requests && strings.Count(p.log(t), test.logged) >= reads
			})

			if runsProc() && len(w.providers(t)) == 0 {
				t.Error("no process of the provider was found while it ran: how is it found now?")
			}

			start := time.Now()

			p.interrupt(t, test.only)

			if code := p.wait(t, 30*time.Second); code != 1 {
				t.Errorf("exit code %d, want 1\n%s", code, p.out)
			}

			took := time.Since(start)
			t.Logf("the plan ended after %s", took.Round(time.Millisecond))

			// A second is promised for the read, and Terraform has to end its processes.
			if took > 5*time.Second {
				t.Errorf("the plan ended after %s\n%s", took, p.out)
			}

			p.until(t, "all processes of the provider have ended", func() bool { return len(w.providers(t)) == 0 })
		})
	}
}

// process is a CLI that runs, in a process group of its own as in a terminal.
type process struct {
	cmd     *exec.Cmd
	out     *bytes.Buffer
	logFile string
	ended   chan struct{}
}

// start starts the CLI. The environment variable logLevel makes it log everything that the variable covers.
func (w *workspace) start(t *testing.T, logLevel string, args ...string) *process {
	t.Helper()

	p := &process{out: new(bytes.Buffer), logFile: filepath.Join(w.home, "log.txt"), ended: make(chan struct{})}

	p.cmd = exec.CommandContext(t.Context(), w.cli.path, args...) //nolint:gosec // The CLI is meant to be run.
	p.cmd.Dir = w.dir
	p.cmd.Env = slices.Concat(w.env, []string{logLevel + "=TRACE", "TF_LOG_PATH=" + p.logFile})
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}

	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}

	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()

	t.Cleanup(func() {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.ended
	})

	return p
}

// interrupt sends what Ctrl-C does, to the whole group or to the CLI alone.
func (p *process) interrupt(t *testing.T, only bool) {
	t.Helper()

	target := -p.cmd.Process.Pid
	if only {
		target = p.cmd.Process.Pid
	}

	if err := syscall.Kill(target, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
}

// wait returns the exit code.
func (p *process) wait(t *testing.T, most time.Duration) int {
	t.Helper()

	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(most):
		t.Fatalf("still running after %s", most)

		return 0
	}
}

// log returns what the CLI has logged so far.
func (p *process) log(t *testing.T) string {
	t.Helper()

	if _, err := os.Stat(p.logFile); errors.Is(err, os.ErrNotExist) {
		return ""
	}

	return readFile(t, p.logFile)
}

// until waits until something has come about.
func (p *process) until(t *testing.T, what string, come func() bool) {
	t.Helper()

	deadline := time.After(time.Minute)

	for ticker := time.NewTicker(20 * time.Millisecond); !come(); {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// runsProc reports whether processes can be looked up.
func runsProc() bool {
	_, err := os.Stat("/proc/self/environ")

	return err == nil
}

// providers returns the processes of the provider that run for w, which has a home directory of its own.
func (w *workspace) providers(t *testing.T) []int {
	t.Helper()

	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}

	var found []int

	for _, file := range environments {
		// Processes come and go, and some are not ours to look at.
		environment, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(environment, []byte("HOME="+w.home+"\x00")) {
			continue
		}

		program, err := os.Readlink(filepath.Join(filepath.Dir(file), "exe"))
		if err != nil || !strings.HasPrefix(filepath.Base(program), "terraform-provider-dcs") {
			continue
		}

		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
			found = append(found, pid)
		}
	}

	return found
}
