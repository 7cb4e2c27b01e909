// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package datasources implements the provider's data sources: their schemas, the queries that configurations ask for, and
// the state that the service's responses become. Each data source has files of its own (instance_backups_*.go); the other
// files hold what the data sources share.
package datasources

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"

	"terraform-provider-dcs/internal/dcsapi"
)

// ProviderData is what the configured provider passes to its data sources. It lives as long as the configuration, which is
// one run of Terraform.
type ProviderData struct {
	client   *dcsapi.Client
	refusals refusals
}

// NewProviderData returns the provider data for a client.
func NewProviderData(client *dcsapi.Client) *ProviderData { return &ProviderData{client: client} }

// configured is the part of a data source that holds the provider data.
type configured struct{ provider *ProviderData }

// Configure implements [datasource.DataSourceWithConfigure].
func (c *configured) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	if req.ProviderData == nil {
		return // The provider has not been configured, as during validation.
	}

	data, ok := req.ProviderData.(*ProviderData)
	if !ok {
		resp.Diagnostics.AddError("Unexpected Data Source Configure Type",
			fmt.Sprintf("Expected %T, got: %T. Please report this to the provider developers.", data, req.ProviderData))

		return
	}

	c.provider = data
}
