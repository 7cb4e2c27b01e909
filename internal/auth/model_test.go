// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

var modelSeeds = flag.Uint64("model.seeds", 500, "number of seeds of TestSession_model")

// cloudModel is a random cloud in virtual time: IAM, STS and DCS with their faults, and what they know of each set of
// credentials. It checks each request when it is sent. The seed determines everything but the order of requests that are
// sent at the same instant.
type cloudModel struct {
	t      *testing.T
	random *rand.Rand

	// skew is how far the clock of the cloud is ahead.
	skew time.Duration
	// lifetime is that of the credentials that the cloud gives out: some expire in flight.
	lifetime time.Duration
	// oneHost has IAM, STS and DCS share a host.
	oneHost bool
	// locks makes a refusal say that the key is locked.
	locks bool
	// Probabilities in percent: of a fault for each request, and of credentials being bad from the beginning, or from one
	// request on.
	throttle, fail, hang, cut, reset, redirect, bad, revoke int

	mu          sync.Mutex
	credentials map[string]*credential
	pauses      map[string][2]time.Time
	secrets     []string
	requests    int
}

// credential is what the cloud knows of a key, token, password or ID token.
type credential struct {
	name string
	bad  bool
	// expires is zero where the credentials never expire, or the client does not know when.
	expires time.Time
	// refused is when the first response was sent that refuses them.
	refused time.Time
	// accepted and inFlight are by host.
	accepted map[string]bool
	inFlight map[string]int
}

func newCloudModel(t *testing.T, seed uint64) *cloudModel {
	t.Helper()

	w := &cloudModel{
		t: t, random: rand.New(rand.NewPCG(seed, 1)), //nolint:gosec // It must be the same in each run.
		credentials: make(map[string]*credential), pauses: make(map[string][2]time.Time),
	}
	sometimes := func(most int) int { return max(0, w.random.IntN(3*most)-2*most) }

	w.skew = pick(w, 0, 0, 0, 5*time.Hour, -5*time.Hour, 20*time.Minute, -16*time.Minute, 10*time.Minute)
	w.lifetime = pick(w, time.Millisecond, 20*time.Second, time.Minute, 5*time.Minute, time.Hour)
	w.oneHost, w.locks = w.percent(30), w.percent(50)
	w.throttle, w.fail, w.hang, w.cut = sometimes(60), sometimes(40), sometimes(20), sometimes(40)
	w.reset, w.redirect, w.bad, w.revoke = sometimes(30), sometimes(10), sometimes(30), sometimes(10)

	return w
}

func pick[T any](w *cloudModel, values ...T) T { return values[w.random.IntN(len(values))] }

func (w *cloudModel) percent(p int) bool { return w.random.IntN(100) < p }

func (w *cloudModel) now() time.Time { return time.Now().Add(w.skew) }

// secret returns a new secret, which no error may contain.
func (w *cloudModel) secret(kind string) string {
	s := fmt.Sprintf("%s-%d-%016x", kind, len(w.secrets), w.random.Uint64())
	w.secrets = append(w.secrets, s)

	return s
}

// issue makes the credentials known that name identifies in a request.
func (w *cloudModel) issue(name string, lifetime time.Duration) {
	c := &credential{name: name, bad: w.percent(w.bad), accepted: make(map[string]bool), inFlight: make(map[string]int)}
	if lifetime > 0 {
		c.expires = time.Now().Add(lifetime)
	}

	w.credentials[name] = c
}

