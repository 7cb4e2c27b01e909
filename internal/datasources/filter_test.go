// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilter_everyConditionMustMatch(t *testing.T) {
	t.Parallel()

	service := body(`{"total_num": 4, "backup_record_response": [
		{"backup_id": "1", "backup_name": "before-upgrade", "backup_type": "manual", "backup_format": "rdb", "status": "succeed",
			"is_support_restore": "TRUE"},
		{"backup_id": "2", "backup_name": "backup_2", "backup_type": "auto", "backup_format": "aof", "status": "failed",
			"is_support_restore": "FALSE"},
		{"backup_id": "3"},
		{"backup_id": "ide\u0301", "backup_name": "ide\u0301"}
	]}`)

	// All other fields of the last two are null. Terraform has all strings in Unicode's composed form, the service may have others.
	const decomposed = "ide\u0301"

	tests := map[string]struct {
		filter map[string]any
		want   []string
	}{
		"no condition":                     {map[string]any{}, []string{"1", "2", "3", decomposed}},
		"backup ID":                        {map[string]any{"backup_id": []any{"3", "1", "9"}}, []string{"1", "3"}},
		"backup ID as Terraform writes it": {map[string]any{"backup_id": []any{"id\u00e9"}}, []string{decomposed}},
		"any type, null is none":           {map[string]any{"backup_type": []any{"manual", "auto"}}, []string{"1", "2"}},
		"type":                             {map[string]any{"backup_type": []any{"manual"}}, []string{"1"}},
		"format":                           {map[string]any{"backup_format": []any{"aof"}}, []string{"2"}},
		"format in another case":           {map[string]any{"backup_format": []any{"AOF"}}, []string{}},
		"status":                           {map[string]any{"status": []any{"succeed", "waiting"}}, []string{"1"}},
		"name, not anchored":               {map[string]any{"backup_name_regex": "upgrade"}, []string{"1"}},
		"name, anchored":                   {map[string]any{"backup_name_regex": "^upgrade"}, []string{}},
		"any name, null is none":           {map[string]any{"backup_name_regex": ".*"}, []string{"1", "2", decomposed}},
		"name as Terraform writes it":      {map[string]any{"backup_name_regex": "^id\u00e9$"}, []string{decomposed}},
		"restorable":                       {map[string]any{"is_support_restore": true}, []string{"1"}},
		"not restorable, null is neither":  {map[string]any{"is_support_restore": false}, []string{"2"}},
		"all must match": {map[string]any{
			"backup_id": []any{"1", "2"}, "backup_type": []any{"manual"}, "backup_format": []any{"rdb"}, "status": []any{"succeed"},
			"backup_name_regex": "^before", "is_support_restore": true,
		}, []string{"1"}},
		"one does not match": {map[string]any{"backup_type": []any{"manual"}, "status": []any{"failed"}}, []string{}},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			state := mustRead(t, serve(t, service), map[string]any{"filter": test.filter})
			if diff := cmp.Diff(test.want, ids(t, state)); diff != "" {
				t.Errorf("backups (-want +got):\n%s", diff)
			}
		})
	}
}
