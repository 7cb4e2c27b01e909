// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package dcsapi is the API of the Distributed Cache Service as Go: the backup records of an instance, and the instances of a
// project. It knows nothing of Terraform.
//
// # Listings
//
// A listing is read in pages, by a [Client] for backups and instances alike. A pager decides which page to request next,
// whether a page is the last one, and whether the listing changed between two pages. It sends nothing itself. A prefetch
// keeps up to five requests in flight for it. Where the listing changed, it is read from the start, three times at most.
//
// # Decoding
//
// The service, and its documentation, do not keep to their types. A value is decoded if it can be: a number or a bool sent as
// a string, and the other way round. One that does not fit its field is left out and becomes a [Misfit]. What is kept of a
// response is bounded: 10 000 elements of an array, 64 KiB of a text.
package dcsapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

// Config configures a [Client].
type Config struct {
	Transport *transport.Client
	Endpoints endpoint.Resolver
	Session   *auth.Session
}

// Client calls the service. It is safe for concurrent use.
type Client struct {
	cfg Config
}

// New returns a client.
func New(cfg Config) *Client { return &Client{cfg: cfg} }

// Redact returns text without secrets.
func (c *Client) Redact(text string) string { return c.cfg.Transport.Redact(text) }

// Query says which records of an instance are asked for.
type Query struct {
	// Region and ProjectID say where. Where they are empty, those of the session are used; a project that is not
	// configured is looked up in IAM.
	Region     string
	ProjectID  string
	InstanceID string
	// BeginTime and EndTime bound when a backup was created. Zero means not bounded. Sent in whole seconds, UTC.
	BeginTime time.Time
	EndTime   time.Time
	// Offset is how many records of the service's listing are skipped.
	Offset int64
	// Limit is how many records are read at most. 0 means all.
	Limit int64
}

// Listing is the result of a query.
type Listing struct {
	// Region and ProjectID are where the query was made.
	Region    string
	ProjectID string
	// Backups are in the service's order.
	Backups []Backup
	// TotalNum is the service's count for the query, regardless of Offset and Limit.
	TotalNum int64
	// Misfits are the values that did not fit their field, at most one for each field, in the order of the API's fields.
	Misfits []Misfit
}

// Backups returns the backup records that query asks for: each that existed during the whole call exactly once. It returns
// a [*ReadError], with [ErrKeepsChanging] where the listing changed each time that it was read.
func (c *Client) Backups(ctx context.Context, query Query) (Listing, error) {
	scope, err := c.scope(ctx, query.Region, query.ProjectID)
	if err != nil {
		return Listing{}, inScope(err, scope, query.InstanceID)
	}

	return c.backups(ctx, scope, query)
}

// scope returns where a read is made: region and projectID where they are given, else the configured ones.
func (c *Client) scope(ctx context.Context, region, projectID string) (auth.Scope, error) {
	scope, err := c.cfg.Session.Scope(ctx, region, projectID)
	if err != nil {
		return auth.Scope{Region: region, ProjectID: projectID}, &ReadError{TotalNum: unknownTotal, Err: err}
	}

	return scope, nil
}

// backups returns the backup records that query asks for in scope.
func (c *Client) backups(ctx context.Context, scope auth.Scope, query Query) (Listing, error) {
	fetch := func(ctx context.Context, r request) (page[Backup], error) {
		return fetchPage(ctx, c, scope, backupResource, r, query.values(), "instances", query.InstanceID, "backups")
	}

	read, err := list(ctx, backupResource.id, query.Offset, query.Limit, fetch)
	if err != nil {
		return Listing{}, inScope(err, scope, query.InstanceID)
	}

	return Listing{
		Region: scope.Region, ProjectID: scope.ProjectID, Backups: read.records, TotalNum: read.total, Misfits: read.misfits.list(),
	}, nil
}

// inScope notes in err, where it is a [ReadError], what was read.
func inScope(err error, scope auth.Scope, instanceID string) error {
	if failure, ok := errors.AsType[*ReadError](err); ok {
		failure.Region, failure.ProjectID, failure.InstanceID = scope.Region, scope.ProjectID, instanceID
	}

	return err
}

// TimeLayout is the API's own form of a time, that of begin_time and end_time, in UTC.
const TimeLayout = "20060102150405"

// fetchPage requests a page of the listing at path, which begins below the project.
func fetchPage[T any](
	ctx context.Context, c *Client, scope auth.Scope, res *resource[T], r request, query url.Values, path ...string,
) (page[T], error) {
	for _, segment := range append([]string{scope.Region, scope.ProjectID}, path...) {
		if !endpoint.IsIdentifier(segment) {
			return page[T]{}, fmt.Errorf("%q cannot be part of a URL: letters, digits, - and _ are allowed", segment)
		}
	}

	base, err := c.cfg.Endpoints.URL(endpoint.DCS, scope.Region)
	if err != nil {
		return page[T]{}, err
	}

	query.Set("offset", strconv.FormatInt(r.offset, 10))
	query.Set("limit", strconv.FormatInt(r.limit, 10))

	u := base.JoinPath("v2", scope.ProjectID).JoinPath(path...)
	u.RawQuery = query.Encode()

	var got page[T]

	err = c.cfg.Transport.Do(ctx, transport.Request{
		Method: http.MethodGet, URL: u, Auth: c.cfg.Session.Authorizer(scope),
		Decode: func(response transport.Response) (err error) {
			// 204 means that there are no records.
			if response.Status == http.StatusNoContent {
				got = page[T]{total: unknownTotal}

				return nil
			}

			got, err = decodePage(response.Body, res, r)

			return err
		},
	})

	return got, err
}

// values returns the parameters that say which records are wanted.
func (q Query) values() url.Values {
	values := make(url.Values)
	if !q.BeginTime.IsZero() {
		values.Set("begin_time", q.BeginTime.UTC().Format(TimeLayout))
	}

	if !q.EndTime.IsZero() {
		values.Set("end_time", q.EndTime.UTC().Format(TimeLayout))
	}

	return values
}
