// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sentField is a field of the API, as a test sees it: which kind it is, and how it is read back.
type sentField struct {
	name string
	kind fieldKind
	got  func(b Backup) string
}

type fieldKind int

const (
	textField fieldKind = iota
	integerField
	numberField
	boolField
)

// null is how a field without a value is read back.
const null = "null"

func sentFields() []sentField {
	text := func(name string, field func(Backup) string) sentField {
		return sentField{name, textField, func(b Backup) string {
			if field(b) == "" {
				return null
			}

			return field(b)
		}}
	}

	return []sentField{
		text("backup_id", func(b Backup) string { return b.ID }),
		text("backup_name", func(b Backup) string { return b.Name }),
		text("backup_type", func(b Backup) string { return b.Type }),
		text("backup_format", func(b Backup) string { return b.Format }),
		text("instance_id", func(b Backup) string { return b.InstanceID }),
		text("period", func(b Backup) string { return b.Period }),
		text("created_at", func(b Backup) string { return b.CreatedAt }),
		text("updated_at", func(b Backup) string { return b.UpdatedAt }),
		text("execution_at", func(b Backup) string { return b.ExecutionAt }),
		text("status", func(b Backup) string { return b.Status }),
		text("error_code", func(b Backup) string { return b.ErrorCode }),
		text("remark", func(b Backup) string { return b.Remark }),
		{"size", integerField, func(b Backup) string { return shown(b.Size) }},
		{"progress", numberField, func(b Backup) string {
			if b.Progress == nil {
				return null
			}

			return strconv.FormatFloat(*b.Progress, 'f', -1, 64)
		}},
		{"is_support_restore", boolField, func(b Backup) string { return shown(b.IsSupportRestore) }},
	}
}

func shown[T any](v *T) string {
	if v == nil {
		return null
	}

	return fmt.Sprint(*v)
}

// unfit, as what is wanted of a value, says that the field is null and that this is told.
const unfit = "misfit"

