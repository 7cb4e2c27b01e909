// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBackup_hasTheFieldsOfTheAPI sends each field of BackupRecordResponse, table 4 of the API reference.
func TestBackup_hasTheFieldsOfTheAPI(t *testing.T) {
	t.Parallel()

	got, err := decodeBackups(strings.NewReader(`{"backup_record_response": [{
		"backup_id": "id", "period": "22:00-23:00", "backup_name": "name", "instance_id": "instance", "size": 5, "backup_type": "auto",
		"created_at": "created", "updated_at": "updated", "progress": "99.5", "error_code": "code", "remark": "remark",
		"status": "succeed", "is_support_restore": "TRUE", "execution_at": "executed", "backup_format": "rdb"}]}`))
	if err != nil {
		t.Fatal(err)
	}

	want := []Backup{{
		ID: "id", Name: "name", Type: "auto", Format: "rdb", InstanceID: "instance", Size: new(int64(5)), Period: "22:00-23:00",
		CreatedAt: "created", UpdatedAt: "updated", ExecutionAt: "executed", Progress: new(99.5), Status: StatusSucceed,
		ErrorCode: "code", Remark: "remark", IsSupportRestore: new(true),
	}}
	if diff := cmp.Diff(want, got.records); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}

	for _, field := range reflect.VisibleFields(reflect.TypeFor[Backup]()) {
		if reflect.ValueOf(want[0]).FieldByIndex(field.Index).IsZero() {
			t.Errorf("Backup.%s is not sent", field.Name)
		}
	}
}
