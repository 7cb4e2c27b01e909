// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package boundedfile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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

func TestRead_content(t *testing.T) {
	t.Parallel()

	for name, content := range map[string][]byte{
		"text":         []byte("\uFEFFtext\n"),
		"empty":        {},
		"largest size": bytes.Repeat([]byte("a"), boundedfile.MaxSize),
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

	large := write(t, bytes.Repeat([]byte("a"), boundedfile.MaxSize+1))
	missing := filepath.Join(t.TempDir(), "missing")
	tests := map[string]struct {
		file string
		want error
	}{
		"too large": {large, boundedfile.ErrTooLarge},
		"missing":   {missing, fs.ErrNotExist},
		"directory": {t.TempDir(), boundedfile.ErrNotRegular},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			wantError(t, tt.file, tt.want)
		})
	}
}

// wantError checks that file is refused with an error that is want and names the file.
func wantError(t *testing.T, file string, want error) {
	t.Helper()

	_, err := boundedfile.Read(file)

	var path *fs.PathError
	if !errors.Is(err, want) || !errors.As(err, &path) || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v; want %v and the name %s", err, want, file)
	}
}
