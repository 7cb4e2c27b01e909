// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package boundedfile_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

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

	done := make(chan struct{})

	go func() {
		defer close(done)

		wantError(t, pipe, boundedfile.ErrNotRegular, "a named pipe")
		wantError(t, "/dev/zero", boundedfile.ErrNotRegular, "a device")
		wantError(t, link, boundedfile.ErrNotRegular, "a device")
	}()

	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("reading is blocked")
	}
}
