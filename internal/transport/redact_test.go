// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"terraform-provider-dcs/internal/transport"
)

// TestRedact_escaped redacts a secret with all that is escaped anywhere, and random ones that look like escape sequences.
func TestRedact_escaped(t *testing.T) {
	t.Parallel()

	seed := rand.Uint64()                    //nolint:gosec // The secrets are made up.
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // The secrets are made up.
	parts := strings.Split("a 4 ä 長 % %41 %2 + / = \\ \\u0041 \\n & &amp; &#65; &lt ; ' \" < > $ {", " ")
	parts = append(parts, " ")
	secrets := []string{`p4ss/w+rd=="'<&> \%äß長e1`}

	for range 300 {
		var middle strings.Builder
		for range 8 + random.IntN(12) {
			middle.WriteString(parts[random.IntN(len(parts))])
		}

		// A letter at both ends: a backslash that is escaped there may leave one.
		secrets = append(secrets, "a"+middle.String()+"z")
	}

	for _, secret := range secrets {
		client := newClient(t, transport.Config{})
		client.AddSecret(secret)

		for name, form := range formsOf(t, secret) {
			if got := client.Redact("<p>" + form + "</p>"); got != "<p>***</p>" {
				t.Errorf("seed %d, %q %s: got %s of %s", seed, secret, name, got, form)
			}
		}

		if t.Failed() {
			return
		}
	}
}

// formsOf returns secret as services and libraries write it.
func formsOf(t *testing.T, secret string) map[string]string {
	t.Helper()

	marshalled, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}

	unquoted := func(s string) string { return s[1 : len(s)-1] }
	inJSON := unquoted(string(marshalled))
	inBase64 := base64.RawStdEncoding.EncodeToString([]byte(secret))
	perByte := func(format string) string {
		var b strings.Builder
		for _, c := range []byte(secret) {
			fmt.Fprintf(&b, format, c)
		}

		return b.String()
	}
	perRune := func(format string) string {
		var b strings.Builder
		for _, r := range secret {
			fmt.Fprintf(&b, format, r)
		}

		return b.String()
	}

	names := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

	return map[string]string{
		"as it is":                           secret,
		"in a query":                         url.QueryEscape(secret),
		"in a path":                          url.PathEscape(secret),
		"in a query, small digits":           smallDigits(url.QueryEscape(secret)),
		"every byte in percent":              perByte("%%%02X"),
		"every byte in percent, small":       perByte("%%%02x"),
		"in JSON":                            inJSON,
		"in JSON, slashes escaped":           strings.ReplaceAll(inJSON, "/", `\/`),
		"in JSON, HTML not escaped":          strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(secret),
		"in JSON of Gson":                    strings.NewReplacer("=", `\u003d`, "'", `\u0027`).Replace(inJSON),
		"in JSON, ASCII only":                strings.NewReplacer("ä", `\u00e4`, "ß", `\u00DF`, "長", `\u9577`).Replace(inJSON),
		"in JSON, every character in UTF-16": perRune(`\u%04x`),
		"in a log, every byte":               perByte(`\x%02x`),
		"in HTML":                            html.EscapeString(secret),
		"in HTML by name":                    names.Replace(secret),
		"in HTML by decimals":                perRune("&#%d;"),
		"in HTML by padded decimals":         perRune("&#%06d;"),
		"in HTML by hexadecimals":            perRune("&#x%X;"),
		"in base64":                          inBase64,
		"in base64 for URLs":                 base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"in base64, in a query":              url.QueryEscape(inBase64),
		"in base64, in JSON":                 strings.ReplaceAll(inBase64, "/", `\/`),
		"quoted by Go":                       unquoted(strconv.Quote(secret)),
		"in a query of a query":              url.QueryEscape(url.QueryEscape(secret)),
		"in JSON in JSON":                    unquoted(strconv.Quote(inJSON)),
		"in JSON in a query":                 url.QueryEscape(inJSON),
		"in JSON in HTML":                    html.EscapeString(inJSON),
		"in a query in HTML":                 html.EscapeString(url.QueryEscape(secret)),
	}
}

// smallDigits has the escape sequences of a URL in small letters.
func smallDigits(escaped string) string {
	return regexp.MustCompile(`%[0-9A-F]{2}`).ReplaceAllStringFunc(escaped, strings.ToLower)
}

