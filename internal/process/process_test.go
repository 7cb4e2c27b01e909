// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package process

import (
	"fmt"
	"log"
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
