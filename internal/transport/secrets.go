// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"cmp"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	// shortestSecret is the length of the shortest secret that is hidden, in characters.
	shortestSecret = 4
	hidden         = "***"
)

// secrets holds what must not be shown.
type secrets struct {
	mu    sync.Mutex
	known []string
	// forms are the forms of all that is known, longest first.
	forms atomic.Pointer[[]string]
}

func (s *secrets) add(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()

	if slices.Contains(s.known, secret) {
		return
	}

	s.known = append(s.known, secret)
	forms := formsOf(s.known)
	s.forms.Store(&forms)
}

func (s *secrets) hide(text string) string { return hideForms(text, s.snapshot()) }

func (s *secrets) snapshot() []string {
	if forms := s.forms.Load(); forms != nil {
		return *forms
	}

	return nil
}

// formsOf returns each form in which a service may repeat secrets. Where one begins with another, the longer comes first.
func formsOf(secrets []string) []string {
	var forms []string

	for _, secret := range secrets {
		if len([]rune(secret)) < shortestSecret {
			continue
		}

		quoted, _ := json.Marshal(secret) // A string is always representable.
		forms = append(forms, secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret),
			strings.Trim(string(quoted), `"`))
	}

	slices.SortFunc(forms, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})

	return slices.Compact(forms)
}

func hideForms(text string, forms []string) string {
	for _, form := range forms {
		text = strings.ReplaceAll(text, form, hidden)
	}

	return text
}

// hider hides what the client knows, and what one request carried.
type hider struct{ forms []string }

func newHider(known *secrets, header http.Header) hider {
	return hider{forms: append(formsOf(proofs(header)), known.snapshot()...)}
}

func (h hider) all(text string) string { return hideForms(text, h.forms) }

// cut hides also what is left of a secret at the end of a text that was cut there.
func (h hider) cut(text []byte) string {
	whole := h.all(string(text))

	for _, form := range h.forms {
		for n := min(len(form)-1, len(whole)); n >= shortestSecret; n-- {
			if strings.HasSuffix(whole, form[:n]) {
				whole = strings.TrimSuffix(whole, form[:n]) + hidden

				break
			}
		}
	}

	return whole
}

// proofs returns what proves the caller in a request's header.
func proofs(header http.Header) []string {
	found := []string{header.Get("X-Auth-Token"), header.Get("X-Security-Token"), header.Get("Authorization")}
	if _, signature, ok := strings.Cut(header.Get("Authorization"), "Signature="); ok {
		found = append(found, signature)
	}

	return found
}
