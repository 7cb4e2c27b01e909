// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/transport"
)

// gatewayCode returns the number of an error code of the API gateway, e.g. 0101, empty where it is none. Older gateways
// write APIG. Source: APIG user guide, error codes.
func gatewayCode(code string) string {
	for _, prefix := range []string{"APIGW.", "APIG."} {
		if number, ok := strings.CutPrefix(code, prefix); ok {
			return number
		}
	}

	return ""
}

// failedResponse explains a response that is not what the request expects.
func failedResponse(response *transport.Error, err error, r read) explanation {
	e := explanation{
		summary: summaryRequestFailed,
		what:    fmt.Sprintf("The service did not list %s.", r.what),
		cause:   cause(err),
	}

	login := failedStep(err)
	if login != nil {
		e.what = fmt.Sprintf("%s could not be read, because %s failed.", capitalize(r.what), login.Doing)
	}

	switch status := response.Status; {
	case status == http.StatusUnauthorized:
		e.unauthorized(response)
	case status == http.StatusTooManyRequests:
		e.summary = "DCS Requests Throttled"
		e.what = "The service allows fewer requests than were sent." + rateLimit(response)
		e.todo = "Run Terraform again later, or with a lower -parallelism."
	case status == http.StatusProxyAuthRequired:
		e.todo = todoProxyLogin
	case status >= 300 && status < 400:
		e.todo = "The response is a redirect, which is not followed, because that would send the signature to another host. " +
			"Check `endpoints` of the provider block."
	case status >= 500:
		e.todo = "The service, or a gateway in front of it, has failed. Run Terraform again later. If it keeps failing, give the " +
			"request ID to the service's support."
	case status < 300 && isServiceError(response):
		e.what = fmt.Sprintf("The service sent an error with the status %d.", status)
		e.todo = "The cause is in the service's own words. Run Terraform again later. If it keeps failing, give the request ID " +
			"to the service's support."
	case status < 300 && isTooLarge(response):
		e.what = "The response is larger than the provider reads."
		e.todo = "Check what has answered: the URL below shows where `endpoints` of the provider block lead."

		if login == nil && r.isOfInstance() {
			e.todo = fmt.Sprintf("Set %s to read less at once. If that does not help, check what has answered: the URL below shows "+
				"where `endpoints` of the provider block lead.", r.narrowBy)
		}
	case status < 300:
		e.what = "The response is not one of the service."
		e.todo = "A proxy, or a login page of the network, may have answered instead. Check them, and `endpoints` of the provider " +
			"block."
	case login != nil:
		e.failedLogin(login, response)
	default:
		e.failedListing(response, r)
	}

	return e
}

// isServiceError reports whether response, with a status of success, is an error of the service.
func isServiceError(response *transport.Error) bool {
	_, ok := errors.AsType[*transport.ServiceError](response)

	return ok || response.Code != ""
}

// isTooLarge reports whether response is larger than what is read of a response.
func isTooLarge(response *transport.Error) bool {
	_, ok := errors.AsType[*dcsapi.TooManyError](response)

	return ok || errors.Is(response, transport.ErrBodyTooLarge)
}

// unauthorized explains a 401 for credentials that are accepted otherwise.
func (e *explanation) unauthorized(response *transport.Error) {
	e.summary = "DCS Request Not Authorized"
	e.todo = "Check that the credentials have not expired, that `project_id` is the project that they are for, and that the " +
		"clock of this machine is right."

	if response.Code == auth.CodeOtherProject {
		e.argument = path.Root("project_id")
		e.todo = "Check that `project_id` is the project that the credentials are for: a token is for one project. Check also that the " +
			"clock of this machine is right."
	}
}

// failedStep returns the step of the login that err is about, nil where there is none: a step may fail because one before it
// does.
func failedStep(err error) *auth.LoginError {
	var step, login *auth.LoginError
	for errors.As(err, &login) {
		step, err = login, login.Err
	}

	return step
}

// failedLogin explains an error of IAM or STS.
func (e *explanation) failedLogin(login *auth.LoginError, response *transport.Error) {
	switch {
	case response.Status == http.StatusBadRequest:
		e.todo = "IAM or STS does not accept the request, and the cause says why. Check the arguments of the provider block that " +
			"it is about."
	case response.Status == http.StatusForbidden:
		e.summary = summaryNotPermitted
		e.todo = "The credentials are not allowed to make this request. Have an administrator of the account grant the permission."

		if login.Project {
			e.todo = "The credentials are not allowed to list projects. Set `project_id`, here or in the provider block, or have " +
				"an administrator of the account grant the permission."

			if !login.Own {
				e.todo = "The credentials are not allowed to list projects. Set `project_id` of this data source, or have an " +
					"administrator of the account grant the permission."
			}
		}
	case response.Status == http.StatusNotFound && gatewayCode(response.Code) == "0101":
		e.summary = summaryAPINotFound
		e.todo = "The endpoint does not offer this API. Check `region`, `cloud` and `endpoints` of the provider block: the URL " +
			"below shows where they lead."
	case response.Status == http.StatusNotFound && login.Project:
		e.todo = "Check `endpoints.iam` and `cloud` of the provider block: the URL below shows where they lead."
	case response.Status == http.StatusNotFound:
		e.todo = "IAM or STS does not know what the request is about. Check the names and IDs of the agencies, accounts and identity " +
			"providers in the provider block, and its `endpoints`."
	}
}