func TestRedact_whatIsHidden(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		secrets    []string
		text, want string
	}{
		"none known":                        {nil, "text", "text"},
		"empty":                             {[]string{""}, "text", "text"},
		"shorter than four characters":      {[]string{"abc", "äöü", "長長長"}, "abc äöü 長長長", "abc äöü 長長長"},
		"four characters":                   {[]string{"abcd", "äöüß"}, "abcd äöüß", "*** ***"},
		"several times":                     {[]string{"abcd"}, "abcd, xabcdx", "***, x***x"},
		"known twice":                       {[]string{"abcd", "abcd"}, "abcd", "***"},
		"one in another":                    {[]string{"abcd", "abcdefgh"}, "abcdefgh abcd", "*** ***"},
		"one in another, other order":       {[]string{"abcdefgh", "cdef"}, "abcdefgh cdef", "*** ***"},
		"overlapping":                       {[]string{"abcd1234", "1234efgh"}, "<abcd1234efgh>", "<***>"},
		"overlapping, other order":          {[]string{"1234efgh", "abcd1234"}, "<abcd1234efgh>", "<***>"},
		"overlapping itself":                {[]string{"abab"}, "<ababab>", "<***>"},
		"side by side":                      {[]string{"abcd", "efgh"}, "<abcdefgh>", "<***>"},
		"another case is another text":      {[]string{"abcd"}, "ABCD", "ABCD"},
		"beginning only":                    {[]string{"abcdefgh"}, "abcdefg", "abcdefg"},
		"escaped next to one that looks so": {[]string{"ab%41cd", "wx/yz"}, `ab%41cd wx%2Fyz`, `*** ***`},
		"escaped control characters":        {[]string{"ab/cd"}, `ab%2Fcd%1B%2F`, `***%1B/`},
		"looks like what is put instead":    {[]string{"****"}, "**** ***", "*** ***"},
		"escape sequences of nothing":       {[]string{"abcd"}, `% & \ %zz &zz; \u00 &#; %`, `% & \ %zz &zz; \u00 &#; %`},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			client := newClient(t, transport.Config{})
			for _, secret := range test.secrets {
				client.AddSecret(secret)
			}

			if got := client.Redact(test.text); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestRedact_headerOfTheRequest covers secrets that are made for one request and not known to the client.
func TestRedact_headerOfTheRequest(t *testing.T) {
	t.Parallel()

	const (
		token     = "MIIT0ken+/=="
		signature = "0123456789abcdef"
	)

	headers := map[string]string{
		"X-Auth-Token": token, "X-Security-Token": token, "X-Metadata-Token": token, "Authorization": token,
	}

	for name, proof := range headers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			showsNothing(t, http.Header{name: {proof}}, proof)
		})
	}

	t.Run("signature", func(t *testing.T) {
		t.Parallel()
		showsNothing(t, http.Header{
			"Authorization": {"SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=" + signature},
		}, signature)
	})
}

func TestRedact_everyPlaceOfAnError(t *testing.T) {
	t.Parallel()
	showsNothing(t, nil, "s3cr3t/t0ken+==")
}

// showsNothing has a service repeat secret, which header carries or which is made known, in every place.
func showsNothing(t *testing.T, header http.Header, secret string) {
	t.Helper()

	quoted, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}

	inURL := url.QueryEscape(secret)
	numbered := "&#" + strconv.Itoa(int(secret[0])) + ";" + secret[1:]
	long := strings.Repeat("x", 509-len(secret)/2)

	// An error quotes 200 characters of a body, of a successful one those in its first 512 bytes. It is read up to 1 MiB.
	services := map[string]roundTripper{
		"message":              always(401, `{"error_code":"X","error_msg":`+string(quoted)+`}`),
		"message, longer":      always(401, `{"error_msg":"canonical request: x-security-token:`+secret+`|host:h"}`),
		"code":                 always(401, `{"error_code":`+string(quoted)+`}`),
		"request ID":           always(401, `{"error_msg":"x","request_id":`+string(quoted)+`}`),
		"request ID in header": always(401, `{"error_msg":"x"}`, "X-Request-Id", secret),
		"trace ID in header":   always(401, `{"error_msg":"x"}`, "X-IAM-Trace-Id", secret),
		"text":                 always(502, "token "+secret+" refused"),
		"text, URL":            always(502, "GET /?token="+inURL),
		"text, URL, small":     always(502, "GET /?token="+smallDigits(inURL)),
		"title":                always(502, "<title>"+html.EscapeString(secret)+"</title>"),
		"title, by numbers":    always(502, "<title>"+numbered+"</title>"),
		"title, escaped twice": always(502, "<title>"+html.EscapeString(numbered)+"</title>"),
		"title, at its end":    always(502, "<title>"+strings.Repeat("x", 200-5)+numbered+"</title>"),
		"content type":         always(502, "x", "Content-Type", "text/"+secret),
		"redirect":             always(302, "", "Location", "https://evil.example.com/?t="+inURL),
		"redirect to no URL":   always(302, "", "Location", "https://[::1/"+secret),
		"cut summary":          always(502, strings.Repeat("x", 200-len(secret)/2)+secret),
		"cut error body":       always(502, `{"error_msg":"`+strings.Repeat("x", 1<<20-14-len(secret)/2)+secret+`"}`),
		"200 that is no JSON":  always(200, "token "+secret),
		"200, request ID":      always(200, "{}", "X-Request-Id", secret),
		"200, cut head":        always(200, "!"+long+secret),
		"200, cut JSON":        always(200, `{"x":"`+secret),
		"200, error's code":    always(200, `{"error_code":`+string(quoted)+`,"error_msg":"x"}`),
		"200, error's message": always(200, `{"error_msg":`+string(quoted)+`}`),
		"200, error's ID":      always(200, `{"error_msg":"x","request_id":`+string(quoted)+`}`),
		"broken connection": func(*http.Request) (*http.Response, error) {
			return nil, errors.New("read: " + secret)
		},
		"broken body": func(*http.Request) (*http.Response, error) {
			resp := response(200, "")
			resp.Body = readCloser{func([]byte) (int, error) { return 0, errors.New("read: " + secret) }}

			return resp, nil
		},
	}

	for name, service := range services {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var seen observed

			client := newClient(t, transport.Config{RoundTripper: service, Observe: seen.observe})
			if header == nil {
				client.AddSecret(secret)
			}

			err := client.Do(t.Context(), transport.Request{
				Method: http.MethodGet, URL: mustURL(t, "https://dcs.example.com/v2"), Header: header, Decode: decodeOrFail,
			})

			for _, text := range []string{fmt.Sprint(err), fmt.Sprintf("%+v", seen.exchanges)} {
				if shows(text, secret) {
					t.Errorf("%s is shown: %s", secret, text)
				}
			}
		})
	}
}

