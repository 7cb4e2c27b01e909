// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/transport"
)

// The summaries of errors that several functions return.
const (
	summaryRequestFailed = "DCS Request Failed"
	summaryTimedOut      = "Timed Out Reading DCS Backups"
	summaryNotPermitted  = "DCS Request Not Permitted"
	summaryAPINotFound   = "DCS API Not Found"
	summaryKeepsChanging = "DCS Backups Keep Changing"

	summaryInstanceNotFound = "DCS Instance Not Found"
)

// read describes a read to the explanation of the error that ended it.
type read struct {
	// subject is what is read from, e.g. `DCS instance "x"`, and what is what is read: `the backups of DCS instance "x"`.
	subject, what string
	// block stands for the block of the data source, and argument is the argument that names the subject.
	block, argument path.Path
	// arguments are those that the request was made from, and narrowBy those that make the read smaller.
	arguments []string
	narrowBy  string
	// permission is the IAM permission that the read needs.
	permission string
	scope      auth.Scope
	timeout    timeout
	// spent is how long the read took, and progress how far it got.
	spent    time.Duration
	progress progress
}

// isOfInstance reports whether r is the read of one instance, which an argument names.
func (r read) isOfInstance() bool { return len(r.argument.Steps()) > 0 }

// place names the project and the region of the read.
func (r read) place() string {
	return fmt.Sprintf("project %q of region %q", r.scope.ProjectID, r.scope.Region)
}

// explanation is the text of a diagnostic: what happened, what to do about it, and the cause. Only what is always there.
type explanation struct {
	summary string
	// argument is the argument that the error is about, empty where there is none.
	argument          path.Path
	what, todo, cause string
}

func (e explanation) detail() string {
	var paragraphs []string

	for _, paragraph := range []string{e.what, e.todo, e.cause} {
		if paragraph != "" {
			paragraphs = append(paragraphs, paragraph)
		}
	}

	return strings.Join(paragraphs, "\n\n")
}

// diagnostic returns e as an error without secrets, at the block where it is about no argument.
func (p *ProviderData) diagnostic(block path.Path, e explanation) diag.Diagnostic {
	at := e.argument
	if len(at.Steps()) == 0 {
		at = block
	}

	return diag.NewAttributeErrorDiagnostic(at, e.summary, p.client.Redact(e.detail()))
}

// explain returns the diagnostic for err, which ended r.
func (p *ProviderData) explain(err error, r read) diag.Diagnostic {
	e, _ := p.explanation(err, r)

	return p.diagnostic(r.block, e)
}

// explanation explains err, which ended r. reported says that another read of the run has reported it in full.
func (p *ProviderData) explanation(err error, r read) (e explanation, reported bool) {
	if refused, ok := errors.AsType[*auth.RefusedError](err); ok {
		if reporter, reported := p.refusals.report(refused, r.subject); reported {
			return refusedAgain(refused, reporter), true
		}
	}

	return p.explainError(err, r), false
}

// explainError explains err, which ended r, in full.
func (p *ProviderData) explainError(err error, r read) explanation {
	var (
		config   *ConfigError
		missing  *auth.MissingError
		refused  *auth.RefusedError
		project  *auth.ProjectError
		idToken  *auth.IDTokenFileError
		wait     *transport.WaitError
		response *transport.Error
		broken   *transport.ConnectionError
	)

	switch {
	case errors.As(err, &config):
		return explanation{summary: config.Summary, argument: config.Argument, what: config.Detail}
	case errors.As(err, &missing):
		return missingCredentials(missing)
	case errors.As(err, &refused):
		return refusedCredentials(refused)
	case errors.Is(err, auth.ErrNoRegion):
		return missingRegion(r)
	case errors.As(err, &project):
		return p.projectNotFound(project)
	case errors.As(err, &idToken):
		return unusableIDToken(idToken)
	case errors.Is(err, dcsapi.ErrKeepsChanging):
		return keepsChanging(r)
	case errors.Is(err, dcsapi.ErrNoOverlap):
		return noOverlap(err, r)
	case errors.As(err, &wait):
		return waitTooLong(wait, r)
	case errors.As(err, &broken):
		// A timeout of the connection is not the deadline of the read.
		return noResponse(err, r)
	case errors.Is(err, context.DeadlineExceeded):
		return timedOut(err, r)
	case errors.Is(err, context.Canceled):
		return interrupted(err, r)
	case errors.As(err, &response):
		return failedResponse(response, err, r)
	default:
		return noResponse(err, r)
	}
}

