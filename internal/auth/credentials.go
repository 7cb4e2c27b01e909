// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"terraform-provider-dcs/internal/auth/secret"
	"terraform-provider-dcs/internal/auth/sign"
)

// credentials are an access key or, where token is set, an IAM token.
type credentials struct {
	sign.Keys

	token string
	// projectID is the project of a token, empty where IAM did not name it.
	projectID string
	// refreshAt and expiresAt are times of the local clock, zero where they are not known.
	refreshAt, expiresAt time.Time

	// from says where the credentials come from, and profile that this is a KooCLI profile.
	from    string
	profile bool
	// gate decides whether they may be used.
	gate *gate
}

// hasExpired reports whether credentials have expired that expire at expiresAt, zero meaning never.
func hasExpired(expiresAt time.Time) bool {
	return !expiresAt.IsZero() && !time.Now().Before(expiresAt)
}

// credentialsProvider provides the credentials for requests in a scope.
type credentialsProvider interface {
	retrieve(ctx context.Context, scope Scope) (*credentials, error)
	// invalidate makes the provider fetch other credentials than c. It reports whether the provider can.
	invalidate(c *credentials) bool
}

// staticProvider provides credentials of the configuration.
type staticProvider struct{ credentials *credentials }

func (p staticProvider) retrieve(context.Context, Scope) (*credentials, error) {
	return p.credentials, nil
}
func (staticProvider) invalidate(*credentials) bool { return false }

// invalidProvider returns the error of credentials that cannot be used.
type invalidProvider struct{ err error }

func (p invalidProvider) retrieve(context.Context, Scope) (*credentials, error) { return nil, p.err }
func (invalidProvider) invalidate(*credentials) bool                            { return false }

// cachedProvider fetches temporary credentials, and caches them until they expire.
type cachedProvider struct {
	// from says where the credentials come from.
	from string
	// key returns the part of a scope that the credentials depend on.
	key   func(Scope) Scope
	fetch func(context.Context, Scope) (*credentials, error)
	cache *cache[Scope, *credentials]
	// latest holds the latest credentials for each key, also those that have expired.
	latest sync.Map
}

func newCachedProvider(
	from string, key func(Scope) Scope, fetch func(context.Context, Scope) (*credentials, error),
) *cachedProvider {
	expiry := func(c *credentials) (refreshAt, expiresAt time.Time) { return c.refreshAt, c.expiresAt }
	permanent := func(err error) bool {
		var missing *MissingError

		return errors.As(err, &missing)
	}

	return &cachedProvider{from: from, key: key, fetch: fetch, cache: newCache[Scope](expiry, permanent)}
}

// anyScope is the key of credentials that are valid in every scope.
func anyScope(Scope) Scope { return Scope{} }

func (p *cachedProvider) retrieve(ctx context.Context, scope Scope) (*credentials, error) {
	return p.cache.get(ctx, p.key(scope), func(ctx context.Context) (*credentials, error) {
		latest, isRefresh := p.latest.Load(p.key(scope))
		if !isRefresh {
			c, err := p.fetch(ctx, scope)
			if err != nil {
				return nil, err
			}

			return p.keep(scope, c, newGate()), nil
		}

		return p.refresh(ctx, scope, latest.(*credentials)) //nolint:forcetypeassert // There is nothing else in it.
	})
}

// refresh fetches the credentials that follow latest.
func (p *cachedProvider) refresh(ctx context.Context, scope Scope, latest *credentials) (*credentials, error) {
	if final, refusal := latest.gate.refused(); final {
		return nil, refusal
	}

	c, err := p.fetch(ctx, scope)

	// There is a metadata service, although it did not respond this time.
	if missing, ok := errors.AsType[*MissingError](err); ok {
		err = missing.Err
	}

	if err != nil {
		return nil, fmt.Errorf("refreshing the credentials (%s): %w", p.from, err)
	}

	if c.Keys != latest.Keys || c.token != latest.token {
		return p.keep(scope, c, newGate()), nil
	}

	// The metadata service returns the same key until it issues another one.
	if _, refusal := latest.gate.refused(); refusal != nil {
		return nil, refusal
	}

	return p.keep(scope, c, latest.gate), nil
}

// keep completes credentials that were fetched for scope, and makes them the latest ones.
func (p *cachedProvider) keep(scope Scope, c *credentials, g *gate) *credentials {
	c.from, c.gate = p.from, g
	p.latest.Store(p.key(scope), c)

	// A token that was requested by the project's name is valid for the project's ID too.
	if c.projectID != "" && scope.ProjectID == "" {
		byID := p.key(Scope{Region: scope.Region, ProjectID: c.projectID})
		p.latest.Store(byID, c)
		p.cache.put(byID, c)
	}

	return c
}

func (p *cachedProvider) invalidate(c *credentials) bool {
	p.cache.invalidate(c)

	return true
}

// maxObtained bounds a secret from a file or a response, in bytes: the redactor keeps each in several forms.
const maxObtained = 1 << 20

// obtained returns a secret that was read from a file or a response, without leading and trailing white space, and adds it to
// the secrets that the transport redacts. The error names the secret as what.
func (s *Session) obtained(what, value string) (string, error) {
	value, err := secret.Clean(value)
	if err == nil && len(value) > maxObtained {
		err = errors.New("it is longer than 1 MiB")
	}

	if err != nil {
		return "", fmt.Errorf("%s cannot be used: %w", what, err)
	}

	s.cfg.Transport.AddSecret(value)

	return value, nil
}

const (
	// refreshWindow is how long before they expire credentials are refreshed, at most: a fifth of short lifetimes.
	refreshWindow = 10 * time.Minute
	// dateResolution is how far the Date of a response may be behind the time: it has whole seconds, and the response takes a
	// while to arrive. Credentials count as expired that much earlier.
	dateResolution = 2 * time.Second
)

// setExpiry sets when c expires: expiresAt, RFC 3339, by the service's clock, which may differ from the local one. Without a usable
// time c does not expire, and is replaced after a 401.
func setExpiry(c *credentials, expiresAt string, header http.Header) {
	at, err := time.Parse(time.RFC3339, expiresAt)
	if err != nil {
		return
	}

	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}

	lifetime := at.Sub(now) - dateResolution
	if lifetime <= 0 {
		// One of the clocks is wrong. By that clock the next credentials would have expired as well.
		return
	}

	c.expiresAt = time.Now().Add(lifetime)
	c.refreshAt = c.expiresAt.Add(-min(refreshWindow, lifetime/5))
}
