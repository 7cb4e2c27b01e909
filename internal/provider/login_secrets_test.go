// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/hashicorp/terraform-plugin-log/tfsdklogtest"

	"terraform-provider-dcs/internal/providertest"
)

// wiretap stands before a service and notes every secret that passes. It can answer in the service's place.
type wiretap struct {
	service http.Handler
	url     string

	mu   sync.Mutex
	seen []string
	// requests counts them. From the one with the number instead on, or from the first one to insteadOf on, echo answers.
	requests, instead int
	insteadOf         string
	echo              echo
}

// echo answers a request with all that it was sent.
type echo func(w http.ResponseWriter, everything string)

func tap(t *testing.T, service http.Handler) *wiretap {
	t.Helper()

	wire := &wiretap{service: service}
	server := httptest.NewServer(wire)
	t.Cleanup(server.Close)

	wire.url = server.URL

	return wire
}

// givenOut are the members of the answers of IAM, STS and the metadata service that are secret.
var givenOut = regexp.MustCompile(
	`"(?:access|secret|securitytoken|access_key_id|secret_access_key|security_token)": ?"([^"]+)"`)

func (w *wiretap) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))

	w.see(r.Header.Get("X-Auth-Token"), r.Header.Get("X-Security-Token"), r.Header.Get("X-Metadata-Token"))

	if _, signature, signed := strings.Cut(r.Header.Get("Authorization"), "Signature="); signed {
		w.see(signature)
	}

	if echo := w.answers(r); echo != nil {
		echo(to, everythingOf(r, body))

		return
	}

	answer := httptest.NewRecorder()
	w.service.ServeHTTP(answer, r)
	w.see(answer.Header().Get("X-Subject-Token"))

	for _, match := range givenOut.FindAllStringSubmatch(answer.Body.String(), -1) {
		w.see(match[1])
	}

	if strings.HasSuffix(r.URL.Path, "/api/token") && answer.Code == http.StatusOK {
		w.see(answer.Body.String())
	}

	maps.Copy(to.Header(), answer.Header())
	to.WriteHeader(answer.Code)
	_, _ = to.Write(answer.Body.Bytes())
}

// answers counts a request and returns what answers it in the service's place, if anything does.
func (w *wiretap) answers(r *http.Request) echo {
	w.mu.Lock()
	defer w.mu.Unlock()

	w.requests++

	if w.instead > 0 && w.requests >= w.instead || w.insteadOf != "" && strings.HasPrefix(r.URL.Path, w.insteadOf) {
		return w.echo
	}

	return nil
}

func (w *wiretap) see(secrets ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()

	for _, secret := range secrets {
		if secret != "" && !slices.Contains(w.seen, secret) {
			w.seen = append(w.seen, secret)
		}
	}
}

// secrets are those that were given, and those that have passed.
func (w *wiretap) secrets() []string {
	w.mu.Lock()
	defer w.mu.Unlock()

	return append(givenSecrets(), w.seen...)
}

// everythingOf is what a request says of its caller, the credentials first. The gateway names access keys.
func everythingOf(r *http.Request, body []byte) string {
	_, key, _ := strings.Cut(r.Header.Get("Authorization"), "Access=")
	key, _, _ = strings.Cut(key, ",")

	return fmt.Sprintf("ak %s %s %s %s %s %s %s %s", key, r.Header.Get("X-Auth-Token"), r.Header.Get("X-Security-Token"),
		r.Header.Get("X-Metadata-Token"), r.Header.Get("Authorization"), body, r.Method, r.URL)
}

// checkHidden fails where text has a secret in it, as it is or escaped, or the beginning of one.
func checkHidden(t *testing.T, what, text string, secrets []string) {
	t.Helper()

	for _, secret := range secrets {
		for _, form := range formsOf(secret) {
			if at := strings.Index(text, form); at >= 0 {
				t.Errorf("%s: %q is shown: …%q…", what, form, text[max(0, at-200):min(len(text), at+len(form)+50)])

				break
			}
		}
	}
}

// formsOf returns the forms in which a secret may be escaped.
func formsOf(secret string) []string {
	plain := new(bytes.Buffer)
	encoder := json.NewEncoder(plain)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(secret) // A string can be encoded.

	forms := []string{
		secret, strings.Trim(asJSON(secret), `"`), strings.Trim(strings.TrimSpace(plain.String()), `"`),
		url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret),
	}
	if len(secret) > 16 {
		forms = append(forms, secret[:8])
	}

	return forms
}

