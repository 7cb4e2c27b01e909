// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/internal/client"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/internal/signature"
)

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func TestServer_verifiesSignatures(t *testing.T) {
	t.Parallel()

	rewrite := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
		}
	}
	for name, row := range map[string]struct {
		key    dcsapitest.Key
		skew   time.Duration
		forge  func(*http.Request)
		status int
		says   string
	}{
		"right":            {status: 200},
		"14 minutes late":  {skew: -14 * time.Minute, status: 200},
		"unsigned header":  {forge: header("X-Extra", "1"), status: 200},
		"16 minutes late":  {skew: -16 * time.Minute, says: "signature expired, signature time:"},
		"16 minutes early": {skew: 16 * time.Minute, says: ",server time:"},
		"wrong secret":     {key: dcsapitest.Key{Access: dcsapitest.AccessKey, Secret: "x"}, says: "canonical request: GET|/v2/"},
		"token, echoed": {
			key:  dcsapitest.Key{Access: dcsapitest.AccessKey, Secret: "wrong", SecurityToken: "SECRET-TOKEN"},
			says: "|x-security-token:SECRET-TOKEN||host;x-sdk-date;x-security-token|" + signature.Hash(nil),
		},
		"unknown key":         {key: dcsapitest.Key{Access: "AKUNKNOWN", Secret: "x"}, says: "ak AKUNKNOWN not exist"},
		"query changed":       {forge: func(r *http.Request) { r.URL.RawQuery = "limit=3" }, says: "aksk signature fail"},
		"host changed":        {forge: func(r *http.Request) { r.Host = "x" }, says: "verify aksk signature fail"},
		"signed header gone":  {forge: rewrite("host;", "host;x-gone;"), says: "x-gone is not in the request"},
		"date not signed":     {forge: rewrite("host;x-sdk-date", "host"), says: "x-sdk-date is not signed"},
		"signature signed":    {forge: rewrite("host;", "authorization;host;"), says: "authorization is signed"},
		"headers not sorted":  {forge: rewrite("host;x-sdk-date", "x-sdk-date;host"), says: "not sorted"},
		"not in lower case":   {forge: rewrite("host;", "Host;"), says: "not sorted lower-case"},
		"no date":             {forge: header("X-Sdk-Date", ""), says: "x-sdk-date is malformed"},
		"other algorithm":     {forge: rewrite("SDK-HMAC-SHA256", "AWS4-HMAC-SHA256"), says: "algorithm"},
		"malformed":           {forge: header("Authorization", "SDK-HMAC-SHA256 x"), says: "malformed"},
		"no signature":        {forge: rewrite(", Signature=", ", Sig="), says: "incomplete"},
		"nothing":             {forge: header("Authorization", ""), says: "x-auth-token not found"},
		"other body's hash":   {forge: header("X-Sdk-Content-Sha256", signature.Hash([]byte("x"))), says: "x-sdk-content-sha256"},
		"token of no use":     {forge: header("X-Security-Token", "x"), says: "security token"},
		"project of another":  {forge: header("X-Project-Id", "x"), says: "DCS.1004"},
		"project of this one": {forge: header("X-Project-Id", dcsapitest.ProjectID), status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, c := client.WithBackups(t)
			if row.key.Access != "" {
				c.Key = row.key
			}

			serverNow := c.Now
			c.Now = func() time.Time { return serverNow().Add(row.skew) }
			c.Forge = row.forge

			got := c.Get(client.BackupsPath)
			if row.says == "" {
				if got.Status != row.status {
					t.Errorf("status %d, want %d: %s", got.Status, row.status, got.Body)
				}

				return
			}

			got.WantError(t, http.StatusUnauthorized, row.says)
		})
	}
}

func TestServer_verifiesTheBody(t *testing.T) {
	t.Parallel()
	_, c := client.WithBackups(t)

	const body = `{"agency_urn":"iam::` + dcsapitest.DomainID + `:agency:ops","agency_session_name":"s"}`
	c.Post("/v5/agencies/assume", body).WantError(t, http.StatusForbidden, "STS5")
	r := c.Request("POST", "/v5/agencies/assume", body)
	r.Body = c.Unsigned("POST", "/", strings.Replace(body, "ops", "opz", 1)).Body
	c.Do(r).WantError(t, http.StatusUnauthorized, "verify aksk signature fail")
}

