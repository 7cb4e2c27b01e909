// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/providertest"
)

// faultTest is a fault, and what becomes of a read that meets it.
type faultTest struct {
	name  string
	fault dcsapitest.Fault
	// records are those of the instance.
	records   int
	arguments map[string]any
	// summary is that of the error and details are parts of its text. Without a summary every record is to be read.
	summary string
	details []string
	// requests are the listing's at most; those that end at once are sent once.
	requests int
	// least and most bound the time that the read takes.
	least, most time.Duration
}

// few is a listing of one page, and many one of two.
const (
	few  = 30
	many = 1200
)

// Retries wait for half a second, then twice as long each time, each up to half as long again: 15.5 seconds on average.
const fiveRetries = 25 * time.Second

const (
	failed    = "DCS Request Failed"
	timedOut  = "Timed Out Reading DCS Backups"
	changing  = "DCS Backups Keep Changing"
	throttled = "DCS Requests Throttled"
)

// faultTests has every fault that the local service knows.
func faultTests() []faultTest {
	return slices.Concat(listingFaults(), answerFaults(), wireFaults())
}

func listingFaults() []faultTest {
	// A reading needs two pages, and may need six requests more.
	const once, fourTimes = 2 + 6, 4 * (2 + 6)

	return []faultTest{
		{name: "too high", fault: dcsapitest.Fault{Effect: fault.TotalTooHigh{N: 3}}, records: many, requests: once},
		{name: "far too high", fault: dcsapitest.Fault{Effect: fault.TotalTooHigh{N: 30_000}}, records: many, requests: once},
		{name: "too high for none", fault: dcsapitest.Fault{Effect: fault.TotalTooHigh{}}, requests: once},
		{name: "too low", fault: dcsapitest.Fault{Effect: fault.TotalTooLow{N: 700}}, records: many, requests: once},
		{name: "of the page", fault: dcsapitest.Fault{Effect: fault.TotalPageCount{}}, records: many, requests: once},
		{name: "absent", fault: dcsapitest.Fault{Effect: fault.TotalAbsent{}}, records: many, requests: once},
		{name: "a string", fault: dcsapitest.Fault{Effect: fault.TotalString{}}, records: many, requests: once},
		{name: "absurd", fault: dcsapitest.Fault{Effect: fault.TotalValue{Value: "1000000000"}}, records: many, requests: once},
		{name: "negative", fault: dcsapitest.Fault{Effect: fault.TotalValue{Value: "-1"}}, records: many, requests: once},
		{name: "a float", fault: dcsapitest.Fault{Effect: fault.TotalValue{Value: "1e300"}}, records: many, requests: once},
		{name: "an object", fault: dcsapitest.Fault{Effect: fault.TotalValue{Value: `{"total": 1}`}}, records: many, requests: once},

		{name: "pages of ten", fault: dcsapitest.Fault{Effect: fault.PageCap{N: 10}}, records: 45, requests: 5 + 6},
		{
			name: "always the first page", fault: dcsapitest.Fault{Effect: fault.OffsetIgnored{}}, records: many,
			summary: changing, requests: fourTimes,
		},
		{name: "one page is all", fault: dcsapitest.Fault{Effect: fault.OffsetIgnored{}}, records: few, requests: once},
		{name: "the first page", fault: dcsapitest.Fault{Effect: fault.EmptyPage{}, Count: 1}, records: few, requests: once},
		{name: "the second page", fault: dcsapitest.Fault{Effect: fault.EmptyPage{}, From: 2, Count: 1}, records: many, requests: 2 * once},
		{name: "between records", fault: dcsapitest.Fault{Effect: fault.NullElements{N: 7}}, records: many, requests: once},
		{name: "null", fault: dcsapitest.Fault{Effect: fault.NullArray{}}, requests: 1},
		{name: "no key", fault: dcsapitest.Fault{Effect: fault.MissingArray{}}, requests: 1},
		{name: "empty", fault: dcsapitest.Fault{Effect: fault.EmptyArray{}}, requests: 1},

		{
			name: "before each page", fault: dcsapitest.Fault{Effect: fault.RecordAppears{}}, records: many,
			summary: changing, details: []string{"1000 of "}, requests: fourTimes,
		},
		{name: "before two pages", fault: dcsapitest.Fault{Effect: fault.RecordAppears{}, Count: 2}, records: many, requests: 2 * once},
		{name: "at the end", fault: dcsapitest.Fault{Effect: fault.RecordVanishes{}}, records: many, requests: once},
		{
			name: "before each page", fault: dcsapitest.Fault{Effect: fault.NewestVanishes{}}, records: many,
			summary: changing, requests: fourTimes,
		},
		{name: "before two pages", fault: dcsapitest.Fault{Effect: fault.NewestVanishes{}, Count: 2}, records: many, requests: 2 * once},
	}
}

