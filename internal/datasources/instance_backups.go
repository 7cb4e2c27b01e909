// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
)

var (
	_ datasource.DataSourceWithConfigure      = (*instanceBackups)(nil)
	_ datasource.DataSourceWithValidateConfig = (*instanceBackups)(nil)
)

// instanceBackups is the data source dcs_instance_backups: the backup records of one instance.
type instanceBackups struct{ configured }

// instanceBackupsBlock stands for the block of dcs_instance_backups: Terraform shows a block for a diagnostic of an attribute
// that a configuration does not set, and nothing for a diagnostic without an attribute.
var instanceBackupsBlock = path.Root("total_num")

// NewInstanceBackups returns the data source dcs_instance_backups. Its provider data is a [*ProviderData].
func NewInstanceBackups() datasource.DataSource { return &instanceBackups{} }

// Metadata implements [datasource.DataSource].
func (d *instanceBackups) Metadata(
	_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_instance_backups"
}

// Schema implements [datasource.DataSource].
func (d *instanceBackups) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = instanceBackupsSchema()
}

// Read implements [datasource.DataSource].
func (d *instanceBackups) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	args, diags := readArguments[instanceBackupsConfig](ctx, req.Config)
	resp.Diagnostics.Append(diags...)

	if resp.Diagnostics.HasError() {
		return
	}

	d.provider.takeWarning(instanceBackupsBlock, &resp.Diagnostics)

	ctx = tflog.SetField(ctx, "instance_id", args.query.InstanceID)
	begin := time.Now()

	listing, err := d.list(ctx, args)
	if err != nil {
		if failure, ok := errors.AsType[*dcsapi.ReadError](err); ok {
			args.query.Region, args.query.ProjectID = failure.Region, failure.ProjectID
		}

		resp.Diagnostics.Append(d.provider.explain(err, args.read(err, time.Since(begin))))

		return
	}

	backups, unreadable := newestFirst(args.filter.apply(listing.Backups))

	tflog.Info(ctx, "Read the backups of an instance", map[string]any{
		"region": d.provider.client.Redact(listing.Region), "project_id": d.provider.client.Redact(listing.ProjectID),
		"total_num": listing.TotalNum, "backups": len(backups), "duration_ms": time.Since(begin).Milliseconds(),
	})

	resp.Diagnostics.Append(d.provider.warnMisfits(instanceBackupsBlock, listing.Misfits)...)
	resp.Diagnostics.Append(warnUnreadableTimes(instanceBackupsBlock, unreadable)...)

	if size := recordsSize(backups); size > d.provider.maxState {
		resp.Diagnostics.Append(d.provider.stateTooLarge(instanceBackupsBlock, size, "`filter`, `limit`, `begin_time` or `end_time`"))
		return
	}

	state, err := instanceBackupsState(req.Config.Raw, auth.Scope{Region: listing.Region, ProjectID: listing.ProjectID},
		listing.TotalNum, backups)
	resp.Diagnostics.Append(setState(ctx, instanceBackupsBlock, &resp.State, state, err)...)
}

// list reads the listing that args ask for.
func (d *instanceBackups) list(ctx context.Context, args instanceBackupsArguments) (dcsapi.Listing, error) {
	ctx, cancel := context.WithTimeout(ctx, args.timeout.duration)
	defer cancel()

	return d.provider.client.Backups(ctx, args.query)
}
