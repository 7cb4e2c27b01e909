// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"bytes"
	_ "embed"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sampleInstances is a response in the shape of the vendor's page.
//
//go:embed testdata/instances.json
var sampleInstances []byte

func decodeInstances(t *testing.T, body []byte) (page[sentInstance], []Instance) {
	t.Helper()

	p, err := decodePage(bytes.NewReader(body), instanceResource, request{limit: maxPage, keep: maxElements})
	if err != nil {
		t.Fatal(err)
	}

	instances := make([]Instance, len(p.records))
	for i := range p.records {
		instances[i] = p.records[i].instance()
	}

	return p, instances
}

// decimal returns a number as Terraform reads it from a configuration.
func decimal(s string) *big.Float {
	f, _, err := big.ParseFloat(s, 10, 512, big.ToNearestEven)
	if err != nil {
		panic(err)
	}

	return f
}

var compareDecimals = cmp.Comparer(func(a, b *big.Float) bool {
	return a == b || a != nil && b != nil && a.Cmp(b) == 0
})

func TestInstance_vendorsSample(t *testing.T) {
	t.Parallel()

	p, got := decodeInstances(t, sampleInstances)
	want := []Instance{{
		ID: "c830053e-d5a3-4bc0-b6d6-ca37d1ea9dd5", Name: "dcs-orders", Status: "RUNNING", Engine: "Redis", EngineVersion: "5.0",
		SpecCode: "redis.ha.xu1.tiny.r2.128", CreatedAt: "2022-08-29T09:00:34.335Z", EnterpriseProjectID: "0",
		Capacity: decimal("0.125"), Tags: map[string]string{"1": "DCS"},
	}}

	if diff := cmp.Diff(want, got, compareDecimals); diff != "" || p.total != 1 || p.misfits != nil {
		t.Errorf("count %d, misfits %v, instances (-want +got):\n%s", p.total, p.misfits.list(), diff)
	}
}

func TestInstance_texts(t *testing.T) {
	t.Parallel()

	for name, get := range map[string]func(Instance) string{
		"instance_id":           func(i Instance) string { return i.ID },
		"name":                  func(i Instance) string { return i.Name },
		"status":                func(i Instance) string { return i.Status },
		"engine":                func(i Instance) string { return i.Engine },
		"engine_version":        func(i Instance) string { return i.EngineVersion },
		"spec_code":             func(i Instance) string { return i.SpecCode },
		"created_at":            func(i Instance) string { return i.CreatedAt },
		"enterprise_project_id": func(i Instance) string { return i.EnterpriseProjectID },
	} {
		for sent, want := range map[string]string{
			`"x"`: "x", `0`: "0", `"0"`: "0", `5.0`: "5.0", `true`: "true", `null`: "", `""`: "", `{}`: "", `[]`: unfit, `{"a": 1}`: unfit,
		} {
			p, got := decodeInstances(t, []byte(fmt.Sprintf(`{"instances": [{%q: %s}]}`, name, sent)))
			checkMisfit(t, p, name, want == unfit)

			if want == unfit {
				want = ""
			}

			if get(got[0]) != want {
				t.Errorf("%s %s: got %q, want %q", name, sent, get(got[0]), want)
			}
		}
	}
}

func checkMisfit(t *testing.T, p page[sentInstance], field string, want bool) {
	t.Helper()

	got := p.misfits.list()
	if want && (len(got) != 1 || got[0].Field != field) || !want && len(got) > 0 {
		t.Errorf("got misfits %v, want one of %s: %t", got, field, want)
	}
}

func TestInstance_capacity(t *testing.T) {
	t.Parallel()

	tests := []struct {
		sent, want string // "" is null.
		misfit     string // The field.
	}{
		{``, "", ""},
		{`"capacity": null, "capacity_minor": null`, "", ""},
		{`"capacity": 8`, "8", ""},
		{`"capacity": "8"`, "8", ""},
		{`"capacity": 8.5`, "8.5", ""},
		{`"capacity": 0`, "0", ""},
		{`"capacity": 0, "capacity_minor": ""`, "0", ""},
		{`"capacity": 0, "capacity_minor": {}`, "0", ""},
		{`"capacity": 0, "capacity_minor": ".125"`, "0.125", ""},
		{`"capacity_minor": ".125", "capacity": 0`, "0.125", ""},
		{`"capacity": "0", "capacity_minor": "0.125"`, "0.125", ""},
		{`"capacity": 0, "capacity_minor": 0.1`, "0.1", ""},
		{`"capacity": 0.0, "capacity_minor": ".1"`, "0.1", ""},
		{`"capacity_minor": ".3"`, "0.3", ""},
		{`"capacity": {}, "capacity_minor": ".3"`, "0.3", ""},
		{`"capacity": 8, "capacity_minor": ".125"`, "8", ""},
		{`"capacity": 1e2`, "100", ""},
		{`"capacity": 9007199254740993`, "9007199254740993", ""},
		{`"capacity": "many"`, "", "capacity"},
		{`"capacity": "many", "capacity_minor": ".125"`, "", "capacity"},
		{`"capacity": [8]`, "", "capacity"},
		{`"capacity": true`, "", "capacity"},
		{`"capacity": 1e999999999`, "", "capacity"},
		{`"capacity": 0, "capacity_minor": "."`, "", "capacity_minor"},
		{`"capacity": 0, "capacity_minor": "half"`, "", "capacity_minor"},
		{`"capacity": "many", "capacity": 4`, "4", ""},
		{`"capacity": 4, "capacity": null`, "", ""},
	}

	for _, tt := range tests {
		p, got := decodeInstances(t, []byte(`{"instances": [{`+tt.sent+`}]}`))
		checkMisfit(t, p, tt.misfit, tt.misfit != "")

		if c := got[0].Capacity; (c == nil) != (tt.want == "") || c != nil && c.Cmp(decimal(tt.want)) != 0 {
			t.Errorf("%s: got %s, want %q", tt.sent, c, tt.want)
		}
	}
}

