// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package sign

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	vectorDate   = "20240102T030405Z"
	vectorURL    = "https://dcs.cn-north-4.myhuaweicloud.com"
	vectorTarget = "/v2/0123456789abcdef0123456789abcdef/instances/5560df16-cebf-4473-95c4-d1b573c16e79/backups" +
		"?begin_time=20231201000000&limit=1000&offset=0"
)

// The examples of the API Gateway's developer guide and of the vendor's SDK, and a request of this provider.
func TestHeaders_publishedVectors(t *testing.T) {
	t.Parallel()

	own := Keys{AccessKey: "AKEXAMPLE", SecretKey: "SKEXAMPLE"}
	sdk := Keys{AccessKey: "AccessKey", SecretKey: "SecretKey"}

	tests := map[string]struct {
		keys   Keys
		method string
		url    string
		header map[string]string
		body   string
		signed []string

		wantSignature string
	}{
		"developer guide": {
			keys:   Keys{AccessKey: "QTWAOYTTINDUT2QVKYUC", SecretKey: "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"},
			method: http.MethodGet,
			url: "https://service.region.example.com/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs" +
				"?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
			header:        map[string]string{"Content-Type": "application/json", headerDate: "20191115T033655Z"},
			signed:        []string{"content-type", "host", "x-sdk-date"},
			wantSignature: "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
		},
		"SDK, no body": {
			keys: sdk, method: http.MethodGet, url: "https://example.com/path?limit=1",
			header: map[string]string{headerDate: "20060102T150405Z"}, signed: []string{"x-sdk-date"},
			wantSignature: "5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624",
		},
		"SDK, body": {
			keys: sdk, method: http.MethodPost, url: "https://example.com/path?key=value",
			header: map[string]string{headerDate: "20060102T150405Z"}, signed: []string{"x-sdk-date"},
			body:          "{\"Name\":\"test\",\"Id\":1}\n",
			wantSignature: "cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59",
		},
		"listing, date only": {
			keys: own, method: http.MethodGet, url: vectorURL + vectorTarget,
			header: map[string]string{headerDate: vectorDate}, signed: []string{"x-sdk-date"},
			wantSignature: "9874238720b617bfd57caa53059e309dd1e6d2f5007a6802c32d00234dea4c82",
		},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			req := newRequest(t, tt.method, tt.url, tt.body)
			for name, value := range tt.header {
				req.Header.Set(name, value)
			}

			Headers(req, tt.keys, []byte(tt.body), tt.signed...)

			want := "SDK-HMAC-SHA256 Access=" + tt.keys.AccessKey + ", SignedHeaders=" + strings.Join(tt.signed, ";") +
				", Signature=" + tt.wantSignature
			if got := req.Header.Get("Authorization"); got != want {
				t.Errorf("Authorization\n got %s\nwant %s", got, want)
			}
		})
	}
}

