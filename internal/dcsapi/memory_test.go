// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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
	body      []byte
	// err is part of the error, empty where the body is read.
	err string
}

const bodyBound = 32 << 20

// listed returns begin, most elements or as many as fit, and end. N in an element is its number.
func listed(most int, begin, element, end string) []byte {
	var b bytes.Buffer

	b.WriteString(begin)

	before, behind, isNumbered := strings.Cut(element, "N")

	for n := 0; n < most && b.Len()+len(element)+len(",1234567")+len(end) < bodyBound; n++ {
		if n > 0 {
			b.WriteByte(',')
		}

		b.WriteString(before)

		if isNumbered {
			b.WriteString(strconv.Itoa(n))
		}

		b.WriteString(behind)
	}

	b.WriteString(end)

	return b.Bytes()
}

// padded returns a body that holds one long text of JSON.
func padded(begin, text, end string) []byte {
	return []byte(begin + strings.Repeat(text, bodyBound-len(begin)-len(end)) + end)
}

// hostiles has of each kind of response the one that needs the most memory: what is kept of many records, what is not kept of
// too many, one long value, and one record with many values.
func hostiles() []hostile {
	const whole = math.MaxInt // As much as fits.

	return []hostile{
		{name: "records with long texts", body: listed(10_000, `{"total_num":10000,"backup_record_response":[`,
			`{"remark":"N`+strings.Repeat("x", 3300)+`"}`, `]}`)},
		{
			name: "too many records", err: "more than 10000 elements",
			body: listed(whole, `{"backup_record_response":[`, `{}`, `]}`),
		},
		{name: "a long text", body: padded(`{"total_num":1,"backup_record_response":[{"remark":"`, "x", `"}]}`)},
		{name: "a long name", body: padded(`{"`, "x", `":1}`)},
		{name: "white space", body: padded("", " ", "{}")},
		{name: "a record of many misfits", body: listed(whole, `{"total_num":1,"backup_record_response":[{`, `"size":"x"`, `}]}`)},
		{
			name: "too many tags of an instance", instances: true, err: "tags has more than 10000 elements",
			body: listed(whole, `{"instances":[{"instance_id":"i","tags":[`, `{"key":"N"}`, `]}]}`),
		},
		{
			name: "too many tags of all instances", instances: true, err: "more than 200000 elements",
			body: listed(whole, `{"instances":[`, string(listed(10_000, `{"tags":[`, `{"key":"N"}`, `]}`)), `]}`),
		},
	}
}

// TestClient_memory reads each hostile response in a process of its own, and compares by how much it raises the memory of the
// process with the bound. One that takes minutes does not end.
func TestClient_memory(t *testing.T) {
	t.Parallel()

	const bound = 256 << 20

	for _, h := range hostiles() {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()

			report := readInProcess(t, h)

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

// readInProcess has another process read h.
func readInProcess(t *testing.T, h hostile) memoryReport {
	t.Helper()

	var requests atomic.Int64

	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isFirst := requests.Add(1) == 1
		isList := strings.HasSuffix(r.URL.Path, "/instances")

		switch {
		case isFirst:
			w.WriteHeader(http.StatusNoContent)
		case isList == h.instances && !(h.instances && r.URL.Query().Get("offset") != "0"):
			_, _ = w.Write(h.body) // The client may stop reading.
		case isList:
			fmt.Fprint(w, `{"instance_num": 1, "instances": [{"instance_id": "i"}]}`)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer s.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()

	command := exec.CommandContext(ctx, os.Args[0], //nolint:gosec // It is this test.
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
