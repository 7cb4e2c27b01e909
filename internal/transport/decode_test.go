// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/transport"
)

// failure returns the error that a response is.
func failure(tb testing.TB, network roundTripper) *transport.Error {
	tb.Helper()

	err := get(tb.Context(), tb, newClient(tb, transport.Config{RoundTripper: network}), service)

	var failed *transport.Error
	if !errors.As(err, &failed) {
		tb.Fatalf("got %v, want an Error", err)
	}

	return failed
}

func TestError_text(t *testing.T) {
	t.Parallel()

	const prefix = "GET " + service + ": "

	// The bodies are those that the services are known to send.
	tests := map[string]struct {
		service roundTripper
		want    string
	}{
		"DCS": {
			always(404, `{"error_code":"DCS.3022","error_msg":"This DCS instance does not exist.","error_ext_msg":null}`,
				"X-Request-Id", "r1"),
			"404 Not Found, DCS.3022: This DCS instance does not exist. (request ID r1)",
		},
		"DCS v1, wrapped": {
			always(400, `{"error":{"code":"DCS.4927","message":"Failed.","ext_message":null}}`),
			"400 Bad Request, DCS.4927: Failed.",
		},
		"older DCS": {
			always(400, `{"code":"111400086","message":"Invalid.","ext_message":null}`),
			"400 Bad Request, 111400086: Invalid.",
		},
		"API gateway, ID in the body": {
			always(401, `{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information: x","request_id":"r2"}`),
			"401 Unauthorized, APIGW.0301: Incorrect IAM authentication information: x (request ID r2)",
		},
		"API gateway, ID in header and body": {
			always(401, `{"error_code":"APIGW.0301","error_msg":"x","request_id":"r2"}`, "X-Request-Id", "r1"),
			"401 Unauthorized, APIGW.0301: x (request ID r1)",
		},
		"IAM's trace ID": {
			always(403, `{"error_code":"IAM.0006","error_msg":"x"}`, "X-IAM-Trace-Id", "t1"),
			"403 Forbidden, IAM.0006: x (request ID t1)",
		},
		"IAM 5 with more": {
			always(403, `{"error_code":"PAP5.0006","error_msg":"x","encoded_authorization_message":"abc","details":[{}]}`),
			"403 Forbidden, PAP5.0006: x",
		},
		"keystone, code is a number": {
			always(401, `{"error":{"code":401,"message":"This requires authentication.","title":"Unauthorized"}}`),
			"401 Unauthorized, 401: This requires authentication.",
		},
		"CCE": {
			always(400, `{"errorCode":"CCE.01","errorMessage":"x"}`), "400 Bad Request, CCE.01: x",
		},
		"older RDS": {
			always(400, `{"errCode":"RDS.0001","externalMessage":"x"}`), "400 Bad Request, RDS.0001: x",
		},
		"OAuth": {
			always(400, `{"error":"invalid_grant","error_description":"x"}`), "400 Bad Request, invalid_grant: x",
		},
		"byte order mark": {
			always(404, "\uFEFF"+`{"error_code":"DCS.3022","error_msg":"Gone."}`), "404 Not Found, DCS.3022: Gone.",
		},
		"code only":    {always(500, `{"error_code":"DCS.5000","error_msg":null}`), "500 Internal Server Error, DCS.5000"},
		"message only": {always(500, `{"error_msg":"x"}`), "500 Internal Server Error: x"},
		"JSON of another kind": {
			always(500, `{"status":"down"}`, "Content-Type", "application/json"),
			`500 Internal Server Error: the body is application/json and begins "{\"status\":\"down\"}"`,
		},
		"JSON array": {always(500, `["x"]`), `500 Internal Server Error: the body is of no stated type and begins "[\"x\"]"`},
		"JSON null":  {always(500, `null`), `500 Internal Server Error: the body is of no stated type and begins "null"`},
		"fields of the wrong kind": {
			always(500, `{"error_code":{},"error_msg":["x"]}`),
			`500 Internal Server Error: the body is of no stated type and begins "{\"error_code\":{},\"error_msg\":[\"x\"]}"`,
		},
		"HTML with a title": {
			always(502, "<html><head>\n<TITLE lang=en>\n502 Bad &amp; Gateway </TITLE></head>", "Content-Type", "text/html"),
			`502 Bad Gateway: the body is an HTML page titled "502 Bad & Gateway", as from a proxy or a login page`,
		},
		"HTML without a title": {
			always(502, " <html><body>down</body></html>"),
			"502 Bad Gateway: the body is HTML or XML, as from a proxy or a login page",
		},
		"plain text": {
			always(503, "upstream connect error\n", "Content-Type", "text/plain"),
			`503 Service Unavailable: the body is text/plain and begins "upstream connect error"`,
		},
		"long plain text": {
			always(503, strings.Repeat("长", 1000)),
			`503 Service Unavailable: the body is of no stated type and begins "` + strings.Repeat("长", 200) + `…"`,
		},
		"binary": {
			always(500, "\x00\xff\x1b[31m", "Content-Type", "application/octet-stream"),
			`500 Internal Server Error: the body is application/octet-stream and begins "\x00\xff\x1b[31m"`,
		},
		"empty":               {always(504, ""), "504 Gateway Timeout: the body is empty"},
		"status without name": {always(599, `{"error_code":"X","error_msg":"x"}`), "599, X: x"},
		"redirect": {
			always(302, "<html>moved</html>", "Location", "https://login.example.com/?next=x"),
			"302 Found: a redirect to https://login.example.com/?next=x, which is not followed",
		},
		"redirect with a body of the service": {
			always(307, `{"error_code":"X","error_msg":"x"}`, "Location", "http://127.0.0.1/"),
			"307 Temporary Redirect, X: a redirect to http://127.0.0.1/, which is not followed",
		},
		"redirect to nowhere": {always(301, ""), "301 Moved Permanently: the body is empty"},
		"redirect to no URL": {
			always(301, "", "Location", "https://[::1/"),
			"301 Moved Permanently: a redirect to https://[::1/, which is not followed",
		},
		"location of a client error": {
			always(404, `{"error_msg":"x"}`, "Location", "https://login.example.com/"), "404 Not Found: x",
		},
		"message of several lines": {
			always(400, `{"error_msg":"first\r\nsecond\u0000\u001b[31m \u2028third\u202egnp.exe"}`),
			"400 Bad Request: first  second  [31m  third gnp.exe",
		},
		"Chinese message": {
			always(400, `{"error_msg":"实例　不存在。"}`), "400 Bad Request: 实例　不存在。",
		},
		"endless message": {
			always(400, `{"error_code":"X","error_msg":"`+strings.Repeat("x", 5000)+`"}`),
			"400 Bad Request, X: " + strings.Repeat("x", 1024) + "…",
		},
		"code behind a long message": {
			always(400, `{"error_msg":"`+strings.Repeat("x", 500_000)+`","error_code":"DCS.4095"}`),
			"400 Bad Request, DCS.4095: " + strings.Repeat("x", 1024) + "…",
		},
		"redirect with a password": {
			always(302, "", "Location", "https://user:p4ssw0rd@login.example.com/a?b=c"),
			"302 Found: a redirect to https://login.example.com/a?b=c, which is not followed",
		},
		"JSON that goes on for ever": {
			always(400, `{"error_msg":"`+strings.Repeat("x", 1<<20)),
			`400 Bad Request: the body is of no stated type and begins "{\"error_msg\":\"` + strings.Repeat("x", 186) + `…"`,
		},
		"what follows the JSON": {always(400, `{"error_code":"X","error_msg":"x"}garbage`), "400 Bad Request, X: x"},
		"success that is HTML": {
			always(200, "<title>Sign in</title>"),
			"200 OK: invalid character '<' looking for beginning of value: the body is an HTML page titled \"Sign in\", " +
				"as from a proxy or a login page",
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if diff := cmp.Diff(prefix+test.want, failure(t, test.service).Error()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestError_fields(t *testing.T) {
	t.Parallel()

	got := failure(t, always(403, `{"error_code":"DCS.2003","error_msg":"no"}`, "X-Request-Id", "r1"))

	want := &transport.Error{
		Method: "GET", URL: service, Status: 403, Code: "DCS.2003", Message: "no", RequestID: "r1", Attempts: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func TestError_ofABodyOverTheBound(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		size int
		want string
	}{
		"at the bound":   {transport.MaxBody, ""},
		"over the bound": {transport.MaxBody + 1, "GET " + service + ": 200 OK: the body is larger than 32 MiB"},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			client := newClient(t, transport.Config{RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(io.LimitReader(zeros{}, int64(test.size)))}, nil
			})})

			read := 0
			err := client.Do(t.Context(), transport.Request{
				Method: http.MethodGet, URL: mustURL(t, service),
				Decode: func(resp transport.Response) error {
					n, err := io.Copy(io.Discard, resp.Body)
					read = int(n)

					return err
				},
			})

			got := ""
			if err != nil {
				got = err.Error()
			}

			if got != test.want || read != transport.MaxBody {
				t.Errorf("got %q and %d bytes, want %q and %d", got, read, test.want, transport.MaxBody)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)

	return len(p), nil
}

func TestConnectionError_text(t *testing.T) {
	t.Parallel()

	errBroken := errors.New("broken")
	withBody := func(body io.Reader) roundTripper {
		return func(*http.Request) (*http.Response, error) {
			resp := response(200, "", "X-Request-Id", "r1")
			resp.Body = io.NopCloser(body)

			return resp, nil
		}
	}

	tests := map[string]struct {
		network   roundTripper
		status    int
		requestID string
		want      string
	}{
		"no response": {func(*http.Request) (*http.Response, error) { return nil, errBroken }, 0, "", ": broken"},
		"cut body":    {withBody(strings.NewReader(`{"total_num":`)), 200, "r1", ": 200 OK: the body is cut short (request ID r1)"},
		"cut body, by its length": {
			withBody(iotest.ErrReader(io.ErrUnexpectedEOF)), 200, "r1", ": 200 OK: the body is cut short (request ID r1)",
		},
		"broken body": {withBody(iotest.ErrReader(errBroken)), 200, "r1", ": 200 OK: broken (request ID r1)"},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			err := get(t.Context(), t, newClient(t, transport.Config{RoundTripper: test.network}), service)
			if err == nil || err.Error() != "GET "+service+test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}

			var broken *transport.ConnectionError
			if !errors.As(err, &broken) || broken.Status != test.status || broken.RequestID != test.requestID {
				t.Errorf("got %+v, want a ConnectionError with status %d and request ID %q", err, test.status, test.requestID)
			}

			if !strings.HasPrefix(name, "cut body") && !errors.Is(err, errBroken) {
				t.Errorf("got %v, which does not wrap its cause", err)
			}
		})
	}
}