func answerFaults() []faultTest {
	status := func(status, count int, shape dcsapitest.Shape) dcsapitest.Fault {
		return dcsapitest.Fault{Effect: fault.Status{Status: status, Shape: shape}, Count: count}
	}

	return []faultTest{
		{name: "500 twice", fault: status(500, 2, ""), records: few, requests: 3, most: fiveRetries},
		{name: "502 of a proxy", fault: status(502, 1, dcsapitest.ShapeHTML), records: few, requests: 2, most: fiveRetries},
		{name: "503 twice", fault: status(503, 2, dcsapitest.ShapeEmpty), records: few, requests: 3, most: fiveRetries},
		{name: "504 twice", fault: status(504, 2, dcsapitest.ShapeText), records: few, requests: 3, most: fiveRetries},
		{
			name: "500 always", fault: status(500, 0, ""), records: few, summary: failed, requests: 6, most: fiveRetries,
			details: []string{"has failed", "500 Internal Server Error, DCS.5000: Internal service error.", "request ID", "6 attempts"},
		},
		{name: "400", fault: status(400, 0, ""), records: few, summary: failed, details: []string{"Check `instance_id`"}, requests: 1},
		{
			name: "404", fault: status(404, 0, ""), records: few, summary: failed, requests: 1,
			details: []string{"does not say that the instance does not exist", dcsapitest.InstanceID, dcsapitest.ProjectID, dcsapitest.Region},
		},
		{
			name: "three times, in seconds", records: few, requests: 4, least: 6 * time.Second, most: 7 * time.Second,
			fault: dcsapitest.Fault{Effect: fault.Throttled{RetryAfter: 2 * time.Second}, Count: 3},
		},
		{
			name: "as a date", records: few, requests: 2, least: time.Minute, most: 62 * time.Second,
			fault: dcsapitest.Fault{Effect: fault.Throttled{RetryAfter: time.Minute, Form: "date"}, Count: 1},
		},
		{
			name: "for longer than the deadline", records: few, requests: 1, summary: timedOut, details: []string{`"5m"`, "429"},
			fault: dcsapitest.Fault{Effect: fault.Throttled{RetryAfter: 10 * time.Minute}},
		},
		{
			name: "a window that outlasts the deadline", records: few, requests: 20, summary: "Timed Out Reading DCS Backups",
			arguments: map[string]any{"timeouts": map[string]any{"read": "4m"}},
			details:   []string{"The limit is 200 requests in 5 minutes", "`timeouts.read` is \"4m\""}, most: 4 * time.Minute,
			fault: dcsapitest.Fault{Effect: fault.Throttled{Message: "policy user over ratelimit,limit:200,time:5 minute"}},
		},
		{name: "one read", fault: dcsapitest.Fault{Effect: fault.RateLimit{N: 1}}, records: many, requests: 3, most: 2 * time.Second},
		{
			name: "for good", fault: dcsapitest.Fault{Effect: fault.KeyLocked{}}, records: few, requests: 1,
			summary: "DCS Credentials Not Accepted", details: []string{"The service has locked the key", "wait five minutes"},
		},
		{
			name: "other ways", fault: dcsapitest.Fault{Effect: fault.DenyProjectList{}, Path: "/v3/projects"}, records: few,
			requests: 1,
		},
		{
			name: "for good", fault: dcsapitest.Fault{Effect: fault.DenyBackupList{}}, records: few, requests: 1,
			summary: "DCS Request Not Permitted", details: []string{"dcs:instance:getDataBackupLog"},
		},
		{
			name: "in an error", fault: dcsapitest.Fault{Effect: fault.EchoSecrets{}}, records: few, requests: 1,
			summary: failed, details: []string{"APIGW.0602", "Authorization=***"},
		},
		{
			name: "in an error that is tried again", fault: dcsapitest.Fault{Effect: fault.EchoSecrets{Status: 503}},
			records: few, requests: 6, summary: failed, details: []string{"APIGW.0602", "Authorization=***"}, most: fiveRetries,
		},
		{
			name: "for good", fault: dcsapitest.Fault{Effect: fault.CaptivePortal{}}, records: few, requests: 1,
			summary: failed, details: []string{"login page", "Welcome to the guest network"},
		},
		{
			name: "302", fault: dcsapitest.Fault{Effect: fault.Redirect{}}, records: few, requests: 1,
			summary: failed, details: []string{"302 Found", "redirect, which is not followed", "endpoints"},
		},
		{
			name: "308", fault: dcsapitest.Fault{Effect: fault.Redirect{Status: 308, Location: "https://other.example.com/"}},
			records: few, requests: 1, summary: failed, details: []string{"308 Permanent Redirect", "redirect, which is not followed"},
		},
		{name: "once", fault: dcsapitest.Fault{Effect: fault.EmptyBody{}, Count: 1}, records: few, requests: 2, most: fiveRetries},
		{
			name: "always", fault: dcsapitest.Fault{Effect: fault.EmptyBody{}}, records: few, requests: 6,
			summary: failed, details: []string{"cut short", "6 attempts"}, most: fiveRetries,
		},
		{name: "once", fault: dcsapitest.Fault{Effect: fault.GarbageJSON{}, Count: 1}, records: few, requests: 2, most: fiveRetries},
		{
			name: "always", fault: dcsapitest.Fault{Effect: fault.GarbageJSON{}}, records: few, requests: 6,
			summary: failed, details: []string{"cut short", "6 attempts"}, most: fiveRetries,
		},
		{name: "plain text", fault: dcsapitest.Fault{Effect: fault.WrongContentType{}}, records: few, requests: 1},
		{name: "always", fault: dcsapitest.Fault{Effect: fault.NoDate{}}, records: few, requests: 1},
		{name: "always", fault: dcsapitest.Fault{Effect: fault.NoRequestID{}}, records: few, requests: 1},
		{name: "behind", fault: dcsapitest.Fault{Effect: fault.ClockSkew{Duration: 5 * time.Hour}}, records: few, requests: 2},
		{name: "ahead", fault: dcsapitest.Fault{Effect: fault.ClockSkew{Duration: -72 * time.Hour}}, records: few, requests: 2},
	}
}

