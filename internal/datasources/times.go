// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/validators"
)

var (
	compactTime = regexp.MustCompile(`^\d{14}$`)

	// rfc3339Time is stricter than [time.Parse], which also takes a comma before the fraction and offsets that do not exist.
	rfc3339Time = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)
)

// The errors of [parseTime] are rules that follow the name of an argument.
var (
	errTimeForm   = errors.New("must be yyyyMMddHHmmss in UTC, or RFC 3339, e.g. 2024-01-31T23:59:59Z")
	errNoSuchTime = errors.New("must be a date and a time of day that exist")
	errTimeYear   = errors.New("must be in the years 0001 to 9999 in UTC")
)

// parseTime parses the value of begin_time or end_time. The result is in UTC and whole seconds: the API knows no fractions.
func parseTime(text string) (time.Time, error) {
	// RFC 3339, section 5.6: T and Z may be lower case.
	text = strings.ToUpper(text)

	var layout string

	switch {
	case compactTime.MatchString(text):
		layout = dcsapi.TimeLayout
	case rfc3339Time.MatchString(text):
		layout = time.RFC3339
	default:
		return time.Time{}, errTimeForm
	}

	t, err := time.Parse(layout, text)
	if err != nil {
		return time.Time{}, errNoSuchTime
	}

	t = t.UTC().Truncate(time.Second)
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, errTimeYear
	}

	if t.IsZero() {
		// The first instant of year 1 is Go's zero time, which means that no time is given. A fraction, which is not sent,
		// makes it another one.
		t = t.Add(time.Nanosecond)
	}

	return t, nil
}

// planTime matches times computed from plantimestamp() while Terraform 1.5 and OpenTofu 1.6 validate a configuration: there
// it is the first instant of year 1. Later versions pass an unknown value.
var planTime = regexp.MustCompile(`^(-|000\d)`)

// timeValidator accepts the times of [parseTime], and those that are not known before the plan.
type timeValidator struct{}

// Description implements [validator.Describer].
func (timeValidator) Description(context.Context) string { return errTimeForm.Error() }

// MarkdownDescription implements [validator.Describer].
func (v timeValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements [validator.String].
func (timeValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	text := req.ConfigValue.ValueString()
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || planTime.MatchString(text) {
		return
	}

	if _, err := parseTime(text); err != nil {
		resp.Diagnostics.Append(validators.Invalid(req.Path, err.Error(), req.ConfigValue.String()))
	}
}

// validateTimeRange checks that begin_time of config is not after end_time, where both are known and valid.
func validateTimeRange(ctx context.Context, config tfsdk.Config) diag.Diagnostics {
	var (
		diags    diag.Diagnostics
		texts    [2]types.String
		instants [2]time.Time
	)

	for i, name := range []string{"begin_time", "end_time"} {
		diags.Append(config.GetAttribute(ctx, path.Root(name), &texts[i])...)

		if planTime.MatchString(texts[i].ValueString()) {
			continue
		}

		// The time's own validator reports the error.
		instants[i], _ = parseTime(texts[i].ValueString())
	}

	return append(diags, checkTimeRange(instants[0], instants[1], texts[0], texts[1])...)
}

// checkTimeRange checks that begin is not after end, where both are given. The texts are those of the configuration.
func checkTimeRange(begin, end time.Time, beginText, endText types.String) diag.Diagnostics {
	if begin.IsZero() || end.IsZero() || !begin.After(end) {
		return nil
	}

	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("end_time"), "Invalid Time Range",
		fmt.Sprintf("`begin_time` (%s) is after `end_time` (%s). Swap them or correct one.", beginText, endText))}
}

// nearRFC3339 matches forms of ISO 8601 that name an instant and that [time.RFC3339] does not parse: a blank or a t for the
// T, no separators, no seconds, a leap second, a comma before the fraction, and an offset of hours alone or without colon.
var nearRFC3339 = regexp.MustCompile(
	`^(\d{4})-?(\d{2})-?(\d{2})[Tt ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)? ?(?:([Zz])|([+-]\d{2})(?::?(\d{2}))?)$`)

// parseInstant parses a time of a backup record. It returns false for a text that names no instant, such as a time without
// an offset.
func parseInstant(text string) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, true
	}

	m := nearRFC3339.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, false
	}

	year, month, day, hour, minute, second, fraction, utc, offsetHour, offsetMinute := m[1], m[2], m[3], m[4], m[5], m[6], m[7],
		m[8], m[9], m[10]

	var leap time.Duration

	switch second {
	case "":
		second = "00"
	case "60":
		second, leap = "59", time.Second
	}

	strict := year + "-" + month + "-" + day + "T" + hour + ":" + minute + ":" + second
	if fraction != "" {
		strict += "." + fraction
	}

	switch {
	case utc != "":
		strict += "Z"
	case offsetMinute == "":
		strict += offsetHour + ":00"
	default:
		strict += offsetHour + ":" + offsetMinute
	}

	t, err := time.Parse(time.RFC3339, strict)

	return t.Add(leap), err == nil
}
