// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-dcs/internal/dcsapi"
)

// numberAt returns a number of an instance in state.
func numberAt(t *testing.T, state tftypes.Value, instance, field string) *big.Float {
	t.Helper()

	at := tftypes.NewAttributePath().WithAttributeName("instances").WithElementKeyString(instance).WithAttributeName(field)

	value, _, err := tftypes.WalkAttributePath(state, at)
	if err != nil {
		t.Fatal(err)
	}

	number := new(big.Float)
	if value, ok := value.(tftypes.Value); !ok || value.As(&number) != nil {
		t.Fatalf("%s of %s is %v", field, instance, value)
	}

	return number
}

// Records that are not in state are not kept, so that memory does not grow with them.
func TestInstanceMap_keepsNoRecords(t *testing.T) {
	t.Parallel()

	for _, keep := range []bool{false, true} {
		m := newInstanceMap(filter{}, keep, maxStateSize)

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

		// The newest record is in state as the latest one and as the latest that can be restored.
		want := 10
		if keep {
			want = 1000
		}

		if left != want {
			t.Errorf("include_backups %t: %d records are in memory, want %d", keep, left, want)
		}

		runtime.KeepAlive(m)
	}
}

// The size of instances is bounded before the state is encoded.
func TestInstanceMap_boundsTheEncodedState(t *testing.T) {
	t.Parallel()

	capacity, _, err := big.ParseFloat("0."+strings.Repeat("123456789", 7), 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}

	large := fullBackup(2)
	large.Remark, large.Size = strings.Repeat("备", 20<<10), new(int64(math.MaxInt64))

	tests := map[string]dcsapi.InstanceBackups{
		"nothing": {Instance: dcsapi.Instance{Tags: map[string]string{}}},
		"everything": {
			Instance: dcsapi.Instance{
				Name: strings.Repeat("x", 64<<10), Status: "RUNNING", Engine: "Redis", EngineVersion: "5.0", SpecCode: "redis.ha",
				CreatedAt: "2022-08-29T09:00:34.335Z", EnterpriseProjectID: "0", Capacity: capacity,
				Tags: map[string]string{"k": strings.Repeat("v", 300), strings.Repeat("k", 70000): "", "a": "b"},
			},
			BackupSupported: true,
			Listing: dcsapi.Listing{
				TotalNum: math.MaxInt64, Backups: slices.Concat(slices.Repeat([]dcsapi.Backup{large}, 3), []dcsapi.Backup{fullBackup(1)}),
			},
		},
	}

	for name, instance := range tests {
		for _, keep := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, include_backups %t", name, keep), func(t *testing.T) {
				t.Parallel()

				const instances = 100

				m := newInstanceMap(filter{}, keep, math.MaxInt)

				for i := range instances {
					read := instance
					read.Instance.ID = fmt.Sprintf("instance-%d", i)
					read.Listing.Backups = slices.Clone(instance.Listing.Backups)
					m.add(read)
				}

				typ := tftypes.Map{ElementType: instanceType}

				encoded, err := tfprotov6.NewDynamicValue(typ, tftypes.NewValue(typ, m.instances))
				if err != nil {
					t.Fatal(err)
				}

				if size := len(encoded.MsgPack); m.size < size-10 || m.size > size+instances*1500 {
					t.Errorf("the bound is %d bytes, the size %d", m.size, size)
				}
			})
		}
	}
}

// Instances that do not fit into the state are not kept in memory either.
func TestInstanceMap_keepsNothingBeyondTheBound(t *testing.T) {
	t.Parallel()

	m := newInstanceMap(filter{}, false, 10<<10)
	for i := range 1000 {
		m.add(dcsapi.InstanceBackups{Instance: dcsapi.Instance{ID: strconv.Itoa(i), Name: strings.Repeat("x", 1<<10)}})
	}

	if len(m.instances) > 10 || m.size < 1000<<10 {
		t.Errorf("%d instances are kept, the size is %d", len(m.instances), m.size)
	}
}

// stringData returns where s is in memory.
func stringData(s string) *byte { return unsafe.StringData(s) } //nolint:gosec // It is only asked whether that is still used.

// Each member of an instance sets exactly one attribute, and no two members set the same.
func TestInstanceFields_setOneAttributeForEachField(t *testing.T) {
	t.Parallel()

	attributes := func(i dcsapi.Instance) map[string]tftypes.Value {
		instance := newProjectInstance(dcsapi.InstanceBackups{Instance: i}, nil)

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
			t.Fatalf("%s shows in the attributes %q, want exactly one of its own, beside %v", members.Field(n).Name, changed, shown)
		}

		shown[changed[0]] = members.Field(n).Name
	}
}
