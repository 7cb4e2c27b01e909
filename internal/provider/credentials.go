// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/auth/koocli"
	"terraform-provider-dcs/internal/auth/secret"
	"terraform-provider-dcs/internal/validators"
)

// credentials are the source to log in with, and the agencies that are then assumed in order.
type credentials struct {
	source   auth.Source
	agencies []auth.Role
}

// candidate is one set of credentials, complete or not.
type candidate struct {
	precedence precedence
	source     auth.Source
	// problems are what the set lacks. With any the source cannot be used.
	problems []*problem
	// optional is a set whose missing parts are no error: other tools want a user name in the environment next to an access key.
	optional bool
	// profile has the keys, and may have an agency. It is nil for other sets.
	profile *profile
}

func (c candidate) complete() bool { return len(c.problems) == 0 }

// credentials returns the candidate with the highest precedence; of the same precedence a token wins, then a federated login,
// an access key and a password. A candidate that would be used, but cannot be, is an error, and so is a part that is missing
// of one with the precedence of the one that is used.
func (r *resolver) credentials(p profile) value[credentials] {
	candidates := slices.DeleteFunc([]candidate{
		r.token(),
		r.federatedLogin(),
		r.accessKey(),
		r.profileKeys(p),
		r.password(),
	}, func(c candidate) bool { return c.precedence == unset || c.optional && !c.complete() })

	slices.SortStableFunc(candidates, func(a, b candidate) int { return int(b.precedence) - int(a.precedence) })

	used := slices.IndexFunc(candidates, candidate.complete)

	var problems []*problem

	for i, c := range candidates {
		for _, p := range c.problems {
			if used < 0 || i < used || p.isMissing && c.precedence == candidates[used].precedence {
				problems = append(problems, p)
			}
		}
	}

	var chosen candidate

	switch {
	case used >= 0:
		chosen = candidates[used]
	case len(candidates) == 0:
		chosen = r.metadata(lookedAt())
		problems = chosen.problems
	}

	agencies, incomplete := r.agencies(chosen)
	problems = append(problems, incomplete...)

	return value[credentials]{v: credentials{source: chosen.source, agencies: agencies}, err: r.fail(problems...)}
}

func (r *resolver) token() candidate {
	token := r.secret(path.Root("token"), r.config.Token)

	return candidate{
		precedence: token.precedence,
		source:     auth.Token{Token: token.value, Origin: origins(token)},
		problems:   problemsOf(token),
	}
}

// accessKey is the access key, each part of it from its argument, else from the environment. A security token of the
// environment belongs to an access key of the environment only.
func (r *resolver) accessKey() candidate {
	access := r.secret(path.Root("access_key"), r.config.AccessKey)
	secret := r.secret(path.Root("secret_key"), r.config.SecretKey)
	token := r.secret(path.Root("security_token"), r.config.SecurityToken)

	if token.precedence == fromEnvironment && access.precedence != fromEnvironment {
		token = setting{path: token.path}
	}

	c := candidate{precedence: best(access, secret).precedence, problems: requiredTogether(access, secret)}

	// A security token without a key pair is ignored.
	if c.precedence == unset || len(c.problems) > 0 {
		return c
	}

	// A security token joins the pair that is used, and does not decide which one that is.
	c.problems = problemsOf(access, secret, token)
	c.source = auth.Keys{
		AccessKey:     access.value,
		SecretKey:     secret.value,
		SecurityToken: token.value,
		Origin:        origins(access, secret, token),
	}

	return c
}

// profileKeys are the keys of a profile, or the metadata service where the profile's mode says so.
func (r *resolver) profileKeys(p profile) candidate {
	c := candidate{
		source: auth.Keys{
			AccessKey: p.Keys.AccessKey, SecretKey: p.Keys.SecretKey, SecurityToken: p.Keys.SecurityToken, Origin: p.Origin,
			Profile: true,
		},
		profile: &p,
	}

	if p.Mode == koocli.ModeECSAgency {
		c = r.metadata([]string{p.Origin + ": its mode is " + string(p.Mode)})
	}

	c.precedence = p.precedence

	switch {
	case p.problem != nil:
		c.problems = []*problem{p.problem}
	case p.keysErr != nil:
		c.problems = []*problem{{
			precedence: p.precedence, summary: summaryProfile,
			detail: fmt.Sprintf("The access key of the KooCLI profile cannot be used.\n\nCause: %s", p.keysErr),
		}}
	}

	return c
}

