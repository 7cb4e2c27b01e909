// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package process

import (
	"fmt"
	"log"
	"math"
	"runtime/debug"
	"strings"
	"testing"
)

func TestRedactor_hidesQuotedText(t *testing.T) {
	t.Parallel()

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
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var got strings.Builder

			log.New(redactor{&got}, "", 0).Print(test.message)

			if strings.TrimSuffix(got.String(), "\n") != test.want {
				t.Errorf("got %s, want %s", got.String(), test.want)
			}
		})
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
		LimitMemory()

		if got := debug.SetMemoryLimit(-1); got != test.want {
			t.Errorf("%s: got %d bytes, want %d", name, got, test.want)
		}
	}
}
