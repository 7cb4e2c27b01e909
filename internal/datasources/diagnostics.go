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
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/transport"
)

// explain returns what the user is told of err, which ended the read of ask. No secret is in it.
func (d *instanceBackups) explain(err error, ask request) diag.Diagnostic {
	e := explanationOf(err, ask)
	detail := d.client.Redact(e.detail())

	if e.argument.Equal(path.Empty()) {
		return diag.NewErrorDiagnostic(e.summary, detail)
	}

	return diag.NewAttributeErrorDiagnostic(e.argument, e.summary, detail)
}

// explainMisfits returns a warning for each field whose values did not fit. The field is part of the summary because
// Terraform shows only the first of several warnings that have the same one.
func (d *instanceBackups) explainMisfits(misfits []dcsapi.Misfit) diag.Diagnostics {
	var diags diag.Diagnostics

	for _, m := range misfits {
		record := "A backup record without an ID"
		if m.BackupID != "" {
			record = fmt.Sprintf("Backup record %q", shorten(d.client.Redact(m.BackupID)))
		}

		more := ""
		if m.More > 0 {
			more = fmt.Sprintf(" So do %s.", plural(m.More, "further record"))
		}

		diags.AddWarning("Unreadable Backup Field "+m.Field, fmt.Sprintf(
			"%s has a value in %s that is not of the field's type: %s.%s The field is null in the state.\n\nThe other fields "+
				"are not affected. Please report this to the provider developers: the service may have changed its "+
				"API.", record, m.Field, shorten(d.client.Redact(m.Value)), more))
	}

	return diags
}

// shorten returns what is shown of a text that may be of any length. Secrets in it must have been hidden before: one that
// is cut would not be found.
func shorten(text string) string {
	const most = 60

	runes := []rune(text)
	if len(runes) <= most {
		return text
	}

	return string(runes[:most]) + "…"
}

