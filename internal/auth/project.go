// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"bytes"
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

// findProject looks up the project of region in IAM: the one with the session's project name, or with the region's name.
//
// Source: IAM API reference, GET /v3/projects, and GET /v3/auth/projects for a user who may not list projects.
func (s *Session) findProject(ctx context.Context, region string) (string, error) {
	c, err := s.provider.retrieve(ctx, Scope{Region: region})
	if err != nil {
		return "", err
	}

	if c.projectID != "" {
		return c.projectID, nil
	}

	name := s.projectName(region)

	projects, err := s.listProjects(ctx, region, "/v3/projects", url.Values{"name": {name}})

	var response *transport.Error
	if errors.As(err, &response) && response.Status == http.StatusForbidden {
		projects, err = s.listProjects(ctx, region, "/v3/auth/projects", nil)
	}

	if err != nil {
		return "", &LoginError{
			Doing: fmt.Sprintf("looking up the project %q", name), Project: true, Own: s.isOwn(region), Err: err,
		}
	}

	projects = slices.DeleteFunc(projects, func(p project) bool { return p.Name != name })

	projects = slices.CompactFunc(projects, func(a, b project) bool { return a.ID == b.ID })
	if len(projects) == 1 {
		return projects[0].ID, nil
	}

	notOne := &ProjectError{Region: region, Name: name, Own: s.isOwn(region)}
	for _, p := range projects[:min(len(projects), maxProjectsShown)] {
		notOne.Found = append(notOne.Found, p.Name+" ("+p.ID+")")
	}

	notOne.More = len(projects) - len(notOne.Found)

	return "", notOne
}

const (
	// maxProjects bounds the list of projects, elements that are none included.
	maxProjects = 10_000
	// maxProjectsShown is how many projects an error lists.
	maxProjectsShown = 10
	// maxProjectID bounds the ID of a project, in bytes. IDs have 32 letters and digits.
	maxProjectID = 64
)

func (s *Session) listProjects(ctx context.Context, region, path string, query url.Values) ([]project, error) {
	var list struct {
		Projects projectList `json:"projects"`
	}

	err := s.do(ctx, request{
		service: endpoint.IAM, region: region, method: http.MethodGet, path: path, query: query,
		auth: s.Authorizer(Scope{Region: region}),
		decode: func(response transport.Response) error {
			list.Projects = nil

			// 204 says that there are no projects.
			if response.Status == http.StatusNoContent {
				return nil
			}

			return decodeJSON(response.Body, &list, func() bool { return list.Projects == nil })
		},
	})

	return list.Projects, err
}

// projectList are the elements of a list that are projects with an ID, nil where there is no list.
type projectList []project

// UnmarshalJSON implements [json.Unmarshaler]. It decodes one element at a time, so that a list of more than [maxProjects]
// elements takes no memory.
func (l *projectList) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	*l = nil

	if start, err := decoder.Token(); err != nil || start != json.Delim('[') {
		return err // null, or what is no list, has no projects.
	}

	*l = projectList{}

	for n := 0; decoder.More(); n++ {
		if n == maxProjects {
			return fmt.Errorf("the list has more than %d projects", maxProjects)
		}

		var (
			p        project
			mismatch *json.UnmarshalTypeError
		)

		if err := decoder.Decode(&p); err != nil && !errors.As(err, &mismatch) {
			return err
		}

		if isProjectID(p.ID) {
			*l = append(*l, p)
		}
	}

	return nil
}

// isProjectID reports whether id, as IAM sent it, can become part of a path.
func isProjectID(id string) bool { return len(id) <= maxProjectID && endpoint.IsIdentifier(id) }

// isPermanentProjectError reports whether the error of a look-up is cached: another one would have it too.
func isPermanentProjectError(err error) bool {
	var (
		notOne   *ProjectError
		refused  *RefusedError
		response *transport.Error
	)

	switch {
	case errors.As(err, &notOne):
		return true
	case errors.As(err, &refused):
		// The gate of the credentials remembers it, and other credentials may replace them.
		return false
	default:
		return errors.As(err, &response) && !transport.Retryable(err)
	}
}
