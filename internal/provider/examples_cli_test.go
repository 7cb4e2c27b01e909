// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/clitest"
)

const (
	repository      = "../.."
	providerAddress = "terraform.local/dcs/dcs"
	providerVersion = "0.1.0"
)

// cli is Terraform or OpenTofu, with this provider built and laid out where "init" finds it.
type cli struct {
	path     string
	openTofu bool
	// minor is the minor version: the major one is 1.
	minor int
	// config is the CLI configuration that names the mirror and nothing else.
	config string
	// binary is the provider.
	binary string
}

// newCLI finds the CLI and builds the provider.
func newCLI(t *testing.T) cli {
	t.Helper()

	c := cli{path: clitest.Path(t)}
	dir := t.TempDir()
	platform := runtime.GOOS + "_" + runtime.GOARCH

	binary := filepath.Join(dir, filepath.FromSlash(providerAddress), providerVersion, platform,
		"terraform-provider-dcs_v"+providerVersion)
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}

	// The flags are those of "make build", so that both share Go's build cache.
	//nolint:gosec // It is built into a folder of the test.
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-o", binary, ".")
	build.Dir = repository
	build.Env = append(build.Environ(), "CGO_ENABLED=0")

	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the provider: %v\n%s", err, out)
	}

	c.binary = binary
	c.config = filepath.Join(dir, "cli.tfrc")
	writeFile(t, c.config, fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", dir))

	c.readVersion(t)

	return c
}

// variable is what the environment of the test says.
func variable(name string) string {
	return os.Getenv(name) //nolint:forbidigo // The variables are the tests', not the provider's.
}

func (c *cli) readVersion(t *testing.T) {
	t.Helper()

	w := c.workspace(t)

	var version struct {
		Version string `json:"terraform_version"` // OpenTofu calls it so too.
	}
	if err := json.Unmarshal([]byte(w.must("version", "-json")), &version); err != nil {
		t.Fatal(err)
	}

	if _, err := fmt.Sscanf(version.Version, "1.%d.", &c.minor); err != nil {
		t.Fatalf("version %q: %v", version.Version, err)
	}

	c.openTofu = strings.HasPrefix(w.must("version"), "OpenTofu")
}

// atLeast skips the test where the CLI is too old for what the example shows.
func (c *cli) atLeast(t *testing.T, terraform, openTofu int) {
	t.Helper()

	least := terraform
	if c.openTofu {
		least = openTofu
	}

	if c.minor < least {
		t.Skipf("it needs version 1.%d", least)
	}
}

// workspace is a folder with a configuration, and the environment in which the CLI runs there.
type workspace struct {
	t    *testing.T
	cli  *cli
	dir  string
	home string
	env  []string
}

// workspace makes an empty one. Of the environment of the test only what starts a program gets through to it.
func (c *cli) workspace(t *testing.T, env ...string) *workspace {
	t.Helper()

	home := t.TempDir()
	env = append(slices.Clone(env),
		"HOME="+home, "USERPROFILE="+home, "PATH="+variable("PATH"), "SystemRoot="+variable("SystemRoot"),
		"TEMP="+os.TempDir(), "TMPDIR="+os.TempDir(),
		"TF_CLI_CONFIG_FILE="+c.config, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0")

	return &workspace{t: t, cli: c, dir: t.TempDir(), home: home, env: env}
}

func (w *workspace) write(name, content string) {
	w.t.Helper()
	writeFile(w.t, filepath.Join(w.dir, filepath.FromSlash(name)), content)
}

// run runs the CLI and returns what it printed and its exit code.
func (w *workspace) run(args ...string) (string, int) {
	w.t.Helper()

	cmd := exec.CommandContext(w.t.Context(), w.cli.path, args...) //nolint:gosec // The CLI is meant to be run.
	cmd.Dir, cmd.Env = w.dir, w.env

	out, err := cmd.CombinedOutput()

	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatalf("running %s: %v", w.cli.path, err)
	}

	return string(out), cmd.ProcessState.ExitCode()
}

// must is run where only success will do.
func (w *workspace) must(args ...string) string {
	w.t.Helper()

	out, code := w.run(args...)
	if code != 0 {
		w.t.Fatalf("%s: exit code %d\n%s", strings.Join(args, " "), code, out)
	}

	return out
}

// output decodes an output of the state.
func (w *workspace) output(name string, into any) {
	w.t.Helper()

	if err := json.Unmarshal([]byte(w.must("output", "-json", name)), into); err != nil {
		w.t.Fatalf("output %s: %v", name, err)
	}
}

func writeFile(t *testing.T, name, content string) {
	t.Helper()

	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}

	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()

	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}

	return string(content)
}
