// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

// StatusSucceed is the [Backup.Status] of a backup that is complete.
const StatusSucceed = "succeed"

// Types returns the documented values of [Backup.Type].
func Types() []string { return []string{"manual", "auto"} }

// Statuses returns the documented values of [Backup.Status].
func Statuses() []string {
	return []string{"waiting", "backuping", StatusSucceed, "failed", "expired", "deleted"}
}

// Backup is one backup record of an instance, with the fields of the API's BackupRecordResponse. A text that the
// service leaves out, or sends as null, "" or {}, is empty; a number or bool is nil.
type Backup struct {
	ID               string
	Name             string
	Type             string
	Format           string
	InstanceID       string
	Size             *int64 // Bytes.
	Period           string // Planned window of an automatic backup, e.g. "22:00-23:00".
	CreatedAt        string // RFC 3339 in practice; so are the other times.
	UpdatedAt        string
	ExecutionAt      string
	Progress         *float64 // Percent.
	Status           string
	ErrorCode        string
	Remark           string
	IsSupportRestore *bool
}

// IsRestorable reports whether b is complete and the service allows it to be restored.
func (b *Backup) IsRestorable() bool {
	return b.Status == StatusSucceed && b.IsSupportRestore != nil && *b.IsSupportRestore
}

// backupResource is the listing of an instance's backups.
//
// Source: API reference, GET /v2/{project_id}/instances/{instance_id}/backups.
var backupResource = newResource(resource[Backup]{
	array: "backup_record_response", count: "total_num",
	id: func(b *Backup) string { return b.ID },
	fields: []field[Backup]{
		text("backup_id", func(b *Backup) *string { return &b.ID }),
		text("backup_name", func(b *Backup) *string { return &b.Name }),
		text("backup_type", func(b *Backup) *string { return &b.Type }),
		text("backup_format", func(b *Backup) *string { return &b.Format }),
		text("instance_id", func(b *Backup) *string { return &b.InstanceID }),
		integer("size", func(b *Backup) **int64 { return &b.Size }),
		text("period", func(b *Backup) *string { return &b.Period }),
		text("created_at", func(b *Backup) *string { return &b.CreatedAt }),
		text("updated_at", func(b *Backup) *string { return &b.UpdatedAt }),
		text("execution_at", func(b *Backup) *string { return &b.ExecutionAt }),
		number("progress", func(b *Backup) **float64 { return &b.Progress }),
		text("status", func(b *Backup) *string { return &b.Status }),
		text("error_code", func(b *Backup) *string { return &b.ErrorCode }),
		text("remark", func(b *Backup) *string { return &b.Remark }),
		boolean("is_support_restore", func(b *Backup) **bool { return &b.IsSupportRestore }),
	},
})
