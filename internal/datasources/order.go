// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"terraform-provider-dcs/internal/dcsapi"
)

// newestFirst returns backups sorted by the instant of their creation, the newest first, and those without a readable
// created_at last; unreadable is how many of the latter have a text there. The order of the service is not documented and
// decides nothing: the same records always give the same state.
func newestFirst(backups []dcsapi.Backup) (sorted []dcsapi.Backup, unreadable int) {
	all := make([]datedBackup, len(backups))

	for i := range backups {
		all[i] = newDatedBackup(&backups[i])

		if !all[i].readable && backups[i].CreatedAt != "" {
			unreadable++
		}
	}

	slices.SortFunc(all, datedBackup.compare)

	sorted = make([]dcsapi.Backup, len(all))
	for i := range all {
		sorted[i] = *all[i].backup
	}

	return sorted, unreadable
}

// datedBackup is a backup whose created_at has been parsed, once for all comparisons.
type datedBackup struct {
	backup   *dcsapi.Backup
	created  time.Time
	readable bool
}

func newDatedBackup(b *dcsapi.Backup) datedBackup {
	created, readable := parseInstant(b.CreatedAt)

	return datedBackup{backup: b, created: created, readable: readable}
}

func (d datedBackup) compare(other datedBackup) int {
	if d.readable != other.readable {
		if d.readable {
			return -1
		}

		return 1
	}

	if c := other.created.Compare(d.created); c != 0 {
		return c
	}

	if c := cmp.Compare(d.backup.ID, other.backup.ID); c != 0 {
		return c
	}

	// Records without an ID may still differ in any field.
	for _, f := range recordFields {
		if f.text == nil {
			continue
		}

		if c := cmp.Compare(f.text(d.backup), f.text(other.backup)); c != 0 {
			return c
		}
	}

	return cmp.Compare(numbers(d.backup), numbers(other.backup))
}

// numbers returns the fields of b that are no texts, as one text.
func numbers(b *dcsapi.Backup) string {
	text, err := json.Marshal([]any{b.Size, b.Progress, b.IsSupportRestore})
	if err != nil {
		return ""
	}

	return string(text)
}
