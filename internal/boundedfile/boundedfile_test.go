// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package boundedfile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/boundedfile"
)

func write(t *testing.T, content []byte) string {
	t.Helper()

	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}

	return name
}

const mebibyte = 1 << 20

func TestRead_content(t *testing.T) {
	t.Parallel()

	for name, content := range map[string][]byte{
		"text":         []byte("\uFEFFtext\n"),
		"empty":        {},
		"largest size": bytes.Repeat([]byte("a"), mebibyte),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := boundedfile.Read(write(t, content))
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes and error %v; want %d bytes", len(got), err, len(content))
			}
		})
	}
}

func TestRead_refused(t *testing.T) {
	t.Parallel()

	large := write(t, bytes.Repeat([]byte("a"), mebibyte+1))
	missing := filepath.Join(t.TempDir(), "missing")
	tests := map[string]struct {
		file string
		want error
		text string
	}{
		"too large": {large, boundedfile.ErrTooLarge, "larger than 1 MiB"},
		"missing":   {missing, fs.ErrNotExist, ""},
		"directory": {t.TempDir(), boundedfile.ErrNotRegular, "not a regular file but a directory"},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			wantError(t, tt.file, tt.want, tt.text)
		})
	}
}

// A file of any size takes no more memory than the bound.
//
//nolint:paralleltest // It measures what the whole process allocates.
func TestRead_memory(t *testing.T) {
	file := write(t, nil)
	if err := os.Truncate(file, 64*mebibyte); err != nil {
		t.Fatal(err)
	}

	var before, after runtime.MemStats

	runtime.ReadMemStats(&before)
	wantError(t, file, boundedfile.ErrTooLarge, "")
	runtime.ReadMemStats(&after)

	if got := after.TotalAlloc - before.TotalAlloc; got > 16*mebibyte {
		t.Errorf("%d bytes allocated for a file of 64 MiB", got)
	}
}

// wantError checks that file is refused with an error that is want, names the file and ends in text.
func wantError(t *testing.T, file string, want error, text string) {
	t.Helper()

	_, err := boundedfile.Read(file)

	var path *fs.PathError
	if !errors.Is(err, want) || !errors.As(err, &path) || path.Path != file || !strings.HasSuffix(err.Error(), text) {
		t.Errorf("error %v; want %v, the name %s and %q", err, want, file, text)
	}
}