// login returns a configuration with a random source of credentials and random roles.
func (w *cloudModel) login() (cfg auth.Config, name string) {
	cfg = auth.Config{Region: region, ProjectID: pick(w, "", "project"), Endpoints: endpoint.Set{}}

	switch w.random.IntN(5) {
	case 0, 1:
		keys := auth.Keys{AccessKey: w.secret("key"), SecretKey: w.secret("secret"), Origin: "key"}
		if name = "key"; w.percent(50) {
			name, keys.SecurityToken = "temporary key", w.secret("security-token")
		}

		w.issue(keys.AccessKey, 0)
		cfg.Source = keys
	case 2:
		token := auth.Token{Token: w.secret("token"), Origin: "token"}
		w.issue(token.Token, 0)
		cfg.Source, name = token, "token"
	case 3:
		login := auth.Password{UserName: "user", DomainName: "domain", Password: w.secret("password"), Origin: "password"}
		w.issue(login.Password, 0)
		cfg.Source, name = login, "password"
	default:
		login := auth.OIDC{ProviderID: "idp", IDToken: w.secret("id-token"), Origin: "ID token"}
		if w.percent(50) {
			login.Role = agency("one")
		}

		w.issue(login.IDToken, 0)
		cfg.Source, name = login, "ID token"
	}

	v3, v5 := agency("one"), agencyV5("two")
	cfg.Roles = pick(w, nil, nil, []auth.Role{v3}, []auth.Role{v5}, []auth.Role{v3, v5}, []auth.Role{v5, v3, v5})

	if w.oneHost {
		const host = "https://cloud.example.com"

		cfg.Endpoints = endpointsAt(map[string]string{"dcs": host, "iam": host, "sts": host})
	}

	return cfg, fmt.Sprintf("%s, %d roles", name, len(cfg.Roles))
}

var (
	accessPattern = regexp.MustCompile(`Access=([^,]+),`)
	bodyPattern   = regexp.MustCompile(`"((?:password|id-token|token)-\d+-[0-9a-f]{16})"`)
)

// identify returns the credentials of a request: in its header, or in its body.
func (w *cloudModel) identify(req *http.Request, body []byte) *credential {
	name := req.Header.Get("X-Auth-Token")

	if match := accessPattern.FindStringSubmatch(req.Header.Get("Authorization")); match != nil {
		name = match[1]
	}

	if match := bodyPattern.FindSubmatch(body); match != nil && name == "" {
		name = string(match[1])
	}

	return w.credentials[name]
}

// RoundTrip implements [http.RoundTripper].
func (w *cloudModel) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}

	w.mu.Lock()
	c := w.identify(req, body)
	w.check(req, c)

	latency := time.Duration(1+w.random.IntN(300)) * time.Millisecond
	if w.percent(3) {
		latency = 5 * time.Second
	}

	if w.percent(w.hang) {
		latency = time.Hour
	}
	w.mu.Unlock()

	end := func() {
		w.mu.Lock()
		defer w.mu.Unlock()

		c.inFlight[req.URL.Host]--
	}

	select {
	case <-time.After(latency):
	case <-req.Context().Done():
		end()

		return nil, context.Cause(req.Context())
	}

	w.mu.Lock()
	defer w.mu.Unlock()

	if w.percent(w.reset) {
		c.inFlight[req.URL.Host]--

		return nil, errors.New("connection reset")
	}

	resp := w.respond(req, c)
	resp.Header.Set("Date", w.now().UTC().Format(http.TimeFormat))
	resp.Request = req

	switch status := resp.StatusCode; {
	case status == http.StatusUnauthorized && !w.isSkewed(req) && c.refused.IsZero():
		c.refused = time.Now()
	case status >= 200 && status < 300, status >= 400 && status < 500 && status != 401 && status != 429:
		c.accepted[req.URL.Host] = true
	}

	resp.Body = &modelBody{Reader: resp.Body, end: end}

	return resp, nil
}

// modelBody is in flight until it is closed.
type modelBody struct {
	io.Reader

	end func()
}

func (b *modelBody) Close() error {
	b.end()

	return nil
}

// check checks that a request may be sent now.
func (w *cloudModel) check(req *http.Request, c *credential) {
	host, now := req.URL.Host, time.Now()
	w.requests++

	if c == nil {
		w.t.Errorf("a request with unknown credentials: %s %s", req.Method, req.URL)
		w.credentials[""] = &credential{accepted: map[string]bool{}, inFlight: map[string]int{}}

		return
	}

	if !c.refused.IsZero() && now.After(c.refused) {
		w.t.Errorf("%s was refused at %s and is used %s later: %s", c.name, c.refused, now.Sub(c.refused), req.URL)
	}

	// A Date has whole seconds: shorter lives look like a clock that is wrong.
	if !c.expires.IsZero() && w.lifetime > 3*time.Second && now.After(c.expires.Add(3*time.Second)) {
		w.t.Errorf("%s expired at %s and is used %s later: %s", c.name, c.expires, now.Sub(c.expires), req.URL)
	}

	if pause := w.pauses[host]; now.After(pause[0]) && now.Before(pause[1]) {
		w.t.Errorf("%s is paused from %s to %s, and gets a request at %s", host, pause[0], pause[1], now)
	}

	others := c.inFlight[host]
	if len(c.accepted) == 0 {
		for _, n := range c.inFlight {
			others = max(others, n)
		}
	}

	if !c.accepted[host] && others > 0 {
		w.t.Errorf("%s is not accepted yet, and is sent to %s while another request with it is in flight", c.name, host)
	}

	c.inFlight[host]++
}