// TestError_ofAConfidentialRequest has responses to a request for credentials, which are not known as secrets yet.
func TestError_ofAConfidentialRequest(t *testing.T) {
	t.Parallel()

	const (
		key   = `{"credential":{"secret":"s3cr3t0fTh3K3y","securitytoken":"t0k3n0fTh3K3y"}}`
		shown = ": the body is not shown, because it may hold secrets"
	)

	tests := map[string]struct {
		status int
		body   string
		want   string
	}{
		"a key with an error":       {500, key, "500 Internal Server Error" + shown},
		"a key with a client error": {400, " " + key, "400 Bad Request" + shown},
		"a key behind a mark":       {500, "\uFEFF" + key, "500 Internal Server Error" + shown},
		"a list of keys":            {403, "[" + key + "]", "403 Forbidden" + shown},
		"a redirect to nowhere":     {302, key, "302 Found" + shown},
		"text, but successful":      {200, "s3cr3t0fTh3K3y", "200 OK: no key" + shown},
		"an error of the service":   {400, `{"error_code":"1100","error_msg":"too short"}`, "400 Bad Request, 1100: too short"},
		"text with an error":        {404, "no agency", `404 Not Found: the body is of no stated type and begins "no agency"`},
		"a web page": {
			200, "<title>Log in</title>", `200 OK: no key: the body is an HTML page titled "Log in", as from a proxy or a login page`,
		},
		"nothing": {500, "", "500 Internal Server Error: the body is empty"},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			err := newClient(t, transport.Config{RoundTripper: always(test.status, test.body)}).Do(t.Context(), transport.Request{
				Method: http.MethodPost, URL: mustURL(t, service), Confidential: true,
				Decode: func(a transport.Response) error {
					_, _ = io.Copy(io.Discard, a.Body)

					return errors.New("no key")
				},
			})
			if want := "POST " + service + ": " + test.want; err == nil || err.Error() != want {
				t.Errorf("got %v\nwant %s", err, want)
			}
		})
	}
}

