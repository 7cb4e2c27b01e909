// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"terraform-provider-dcs/internal/auth/sign"
	"terraform-provider-dcs/internal/transport"
)

// authorizer authorizes requests in a scope with the credentials of a [credentialsProvider]. It implements [transport.Authorizer].
type authorizer struct {
	clock    *clock
	provider credentialsProvider
	scope    Scope
}

// Acquire implements [transport.Authorizer].
func (a authorizer) Acquire(ctx context.Context, host string) (transport.Attempt, error) {
	for {
		c, err := a.provider.retrieve(ctx, a.scope)
		if err != nil {
			return nil, err
		}

		s := &signed{probing: probing{gate: c.gate, host: host, expiresAt: c.expiresAt}, authorizer: a, credentials: c}

		if err := c.gate.wait(ctx, host); !errors.Is(err, transport.ErrReauthorize) {
			return s, err
		}

		// They were replaced meanwhile, and retrieve returns others.
		a.provider.invalidate(c)
	}
}

// probing is the part that signed and unsigned share: it begins the request at the gate and reports its outcome there.
type probing struct {
	gate *gate
	host string
	// expiresAt is when the credentials expire, zero where that is not known.
	expiresAt time.Time
	// probe says that the request probes the credentials at the host.
	probe bool
}

// Begin implements [transport.Attempt].
func (p *probing) Begin() (err error) {
	if hasExpired(p.expiresAt) {
		return transport.ErrReauthorize
	}

	p.probe, err = p.gate.begin(p.host)

	return err
}

// Revoked implements [transport.Attempt].
func (p *probing) Revoked() <-chan struct{} { return p.gate.revoked }

// done reports the outcome of the request to the gate. refuse returns the error for a 401.
func (p *probing) done(outcome transport.Outcome, refuse func(*transport.Error) error) error {
	// A waiting request takes the place of the probe only after the verdict.
	if p.probe {
		defer p.gate.end(p.host)
	}

	var response *transport.Error

	switch {
	case accepts(outcome.Status):
		p.gate.accept(p.host)
	case outcome.Status == http.StatusUnauthorized && errors.As(outcome.Err, &response):
		return refuse(response)
	}

	return outcome.Err
}

// accepts reports whether a response shows that the credentials were accepted. A 429, a redirect and a server error can
// come from a gateway that has not checked them.
func accepts(status int) bool {
	return status >= 200 && status < 500 && status/100 != 3 &&
		status != http.StatusUnauthorized && status != http.StatusTooManyRequests
}

// signed is an attempt that is signed. It implements [transport.Attempt] and [transport.Signer].
type signed struct {
	probing

	authorizer  authorizer
	credentials *credentials
	// at is the date of the signature, zero where there is none.
	at time.Time
}

// Sign implements [transport.Signer].
func (s *signed) Sign(req *http.Request, body []byte) error {
	if s.credentials.token != "" {
		// The project is part of the token.
		req.Header.Set("X-Auth-Token", s.credentials.token)

		return nil
	}

	if s.authorizer.scope.ProjectID != "" {
		req.Header.Set(sign.HeaderProject, s.authorizer.scope.ProjectID)
	}

	s.at = s.authorizer.clock.now()
	sign.Request(req, s.credentials.Keys, body, s.at)

	return nil
}

// Done implements [transport.Attempt].
func (s *signed) Done(outcome transport.Outcome) error {
	return s.done(outcome, func(response *transport.Error) error { return s.unauthorized(response, outcome.Date) })
}

// CodeOtherProject is the code of a 401 for a project that is not the token's: the credentials themselves are good.
//
// Source: DCS API reference, error codes.
const CodeOtherProject = "DCS.1004"

// unauthorized returns what follows from a 401: the clock is off, the credentials have expired, or they are refused.
func (s *signed) unauthorized(response *transport.Error, date time.Time) error {
	if response.Code == CodeOtherProject {
		return response
	}

	// A locked key stays locked for minutes, and longer when it is tried.
	locked := isLocked(response.Message)
	if !locked && s.authorizer.clock.correct(s.at, date) {
		return transport.ErrReauthorize
	}

	refusal := &RefusedError{From: s.credentials.from, Profile: s.credentials.profile, Locked: locked, Err: response}
	if !s.at.IsZero() && !date.IsZero() {
		refusal.Skew = date.Sub(s.at)
	}

	// This host has accepted the credentials once, and they have expired, been withdrawn or been locked since. It may accept
	// new ones. A host that has not would refuse those too: they belong to the same login.
	replaced := (s.gate.acceptedBy(s.host) || hasExpired(s.expiresAt)) && s.authorizer.provider.invalidate(s.credentials)

	return s.gate.refuse(s.host, refusal, replaced)
}

// isLocked recognizes the gateway's "AK access failed to reach the limit,forbidden".
func isLocked(message string) bool {
	return strings.Contains(strings.ToLower(message), "access failed to reach the limit")
}

// inBody authorizes requests that carry their credentials, a password or a token, in the body. It implements
// [transport.Authorizer].
type inBody struct {
	gate *gate
	// from says where the credentials come from.
	from string
	// expiresAt is when they expire, zero where that is not known.
	expiresAt time.Time
}

// Acquire implements [transport.Authorizer]. It returns [transport.ErrReauthorize] where the credentials have expired or
// been replaced: they cannot be replaced in the body.
func (b inBody) Acquire(ctx context.Context, host string) (transport.Attempt, error) {
	if hasExpired(b.expiresAt) {
		return nil, transport.ErrReauthorize
	}

	return &unsigned{probing: probing{gate: b.gate, host: host, expiresAt: b.expiresAt}, from: b.from}, b.gate.wait(ctx, host)
}

// unsigned is an attempt whose credentials are in the body. It implements [transport.Attempt].
type unsigned struct {
	probing

	from string
}

// Done implements [transport.Attempt].
func (u *unsigned) Done(outcome transport.Outcome) error {
	return u.done(outcome, func(response *transport.Error) error {
		return u.gate.refuse(u.host, &RefusedError{From: u.from, Err: response}, false)
	})
}
