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

// misfits, as what is wanted of a value, says that the field is null and that this is told.
const misfits = "misfit"

// TestValuesOfEveryField sends every kind of value in every field.
func TestValuesOfEveryField(t *testing.T) {
	t.Parallel()

	long := strings.Repeat("x", 100_000)
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

		{"text", `"abc"`, "abc", misfits, misfits, misfits},
		{"blank text is no empty one", `" "`, " ", misfits, misfits, misfits},
		{"escaped text", `"a\"\\\/\u0062\n{[,:"`, "a\"\\/b\n{[,:", misfits, misfits, misfits},
		{"surrogate pair", `"\ud83d\ude00"`, "😀", misfits, misfits, misfits},
		{"half a surrogate pair", `"\ud83d"`, "\uFFFD", misfits, misfits, misfits},
		{"text that is not UTF-8", "\"a\xff\"", "a\uFFFD", misfits, misfits, misfits},
		{"long text", `"` + long + `"`, long, misfits, misfits, misfits},

		{"bool", `true`, "true", misfits, misfits, "true"},
		{"false", `false`, "false", misfits, misfits, "false"},
		{"bool as text", `"true"`, "true", misfits, misfits, "true"},
		{"bool as the vendor sends it", `"TRUE"`, "TRUE", misfits, misfits, "true"},
		{"false as the vendor sends it", `"FALSE"`, "FALSE", misfits, misfits, "false"},
		{"bool in mixed case", `"fAlSe"`, "fAlSe", misfits, misfits, "false"},
		{"true in mixed case", `"tRuE"`, "tRuE", misfits, misfits, "true"},
		{"bool with blanks", `" TRUE"`, " TRUE", misfits, misfits, misfits},
		{"yes is no bool", `"yes"`, "yes", misfits, misfits, misfits},

		{"number", `5`, "5", "5", "5", misfits},
		{"number as text", `"5"`, "5", "5", "5", misfits},
		{"one is no bool", `1`, "1", "1", "1", misfits},
		{"zero is no null", `0`, "0", "0", "0", misfits},
		{"negative number", `-7`, "-7", "-7", "-7", misfits},
		{"number as the vendor sends progress", `"100.00"`, "100.00", "100", "100", misfits},
		{"fraction that is whole", `10.0`, "10.0", "10", "10", misfits},
		{"exponent", `1e2`, "1e2", "100", "100", misfits},
		{"exponent as text", `"1E+2"`, "1E+2", "100", "100", misfits},
		{"negative exponent that is whole", `8802320e-1`, "8802320e-1", "880232", "880232", misfits},
		{"fraction", `0.5`, "0.5", misfits, "0.5", misfits},
		{"fraction over one", `"33.33"`, "33.33", misfits, "33.33", misfits},
		{"minus zero", `-0`, "-0", "0", "-0", misfits},
		{"minus zero with a fraction", `-0.0`, "-0.0", "0", "-0", misfits},
		{"zero with an absurd exponent", `0e999999999`, "0e999999999", "0", "0", misfits},

		{"2^53+1", `9007199254740993`, "9007199254740993", "9007199254740993", "9007199254740992", misfits},
		{"2^53+1 with a fraction", `9007199254740993.0`, "9007199254740993.0", "9007199254740993", "9007199254740992", misfits},
		{"2^63-1", `9223372036854775807`, "9223372036854775807", "9223372036854775807", "9223372036854776000", misfits},
		{
			"2^63-1 with an exponent", `9.223372036854775807e18`, "9.223372036854775807e18", "9223372036854775807",
			"9223372036854776000", misfits,
		},
		{"2^63", `9223372036854775808`, "9223372036854775808", misfits, "9223372036854776000", misfits},
		{"2^63 as text", `"9223372036854775808"`, "9223372036854775808", misfits, "9223372036854776000", misfits},
		{"-2^63", `-9223372036854775808`, "-9223372036854775808", "-9223372036854775808", "-9223372036854776000", misfits},
		{"-2^63-1", `-9223372036854775809`, "-9223372036854775809", misfits, "-9223372036854776000", misfits},
		{"1e18", `1e18`, "1e18", "1000000000000000000", "1000000000000000000", misfits},
		{"1e19", `1e19`, "1e19", misfits, "10000000000000000000", misfits},
		{"number of seventy digits", digits, digits, misfits, "1" + strings.Repeat("0", 70), misfits},
		{"whole number with a hundred zeros behind the point", "10." + strings.Repeat("0", 100), "10." + strings.Repeat("0", 100), misfits, "10", misfits},
		{"number too large for a float", `1e400`, "1e400", misfits, misfits, misfits},
		{"absurd exponent", `"1e999999999999"`, "1e999999999999", misfits, misfits, misfits},
		{"number too small for a float", `1e-400`, "1e-400", misfits, "0", misfits},

		{"NaN", `"NaN"`, "NaN", misfits, misfits, misfits},
		{"infinity", `"-Inf"`, "-Inf", misfits, misfits, misfits},
		{"hexadecimal", `"0x10"`, "0x10", misfits, misfits, misfits},
		{"underscores", `"1_000"`, "1_000", misfits, misfits, misfits},
		{"plus sign", `"+5"`, "+5", misfits, misfits, misfits},
		{"leading zero", `"05"`, "05", misfits, misfits, misfits},
		{"no digit before the point", `".5"`, ".5", misfits, misfits, misfits},
		{"no digit behind the point", `"5."`, "5.", misfits, misfits, misfits},
		{"number with blanks", `" 5 "`, " 5 ", misfits, misfits, misfits},
		{"percent sign", `"5%"`, "5%", misfits, misfits, misfits},
		{"two numbers", `"5 6"`, "5 6", misfits, misfits, misfits},
		{"digits of another script", `"５"`, "５", misfits, misfits, misfits},
		{"only a sign", `"-"`, "-", misfits, misfits, misfits},

		{"empty array", `[]`, misfits, misfits, misfits, misfits},
		{"array", `["abc", 1]`, misfits, misfits, misfits, misfits},
		{"object", `{"a": "}"}`, misfits, misfits, misfits, misfits},
		{"nested object", `{"a": {"b": [{}, "]", "\\"]}}`, misfits, misfits, misfits, misfits},
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

	p, err := decodePage(strings.NewReader(`{"backup_record_response": [` + record + `]}`))
	if err != nil || len(p.backups) != 1 {
		t.Fatalf("%s: got %d records and error %v", f.name, len(p.backups), err)
	}

	if want == misfits {
		if len(p.misfits) != 1 || fields[p.misfits[0].field].name != f.name {
			t.Errorf("%s: got misfits %v, want one of the field", f.name, p.misfits)
		}

		want = null
	} else if len(p.misfits) > 0 {
		t.Errorf("%s: got misfits %v, want none", f.name, p.misfits)
	}

	if got := f.got(p.backups[0]); got != want {
		t.Errorf("%s: got %.50q, want %.50q", f.name, got, want)
	}

	if want == null && len(changedFields(p.backups[0])) > 0 {
		t.Errorf("%s: %v is set", f.name, changedFields(p.backups[0]))
	}
}

