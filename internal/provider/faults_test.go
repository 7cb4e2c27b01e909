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
)

// faultTest is a fault of the service and the result of a read that meets it.
type faultTest struct {
	// name tells tests of one effect apart.
	name  string
	fault dcsapitest.Fault
	// summary is that of the error, and detail a part of its text. Without a summary every record is read.
	summary, detail string
	// records is how many the instance has.
	records int
	// requests is how many requests of the listing there may be. A fault that is not retried is met by one.
	requests int
}

const (
	onePage  = 30
	twoPages = 1200

	failed   = "DCS Request Failed"
	timedOut = "Timed Out Reading DCS Backups"
	changing = "DCS Backups Keep Changing"
)

// faultTests has a test of every effect that the local service has.
func faultTests() []faultTest {
	return slices.Concat(listingFaults(), responseFaults(), wireFaults())
}

func listingFaults() []faultTest {
	// A reading needs two pages, and may need six requests more. A change is seen with the second page.
	const once, twice, fourTimes = 2 + 6, 2 + (2 + 6), 4 * 2

	var tests []faultTest
	for _, effect := range []dcsapitest.Effect{
		fault.TotalTooHigh{N: 3},
		fault.TotalTooLow{N: 700},
		fault.TotalPageCount{},
		fault.TotalAbsent{},
		fault.TotalString{},
		fault.TotalValue{Value: "1000000000"},
		fault.TotalValue{Value: "-1"},
		fault.TotalValue{Value: "1e300"},
		fault.TotalValue{Value: `{"total": 1}`},
		fault.NullElements{N: 7},
		fault.RecordVanishes{},
	} {
		tests = append(tests, faultTest{fault: dcsapitest.Fault{Effect: effect}, records: twoPages, requests: once})
	}

	for _, effect := range []dcsapitest.Effect{fault.NullArray{}, fault.MissingArray{}, fault.EmptyArray{}} {
		tests = append(tests, faultTest{fault: dcsapitest.Fault{Effect: effect}, requests: 1})
	}

	return append(tests, []faultTest{
		{name: "of ten", fault: dcsapitest.Fault{Effect: fault.PageCap{N: 10}}, records: 45, requests: 5 + 6},
		{name: "first", fault: dcsapitest.Fault{Effect: fault.EmptyPage{}, Count: 1}, records: onePage, requests: once},
		{name: "second", fault: dcsapitest.Fault{Effect: fault.EmptyPage{}, From: 2, Count: 1}, records: twoPages, requests: twice},
		{name: "twice", fault: dcsapitest.Fault{Effect: fault.RecordAppears{}, Count: 2}, records: twoPages, requests: twice},
		{name: "twice", fault: dcsapitest.Fault{Effect: fault.NewestVanishes{}, Count: 2}, records: twoPages, requests: twice},
		{
			name: "always", fault: dcsapitest.Fault{Effect: fault.RecordAppears{}}, records: twoPages, requests: fourTimes,
			summary: changing, detail: "1000 of ",
		},
		{
			name: "always", fault: dcsapitest.Fault{Effect: fault.NewestVanishes{}}, records: twoPages, requests: fourTimes,
			summary: changing, detail: dcsapitest.InstanceID,
		},
		{
			name: "always", fault: dcsapitest.Fault{Effect: fault.OffsetIgnored{}}, records: twoPages, requests: fourTimes,
			summary: changing,
		},
	}...)
}

func responseFaults() []faultTest {
	const lookUp = "/v3/projects"

	harmless := func(effect dcsapitest.Effect) faultTest {
		return faultTest{name: "harmless", fault: dcsapitest.Fault{Effect: effect}, records: onePage, requests: 1}
	}

	return []faultTest{
		passes(fault.Status{Status: 503}, 2), passes(fault.EmptyBody{}, 1), passes(fault.GarbageJSON{}, 1),
		passes(fault.Throttled{RetryAfter: 2 * time.Second}, 3),
		lasts(fault.Status{Status: 500}, "500 Internal Server Error, DCS.5000"), lasts(fault.EmptyBody{}, "cut short"),
		lasts(fault.GarbageJSON{}, "cut short"), lasts(fault.EchoSecrets{Status: 503}, "Authorization=***"),
		ends(fault.Status{Status: 400}, failed, "Check `instance_id`"),
		ends(fault.Status{Status: 404}, failed, "does not say that the instance does not exist"),
		ends(fault.EchoSecrets{}, failed, "Authorization=***"),
		ends(fault.CaptivePortal{}, failed, "Welcome to the guest network"),
		ends(fault.Redirect{Location: "https://other.example.com/"}, failed, "redirect, which is not followed"),
		ends(fault.KeyLocked{}, "DCS Credentials Not Accepted", "The service has locked the key"),
		ends(fault.DenyBackupList{}, "DCS Request Not Permitted", "dcs:instance:getDataBackupLog"),
		ends(fault.Throttled{RetryAfter: 10 * time.Minute}, timedOut, "429"),
		ends(fault.Status{Status: 503, RetryAfter: 10 * time.Minute}, timedOut, "would have to wait for 10m"),
		harmless(fault.WrongContentType{}), harmless(fault.NoDate{}), harmless(fault.NoRequestID{}),
		{name: "per second", fault: dcsapitest.Fault{Effect: fault.RateLimit{N: 1}}, records: twoPages, requests: 3},
		{fault: dcsapitest.Fault{Effect: fault.ClockSkew{Duration: 5 * time.Hour}}, records: onePage, requests: 2},
		{fault: dcsapitest.Fault{Effect: fault.DenyProjectList{}, Path: lookUp}, records: onePage, requests: 1},
		{name: "of IAM", fault: dcsapitest.Fault{Effect: fault.Status{Status: 503}, Path: lookUp, Count: 2}, records: onePage, requests: 1},
		{name: "of IAM", fault: dcsapitest.Fault{Effect: fault.CutBody{}, Path: lookUp, Count: 2}, records: onePage, requests: 1},
	}
}

