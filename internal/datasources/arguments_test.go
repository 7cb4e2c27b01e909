// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/providertest"
)

// badValue is a value that an argument must not have.
type badValue struct {
	// at is the argument, e.g. region or filter.status.
	at    string
	value any
	// want is the error, empty where the tests of the package validators show it. A ~ stands for a backtick.
	want string
}

var commonBadValues = []badValue{
	{"region", "cn.north", ""},
	{"project_id", "", "Invalid Project ID: ~project_id~ must consist of letters, digits, - and _. Got: \"\"."},
	{
		"begin_time", "2024-01-31 23:59:59",
		"Invalid Begin Time: ~begin_time~ must be yyyyMMddHHmmss in UTC, or RFC 3339, e.g. 2024-01-31T23:59:59Z. Got: \"2024-01-31 23:59:59\".",
	},
	{
		"end_time", "2024-02-30T00:00:00Z",
		"Invalid End Time: ~end_time~ must be a date and a time of day that exist. Got: \"2024-02-30T00:00:00Z\".",
	},
	{
		"end_time", "9999-12-31T23:59:59-01:00",
		"Invalid End Time: ~end_time~ must be in the years 0001 to 9999 in UTC. Got: \"9999-12-31T23:59:59-01:00\".",
	},
	{"filter.backup_id", []any{}, ""},
	{"filter.backup_id", []any{"a", ""}, ""},
	{"filter.backup_id", []any{"a", nil}, "Null Set Value: This attribute contains a null value."},
	{"filter.backup_type", []any{}, ""},
	{"filter.backup_type", []any{"manual", "Auto"}, ""},
	{"filter.backup_format", []any{}, ""},
	{"filter.backup_format", []any{""}, ""},
	{"filter.status", []any{}, "Invalid Status: ~filter.status~ must not be empty. Got: []."},
	{
		"filter.status",
		[]any{"succeed", "success"},
		"Invalid Status: ~filter.status~ must be one of \"waiting\", \"backuping\", \"succeed\", \"failed\", \"expired\", \"deleted\". " +
			"Got: \"success\".",
	},
	{"filter.backup_name_regex", "", ""},
	{"filter.backup_name_regex", "(?=backup)", ""},
	{"timeouts.read", "", ""},
	{
		"timeouts.read", "30",
		"Invalid Read: ~timeouts.read~ must be a positive duration with the units s, m and h, e.g. 30s or 1h30m. Got: \"30\".",
	},
	{"timeouts.read", "0s", ""},
	{"timeouts.read", "-5m", ""},
	{"timeouts.read", "9999999h", ""},
}

var ownBadValues = map[string][]badValue{
	dataSource: {
		{"instance_id", nil, ""},
		{"instance_id", "", ""},
		{"instance_id", "a/b", "Invalid Instance ID: ~instance_id~ must consist of letters, digits, - and _. Got: \"a/b\"."},
		{"limit", 0, "Invalid Limit: ~limit~ must be a whole number of at least 1. Got: 0."},
		{"limit", 1.5, ""},
		{"limit", new(big.Float).SetInt(new(big.Int).Lsh(big.NewInt(1), 64)), ""},
		{"offset", -1, "Invalid Offset: ~offset~ must be a whole number of at least 0. Got: -1."},
		{"offset", 0.5, ""},
	},
	projectDataSource: {
		{"instance_filter.instance_id", []any{}, ""},
		{
			"instance_filter.instance_id",
			[]any{"a", "b/c"},
			"Invalid Instance ID: ~instance_filter.instance_id~ must consist of letters, digits, - and _. Got: \"b/c\".",
		},
		{"instance_filter.instance_id", []any{nil}, ""},
		{"instance_filter.name_regex", "", ""},
		{"instance_filter.name_regex", "(?!prod)", ""},
		{"instance_filter.status", []any{}, ""},
		{"instance_filter.status", []any{""}, ""},
		{"instance_filter.engine", []any{}, ""},
		{"instance_filter.engine", []any{""}, ""},
		{"instance_filter.enterprise_project_id", []any{}, ""},
		{"instance_filter.enterprise_project_id", []any{""}, ""},
		{"instance_filter.tags", map[string]any{}, "Invalid Tags: ~instance_filter.tags~ must not be empty. Got: {}."},
		{"instance_filter.tags", map[string]any{"": "x"}, ""},
		{"instance_filter.tags", map[string]any{"a": nil}, "Null Map Value: This attribute contains a null value."},
	},
}

