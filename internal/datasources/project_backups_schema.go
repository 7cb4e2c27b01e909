// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func projectBackupsSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Lists the DCS (Distributed Cache Service) instances of a project in a region, each with its " +
			"newest backup and its newest backup that can be restored, in one read.\n\nThe result is complete or the read " +
			"fails: there is no state with some of the instances. Reading needs the IAM permissions `dcs:instance:list` and " +
			"`dcs:instance:getDataBackupLog`.",
		Attributes: withCommonAttributes(map[string]schema.Attribute{
			"include_backups": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether every record that matches `filter` is kept in `instances[*].backups`. Defaults to " +
					"`false`, which keeps state and memory small.",
			},
			"instances": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Instances that match `instance_filter`, by their ID. Empty, never null, where there are none.",
				CustomType:          types.MapType{ElemType: instanceAttrType},
				NestedObject:        schema.NestedAttributeObject{Attributes: instanceFields.attributes(), CustomType: instanceAttrType},
			},
		}),
		Blocks: withCommonBlocks("Conditions that a backup record must meet to count, all of them where several are given. They "+
			"decide which records `restorable_num`, `restorable_size`, `latest`, `latest_restorable` and `backups` look at, "+
			"and not which instances are in `instances`. A field that is null in a record meets no condition.",
			map[string]schema.Block{"instance_filter": instanceFilterBlock()}),
	}
}
