// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"net/url"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/auth/koocli"
)

// candidate is one set of credentials, whole or half.
type candidate struct {
	level  level
	source auth.Source
	// problems say what is missing. Where there are any, source cannot be used.
	problems diag.Diagnostics
	// casual is a set that may well be half on purpose: a user named in the environment without a password, as other tools
	// want it beside an access key. It is wrong only where there are no other credentials.
	casual bool
}

func (c candidate) whole() bool { return len(c.problems) == 0 }

// source returns the credentials to use: of the highest level, and within a level a token, a federated login, an access
// key, a password, in this order. Half a set is an error where it stands at least as high as the set that would be used
// in its place: whoever wrote it meant it to be used. Lower down it does no harm.
func (r *resolver) source(config model, profile profile) auth.Source {
	candidates := slices.DeleteFunc([]candidate{
		r.token(config),
		r.oidc(config),
		r.keys(config),
		r.profileKeys(profile),
		r.password(config),
	}, func(c candidate) bool { return c.level == nowhere })

	slices.SortStableFunc(candidates, func(a, b candidate) int { return int(b.level) - int(a.level) })

	used := slices.IndexFunc(candidates, candidate.whole)

	for _, c := range candidates {
		if used < 0 || c.level >= candidates[used].level && !c.casual {
			r.diags.Append(c.problems...)
		}
	}

	if used >= 0 {
		return candidates[used].source
	}

	return r.metadata()
}

func (r *resolver) token(config model) candidate {
	token := r.secret(path.Root("token"), config.Token)

	return candidate{level: token.level, source: auth.Token{Token: token.value, Origin: origins(token)}}
}

// keys is the access key, each part of it from the argument or else the environment. A security token without a key
// does not make one.
func (r *resolver) keys(config model) candidate {
	access := r.secret(path.Root("access_key"), config.AccessKey)
	secret := r.secret(path.Root("secret_key"), config.SecretKey)
	token := r.secret(path.Root("security_token"), config.SecurityToken)

	if best(access, secret).level == nowhere {
		return candidate{}
	}

	return candidate{
		level:    best(access, secret, token).level,
		problems: halves(access, secret),
		source: auth.Keys{
			AccessKey:     access.value,
			SecretKey:     secret.value,
			SecurityToken: token.value,
			Origin:        origins(access, secret, token),
		},
	}
}

func (r *resolver) profileKeys(p profile) candidate {
	c := candidate{level: p.level, source: p.keys}
	if p.mode == koocli.ModeECSAgency {
		c.source = r.metadata()
	}

	if p.keysErr != nil {
		c.problems.Append(problem(p.at, summaryProfile, "The profile cannot be used: %s.", p.keysErr))
	}

	return c
}

// password is the login of an IAM user, who is named by a name or an ID.
func (r *resolver) password(config model) candidate {
	password := r.secret(path.Root("password"), config.Password)
	userID := r.text(path.Root("user_id"), config.UserID)
	userName := r.text(path.Root("user_name"), config.UserName)
	domainID := r.text(path.Root("domain_id"), config.DomainID)
	domainName := r.text(path.Root("domain_name"), config.DomainName)

	user, domain := best(userID, userName), best(domainID, domainName)
	user.at, domain.at = userName.at, domainName.at // To blame where neither is given.

	if best(password, user).level == nowhere {
		return candidate{}
	}

	problems := halves(user, password)
	login := auth.Password{Password: password.value, Origin: origins(user, password, domain)}

	if userID.level == user.level {
		login.UserID = user.value
	} else {
		login.UserName = user.value

		if domain.level == nowhere {
			problems.Append(missing(domain.at, user))
		}
	}

	if domainID.level == domain.level {
		login.DomainID = domain.value
	} else {
		login.DomainName = domain.value
	}

	return candidate{
		level:    best(password, user, domain).level,
		source:   login,
		problems: problems,
		casual:   password.level == nowhere && user.level < byArgument,
	}
}

