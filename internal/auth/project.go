// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

type project struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// findProject asks IAM for the project of region: that of the account's project name, or of the region's.
//
// Source: IAM API reference, GET /v3/projects, and GET /v3/auth/projects for a user who may not list projects.
func (a *Account) findProject(ctx context.Context, region string) (string, error) {
	id, err := a.login.identity(ctx, Scope{Region: region})
	if err != nil {
		return "", err
	}

	if id.projectID != "" {
		return id.projectID, nil
	}

	name := a.projectName(region)

	projects, err := a.listProjects(ctx, region, "/v3/projects", url.Values{"name": {name}})

	var answer *transport.Error
	if errors.As(err, &answer) && answer.Status == http.StatusForbidden {
		projects, err = a.listProjects(ctx, region, "/v3/auth/projects", nil)
	}

	if err != nil {
		return "", &LoginError{Doing: fmt.Sprintf("looking up the project %q", name), Err: err}
	}

	projects = slices.DeleteFunc(projects, func(p project) bool { return p.Name != name })

	projects = slices.CompactFunc(projects, func(a, b project) bool { return a.ID == b.ID })
	if len(projects) == 1 {
		return projects[0].ID, nil
	}

	notOne := &ProjectError{Region: region, Name: name}
	for _, p := range projects {
		notOne.Found = append(notOne.Found, p.Name+" ("+p.ID+")")
	}

	return "", notOne
}

func (a *Account) listProjects(ctx context.Context, region, path string, query url.Values) ([]project, error) {
	var list struct {
		Projects []project `json:"projects"`
	}

	err := a.call(ctx, call{
		service: endpoint.IAM, region: region, method: http.MethodGet, path: path, query: query,
		auth:   a.Caller(Scope{Region: region}),
		decode: decodeJSON(&list),
	})

	return list.Projects, err
}

// lastingProjectError reports whether asking again would give the same answer.
func lastingProjectError(err error) bool {
	var (
		notOne  *ProjectError
		refused *RefusedError
		answer  *transport.Error
	)

	switch {
	case errors.As(err, &notOne):
		return true
	case errors.As(err, &refused):
		// The credentials remember it, and others may take their place.
		return false
	default:
		return errors.As(err, &answer) && !transport.Retryable(err)
	}
}

// decodeJSON returns what reads an answer into target, afresh for each attempt.
func decodeJSON[T any](target *T) func(transport.Answer) error {
	return func(answer transport.Answer) error {
		var fresh T

		err := json.NewDecoder(answer.Body).Decode(&fresh)
		*target = fresh

		return err
	}
}
