// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
)

var (
	_ datasource.DataSourceWithConfigure      = (*projectBackups)(nil)
	_ datasource.DataSourceWithValidateConfig = (*projectBackups)(nil)
)

// projectBackups is the data source dcs_project_backups: the instances of a project, each with its newest backups.
type projectBackups struct{ configured }

// projectBackupsBlock stands for the block of dcs_project_backups, as [instanceBackupsBlock] does for that of
// dcs_instance_backups.
var projectBackupsBlock = path.Root("instances")

// NewProjectBackups returns the data source dcs_project_backups. Its provider data is a [*ProviderData].
func NewProjectBackups() datasource.DataSource { return &projectBackups{} }

// Metadata implements [datasource.DataSource].
func (d *projectBackups) Metadata(
	_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_project_backups"
}

// Schema implements [datasource.DataSource].
func (d *projectBackups) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = projectBackupsSchema()
}

// Read implements [datasource.DataSource].
func (d *projectBackups) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	args, diags := readArguments[projectBackupsConfig](ctx, req.Config)
	resp.Diagnostics.Append(diags...)

	if resp.Diagnostics.HasError() {
		return
	}

	d.provider.takeWarning(projectBackupsBlock, &resp.Diagnostics)

	begin := time.Now()
	instances := newInstanceMap(args.filter, args.includeBackups, d.provider.maxState)

	listing, err := d.list(ctx, args, instances.add)
	if err != nil {
		resp.Diagnostics.Append(d.provider.explainProject(err, args, time.Since(begin))...)
		return
	}

	tflog.Info(ctx, "Read the backups of a project", map[string]any{
		"region": d.provider.client.Redact(listing.Region), "project_id": d.provider.client.Redact(listing.ProjectID),
		"instances": len(instances.instances), "duration_ms": time.Since(begin).Milliseconds(),
	})

	resp.Diagnostics.Append(d.provider.warnInstanceMisfits(projectBackupsBlock, listing.InstanceMisfits)...)
	resp.Diagnostics.Append(d.provider.warnMisfits(projectBackupsBlock, listing.BackupMisfits)...)
	resp.Diagnostics.Append(warnUnreadableTimes(projectBackupsBlock, instances.unreadable)...)

	if instances.size > d.provider.maxState {
		resp.Diagnostics.Append(d.provider.stateTooLarge(projectBackupsBlock, instances.size, args.narrowState()))
		return
	}

	state, err := projectBackupsState(req.Config.Raw, auth.Scope{Region: listing.Region, ProjectID: listing.ProjectID}, instances)
	resp.Diagnostics.Append(setState(ctx, projectBackupsBlock, &resp.State, state, err)...)
}

// list reads what args ask for. It calls visit with each instance.
func (d *projectBackups) list(
	ctx context.Context, args projectBackupsArguments, visit func(dcsapi.InstanceBackups),
) (dcsapi.ProjectListing, error) {
	ctx, cancel := context.WithTimeout(ctx, args.timeout.duration)
	defer cancel()

	return d.provider.client.ProjectBackups(ctx, args.query, visit)
}
