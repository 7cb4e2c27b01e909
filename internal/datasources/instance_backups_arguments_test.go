// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"math/big"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/providertest"
)

// Every bad value is refused on its argument at validation. Terraform validates again before each read, when all values
// are known: TestAccInstanceBackups_unknownValuesAreValidated.
func TestInstanceBackupsArguments_badValues(t *testing.T) {
	t.Parallel()

	p := serve(t, silent(t))

	for name, test := range badValues() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got := p.Validate(t.Context(), dataSource, test.config)
			if len(got) != 1 || !strings.HasPrefix(got[0].Path, test.path) || got[0].Severity != providertest.Error {
				t.Errorf("got %v, want one error on %s", got, test.path)
			}
		})
	}
}

// The texts of the errors. A ~ stands for a backtick.
func TestInstanceBackupsArguments_errors(t *testing.T) {
	t.Parallel()

	tests := map[string]string{
		"instance_id with a slash": `Invalid Instance ID: ~instance_id~ must consist of letters, digits, - and _. Got: "a/b".`,
		"begin_time of another form": `Invalid Begin Time: ~begin_time~ must be yyyyMMddHHmmss in UTC, or RFC 3339, e.g.
			2024-01-31T23:59:59Z. Got: "2024-01-31 23:59:59".`,
		"end_time that does not exist": `Invalid End Time: ~end_time~ must be a date and a time of day that exist. Got:
			"2024-02-30T00:00:00Z".`,
		"end_time out of range": `Invalid End Time: ~end_time~ must be in the years 0001 to 9999 in UTC. Got:
			"9999-12-31T23:59:59-01:00".`,
		"begin_time after end_time": `Invalid Time Range: ~begin_time~ ("20240131235959") is after ~end_time~
			("20240131235958"). Swap them or correct one.`,
		"limit zero":                        `Invalid Limit: ~limit~ must be a whole number of at least 1. Got: 0.`,
		"offset fractional":                 `Invalid Offset: ~offset~ must be a whole number of at least 0. Got: 0.5.`,
		"filter.backup_id empty":            `Invalid Backup ID: ~filter.backup_id~ must not be empty. Got: [].`,
		"filter.backup_id with a null":      `Null Set Value: This attribute contains a null value.`,
		"filter.backup_format with a blank": `Invalid Backup Format: ~filter.backup_format~ must not be empty. Got: "".`,
		"filter.status unknown to the API": `Invalid Status: ~filter.status~ must be one of "waiting", "backuping", "succeed",
			"failed", "expired", "deleted". Got: "success".`,
		"filter.backup_name_regex empty": `Invalid Backup Name Regex: ~filter.backup_name_regex~ must not be empty. Got: "".`,
		"timeouts.read without unit": `Invalid Read: ~timeouts.read~ must be a positive duration with the units s, m and h,
			e.g. 30s or 1h30m. Got: "30".`,
	}

	p := serve(t, silent(t))

	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			bad, ok := badValues()[name]
			if !ok {
				t.Fatal("there is no such bad value")
			}

			for _, got := range p.Validate(t.Context(), dataSource, bad.config) {
				if diff := cmp.Diff(unwrap(want), got.Summary+": "+got.Detail); diff != "" {
					t.Errorf("error (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// A read refuses the values that it has to convert, also without a validation before it.
func TestInstanceBackupsRead_badValues(t *testing.T) {
	t.Parallel()

	p := serve(t, silent(t))

	for _, name := range []string{
		"begin_time of another form", "end_time out of range", "begin_time after end_time",
		"filter.backup_name_regex not closed", "filter.backup_name_regex empty", "timeouts.read zero",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			test := badValues()[name]

			_, got := p.Read(t.Context(), dataSource, test.config)
			if len(got) != 1 || got[0].Path != test.path || got[0].Severity != providertest.Error {
				t.Errorf("got %v, want one error on %s", got, test.path)
			}
		})
	}
}

// While Terraform 1.5 and OpenTofu 1.6 validate, plantimestamp() is the first instant of year 1. Times near it pass validation
// and are checked at the read; all other times are checked at once.
func TestInstanceBackupsArguments_planTimeIsNotKnownToValidation(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		begin, end string
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

			config := map[string]any{"instance_id": instanceID}

			for argument, value := range map[string]string{"begin_time": test.begin, "end_time": test.end} {
				if value != "" {
					config[argument] = value
				}
			}

			if got := p.Validate(t.Context(), dataSource, config); len(got) > 0 {
				t.Errorf("validate: got %v, want nothing", got)
			}

			_, got := p.Read(t.Context(), dataSource, config)
			if test.atRead == "" && len(got) > 0 {
				t.Errorf("read: got %v, want nothing", got)
			}

			if test.atRead != "" && (len(got) == 0 || got[0].Path != test.atRead) {
				t.Errorf("read: got %v, want an error on %s", got, test.atRead)
			}
		})
	}
}

