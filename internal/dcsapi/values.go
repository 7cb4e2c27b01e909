// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

// How a backup came to be, the values of [Backup.Type] that the API documents.
const (
	TypeManual = "manual"
	TypeAuto   = "auto"
)

// Types returns the documented values of [Backup.Type].
func Types() []string { return []string{TypeManual, TypeAuto} }

// What became of a backup, the values of [Backup.Status] that the API documents.
const (
	StatusWaiting   = "waiting"
	StatusBackuping = "backuping"
	StatusSucceed   = "succeed"
	StatusFailed    = "failed"
	StatusExpired   = "expired"
	StatusDeleted   = "deleted"
)

// Statuses returns the documented values of [Backup.Status].
func Statuses() []string {
	return []string{StatusWaiting, StatusBackuping, StatusSucceed, StatusFailed, StatusExpired, StatusDeleted}
}
