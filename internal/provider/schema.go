// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"math"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/validators"
)

const defaultMaxRetries = 5

func providerSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Reads the backup records of Huawei Cloud DCS (Distributed Cache Service) instances.",
		Attributes: map[string]schema.Attribute{
			"region": text("region", "Region of the instances, e.g. `cn-north-4`. "+
				"May be omitted if every data source sets `region`, or if a profile sets it.",
				validators.OrEmpty(validators.Identifier())),
			"project_id": text("project_id", "ID of the project in `region`. "+
				"By default it is looked up in IAM by `project_name` when a data source first needs it. If the provider has no "+
				"region, every data source uses this project.",
				validators.OrEmpty(validators.Identifier())),
			"project_name": text("project_name", "Name of the project in `region`. It is used to look up the project ID. "+
				"Defaults to the name of the region. If the provider has no region, every data source uses the project of this name."),

			"access_key": secretText("access_key", "Access key ID (AK) of a permanent or temporary access key. "+
				"Needs `secret_key`."),
			"secret_key": secretText("secret_key", "Secret access key (SK) that belongs to `access_key`."),
			"security_token": secretText("security_token", "Security token of a temporary access key. It is not used with the access key of "+
				"a profile. A token from the environment is used only with an access key from the environment."),

			"token": secretText("token", "IAM token, valid for one project. It is not refreshed."),

			"user_name": text("user_name", "Name of the IAM user, for a login with `password`. "+
				"Needs `domain_name` or `domain_id`."),
			"user_id":     text("user_id", "ID of the IAM user, for a login with `password`. Use it instead of `user_name`."),
			"password":    secretText("password", "Password of the IAM user. Needs `user_name` or `user_id`."),
			"domain_name": text("domain_name", "Name of the account that the IAM user belongs to."),
			"domain_id":   text("domain_id", "ID of the account that the IAM user belongs to. Use it instead of `domain_name`."),

			"shared_config_file": text("shared_config_file", "Configuration file of KooCLI (`hcloud`). "+
				"A leading `~` is the home directory. Defaults to `~/.hcloud/config.json` if `profile` is set. "+
				"Without `profile`, the `current` profile in the file is used."),
			"profile": text("profile", "Name of the profile in `shared_config_file`. Its access key, agency, region and project "+
				"are used. The other arguments of the provider block take precedence."),

			"cloud": text("cloud", "Domain of the endpoints, e.g. `otc.t-systems.com`. "+
				"Defaults to `myhuaweicloud.com`, and to `myhuaweicloud.eu` in regions whose name begins with `eu-west-1`.",
				validators.OrEmpty(validators.Matches(cloudPattern, cloudRule))),
			"endpoints": endpointsAttribute(),
			"insecure": schema.BoolAttribute{
				MarkdownDescription: documented("insecure", "Whether to skip the verification of TLS certificates "+
					"and to allow `http://` endpoints on every host. Otherwise `http://` is allowed on loopback addresses only. "+
					"Defaults to `false`."),
				Optional: true,
			},
			"cacert_file": text("cacert_file", "File with CA certificates in PEM format. They are trusted in addition to those of the "+
				"system. Certificates that cannot be read are skipped with a warning. A leading `~` is the home directory."),
			"max_retries": schema.NumberAttribute{
				MarkdownDescription: documented("max_retries", "How often a request is retried after a failure that "+
					"may be temporary, such as a 503 response or a broken connection. A whole number of at least `0`. Defaults to `5`. "+
					"Throttled requests (429) do not count: they are retried until the read times out."),
				Optional:   true,
				Validators: []validator.Number{validators.WholeNumber(0, math.MaxInt32)},
			},
		},
		Blocks: map[string]schema.Block{
			"assume_role":           assumeRoleBlock(),
			"assume_role_with_oidc": assumeRoleWithOIDCBlock(),
		},
	}
}

