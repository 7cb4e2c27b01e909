// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package process_test

import (
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/process"
)

// logged returns what the standard logger writes to standard error for message, as configure has set it up.
func logged(t *testing.T, configure func(), message string) string {
	t.Helper()

	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}

	stderr, output, flags := os.Stderr, log.Writer(), log.Flags()
	defer func() {
		os.Stderr = stderr

		log.SetOutput(output)
		log.SetFlags(flags)
	}()

	os.Stderr = file

	log.SetOutput(file)
	log.SetFlags(0)
	configure()
	log.Print(message)

	if err := file.Close(); err != nil {
		t.Fatal(err)
	}

	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}

	return strings.TrimSuffix(string(text), "\n")
}

//nolint:paralleltest // Standard error is that of the test's process.
func TestRedactLogs_hidesQuotedText(t *testing.T) {
	tests := map[string]struct{ message, want string }{
		"none":           {"http2: Framer 0xc0: read PING flags=ACK", "http2: Framer 0xc0: read PING flags=ACK"},
		"one":            {`starting with "s3cr3t"; err=<nil>`, `starting with "***"; err=<nil>`},
		"several":        {`header field "x-auth-token" = "s3cr3t"`, `header field "***" = "***"`},
		"quotes in it":   {fmt.Sprintf("got %q.", `{"token":"s3cr3t\"}`), `got "***".`},
		"lines in it":    {"got \"s3c\nr3t\".", `got "***".`},
		"cut":            {`got "s3cr3t`, `got "***"`},
		"cut in escape":  {`got "s3cr3t\`, `got "***"`},
		"in back quotes": {fmt.Sprintf("got %#q.", `s3"cr3t`), `got "***".`},
	}

	for name, test := range tests {
		if got := logged(t, process.RedactLogs, test.message); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

func TestDiscardLogs(t *testing.T) {
	t.Setenv("TF_LOG_SDK_PROTO_DATA_DIR", t.TempDir())

	if got := logged(t, process.DiscardLogs, "Unsolicited response"); got != "" {
		t.Errorf("%q was logged", got)
	}

	dir, ok := os.LookupEnv("TF_LOG_SDK_PROTO_DATA_DIR") //nolint:forbidigo // What DiscardLogs removes.
	if ok {
		t.Errorf("the protocol's messages are still written to %q", dir)
	}
}

//nolint:paralleltest // The limit is that of the test's process.
func TestLimitMemory(t *testing.T) {
	before := debug.SetMemoryLimit(-1)

	t.Cleanup(func() { debug.SetMemoryLimit(before) })

	tests := map[string]struct{ given, want int64 }{
		"no limit is given":               {math.MaxInt64, 240 << 20},
		"a limit of GOMEMLIMIT is kept":   {64 << 20, 64 << 20},
		"a limit above the usual is kept": {1 << 30, 1 << 30},
	}

	for name, test := range tests {
		debug.SetMemoryLimit(test.given)
		process.LimitMemory()

		if got := debug.SetMemoryLimit(-1); got != test.want {
			t.Errorf("%s: got %d bytes, want %d", name, got, test.want)
		}
	}
}