// explanation is what the user is told of an error.
type explanation struct {
	summary string
	// argument is the one to blame, empty where there is none.
	argument path.Path
	// what happened, what to do about it, and the cause in the words of whoever noticed. Only what is always there.
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

func explanationOf(err error, ask request) explanation {
	var (
		missing *auth.MissingError
		refused *auth.RefusedError
		project *auth.ProjectError
		wait    *transport.WaitError
		answer  *transport.Error
		broken  *transport.ConnectionError
	)

	switch {
	case errors.As(err, &missing):
		return missingCredentials(missing)
	case errors.As(err, &refused):
		return refusedCredentials(refused)
	case errors.Is(err, auth.ErrNoRegion):
		return missingRegion(ask)
	case errors.As(err, &project):
		return unknownProject(project)
	case errors.Is(err, dcsapi.ErrKeepsChanging):
		return keepsChanging(err, ask)
	case errors.As(err, &wait):
		return waitTooLong(err, wait, ask)
	case errors.As(err, &broken):
		// Its time-out is no deadline of the read.
		return noAnswer(err, ask)
	case errors.Is(err, context.DeadlineExceeded):
		return timedOut(err, ask)
	case errors.Is(err, context.Canceled):
		return interrupted(err, ask)
	case errors.As(err, &answer):
		return badAnswer(answer, err, ask)
	default:
		return noAnswer(err, ask)
	}
}

func missingCredentials(err *auth.MissingError) explanation {
	looked := make([]string, len(err.Looked))
	for i, place := range err.Looked {
		looked[i] = "  - " + place
	}

	e := explanation{
		summary: "No DCS Credentials Found",
		what: "None of the places that credentials can come from has any. These were looked at, in this order:\n\n" +
			strings.Join(looked, "\n"),
		todo: "Set access_key and secret_key in the provider block, or HW_ACCESS_KEY and HW_SECRET_KEY in the environment, " +
			"or choose another way of logging in: the provider's documentation lists them.",
	}

	if err.Err != nil {
		e.cause = "The ECS metadata service, the last resort, gave none: " + err.Err.Error()
	}

	return e
}

func refusedCredentials(err *auth.RefusedError) explanation {
	e := explanation{
		summary: "DCS Credentials Not Accepted",
		what:    fmt.Sprintf("The service does not accept the credentials: %s.", err.From),
		todo: "Check that they are complete, belong to this cloud and have neither been deleted nor run out, and that the clock " +
			"of this machine is right. They are not tried again in this run, because the service locks a key after some failures.",
		cause: cause(err.Err),
	}

	switch {
	case err.Locked:
		e.todo = "The key is locked because of too many failures: the service refuses it for some minutes, even if it is " +
			"right. Correct what uses a wrong secret key with it, wait five minutes, and run Terraform again."
	case err.Skew.Abs() > auth.MaxSkew:
		e.todo = fmt.Sprintf("The clock of this machine is %s of the service, which accepts requests dated within %s of "+
			"its own time. Set the clock, and run Terraform again.", offset(err.Skew), auth.MaxSkew)
	case strings.HasPrefix(err.From, "profile "):
		e.todo += " KooCLI encrypts keys by default, and the service does not know an encrypted one: run hcloud configure set " +
			"--cli-auth-encrypt=false and configure the profile again. If its mode is SSO, log in with hcloud again."
	}

	return e
}

// offset says where this machine's clock is when the service's is skew ahead of it.
func offset(skew time.Duration) string {
	if skew > 0 {
		return skew.Round(time.Second).String() + " behind that"
	}

	return skew.Abs().Round(time.Second).String() + " ahead of that"
}

func missingRegion(ask request) explanation {
	return explanation{
		summary:  "Missing DCS Region",
		argument: path.Root("region"),
		what: fmt.Sprintf("Neither the data source nor the provider says which region the DCS instance %q is in.",
			ask.query.InstanceID),
		todo: "Set region here or in the provider block, or HW_REGION_NAME in the environment, e.g. to cn-north-4.",
	}
}

func unknownProject(err *auth.ProjectError) explanation {
	e := explanation{
		summary:  "DCS Project Not Found",
		argument: path.Root("project_id"),
		what: fmt.Sprintf("IAM has no project named %q in region %q that these credentials may use.",
			err.Name, err.Region),
		todo: "Set project_id, here or in the provider block, to the ID that the console shows under My Credentials. If " +
			"the name is wrong, correct region or the provider's project_name.",
	}

	if len(err.Found) > 0 {
		e.summary = "DCS Project Not Unique"
		e.what = fmt.Sprintf("IAM has several projects named %q in region %q:\n\n  - %s",
			err.Name, err.Region, strings.Join(err.Found, "\n  - "))
		e.todo = "Set project_id, here or in the provider block, to the ID of the one that the instance belongs to."
	}

	return e
}

func keepsChanging(err error, ask request) explanation {
	return explanation{
		summary: "DCS Backups Keep Changing",
		what: fmt.Sprintf("Backup records of the DCS instance %q were added or removed each time that they were read, so "+
			"that no reading can be trusted to have each record exactly once. %s", ask.query.InstanceID, progress(err)),
		todo: "Run Terraform again when no backups are being made or deleted. Fewer records, by begin_time and end_time or " +
			"by limit, take fewer requests and are less likely to change meanwhile.",
	}
}

func waitTooLong(err error, wait *transport.WaitError, ask request) explanation {
	e := explanation{
		summary:  "Timed Out Reading DCS Backups",
		argument: path.Root("timeouts").AtName("read"),
		what: fmt.Sprintf("The next attempt would have had to wait for %s, longer than the time left: %s %s",
			wait.Wait.Round(time.Second), ask.timeout, progress(err)),
		todo:  "Run Terraform again later, or allow more time: timeouts { read = \"15m\" }.",
		cause: cause(wait.Err),
	}

	var answer *transport.Error
	if errors.As(wait.Err, &answer) && answer.Status == http.StatusTooManyRequests {
		e.what += throttle(answer)
	}

	return e
}

func timedOut(err error, ask request) explanation {
	e := explanation{
		summary:  "Timed Out Reading DCS Backups",
		argument: path.Root("timeouts").AtName("read"),
		what: fmt.Sprintf("The backups of the DCS instance %q could not be read in time: %s %s",
			ask.query.InstanceID, ask.timeout, progress(err)),
		todo: "Allow more time with timeouts { read = \"15m\" }, or read fewer records with begin_time, end_time or limit. " +
			"If nothing was read at all, check the network between this machine and the service.",
	}

	return e.lastAttempt(err)
}

func interrupted(err error, ask request) explanation {
	return explanation{
		summary: "Reading DCS Backups Interrupted",
		what: fmt.Sprintf("Terraform asked to stop before the backups of the DCS instance %q had been read.",
			ask.query.InstanceID),
		todo: "Run Terraform again to read them.",
	}.lastAttempt(err)
}

// lastAttempt adds how the latest attempt had failed when there was no time for another one.
func (e explanation) lastAttempt(err error) explanation {
	var given *transport.InterruptedError
	if errors.As(err, &given) && given.Last != nil && !errors.Is(given.Last, given.Err) {
		e.cause = "The last attempt: " + given.Last.Error()
	}

	return e
}

// String says how long a read may take, and where that is set.
func (t timeout) String() string {
	if t.isDefault {
		return fmt.Sprintf("the argument read of the block timeouts is not set, and its default is %q.", t.text)
	}

	return fmt.Sprintf("the argument read of the block timeouts is %q.", t.text)
}

// progress says how far a read got.
func progress(err error) string {
	var read *dcsapi.ReadError
	if !errors.As(err, &read) || read.Requests == 0 {
		return "No request for backups had been answered."
	}

	of := ""
	if read.TotalNum >= 0 {
		of = fmt.Sprintf(" of %d", read.TotalNum)
	}

	return fmt.Sprintf("It had read %d%s records with %s.", read.Read, of, plural(read.Requests, "request"))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}

	return fmt.Sprintf("%d %ss", n, noun)
}

