// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

const (
	// shortestSecret is the length of the shortest secret that is hidden, in characters.
	shortestSecret = 4
	// shortestEncoded is the length of the shortest secret that is hidden in base64 too, in bytes.
	shortestEncoded = 8
	hidden          = "***"
	// longestEscape is the length of the longest escape sequence that is recognized: an entity of HTML.
	longestEscape = 10
)

// secrets holds what must not be shown.
type secrets struct {
	mu    sync.RWMutex
	known []string
}

func (s *secrets) add(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()

	if !slices.Contains(s.known, secret) {
		s.known = append(s.known, forms(secret)...)
	}
}

// forms returns a secret as it is and, where it is long enough, in base64.
func forms(secret string) []string {
	if len(secret) < shortestEncoded {
		return []string{secret}
	}

	return []string{
		secret, base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
}

// snapshot returns what is known. Elements are never changed, only added.
func (s *secrets) snapshot() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()

	return slices.Clip(s.known)
}

// hider hides what the client knows, and what one request carried.
type hider struct{ secrets []string }

func newHider(known *secrets, header http.Header) hider {
	all := known.snapshot()
	for _, proof := range proofs(header) {
		all = append(all, forms(proof)...)
	}

	return hider{secrets: all}
}

// proofs returns what proves the caller in a request's header.
func proofs(header http.Header) []string {
	found := []string{
		header.Get("X-Auth-Token"), header.Get("X-Security-Token"), header.Get("X-Metadata-Token"), header.Get("Authorization"),
	}
	if _, signature, ok := strings.Cut(header.Get("Authorization"), "Signature="); ok {
		found = append(found, signature)
	}

	return found
}

// all hides every secret in text.
func (h hider) all(text string) string { return h.hide(text, false) }

// cut hides also what is left of a secret at the end of a text that was cut there.
func (h hider) cut(text []byte) string { return h.hide(string(text), true) }

func (h hider) hide(text string, isCut bool) string {
	var covered []bool

	for _, secret := range h.secrets {
		if utf8.RuneCountInString(secret) < shortestSecret {
			continue
		}

		end := 0 // Of what is covered already, so that a text full of the secret is covered once.

		for at := range len(text) {
			length, matched := match(text[at:], secret, isCut)
			if matched < len(secret) && (matched < shortestSecret || !isCut) {
				continue
			}

			if covered == nil {
				covered = make([]bool, len(text))
			}

			for i := max(at, end); i < at+length; i++ {
				covered[i] = true
			}

			end = max(end, at+length)
		}
	}

	if covered == nil {
		return text
	}

	return replaceCovered(text, covered)
}

// replaceCovered hides what is covered. Secrets that overlap or touch are hidden as one, so that no part of either stays.
func replaceCovered(text string, covered []bool) string {
	var b strings.Builder

	for i := range len(text) {
		switch {
		case !covered[i]:
			b.WriteByte(text[i])
		case i == 0 || !covered[i-1]:
			b.WriteString(hidden)
		}
	}

	return b.String()
}

// match compares the beginning of text with secret, which a service may repeat escaped in any way, each character in
// another one. It returns how much of text and how much of secret are the same, less than the whole secret
// only where text ends before; zeros where they differ.
func match(text, secret string, isCut bool) (length, matched int) {
	for matched < len(secret) && length < len(text) {
		decoded, n := unescape(text[length:])

		switch rest := text[length:]; {
		case n > 0 && strings.HasPrefix(secret[matched:], decoded):
		case rest[0] == secret[matched]:
			decoded, n = rest[:1], 1
		case isCut && len(rest) < longestEscape && strings.IndexByte(`%\&`, rest[0]) >= 0:
			// The cut went through an escape sequence.
			return len(text), matched
		default:
			return 0, 0
		}

		length += n
		matched += len(decoded)
	}

	return length, matched
}

// unescape returns what the escape sequence at the beginning of text stands for, in a URL, in JSON or in HTML, and how
// long the sequence is: 0 where there is none.
func unescape(text string) (decoded string, length int) {
	switch text[0] {
	case '+':
		return " ", 1
	case '%':
		if decoded, err := url.PathUnescape(text[:min(3, len(text))]); err == nil {
			return decoded, 3
		}
	case '\\':
		if r, isRune, rest, err := strconv.UnquoteChar(text, '"'); err == nil {
			if !isRune {
				return string([]byte{byte(r)}), len(text) - len(rest) //nolint:gosec // It is a byte where it is no rune.
			}

			return string(r), len(text) - len(rest)
		}

		if len(text) > 1 {
			return text[1:2], 2
		}
	case '&':
		end := strings.IndexByte(text[:min(longestEscape, len(text))], ';') + 1
		if decoded := html.UnescapeString(text[:end]); decoded != text[:end] {
			return decoded, end
		}
	}

	return "", 0
}
