// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// backupServer is a server with one instance, and a caller of it.
func backupServer(t *testing.T, opts ...Option) (*Server, *caller) {
	t.Helper()

	s := New(opts...)
	s.AddInstance(Instance{ID: InstanceID, Backups: GenerateBackups(3, 1)})

	return s, newCaller(t, s)
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func TestSignatureIsVerified(t *testing.T) {
	t.Parallel()

	rewrite := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
		}
	}
	for name, row := range map[string]struct {
		key    Key
		skew   time.Duration
		forge  func(*http.Request)
		status int
		says   string
	}{
		"right":               {status: 200},
		"14 minutes late":     {skew: -14 * time.Minute, status: 200},
		"unsigned header":     {forge: header("X-Extra", "1"), status: 200},
		"16 minutes late":     {skew: -16 * time.Minute, says: "signature expired, signature time:"},
		"16 minutes early":    {skew: 16 * time.Minute, says: ",server time:"},
		"wrong secret":        {key: Key{Access: AccessKey, Secret: "x"}, says: "canonical request: GET|/v2/"},
		"unknown key":         {key: Key{Access: "AKNOBODY", Secret: "x"}, says: "ak AKNOBODY not exist"},
		"query changed":       {forge: func(r *http.Request) { r.URL.RawQuery = "limit=3" }, says: "aksk signature fail"},
		"host changed":        {forge: func(r *http.Request) { r.Host = "x" }, says: "verify aksk signature fail"},
		"path changed":        {forge: func(r *http.Request) { r.URL.Path += "x" }, status: 404},
		"method changed":      {forge: func(r *http.Request) { r.Method = "PUT" }, status: 405},
		"signed header gone":  {forge: rewrite("host;", "host;x-gone;"), says: "x-gone is not in the request"},
		"date not signed":     {forge: rewrite("host;x-sdk-date", "host"), says: "x-sdk-date is not signed"},
		"signature signed":    {forge: rewrite("host;", "authorization;host;"), says: "authorization is signed"},
		"headers not sorted":  {forge: rewrite("host;x-sdk-date", "x-sdk-date;host"), says: "not sorted"},
		"no date":             {forge: header("X-Sdk-Date", ""), says: "x-sdk-date is malformed"},
		"other algorithm":     {forge: rewrite("SDK-HMAC-SHA256", "AWS4-HMAC-SHA256"), says: "algorithm"},
		"malformed":           {forge: header("Authorization", "SDK-HMAC-SHA256 x"), says: "malformed"},
		"no signature":        {forge: rewrite(", Signature=", ", Sig="), says: "incomplete"},
		"nothing":             {forge: header("Authorization", ""), says: "x-auth-token not found"},
		"other body's hash":   {forge: header("X-Sdk-Content-Sha256", hash([]byte("x"))), says: "x-sdk-content-sha256"},
		"token of no use":     {forge: header("X-Security-Token", "x"), says: "security token"},
		"project of another":  {forge: header("X-Project-Id", "x"), says: "DCS.1004"},
		"project of this one": {forge: header("X-Project-Id", ProjectID), status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, c := backupServer(t)
			if row.key.Access != "" {
				c.key = row.key
			}

			serverNow := c.now
			c.now = func() time.Time { return serverNow().Add(row.skew) }
			c.forge = row.forge

			got := c.get(listingPath)
			if row.says == "" {
				if got.status != row.status {
					t.Errorf("status %d, want %d: %s", got.status, row.status, got.body)
				}

				return
			}

			got.wantError(t, http.StatusUnauthorized, row.says)
		})
	}
}

func TestBodyIsSigned(t *testing.T) {
	t.Parallel()
	_, c := backupServer(t)

	const body = `{"agency_urn":"iam::` + DomainID + `:agency:ops","agency_session_name":"s"}`
	c.post("/v5/agencies/assume", body).wantError(t, http.StatusForbidden, "STS5")
	r := c.request("POST", "/v5/agencies/assume", body)
	r.Body = c.unsigned("POST", "/", strings.Replace(body, "ops", "opz", 1)).Body
	c.do(r).wantError(t, http.StatusUnauthorized, "verify aksk signature fail")
}

