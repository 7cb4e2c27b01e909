// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// credentials prove who calls: a token, or a key.
type credentials struct {
	Keys

	token string
	// projectID is the project that a token is for, where IAM said so.
	projectID string
	// expires is when they run out by this machine's clock, zero where that is not known.
	expires time.Time
	// renewAt is when new ones are to be had.
	renewAt time.Time
}

// identity is credentials, and what the service thinks of them.
type identity struct {
	credentials

	gate *gate
	from string
}

// hasExpired reports whether credentials have expired that do so at expires, zero meaning never.
func hasExpired(expires time.Time) bool { return !expires.IsZero() && !time.Now().Before(expires) }

// login gives the identity for calls in a scope.
type login interface {
	identity(ctx context.Context, scope Scope) (*identity, error)
	// drop has the next call get another identity. It reports whether there can be one.
	drop(stale *identity) bool
}

// fixed is a login by what the user has given.
type fixed struct{ id *identity }

func (f fixed) identity(context.Context, Scope) (*identity, error) { return f.id, nil }
func (fixed) drop(*identity) bool                                  { return false }

// invalid is a login by credentials that cannot be used.
type invalid struct{ err error }

func (i invalid) identity(context.Context, Scope) (*identity, error) { return nil, i.err }
func (invalid) drop(*identity) bool                                  { return false }

// renewed is a login by credentials that are obtained, and run out.
type renewed struct {
	from string
	// key returns the part of a scope that the credentials depend on.
	key    func(Scope) Scope
	obtain func(context.Context, Scope) (credentials, error)
	known  cache[Scope, *identity]
	// obtained holds the keys for which there have been credentials.
	obtained sync.Map
}

func newRenewed(from string, key func(Scope) Scope, obtain func(context.Context, Scope) (credentials, error)) *renewed {
	r := &renewed{from: from, key: key, obtain: obtain}
	r.known.expiry = func(id *identity) (refreshAt, expiresAt time.Time) {
		// Where the service has refused them, others would be no better, for all that is known.
		if !id.gate.acceptedAnywhere() {
			return time.Time{}, id.expires
		}

		return id.renewAt, id.expires
	}
	r.known.permanent = isMissing

	return r
}

func (r *renewed) identity(ctx context.Context, scope Scope) (*identity, error) {
	key := r.key(scope)

	return r.known.get(ctx, key, func(ctx context.Context) (*identity, error) {
		c, err := r.obtain(ctx, scope)
		if err != nil {
			return nil, r.failure(key, err)
		}

		r.obtained.Store(key, true)

		id := newIdentity(r.from, c)

		// A token that was asked for by the project's name is that of the project's ID too.
		if c.projectID != "" && scope.ProjectID == "" {
			byID := r.key(Scope{Region: scope.Region, ProjectID: c.projectID})
			r.obtained.Store(byID, true)
			r.known.put(byID, id)
		}

		return id, nil
	})
}

// failure returns err as what it means for the credentials for key: where there have been some, it is of their renewal.
func (r *renewed) failure(key Scope, err error) error {
	if _, renewal := r.obtained.Load(key); !renewal {
		return err
	}

	// There is a metadata service: this time it failed.
	var missing *MissingError
	if errors.As(err, &missing) {
		err = missing.Err
	}

	return fmt.Errorf("renewing the credentials (%s): %w", r.from, err)
}

func (r *renewed) drop(stale *identity) bool {
	r.known.invalidate(stale)

	return true
}

// everywhere is the key of credentials that hold in every scope.
func everywhere(Scope) Scope { return Scope{} }
