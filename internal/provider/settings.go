// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/datasources"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/validators"
)

// settings are the result of a provider block and its environment. An error in a value that is not an argument is kept with
// the setting, and ends the reads that need it.
type settings struct {
	region      value[string]
	projectID   value[string]
	projectName string
	credentials value[credentials]
	endpoints   endpoints
	network     value[network]
	// secrets are the secret values of all levels, also of those that are not used.
	secrets []string
}

// value is a setting that can be used, or the reason why it cannot.
type value[T any] struct {
	v   T
	err error
}

// resolve derives the settings from a provider block without unknown values. It sends nothing. The diagnostics are what the
// arguments of the block cause, all of it.
func resolve(config model, env environment) (settings, diag.Diagnostics) {
	r := &resolver{environment: env, config: config}

	profile := r.profile()
	region := best(r.text(path.Root("region"), config.Region), profile.regionSetting())
	insecure := r.flag(path.Root("insecure"), config.Insecure)

	s := settings{
		region:      r.identifier(region),
		projectID:   r.identifier(r.projectID(profile, region)),
		projectName: r.text(path.Root("project_name"), config.ProjectName).value,
		credentials: r.credentials(profile),
		network:     r.network(insecure),
	}
	s.endpoints = r.endpoints(s.region, insecure)
	s.secrets = r.secrets

	return s, r.diags
}

// precedence orders the places that a value can come from; a higher one wins.
type precedence int

const (
	unset precedence = iota
	fromEnvironmentProfile
	fromEnvironment
	fromArgumentProfile
	fromArgument
)

// setting is a value as it is given, and where.
type setting struct {
	value      string
	precedence precedence
	// path is the argument that the value stands for, and origin the name of the place that it comes from.
	path   path.Path
	origin string
	// problem is the reason why the value cannot be used.
	problem *problem
}

// best returns the setting with the highest precedence, the first of several.
func best(settings ...setting) setting {
	return slices.MaxFunc(settings, func(a, b setting) int { return int(a.precedence) - int(b.precedence) })
}

// problem is an error in the configuration.
type problem struct {
	// path is the argument that the error is about.
	path path.Path
	// precedence is that of the value that causes the error.
	precedence precedence
	summary    string
	detail     string
	// isMissing says that the argument is not given, and has to be because of another one.
	isMissing bool
}

// resolver collects what the arguments of one provider block cause.
type resolver struct {
	environment

	config  model
	secrets []string
	// diags has no diagnostic twice: a problem may be that of several settings.
	diags diag.Diagnostics
}

// fail reports the problems that an argument causes, and returns all of them as the error of the reads that are affected.
// It returns nil where there are none.
func (r *resolver) fail(problems ...*problem) error {
	problems = slices.DeleteFunc(problems, func(p *problem) bool { return p == nil })
	if len(problems) == 0 {
		return nil
	}

	details := make([]string, len(problems))

	for i, p := range problems {
		details[i] = p.detail

		if p.precedence == fromArgument {
			r.diags.AddAttributeError(p.path, p.summary, p.detail)
		}
	}

	return &datasources.ConfigError{Summary: problems[0].summary, Detail: strings.Join(details, "\n\n")}
}

// text returns the argument at p, or the first of its variables that is not empty.
func (r *resolver) text(p path.Path, argument types.String) setting {
	if value := argument.ValueString(); value != "" {
		return setting{value: value, precedence: fromArgument, path: p, origin: validators.Name(p)}
	}

	return r.variable(p)
}

// variable returns the first environment variable of the argument at p that is not empty.
func (r *resolver) variable(p path.Path) setting {
	name, value := r.firstOf(variablesOf(p)...)
	if value == "" {
		return setting{path: p}
	}

	return setting{value: value, precedence: fromEnvironment, path: p, origin: name}
}

// flag returns a bool, false by default.
func (r *resolver) flag(p path.Path, argument types.Bool) value[bool] {
	if !argument.IsNull() {
		return value[bool]{v: argument.ValueBool()}
	}

	variable := r.variable(p)
	if variable.precedence == unset {
		return value[bool]{}
	}

	v, err := strconv.ParseBool(variable.value)
	if err != nil {
		return value[bool]{err: r.fail(variable.malformed("must be true or false"))}
	}

	return value[bool]{v: v}
}

// number returns a number of at least least, or byDefault where it is not given. The validator of the argument has judged
// that.
func (r *resolver) number(p path.Path, argument types.Number, least, byDefault int) (int, *problem) {
	if !argument.IsNull() {
		n, _ := argument.ValueBigFloat().Int64()

		return int(n), nil
	}

	variable := r.variable(p)
	if variable.precedence == unset {
		return byDefault, nil
	}

	n, err := strconv.ParseInt(variable.value, 10, 32)
	if err != nil || int(n) < least {
		return 0, variable.malformed(fmt.Sprintf("must be a whole number of at least %d", least))
	}

	return int(n), nil
}

// identifier returns s as a value that becomes part of a host name or a path.
func (r *resolver) identifier(s setting) value[string] {
	switch {
	case s.problem != nil:
		return value[string]{err: r.fail(s.problem)}
	case s.value != "" && !endpoint.IsIdentifier(s.value):
		return value[string]{err: r.fail(s.malformed(validators.IdentifierRule))}
	default:
		return value[string]{v: s.value}
	}
}

// malformed returns the problem that s breaks rule.
func (s setting) malformed(rule string) *problem {
	return s.invalid(fmt.Sprintf("%s. Got: %q.", rule, s.value))
}

// invalid returns a problem with the value of s. The text follows the name of the place that it comes from.
func (s setting) invalid(text string) *problem {
	p := &problem{path: s.path, precedence: s.precedence}

	switch s.precedence {
	case fromArgument:
		p.summary, p.detail = validators.Summary(s.path), fmt.Sprintf("`%s` %s", s.origin, text)
	case fromEnvironment:
		p.summary, p.detail = summaryEnvironment, fmt.Sprintf("The environment variable %s %s", s.origin, text)
	default:
		p.summary, p.detail = summaryProfile, s.origin+" "+text
	}

	return p
}

// The summaries of errors that are not about the form of one argument.
const (
	summaryEnvironment = "Invalid Environment Variable"
	summaryProfile     = "Unusable Profile"
	summaryCredentials = "Incomplete Credentials"
	summaryAgency      = "Incomplete Agency"
)

// projectID returns the project of the provider's own region. A profile's project belongs to the region of the profile.
func (r *resolver) projectID(p profile, region setting) setting {
	project := r.text(path.Root("project_id"), r.config.ProjectID)

	if p.Region == "" || p.Region == region.value {
		project = best(project, p.projectSetting())
	}

	return project
}

// joined lists items as a sentence does, e.g. "a, b and c".
func joined(items []string, conjunction string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}

	return strings.Join(items[:len(items)-1], ", ") + " " + conjunction + " " + items[len(items)-1]
}
