// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/transport"
)

const (
	listingURL = "https://dcs.example/i1"
	projectURL = "https://iam.example/projects"
	agencyURL  = "https://sts.example/assume"
)

// failed returns the error of a listing that got an unexpected response.
func failed(status int, code, message string) error {
	return &dcsapi.ReadError{TotalNum: -1, Err: &transport.Error{
		Method: http.MethodGet, URL: listingURL, Status: status, Code: code, Message: message, RequestID: "r1", Attempts: 1,
	}}
}

// failedAs returns the error of a response with status 200 whose body is not decoded because of err.
func failedAs(err error) error {
	message := err.Error()
	if service, ok := errors.AsType[*transport.ServiceError](err); ok {
		message = service.Message
	}

	return &dcsapi.ReadError{TotalNum: -1, Err: &transport.Error{
		Method: http.MethodGet, URL: listingURL, Status: http.StatusOK, Message: message, RequestID: "r1", Attempts: 1, Err: err,
	}}
}

// failedAgency returns the error of an agency that could not be assumed because of an unexpected response.
func failedAgency(status int, code, message string) error {
	return &auth.LoginError{Doing: "assuming agency ops", Err: &transport.Error{
		Method: http.MethodGet, URL: agencyURL, Status: status, Code: code, Message: message,
	}}
}

// halfway returns the error of a listing that ended with err after the first page.
func halfway(err error) error {
	return &dcsapi.ReadError{Read: 1000, TotalNum: 2500, Requests: 1, Err: err}
}

// noPage returns the error of a listing that ended with err before a page was received.
func noPage(err error) error { return &dcsapi.ReadError{TotalNum: -1, Err: err} }

func refusedBy(from string) *auth.RefusedError {
	return &auth.RefusedError{From: from, Err: &transport.Error{
		Method: http.MethodGet, URL: listingURL, Status: http.StatusUnauthorized, Code: "APIGW.0301", Message: "verify failed",
		RequestID: "r1",
	}}
}

var throttled = &transport.Error{
	Method: http.MethodGet, URL: listingURL, Status: http.StatusTooManyRequests, Code: "APIGW.0308",
	Message: "policy user over ratelimit,limit:200,time:5 minute", RequestID: "r1",
	Limit: &transport.RateLimit{Requests: 200, Window: 5 * time.Minute},
}

// arguments returns the arguments of a read of the instance i1. change changes its configuration.
func arguments(t *testing.T, change func(*instanceBackupsConfig)) instanceBackupsArguments {
	t.Helper()

	config := instanceBackupsConfig{
		commonConfig: commonConfig{Region: types.StringValue("cn-north-4"), ProjectID: types.StringValue("p1")},
		InstanceID:   types.StringValue("i1"),
	}
	withTimeout("30s")(&config)

	if change != nil {
		change(&config)
	}

	args, diags := config.arguments()
	if diags.HasError() {
		t.Fatal(diags)
	}

	return args
}

// withTimeout sets timeouts.read.
func withTimeout(text string) func(*instanceBackupsConfig) {
	return func(c *instanceBackupsConfig) { c.Timeouts = &timeoutsConfig{Read: types.StringValue(text)} }
}

// failedLookup returns the error of a look-up of a project that got an unexpected response. own says that it
// is one of the provider's own region.
func failedLookup(name string, own bool, status int, code, message string) error {
	return &auth.LoginError{
		Doing: fmt.Sprintf("looking up the project %q", name), Project: true, Own: own,
		Err: &transport.Error{Method: http.MethodGet, URL: projectURL, Status: status, Code: code, Message: message},
	}
}

