// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package validators holds the rules for arguments that the schema of the provider and those of the data sources share, and
// the style of their messages. Null and unknown values pass: Terraform validates again, before it configures the provider
// and before each read, when all values are known.
package validators

import (
	"context"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/endpoint"
)

// Invalid returns the error for the value got, as it is written in HCL, of the argument at p, which breaks rule, e.g. "must be
// a whole number of at least 1".
func Invalid(p path.Path, rule, got string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(p, Summary(p), fmt.Sprintf("`%s` %s. Got: %s.", Name(p), rule, got))
}

// Summary returns the summary of the errors of the argument at p, e.g. "Invalid Project ID" for project_id.
func Summary(p path.Path) string {
	words := []string{"Invalid"}

	for _, step := range slices.Backward(p.Steps()) {
		name, ok := step.(path.PathStepAttributeName)
		if !ok {
			continue
		}

		for word := range strings.SplitSeq(string(name), "_") {
			switch word {
			case "id", "idp", "ca":
				words = append(words, strings.ToUpper(word))
			default:
				words = append(words, strings.ToUpper(word[:1])+word[1:])
			}
		}

		break
	}

	return strings.Join(words, " ")
}

// Name returns the name of the argument at p as it is written in HCL, e.g. timeouts.read, endpoints.dcs or
// assume_role[1].duration. The elements of a set have no name of their own.
func Name(p path.Path) string {
	var name strings.Builder

	for _, step := range p.Steps() {
		switch step := step.(type) {
		case path.PathStepAttributeName:
			writeMember(&name, string(step))
		case path.PathStepElementKeyString:
			if endpoint.IsIdentifier(string(step)) {
				writeMember(&name, string(step))
			} else {
				fmt.Fprintf(&name, "[%q]", string(step))
			}
		case path.PathStepElementKeyInt:
			fmt.Fprintf(&name, "[%d]", int64(step))
		}
	}

	return name.String()
}

func writeMember(name *strings.Builder, member string) {
	if name.Len() > 0 {
		name.WriteByte('.')
	}

	name.WriteString(member)
}

// stringRule is a rule for a string.
type stringRule struct {
	rule  string
	obeys func(value string) bool
}

func (v stringRule) Description(context.Context) string         { return v.rule }
func (v stringRule) MarkdownDescription(context.Context) string { return v.rule }

func (v stringRule) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if value := req.ConfigValue; !value.IsNull() && !value.IsUnknown() && !v.obeys(value.ValueString()) {
		resp.Diagnostics.Append(Invalid(req.Path, v.rule, strconv.Quote(value.ValueString())))
	}
}

// IdentifierRule describes what [Identifier] demands.
const IdentifierRule = "must consist of letters, digits, - and _"

// Identifier demands letters, digits, - and _, at least one: what becomes part of a host name or a path must not send a
// request elsewhere.
func Identifier() validator.String { return stringRule{IdentifierRule, endpoint.IsIdentifier} }

const notEmptyRule = "must not be empty"

// Matches demands what pattern matches. rule describes that.
func Matches(pattern *regexp.Regexp, rule string) validator.String {
	return stringRule{rule, pattern.MatchString}
}

// NotEmpty demands a string other than "".
func NotEmpty() validator.String {
	return stringRule{notEmptyRule, func(value string) bool { return value != "" }}
}

// OneOf demands one of values.
func OneOf(values ...string) validator.String {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = strconv.Quote(value)
	}

	return stringRule{
		"must be one of " + strings.Join(quoted, ", "), func(value string) bool { return slices.Contains(values, value) },
	}
}

// OrEmpty permits "" and what v permits, where "" means that the argument is not given.
func OrEmpty(v validator.String) validator.String { return orEmpty{v} }

type orEmpty struct{ validator.String }

func (v orEmpty) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.ValueString() != "" {
		v.String.ValidateString(ctx, req, resp)
	}
}

