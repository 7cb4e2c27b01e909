// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest/internal/signature"
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
	mux           *http.ServeMux
	address       string // to listen on
	tls           bool
	url           string       // without the prefix
	certificate   []byte       // PEM
	http          *http.Server // of sockets and of connections in memory

	mu         sync.Mutex // guards the rest
	clock      func() time.Time
	order      Order
	rand       *rand.Rand
	iam        directory
	instances  map[string]*instance
	made       int // IDs of instances and backups that were made up
	metadata   Metadata
	metaTokens map[string]time.Time
	lockouts   map[string]*lockout
	injections []*Injection
	requests   []*Request
	received   int
	before     []func(Request)
	after      []func(Request)
}

// Option is a choice made when a [Server] is made: one of the functions that follow, or any other one that calls methods of
// the server. The default project, key and user are added where the options have added none.
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

// WithEmptyAs says how a field without a value is sent. Default [EmptyNull]. It goes before options that add instances.
func WithEmptyAs(style EmptyStyle) Option {
	return func(s *Server) { s.emptyAs = style }
}

// WithTokenLifetime sets the lifetime of tokens. Default 24 hours, as IAM does.
func WithTokenLifetime(d time.Duration) Option {
	return func(s *Server) { s.tokenLifetime = d }
}

// WithKeyLifetime sets the lifetime of temporary keys, whatever is asked for. It may be a few seconds, which the service
// never grants, to see a key expire.
func WithKeyLifetime(d time.Duration) Option {
	return func(s *Server) { s.keyLifetime = d }
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
		address:       "127.0.0.1:0",
		url:           "http://127.0.0.1",
	}

	for _, opt := range opts {
		opt(s)
	}

	if len(s.iam.projects) == 0 {
		s.AddProject(Project{ID: ProjectID, Name: s.region})
	}

	if len(s.iam.keys) == 0 {
		s.AddKey(Key{Access: AccessKey, Secret: SecretKey, User: UserName})
	}

	if len(s.iam.users) == 0 {
		s.AddUser(User{ID: UserID, Name: UserName, Password: Password})
	}

	s.mux = s.routes()

	http1 := &http.Protocols{}
	http1.SetHTTP1(true)
	s.http = &http.Server{
		Handler:           s,
		Protocols:         http1, // HTTP/2 connections cannot be hijacked, and so not be reset
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // connections are broken on purpose here
	}

	return s
}

// SetClock replaces the server's clock: the one of signatures, of expiry and of the Date header. Waiting (latency,
// rate limits) goes by real time, or by the virtual time of a testing/synctest bubble.
func (s *Server) SetClock(clock func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.clock = clock
}

// Now returns the time by the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	clock := s.clock
	s.mu.Unlock()

	return clock()
}

// Call is one request until it has been answered.
type Call struct {
	Server    *Server
	Writer    http.ResponseWriter
	Request   *http.Request
	RequestID string
	Path      string // escaped, without the path prefix of [WithPathPrefix]
	Body      []byte
	Now       time.Time // by the server's clock

	api       api
	started   time.Time
	record    *Request
	faults    []*Injection
	keyLocked bool
}

// Operation names the operation of the API that is called, as the vendor's pages do; "" for metadata and unknown paths.
func (c *Call) Operation() string { return c.api.operation }

// ProjectID returns the project in the path of an operation of DCS.
func (c *Call) ProjectID() string { return c.Request.PathValue("project_id") }

// InstanceID returns the instance in the path of [ListBackupRecords].
func (c *Call) InstanceID() string { return c.Request.PathValue("instance_id") }

// LockKey makes the call's access key be refused as one that is locked.
func (c *Call) LockKey() { c.keyLocked = true }

const (
	// maxBody is the gateway's limit for signed requests.
	maxBody = 12 << 20
	// maxRequests bounds how many requests are kept, for a server that runs for long.
	maxRequests = 20_000
)

// ServeHTTP answers one request. Paths are compared as they are: one that http.ServeMux would clean does not exist.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if clean := path.Clean(r.URL.Path); clean != r.URL.Path && clean+"/" != r.URL.Path {
		s.answer(w, r, api{handle: (*Call).noSuchAPI})
		return
	}

	s.mux.ServeHTTP(w, r)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, a api) {
	c := s.begin(w, r, a)
	defer c.finish()

	c.tell(&s.before)

	for effect := range effects[ArrivalEffect](c) {
		effect.Arrive(c)
	}

	response := c.respond()
	for effect := range effects[ResponseEffect](c) {
		effect.ChangeResponse(response)
	}

	c.send(response)
}

