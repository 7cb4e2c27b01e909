// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/transport"
)

// badAnswer explains an answer that is not the one asked for.
func badAnswer(answer *transport.Error, err error, ask request) explanation {
	e := explanation{
		summary: "DCS Request Failed",
		what:    fmt.Sprintf("The service could not list the backups of the DCS instance %q.", ask.query.InstanceID),
		cause:   cause(err),
	}

	var login *auth.LoginError

	isLogin := errors.As(err, &login)
	if isLogin {
		e.what = fmt.Sprintf("The backups of the DCS instance %q could not be asked for: %s failed.",
			ask.query.InstanceID, login.Doing)
	}

	switch status := answer.Status; {
	case status == http.StatusUnauthorized:
		e.summary = "DCS Request Not Authorized"
		e.todo = "Check that the credentials have not run out, that project_id is the project they are for, and that the " +
			"clock of this machine is right."
	case status == http.StatusTooManyRequests:
		e.summary = "DCS Requests Throttled"
		e.what = "The service allows fewer requests than were made." + throttle(answer)
		e.todo = "Run Terraform again later, or with a lower -parallelism; a higher max_retries in the provider block " +
			"makes it try for longer."
	case status >= 300 && status < 400:
		e.todo = "The service answers with a redirect, which is not followed because it would hand a signature to another " +
			"host. Check endpoints of the provider block."
	case status >= 500:
		e.todo = "The service, or a gateway before it, is out of order. Run Terraform again later; if it keeps failing, " +
			"give the request ID to the service's support."
	case status < 300:
		e.what = "The answer is not what the service sends."
		e.todo = "Something between this machine and the service may have answered instead, such as a proxy or a login " +
			"page of the network: check them, and endpoints of the provider block."
	case isLogin:
		e.refusedLogin(answer)
	default:
		e.refusedListing(answer, ask.query)
	}

	return e
}

// refusedLogin explains what IAM or STS says no to.
func (e *explanation) refusedLogin(answer *transport.Error) {
	switch {
	case answer.Status == http.StatusBadRequest:
		e.todo = "IAM or STS does not accept what it was asked for, and the cause says why: check the arguments of the " +
			"provider block that it is about."
	case answer.Status == http.StatusForbidden:
		e.summary = "DCS Request Not Permitted"
		e.todo = "The credentials may not make the request below. Have an administrator of the account grant it; if it " +
			"looks up the project, setting project_id makes it unnecessary."
	case answer.Status == http.StatusNotFound && isUnpublished(answer):
		e.summary = "DCS API Not Found"
		e.todo = "The endpoint answers, but does not offer this API. Check region, cloud and endpoints of the provider " +
			"block: the request below shows where they lead."
	case answer.Status == http.StatusNotFound:
		e.todo = "IAM or STS does not know what the request is about: check the names and IDs of agency and account in the " +
			"provider block, and its endpoints."
	}
}

// refusedListing explains what DCS says no to.
func (e *explanation) refusedListing(answer *transport.Error, query dcsapi.Query) {
	instance := fmt.Sprintf("the DCS instance %q in project %q of region %q",
		query.InstanceID, query.Scope.ProjectID, query.Scope.Region)

	switch {
	case answer.Status == http.StatusBadRequest && answer.Code == "DCS.4095":
		e.summary = "Instance Cannot Have Backups"
		e.argument = path.Root("instance_id")
		e.what = fmt.Sprintf("The DCS instance %q is a single-node instance, and those have no backups.", query.InstanceID)
		e.todo = "Remove this data source, or name an instance of another type."
	case answer.Status == http.StatusBadRequest:
		e.todo = "The service does not accept the request. Check instance_id, project_id, begin_time and end_time."
	case answer.Status == http.StatusForbidden:
		e.summary = "DCS Request Not Permitted"
		e.what = fmt.Sprintf("The credentials may not list the backups of %s.", instance)
		e.todo = "Have an administrator of the account grant the IAM permission dcs:instance:getDataBackupLog in that " +
			"project."
	case answer.Status == http.StatusNotFound && isUnpublished(answer):
		e.summary = "DCS API Not Found"
		e.what = fmt.Sprintf("The endpoint answers, but does not offer the API that lists backups. It was asked for those of %s.",
			instance)
		e.todo = "Check region, cloud and endpoints of the provider block: the request below shows where they lead."
	case answer.Status == http.StatusNotFound:
		e.summary = "DCS Instance Not Found"
		e.argument = path.Root("instance_id")
		e.what = fmt.Sprintf("There is no %s.", strings.TrimPrefix(instance, "the "))
		e.todo = "Check instance_id, and that region and project_id are those of the instance."

		// DCS itself gives its reason a code.
		if answer.Code == "" {
			e.what = fmt.Sprintf("Nothing was found where %s would be.", instance)
			e.todo += " If they are right, the endpoint is not one of DCS: check endpoints of the provider block."
		}
	}
}

// isUnpublished reports whether the gateway knows of no such API, as opposed to the service knowing of no such instance.
// Older gateways say APIG.
func isUnpublished(answer *transport.Error) bool {
	return answer.Code == "APIGW.0101" || answer.Code == "APIG.0101"
}

// throttlingLimit is how the gateway names a limit, e.g. "policy user over ratelimit,limit:200,time:5 minute".
var throttlingLimit = regexp.MustCompile(`limit:\s*(\d+),\s*time:\s*(\d+)\s*(\w+?)s?\b`)

// throttle names the limit that answer tells of, if any.
func throttle(answer *transport.Error) string {
	limit := throttlingLimit.FindStringSubmatch(answer.Message)
	if limit == nil {
		return ""
	}

	calls, span, unit := limit[1], limit[2], limit[3]
	if span != "1" {
		unit += "s"
	}

	return fmt.Sprintf(" The limit is %s requests in %s %s.", calls, span, unit)
}
