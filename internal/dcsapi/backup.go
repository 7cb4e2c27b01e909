// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import "bytes"

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

// field says under which name the API sends a field of a [Backup], and how the value is read. read returns false for a
// value that does not fit.
type field struct {
	name string
	read func(b *Backup, v value) bool
}

// fields are the fields of a [Backup] in the order of [Misfit]s.
var fields = []field{
	{"backup_id", func(b *Backup, v value) bool { return v.string(&b.ID) }},
	{"backup_name", func(b *Backup, v value) bool { return v.string(&b.Name) }},
	{"backup_type", func(b *Backup, v value) bool { return v.string(&b.Type) }},
	{"backup_format", func(b *Backup, v value) bool { return v.string(&b.Format) }},
	{"instance_id", func(b *Backup, v value) bool { return v.string(&b.InstanceID) }},
	{"size", func(b *Backup, v value) bool { return v.integer(&b.Size) }},
	{"period", func(b *Backup, v value) bool { return v.string(&b.Period) }},
	{"created_at", func(b *Backup, v value) bool { return v.string(&b.CreatedAt) }},
	{"updated_at", func(b *Backup, v value) bool { return v.string(&b.UpdatedAt) }},
	{"execution_at", func(b *Backup, v value) bool { return v.string(&b.ExecutionAt) }},
	{"progress", func(b *Backup, v value) bool { return v.number(&b.Progress) }},
	{"status", func(b *Backup, v value) bool { return v.string(&b.Status) }},
	{"error_code", func(b *Backup, v value) bool { return v.string(&b.ErrorCode) }},
	{"remark", func(b *Backup, v value) bool { return v.string(&b.Remark) }},
	{"is_support_restore", func(b *Backup, v value) bool { return v.boolean(&b.IsSupportRestore) }},
}

// fieldIndex finds a field by its name.
var fieldIndex = func() map[string]int {
	index := make(map[string]int, len(fields))
	for i, f := range fields {
		index[f.name] = i
	}

	return index
}()

// fieldNamed finds a field by its name as it was sent.
func fieldNamed(name raw) (int, bool) {
	i, ok := fieldIndex[string(name[1:len(name)-1])] // This conversion allocates nothing.
	if !ok && bytes.IndexByte(name, '\\') >= 0 {
		i, ok = fieldIndex[name.text()]
	}

	return i, ok
}

// Misfit tells of values that did not fit their field and are therefore missing.
type Misfit struct {
	// Field is the API's name of the field.
	Field string
	// BackupID is the ID of the first record concerned, empty where it has none, and Value what was sent, shortened.
	BackupID string
	Value    string
	// More is how many further records are concerned.
	More int
}
