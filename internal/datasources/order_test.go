// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi"
)

func TestNewestFirst_order(t *testing.T) {
	t.Parallel()

	tests := map[string][]dcsapi.Backup{
		"by instant and not by text": {
			{ID: "a", CreatedAt: "2024-01-01T00:30:00-01:00"},
			{ID: "b", CreatedAt: "2024-01-01T09:00:00+08:00"},
			{ID: "c", CreatedAt: "2024-01-01T00:59:59.999Z"},
		},
		"fractions count, however long": {
			{CreatedAt: "2024-01-01T00:00:00.2Z"},
			{CreatedAt: "2024-01-01T00:00:00.19Z"},
			{CreatedAt: "2024-01-01T00:00:00Z"},
		},
		"ISO 8601 forms near RFC 3339": {
			{ID: "a", CreatedAt: "2024-01-01T08:00:09+0800"},
			{ID: "b", CreatedAt: "2024-01-01 00:00:08Z"},
			{ID: "c", CreatedAt: "2024-01-01 08:00:07+08:00"},
			{ID: "d", CreatedAt: "2024-01-01T08:00:06,5+08"},
			{ID: "e", CreatedAt: "2023-12-31 19:30:05.25 -0430"},
			{ID: "f", CreatedAt: "20240101T000004Z"},
			{ID: "g", CreatedAt: "20240101T080003+0800"},
		},
		"lower case is read": {
			{CreatedAt: "2024-01-01t00:00:01z"},
			{CreatedAt: "2024-01-01T00:00:00Z"},
		},
		"ties by ID": {
			{ID: "a", CreatedAt: "2024-01-01T00:00:00Z"},
			{ID: "b", CreatedAt: "2024-01-01T08:00:00+08:00"},
			{ID: "b!", CreatedAt: "2024-01-01T00:00:00Z"},
			{ID: "c", CreatedAt: "2024-01-01T00:00:00.000Z"},
		},
		"without a readable time last, by ID": {
			{ID: "z", CreatedAt: "0001-01-01T00:00:00Z"},
			{ID: "y", CreatedAt: "0000-01-01T00:00:00Z"},
			{ID: "a", CreatedAt: "yesterday"},
			{ID: "b"},
			{ID: "c", CreatedAt: "20240101000000"},
			{ID: "d", CreatedAt: "2024-01-01T00:00:00"},
		},
		"without ID and time, by the other fields": {
			{Size: new(int64(9007199254740992)), Status: "failed"},
			{Size: new(int64(9007199254740993)), Status: "failed"},
			{Size: new(int64(9007199254740993)), Status: "succeed"},
		},
	}

	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // The same order in each run.

			for range 20 {
				shuffled := slices.Clone(want)
				random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })

				got, _ := newestFirst(shuffled)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("order (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// Records that differ in one field alone, whichever it is, have one order.
func TestNewestFirst_everyFieldDecides(t *testing.T) {
	t.Parallel()

	members := reflect.TypeFor[dcsapi.Backup]()

	for n := range members.NumField() {
		var filled dcsapi.Backup
		fill(t, reflect.ValueOf(&filled).Elem().Field(n))

		got, _ := newestFirst([]dcsapi.Backup{filled, {}})
		reversed, _ := newestFirst([]dcsapi.Backup{{}, filled})

		if diff := cmp.Diff(got, reversed); diff != "" {
			t.Errorf("%s does not decide:\n%s", members.Field(n).Name, diff)
		}
	}
}
