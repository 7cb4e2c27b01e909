// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"errors"
	"strings"
	"testing"
	"time"

	"terraform-provider-dcs/internal/dcsapi"
)

func TestParseTime_forms(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		text string
		want string // As it is sent.
		err  error
	}{
		"compact":                         {text: "20240131235959", want: "20240131235959"},
		"compact, leap day":               {text: "20240229000000", want: "20240229000000"},
		"compact, first instant":          {text: "00010101000000", want: "00010101000000"},
		"compact, last instant":           {text: "99991231235959", want: "99991231235959"},
		"RFC 3339 in UTC":                 {text: "2024-01-31T23:59:59Z", want: "20240131235959"},
		"RFC 3339 east of UTC":            {text: "2024-02-01T07:59:59+08:00", want: "20240131235959"},
		"RFC 3339 west of UTC":            {text: "2024-01-31T20:29:59-03:30", want: "20240131235959"},
		"RFC 3339, unknown local offset":  {text: "2024-01-31T23:59:59-00:00", want: "20240131235959"},
		"RFC 3339, lower case":            {text: "2024-01-31t23:59:59z", want: "20240131235959"},
		"RFC 3339, fraction is cut":       {text: "2024-01-31T23:59:59.999999999Z", want: "20240131235959"},
		"RFC 3339, long fraction is cut":  {text: "2024-01-31T23:59:59.9999999999999999999Z", want: "20240131235959"},
		"fraction before the year 1970":   {text: "1969-12-31T23:59:59.5Z", want: "19691231235959"},
		"offset into the year 1":          {text: "0000-12-31T23:59:59-01:00", want: "00010101005959"},
		"empty":                           {text: "", err: errTimeForm},
		"blank before":                    {text: " 20240131235959", err: errTimeForm},
		"line break after":                {text: "20240131235959\n", err: errTimeForm},
		"13 digits":                       {text: "2024013123595", err: errTimeForm},
		"15 digits":                       {text: "202401312359590", err: errTimeForm},
		"14 digits that are not ASCII":    {text: "٢٠٢٤٠١٣١٢٣٥٩٥٩", err: errTimeForm},
		"compact with fraction":           {text: "20240131235959.5", err: errTimeForm},
		"compact with zone":               {text: "20240131235959Z", err: errTimeForm},
		"date alone":                      {text: "2024-01-31", err: errTimeForm},
		"RFC 3339 without zone":           {text: "2024-01-31T23:59:59", err: errTimeForm},
		"RFC 3339 with a blank":           {text: "2024-01-31 23:59:59Z", err: errTimeForm},
		"RFC 3339 without seconds":        {text: "2024-01-31T23:59Z", err: errTimeForm},
		"RFC 3339, comma before fraction": {text: "2024-01-31T23:59:59,5Z", err: errTimeForm},
		"RFC 3339, empty fraction":        {text: "2024-01-31T23:59:59.Z", err: errTimeForm},
		"RFC 3339, offset without colon":  {text: "2024-01-31T23:59:59+0800", err: errTimeForm},
		"RFC 3339, offset of 24 hours":    {text: "2024-01-31T23:59:59+24:00", err: errTimeForm},
		"RFC 3339, offset of 60 minutes":  {text: "2024-01-31T23:59:59+08:60", err: errTimeForm},
		"RFC 3339, one digit for a month": {text: "2024-1-31T23:59:59Z", err: errTimeForm},
		"seconds since 1970":              {text: "1706745599", err: errTimeForm},
		"30 February":                     {text: "20240230000000", err: errNoSuchTime},
		"29 February of a common year":    {text: "2023-02-29T00:00:00Z", err: errNoSuchTime},
		"month 13":                        {text: "20241301000000", err: errNoSuchTime},
		"month 0":                         {text: "20240001000000", err: errNoSuchTime},
		"hour 24":                         {text: "20240131240000", err: errNoSuchTime},
		"second 60":                       {text: "2016-12-31T23:59:60Z", err: errNoSuchTime},
		"year 0":                          {text: "00001231235959", err: errTimeYear},
		"offset out of the year 1":        {text: "0001-01-01T00:59:59+01:00", err: errTimeYear},
		"offset out of the year 9999":     {text: "9999-12-31T23:59:59-00:01", err: errTimeYear},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := parseTime(test.text)
			if !errors.Is(err, test.err) {
				t.Fatalf("error: %v, want %v", err, test.err)
			}

			if err == nil && (got.Format(dcsapi.TimeLayout) != test.want || got.IsZero()) {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
}

func FuzzParseTime(f *testing.F) {
	for _, text := range []string{"20240131235959", "2024-01-31T23:59:59.5+08:00", "0001-01-01t00:00:00z", "9999-12-31T23:59:59-23:59"} {
		f.Add(text)
	}

	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseTime(text)
		if err != nil {
			return
		}

		// What is accepted is an instant that the API's form can say, and the same whichever way it is written.
		again, err := parseTime(got.Format(dcsapi.TimeLayout))
		if err != nil || !again.Equal(got) {
			t.Errorf("%q is %v, which reads as %v, %v", text, got, again, err)
		}

		again, err = parseTime(got.Format(time.RFC3339))
		if err != nil || !again.Equal(got) || got.Location() != time.UTC {
			t.Errorf("%q is %v, which reads as %v, %v", text, got, again, err)
		}
	})
}

func FuzzParseInstant(f *testing.F) {
	for _, text := range []string{
		"2024-01-31T23:59:59.5+08:00", "2024-01-31 23:59:59+0800", "20240131T235959Z", "2024-01-31t23:59:59,5 +08", "2024-01-31T23:59:59",
	} {
		f.Add(text)
	}

	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parseInstant(text)
		if !ok {
			return
		}

		// An instant names an offset, and is the same in RFC 3339.
		if !strings.ContainsAny(text, "Zz+") && strings.Count(text, "-") == strings.Count(text[:min(len(text), 10)], "-") {
			t.Errorf("%q names no offset", text)
		}

		if again, ok := parseInstant(got.Format(time.RFC3339Nano)); !ok || !again.Equal(got) {
			t.Errorf("%q is %v, and then %v", text, got, again)
		}
	})
}

func TestParseInstant_lessThanRFC3339(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		"2024-01-31T08:31Z":           "2024-01-31T08:31:00Z",
		"2024-01-31 08:31+0800":       "2024-01-31T00:31:00Z",
		"2016-12-31T23:59:60Z":        "2017-01-01T00:00:00Z", // RFC 3339, section 5.7: a leap second.
		"2017-01-01T07:59:60.5+08:00": "2017-01-01T00:00:00.5Z",
	} {
		got, ok := parseInstant(text)
		if !ok || got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%s: got %s, %t, want %s", text, got.UTC().Format(time.RFC3339Nano), ok, want)
		}
	}
}
