// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"terraform-provider-dcs/internal/dcsapi"
)

// defaultReadTimeout bounds a read where the configuration does not.
const defaultReadTimeout = "5m"

// config is a configuration of the data source. What is computed is null in it.
type config struct {
	arguments

	TotalNum         types.Int64  `tfsdk:"total_num"`
	Backups          types.List   `tfsdk:"backups"`
	Latest           types.Object `tfsdk:"latest"`
	LatestRestorable types.Object `tfsdk:"latest_restorable"`
}

// arguments are what a configuration says, as it is written.
type arguments struct {
	InstanceID types.String `tfsdk:"instance_id"`
	Region     types.String `tfsdk:"region"`
	ProjectID  types.String `tfsdk:"project_id"`
	BeginTime  types.String `tfsdk:"begin_time"`
	EndTime    types.String `tfsdk:"end_time"`
	Limit      types.Number `tfsdk:"limit"`
	Offset     types.Number `tfsdk:"offset"`
	Filter     types.Object `tfsdk:"filter"`
	Timeouts   types.Object `tfsdk:"timeouts"`
}

type filterArguments struct {
	BackupID         types.Set    `tfsdk:"backup_id"`
	BackupType       types.Set    `tfsdk:"backup_type"`
	BackupFormat     types.Set    `tfsdk:"backup_format"`
	Status           types.Set    `tfsdk:"status"`
	BackupNameRegex  types.String `tfsdk:"backup_name_regex"`
	IsSupportRestore types.Bool   `tfsdk:"is_support_restore"`
}

type timeoutsArguments struct {
	Read types.String `tfsdk:"read"`
}

// request is what a configuration asks for.
type request struct {
	region    string
	projectID string
	query     dcsapi.Query // Without its scope, which only a look-up in IAM may tell.
	filter    filter
	timeout   timeout
}

type timeout struct {
	duration time.Duration
	// text is the duration as written, and isDefault whether nobody did.
	text      string
	isDefault bool
}

// validate returns what is wrong with the arguments, as far as they are known.
func (a arguments) validate(ctx context.Context) diag.Diagnostics {
	a.BeginTime, a.EndTime = knownToValidation(a.BeginTime), knownToValidation(a.EndTime)
	_, diags := a.parse(ctx)

	return diags
}

// planTime matches times that are counted from plantimestamp() while Terraform 1.5 and OpenTofu 1.6 validate: there it is
// the first instant of year 1. Later versions say that it is unknown.
var planTime = regexp.MustCompile(`^(-|000\d)`)

func knownToValidation(v types.String) types.String {
	if planTime.MatchString(v.ValueString()) {
		return types.StringUnknown()
	}

	return v
}

// parse returns what the arguments ask for, or what is wrong with each of them. It serves validation, where values may
// not be known yet and are then passed over, and each read, where they are: so nothing is sent for a bad argument.
func (a arguments) parse(ctx context.Context) (request, diag.Diagnostics) {
	var p parser

	r := request{
		region:    p.identifier(path.Root("region"), a.Region),
		projectID: p.identifier(path.Root("project_id"), a.ProjectID),
		query: dcsapi.Query{
			InstanceID: p.identifier(path.Root("instance_id"), a.InstanceID),
			BeginTime:  p.time(path.Root("begin_time"), a.BeginTime),
			EndTime:    p.time(path.Root("end_time"), a.EndTime),
			Limit:      p.atLeast(path.Root("limit"), a.Limit, 1),
			Offset:     p.atLeast(path.Root("offset"), a.Offset, 0),
		},
		filter:  p.filter(ctx, path.Root("filter"), a.Filter),
		timeout: p.timeouts(ctx, path.Root("timeouts"), a.Timeouts),
	}

	if begin, end := r.query.BeginTime, r.query.EndTime; !begin.IsZero() && !end.IsZero() && begin.After(end) {
		p.reject(path.Root("end_time"), "Invalid Time Range",
			"begin_time %s is after end_time %s, so no backup can lie between them.\n\nExchange the two, or correct one.",
			a.BeginTime, a.EndTime)
	}

	return r, p.diagnostics
}

// parser turns values into what they mean and collects what is wrong with them. The meaning of a value that is null,
// unknown or wrong is the zero value.
type parser struct {
	diagnostics diag.Diagnostics
}

func (p *parser) reject(at path.Path, summary, format string, args ...any) {
	p.diagnostics.AddAttributeError(at, summary, fmt.Sprintf(format, args...))
}

func isGiven(v attr.Value) bool { return !v.IsNull() && !v.IsUnknown() }

// identifierForm keeps an identifier within its segment of a URL's path or host.
var identifierForm = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func (p *parser) identifier(at path.Path, v types.String) string {
	if !isGiven(v) {
		return ""
	}

	if !identifierForm.MatchString(v.ValueString()) {
		p.reject(at, "Invalid Identifier",
			"%s must consist of letters, digits, \"-\" and \"_\", and not be empty; got: %s.", at, v)

		return ""
	}

	return v.ValueString()
}

