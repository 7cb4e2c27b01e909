// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/transport"
)

// Every error that a read can end with, and what the user is told of it, to the byte.
func TestExplain(t *testing.T) {
	t.Parallel()

	d := instanceBackups{client: newClient(t, silent(t))}
	ask := request{
		query: dcsapi.Query{
			Scope: auth.Scope{Region: "cn-north-4", ProjectID: "p1"}, InstanceID: "i1",
		},
		timeout: timeout{text: "30s"},
	}

	const (
		listing   = "https://dcs.cn-north-4.myhuaweicloud.com/v2/p1/instances/i1/backups"
		iam       = "https://iam.cn-north-4.myhuaweicloud.com/v3/projects"
		listingIs = "\n\nCause: GET " + listing + ": "
	)

	answer := func(status int, code, message string) error {
		return &dcsapi.ReadError{Err: &transport.Error{
			Method: http.MethodGet, URL: listing, Status: status, Code: code, Message: message, RequestID: "r1", Attempts: 1,
		}}
	}
	login := func(doing string, status int, code, message string) error {
		return &auth.LoginError{Doing: doing, Err: &transport.Error{
			Method: http.MethodGet, URL: iam, Status: status, Code: code, Message: message,
		}}
	}
	read := func(err error) error {
		return &dcsapi.ReadError{Read: 1000, TotalNum: 2500, Requests: 1, Err: err}
	}
	unauthorized := &transport.Error{
		Method: http.MethodGet, URL: listing, Status: 401, Code: "APIGW.0301", Message: "verify failed", RequestID: "r1",
	}

	tests := map[string]struct {
		err                   error
		summary, path, detail string
	}{
		"no credentials": {
			err: &auth.MissingError{
				Looked: []string{"access_key and secret_key of the provider block", "HW_ACCESS_KEY and HW_SECRET_KEY"},
				Err:    &transport.ConnectionError{Method: http.MethodPut, URL: "http://169.254.169.254", Err: errors.New("refused")},
			},
			summary: "No DCS Credentials Found",
			detail: "None of the places that credentials can come from has any. These were looked at, in this order:\n\n" +
				"  - access_key and secret_key of the provider block\n  - HW_ACCESS_KEY and HW_SECRET_KEY\n\n" +
				"Set access_key and secret_key in the provider block, or HW_ACCESS_KEY and HW_SECRET_KEY in the environment, or " +
				"choose another way of logging in: the provider's documentation lists them.\n\n" +
				"The ECS metadata service, the last resort, gave none: PUT http://169.254.169.254",
		},
		"credentials refused": {
			err:     read(&auth.RefusedError{From: "HW_ACCESS_KEY and HW_SECRET_KEY", Err: unauthorized}),
			summary: "DCS Credentials Not Accepted",
			detail: "The service does not accept the credentials: HW_ACCESS_KEY and HW_SECRET_KEY.\n\n" +
				"Check that they are complete, belong to this cloud and have neither been deleted nor run out, and that the " +
				"clock of this machine is right. They are not tried again in this run, because the service locks a key after " +
				"some failures." +
				listingIs + "401 Unauthorized, APIGW.0301: verify failed (request ID r1)",
		},
		"credentials of a profile refused": {
			err:     read(&auth.RefusedError{From: "profile \"a\" of config.json", Err: unauthorized}),
			summary: "DCS Credentials Not Accepted",
			detail: "The service does not accept the credentials: profile \"a\" of config.json.\n\n" +
				"Check that they are complete, belong to this cloud and have neither been deleted nor run out, and that the " +
				"clock of this machine is right. They are not tried again in this run, because the service locks a key after some failures. KooCLI encrypts keys by default, " +
				"and the service does not know an encrypted one: run hcloud configure set --cli-auth-encrypt=false and " +
				"configure the profile again. If its mode is SSO, log in with hcloud again." +
				listingIs + "401 Unauthorized, APIGW.0301: verify failed (request ID r1)",
		},
		"credentials locked": {
			err:     read(&auth.RefusedError{From: "the profile \"a\"", Locked: true, Skew: time.Hour, Err: unauthorized}),
			summary: "DCS Credentials Not Accepted",
			detail: "The service does not accept the credentials: the profile \"a\".\n\n" +
				"The key is locked because of too many failures: the service refuses it for some minutes, even if it is right. " +
				"Correct what uses a wrong secret key with it, wait five minutes, and run Terraform again." +
				listingIs + "401 Unauthorized, APIGW.0301: verify failed (request ID r1)",
		},
		"clock behind": {
			err:     read(&auth.RefusedError{From: "x", Skew: 2 * time.Hour, Err: unauthorized}),
			summary: "DCS Credentials Not Accepted",
			detail: "The service does not accept the credentials: x.\n\n" +
				"The clock of this machine is 2h0m0s behind that of the service, which accepts requests dated within 15m0s of " +
				"its own time. Set the clock, and run Terraform again." +
				listingIs + "401 Unauthorized, APIGW.0301: verify failed (request ID r1)",
		},
		"clock ahead": {
			err:     read(&auth.RefusedError{From: "x", Skew: -20*time.Minute - time.Millisecond, Err: unauthorized}),
			summary: "DCS Credentials Not Accepted",
			detail: "The service does not accept the credentials: x.\n\n" +
				"The clock of this machine is 20m0s ahead of that of the service, which accepts requests dated within 15m0s of " +
				"its own time. Set the clock, and run Terraform again." +
				listingIs + "401 Unauthorized, APIGW.0301: verify failed (request ID r1)",
		},
		"no region": {
			err: auth.ErrNoRegion, summary: "Missing DCS Region", path: "region",
			detail: "Neither the data source nor the provider says which region the DCS instance \"i1\" is in.\n\n" +
				"Set region here or in the provider block, or HW_REGION_NAME in the environment, e.g. to cn-north-4.",
		},
		"no project": {
			err: &auth.ProjectError{Region: "cn-north-4", Name: "dev"}, summary: "DCS Project Not Found", path: "project_id",
			detail: "IAM has no project named \"dev\" in region \"cn-north-4\" that these credentials may use.\n\n" +
				"Set project_id, here or in the provider block, to the ID that the console shows under My Credentials. If the " +
				"name is wrong, correct region or the provider's project_name.",
		},
		"several projects": {
			err:     &auth.ProjectError{Region: "cn-north-4", Name: "dev", Found: []string{"dev (1)", "dev (2)"}},
			summary: "DCS Project Not Unique", path: "project_id",
			detail: "IAM has several projects named \"dev\" in region \"cn-north-4\":\n\n  - dev (1)\n  - dev (2)\n\n" +
				"Set project_id, here or in the provider block, to the ID of the one that the instance belongs to.",
		},
		"the listing keeps changing": {
			err:     &dcsapi.ReadError{Read: 2500, TotalNum: -1, Requests: 9, Err: dcsapi.ErrKeepsChanging},
			summary: "DCS Backups Keep Changing",
			detail: "Backup records of the DCS instance \"i1\" were added or removed each time that they were read, so that no " +
				"reading can be trusted to have each record exactly once. It had read 2500 records with 9 requests.\n\n" +
				"Run Terraform again when no backups are being made or deleted. Fewer records, by begin_time and end_time or by " +
				"limit, take fewer requests and are less likely to change meanwhile.",
		},
		"wait after a refusal of the gateway": {
			err: read(&transport.WaitError{Wait: 5 * time.Minute, Err: &transport.Error{
				Method: http.MethodGet, URL: listing, Status: 429, Code: "APIGW.0308",
				Message: "The throttling threshold has been reached: policy user over ratelimit,limit:200,time:5 minute", RequestID: "r1",
			}}),
			summary: "Timed Out Reading DCS Backups", path: "timeouts.read",
			detail: "The next attempt would have had to wait for 5m0s, longer than the time left: the argument read of the block " +
				"timeouts is \"30s\". It had read 1000 of 2500 records with 1 request. The limit is 200 requests in 5 minutes.\n\n" +
				"Run Terraform again later, or allow more time: timeouts { read = \"15m\" }." + listingIs +
				"429 Too Many Requests, APIGW.0308: The throttling threshold has been reached: policy user over " +
				"ratelimit,limit:200,time:5 minute (request ID r1)",
		},
		"deadline during a request": {
			err:     read(&transport.InterruptedError{Err: context.DeadlineExceeded}),
			summary: "Timed Out Reading DCS Backups", path: "timeouts.read",
			detail: "The backups of the DCS instance \"i1\" could not be read in time: the argument read of the block timeouts is " +
				"\"30s\". It had read 1000 of 2500 records with 1 request.\n\nAllow more time with timeouts { read = \"15m\" }, " +
				"or read fewer records with begin_time, end_time or limit. If nothing was read at all, check the network " +
				"between this machine and the service.",
		},
		"deadline during the project look-up, after a failure": {
			err:     &transport.InterruptedError{Err: context.DeadlineExceeded, Last: errors.New("GET " + iam + ": connection reset")},
			summary: "Timed Out Reading DCS Backups", path: "timeouts.read",
			detail: "The backups of the DCS instance \"i1\" could not be read in time: the argument read of the block timeouts is " +
				"\"30s\". No request for backups had been answered.\n\nAllow more time with timeouts { read = \"15m\" }, " +
				"or read fewer records with begin_time, end_time or limit. If nothing was read at all, check the network " +
				"between this machine and the service.\n\nThe last attempt: GET " + iam + ": connection reset",
		},
		"interrupt": {
			err: read(&transport.InterruptedError{Err: context.Canceled, Last: context.Canceled}), summary: "Reading DCS Backups Interrupted",
			detail: "Terraform asked to stop before the backups of the DCS instance \"i1\" had been read.\n\n" +
				"Run Terraform again to read them.",
		},
		"400, single-node instance": {
			err: answer(400, "DCS.4095", "Backup is not supported."), summary: "Instance Cannot Have Backups", path: "instance_id",
			detail: "The DCS instance \"i1\" is a single-node instance, and those have no backups.\n\n" +
				"Remove this data source, or name an instance of another type." + listingIs +
				"400 Bad Request, DCS.4095: Backup is not supported. (request ID r1)",
		},
		"400": {
			err: answer(400, "DCS.4061", "Invalid instance ID."), summary: "DCS Request Failed",
			detail: "The service could not list the backups of the DCS instance \"i1\".\n\n" +
				"The service does not accept the request. Check instance_id, project_id, begin_time and end_time." + listingIs +
				"400 Bad Request, DCS.4061: Invalid instance ID. (request ID r1)",
		},
		"401 of credentials that were accepted before": {
			err: answer(401, "DCS.1004", "The project ID does not match."), summary: "DCS Request Not Authorized",
			detail: "The service could not list the backups of the DCS instance \"i1\".\n\n" +
				"Check that the credentials have not run out, that project_id is the project they are for, and that the clock " +
				"of this machine is right." + listingIs + "401 Unauthorized, DCS.1004: The project ID does not match. (request ID r1)",
		},
		"403": {
			err: answer(403, "DCS.2007", "Policy does not allow it."), summary: "DCS Request Not Permitted",
			detail: "The credentials may not list the backups of the DCS instance \"i1\" in project \"p1\" of region " +
				"\"cn-north-4\".\n\nHave an administrator of the account grant the IAM permission " +
				"dcs:instance:getDataBackupLog in that project." + listingIs +
				"403 Forbidden, DCS.2007: Policy does not allow it. (request ID r1)",
		},
		"403 of IAM": {
			err:     login("looking up the project \"dev\"", 403, "IAM.0002", "no"),
			summary: "DCS Request Not Permitted",
			detail: "The backups of the DCS instance \"i1\" could not be asked for: looking up the project \"dev\" failed.\n\n" +
				"The credentials may not make the request below. Have an administrator of the account grant it; if it looks " +
				"up the project, setting project_id makes it unnecessary.\n\n" +
				"Cause: looking up the project \"dev\": GET " + iam + ": 403 Forbidden, IAM.0002: no",
		},
		"400 of IAM": {
			err:     fmt.Errorf("renewing the credentials (x): %w", login("assuming agency ops", 400, "1100", "duration_seconds is too small")),
			summary: "DCS Request Failed",
			detail: "The backups of the DCS instance \"i1\" could not be asked for: assuming agency ops failed.\n\n" +
				"IAM or STS does not accept what it was asked for, and the cause says why: check the arguments of the provider " +
				"block that it is about.\n\n" +
				"Cause: renewing the credentials (x): assuming agency ops: GET " + iam + ": 400 Bad Request, 1100: " +
				"duration_seconds is too small",
		},
		"404, no such instance": {
			err: answer(404, "DCS.3022", "The instance does not exist."), summary: "DCS Instance Not Found", path: "instance_id",
			detail: "There is no DCS instance \"i1\" in project \"p1\" of region \"cn-north-4\".\n\n" +
				"Check instance_id, and that region and project_id are those of the instance." + listingIs +
				"404 Not Found, DCS.3022: The instance does not exist. (request ID r1)",
		},
		"404 without a code": {
			err: answer(404, "", ""), summary: "DCS Instance Not Found", path: "instance_id",
			detail: "Nothing was found where the DCS instance \"i1\" in project \"p1\" of region \"cn-north-4\" would be.\n\n" +
				"Check instance_id, and that region and project_id are those of the instance. If they are right, the endpoint " +
				"is not one of DCS: check endpoints of the provider block." + listingIs + "404 Not Found (request ID r1)",
		},
		"404, no such API": {
			err: answer(404, "APIGW.0101", "The API does not exist."), summary: "DCS API Not Found",
			detail: "The endpoint answers, but does not offer the API that lists backups. It was asked for those of the DCS " +
				"instance \"i1\" in project \"p1\" of region \"cn-north-4\".\n\n" +
				"Check region, cloud and endpoints of the provider block: the request below shows where they lead." + listingIs +
				"404 Not Found, APIGW.0101: The API does not exist. (request ID r1)",
		},
		"404, no such API at an older gateway": {
			err: answer(404, "APIG.0101", ""), summary: "DCS API Not Found",
			detail: "The endpoint answers, but does not offer the API that lists backups. It was asked for those of the DCS " +
				"instance \"i1\" in project \"p1\" of region \"cn-north-4\".\n\n" +
				"Check region, cloud and endpoints of the provider block: the request below shows where they lead." + listingIs +
				"404 Not Found, APIG.0101 (request ID r1)",
		},
		"404 of IAM": {
			err: login("assuming agency ops", 404, "", "Could not find agency"), summary: "DCS Request Failed",
			detail: "The backups of the DCS instance \"i1\" could not be asked for: assuming agency ops failed.\n\n" +
				"IAM or STS does not know what the request is about: check the names and IDs of agency and account in the " +
				"provider block, and its endpoints.\n\n" +
				"Cause: assuming agency ops: GET " + iam + ": 404 Not Found: Could not find agency",
		},
		"404 of IAM, no such API": {
			err: login("assuming agency ops", 404, "APIGW.0101", ""), summary: "DCS API Not Found",
			detail: "The backups of the DCS instance \"i1\" could not be asked for: assuming agency ops failed.\n\n" +
				"The endpoint answers, but does not offer this API. Check region, cloud and endpoints of the provider block: " +
				"the request below shows where they lead.\n\n" +
				"Cause: assuming agency ops: GET " + iam + ": 404 Not Found, APIGW.0101",
		},
		"429": {
			err:     answer(429, "APIGW.0308", "policy user over ratelimit,limit:200,time:1 second"),
			summary: "DCS Requests Throttled",
			detail: "The service allows fewer requests than were made. The limit is 200 requests in 1 second.\n\n" +
				"Run Terraform again later, or with a lower -parallelism; a higher max_retries in the provider block makes it " +
				"try for longer." + listingIs + "429 Too Many Requests, APIGW.0308: policy user over " +
				"ratelimit,limit:200,time:1 second (request ID r1)",
		},
		"429 that names no limit": {
			err: answer(429, "", "slow down"), summary: "DCS Requests Throttled",
			detail: "The service allows fewer requests than were made.\n\n" +
				"Run Terraform again later, or with a lower -parallelism; a higher max_retries in the provider block makes it " +
				"try for longer." + listingIs + "429 Too Many Requests: slow down (request ID r1)",
		},
		"503": {
			err: answer(503, "", "an HTML page"), summary: "DCS Request Failed",
			detail: "The service could not list the backups of the DCS instance \"i1\".\n\n" +
				"The service, or a gateway before it, is out of order. Run Terraform again later; if it keeps failing, give the " +
				"request ID to the service's support." + listingIs + "503 Service Unavailable: an HTML page (request ID r1)",
		},
		"a redirect": {
			err: answer(302, "", ""), summary: "DCS Request Failed",
			detail: "The service could not list the backups of the DCS instance \"i1\".\n\n" +
				"The service answers with a redirect, which is not followed because it would hand a signature to another host. " +
				"Check endpoints of the provider block." + listingIs + "302 Found (request ID r1)",
		},
		"200 of a captive portal": {
			err: answer(200, "", "an HTML page"), summary: "DCS Request Failed",
			detail: "The answer is not what the service sends.\n\n" +
				"Something between this machine and the service may have answered instead, such as a proxy or a login page of " +
				"the network: check them, and endpoints of the provider block." + listingIs + "200 OK: an HTML page (request ID r1)",
		},
		"a certificate that is not trusted": {
			err:     &tls.CertificateVerificationError{Err: errors.New("unknown authority")},
			summary: "DCS Request Failed",
			detail: "The backups of the DCS instance \"i1\" could not be read.\n\nThe certificate of the service is not trusted. If " +
				"the service, or a proxy on the way, has one of an authority of your own, name the file of that authority's " +
				"certificate in cacert_file of the provider block.\n\n" +
				"Cause: tls: failed to verify certificate: unknown authority",
		},
		"a certificate of another host": {
			err: read(&tls.CertificateVerificationError{Err: x509.HostnameError{
				Certificate: &x509.Certificate{DNSNames: []string{"portal.example.com"}}, Host: "dcs.example.com",
			}}),
			summary: "DCS Request Failed",
			detail: "The backups of the DCS instance \"i1\" could not be read.\n\nThe certificate is that of another host: check " +
				"region, cloud and endpoints of the provider block, and the proxy that the environment names.\n\n" +
				"Cause: tls: failed to verify certificate: x509: certificate is valid for portal.example.com, not dcs.example.com",
		},
		"a certificate that has run out": {
			err: &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{
				Reason: x509.Expired, Detail: "current time is after 2026-01-01T00:00:00Z",
			}},
			summary: "DCS Request Failed",
			detail: "The backups of the DCS instance \"i1\" could not be read.\n\nThe certificate has run out, or is not valid yet: " +
				"check the clock of this machine. If that is right, whoever runs the service, or the proxy on the way, has to " +
				"renew the certificate.\n\nCause: tls: failed to verify certificate: x509: certificate has expired or is not yet " +
				"valid: current time is after 2026-01-01T00:00:00Z",
		},
		"a host that does not exist": {
			err:     read(&net.DNSError{Err: "no such host", Name: "dcs.x.myhuaweicloud.com", IsNotFound: true}),
			summary: "DCS Request Failed",
			detail: "The backups of the DCS instance \"i1\" could not be read.\n\n" +
				"There is no host of that name: check region, cloud and endpoints of the provider block.\n\n" +
				"Cause: lookup dcs.x.myhuaweicloud.com: no such host",
		},
		"a broken connection": {
			err:     read(&transport.ConnectionError{Method: http.MethodGet, URL: listing, Attempts: 6, Err: errors.New("reset")}),
			summary: "DCS Request Failed",
			detail: "The backups of the DCS instance \"i1\" could not be read.\n\nCheck the network between this machine and the " +
				"service, the proxy that the environment names, and region, cloud and endpoints of the provider block.\n\n" +
				"Cause: GET " + listing + " (6 attempts)",
		},
		"a proxy that does not connect": {
			err:     read(&transport.ConnectionError{Method: http.MethodGet, URL: listing, Err: &transport.ProxyError{Status: 407}}),
			summary: "DCS Request Failed",
			detail: "The backups of the DCS instance \"i1\" could not be read.\n\nThe proxy that HTTPS_PROXY or HTTP_PROXY names does " +
				"not connect to the service. If it wants a login, put user name and password into its URL; if it need not be " +
				"used for this host, name the host in NO_PROXY.\n\nCause: GET " + listing,
		},
		"a connection that took too long": {
			err: read(&transport.ConnectionError{
				Method: http.MethodGet, URL: listing, Err: fmt.Errorf("dial tcp: %w", context.DeadlineExceeded),
			}),
			summary: "DCS Request Failed",
			detail: "The backups of the DCS instance \"i1\" could not be read.\n\nCheck the network between this machine and the " +
				"service, the proxy that the environment names, and region, cloud and endpoints of the provider block.\n\n" +
				"Cause: GET " + listing,
		},
		"a secret in an error": {
			err: errors.New("cannot parse " + secretKey), summary: "DCS Request Failed",
			detail: "The backups of the DCS instance \"i1\" could not be read.\n\nCause: cannot parse ***",
		},
		"anything else": {
			err: fmt.Errorf("reading the ID token: %w", errors.New("permission denied")), summary: "DCS Request Failed",
			detail: "The backups of the DCS instance \"i1\" could not be read.\n\n" +
				"Cause: reading the ID token: permission denied",
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got := d.explain(test.err, ask)
			if got.Severity() != diag.SeverityError || got.Summary() != test.summary {
				t.Errorf("summary: %q, want %q", got.Summary(), test.summary)
			}

			if diff := cmp.Diff(test.detail, got.Detail()); diff != "" {
				t.Errorf("detail (-want +got):\n%s", diff)
			}

			path := ""
			if at, ok := got.(diag.DiagnosticWithPath); ok {
				path = at.Path().String()
			}

			if path != test.path {
				t.Errorf("path: %q, want %q", path, test.path)
			}
		})
	}
}
