// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
)

// instanceBackupsConfig is a configuration of dcs_instance_backups whose values are all known.
type instanceBackupsConfig struct {
	commonConfig

	InstanceID types.String `tfsdk:"instance_id"`
	Limit      types.Number `tfsdk:"limit"`
	Offset     types.Number `tfsdk:"offset"`

	// The computed attributes are null in a configuration.
	TotalNum         types.Int64  `tfsdk:"total_num"`
	Backups          types.List   `tfsdk:"backups"`
	Latest           types.Object `tfsdk:"latest"`
	LatestRestorable types.Object `tfsdk:"latest_restorable"`
}

// instanceBackupsArguments are the values of a configuration of dcs_instance_backups.
type instanceBackupsArguments struct {
	commonArguments

	query dcsapi.Query
}

// arguments returns the values of c, which the schema's validators have accepted.
func (c instanceBackupsConfig) arguments() (instanceBackupsArguments, diag.Diagnostics) {
	common, diags := c.commonConfig.arguments()

	return instanceBackupsArguments{
		commonArguments: common,
		query: dcsapi.Query{
			Region:     common.region,
			ProjectID:  common.projectID,
			InstanceID: c.InstanceID.ValueString(),
			BeginTime:  common.beginTime,
			EndTime:    common.endTime,
			Limit:      wholeNumber(c.Limit),
			Offset:     wholeNumber(c.Offset),
		},
	}, diags
}

// wholeNumber returns v, 0 where it is null.
func wholeNumber(v types.Number) int64 {
	if v.IsNull() {
		return 0
	}

	n, _ := v.ValueBigFloat().Int64()

	return n
}

// read describes the read that err ended after spent, for the explanation of err.
func (a instanceBackupsArguments) read(err error, spent time.Duration) read {
	instance := fmt.Sprintf("DCS instance %q", a.query.InstanceID)

	given := []string{"`instance_id`", "`project_id`"}
	if !a.query.BeginTime.IsZero() {
		given = append(given, "`begin_time`")
	}

	if !a.query.EndTime.IsZero() {
		given = append(given, "`end_time`")
	}

	if a.query.Offset > 0 {
		given = append(given, "`offset`")
	}

	if a.query.Limit > 0 {
		given = append(given, "`limit`")
	}

	return read{
		subject:    instance,
		what:       "the backups of " + instance,
		block:      instanceBackupsBlock,
		argument:   path.Root("instance_id"),
		arguments:  given,
		narrowBy:   "`begin_time`, `end_time` or `limit`",
		permission: "dcs:instance:getDataBackupLog",
		scope:      auth.Scope{Region: a.query.Region, ProjectID: a.query.ProjectID},
		timeout:    a.timeout,
		spent:      spent,
		progress:   listingProgress(err, "records"),
	}
}
