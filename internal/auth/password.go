// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"

	"terraform-provider-dcs/internal/endpoint"
)

// passwordProvider fetches a token for each project.
//
// Source: IAM API reference, POST /v3/auth/tokens (password).
func (s *Session) passwordProvider(p Password) credentialsProvider {
	auth := inBody{gate: newGate(), from: p.Origin}

	return newCachedProvider(p.Origin, func(scope Scope) Scope { return scope }, func(ctx context.Context, scope Scope) (*credentials, error) {
		name := s.projectName(scope.Region)
		if len(s.cfg.Roles) > 0 {
			// The session's project is one of the agency's account.
			name = scope.Region
		}

		got, err := s.requestCredentials(ctx, s.decodeToken, request{
			service: endpoint.IAM, region: scope.Region, path: "/v3/auth/tokens", body: passwordRequest(p, scope, name), auth: auth,
		})
		if err != nil {
			return nil, &LoginError{Doing: "logging in with the password", Err: err}
		}

		return got, nil
	})
}

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
