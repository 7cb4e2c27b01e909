// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package secret_test

import (
	"errors"
	"testing"

	"terraform-provider-dcs/internal/auth/secret"
)

func TestClean(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		value, want string
		err         error
	}{
		"no white space":                 {"Secret+/=", "Secret+/=", nil},
		"line break at the end":          {"secret\r\n", "secret", nil},
		"white space at both ends":       {" \t secret\u00A0\u2003", "secret", nil},
		"byte order mark":                {"\uFEFFsecret", "secret", nil},
		"byte order mark in white space": {"\n\uFEFF secret \uFEFF\n", "secret", nil},
		"blank inside":                   {"pass phrase", "pass phrase", nil},
		"white space alone":              {" \r\n\uFEFF\t", "", nil},
		"nothing":                        {"", "", nil},
		"line break inside":              {"sec\nret", "", secret.ErrControlCharacter},
		"tab inside":                     {"sec\tret", "", secret.ErrControlCharacter},
		"escape at the end":              {"secret\x1b", "", secret.ErrControlCharacter},
		"null byte at the end":           {"secret\x00", "", secret.ErrControlCharacter},
		"delete":                         {"\x7fsecret", "", secret.ErrControlCharacter},
		"control of the second set":      {"sec\u0090ret", "", secret.ErrControlCharacter},
		"UTF-16":                         {"\xff\xfes\x00e\x00", "", secret.ErrControlCharacter},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if got, err := secret.Clean(tt.value); got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %q and error %v, want %q and %v", got, err, tt.want, tt.err)
			}
		})
	}
}
