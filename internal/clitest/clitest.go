// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package clitest finds the Terraform or OpenTofu that the acceptance tests run. A test that runs it calls [Path] or [UnitTest]
// first: with -short it is left out, and otherwise a CLI that is not installed is a failure, not a reason to skip.
package clitest

import (
	"os"
	"os/exec"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// envPath names the variable from which terraform-plugin-testing takes the path of the CLI.
const envPath = "TF_ACC_TERRAFORM_PATH"

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

// Main runs the tests of a package, and returns their exit code. terraform-plugin-testing reads its settings from the environment
// alone: it is to find the same CLI as [Path], and to use the provider's own address, whose host name OpenTofu needs.
func Main(m *testing.M) int {
	for name, value := range map[string]string{
		"TF_ACC_PROVIDER_HOST": "terraform.local", "TF_ACC_PROVIDER_NAMESPACE": "dcs", envPath: find(),
	} {
		if variable(name) != "" {
			continue
		}

		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}

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