// decodeOrFail decodes a body as JSON, and returns the error that it may be.
func decodeOrFail(resp transport.Response) error {
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}

	if err := transport.ParseError(text); err != nil {
		return err
	}

	return decodeJSON(transport.Response{Body: bytes.NewReader(text)})
}

// shows reports whether text has secret, or enough of its beginning to be of use.
func shows(text, secret string) bool {
	// Half of it is what the cut leaves.
	inURL := url.QueryEscape(secret)
	for _, form := range []string{secret, inURL, smallDigits(inURL), html.EscapeString(secret)} {
		if strings.Contains(text, form[:5]) || strings.Contains(text, form[1:6]) {
			return true
		}
	}

	return false
}

type readCloser struct{ readerFunc }

func (readCloser) Close() error { return nil }

func TestRedact_url(t *testing.T) {
	t.Parallel()

	for name, network := range map[string]roundTripper{
		"response":   always(404, ""),
		"connection": func(*http.Request) (*http.Response, error) { return nil, errors.New("broken") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var seen observed

			client := newClient(t, transport.Config{RoundTripper: network, Observe: seen.observe})
			client.AddSecret("s3cr3t")

			err := get(t.Context(), t, client, "https://s3cr3t.example.com/v2/s3cr3t/x?marker=s3cr3t")
			if text := fmt.Sprintf("%s %+v", err, seen.exchanges); strings.Contains(text, "s3cr3t") {
				t.Errorf("a secret is shown: %s", text)
			}
		})
	}
}

// TestRedact_truncatedEscape has a text end in the middle of the escape sequence that follows the secret's beginning.
func TestRedact_truncatedEscape(t *testing.T) {
	t.Parallel()

	const secret, whole = "s3cr3t+t0ken", "x s3cr3t%2Bt0k"

	tests := map[string]string{"x": "x", "x s": "x s", "x s3c": "x s3c", "s3cr3t x": "s3cr3t x", "100 %": "100 %", `a\`: `a\`, "a&": "a&"}
	for end := len("x s3cr"); end <= len(whole); end++ {
		tests[whole[:end]] = "x ***"
	}

	for body, want := range tests {
		t.Run(body, func(t *testing.T) {
			t.Parallel()

			client := newClient(t, transport.Config{RoundTripper: always(404, body)})
			client.AddSecret(secret)

			err := get(t.Context(), t, client, service)
			if err == nil || !strings.HasSuffix(err.Error(), fmt.Sprintf("begins %q", want)) {
				t.Errorf("got %v, want the beginning %q", err, want)
			}
		})
	}
}

// TestRedact_concurrentUse lets the race detector see secrets become known while texts are redacted.
func TestRedact_concurrentUse(t *testing.T) {
	t.Parallel()

	client := newClient(t, transport.Config{RoundTripper: roundTripper(func(req *http.Request) (*http.Response, error) {
		return response(404, req.Header.Get("Authorization")), nil
	})})

	var all sync.WaitGroup

	for n := range 8 {
		all.Go(func() {
			for i := range 30 {
				secret := fmt.Sprintf("s3cr3t of %d, %d.", n, i)
				client.AddSecret(secret)

				if got := client.Redact(secret); got != "***" {
					t.Errorf("got %s of %s", got, secret)
				}

				err := client.Do(t.Context(), transport.Request{
					Method: http.MethodGet, URL: mustURL(t, service), Header: http.Header{"Authorization": {"Bearer " + secret}},
				})
				if err == nil || !strings.HasSuffix(err.Error(), `begins "***"`) {
					t.Errorf("got %v", err)
				}
			}
		})
	}

	all.Wait()
}