type badValue struct {
	config map[string]any
	path   string
}

func badValues() map[string]badValue {
	// argument is a configuration that is right but for one argument; inBlock the same for an argument of a block.
	argument := func(name string, value any) badValue {
		return badValue{map[string]any{"instance_id": instanceID, name: value}, name}
	}
	inBlock := func(block, name string, value any) badValue {
		return badValue{map[string]any{"instance_id": instanceID, block: map[string]any{name: value}}, block + "." + name}
	}
	timeRange := func(begin, end string) badValue {
		return badValue{map[string]any{"instance_id": instanceID, "begin_time": begin, "end_time": end}, "end_time"}
	}

	return map[string]badValue{
		"instance_id empty":                            argument("instance_id", ""),
		"instance_id climbs":                           argument("instance_id", ".."),
		"instance_id with a slash":                     argument("instance_id", "a/b"),
		"instance_id escaped":                          argument("instance_id", "a%2Fb"),
		"instance_id with a query":                     argument("instance_id", "a?limit=1"),
		"instance_id with a blank":                     argument("instance_id", "a b"),
		"instance_id with a line break":                argument("instance_id", "a\n"),
		"instance_id beyond ASCII":                     argument("instance_id", "实例"),
		"region empty":                                 argument("region", ""),
		"region moves the host":                        argument("region", "x.example.com/"),
		"region with a dot":                            argument("region", "cn.north"),
		"region with an at sign":                       argument("region", "cn@example"),
		"project_id empty":                             argument("project_id", ""),
		"project_id with a slash":                      argument("project_id", "../v1"),
		"begin_time empty":                             argument("begin_time", ""),
		"begin_time of another form":                   argument("begin_time", "2024-01-31 23:59:59"),
		"begin_time that does not exist":               argument("begin_time", "20240230000000"),
		"end_time of another form":                     argument("end_time", "tomorrow"),
		"end_time that does not exist":                 argument("end_time", "2024-02-30T00:00:00Z"),
		"end_time out of range":                        argument("end_time", "9999-12-31T23:59:59-01:00"),
		"begin_time after end_time":                    timeRange("20240131235959", "20240131235958"),
		"begin_time after end_time, by their instants": timeRange("2024-01-31T23:59:59Z", "2024-02-01T07:59:58+08:00"),
		"limit zero":                                   argument("limit", 0),
		"limit negative":                               argument("limit", -1),
		"limit fractional":                             argument("limit", 1.5),
		"limit above 64 bits":                          argument("limit", new(big.Float).SetInt(new(big.Int).Lsh(big.NewInt(1), 64))),
		"offset negative":                              argument("offset", -1),
		"offset fractional":                            argument("offset", 0.5),
		"filter.backup_id empty":                       inBlock("filter", "backup_id", []any{}),
		"filter.backup_id with an empty string":        inBlock("filter", "backup_id", []any{"a", ""}),
		"filter.backup_id with a null":                 inBlock("filter", "backup_id", []any{"a", nil}),
		"filter.backup_type empty":                     inBlock("filter", "backup_type", []any{}),
		"filter.backup_type unknown to the API":        inBlock("filter", "backup_type", []any{"manual", "weekly"}),
		"filter.backup_type in another case":           inBlock("filter", "backup_type", []any{"Manual"}),
		"filter.backup_type with a null":               inBlock("filter", "backup_type", []any{nil}),
		"filter.backup_format empty":                   inBlock("filter", "backup_format", []any{}),
		"filter.backup_format with a blank":            inBlock("filter", "backup_format", []any{""}),
		"filter.status empty":                          inBlock("filter", "status", []any{}),
		"filter.status unknown to the API":             inBlock("filter", "status", []any{"success"}),
		"filter.status with an empty string":           inBlock("filter", "status", []any{"succeed", ""}),
		"filter.backup_name_regex empty":               inBlock("filter", "backup_name_regex", ""),
		"filter.backup_name_regex not closed":          inBlock("filter", "backup_name_regex", "backup_("),
		"filter.backup_name_regex of another syntax":   inBlock("filter", "backup_name_regex", "(?=backup)"),
		"timeouts.read empty":                          inBlock("timeouts", "read", ""),
		"timeouts.read without unit":                   inBlock("timeouts", "read", "30"),
		"timeouts.read of another form":                inBlock("timeouts", "read", "five minutes"),
		"timeouts.read zero":                           inBlock("timeouts", "read", "0s"),
		"timeouts.read negative":                       inBlock("timeouts", "read", "-5m"),
		"timeouts.read above 64 bits":                  inBlock("timeouts", "read", "9999999h"),
	}
}

