// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import "github.com/hashicorp/terraform-plugin-framework/types"

// model is the provider block. A value that is empty is like one that is not given.
type model struct {
	Region           types.String            `tfsdk:"region"`
	ProjectID        types.String            `tfsdk:"project_id"`
	ProjectName      types.String            `tfsdk:"project_name"`
	AccessKey        types.String            `tfsdk:"access_key"`
	SecretKey        types.String            `tfsdk:"secret_key"`
	SecurityToken    types.String            `tfsdk:"security_token"`
	Token            types.String            `tfsdk:"token"`
	UserName         types.String            `tfsdk:"user_name"`
	UserID           types.String            `tfsdk:"user_id"`
	Password         types.String            `tfsdk:"password"`
	DomainName       types.String            `tfsdk:"domain_name"`
	DomainID         types.String            `tfsdk:"domain_id"`
	SharedConfigFile types.String            `tfsdk:"shared_config_file"`
	Profile          types.String            `tfsdk:"profile"`
	Cloud            types.String            `tfsdk:"cloud"`
	Endpoints        map[string]types.String `tfsdk:"endpoints"`
	Insecure         types.Bool              `tfsdk:"insecure"`
	CACertFile       types.String            `tfsdk:"cacert_file"`
	MaxRetries       types.Number            `tfsdk:"max_retries"`

	AssumeRole         []roleModel `tfsdk:"assume_role"`
	AssumeRoleWithOIDC *oidcModel  `tfsdk:"assume_role_with_oidc"`
}

type roleModel struct {
	AgencyName types.String `tfsdk:"agency_name"`
	DomainName types.String `tfsdk:"domain_name"`
	DomainID   types.String `tfsdk:"domain_id"`
	Duration   types.Number `tfsdk:"duration"`
}

type oidcModel struct {
	AgencyName  types.String `tfsdk:"agency_name"`
	DomainID    types.String `tfsdk:"domain_id"`
	Duration    types.Number `tfsdk:"duration"`
	ProviderID  types.String `tfsdk:"idp_id"`
	IDToken     types.String `tfsdk:"id_token"`
	IDTokenFile types.String `tfsdk:"id_token_file"`
}
