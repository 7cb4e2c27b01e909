// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package boundedfile reads files that the user names: without blocking, only regular ones, and no more than a bound.
package boundedfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// MaxSize is the size of the largest file that is read, in bytes.
const MaxSize = 1 << 20

var (
	// ErrNotRegular says that a file is a directory, a device, a pipe or a socket.
	ErrNotRegular = errors.New("not a regular file")
	// ErrTooLarge says that a file is larger than [MaxSize].
	ErrTooLarge = errors.New("larger than 1 MiB")
)

// Read returns the content of the regular file called name, or of the one that a link called name points to. Every error
// is a [*fs.PathError], which names the file. Read does not wait for a writer of a named pipe.
func Read(name string) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // Nothing was written.

	// The open handle is judged: the name may mean another file by now.
	switch info, err := f.Stat(); {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("%w but %s", ErrNotRegular, kind(info.Mode()))}
	}

	content, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, err
	}

	if len(content) > MaxSize {
		return nil, &fs.PathError{Op: "read", Path: name, Err: ErrTooLarge}
	}

	return content, nil
}

func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	default:
		return "a device"
	}
}
