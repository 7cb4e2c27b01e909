// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

// passwordLogin gets a token for each project.
//
// Source: IAM API reference, POST /v3/auth/tokens (password).
func (a *Account) passwordLogin(p Password) login {
	trying := a.trying(p.Origin)

	return newRenewed(p.Origin, func(scope Scope) Scope { return scope }, func(ctx context.Context, scope Scope) (credentials, error) {
		name := a.projectName(scope.Region)
		if len(a.cfg.Roles) > 0 {
			// The project that the account names is the agency's.
			name = scope.Region
		}

		body, err := json.Marshal(passwordRequest(p, scope, name))
		if err != nil {
			return credentials{}, err
		}

		got, err := a.token(ctx, call{
			service: endpoint.IAM, region: scope.Region, method: http.MethodPost, path: "/v3/auth/tokens",
			header: jsonHeader(), body: body, auth: trying,
		})
		if err != nil {
			return credentials{}, &LoginError{Doing: "logging in with the password", Err: err}
		}

		return got, nil
	})
}

type object = map[string]any

func passwordRequest(p Password, scope Scope, projectName string) object {
	domain := domainOf(p.DomainName, p.DomainID)

	user := object{"password": p.Password}
	if p.UserID != "" {
		user["id"] = p.UserID
	} else {
		user["name"] = p.UserName
		user["domain"] = domain
	}

	project := object{"id": scope.ProjectID}
	if scope.ProjectID == "" {
		project = object{"name": projectName}
		if len(domain) > 0 {
			project["domain"] = domain
		}
	}

	return object{"auth": object{
		"identity": object{"methods": []string{"password"}, "password": object{"user": user}},
		"scope":    object{"project": project},
	}}
}

func domainOf(name, id string) object {
	switch {
	case id != "":
		return object{"id": id}
	case name != "":
		return object{"name": name}
	default:
		return object{}
	}
}

// token sends c, which asks for a token.
func (a *Account) token(ctx context.Context, c call) (credentials, error) {
	var got credentials

	c.confidential = true
	c.decode = func(answer transport.Response) error {
		var body struct {
			Token struct {
				ExpiresAt string `json:"expires_at"`
				Project   struct {
					ID string `json:"id"`
				} `json:"project"`
			} `json:"token"`
		}
		if err := decodeJSON(answer.Body, &body); err != nil {
			return err
		}

		token, err := a.obtained("the token in X-Subject-Token", answer.Header.Get("X-Subject-Token"))
		if err != nil {
			return err
		}

		if token == "" {
			return errors.New("the response has no token in X-Subject-Token")
		}

		got = credentials{token: token, projectID: body.Token.Project.ID}
		a.setExpiry(&got, body.Token.ExpiresAt, answer.Header)

		return nil
	}

	err := a.call(ctx, c)

	return got, err
}
