// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"fmt"
	"net/http"
	"time"

	"terraform-provider-dcs/internal/auth/secret"
	"terraform-provider-dcs/internal/transport"
)

// newLogin returns the login by source.
func (a *Account) newLogin(source Source) login {
	switch s := source.(type) {
	case Keys:
		return fixed{newIdentity(s.Origin, credentials{Keys: s})}
	case Token:
		return fixed{newIdentity(s.Origin, credentials{token: s.Token})}
	case Password:
		return a.passwordLogin(s)
	case OIDC:
		return a.oidcLogin(s)
	case Metadata:
		return a.metadataLogin(s)
	case Invalid:
		return invalid{s.Err}
	default:
		return a.metadataLogin(Metadata{})
	}
}

// isByToken reports whether who logs in by source has a token then, and not a key.
func isByToken(source Source) bool {
	switch source.(type) {
	case Token, Password:
		return true
	default:
		return false
	}
}

func newIdentity(from string, c credentials) *identity {
	return &identity{credentials: c, gate: newGate(), from: from}
}

// trying returns the authorizer of requests with credentials in the body. They are tried like a key: by one request at a
// time, and by none once they were refused.
func (a *Account) trying(from string) transport.Authorizer {
	return inBody{gate: newGate(), from: from}
}

// configuredSecrets returns what is secret of a source.
func configuredSecrets(source Source) []string {
	switch s := source.(type) {
	case Keys:
		return []string{s.AccessKey, s.SecretKey, s.SecurityToken}
	case Token:
		return []string{s.Token}
	case Password:
		return []string{s.Password}
	case OIDC:
		return []string{s.IDToken}
	default:
		return nil
	}
}

// obtained returns a secret of a file or a response as it is used, without white space around it. Every secret that is not
// part of the configuration passes here: it becomes known to the redactor. what names it in the error.
func (a *Account) obtained(what, value string) (string, error) {
	value, err := secret.Clean(value)
	if err != nil {
		return "", fmt.Errorf("%s cannot be used: %w", what, err)
	}

	a.cfg.Transport.AddSecret(value)

	return value, nil
}

const (
	// renewalMargin is how long before they run out credentials are renewed, at most: a fifth of short lives.
	renewalMargin = 10 * time.Minute
	// dateResolution is how far the Date of an answer may be from the time although both clocks are right: it has whole
	// seconds and was on its way.
	dateResolution = 2 * time.Second
)

// setExpiry notes when c runs out: expiresAt, RFC 3339, by the service's clock, which may not be this machine's.
func (a *Account) setExpiry(c *credentials, expiresAt string, header http.Header) {
	at, err := time.Parse(time.RFC3339, expiresAt)
	if err != nil {
		// Not knowing when they run out, the service's 401 tells.
		return
	}

	now := a.clock.now()
	if date, err := http.ParseTime(header.Get("Date")); err == nil && date.Sub(now).Abs() > dateResolution {
		now = date
	}

	life := at.Sub(now)
	if life <= dateResolution {
		// A clock is wrong that nobody has noticed. By that one the next would have run out as well.
		return
	}

	c.expires = time.Now().Add(life)
	c.renewAt = c.expires.Add(-min(renewalMargin, life/5))
}

func jsonHeader() http.Header {
	return http.Header{"Content-Type": {"application/json;charset=utf8"}}
}
