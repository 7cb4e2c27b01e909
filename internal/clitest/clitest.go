// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package clitest finds the Terraform or OpenTofu that the acceptance tests run, and builds the provider for it. A test that runs
// the CLI calls [Path], [Provider] or [UnitTest] first: with -short it is skipped, and otherwise a CLI that is not installed is a
// failure, not a reason to skip.
package clitest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

const (
	// Address is the provider's source address.
	Address = "terraform.local/dcs/dcs"

	version = "0.1.0"

	// root is the module's root from a package in internal/.
	root = "../.."

	// envPath names the variable from which terraform-plugin-testing takes the path of the CLI.
	envPath = "TF_ACC_TERRAFORM_PATH"
)

// Path returns the CLI: that of TF_ACC_TERRAFORM_PATH, else the first of terraform and tofu on PATH.
func Path(tb testing.TB) string {
	tb.Helper()

	if testing.Short() {
		tb.Skip("-short leaves out the tests that run a CLI")
	}

	path := find()
	if path == "" {
		tb.Fatal("neither terraform nor tofu is on PATH: run the tests by make, which builds OpenTofu, set " + envPath +
			", or leave these tests out with -short")
	}

	return path
}

// UnitTest runs [resource.UnitTest]. The tests reach a local endpoint, so TF_ACC need not be set.
func UnitTest(t *testing.T, test resource.TestCase) {
	t.Helper()
	Path(t)
	resource.UnitTest(t, test)
}

// mirror is a filesystem mirror with the provider of this checkout. It is built once, and removed by [Main].
var mirror struct {
	build sync.Once
	dir   string
	err   error
}

// Mirror returns the folder of a filesystem mirror that holds the provider of this checkout, and the provider's binary in it.
func Mirror(tb testing.TB) (folder, binary string) {
	tb.Helper()
	Path(tb)

	mirror.build.Do(buildMirror)

	if mirror.err != nil {
		tb.Fatal(mirror.err)
	}

	return mirror.dir, binaryIn(mirror.dir)
}

func binaryIn(folder string) string {
	name := "terraform-provider-dcs_v" + version
	if runtime.GOOS == "windows" {
		name += ".exe"
	}

	return filepath.Join(folder, filepath.FromSlash(Address), version, runtime.GOOS+"_"+runtime.GOARCH, name)
}

// buildMirror builds the provider. The flags are those of "make build", so that both share Go's build cache.
func buildMirror() {
	// go test reuses a result unless the packages that the test imports, or the files that it opens, have changed. A test does
	// not import these.
	for _, name := range []string{"main.go", "internal/process"} {
		if opened, err := os.Open(filepath.Join(root, name)); err == nil {
			_ = opened.Close()
		}
	}

	if mirror.dir, mirror.err = os.MkdirTemp("", "terraform-provider-dcs-*"); mirror.err != nil {
		return
	}

	//nolint:gosec // It is built into a folder of the test.
	cmd := exec.CommandContext(context.Background(), "go", "build", "-trimpath", "-buildvcs=false", "-o", binaryIn(mirror.dir), ".")
	cmd.Dir = root
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")

	if out, err := cmd.CombinedOutput(); err != nil {
		mirror.err = fmt.Errorf("building the provider: %w\n%s", err, out)
	}
}

// Main runs the tests of a package, and returns their exit code. terraform-plugin-testing reads its settings from the environment
// alone: it is to find the same CLI as [Path], and to use the provider's own address, whose host name OpenTofu needs.
func Main(m *testing.M) int {
	address := strings.Split(Address, "/")

	for name, value := range map[string]string{
		"TF_ACC_PROVIDER_HOST": address[0], "TF_ACC_PROVIDER_NAMESPACE": address[1], envPath: find(),
	} {
		if variable(name) != "" {
			continue
		}

		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}

	defer func() { _ = os.RemoveAll(mirror.dir) }()

	return m.Run()
}

func find() string {
	if named := variable(envPath); named != "" {
		return named
	}

	for _, name := range []string{"terraform", "tofu"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}

	return ""
}

func variable(name string) string {
	return os.Getenv(name) //nolint:forbidigo // The variables are the tests', not the provider's.
}