// Request signs with the headers that are set. The signatures are requests of this provider, computed apart from it.
func TestRequest_signsFewHeaders(t *testing.T) {
	t.Parallel()

	at := time.Date(2024, 1, 2, 3, 4, 5, 999_999_999, time.UTC)

	tests := map[string]struct {
		url     string
		at      time.Time
		project string
		token   string

		wantSigned    string
		wantSignature string
	}{
		"no project": {
			url: "https://iam.cn-north-4.myhuaweicloud.com/v3/projects?name=cn-north-4", at: at,
			wantSigned:    "host;x-sdk-date",
			wantSignature: "9b6caa7f939ef22bd1b8788d50e4159f849d272b6b59932a0e8217fb9c46e3f6",
		},
		"project": {
			url: vectorURL + vectorTarget, at: at, project: "0123456789abcdef0123456789abcdef",
			wantSigned:    "host;x-project-id;x-sdk-date",
			wantSignature: "e1c59f0671913afa03ae503e133a3c0a8869a6587c49211e798568f790af6f68",
		},
		"project and security token": {
			url: vectorURL + vectorTarget, at: at, project: "0123456789abcdef0123456789abcdef", token: "TESTTOKEN==",
			wantSigned:    "host;x-project-id;x-sdk-date;x-security-token",
			wantSignature: "bfa215aa1a6a3e729493ffd221939f2683a17e0cf844f0fafa27b72d742577ad",
		},
		"white space in a header": {
			url: vectorURL + vectorTarget, at: at, project: "0123456789abcdef0123456789abcdef", token: " TESTTOKEN==",
			wantSigned:    "host;x-project-id;x-sdk-date;x-security-token",
			wantSignature: "bfa215aa1a6a3e729493ffd221939f2683a17e0cf844f0fafa27b72d742577ad",
		},
		"local time east of Greenwich": {
			url: vectorURL + vectorTarget, at: at.In(time.FixedZone("", 8*60*60)), project: "0123456789abcdef0123456789abcdef",
			wantSigned:    "host;x-project-id;x-sdk-date",
			wantSignature: "e1c59f0671913afa03ae503e133a3c0a8869a6587c49211e798568f790af6f68",
		},
		"query in another order": {
			url: vectorURL + "/v2/0123456789abcdef0123456789abcdef/instances/5560df16-cebf-4473-95c4-d1b573c16e79/backups" +
				"?offset=0&limit=1000&begin_time=20231201000000",
			at: at, project: "0123456789abcdef0123456789abcdef",
			wantSigned:    "host;x-project-id;x-sdk-date",
			wantSignature: "e1c59f0671913afa03ae503e133a3c0a8869a6587c49211e798568f790af6f68",
		},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			req := newRequest(t, http.MethodGet, tt.url, "")
			req.Header.Set("User-Agent", "rewritten by proxies")
			req.Header.Set("Accept", "application/json")

			if tt.project != "" {
				req.Header.Set(HeaderProject, tt.project)
			}

			Request(req, Keys{AccessKey: "AKEXAMPLE", SecretKey: "SKEXAMPLE", SecurityToken: tt.token}, nil, tt.at)

			want := "SDK-HMAC-SHA256 Access=AKEXAMPLE, SignedHeaders=" + tt.wantSigned + ", Signature=" + tt.wantSignature
			if got := req.Header.Get("Authorization"); got != want {
				t.Errorf("Authorization\n got %s\nwant %s", got, want)
			}

			if got := req.Header.Get(headerSecurityToken); got != tt.token {
				t.Errorf("%s %q, want %q", headerSecurityToken, got, tt.token)
			}

			if got := req.Header.Get(headerDate); got != vectorDate {
				t.Errorf("%s %q, want %q", headerDate, got, vectorDate)
			}
		})
	}
}