// TestProviderData_explain shows every error of a read as the user sees it. A ~ stands for a backtick.
func TestProviderData_explain(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		err error
		// with changes the configuration of the read, and spent is how long it took.
		with  func(*instanceBackupsConfig)
		spent time.Duration
		want  string
	}{
		"configuration of the provider": {
			err: &auth.LoginError{Doing: "x", Err: &ConfigError{Summary: "Unusable Profile", Detail: "The profile is not there."}},
			want: `
				Error: Unusable Profile

				The profile is not there.`,
		},
		"configuration of the provider, on an argument": {
			err: &ConfigError{Argument: path.Root("region"), Summary: "Invalid Endpoints", Detail: "It serves another region."},
			want: `
				Error: Invalid Endpoints (region)

				It serves another region.`,
		},
		"no credentials": {
			err: &auth.MissingError{
				Looked: []string{"access_key and secret_key of the provider block", "HW_ACCESS_KEY and HW_SECRET_KEY"},
				Err:    &transport.ConnectionError{Method: http.MethodPut, URL: "http://169.254.169.254", Err: errors.New("refused")},
			},
			want: `
				Error: No DCS Credentials Found

				No credentials were found. These places were looked at, in this order:

				  - access_key and secret_key of the provider block
				  - HW_ACCESS_KEY and HW_SECRET_KEY

				Set ~access_key~ and ~secret_key~ in the provider block, or HW_ACCESS_KEY and HW_SECRET_KEY in the environment.
				The provider's documentation lists the other ways to log in.

				Cause: the ECS metadata service, the last resort, gave no credentials: PUT http://169.254.169.254`,
		},
		"credentials refused": {
			err: halfway(refusedBy("HW_ACCESS_KEY and HW_SECRET_KEY")),
			want: `
				Error: DCS Credentials Not Accepted

				The service does not accept the credentials (HW_ACCESS_KEY and HW_SECRET_KEY).

				Check that they are complete, belong to this cloud, and have not expired or been deleted, and that the clock of this
				machine is right. They are not tried again in this run, because the service locks a key after several failures.

				Cause: GET https://dcs.example/i1: 401 Unauthorized, APIGW.0301: verify failed (request ID r1)`,
		},
		"credentials of a profile refused": {
			err: halfway(&auth.RefusedError{From: `profile "a" of config.json`, Profile: true, Err: refusedBy("").Err}),
			want: `
				Error: DCS Credentials Not Accepted

				The service does not accept the credentials (profile "a" of config.json).

				Check that they are complete, belong to this cloud, and have not expired or been deleted, and that the clock of this
				machine is right. They are not tried again in this run, because the service locks a key after several failures. KooCLI
				encrypts keys by default, and the service does not know an encrypted key: run
				~hcloud configure set --cli-auth-encrypt=false~, and configure the profile again. If its mode is SSO, log in with hcloud
				again.

				Cause: GET https://dcs.example/i1: 401 Unauthorized, APIGW.0301: verify failed (request ID r1)`,
		},
		"credentials locked": {
			err: halfway(&auth.RefusedError{From: "the token", Locked: true, Skew: time.Hour, Err: refusedBy("").Err}),
			want: `
				Error: DCS Credentials Not Accepted

				The service does not accept the credentials (the token).

				The service has locked the key after too many failures, and refuses it for some minutes even with the right secret key.
				Find what uses the key with a wrong secret key, wait five minutes, and run Terraform again.

				Cause: GET https://dcs.example/i1: 401 Unauthorized, APIGW.0301: verify failed (request ID r1)`,
		},
		"clock behind": {
			err: halfway(&auth.RefusedError{From: "x", Skew: 2 * time.Hour, Err: refusedBy("").Err}),
			want: `
				Error: DCS Credentials Not Accepted

				The service does not accept the credentials (x).

				The clock of this machine is 2h behind that of the service, which accepts requests dated within 15m of its own time. Set
				the clock, and run Terraform again.

				Cause: GET https://dcs.example/i1: 401 Unauthorized, APIGW.0301: verify failed (request ID r1)`,
		},
		"clock ahead": {
			err: halfway(&auth.RefusedError{From: "x", Skew: -20*time.Minute - time.Millisecond, Err: refusedBy("").Err}),
			want: `
				Error: DCS Credentials Not Accepted

				The service does not accept the credentials (x).

				The clock of this machine is 20m ahead of that of the service, which accepts requests dated within 15m of its own time.
				Set the clock, and run Terraform again.

				Cause: GET https://dcs.example/i1: 401 Unauthorized, APIGW.0301: verify failed (request ID r1)`,
		},
		"no region": {
			err: auth.ErrNoRegion,
			want: `
				Error: Missing DCS Region (region)

				Neither the data source nor the provider names the region of DCS instance "i1".

				Set ~region~ here or in the provider block, or HW_REGION_NAME in the environment, e.g. to cn-north-4.`,
		},
		"no project": {
			err: &auth.ProjectError{Region: "cn-north-4", Name: "dev", Own: true},
			want: `
				Error: DCS Project Not Found (project_id)

				IAM has no project named "dev" in region "cn-north-4" that these credentials are allowed to use.

				Set ~project_id~, here or in the provider block, to the ID that the console shows under My Credentials. If the name is
				wrong, correct the provider's ~region~ or ~project_name~.`,
		},
		"an ID token file": {
			err: &auth.IDTokenFileError{File: "token.jwt", Err: errors.New("open token.jwt: no such file or directory")},
			want: `
				Error: Unusable ID Token File

				~id_token_file~ is "token.jwt", but that file cannot be used as an ID token.

				Check that the file exists, that this user is permitted to read it, and that it holds the ID token and nothing else. The
				job that runs Terraform has to write it, and to replace it before the token expires.

				Cause: open token.jwt: no such file or directory`,
		},
		"no project in another region": {
			err: &auth.ProjectError{Region: "cn-north-4", Name: "cn-north-4"},
			want: `
				Error: DCS Project Not Found (project_id)

				IAM has no project named "cn-north-4" in region "cn-north-4" that these credentials are allowed to use.

				Set ~project_id~ of this data source to the ID that the console shows under My Credentials, or correct ~region~: the
				provider's own ~project_id~ and ~project_name~ are not used for another region.`,
		},
		"several projects": {
			err: &auth.ProjectError{Region: "cn-north-4", Name: "dev", Own: true, Found: []string{"dev (1)", "dev (2)"}},
			want: `
				Error: DCS Project Not Unique (project_id)

				IAM has several projects named "dev" in region "cn-north-4":

				  - dev (1)
				  - dev (2)

				Set ~project_id~, here or in the provider block, to the right one of these IDs.`,
		},
		"several projects in another region": {
			err: &auth.ProjectError{
				Region: "cn-north-4", Name: "cn-north-4", Found: []string{"cn-north-4 (1)", "cn-north-4 (2)"}, More: 3,
			},
			want: `
				Error: DCS Project Not Unique (project_id)

				IAM has several projects named "cn-north-4" in region "cn-north-4":

				  - cn-north-4 (1)
				  - cn-north-4 (2)
				  - and 3 more

				Set ~project_id~ of this data source to the right one of these IDs.`,
		},
		"several projects with long names, control characters and a secret": {
			err: &auth.ProjectError{Region: "cn-north-4", Name: "dev", Own: true, Found: []string{
				"dev (1\x1b[2J\n\nb)", "dev (" + strings.Repeat("x", 140) + secretKey + strings.Repeat("x", 60_000) + ")",
			}},
			want: `
				Error: DCS Project Not Unique (project_id)

				IAM has several projects named "dev" in region "cn-north-4":

				  - dev (1 [2J  b)
				  - dev (` + strings.Repeat("x", 140) + `***xx…

				Set ~project_id~, here or in the provider block, to the right one of these IDs.`,
		},
		"the listing keeps changing": {
			err: &dcsapi.ReadError{Read: 2500, TotalNum: -1, Requests: 9, Err: dcsapi.ErrKeepsChanging},
			want: `
				Error: DCS Backups Keep Changing

				Backup records were added or removed during each attempt to read the backups of DCS instance "i1", so no attempt is
				known to have read every record exactly once. 2500 records had been read with 9 requests.

				Run Terraform again when no backups are being created or deleted. A smaller read takes fewer requests and is less likely
				to be disturbed: set ~begin_time~, ~end_time~ or ~limit~.`,
		},
		"an absurd count": {
			err: &dcsapi.ReadError{Read: 1, TotalNum: math.MaxInt64, Requests: 2, Err: dcsapi.ErrKeepsChanging},
			want: `
				Error: DCS Backups Keep Changing

				Backup records were added or removed during each attempt to read the backups of DCS instance "i1", so no attempt is
				known to have read every record exactly once. 1 record had been read with 2 requests.

				Run Terraform again when no backups are being created or deleted. A smaller read takes fewer requests and is less likely
				to be disturbed: set ~begin_time~, ~end_time~ or ~limit~.`,
		},
		"pages that cannot overlap": {
			err: &dcsapi.ReadError{Read: 1000, TotalNum: 2000, Requests: 2, Err: dcsapi.ErrNoOverlap},
			want: `
				Error: DCS Request Failed

				The service lists the backups of DCS instance "i1" in several pages, between which a record could be missing.

				Set ~begin_time~, ~end_time~ or ~limit~ to read one page. Tell the service's support that it lists elements that are null
				or have no ID.

				Cause: more than one page is needed, but the elements in which two pages would overlap are null or have no ID, so that a
				missing record would not be noticed`,
		},
		"one record, and no count": {
			err: &dcsapi.ReadError{Read: 1, TotalNum: -1, Requests: 2, Err: dcsapi.ErrKeepsChanging},
			want: `
				Error: DCS Backups Keep Changing

				Backup records were added or removed during each attempt to read the backups of DCS instance "i1", so no attempt is
				known to have read every record exactly once. 1 record had been read with 2 requests.

				Run Terraform again when no backups are being created or deleted. A smaller read takes fewer requests and is less likely
				to be disturbed: set ~begin_time~, ~end_time~ or ~limit~.`,
		},
		"wait after a 429": {
			err:   halfway(&transport.WaitError{Wait: 5 * time.Minute, Err: throttled}),
			spent: 2 * time.Second,
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The next attempt to read the backups of DCS instance "i1" would have to wait for 5m, longer than the time that is left:
				~timeouts.read~ is "30s". 1000 of 2500 records had been read with 1 request. The limit is 200 requests in 5 minutes.

				Allow more time: timeouts { read = "6m" }. Or run Terraform again later.

				Cause: GET https://dcs.example/i1: 429 Too Many Requests, APIGW.0308: policy user over ratelimit,limit:200,time:5 minute
				(request ID r1)`,
		},
		"wait that ends a minute after the timeout": {
			err:   noPage(&transport.WaitError{Wait: 29 * time.Minute, Err: throttled}),
			with:  withTimeout("30m"),
			spent: time.Minute,
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The next attempt to read the backups of DCS instance "i1" would have to wait for 29m, longer than the time that is left:
				~timeouts.read~ is "30m". No records had been read. The limit is 200 requests in 5 minutes.

				Allow more time: timeouts { read = "31m" }. Or run Terraform again later.

				Cause: GET https://dcs.example/i1: 429 Too Many Requests, APIGW.0308: policy user over ratelimit,limit:200,time:5 minute
				(request ID r1)`,
		},
		"wait that ends an hour after the begin": {
			err:   noPage(&transport.WaitError{Wait: time.Hour, Err: throttled}),
			spent: time.Second,
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The next attempt to read the backups of DCS instance "i1" would have to wait for 1h, longer than the time that is left:
				~timeouts.read~ is "30s". No records had been read. The limit is 200 requests in 5 minutes.

				Run Terraform again in 1h.

				Cause: GET https://dcs.example/i1: 429 Too Many Requests, APIGW.0308: policy user over ratelimit,limit:200,time:5 minute
				(request ID r1)`,
		},
		"wait of centuries": {
			err: noPage(&transport.WaitError{Wait: 1 << 31 * time.Second, Err: throttled}),
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The next attempt to read the backups of DCS instance "i1" would have to wait for more than 30 days, longer than the time
				that is left: ~timeouts.read~ is "30s". No records had been read. The limit is 200 requests in 5 minutes.

				Run Terraform again later. If the service still asks for such a wait, report it to its support.

				Cause: GET https://dcs.example/i1: 429 Too Many Requests, APIGW.0308: policy user over ratelimit,limit:200,time:5 minute
				(request ID r1)`,
		},
		"wait of centuries after the first page": {
			err:   halfway(&transport.WaitError{Wait: math.MaxInt64, Err: throttled}),
			spent: time.Second,
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The next attempt to read the backups of DCS instance "i1" would have to wait for more than 30 days, longer than the time
				that is left: ~timeouts.read~ is "30s". 1000 of 2500 records had been read with 1 request. The limit is 200 requests in 5
				minutes.

				Run Terraform again later. If the service still asks for such a wait, report it to its support.

				Cause: GET https://dcs.example/i1: 429 Too Many Requests, APIGW.0308: policy user over ratelimit,limit:200,time:5 minute
				(request ID r1)`,
		},
		"wait, and an absurd count": {
			err: &dcsapi.ReadError{
				Read: 1000, TotalNum: 1 << 62, Requests: 1, Err: &transport.WaitError{Wait: 5 * time.Minute, Err: throttled},
			},
			spent: 2 * time.Second,
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The next attempt to read the backups of DCS instance "i1" would have to wait for 5m, longer than the time that is left:
				~timeouts.read~ is "30s". 1000 records had been read with 1 request. The limit is 200 requests in 5 minutes.

				Allow more time: timeouts { read = "6m" }. Or run Terraform again later.

				Cause: GET https://dcs.example/i1: 429 Too Many Requests, APIGW.0308: policy user over ratelimit,limit:200,time:5 minute
				(request ID r1)`,
		},
		"wait of less than a second": {
			err:   noPage(&transport.WaitError{Wait: 250 * time.Millisecond, Err: throttled}),
			with:  withTimeout("300ms"),
			spent: 100 * time.Millisecond,
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The next attempt to read the backups of DCS instance "i1" would have to wait for 250ms, longer than the time that is
				left: ~timeouts.read~ is "300ms". No records had been read. The limit is 200 requests in 5 minutes.

				Allow more time: timeouts { read = "1m" }. Or run Terraform again later.

				Cause: GET https://dcs.example/i1: 429 Too Many Requests, APIGW.0308: policy user over ratelimit,limit:200,time:5 minute
				(request ID r1)`,
		},
		"deadline after the first page": {
			err:   halfway(&transport.InterruptedError{Err: context.DeadlineExceeded, Attempts: 1}),
			with:  withTimeout("0h0m30s"),
			spent: 30 * time.Second,
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The backups of DCS instance "i1" could not be read in time: ~timeouts.read~ is "0h0m30s". 1000 of 2500 records had been read
				with 1 request.

				Allow more time: timeouts { read = "2m" }. Or read fewer records: set ~begin_time~, ~end_time~ or ~limit~.`,
		},
		"deadline of an hour": {
			err:   halfway(&transport.InterruptedError{Err: context.DeadlineExceeded, Attempts: 1}),
			with:  withTimeout("1h"),
			spent: time.Hour,
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The backups of DCS instance "i1" could not be read in time: ~timeouts.read~ is "1h". 1000 of 2500 records had been read
				with 1 request.

				Run Terraform again later. Or read fewer records: set ~begin_time~, ~end_time~ or ~limit~.`,
		},
		"default deadline": {
			err:   halfway(&transport.InterruptedError{Err: context.DeadlineExceeded, Attempts: 1}),
			with:  func(c *instanceBackupsConfig) { c.Timeouts = nil },
			spent: 5 * time.Minute,
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The backups of DCS instance "i1" could not be read in time: ~timeouts.read~ is not set and defaults to "5m". 1000 of
				2500 records had been read with 1 request.

				Allow more time: timeouts { read = "13m" }. Or read fewer records: set ~begin_time~, ~end_time~ or ~limit~.`,
		},
		"deadline without a response": {
			err: noPage(&transport.InterruptedError{
				Err: context.DeadlineExceeded, Attempts: 2, Last: &transport.ConnectionError{Method: http.MethodGet, URL: listingURL},
			}),
			spent: 30 * time.Second,
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The backups of DCS instance "i1" could not be read in time: ~timeouts.read~ is "30s". No records had been read.

				Check the network between this machine and the service. If the service is slow, allow more time: timeouts { read =
				"1m" }.

				Cause of the last failed attempt: GET https://dcs.example/i1`,
		},
		"deadline while throttled": {
			err:   noPage(&transport.InterruptedError{Err: context.DeadlineExceeded, Attempts: 1, Last: throttled}),
			spent: 30 * time.Second,
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The backups of DCS instance "i1" could not be read in time: ~timeouts.read~ is "30s". No records had been read. The
				limit is 200 requests in 5 minutes.

				Allow more time: timeouts { read = "1m" }.

				Cause of the last failed attempt: GET https://dcs.example/i1: 429 Too Many Requests, APIGW.0308: policy user over
				ratelimit,limit:200,time:5 minute (request ID r1)`,
		},
		"deadline behind other reads": {
			err:   noPage(&transport.InterruptedError{Err: context.DeadlineExceeded}),
			spent: 30 * time.Second,
			want: `
				Error: Timed Out Reading DCS Backups (timeouts.read)

				The backups of DCS instance "i1" could not be read in time: ~timeouts.read~ is "30s". No records had been read. Its
				request had not been sent yet: it was waiting for the credentials, the project or another read.

				Allow more time: timeouts { read = "1m" }.`,
		},
		"interrupt": {
			err: halfway(&transport.InterruptedError{Err: context.Canceled, Last: context.Canceled}),
			want: `
				Error: Reading DCS Backups Interrupted

				Terraform was interrupted before the backups of DCS instance "i1" had been read.

				Run Terraform again to read them.`,
		},
		"400, single-node instance": {
			err: failed(400, "DCS.4095", "Backup is not supported."),
			want: `
				Error: Instance Cannot Have Backups (instance_id)

				DCS instance "i1" is a single-node instance, and single-node instances have no backups.

				Remove this data source, or name another instance.

				Cause: GET https://dcs.example/i1: 400 Bad Request, DCS.4095: Backup is not supported. (request ID r1)`,
		},
		"400, busy": {
			err: failed(400, "DCS.4096", "The instance is being backed up."),
			want: `
				Error: DCS Instance Busy

				A backup or a restore is running, and the service does not list the backups of DCS instance "i1" meanwhile.

				Run Terraform again when no backup or restore is running. A higher ~max_retries~ in the provider block makes the provider
				retry for longer.

				Cause: GET https://dcs.example/i1: 400 Bad Request, DCS.4096: The instance is being backed up. (request ID r1)`,
		},
		"400": {
			err: failed(400, "DCS.4061", "Invalid instance ID."),
			want: `
				Error: DCS Request Failed

				The service does not accept the request for the backups of DCS instance "i1".

				Check ~instance_id~ and ~project_id~. The cause says what has answered, and why.

				Cause: GET https://dcs.example/i1: 400 Bad Request, DCS.4061: Invalid instance ID. (request ID r1)`,
		},
		"400 with every argument": {
			err: failed(400, "DCS.4800", "The request parameters are invalid."),
			with: func(c *instanceBackupsConfig) {
				c.BeginTime, c.EndTime = types.StringValue("20240101000000"), types.StringValue("20240102000000")
				c.Offset, c.Limit = types.NumberValue(big.NewFloat(1)), types.NumberValue(big.NewFloat(1))
			},
			want: `
				Error: DCS Request Failed

				The service does not accept the request for the backups of DCS instance "i1".

				Check ~instance_id~, ~project_id~, ~begin_time~, ~end_time~, ~offset~ and ~limit~. The cause says what has answered, and
				why.

				Cause: GET https://dcs.example/i1: 400 Bad Request, DCS.4800: The request parameters are invalid. (request ID r1)`,
		},
		"401 for another project": {
			err: failed(401, "DCS.1004", "The project ID does not match."),
			want: `
				Error: DCS Request Not Authorized (project_id)

				The service did not list the backups of DCS instance "i1".

				Check that ~project_id~ is the project that the credentials are for: a token is for one project. Check also that the clock
				of this machine is right.

				Cause: GET https://dcs.example/i1: 401 Unauthorized, DCS.1004: The project ID does not match. (request ID r1)`,
		},
		"401 of credentials that were accepted before": {
			err: failed(401, "APIGW.0307", "The token must be updated."),
			want: `
				Error: DCS Request Not Authorized

				The service did not list the backups of DCS instance "i1".

				Check that the credentials have not expired, that ~project_id~ is the project that they are for, and that the clock of
				this machine is right.

				Cause: GET https://dcs.example/i1: 401 Unauthorized, APIGW.0307: The token must be updated. (request ID r1)`,
		},
		"403": {
			err: failed(403, "DCS.2007", "Policy does not allow it."),
			want: `
				Error: DCS Request Not Permitted

				The credentials are not allowed to list the backups of DCS instance "i1" in project "p1" of region "cn-north-4".

				Have an administrator of the account grant the IAM permission dcs:instance:getDataBackupLog in that project.

				Cause: GET https://dcs.example/i1: 403 Forbidden, DCS.2007: Policy does not allow it. (request ID r1)`,
		},
		"403 without a code": {
			err: failed(403, "", "the body is empty"),
			want: `
				Error: DCS Request Not Permitted

				The credentials are not allowed to list the backups of DCS instance "i1" in project "p1" of region "cn-north-4".

				Have an administrator of the account grant the IAM permission dcs:instance:getDataBackupLog in that project. If the
				response is not from DCS, a proxy or a firewall has refused the request: check them.

				Cause: GET https://dcs.example/i1: 403 Forbidden: the body is empty (request ID r1)`,
		},
		"403, project not available": {
			err: failed(403, "APIGW.0310", "The project is unavailable."),
			want: `
				Error: DCS Request Not Permitted

				The API gateway refuses the request for the backups of DCS instance "i1": project "p1" is not available.

				Check ~project_id~ and ~region~, and that the account is neither frozen nor in arrears.

				Cause: GET https://dcs.example/i1: 403 Forbidden, APIGW.0310: The project is unavailable. (request ID r1)`,
		},
		"403, region not allowed": {
			err: failed(403, "APIG.0802", "The IAM user is forbidden in the currently selected region."),
			want: `
				Error: DCS Request Not Permitted

				The API gateway refuses the request for the backups of DCS instance "i1": the account does not allow this IAM user to
				use region "cn-north-4".

				Have an administrator of the account allow the region for the IAM user, or correct ~region~.

				Cause: GET https://dcs.example/i1: 403 Forbidden, APIG.0802: The IAM user is forbidden in the currently selected region.
				(request ID r1)`,
		},
		"403 of the gateway": {
			err: failed(403, "APIGW.0302", "The IAM user is not authorized to access the API."),
			want: `
				Error: DCS Request Not Permitted

				The API gateway refuses the request for the backups of DCS instance "i1" before DCS sees it. It was sent to project "p1"
				of region "cn-north-4".

				The cause is in the gateway's own words. Check ~project_id~ and ~region~, and that the account is allowed to use the API
				of DCS there.

				Cause: GET https://dcs.example/i1: 403 Forbidden, APIGW.0302: The IAM user is not authorized to access the API. (request
				ID r1)`,
		},
		"404, no such instance": {
			err: failed(404, "DCS.3022", "The instance does not exist."),
			want: `
				Error: DCS Instance Not Found (instance_id)

				There is no DCS instance "i1" in project "p1" of region "cn-north-4".

				Check ~instance_id~, and that ~region~ and ~project_id~ are those of the instance.

				Cause: GET https://dcs.example/i1: 404 Not Found, DCS.3022: The instance does not exist. (request ID r1)`,
		},
		"404, APIGW.0101": {
			err: failed(404, "APIGW.0101", "The API does not exist."),
			want: `
				Error: DCS API Not Found

				The endpoint does not offer the API that lists the backups of DCS instance "i1" in project "p1" of region "cn-north-4".

				Check ~region~, ~cloud~ and ~endpoints~ of the provider block: the URL below shows where they lead.

				Cause: GET https://dcs.example/i1: 404 Not Found, APIGW.0101: The API does not exist. (request ID r1)`,
		},
		"404 of DCS, another code": {
			err: failed(404, "DCS.4001", "URL does not exist."),
			want: `
				Error: DCS Request Failed

				DCS answered the request for the backups of DCS instance "i1" in project "p1" of region "cn-north-4" with status 404,
				and the code DCS.4001 does not say that the instance does not exist.

				The cause is in the service's own words. Check the URL below, and with it ~endpoints~ of the provider block,
				~instance_id~ and ~project_id~.

				Cause: GET https://dcs.example/i1: 404 Not Found, DCS.4001: URL does not exist. (request ID r1)`,
		},
		"404 of a gateway": {
			err: failed(404, "", "the body is empty"),
			want: `
				Error: DCS Request Failed

				The request for the backups of DCS instance "i1" in project "p1" of region "cn-north-4" was answered with status 404,
				but without a code of DCS. That does not mean that the instance does not exist.

				A gateway or a proxy in front of DCS has probably answered. Check ~region~, ~cloud~ and ~endpoints~ of the provider
				block: the URL below shows where they lead.

				Cause: GET https://dcs.example/i1: 404 Not Found: the body is empty (request ID r1)`,
		},
		"407 of a proxy": {
			err: failed(407, "", "the body is empty"),
			want: `
				Error: DCS Request Failed

				The service did not list the backups of DCS instance "i1".

				The proxy of the environment (HTTPS_PROXY or HTTP_PROXY) asks for a login: put user name and password into its URL. If the
				host is to be reached without it, name the host in NO_PROXY.

				Cause: GET https://dcs.example/i1: 407 Proxy Authentication Required: the body is empty (request ID r1)`,
		},
		"429": {
			err: halfway(throttled),
			want: `
				Error: DCS Requests Throttled

				The service allows fewer requests than were sent. The limit is 200 requests in 5 minutes.

				Run Terraform again later, or with a lower -parallelism.

				Cause: GET https://dcs.example/i1: 429 Too Many Requests, APIGW.0308: policy user over ratelimit,limit:200,time:5 minute
				(request ID r1)`,
		},
		"503": {
			err: failed(503, "", "the body is empty"),
			want: `
				Error: DCS Request Failed

				The service did not list the backups of DCS instance "i1".

				The service, or a gateway in front of it, has failed. Run Terraform again later. If it keeps failing, give the request
				ID to the service's support.

				Cause: GET https://dcs.example/i1: 503 Service Unavailable: the body is empty (request ID r1)`,
		},
		"a redirect": {
			err: failed(302, "", "a redirect to https://example.com/, which is not followed"),
			want: `
				Error: DCS Request Failed

				The service did not list the backups of DCS instance "i1".

				The response is a redirect, which is not followed, because that would send the signature to another host. Check
				~endpoints~ of the provider block.

				Cause: GET https://dcs.example/i1: 302 Found: a redirect to https://example.com/, which is not followed (request ID
				r1)`,
		},
		"200 of a login page": {
			err: failed(200, "", "the body is HTML"),
			want: `
				Error: DCS Request Failed

				The response is not one of the service.

				A proxy, or a login page of the network, may have answered instead. Check them, and ~endpoints~ of the provider block.

				Cause: GET https://dcs.example/i1: 200 OK: the body is HTML (request ID r1)`,
		},
		"200 with a body over the bound": {
			err: failedAs(transport.ErrBodyTooLarge),
			want: `
				Error: DCS Request Failed

				The response is larger than the provider reads.

				Set ~begin_time~, ~end_time~ or ~limit~ to read less at once. If that does not help, check what has answered: the URL
				below shows where ~endpoints~ of the provider block lead.

				Cause: GET https://dcs.example/i1: 200 OK: the body is larger than 32 MiB (request ID r1)`,
		},
		"200 with too many elements": {
			err: failedAs(&dcsapi.TooManyError{Array: "backup_record_response", Limit: 10_000}),
			want: `
				Error: DCS Request Failed

				The response is larger than the provider reads.

				Set ~begin_time~, ~end_time~ or ~limit~ to read less at once. If that does not help, check what has answered: the URL
				below shows where ~endpoints~ of the provider block lead.

				Cause: GET https://dcs.example/i1: 200 OK: backup_record_response has more than 10000 elements (request ID r1)`,
		},
		"200 with an error without a code": {
			err: failedAs(&transport.ServiceError{Message: "Query failed."}),
			want: `
				Error: DCS Request Failed

				The service sent an error with the status 200.

				The cause is in the service's own words. Run Terraform again later. If it keeps failing, give the request ID to the
				service's support.

				Cause: GET https://dcs.example/i1: 200 OK: Query failed. (request ID r1)`,
		},
		"200 with an error": {
			err: failed(200, "DCS.5000", "Internal service error."),
			want: `
				Error: DCS Request Failed

				The service sent an error with the status 200.

				The cause is in the service's own words. Run Terraform again later. If it keeps failing, give the request ID to the
				service's support.

				Cause: GET https://dcs.example/i1: 200 OK, DCS.5000: Internal service error. (request ID r1)`,
		},
		"look-up of the project, 403": {
			err: failedLookup("dev", true, 403, "IAM.0002", "no"),
			want: `
				Error: DCS Request Not Permitted

				The backups of DCS instance "i1" could not be read, because looking up the project "dev" failed.

				The credentials are not allowed to list projects. Set ~project_id~, here or in the provider block, or have an
				administrator of the account grant the permission.

				Cause: looking up the project "dev": GET https://iam.example/projects: 403 Forbidden, IAM.0002: no`,
		},
		"look-up of the project of another region, 403": {
			err: failedLookup("cn-north-4", false, 403, "IAM.0002", "no"),
			want: `
				Error: DCS Request Not Permitted

				The backups of DCS instance "i1" could not be read, because looking up the project "cn-north-4" failed.

				The credentials are not allowed to list projects. Set ~project_id~ of this data source, or have an administrator of the
				account grant the permission.

				Cause: looking up the project "cn-north-4": GET https://iam.example/projects: 403 Forbidden, IAM.0002: no`,
		},
		"look-up of the project, 404": {
			err: failedLookup("dev", true, 404, "", "the body is empty"),
			want: `
				Error: DCS Request Failed

				The backups of DCS instance "i1" could not be read, because looking up the project "dev" failed.

				Check ~endpoints.iam~ and ~cloud~ of the provider block: the URL below shows where they lead.

				Cause: looking up the project "dev": GET https://iam.example/projects: 404 Not Found: the body is empty`,
		},
		"agency, 403": {
			err: failedAgency(403, "STS5.0003", "no"),
			want: `
				Error: DCS Request Not Permitted

				The backups of DCS instance "i1" could not be read, because assuming agency ops failed.

				The credentials are not allowed to make this request. Have an administrator of the account grant the permission.

				Cause: assuming agency ops: GET https://sts.example/assume: 403 Forbidden, STS5.0003: no`,
		},
		"look-up of the project, agency, 403": {
			err: &auth.LoginError{
				Doing: `looking up the project "dev"`, Project: true, Own: true,
				Err: failedAgency(403, "STS5.0003", "no"),
			},
			want: `
				Error: DCS Request Not Permitted

				The backups of DCS instance "i1" could not be read, because assuming agency ops failed.

				The credentials are not allowed to make this request. Have an administrator of the account grant the permission.

				Cause: looking up the project "dev": assuming agency ops: GET https://sts.example/assume: 403 Forbidden, STS5.0003: no`,
		},
		"agency, 400": {
			err: fmt.Errorf("refreshing the credentials (x): %w", failedAgency(400, "1100", "too short")),
			want: `
				Error: DCS Request Failed

				The backups of DCS instance "i1" could not be read, because assuming agency ops failed.

				IAM or STS does not accept the request, and the cause says why. Check the arguments of the provider block that it is
				about.

				Cause: refreshing the credentials (x): assuming agency ops: GET https://sts.example/assume: 400 Bad Request, 1100: too
				short`,
		},
		"agency, 404": {
			err: failedAgency(404, "IAM.0004", "no agency"),
			want: `
				Error: DCS Request Failed

				The backups of DCS instance "i1" could not be read, because assuming agency ops failed.

				IAM or STS does not know what the request is about. Check the names and IDs of the agencies, accounts and identity
				providers in the provider block, and its ~endpoints~.

				Cause: assuming agency ops: GET https://sts.example/assume: 404 Not Found, IAM.0004: no agency`,
		},
		"agency, API not found": {
			err: failedAgency(404, "APIGW.0101", "no API"),
			want: `
				Error: DCS API Not Found

				The backups of DCS instance "i1" could not be read, because assuming agency ops failed.

				The endpoint does not offer this API. Check ~region~, ~cloud~ and ~endpoints~ of the provider block: the URL below shows
				where they lead.

				Cause: assuming agency ops: GET https://sts.example/assume: 404 Not Found, APIGW.0101: no API`,
		},
		"a certificate that is not trusted": {
			err: noPage(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}),
			want: `
				Error: DCS Request Failed

				The backups of DCS instance "i1" could not be read.

				The certificate is not trusted. If the service or a proxy has a certificate of your own authority, name that authority's
				certificate file in ~cacert_file~ of the provider block.

				Cause: tls: failed to verify certificate: x509: certificate signed by unknown authority`,
		},
		"a certificate of another host": {
			err: noPage(&tls.CertificateVerificationError{Err: x509.HostnameError{
				Certificate: &x509.Certificate{DNSNames: []string{"portal.example.com"}}, Host: "dcs.example.com",
			}}),
			want: `
				Error: DCS Request Failed

				The backups of DCS instance "i1" could not be read.

				The certificate belongs to another host. Check ~region~, ~cloud~ and ~endpoints~ of the provider block, and the proxy of
				the environment.

				Cause: tls: failed to verify certificate: x509: certificate is valid for portal.example.com, not dcs.example.com`,
		},
		"an expired certificate": {
			err: &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{
				Reason: x509.Expired, Detail: "current time is after 2026-01-01T00:00:00Z",
			}},
			want: `
				Error: DCS Request Failed

				The backups of DCS instance "i1" could not be read.

				The certificate has expired or is not yet valid. Check the clock of this machine. If it is right, the certificate of the
				service, or of a proxy, has to be renewed.

				Cause: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time is after
				2026-01-01T00:00:00Z`,
		},
		"a host that does not exist": {
			err: noPage(&net.DNSError{Err: "no such host", Name: "dcs.x.myhuaweicloud.com", IsNotFound: true}),
			want: `
				Error: DCS Request Failed

				The backups of DCS instance "i1" could not be read.

				The host does not exist. Check ~region~, ~cloud~ and ~endpoints~ of the provider block.

				Cause: lookup dcs.x.myhuaweicloud.com: no such host`,
		},
		"a broken connection": {
			err: noPage(&transport.ConnectionError{Method: http.MethodGet, URL: listingURL, Attempts: 6, Err: errors.New("reset")}),
			want: `
				Error: DCS Request Failed

				The backups of DCS instance "i1" could not be read.

				Check the network between this machine and the service, the proxy of the environment, and ~region~, ~cloud~ and
				~endpoints~ of the provider block.

				Cause: GET https://dcs.example/i1 (6 attempts)`,
		},
		"a timeout of the connection": {
			err: noPage(&transport.ConnectionError{
				Method: http.MethodGet, URL: listingURL, Err: fmt.Errorf("dial tcp: %w", context.DeadlineExceeded),
			}),
			want: `
				Error: DCS Request Failed

				The backups of DCS instance "i1" could not be read.

				Check the network between this machine and the service, the proxy of the environment, and ~region~, ~cloud~ and
				~endpoints~ of the provider block.

				Cause: GET https://dcs.example/i1`,
		},
		"a proxy that cannot be reached": {
			err: noPage(&transport.ConnectionError{
				Method: http.MethodGet, URL: listingURL, Err: &net.OpError{Op: "proxyconnect", Err: &net.DNSError{IsNotFound: true}},
			}),
			want: `
				Error: DCS Request Failed

				The backups of DCS instance "i1" could not be read.

				The proxy of the environment (HTTPS_PROXY or HTTP_PROXY) cannot be reached. Check the variable and the network. If the
				host is to be reached without it, name the host in NO_PROXY.

				Cause: GET https://dcs.example/i1`,
		},
		"a proxy that asks for a login": {
			err: noPage(&transport.ConnectionError{Method: http.MethodGet, URL: listingURL, Err: &transport.ProxyError{Status: 407}}),
			want: `
				Error: DCS Request Failed

				The backups of DCS instance "i1" could not be read.

				The proxy of the environment (HTTPS_PROXY or HTTP_PROXY) asks for a login: put user name and password into its URL. If the
				host is to be reached without it, name the host in NO_PROXY.

				Cause: GET https://dcs.example/i1`,
		},
		"a proxy that does not connect": {
			err: noPage(&transport.ConnectionError{Method: http.MethodGet, URL: listingURL, Err: &transport.ProxyError{Status: 403}}),
			want: `
				Error: DCS Request Failed

				The backups of DCS instance "i1" could not be read.

				The proxy of the environment (HTTPS_PROXY or HTTP_PROXY) did not connect to the service. Check that it permits the host of
				the URL below. If the host is to be reached without it, name the host in NO_PROXY.

				Cause: GET https://dcs.example/i1`,
		},
		"a secret in an error": {
			err: errors.New("cannot parse " + secretKey),
			want: `
				Error: DCS Request Failed

				The backups of DCS instance "i1" could not be read.

				Cause: cannot parse ***`,
		},
		"any other error": {
			err: errors.New("something else"),
			want: `
				Error: DCS Request Failed

				The backups of DCS instance "i1" could not be read.

				Cause: something else`,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			p := NewProviderData(newClient(t, silent(t)), nil)
			r := arguments(t, test.with).read(test.err, test.spent)

			if diff := cmp.Diff(unwrap(test.want), shown(p.explain(test.err, r))); diff != "" {
				t.Errorf("diagnostic (-want +got):\n%s", diff)
			}
		})
	}
}

// shown returns d as Terraform shows it, without the place in the configuration.
func shown(d diag.Diagnostic) string {
	at := ""
	if d, ok := d.(diag.DiagnosticWithPath); ok {
		if at = " (" + d.Path().String() + ")"; d.Path().Equal(instanceBackupsBlock) {
			at = ""
		}
	}

	severity := "Error"
	if d.Severity() == diag.SeverityWarning {
		severity = "Warning"
	}

	return severity + ": " + d.Summary() + at + "\n\n" + d.Detail()
}

// unwrap returns a text of a test in the form of [shown]: lines of a paragraph are joined, and ~ is a backtick.
func unwrap(text string) string {
	var paragraphs []string

	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		var b strings.Builder

		for line := range strings.Lines(paragraph) {
			line = strings.Trim(line, "\t\n")

			switch {
			case b.Len() == 0:
			case strings.HasPrefix(line, "  - "):
				b.WriteByte('\n')
			default:
				b.WriteByte(' ')
			}

			b.WriteString(line)
		}

		paragraphs = append(paragraphs, b.String())
	}

	return strings.ReplaceAll(strings.Join(paragraphs, "\n\n"), "~", "`")
}
