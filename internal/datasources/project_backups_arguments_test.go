// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/providertest"
)

// Every bad value is refused on its argument at validation, and nothing is sent. A ~ stands for a backtick.
func TestProjectBackupsArguments_badValues(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		path  string
		value any
		want  string
	}{
		"region":     {"region", "cn.north", "Invalid Region: ~region~ must consist of letters, digits, - and _. Got: \"cn.north\"."},
		"project_id": {"project_id", "", "Invalid Project ID: ~project_id~ must consist of letters, digits, - and _. Got: \"\"."},
		"begin_time": {
			"begin_time", "yesterday",
			"Invalid Begin Time: ~begin_time~ must be yyyyMMddHHmmss in UTC, or RFC 3339, e.g. 2024-01-31T23:59:59Z. Got: \"yesterday\".",
		},
		"status of a record": {
			"filter.status",
			[]any{"RUNNING"},
			"Invalid Status: ~filter.status~ must be one of \"waiting\", \"backuping\", \"succeed\", \"failed\", \"expired\", \"deleted\". " +
				"Got: \"RUNNING\".",
		},
		"timeout": {
			"timeouts.read", "0s",
			"Invalid Read: ~timeouts.read~ must be a positive duration with the units s, m and h, e.g. 30s or 1h30m. Got: \"0s\".",
		},
		"no instance IDs": {
			"instance_filter.instance_id",
			[]any{},
			"Invalid Instance ID: ~instance_filter.instance_id~ must not be empty. Got: [].",
		},
		"instance ID with a slash": {
			"instance_filter.instance_id",
			[]any{"a", "b/c"},
			"Invalid Instance ID: ~instance_filter.instance_id~ must consist of letters, digits, - and _. Got: \"b/c\".",
		},
		"null instance ID": {
			"instance_filter.instance_id", []any{"a", nil}, "Null Set Value: This attribute contains a null value.",
		},
		"empty name": {
			"instance_filter.name_regex", "", "Invalid Name Regex: ~instance_filter.name_regex~ must not be empty. Got: \"\".",
		},
		"look-ahead in a name": {
			"instance_filter.name_regex", "(?!prod)",
			"Invalid Name Regex: ~instance_filter.name_regex~ must be a regular expression in RE2 syntax " +
				"(https://github.com/google/re2/wiki/Syntax). Got: \"(?!prod)\".\n\nCause: invalid or unsupported Perl syntax: ~(?!~",
		},
		"no statuses": {
			"instance_filter.status", []any{}, "Invalid Status: ~instance_filter.status~ must not be empty. Got: [].",
		},
		"empty status": {
			"instance_filter.status", []any{""}, "Invalid Status: ~instance_filter.status~ must not be empty. Got: \"\".",
		},
		"no engines": {
			"instance_filter.engine", []any{}, "Invalid Engine: ~instance_filter.engine~ must not be empty. Got: [].",
		},
		"no enterprise projects": {
			"instance_filter.enterprise_project_id",
			[]any{},
			"Invalid Enterprise Project ID: ~instance_filter.enterprise_project_id~ must not be empty. Got: [].",
		},
		"no tags": {
			"instance_filter.tags", map[string]any{}, "Invalid Tags: ~instance_filter.tags~ must not be empty. Got: {}.",
		},
		"tag without a key": {
			"instance_filter.tags", map[string]any{"": "x"}, "Invalid Tags: ~instance_filter.tags[\"\"]~ must not be empty. Got: \"\".",
		},
		"null tag": {
			"instance_filter.tags", map[string]any{"a": nil}, "Null Map Value: This attribute contains a null value.",
		},
	}

	p := serveAs(t, NewProviderData(newClient(t, silent(t)), nil), NewProjectBackups)

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			config := map[string]any{test.path: test.value}
			if block, argument, nested := strings.Cut(test.path, "."); nested {
				config = map[string]any{block: map[string]any{argument: test.value}}
			}

			got := p.Validate(t.Context(), projectDataSource, config)
			if len(got) != 1 || !strings.HasPrefix(got[0].Path, test.path) || got[0].Severity != providertest.Error {
				t.Fatalf("got %v, want one error on %s", got, test.path)
			}

			if diff := cmp.Diff(strings.ReplaceAll(test.want, "~", "`"), got[0].Summary+": "+got[0].Detail); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProjectBackupsArguments_reversedTimes(t *testing.T) {
	t.Parallel()

	p := serveAs(t, NewProviderData(newClient(t, silent(t)), nil), NewProjectBackups)

	checkDiagnostics(t, []providertest.Diagnostic{{
		Severity: providertest.Error, Path: "end_time", Summary: "Invalid Time Range",
		Detail: "`begin_time` (\"20240102000000\") is after `end_time` (\"20240101000000\"). Swap them or correct one.",
	}}, p.Validate(t.Context(), projectDataSource, map[string]any{"begin_time": "20240102000000", "end_time": "20240101000000"}))
}

