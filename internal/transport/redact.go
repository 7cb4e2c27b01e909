// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"cmp"
	"encoding/base64"
	"html"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

const (
	// minSecret is the length of the shortest secret that is hidden, in characters.
	minSecret = 4
	// minEncoded is the length of the shortest secret that is hidden in base64 too, in bytes.
	minEncoded = 8
	hidden     = "***"
	// maxEscape is the length of the longest escape sequence that is decoded, in bytes.
	maxEscape = 10
)

// redactor holds the secrets of a client. It is safe for concurrent use.
type redactor struct {
	mu       sync.RWMutex
	known    map[string]bool
	patterns []string
}

func (r *redactor) add(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()

	if r.known[secret] {
		return
	}

	if r.known == nil {
		r.known = make(map[string]bool)
	}

	r.known[secret] = true
	r.patterns = append(r.patterns, patternsOf(secret)...)
}

// redaction returns what hides the secrets of the client and those that header, of one request, carries.
func (r *redactor) redaction(header http.Header) redaction {
	r.mu.RLock()
	defer r.mu.RUnlock()

	// Patterns are only ever appended, so that those up to this length never change.
	patterns := slices.Clip(r.patterns)

	for _, secret := range secretsOf(header) {
		if !r.known[secret] {
			patterns = append(patterns, patternsOf(secret)...)
		}
	}

	return redaction{patterns}
}

// secretsOf returns the secrets in a request's header.
func secretsOf(header http.Header) []string {
	authorization := header.Get("Authorization")
	_, signature, _ := strings.Cut(authorization, "Signature=")

	return []string{
		header.Get("X-Auth-Token"), header.Get("X-Security-Token"), header.Get("X-Metadata-Token"), authorization, signature,
	}
}

// patternsOf returns the texts that a secret is searched by: as it is, as a query writes its spaces, in base64, and as it looks
// where a text was decoded because of another secret.
func patternsOf(secret string) []string {
	patterns := []string{secret, strings.ReplaceAll(secret, " ", "+")}
	if len(secret) >= minEncoded {
		patterns = append(patterns,
			base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)))
	}

	for decoded := range decodings(secret) {
		patterns = append(patterns, decoded)
	}

	slices.Sort(patterns)

	return slices.DeleteFunc(slices.Compact(patterns), func(pattern string) bool {
		return utf8.RuneCountInString(pattern) < minSecret
	})
}

// redaction hides secrets in texts. In a text that has one escaped, all escapes of that kind are decoded.
type redaction struct{ patterns []string }

// text returns s without secrets.
func (r redaction) text(s string) string {
	secrets := r.count(s)

	for decoded := range decodings(s) {
		if r.count(decoded) > secrets {
			return r.text(decoded)
		}
	}

	return r.hide(s)
}

// truncated returns s, the beginning of a longer text, without secrets, and without the beginning of one at its end.
func (r redaction) truncated(s []byte) string {
	text := string(s)

	whole := text[:len(text)-len(truncatedEscape.FindString(text[max(0, len(text)-maxEscape):]))]
	for _, decoded := range append([]string{whole}, slices.Collect(decodings(whole))...) {
		if r.beginning(decoded) > r.beginning(text) {
			text = decoded
		}
	}

	rest := len(text) - r.beginning(text)
	if rest == len(text) {
		return r.text(text)
	}

	return strings.TrimSuffix(r.text(text[:rest]), hidden) + hidden
}

// count returns how often s has secrets in it.
func (r redaction) count(s string) int {
	n := 0
	for _, pattern := range r.patterns {
		n += strings.Count(s, pattern)
	}

	return n
}

// beginning returns the length of the longest beginning of a secret that s ends with, 0 if there is none.
func (r redaction) beginning(s string) int {
	longest := 0

	for _, pattern := range r.patterns {
		for n := min(len(pattern)-1, len(s)); n >= max(minSecret, longest+1); n-- {
			if strings.HasSuffix(s, pattern[:n]) {
				longest = n
			}
		}
	}

	return longest
}

// hide replaces the secrets in s. Those that overlap or touch are hidden as one, so that no part of either is left.
func (r redaction) hide(s string) string {
	type span struct{ start, end int }

	var found []span

	for _, pattern := range r.patterns {
		end := -1 // A text full of overlapping matches is one span.

		for from := 0; ; {
			at := strings.Index(s[from:], pattern)
			if at < 0 {
				break
			}

			start := from + at
			if start > end {
				found = append(found, span{start: start})
			}

			end, from = start+len(pattern), start+1
			found[len(found)-1].end = end
		}
	}

	if len(found) == 0 {
		return s
	}

	slices.SortFunc(found, func(a, b span) int { return cmp.Compare(a.start, b.start) })

	var b strings.Builder

	end := 0

	for _, next := range found {
		if next.start > end || b.Len() == 0 {
			b.WriteString(s[end:next.start])
			b.WriteString(hidden)
		}

		end = max(end, next.end)
	}

	b.WriteString(s[end:])

	return b.String()
}

// escape is a kind of escape sequences.
type escape struct {
	sequence *regexp.Regexp
	// unescape returns what a sequence stands for. It may fail, or return the sequence, where it stands for nothing.
	unescape func(sequence string) (string, error)
}

// escapes are those of URLs, of JSON and Go, and of HTML.
var escapes = []escape{
	{regexp.MustCompile(`%[0-9A-Fa-f]{2}`), url.PathUnescape},
	{regexp.MustCompile(`\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|["\\/])`), func(sequence string) (string, error) {
		return strconv.Unquote(`"` + strings.ReplaceAll(sequence, `\/`, "/") + `"`)
	}},
	{regexp.MustCompile(`&(?:#[0-9]+|#[Xx][0-9A-Fa-f]+|[A-Za-z]+);`), func(sequence string) (string, error) {
		return html.UnescapeString(sequence), nil
	}},
}

// decodings yields s without the escape sequences of each kind, and then without those of a second kind: a URL may be in the
// query of another one, and the JSON of a service in that of the one that has answered.
func decodings(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		var once []string

		for _, e := range escapes {
			if decoded := e.decode(s); decoded != s {
				if !yield(decoded) {
					return
				}

				once = append(once, decoded)
			}
		}

		for _, decoded := range once {
			for _, e := range escapes {
				if twice := e.decode(decoded); twice != decoded && !yield(twice) {
					return
				}
			}
		}
	}
}

// truncatedEscape is the beginning of an escape sequence at the end of a text.
var truncatedEscape = regexp.MustCompile(`(?:%[0-9A-Fa-f]?|\\(?:[uUx][0-9A-Fa-f]{0,7})?|&#?[0-9A-Za-z]{0,9})$`)

// decode returns s without escape sequences, except those of control characters, which would change how a text is shown.
func (e escape) decode(s string) string {
	if mark, _ := e.sequence.LiteralPrefix(); !strings.Contains(s, mark) {
		return s // Without a copy.
	}

	return e.sequence.ReplaceAllStringFunc(s, func(sequence string) string {
		decoded, err := e.unescape(sequence)
		if err != nil || strings.ContainsFunc(decoded, unicode.IsControl) {
			return sequence
		}

		return decoded
	})
}