func (p *parser) time(at path.Path, v types.String) time.Time {
	if !isGiven(v) {
		return time.Time{}
	}

	t, err := parseTime(v.ValueString())
	if err != nil {
		p.reject(at, "Invalid Time", "%s is not a time that the service can be asked for: %s; got: %s.", at, err, v)
	}

	return t
}

func (p *parser) atLeast(at path.Path, v types.Number, least int64) int64 {
	if !isGiven(v) {
		return 0
	}

	n, accuracy := v.ValueBigFloat().Int64()
	if accuracy != big.Exact || n < least {
		p.reject(at, "Invalid Number", "%s must be a whole number of at least %d and at most %d; got: %s.",
			at, least, int64(math.MaxInt64), v.ValueBigFloat().Text('g', -1))

		return 0
	}

	return n
}

func (p *parser) filter(ctx context.Context, at path.Path, v types.Object) filter {
	var given filterArguments
	if !p.block(ctx, v, &given) {
		return filter{}
	}

	return filter{
		ids:        p.strings(ctx, at.AtName("backup_id"), given.BackupID, nil),
		types:      p.strings(ctx, at.AtName("backup_type"), given.BackupType, dcsapi.Types()),
		formats:    p.strings(ctx, at.AtName("backup_format"), given.BackupFormat, nil),
		statuses:   p.strings(ctx, at.AtName("status"), given.Status, dcsapi.Statuses()),
		name:       p.regexp(at.AtName("backup_name_regex"), given.BackupNameRegex),
		restorable: given.IsSupportRestore.ValueBoolPointer(),
	}
}

// strings returns the elements of a set, which must be among allowed unless that is nil.
func (p *parser) strings(ctx context.Context, at path.Path, v types.Set, allowed []string) []string {
	if !isGiven(v) {
		return nil
	}

	if len(v.Elements()) == 0 {
		p.reject(at, "Empty Filter Set",
			"%s is an empty set, which no record can match.\n\nName at least one value, or leave the argument out (or set it "+
				"to null) to take every value.", at)

		return nil
	}

	var elements []types.String
	if diags := v.ElementsAs(ctx, &elements, false); diags.HasError() {
		p.diagnostics.Append(diags...)

		return nil
	}

	wanted := make([]string, 0, len(elements))

	for _, element := range elements {
		switch {
		case element.IsUnknown():
		case element.ValueString() == "":
			p.reject(at, "Empty Filter Value",
				"%s holds an element that is null or \"\", which no record can match: a field that a record does not have is "+
					"null and matches nothing.\n\nRemove the element.", at)
		case allowed != nil && !slices.Contains(allowed, element.ValueString()):
			p.reject(at, "Invalid Filter Value",
				"%s holds a value that the service does not have: each must be one of %s; got: %s.",
				at, quoted(allowed), element)
		default:
			wanted = append(wanted, element.ValueString())
		}
	}

	return wanted
}

func (p *parser) regexp(at path.Path, v types.String) *regexp.Regexp {
	if !isGiven(v) {
		return nil
	}

	compiled, err := regexp.Compile(v.ValueString())
	if err != nil {
		p.reject(at, "Invalid Regular Expression",
			"%s is not a regular expression in RE2 syntax (https://github.com/google/re2/wiki/Syntax): %s.",
			at, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}

	return compiled
}

func (p *parser) timeouts(ctx context.Context, at path.Path, v types.Object) timeout {
	var given timeoutsArguments
	if !p.block(ctx, v, &given) || !isGiven(given.Read) {
		given.Read = types.StringNull()
	}

	read := timeout{text: given.Read.ValueString()}
	if given.Read.IsNull() {
		read = timeout{text: defaultReadTimeout, isDefault: true}
	}

	duration, err := time.ParseDuration(read.text)
	if err != nil || duration <= 0 {
		p.reject(at.AtName("read"), "Invalid Timeout",
			"%s must be a positive duration: numbers with the units \"s\", \"m\" and \"h\", such as \"30s\" or \"1h30m\"; "+
				"got: %s.", at.AtName("read"), given.Read)
	}

	read.duration = duration

	return read
}

// block reads the arguments of a block into target, and reports whether they are there.
func (p *parser) block(ctx context.Context, v types.Object, target any) bool {
	if !isGiven(v) {
		return false
	}

	diags := v.As(ctx, target, basetypes.ObjectAsOptions{})
	p.diagnostics.Append(diags...)

	return !diags.HasError()
}

// quoted returns values as they are written in a configuration.
func quoted(values []string) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprintf("%q", v)
	}

	return strings.Join(texts, ", ")
}
