// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/transport"
)

// warnMisfits returns a warning for each field of a backup record with values that did not fit.
func (p *ProviderData) warnMisfits(block path.Path, misfits []dcsapi.Misfit) diag.Diagnostics {
	var diags diag.Diagnostics

	for _, m := range misfits {
		record := "A backup record without an ID"
		if m.ID != "" {
			record = fmt.Sprintf("Backup record %q", p.shown(m.ID))
		}

		diags.AddAttributeWarning(block, "Unreadable Backup Field "+m.Field, p.misfit(record, "record", misfitIsNull, m))
	}

	return diags
}

// warnInstanceMisfits returns a warning for each field of an instance with values that did not fit.
func (p *ProviderData) warnInstanceMisfits(block path.Path, misfits []dcsapi.Misfit) diag.Diagnostics {
	var diags diag.Diagnostics

	for _, m := range misfits {
		instance := fmt.Sprintf("DCS instance %q", p.shown(m.ID))

		inState := misfitIsNull

		switch m.Field {
		case "tags":
			inState = "Tags that fit are in state"
		case "capacity_minor":
			inState = "`capacity` is null in state where it depends on this field"
		}

		diags.AddAttributeWarning(block, "Unreadable Instance Field "+m.Field, p.misfit(instance, "instance", inState, m))
	}

	return diags
}

const misfitIsNull = "The field is null in state"

// misfit returns the detail of the warning about m, whose first value is that of subject. The field is part of the summary
// because Terraform shows only the first of several warnings with the same one.
func (p *ProviderData) misfit(subject, noun, inState string, m dcsapi.Misfit) string {
	more := ""

	switch {
	case m.More == 1:
		more = fmt.Sprintf(" 1 more %s is affected.", noun)
	case m.More > 1:
		more = fmt.Sprintf(" %d more %ss are affected.", m.More, noun)
	}

	return fmt.Sprintf("%s has a value that does not fit the field `%s`: %s.%s\n\n%s; the other fields are not "+
		"affected. Please report this to the provider developers: the service may have changed its API.",
		subject, m.Field, p.shown(m.Value), more, inState)
}

// warnUnreadableTimes returns the warning that n records come last because their created_at is unreadable.
func warnUnreadableTimes(block path.Path, n int) diag.Diagnostics {
	var diags diag.Diagnostics

	switch {
	case n == 1:
		diags.AddAttributeWarning(block, summaryUnreadableTimes, "1 backup record is sorted last, because its `created_at` "+unreadableTimes)
	case n > 1:
		diags.AddAttributeWarning(block, summaryUnreadableTimes,
			fmt.Sprintf("%d backup records are sorted last, because their `created_at` %s", n, unreadableTimes))
	}

	return diags
}

const (
	summaryUnreadableTimes = "Unreadable Backup Times"
	unreadableTimes        = "is not a time with an offset from UTC.\n\nA newer backup than `latest` or `latest_restorable` may be among " +
		"them. Please report this to the provider developers: the service may have changed its API."
)

// shown returns what is shown of a text of the service, which may hold anything: one line without secrets.
func (p *ProviderData) shown(text string) string { return p.shownUpTo(60, text) }

func (p *ProviderData) shownUpTo(characters int, text string) string {
	return transport.Shorten(transport.Clean(p.client.Redact(text)), characters)
}

func plural(n int, noun string) string { return transport.Plural(n, noun) }
