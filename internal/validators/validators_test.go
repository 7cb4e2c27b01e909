// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package validators_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/validators"
)

// texts returns diagnostics as "summary: detail".
func texts(diags diag.Diagnostics) []string {
	var all []string
	for _, d := range diags {
		all = append(all, d.Summary()+": "+d.Detail())
	}

	return all
}

func TestStringValidators(t *testing.T) {
	t.Parallel()

	region, pattern := path.Root("region"), path.Root("filter").AtName("backup_name_regex")

	tests := map[string]struct {
		at        path.Path
		validator validator.String
		value     types.String
		want      []string
	}{
		"identifier":          {region, validators.Identifier(), types.StringValue("cn-north_4"), nil},
		"identifier, null":    {region, validators.Identifier(), types.StringNull(), nil},
		"identifier, unknown": {region, validators.Identifier(), types.StringUnknown(), nil},
		"identifier, empty": {region, validators.Identifier(), types.StringValue(""), []string{
			"Invalid Region: `region` must consist of letters, digits, - and _. Got: \"\".",
		}},
		"identifier with a line break": {path.Root("project_id"), validators.Identifier(), types.StringValue("a\n"), []string{
			"Invalid Project ID: `project_id` must consist of letters, digits, - and _. Got: \"a\\n\".",
		}},
		"identifier in other letters": {region, validators.Identifier(), types.StringValue("région"), []string{
			"Invalid Region: `region` must consist of letters, digits, - and _. Got: \"région\".",
		}},
		"identifier or empty": {region, validators.OrEmpty(validators.Identifier()), types.StringValue(""), nil},
		"identifier or empty, a dot": {region, validators.OrEmpty(validators.Identifier()), types.StringValue(".."), []string{
			"Invalid Region: `region` must consist of letters, digits, - and _. Got: \"..\".",
		}},
		"not empty": {region, validators.NotEmpty(), types.StringValue(" "), nil},
		"not empty, empty": {region, validators.NotEmpty(), types.StringValue(""), []string{
			"Invalid Region: `region` must not be empty. Got: \"\".",
		}},
		"one of": {region, validators.OneOf("a", "b"), types.StringValue("b"), nil},
		"one of, another": {path.Root("endpoints").AtMapKey("c"), validators.OneOf("a", "b"), types.StringValue("c"), []string{
			"Invalid Endpoints: `endpoints.c` must be one of \"a\", \"b\". Got: \"c\".",
		}},
		"regular expression":          {pattern, validators.RE2(), types.StringValue("^a+$"), nil},
		"regular expression, unknown": {pattern, validators.RE2(), types.StringUnknown(), nil},
		"regular expression, empty": {pattern, validators.RE2(), types.StringValue(""), []string{
			"Invalid Backup Name Regex: `filter.backup_name_regex` must not be empty. Got: \"\".",
		}},
		"regular expression with look-ahead": {pattern, validators.RE2(), types.StringValue("a(?=b)"), []string{
			"Invalid Backup Name Regex: `filter.backup_name_regex` must be a regular expression in RE2 syntax " +
				"(https://github.com/google/re2/wiki/Syntax). Got: \"a(?=b)\".\n\n" +
				"Cause: invalid or unsupported Perl syntax: `(?=`",
		}},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var resp validator.StringResponse

			test.validator.ValidateString(t.Context(), validator.StringRequest{Path: test.at, ConfigValue: test.value}, &resp)

			if diff := cmp.Diff(test.want, texts(resp.Diagnostics)); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWholeNumber(t *testing.T) {
	t.Parallel()

	number := func(text string) types.Number {
		value, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}

		return types.NumberValue(value)
	}

	tests := map[string]struct {
		value types.Number
		want  []string
	}{
		"null":        {types.NumberNull(), nil},
		"unknown":     {types.NumberUnknown(), nil},
		"the least":   {number("1"), nil},
		"the most":    {number("9223372036854775807"), nil},
		"too small":   {number("0"), []string{"Invalid Limit: `limit` must be a whole number of at least 1. Got: 0."}},
		"negative":    {number("-1"), []string{"Invalid Limit: `limit` must be a whole number of at least 1. Got: -1."}},
		"a fraction":  {number("1.5"), []string{"Invalid Limit: `limit` must be a whole number of at least 1. Got: 1.5."}},
		"one more":    {number("9223372036854775808"), []string{"Invalid Limit: `limit` is too large. Got: 9.223372036854775808e+18."}},
		"far too big": {number("1e300"), []string{"Invalid Limit: `limit` is too large. Got: 1e+300."}},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var resp validator.NumberResponse

			validators.WholeNumber(1, math.MaxInt64).ValidateNumber(t.Context(),
				validator.NumberRequest{Path: path.Root("limit"), ConfigValue: test.value}, &resp)

			if diff := cmp.Diff(test.want, texts(resp.Diagnostics)); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNotEmptyCollections(t *testing.T) {
	t.Parallel()

	one := types.StringValue("a")

	sets := map[string]struct {
		value types.Set
		want  []string
	}{
		"null":    {types.SetNull(types.StringType), nil},
		"unknown": {types.SetUnknown(types.StringType), nil},
		"one":     {types.SetValueMust(types.StringType, []attr.Value{one}), nil},
		"empty": {types.SetValueMust(types.StringType, nil), []string{
			"Invalid Status: `filter.status` must not be empty. Got: [].",
		}},
	}

	for name, test := range sets {
		t.Run("set, "+name, func(t *testing.T) {
			t.Parallel()

			var resp validator.SetResponse

			validators.NotEmptySet().ValidateSet(t.Context(),
				validator.SetRequest{Path: path.Root("filter").AtName("status"), ConfigValue: test.value}, &resp)

			if diff := cmp.Diff(test.want, texts(resp.Diagnostics)); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
		})
	}

	maps := map[string]struct {
		value types.Map
		want  []string
	}{
		"null":    {types.MapNull(types.StringType), nil},
		"unknown": {types.MapUnknown(types.StringType), nil},
		"one":     {types.MapValueMust(types.StringType, map[string]attr.Value{"k": one}), nil},
		"empty": {types.MapValueMust(types.StringType, nil), []string{
			"Invalid Tags: `instance_filter.tags` must not be empty. Got: {}.",
		}},
	}

	for name, test := range maps {
		t.Run("map, "+name, func(t *testing.T) {
			t.Parallel()

			var resp validator.MapResponse

			validators.NotEmptyMap().ValidateMap(t.Context(),
				validator.MapRequest{Path: path.Root("instance_filter").AtName("tags"), ConfigValue: test.value}, &resp)

			if diff := cmp.Diff(test.want, texts(resp.Diagnostics)); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
		})
	}
}

func TestName(t *testing.T) {
	t.Parallel()

	for want, p := range map[string]path.Path{
		"region":                  path.Root("region"),
		"assume_role[1].duration": path.Root("assume_role").AtListIndex(1).AtName("duration"),
		"endpoints.dcs":           path.Root("endpoints").AtMapKey("dcs"),
		`endpoints["a.b"]`:        path.Root("endpoints").AtMapKey("a.b"),
		"filter.status":           path.Root("filter").AtName("status").AtSetValue(types.StringValue("x")),
	} {
		if got := validators.Name(p); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
