// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/providertest"
)

// backupsOf injects effects into the requests for the backups of instances.
func backupsOf(effect dcsapitest.Effect, instances ...string) []dcsapitest.Fault {
	faults := make([]dcsapitest.Fault, len(instances))
	for i, id := range instances {
		faults[i] = dcsapitest.Fault{Effect: effect, Instance: id}
	}

	return faults
}

// answer is an effect: the body of a response with status 200.
type answer string

// AnswerAtService implements [dcsapitest.ServiceEffect].
func (a answer) AnswerAtService(*dcsapitest.Call) *dcsapitest.Response {
	return dcsapitest.TextResponse(http.StatusOK, "application/json", string(a))
}

// errorText returns diagnostics as Terraform shows them, in the form of [unwrap], without the request ID and the host.
func errorText(diagnostics []providertest.Diagnostic) string {
	var all []string

	for _, d := range diagnostics {
		at := ""
		if d.Path != "instances" {
			at = " (" + d.Path + ")"
		}

		all = append(all, "Error: "+d.Summary+at+"\n\n"+d.Detail)
	}

	text := strings.Join(all, "\n\n")
	text = strings.ReplaceAll(text, "https://dcs."+dcsapitest.Region+".myhuaweicloud.com/v2/"+dcsapitest.ProjectID, "URL")
	text = strings.ReplaceAll(text, dcsapitest.ProjectID, "p1")

	return requestID.ReplaceAllString(text, "request ID r")
}

