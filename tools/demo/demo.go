// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/scenario"
)

// waitDelay is how long the CLI may take to end after an interrupt.
const waitDelay = 10 * time.Second

type demo struct {
	cli, provider, address, version, example string
	planOnly                                 bool
	stdout, stderr                           io.Writer
}

// run leaves nothing behind, whatever happens.
func (d demo) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "dcs-demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	config, err := installMirror(dir, d.provider, d.address, d.version)
	if err != nil {
		return err
	}

	work := filepath.Join(dir, "work")
	if err := copyConfiguration(work, d.example); err != nil {
		return err
	}

	var requests requestLog

	server, err := startDCS(filepath.Join(d.example, "scenario.json"), &requests)
	if err != nil {
		return err
	}
	defer server.Close()

	fmt.Fprintf(d.stdout, "The local DCS listens on %s.\n", server.URL())

	env := append(ownEnvironment(), server.Environment()...)

	env = append(env, "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE="+config)
	for _, args := range d.commands() {
		if err := d.command(ctx, work, env, args...); err != nil {
			return err
		}
	}

	fmt.Fprintf(d.stdout, "\nRequests to the local DCS:\n\n%s", &requests)

	return nil
}

func (d demo) commands() [][]string {
	if d.planOnly {
		return [][]string{{"init"}, {"plan"}}
	}

	return [][]string{{"init"}, {"plan", "-out=demo.tfplan"}, {"apply", "demo.tfplan"}}
}

// command shows a command as one would type it, and runs it.
func (d demo) command(ctx context.Context, dir string, env []string, args ...string) error {
	line := filepath.Base(d.cli) + " " + strings.Join(args, " ")
	fmt.Fprintf(d.stdout, "\n$ %s\n", line)

	args = slices.Insert(slices.Clone(args), 1, "-input=false")
	if !isTerminal(d.stdout) {
		args = slices.Insert(args, 1, "-no-color")
	}

	cmd := exec.CommandContext(ctx, d.cli, args...) //nolint:gosec // The user's choice.
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, d.stdout, d.stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = waitDelay
	ownGroup(cmd)

	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	defer endGroup(cmd)

	err := cmd.Wait()

	if ctx.Err() != nil {
		return fmt.Errorf("%s: interrupted", line)
	}

	if err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}

	return nil
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}

	info, err := file.Stat()

	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func startDCS(scenarioFile string, requests *requestLog) (*dcsapitest.Server, error) {
	loaded, err := scenario.Read(scenarioFile, time.Now())
	if err != nil {
		return nil, err
	}

	server, err := dcsapitest.Start(loaded.Options()...)
	if err != nil {
		return nil, fmt.Errorf("starting a local DCS: %w", err)
	}

	server.AfterRequest(requests.add)

	return server, nil
}

// requestLog keeps the requests for the end: between the lines of the CLI they could not be read.
type requestLog struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (l *requestLog) add(r dcsapitest.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()

	fmt.Fprintf(&l.lines, "  %s\n", r)
}

func (l *requestLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.lines.String()
}

// ownEnvironment is the environment of this process without variables that configure the CLI or the provider, except TF_LOG….
func ownEnvironment() []string {
	var env []string

	for _, setting := range os.Environ() { //nolint:forbidigo // Handed on to the CLI.
		if !leadsElsewhere(setting) {
			env = append(env, setting)
		}
	}

	return env
}

func leadsElsewhere(setting string) bool {
	if strings.HasPrefix(setting, "TF_LOG") {
		return false
	}

	for _, prefix := range []string{"TF_", "HW_", "HUAWEICLOUD_SDK_", "CLOUD_SDK_"} {
		if strings.HasPrefix(setting, prefix) {
			return true
		}
	}

	return false
}

// copyConfiguration copies the configuration only, and no state or lock file.
func copyConfiguration(to, from string) error {
	files, err := filepath.Glob(filepath.Join(from, "*.tf"))
	if err != nil {
		return err
	}

	if len(files) == 0 {
		return fmt.Errorf("%s: no configuration", from)
	}

	for _, file := range files {
		if err := copyFile(filepath.Join(to, filepath.Base(file)), file); err != nil {
			return err
		}
	}

	return nil
}