// password is the login of an IAM user, by name or ID.
func (r *resolver) password() candidate {
	password := r.text(path.Root("password"), r.config.Password)
	r.hide(password.value)

	userID := r.text(path.Root("user_id"), r.config.UserID)
	userName := r.text(path.Root("user_name"), r.config.UserName)
	domainID := r.text(path.Root("domain_id"), r.config.DomainID)
	domainName := r.text(path.Root("domain_name"), r.config.DomainName)

	user, domain := best(userID, userName), best(domainID, domainName)
	user.path, domain.path = userName.path, domainName.path // The names are asked for where nothing is given.

	if best(password, user).precedence == unset {
		return candidate{}
	}

	problems := requiredTogether(user, password)
	login := auth.Password{Password: password.value, Origin: origins(user, password, domain)}

	if userID.precedence == user.precedence {
		login.UserID = user.value
	} else {
		login.UserName = user.value

		if domain.precedence == unset {
			problems = append(problems, missing(domain.path, user))
		}
	}

	if domainID.precedence == domain.precedence {
		login.DomainID = domain.value
	} else {
		login.DomainName = domain.value
	}

	return candidate{
		precedence: best(password, user, domain).precedence,
		source:     login,
		problems:   problems,
		optional:   password.precedence == unset && user.precedence < fromArgument,
	}
}

var oidcBlock = path.Root("assume_role_with_oidc")

// federatedLogin is the login with an ID token that the block or the environment asks for.
func (r *resolver) federatedLogin() candidate {
	var (
		block oidcModel
		given precedence
	)

	if r.config.AssumeRoleWithOIDC != nil {
		block, given = *r.config.AssumeRoleWithOIDC, fromArgument
	}

	provider := r.text(oidcBlock.AtName("idp_id"), block.ProviderID)
	file := r.text(oidcBlock.AtName("id_token_file"), block.IDTokenFile)
	token := r.secret(oidcBlock.AtName("id_token"), block.IDToken)
	idToken := best(token, file)
	idToken.path = file.path // The file is asked for where neither is given.

	given = max(given, provider.precedence, idToken.precedence)
	if given == unset {
		return candidate{}
	}

	agency, problems := r.federatedAgency()
	login := auth.OIDC{ProviderID: provider.value, Role: agency, Origin: origins(provider, idToken)}

	if token.precedence == idToken.precedence {
		login.IDToken = idToken.value

		problems = append(problems, problemsOf(token)...)
	} else {
		expanded, err := r.expand(file.value)
		if err != nil {
			problems = append(problems, file.invalid(fmt.Sprintf("is %q, but %s.", file.value, err)))
		}

		login.IDTokenFile = expanded
	}

	return candidate{precedence: given, source: login, problems: append(requiredTogether(provider, idToken), problems...)}
}

// metadata is the metadata service, which is asked when a read needs credentials. The error that it has none lists looked.
func (r *resolver) metadata(looked []string) candidate {
	c := candidate{}
	base := r.getenv(envMetadataEndpoint)

	if base != "" && !isBaseURL(base) {
		c.problems = []*problem{{
			precedence: fromEnvironment, summary: summaryEnvironment,
			detail: fmt.Sprintf("The environment variable %s must be the base URL of a metadata service, e.g. %s.",
				envMetadataEndpoint, "http://169.254.169.254"),
		}}
	}

	c.source = auth.Metadata{Endpoint: base, Looked: looked}

	return c
}

func isBaseURL(text string) bool {
	u, err := url.Parse(text)

	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}

// secret is text for a secret other than a password, which is cleaned.
func (r *resolver) secret(p path.Path, argument types.String) setting {
	given := setting{value: argument.ValueString(), precedence: fromArgument, path: p, origin: validators.Name(p)}
	if s := r.clean(given); s.precedence != unset {
		return s
	}

	for _, name := range variablesOf(p) {
		if s := r.clean(setting{value: r.getenv(name), precedence: fromEnvironment, path: p, origin: name}); s.precedence != unset {
			return s
		}
	}

	return setting{path: p}
}

