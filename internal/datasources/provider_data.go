// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-dcs/internal/dcsapi"
)

// ProviderData is what the provider passes to its data sources when it is configured, which is once in a run.
type ProviderData struct {
	// client calls the service. Its errors may be a [*ConfigError].
	client   *dcsapi.Client
	refusals refusals
	// maxState bounds the state of a read, in bytes as it is sent.
	maxState int

	warning     diag.Diagnostic
	warningOnce sync.Once
}

// NewProviderData returns the data of a client. The warning, nil for none, is about a setting of the provider that no
// argument gives.
func NewProviderData(client *dcsapi.Client, warning diag.Diagnostic) *ProviderData {
	return newProviderData(client, warning, maxStateSize)
}

func newProviderData(client *dcsapi.Client, warning diag.Diagnostic, maxState int) *ProviderData {
	return &ProviderData{client: client, warning: warning, maxState: maxState}
}

// takeWarning adds the warning of the provider to the diagnostics of the first read, at the block of the data source.
func (p *ProviderData) takeWarning(block path.Path, diags *diag.Diagnostics) {
	if p.warning == nil {
		return
	}

	p.warningOnce.Do(func() { diags.Append(diag.WithPath(block, p.warning)) })
}

// ConfigError is an error in the configuration of the provider that no argument of its block causes. It ends the reads that
// need the setting.
type ConfigError struct {
	// Argument is the argument of the data source that the error is about, empty where it is about none.
	Argument path.Path
	Summary  string
	Detail   string
}

func (e *ConfigError) Error() string { return e.Summary + ": " + e.Detail }

// configured is the part that all data sources have: the provider data, and the validation of common arguments.
type configured struct{ provider *ProviderData }

// ValidateConfig implements [datasource.DataSourceWithValidateConfig].
func (c *configured) ValidateConfig(
	ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse,
) {
	resp.Diagnostics.Append(validateTimeRange(ctx, req.Config)...)
}

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