func wireFaults() []faultTest {
	tests := []faultTest{
		passes(fault.Silence{}, 1), passes(fault.Stall{}, 1),
		lasts(fault.Silence{}, "30"), lasts(fault.CutBody{}, ""),
		// Go sends a request once more whose kept connection turns out to be broken.
		{
			name: "lasts", fault: dcsapitest.Fault{Effect: fault.ResetBeforeHeaders{}}, records: onePage, requests: 6 + 1,
			summary: failed, detail: "Check the network",
		},
		{fault: dcsapitest.Fault{Effect: fault.Latency{Duration: 3 * time.Second}}, records: onePage, requests: 1},
		{fault: dcsapitest.Fault{Effect: fault.Gzip{}}, records: onePage, requests: 1},
		ends(fault.GzipBomb{}, failed, "the body is larger than 32 MiB"), ends(fault.EndlessBody{}, failed, "more than 10000 elements"),
		ends(fault.SlowDrip{}, timedOut, `"5m"`),
		{
			name: "in time", fault: dcsapitest.Fault{Effect: fault.SlowDrip{N: 1000, Duration: 10 * time.Second}}, records: onePage,
			requests: 1,
		},
	}

	for _, effect := range []dcsapitest.Effect{
		fault.ResetBeforeHeaders{},
		fault.ResetInHeaders{},
		fault.ResetAfterHeaders{},
		fault.ResetInBody{},
		fault.CutBody{},
		fault.CutChunked{},
		fault.CutGzip{},
	} {
		tests = append(tests, passes(effect, 2))
	}

	return tests
}

// passes is a fault that the first requests meet, and no retry after them.
func passes(effect dcsapitest.Effect, count int) faultTest {
	return faultTest{name: "passes", fault: dcsapitest.Fault{Effect: effect, Count: count}, records: onePage, requests: 1 + count}
}

// ends is a fault that ends the read at the first request.
func ends(effect dcsapitest.Effect, summary, detail string) faultTest {
	return faultTest{
		name: "ends", fault: dcsapitest.Fault{Effect: effect}, records: onePage, requests: 1, summary: summary, detail: detail,
	}
}

// lasts is a fault that each of the six attempts meets.
func lasts(effect dcsapitest.Effect, detail string) faultTest {
	return faultTest{
		name: "lasts", fault: dcsapitest.Fault{Effect: effect}, records: onePage, requests: 6, summary: failed, detail: detail,
	}
}

// TestFaults meets each fault with the whole provider: the read ends with every record or with an error that says what
// happened, with a bounded number of requests, and shows no secret.
func TestFaults(t *testing.T) {
	t.Parallel()

	for _, test := range faultTests() {
		t.Run(dcsapitest.EffectName(test.fault.Effect)+" "+test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if test.fault.Path == "" {
					test.fault.Instance = dcsapitest.InstanceID
				}

				h := newHarness(t, test.records)
				injection := h.service.Inject(test.fault)

				before := h.kept()
				got, diags := h.read(t.Context(), nil)

				if injection.Met() == 0 {
					t.Error("the read did not meet the fault")
				}

				switch {
				case test.summary == "" && len(diags) > 0:
					t.Error(diags)
				case test.summary == "":
					checkContract(t, before, h.kept(), got)
				case len(diags) != 1 || diags[0].Summary != test.summary || !strings.Contains(diags[0].Detail, test.detail):
					t.Errorf("want the error %q with %q, got %v", test.summary, test.detail, diags)
				}

				if requests := len(h.service.RequestsTo("/v2/")); requests > test.requests {
					t.Errorf("%d requests, want at most %d", requests, test.requests)
				}

				checkNoSecrets(t, h.service, fmt.Sprint(diags))
			})
		})
	}
}

func TestFaults_everyEffectIsTested(t *testing.T) {
	t.Parallel()

	// The effects on listings of instances are tested in internal/datasources.
	tested := []string{"deny-instance-list", "instance-appears"}
	for _, test := range faultTests() {
		tested = append(tested, dcsapitest.EffectName(test.fault.Effect))
	}

	slices.Sort(tested)

	if diff := cmp.Diff(fault.Names(), slices.Compact(tested)); diff != "" {
		t.Errorf("effects (-of the service +tested):\n%s", diff)
	}
}
