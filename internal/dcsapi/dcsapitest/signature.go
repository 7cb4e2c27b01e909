// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// SDK-HMAC-SHA256, the verifier's side. Written from the vendor's description of the algorithm
// (https://support.huaweicloud.com/devg-apisign/api-sign-algorithm.html), not from any client.

const (
	signatureAlgorithm = "SDK-HMAC-SHA256"
	signatureDate      = "20060102T150405Z"
	unsignedPayload    = "UNSIGNED-PAYLOAD"
)

// authorization is a decoded Authorization header.
type authorization struct {
	accessKey     string
	signedHeaders []string
	signature     string
}

// parseAuthorization decodes "SDK-HMAC-SHA256 Access=AK, SignedHeaders=a;b, Signature=hex".
func parseAuthorization(header string) (authorization, error) {
	rest, ok := strings.CutPrefix(header, signatureAlgorithm+" ")
	if !ok {
		return authorization{}, errors.New("algorithm not supported")
	}

	parts := map[string]string{}

	for part := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || value == "" {
			return authorization{}, errors.New("authorization header is malformed")
		}

		parts[name] = value
	}

	a := authorization{accessKey: parts["Access"], signature: parts["Signature"]}
	if a.accessKey == "" || a.signature == "" || parts["SignedHeaders"] == "" {
		return authorization{}, errors.New("authorization header is incomplete")
	}

	a.signedHeaders = strings.Split(parts["SignedHeaders"], ";")

	return a, a.checkHeaders()
}

// checkHeaders holds the list of signed headers to the rules: lower case, sorted, no name twice, the date among
// them and the signature itself not.
func (a authorization) checkHeaders() error {
	for i, name := range a.signedHeaders {
		if name != strings.ToLower(name) || i > 0 && a.signedHeaders[i-1] >= name {
			return errors.New("signed headers are not sorted lower-case names")
		}
	}

	if !slices.Contains(a.signedHeaders, "x-sdk-date") {
		return errors.New("x-sdk-date is not signed")
	}

	if slices.Contains(a.signedHeaders, "authorization") {
		return errors.New("authorization is signed")
	}

	return nil
}

// canonicalRequest is the text that a signature of r stands for: method, path, query, the signed headers, their
// names and the payload's hash, each on a line of its own.
func canonicalRequest(r *http.Request, signedHeaders []string, payloadHash string) (string, error) {
	var headers strings.Builder

	for _, name := range signedHeaders {
		values := headerValues(r, name)
		if len(values) == 0 {
			return "", fmt.Errorf("signed header %s is not in the request", name)
		}

		slices.Sort(values)

		for _, value := range values {
			headers.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
		}
	}

	return strings.Join([]string{
		r.Method,
		canonicalPath(r.URL.Path),
		canonicalQuery(r.URL.RawQuery),
		headers.String(),
		strings.Join(signedHeaders, ";"),
		payloadHash,
	}, "\n"), nil
}

// headerValues returns a header of r, also those that net/http keeps outside of the header map.
func headerValues(r *http.Request, name string) []string {
	switch {
	case name == "host":
		return []string{r.Host}
	case name == "content-length" && r.ContentLength >= 0:
		return []string{strconv.FormatInt(r.ContentLength, 10)}
	}

	return slices.Clone(r.Header.Values(name))
}

// canonicalPath escapes each segment of the decoded path and ends it with a slash.
func canonicalPath(decoded string) string {
	segments := strings.Split(decoded, "/")
	for i, segment := range segments {
		segments[i] = escape(segment)
	}

	path := strings.Join(segments, "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}

	return path
}

// canonicalQuery sorts the parameters by name, then value, and escapes both.
func canonicalQuery(raw string) string {
	type pair struct{ name, value string }

	var pairs []pair

	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}

		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{unescape(name), unescape(value)})
	}

	slices.SortFunc(pairs, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}

		return strings.Compare(a.value, b.value)
	})

	escaped := make([]string, len(pairs))
	for i, p := range pairs {
		escaped[i] = escape(p.name) + "=" + escape(p.value)
	}

	return strings.Join(escaped, "&")
}

// unescape decodes a part of a query; what is no valid escape stands for itself.
func unescape(s string) string {
	decoded, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}

	return decoded
}

// escape percent-encodes every byte but the unreserved ones of RFC 3986.
func escape(s string) string {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"

	var b strings.Builder

	for i := range len(s) {
		if strings.IndexByte(unreserved, s[i]) >= 0 {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
	}

	return b.String()
}

// hash is the lower-case hexadecimal SHA-256.
func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// signature signs the canonical request; there is no derived key and no scope.
func signature(secretKey, date, canonical string) string {
	mac := hmac.New(sha256.New, []byte(secretKey))
	fmt.Fprintf(mac, "%s\n%s\n%s", signatureAlgorithm, date, hash([]byte(canonical)))

	return hex.EncodeToString(mac.Sum(nil))
}
