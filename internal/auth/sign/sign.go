// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package sign signs requests with an access key, as the vendor's API gateway verifies them.
//
// Source: API Gateway developer guide, "AK/SK signing and authentication algorithm" (SDK-HMAC-SHA256).
package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// HeaderProject is the header that names the project of a request. [Request] signs it where it is set.
const HeaderProject = "X-Project-Id"

const (
	headerDate          = "X-Sdk-Date"
	headerSecurityToken = "X-Security-Token"
	headerAuthorization = "Authorization"
)

const (
	algorithm  = "SDK-HMAC-SHA256"
	dateLayout = "20060102T150405Z"
)

// Keys is an access key. SecurityToken is empty for a permanent one.
type Keys struct {
	AccessKey     string
	SecretKey     string
	SecurityToken string
}

// Request signs req, whose body is body, with keys as of the instant at. It signs the date, the host, and those of the
// headers X-Project-Id and X-Security-Token that are set, but no others: proxies change them, such as User-Agent. It sets
// the query to the form that is signed.
func Request(req *http.Request, keys Keys, body []byte, at time.Time) {
	req.Header.Set(headerDate, at.UTC().Format(dateLayout))

	signed := []string{"host", strings.ToLower(headerDate)}

	if keys.SecurityToken != "" {
		req.Header.Set(headerSecurityToken, keys.SecurityToken)
		signed = append(signed, strings.ToLower(headerSecurityToken))
	}

	if req.Header.Get(HeaderProject) != "" {
		signed = append(signed, strings.ToLower(HeaderProject))
	}

	Headers(req, keys, body, signed...)
}

// Headers is [Request] for the headers that signed names, in lower case. X-Sdk-Date must be set and among them.
func Headers(req *http.Request, keys Keys, body []byte, signed ...string) {
	signed = slices.Sorted(slices.Values(signed))
	req.URL.RawQuery = canonicalQuery(req.URL.Query())

	text := algorithm + "\n" + req.Header.Get(headerDate) + "\n" + hexSHA256([]byte(canonicalRequest(req, body, signed)))

	mac := hmac.New(sha256.New, []byte(keys.SecretKey))
	mac.Write([]byte(text))

	req.Header.Set(headerAuthorization, algorithm+" Access="+keys.AccessKey+
		", SignedHeaders="+strings.Join(signed, ";")+", Signature="+hex.EncodeToString(mac.Sum(nil)))
}

func canonicalRequest(req *http.Request, body []byte, signed []string) string {
	var b strings.Builder

	b.WriteString(req.Method + "\n" + canonicalPath(req.URL.Path) + "\n" + req.URL.RawQuery + "\n")

	for _, name := range signed {
		b.WriteString(name + ":" + strings.TrimSpace(headerValue(req, name)) + "\n")
	}

	b.WriteString("\n" + strings.Join(signed, ";") + "\n" + hexSHA256(body))

	return b.String()
}

func headerValue(req *http.Request, name string) string {
	if name != "host" {
		return req.Header.Get(name)
	}

	if req.Host != "" {
		return req.Host
	}

	return req.URL.Host
}

// canonicalPath escapes each segment of the decoded path and ends it with a slash, which the path that is sent lacks.
func canonicalPath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = escape(segment)
	}

	escaped := strings.Join(segments, "/")
	if !strings.HasSuffix(escaped, "/") {
		escaped += "/"
	}

	return escaped
}

// canonicalQuery sorts by name and then value. A name without a value gets an equals sign all the same.
func canonicalQuery(query url.Values) string {
	var pairs []string

	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range slices.Sorted(slices.Values(query[name])) {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}

	return strings.Join(pairs, "&")
}

const upperHex = "0123456789ABCDEF"

// escape percent-encodes every byte but the unreserved characters of RFC 3986.
func escape(s string) string {
	var b strings.Builder

	for _, c := range []byte(s) {
		if 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
		}
	}

	return b.String()
}

func hexSHA256(data []byte) string {
	sum := sha256.Sum256(data)

	return hex.EncodeToString(sum[:])
}
