// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Command bare serves a provider with the schema of the real one that reads nothing: its data source returns constants,
// as many records as the file "records" in the working directory says. What a plan with it takes is Terraform's own, and the framework's.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-dcs/internal/datasources"
	dcs "terraform-provider-dcs/internal/provider"
)

func main() {
	dcs.SilenceUnwantedLog()

	text, err := os.ReadFile("records")
	if err != nil {
		log.Fatal(err)
	}

	records, err := strconv.Atoi(string(text))
	if err != nil {
		log.Fatal(err)
	}

	bare := func() provider.Provider { return bareProvider{dcs.New("bare")(), records} }
	if err := providerserver.Serve(context.Background(), bare, providerserver.ServeOpts{Address: "terraform.local/dcs/dcs"}); err != nil {
		log.Fatal(err)
	}
}

type bareProvider struct {
	provider.Provider

	records int
}

func (p bareProvider) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}

func (p bareProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{func() datasource.DataSource {
		return bareDataSource{datasources.NewInstanceBackups(), p.records}
	}}
}

type bareDataSource struct {
	datasource.DataSource

	records int
}

// Read returns the configuration with constants for what is computed.
func (d bareDataSource) Read(_ context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var values map[string]tftypes.Value
	if err := req.Config.Raw.As(&values); err != nil {
		resp.Diagnostics.AddError("Invalid Configuration", err.Error())

		return
	}

	list, _ := values["backups"].Type().(tftypes.List)
	object, _ := list.ElementType.(tftypes.Object)

	records := make([]tftypes.Value, d.records)
	for i := range records {
		records[i] = constant(object, i)
	}

	values["region"] = tftypes.NewValue(tftypes.String, "cn-north-4")
	values["project_id"] = tftypes.NewValue(tftypes.String, "0123456789abcdef0123456789abcdef")
	values["total_num"] = tftypes.NewValue(tftypes.Number, d.records)
	values["backups"] = tftypes.NewValue(list, records)
	values["latest"] = tftypes.NewValue(object, nil)
	values["latest_restorable"] = tftypes.NewValue(object, nil)

	if len(records) > 0 {
		values["latest"], values["latest_restorable"] = records[0], records[0]
	}

	resp.State.Raw = tftypes.NewValue(req.Config.Raw.Type(), values)
}

// constant returns a record with a value of usual length in each field.
func constant(object tftypes.Object, i int) tftypes.Value {
	values := make(map[string]tftypes.Value, len(object.AttributeTypes))

	for name, typ := range object.AttributeTypes {
		switch {
		case typ.Is(tftypes.Number):
			values[name] = tftypes.NewValue(typ, int64(880232))
		case typ.Is(tftypes.Bool):
			values[name] = tftypes.NewValue(typ, true)
		default:
			values[name] = tftypes.NewValue(typ, fmt.Sprintf("a constant of 24 b %05d", i))
		}
	}

	return tftypes.NewValue(object, values)
}