// FuzzDecodeError looks for a response that hides its status, shows a secret, or takes more than a line.
func FuzzDecodeError(f *testing.F) {
	for _, body := range []string{
		`{"error_code":"DCS.3022","error_msg":"x","request_id":"r"}`, `{"error":{"code":401,"message":"x"}}`,
		`<title>&#115;x</title>`, "text\r\n", "", `{"error_msg":"\ud83d\ude00`, "\xff\xfe", `[[[[`, `{"error_msg":"%73%33`,
	} {
		f.Add(404, body, "", "Location")
		f.Add(302, "", body, "Location")
		f.Add(500, body, body, "X-Request-Id")
		f.Add(429, body, body, "X-Request-Id")
	}

	f.Fuzz(func(t *testing.T, status int, before, after, field string) {
		if status < 200 || status > 599 || http.StatusText(status) == "" {
			t.Skip("not a status")
		}

		const secret = "s3cr3t/t0ken+=="

		client := newClient(t, transport.Config{RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
			return response(status, before+secret+after, field, after+secret+before), nil
		})})
		client.AddSecret(secret)

		// The pause after a 429 is longer, so it is not begun.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()

		err := client.Do(ctx, transport.Request{
			Method: http.MethodGet, URL: mustURL(t, service), Decode: func(transport.Response) error { return errors.New(before + secret) },
		})

		var decoded *transport.Error
		if !errors.As(err, &decoded) || decoded.Status != status || !strings.Contains(err.Error(), strconv.Itoa(status)) {
			t.Fatalf("got %v, want an Error of %d", err, status)
		}

		if strings.Contains(err.Error(), secret) {
			t.Errorf("a secret is shown: %q", err)
		}

		if strings.ContainsFunc(err.Error(), unicode.IsControl) {
			t.Errorf("more than a line: %q", err)
		}
	})
}