// withRequired returns a configuration of a data source with what it requires.
func withRequired(dataSource string, arguments map[string]any) map[string]any {
	config := make(map[string]any)
	maps.Copy(config, arguments)

	if _, ok := config["instance_id"]; !ok && dataSource != projectDataSource {
		config["instance_id"] = instanceID
	}

	return config
}

// Every bad value is refused on its argument at validation, before anything is sent.
func TestArguments_badValues(t *testing.T) {
	t.Parallel()

	for name, newDataSource := range newDataSources {
		p := serveAs(t, NewProviderData(newClient(t, silent(t)), nil), newDataSource)

		for _, bad := range slices.Concat(commonBadValues, ownBadValues[name]) {
			config := map[string]any{bad.at: bad.value}
			if block, argument, nested := strings.Cut(bad.at, "."); nested {
				config = map[string]any{block: map[string]any{argument: bad.value}}
			}

			got := p.Validate(t.Context(), name, withRequired(name, config))
			if len(got) != 1 || !strings.HasPrefix(got[0].Path, bad.at) || got[0].Severity != providertest.Error {
				t.Errorf("%s, %s = %v: got %v, want one error there", name, bad.at, bad.value, got)
			} else if bad.want != "" {
				if diff := cmp.Diff(unwrap(bad.want), got[0].Summary+": "+got[0].Detail); diff != "" {
					t.Errorf("%s, %s: error (-want +got):\n%s", name, bad.at, diff)
				}
			}
		}
	}
}

func TestArguments_reversedTimes(t *testing.T) {
	t.Parallel()

	for name, newDataSource := range newDataSources {
		p := serveAs(t, NewProviderData(newClient(t, silent(t)), nil), newDataSource)

		for begin, end := range map[string]string{
			"20240131235959": "20240131235958", "2024-01-31T23:59:59Z": "2024-02-01T07:59:58+08:00",
		} {
			checkDiagnostics(t, []providertest.Diagnostic{{
				Severity: providertest.Error, Path: "end_time", Summary: "Invalid Time Range",
				Detail: "`begin_time` (\"" + begin + "\") is after `end_time` (\"" + end + "\"). Swap them or correct one.",
			}}, p.Validate(t.Context(), name, withRequired(name, map[string]any{"begin_time": begin, "end_time": end})))
		}
	}
}

// A read refuses the values that it has to convert, also without a validation before it.
func TestArguments_badValuesAtTheRead(t *testing.T) {
	t.Parallel()

	tests := map[string]map[string]any{
		"begin_time":                 {"begin_time": "yesterday"},
		"end_time":                   {"begin_time": "20240102000000", "end_time": "20240101000000"},
		"filter.backup_name_regex":   {"filter": map[string]any{"backup_name_regex": "("}},
		"instance_filter.name_regex": {"instance_filter": map[string]any{"name_regex": ""}},
		"timeouts.read":              {"timeouts": map[string]any{"read": "0s"}},
	}

	p := serveAs(t, NewProviderData(newClient(t, silent(t)), nil), NewProjectBackups)

	for at, config := range tests {
		if _, got := p.Read(t.Context(), projectDataSource, config); len(got) != 1 || got[0].Path != at {
			t.Errorf("got %v, want one error on %s", got, at)
		}
	}
}

