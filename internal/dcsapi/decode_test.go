// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// sample is the response that the vendor's page prints, as it is printed.
//
//go:embed testdata/sample.json
var sample []byte

func sampleBackup() Backup {
	return Backup{
		ID:               "4631832a-14c6-45b0-a0b3-3abd8f591ad1",
		Name:             "backup_20190510163116",
		Type:             "manual",
		Format:           "aof",
		InstanceID:       "5560df16-cebf-4473-95c4-d1b573c16e79",
		Size:             new(int64(880232)),
		CreatedAt:        "2019-05-10T08:31:16.166Z",
		UpdatedAt:        "2019-05-10T08:32:30.546Z",
		ExecutionAt:      "2019-05-11T08:31:16.166Z",
		Progress:         new(100.0),
		Status:           StatusSucceed,
		Remark:           "001",
		IsSupportRestore: new(true),
	}
}

var comparePages = cmp.AllowUnexported(backupPage{})

func TestDecodePage_readsTheVendorsSample(t *testing.T) {
	t.Parallel()

	want := backupPage{records: []Backup{sampleBackup()}, total: 1, elements: 1}

	readers := map[string]io.Reader{
		"whole":                 bytes.NewReader(sample),
		"byte by byte":          iotest.OneByteReader(bytes.NewReader(sample)),
		"end with the last one": iotest.DataErrReader(bytes.NewReader(sample)),
	}

	for name, reader := range readers {
		got, err := decodeBackups(reader)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}

		if diff := cmp.Diff(want, got, comparePages); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestDecodePage_neverTakesACutBodyForAWholeOne cuts the sample at every byte. What the transport sends again is told by
// the end of the body coming too early.
func TestDecodePage_neverTakesACutBodyForAWholeOne(t *testing.T) {
	t.Parallel()

	whole := bytes.TrimSpace(sample)

	for n := range whole {
		for _, reader := range []io.Reader{bytes.NewReader(whole[:n]), iotest.OneByteReader(bytes.NewReader(whole[:n]))} {
			got, err := decodeBackups(reader)
			if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
				t.Errorf("cut after %d bytes, %q: got %d records and error %v", n, whole[max(0, n-20):n], len(got.records), err)
			}
		}
	}
}

