// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"errors"
	"regexp"
	"strings"
	"time"
)

// compactLayout is the API's own form of a time, in UTC.
const compactLayout = "20060102150405"

var (
	compactTime = regexp.MustCompile(`^\d{14}$`)

	// rfc3339Time is stricter than [time.Parse], which also takes a comma before the fraction and offsets that do not exist.
	rfc3339Time = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)
)

var (
	errTimeForm = errors.New("it has neither of the forms yyyyMMddHHmmss (in UTC, e.g. 20240131235959) and RFC 3339 " +
		"(e.g. 2024-01-31T23:59:59Z or 2024-01-31T23:59:59+08:00)")
	errNoSuchTime = errors.New("there is no such date or time of day")
	errTimeYear   = errors.New("its year in UTC is outside 0001 to 9999")
)

// parseTime reads the time that an argument names, in UTC and whole seconds: a fraction is cut, as the API has none.
func parseTime(text string) (time.Time, error) {
	// RFC 3339, section 5.6: T and Z may be lower case.
	text = strings.ToUpper(text)

	var layout string

	switch {
	case compactTime.MatchString(text):
		layout = compactLayout
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
		// The first instant of year 1 is Go's way to say that there is no time. A fraction tells them apart and is not sent.
		t = t.Add(time.Nanosecond)
	}

	return t, nil
}