func missingCredentials(err *auth.MissingError) explanation {
	e := explanation{
		summary: "No DCS Credentials Found",
		what: "No credentials were found. These places were looked at, in this order:\n\n  - " +
			strings.Join(err.Looked, "\n  - "),
		todo: "Set `access_key` and `secret_key` in the provider block, or HW_ACCESS_KEY and HW_SECRET_KEY in the " +
			"environment. The provider's documentation lists the other ways to log in.",
	}

	if err.Err != nil {
		e.cause = "Cause: the ECS metadata service, the last resort, gave no credentials: " + err.Err.Error()
	}

	return e
}

func refusedCredentials(err *auth.RefusedError) explanation {
	e := explanation{
		summary: summaryRefused,
		what:    fmt.Sprintf("The service does not accept the credentials (%s).", err.From),
		todo: "Check that they are complete, belong to this cloud, and have not expired or been deleted, and that the clock of " +
			"this machine is right. They are not tried again in this run, because the service locks a key after several failures.",
		cause: cause(err.Err),
	}

	switch {
	case err.Locked:
		e.todo = "The service has locked the key after too many failures, and refuses it for some minutes even with the right " +
			"secret key. Find what uses the key with a wrong secret key, wait five minutes, and run Terraform again."
	case err.Skew.Abs() > auth.MaxSkew:
		e.todo = fmt.Sprintf("The clock of this machine is %s that of the service, which accepts requests dated within %s of "+
			"its own time. Set the clock, and run Terraform again.", clockOffset(err.Skew), durationText(auth.MaxSkew))
	case err.Profile:
		e.todo += " KooCLI encrypts keys by default, and the service does not know an encrypted key: run `hcloud configure set " +
			"--cli-auth-encrypt=false`, and configure the profile again. If its mode is SSO, log in with hcloud again."
	}

	return e
}

const summaryRefused = "DCS Credentials Not Accepted"

// refusedAgain refers to the error of the read that reported the same refusal.
func refusedAgain(err *auth.RefusedError, reporter string) explanation {
	code := ""
	if err.Err.Code != "" {
		code = ", " + err.Err.Code
	}

	return explanation{
		summary: summaryRefused,
		what: fmt.Sprintf("The service does not accept the credentials (%s): %d %s%s. See the error of %s for the rest.",
			err.From, err.Err.Status, http.StatusText(err.Err.Status), code, reporter),
	}
}

// clockOffset says where this machine's clock is when the service's is ahead of it by skew.
func clockOffset(skew time.Duration) string {
	if skew > 0 {
		return durationText(skew) + " behind"
	}

	return durationText(skew.Abs()) + " ahead of"
}

func missingRegion(r read) explanation {
	return explanation{
		summary:  "Missing DCS Region",
		argument: path.Root("region"),
		what:     fmt.Sprintf("Neither the data source nor the provider names the region of %s.", r.subject),
		todo:     "Set `region` here or in the provider block, or HW_REGION_NAME in the environment, e.g. to cn-north-4.",
	}
}

func unusableIDToken(err *auth.IDTokenFileError) explanation {
	return explanation{
		summary: "Unusable ID Token File",
		what:    fmt.Sprintf("`id_token_file` is %q, but that file cannot be used as an ID token.", err.File),
		todo: "Check that the file exists, that this user is permitted to read it, and that it holds the ID token and nothing " +
			"else. The job that runs Terraform has to write it, and to replace it before the token expires.",
		cause: cause(err.Err),
	}
}

// maxProjectText is what is shown of a project's name and ID. The vendor allows 64 characters for the name, and IDs have 32.
const maxProjectText = 150

