// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// memoryURL makes the test binary read from there and print what that needs, see TestClient_memory.
var memoryURL = flag.String("memory.url", "", "endpoint that TestClient_memoryOfOneRead reads from")

// memoryReport is what a process prints that read one answer.
type memoryReport struct {
	// Bytes is by how much the answer raised what the process had from the operating system.
	Bytes    int64
	Records  int
	Warnings int
	Err      string
}

// TestClient_memoryOfOneRead reads from memoryURL and prints a memoryReport. It is no test without one.
func TestClient_memoryOfOneRead(t *testing.T) { //nolint:paralleltest // It runs in a process of its own.
	if *memoryURL == "" {
		return
	}

	client := newClient(t, *memoryURL, 0)

	// What any read needs is there before.
	if _, err := client.Backups(t.Context(), query()); err != nil {
		t.Fatal(err)
	}

	var (
		before, after runtime.MemStats
		report        memoryReport
		kept          []any
	)

	runtime.ReadMemStats(&before)

	listing, err := client.ProjectBackups(t.Context(), dcsapi.ProjectQuery{ProjectID: dcsapitest.ProjectID}, func(i dcsapi.InstanceBackups) {
		kept = append(kept, i)
		report.Records += len(i.Listing.Backups)
	})

	runtime.ReadMemStats(&after)

	report.Bytes = int64(after.Sys) - int64(before.Sys) //nolint:gosec // Memory has no 2^63 bytes.
	report.Warnings = len(listing.BackupMisfits) + len(listing.InstanceMisfits)
	report.Records += len(kept)

	if err != nil {
		report.Err = err.Error()
	}

	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}

	fmt.Println("report:" + string(text))
}

// hostile is a body of at most 32 MiB, in the listing of instances or in that of the backups of the only instance.
type hostile struct {
	name      string
	instances bool
	body      func() []byte
	// err is part of the error, empty where the body is read.
	err string
}

const bodyBound = 32 << 20

// filled returns begin, as many elements as fit, and end.
func filled(begin string, element func(n int) string, end string) []byte {
	var b bytes.Buffer

	b.WriteString(begin)

	for n := 0; ; n++ {
		e := element(n)
		if n > 0 {
			e = "," + e
		}

		if b.Len()+len(e)+len(end) > bodyBound {
			break
		}

		b.WriteString(e)
	}

	b.WriteString(end)

	return b.Bytes()
}

// each returns s, for filled.
func each(s string) func(int) string { return func(int) string { return s } }

// repeated returns n elements in which N is the number.
func repeated(n int, element string) []byte {
	var b bytes.Buffer

	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}

		b.WriteString(strings.ReplaceAll(element, "N", strconv.Itoa(i)))
	}

	return b.Bytes()
}

func hostiles() []hostile {
	x := func(n int) string { return strings.Repeat("x", n) }
	list := func(element string) func() []byte {
		return func() []byte { return filled(`{"backup_record_response": [`, each(element), `]}`) }
	}
	page := func(n int, record string) func() []byte {
		return func() []byte {
			return fmt.Appendf(nil, `{"total_num": %d, "backup_record_response": [%s]}`, n, repeated(n, record))
		}
	}
	record := func(member string) func() []byte {
		return func() []byte { return filled(`{"total_num":1,"backup_record_response":[{`, each(member), `}]}`) }
	}
	tags := func(tag func(n int) string) func() []byte {
		return func() []byte { return filled(`{"instances":[{"instance_id":"i","tags":[`, tag, `]}]}`) }
	}
	tagged := func(instances, perInstance int) func() []byte {
		return func() []byte {
			instance := fmt.Sprintf(`{"instance_id":"iN","tags":[%s]}`, repeated(perInstance, `{"key":"N"}`))

			return fmt.Appendf(nil, `{"instance_num": %d, "instances": [%s]}`, instances, repeated(instances, instance))
		}
	}
	text := func(begin, middle, end string) func() []byte {
		return func() []byte {
			n := (bodyBound - len(begin) - len(end)) / len(middle)

			return []byte(begin + strings.Repeat(middle, n) + end)
		}
	}

	const (
		tooMany     = "more than 10000 elements"
		tooManyTags = "tags has more than 10000 elements"
	)

	return []hostile{
		{name: "elements without members", body: list(`{}`), err: tooMany},
		{name: "null elements", body: list(`null`), err: tooMany},
		{name: "tiny records", body: list(`{"backup_id":"123"}`), err: tooMany},
		{name: "records with a misfit each", body: list(`{"size":"x"}`), err: tooMany},
		{name: "10 000 records with a long misfit each", body: page(10_000, `{"backup_id":"N","size":"`+x(3200)+`"}`)},
		{
			name: "10 000 records with misfits in many fields",
			body: page(10_000, `{"backup_id":"N",`+strings.Repeat(`"size":[],"status":[],"progress":[],"remark":[],`, 60)+`"x":1}`),
		},
		{
			name: "10 000 records with long texts",
			body: page(10_000, `{"backup_id":"N","remark":"N`+x(1500)+`","status":"N`+x(1500)+`"}`),
		},
		{name: "500 texts of 64 KiB", body: page(500, `{"backup_id":"N","remark":"N`+x(64<<10-3)+`"}`)},
		{
			name: "texts of 64 KiB in escape sequences",
			body: page(170, `{"backup_id":"N","remark":"N`+strings.Repeat(`\u00e9`, 32_000)+`"}`),
		},
		{name: "texts of a MiB", body: page(31, `{"backup_id":"N","remark":"`+x(1<<20)+`"}`)},
		{name: "a text of 32 MiB", body: text(`{"total_num":1,"backup_record_response":[{"remark":"`, "x", `"}]}`)},
		{
			name: "a text of 32 MiB in escape sequences",
			body: text(`{"total_num":1,"backup_record_response":[{"remark":"`, `\u0078`, `"}]}`),
		},
		{name: "a number of 32 MiB", body: text(`{"total_num":1,"backup_record_response":[{"size":1`, "0", `}]}`)},
		{name: "a count of 32 MiB", body: text(`{"backup_record_response":[],"total_num":1`, "0", `}`)},
		{name: "a record of many unknown members", body: record(`"x":{}`)},
		{name: "a record of many misfits", body: record(`"size":"x"`)},
		{name: "a record of many texts", body: record(`"remark":"` + x(60_000) + `"`)},
		{
			name: "a misfit of many elements",
			body: func() []byte { return filled(`{"total_num":1,"backup_record_response":[{"size":[`, each(`{}`), `]}]}`) },
		},
		{
			name: "an unknown member of many elements",
			body: func() []byte { return filled(`{"backup_record_response":[],"x":[`, each(`{}`), `]}`) },
		},
		{
			name: "many unknown members",
			body: func() []byte {
				return filled(`{"backup_record_response":[],`, func(n int) string { return fmt.Sprintf(`"%d":{}`, n) }, `}`)
			},
		},
		{
			name: "many long unknown members",
			body: func() []byte {
				return filled(`{`, func(n int) string { return fmt.Sprintf(`"%d":"%s"`, n, x(8000)) }, `}`)
			},
		},
		{name: "a name of 32 MiB", body: text(`{"`, "x", `":1}`)},
		{name: "a name of 32 MiB in a record", body: text(`{"total_num":1,"backup_record_response":[{"`, "x", `":1}]}`)},
		{name: "white space", body: text("", " ", "{}")},
		{name: "deep nesting", body: text("", "[", ""), err: "not a JSON object"},
		{name: "deep nesting in an unknown member", body: text(`{"x":`, "[", ""), err: "exceeded max depth"},
		{name: "more than the bound", body: func() []byte { return bytes.Repeat([]byte(" "), bodyBound+1) }, err: "larger than 32 MiB"},
		{name: "what is not JSON", body: text("", "x", ""), err: "invalid character"},
		{
			name: "tiny instances", instances: true, err: "instances has more than 10000 elements",
			body: func() []byte { return filled(`{"instances":[`, each(`{}`), `]}`) },
		},
		{
			name: "many tags", instances: true, err: tooManyTags,
			body: tags(func(n int) string { return fmt.Sprintf(`{"key":"%d"}`, n) }),
		},
		{name: "many equal tags", instances: true, body: tags(each(`{"key":"a"}`)), err: tooManyTags},
		{name: "many elements that are no tags", instances: true, body: tags(each(`1`)), err: tooManyTags},
		{name: "many tags of many instances", instances: true, body: tagged(200, 9_000), err: "more than 200000 elements"},
		{name: "200 000 tags", instances: true, body: tagged(20, 10_000)},
	}
}

