// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package secret cleans access keys, secret keys, security tokens, tokens and ID tokens. Passwords are taken as they are.
package secret

import (
	"errors"
	"strings"
	"unicode"
)

// ErrControlCharacter says that a secret has a control character inside, such as a line break. It cannot be sent in a header,
// and is the sign of a value that was pasted or read wrongly.
var ErrControlCharacter = errors.New("it contains a control character, such as a line break")

const byteOrderMark = '\uFEFF'

// Clean returns value without leading and trailing white space and byte order marks, which editors and shells add. An empty
// result means that no secret is given. The error is [ErrControlCharacter]; it does not repeat the value.
func Clean(value string) (string, error) {
	value = strings.TrimFunc(value, func(r rune) bool { return unicode.IsSpace(r) || r == byteOrderMark })

	if strings.ContainsFunc(value, unicode.IsControl) {
		return "", ErrControlCharacter
	}

	return value, nil
}