func TestKey_temporary(t *testing.T) {
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
			s, c := client.WithBackups(t, dcsapitest.WithClock(func() time.Time { return now.Add(row.age) }))
			s.AddKey(dcsapitest.Key{Access: "AKTEMP", Secret: "sk", SecurityToken: "st", Expires: now.Add(time.Hour)})
			c.Key = dcsapitest.Key{Access: "AKTEMP", Secret: "sk", SecurityToken: row.sent}

			got := c.Get(client.BackupsPath)
			if row.says == "" {
				got.Page(t)
				return
			}

			got.WantError(t, http.StatusUnauthorized, "APIGW.0301", row.says)
		})
	}
}

func TestKey_isLockedAfterTooManyFailures(t *testing.T) {
	t.Parallel()

	now := time.Now()
	s, c := client.WithBackups(t, dcsapitest.WithClock(func() time.Time { return now }))
	right := c.Key
	wrong := dcsapitest.Key{Access: dcsapitest.AccessKey, Secret: "wrong"}
	fail := func(times int, says string) {
		t.Helper()

		c.Key = wrong
		for range times {
			c.Get(client.BackupsPath).WantError(t, http.StatusUnauthorized, says)
		}
	}

	fail(dcsapitest.MaxFailures, "verify aksk signature fail")

	c.Key = right
	c.Get(client.BackupsPath).Page(t) // a success starts the count again
	fail(dcsapitest.MaxFailures+1, "verify aksk signature fail")

	if !s.Locked(dcsapitest.AccessKey) {
		t.Fatal("the key is not locked")
	}

	c.Key = right
	c.Get(client.BackupsPath).WantError(t, http.StatusUnauthorized, "AK access failed to reach the limit,forbidden")

	if got, want := s.Failures(dcsapitest.AccessKey), 2*dcsapitest.MaxFailures+2; got != want {
		t.Errorf("%d failures, want %d", got, want)
	}

	s.AddKey(dcsapitest.Key{Access: "AKOTHER", Secret: "sk"})
	c.Key = dcsapitest.Key{Access: "AKOTHER", Secret: "sk"}
	c.Get(client.BackupsPath).Page(t) // each key has a count of its own

	now = now.Add(dcsapitest.LockTime)
	c.Key = right
	c.Get(client.BackupsPath).Page(t)

	if s.Locked(dcsapitest.AccessKey) || s.Failures("AKNEVER") != 0 {
		t.Error("a key is locked, or has failures, that should not")
	}

	fail(dcsapitest.MaxFailures+1, "verify aksk signature fail")
	s.Reset()

	if s.Locked(dcsapitest.AccessKey) || s.Failures(dcsapitest.AccessKey) != 0 {
		t.Error("Reset leaves the key locked, or its failures")
	}
}

func TestToken_authenticates(t *testing.T) {
	t.Parallel()

	now := time.Now()
	s, c := client.WithBackups(t, dcsapitest.WithClock(func() time.Time { return now }))
	s.AddToken(dcsapitest.Token{Value: "good", ProjectID: dcsapitest.ProjectID, User: "alice", Expires: now.Add(time.Hour)})
	s.AddToken(dcsapitest.Token{Value: "old", ProjectID: dcsapitest.ProjectID, Expires: now})
	s.AddToken(dcsapitest.Token{Value: "elsewhere", ProjectID: "other"})
	s.AddToken(dcsapitest.Token{Value: "account"})

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
		got := c.Send("GET", client.BackupsPath, "", "X-Auth-Token", token)
		if want.code != "" {
			got.WantError(t, want.status, want.code)
		} else if got.Status != want.status {
			t.Errorf("%s: status %d, want %d: %s", token, got.Status, want.status, got.Body)
		}
	}

	for _, r := range s.Requests() {
		if good := r.Header.Get("X-Auth-Token") == "good"; good != (r.Identity.User == "alice") {
			t.Errorf("token %s: identity %+v", r.Header.Get("X-Auth-Token"), r.Identity)
		}
	}

	s.ExpireCredentials()

	c.Send("GET", client.BackupsPath, "", "X-Auth-Token", "good").WantError(t, http.StatusUnauthorized, "APIGW.0307")
}
