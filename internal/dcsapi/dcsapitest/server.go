// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Server is a local DCS with the IAM, STS and metadata services that go with it. All methods are safe for concurrent
// use, also while it answers.
type Server struct {
	// Fixed once made.
	region        string
	prefix        string // of every path, without a slash at its end
	emptyAs       EmptyStyle
	tokenLifetime time.Duration
	keyLifetime   time.Duration // 0: as asked for
	scenario      Scenario

	mu         sync.Mutex // guards the rest
	clock      func() time.Time
	order      Order
	rand       *rand.Rand
	iam        directory
	instances  map[string]*instance
	metadata   Metadata
	metaTokens map[string]time.Time
	lockouts   map[string]*lockout
	injections []*Injection
	journal    journal
	before     []func(Request)
	after      []func(Request)

	listening listening
}

// Option is a choice made when a [Server] is made.
type Option func(*Server)

// WithRegion names the project of the default account, and the region of [Server.Environment]. Default [Region].
func WithRegion(region string) Option {
	return func(s *Server) { s.region = region }
}

// WithClock sets the server's clock, as [Server.SetClock] does.
func WithClock(clock func() time.Time) Option {
	return func(s *Server) { s.clock = clock }
}

// WithPathPrefix puts all APIs under a path such as "/dcs-prefix", as behind a reverse proxy. A signature must be
// over the path as sent.
func WithPathPrefix(prefix string) Option {
	return func(s *Server) { s.prefix = strings.TrimRight(prefix, "/") }
}

// WithEmptyAs says how a field without a value is sent. Default [EmptyNull].
func WithEmptyAs(style EmptyStyle) Option {
	return func(s *Server) { s.emptyAs = style }
}

// WithOrder sets the order of listings, as [Server.SetOrder] does.
func WithOrder(order Order) Option {
	return func(s *Server) { s.order = order }
}

// WithTokenLifetime sets for how long tokens are given out. Default 24 hours, as IAM does.
func WithTokenLifetime(d time.Duration) Option {
	return func(s *Server) { s.tokenLifetime = d }
}

// WithKeyLifetime sets for how long temporary keys are given out, whatever is asked for; it may be a few seconds,
// which the service never grants, to see a key expire.
func WithKeyLifetime(d time.Duration) Option {
	return func(s *Server) { s.keyLifetime = d }
}

// WithJournal keeps only the latest n requests, for a server that runs for long. By default it keeps all.
func WithJournal(n int) Option {
	return func(s *Server) { s.journal.most = n }
}

// WithMetadata switches the ECS metadata service on, as [Server.SetMetadata] does.
func WithMetadata(m Metadata) Option {
	return func(s *Server) { s.metadata = m }
}

// New makes a server that does not listen; see [Start], [ForTest] and [Server.Transport].
func New(opts ...Option) *Server {
	s := &Server{
		region:        Region,
		emptyAs:       EmptyNull,
		order:         NewestFirst,
		tokenLifetime: 24 * time.Hour,
		clock:         time.Now,
		rand:          rand.New(rand.NewPCG(1, 2)), //nolint:gosec // the same order in every run
		iam:           newDirectory(),
		instances:     map[string]*instance{},
		metaTokens:    map[string]time.Time{},
		lockouts:      map[string]*lockout{},
	}
	for _, opt := range opts {
		opt(s)
	}

	s.addAccounts()

	return s
}

// Region returns the region that the server stands in.
func (s *Server) Region() string {
	return s.region
}

// SetClock replaces the server's clock: the one of signatures, of expiry and of the Date header. Waiting (latency,
// rate limits) goes by real time, or by the virtual time of a testing/synctest bubble.
func (s *Server) SetClock(clock func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.clock = clock
}

func (s *Server) now() time.Time {
	s.mu.Lock()
	clock := s.clock
	s.mu.Unlock()

	return clock()
}

// call is one request on its way to an answer.
type call struct {
	s         *Server
	w         http.ResponseWriter
	r         *http.Request
	apiPath   string // escaped, without the server's prefix
	api       api
	params    []string
	body      []byte
	now       time.Time // by the server's clock
	started   time.Time
	requestID string
	record    *Request
	faults    []*Injection
}

// maxBody is the gateway's limit for signed requests.
const maxBody = 12 << 20

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := s.begin(w, r)
	defer c.finish()

	c.tell(func(s *Server) []func(Request) { return s.before })

	for _, injection := range c.faults {
		if enter := injection.kind.enter; enter != nil {
			enter(c, injection)
		}
	}

	c.send(c.answer())
}

// begin reads the request whole, takes it down and finds the faults that it meets.
func (s *Server) begin(w http.ResponseWriter, r *http.Request) *call {
	c := &call{s: s, w: w, r: r, now: s.now(), started: time.Now()}

	c.body, _ = io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if path, below := strings.CutPrefix(r.URL.EscapedPath(), s.prefix); below {
		c.apiPath = path
	}

	c.api, c.params = route(r.Method, c.apiPath)

	c.record = &Request{
		Method: r.Method, Host: r.Host, Path: r.URL.EscapedPath(), RawQuery: r.URL.RawQuery,
		Header: r.Header.Clone(), Body: c.body, At: c.now, apiPath: c.apiPath,
	}

	s.mu.Lock()
	s.journal.begin(c.record)
	c.requestID = hash(fmt.Appendf(nil, "request %d", c.record.Number))[:32]

	c.record.ID = c.requestID
	for _, injection := range s.injections {
		if injection.meets(c) {
			c.faults = append(c.faults, injection)
			c.record.Faults = append(c.record.Faults, injection.fault.Name)
		}
	}
	s.mu.Unlock()

	return c
}

