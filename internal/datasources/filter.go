// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"errors"
	"regexp"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/text/unicode/norm"

	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/validators"
)

// filterBlock returns the block filter with conditions for backup records.
func filterBlock(description string) schema.Block {
	return schema.SingleNestedBlock{
		MarkdownDescription: description,
		Attributes: map[string]schema.Attribute{
			"backup_id": stringSet("Selects records with one of these backup IDs. Must not be empty.", validators.NotEmpty()),
			"backup_type": stringSet("Selects records with one of these backup types: "+codes(dcsapi.Types())+". Must not be empty.",
				validators.OneOf(dcsapi.Types()...)),
			"backup_format": stringSet("Selects records with one of these backup file formats, e.g. `rdb` or `aof`. Must not "+
				"be empty.", validators.NotEmpty()),
			"status": stringSet("Selects records with one of these statuses: "+codes(dcsapi.Statuses())+". Must not be empty.",
				validators.OneOf(dcsapi.Statuses()...)),
			"backup_name_regex": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Selects records whose backup name matches this regular expression in [RE2 " +
					"syntax](https://github.com/google/re2/wiki/Syntax). It matches any part of the name. To match the " +
					"whole name, anchor it with `^` and `$`. Must not be empty.",
				Validators: []validator.String{validators.RE2()},
			},
			"is_support_restore": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Selects records with this value of `is_support_restore`: `true` if the service allows " +
					"the backup to be restored, `false` if not.",
			},
		},
	}
}

// stringSet returns an optional set of strings that is not empty and whose elements element accepts.
func stringSet(description string, element validator.String) schema.Attribute {
	return schema.SetAttribute{
		Optional:            true,
		ElementType:         types.StringType,
		MarkdownDescription: description,
		Validators: []validator.Set{
			validators.NotEmptySet(), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(element),
		},
	}
}

// filterConfig is the block filter.
type filterConfig struct {
	BackupID         []string     `tfsdk:"backup_id"`
	BackupType       []string     `tfsdk:"backup_type"`
	BackupFormat     []string     `tfsdk:"backup_format"`
	Status           []string     `tfsdk:"status"`
	BackupNameRegex  types.String `tfsdk:"backup_name_regex"`
	IsSupportRestore *bool        `tfsdk:"is_support_restore"`
}

// filter selects backup records: those that meet every condition given. A field that a record does not have meets none. The
// zero value selects all.
type filter struct {
	// Nil means any value.
	ids, types, formats, statuses []string
	name                          *regexp.Regexp
	restorable                    *bool
}

// filter returns the filter that c describes. c is nil where there is no block.
func (c *filterConfig) filter(diags *diag.Diagnostics) filter {
	if c == nil {
		return filter{}
	}

	f := filter{
		ids: c.BackupID, types: c.BackupType, formats: c.BackupFormat, statuses: c.Status, restorable: c.IsSupportRestore,
	}

	parse(diags, path.Root("filter").AtName("backup_name_regex"), c.BackupNameRegex, compileRE2, &f.name)

	return f
}

// compileRE2 compiles a regular expression that is not empty. [validators.RE2] words the error before a read.
func compileRE2(text string) (*regexp.Regexp, error) {
	compiled, err := regexp.Compile(text)
	if err != nil || text == "" {
		return nil, errors.New("must be a regular expression in RE2 syntax")
	}

	return compiled, nil
}

func (f filter) apply(backups []dcsapi.Backup) []dcsapi.Backup {
	return slices.DeleteFunc(backups, func(b dcsapi.Backup) bool { return !f.matches(&b) })
}

func (f filter) matches(b *dcsapi.Backup) bool {
	return isOneOf(f.ids, b.ID) &&
		isOneOf(f.types, b.Type) &&
		isOneOf(f.formats, b.Format) &&
		isOneOf(f.statuses, b.Status) &&
		(f.name == nil || b.Name != "" && f.name.MatchString(normalize(b.Name))) &&
		(f.restorable == nil || b.IsSupportRestore != nil && *b.IsSupportRestore == *f.restorable)
}

// isOneOf reports whether value is one of values, or values is nil. The empty value of an absent field is none of them:
// validation refuses it.
func isOneOf(values []string, value string) bool {
	return values == nil || slices.Contains(values, normalize(value))
}

// normalize returns a text in Unicode's composed form, which Terraform gives to all strings of a configuration.
func normalize(text string) string { return norm.NFC.String(text) }