func wireFaults() []faultTest {
	const (
		stall     = 30 * time.Second
		allStalls = 6 * stall
	)

	once := func(name dcsapitest.Effect) faultTest {
		return faultTest{
			name: "twice", fault: dcsapitest.Fault{Effect: name, Count: 2}, records: few, requests: 3, most: fiveRetries,
		}
	}
	tooLarge := []string{"the body is larger than 32 MiB"}

	return []faultTest{
		{
			name: "three seconds", fault: dcsapitest.Fault{Effect: fault.Latency{Duration: 3 * time.Second}}, records: few,
			requests: 1, least: 3 * time.Second, most: 3 * time.Second,
		},
		{
			name: "once", fault: dcsapitest.Fault{Effect: fault.Silence{}, Count: 1}, records: few, requests: 2,
			least: stall, most: stall + fiveRetries,
		},
		{
			name: "always", fault: dcsapitest.Fault{Effect: fault.Silence{}}, records: few, requests: 6, summary: failed,
			details: []string{"30", "6 attempts"}, least: allStalls, most: allStalls + fiveRetries,
		},
		{
			name: "once", fault: dcsapitest.Fault{Effect: fault.Stall{}, Count: 1}, records: few, requests: 2,
			least: stall, most: stall + fiveRetries,
		},
		{
			name: "in time", fault: dcsapitest.Fault{Effect: fault.SlowDrip{N: 1000, Duration: 10 * time.Second}}, records: few,
			requests: 1, least: time.Minute, most: 5 * time.Minute,
		},
		{
			name: "for too long", fault: dcsapitest.Fault{Effect: fault.SlowDrip{}}, records: few, requests: 1,
			summary: timedOut, details: []string{`"5m"`}, least: 5 * time.Minute, most: 5 * time.Minute,
		},
		once(fault.ResetBeforeHeaders{}), once(fault.ResetInHeaders{}), once(fault.ResetAfterHeaders{}),
		once(fault.ResetInBody{}), once(fault.CutBody{}), once(fault.CutChunked{}), once(fault.CutGzip{}),
		{
			// Go sends a request once more whose kept connection turns out to be broken.
			name: "always", fault: dcsapitest.Fault{Effect: fault.ResetBeforeHeaders{}}, records: few, requests: 6 + 1,
			summary: failed, details: []string{"connection reset", "Check the network", "6 attempts"}, most: fiveRetries,
		},
		{
			name: "always", fault: dcsapitest.Fault{Effect: fault.CutBody{}}, records: few, requests: 6,
			summary: failed, details: []string{"6 attempts"}, most: fiveRetries,
		},
		{name: "always", fault: dcsapitest.Fault{Effect: fault.Gzip{}}, records: few, requests: 1},
		{name: "1 GiB", fault: dcsapitest.Fault{Effect: fault.GzipBomb{}}, records: few, requests: 1, summary: failed, details: tooLarge},
		{
			name: "for good", fault: dcsapitest.Fault{Effect: fault.EndlessBody{}}, records: few, requests: 1, summary: failed,
			details: []string{"more than 10000 elements"},
		},
	}
}