// TestProjectBackupsRead_errors shows the errors of a read as the user sees them. A ~ stands for a backtick.
func TestProjectBackupsRead_errors(t *testing.T) {
	t.Parallel()

	manyPages := named(3)
	manyPages[1].Backups = dcsapitest.GenerateBackups(1500, 1)

	tests := map[string]struct {
		instances []dcsapitest.Instance
		faults    []dcsapitest.Fault
		arguments map[string]any
		// requests are those for instances and for backups.
		listings, backups int
		want              string
	}{
		"three of twenty forbidden": {
			instances: named(20), faults: backupsOf(fault.DenyBackupList{}, "i17", "i03", "i11"), listings: 1, backups: 20,
			want: `
				Error: DCS Request Not Permitted

				The credentials are not allowed to list the backups of 3 of 20 DCS instances in project "p1" of region "cn-north-4".

				  - "i03" (dcs-03)
				  - "i11" (dcs-11)
				  - "i17" (dcs-17)

				Have an administrator of the account grant the IAM permission dcs:instance:getDataBackupLog in that project. To read
				the other instances, leave these out with ~instance_filter~.

				Cause: GET URL/instances/i03/backups: 403 Forbidden, DCS.2007: Policy does not allow dcs:instance:getDataBackupLog to
				be performed. (request ID r)`,
		},
		"one forbidden": {
			instances: named(1), faults: backupsOf(fault.DenyBackupList{}, "i00"), listings: 1, backups: 1,
			want: `
				Error: DCS Request Not Permitted

				The credentials are not allowed to list the backups of DCS instance "i00" (dcs-00) in project "p1" of region
				"cn-north-4".

				Have an administrator of the account grant the IAM permission dcs:instance:getDataBackupLog in that project.

				Cause: GET URL/instances/i00/backups: 403 Forbidden, DCS.2007: Policy does not allow dcs:instance:getDataBackupLog to
				be performed. (request ID r)`,
		},
		"all forbidden": {
			instances: named(30), faults: []dcsapitest.Fault{{Effect: fault.DenyBackupList{}}}, listings: 1, backups: 19,
			want: `
				Error: DCS Request Not Permitted

				The credentials are not allowed to list the backups of 19 of 30 DCS instances in project "p1" of region "cn-north-4".

				  - "i01" (dcs-01)
				  - "i03" (dcs-03)
				  - "i04" (dcs-04)
				  - "i05" (dcs-05)
				  - "i07" (dcs-07)
				  - "i08" (dcs-08)
				  - "i09" (dcs-09)
				  - "i10" (dcs-10)
				  - "i11" (dcs-11)
				  - "i13" (dcs-13)
				  - and 9 more

				Several instances in a row failed for this cause, so the read ended without trying 11 more instances.

				Have an administrator of the account grant the IAM permission dcs:instance:getDataBackupLog in that project. To read
				the other instances, leave these out with ~instance_filter~.

				Cause: GET URL/instances/i01/backups: 403 Forbidden, DCS.2007: Policy does not allow dcs:instance:getDataBackupLog to
				be performed. (request ID r)`,
		},
		"listing forbidden": {
			instances: named(3), faults: []dcsapitest.Fault{{Effect: fault.DenyInstanceList{}}}, listings: 1,
			want: `
				Error: DCS Request Not Permitted

				The credentials are not allowed to list the DCS instances in project "p1" of region "cn-north-4".

				Have an administrator of the account grant the IAM permission dcs:instance:list in that project.

				Cause: GET URL/instances: 403 Forbidden, DCS.2007: Policy does not allow dcs:instance:list to be performed. (request
				ID r)`,
		},
		"listing not found": {
			instances: named(3), faults: []dcsapitest.Fault{{Effect: fault.Status{
				Status: http.StatusNotFound, Code: "DCS.0404",
				Message: "Not found.",
			}, Operation: dcsapitest.ListInstances}}, listings: 1,
			want: `
				Error: DCS Request Failed

				The request for the DCS instances in project "p1" of region "cn-north-4" was answered with status 404.

				Check ~region~, ~project_id~, and ~cloud~ and ~endpoints~ of the provider block: the URL below shows where they lead.

				Cause: GET URL/instances: 404 Not Found, DCS.0404: Not found. (request ID r)`,
		},
		"no such API": {
			instances: named(3), faults: []dcsapitest.Fault{{Effect: fault.Status{
				Status: http.StatusNotFound, Code: "APIGW.0101",
				Message: "The API does not exist.",
			}, Operation: dcsapitest.ListInstances}}, listings: 1,
			want: `
				Error: DCS API Not Found

				The endpoint does not offer the API that lists the DCS instances in project "p1" of region "cn-north-4".

				Check ~region~, ~cloud~ and ~endpoints~ of the provider block: the URL below shows where they lead.

				Cause: GET URL/instances: 404 Not Found, APIGW.0101: The API does not exist. (request ID r)`,
		},
		"listing fails": {
			instances: named(3), faults: []dcsapitest.Fault{{Effect: fault.Status{
				Status: http.StatusBadRequest, Code: "DCS.4800",
				Message: "Bad limit.",
			}, Operation: dcsapitest.ListInstances}}, listings: 1,
			want: `
				Error: DCS Request Failed

				The service does not accept the request for the DCS instances.

				Check ~region~ and ~project_id~. The cause says what has answered, and why.

				Cause: GET URL/instances: 400 Bad Request, DCS.4800: Bad limit. (request ID r)`,
		},
		"listing fails for a reason that only an instance has": {
			instances: named(3), faults: []dcsapitest.Fault{{Effect: fault.Status{
				Status: http.StatusBadRequest, Code: "DCS.4095",
				Message: "Not supported.",
			}, Operation: dcsapitest.ListInstances}}, listings: 1,
			want: `
				Error: DCS Request Failed

				The service does not accept the request for the DCS instances.

				Check ~region~ and ~project_id~. The cause says what has answered, and why.

				Cause: GET URL/instances: 400 Bad Request, DCS.4095: Not supported. (request ID r)`,
		},
		"listing keeps changing": {
			instances: named(25), faults: []dcsapitest.Fault{{Effect: fault.PageCap{N: 10}}, {
				Effect:    fault.InstanceAppears{},
				Operation: dcsapitest.ListInstances,
			}}, listings: -1,
			want: `
				Error: DCS Instances Keep Changing

				Instances were added or removed during each attempt to read the DCS instances, so no attempt is known to have read
				every instance exactly once. 10 of 32 instances had been read with 8 requests.

				Run Terraform again when no instances are being created or deleted.`,
		},
		"listing that cannot be proven to be complete": {
			instances: named(3), faults: []dcsapitest.Fault{{
				Effect:    answer(`{"instances": [null, null, null, null], "instance_num": 4}`),
				Operation: dcsapitest.ListInstances,
			}}, listings: 1,
			want: `
				Error: DCS Request Failed

				The service lists the DCS instances in several pages, between which a record could be missing.

				Tell the service's support that it lists elements that are null or have no ID.

				Cause: more than one page is needed, but the elements in which two pages would overlap are null or have no ID, so that a
				missing record would not be noticed`,
		},
		"backups that cannot be proven to be complete": {
			instances: named(3), listings: 1, backups: 3,
			faults: backupsOf(answer(`{"backup_record_response": [null, null, null, null], "total_num": 4}`), "i02"),
			want: `
				Error: DCS Request Failed

				The service lists the backups of DCS instance "i02" (dcs-02) in several pages, between which a record could be missing.

				Tell the service's support that it lists elements that are null or have no ID. To read the other instances, leave it out
				with ~instance_filter~.

				Cause: more than one page is needed, but the elements in which two pages would overlap are null or have no ID, so that a
				missing record would not be noticed`,
		},
		"two causes": {
			instances: named(5), listings: 1, backups: 5,
			faults: append(backupsOf(fault.Status{Status: http.StatusInternalServerError}, "i04"),
				backupsOf(fault.DenyBackupList{}, "i03", "i01")...),
			want: `
				Error: DCS Request Not Permitted

				The credentials are not allowed to list the backups of 2 of 5 DCS instances in project "p1" of region "cn-north-4".

				  - "i01" (dcs-01)
				  - "i03" (dcs-03)

				Have an administrator of the account grant the IAM permission dcs:instance:getDataBackupLog in that project. To read
				the other instances, leave these out with ~instance_filter~.

				Cause: GET URL/instances/i01/backups: 403 Forbidden, DCS.2007: Policy does not allow dcs:instance:getDataBackupLog to
				be performed. (request ID r)

				Error: DCS Request Failed

				The service did not list the backups of DCS instance "i04" (dcs-04).

				The service, or a gateway in front of it, has failed. Run Terraform again later. If it keeps failing, give the request
				ID to the service's support. To read the other instances, leave it out with ~instance_filter~.

				Cause: GET URL/instances/i04/backups: 500 Internal Server Error, DCS.5000: Internal service error. (request ID r)`,
		},
		"refused request": {
			instances: named(3), faults: backupsOf(fault.Status{Status: 400, Code: "DCS.4800", Message: "Bad time."}, "i01"),
			listings: 1, backups: 3, arguments: map[string]any{"begin_time": "20240101000000", "end_time": "20250101000000"},
			want: `
				Error: DCS Request Failed

				The service does not accept the request for the backups of DCS instance "i01" (dcs-01).

				Check ~region~, ~project_id~, ~begin_time~ and ~end_time~. The cause says what has answered, and why. To read the other
				instances, leave it out with ~instance_filter~.

				Cause: GET URL/instances/i01/backups: 400 Bad Request, DCS.4800: Bad time. (request ID r)`,
		},
		"no answer": {
			instances: named(3), faults: backupsOf(fault.ResetBeforeHeaders{}, "i00", "i02"), listings: 1, backups: -1,
			want: `
				Error: DCS Request Failed

				The backups of 2 of 3 DCS instances could not be read.

				  - "i00" (dcs-00)
				  - "i02" (dcs-02)

				Check the network between this machine and the service, the proxy of the environment, and ~region~, ~cloud~ and
				~endpoints~ of the provider block. To read the other instances, leave these out with ~instance_filter~.

				Cause: GET URL/instances/i00/backups: read pipe: connection reset by peer`,
		},
		"gone and still listed": {
			instances: named(3), faults: backupsOf(fault.Status{Status: 404, Code: "DCS.3022", Message: "No such instance."}, "i02"),
			listings: 2, backups: 3,
			want: `
				Error: DCS Instance Not Found

				The service says that DCS instance "i02" (dcs-02) in project "p1" of region "cn-north-4" does not exist, and lists it
				all the same.

				Run Terraform again later. If it keeps failing, give the request ID to the service's support. To read the other
				instances, leave it out with ~instance_filter~.

				Cause: GET URL/instances/i02/backups: 404 Not Found, DCS.3022: No such instance. (request ID r)`,
		},
		"gone, and the second listing is forbidden": {
			instances: named(3), faults: append(backupsOf(fault.Status{Status: 404, Code: "DCS.3022", Message: "No such instance."}, "i02"),
				dcsapitest.Fault{Effect: fault.DenyInstanceList{}, Operation: dcsapitest.ListInstances, From: 2}),
			listings: 2, backups: 3,
			want: `
				Error: DCS Request Not Permitted

				The credentials are not allowed to list the DCS instances in project "p1" of region "cn-north-4".

				Have an administrator of the account grant the IAM permission dcs:instance:list in that project.

				Cause: GET URL/instances: 403 Forbidden, DCS.2007: Policy does not allow dcs:instance:list to be performed. (request
				ID r)`,
		},
		"not found for another reason": {
			instances: named(3), faults: backupsOf(fault.Status{Status: 404, Code: "DCS.0404", Message: "No."}, "i02"),
			listings: 1, backups: 3,
			want: `
				Error: DCS Request Failed

				DCS answered the request for the backups of DCS instance "i02" (dcs-02) in project "p1" of region "cn-north-4" with
				status 404, and the code DCS.0404 does not say that the instance does not exist.

				The cause is in the service's own words. Check the URL below, and with it ~endpoints~ of the provider block, ~region~
				and ~project_id~. To read the other instances, leave it out with ~instance_filter~.

				Cause: GET URL/instances/i02/backups: 404 Not Found, DCS.0404: No. (request ID r)`,
		},
		"backups keep changing": {
			instances: manyPages, faults: append(backupsOf(fault.RecordAppears{}, "i01"),
				dcsapitest.Fault{Effect: fault.TotalAbsent{}, Instance: "i01"}), listings: 1, backups: -1,
			want: `
				Error: DCS Backups Keep Changing

				Backup records were added or removed during each attempt to read the backups of DCS instance "i01" (dcs-01), so no
				attempt is known to have read every record exactly once.

				Run Terraform again when no backups are being created or deleted. To read the other instances, leave it out with
				~instance_filter~.`,
		},
		"instances that do not exist": {
			instances: named(3), arguments: map[string]any{"instance_filter": map[string]any{
				"instance_id": []any{"i01", "none", "another"}, "status": []any{"NEW"},
			}}, listings: 1,
			want: `
				Error: DCS Instance Not Found (instance_filter.instance_id)

				~instance_filter.instance_id~ names 2 instances that are not in project "p1" of region "cn-north-4":

				  - another
				  - none

				Correct or remove what is wrong, or check that ~region~ and ~project_id~ are those of the instances.`,
		},
		"an instance that does not exist": {
			instances: named(3), arguments: map[string]any{"instance_filter": map[string]any{"instance_id": []any{"none"}}}, listings: 1,
			want: `
				Error: DCS Instance Not Found (instance_filter.instance_id)

				~instance_filter.instance_id~ names an instance that is not in project "p1" of region "cn-north-4":

				  - none

				Correct or remove what is wrong, or check that ~region~ and ~project_id~ are those of the instances.`,
		},
		// What is shown of a name is cut, and a secret must not be cut with it.
		"a secret in a name": {
			instances: []dcsapitest.Instance{{ID: "i", Name: strings.Repeat("x", 55) + dcsapitest.SecretKey}},
			faults:    []dcsapitest.Fault{{Effect: fault.DenyBackupList{}}}, listings: 1, backups: 1,
			want: `
				Error: DCS Request Not Permitted

				The credentials are not allowed to list the backups of DCS instance "i" (xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx***) in project
				"p1" of region "cn-north-4".

				Have an administrator of the account grant the IAM permission dcs:instance:getDataBackupLog in that project.

				Cause: GET URL/instances/i/backups: 403 Forbidden, DCS.2007: Policy does not allow dcs:instance:getDataBackupLog to be
				performed. (request ID r)`,
		},
		// A name must not move the cursor of a terminal, nor add lines to the error.
		"a name with control characters": {
			instances: []dcsapitest.Instance{{ID: "i", Name: "\x1b[2J\u202ea\n\nCause: b" + strings.Repeat("x", 60_000)}},
			faults:    []dcsapitest.Fault{{Effect: fault.DenyBackupList{}}}, listings: 1, backups: 1,
			want: `
				Error: DCS Request Not Permitted

				The credentials are not allowed to list the backups of DCS instance "i" ([2J a  Cause: bxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…) in project
				"p1" of region "cn-north-4".

				Have an administrator of the account grant the IAM permission dcs:instance:getDataBackupLog in that project.

				Cause: GET URL/instances/i/backups: 403 Forbidden, DCS.2007: Policy does not allow dcs:instance:getDataBackupLog to be
				performed. (request ID r)`,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newProject(t, test.instances...)
				for _, f := range test.faults {
					p.service.Inject(f)
				}

				state, diagnostics := p.read(t, test.arguments)
				if state != nil {
					t.Errorf("there is a state: %v", state)
				}

				if diff := cmp.Diff(unwrap(test.want), errorText(diagnostics)); diff != "" {
					t.Errorf("errors (-want +got):\n%s", diff)
				}

				listings, backups := p.requests()
				if test.listings >= 0 && listings != test.listings || test.backups >= 0 && backups != test.backups {
					t.Errorf("%d and %d requests, want %d and %d", listings, backups, test.listings, test.backups)
				}
			})
		})
	}
}

var requestID = regexp.MustCompile(`request ID [0-9a-f]{32}`)
