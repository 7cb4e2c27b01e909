// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-dcs/internal/dcsapi"
)

// Records that are not in state are not kept, so that memory does not grow with them.
func TestInstanceMap_keepsNoRecords(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		keepBackups   bool
		maxSize, want int
	}{
		// The newest record is in state as the latest one and as the latest that can be restored.
		"newest backups":                     {false, maxStateSize, 10},
		"all backups":                        {true, maxStateSize, 1000},
		"instances that do not fit (newest)": {false, 0, 0},
		"instances that do not fit (all)":    {true, 0, 0},
	}

	for name, test := range tests {
		m := newInstanceMap(filter{}, test.keepBackups, test.maxSize)

		var kept []weak.Pointer[byte]

		for i := range 10 {
			backups := make([]dcsapi.Backup, 100)
			for n := range backups {
				backups[n] = fullBackup(n)
				// What a string of a record is made of.
				text := []byte(strings.Repeat("x", 1000) + fmt.Sprint(i, n))
				backups[n].Remark = string(text)
				kept = append(kept, weak.Make(stringData(backups[n].Remark)))
			}

			m.add(dcsapi.InstanceBackups{
				Instance: dcsapi.Instance{ID: strconv.Itoa(i)}, BackupSupported: true, Listing: dcsapi.Listing{Backups: backups},
			})
		}

		runtime.GC()

		left := 0

		for _, p := range kept {
			if p.Value() != nil {
				left++
			}
		}

		if left != test.want {
			t.Errorf("%s: %d records are in memory, want %d", name, left, test.want)
		}

		runtime.KeepAlive(m)
	}
}

// The size of an instance is bounded before the state is encoded.
func TestProjectInstance_boundsTheEncodedState(t *testing.T) {
	t.Parallel()

	capacity, _, err := big.ParseFloat("0."+strings.Repeat("123456789", 7), 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}

	large := fullBackup(2)
	large.Remark, large.Size, large.Progress = strings.Repeat("备", 20<<10), new(int64(math.MaxInt64)), new(33.3)

	tests := map[string]dcsapi.InstanceBackups{
		"nothing":      {Instance: dcsapi.Instance{Tags: map[string]string{}}},
		"null records": {Listing: dcsapi.Listing{Backups: make([]dcsapi.Backup, 100)}},
		"everything": {
			Instance: dcsapi.Instance{
				ID: "instance-1", Name: strings.Repeat("x", 64<<10), Status: "RUNNING", Engine: "Redis", EngineVersion: "5.0",
				SpecCode: "redis.ha", CreatedAt: "2022-08-29T09:00:34.335Z", EnterpriseProjectID: "0", Capacity: capacity,
				Tags: map[string]string{"k": strings.Repeat("v", 300), strings.Repeat("k", 70000): "", "a": "b"},
			},
			BackupSupported: true,
			Listing:         dcsapi.Listing{TotalNum: math.MaxInt64, Backups: []dcsapi.Backup{large, large, large, fullBackup(1)}},
		},
	}

	for name, read := range tests {
		for _, keep := range []bool{false, true} {
			i := newProjectInstance(read, read.Listing.Backups, keep)

			encoded, err := tfprotov6.NewDynamicValue(instanceType, instanceFields.object(instanceType, &i))
			if err != nil {
				t.Fatal(err)
			}

			bound, slack := i.size(), 1000+200*len(read.Listing.Backups)
			if size := len(encoded.MsgPack); bound < size || bound > size+slack {
				t.Errorf("%s, include_backups %t: the bound is %d bytes, the size %d", name, keep, bound, size)
			}
		}
	}
}

// stringData returns where s is in memory.
func stringData(s string) *byte { return unsafe.StringData(s) } //nolint:gosec // It is only asked whether that is still used.

// Each member of an instance sets exactly one attribute, and no two members set the same.
func TestInstanceFields_setOneAttributeForEachField(t *testing.T) {
	t.Parallel()

	attributes := func(i dcsapi.Instance) map[string]tftypes.Value {
		instance := newProjectInstance(dcsapi.InstanceBackups{Instance: i}, nil, false)

		var values map[string]tftypes.Value
		if err := instanceFields.object(instanceType, &instance).As(&values); err != nil {
			t.Fatal(err)
		}

		return values
	}

	without := attributes(dcsapi.Instance{})
	members := reflect.TypeFor[dcsapi.Instance]()
	shown := make(map[string]string)

	for n := range members.NumField() {
		var i dcsapi.Instance

		switch member := reflect.ValueOf(&i).Elem().Field(n); members.Field(n).Name {
		case "Capacity":
			i.Capacity = big.NewFloat(1)
		case "Tags":
			i.Tags = map[string]string{"k": "v"}
		default:
			fill(t, member)
		}

		var changed []string

		for name, value := range attributes(i) {
			if !value.Equal(without[name]) {
				changed = append(changed, name)
			}
		}

		if len(changed) != 1 || shown[changed[0]] != "" {
			t.Fatalf("%s shows in the attributes %q, want exactly one of its own; others: %v", members.Field(n).Name, changed, shown)
		}

		shown[changed[0]] = members.Field(n).Name
	}
}
