// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package dcsapi is the API of the Distributed Cache Service as Go: the backup records of an instance. It knows nothing
// of Terraform.
package dcsapi

import (
	"context"
	"errors"
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

// Backups returns the backup records that query asks for.
func (c *Client) Backups(ctx context.Context, query Query) (Listing, error) {
	return Listing{}, errors.ErrUnsupported
}

// Redacted returns text without secrets.
func (c *Client) Redacted(text string) string { return c.cfg.Transport.Redacted(text) }

// Backup is one backup record of an instance, with the fields of the API's BackupRecordResponse. A text that the
// service leaves out, or sends as null, "" or {}, is empty; a number or bool is nil.
//
// Source: API reference, GET /v2/{project_id}/instances/{instance_id}/backups.
type Backup struct {
	ID               string
	Name             string
	Type             string
	Format           string
	InstanceID       string
	Size             *int64 // Bytes.
	Period           string // Planned window of an automatic backup, e.g. "22:00-23:00".
	CreatedAt        string
	UpdatedAt        string
	ExecutionAt      string
	Progress         *float64 // Percent.
	Status           string
	ErrorCode        string
	Remark           string
	IsSupportRestore *bool
}

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

// Misfit tells of values that did not fit their field and are therefore missing.
type Misfit struct {
	// Field is the API's name of the field.
	Field string
	// BackupID is the ID of the first record concerned, empty where it has none, and Value what was sent, shortened.
	BackupID string
	Value    string
	// More is how many further records are concerned.
	More int
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