func (p *ProviderData) projectNotFound(err *auth.ProjectError) explanation {
	e := explanation{
		summary:  "DCS Project Not Found",
		argument: path.Root("project_id"),
		what: fmt.Sprintf("IAM has no project named %q in region %q that these credentials are allowed to use.",
			err.Name, err.Region),
		todo: "Set `project_id`, here or in the provider block, to the ID that the console shows under My Credentials. If the " +
			"name is wrong, correct the provider's `region` or `project_name`.",
	}

	if !err.Own {
		e.todo = "Set `project_id` of this data source to the ID that the console shows under My Credentials, or correct " +
			"`region`: the provider's own `project_id` and `project_name` are not used for another region."
	}

	if len(err.Found) > 0 {
		var found []string
		for _, project := range err.Found {
			found = append(found, p.shownUpTo(maxProjectText, project))
		}

		if err.More > 0 {
			found = append(found, fmt.Sprintf("and %d more", err.More))
		}

		e.summary = "DCS Project Not Unique"
		e.what = fmt.Sprintf("IAM has several projects named %q in region %q:\n\n  - %s",
			err.Name, err.Region, strings.Join(found, "\n  - "))
		e.todo = "Set `project_id`, here or in the provider block, to the right one of these IDs."

		if !err.Own {
			e.todo = "Set `project_id` of this data source to the right one of these IDs."
		}
	}

	return e
}

func keepsChanging(r read) explanation {
	return explanation{
		summary: summaryKeepsChanging,
		what: fmt.Sprintf("Backup records were added or removed during each attempt to read %s, so no attempt is known to have "+
			"read every record exactly once. %s", r.what, r.progress),
		todo: fmt.Sprintf("Run Terraform again when no backups are being created or deleted. A smaller read takes fewer requests "+
			"and is less likely to be disturbed: set %s.", r.narrowBy),
	}
}

// noOverlap explains that a listing of several pages cannot be read exactly.
func noOverlap(err error, r read) explanation {
	e := explanation{
		summary: summaryRequestFailed,
		what:    fmt.Sprintf("The service lists %s in several pages, between which a record could be missing.", r.what),
		todo:    "Tell the service's support that it lists elements that are null or have no ID.",
		cause:   cause(err),
	}

	if r.isOfInstance() {
		e.todo = fmt.Sprintf("Set %s to read one page. %s", r.narrowBy, e.todo)
	}

	return e
}

// waitTooLong explains that a wait was not begun because it would have ended after the deadline of the read.
func waitTooLong(wait *transport.WaitError, r read) explanation {
	length := durationText(wait.Wait)
	enough := r.enough(min(wait.Wait, maxWait) + r.pace())

	var todo string

	switch {
	case enough <= maxAdvice:
		todo = fmt.Sprintf("Allow more time: timeouts { read = %q }. Or run Terraform again later.", durationText(enough))
	case wait.Wait <= maxWait:
		todo = fmt.Sprintf("Run Terraform again in %s.", durationText(roundUp(wait.Wait)))
	default:
		length = "more than 30 days"
		todo = "Run Terraform again later. If the service still asks for such a wait, report it to its support."
	}

	return explanation{
		summary:  summaryTimedOut,
		argument: pathReadTimeout,
		what: fmt.Sprintf("The next attempt to read %s would have to wait for %s, longer than the time that is left: %s. %s",
			r.what, length, r.timeout, r.progress) + rateLimit(wait.Err),
		todo:  todo,
		cause: cause(wait.Err),
	}
}

func timedOut(err error, r read) explanation {
	e := explanation{
		summary:  summaryTimedOut,
		argument: pathReadTimeout,
		what:     fmt.Sprintf("%s could not be read in time: %s. %s", capitalize(r.what), r.timeout, r.progress),
	}

	allow := "run Terraform again later"

	if enough := r.enough(r.rest()); enough <= maxAdvice {
		allow = fmt.Sprintf("allow more time: timeouts { read = %q }", durationText(enough))
	}

	var interrupted *transport.InterruptedError

	sent := errors.As(err, &interrupted) && interrupted.Attempts > 0

	var response *transport.Error

	switch {
	case r.progress.requests != 0 && r.narrowBy != "":
		e.todo = fmt.Sprintf("%s. Or read fewer %s: set %s.", capitalize(allow), r.progress.items, r.narrowBy)
	case r.progress.requests != 0:
		e.todo = capitalize(allow) + "."
	case !sent:
		e.what += " Its request had not been sent yet: it was waiting for the credentials, the project or another read."
		e.todo = capitalize(allow) + "."
	case errors.As(interrupted.Last, &response):
		e.todo = capitalize(allow) + "."
	default:
		e.todo = "Check the network between this machine and the service. If the service is slow, " + allow + "."
	}

	return e.withLastAttempt(err)
}

