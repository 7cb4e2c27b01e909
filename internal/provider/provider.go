// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package provider implements the provider dcs: its schema, and the settings that its configuration and environment result in.
package provider

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/datasources"
	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

var _ provider.Provider = (*dcsProvider)(nil)

type dcsProvider struct {
	version     string
	environment environment
}

// New returns the constructor of the provider. The version is part of the User-Agent.
func New(version string) func() provider.Provider {
	return func() provider.Provider {
		return &dcsProvider{version: version, environment: hostEnvironment()}
	}
}

func (p *dcsProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "dcs"
	resp.Version = p.version
}

func (p *dcsProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = providerSchema()
}

// Configure implements [provider.Provider]. It sends nothing, and reports only what the arguments of the block cause: all
// other errors are those of the reads that are affected, so that they show a line of the configuration.
func (p *dcsProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	userAgent := p.userAgent(req.TerraformVersion)

	if err := unknownError(req.Config.Raw); err != nil {
		resp.DataSourceData = newData(ctx, failing(err), userAgent, nil)

		return
	}

	var config model

	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)

	if resp.Diagnostics.HasError() {
		return
	}

	settings, diags := resolve(config, p.environment)
	resp.Diagnostics.Append(diags...)

	if resp.Diagnostics.HasError() {
		return
	}

	resp.DataSourceData = newData(ctx, settings, userAgent, p.environment.roundTripper)
}

func (p *dcsProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{datasources.NewInstanceBackups, datasources.NewProjectBackups}
}

func (p *dcsProvider) Resources(context.Context) []func() resource.Resource {
	return nil
}

// failing returns settings with which each read ends with err.
func failing(err error) settings {
	return settings{
		region:    value[string]{err: err},
		network:   value[network]{err: err},
		endpoints: endpoints{variables: func(endpoint.Service, string) setting { return setting{} }},
	}
}

// newData returns what the data sources get from the settings. No request is sent without credentials: an error in what
// every request needs takes their place.
func newData(ctx context.Context, s settings, userAgent string, roundTripper http.RoundTripper) *datasources.ProviderData {
	client := transport.New(transport.Config{
		UserAgent:    userAgent,
		Insecure:     s.network.v.insecure,
		CACerts:      s.network.v.caCerts,
		Proxy:        s.network.v.proxy,
		MaxRetries:   s.network.v.maxRetries,
		Observe:      logExchange,
		RoundTripper: roundTripper,
	})

	for _, secret := range s.secrets {
		client.AddSecret(secret)
	}

	logSettings(ctx, s, client.Redact)

	source, agencies := s.credentials.v.source, s.credentials.v.agencies
	if err := cmp.Or(s.network.err, s.credentials.err); err != nil {
		source, agencies = auth.Invalid{Err: err}, nil
	}

	session := auth.NewSession(auth.Config{
		Transport:   client,
		Endpoints:   s.endpoints,
		Region:      s.region.v,
		RegionErr:   s.region.err,
		ProjectID:   s.projectID.v,
		ProjectErr:  s.projectID.err,
		ProjectName: s.projectName,
		Source:      source,
		Roles:       agencies,
	})

	return datasources.NewProviderData(
		dcsapi.New(dcsapi.Config{Transport: client, Endpoints: s.endpoints, Session: session}), s.network.v.warning)
}

// userAgent names the provider, the tool that runs it, and the products that the environment adds.
func (p *dcsProvider) userAgent(terraformVersion string) string {
	products := []string{"terraform-provider-dcs/" + p.version}
	if terraformVersion != "" {
		products = append(products, "Terraform/"+terraformVersion)
	}

	// With a line break or another control character every request would fail.
	products = append(products, strings.FieldsFunc(p.environment.getenv(envAppendUserAgent), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	})...)

	return strings.Join(products, " ")
}