func TestWrongSignatureEchoesTheCanonicalRequestOnOneLine(t *testing.T) {
	t.Parallel()
	_, c := backupServer(t)
	c.key = Key{Access: AccessKey, Secret: "wrong", SecurityToken: "SECRET-TOKEN"}
	c.get(listingPath).wantError(t, http.StatusUnauthorized,
		"|host:dcs.example.com|", "|x-security-token:SECRET-TOKEN||", "|"+hash(nil))
}

func TestTemporaryKey(t *testing.T) {
	t.Parallel()

	now := time.Now()

	for name, row := range map[string]struct {
		sent string
		age  time.Duration
		says string
	}{
		"right":         {sent: "st"},
		"missing token": {sent: "", says: "security token of ak AKTEMP is missing"},
		"wrong token":   {sent: "other", says: "does not match"},
		"expired":       {sent: "st", age: time.Hour, says: "has expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := backupServer(t, WithClock(func() time.Time { return now.Add(row.age) }))
			s.AddKey(Key{Access: "AKTEMP", Secret: "sk", SecurityToken: "st", Expires: now.Add(time.Hour)})
			c.key = Key{Access: "AKTEMP", Secret: "sk", SecurityToken: row.sent}

			got := c.get(listingPath)
			if row.says == "" {
				got.page(t)
				return
			}

			got.wantError(t, http.StatusUnauthorized, "APIGW.0301", row.says)
		})
	}
}

func TestKeyIsLockedAfterTooManyFailures(t *testing.T) {
	t.Parallel()

	now := time.Now()
	s, c := backupServer(t, WithClock(func() time.Time { return now }))
	right := c.key
	wrong := Key{Access: AccessKey, Secret: "wrong"}
	fail := func(times int, says string) {
		t.Helper()

		c.key = wrong
		for range times {
			c.get(listingPath).wantError(t, http.StatusUnauthorized, says)
		}
	}

	fail(MaxFailures, "verify aksk signature fail")

	c.key = right
	c.get(listingPath).page(t) // a success starts the count anew
	fail(MaxFailures+1, "verify aksk signature fail")

	if !s.Locked(AccessKey) {
		t.Fatal("the key is not locked")
	}

	c.key = right
	c.get(listingPath).wantError(t, http.StatusUnauthorized, "AK access failed to reach the limit,forbidden")

	if got, want := s.Failures(AccessKey), 2*MaxFailures+2; got != want {
		t.Errorf("%d failures, want %d", got, want)
	}

	s.AddKey(Key{Access: "AKOTHER", Secret: "sk"})
	c.key = Key{Access: "AKOTHER", Secret: "sk"}
	c.get(listingPath).page(t) // each key has a count of its own

	now = now.Add(LockTime)
	c.key = right
	c.get(listingPath).page(t)

	if s.Locked(AccessKey) || s.Failures("AKNEVER") != 0 {
		t.Error("a key is locked, or has failures, that should not")
	}
}

func TestTokenAuthentication(t *testing.T) {
	t.Parallel()

	now := time.Now()
	s, c := backupServer(t, WithClock(func() time.Time { return now }))
	s.AddToken(Token{Value: "good", ProjectID: ProjectID, User: "somebody", Expires: now.Add(time.Hour)})
	s.AddToken(Token{Value: "old", ProjectID: ProjectID, Expires: now})
	s.AddToken(Token{Value: "elsewhere", ProjectID: "other"})
	s.AddToken(Token{Value: "account"})

	for token, want := range map[string]struct {
		status int
		code   string
	}{
		"good":      {200, ""},
		"old":       {401, "APIGW.0307"},
		"unknown":   {401, "APIGW.0301"},
		"elsewhere": {401, "DCS.1004"},
		"account":   {401, "DCS.1004"},
	} {
		r := c.unsigned("GET", listingPath, "")
		r.Header.Set("X-Auth-Token", token)

		got := c.do(r)
		if want.code != "" {
			got.wantError(t, want.status, want.code)
		} else if got.status != want.status {
			t.Errorf("%s: status %d, want %d: %s", token, got.status, want.status, got.body)
		}
	}

	for _, r := range s.Requests() {
		if good := r.Header.Get("X-Auth-Token") == "good"; good != (r.Identity.User == "somebody") {
			t.Errorf("token %s: identity %+v", r.Header.Get("X-Auth-Token"), r.Identity)
		}
	}

	s.ExpireCredentials()

	r := c.unsigned("GET", listingPath, "")
	r.Header.Set("X-Auth-Token", "good")
	c.do(r).wantError(t, http.StatusUnauthorized, "APIGW.0307")
}
