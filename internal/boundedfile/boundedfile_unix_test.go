// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package boundedfile_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"terraform-provider-dcs/internal/boundedfile"
)

func TestRead_link(t *testing.T) {
	t.Parallel()

	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(write(t, []byte("text")), link); err != nil {
		t.Fatal(err)
	}

	if got, err := boundedfile.Read(link); err != nil || string(got) != "text" {
		t.Errorf("got %q and error %v", got, err)
	}
}

// A file of any size takes no more memory than the bound.
func TestRead_hugeFile(t *testing.T) {
	t.Parallel()

	file := write(t, nil)
	if err := os.Truncate(file, 1<<36); err != nil {
		t.Fatal(err)
	}

	wantError(t, file, boundedfile.ErrTooLarge)
}

// A pipe without a writer blocks an ordinary open, and a device has no end.
func TestRead_pipeAndDevice(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")

	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}

	link := filepath.Join(dir, "link")
	if err := os.Symlink("/dev/zero", link); err != nil {
		t.Fatal(err)
	}

	for _, file := range []string{pipe, "/dev/zero", link} {
		wantError(t, file, boundedfile.ErrNotRegular)
	}
}