// logBuffer is the log of a provider.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.text.Write(line)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.text.String()
}

// context returns one in which the provider and the framework below it log everything to l.
func (l *logBuffer) context(ctx context.Context) context.Context {
	return tflogtest.RootLogger(tfsdklogtest.RootLogger(ctx, l), l)
}

// observed drives a provider through all its steps and returns all that it says: state, diagnostics and log.
func (c loginCase) observed(t *testing.T, url, home string) (texts map[string]string, failed bool) {
	t.Helper()

	log := new(logBuffer)
	ctx := log.context(t.Context())
	p := newProvider(t, c.env(url), home, nil)

	diags := slices.Concat(p.ValidateProvider(ctx, c.config(url)), p.Configure(ctx, c.config(url)))
	if len(diags) > 0 {
		t.Fatal(diags)
	}

	// The second read goes another login: it finds credentials, or a refusal.
	state, diags := p.Read(ctx, "dcs_instance_backups", object{"instance_id": instanceIn(c.project)})
	_, again := p.Read(ctx, "dcs_instance_backups", object{"instance_id": instanceIn(c.project)})

	if !strings.Contains(log.String(), `"API request`) || !strings.Contains(log.String(), `"@module":"sdk.framework"`) {
		t.Errorf("the log is not what the test takes it for: %s", log)
	}

	return map[string]string{
		"state": asJSON(state), "error": fmt.Sprint(diags), "error of the second read": fmt.Sprint(again), "log": log.String(),
	}, providertest.HasError(diags)
}

// TestLogin_secretsAreHidden looks for secrets in the state, the diagnostics and the log of reads with each source, then of reads in which
// the service answers one of the requests, each in turn, with all that it was sent.
func TestLogin_secretsAreHidden(t *testing.T) {
	t.Parallel()

	var strays atomic.Int32

	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strays.Add(1) }))
	t.Cleanup(elsewhere.Close)
	t.Cleanup(func() {
		if strays.Load() > 0 {
			t.Errorf("%d redirects were followed", strays.Load())
		}
	})

	echoes := echoesOf(elsewhere.URL)

	for name, login := range casesWithSecrets() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			home := newHome(t)
			server := login.start(t)
			wire := tap(t, server)

			texts, failed := login.observed(t, wire.url, home)
			if failed {
				t.Fatal(texts["error"])
			}

			for what, text := range texts {
				checkHidden(t, what, text, wire.secrets())
			}

			for as, echo := range echoes {
				for n := 1; n <= len(login.calls()); n++ {
					wire.mu.Lock()
					wire.requests, wire.instead, wire.echo = 0, n, echo
					wire.mu.Unlock()

					texts, failed := login.observed(t, wire.url, home)
					if !failed {
						t.Errorf("request %d, %s: no error", n, as)
					}

					for what, text := range texts {
						checkHidden(t, fmt.Sprintf("request %d, %s, %s", n, as, what), text, wire.secrets())
					}
				}
			}
		})
	}
}

// casesWithSecrets are the logins that together send each secret in each kind of request.
func casesWithSecrets() map[string]loginCase {
	all, found := loginCases(), sources()

	for _, name := range []string{
		"access key, argument", "temporary key, environment", "token, argument", "password by user ID, environment",
	} {
		for _, role := range []string{"agency by IAM", "agency by STS"} {
			found[name+"; "+role] = all[name+"; "+role]
		}
	}

	return found
}

// echoesOf are responses that hold all that the request sent, in each place of a response. Redirects lead to target.
func echoesOf(target string) map[string]echo {
	write := func(w http.ResponseWriter, status int, kind, text string) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
	message := func(text string) string { return asJSON(object{"error_code": "APIGW.0602", "error_msg": text}) }

	return map[string]echo{
		"a message": func(w http.ResponseWriter, all string) {
			write(w, http.StatusBadRequest, "application/json", message(all))
		},
		"a refusal in plain text": func(w http.ResponseWriter, all string) {
			write(w, http.StatusUnauthorized, "text/plain", all)
		},
		"a redirect": func(w http.ResponseWriter, all string) {
			w.Header().Set("Location", target+"/"+url.PathEscape(all)+"?q="+url.QueryEscape(all))
			write(w, http.StatusFound, "text/html", "<p>Moved.</p>")
		},
		"a request ID": func(w http.ResponseWriter, all string) {
			w.Header().Set("X-Request-Id", strings.Join(strings.Fields(all), " "))
			write(w, http.StatusBadRequest, "application/json", `{}`)
		},
	}
}
