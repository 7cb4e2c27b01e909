// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

// agencyProvider fetches a temporary access key of the agency that role names, with the credentials of base.
//
// Sources: IAM API reference, POST /v3.0/OS-CREDENTIAL/securitytokens (assume_role); STS API reference,
// POST /v5/agencies/assume.
func (s *Session) agencyProvider(role Role, base credentialsProvider) credentialsProvider {
	from := fmt.Sprintf("agency %s, assumed with %s", role.AgencyName, fromOf(base))

	return newCachedProvider(from, anyScope, func(ctx context.Context, scope Scope) (*credentials, error) {
		region := s.loginRegion(scope)

		r := request{
			service: endpoint.IAM, region: region, path: securityTokensPath, body: assumeRequest(role),
			auth: authorizer{clock: &s.clock, provider: base, scope: Scope{Region: region}},
		}
		if role.DomainID != "" {
			r.service, r.path, r.body = endpoint.STS, "/v5/agencies/assume", assumeV5Request(role)
		}

		got, err := s.requestCredentials(ctx, s.decodeKey, r)
		if err != nil {
			return nil, &LoginError{Doing: "assuming agency " + role.AgencyName, Err: err}
		}

		return got, nil
	})
}

// exchangeProvider fetches a temporary access key for the token of base.
//
// Source: IAM API reference, POST /v3.0/OS-CREDENTIAL/securitytokens (token).
func (s *Session) exchangeProvider(base credentialsProvider) credentialsProvider {
	return newCachedProvider(fromOf(base), anyScope, func(ctx context.Context, scope Scope) (*credentials, error) {
		home := Scope{Region: s.loginRegion(scope)}

		for {
			token, err := base.retrieve(ctx, home)
			if err != nil {
				return nil, err
			}

			// The token is in the body. Its gate is that of the token all the same.
			got, err := s.requestCredentials(ctx, s.decodeKey, request{
				service: endpoint.IAM, region: home.Region, path: securityTokensPath,
				body: identityRequest("token", object{"id": token.token}), auth: inBody{gate: token.gate, from: token.from, expiresAt: token.expiresAt},
			})

			var refused *RefusedError

			switch {
			case err == nil:
				return got, nil
			case errors.Is(err, transport.ErrReauthorize), errors.As(err, &refused) && base.invalidate(token):
				// The token has expired or been withdrawn. Where it was never accepted, base returns the refusal.
				continue
			default:
				return nil, &LoginError{Doing: "exchanging the token for an access key", Err: err}
			}
		}
	})
}

const securityTokensPath = "/v3.0/OS-CREDENTIAL/securitytokens"

func fromOf(p credentialsProvider) string {
	switch p := p.(type) {
	case staticProvider:
		return p.credentials.from
	case *cachedProvider:
		return p.from
	default:
		return ""
	}
}

func assumeRequest(role Role) object {
	assume := object{"agency_name": role.AgencyName, "domain_name": role.DomainName}
	if role.Duration > 0 {
		assume["duration_seconds"] = int64(role.Duration / time.Second)
	}

	return identityRequest("assume_role", assume)
}

func assumeV5Request(role Role) object {
	assume := object{
		"agency_urn":          "iam::" + role.DomainID + ":agency:" + role.AgencyName,
		"agency_session_name": role.AgencyName,
	}
	if role.Duration > 0 {
		assume["duration_seconds"] = int64(role.Duration / time.Second)
	}

	return assume
}

func identityRequest(method string, detail object) object {
	return object{"auth": object{"identity": object{"methods": []string{method}, method: detail}}}
}