// TestValue_everyField sends every kind of value in every field.
func TestValue_everyField(t *testing.T) {
	t.Parallel()

	longest := strings.Repeat("x", 64<<10)
	digits := strings.Repeat("9", 70)

	tests := []struct {
		name string
		sent string // JSON; empty leaves the field out.
		// What is wanted of a text, size, progress and is_support_restore.
		text, integer, number, boolean string
	}{
		{"no field is null", ``, null, null, null, null},
		{"null", `null`, null, null, null, null},
		{"empty text is null", `""`, null, null, null, null},
		{"empty object is null", `{}`, null, null, null, null},
		{"empty object with blanks is null", "{ \t\r\n}", null, null, null, null},

		{"text", `"abc"`, "abc", unfit, unfit, unfit},
		{"blank text is no empty one", `" "`, " ", unfit, unfit, unfit},
		{"escaped text", `"a\"\\\/\u0062\n{[,:"`, "a\"\\/b\n{[,:", unfit, unfit, unfit},
		{"surrogate pair", `"\ud83d\ude00"`, "😀", unfit, unfit, unfit},
		{"half a surrogate pair", `"\ud83d"`, "\uFFFD", unfit, unfit, unfit},
		{"text that is not UTF-8", "\"a\xff\"", unfit, unfit, unfit, unfit},
		{"text of 64 KiB", `"` + longest + `"`, longest, unfit, unfit, unfit},
		{"text of 64 KiB in escape sequences", `"` + strings.Repeat(`\u0078`, 64<<10) + `"`, longest, unfit, unfit, unfit},
		{"text longer than 64 KiB", `"x` + longest + `"`, unfit, unfit, unfit, unfit},
		{"escaped text longer than 64 KiB", `"x` + strings.Repeat(`\u0078`, 64<<10) + `"`, unfit, unfit, unfit, unfit},
		{"text of a MiB", `"` + strings.Repeat(`é\n\u00e9`, 1<<17) + `"`, unfit, unfit, unfit, unfit},
		{"number longer than 64 KiB", "1" + strings.Repeat("0", 64<<10), unfit, unfit, unfit, unfit},

		{"bool", `true`, "true", unfit, unfit, "true"},
		{"false", `false`, "false", unfit, unfit, "false"},
		{"bool as text", `"true"`, "true", unfit, unfit, "true"},
		{"bool as the vendor sends it", `"TRUE"`, "TRUE", unfit, unfit, "true"},
		{"false as the vendor sends it", `"FALSE"`, "FALSE", unfit, unfit, "false"},
		{"bool in mixed case", `"fAlSe"`, "fAlSe", unfit, unfit, "false"},
		{"true in mixed case", `"tRuE"`, "tRuE", unfit, unfit, "true"},
		{"bool with blanks", `" TRUE"`, " TRUE", unfit, unfit, unfit},
		{"yes is no bool", `"yes"`, "yes", unfit, unfit, unfit},

		{"number", `5`, "5", "5", "5", unfit},
		{"number as text", `"5"`, "5", "5", "5", unfit},
		{"one is no bool", `1`, "1", "1", "1", unfit},
		{"zero is no null", `0`, "0", "0", "0", unfit},
		{"negative number", `-7`, "-7", "-7", "-7", unfit},
		{"number as the vendor sends progress", `"100.00"`, "100.00", "100", "100", unfit},
		{"fraction that is whole", `10.0`, "10.0", "10", "10", unfit},
		{"exponent", `1e2`, "1e2", "100", "100", unfit},
		{"exponent as text", `"1E+2"`, "1E+2", "100", "100", unfit},
		{"negative exponent that is whole", `8802320e-1`, "8802320e-1", "880232", "880232", unfit},
		{"fraction", `0.5`, "0.5", unfit, "0.5", unfit},
		{"fraction over one", `"33.33"`, "33.33", unfit, "33.33", unfit},
		{"minus zero", `-0`, "-0", "0", "-0", unfit},
		{"minus zero with a fraction", `-0.0`, "-0.0", "0", "-0", unfit},
		{"zero with an absurd exponent", `0e999999999`, "0e999999999", "0", "0", unfit},

		{"2^53+1", `9007199254740993`, "9007199254740993", "9007199254740993", "9007199254740992", unfit},
		{"2^53+1 with a fraction", `9007199254740993.0`, "9007199254740993.0", "9007199254740993", "9007199254740992", unfit},
		{"2^63-1", `9223372036854775807`, "9223372036854775807", "9223372036854775807", "9223372036854776000", unfit},
		{
			"2^63-1 with an exponent", `9.223372036854775807e18`, "9.223372036854775807e18", "9223372036854775807",
			"9223372036854776000", unfit,
		},
		{"2^63", `9223372036854775808`, "9223372036854775808", unfit, "9223372036854776000", unfit},
		{"2^63 as text", `"9223372036854775808"`, "9223372036854775808", unfit, "9223372036854776000", unfit},
		{"-2^63", `-9223372036854775808`, "-9223372036854775808", "-9223372036854775808", "-9223372036854776000", unfit},
		{"-2^63-1", `-9223372036854775809`, "-9223372036854775809", unfit, "-9223372036854776000", unfit},
		{"1e18", `1e18`, "1e18", "1000000000000000000", "1000000000000000000", unfit},
		{"1e19", `1e19`, "1e19", unfit, "10000000000000000000", unfit},
		{"number of seventy digits", digits, digits, unfit, "1" + strings.Repeat("0", 70), unfit},
		{
			"whole number with a hundred zeros behind the point", "10." + strings.Repeat("0", 100),
			"10." + strings.Repeat("0", 100), unfit, "10", unfit,
		},
		{"number too large for a float", `1e400`, "1e400", unfit, unfit, unfit},
		{"absurd exponent", `"1e999999999999"`, "1e999999999999", unfit, unfit, unfit},
		{"number too small for a float", `1e-400`, "1e-400", unfit, "0", unfit},

		{"NaN", `"NaN"`, "NaN", unfit, unfit, unfit},
		{"infinity", `"-Inf"`, "-Inf", unfit, unfit, unfit},
		{"hexadecimal", `"0x10"`, "0x10", unfit, unfit, unfit},
		{"underscores", `"1_000"`, "1_000", unfit, unfit, unfit},
		{"plus sign", `"+5"`, "+5", unfit, unfit, unfit},
		{"leading zero", `"05"`, "05", unfit, unfit, unfit},
		{"no digit before the point", `".5"`, ".5", unfit, unfit, unfit},
		{"no digit behind the point", `"5."`, "5.", unfit, unfit, unfit},
		{"number with blanks", `" 5 "`, " 5 ", unfit, unfit, unfit},
		{"percent sign", `"5%"`, "5%", unfit, unfit, unfit},
		{"two numbers", `"5 6"`, "5 6", unfit, unfit, unfit},
		{"digits of another script", `"５"`, "５", unfit, unfit, unfit},
		{"only a sign", `"-"`, "-", unfit, unfit, unfit},

		{"empty array", `[]`, unfit, unfit, unfit, unfit},
		{"array", `["abc", 1]`, unfit, unfit, unfit, unfit},
		{"object", `{"a": "}"}`, unfit, unfit, unfit, unfit},
		{"nested object", `{"a": {"b": [{}, "]", "\\"]}}`, unfit, unfit, unfit, unfit},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			for _, f := range sentFields() {
				want := []string{tt.text, tt.integer, tt.number, tt.boolean}[f.kind]
				checkValue(t, f, tt.sent, want)
			}
		})
	}
}