func TestInstance_tags(t *testing.T) {
	t.Parallel()

	tests := []struct {
		sent   string
		want   map[string]string
		misfit bool
	}{
		{``, map[string]string{}, false},
		{`"tags": null`, map[string]string{}, false},
		{`"tags": {}`, map[string]string{}, false},
		{`"tags": ""`, map[string]string{}, false},
		{`"tags": []`, map[string]string{}, false},
		{`"tags": [{"key": "a", "value": "b"}]`, map[string]string{"a": "b"}, false},
		{`"tags": [ {"value": "b" , "key": "a"} , {"key":"c","value":"d"} ]`, map[string]string{"a": "b", "c": "d"}, false},
		{`"tags": [{"key": 1, "value": true}]`, map[string]string{"1": "true"}, false},
		{`"tags": [{"key": "a"}]`, map[string]string{"a": ""}, false},
		{`"tags": [{"key": "a", "value": null}]`, map[string]string{"a": ""}, false},
		{`"tags": [{"key": "a", "value": "x"}, {"key": "a", "value": "y"}]`, map[string]string{"a": "y"}, false},
		{`"tags": [{"key": "a", "value": "x"}, {"key": "a"}]`, map[string]string{"a": ""}, false},
		{`"tags": [{"value": "b"}, {"key": "", "value": "b"}, {"key": null}, {}, null, "a", 1, [], true]`, map[string]string{}, false},
		{`"tags": [{"k\u0065y": "\u0061", "value": "]}"}]`, map[string]string{"a": "]}"}, false},
		{`"tags": [{"key": "a", "value": ["b"]}]`, map[string]string{"a": ""}, true},
		{`"tags": [{"key": ["a"], "value": "b"}, {"key": "c", "value": "d"}]`, map[string]string{"c": "d"}, true},
		{`"tags": "a=b"`, map[string]string{}, true},
		{`"tags": {"a": "b"}`, map[string]string{}, true},
		{`"tags": 5`, map[string]string{}, true},
		{`"tags": [{"key": "a"}], "tags": [{"key": "b"}]`, map[string]string{"b": ""}, false},
		{`"tags": [{"key": "a"}], "tags": null`, map[string]string{}, false},
		{`"tags": 5, "tags": [{"key": "b"}]`, map[string]string{"b": ""}, false},
	}

	for _, tt := range tests {
		p, got := decodeInstances(t, []byte(`{"instances": [{`+tt.sent+`}]}`))
		checkMisfit(t, p, "tags", tt.misfit)

		if diff := cmp.Diff(tt.want, got[0].Tags); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.sent, diff)
		}
	}
}

func TestInstance_bounds(t *testing.T) {
	t.Parallel()

	tags := func(n int) string {
		return `{"tags": [` + strings.TrimSuffix(strings.Repeat(`null,`, n), ",") + `]}`
	}

	distinct := make([]string, maxElements)
	for i := range distinct {
		distinct[i] = fmt.Sprintf(`{"key": "%d"}`, i)
	}

	many := `{"tags": [` + strings.Join(distinct, ",") + `]},`

	tests := []struct{ name, instances, want string }{
		{"10 000 instances", strings.TrimSuffix(strings.Repeat("null,", 10_000), ","), ""},
		{"10 001 instances", strings.TrimSuffix(strings.Repeat("null,", 10_001), ","), "instances has more than 10000 elements"},
		{"10 000 tags", tags(10_000), ""},
		{"10 001 tags", tags(10_001), "tags has more than 10000 elements"},
		{"200 000 tags", strings.TrimSuffix(strings.Repeat(many, 20), ","), ""},
		{"210 000 tags", strings.TrimSuffix(strings.Repeat(many, 21), ","), "the arrays in instances have more than 200000 elements"},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			_, err := decodePage(strings.NewReader(`{"instances": [`+tt.instances+`]}`), instanceResource,
				request{limit: maxPage, keep: maxElements})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
				t.Errorf("got error %v, want %q", err, tt.want)
			}
		})
	}
}
