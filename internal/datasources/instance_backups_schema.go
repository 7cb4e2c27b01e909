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
		MarkdownDescription: "Lists the backup records of one DCS (Distributed Cache Service) instance, newest first, " +
			"and selects the newest one that can be restored.\n\nAll records are read unless `limit` is set. The data source " +
			"needs the IAM permission `dcs:instance:getDataBackupLog`. Single-node instances do not support backups: " +
			"listing them is an error.",
		Attributes: withCommonAttributes(map[string]schema.Attribute{
			"instance_id": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "ID of the DCS instance, as shown in the console. May contain letters, digits, `-` and " +
					"`_`.",
				Validators: []validator.String{validators.Identifier()},
			},
			// The framework reports a fraction of an Int64Attribute as an error of the provider.
			"limit": schema.NumberAttribute{
				Optional: true,
				MarkdownDescription: "Maximum number of records to read. A whole number of at least `1`. The records are " +
					"counted from `offset`, in the order of the service, which is not documented. To get the newest " +
					"backups, omit `limit` and use `latest`, `latest_restorable` or a `slice` of `backups`. More than " +
					"1000 records take several requests. By default all records are read.",
				Validators: []validator.Number{validators.WholeNumber(1, math.MaxInt64)},
			},
			"offset": schema.NumberAttribute{
				Optional: true,
				MarkdownDescription: "Number of records to skip, in the order of the service, which is not documented. A whole " +
					"number of at least `0`. Defaults to `0`.",
				Validators: []validator.Number{validators.WholeNumber(0, math.MaxInt64)},
			},
			"total_num": schema.Int64Attribute{
				Computed: true,
				MarkdownDescription: "Number of records between `begin_time` and `end_time`, as reported by the service. " +
					"`limit`, `offset` and `filter` do not affect it.",
			},
			"backups": recordListAttribute("Backup records that match `filter`, sorted by `created_at`, newest first. Records with the " +
				"same time are sorted by `backup_id`. Records without a valid time come last. Empty, not null, if no record matches."),
			"latest": recordAttribute("Newest backup record: the first in `backups`. Null if `backups` is empty."),
			"latest_restorable": recordAttribute("Newest backup record that can be restored: the first in `backups` whose " +
				"`status` is `" + dcsapi.StatusSucceed + "` and whose `is_support_restore` is `true`. Null if there is none."),
		}),
		Blocks: withCommonBlocks("Selects the records in `backups`, `latest` and `latest_restorable`. A record must meet every "+
			"condition in this block. A condition on a field that is null is not met. `filter` is applied after `limit` and `offset`. "+
			"By default all records are selected.", nil),
	}
}

// codes returns values as they are written in Markdown.
func codes(values []string) string { return "`" + strings.Join(values, "`, `") + "`" }
