// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/auth/koocli"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

const (
	summaryCACert      = "Invalid CA Certificate File"
	summaryCredentials = "Incomplete Credentials"
	summaryEndpoint    = "Invalid Endpoint"
	summaryEnvironment = "Invalid Environment Variable"
	summaryFile        = "Unusable File Name"
	summaryName        = "Invalid Name"
	summaryProfile     = "Unusable Profile"
	summaryRole        = "Incomplete Agency"

	defaultConfigFile = "~/.hcloud/config.json"
)

// settings are what configuration and environment come to.
type settings struct {
	transport transport.Config
	account   auth.Config
	// caCert says which file the CA bundle is.
	caCert string
	// secrets must never be shown.
	secrets []string
}

// resolve turns a provider block without unknown values into settings. It changes nothing and sends nothing; what it
// reads of the machine is in m. All that is wrong is reported at once.
func resolve(config model, m machine) (settings, diag.Diagnostics) {
	r := &resolver{machine: m}

	insecure := r.flag(path.Root("insecure"), config.Insecure)
	profile := r.profile(config)
	region := best(r.text(path.Root("region"), config.Region), profile.region)

	bundle, bundleName := r.caCert(config)

	s := settings{
		caCert: bundleName,
		transport: transport.Config{
			Insecure:     insecure,
			CACert:       bundle,
			MaxRetries:   r.number(path.Root("max_retries"), config.MaxRetries, 0, defaultMaxRetries),
			RoundTripper: m.network,
		},
		account: auth.Config{
			Endpoints: endpoint.Set{
				Cloud:     r.name(r.text(path.Root("cloud"), config.Cloud), cloudPattern, cloudRule),
				Custom:    r.endpoints(config, insecure),
				AllowHTTP: insecure,
			},
			Region:      r.name(region, identifierPattern, identifierRule),
			ProjectID:   r.name(r.project(config, profile, region), identifierPattern, identifierRule),
			ProjectName: r.text(path.Root("project_name"), config.ProjectName).value,
			Source:      r.source(config, profile),
			Roles:       r.roles(config),
		},
	}
	s.secrets = r.secrets

	return s, r.diags
}

// level is how strongly a value stands; the zero value is one that nobody gave.
type level int

const (
	nowhere level = iota
	byEnvironmentProfile
	byEnvironment
	byArgumentProfile
	byArgument
)

// given is a value and where it comes from.
type given struct {
	value string
	level level
	// at is the argument to blame, and origin what to call the place that the value comes from.
	at     path.Path
	origin string
}

// best returns the candidate with the highest level, the first of several.
func best(candidates ...given) given {
	return slices.MaxFunc(candidates, func(a, b given) int { return int(a.level) - int(b.level) })
}

type resolver struct {
	machine
	secrets []string
	diags   diag.Diagnostics
}

// text returns the argument at p, or else what the environment says. Empty is not given.
func (r *resolver) text(p path.Path, argument types.String) given {
	if value := argument.ValueString(); value != "" {
		return given{value: value, level: byArgument, at: p, origin: nameOf(p)}
	}

	return r.variable(p)
}

// secret is text for values that must never be shown.
func (r *resolver) secret(p path.Path, argument types.String) given {
	g := r.text(p, argument)
	r.hide(g.value)

	return g
}

func (r *resolver) hide(secrets ...string) {
	for _, secret := range secrets {
		if secret != "" {
			r.secrets = append(r.secrets, secret)
		}
	}
}

// variable returns what the environment says instead of the argument at p.
func (r *resolver) variable(p path.Path) given {
	for _, name := range variablesOf(p) {
		if value := r.env(name); value != "" {
			return given{value: value, level: byEnvironment, at: p, origin: name}
		}
	}

	return given{at: p}
}

func (r *resolver) flag(p path.Path, argument types.Bool) bool {
	if !argument.IsNull() {
		return argument.ValueBool()
	}

	variable := r.variable(p)
	if variable.level == nowhere {
		return false
	}

	value, err := strconv.ParseBool(variable.value)
	if err != nil {
		r.error(p, summaryEnvironment, "%s must be true or false, but it is %q.", variable.origin, variable.value)
	}

	return value
}

// number returns a number of at least least, or otherwise where there is none. An argument has been checked by its
// validator.
func (r *resolver) number(p path.Path, argument types.Number, least, otherwise int) int {
	if !argument.IsNull() {
		n, _ := argument.ValueBigFloat().Int64()

		return int(n)
	}

	variable := r.variable(p)
	if variable.level == nowhere {
		return otherwise
	}

	value, err := strconv.ParseInt(variable.value, 10, 32)
	if err != nil || int(value) < least {
		r.error(p, summaryEnvironment, "%s must be a whole number, %d or more, but it is %q.",
			variable.origin, least, variable.value)
	}

	return int(value)
}

// name returns a value that becomes part of a host name or path. An argument has been checked by its validator, what
// comes from elsewhere has not.
func (r *resolver) name(g given, pattern *regexp.Regexp, rule string) string {
	if !pattern.MatchString(g.value) {
		r.error(g.at, summaryName, "The value %q of %s is used as %s, which %s.", g.value, g.origin, nameOf(g.at), rule)
	}

	return g.value
}