// encodings are those in which the body is sent: bodies that end early, that are long, and that hold one long value also with
// gzip.
func (h hostile) encodings() []string {
	switch h.name {
	case "elements without members", "10 000 records with long texts", "a text of 32 MiB", "more than the bound":
		return []string{"identity", "gzip"}
	default:
		return []string{"identity"}
	}
}

// TestClient_memory reads each hostile answer in a process of its own, sent as it is and with gzip, and compares by how much
// it raises the memory of the process with the bound.
func TestClient_memory(t *testing.T) {
	t.Parallel()

	const bound = 256 << 20

	for _, h := range hostiles() {
		for _, encoding := range h.encodings() {
			t.Run(h.name+" "+encoding, func(t *testing.T) {
				t.Parallel()

				report := readInProcess(t, h, encoding)

				t.Logf("%d MiB, %d records, %d warnings, error %.100q", report.Bytes>>20, report.Records, report.Warnings, report.Err)

				if report.Bytes > bound {
					t.Errorf("needs %d MiB, want %d at most", report.Bytes>>20, bound>>20)
				}

				if (report.Err == "") != (h.err == "") || !strings.Contains(report.Err, h.err) {
					t.Errorf("got error %.300s, want one with %q", report.Err, h.err)
				}
			})
		}
	}
}

// readInProcess has another process read h.
func readInProcess(t *testing.T, h hostile, encoding string) memoryReport {
	t.Helper()

	body := h.body()

	if encoding == "gzip" {
		var b bytes.Buffer

		w := gzip.NewWriter(&b)
		_, _ = w.Write(body) // A buffer takes everything.
		_ = w.Close()

		body = b.Bytes()
	}

	var requests atomic.Int64

	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isFirst := requests.Add(1) == 1
		isList := strings.HasSuffix(r.URL.Path, "/instances")

		switch {
		case isFirst:
			w.WriteHeader(http.StatusNoContent)
		case isList == h.instances && !(h.instances && r.URL.Query().Get("offset") != "0"):
			if encoding == "gzip" {
				w.Header().Set("Content-Encoding", encoding)
			}

			_, _ = w.Write(body) // The client may stop reading.
		case isList:
			fmt.Fprint(w, `{"instance_num": 1, "instances": [{"instance_id": "i"}]}`)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer s.Close()

	command := exec.CommandContext(t.Context(), os.Args[0], //nolint:gosec // It is this test.
		"-test.run=^TestClient_memoryOfOneRead$", "-memory.url="+s.URL)

	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}

	_, line, _ := strings.Cut(string(output), "report:")
	line, _, _ = strings.Cut(line, "\n")

	var report memoryReport
	if err := json.Unmarshal([]byte(line), &report); err != nil {
		t.Fatalf("%v: %s", err, output)
	}

	return report
}
