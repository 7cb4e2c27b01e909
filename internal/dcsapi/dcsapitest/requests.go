// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Request is a request that the server received.
type Request struct {
	ID       string
	Method   string
	Host     string
	Path     string // as sent, escaped, with the path prefix of [WithPathPrefix]
	RawQuery string
	Header   http.Header
	Body     []byte
	At       time.Time // by the server's clock

	// Identity is the authenticated caller; zero if there was none.
	Identity Identity
	// Faults are the names of the effects that the request met: [EffectName].
	Faults []string
	// Status is the status sent; 0 if none was, yet or for good.
	Status int
	// Done is true once nothing more is sent. Took is the time until then.
	Done bool
	Took time.Duration

	apiPath string
}

// Query returns the decoded query; of what cannot be decoded it leaves out the part.
func (r Request) Query() url.Values {
	values, _ := url.ParseQuery(r.RawQuery)
	return values
}

// Identity is a caller that the server has accepted.
type Identity struct {
	Method    string // "signature" or "token"; "" for none
	AccessKey string // of a signature
	User      string
	DomainID  string
	ProjectID string // the token's project, or the X-Project-Id of a signed request; may be empty
}

func (r *Request) clone() Request {
	c := *r
	c.Header = r.Header.Clone()
	c.Body = bytes.Clone(r.Body)
	c.Faults = slices.Clone(r.Faults)

	return c
}

// Requests returns the latest 20000 requests received, in order of arrival, including those in flight.
func (s *Server) Requests() []Request {
	return s.RequestsTo("")
}

// RequestsTo returns the requests whose path below the path prefix begins with the one given, such as "/v3/projects".
func (s *Server) RequestsTo(path string) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()

	found := []Request{}

	for _, r := range s.requests {
		if strings.HasPrefix(r.apiPath, path) {
			found = append(found, r.clone())
		}
	}

	return found
}

// Reset forgets the requests, the counts of failed authentications and the locks of keys. Data and faults stay.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.requests, s.received = nil, 0
	s.lockouts = map[string]*lockout{}
}

// BeforeRequest calls f with each request when it has arrived, before it is answered, so that a test can change the data
// between two pages. f may call any method of the server and must be safe for concurrent use.
func (s *Server) BeforeRequest(f func(Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.before = append(s.before, f)
}

// AfterRequest calls f with each request when its response is about to be sent or, where an effect sends it, when that has
// ended: for a log. f must be safe for concurrent use.
func (s *Server) AfterRequest(f func(Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.after = append(s.after, f)
}

// String is one line without secrets:
// "GET /v2/…/backups?limit=10 200 1.2ms signature LOCALACCESSKEY000001 [latency]".
func (r Request) String() string {
	line := r.Method + " " + r.Path
	if r.RawQuery != "" {
		line += "?" + r.RawQuery
	}

	switch {
	case r.Status > 0:
		line += " " + strconv.Itoa(r.Status)
	case r.Done:
		line += " no response"
	default:
		line += " in flight"
	}

	line += " " + r.Took.Round(10*time.Microsecond).String()
	if r.Identity.Method != "" {
		line += " " + strings.TrimSpace(r.Identity.Method+" "+cmp.Or(r.Identity.AccessKey, r.Identity.User))
	}

	if len(r.Faults) > 0 {
		line += fmt.Sprintf(" %v", r.Faults)
	}

	return line
}