// file returns g with its ~ expanded, and whether it could be.
func (r *resolver) file(g given) (string, bool) {
	file, err := r.expand(g.value)
	if err != nil {
		r.error(g.at, summaryFile, "%s is %q, but %s.", g.origin, g.value, err)
	}

	return file, err == nil
}

// caCert returns the bundle of certificates, and what to call it.
func (r *resolver) caCert(config model) (bundle []byte, name string) {
	named := r.text(path.Root("cacert_file"), config.CACertFile)
	if named.level == nowhere {
		return nil, ""
	}

	file, ok := r.file(named)
	if !ok {
		return nil, ""
	}

	bundle, err := r.readFile(file)
	if err != nil {
		r.error(named.at, summaryCACert, "The file that %s names cannot be read: %s.", named.origin, err)
	}

	return bundle, fmt.Sprintf("%s, named by %s,", file, named.origin)
}

// endpoints returns the base URLs that replace the default ones. An empty one is an error: it is more likely to be a
// mistake than a wish to call the public cloud.
func (r *resolver) endpoints(config model, insecure bool) map[endpoint.Service]string {
	custom := make(map[endpoint.Service]string)

	for _, service := range endpoint.Services() {
		at := path.Root("endpoints").AtMapKey(string(service))
		base := r.variable(at)

		if argument := config.Endpoints[string(service)]; !argument.IsNull() {
			base = given{value: argument.ValueString(), level: byArgument, at: at, origin: nameOf(at)}
		}

		if base.level == nowhere {
			continue
		}

		custom[service] = base.value

		one := endpoint.Set{Custom: map[endpoint.Service]string{service: base.value}, AllowHTTP: insecure}
		if _, err := one.Check(); err != nil {
			r.error(at, summaryEndpoint, "The URL in %s cannot be used. %s.", base.origin, err)
		}
	}

	return custom
}

// project returns the project given for region. A profile's project belongs to the profile's region.
func (r *resolver) project(config model, profile profile, region given) given {
	project := r.text(path.Root("project_id"), config.ProjectID)

	if profile.region.value == "" || profile.region.value == region.value {
		project = best(project, profile.project)
	}

	return project
}

// profile is a profile of KooCLI's file, at the level at which it was named.
type profile struct {
	region  given
	project given
	level   level
	keys    auth.Keys
	mode    koocli.Mode
	// keysErr is why the profile's keys cannot be used.
	keysErr error
	// at is the argument to blame.
	at path.Path
}

// profile reads the profile that is named, if one is.
func (r *resolver) profile(config model) profile {
	file := r.text(path.Root("shared_config_file"), config.SharedConfigFile)
	name := r.text(path.Root("profile"), config.Profile)

	named := best(name, file)
	if named.level == nowhere {
		return profile{}
	}

	p := profile{level: byEnvironmentProfile, at: named.at}
	if named.level == byArgument {
		p.level = byArgumentProfile
	}

	if file.level == nowhere {
		file.value, file.at, file.origin = defaultConfigFile, named.at, "The configuration file of "+named.origin
	}

	expanded, ok := r.file(file)
	if !ok {
		return profile{}
	}

	read, err := r.readProfile(expanded, name.value)

	switch {
	case errors.Is(err, koocli.ErrKeys):
		p.keysErr = err
	case err != nil:
		r.profileError(file, named, err)

		return profile{}
	}

	r.hide(read.Keys.AccessKey, read.Keys.SecretKey, read.Keys.SecurityToken)

	p.mode = read.Mode
	p.keys = auth.Keys{
		AccessKey: read.Keys.AccessKey, SecretKey: read.Keys.SecretKey, SecurityToken: read.Keys.SecurityToken, Origin: read.Origin,
	}
	p.region = p.given(path.Root("region"), read.Region, read.Origin)
	p.project = p.given(path.Root("project_id"), read.ProjectID, read.Origin)

	return p
}

func (p profile) given(at path.Path, value, origin string) given {
	if value == "" {
		return given{at: at}
	}

	return given{value: value, level: p.level, at: at, origin: origin}
}

func (r *resolver) profileError(file, named given, err error) {
	blamed := named
	if file.level != nowhere && !errors.Is(err, koocli.ErrUnknownProfile) {
		blamed = file
	}

	r.error(blamed.at, summaryProfile, "%s asks for a profile of KooCLI, but %s.", blamed.origin, err)
}

func (r *resolver) error(at path.Path, summary, format string, args ...any) {
	r.diags.Append(problem(at, summary, format, args...))
}

// problem is an error diagnostic on the argument at.
func problem(at path.Path, summary, format string, args ...any) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, summary, fmt.Sprintf(format, args...))
}

// listed joins items as a sentence does: "a, b and c".
func listed(items []string, last string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}

	return strings.Join(items[:len(items)-1], ", ") + " " + last + " " + items[len(items)-1]
}
