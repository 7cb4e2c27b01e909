// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/dcsapi"
)

func instanceBackupsSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Lists the backup records of one DCS (Distributed Cache Service) instance, the newest first, " +
			"and picks the newest one that can be restored.\n\nAll records are read unless `limit` says otherwise. Reading " +
			"needs the IAM permission `dcs:instance:getDataBackupLog`. Single-node instances have no backups, and the service " +
			"refuses to list them.",
		Attributes: map[string]schema.Attribute{
			"instance_id": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "ID of the DCS instance, as the console and other providers show it: letters, digits, `-` " +
					"and `_`.",
			},
			"region": schema.StringAttribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "Region of the instance, e.g. `cn-north-4`. Defaults to the `region` of the provider. " +
					"Letters, digits, `-` and `_`.",
			},
			"project_id": schema.StringAttribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "ID of the project that the instance belongs to: letters, digits, `-` and `_`. In the " +
					"provider's own region it defaults to the `project_id` or `project_name` of the provider; in another region the " +
					"project that has the region's name is looked up in IAM.",
			},
			"begin_time": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Only backups created at this time or later are listed. Either `yyyyMMddHHmmss` in UTC, " +
					"e.g. `20240131235959`, or RFC 3339 with any offset, e.g. `2024-01-31T23:59:59+08:00`, so that " +
					"`timeadd(plantimestamp(), \"-24h\")` works. Fractions of a second are cut. By default there is no limit.",
			},
			"end_time": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Only backups created at this time or earlier are listed, in the forms of `begin_time`, and " +
					"not before it. By default there is no limit.",
			},
			// The framework blames the provider for a fraction where it expects an integer; limit and offset are checked here.
			"limit": schema.NumberAttribute{
				Optional: true,
				MarkdownDescription: "Number of records to read at most, a whole number from `1` on, counted from `offset` in " +
					"the service's own order, which is not documented: to get the newest backups, leave it out and use `latest`, " +
					"`latest_restorable` or a `slice` of `backups`. More than 1000 take several requests. By default all records " +
					"are read.",
			},
			"offset": schema.NumberAttribute{
				Optional: true,
				MarkdownDescription: "Number of records to skip in the service's own order, a whole number from `0` on. Defaults " +
					"to `0`.",
			},
			"total_num": schema.Int64Attribute{
				Computed: true,
				MarkdownDescription: "Number of records that the service counts between `begin_time` and `end_time`, before " +
					"`limit`, `offset` and `filter` are applied.",
			},
			"backups": schema.ListNestedAttribute{
				Computed: true,
				MarkdownDescription: "Backup records that were read and that match `filter`. They are sorted by `created_at`, " +
					"the newest first; records without a readable time come last, and `backup_id` decides between equal times. " +
					"Empty, never null, where there are none.",
				CustomType:   types.ListType{ElemType: recordAttrType},
				NestedObject: schema.NestedAttributeObject{Attributes: recordAttributes(), CustomType: recordAttrType},
			},
			"latest": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Newest backup record, the first of `backups`. Null where there are none.",
				Attributes:          recordAttributes(),
				CustomType:          recordAttrType,
			},
			"latest_restorable": schema.SingleNestedAttribute{
				Computed: true,
				MarkdownDescription: "Newest backup record that can be restored: the first of `backups` whose `status` is `" +
					dcsapi.StatusSucceed + "` and whose `is_support_restore` is `true`. Null where there is none.",
				Attributes: recordAttributes(),
				CustomType: recordAttrType,
			},
		},
		Blocks: map[string]schema.Block{
			"filter":   filterBlock(),
			"timeouts": timeoutsBlock(),
		},
	}
}

func filterBlock() schema.Block {
	return schema.SingleNestedBlock{
		MarkdownDescription: "Conditions that a record must meet to be in `backups`, `latest` and `latest_restorable`, all " +
			"of them where several are given. They are applied to what `limit` and `offset` left. A field that is null in a " +
			"record meets no condition.",
		Attributes: map[string]schema.Attribute{
			"backup_id": stringSet("IDs of backups, of which the record must have one. Not empty."),
			"backup_type": stringSet("Backup types, of which the record must have one: " + codes(dcsapi.Types()) +
				". Not empty."),
			"backup_format": stringSet("Formats of backup files, of which the record must have one, e.g. `rdb` or `aof`. Not " +
				"empty."),
			"status": stringSet("States, of which the record must be in one: " + codes(dcsapi.Statuses()) + ". Not empty."),
			"backup_name_regex": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Regular expression in [RE2 syntax](https://github.com/google/re2/wiki/Syntax) that must " +
					"match the name of the backup. It may match any part of the name unless it is anchored with `^` and `$`.",
			},
			"is_support_restore": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether the service must allow the backup to be restored (`true`) or must not (`false`).",
			},
		},
	}
}

func timeoutsBlock() schema.Block {
	return schema.SingleNestedBlock{
		MarkdownDescription: "How long operations may take.",
		Attributes: map[string]schema.Attribute{
			"read": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How long one read may take, including all requests, repetitions and waits: a positive " +
					"duration of numbers with the units `s`, `m` and `h`, e.g. `30s` or `1h30m`. Defaults to `" +
					defaultReadTimeout + "`.",
			},
		},
	}
}

func stringSet(description string) schema.Attribute {
	return schema.SetAttribute{
		Optional:            true,
		ElementType:         types.StringType,
		MarkdownDescription: description,
	}
}

// codes returns values as they are written in Markdown.
func codes(values []string) string { return "`" + strings.Join(values, "`, `") + "`" }
