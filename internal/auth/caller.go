// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"terraform-provider-dcs/internal/transport"
)

// caller proves who calls in a scope. It implements [transport.Authorizer].
type caller struct {
	clock *clock
	login login
	scope Scope
}

// Admit implements [transport.Authorizer].
func (c caller) Admit(ctx context.Context, host string) (transport.Grant, error) {
	for {
		id, err := c.login.identity(ctx, c.scope)
		if err != nil {
			return nil, err
		}

		trial, err := id.gate.enter(ctx, host)
		switch {
		case err == nil:
			return &grant{caller: c, id: id, host: host, trial: trial}, nil
		case !errors.Is(err, errReplaced):
			return nil, err
		}
	}
}

// errReplaced shuts the gate of credentials that ran out: those who wait there get others.
var errReplaced = errors.New("the credentials have been replaced")

// grant is the leave to make one attempt with an identity.
type grant struct {
	caller caller
	id     *identity
	host   string
	// trial is what the request holds while it tries the credentials, nil where it does not.
	trial chan struct{}
	// signed is the date of the signature, zero where there is none.
	signed time.Time
}

// Sign implements [transport.Grant].
func (g *grant) Sign(req *http.Request, body []byte) error {
	switch {
	case g.id.token != "":
		// The project is part of the token.
		req.Header.Set(headerToken, g.id.token)
	case g.id.AccessKey != "":
		if g.caller.scope.ProjectID != "" {
			req.Header.Set(headerProject, g.caller.scope.ProjectID)
		}

		g.signed = g.caller.clock.now()
		Sign(req, g.id.Keys, body, g.signed)
	}

	return nil
}

// Settle implements [transport.Grant].
func (g *grant) Settle(outcome transport.Outcome) error {
	// A waiting request takes the place only once the verdict is in.
	defer g.id.gate.leave(g.trial)

	var answer *transport.Error

	switch {
	case outcome.Status == http.StatusUnauthorized && errors.As(outcome.Err, &answer):
		return g.unauthorized(answer, outcome.Date)
	case accepts(outcome.Status):
		g.id.gate.accept(g.host)
	}

	return outcome.Err
}

// accepts reports whether an answer shows that the credentials were accepted. A 429, a redirect and the errors of a
// gateway can come from before they were looked at.
func accepts(status int) bool {
	return status >= 200 && status < 500 && status/100 != 3 &&
		status != http.StatusUnauthorized && status != http.StatusTooManyRequests
}

// codeOtherProject is the 401 for a project that is not the token's: the credentials themselves are good.
const codeOtherProject = "DCS.1004"

// unauthorized decides what a 401 means: the clock is off, the credentials ran out, or they are refused.
func (g *grant) unauthorized(answer *transport.Error, date time.Time) error {
	if answer.Code == codeOtherProject {
		return answer
	}

	// A key that is locked stays so for minutes, and longer when it is tried.
	locked := isLocked(answer.Message)
	if !locked && g.caller.clock.correct(g.signed, date) {
		return transport.ErrReauthorize
	}

	// They were good, and have run out or been withdrawn since, or been locked because many requests were under way
	// then. Others may be had.
	if (g.id.gate.accepted() || g.id.expired()) && g.caller.login.drop(g.id) {
		_ = g.id.gate.refuse(errReplaced)

		return transport.ErrReauthorize
	}

	refusal := &RefusedError{From: g.id.from, Locked: locked, Err: answer}
	if !g.signed.IsZero() && !date.IsZero() {
		refusal.Skew = date.Sub(g.signed)
	}

	return g.id.gate.refuse(refusal)
}

// isLocked recognizes the gateway's "AK access failed to reach the limit,forbidden".
func isLocked(message string) bool {
	return strings.Contains(strings.ToLower(message), "access failed to reach the limit")
}
