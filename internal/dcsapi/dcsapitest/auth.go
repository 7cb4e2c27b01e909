// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"crypto/hmac"
	"fmt"
	"net/http"
	"strings"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest/internal/signature"
)

const (
	// MaxSkew is how far a signature's date may be from the server's clock.
	MaxSkew = 15 * time.Minute
	// MaxFailures is how many failed authentications in a row an access key may have; one more locks it.
	MaxFailures = 5
	// LockTime is how long a locked key is refused.
	LockTime = 5 * time.Minute
)

// lockout counts the failed authentications of one access key.
type lockout struct {
	total int
	inRow int
	until time.Time
}

// Failures returns how many requests with this access key failed to authenticate since the start or [Server.Reset];
// those refused because the key was locked are among them.
func (s *Server) Failures(accessKey string) int {
	s.mu.Lock()
	defer s.mu.Unlock()

	if l := s.lockouts[accessKey]; l != nil {
		return l.total
	}

	return 0
}

// Locked tells whether the access key is refused for too many failures.
func (s *Server) Locked(accessKey string) bool {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()

	l := s.lockouts[accessKey]

	return l != nil && now.Before(l.until)
}

// authenticate identifies the caller, or returns the refusal.
func (c *Call) authenticate() (refused *Response) {
	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	switch {
	case c.Request.Header.Get("Authorization") != "":
		return c.authenticateSignature()
	case c.Request.Header.Get("X-Auth-Token") != "":
		return c.authenticateToken()
	default:
		return c.unauthenticated("x-auth-token not found")
	}
}

func (c *Call) unauthenticated(reason string) *Response {
	return c.GatewayError(http.StatusUnauthorized, "APIGW.0301", "Incorrect IAM authentication information: "+reason)
}

func (c *Call) authenticateToken() *Response {
	token, known := c.Server.iam.tokens[c.Request.Header.Get("X-Auth-Token")]
	if !known {
		return c.unauthenticated("decrypt token fail")
	}

	if expired(token.Expires, c.Now) {
		return c.GatewayError(http.StatusUnauthorized, "APIGW.0307", "The token must be updated")
	}

	c.record.Identity = Identity{Method: "token", User: token.User, DomainID: token.DomainID, ProjectID: token.ProjectID}

	return nil
}

// authenticateSignature verifies the signature and keeps count of the key's failures.
func (c *Call) authenticateSignature() *Response {
	auth, err := signature.Parse(c.Request.Header.Get("Authorization"))
	if err != nil {
		return c.unauthenticated(err.Error())
	}

	count := c.Server.lockouts[auth.AccessKey]
	if count == nil {
		count = &lockout{}
		c.Server.lockouts[auth.AccessKey] = count
	}

	key, known := c.Server.iam.keys[auth.AccessKey]
	locked := c.Now.Before(count.until) || c.keyLocked

	refused := c.unauthenticated("AK access failed to reach the limit,forbidden")
	if !locked {
		refused = c.verify(auth, key, known)
	}

	count.record(refused != nil, locked, c.Now)

	if refused == nil {
		c.record.Identity = Identity{
			Method: "signature", AccessKey: key.Access, User: key.User, DomainID: key.DomainID,
			ProjectID: c.Request.Header.Get("X-Project-Id"),
		}
	}

	return refused
}

// record counts one authentication. A locked key stays locked for as long as it was; only its failures go on counting.
func (l *lockout) record(failed, locked bool, now time.Time) {
	switch {
	case !failed:
		l.inRow = 0
	case locked:
		l.total++
	default:
		l.total++

		l.inRow++
		if l.inRow > MaxFailures {
			l.inRow, l.until = 0, now.Add(LockTime)
		}
	}
}

// verify checks a signed request in the order of the gateway: date, key, signature, security token.
func (c *Call) verify(auth signature.Authorization, key Key, known bool) *Response {
	date := c.Request.Header.Get("X-Sdk-Date")

	signed, err := time.Parse(signature.DateFormat, date)
	if err != nil {
		return c.unauthenticated("x-sdk-date is malformed")
	}

	if c.Now.Sub(signed).Abs() > MaxSkew {
		return c.unauthenticated(fmt.Sprintf("signature expired, signature time:%s,server time:%s",
			date, c.Now.UTC().Format(signature.DateFormat)))
	}

	if !known {
		return c.unauthenticated(fmt.Sprintf("ak %s not exist", auth.AccessKey))
	}

	payload := signature.Hash(c.Body)
	if sent := c.Request.Header.Get("X-Sdk-Content-Sha256"); sent == signature.UnsignedPayload {
		payload = sent
	} else if sent != "" && sent != payload {
		return c.unauthenticated("x-sdk-content-sha256 does not match the body")
	}

	canonical, err := signature.Canonical(c.Request, auth.SignedHeaders, payload)
	if err != nil {
		return c.unauthenticated(err.Error())
	}

	if !hmac.Equal([]byte(signature.Sign(key.Secret, date, canonical)), []byte(auth.Signature)) {
		return c.unauthenticated("verify aksk signature fail, canonical request: " +
			strings.ReplaceAll(canonical, "\n", "|"))
	}

	if token := c.Request.Header.Get("X-Security-Token"); token != key.SecurityToken {
		return c.unauthenticated(fmt.Sprintf("security token of ak %s is missing or does not match", auth.AccessKey))
	}

	if expired(key.Expires, c.Now) {
		return c.unauthenticated(fmt.Sprintf("security token of ak %s has expired", auth.AccessKey))
	}

	return nil
}

// authorizeProject holds the caller to the projects of its account and, with a token, to the one of its scope. The lock is
// held.
func (c *Call) authorizeProject(id string) (refused *Response) {
	caller := c.record.Identity
	if scope := caller.ProjectID; scope != id && (scope != "" || caller.Method == "token") {
		return c.DCSError(http.StatusUnauthorized, "DCS.1004",
			"The project ID in the URL does not match the project ID in the token.")
	}

	project, known := c.Server.iam.projects[id]
	if !known || project.DomainID != caller.DomainID || project.Disabled {
		return c.GatewayError(http.StatusForbidden, "APIGW.0310", "The project is unavailable.")
	}

	return nil
}
