// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"regexp"
	"slices"
	"testing"

	"terraform-provider-dcs/internal/dcsapi"
)

func TestFilter_matches(t *testing.T) {
	t.Parallel()

	manual := dcsapi.Backup{
		ID: "1", Name: "before-upgrade", Type: "manual", Format: "rdb", Status: "succeed", IsSupportRestore: new(true),
	}
	auto := dcsapi.Backup{
		ID: "2", Name: "backup_2", Type: "auto", Format: "aof", Status: "failed", IsSupportRestore: new(false),
	}
	bare := dcsapi.Backup{ID: "3"} // All other fields are null.
	// Terraform has all strings in Unicode's composed form, the service may have others.
	decomposed := dcsapi.Backup{ID: "ide\u0301", Name: "ide\u0301"}

	tests := map[string]struct {
		filter filter
		want   []string
	}{
		"no condition":                         {filter{}, []string{"1", "2", "3", "ide\u0301"}},
		"backup ID":                            {filter{ids: []string{"2", "9"}}, []string{"2"}},
		"several backup IDs":                   {filter{ids: []string{"3", "1"}}, []string{"1", "3"}},
		"type":                                 {filter{types: []string{"manual"}}, []string{"1"}},
		"every type, but null matches nothing": {filter{types: dcsapi.Types()}, []string{"1", "2"}},
		"format":                               {filter{formats: []string{"aof"}}, []string{"2"}},
		"format in another case":               {filter{formats: []string{"AOF"}}, nil},
		"status":                               {filter{statuses: []string{"succeed", "waiting"}}, []string{"1"}},
		"name, not anchored":                   {filter{name: regexp.MustCompile("upgrade")}, []string{"1"}},
		"name, anchored":                       {filter{name: regexp.MustCompile("^upgrade")}, nil},
		"any name, but null matches nothing":   {filter{name: regexp.MustCompile("")}, []string{"1", "2", "ide\u0301"}},
		"name as Terraform writes it":          {filter{name: regexp.MustCompile("^id\u00e9$")}, []string{"ide\u0301"}},
		"backup ID as Terraform writes it":     {filter{ids: []string{"id\u00e9"}}, []string{"ide\u0301"}},
		"restorable":                           {filter{restorable: new(true)}, []string{"1"}},
		"not restorable, null matches nothing": {filter{restorable: new(false)}, []string{"2"}},
		"all conditions must match":            {filter{types: []string{"manual"}, statuses: []string{"failed"}}, nil},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var got []string
			for _, b := range test.filter.apply([]dcsapi.Backup{manual, auto, bare, decomposed}) {
				got = append(got, b.ID)
			}

			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
