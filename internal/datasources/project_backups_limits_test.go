// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/providertest"
)

// TestProjectBackupsRead_deadline shows how far a read got that did not end in time, and what it takes to read the rest.
func TestProjectBackupsRead_deadline(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		instances int
		faults    []dcsapitest.Fault
		timeout   string
		took      time.Duration
		want      string
	}{
		// Ten at first and one more for each that was read: 10, 20, 40 and 64 at a time, each time in five seconds.
		"slow": {
			instances: 900, timeout: "22s", took: 22 * time.Second,
			faults: []dcsapitest.Fault{{Effect: fault.Latency{Duration: 5 * time.Second}, Operation: dcsapitest.ListBackupRecords}},
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The backups of project "p1" could not be read in time: ~timeouts.read~ is "22s". 134 of 900 instances had been read.

				Allow more time: timeouts { read = "3m" }. Or read fewer instances: set ~instance_filter~.`,
		},
		"one hangs and some failed": {
			instances: 20, timeout: "20s", took: 20 * time.Second,
			faults: append(backupsOf(fault.DenyBackupList{}, "i03", "i04"), backupsOf(fault.Silence{}, "i07")...),
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The backups of project "p1" could not be read in time: ~timeouts.read~ is "20s". 17 of 20 instances had been read.

				Before that, the backups of some instances could not be read:

				  - 2 instances: GET URL/instances/i03/backups: 403 Forbidden, DCS.2007: Policy does not allow dcs:instance:getDataBackupLog to be performed. (request ID r)

				Allow more time: timeouts { read = "1m" }. Or read fewer instances: set ~instance_filter~.`,
		},
		"none was read": {
			instances: 3, timeout: "20s", took: 20 * time.Second,
			faults: []dcsapitest.Fault{{Effect: fault.Silence{}, Operation: dcsapitest.ListBackupRecords}},
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The backups of project "p1" could not be read in time: ~timeouts.read~ is "20s". 0 of 3 instances had been read.

				Allow more time: timeouts { read = "1m" }. Or read fewer instances: set ~instance_filter~.`,
		},
		"listing hangs": {
			instances: 3, timeout: "20s", took: 20 * time.Second,
			faults: []dcsapitest.Fault{{Effect: fault.Silence{}, Operation: dcsapitest.ListInstances}},
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The DCS instances could not be read in time: ~timeouts.read~ is "20s". No instances had been read.

				Check the network between this machine and the service. If the service is slow, allow more time: timeouts { read =
				"1m" }.`,
		},
		"listing hangs after a page": {
			instances: 25, timeout: "20s", took: 20 * time.Second,
			faults: []dcsapitest.Fault{
				{Effect: fault.PageCap{N: 10}}, {Effect: fault.Silence{}, Operation: dcsapitest.ListInstances, From: 2},
			},
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The DCS instances could not be read in time: ~timeouts.read~ is "20s". 10 of 25 instances had been read with 1 request.

				Allow more time: timeouts { read = "1m" }.`,
		},
		// The wait is not begun. It and what was spent are less than ten minutes, and with the other eleven instances more.
		"a wait that is too long": {
			instances: 20, timeout: "1m", took: 5 * time.Second,
			faults: []dcsapitest.Fault{
				{Effect: fault.Latency{Duration: 4 * time.Second}, Operation: dcsapitest.ListBackupRecords},
				{Effect: fault.Latency{Duration: time.Second}, Instance: "i07"},
				{Effect: fault.Throttled{RetryAfter: 590 * time.Second}, Instance: "i07"},
			},
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The next attempt to read the backups of project "p1" would have to wait for 9m50s, longer than the time that is left:
				~timeouts.read~ is "1m". 9 of 20 instances had been read. The limit is 5 requests in 1 second.

				Allow more time: timeouts { read = "11m" }. Or run Terraform again later.

				Cause: GET URL/instances/i07/backups: 429 Too Many Requests, APIGW.0308: The throttling threshold has been reached:
				policy user over ratelimit,limit:5,time:1 second (request ID r)`,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newProject(t, named(test.instances)...)
				for _, f := range test.faults {
					p.service.Inject(f)
				}

				begin := time.Now()

				state, diagnostics := p.read(t, map[string]any{"timeouts": map[string]any{"read": test.timeout}})
				if state != nil {
					t.Errorf("there is a state: %v", state)
				}

				if took := time.Since(begin); took != test.took {
					t.Errorf("the read took %s, want %s", took, test.took)
				}

				if diff := cmp.Diff(unwrap(test.want), errorText(diagnostics)); diff != "" {
					t.Errorf("errors (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// An interrupt ends the read at once, and nothing is sent after it.
func TestProjectBackupsRead_interrupt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProject(t, named(100)...)
		p.service.Inject(dcsapitest.Fault{Effect: fault.Silence{}, Operation: dcsapitest.ListBackupRecords, From: 5})

		go func() {
			time.Sleep(3 * time.Second)
			p.Stop(context.Background())
		}()

		begin := time.Now()
		state, diagnostics := p.read(t, nil)

		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("the read took %s, want 3s", took)
		}

		_, sent := p.requests()

		time.Sleep(time.Hour)

		if _, later := p.requests(); later != sent || sent > 20 || state != nil {
			t.Errorf("%d requests for backups, then %d; state %v", sent, later, state)
		}

		checkDiagnostics(t, []providertest.Diagnostic{{
			Severity: providertest.Error, Path: "instances", Summary: "Reading DCS Backups Interrupted",
			Detail: "Terraform was interrupted before the backups of project \"" + dcsapitest.ProjectID + "\" had been read.\n\n" +
				"Run Terraform again to read them.",
		}}, diagnostics)
	})
}

