// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/validators"
)

// pathInstanceID is the argument instance_filter.instance_id.
var pathInstanceID = path.Root("instance_filter").AtName("instance_id")

// instanceFilterBlock returns the block instance_filter with conditions for instances.
func instanceFilterBlock() schema.Block {
	return schema.SingleNestedBlock{
		MarkdownDescription: "Selects the instances in `instances`. An instance must meet every condition in this block. A " +
			"condition on a field that is null is not met. The backups of other instances are not requested. By default all " +
			"instances are read.",
		Attributes: map[string]schema.Attribute{
			"instance_id": stringSet("Selects instances with one of these IDs. An ID may contain letters, digits, `-` and `_`. "+
				"It is an error if the project has no instance with that ID. Must not be empty.", validators.Identifier()),
			"name_regex": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Selects instances whose name matches this regular expression in [RE2 " +
					"syntax](https://github.com/google/re2/wiki/Syntax). It matches any part of the name. To match the " +
					"whole name, anchor it with `^` and `$`. Must not be empty.",
				Validators: []validator.String{validators.RE2()},
			},
			"status": stringSet("Selects instances with one of these statuses, e.g. `RUNNING`. Case-sensitive. Must not be "+
				"empty.", validators.NotEmpty()),
			"engine": stringSet("Selects instances with one of these cache engines, e.g. `Redis`. Case-sensitive. Must not be "+
				"empty.", validators.NotEmpty()),
			"enterprise_project_id": stringSet("Selects instances in one of the enterprise projects with these IDs. `0` is the "+
				"default enterprise project. Must not be empty.", validators.NotEmpty()),
			"tags": schema.MapAttribute{
				Optional:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Selects instances that have all of these tags, with the same values. Use `\"\"` for a tag " +
					"without a value. Must not be empty.",
				Validators: []validator.Map{
					validators.NotEmptyMap(), mapvalidator.NoNullValues(), mapvalidator.KeysAre(validators.NotEmpty()),
				},
			},
		},
	}
}

// instanceFilterConfig is the block instance_filter.
type instanceFilterConfig struct {
	InstanceID          []string          `tfsdk:"instance_id"`
	NameRegex           types.String      `tfsdk:"name_regex"`
	Status              []string          `tfsdk:"status"`
	Engine              []string          `tfsdk:"engine"`
	EnterpriseProjectID []string          `tfsdk:"enterprise_project_id"`
	Tags                map[string]string `tfsdk:"tags"`
}

// instanceFilter selects instances: those that meet every condition given. A field that an instance does not have meets
// none. The zero value selects all.
type instanceFilter struct {
	// Nil means any value.
	ids, statuses, engines, enterpriseProjectIDs []string
	name                                         *regexp.Regexp
	tags                                         map[string]string
}

// filter returns the filter that c describes. c is nil where there is no block.
func (c *instanceFilterConfig) filter(diags *diag.Diagnostics) instanceFilter {
	if c == nil {
		return instanceFilter{}
	}

	f := instanceFilter{
		ids: c.InstanceID, statuses: c.Status, engines: c.Engine, enterpriseProjectIDs: c.EnterpriseProjectID, tags: c.Tags,
	}

	parse(diags, path.Root("instance_filter").AtName("name_regex"), c.NameRegex, compileRE2, &f.name)

	return f
}

func (f instanceFilter) matches(i *dcsapi.Instance) bool {
	return isOneOf(f.ids, i.ID) &&
		isOneOf(f.statuses, i.Status) &&
		isOneOf(f.engines, i.Engine) &&
		isOneOf(f.enterpriseProjectIDs, i.EnterpriseProjectID) &&
		(f.name == nil || i.Name != "" && f.name.MatchString(normalize(i.Name))) &&
		f.matchesTags(i.Tags)
}

// matchesTags reports whether each tag of f is one of tags.
func (f instanceFilter) matchesTags(tags map[string]string) bool {
	if len(f.tags) == 0 {
		return true
	}

	normalized := make(map[string]string, len(tags))
	for key, value := range tags {
		normalized[normalize(key)] = normalize(value)
	}

	for key, value := range f.tags {
		if got, ok := normalized[key]; !ok || got != value {
			return false
		}
	}

	return true
}
