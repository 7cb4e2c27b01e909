// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/validators"
)

// agency is an agency as it is configured.
type agency struct {
	name       setting
	domainID   setting
	domainName setting
	duration   time.Duration
	// problem is the reason why a part of it cannot be used.
	problem *problem
	// cause is the precedence of what asks for the agency, and owner the name of that.
	cause precedence
	owner string
	// accountPaths are the arguments for the account, nil for an agency of a profile.
	accountPaths []path.Path
}

// agencies returns the agencies that are assumed with the credentials, in order: those of the assume_role blocks, else that of
// the environment, unless it belongs to a federated login, else that of the profile whose keys are used. An agency of a
// profile that an argument names wins over the environment's.
func (r *resolver) agencies(used candidate) ([]auth.Role, []*problem) {
	configured := make([]agency, len(r.config.AssumeRole))
	for i, block := range r.config.AssumeRole {
		configured[i] = r.assumeRole(i, block)
	}

	if len(configured) == 0 {
		ofProfile, ofEnvironment := profileAgency(used.profile), r.environmentAgency()

		switch {
		case ofEnvironment.name.precedence > ofProfile.name.precedence:
			configured = []agency{ofEnvironment}
		case ofProfile.name.precedence != unset:
			configured = []agency{ofProfile}
		}
	}

	var (
		roles    []auth.Role
		problems []*problem
	)

	for _, a := range configured {
		role, incomplete := a.role()
		roles = append(roles, role)
		problems = append(problems, incomplete...)
	}

	return roles, problems
}

func (r *resolver) environmentAgency() agency {
	if r.config.AssumeRoleWithOIDC != nil || r.variable(oidcBlock.AtName("idp_id")).precedence != unset {
		return agency{}
	}

	a := r.assumeRole(0, roleModel{})
	a.cause, a.owner = fromEnvironment, "The agency that "+a.name.origin+" names"

	return a
}

// profileAgency returns the agency of the profile whose keys are used.
func profileAgency(p *profile) agency {
	if p == nil || p.Agency.Name == "" {
		return agency{}
	}

	part := func(value string) setting {
		if value == "" {
			return setting{}
		}

		return setting{value: value, precedence: p.precedence, origin: p.Origin}
	}
	a := agency{name: part(p.Agency.Name), domainID: part(p.Agency.DomainID), domainName: part(p.Agency.DomainName)}

	if err := p.Agency.Check(); err != nil {
		a.problem = &problem{
			precedence: p.precedence, summary: summaryAgency, detail: fmt.Sprintf("The agency of %s cannot be assumed.\n\nCause: %s", p.Origin, err),
		}
	}

	return a
}

// assumeRole returns the agency of the assume_role block with the given index.
func (r *resolver) assumeRole(index int, block roleModel) agency {
	at := path.Root("assume_role").AtListIndex(index)
	a := agency{
		name:         r.text(at.AtName("agency_name"), block.AgencyName),
		domainID:     r.text(at.AtName("domain_id"), block.DomainID),
		domainName:   r.text(at.AtName("domain_name"), block.DomainName),
		cause:        fromArgument,
		owner:        "`" + validators.Name(at) + "`",
		accountPaths: []path.Path{at.AtName("domain_id"), at.AtName("domain_name")},
	}
	a.duration, a.problem = r.seconds(at.AtName("duration"), block.Duration)

	return a
}

// federatedAgency returns the agency that the federated login assumes. The block must name one. Where only the environment
// asks for the login, it need not, and an assume_role block takes the agency of the environment.
func (r *resolver) federatedAgency() (auth.Role, []*problem) {
	var block oidcModel

	cause, owner := fromEnvironment, "The agency that "+variables["assume_role.agency_name"][0]+" names"

	switch {
	case r.config.AssumeRoleWithOIDC != nil:
		block, cause, owner = *r.config.AssumeRoleWithOIDC, fromArgument, "`"+validators.Name(oidcBlock)+"`"
	case len(r.config.AssumeRole) > 0:
		return auth.Role{}, nil
	}

	a := agency{
		name:     r.text(oidcBlock.AtName("agency_name"), block.AgencyName),
		domainID: r.text(oidcBlock.AtName("domain_id"), block.DomainID),
		// The block has no such argument, but the environment has a variable.
		domainName:   r.variable(path.Root("assume_role").AtListIndex(0).AtName("domain_name")),
		cause:        cause,
		owner:        owner,
		accountPaths: []path.Path{oidcBlock.AtName("domain_id")},
	}
	a.duration, a.problem = r.seconds(oidcBlock.AtName("duration"), block.Duration)

	if a.name.precedence == unset && r.config.AssumeRoleWithOIDC == nil {
		return auth.Role{Duration: a.duration}, problemsOf(setting{problem: a.problem})
	}

	return a.role()
}

func (r *resolver) seconds(p path.Path, argument types.Number) (time.Duration, *problem) {
	n, problem := r.number(p, argument, 1, 0)

	return time.Duration(n) * time.Second, problem
}

// role returns a as a role, and what it lacks. ID and name of the account are one part: an argument wins over the
// environment, whichever of the two it is, and of the same precedence the ID wins.
func (a agency) role() (auth.Role, []*problem) {
	problems := problemsOf(setting{problem: a.problem})
	role := auth.Role{AgencyName: a.name.value, Duration: a.duration}

	switch {
	case best(a.domainID, a.domainName).precedence == unset:
		// A profile says itself what it lacks.
		if len(a.accountPaths) > 0 {
			problems = append(problems, a.missing("account", a.accountPaths...))
		}
	case a.domainID.precedence >= a.domainName.precedence:
		role.DomainID = a.domainID.value
	default:
		role.DomainName = a.domainName.value
	}

	if a.name.precedence == unset {
		problems = append(problems, a.missing("name", a.name.path))
	}

	return role, problems
}

// missing says that the agency lacks its name or account, which any of the arguments would give.
func (a agency) missing(part string, arguments ...path.Path) *problem {
	return &problem{
		path: arguments[0], precedence: a.cause, summary: summaryAgency,
		detail: fmt.Sprintf("%s needs both the name of the agency and the account that it belongs to. The %s is missing.\n\n%s.",
			a.owner, part, remedy(a.cause, arguments...)),
	}
}
