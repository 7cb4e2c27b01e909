// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"math"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/validators"
)

func instanceBackupsSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Lists the backup records of one DCS (Distributed Cache Service) instance, the newest first, " +
			"and picks the newest one that can be restored.\n\nAll records are read unless `limit` is set. Reading " +
			"needs the IAM permission `dcs:instance:getDataBackupLog`. Single-node instances have no backups, and the service " +
			"refuses to list them.",
		Attributes: withCommonAttributes(map[string]schema.Attribute{
			"instance_id": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "ID of the DCS instance, as the console and other providers show it: letters, digits, `-` " +
					"and `_`.",
				Validators: []validator.String{validators.Identifier()},
			},
			// The framework reports a fraction of an Int64Attribute as an error of the provider.
			"limit": schema.NumberAttribute{
				Optional: true,
				MarkdownDescription: "Maximum number of records to read, a whole number of at least `1`, counted from `offset` in " +
					"the service's own order, which is not documented: to get the newest backups, leave it out and use `latest`, " +
					"`latest_restorable` or a `slice` of `backups`. More than 1000 take several requests. By default all records " +
					"are read.",
				Validators: []validator.Number{validators.WholeNumber(1, math.MaxInt64)},
			},
			"offset": schema.NumberAttribute{
				Optional: true,
				MarkdownDescription: "Number of records to skip in the service's own order, a whole number of at least `0`. " +
					"Defaults to `0`.",
				Validators: []validator.Number{validators.WholeNumber(0, math.MaxInt64)},
			},
			"total_num": schema.Int64Attribute{
				Computed: true,
				MarkdownDescription: "Number of records that the service counts between `begin_time` and `end_time`, before " +
					"`limit`, `offset` and `filter` are applied.",
			},
			"backups": recordListAttribute("Backup records that were read and that match `filter`. They are sorted by " +
				"`created_at`, the newest first; records without a readable time come last, and `backup_id` decides between " +
				"equal times. Empty, never null, where there are none."),
			"latest": recordAttribute("Newest backup record, the first of `backups`. Null where there are none."),
			"latest_restorable": recordAttribute("Newest backup record that can be restored: the first of `backups` whose " +
				"`status` is `" + dcsapi.StatusSucceed + "` and whose `is_support_restore` is `true`. Null where there is none."),
		}),
		Blocks: withCommonBlocks("Conditions that a record must meet to be in `backups`, `latest` and `latest_restorable`, all "+
			"of them where several are given. They are applied to what `limit` and `offset` left. A field that is null in a "+
			"record meets no condition.", nil),
	}
}

// codes returns values as they are written in Markdown.
func codes(values []string) string { return "`" + strings.Join(values, "`, `") + "`" }
