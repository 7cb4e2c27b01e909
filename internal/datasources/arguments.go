// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"maps"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/validators"
)

// withCommonAttributes returns the attributes of a data source together with those that all data sources have.
func withCommonAttributes(own map[string]schema.Attribute) map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{
		"region": schema.StringAttribute{
			Optional: true,
			Computed: true,
			MarkdownDescription: "Region to read from, e.g. `cn-north-4`. May contain letters, digits, `-` and `_`. Defaults " +
				"to the `region` of the provider.",
			Validators: []validator.String{validators.Identifier()},
		},
		"project_id": schema.StringAttribute{
			Optional: true,
			Computed: true,
			MarkdownDescription: "ID of the project to read from. May contain letters, digits, `-` and `_`. In the region of " +
				"the provider it defaults to the `project_id` or `project_name` of the provider. In another region the " +
				"project with the name of that region is looked up in IAM.",
			Validators: []validator.String{validators.Identifier()},
		},
		"begin_time": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Lists only backups that were created at or after this time. Format: `yyyyMMddHHmmss` in UTC, " +
				"e.g. `20240131235959`, or RFC 3339 with any offset, e.g. `2024-01-31T23:59:59+08:00`. " +
				"`timeadd(plantimestamp(), \"-24h\")` gives a time in this format. Fractions of a second are dropped. " +
				"By default there is no lower bound.",
			Validators: []validator.String{timeValidator{}},
		},
		"end_time": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Lists only backups that were created at or before this time. Format: as for `begin_time`. " +
				"Must not be before `begin_time`. By default there is no upper bound.",
			Validators: []validator.String{timeValidator{}},
		},
	}

	maps.Copy(attributes, own)

	return attributes
}

// withCommonBlocks returns the blocks of a data source together with those that all data sources have. filter describes
// what the block filter does in this data source.
func withCommonBlocks(filter string, own map[string]schema.Block) map[string]schema.Block {
	blocks := map[string]schema.Block{"filter": filterBlock(filter), "timeouts": timeoutsBlock()}

	maps.Copy(blocks, own)

	return blocks
}

// commonConfig is the part of a configuration that all data sources have. Its values are all known.
type commonConfig struct {
	Region    types.String    `tfsdk:"region"`
	ProjectID types.String    `tfsdk:"project_id"`
	BeginTime types.String    `tfsdk:"begin_time"`
	EndTime   types.String    `tfsdk:"end_time"`
	Filter    *filterConfig   `tfsdk:"filter"`
	Timeouts  *timeoutsConfig `tfsdk:"timeouts"`
}

// commonArguments are the values of a commonConfig. What is not given is the zero value, except for the timeout.
type commonArguments struct {
	region    string
	projectID string
	beginTime time.Time
	endTime   time.Time
	filter    filter
	timeout   timeout
}

// arguments returns the values of c, or what is wrong with them.
func (c commonConfig) arguments() (commonArguments, diag.Diagnostics) {
	var diags diag.Diagnostics

	args := commonArguments{region: c.Region.ValueString(), projectID: c.ProjectID.ValueString()}

	parse(&diags, path.Root("begin_time"), c.BeginTime, parseTime, &args.beginTime)
	parse(&diags, path.Root("end_time"), c.EndTime, parseTime, &args.endTime)

	if !diags.HasError() {
		diags.Append(checkTimeRange(args.beginTime, args.endTime, c.BeginTime, c.EndTime)...)
	}

	args.filter = c.Filter.filter(&diags)
	args.timeout = c.Timeouts.timeout(&diags)

	return args, diags
}

// readArguments returns the values of config, a configuration of the form C, or what is wrong with them.
func readArguments[C interface {
	arguments() (A, diag.Diagnostics)
}, A any](ctx context.Context, config tfsdk.Config) (A, diag.Diagnostics) {
	var (
		values C
		none   A
	)

	diags := config.Get(ctx, &values)
	if diags.HasError() {
		return none, diags
	}

	args, invalid := values.arguments()
	diags.Append(invalid...)

	return args, diags
}

// parse parses the argument at p into target. A null argument leaves target as it is.
func parse[T any](diags *diag.Diagnostics, p path.Path, v types.String, parse func(string) (T, error), target *T) {
	if v.IsNull() {
		return
	}

	value, err := parse(v.ValueString())
	if err != nil {
		diags.Append(validators.Invalid(p, err.Error(), v.String()))
		return
	}

	*target = value
}
