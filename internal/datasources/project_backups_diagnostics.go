// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/transport"
)

// maxNamed is how many instances an error names.
const maxNamed = 10

// explainProject returns the diagnostics for err, which ended the read that args asked for after spent: one where the read
// ended at once, otherwise one for each cause.
func (p *ProviderData) explainProject(err error, args projectBackupsArguments, spent time.Duration) diag.Diagnostics {
	failure := &dcsapi.ProjectError{Region: args.region, ProjectID: args.projectID, Selected: -1, Err: err}
	errors.As(err, &failure)

	r := args.read(failure, spent)

	if failure.Err != nil {
		return diag.Diagnostics{p.explainEnd(failure, r)}
	}

	var diags diag.Diagnostics

	if len(failure.Missing) > 0 {
		diags.Append(p.diagnostic(r.block, missingInstances(failure.Missing, r)))
	}

	for i, cause := range failure.Causes {
		e := p.explainCause(cause, failure.Selected, r)

		if i == 0 && failure.NotTried > 0 {
			e.what += fmt.Sprintf("\n\nSeveral instances in a row failed for this cause, so the read ended without trying %s.",
				plural(failure.NotTried, "more instance"))
		}

		diags.Append(p.diagnostic(r.block, e))
	}

	return diags
}

// explainEnd returns the diagnostic for the error that ended the read at once.
func (p *ProviderData) explainEnd(failure *dcsapi.ProjectError, r read) diag.Diagnostic {
	if failure.OfInstanceListing() {
		if e, ok := p.failedInstanceListing(failure.Err, r); ok {
			return p.diagnostic(r.block, e)
		}
	}

	e, reported := p.explanation(failure.Err, r)
	if !reported && e.summary == summaryTimedOut && len(failure.Causes) > 0 {
		e.what += "\n\nBefore that, the backups of some instances could not be read:\n"
		for _, cause := range failure.Causes {
			e.what += fmt.Sprintf("\n  - %s: %s", plural(len(cause.Instances), "instance"), cause.Err)
		}
	}

	return p.diagnostic(r.block, e)
}

// failedInstanceListing explains errors of the listing of instances that are not those of a listing of backups.
func (p *ProviderData) failedInstanceListing(err error, r read) (explanation, bool) {
	var (
		response *transport.Error
		login    *auth.LoginError
		badID    *dcsapi.InstanceIDError
	)

	switch {
	case errors.Is(err, dcsapi.ErrKeepsChanging):
		return explanation{
			summary: "DCS Instances Keep Changing",
			what: fmt.Sprintf("Instances were added or removed during each attempt to read %s, so no attempt is known to have read "+
				"every instance exactly once. %s", r.what, r.progress),
			todo: "Run Terraform again when no instances are being created or deleted.",
		}, true
	case errors.As(err, &badID):
		return explanation{
			summary: summaryRequestFailed,
			what: fmt.Sprintf("The service lists the DCS instance %s in %s, whose ID cannot be part of a URL: letters, digits, - and _ "+
				"are allowed.", p.nameInstance(badID.Instance), r.place()),
			todo: "Run Terraform again later. If it keeps failing, tell the service's support.",
		}, true
	case errors.As(err, &response) && !errors.As(err, &login) && response.Status == http.StatusNotFound &&
		gatewayCode(response.Code) != "0101":
		return explanation{
			summary: summaryRequestFailed,
			what:    fmt.Sprintf("The request for %s in %s was answered with status 404.", r.what, r.place()),
			todo: "Check `region`, `project_id`, and `cloud` and `endpoints` of the provider block: the URL below shows where they " +
				"lead.",
			cause: cause(err),
		}, true
	default:
		return explanation{}, false
	}
}

// explainCause explains why the backups of the instances of c, some of those that were selected, could not be read.
func (p *ProviderData) explainCause(c dcsapi.ProjectCause, selected int, r read) explanation {
	instances, list, them, exist := fmt.Sprintf("%d of %d DCS instances", len(c.Instances), selected), "", "these", "do not exist"
	if len(c.Instances) == 1 {
		instances, them, exist = "DCS instance "+p.nameInstance(c.Instances[0]), "it", "does not exist"
	} else {
		list = "\n\n" + p.nameInstances(c.Instances)
	}

	r.what = "the backups of " + instances

	var e explanation

	switch {
	case errors.Is(c.Err, dcsapi.ErrKeepsChanging):
		e = explanation{
			summary: summaryKeepsChanging,
			what: fmt.Sprintf("Backup records were added or removed during each attempt to read %s, so no attempt is known to have "+
				"read every record exactly once.", r.what),
			todo: "Run Terraform again when no backups are being created or deleted.",
		}
	case dcsapi.IsInstanceNotFound(c.Err):
		e = explanation{
			summary: summaryInstanceNotFound,
			what:    fmt.Sprintf("The service says that %s in %s %s, and lists %s all the same.", instances, r.place(), exist, them),
			todo:    "Run Terraform again later. If it keeps failing, give the request ID to the service's support.",
			cause:   cause(c.Err),
		}
	default:
		e = p.explainError(c.Err, r)
	}

	e.what += list

	if len(c.Instances) < selected {
		e.todo = strings.TrimSpace(fmt.Sprintf("%s To read the other instances, leave %s out with `instance_filter`.", e.todo, them))
	}

	return e
}

// missingInstances explains that instances which the configuration names do not exist.
func missingInstances(ids []string, r read) explanation {
	what := fmt.Sprintf("`instance_filter.instance_id` names an instance that is not in %s:", r.place())
	if len(ids) > 1 {
		what = fmt.Sprintf("`instance_filter.instance_id` names %d instances that are not in %s:", len(ids), r.place())
	}

	return explanation{
		summary:  summaryInstanceNotFound,
		argument: pathInstanceID,
		what:     what + "\n\n  - " + strings.Join(ids, "\n  - "),
		todo:     "Correct or remove what is wrong, or check that `region` and `project_id` are those of the instances.",
	}
}

// nameInstances returns a list of instances, the first ten of them by ID and name.
func (p *ProviderData) nameInstances(instances []dcsapi.Instance) string {
	var lines []string

	for _, i := range instances[:min(len(instances), maxNamed)] {
		lines = append(lines, "  - "+p.nameInstance(i))
	}

	if more := len(instances) - maxNamed; more > 0 {
		lines = append(lines, fmt.Sprintf("  - and %d more", more))
	}

	return strings.Join(lines, "\n")
}

// nameInstance returns the ID and the name of an instance.
func (p *ProviderData) nameInstance(i dcsapi.Instance) string {
	text := strconv.Quote(p.shown(i.ID))
	if i.Name != "" {
		text += fmt.Sprintf(" (%s)", p.shown(i.Name))
	}

	return text
}
