// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

// assume returns the login by role, for which base asks.
//
// Sources: IAM API reference, POST /v3.0/OS-CREDENTIAL/securitytokens (assume_role); STS API reference,
// POST /v5/agencies/assume.
func (a *Account) assume(role Role, base login) login {
	from := fmt.Sprintf("agency %s, assumed with %s", role.AgencyName, fromOf(base))

	return newRenewed(from, everywhere, func(ctx context.Context, scope Scope) (credentials, error) {
		region := a.home(scope)
		auth := authorizer{clock: &a.clock, login: base, scope: Scope{Region: region}}

		c := call{service: endpoint.IAM, region: region, path: securityTokensPath, auth: auth}
		request := assumeRequest(role)

		if role.DomainID != "" {
			c.service, c.path = endpoint.STS, "/v5/agencies/assume"
			request = assumeV5Request(role)
		}

		got, err := a.temporary(ctx, c, request)
		if err != nil {
			return credentials{}, &LoginError{Doing: "assuming agency " + role.AgencyName, Err: err}
		}

		return got, nil
	})
}

// exchange returns the login by the temporary key that IAM gives for base's token.
func (a *Account) exchange(base login) login {
	return newRenewed(fromOf(base), everywhere, func(ctx context.Context, scope Scope) (credentials, error) {
		home := Scope{Region: a.home(scope)}

		for {
			token, err := base.identity(ctx, home)
			if err != nil {
				return credentials{}, err
			}

			got, err := a.keyFor(ctx, token, home.Region)

			var refused *RefusedError

			switch {
			case err == nil:
				return got, nil
			case errors.Is(err, transport.ErrReauthorize):
				// The token expired, or was replaced, while the request waited.
				continue
			case errors.As(err, &refused) && token.gate.acceptedAnywhere() && base.drop(token):
				// It was good, and has run out or been withdrawn since.
				continue
			default:
				return credentials{}, &LoginError{Doing: "exchanging the token for an access key", Err: err}
			}
		}
	})
}

// keyFor asks IAM in region for a temporary key for a token, which is in the body: what the service thinks of that is
// noted with the token all the same.
//
// Source: IAM API reference, POST /v3.0/OS-CREDENTIAL/securitytokens (token).
func (a *Account) keyFor(ctx context.Context, token *identity, region string) (credentials, error) {
	bearer := inBody{gate: token.gate, from: token.from, expires: token.expires}

	return a.temporary(ctx, call{service: endpoint.IAM, region: region, path: securityTokensPath, auth: bearer},
		identityRequest("token", object{"id": token.token}))
}

const securityTokensPath = "/v3.0/OS-CREDENTIAL/securitytokens"

func fromOf(l login) string {
	switch l := l.(type) {
	case fixed:
		return l.id.from
	case *renewed:
		return l.from
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
	request := object{
		"agency_urn":          "iam::" + role.DomainID + ":agency:" + role.AgencyName,
		"agency_session_name": role.AgencyName,
	}
	if role.Duration > 0 {
		request["duration_seconds"] = int64(role.Duration / time.Second)
	}

	return request
}

func identityRequest(method string, detail object) object {
	return object{"auth": object{"identity": object{"methods": []string{method}, method: detail}}}
}

// temporary sends request, which asks for a temporary key, by c.
func (a *Account) temporary(ctx context.Context, c call, request object) (credentials, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return credentials{}, err
	}

	c.method, c.header, c.body = http.MethodPost, jsonHeader(), body

	r, err := a.request(c)
	if err != nil {
		return credentials{}, err
	}

	return a.askKey(ctx, a.cfg.Transport, r)
}

// askKey has client send r, which asks for a temporary key.
func (a *Account) askKey(ctx context.Context, client *transport.Client, r transport.Request) (credentials, error) {
	var got credentials

	r.Confidential = true
	r.Decode = func(answer transport.Response) (err error) {
		got, err = a.decodeKey(answer)

		return err
	}

	err := client.Do(ctx, r)

	return got, err
}

var errNoKey = errors.New("the response has no temporary access key")

// decodeKey reads a temporary key as IAM, STS and the metadata service send it.
func (a *Account) decodeKey(answer transport.Response) (credentials, error) {
	var body struct {
		IAM struct {
			Access        string `json:"access"`
			Secret        string `json:"secret"`
			SecurityToken string `json:"securitytoken"`
			ExpiresAt     string `json:"expires_at"`
		} `json:"credential"`
		STS struct {
			AccessKeyID     string `json:"access_key_id"`
			SecretAccessKey string `json:"secret_access_key"`
			SecurityToken   string `json:"security_token"`
			Expiration      string `json:"expiration"`
		} `json:"credentials"`
	}
	switch err := decodeJSON(answer.Body, &body); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return credentials{}, err
	case err != nil:
		// The decoder's error quotes what it has read.
		return credentials{}, errNoKey
	}

	keys := Keys{AccessKey: body.IAM.Access, SecretKey: body.IAM.Secret, SecurityToken: body.IAM.SecurityToken}
	expires := body.IAM.ExpiresAt

	if keys == (Keys{}) {
		keys = Keys{
			AccessKey: body.STS.AccessKeyID, SecretKey: body.STS.SecretAccessKey, SecurityToken: body.STS.SecurityToken,
		}
		expires = body.STS.Expiration
	}

	for _, part := range []struct {
		name  string
		value *string
	}{
		{"the access key", &keys.AccessKey}, {"the secret key", &keys.SecretKey}, {"the security token", &keys.SecurityToken},
	} {
		var err error

		switch *part.value, err = a.obtained(part.name, *part.value); {
		case err != nil:
			return credentials{}, fmt.Errorf("%w: %w", errNoKey, err)
		case *part.value == "":
			return credentials{}, errNoKey
		}
	}

	got := credentials{Keys: keys}
	a.setExpiry(&got, expires, answer.Header)

	return got, nil
}
