// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-dcs/internal/dcsapi"
)

// recordFields are the fields of a backup record under the API's names. Schema, state and documentation are generated from
// them: a new field needs a member of [dcsapi.Backup], its decoding there, and a row here.
var recordFields = fields[dcsapi.Backup]{
	text("backup_id", "ID of the backup. It is needed to restore the backup.",
		func(b *dcsapi.Backup) string { return b.ID }),
	text("backup_name", "Name of the backup. The default name is `backup_` and the creation time as `yyyyMMddHHmmss`, in the "+
		"local time of the service, not in UTC.",
		func(b *dcsapi.Backup) string { return b.Name }),
	text("backup_type", "How the backup was created: `manual`, or `auto` by the instance's backup policy.",
		func(b *dcsapi.Backup) string { return b.Type }),
	text("backup_format", "Format of the backup file: `rdb` or `aof`. Null for old backups, for which the service does not "+
		"return it.",
		func(b *dcsapi.Backup) string { return b.Format }),
	text("instance_id", "ID of the instance that was backed up.",
		func(b *dcsapi.Backup) string { return b.InstanceID }),
	integer("size", "Size of the backup file in bytes.",
		func(b *dcsapi.Backup) *int64 { return b.Size }),
	text("period", "Time window of the backup policy in which the backup was created, e.g. `22:00-23:00`. Null for manual "+
		"backups.",
		func(b *dcsapi.Backup) string { return b.Period }),
	text("created_at", "Time when the backup was requested, in RFC 3339, e.g. `2019-05-10T08:31:16.166Z`. Lists of backups are "+
		"sorted by this time.",
		func(b *dcsapi.Backup) string { return b.CreatedAt }),
	text("updated_at", "Time when the backup was completed, in RFC 3339.",
		func(b *dcsapi.Backup) string { return b.UpdatedAt }),
	text("execution_at", "Time when the backup was started, in RFC 3339.",
		func(b *dcsapi.Backup) string { return b.ExecutionAt }),
	number("progress", "Progress of the backup in percent, from `0` to `100`.",
		func(b *dcsapi.Backup) *float64 { return b.Progress }),
	text("status", "Status of the backup: `waiting` (not started), `backuping` (in progress), `succeed` (complete), "+
		"`failed`, `expired` (the backup policy removed the file) or `deleted` (the file was deleted manually). Only a backup "+
		"with status `succeed` can be restored.",
		func(b *dcsapi.Backup) string { return b.Status }),
	text("error_code", "Error code of a failed backup: `dcs.08.0001` (the backup tool did not start), `dcs.08.0002` (it took "+
		"too long), `dcs.08.0003` (a bucket could not be deleted), `dcs.08.0004` (the storage keys could not be "+
		"obtained), `dcs.08.0005` (a bucket could not be created), `dcs.08.0006` (the size of the data could not be queried), "+
		"`dcs.08.0007` (data could not be synchronized during a restore) or `dcs.08.0008` (the automatic backup was "+
		"skipped because the instance was busy). Null if the backup did not fail.",
		func(b *dcsapi.Backup) string { return b.ErrorCode }),
	text("remark", "Description that was given when the backup was requested. Null if there is none.",
		func(b *dcsapi.Backup) string { return b.Remark }),
	boolean("is_support_restore", "Whether the service allows the backup to be restored. `latest_restorable` needs `true` here "+
		"and `succeed` in `status`.",
		func(b *dcsapi.Backup) *bool { return b.IsSupportRestore }),
}

// recordAttrType and recordType are the type of a backup record, in the framework and in state. The schema refers to the
// former: otherwise the framework would build the type again for every record.
var (
	recordAttrType = types.ObjectType{AttrTypes: recordFields.attrTypes()}
	recordType     = recordAttrType.TerraformType(context.Background())
)

// recordListAttribute returns the attribute of a list of backup records.
func recordListAttribute(description string) schema.Attribute {
	return schema.ListNestedAttribute{
		Computed:            true,
		MarkdownDescription: description,
		CustomType:          types.ListType{ElemType: recordAttrType},
		NestedObject:        schema.NestedAttributeObject{Attributes: recordFields.attributes(), CustomType: recordAttrType},
	}
}

// recordAttribute returns the attribute of a backup record.
func recordAttribute(description string) schema.Attribute {
	return schema.SingleNestedAttribute{
		Computed: true, MarkdownDescription: description, Attributes: recordFields.attributes(), CustomType: recordAttrType,
	}
}

// record returns a backup record in state.
func record(b *dcsapi.Backup) tftypes.Value { return recordFields.object(recordType, b) }

// recordList returns a list of backup records in state.
func recordList(backups []dcsapi.Backup) tftypes.Value {
	records := make([]tftypes.Value, len(backups))
	for i := range backups {
		records[i] = record(&backups[i])
	}

	return tftypes.NewValue(tftypes.List{ElementType: recordType}, records)
}

// firstRecord returns the first of backups that matches in state, null where none does.
func firstRecord(backups []dcsapi.Backup, matches func(*dcsapi.Backup) bool) tftypes.Value {
	for i := range backups {
		if matches(&backups[i]) {
			return record(&backups[i])
		}
	}

	return tftypes.NewValue(recordType, nil)
}

// recordsSize returns an upper bound of the size of backups in state, in bytes as they are sent (MessagePack).
func recordsSize(backups []dcsapi.Backup) int {
	size := 0
	for i := range backups {
		size += recordFields.size(&backups[i])
	}

	return size
}
