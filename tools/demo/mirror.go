// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// installMirror puts a provider, a binary or the zip of a release, into a filesystem mirror below dir and writes the
// CLI configuration that makes "init" install from it and from nowhere else. It returns the configuration's path.
// The layouts are those of https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation.
func installMirror(dir, provider, address, version string) (string, error) {
	mirror := filepath.Join(dir, "mirror")
	platform := runtime.GOOS + "_" + runtime.GOARCH

	target := filepath.Join(mirror, filepath.FromSlash(address))
	if strings.HasSuffix(provider, ".zip") {
		target = filepath.Join(target, fmt.Sprintf("terraform-provider-dcs_%s_%s.zip", version, platform))
	} else {
		target = filepath.Join(target, version, platform, "terraform-provider-dcs_v"+version)
	}

	if err := copyFile(target, provider); err != nil {
		return "", fmt.Errorf("installing the provider: %w", err)
	}

	config := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)

	path := filepath.Join(dir, "cli.tfrc")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return "", fmt.Errorf("writing the CLI configuration: %w", err)
	}

	return path, nil
}

// copyFile copies a file, makes it executable and makes its folders.
func copyFile(to, from string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()

	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}

	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700) //nolint:gosec // It is run.
	if err != nil {
		return err
	}

	_, err = io.Copy(target, source)

	return errors.Join(err, target.Close())
}