// begin reads the request whole, records it and finds the faults that it meets.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, a api) *Call {
	c := &Call{Server: s, Writer: w, Request: r, Now: s.Now(), api: a, started: time.Now()}

	c.Body, _ = io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if below, ok := strings.CutPrefix(r.URL.EscapedPath(), s.prefix); ok {
		c.Path = below
	}

	c.record = &Request{
		Method: r.Method, Host: r.Host, Path: r.URL.EscapedPath(), RawQuery: r.URL.RawQuery,
		Header: r.Header.Clone(), Body: c.Body, At: c.Now, apiPath: c.Path,
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	s.received++
	c.RequestID = signature.Hash(fmt.Appendf(nil, "request %d", s.received))[:32]
	c.record.ID = c.RequestID
	s.requests = append(s.requests[max(0, len(s.requests)+1-maxRequests):], c.record)

	for _, injection := range s.injections {
		if injection.meets(c) {
			c.faults = append(c.faults, injection)
			c.record.Faults = append(c.record.Faults, EffectName(injection.fault.Effect))
		}
	}

	return c
}

// tell calls hooks with the request, without the lock, so that they may change the server.
func (c *Call) tell(listeners *[]func(Request)) {
	c.Server.mu.Lock()
	hooks, seen := *listeners, c.record.clone()
	c.Server.mu.Unlock()

	for _, hook := range hooks {
		hook(seen)
	}
}

// finish records, once, that the call is done. This happens just before a whole response is sent, so that a client that
// has received it finds it done in [Server.Requests] and in the log.
func (c *Call) finish() {
	c.Server.mu.Lock()

	first := !c.record.Done
	if first {
		c.record.Done, c.record.Took = true, time.Since(c.started)
	}
	c.Server.mu.Unlock()

	if first {
		c.tell(&c.Server.after)
	}
}

// respond returns the service's response, before the effects on it.
func (c *Call) respond() *Response {
	for effect := range effects[GatewayEffect](c) {
		if r := effect.AnswerAtGateway(c); r != nil {
			return r
		}
	}

	if len(c.Body) > maxBody {
		return c.GatewayError(http.StatusRequestEntityTooLarge, "APIGW.0201", "Request entity too large")
	}

	if c.api.authenticated {
		if refused := c.authenticate(); refused != nil {
			return refused
		}
	}

	for effect := range effects[ServiceEffect](c) {
		if r := effect.AnswerAtService(c); r != nil {
			return r
		}
	}

	return c.api.handle(c)
}

// api is one operation of a service.
type api struct {
	operation     string // as the vendor's pages name it
	method        string
	path          string
	authenticated bool
	handle        func(*Call) *Response
}

// The operations that faults are most often for, named as on the vendor's pages, for [Fault.Operation].
const (
	ListBackupRecords = "ListBackupRecords"
	ListInstances     = "ListInstances"
	ListProjects      = "KeystoneListProjects"
)

func apis() []api {
	return []api{
		{ListBackupRecords, "GET", "/v2/{project_id}/instances/{instance_id}/backups", true, (*Call).listBackups},
		{ListInstances, "GET", "/v2/{project_id}/instances", true, (*Call).listInstances},
		{"KeystoneListVersions", "GET", "/{$}", false, (*Call).listVersions},
		{ListProjects, "GET", "/v3/projects", true, (*Call).listProjects},
		{"KeystoneListUsers", "GET", "/v3/users", true, (*Call).listUsers},
		{"KeystoneListAuthProjects", "GET", "/v3/auth/projects", true, (*Call).listOwnProjects},
		{"KeystoneListAuthDomains", "GET", "/v3/auth/domains", true, (*Call).listOwnDomains},
		{"KeystoneCreateUserTokenByPassword", "POST", "/v3/auth/tokens", false, login((*Call).createToken)},
		{"CreateTemporaryAccessKey", "POST", "/v3.0/OS-CREDENTIAL/securitytokens", false, login((*Call).createSecurityToken)},
		{"CreateTokenWithIdToken", "POST", "/v3.0/OS-AUTH/id-token/tokens", false, login((*Call).createFederatedToken)},
		{"AssumeAgency", "POST", "/v5/agencies/assume", true, (*Call).assumeAgency},
		{"", "PUT", metadataTokenPath, false, (*Call).createMetadataToken},
		{"", "GET", metadataKeyPath, false, (*Call).metadataKey},
	}
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	handle := func(pattern string, a api) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, a) })
	}

	handle("/", api{handle: (*Call).noSuchAPI})

	for _, a := range apis() {
		handle(a.method+" "+s.prefix+a.path, a)
		handle(s.prefix+a.path, api{handle: (*Call).wrongMethod})
	}

	return mux
}

func (c *Call) noSuchAPI() *Response {
	return c.GatewayError(http.StatusNotFound, "APIGW.0101",
		"The API does not exist or has not been published in the environment")
}

func (c *Call) wrongMethod() *Response {
	return c.DCSError(http.StatusMethodNotAllowed, "DCS.5001", "The request method is not supported.")
}
