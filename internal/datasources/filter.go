// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"regexp"
	"slices"

	"golang.org/x/text/unicode/norm"

	"terraform-provider-dcs/internal/dcsapi"
)

// filter says which of the records read are wanted: those that meet every condition given. A field that a record does not
// have meets none. The zero value wants all.
type filter struct {
	// Nil means any value.
	ids, types, formats, statuses []string
	name                          *regexp.Regexp
	restorable                    *bool
}

func (f filter) apply(backups []dcsapi.Backup) []dcsapi.Backup {
	return slices.DeleteFunc(backups, func(b dcsapi.Backup) bool { return !f.matches(&b) })
}

func (f filter) matches(b *dcsapi.Backup) bool {
	return isOneOf(f.ids, b.ID) &&
		isOneOf(f.types, b.Type) &&
		isOneOf(f.formats, b.Format) &&
		isOneOf(f.statuses, b.Status) &&
		(f.name == nil || b.Name != "" && f.name.MatchString(asConfigured(b.Name))) &&
		(f.restorable == nil || b.IsSupportRestore != nil && *b.IsSupportRestore == *f.restorable)
}

// isOneOf never finds the empty value of an absent field: a configuration cannot ask for it.
func isOneOf(wanted []string, value string) bool {
	return wanted == nil || slices.Contains(wanted, asConfigured(value))
}

// asConfigured returns a text in the form in which Terraform has all strings, those of the configuration too.
func asConfigured(text string) string { return norm.NFC.String(text) }
