// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"net/url"
	"time"

	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

// Scope is where a call is made.
type Scope struct {
	Region    string
	ProjectID string
}

// Account is a configured caller. It is safe for concurrent use, and meant to be shared: credentials, what the service
// said of them, and projects are kept in it.
type Account struct {
	cfg      Config
	clock    clock
	login    login
	projects cache[string, string]
}

// NewAccount returns an account. It sends nothing: credentials and projects are obtained when a call needs them.
func NewAccount(cfg Config) *Account {
	if cfg.Endpoints == nil {
		cfg.Endpoints = endpoint.Set{}
	}

	a := &Account{cfg: cfg}
	a.projects.expiry = func(string) (refreshAt, expiresAt time.Time) { return time.Time{}, time.Time{} }
	a.projects.permanent = lastingProjectError

	for _, secret := range configuredSecrets(cfg.Source) {
		cfg.Transport.AddSecret(secret)
	}

	a.login = a.newLogin(cfg.Source)

	for i, role := range cfg.Roles {
		// STS takes no tokens.
		if i == 0 && role.DomainID != "" && isByToken(cfg.Source) {
			a.login = a.exchange(a.login)
		}

		a.login = a.assume(role, a.login)
	}

	return a
}

// Scope returns where a call is made: region and projectID where they are given, else the account's own; a project that
// is not known is looked up in IAM, once per region. It returns [ErrNoRegion] where no region is known. Nothing is sent where
// the region has no endpoint of DCS.
func (a *Account) Scope(ctx context.Context, region, projectID string) (Scope, error) {
	if region == "" {
		if a.cfg.RegionErr != nil {
			return Scope{}, a.cfg.RegionErr
		}

		region = a.cfg.Region
	}

	if region == "" {
		return Scope{}, ErrNoRegion
	}

	if _, err := a.cfg.Endpoints.URL(endpoint.DCS, region); err != nil {
		return Scope{Region: region}, err
	}

	if projectID == "" {
		own, err := a.ownProjectID(region)
		if err != nil {
			return Scope{Region: region}, err
		}

		projectID = own
	}

	if projectID != "" {
		return Scope{Region: region, ProjectID: projectID}, nil
	}

	projectID, err := a.projects.get(ctx, region, func(ctx context.Context) (string, error) { return a.findProject(ctx, region) })

	return Scope{Region: region, ProjectID: projectID}, err
}

// ownProjectID returns the account's project where it is one of region.
func (a *Account) ownProjectID(region string) (string, error) {
	switch {
	case a.cfg.RegionErr != nil:
		// Where the account has a project, its region is needed.
		if a.cfg.ProjectID != "" || a.cfg.ProjectErr != nil || a.cfg.ProjectName != "" {
			return "", a.cfg.RegionErr
		}

		return "", nil
	case a.cfg.Region == "" || a.cfg.Region == region:
		return a.cfg.ProjectID, a.cfg.ProjectErr
	default:
		return "", nil
	}
}

// Caller returns the authorizer of requests in scope.
func (a *Account) Caller(scope Scope) transport.Authorizer {
	return authorizer{clock: &a.clock, login: a.login, scope: scope}
}

// call sends a request to IAM or STS.
func (a *Account) call(ctx context.Context, c call) error {
	r, err := a.request(c)
	if err != nil {
		return err
	}

	return a.cfg.Transport.Do(ctx, r)
}

func (a *Account) request(c call) (transport.Request, error) {
	base, err := a.cfg.Endpoints.URL(c.service, c.region)
	if err != nil {
		return transport.Request{}, err
	}

	u := base.JoinPath(c.path)
	u.RawQuery = c.query.Encode()

	return transport.Request{
		Method: c.method, URL: u, Header: c.header, Body: c.body, Auth: c.auth, Confidential: c.confidential, Decode: c.decode,
	}, nil
}

// projectName returns the name under which the project of region is known.
func (a *Account) projectName(region string) string {
	if region == a.cfg.Region && a.cfg.ProjectName != "" {
		return a.cfg.ProjectName
	}

	return region
}

// home returns the region whose IAM is asked for credentials that hold in every region.
func (a *Account) home(scope Scope) string {
	if a.cfg.Region != "" {
		return a.cfg.Region
	}

	return scope.Region
}

// call is a request to IAM or STS.
type call struct {
	service endpoint.Service
	region  string
	method  string
	path    string
	query   url.Values
	header  map[string][]string
	body    []byte
	auth    transport.Authorizer
	// confidential says that the answer may hold credentials.
	confidential bool
	decode       func(transport.Response) error
}