func TestDecodePage_returnsTheReadersError(t *testing.T) {
	t.Parallel()

	broken := errors.New("connection reset")

	for n := range sample {
		_, err := decodeBackups(io.MultiReader(bytes.NewReader(sample[:n]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Fatalf("broken after %d bytes: got error %v", n, err)
		}
	}
}

func TestDecodePage_readsShapes(t *testing.T) {
	t.Parallel()

	a, b := Backup{ID: "a"}, Backup{ID: "b"}

	tests := []struct {
		name string
		body string
		want backupPage
	}{
		{"no array", `{"total_num": 3}`, backupPage{total: 3}},
		{"null for the array", `{"total_num": 3, "backup_record_response": null}`, backupPage{total: 3}},
		{"empty object for the array", `{"backup_record_response": { }, "total_num": 0}`, backupPage{}},
		{"empty array and no error", `{"error_code": {}, "error_msg": "", "backup_record_response": null}`, backupPage{total: -1}},
		{
			"records and an error", `{"error_code": "x", "backup_record_response": [{"backup_id": "a"}]}`,
			backupPage{records: []Backup{a}, total: -1, elements: 1},
		},
		{"empty text for the array", `{"backup_record_response": "", "total_num": 0}`, backupPage{}},
		{"byte order mark", "\ufeff{}", backupPage{total: unknownTotal}},
		{"members that are no error", `{"error": null, "code": "", "message": {}, "errorCode": null}`, backupPage{total: unknownTotal}},
		{"empty array", `{"backup_record_response": [ ], "total_num": 0}`, backupPage{}},
		{"no count", `{"backup_record_response": [{"backup_id": "a"}]}`, backupPage{records: []Backup{a}, total: -1, elements: 1}},
		{
			"count behind the array", `{"backup_record_response": [{"backup_id": "a"}], "total_num": 7}`,
			backupPage{records: []Backup{a}, total: 7, elements: 1},
		},
		{
			"blanks around", " \t\r\n" + `{"backup_record_response": [{"backup_id": "a"}]}` + "\n\n ",
			backupPage{records: []Backup{a}, total: -1, elements: 1},
		},
		{
			"record without members is a record", `{"backup_record_response": [{}, { }]}`,
			backupPage{records: []Backup{{}, {}}, total: -1, elements: 2, last: 1},
		},
		{
			"null elements are no records, but take a place",
			`{"backup_record_response": [null, {"backup_id": "a"}, null, {"backup_id": "b"}, null]}`,
			backupPage{records: []Backup{a, b}, total: -1, elements: 5, first: 1, last: 3},
		},
		{
			"only null elements", `{"backup_record_response": [null, null]}`, backupPage{total: -1, elements: 2},
		},
		{
			"unknown fields are ignored, whatever they hold",
			`{"x": {"backup_id": [1, {"total_num": 9}]}, "backup_record_response": [{"y": [[{"backup_id": "z"}]], ` +
				`"backup_id": "a", "": "", "z": {"backup_id": "z"}}], "w": [[], {}]}`,
			backupPage{records: []Backup{a}, total: -1, elements: 1},
		},
		{
			"names in another case are unknown",
			`{"Total_Num": 3, "BACKUP_RECORD_RESPONSE": [{}], "backup_record_response": [{"Backup_ID": "z", "backup_id": "a", "BACKUP_ID": "z"}]}`,
			backupPage{records: []Backup{a}, total: -1, elements: 1},
		},
		{
			"names with escapes are what they say",
			`{"backup\u005frecord_response": [{"backup\u005fid": "a"}], "total\u005fnum": 1}`,
			backupPage{records: []Backup{a}, total: 1, elements: 1},
		},
		{
			"a field that comes twice counts as it comes last",
			`{"backup_record_response": [{"backup_id": "z", "backup_id": "a", "size": 1, "size": null, "remark": "z", "remark": {}}]}`,
			backupPage{records: []Backup{a}, total: -1, elements: 1},
		},
		{
			"a misfit that comes twice is one, and none where the last value fits",
			`{"backup_record_response": [{"backup_id": "a", "size": "y", "progress": "y", "size": "z", "progress": 5}]}`,
			backupPage{
				records: []Backup{{ID: "a", Progress: new(5.0)}}, misfits: misfits{5: {Field: "size", ID: "a", Value: `"z"`}, 14: nil},
				total: -1, elements: 1,
			},
		},
		{
			"array and count that come twice count as they come last",
			`{"total_num": 1, "backup_record_response": [{"size": "z"}, null], "total_num": 2, "backup_record_response": [{"backup_id": "b"}]}`,
			backupPage{records: []Backup{b}, total: 2, elements: 1},
		},
		{
			"array that comes again as null is none",
			`{"backup_record_response": [{"size": "z"}, null], "backup_record_response": null, "total_num": 1, "total_num": "x"}`,
			backupPage{total: -1},
		},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := decodeBackups(strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}

			if diff := cmp.Diff(tt.want, got, comparePages); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDecodePage_noRecords has each form of nothing as the whole body, and one byte less of it as a cut body.
func TestDecodePage_noRecords(t *testing.T) {
	t.Parallel()

	for _, body := range []string{`[]`, `[ ]`, `null`, `""`, `{}`, `{ }`} {
		for _, around := range []string{"", " \r\n\t"} {
			backups, err := decodeBackups(strings.NewReader(around + body + around))
			if diff := cmp.Diff(backupPage{total: unknownTotal}, backups, comparePages); err != nil || diff != "" {
				t.Errorf("%q: error %v, backups (-want +got):\n%s", body, err, diff)
			}

			instances, err := decodePage(strings.NewReader(around+body+around), instanceResource, request{limit: maxPage, keep: maxElements})
			if err != nil || instances.elements != 0 || instances.total != unknownTotal {
				t.Errorf("%q: error %v, %d instances, count %d", body, err, instances.elements, instances.total)
			}

			if _, err := decodeBackups(strings.NewReader(around + body[:len(body)-1])); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%q cut: got error %v", body, err)
			}
		}
	}
}

func TestDecodePage_readsTheCount(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, sent string
		want       int64
	}{
		{"number", `25`, 25},
		{"zero", `0`, 0},
		{"number as text", `"25"`, 25},
		{"fraction that is whole", `25.0`, 25},
		{"exponent", `1e9`, 1_000_000_000},
		{"2^63-1", `9223372036854775807`, 9223372036854775807},
		{"2^63 is none", `9223372036854775808`, unknownTotal},
		{"absurd number is none", `1e300`, unknownTotal},
		{"negative number is none", `-1`, unknownTotal},
		{"other negative number is none", `-25`, unknownTotal},
		{"fraction is none", `2.5`, unknownTotal},
		{"null is none", `null`, unknownTotal},
		{"empty text is none", `""`, unknownTotal},
		{"text is none", `"many"`, unknownTotal},
		{"bool is none", `true`, unknownTotal},
		{"array is none", `[25]`, unknownTotal},
		{"object is none", `{"total": 25}`, unknownTotal},
		{"empty object is none", `{}`, unknownTotal},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := decodeBackups(strings.NewReader(`{"total_num": ` + tt.sent + `}`))
			if err != nil || got.total != tt.want {
				t.Errorf("got %d and error %v, want %d", got.total, err, tt.want)
			}
		})
	}
}

