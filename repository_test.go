// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRepository_oneVersionOfGo compares what documentation and workflows say of Go with go.mod.
func TestRepository_oneVersionOfGo(t *testing.T) {
	t.Parallel()

	want := only(t, "go.mod", `(?m)^go (\d+\.\d+)`)

	for file, pattern := range map[string]string{
		"test/sdkcompat/go.mod":         `(?m)^go (\d+\.\d+)`,
		"README.md":                     `\bGo (\d+\.\d+)`,
		"README.zh-CN.md":               `\bGo (\d+\.\d+)`,
		"CONTRIBUTING.md":               `\bGo (\d+\.\d+)`,
		".github/workflows/test.yml":    `GO_VERSION: "([^"]+)"`,
		".github/workflows/release.yml": `GO_VERSION: "([^"]+)"`,
	} {
		if got := only(t, file, pattern); got != want {
			t.Errorf("%s says Go %s, go.mod %s", file, got, want)
		}
	}
}

// TestRepository_workflowRunsTheStepsOfCI compares the checks of .ci/run with those of the workflow, and both with the targets of
// GNUmakefile.
func TestRepository_workflowRunsTheStepsOfCI(t *testing.T) {
	t.Parallel()

	local := strings.Fields(only(t, ".ci/run", `(?m)^checks=\(([^)]*)\)$`))
	workflow := strings.Fields(strings.ReplaceAll(
		only(t, ".github/workflows/test.yml", `(?m)^        target:\n((?:          - \S+\n)+)`), "- ", ""))

	if diff := cmp.Diff(local, workflow); diff != "" {
		t.Errorf("checks (-.ci/run +workflow):\n%s", diff)
	}

	targets := regexp.MustCompile(`(?m)^([a-z0-9-]+):.* ## `).FindAllStringSubmatch(read(t, "GNUmakefile"), -1)
	isTarget := func(name string) bool {
		return slices.ContainsFunc(targets, func(match []string) bool { return match[1] == name })
	}

	for _, name := range local {
		if !isTarget(name) {
			t.Errorf("GNUmakefile has no target %s", name)
		}
	}
}

// TestRepository_actionsArePinned lets a workflow run only code that was chosen: the tag of an action can be moved.
func TestRepository_actionsArePinned(t *testing.T) {
	t.Parallel()

	pinned := regexp.MustCompile(`^(?:\S+@[0-9a-f]{40} # v\d\S*|\./\S+)$`)

	for _, file := range []string{".github/workflows/test.yml", ".github/workflows/release.yml"} {
		uses := regexp.MustCompile(`\buses: (.*)`).FindAllStringSubmatch(read(t, file), -1)
		if len(uses) == 0 {
			t.Errorf("%s uses no action", file)
		}

		for _, match := range uses {
			if !pinned.MatchString(match[1]) {
				t.Errorf("%s: %s is not pinned by a hash and its version", file, match[1])
			}
		}
	}
}

// only returns what the group of a pattern matches in a file: the same wherever it matches.
func only(t *testing.T, file, pattern string) string {
	t.Helper()

	matches := regexp.MustCompile(pattern).FindAllStringSubmatch(read(t, file), -1)
	if len(matches) == 0 {
		t.Fatalf("%s has nothing like %s", file, pattern)
	}

	for _, match := range matches {
		if match[1] != matches[0][1] {
			t.Errorf("%s has both %q and %q", file, matches[0][1], match[1])
		}
	}

	return matches[0][1]
}

func read(t *testing.T, file string) string {
	t.Helper()

	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}

	return string(content)
}
