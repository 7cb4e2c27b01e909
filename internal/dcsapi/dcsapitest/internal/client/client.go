// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package client calls a local DCS in tests, signed with the verifier's own code.
package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/internal/signature"
)

// The paths of the instances of the default project, and of the backups of [dcsapitest.InstanceID].
const (
	InstancesPath = "/v2/" + dcsapitest.ProjectID + "/instances"
	BackupsPath   = InstancesPath + "/" + dcsapitest.InstanceID + "/backups"
)

// Caller sends requests to a server, signed with Key.
type Caller struct {
	T    *testing.T
	HTTP *http.Client
	Base string
	Key  dcsapitest.Key
	Now  func() time.Time
	// Forge changes a request after it has been signed.
	Forge func(*http.Request)
}

// New returns a caller that has the default key and reaches the server in memory. It closes the server when the test ends.
func New(t *testing.T, s *dcsapitest.Server) *Caller {
	t.Helper()
	t.Cleanup(s.Close)

	return &Caller{
		T: t, HTTP: s.Client(), Base: "http://dcs.example.com", Now: s.Now,
		Key: dcsapitest.Key{Access: dcsapitest.AccessKey, Secret: dcsapitest.SecretKey},
	}
}

// Reply is a response, read whole.
type Reply struct {
	Status int
	Header http.Header
	Body   string
	Err    error // of the exchange or of reading the body
}

// Get sends a signed GET request.
func (c *Caller) Get(path string) Reply {
	c.T.Helper()
	return c.Do(c.Request(http.MethodGet, path, ""))
}

// Post sends a signed POST request.
func (c *Caller) Post(path, body string) Reply {
	c.T.Helper()
	return c.Do(c.Request(http.MethodPost, path, body))
}

// Request makes a signed request.
func (c *Caller) Request(method, path, body string) *http.Request {
	c.T.Helper()
	r := c.Unsigned(method, path, body)
	signed := []string{"host", "x-sdk-date"}

	r.Header.Set("X-Sdk-Date", c.Now().UTC().Format(signature.DateFormat))

	if c.Key.SecurityToken != "" {
		r.Header.Set("X-Security-Token", c.Key.SecurityToken)

		signed = append(signed, "x-security-token")
	}

	canonical, err := signature.Canonical(r, signed, signature.Hash([]byte(body)))
	if err != nil {
		c.T.Fatal(err)
	}

	r.Header.Set("Authorization", fmt.Sprintf("SDK-HMAC-SHA256 Access=%s, SignedHeaders=%s, Signature=%s", c.Key.Access,
		strings.Join(signed, ";"), signature.Sign(c.Key.Secret, r.Header.Get("X-Sdk-Date"), canonical)))

	if c.Forge != nil {
		c.Forge(r)
	}

	return r
}

// Unsigned makes a request without a signature, with the headers given as names and values.
func (c *Caller) Unsigned(method, path, body string, headers ...string) *http.Request {
	c.T.Helper()

	r, err := http.NewRequestWithContext(c.T.Context(), method, c.Base+path, strings.NewReader(body))
	if err != nil {
		c.T.Fatal(err)
	}

	for header := range slices.Chunk(headers, 2) {
		r.Header.Set(header[0], header[1])
	}

	return r
}

// Send sends a request of [Caller.Unsigned].
func (c *Caller) Send(method, path, body string, headers ...string) Reply {
	c.T.Helper()
	return c.Do(c.Unsigned(method, path, body, headers...))
}

// Do sends a request and reads the response whole.
func (c *Caller) Do(r *http.Request) Reply {
	c.T.Helper()

	resp, err := c.HTTP.Do(r)
	if err != nil {
		return Reply{Err: err}
	}

	defer func() { _ = resp.Body.Close() }()

	body, err := io.ReadAll(resp.Body)

	return Reply{resp.StatusCode, resp.Header, string(body), err}
}

// WantError checks the status of an error and that its body contains the parts given.
func (r Reply) WantError(t *testing.T, status int, parts ...string) {
	t.Helper()

	if r.Err != nil {
		t.Fatal(r.Err)
	}

	if r.Status != status {
		t.Errorf("status %d, want %d; body %s", r.Status, status, r.Body)
	}

	for _, part := range parts {
		if !strings.Contains(r.Body, part) {
			t.Errorf("body %s does not contain %q", r.Body, part)
		}
	}

	if r.Header.Get("X-Request-Id") == "" || r.Header.Get("Date") == "" {
		t.Errorf("headers %v lack X-Request-Id or Date", r.Header)
	}
}

// Page is a page of a listing.
type Page struct {
	Total    string // JSON; "" if it is absent
	Elements []map[string]any
	IDs      []string // of the elements; "null" for one without
}

// Page decodes a page of backups.
func (r Reply) Page(t *testing.T) Page {
	t.Helper()
	return r.page(t, "total_num", "backup_record_response", "backup_id")
}

// Instances decodes a page of instances.
func (r Reply) Instances(t *testing.T) Page {
	t.Helper()
	return r.page(t, "instance_num", "instances", "instance_id")
}

// List decodes a list of IAM such as "projects", and returns the IDs.
func (r Reply) List(t *testing.T, key string) []string {
	t.Helper()
	return r.page(t, "", key, "id").IDs
}

func (r Reply) page(t *testing.T, total, array, id string) Page {
	t.Helper()

	var body map[string]json.RawMessage
	r.Into(t, http.StatusOK, &body)

	p := Page{Total: string(body[total]), IDs: []string{}}
	if err := json.Unmarshal(body[array], &p.Elements); err != nil {
		t.Fatalf("%v in %s", err, r.Body)
	}

	for _, element := range p.Elements {
		text, ok := element[id].(string)
		if !ok {
			text = "null"
		}

		p.IDs = append(p.IDs, text)
	}

	return p
}

// Into decodes a response that must have the status given.
func (r Reply) Into(t *testing.T, status int, v any) {
	t.Helper()

	if r.Err != nil || r.Status != status {
		t.Fatalf("status %d, want %d; error %v, body %s", r.Status, status, r.Err, r.Body)
	}

	if err := json.Unmarshal([]byte(r.Body), v); err != nil {
		t.Fatalf("%v in %s", err, r.Body)
	}
}

// WithBackups makes a server in memory that has one instance with three backups, and a caller of it.
func WithBackups(t *testing.T, opts ...dcsapitest.Option) (*dcsapitest.Server, *Caller) {
	t.Helper()

	s := dcsapitest.New(opts...)
	s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(3, 1)})

	return s, New(t, s)
}