// A wrong key is sent once, so that the service does not lock it, and tells its cause once in a run.
func TestProjectBackupsRead_wrongKey(t *testing.T) {
	t.Parallel()

	p := newProject(t, named(20)...)
	p.service.AddKey(dcsapitest.Key{Access: dcsapitest.AccessKey, Secret: "another secret", User: dcsapitest.UserName})

	_, first := p.read(t, nil)
	_, second := p.read(t, map[string]any{"instance_filter": map[string]any{"name_regex": "x"}})

	if sent := len(p.service.Requests()); sent != 1 {
		t.Errorf("%d requests, want 1", sent)
	}

	if len(first) != 1 || first[0].Summary != "DCS Credentials Not Accepted" || !strings.Contains(first[0].Detail, "\n") {
		t.Errorf("got %v, want the refusal in full", first)
	}

	checkDiagnostics(t, []providertest.Diagnostic{{
		Severity: providertest.Error, Path: "instances", Summary: "DCS Credentials Not Accepted",
		Detail: "The service does not accept the credentials (the test): 401 Unauthorized, APIGW.0301. See the error of project \"" +
			dcsapitest.ProjectID + "\" for the rest.",
	}}, second)
}

// An instance that the configuration names must not be deleted meanwhile.
func TestProjectBackupsRead_namedInstanceVanishes(t *testing.T) {
	t.Parallel()

	p := newProject(t, named(3)...)
	p.service.BeforeRequest(func(r dcsapitest.Request) {
		if strings.HasSuffix(r.Path, "/backups") {
			p.service.RemoveInstance("i01")
		}
	})

	_, diagnostics := p.read(t, map[string]any{"instance_filter": map[string]any{"instance_id": []any{"i00", "i01"}}})

	if diff := cmp.Diff(unwrap(`
		Error: DCS Instance Not Found (instance_filter.instance_id)

		~instance_filter.instance_id~ names an instance that is not in project "p1" of region "cn-north-4":

		  - i01

		Correct or remove what is wrong, or check that ~region~ and ~project_id~ are those of the instances.`), errorText(diagnostics)); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

// An instance whose ID cannot be part of a URL ends the read before any backups are requested, whether it matches or not. What is
// shown of it is short, and in one line.
func TestProjectBackupsRead_unusableID(t *testing.T) {
	t.Parallel()

	long := strings.Repeat("x", 60_000)
	tests := map[string]struct{ instance, shown string }{
		"climbs":             {`{"instance_id": "../b", "name": "x"}`, `"../b" (x)`},
		"none":               {`{"name": "x"}`, `"" (x)`},
		"control characters": {`{"instance_id": "a\u001b[2J\nb", "name": "x\n\ny"}`, `"a [2J b" (x  y)`},
		"long": {
			`{"instance_id": "/` + long + `", "name": "` + long + `"}`, `"/` + long[:59] + `…" (` + long[:60] + `…)`,
		},
		"a secret": {
			`{"instance_id": "/` + long[:55] + secretKey + `", "name": "` + secretKey + `"}`, `"/` + long[:55] + `***" (***)`,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, diagnostics := readRaw(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/backups") {
					t.Errorf("%s was sent", r.URL)
				}

				body(`{"instance_num": 2, "instances": [{"instance_id": "a"}, `+test.instance+`]}`).ServeHTTP(w, r)
			}), map[string]any{"instance_filter": map[string]any{"instance_id": []any{"a"}}})

			if diff := cmp.Diff(unwrap(`
				Error: DCS Request Failed

				The service lists the DCS instance `+test.shown+` in project "p1" of region "cn-north-4", whose ID cannot be part of a
				URL: letters, digits, - and _ are allowed.

				Run Terraform again later. If it keeps failing, tell the service's support.`), errorText(diagnostics)); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

// A state that does not fit into a message of Terraform's protocol is an error, and not a broken connection.
func TestProjectBackupsRead_stateTooLarge(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		arguments map[string]any
		todo      string
	}{
		"newest backups": {nil, "Keep fewer records: set ~instance_filter~."},
		"all backups": {
			map[string]any{"include_backups": true},
			"Keep fewer records: set ~filter~, ~begin_time~, ~end_time~ or ~instance_filter~, or leave out ~include_backups~.",
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			p := newProjectOf(t, dcsapitest.ProjectID, 100<<10, named(100)...)

			_, diagnostics := p.read(t, test.arguments)
			if len(diagnostics) != 1 || diagnostics[0].Summary != "DCS State Too Large" || diagnostics[0].Path != "instances" ||
				!strings.HasSuffix(diagnostics[0].Detail, unwrap(test.todo)) {
				t.Errorf("got %v, want an error that ends with: %s", diagnostics, unwrap(test.todo))
			}
		})
	}
}

// Status 404 of IAM is not one of DCS.
func TestProjectBackupsRead_lookUpNotFound(t *testing.T) {
	t.Parallel()

	p := newProjectOf(t, "", maxStateSize, named(3)...)
	p.service.Inject(dcsapitest.Fault{Effect: fault.Status{Status: http.StatusNotFound, Code: "IAM.0004", Message: "No."}, Path: "/v3/"})

	_, diagnostics := p.read(t, nil)

	if diff := cmp.Diff(unwrap(`
		Error: DCS Request Failed

		The DCS instances could not be read, because looking up the project "cn-north-4" failed.

		Check ~endpoints.iam~ and ~cloud~ of the provider block: the URL below shows where they lead.`),
		strings.Split(errorText(diagnostics), "\n\nCause: ")[0]); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}
