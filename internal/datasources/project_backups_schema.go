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
			"newest backup and its newest backup that can be restored.\n\nThe result is complete, or the read fails. The data " +
			"source needs the IAM permissions `dcs:instance:list` and `dcs:instance:getDataBackupLog`.",
		Attributes: withCommonAttributes(map[string]schema.Attribute{
			"include_backups": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether `instances[*].backups` contains every record that matches `filter`. Defaults to " +
					"`false`, which keeps state and memory small.",
			},
			"instances": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Instances that match `instance_filter`, by instance ID. Empty, not null, if there are none.",
				CustomType:          types.MapType{ElemType: instanceAttrType},
				NestedObject:        schema.NestedAttributeObject{Attributes: instanceFields.attributes(), CustomType: instanceAttrType},
			},
		}),
		Blocks: withCommonBlocks("Selects the backup records for `restorable_num`, `restorable_size`, `latest`, `latest_restorable` "+
			"and `backups`. A record must meet every condition in this block. A condition on a field that is null is not met. The "+
			"block does not select instances: use `instance_filter`. By default all records are selected.",
			map[string]schema.Block{"instance_filter": instanceFilterBlock()}),
	}
}