func assumeRoleBlock() schema.Block {
	return schema.ListNestedBlock{
		MarkdownDescription: "Agency to assume. Its temporary credentials are used to read. The block may be repeated: each " +
			"agency is then assumed with the credentials of the one before. Arguments that the first block omits are taken from the " +
			"environment.",
		NestedObject: schema.NestedBlockObject{
			Attributes: map[string]schema.Attribute{
				"agency_name": text("assume_role.agency_name", "Name of the agency. Required, here or in the environment."),
				"domain_name": text("assume_role.domain_name", "Name of the account that the agency belongs to. "+
					"The agency is then assumed through IAM."),
				"domain_id": text("assume_role.domain_id", "ID of the account that the agency belongs to. "+
					"The agency is then assumed through STS. Takes precedence over `domain_name`."),
				"duration": durationAttribute("assume_role.duration"),
			},
		},
	}
}

func assumeRoleWithOIDCBlock() schema.Block {
	return schema.SingleNestedBlock{
		MarkdownDescription: "Login with an OpenID Connect ID token, and the agency to assume with it. " +
			"Arguments that the block omits are taken from the environment.",
		Attributes: map[string]schema.Attribute{
			"agency_name": text("assume_role_with_oidc.agency_name",
				"Name of the agency. Required, here or in the environment."),
			"domain_id": text("assume_role_with_oidc.domain_id", "ID of the account that the agency belongs to."),
			"duration":  durationAttribute("assume_role_with_oidc.duration"),
			"idp_id": text("assume_role_with_oidc.idp_id",
				"ID of the identity provider in IAM. Required, here or in the environment."),
			"id_token": secretText("assume_role_with_oidc.id_token",
				"OpenID Connect ID token. Conflicts with `id_token_file`.",
				validators.ConflictsWith("id_token_file", isSecretGiven)),
			"id_token_file": text("assume_role_with_oidc.id_token_file", "File that contains the ID token. It is "+
				"read each time credentials are obtained, so the token can be replaced before it expires. A leading `~` is the home "+
				"directory. Conflicts with `id_token`."),
		},
	}
}

func endpointsAttribute() schema.Attribute {
	var services []string
	for _, service := range endpoint.Services() {
		services = append(services, string(service))
	}

	return schema.MapAttribute{
		MarkdownDescription: "Base URLs that replace the default ones, by service: `" + strings.Join(services, "`, `") +
			"`. A value is a host or a URL, with or without a path prefix. `{region}` in it is replaced by the region. " +
			"An endpoint for `dcs` without `{region}` is used only for the `region` of the provider. " +
			"Defaults to `https://<service>.{region}.<cloud>`. " +
			"Environment variable for `dcs`: `" + sdkEndpointVariable + "<REGION>`, e.g. `" + sdkEndpointVariable + "CN_NORTH_4`. " +
			variablesText("endpoints.iam", "Environment variable for `iam`") + " " +
			variablesText("endpoints.sts", "Environment variable for `sts`"),
		ElementType: types.StringType,
		Optional:    true,
		Validators:  []validator.Map{mapvalidator.KeysAre(validators.OneOf(services...))},
	}
}

func durationAttribute(name string) schema.Attribute {
	return schema.NumberAttribute{
		MarkdownDescription: documented(name, "Lifetime of the temporary credentials in seconds. "+
			"A whole number of at least `1`; the service may restrict it further. The credentials are refreshed before they expire. "+
			"By default the service decides."),
		Optional:   true,
		Validators: []validator.Number{validators.WholeNumber(1, math.MaxInt32)},
	}
}

func text(name, description string, rules ...validator.String) schema.Attribute {
	return schema.StringAttribute{
		MarkdownDescription: documented(name, description), Optional: true, Validators: rules,
	}
}

func secretText(name, description string, rules ...validator.String) schema.Attribute {
	return schema.StringAttribute{
		MarkdownDescription: documented(name, description), Optional: true, Sensitive: true, Validators: rules,
	}
}

// documented returns description with the environment variables of the argument called name.
func documented(name, description string) string {
	return description + " " + variablesText(name, "Environment variable")
}

func variablesText(name, label string) string {
	names := variables[name]
	if len(names) == 1 {
		return label + ": `" + names[0] + "`."
	}

	return strings.Replace(label, "variable", "variables", 1) + ", the first that is not empty: `" + strings.Join(names, "`, `") + "`."
}