// failedListing explains an error of DCS, or of the gateway in front of it.
func (e *explanation) failedListing(response *transport.Error, r read) {
	switch response.Status {
	case http.StatusBadRequest:
		e.badRequest(response, r)
	case http.StatusForbidden:
		e.forbidden(response, r)
	case http.StatusNotFound:
		e.notFound(response, r)
	}
}

func (e *explanation) badRequest(response *transport.Error, r read) {
	switch {
	case dcsapi.IsBackupUnsupported(response) && r.isOfInstance():
		e.summary = "Instance Cannot Have Backups"
		e.argument = r.argument
		e.what = r.subject + " is a single-node instance, and single-node instances have no backups."
		e.todo = "Remove this data source, or name another instance."
	case transport.Retryable(response): // Of the responses with status 400 only those for a busy instance are.
		e.summary = "DCS Instance Busy"
		e.what = fmt.Sprintf("A backup or a restore is running, and the service does not list %s meanwhile.", r.what)
		e.todo = "Run Terraform again when no backup or restore is running. A higher `max_retries` in the provider block makes the " +
			"provider retry for longer."
	default:
		e.what = fmt.Sprintf("The service does not accept the request for %s.", r.what)
		e.todo = "Check " + list(r.arguments) + ". The cause says what has answered, and why."
	}
}

func (e *explanation) forbidden(response *transport.Error, r read) {
	e.summary = summaryNotPermitted

	switch number := gatewayCode(response.Code); {
	case number == "0310":
		e.what = fmt.Sprintf("The API gateway refuses the request for %s: project %q is not available.", r.what, r.scope.ProjectID)
		e.todo = "Check `project_id` and `region`, and that the account is neither frozen nor in arrears."
	case number == "0802":
		e.what = fmt.Sprintf("The API gateway refuses the request for %s: the account does not allow this IAM user to use region %q.",
			r.what, r.scope.Region)
		e.todo = "Have an administrator of the account allow the region for the IAM user, or correct `region`."
	case strings.HasPrefix(number, "03"):
		e.what = fmt.Sprintf("The API gateway refuses the request for %s before DCS sees it. It was sent to %s.", r.what, r.place())
		e.todo = "The cause is in the gateway's own words. Check `project_id` and `region`, and that the account is allowed to use " +
			"the API of DCS there."
	default:
		e.what = fmt.Sprintf("The credentials are not allowed to list %s in %s.", r.what, r.place())
		e.todo = fmt.Sprintf("Have an administrator of the account grant the IAM permission %s in that project.", r.permission)

		if response.Code == "" {
			e.todo += " If the response is not from DCS, a proxy or a firewall has refused the request: check them."
		}
	}
}

func (e *explanation) notFound(response *transport.Error, r read) {
	switch {
	case dcsapi.IsInstanceNotFound(response):
		e.summary = summaryInstanceNotFound
		e.argument = r.argument
		e.what = fmt.Sprintf("There is no %s in %s.", r.subject, r.place())
		e.todo = "Check `instance_id`, and that `region` and `project_id` are those of the instance."
	case gatewayCode(response.Code) == "0101":
		e.summary = summaryAPINotFound
		e.what = fmt.Sprintf("The endpoint does not offer the API that lists %s in %s.", r.what, r.place())
		e.todo = "Check `region`, `cloud` and `endpoints` of the provider block: the URL below shows where they lead."
	case strings.HasPrefix(response.Code, "DCS."):
		e.what = fmt.Sprintf("DCS answered the request for %s in %s with status 404, and the code %s does not say that the "+
			"instance does not exist.", r.what, r.place(), response.Code)
		e.todo = "The cause is in the service's own words. Check the URL below, and with it `endpoints` of the provider block, " +
			list(r.arguments) + "."
	default:
		e.what = fmt.Sprintf("The request for %s in %s was answered with status 404, but without a code of DCS. That does not "+
			"mean that the instance does not exist.", r.what, r.place())
		e.todo = "A gateway or a proxy in front of DCS has probably answered. Check `region`, `cloud` and `endpoints` of the " +
			"provider block: the URL below shows where they lead."
	}
}

// list returns items, two or more, as an enumeration in a sentence.
func list(items []string) string {
	last := len(items) - 1

	return strings.Join(items[:last], ", ") + " and " + items[last]
}

// rateLimit returns a sentence about the limit that err, a 429, names; empty where it names none.
func rateLimit(err error) string {
	var response *transport.Error
	if !errors.As(err, &response) || response.Limit == nil {
		return ""
	}

	return fmt.Sprintf(" The limit is %s.", response.Limit)
}