// What is not known before the plan is no mistake.
func TestProjectBackupsArguments_unknownValues(t *testing.T) {
	t.Parallel()

	p := serveAs(t, NewProviderData(newClient(t, silent(t)), nil), NewProjectBackups)
	unknown := providertest.Unknown

	checkDiagnostics(t, nil, p.Validate(t.Context(), projectDataSource, map[string]any{
		"region": unknown, "project_id": unknown, "begin_time": unknown, "end_time": unknown, "include_backups": unknown,
		"filter": map[string]any{"backup_id": unknown, "status": unknown, "backup_name_regex": unknown},
		"instance_filter": map[string]any{
			"instance_id": []any{unknown}, "name_regex": unknown, "status": unknown, "engine": []any{unknown},
			"enterprise_project_id": unknown, "tags": map[string]any{"a": unknown},
		},
		"timeouts": map[string]any{"read": unknown},
	}))
}

// A read refuses the values that it has to convert, also without a validation before it.
func TestProjectBackupsRead_badValues(t *testing.T) {
	t.Parallel()

	tests := map[string]map[string]any{
		"begin_time":                 {"begin_time": "yesterday"},
		"end_time":                   {"begin_time": "20240102000000", "end_time": "20240101000000"},
		"filter.backup_name_regex":   {"filter": map[string]any{"backup_name_regex": "("}},
		"instance_filter.name_regex": {"instance_filter": map[string]any{"name_regex": "("}},
		"timeouts.read":              {"timeouts": map[string]any{"read": "0s"}},
	}

	p := serveAs(t, NewProviderData(newClient(t, silent(t)), nil), NewProjectBackups)

	for at, config := range tests {
		t.Run(at, func(t *testing.T) {
			t.Parallel()

			if _, got := p.Read(t.Context(), projectDataSource, config); len(got) != 1 || got[0].Path != at {
				t.Errorf("got %v, want one error on %s", got, at)
			}
		})
	}
}

func TestProjectBackupsSchema_isValid(t *testing.T) {
	t.Parallel()

	if diags := projectBackupsSchema().ValidateImplementation(t.Context()); diags.HasError() {
		t.Error(diags)
	}
}

// Terraform shows plain text where Description is set, and nothing where neither is. It refuses a name that a block does not
// have, whereas it drops that of a nested attribute without a word.
func TestProjectBackupsSchema_isDescribedAndRefusesMisspeltNames(t *testing.T) {
	t.Parallel()

	schema := serveAs(t, NewProviderData(newClient(t, silent(t)), nil), NewProjectBackups).Schema(projectDataSource)
	checkDescription(t, projectDataSource, schema.Block.Description, schema.Block.DescriptionKind)
	checkBlock(t, projectDataSource, schema.Block)

	for _, nested := range schema.Block.BlockTypes {
		checkDescription(t, nested.TypeName, nested.Block.Description, nested.Block.DescriptionKind)
		checkBlock(t, nested.TypeName, nested.Block)
	}

	for _, name := range []string{"filter", "instance_filter", "timeouts"} {
		if !isSingleBlock(schema, name) {
			t.Errorf("%s is no single block", name)
		}
	}
}
