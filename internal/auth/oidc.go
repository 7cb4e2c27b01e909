// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"terraform-provider-dcs/internal/boundedfile"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

// oidcLogin exchanges an ID token for a token, and that for a temporary key, with which the agency is assumed, if any.
//
// Source: IAM API reference, POST /v3.0/OS-AUTH/id-token/tokens and POST /v3.0/OS-CREDENTIAL/securitytokens (token).
func (a *Account) oidcLogin(o OIDC) login {
	trying := &trials{from: o.Origin, known: make(map[string]*gate)}

	federate := func(ctx context.Context, scope Scope) (credentials, error) {
		idToken, err := a.idToken(o)
		if err != nil {
			return credentials{}, err
		}

		body, err := json.Marshal(object{"auth": object{"id_token": object{"id": idToken}}})
		if err != nil {
			return credentials{}, err
		}

		header := jsonHeader()
		header.Set("X-Idp-Id", o.ProviderID)

		region := a.home(scope)

		token, err := a.token(ctx, call{
			service: endpoint.IAM, region: region, method: http.MethodPost, path: "/v3.0/OS-AUTH/id-token/tokens",
			header: header, body: body, auth: trying.of(idToken, time.Time{}),
		})
		if err != nil {
			return credentials{}, &LoginError{Doing: "logging in with the ID token", Err: err}
		}

		detail := object{"id": token.token}
		if o.Role.Duration > 0 && o.Role.AgencyName == "" {
			detail["duration_seconds"] = int64(o.Role.Duration / time.Second)
		}

		got, err := a.temporary(ctx, call{
			service: endpoint.IAM, region: region, path: securityTokensPath, auth: trying.of(idToken, token.expires),
		}, identityRequest("token", detail))
		if err != nil {
			return credentials{}, &LoginError{Doing: "exchanging the federated token for an access key", Err: err}
		}

		return got, nil
	}

	federated := newRenewed(o.Origin, everywhere, func(ctx context.Context, scope Scope) (credentials, error) {
		for {
			got, err := federate(ctx, scope)
			// The federated token may expire while its exchange waits.
			if !errors.Is(err, transport.ErrReauthorize) {
				return got, err
			}
		}
	})

	if o.Role.AgencyName == "" {
		return federated
	}

	return a.assume(o.Role, federated)
}

// idToken returns the ID token. A file is read each time: it is replaced before the token in it expires.
func (a *Account) idToken(o OIDC) (string, error) {
	if o.IDToken != "" {
		return o.IDToken, nil
	}

	content, err := boundedfile.Read(o.IDTokenFile)
	if err != nil {
		return "", &IDTokenFileError{File: o.IDTokenFile, Err: err}
	}

	token, err := a.obtained("its content", string(content))
	if err == nil && token == "" {
		err = errors.New("it is empty")
	}

	if err != nil {
		return "", &IDTokenFileError{File: o.IDTokenFile, Err: fmt.Errorf("%s: %w", o.IDTokenFile, err)}
	}

	return token, nil
}

// trials has each ID token tried like a key: by one request at a time, and by none once it was refused.
type trials struct {
	from string

	mu    sync.Mutex
	known map[string]*gate
}

// of returns the authorizer of requests with an ID token, or with a token that it was exchanged for and that expires.
func (t *trials) of(idToken string, expires time.Time) transport.Authorizer {
	t.mu.Lock()
	defer t.mu.Unlock()

	if t.known[idToken] == nil {
		t.known[idToken] = newGate()
	}

	return inBody{gate: t.known[idToken], from: t.from, expires: expires}
}
