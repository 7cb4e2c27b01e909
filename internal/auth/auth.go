// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package auth knows who calls: it signs requests, obtains and renews credentials, and finds the project of a region.
package auth

import (
	"time"

	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

// Config configures an [Account].
type Config struct {
	Transport *transport.Client
	// Endpoints are those of the public cloud where it is nil.
	Endpoints endpoint.Resolver
	// Region is the account's own region, empty where every call names one. RegionErr is why the configured one cannot be
	// used: the error of each call that needs it.
	Region    string
	RegionErr error
	// ProjectID and ProjectName belong to Region. Both may be empty: the project is then looked up by the region's name.
	// Without a Region, ProjectID is that of every call. ProjectErr is why the configured ID cannot be used: the error of
	// each call that needs it.
	ProjectID   string
	ProjectErr  error
	ProjectName string
	// Source is where the credentials come from.
	Source Source
	// Roles are assumed in order, each with the credentials of the one before.
	Roles []Role
}

// Source is one way of logging in: [Keys], [Token], [Password], [OIDC], [Metadata] or [Invalid].
type Source interface {
	// From says in a few words where the credentials come from, e.g. "access_key and secret_key of the provider block".
	From() string
}

// Keys is a permanent or temporary access key.
type Keys struct {
	AccessKey string
	SecretKey string
	// SecurityToken comes with a temporary key, and is empty for a permanent one.
	SecurityToken string
	// Origin is what From returns; so it is in the other sources.
	Origin string
}

// Token is an IAM token that the user already has.
type Token struct {
	Token  string
	Origin string
}

// Password is a login by an IAM user's name (with a domain) or ID, and password.
type Password struct {
	UserName   string
	UserID     string
	Password   string
	DomainName string
	DomainID   string
	Origin     string
}

// OIDC is a federated login with an ID token, and then the agency that it names, if any.
type OIDC struct {
	ProviderID string
	// IDToken is used as it is; otherwise IDTokenFile is read, again whenever a token is needed.
	IDToken     string
	IDTokenFile string
	Role        Role // Its AgencyName is empty where none is assumed.
	Origin      string
}

// Metadata asks the metadata service of the ECS that the provider runs on.
type Metadata struct {
	// Endpoint is the base URL; empty means the link-local address of every ECS.
	Endpoint string
	// Looked lists where else credentials were looked for, for the error that says there are none.
	Looked []string
}

// Invalid is credentials that cannot be used, for the reason that every call returns.
type Invalid struct{ Err error }

// Role is an agency whose temporary credentials are asked for: by STS v5 where DomainID is set, else by IAM v3 with DomainName.
type Role struct {
	AgencyName string
	DomainName string
	DomainID   string
	// Duration is how long the credentials shall be valid; 0 leaves it to the service.
	Duration time.Duration
}

// From implements [Source].
func (k Keys) From() string { return k.Origin }

// From implements [Source].
func (t Token) From() string { return t.Origin }

// From implements [Source].
func (p Password) From() string { return p.Origin }

// From implements [Source].
func (o OIDC) From() string { return o.Origin }

// From implements [Source].
func (Metadata) From() string { return "the ECS metadata service" }

// From implements [Source].
func (Invalid) From() string { return "" }
