// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"terraform-provider-dcs/internal/dcsapi"
)

// newestFirst returns backups sorted by the instant of their creation, the newest first and those without a readable one
// last. Nothing is left to the order in which the service sent them, which is not documented: the same records always
// give the same state.
func newestFirst(backups []dcsapi.Backup) []dcsapi.Backup {
	all := make([]dated, len(backups))
	for i := range backups {
		all[i] = newDated(&backups[i])
	}

	slices.SortFunc(all, dated.compare)

	sorted := make([]dcsapi.Backup, len(all))
	for i := range all {
		sorted[i] = *all[i].backup
	}

	return sorted
}

// dated is a backup whose time of creation has been read, once for all comparisons.
type dated struct {
	backup   *dcsapi.Backup
	created  time.Time
	readable bool
}

func newDated(b *dcsapi.Backup) dated {
	created, err := time.Parse(time.RFC3339, strings.ToUpper(b.CreatedAt))

	return dated{backup: b, created: created, readable: err == nil}
}

func (d dated) compare(other dated) int {
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
	return cmp.Compare(contents(d.backup), contents(other.backup))
}

// contents returns all fields of b as one text.
func contents(b *dcsapi.Backup) string {
	text, err := json.Marshal(b)
	if err != nil {
		return ""
	}

	return string(text)
}
