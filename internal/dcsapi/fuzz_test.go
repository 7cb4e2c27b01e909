// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzDecodePage checks that decoding never panics, agrees with encoding/json on what there is, and that what it takes
// for a whole page is one: blanks around don't matter, and a part of it is refused as cut.
func FuzzDecodePage(f *testing.F) {
	f.Add(sample)
	f.Add(typicalBody(2))

	for _, seed := range []string{
		`null`, `{}`, ` { } `, `{"total_num": "25", "backup_record_response": [null, {"size": 1e2}, {}]}`,
		`{"backup_record_response": {}, "x": [[{}], "]\\\"", {"a": {"b": null}}]}`,
		`{"backup_record_response": [{"backup_id": "\ud83d\ude00\\", "backup\u005fname": "}", "size": -0.0}]}`,
		`{"backup_record_response": [{"size": "x", "size": {}, "progress": [], "remark": true, "status": 1.50}]}`,
		`{"backup_record_response": [{"is_support_restore":"TRUE"},{"is_support_restore":1}],"total_num":1e300}`,
		`{"backup_record_response":[{"is_support_restore":"0","is_support_restore":null}]}`,
		`{"backup_record_response": [{"remark": "a\\n"}, {"remark": "a\n"}, {"remark": "a"}, {"remark": "a"}]}`,
		"{\"backup_record_response\": [{\"remark\": \"\xff\", \"\xff\": 1}]}",
	} {
		f.Add([]byte(seed))
	}

	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeBackups(bytes.NewReader(body))
		checkAgainstJSON(t, body, got, err)

		if err != nil {
			return
		}

		for name, reader := range map[string]io.Reader{
			"blanks around": io.MultiReader(strings.NewReader(" \n"), bytes.NewReader(body), strings.NewReader("\t\r\n ")),
			"byte by byte":  iotest.OneByteReader(bytes.NewReader(body)),
		} {
			again, err := decodeBackups(reader)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}

			if diff := cmp.Diff(got, again, comparePages); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}

		whole := bytes.TrimSpace(body)
		for _, n := range []int{len(whole) - 1, len(whole) / 2, len(whole) / 3} {
			if _, err := decodeBackups(bytes.NewReader(whole[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("cut after %d bytes: got error %v", n, err)
			}
		}
	})
}

// checkAgainstJSON compares a page with what encoding/json makes of its body.
func checkAgainstJSON(t *testing.T, body []byte, got backupPage, err error) {
	t.Helper()

	var plain map[string]any

	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()

	// encoding/json replaces what is not UTF-8.
	if err != nil || decoder.Decode(&plain) != nil || !utf8.Valid(body) {
		return
	}

	elements, _ := plain["backup_record_response"].([]any)
	if int(got.elements) != len(elements) {
		t.Errorf("got %d elements, want %d", got.elements, len(elements))
	}

	want := []string{}

	for _, element := range elements {
		if record, ok := element.(map[string]any); ok {
			want = append(want, plainText(record["backup_id"]))
		}
	}

	ids := []string{}
	for _, b := range got.records {
		ids = append(ids, b.ID)
	}

	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("IDs (-want +got):\n%s", diff)
	}

	// Encoded again, each name is there once, and in another order.
	text, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}

	again, err := decodeBackups(bytes.NewReader(text))
	if err != nil {
		t.Errorf("encoded again: %v", err)
	}

	if diff := cmp.Diff(got, again, comparePages); diff != "" {
		t.Errorf("encoded again (-want +got):\n%s", diff)
	}
}

// FuzzDecodeInstances checks that decoding instances never panics, and keeps no tag that encoding/json does not know.
func FuzzDecodeInstances(f *testing.F) {
	f.Add(sampleInstances)

	for _, seed := range []string{
		`{"instances": [{"instance_id": "a", "tags": [{"key": "x", "value": "y"}, {"key": 1}, {}, null, []]}]}`,
		`{"instances": [{"capacity": 0, "capacity_minor": ".5"}, {"capacity": "1e3", "tags": null}, {"tags": "x"}], "instance_num": "2"}`,
	} {
		f.Add([]byte(seed))
	}

	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodePage(bytes.NewReader(body), instanceResource, request{limit: maxPage, keep: maxElements})
		if err != nil {
			return
		}

		var plain struct {
			Instances []*struct {
				Tags any `json:"tags"`
			} `json:"instances"`
		}

		// A record may have members whose names differ in case only, which encoding/json takes for the same.
		if json.Unmarshal(body, &plain) != nil || bytes.Count(bytes.ToLower(body), []byte("tags")) > 1 {
			return
		}

		var want int

		for _, i := range plain.Instances {
			if i != nil {
				tags, _ := i.Tags.([]any)
				want += len(tags)
			}
		}

		kept := 0
		for i := range got.records {
			kept += len(got.records[i].instance().Tags)
		}

		if kept > want {
			t.Errorf("got %d tags of %d", kept, want)
		}
	})
}

// plainText is what a text field has of v.
func plainText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	default:
		return ""
	}
}

// FuzzInteger compares what is read of a number with what it is.
func FuzzInteger(f *testing.F) {
	for _, seed := range []string{
		"0", "-0", "10.0", "8.802320e5", "9223372036854775807.0", "-9223372036854775808", "9223372036854775808", "1e-400", "0e9999",
		"1e19", "0.0000001e7", "12345678901234567890e-1", " 5", "0x10", "1_0", "+1", "NaN",
	} {
		f.Add(seed)
	}

	f.Fuzz(func(t *testing.T, literal string) {
		var got *int64

		fits := value{isText, literal}.integer(&got)
		if fits != (got != nil || literal == "") {
			t.Fatalf("%q: fits: %t, got %v", literal, fits, got)
		}

		_, exponent, _ := strings.Cut(strings.ToLower(literal), "e")
		if len(exponent) > 3 || len(literal) > maxLiteral {
			return // Takes long to work out.
		}

		exact, ok := new(big.Rat).SetString(literal)
		want := ok && json.Valid([]byte(literal)) && strings.TrimSpace(literal) == literal && exact.IsInt() && exact.Num().IsInt64()

		if want != (got != nil) || want && exact.Num().Int64() != *got {
			t.Errorf("%q: got %v, want %t %v", literal, shown(got), want, exact)
		}
	})
}