func TestValueIsShown(t *testing.T) {
	t.Parallel()

	tests := []struct{ name, field, sent, want string }{
		{"text is quoted", "size", `"a\"b"`, `"a\"b"`},
		{"control characters are escaped", "size", `"a\n\u0000"`, `"a\n\x00"`},
		{"number as it is written", "is_support_restore", `1.50`, `1.50`},
		{"bool", "size", `true`, `true`},
		{"array", "size", `[1, 2]`, `an array`},
		{"object", "size", `{"password": "secret"}`, `an object`},
		{"long text is whole", "size", `"` + strings.Repeat("é", 5000) + `"`, `"` + strings.Repeat("é", 5000) + `"`},
		{"text without end is cut", "size", `"` + strings.Repeat("x", 1<<20) + `"`, `"` + strings.Repeat("x", 64<<10) + `"`},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			p, err := decodePage(strings.NewReader(fmt.Sprintf(`{"backup_record_response": [{%q: %s}]}`, tt.field, tt.sent)))
			if err != nil || len(p.misfits) != 1 {
				t.Fatalf("got misfits %v and error %v, want one misfit", p.misfits, err)
			}

			if got := p.misfits[0].value; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestRecordEndsWhereItEnds puts every kind of value last, before every kind of blank.
func TestRecordEndsWhereItEnds(t *testing.T) {
	t.Parallel()

	want := map[string]string{
		`5`: "5", `-1e2`: "-1e2", `true`: "true", `null`: "", `"5"`: "5", `{}`: "", `[]`: "", `{"a":[{}]}`: "", `""`: "",
	}

	for sent, want := range want {
		for _, blank := range []string{"", " ", "\n", "\t", "\r\n"} {
			body := `{~"backup_record_response"~:~[~{~"backup_id"~:~"a"~,~"status"~:~V~}~,~{~"status"~:~V~,~"backup_id"~:~"b"~}~]~}~`
			body = strings.NewReplacer("~", blank, "V", sent).Replace(body)

			p, err := decodePage(strings.NewReader(body))
			if err != nil {
				t.Fatalf("%s: %v", body, err)
			}

			if diff := cmp.Diff([]Backup{{ID: "a", Status: want}, {ID: "b", Status: want}}, p.backups); diff != "" {
				t.Errorf("%s (-want +got):\n%s", body, diff)
			}
		}
	}
}
