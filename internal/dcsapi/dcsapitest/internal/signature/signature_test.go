// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package signature_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest/internal/signature"
)

// vector is a published example of a signature.
type vector struct {
	name           string
	access, secret string
	method, url    string
	headers        map[string]string // those that are signed, host too
	body           string
	canonicalHash  string // "" where it is not published
	signature      string
}

const vectorBackups = "https://dcs.cn-north-4.myhuaweicloud.com/v2/0123456789abcdef0123456789abcdef/instances/" +
	"5560df16-cebf-4473-95c4-d1b573c16e79/backups?begin_time=20231201000000&limit=1000&offset=0"

func vectors() []vector {
	const date, project = "20240102T030405Z", "0123456789abcdef0123456789abcdef"

	return []vector{
		{
			name: "vendor's documentation", access: "QTWAOYTTINDUT2QVKYUC", secret: "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc",
			method: "GET", url: "https://service.region.example.com/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs" +
				"?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
			headers: map[string]string{
				"content-type": "application/json", "host": "service.region.example.com", "x-sdk-date": "20191115T033655Z",
			},
			canonicalHash: "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a",
			signature:     "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
		},
		{
			name: "SDK, GET", access: "AccessKey", secret: "SecretKey", method: "GET", url: "https://example.com/path?limit=1",
			headers:   map[string]string{"x-sdk-date": "20060102T150405Z"},
			signature: "5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624",
		},
		{
			name: "SDK, POST", access: "AccessKey", secret: "SecretKey", method: "POST",
			url:     "https://example.com/path?key=value",
			headers: map[string]string{"x-sdk-date": "20060102T150405Z"}, body: `{"Name":"test","Id":1}` + "\n",
			signature: "cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59",
		},
		{
			name: "date alone", access: "AKEXAMPLE", secret: "SKEXAMPLE", method: "GET", url: vectorBackups,
			headers:       map[string]string{"x-sdk-date": date},
			canonicalHash: "1de33585cebea965ecc9c46825d6a6e0e44252ec31ceec457103243dd5eed5b7",
			signature:     "9874238720b617bfd57caa53059e309dd1e6d2f5007a6802c32d00234dea4c82",
		},
		{
			name: "host and project", access: "AKEXAMPLE", secret: "SKEXAMPLE", method: "GET", url: vectorBackups,
			headers: map[string]string{
				"host": "dcs.cn-north-4.myhuaweicloud.com", "x-project-id": project, "x-sdk-date": date,
			},
			canonicalHash: "5920221652abe5559438f5f10a25620572d61c6240a564e12532a3cb4be56ca2",
			signature:     "e1c59f0671913afa03ae503e133a3c0a8869a6587c49211e798568f790af6f68",
		},
		{
			name: "security token", access: "AKEXAMPLE", secret: "SKEXAMPLE", method: "GET", url: vectorBackups,
			headers: map[string]string{
				"host": "dcs.cn-north-4.myhuaweicloud.com", "x-project-id": project, "x-sdk-date": date,
				"x-security-token": "TESTTOKEN==",
			},
			signature: "bfa215aa1a6a3e729493ffd221939f2683a17e0cf844f0fafa27b72d742577ad",
		},
		{
			name: "IAM", access: "AKEXAMPLE", secret: "SKEXAMPLE", method: "GET",
			url:       "https://iam.cn-north-4.myhuaweicloud.com/v3/projects?name=cn-north-4",
			headers:   map[string]string{"host": "iam.cn-north-4.myhuaweicloud.com", "x-sdk-date": date},
			signature: "9b6caa7f939ef22bd1b8788d50e4159f849d272b6b59932a0e8217fb9c46e3f6",
		},
	}
}