func checkValue(t *testing.T, f sentField, sent, want string) {
	t.Helper()

	record := `{}`
	if sent != "" {
		record = fmt.Sprintf(`{"before": 1, %q: %s, "behind": []}`, f.name, sent)
	}

	p, err := decodeBackups(strings.NewReader(`{"backup_record_response": [` + record + `]}`))
	if err != nil || len(p.records) != 1 {
		t.Fatalf("%s: got %d records and error %v", f.name, len(p.records), err)
	}

	if want == unfit {
		if got := p.misfits.list(); len(got) != 1 || got[0].Field != f.name {
			t.Errorf("%s: got misfits %v, want one of the field", f.name, p.misfits.list())
		}

		want = null
	} else if len(p.misfits) > 0 {
		t.Errorf("%s: got misfits %v, want none", f.name, p.misfits.list())
	}

	if got := f.got(p.records[0]); got != want {
		t.Errorf("%s: got %.50q, want %.50q", f.name, got, want)
	}

	if want == null && p.records[0] != (Backup{}) {
		t.Errorf("%s: got %+v", f.name, p.records[0])
	}
}

func TestValue_isShown(t *testing.T) {
	t.Parallel()

	tests := []struct{ name, field, sent, want string }{
		{"text is quoted", "size", `"a\"b"`, `"a\"b"`},
		{"control characters are escaped", "size", `"a\n\u0000"`, `"a\n\x00"`},
		{"number as it is written", "is_support_restore", `1.50`, `1.50`},
		{"bool", "size", `true`, `true`},
		{"array", "size", `[1, 2]`, `an array`},
		{"object", "size", `{"password": "secret"}`, `an object`},
		{"long text is whole", "size", `"` + strings.Repeat("é", 5000) + `"`, `"` + strings.Repeat("é", 5000) + `"`},
		{"text without end is cut", "size", `"` + strings.Repeat("x", 1<<20) + `"`, `"` + strings.Repeat("x", 64<<10-1) + `"`},
		{"text of escape sequences is cut", "size", `"` + strings.Repeat(`\u0078`, 1<<20) + `"`, `"` + strings.Repeat("x", 10_922) + `"`},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			p, err := decodeBackups(strings.NewReader(fmt.Sprintf(`{"backup_record_response": [{%q: %s}]}`, tt.field, tt.sent)))

			misfits := p.misfits.list()
			if err != nil || len(misfits) != 1 {
				t.Fatalf("got misfits %v and error %v, want one misfit", misfits, err)
			}

			if got := misfits[0].Value; got != tt.want {
				t.Errorf("got %.100s of %d bytes, want %.100s of %d", got, len(got), tt.want, len(tt.want))
			}
		})
	}
}

// TestDecodePage_textAfterAnother decodes texts that are equal to those of the record before in some way, whose memory may be
// shared.
func TestDecodePage_textAfterAnother(t *testing.T) {
	t.Parallel()

	sent := []string{
		`"a"`, `"a"`, `"a\\n"`, `"a\n"`, `"a\\n"`, `5`, `"5"`, `5`, `""`, `null`, `"\u0061"`, `"a"`, "\"\xff\"", "\"\uFFFD\"", "\"\xff\"",
	}
	want := []string{"a", "a", `a\n`, "a\n", `a\n`, "5", "5", "5", "", "", "a", "a", "", "\uFFFD", ""}

	for _, field := range []string{"status", "remark"} {
		records := make([]string, len(sent))
		for i := range sent {
			records[i] = fmt.Sprintf(`{%q: %s}`, field, sent[i])
		}

		p, err := decodeBackups(strings.NewReader(`{"backup_record_response": [` + strings.Join(records, ",") + `]}`))
		if err != nil {
			t.Fatal(err)
		}

		got := make([]string, len(p.records))
		for i, b := range p.records {
			got[i] = b.Status + b.Remark
		}

		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", field, diff)
		}
	}
}

// TestRecord_endsWhereItEnds puts every kind of value last, before every kind of blank.
func TestRecord_endsWhereItEnds(t *testing.T) {
	t.Parallel()

	want := map[string]string{
		`5`: "5", `-1e2`: "-1e2", `true`: "true", `null`: "", `"5"`: "5", `{}`: "", `[]`: "", `{"a":[{}]}`: "", `""`: "",
	}

	for sent, want := range want {
		for _, blank := range []string{"", " ", "\n", "\t", "\r\n"} {
			body := `{~"backup_record_response"~:~[~{~"backup_id"~:~"a"~,~"status"~:~V~}~,~{~"status"~:~V~,~"backup_id"~:~"b"~}~]~}~`
			body = strings.NewReplacer("~", blank, "V", sent).Replace(body)

			p, err := decodeBackups(strings.NewReader(body))
			if err != nil {
				t.Fatalf("%s: %v", body, err)
			}

			if diff := cmp.Diff([]Backup{{ID: "a", Status: want}, {ID: "b", Status: want}}, p.records); diff != "" {
				t.Errorf("%s (-want +got):\n%s", body, diff)
			}
		}
	}
}
