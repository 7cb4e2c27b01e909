// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const listingPath = "/v2/" + ProjectID + "/instances/" + InstanceID + "/backups"

// caller asks a server, signed with the key that it has.
type caller struct {
	t      *testing.T
	client *http.Client
	base   string
	key    Key
	now    func() time.Time
	// forge changes a request after it has been signed.
	forge func(*http.Request)
}

func newCaller(t *testing.T, s *Server) *caller {
	t.Helper()
	t.Cleanup(s.Close)

	return &caller{
		t: t, client: s.Client(), base: "http://dcs.example.com", key: Key{Access: AccessKey, Secret: SecretKey}, now: s.now,
	}
}

// reply is an answer, read whole.
type reply struct {
	status int
	header http.Header
	body   string
	err    error // of the exchange or of reading the body
}

func (c *caller) get(path string) reply {
	c.t.Helper()
	return c.do(c.request(http.MethodGet, path, ""))
}

func (c *caller) post(path, body string) reply {
	c.t.Helper()
	return c.do(c.request(http.MethodPost, path, body))
}

// request makes a signed request.
func (c *caller) request(method, path, body string) *http.Request {
	c.t.Helper()
	r := c.unsigned(method, path, body)
	signed := []string{"host", "x-sdk-date"}

	r.Header.Set("X-Sdk-Date", c.now().UTC().Format(signatureDate))

	if c.key.SecurityToken != "" {
		r.Header.Set("X-Security-Token", c.key.SecurityToken)

		signed = append(signed, "x-security-token")
	}

	canonical, err := canonicalRequest(r, signed, hash([]byte(body)))
	if err != nil {
		c.t.Fatal(err)
	}

	r.Header.Set("Authorization", fmt.Sprintf("SDK-HMAC-SHA256 Access=%s, SignedHeaders=%s, Signature=%s", c.key.Access,
		strings.Join(signed, ";"), signature(c.key.Secret, r.Header.Get("X-Sdk-Date"), canonical)))

	if c.forge != nil {
		c.forge(r)
	}

	return r
}

func (c *caller) unsigned(method, path, body string) *http.Request {
	c.t.Helper()

	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}

	return r
}

func (c *caller) do(r *http.Request) reply {
	c.t.Helper()

	resp, err := c.client.Do(r)
	if err != nil {
		return reply{err: err}
	}

	defer func() { _ = resp.Body.Close() }()

	var body bytes.Buffer

	_, err = io.Copy(&body, resp.Body)

	return reply{resp.StatusCode, resp.Header, body.String(), err}
}

// wantError checks status and code of an error in any of its JSON shapes.
func (r reply) wantError(t *testing.T, status int, parts ...string) {
	t.Helper()

	if r.err != nil {
		t.Fatal(r.err)
	}

	if r.status != status {
		t.Errorf("status %d, want %d; body %s", r.status, status, r.body)
	}

	for _, part := range parts {
		if !strings.Contains(r.body, part) {
			t.Errorf("body %s does not contain %q", r.body, part)
		}
	}

	if r.header.Get("X-Request-Id") == "" || r.header.Get("Date") == "" {
		t.Errorf("headers %v lack X-Request-Id or Date", r.header)
	}
}

// page is a listing as a client sees it.
type page struct {
	Total   json.RawMessage   `json:"total_num"`
	Records []json.RawMessage `json:"backup_record_response"`
}

// ids are the backup IDs of a page; "null" for an element without one.
func (p page) ids(t *testing.T) []string {
	t.Helper()

	ids := make([]string, len(p.Records))
	for i, record := range p.Records {
		ids[i] = "null"

		var b struct {
			ID string `json:"backup_id"`
		}
		if err := json.Unmarshal(record, &b); err != nil {
			t.Fatal(err)
		}

		if b.ID != "" {
			ids[i] = b.ID
		}
	}

	return ids
}

func (r reply) page(t *testing.T) page {
	t.Helper()

	if r.err != nil || r.status != http.StatusOK {
		t.Fatalf("status %d, error %v, body %s", r.status, r.err, r.body)
	}

	var p page
	if err := json.Unmarshal([]byte(r.body), &p); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}

	return p
}

// trusting is an HTTP client that trusts the server's certificate.
func trusting(t *testing.T, s *Server) *http.Client {
	t.Helper()

	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(s.CertificatePEM()) {
		t.Fatal("no certificate in CertificatePEM")
	}

	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
	}
	t.Cleanup(transport.CloseIdleConnections)

	return &http.Client{Transport: transport}
}