// tell shows the request to those who want to see it, without the lock, so that they may change the server.
func (c *call) tell(listeners func(*Server) []func(Request)) {
	c.s.mu.Lock()
	hooks := listeners(c.s)

	var seen Request
	if len(hooks) > 0 {
		seen = c.record.clone()
	}
	c.s.mu.Unlock()

	for _, hook := range hooks {
		hook(seen)
	}
}

// finish takes down, once, that the call is over. That happens just before a whole answer is sent, so that a client that
// has got it finds it in the journal as done, in the log, and its next request beside no other.
func (c *call) finish() {
	c.s.mu.Lock()

	first := !c.record.Done
	if first {
		c.record.Done, c.record.Took = true, time.Since(c.started)
		c.s.journal.inFlight--
	}
	c.s.mu.Unlock()

	if first {
		c.tell(func(s *Server) []func(Request) { return s.after })
	}
}

// accept takes down who calls.
func (c *call) accept(who Identity) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()

	c.record.Identity = who
}

func (c *call) identity() Identity {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()

	return c.record.Identity
}

// answer works out what the service says, faults of its content included.
func (c *call) answer() answer {
	a := c.serve()
	for _, injection := range c.faults {
		if alter := injection.kind.alter; alter != nil {
			a = alter(c, injection, a)
		}
	}

	return a
}

func (c *call) serve() answer {
	if a := c.instead(func(k faultKind) replaceFunc { return k.onTheWay }); a != nil {
		return *a
	}

	if len(c.body) > maxBody {
		return *c.gatewayError(http.StatusRequestEntityTooLarge, "APIGW.0201", "Request entity too large")
	}

	if c.api.authenticated {
		if refused := c.authenticate(); refused != nil {
			return *refused
		}
	}

	if a := c.instead(func(k faultKind) replaceFunc { return k.inService }); a != nil {
		return *a
	}

	return c.api.handle(c)
}

// instead returns the answer of the first fault that gives one at a stage.
func (c *call) instead(stage func(faultKind) replaceFunc) *answer {
	for _, injection := range c.faults {
		if replace := stage(injection.kind); replace != nil {
			if a := replace(c, injection); a != nil {
				return a
			}
		}
	}

	return nil
}

// api is one operation of a service.
type api struct {
	operation     string // as the vendor's pages name it
	method        string
	path          string // "{}" stands for one segment
	authenticated bool
	handle        func(*call) answer
}

// The operations of DCS, named as on the vendor's pages, for [Fault.Operation].
const (
	ListBackupRecords = "ListBackupRecords"
	ListInstances     = "ListInstances"
)

func apis() []api {
	return []api{
		{ListBackupRecords, "GET", "/v2/{}/instances/{}/backups", true, (*call).listBackups},
		{ListInstances, "GET", "/v2/{}/instances", true, (*call).listInstances},
		{"KeystoneListProjects", "GET", "/v3/projects", true, (*call).listProjects},
		{"KeystoneListAuthProjects", "GET", "/v3/auth/projects", true, (*call).listOwnProjects},
		{"KeystoneListAuthDomains", "GET", "/v3/auth/domains", true, (*call).listOwnDomains},
		{"KeystoneCreateUserTokenByPassword", "POST", "/v3/auth/tokens", false, (*call).createToken},
		{"CreateTemporaryAccessKey", "POST", "/v3.0/OS-CREDENTIAL/securitytokens", false, (*call).createSecurityToken},
		{"CreateTokenWithIdToken", "POST", "/v3.0/OS-AUTH/id-token/tokens", false, (*call).createFederatedToken},
		{"AssumeAgency", "POST", "/v5/agencies/assume", true, (*call).assumeAgency},
		{"", "PUT", metadataTokenPath, false, (*call).createMetadataToken},
		{"", "GET", metadataKeyPath, false, (*call).metadataKey},
	}
}

// route finds the API of a request and the parameters in its path. Paths are compared as they are: no cleaning, no
// redirect.
func route(method, path string) (found api, params []string) {
	found.handle = (*call).noSuchAPI

	for _, candidate := range apis() {
		params, ok := match(candidate.path, path)
		if !ok {
			continue
		}

		if candidate.method == method {
			return candidate, params
		}

		found.handle = (*call).wrongMethod
	}

	return found, nil
}

func (c *call) noSuchAPI() answer {
	return *c.gatewayError(http.StatusNotFound, "APIGW.0101",
		"The API does not exist or has not been published in the environment")
}

func (c *call) wrongMethod() answer {
	return *c.dcsError(http.StatusMethodNotAllowed, "DCS.5001", "The request method is not supported.")
}

// match compares an escaped path with a pattern and returns the unescaped segments that stand for "{}".
func match(pattern, path string) ([]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}

	var params []string

	for i := range want {
		segment, err := url.PathUnescape(got[i])
		switch {
		case err != nil:
			return nil, false
		case want[i] == "{}" && segment != "":
			params = append(params, segment)
		case want[i] != segment:
			return nil, false
		}
	}

	return params, true
}