// TestFaults drives the whole provider against each fault in turn: it ends, with every record or with an error that says
// what happened, and shows no secret.
func TestFaults(t *testing.T) {
	t.Parallel()

	for _, test := range faultTests() {
		t.Run(dcsapitest.EffectName(test.fault.Effect)+" "+test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if test.fault.Path == "" {
					test.fault.Instance = dcsapitest.InstanceID
				}

				b := newHarness(t, test.records)
				injection := b.service.Inject(test.fault)

				before, start := b.kept(), time.Now()
				got, diags := b.read(t.Context(), test.arguments)
				took := time.Since(start)

				if injection.Met() == 0 {
					t.Error("the read did not meet the fault")
				}

				test.check(t, diags)

				if test.summary == "" {
					checkContract(t, before, b.kept(), got)
				}

				if took < test.least || took > test.most {
					t.Errorf("the read took %s, want %s to %s", took, test.least, test.most)
				}

				listed := b.service.RequestsTo("/v2/")
				if len(listed) > test.requests {
					t.Errorf("%d requests, want at most %d", len(listed), test.requests)
				}

				checkNoSecrets(t, b.service, fmt.Sprint(diags))
			})
		})
	}
}

// check checks what a read has ended with.
func (test faultTest) check(t *testing.T, diags []providertest.Diagnostic) {
	t.Helper()

	if test.summary == "" {
		if len(diags) > 0 {
			t.Error(diags)
		}

		return
	}

	if len(diags) != 1 || diags[0].Summary != test.summary {
		t.Fatalf("want the error %q, got %v", test.summary, diags)
	}

	for _, detail := range test.details {
		if !strings.Contains(diags[0].Detail, detail) {
			t.Errorf("want %q in the error, got %s", detail, diags[0].Detail)
		}
	}
}

func TestFaults_noneIsForgotten(t *testing.T) {
	t.Parallel()

	var tested []string
	for _, test := range faultTests() {
		tested = append(tested, dcsapitest.EffectName(test.fault.Effect))
	}

	// Faults of the listing of instances.
	tested = append(tested, "deny-instance-list", "instance-appears")

	slices.Sort(tested)

	if diff := cmp.Diff(fault.Names(), slices.Compact(tested)); diff != "" {
		t.Errorf("faults that are tested (-want +got):\n%s", diff)
	}
}

// TestFaults_duringTheProjectLookUp lets IAM have the faults of the wire and of the gateway that pass: the read goes on.
func TestFaults_duringTheProjectLookUp(t *testing.T) {
	t.Parallel()

	for _, test := range slices.Concat(answerFaults(), wireFaults()) {
		if test.fault.Count == 0 || test.summary != "" {
			continue
		}

		t.Run(dcsapitest.EffectName(test.fault.Effect)+" "+test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newHarness(t, few)

				test.fault.Path = "/v3/projects"
				injection := b.service.Inject(test.fault)

				got, diags := b.read(t.Context(), nil)
				if len(diags) > 0 || injection.Met() != test.fault.Count {
					t.Errorf("%d requests met the fault, want %d; got %v", injection.Met(), test.fault.Count, diags)
				}

				checkContract(t, b.kept(), b.kept(), got)
			})
		})
	}
}
