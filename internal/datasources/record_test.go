// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-dcs/internal/dcsapi"
)

// Each member of a backup sets exactly one attribute, and no two members set the same.
func TestRecord_setsOneAttributeForEachField(t *testing.T) {
	t.Parallel()

	shown := make(map[string]string)
	members := reflect.TypeFor[dcsapi.Backup]()

	for i := range members.NumField() {
		var backup dcsapi.Backup
		fill(t, reflect.ValueOf(&backup).Elem().Field(i))

		given := givenAttributes(t, record(&backup))
		if len(given) != 1 {
			t.Errorf("%s shows in the attributes %q, want exactly one", members.Field(i).Name, given)
			continue
		}

		if other, ok := shown[given[0]]; ok {
			t.Errorf("%s and %s both show in %s", other, members.Field(i).Name, given[0])
		}

		shown[given[0]] = members.Field(i).Name
	}

	if got, want := len(shown), len(recordFields); got != want {
		t.Errorf("%d attributes have a member, want %d: %v", got, want, slices.Sorted(maps.Keys(shown)))
	}
}

// fill gives v a value other than its zero value.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()

	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int64:
		v.SetInt(1)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	default:
		t.Fatalf("no value for a member of type %s", v.Type())
	}
}

func givenAttributes(t *testing.T, record tftypes.Value) []string {
	t.Helper()

	var values map[string]tftypes.Value
	if err := record.As(&values); err != nil {
		t.Fatal(err)
	}

	var given []string

	for name, value := range values {
		if !value.IsNull() {
			given = append(given, name)
		}
	}

	slices.Sort(given)

	return given
}
