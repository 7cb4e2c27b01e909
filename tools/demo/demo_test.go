// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInstallMirror(t *testing.T) {
	t.Parallel()

	platform := runtime.GOOS + "_" + runtime.GOARCH

	tests := map[string]struct{ provider, want string }{
		"a binary is laid out unpacked": {
			provider: "provider",
			want:     "mirror/host/dcs/dcs/1.2.3/" + platform + "/terraform-provider-dcs_v1.2.3",
		},
		"the zip of a release is laid out packed": {
			provider: "provider.zip",
			want:     "mirror/host/dcs/dcs/terraform-provider-dcs_1.2.3_" + platform + ".zip",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			provider := filepath.Join(t.TempDir(), test.provider)
			writeFile(t, provider, "content")

			config, err := installMirror(dir, provider, "host/dcs/dcs", "1.2.3")
			if err != nil {
				t.Fatal(err)
			}

			want := "provider_installation {\n  filesystem_mirror {\n    path = \"" +
				filepath.ToSlash(filepath.Join(dir, "mirror")) + "\"\n  }\n}\n"
			if diff := cmp.Diff(want, readFile(t, config)); diff != "" {
				t.Errorf("CLI configuration (-want +got):\n%s", diff)
			}

			if got := readFile(t, filepath.Join(dir, filepath.FromSlash(test.want))); got != "content" {
				t.Errorf("the mirror holds %q, want the provider", got)
			}
		})
	}
}

func TestCopyConfiguration_leavesStateBehind(t *testing.T) {
	t.Parallel()

	from, to := t.TempDir(), filepath.Join(t.TempDir(), "work")
	for _, name := range []string{"main.tf", "outputs.tf", "terraform.tfstate", ".terraform.lock.hcl", "scenario.json"} {
		writeFile(t, filepath.Join(from, name), name)
	}

	if err := copyConfiguration(to, from); err != nil {
		t.Fatal(err)
	}

	files, err := filepath.Glob(filepath.Join(to, "*"))
	if err != nil {
		t.Fatal(err)
	}

	want := []string{filepath.Join(to, "main.tf"), filepath.Join(to, "outputs.tf")}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestLeadsElsewhere(t *testing.T) {
	t.Parallel()

	tests := map[string]bool{
		"HW_REGION_NAME=eu-west-101":   true,
		"HUAWEICLOUD_SDK_AK=key":       true,
		"CLOUD_SDK_SK=secret":          true,
		"TF_DATA_DIR=elsewhere":        true,
		"TF_VAR_fleet={}":              true,
		"TF_LOG=TRACE":                 false,
		"TF_LOG_PATH=demo.log":         false,
		"PATH=/usr/bin":                false,
		"HTTPS_PROXY=http://localhost": false,
	}
	for setting, want := range tests {
		if got := leadsElsewhere(setting); got != want {
			t.Errorf("leadsElsewhere(%q) = %t, want %t", setting, got, want)
		}
	}
}

func TestDemo_leavesNothingBehind(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	provider := filepath.Join(t.TempDir(), "provider")
	writeFile(t, provider, "no provider")
	d := demo{
		cli: "no-such-terraform", provider: provider, address: "host/dcs/dcs", version: "1.2.3",
		example: filepath.Join("..", "..", "examples", "demo"), stdout: io.Discard, stderr: io.Discard,
	}

	if err := d.run(t.Context()); err == nil {
		t.Error("a CLI that does not exist is no error")
	}

	left, err := os.ReadDir(temp)
	if err != nil {
		t.Fatal(err)
	}

	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func writeFile(t *testing.T, name, content string) {
	t.Helper()

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
