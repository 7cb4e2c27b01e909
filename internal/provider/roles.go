// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/auth"
)

// agency is what is said of an agency to assume.
type agency struct {
	name       given
	domainID   given
	domainName given
	duration   time.Duration
}

// roles returns the agencies to assume with the credentials, in order. Without either block the environment's agency
// belongs to the federated login where there is an identity provider.
func (r *resolver) roles(config model) []auth.Role {
	if len(config.AssumeRole) == 0 {
		return r.environmentRoles(config)
	}

	roles := make([]auth.Role, len(config.AssumeRole))

	for i, block := range config.AssumeRole {
		role, problems := r.assumedAgency(i, block).role()
		r.diags.Append(problems...)

		roles[i] = role
	}

	return roles
}

func (r *resolver) environmentRoles(config model) []auth.Role {
	if config.AssumeRoleWithOIDC != nil || r.variable(oidcBlock.AtName("idp_id")).level != nowhere {
		return nil
	}

	named := r.assumedAgency(0, roleModel{})
	if named.name.level == nowhere {
		return nil
	}

	role, problems := named.role()
	r.diags.Append(problems...)

	return []auth.Role{role}
}

// assumedAgency is the agency of the assume_role block with the given index.
func (r *resolver) assumedAgency(index int, block roleModel) agency {
	at := path.Root("assume_role").AtListIndex(index)

	return agency{
		name:       r.text(at.AtName("agency_name"), block.AgencyName),
		domainID:   r.text(at.AtName("domain_id"), block.DomainID),
		domainName: r.text(at.AtName("domain_name"), block.DomainName),
		duration:   r.seconds(at.AtName("duration"), block.Duration),
	}
}

// federatedRole returns the agency that the federated login assumes. The block must name one. Where only the environment
// asks for the login, naming none is fine, and an assume_role block takes the environment's agency for itself.
func (r *resolver) federatedRole(config model) (auth.Role, diag.Diagnostics) {
	var block oidcModel

	switch {
	case config.AssumeRoleWithOIDC != nil:
		block = *config.AssumeRoleWithOIDC
	case len(config.AssumeRole) > 0:
		return auth.Role{}, nil
	}

	named := agency{
		name:     r.text(oidcBlock.AtName("agency_name"), block.AgencyName),
		domainID: r.text(oidcBlock.AtName("domain_id"), block.DomainID),
		// The block has no such argument, but the environment's agency may be described by it.
		domainName: r.variable(path.Root("assume_role").AtListIndex(0).AtName("domain_name")),
		duration:   r.seconds(oidcBlock.AtName("duration"), block.Duration),
	}

	if named.name.level == nowhere && config.AssumeRoleWithOIDC == nil {
		return auth.Role{Duration: named.duration}, nil
	}

	return named.role()
}

func (r *resolver) seconds(p path.Path, argument types.Number) time.Duration {
	return time.Duration(r.number(p, argument, 1, 0)) * time.Second
}

// role returns a as a role, and what it lacks. ID and name of the account are one part, so that an argument is never
// overruled by the environment.
func (a agency) role() (auth.Role, diag.Diagnostics) {
	var diags diag.Diagnostics

	role := auth.Role{AgencyName: a.name.value, Duration: a.duration}

	switch {
	case best(a.domainID, a.domainName).level == nowhere:
		diags.Append(missingOfRole(a.domainID))
	case a.domainID.level >= a.domainName.level:
		role.DomainID = a.domainID.value
	default:
		role.DomainName = a.domainName.value
	}

	if a.name.level == nowhere {
		diags.Append(missingOfRole(a.name))
	}

	return role, diags
}

func missingOfRole(part given) diag.Diagnostic {
	remedy := "Set it in the block"
	if names := variablesOf(part.at); len(names) > 0 {
		remedy += ", or set " + listed(names, "or") + " in the environment"
	}

	return problem(part.at, summaryRole, "%s is missing: an agency is known by its name and the account that it belongs "+
		"to.\n\n%s.", nameOf(part.at), remedy)
}
