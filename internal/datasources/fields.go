// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-dcs/internal/dcsapi"
)

// field is one field of a backup record: how it is declared, and how its value is found.
type field struct {
	name      string
	attribute schema.Attribute
	value     func(*dcsapi.Backup) tftypes.Value
}

// fields are the fields of a backup record, under the API's names. Schema, state and documentation follow from them: a
// new field needs a member of [dcsapi.Backup], its decoding there, and a row here.
var fields = []field{
	text("backup_id", "ID of the backup. Restoring a backup needs it.",
		func(b *dcsapi.Backup) string { return b.ID }),
	text("backup_name", "Name of the backup. By default it is `backup_` and the time of creation as `yyyyMMddHHmmss`, "+
		"in the service's local time and not in UTC.",
		func(b *dcsapi.Backup) string { return b.Name }),
	text("backup_type", "How the backup came to be: `manual` for one that somebody asked for, `auto` for one of the "+
		"instance's backup policy.",
		func(b *dcsapi.Backup) string { return b.Type }),
	text("backup_format", "Format of the backup file, `rdb` or `aof`. It is null for old backups, for which the service "+
		"does not say it.",
		func(b *dcsapi.Backup) string { return b.Format }),
	text("instance_id", "ID of the instance that was backed up.",
		func(b *dcsapi.Backup) string { return b.InstanceID }),
	integer("size", "Size of the backup file in bytes.",
		func(b *dcsapi.Backup) *int64 { return b.Size }),
	text("period", "Window of time in which the backup policy lets the backup run, e.g. `22:00-23:00`. It is null for "+
		"manual backups.",
		func(b *dcsapi.Backup) string { return b.Period }),
	text("created_at", "Time at which the backup was asked for, in RFC 3339, e.g. `2019-05-10T08:31:16.166Z`. `backups` "+
		"is sorted by it.",
		func(b *dcsapi.Backup) string { return b.CreatedAt }),
	text("updated_at", "Time at which the backup was complete, in RFC 3339.",
		func(b *dcsapi.Backup) string { return b.UpdatedAt }),
	text("execution_at", "Time at which the backup was begun, in RFC 3339.",
		func(b *dcsapi.Backup) string { return b.ExecutionAt }),
	number("progress", "Progress of the backup in percent, from `0` to `100`.",
		func(b *dcsapi.Backup) *float64 { return b.Progress }),
	text("status", "What became of the backup: `waiting` (not begun), `backuping` (being made), `succeed` (complete), "+
		"`failed`, `expired` (its file has been removed by the backup policy) or `deleted` (its file has been deleted by "+
		"hand). Only a backup that is `succeed` can be restored.",
		func(b *dcsapi.Backup) string { return b.Status }),
	text("error_code", "Why the backup failed: `dcs.08.0001` (the backup tool did not start), `dcs.08.0002` (it took "+
		"too long), `dcs.08.0003` (a bucket could not be deleted), `dcs.08.0004` (the keys of the storage could not be "+
		"had), `dcs.08.0005` (a bucket could not be created), `dcs.08.0006` (the size of the data could not be found), "+
		"`dcs.08.0007` (data could not be synchronized during a restoration) or `dcs.08.0008` (the automatic backup was "+
		"left out because the instance was busy). It is null for a backup that did not fail.",
		func(b *dcsapi.Backup) string { return b.ErrorCode }),
	text("remark", "Description that was given when the backup was asked for, null where there is none.",
		func(b *dcsapi.Backup) string { return b.Remark }),
	boolean("is_support_restore", "Whether the service allows the backup to be restored. `latest_restorable` looks at this "+
		"and at `status`.",
		func(b *dcsapi.Backup) *bool { return b.IsSupportRestore }),
}

// text declares a field that is a string, null where it is empty: the service has several ways to say that there is none.
func text(name, description string, get func(*dcsapi.Backup) string) field {
	return field{
		name:      name,
		attribute: schema.StringAttribute{Computed: true, MarkdownDescription: description},
		value: func(b *dcsapi.Backup) tftypes.Value {
			if s := get(b); s != "" {
				return tftypes.NewValue(tftypes.String, s)
			}

			return tftypes.NewValue(tftypes.String, nil)
		},
	}
}

func integer(name, description string, get func(*dcsapi.Backup) *int64) field {
	return field{
		name:      name,
		attribute: schema.Int64Attribute{Computed: true, MarkdownDescription: description},
		value:     func(b *dcsapi.Backup) tftypes.Value { return tftypes.NewValue(tftypes.Number, get(b)) },
	}
}

func number(name, description string, get func(*dcsapi.Backup) *float64) field {
	return field{
		name:      name,
		attribute: schema.Float64Attribute{Computed: true, MarkdownDescription: description},
		value:     func(b *dcsapi.Backup) tftypes.Value { return tftypes.NewValue(tftypes.Number, get(b)) },
	}
}

func boolean(name, description string, get func(*dcsapi.Backup) *bool) field {
	return field{
		name:      name,
		attribute: schema.BoolAttribute{Computed: true, MarkdownDescription: description},
		value:     func(b *dcsapi.Backup) tftypes.Value { return tftypes.NewValue(tftypes.Bool, get(b)) },
	}
}

// recordAttributes returns the schema of a backup record.
func recordAttributes() map[string]schema.Attribute {
	attributes := make(map[string]schema.Attribute, len(fields))
	for _, f := range fields {
		attributes[f.name] = f.attribute
	}

	return attributes
}

// recordAttrType and recordType are the type of a backup record, for the framework and in state. Schema hands the former
// to the framework, which would make it anew for every null of every record.
var (
	recordAttrType = types.ObjectType{AttrTypes: fieldTypes()}
	recordType     = recordAttrType.TerraformType(context.Background())
)

func fieldTypes() map[string]attr.Type {
	types := make(map[string]attr.Type, len(fields))
	for _, f := range fields {
		types[f.name] = f.attribute.GetType()
	}

	return types
}

// record returns a backup record as it is in state.
func record(b *dcsapi.Backup) tftypes.Value {
	values := make(map[string]tftypes.Value, len(fields))
	for i := range fields {
		values[fields[i].name] = fields[i].value(b)
	}

	return tftypes.NewValue(recordType, values)
}
