// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
)

// projectBackupsConfig is a configuration of dcs_project_backups whose values are all known.
type projectBackupsConfig struct {
	commonConfig

	InstanceFilter *instanceFilterConfig `tfsdk:"instance_filter"`
	IncludeBackups types.Bool            `tfsdk:"include_backups"`

	// The computed attribute is null in a configuration.
	Instances types.Map `tfsdk:"instances"`
}

// projectBackupsArguments are the values of a configuration of dcs_project_backups.
type projectBackupsArguments struct {
	commonArguments

	query          dcsapi.ProjectQuery
	includeBackups bool
}

// arguments returns the values of c, which the schema's validators have accepted.
func (c projectBackupsConfig) arguments() (projectBackupsArguments, diag.Diagnostics) {
	common, diags := c.commonConfig.arguments()
	instances := c.InstanceFilter.filter(&diags)

	return projectBackupsArguments{
		commonArguments: common,
		query: dcsapi.ProjectQuery{
			Region:      common.region,
			ProjectID:   common.projectID,
			BeginTime:   common.beginTime,
			EndTime:     common.endTime,
			InstanceIDs: instances.ids,
			Select:      instances.matches,
		},
		includeBackups: c.IncludeBackups.ValueBool(),
	}, diags
}

// narrowState returns the arguments that make the state smaller.
func (a projectBackupsArguments) narrowState() string {
	if a.includeBackups {
		return "`filter`, `begin_time`, `end_time` or `instance_filter`, or leave out `include_backups`"
	}

	return "`instance_filter`"
}

// read describes the read that failure ended after spent, for the explanation of failure.
func (a projectBackupsArguments) read(failure *dcsapi.ProjectError, spent time.Duration) read {
	r := read{
		subject:    "the project",
		what:       "the DCS instances",
		block:      projectBackupsBlock,
		arguments:  []string{"`region`", "`project_id`"},
		permission: "dcs:instance:list",
		scope:      auth.Scope{Region: failure.Region, ProjectID: failure.ProjectID},
		timeout:    a.timeout,
		spent:      spent,
		progress:   listingProgress(failure.Err, "instances"),
	}

	if failure.ProjectID != "" {
		r.subject = fmt.Sprintf("project %q", failure.ProjectID)
	}

	if failure.Selected >= 0 {
		r.progress = progress{items: "instances", read: failure.Read, total: int64(failure.Selected), requests: uncounted}
	}

	if failure.OfInstanceListing() {
		return r
	}

	r.what = "the backups of " + r.subject
	r.permission = "dcs:instance:getDataBackupLog"
	r.narrowBy = "`instance_filter`"

	if !a.query.BeginTime.IsZero() {
		r.arguments = append(r.arguments, "`begin_time`")
	}

	if !a.query.EndTime.IsZero() {
		r.arguments = append(r.arguments, "`end_time`")
	}

	return r
}
