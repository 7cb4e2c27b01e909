// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package provider is the provider dcs: its schema, and how configuration and environment become a client of the API.
package provider

import (
	"context"
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/datasources"
	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/transport"
)

var _ provider.Provider = (*dcsProvider)(nil)

type dcsProvider struct {
	version string
	machine machine
}

// New returns the constructor of the provider. The version is part of the User-Agent.
func New(version string) func() provider.Provider {
	return func() provider.Provider {
		return &dcsProvider{version: version, machine: thisMachine()}
	}
}

func (p *dcsProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "dcs"
	resp.Version = p.version
}

func (p *dcsProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = providerSchema()
}

func (p *dcsProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	resp.Diagnostics.Append(unknownValues(req.Config.Raw)...)

	if resp.Diagnostics.HasError() {
		return
	}

	var config model

	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)

	if resp.Diagnostics.HasError() {
		return
	}

	resolved, diags := resolve(config, p.machine)
	resp.Diagnostics.Append(diags...)

	if resp.Diagnostics.HasError() {
		return
	}

	resolved.transport.UserAgent = p.userAgent(req.TerraformVersion)

	client, err := newClient(resolved)

	switch {
	case errors.Is(err, transport.ErrCACert):
		resp.Diagnostics.AddAttributeError(path.Root("cacert_file"), summaryCACert,
			"The file "+resolved.caCert+" cannot be used: "+err.Error()+". It must hold certificates that begin with -----BEGIN CERTIFICATE-----.")
	case err != nil:
		resp.Diagnostics.AddError("Invalid Provider Configuration", err.Error())
	default:
		resp.DataSourceData = datasources.NewProviderData(client, nil)
	}
}

func (p *dcsProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{datasources.NewInstanceBackups}
}

func (p *dcsProvider) Resources(context.Context) []func() resource.Resource {
	return nil
}

func newClient(s settings) (*dcsapi.Client, error) {
	s.transport.Observe = logExchange

	client, err := transport.New(s.transport)
	if err != nil {
		return nil, err
	}

	for _, secret := range s.secrets {
		client.AddSecret(secret)
	}

	s.account.Transport = client

	return dcsapi.New(dcsapi.Config{
		Transport: client,
		Endpoints: s.account.Endpoints,
		Account:   auth.NewAccount(s.account),
	}), nil
}

// userAgent names the provider and the tool that runs it, and what the environment appends for both.
func (p *dcsProvider) userAgent(terraformVersion string) string {
	products := []string{"terraform-provider-dcs/" + p.version}
	if terraformVersion != "" {
		products = append(products, "Terraform/"+terraformVersion)
	}

	// A line break would make every request fail.
	products = append(products, strings.Fields(p.machine.env(envAppendUserAgent))...)

	return strings.Join(products, " ")
}