// TestDecodePage_refusesWhatIsNoPage holds what would be read the same the next time: it is not the end of the body that
// is missing.
func TestDecodePage_refusesWhatIsNoPage(t *testing.T) {
	t.Parallel()

	tests := []struct{ name, body, want string }{
		{"HTML", `<html><title>Log in</title></html>`, "invalid character '<'"},
		{"text", `"ok"`, "not a JSON object"},
		{"number", `5 `, "not a JSON object"},
		{"blank text", `" "`, "not a JSON object"},
		{"array", `[{"backup_id": "a"}]`, "not a JSON object"},
		{"array of null", `[null]`, "not a JSON object"},
		{"array of an error", `[{"error_code": "x", "error_msg": "y"}]`, "not a JSON object"},
		{"array closed by a brace", `[}`, "invalid character '}'"},
		{"page behind an empty array", `[] {"total_num": 0}`, "something follows"},
		{"second object", `{} {}`, "something follows"},
		{"number behind", `{"total_num": 1} 5 `, "something follows"},
		{"garbage behind", `{"total_num": 1} x`, "invalid character 'x'"},
		{"bracket too many", `{"backup_record_response": []}}`, "invalid character '}'"},
		{"text for the array", `{"backup_record_response": "none"}`, "not an array"},
		{"number for the array", `{"backup_record_response": 0}`, "not an array"},
		{"record for the array", `{"backup_record_response": {"backup_id": "a"}}`, "not an array"},
		{"text for a record", `{"backup_record_response": [{}, null, "a"]}`, "element 2 of backup_record_response is not an object"},
		{"array for a record", `{"backup_record_response": [[]]}`, "element 0 of backup_record_response is not an object"},
		{"number for a record", `{"backup_record_response": [1]}`, "element 0 of backup_record_response is not an object"},
		{"bool for a record", `{"backup_record_response": [true]}`, "element 0 of backup_record_response is not an object"},
		{"array closed as an object", `{"backup_record_response": [{}}}`, "invalid character '}'"},
		{"comma before the bracket", `{"backup_record_response": [{},]}`, "invalid character ']'"},
		{"comma before the brace", `{"total_num": 1,}`, "invalid character '}'"},
		{"no comma between records", `{"backup_record_response": [{} {}]}`, "expected comma"},
		{"no comma between fields", `{"backup_record_response": [{"size": 1 "remark": ""}]}`, "invalid character '\"'"},
		{"name without quotes", `{total_num: 1}`, "invalid character 't'"},
		{"single quotes", `{'total_num': 1}`, `invalid character '\''`},
		{"NaN", `{"total_num": NaN}`, "invalid character 'N'"},
		{"leading zero", `{"total_num": 01}`, "invalid character '1'"},
		{"control character in a text", "{\"backup_record_response\": [{\"remark\": \"\n\"}]}", `invalid character '\n'`},
		{"escape that is none", `{"backup_record_response": [{"remark": "\x"}]}`, "invalid character 'x'"},
		{"error", `{"error_code": "DCS.5078", "error_msg": "Query failed."}`, "the body is an error, DCS.5078: Query failed."},
		{"error and an empty array", `{"backup_record_response": [], "error_code": "x", "error_msg": "y", "total_num": 0}`, "error, x: y"},
		{"wrapped error and an empty array", `{"error": {"code": "x", "message": "y"}, "backup_record_response": []}`, "error, x: y"},
		{"error with a count", `{"error_code": 5078, "total_num": 0}`, "the body is an error, 5078"},
		{"second byte order mark", "\ufeff\ufeff{}", "invalid character"},
		{"error in the gateway's shape", `{"code": "APIG.0201", "message": "Timeout."}`, "APIG.0201: Timeout."},
		{"error in another shape", `{"errorCode": "x", "errorMessage": "y"}`, "x: y"},
		{"error of old RDS", `{"errCode": "x", "externalMessage": "y"}`, "x: y"},
		{"error that is wrapped", `{"error": {"code": 401, "message": "y"}}`, "401: y"},
		{"error of OAuth", `{"error": "invalid", "error_description": "y"}`, "invalid: y"},
		{"error with a message alone", `{"error_msg": "y"}`, "y"},
		{"error and null for the array", `{"error_code": "x", "backup_record_response": null}`, "the body is an error, x"},
		{"error and an empty object", `{"backup_record_response": {}, "error_code": "x"}`, "the body is an error, x"},
		{"error with a long message alone", `{"error_msg": "` + strings.Repeat("x", 9000) + `"}`, "xxx"},
		{"error with a very long message alone", `{"message": "` + strings.Repeat("x", 500_000) + `"}`, "xxx"},
		{"error that is wrapped with a long message", `{"error": {"message": "` + strings.Repeat("x", 9000) + `"}}`, "xxx"},
		{"error that is wrapped with a long member", `{"error": {"details": "` + strings.Repeat("x", 9000) + `", "code": "x.1"}}`, "x.1"},
		{"error behind many names", `{` + manyNames(2000) + `"error_code": "x.1"}`, "x.1"},
		{"error behind much else", `{` + strings.Repeat(`"x": 1,`, 5000) + `"error_code": "x"}`, "the body is an error, x"},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := decodeBackups(strings.NewReader(tt.body))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %d records and error %v, want one with %q", len(got.records), err, tt.want)
			}

			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("error %v is one of a cut body", err)
			}
		})
	}
}