var oidcBlock = path.Root("assume_role_with_oidc")

// oidc is the federated login of the block, or of the environment alone.
func (r *resolver) oidc(config model) candidate {
	var (
		block oidcModel
		level level
	)

	if config.AssumeRoleWithOIDC != nil {
		block, level = *config.AssumeRoleWithOIDC, byArgument
	}

	provider := r.text(oidcBlock.AtName("idp_id"), block.ProviderID)
	file := r.text(oidcBlock.AtName("id_token_file"), block.IDTokenFile)
	token := r.secret(oidcBlock.AtName("id_token"), block.IDToken)
	proof := best(token, file)
	proof.at = file.at // To blame where neither is given.

	level = max(level, provider.level, proof.level)
	if level == nowhere {
		return candidate{}
	}

	role, problems := r.federatedRole(config)
	login := auth.OIDC{ProviderID: provider.value, Role: role, Origin: origins(provider, proof)}

	if token.level == proof.level {
		login.IDToken = proof.value
	} else {
		login.IDTokenFile, _ = r.file(proof)
	}

	return candidate{level: level, source: login, problems: append(halves(provider, proof), problems...)}
}

// metadata is the last resort: the service is asked when a read needs credentials, and the error that it has none
// lists where else there could have been some.
func (r *resolver) metadata() auth.Source {
	base := r.env(envMetadataEndpoint)
	if base != "" && !isBaseURL(base) {
		r.diags.AddError(summaryEnvironment,
			envMetadataEndpoint+" must be the base URL of a metadata service, such as http://169.254.169.254.")
	}

	return auth.Metadata{Endpoint: base, Looked: lookedAt()}
}

func isBaseURL(text string) bool {
	u, err := url.Parse(text)

	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}

// lookedAt lists every place that can hold credentials, in the order in which they count, and what it lacks.
func lookedAt() []string {
	neither := func(what string, names ...string) string {
		var wanted []string
		for _, name := range names {
			wanted = append(wanted, variables[name]...)
		}

		return what + ": " + listed(wanted, "and") + " are not set"
	}

	return []string{
		"provider block: token, assume_role_with_oidc, access_key, secret_key, user_name and password are not given",
		"profile named by the provider block: profile and shared_config_file are not given",
		"environment: " + variables["token"][0] + " is not set",
		neither("environment, identity provider", "assume_role_with_oidc.idp_id"),
		neither("environment, access key", "access_key", "secret_key"),
		neither("environment, password", "user_name", "user_id", "password"),
		neither("profile named by the environment", "profile", "shared_config_file"),
	}
}

// halves reports each of two values that belong together and is missing.
func halves(a, b given) diag.Diagnostics {
	var diags diag.Diagnostics

	if a.level == nowhere {
		diags.Append(missing(a.at, b))
	}

	if b.level == nowhere {
		diags.Append(missing(b.at, a))
	}

	return diags
}

// missing says that the argument at is needed, because of other where that was given.
func missing(at path.Path, other given) diag.Diagnostic {
	because := "It is needed"
	if other.level != nowhere {
		because = "It is needed together with " + other.origin + ", which is given"
	}

	return problem(at, summaryCredentials, "%s is missing. %s.\n\n"+
		"Set it in the provider block, or set %s in the environment.", nameOf(at), because, listed(variablesOf(at), "or"))
}

// origins says where credentials come from, by the names of arguments and environment variables.
func origins(parts ...given) string {
	var arguments, environment []string

	for _, part := range parts {
		switch {
		case part.level == byArgument:
			arguments = append(arguments, part.origin)
		case part.level != nowhere:
			environment = append(environment, part.origin)
		}
	}

	switch {
	case len(arguments) == 0:
		return listed(environment, "and")
	case len(environment) == 0:
		return listed(arguments, "and") + " of the provider block"
	default:
		return listed(arguments, "and") + " of the provider block with " + listed(environment, "and")
	}
}
