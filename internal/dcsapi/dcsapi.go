// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package dcsapi is the API of the Distributed Cache Service as Go: the backup records of an instance. It knows nothing
// of Terraform.
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
	Endpoints endpoint.Set
	Account   *auth.Account
}

// Client calls the service. It is safe for concurrent use.
type Client struct {
	cfg Config
}

// New returns a client.
func New(cfg Config) *Client { return &Client{cfg: cfg} }

// Scope returns where a call is made: region and projectID where they are given, else those of the account. A project
// that nobody named is looked up in IAM.
func (c *Client) Scope(ctx context.Context, region, projectID string) (auth.Scope, error) {
	return c.cfg.Account.Scope(ctx, region, projectID)
}

// Redact returns text without secrets.
func (c *Client) Redact(text string) string { return c.cfg.Transport.Redact(text) }

// Query says which records of an instance are asked for.
type Query struct {
	Scope      auth.Scope
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
	// Backups are in the service's order.
	Backups []Backup
	// TotalNum is the service's count for the query, regardless of Offset and Limit.
	TotalNum int64
	// Misfits are the values that did not fit their field, at most one for each field, in the order of the API's fields.
	Misfits []Misfit
}

// ErrKeepsChanging says that the listing changed during each of the attempts to read it as a whole.
var ErrKeepsChanging = errors.New("the listing keeps changing while it is read")

// ReadError says how far a read got before it failed.
type ReadError struct {
	// Read is how many records were read, TotalNum the service's last count (negative where it gave none), Requests how
	// many requests of the listing were answered.
	Read     int
	TotalNum int64
	Requests int
	Err      error
}

func (e *ReadError) Error() string { return e.Err.Error() }

// Unwrap returns why the read failed.
func (e *ReadError) Unwrap() error { return e.Err }

// timeLayout is that of begin_time and end_time, in UTC.
const timeLayout = "20060102150405"

// page asks for the records of query's listing from offset on, limit at most.
//
// Source: API reference, GET /v2/{project_id}/instances/{instance_id}/backups.
func (c *Client) page(ctx context.Context, query Query, offset, limit int64) (page, error) {
	for _, id := range []string{query.Scope.Region, query.Scope.ProjectID, query.InstanceID} {
		if !isID(id) {
			return page{}, fmt.Errorf("%q cannot be part of a URL: letters, digits, - and _ are allowed", id)
		}
	}

	base, err := c.cfg.Endpoints.URL(endpoint.DCS, query.Scope.Region)
	if err != nil {
		return page{}, err
	}

	u := base.JoinPath("v2", query.Scope.ProjectID, "instances", query.InstanceID, "backups")
	u.RawQuery = query.values(offset, limit).Encode()

	var got page

	err = c.cfg.Transport.Do(ctx, transport.Request{
		Method: http.MethodGet, URL: u, Auth: c.cfg.Account.Caller(query.Scope),
		Decode: func(answer transport.Answer) (err error) {
			// 204 says that there are no records.
			if answer.Status == http.StatusNoContent {
				got = page{total: unknownTotal}

				return nil
			}

			got, err = decodePage(answer.Body)

			return err
		},
	})

	return got, err
}

func (q Query) values(offset, limit int64) url.Values {
	values := url.Values{
		"offset": {strconv.FormatInt(offset, 10)},
		"limit":  {strconv.FormatInt(limit, 10)},
	}
	if !q.BeginTime.IsZero() {
		values.Set("begin_time", q.BeginTime.UTC().Format(timeLayout))
	}

	if !q.EndTime.IsZero() {
		values.Set("end_time", q.EndTime.UTC().Format(timeLayout))
	}

	return values
}

// isID reports whether id can stand in a host name or path without changing who is asked, and what for.
func isID(id string) bool {
	for _, c := range []byte(id) {
		if !('A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}

	return id != ""
}