// manyNames returns n members of an object with different names.
func manyNames(n int) string {
	var members strings.Builder
	for i := range n {
		fmt.Fprintf(&members, `"x%d": 1,`, i)
	}

	return members.String()
}

// TestDecodePage_ignoresDeepNesting nests as deeply as encoding/json goes, and deeper: that is an error, not a crash.
func TestDecodePage_ignoresDeepNesting(t *testing.T) {
	t.Parallel()

	nested := func(depth int) string {
		return strings.Repeat(`[{"a":`, depth/2) + `"]}"` + strings.Repeat(`}]`, depth/2)
	}

	for _, body := range []string{
		`{"x": %s, "backup_record_response": [{"backup_id": "a"}]}`,
		`{"backup_record_response": [{"x": %s, "backup_id": "a"}]}`,
		`{"total_num": %s, "backup_record_response": [{"backup_id": "a"}]}`,
	} {
		got, err := decodeBackups(strings.NewReader(fmt.Sprintf(body, nested(9000))))
		if err != nil || len(got.records) != 1 || got.records[0].ID != "a" {
			t.Errorf(body+": got %d records and error %v", "deep", len(got.records), err)
		}

		if _, err := decodeBackups(strings.NewReader(fmt.Sprintf(body, nested(2_000_000)))); err == nil {
			t.Errorf(body+": no error", "deeper")
		}
	}
}

// TestDecodePage_needsMemoryInProportion compares what is allocated for ten times as many records, and for a field that
// is unknown.
//
//nolint:paralleltest // Other tests would be counted in.
func TestDecodePage_needsMemoryInProportion(t *testing.T) {
	small, large := allocated(t, typicalBody(1000)), allocated(t, typicalBody(10_000))
	if large > 13*small {
		t.Errorf("10 000 records need %d bytes, 1000 %d", large, small)
	}

	if whole := uint64(len(typicalBody(10_000))); large > 4*whole {
		t.Errorf("a body of %d bytes needs %d", whole, large)
	}

	const big = 8 << 20

	unknown := []byte(`{"backup_record_response": [{"x": "` + strings.Repeat("x", big) + `"}]}`)
	if got := allocated(t, unknown); got > 5*big {
		t.Errorf("an unknown field of %d bytes needs %d", big, got)
	}
}

// allocated returns how many bytes decoding body allocates.
func allocated(t *testing.T, body []byte) uint64 {
	t.Helper()

	var before, after runtime.MemStats

	runtime.ReadMemStats(&before)

	if _, err := decodePage(bytes.NewReader(body), backupResource, request{limit: maxElements, keep: maxElements}); err != nil {
		t.Fatal(err)
	}

	runtime.ReadMemStats(&after)

	return after.TotalAlloc - before.TotalAlloc
}

// TestFilling_fillsTheBuffer reads from a connection that gives a byte at a time.
func TestFilling_fillsTheBuffer(t *testing.T) {
	t.Parallel()

	reader := filling{iotest.OneByteReader(strings.NewReader("abcde"))}
	buffer := make([]byte, 3)

	for _, want := range []struct {
		read string
		err  error
	}{{"abc", nil}, {"de", io.EOF}, {"", io.EOF}} {
		if n, err := reader.Read(buffer); string(buffer[:n]) != want.read || err != want.err { //nolint:errorlint // A reader returns EOF as it is.
			t.Errorf("got %q and error %v, want %q and %v", buffer[:n], err, want.read, want.err)
		}
	}
}
