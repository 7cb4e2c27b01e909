// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package auth authenticates requests: it obtains, caches and refreshes credentials, decides whether they may be used, and
// finds the project of a region.
package auth

import (
	"context"
	"time"

	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

// Config configures a [Session].
type Config struct {
	Transport *transport.Client
	// Endpoints are those of the public cloud where it is nil.
	Endpoints endpoint.Resolver
	// Region is the session's own region, empty where every call names one. RegionErr is why the configured one cannot be
	// used: the error of each call that needs it.
	Region    string
	RegionErr error
	// ProjectID and ProjectName belong to Region. Both may be empty: the project is then looked up by the region's name.
	// Without a Region they are those of every call. ProjectErr is why the configured ID cannot be used: the error of
	// each call that needs it.
	ProjectID   string
	ProjectErr  error
	ProjectName string
	// Source is where the credentials come from. Nil means [Metadata].
	Source Source
	// Roles are assumed in order, each with the credentials of the one before.
	Roles []Role
}

// Session holds the credentials of one configuration, whether the service accepts them, and the projects that were looked up.
// It is safe for concurrent use and meant to be shared by all requests.
type Session struct {
	cfg      Config
	clock    clock
	provider credentialsProvider
	projects *cache[string, string] // IDs by region.
}

// NewSession returns a session. It sends nothing: credentials and projects are fetched when a call needs them.
func NewSession(cfg Config) *Session {
	if cfg.Endpoints == nil {
		cfg.Endpoints = endpoint.Set{}
	}

	if cfg.Source == nil {
		cfg.Source = Metadata{}
	}

	never := func(string) (refreshAt, expiresAt time.Time) { return time.Time{}, time.Time{} }
	s := &Session{cfg: cfg, projects: newCache[string](never, isPermanentProjectError)}

	for _, secret := range secretsOf(cfg.Source) {
		cfg.Transport.AddSecret(secret)
	}

	s.provider = s.newProvider(cfg.Source)

	for i, role := range cfg.Roles {
		// STS accepts access keys only.
		if i == 0 && role.DomainID != "" && yieldsToken(cfg.Source) {
			s.provider = s.exchangeProvider(s.provider)
		}

		s.provider = s.agencyProvider(role, s.provider)
	}

	return s
}

// Scope is the region and the project of a request.
type Scope struct {
	Region    string
	ProjectID string
}

// Scope returns region and projectID where they are given, else the session's own. A project that is not known is looked up
// in IAM, once for each region. It returns [ErrNoRegion] where no region is known, a [*ProjectError] where the look-up does
// not find one project, and the endpoint's error, without sending anything, where the region has no endpoint of DCS.
func (s *Session) Scope(ctx context.Context, region, projectID string) (Scope, error) {
	if region == "" {
		if s.cfg.RegionErr != nil {
			return Scope{}, s.cfg.RegionErr
		}

		region = s.cfg.Region
	}

	if region == "" {
		return Scope{}, ErrNoRegion
	}

	if _, err := s.cfg.Endpoints.URL(endpoint.DCS, region); err != nil {
		return Scope{Region: region}, err
	}

	if projectID == "" {
		own, err := s.ownProjectID(region)
		if err != nil {
			return Scope{Region: region}, err
		}

		projectID = own
	}

	if projectID != "" {
		return Scope{Region: region, ProjectID: projectID}, nil
	}

	projectID, err := s.projects.get(ctx, region, func(ctx context.Context) (string, error) { return s.findProject(ctx, region) })

	return Scope{Region: region, ProjectID: projectID}, err
}

// ownProjectID returns the session's project where it belongs to region.
func (s *Session) ownProjectID(region string) (string, error) {
	switch {
	case s.cfg.RegionErr != nil:
		// Where the session has a project, its region is needed.
		if s.cfg.ProjectID != "" || s.cfg.ProjectErr != nil || s.cfg.ProjectName != "" {
			return "", s.cfg.RegionErr
		}

		return "", nil
	case s.isOwn(region):
		return s.cfg.ProjectID, s.cfg.ProjectErr
	default:
		return "", nil
	}
}

// isOwn reports whether the session's project is about region: where the session has no region it is about every one.
func (s *Session) isOwn(region string) bool { return s.cfg.Region == "" || s.cfg.Region == region }

// projectName returns the name of the project in region.
func (s *Session) projectName(region string) string {
	if s.isOwn(region) && s.cfg.ProjectName != "" {
		return s.cfg.ProjectName
	}

	return region
}

// Authorizer authorizes requests in scope.
func (s *Session) Authorizer(scope Scope) transport.Authorizer {
	return authorizer{clock: &s.clock, provider: s.provider, scope: scope}
}

// loginRegion returns the region in whose IAM credentials are obtained that are valid in every region.
func (s *Session) loginRegion(scope Scope) string {
	if s.cfg.Region != "" {
		return s.cfg.Region
	}

	return scope.Region
}