// clean returns s with a cleaned value. One that is empty then is not given.
func (r *resolver) clean(s setting) setting {
	cleaned, err := secret.Clean(s.value)

	switch {
	case err != nil:
		r.hide(s.value)
		s.problem = s.invalid(fmt.Sprintf("cannot be used: %s.\n\nCheck how the value was copied or read.", err))
	case cleaned == "":
		return setting{path: s.path}
	default:
		r.hide(cleaned)
		s.value = cleaned
	}

	return s
}

// isSecretGiven reports whether value is a secret, usable or not: white space alone is none.
func isSecretGiven(value string) bool {
	cleaned, err := secret.Clean(value)

	return err != nil || cleaned != ""
}

// hide makes known what must never be shown.
func (r *resolver) hide(secrets ...string) {
	for _, secret := range secrets {
		if secret != "" {
			r.secrets = append(r.secrets, secret)
		}
	}
}

// lookedAt lists every place that can hold credentials, by descending precedence, and what it lacks.
func lookedAt() []string {
	neither := func(place string, arguments ...string) string {
		var names []string
		for _, argument := range arguments {
			names = append(names, variables[argument]...)
		}

		return place + ": " + joined(names, "and") + " are not set"
	}

	return []string{
		"provider block: token, assume_role_with_oidc, access_key, secret_key, user_name and password are not given",
		"profile named by the provider block: profile and shared_config_file are not given",
		"environment: " + variables["token"][0] + " is not set",
		neither("environment, identity provider", "assume_role_with_oidc.idp_id"),
		neither("environment, access key", "access_key", "secret_key"),
		"environment, password: " + variables["password"][0] + " is not set",
		neither("profile named by the environment", "profile", "shared_config_file"),
	}
}

func problemsOf(settings ...setting) []*problem {
	var problems []*problem

	for _, s := range settings {
		if s.problem != nil {
			problems = append(problems, s.problem)
		}
	}

	return problems
}

// requiredTogether reports each of two settings that is missing.
func requiredTogether(a, b setting) []*problem {
	var problems []*problem

	if a.precedence == unset {
		problems = append(problems, missing(a.path, b))
	}

	if b.precedence == unset {
		problems = append(problems, missing(b.path, a))
	}

	return problems
}

// missing says that the argument at p is required, because of other where that is given.
func missing(p path.Path, other setting) *problem {
	because, cause := "is required", fromArgument

	switch {
	case other.precedence == fromArgument:
		because = fmt.Sprintf("is required together with `%s`, which is set", other.origin)
	case other.precedence != unset:
		because, cause = fmt.Sprintf("is required together with %s, which is set", other.origin), other.precedence
	}

	return &problem{
		path: p, precedence: cause, summary: summaryCredentials, isMissing: true,
		detail: fmt.Sprintf("`%s` %s.\n\n%s.", validators.Name(p), because, remedy(cause, p)),
	}
}

// remedy says where a value that is missing can be set. What the environment begins can be completed there.
func remedy(cause precedence, arguments ...path.Path) string {
	var names, variables []string

	for _, p := range arguments {
		names = append(names, "`"+validators.Name(p)+"`")
		variables = append(variables, variablesOf(p)...)
	}

	inBlock := joined(names, "or") + " in the provider block"
	inEnvironment := "the environment variable " + joined(variables, "or")

	switch {
	case len(variables) == 0:
		return "Set " + inBlock
	case cause == fromArgument:
		return "Set " + inBlock + ", or " + inEnvironment
	default:
		return "Set " + inEnvironment
	}
}

// origins names the arguments and environment variables that credentials come from.
func origins(parts ...setting) string {
	var arguments, environment []string

	for _, part := range parts {
		switch {
		case part.precedence == fromArgument:
			arguments = append(arguments, part.origin)
		case part.precedence != unset:
			environment = append(environment, part.origin)
		}
	}

	switch {
	case len(arguments) == 0:
		return joined(environment, "and")
	case len(environment) == 0:
		return joined(arguments, "and") + " of the provider block"
	default:
		return joined(arguments, "and") + " of the provider block with " + joined(environment, "and")
	}
}
