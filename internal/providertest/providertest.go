// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package providertest drives a provider through its protocol, without the Terraform CLI. A read takes milliseconds, and a
// test sees the diagnostics and the state that the provider sent.
//
// Configurations and states are Go values: map[string]any for objects and blocks, []any for lists and sets, string, bool,
// int, int64 and float64. nil is null, and so is an attribute that a map does not have; [Unknown] is a value that is not
// known yet. A state has int64 for whole numbers and float64 for others.
package providertest

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Provider is a provider under test. It has the steps that Terraform takes: validate, configure, read. They may be called
// from several goroutines at once, as Terraform does.
type Provider struct {
	tb      testing.TB
	server  tfprotov6.ProviderServer
	schemas *tfprotov6.GetProviderSchemaResponse
}

// New starts the provider that factory returns, e.g. the result of providerserver.NewProtocol6WithError.
func New(tb testing.TB, factory func() (tfprotov6.ProviderServer, error)) *Provider {
	tb.Helper()

	server, err := factory()
	if err != nil {
		tb.Fatalf("starting the provider: %v", err)
	}

	schemas, err := server.GetProviderSchema(tb.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		tb.Fatalf("reading the schemas: %v", err)
	}

	if diagnostics := newDiagnostics(schemas.Diagnostics); len(diagnostics) > 0 {
		tb.Fatalf("reading the schemas: %v", diagnostics)
	}

	return &Provider{tb: tb, server: server, schemas: schemas}
}

// Schema returns the schema of a data source.
func (p *Provider) Schema(dataSource string) *tfprotov6.Schema {
	p.tb.Helper()

	schema, ok := p.schemas.DataSourceSchemas[dataSource]
	if !ok {
		p.tb.Fatalf("the provider has no data source %q", dataSource)
	}

	return schema
}

// ProviderSchema returns the schema of the provider block.
func (p *Provider) ProviderSchema() *tfprotov6.Schema { return p.schemas.Provider }

// ValidateProvider validates a provider block.
func (p *Provider) ValidateProvider(ctx context.Context, config map[string]any) []Diagnostic {
	p.tb.Helper()

	resp, err := p.server.ValidateProviderConfig(ctx, &tfprotov6.ValidateProviderConfigRequest{
		Config: p.encode(p.schemas.Provider, config),
	})
	if err != nil {
		p.tb.Fatalf("validating the provider block: %v", err)
	}

	return newDiagnostics(resp.Diagnostics)
}

// Configure configures the provider, as a Terraform does that cannot defer reads.
func (p *Provider) Configure(ctx context.Context, config map[string]any) []Diagnostic {
	p.tb.Helper()

	resp, err := p.server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{
		TerraformVersion:   TerraformVersion,
		Config:             p.encode(p.schemas.Provider, config),
		ClientCapabilities: &tfprotov6.ConfigureProviderClientCapabilities{},
	})
	if err != nil {
		p.tb.Fatalf("configuring the provider: %v", err)
	}

	return newDiagnostics(resp.Diagnostics)
}

// TerraformVersion is the version of Terraform that the provider is configured with.
const TerraformVersion = "1.11.4"

// Validate validates a data source's configuration.
func (p *Provider) Validate(ctx context.Context, dataSource string, config map[string]any) []Diagnostic {
	p.tb.Helper()

	resp, err := p.server.ValidateDataResourceConfig(ctx, &tfprotov6.ValidateDataResourceConfigRequest{
		TypeName: dataSource,
		Config:   p.encode(p.Schema(dataSource), config),
	})
	if err != nil {
		p.tb.Fatalf("validating %s: %v", dataSource, err)
	}

	return newDiagnostics(resp.Diagnostics)
}

// Read reads a data source. The state is nil where the read failed.
func (p *Provider) Read(ctx context.Context, dataSource string, config map[string]any) (map[string]any, []Diagnostic) {
	p.tb.Helper()

	resp := p.ReadRaw(ctx, dataSource, p.encode(p.Schema(dataSource), config))

	diagnostics := newDiagnostics(resp.Diagnostics)
	if HasError(diagnostics) {
		return nil, diagnostics
	}

	return p.decode(p.Schema(dataSource), resp.State), diagnostics
}

// ReadRaw reads a data source and returns the answer as it is, so that a benchmark measures the provider alone.
func (p *Provider) ReadRaw(
	ctx context.Context, dataSource string, config *tfprotov6.DynamicValue,
) *tfprotov6.ReadDataSourceResponse {
	p.tb.Helper()

	resp, err := p.server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{
		TypeName:           dataSource,
		Config:             config,
		ClientCapabilities: &tfprotov6.ReadDataSourceClientCapabilities{},
	})
	if err != nil {
		p.tb.Fatalf("reading %s: %v", dataSource, err)
	}

	return resp
}

// Config returns a data source's configuration as it is sent.
func (p *Provider) Config(dataSource string, config map[string]any) *tfprotov6.DynamicValue {
	p.tb.Helper()

	return p.encode(p.Schema(dataSource), config)
}

// Stop cancels what the provider is doing, as an interrupt does.
func (p *Provider) Stop(ctx context.Context) {
	p.tb.Helper()

	resp, err := p.server.StopProvider(ctx, &tfprotov6.StopProviderRequest{})
	if err != nil {
		p.tb.Fatalf("stopping the provider: %v", err)
	}

	if resp.Error != "" {
		p.tb.Fatalf("stopping the provider: %s", resp.Error)
	}
}

func (p *Provider) encode(schema *tfprotov6.Schema, config map[string]any) *tfprotov6.DynamicValue {
	p.tb.Helper()

	typ := schema.ValueType()

	value, err := encode(tftypes.NewAttributePath(), typ, config)
	if err != nil {
		p.tb.Fatalf("the configuration does not fit the schema: %v", err)
	}

	dynamic, err := tfprotov6.NewDynamicValue(typ, value)
	if err != nil {
		p.tb.Fatalf("encoding the configuration: %v", err)
	}

	return &dynamic
}

func (p *Provider) decode(schema *tfprotov6.Schema, state *tfprotov6.DynamicValue) map[string]any {
	p.tb.Helper()

	value, err := state.Unmarshal(schema.ValueType())
	if err != nil {
		p.tb.Fatalf("decoding the state: %v", err)
	}

	decoded, err := decode(value)
	if err != nil {
		p.tb.Fatalf("decoding the state: %v", err)
	}

	object, ok := decoded.(map[string]any)
	if !ok {
		p.tb.Fatalf("the state is %v and no object", decoded)
	}

	return object
}