// sign returns the canonical request and the signature of a vector.
func (v vector) sign(t *testing.T) (canonical, signed string) {
	t.Helper()

	r, err := http.NewRequestWithContext(t.Context(), v.method, v.url, strings.NewReader(v.body))
	if err != nil {
		t.Fatal(err)
	}

	var names []string

	for _, name := range []string{"content-type", "host", "x-project-id", "x-sdk-date", "x-security-token"} {
		value, ok := v.headers[name]
		if !ok {
			continue
		}

		names = append(names, name)
		if name == "host" {
			r.Host = value
		} else {
			r.Header.Set(name, value)
		}
	}

	canonical, err = signature.Canonical(r, names, signature.Hash([]byte(v.body)))
	if err != nil {
		t.Fatal(err)
	}

	return canonical, signature.Sign(v.secret, v.headers["x-sdk-date"], canonical)
}

func TestSign_publishedVectors(t *testing.T) {
	t.Parallel()

	for _, v := range vectors() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()

			canonical, signed := v.sign(t)
			if got := signature.Hash([]byte(canonical)); v.canonicalHash != "" && got != v.canonicalHash {
				t.Errorf("hash of the canonical request %s, want %s:\n%s", got, v.canonicalHash, canonical)
			}

			if signed != v.signature {
				t.Errorf("signature %s, want %s of\n%s", signed, v.signature, canonical)
			}
		})
	}
}

func TestSign_dependsOnEveryPart(t *testing.T) {
	t.Parallel()

	for name, change := range map[string]func(*vector){
		"method":       func(v *vector) { v.method = "POST" },
		"path":         func(v *vector) { v.url = strings.Replace(v.url, "/backups", "/backupz", 1) },
		"query value":  func(v *vector) { v.url = strings.Replace(v.url, "offset=0", "offset=1", 1) },
		"query name":   func(v *vector) { v.url = strings.Replace(v.url, "offset=0", "offsex=0", 1) },
		"host":         func(v *vector) { v.headers["host"] += "x" },
		"signed value": func(v *vector) { v.headers["x-project-id"] = "1123456789abcdef0123456789abcdef" },
		"signed names": func(v *vector) { delete(v.headers, "x-project-id") },
		"date":         func(v *vector) { v.headers["x-sdk-date"] = "20240102T030406Z" },
		"body":         func(v *vector) { v.body = " " },
		"secret":       func(v *vector) { v.secret += "x" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			v := vectors()[5]
			change(&v)

			if _, signed := v.sign(t); signed == v.signature {
				t.Error("the signature is still the same")
			}
		})
	}
}

// canonicalLine returns one line of the canonical request of a URL.
func canonicalLine(t *testing.T, u url.URL, line int) string {
	t.Helper()

	canonical, err := signature.Canonical(&http.Request{Method: http.MethodGet, URL: &u}, nil, "")
	if err != nil {
		t.Fatal(err)
	}

	return strings.Split(canonical, "\n")[line]
}

func TestCanonical_query(t *testing.T) {
	t.Parallel()

	published := url.Values{
		"test": {"一 (&=?!#%.*)"}, "path": {"/tmp/123"}, "multi": {"2", "3", "1"}, "limit": {"1"}, "enable": {"true"},
	}
	for raw, want := range map[string]string{
		published.Encode(): "enable=true&limit=1&multi=1&multi=2&multi=3&path=%2Ftmp%2F123&test=%E4%B8%80%20%28%26%3D%3F%21%23%25.%2A%29",
		"":                 "",
		"b&a=":             "a=&b=",
		"a=1+2":            "a=1%202",
		"a=1%2B2":          "a=1%2B2",
	} {
		if got := canonicalLine(t, url.URL{Path: "/", RawQuery: raw}, 2); got != want {
			t.Errorf("%q: got %s, want %s", raw, got, want)
		}
	}
}

func TestCanonical_path(t *testing.T) {
	t.Parallel()

	for decoded, want := range map[string]string{
		"":         "/",
		"/":        "/",
		"/v3/a":    "/v3/a/",
		"/v3/a/":   "/v3/a/",
		"/a b/é~":  "/a%20b/%C3%A9~/",
		"/a%2Fb/+": "/a%252Fb/%2B/",
	} {
		if got := canonicalLine(t, url.URL{Path: decoded}, 1); got != want {
			t.Errorf("%q: got %s, want %s", decoded, got, want)
		}
	}
}