// isSkewed reports whether the date of a signed request is out of bounds.
func (w *cloudModel) isSkewed(req *http.Request) bool {
	date, err := time.Parse("20060102T150405Z", req.Header.Get("X-Sdk-Date"))

	return err == nil && w.now().Sub(date).Abs() > auth.MaxSkew+time.Second
}

func (w *cloudModel) respond(req *http.Request, c *credential) *http.Response {
	switch {
	case w.percent(w.throttle):
		return w.throttled(req.URL.Host)
	case w.percent(w.fail):
		// It echoes what it was sent.
		return response(pick(w, 500, 502, 503, 504), fmt.Sprint("failed: ", req.Header))
	case w.percent(w.redirect):
		return response(302, "", "Location", "https://portal.example.com/"+req.Header.Get("X-Auth-Token"))
	case w.percent(2):
		return response(pick(w, 403, 404), fmt.Sprintf(`{"error_code":"X.1","error_msg":"no %s"}`, req.Header.Get("Authorization")))
	}

	if w.percent(w.revoke) {
		c.bad = true
	}

	switch {
	case c.bad && w.locks:
		return response(401, `{"error_code":"APIGW.0301","error_msg":"AK access failed to reach the limit,forbidden."}`)
	case c.bad, w.isSkewed(req), !c.expires.IsZero() && time.Now().After(c.expires):
		return response(401, `{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information."}`)
	}

	resp := w.succeed(req)
	if w.percent(w.cut) {
		text, _ := io.ReadAll(resp.Body)
		hangs, ctx := w.percent(30), req.Context()
		rest := readFunc(func([]byte) (int, error) {
			if hangs {
				<-ctx.Done()
			}

			return 0, io.ErrUnexpectedEOF
		})

		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(text[:w.random.IntN(len(text))]), rest))
	}

	return resp
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func (w *cloudModel) throttled(host string) *http.Response {
	if w.percent(40) {
		return response(429, `{"error_code":"APIGW.0308","error_msg":"policy user over ratelimit,limit:200,time:1 minute"}`)
	}

	after := pick(w, 1, 2, 10, 60, 600)
	if until := time.Now().Add(time.Duration(after) * time.Second); until.After(w.pauses[host][1]) {
		w.pauses[host] = [2]time.Time{time.Now(), until}
	}

	return response(429, "", "Retry-After", strconv.Itoa(after))
}

// succeed returns the response of a cloud without faults.
func (w *cloudModel) succeed(req *http.Request) *http.Response {
	expires := w.now().Add(w.lifetime).UTC().Format("2006-01-02T15:04:05.000000Z")

	key := func(access, secret, token, expiry string) object {
		name := w.secret("key")
		w.issue(name, w.lifetime)

		return object{access: name, secret: w.secret("secret"), token: w.secret("security-token"), expiry: expires}
	}

	var value object

	switch path := req.URL.Path; path {
	case pathTokens, pathIDTokens:
		token := w.secret("token")
		w.issue(token, w.lifetime)

		text := fmt.Sprintf(`{"token":{"expires_at":%q,"project":{"id":"project"}}}`, expires)

		return response(201, text, "X-Subject-Token", token)
	case pathSecurityTokens:
		value = object{"credential": key("access", "secret", "securitytoken", "expires_at")}
	case pathAssume:
		value = object{"credentials": key("access_key_id", "secret_access_key", "security_token", "expiration")}
	case pathProjects, pathOwnProjects:
		value = object{"projects": []object{{"id": "project", "name": region}, {"id": "other", "name": otherRegion}}}
	default:
		value = object{"path": path}
	}

	text, err := json.Marshal(value)
	if err != nil {
		w.t.Error(err)
	}

	return response(200, string(text))
}

