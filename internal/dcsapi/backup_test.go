// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFields_readEachOneFieldOfABackup fails when a field of Backup is read by no entry of fields, or by two, and when an
// entry changes more than its own.
func TestFields_readEachOneFieldOfABackup(t *testing.T) {
	t.Parallel()

	readBy := make(map[string][]string)

	for _, f := range backupResource.fields {
		var b Backup

		// A text, a number and a bool fit one kind of field each, or a text.
		fits := 0

		for _, v := range []string{`"x"`, `5`, `true`} {
			var tried Backup
			if f.read(&tried, nil, raw(v)) == nil {
				fits++
				b = tried
			}
		}

		if fits == 0 {
			t.Errorf("%s: no kind of value fits", f.name)
		}

		changed := changedFields(b)
		if len(changed) != 1 {
			t.Errorf("%s: reading it changes %v, want one field", f.name, changed)
		}

		for _, name := range changed {
			readBy[name] = append(readBy[name], f.name)
		}
	}

	for _, field := range reflect.VisibleFields(reflect.TypeFor[Backup]()) {
		if len(readBy[field.Name]) != 1 {
			t.Errorf("Backup.%s is read as %v, want one field of the API", field.Name, readBy[field.Name])
		}
	}
}

// TestFields_readTheFieldTheyAreNamedAfter catches two entries that are mixed up.
func TestFields_readTheFieldTheyAreNamedAfter(t *testing.T) {
	t.Parallel()

	for _, f := range backupResource.fields {
		var b Backup

		_ = f.read(&b, nil, raw(`"true"`)) == nil || f.read(&b, nil, raw(`5`)) == nil

		got := changedFields(b)
		plain := strings.ReplaceAll(f.name, "_", "")

		if len(got) != 1 || !strings.HasSuffix(plain, strings.ToLower(got[0])) {
			t.Errorf("%s is read into %v", f.name, got)
		}
	}
}

func TestFields_areTheVendorsFields(t *testing.T) {
	t.Parallel()

	// Table 4 of the API reference, BackupRecordResponse.
	want := strings.Fields(`backup_id period backup_name instance_id size backup_type created_at updated_at progress
		error_code remark status is_support_restore execution_at backup_format`)
	slices.Sort(want)

	var got []string
	for _, f := range backupResource.fields {
		got = append(got, f.name)
	}

	slices.Sort(got)

	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

// changedFields returns the names of the fields of b that are not zero.
func changedFields(b Backup) []string {
	var names []string

	v := reflect.ValueOf(b)
	for _, field := range reflect.VisibleFields(v.Type()) {
		if !v.FieldByIndex(field.Index).IsZero() {
			names = append(names, field.Name)
		}
	}

	return names
}
