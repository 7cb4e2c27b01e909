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

	"terraform-provider-dcs/internal/boundedfile"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

// oidcProvider exchanges an ID token for a token, and that for a temporary access key, with which the agency is assumed, if
// there is one.
func (s *Session) oidcProvider(o OIDC) credentialsProvider {
	// gates holds the gate of each ID token: one that was refused is replaced by another one in the file.
	var gates sync.Map

	federated := newCachedProvider(o.Origin, anyScope, func(ctx context.Context, scope Scope) (*credentials, error) {
		for {
			idToken, err := s.idToken(o)
			if err != nil {
				return nil, err
			}

			idTokenGate, _ := gates.LoadOrStore(idToken, newGate())

			//nolint:forcetypeassert // There is nothing else in it.
			got, err := s.federate(ctx, o, s.loginRegion(scope), idToken, idTokenGate.(*gate))
			if errors.Is(err, transport.ErrReauthorize) {
				// The federated token expired while its exchange waited.
				continue
			}

			return got, err
		}
	})

	if o.Role.AgencyName == "" {
		return federated
	}

	return s.agencyProvider(o.Role, federated)
}

// federate fetches a temporary access key for an ID token, in two requests that the gate of the ID token admits.
//
// Source: IAM API reference, POST /v3.0/OS-AUTH/id-token/tokens and POST /v3.0/OS-CREDENTIAL/securitytokens (token).
func (s *Session) federate(ctx context.Context, o OIDC, region, idToken string, idTokenGate *gate) (*credentials, error) {
	token, err := s.requestCredentials(ctx, s.decodeToken, request{
		service: endpoint.IAM, region: region, path: "/v3.0/OS-AUTH/id-token/tokens", header: http.Header{"X-Idp-Id": {o.ProviderID}},
		body: object{"auth": object{"id_token": object{"id": idToken}}}, auth: inBody{gate: idTokenGate, from: o.Origin},
	})
	if err != nil {
		return nil, &LoginError{Doing: "logging in with the ID token", Err: err}
	}

	detail := object{"id": token.token}
	if o.Role.Duration > 0 && o.Role.AgencyName == "" {
		detail["duration_seconds"] = int64(o.Role.Duration / time.Second)
	}

	got, err := s.requestCredentials(ctx, s.decodeKey, request{
		service: endpoint.IAM, region: region, path: securityTokensPath, body: identityRequest("token", detail),
		auth: inBody{gate: idTokenGate, from: o.Origin, expiresAt: token.expiresAt},
	})
	if err != nil {
		return nil, &LoginError{Doing: "exchanging the federated token for an access key", Err: err}
	}

	return got, nil
}

// idToken returns the ID token. A file is read each time: the ID token in it is replaced before it expires.
func (s *Session) idToken(o OIDC) (string, error) {
	if o.IDToken != "" {
		return o.IDToken, nil
	}

	content, err := boundedfile.Read(o.IDTokenFile)
	if err != nil {
		return "", &IDTokenFileError{File: o.IDTokenFile, Err: err}
	}

	token, err := s.obtained("its content", string(content))
	if err == nil && token == "" {
		err = errors.New("it is empty")
	}

	if err != nil {
		return "", &IDTokenFileError{File: o.IDTokenFile, Err: fmt.Errorf("%s: %w", o.IDTokenFile, err)}
	}

	return token, nil
}