type object = map[string]any

func response(status int, body string, header ...string) *http.Response {
	resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for field := range slices.Chunk(header, 2) {
		resp.Header.Set(field[0], field[1])
	}

	return resp
}

// readPath reads a path in the project of a region, and returns what it has read.
func (u *user) readPath(ctx context.Context, region, path string) (got string, err error) {
	scope, err := u.Scope(ctx, region, "")
	if err != nil {
		return "", err
	}

	base, err := u.endpoints.URL(endpoint.DCS, scope.Region)
	if err != nil {
		return "", err
	}

	err = u.transport.Do(ctx, transport.Request{
		Method: http.MethodGet, URL: base.JoinPath(path), Auth: u.Authorizer(scope),
		Decode: func(resp transport.Response) error {
			var value struct{ Path string }

			err := json.NewDecoder(resp.Body).Decode(&value)
			got = value.Path

			return err
		},
	})

	return got, err
}

// TestSession_model reads many times at once from random clouds: whatever the cloud does, each read ends in time, with what it has
// read or with an error that shows no secret, and no request is sent that could lock a key.
func TestSession_model(t *testing.T) {
	t.Parallel()

	for seed := range *modelSeeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { runModel(t, newCloudModel(t, seed)) })
		})
	}
}

func runModel(t *testing.T, w *cloudModel) {
	t.Helper()

	cfg, name := w.login()
	client := transport.New(transport.Config{RoundTripper: w, MaxRetries: pick(w, 0, 1, 5)})
	cfg.Transport = client

	var (
		u     = &user{Session: auth.NewSession(cfg), transport: client, endpoints: cfg.Endpoints}
		group sync.WaitGroup
		read  int
	)

	w.mu.Lock()

	for i := range 1 + w.random.IntN(60) {
		path, from := fmt.Sprintf("/v2/%d", i), pick(w, "", "", "", otherRegion)
		begin := pick(w, 0, 0, time.Duration(w.random.Int64N(int64(2*time.Minute))))
		limit := pick(w, 5*time.Minute, 5*time.Minute, time.Hour, time.Duration(w.random.Int64N(int64(time.Minute))))
		interrupt := pick(w, 0, 0, 0, time.Duration(w.random.Int64N(int64(limit)+1)))

		group.Go(func() {
			time.Sleep(begin)

			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()

			end := limit
			if interrupt > 0 {
				end = interrupt
				time.AfterFunc(interrupt, cancel)
			}

			start := time.Now()
			got, err := u.readPath(ctx, from, path)

			if took := time.Since(start); took > end {
				t.Errorf("a read took %s and should end after %s: %v", took, end, err)
			}

			w.mu.Lock()
			defer w.mu.Unlock()

			w.checkEnd(path, got, err)

			if err == nil {
				read++
			}
		})
	}

	w.mu.Unlock()
	group.Wait()
	time.Sleep(time.Hour) // A refresh in the background may go on for a while.

	w.mu.Lock()
	defer w.mu.Unlock()

	if w.requests > 500 {
		t.Errorf("%d requests", w.requests)
	}

	if t.Failed() {
		t.Logf("%s; %d requests, %d reads succeeded; %+v", name, w.requests, read, struct {
			Skew, Lifetime                                          time.Duration
			OneHost, Locks                                          bool
			Throttle, Fail, Hang, Cut, Reset, Redirect, Bad, Revoke int
		}{
			w.skew, w.lifetime, w.oneHost, w.locks, w.throttle, w.fail, w.hang, w.cut, w.reset, w.redirect, w.bad, w.revoke,
		})
	}
}

// checkEnd checks what a read of path returned.
func (w *cloudModel) checkEnd(path, got string, err error) {
	if err == nil {
		if got != path {
			w.t.Errorf("read %q of %s without an error", got, path)
		}

		return
	}

	if errors.Is(err, transport.ErrReauthorize) {
		w.t.Errorf("an error that says nothing: %v", err)
	}

	for _, secret := range w.secrets {
		if strings.Contains(err.Error(), secret) {
			w.t.Errorf("the error contains %q: %v", secret, err)
		}
	}
}