func TestInstanceBackupsArguments_severalBadValuesAtOnce(t *testing.T) {
	t.Parallel()

	diagnostics := serve(t, silent(t)).Validate(t.Context(), dataSource, map[string]any{
		"instance_id": "", "limit": 0, "timeouts": map[string]any{"read": "x"}, "filter": map[string]any{"status": []any{"x", "y"}},
	})

	// One for each argument, and for each element of a set.
	if got, want := len(diagnostics), 5; got != want {
		t.Errorf("%d diagnostics, want %d: %v", got, want, diagnostics)
	}
}

// Unknown values pass validation.
func TestInstanceBackupsArguments_unknownAtValidation(t *testing.T) {
	t.Parallel()

	unknown := providertest.Unknown
	tests := map[string]map[string]any{
		"every argument": {
			"instance_id": unknown, "region": unknown, "project_id": unknown, "begin_time": unknown, "end_time": unknown,
			"limit": unknown, "offset": unknown,
		},
		"the filter as a whole":     {"instance_id": instanceID, "filter": unknown},
		"the timeouts as a whole":   {"instance_id": instanceID, "timeouts": unknown},
		"the timeout":               {"instance_id": instanceID, "timeouts": map[string]any{"read": unknown}},
		"begin_time before a known": {"instance_id": instanceID, "begin_time": unknown, "end_time": "00010101000000"},
		"end_time after a known":    {"instance_id": instanceID, "begin_time": "99991231235959", "end_time": unknown},
		"every argument of the filter": {"instance_id": instanceID, "filter": map[string]any{
			"backup_id": unknown, "backup_type": unknown, "backup_format": unknown, "status": unknown,
			"backup_name_regex": unknown, "is_support_restore": unknown,
		}},
		"elements of sets": {"instance_id": instanceID, "filter": map[string]any{
			"backup_id": []any{unknown}, "backup_type": []any{unknown, "auto"}, "status": []any{unknown},
		}},
	}

	p := serve(t, silent(t))

	for name, config := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkDiagnostics(t, nil, p.Validate(t.Context(), dataSource, config))
		})
	}
}

// A bad value is refused even where another one is unknown.
func TestInstanceBackupsArguments_badAndUnknownValues(t *testing.T) {
	t.Parallel()

	diagnostics := serve(t, silent(t)).Validate(t.Context(), dataSource, map[string]any{
		"instance_id": providertest.Unknown,
		"filter":      map[string]any{"status": []any{providertest.Unknown, "success"}},
	})

	if len(diagnostics) != 1 || diagnostics[0].Summary != "Invalid Status" {
		t.Errorf("got %v, want one error about the status", diagnostics)
	}
}

func TestInstanceBackupsArguments_goodValues(t *testing.T) {
	t.Parallel()

	tests := map[string]map[string]any{
		"instance_id alone": {"instance_id": "A-z_9"},
		"equal times":       {"instance_id": instanceID, "begin_time": "20240131235959", "end_time": "2024-01-31T23:59:59.9Z"},
		"times in order but for their fractions": {
			"instance_id": instanceID, "begin_time": "2024-01-31T23:59:59.9Z", "end_time": "2024-01-31T23:59:59.1Z",
		},
		"limit 1 and offset 0": {"instance_id": instanceID, "limit": 1, "offset": 0},
		"limit of 64 bits":     {"instance_id": instanceID, "limit": int64(1<<63 - 1), "offset": int64(1<<63 - 1)},
		"empty blocks":         {"instance_id": instanceID, "filter": map[string]any{}, "timeouts": map[string]any{}},
		"a compound timeout":   {"instance_id": instanceID, "timeouts": map[string]any{"read": "1h30m5.5s"}},
		"every documented value": {"instance_id": instanceID, "filter": map[string]any{
			"backup_type": []any{"manual", "auto"},
			"status":      []any{"waiting", "backuping", "succeed", "failed", "expired", "deleted"},
		}},
		"a new format": {"instance_id": instanceID, "filter": map[string]any{"backup_format": []any{"zip"}}},
	}

	p := serve(t, silent(t))

	for name, config := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkDiagnostics(t, nil, p.Validate(t.Context(), dataSource, config))
		})
	}
}