// noAnswer explains an error that is not an answer of the service.
func noAnswer(err error, ask request) explanation {
	e := explanation{
		summary: "DCS Request Failed",
		what:    fmt.Sprintf("The backups of the DCS instance %q could not be read.", ask.query.InstanceID),
		cause:   cause(err),
	}

	var (
		otherHost   x509.HostnameError
		invalid     x509.CertificateInvalidError
		certificate *tls.CertificateVerificationError
		host        *net.DNSError
		proxy       *transport.ProxyError
		connection  *transport.ConnectionError
	)

	switch {
	case errors.As(err, &otherHost):
		e.todo = "The certificate is that of another host: check region, cloud and endpoints of the provider block, and the " +
			"proxy that the environment names."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		e.todo = "The certificate has run out, or is not valid yet: check the clock of this machine. If that is right, " +
			"whoever runs the service, or the proxy on the way, has to renew the certificate."
	case errors.As(err, &certificate):
		e.todo = "The certificate of the service is not trusted. If the service, or a proxy on the way, has one of an " +
			"authority of your own, name the file of that authority's certificate in cacert_file of the provider block."
	case errors.As(err, &host) && host.IsNotFound:
		e.todo = "There is no host of that name: check region, cloud and endpoints of the provider block."
	case errors.As(err, &proxy):
		e.todo = "The proxy that HTTPS_PROXY or HTTP_PROXY names does not connect to the service. If it wants a login, put " +
			"user name and password into its URL; if it need not be used for this host, name the host in NO_PROXY."
	case errors.As(err, &connection):
		e.todo = "Check the network between this machine and the service, the proxy that the environment names, and " +
			"region, cloud and endpoints of the provider block."
	}

	return e
}

func cause(err error) string { return "Cause: " + err.Error() }
