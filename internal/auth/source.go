// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"fmt"
	"time"

	"terraform-provider-dcs/internal/auth/sign"
)

// Source is where credentials come from: [Keys], [Token], [Password], [OIDC], [Metadata] or [Invalid].
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
	// Origin is what From returns, as in the other sources.
	Origin string
	// Profile says that the key is one of a KooCLI profile.
	Profile bool
}

// Token is an IAM token.
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
	// IDToken is the ID token. Where it is empty, IDTokenFile is read each time that an ID token is needed.
	IDToken     string
	IDTokenFile string
	// Role is assumed with the federated credentials. Its AgencyName is empty where none is.
	Role   Role
	Origin string
}

// Metadata requests a temporary key from the metadata service of the ECS that the provider runs on.
type Metadata struct {
	// Endpoint is the base URL; empty means the link-local address of every ECS.
	Endpoint string
	// Looked lists the places without credentials that come before, for [MissingError].
	Looked []string
}

// Invalid is credentials that cannot be used. Every call that needs them returns Err.
type Invalid struct{ Err error }

// Role is an agency to assume: by STS v5 where DomainID is set, else by IAM v3 with DomainName.
type Role struct {
	AgencyName string
	DomainName string
	DomainID   string
	// Duration is the lifetime to request for the credentials, 0 for the service's default.
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

// newProvider returns the provider of the credentials of source.
func (s *Session) newProvider(source Source) credentialsProvider {
	switch source := source.(type) {
	case Keys:
		keys := sign.Keys{AccessKey: source.AccessKey, SecretKey: source.SecretKey, SecurityToken: source.SecurityToken}

		return staticProvider{&credentials{Keys: keys, from: source.Origin, profile: source.Profile, gate: newGate()}}
	case Token:
		return staticProvider{&credentials{token: source.Token, from: source.Origin, gate: newGate()}}
	case Password:
		return s.passwordProvider(source)
	case OIDC:
		return s.oidcProvider(source)
	case Metadata:
		return s.metadataProvider(source)
	case Invalid:
		return invalidProvider{source.Err}
	default:
		return invalidProvider{fmt.Errorf("unknown source of credentials: %T", source)}
	}
}

// yieldsToken reports whether the credentials of source are a token, and not an access key.
func yieldsToken(source Source) bool {
	switch source.(type) {
	case Token, Password:
		return true
	default:
		return false
	}
}

// secretsOf returns the secrets that source holds.
func secretsOf(source Source) []string {
	switch source := source.(type) {
	case Keys:
		return []string{source.AccessKey, source.SecretKey, source.SecurityToken}
	case Token:
		return []string{source.Token}
	case Password:
		return []string{source.Password}
	case OIDC:
		return []string{source.IDToken}
	default:
		return nil
	}
}