// The query is sent in the form that is signed.
func TestRequest_query(t *testing.T) {
	t.Parallel()

	tests := map[string]struct{ raw, want string }{
		"published": {
			"test=%E4%B8%80+(%26%3D%3F!%23%25.*)&multi=3&path=/tmp/123&multi=1&limit=1&enable=true&multi=2",
			"enable=true&limit=1&multi=1&multi=2&multi=3&path=%2Ftmp%2F123&test=%E4%B8%80%20%28%26%3D%3F%21%23%25.%2A%29",
		},
		"none":                        {"", ""},
		"a name without a value":      {"b&a=", "a=&b="},
		"plus means space":            {"a=1+2", "a=1%202"},
		"a plus":                      {"a=1%2B2", "a=1%2B2"},
		"sorted by name, then value":  {"b=1&a=2&a=10", "a=10&a=2&b=1"},
		"sorted before it is escaped": {"%7E=1&%2F=2&a=3", "%2F=2&a=3&~=1"},
		"lower-case escapes":          {"a=%e4%b8%80", "a=%E4%B8%80"},
		"bytes that are no UTF-8":     {"a=%ff%00", "a=%FF%00"},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			req := newRequest(t, http.MethodGet, vectorURL+"?"+tt.raw, "")
			Request(req, Keys{}, nil, time.Time{})

			if got := req.URL.RawQuery; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestCanonicalPath(t *testing.T) {
	t.Parallel()

	tests := map[string]struct{ decoded, want string }{
		"none":               {"", "/"},
		"root":               {"/", "/"},
		"ends in no slash":   {"/v3/projects", "/v3/projects/"},
		"ends in a slash":    {"/v3/projects/", "/v3/projects/"},
		"empty segments":     {"/a//b", "/a//b/"},
		"reserved":           {"/a b+c:d@e(f)*", "/a%20b%2Bc%3Ad%40e%28f%29%2A/"},
		"unreserved":         {"/A-z_0.9~", "/A-z_0.9~/"},
		"Unicode":            {"/备份", "/%E5%A4%87%E4%BB%BD/"},
		"escaped once again": {"/a%2Fb", "/a%252Fb/"},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if got := canonicalPath(tt.decoded); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestHeaderValue_host(t *testing.T) {
	t.Parallel()

	tests := map[string]struct{ url, host, want string }{
		"default port":        {"https://dcs.example.com/", "", "dcs.example.com"},
		"port":                {"http://127.0.0.1:8080/", "", "127.0.0.1:8080"},
		"default port, given": {"https://dcs.example.com:443/", "", "dcs.example.com:443"},
		"IPv6":                {"https://[::1]:8443/", "", "[::1]:8443"},
		"Host header":         {"https://10.0.0.1/", "dcs.example.com", "dcs.example.com"},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			req := newRequest(t, http.MethodGet, tt.url, "")
			req.Host = tt.host // Empty means that of the URL.

			if got := headerValue(req, "host"); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestHeaders_leavesItsArgumentAlone(t *testing.T) {
	t.Parallel()

	req := newRequest(t, http.MethodGet, vectorURL+vectorTarget, "")
	req.Header.Set(headerDate, vectorDate)

	signed := []string{"x-sdk-date", "host"}
	Headers(req, Keys{AccessKey: "AKEXAMPLE", SecretKey: "SKEXAMPLE"}, nil, signed...)

	if !slices.Equal(signed, []string{"x-sdk-date", "host"}) {
		t.Errorf("the argument became %v", signed)
	}

	if got := req.Header.Get("Authorization"); !strings.Contains(got, "SignedHeaders=host;x-sdk-date,") {
		t.Errorf("Authorization %s: the names are not sorted", got)
	}
}

// FuzzRequest checks what holds for every request: the signature is that of what is sent, is not that of anything else, and
// nothing in the query can end it.
func FuzzRequest(f *testing.F) {
	f.Add("/v2/p/instances/i/backups", "limit=10&offset=0", "", "SKEXAMPLE", "")
	f.Add("/备份/a b", "a=1&a=2&b", "{}", "秘密", "TESTTOKEN==")
	f.Add("", "%zz;=&&=", "\x00\xff", "", " token ")

	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)

	f.Fuzz(func(t *testing.T, path, query, body, secret, token string) {
		keys := Keys{AccessKey: "AKEXAMPLE", SecretKey: secret, SecurityToken: token}

		sign := func(path, query, body string, keys Keys) (*http.Request, string) {
			req := newRequest(t, http.MethodPost, "https://dcs.example.com:8443", body)
			req.URL.Path, req.URL.RawQuery = path, query
			Request(req, keys, []byte(body), at)

			_, signature, _ := strings.Cut(req.Header.Get("Authorization"), "Signature=")

			return req, signature
		}

		req, signature := sign(path, query, body, keys)
		if len(signature) != 64 || strings.Trim(signature, "0123456789abcdef") != "" {
			t.Fatalf("signature %q", signature)
		}

		// What is sent is in the form that was signed, and signing that gives the same again.
		again, same := sign(req.URL.Path, req.URL.RawQuery, body, keys)
		if same != signature || again.URL.RawQuery != req.URL.RawQuery {
			t.Errorf("signed twice: %s %s, then %s %s", req.URL.RawQuery, signature, again.URL.RawQuery, same)
		}

		if strings.ContainsAny(req.URL.RawQuery, " +#;\"<>\n\x00") {
			t.Errorf("query on the wire: %q", req.URL.RawQuery)
		}

		changed := map[string]string{}
		_, changed["path"] = sign(path+"/x", query, body, keys)
		_, changed["query"] = sign(path, "added=1&"+query, body, keys)
		_, changed["body"] = sign(path, query, body+"x", keys)

		other := keys
		other.SecretKey += "x"
		_, changed["secret key"] = sign(path, query, body, other)

		other = keys
		other.SecurityToken += "x"
		_, changed["security token"] = sign(path, query, body, other)

		for what, got := range changed {
			if got == signature {
				t.Errorf("another %s has the same signature", what)
			}
		}
	})
}

func newRequest(tb testing.TB, method, url, body string) *http.Request {
	tb.Helper()

	req, err := http.NewRequestWithContext(tb.Context(), method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		tb.Fatal(err)
	}

	return req
}
