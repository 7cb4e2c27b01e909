// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"context"
	"errors"
	"math/big"
	"time"
)

// Instance is a DCS instance as the listing of instances describes it. Absent strings are empty.
//
// Source: API reference, GET /v2/{project_id}/instances.
type Instance struct {
	ID                  string
	Name                string
	Status              string
	Engine              string
	EngineVersion       string
	SpecCode            string
	CreatedAt           string // RFC 3339 in practice.
	EnterpriseProjectID string
	// Capacity is in GB, capacity_minor where capacity is 0 or absent. Nil where neither can be read.
	Capacity *big.Float
	// Tags are never nil. A tag without a value has an empty one.
	Tags map[string]string
}

// ProjectQuery says which backups of which instances of a project are read.
type ProjectQuery struct {
	// Region and ProjectID are as in [Query].
	Region    string
	ProjectID string
	// BeginTime and EndTime are as in [Query].
	BeginTime time.Time
	EndTime   time.Time
	// InstanceIDs are the IDs of instances that must exist, whatever Select says of them. Nil means none.
	InstanceIDs []string
	// Select reports whether the backups of an instance are read. Nil means that those of all instances are.
	Select func(*Instance) bool
}

// InstanceBackups is one instance and the listing of its backups.
type InstanceBackups struct {
	Instance Instance
	// BackupSupported is false where the service says that the instance cannot have backups (DCS.4095). Then Listing is empty.
	BackupSupported bool
	Listing         Listing
}

// ProjectListing is the result of a project query.
type ProjectListing struct {
	// Region and ProjectID are where the query was made.
	Region    string
	ProjectID string
	// InstanceMisfits and BackupMisfits are the values that did not fit their field, at most one for each field, over the
	// whole read.
	InstanceMisfits []Misfit
	BackupMisfits   []Misfit
}

// ProjectError says why a project could not be read as a whole.
type ProjectError struct {
	// Region and ProjectID are where the read was made, as far as that is known.
	Region    string
	ProjectID string
	// Selected is how many instances were selected, negative where the listing of instances was not read, and Read of how
	// many of them the backups had been read.
	Selected int
	Read     int
	// NotTried is how many instances were not tried because ten failures for one cause followed one another.
	NotTried int
	// Causes are why the backups of some instances could not be read, one for each cause.
	Causes []ProjectCause
	// Missing are those of ProjectQuery.InstanceIDs that are not in the project, or no longer.
	Missing []string
	// Err is why the read ended at once, such as a refusal of the credentials, the context's error, or that of the listing of
	// instances. It is nil where Causes or Missing is why.
	Err error
}

// ProjectCause is one reason for which the backups of instances could not be read.
type ProjectCause struct {
	// Err is the error of the first of Instances.
	Err error
	// Instances are in the order of their IDs.
	Instances []Instance
}

func (e *ProjectError) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}

	return "the backups of some instances could not be read"
}

// Unwrap returns Err and the error of each cause.
func (e *ProjectError) Unwrap() []error {
	var all []error
	if e.Err != nil {
		all = append(all, e.Err)
	}

	for _, cause := range e.Causes {
		all = append(all, cause.Err)
	}

	return all
}

// ProjectBackups reads the backups of the instances that query selects, and calls visit with each as soon as it is read: at
// most one call at a time, in any order. What visit does not keep is not kept. The error is a [*ProjectError], and then
// nothing that visit was given is to be used.
func (c *Client) ProjectBackups(
	_ context.Context, _ ProjectQuery, _ func(InstanceBackups),
) (ProjectListing, error) {
	return ProjectListing{}, &ProjectError{Selected: -1, Err: errors.New("not implemented")}
}