// While Terraform 1.5 and OpenTofu 1.6 validate, plantimestamp() is the first instant of year 1. Times near it pass validation
// and are checked at the read; all other times are checked at once.
func TestArguments_planTimeIsNotKnownToValidation(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		begin, end any
		atRead     string // Path of the error of a read, empty where there is none.
	}{
		"a day before":                {begin: "0000-12-31T00:00:00Z", atRead: "begin_time"},
		"three years before":          {begin: "-0002-01-02T00:00:00Z", atRead: "begin_time"},
		"by formatdate":               {begin: "00001231000000", atRead: "begin_time"},
		"later than the plan":         {end: "0002-01-01T00:00:00Z"},
		"after a begin that is known": {begin: "20240101000000", end: "0001-01-01T00:00:00Z", atRead: "end_time"},
		"the last hour but one":       {begin: "0000-12-31T22:00:00Z", end: "0000-12-31T23:00:00Z", atRead: "begin_time"},
		"before an end that is known": {begin: "0001-01-01T00:00:00Z", end: "20240101000000"},
		"the first of the year 10":    {begin: "0010-01-01T00:00:00Z", end: "00100101000000"},
	}

	p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			config := map[string]any{"instance_id": instanceID, "begin_time": test.begin, "end_time": test.end}

			if got := p.Validate(t.Context(), dataSource, config); len(got) > 0 {
				t.Errorf("validate: got %v, want nothing", got)
			}

			_, got := p.Read(t.Context(), dataSource, config)
			if test.atRead == "" && len(got) > 0 || test.atRead != "" && (len(got) == 0 || got[0].Path != test.atRead) {
				t.Errorf("read: got %v, want an error on %q", got, test.atRead)
			}
		})
	}
}

func TestArguments_goodValues(t *testing.T) {
	t.Parallel()

	unknown := providertest.Unknown
	common := []map[string]any{
		{"begin_time": "20240131235959", "end_time": "2024-01-31T23:59:59.9Z"},
		{"begin_time": "2024-01-31T23:59:59.9Z", "end_time": "2024-01-31T23:59:59.1Z"}, // In order but for their fractions.
		{"filter": map[string]any{}, "timeouts": map[string]any{}},
		{"timeouts": map[string]any{"read": "1h30m5.5s"}},
		{"filter": map[string]any{
			"backup_type": []any{"manual", "auto"},
			"status":      []any{"waiting", "backuping", "succeed", "failed", "expired", "deleted"},
		}},
		{"filter": map[string]any{"backup_format": []any{"zip"}}},
		// What is not known before the plan is no mistake.
		{"region": unknown, "project_id": unknown, "begin_time": unknown, "end_time": unknown, "filter": unknown, "timeouts": unknown},
		{"begin_time": unknown, "end_time": "00010101000000", "timeouts": map[string]any{"read": unknown}},
		{"begin_time": "99991231235959", "end_time": unknown},
		{"filter": map[string]any{
			"backup_id": unknown, "backup_type": unknown, "backup_format": unknown, "status": unknown, "backup_name_regex": unknown,
			"is_support_restore": unknown,
		}},
		{"filter": map[string]any{"backup_id": []any{unknown}, "backup_type": []any{unknown, "auto"}, "status": []any{unknown}}},
	}
	own := map[string][]map[string]any{
		dataSource: {
			{"instance_id": "A-z_9", "limit": 1, "offset": 0},
			{"limit": int64(1<<63 - 1), "offset": int64(1<<63 - 1)},
			{"instance_id": unknown, "limit": unknown, "offset": unknown},
		},
		projectDataSource: {
			{"include_backups": unknown, "instance_filter": unknown},
			{"instance_filter": map[string]any{"status": []any{"new"}, "engine": []any{"new"}, "tags": map[string]any{"k": ""}}},
			{"instance_filter": map[string]any{
				"instance_id": []any{unknown}, "name_regex": unknown, "status": unknown, "engine": []any{unknown},
				"enterprise_project_id": unknown, "tags": map[string]any{"a": unknown},
			}},
		},
	}

	for name, newDataSource := range newDataSources {
		p := serveAs(t, NewProviderData(newClient(t, silent(t)), nil), newDataSource)

		for _, config := range slices.Concat(common, own[name]) {
			if got := p.Validate(t.Context(), name, withRequired(name, config)); len(got) > 0 {
				t.Errorf("%s, %v: got %v, want nothing", name, config, got)
			}
		}
	}
}
