// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package signature verifies SDK-HMAC-SHA256. It is written from the vendor's description of the algorithm
// (https://support.huaweicloud.com/devg-apisign/api-sign-algorithm.html), not from any client.
package signature

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

const (
	// DateFormat is the format of the X-Sdk-Date header, UTC.
	DateFormat = "20060102T150405Z"
	// UnsignedPayload in X-Sdk-Content-Sha256 leaves the body out of the signature.
	UnsignedPayload = "UNSIGNED-PAYLOAD"

	algorithm = "SDK-HMAC-SHA256"
)

// Authorization is a decoded Authorization header.
type Authorization struct {
	AccessKey     string
	SignedHeaders []string
	Signature     string
}

// Parse decodes "SDK-HMAC-SHA256 Access=AK, SignedHeaders=a;b, Signature=hex".
func Parse(header string) (Authorization, error) {
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return Authorization{}, errors.New("algorithm not supported")
	}

	parts := map[string]string{}

	for part := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || value == "" {
			return Authorization{}, errors.New("authorization header is malformed")
		}

		parts[name] = value
	}

	a := Authorization{AccessKey: parts["Access"], Signature: parts["Signature"]}
	if a.AccessKey == "" || a.Signature == "" || parts["SignedHeaders"] == "" {
		return Authorization{}, errors.New("authorization header is incomplete")
	}

	a.SignedHeaders = strings.Split(parts["SignedHeaders"], ";")

	return a, a.checkHeaders()
}

// checkHeaders holds the list of signed headers to the rules: lower case, sorted, no name twice, the date among
// them and the signature itself not.
func (a Authorization) checkHeaders() error {
	for i, name := range a.SignedHeaders {
		if name != strings.ToLower(name) || i > 0 && a.SignedHeaders[i-1] >= name {
			return errors.New("signed headers are not sorted lower-case names")
		}
	}

	if !slices.Contains(a.SignedHeaders, "x-sdk-date") {
		return errors.New("x-sdk-date is not signed")
	}

	if slices.Contains(a.SignedHeaders, "authorization") {
		return errors.New("authorization is signed")
	}

	return nil
}

// Canonical is the text that a signature of r stands for: method, path, query, the signed headers, their
// names and the payload's hash, each on a line of its own.
func Canonical(r *http.Request, signedHeaders []string, payloadHash string) (string, error) {
	var headers strings.Builder

	for _, name := range signedHeaders {
		values := headerValues(r, name)
		if len(values) == 0 {
			return "", fmt.Errorf("signed header %s is not in the request", name)
		}

		slices.Sort(values)

		for _, value := range values {
			headers.WriteString(name + ":" + value + "\n") // net/http has trimmed it
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
	return strings.ReplaceAll(percent(url.QueryEscape(strings.TrimSuffix(decoded, "/")+"/")), "%2F", "/")
}

// canonicalQuery sorts the parameters by name, then value, and escapes both.
func canonicalQuery(raw string) string {
	values, _ := url.ParseQuery(raw)
	for _, sent := range values {
		slices.Sort(sent)
	}

	return percent(values.Encode())
}

// percent turns the escapes of package url into those of the algorithm: a blank is %20.
func percent(escaped string) string { return strings.ReplaceAll(escaped, "+", "%20") }

// Hash is the lower-case hexadecimal SHA-256.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Sign signs the canonical request; there is no derived key and no scope.
func Sign(secretKey, date, canonical string) string {
	mac := hmac.New(sha256.New, []byte(secretKey))
	fmt.Fprintf(mac, "%s\n%s\n%s", algorithm, date, Hash([]byte(canonical)))

	return hex.EncodeToString(mac.Sum(nil))
}