func interrupted(err error, r read) explanation {
	return explanation{
		summary: "Reading DCS Backups Interrupted",
		what:    fmt.Sprintf("Terraform was interrupted before %s had been read.", r.what),
		todo:    "Run Terraform again to read them.",
	}.withLastAttempt(err)
}

// withLastAttempt adds how the latest attempt had failed before the read ended.
func (e explanation) withLastAttempt(err error) explanation {
	var interrupted *transport.InterruptedError
	if errors.As(err, &interrupted) && interrupted.Last != nil && !errors.Is(interrupted.Last, interrupted.Err) {
		e.what += rateLimit(interrupted.Last)
		e.cause = "Cause of the last failed attempt: " + interrupted.Last.Error()
	}

	return e
}

// maxAdvice is the longest timeout that is recommended. A plan that waits for longer is better run again.
const maxAdvice = time.Hour

// maxWait is the longest wait that is told exactly, and counted. The service's longest windows are of a day.
const maxWait = 30 * 24 * time.Hour

// enough returns a timeout that covers the time spent and more, in whole minutes and above the current timeout.
func (r read) enough(more time.Duration) time.Duration {
	if more > maxAdvice {
		return more
	}

	return roundUp(max(r.spent+more, r.timeout.duration+time.Nanosecond))
}

// rest estimates how long the rest of the read takes: as long as its pace so far says, and at least as long as it has taken.
func (r read) rest() time.Duration { return max(r.spent, r.pace()) }

// pace estimates how long the rest of the read takes at its pace so far, 0 where that is not known.
func (r read) pace() time.Duration {
	if r.progress.read == 0 {
		return 0
	}

	left := max(0, r.progress.total-int64(r.progress.read))

	// The service's count may be absurd.
	return time.Duration(min(float64(r.spent)*float64(left)/float64(r.progress.read), float64(maxWait)))
}

// roundUp rounds d up to whole minutes.
func roundUp(d time.Duration) time.Duration {
	return (d + time.Minute - 1).Truncate(time.Minute)
}

// durationText returns d, in whole seconds where it has any, as it is written in HCL: 5m and not 5m0s.
func durationText(d time.Duration) string {
	unit := time.Second
	if d < unit {
		unit = time.Millisecond
	}

	text := d.Round(unit).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}

	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}

	return text
}

// progress is how far a read got before it failed.
type progress struct {
	// items names what is read, in the plural.
	items string
	// read is how many items were read, total how many there are (negative where that is unknown), and requests how many
	// requests for them were answered, or uncounted.
	read     int
	total    int64
	requests int
}

// uncounted says that the number of requests is not known, and not 0.
const uncounted = -1

// maxTotal is the largest count of the service that is believed.
const maxTotal = 1e9

// listingProgress returns how far the read of a listing of items got that err ended.
func listingProgress(err error, items string) progress {
	p := progress{items: items, total: -1}

	if failure, ok := errors.AsType[*dcsapi.ReadError](err); ok {
		p.read, p.requests = failure.Read, failure.Requests

		if failure.TotalNum <= maxTotal {
			p.total = failure.TotalNum
		}
	}

	return p
}

// String returns p as a sentence.
func (p progress) String() string {
	if p.requests == 0 {
		return "No " + p.items + " had been read."
	}

	of, items := "", p.items

	switch {
	case p.total >= 0:
		of = fmt.Sprintf(" of %d", p.total)
	case p.read == 1:
		items = strings.TrimSuffix(items, "s")
	}

	with := ""
	if p.requests != uncounted {
		with = " with " + plural(p.requests, "request")
	}

	return fmt.Sprintf("%d%s %s had been read%s.", p.read, of, items, with)
}

// stateTooLarge explains that the state has more bytes than fit into a message. narrowBy are the arguments that make it
// smaller.
func (p *ProviderData) stateTooLarge(block path.Path, size int, narrowBy string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(block, "DCS State Too Large", fmt.Sprintf(
		"The backups were read, but their state of %d MiB is larger than the %d MiB that Terraform accepts from a provider.\n\n"+
			"Keep fewer records: set %s.", (size+1<<20-1)>>20, p.maxState>>20, narrowBy))
}

func cause(err error) string { return "Cause: " + err.Error() }

func capitalize(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
