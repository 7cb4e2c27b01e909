// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package datasources holds the provider's data sources: what users can ask for, and how it becomes state.
package datasources

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform-provider-dcs/internal/dcsapi"
)

var (
	_ datasource.DataSourceWithConfigure      = (*instanceBackups)(nil)
	_ datasource.DataSourceWithValidateConfig = (*instanceBackups)(nil)
)

// instanceBackups is the data source dcs_instance_backups.
type instanceBackups struct {
	client *dcsapi.Client
}

// NewInstanceBackups returns the data source dcs_instance_backups. Its provider data is a [*dcsapi.Client].
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

// Configure implements [datasource.DataSourceWithConfigure].
func (d *instanceBackups) Configure(
	_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse,
) {
	if req.ProviderData == nil {
		return // The provider has not been configured, as during validation.
	}

	client, ok := req.ProviderData.(*dcsapi.Client)
	if !ok {
		resp.Diagnostics.AddError("Unexpected Data Source Configure Type",
			fmt.Sprintf("Expected %T, got: %T. Please report this issue to the provider developers.", client, req.ProviderData))

		return
	}

	d.client = client
}

// ValidateConfig implements [datasource.DataSourceWithValidateConfig].
func (d *instanceBackups) ValidateConfig(
	ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse,
) {
	var config config

	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)

	if resp.Diagnostics.HasError() {
		return
	}

	resp.Diagnostics.Append(config.validate(ctx)...)
}

// Read implements [datasource.DataSource].
func (d *instanceBackups) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config config

	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)

	if resp.Diagnostics.HasError() {
		return
	}

	ask, diags := config.parse(ctx)
	resp.Diagnostics.Append(diags...)

	if resp.Diagnostics.HasError() {
		return
	}

	ctx = tflog.SetField(ctx, "instance_id", ask.query.InstanceID)

	listing, err := d.list(ctx, &ask)
	if err != nil {
		resp.Diagnostics.Append(d.explain(err, ask))
		return
	}

	resp.Diagnostics.Append(d.explainMisfits(listing.Misfits)...)

	backups := newestFirst(ask.filter.apply(listing.Backups))

	state, err := newState(req.Config.Raw, ask.query.Scope, listing.TotalNum, backups)
	if err != nil {
		resp.Diagnostics.AddError("Unexpected Data Source State",
			"The backups were read, but cannot be made into state: "+err.Error()+". Please report this issue to the provider developers.")

		return
	}

	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// list sends what ask describes and notes in it where that went.
func (d *instanceBackups) list(ctx context.Context, ask *request) (dcsapi.Listing, error) {
	ctx, cancel := context.WithTimeout(ctx, ask.timeout.duration)
	defer cancel()

	scope, err := d.client.Scope(ctx, ask.region, ask.projectID)
	if err != nil {
		return dcsapi.Listing{}, err
	}

	ask.query.Scope = scope

	return d.client.Backups(ctx, ask.query)
}
