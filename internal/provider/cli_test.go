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
	"slices"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/clitest"
)

const (
	repository      = "../.."
	providerAddress = clitest.Address
)

func TestMain(m *testing.M) { os.Exit(clitest.Main(m)) }

// cli is Terraform or OpenTofu, with this provider where "init" finds it.
type cli struct {
	path string
	// config is the CLI configuration, which names the mirror with the provider and nothing else.
	config string
	// provider is the provider's binary.
	provider string
}

func newCLI(t *testing.T) *cli {
	t.Helper()

	mirror, provider := clitest.Mirror(t)
	config := filepath.Join(t.TempDir(), "cli.tfrc")
	writeFile(t, config, fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror))

	return &cli{path: clitest.Path(t), config: config, provider: provider}
}

// variable is what the environment of the test says.
func variable(name string) string {
	return os.Getenv(name) //nolint:forbidigo // The variables are the tests', not the provider's.
}

// atLeast skips the test where the CLI is older than these minor versions.
func (c *cli) atLeast(t *testing.T, terraform, openTofu int) {
	t.Helper()

	var (
		name  string
		minor int
	)

	version := c.workspace(t).must("version")
	if _, err := fmt.Sscanf(version, "%s v1.%d.", &name, &minor); err != nil {
		t.Fatalf("version %q: %v", version, err)
	}

	if least := map[string]int{"Terraform": terraform, "OpenTofu": openTofu}[name]; minor < least {
		t.Skipf("it needs version 1.%d", least)
	}
}

// logsOff is what the provider sets by itself where no log is wanted and it is not debugged.
var logsOff = []string{"TF_LOG_SDK=OFF", "TF_LOG_SDK_PROTO=OFF", "TF_LOG_SDK_FRAMEWORK=OFF", "TF_LOG_PROVIDER_DCS=OFF"}

// oneLine returns the CLI's output without the frames of diagnostics and with one space for each run of white space.
func oneLine(output string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(output)), " ")
}

// workspace is a folder with a configuration, and the environment in which the CLI runs there.
type workspace struct {
	t    *testing.T
	cli  *cli
	dir  string
	home string
	env  []string
}

// workspace returns an empty one. Of the environment of the test it has only what is needed to start a program.
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

// must runs the CLI, fails the test unless it succeeds, and returns what it printed.
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