// ConflictsWith permits a value only where the argument other of the same block has none. isGiven reports
// whether the value is one; other has none where it is "".
func ConflictsWith(other string, isGiven func(value string) bool) validator.String {
	return conflictsWith{other, isGiven}
}

type conflictsWith struct {
	other   string
	isGiven func(value string) bool
}

func (v conflictsWith) Description(context.Context) string {
	return fmt.Sprintf("must not be set together with `%s`", v.other)
}

func (v conflictsWith) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v conflictsWith) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	var other types.String

	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, req.Path.ParentPath().AtName(v.other), &other)...)

	// An unknown value reads as "".
	if v.isGiven(req.ConfigValue.ValueString()) && other.ValueString() != "" {
		resp.Diagnostics.AddAttributeError(req.Path, Summary(req.Path), fmt.Sprintf("`%s` %s. Remove one of them.",
			Name(req.Path), v.Description(ctx)))
	}
}

// RE2 demands a regular expression in Go's syntax, which is RE2's, other than "".
func RE2() validator.String { return re2{} }

type re2 struct{}

func (re2) Description(context.Context) string {
	return "must be a regular expression in RE2 syntax (https://github.com/google/re2/wiki/Syntax)"
}

func (v re2) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v re2) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	switch value := req.ConfigValue; {
	case value.IsNull(), value.IsUnknown():
	case value.ValueString() == "":
		NotEmpty().ValidateString(ctx, req, resp)
	default:
		if _, err := regexp.Compile(value.ValueString()); err != nil {
			resp.Diagnostics.AddAttributeError(req.Path, Summary(req.Path), fmt.Sprintf("`%s` %s. Got: %q.\n\nCause: %s",
				Name(req.Path), v.Description(ctx), value.ValueString(), strings.TrimPrefix(err.Error(), "error parsing regexp: ")))
		}
	}
}

// WholeNumber demands a whole number from least to most. The framework's own whole numbers report a fraction as an error in
// the provider.
func WholeNumber(least, most int64) validator.Number { return wholeNumber{least, most} }

type wholeNumber struct{ least, most int64 }

func (v wholeNumber) Description(context.Context) string {
	return fmt.Sprintf("must be a whole number of at least %d", v.least)
}

func (v wholeNumber) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v wholeNumber) ValidateNumber(ctx context.Context, req validator.NumberRequest, resp *validator.NumberResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}

	value := req.ConfigValue.ValueBigFloat()

	switch {
	case !value.IsInt() || value.Cmp(new(big.Float).SetInt64(v.least)) < 0:
		resp.Diagnostics.Append(Invalid(req.Path, v.Description(ctx), value.Text('g', -1)))
	case value.Cmp(new(big.Float).SetInt64(v.most)) > 0:
		resp.Diagnostics.Append(Invalid(req.Path, "is too large", value.Text('g', -1)))
	}
}

// NotEmptySet demands a set with at least one element. An empty set of a filter would match nothing.
func NotEmptySet() validator.Set { return notEmptySet{} }

type notEmptySet struct{}

func (notEmptySet) Description(context.Context) string         { return notEmptyRule }
func (notEmptySet) MarkdownDescription(context.Context) string { return notEmptyRule }

func (notEmptySet) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	if value := req.ConfigValue; !value.IsNull() && !value.IsUnknown() && len(value.Elements()) == 0 {
		resp.Diagnostics.Append(Invalid(req.Path, notEmptyRule, "[]"))
	}
}

// NotEmptyMap demands a map with at least one element.
func NotEmptyMap() validator.Map { return notEmptyMap{} }

type notEmptyMap struct{}

func (notEmptyMap) Description(context.Context) string         { return notEmptyRule }
func (notEmptyMap) MarkdownDescription(context.Context) string { return notEmptyRule }

func (notEmptyMap) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	if value := req.ConfigValue; !value.IsNull() && !value.IsUnknown() && len(value.Elements()) == 0 {
		resp.Diagnostics.Append(Invalid(req.Path, notEmptyRule, "{}"))
	}
}
