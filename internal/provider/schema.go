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
				"May be omitted where every data source sets its own, or a profile does.",
				validators.OrEmpty(validators.Identifier())),
			"project_id": text("project_id", "ID of the project in `region`. "+
				"By default it is looked up in IAM by `project_name` when a data source first needs it. Without a `region`, it is the "+
				"project of every data source.",
				validators.OrEmpty(validators.Identifier())),
			"project_name": text("project_name", "Name of the project in `region`, by which its ID is looked up. "+
				"Defaults to the name of the region."),

			"access_key": secretText("access_key", "Access key ID (AK) of a permanent or temporary access key. "+
				"Needs `secret_key`."),
			"secret_key": secretText("secret_key", "Secret access key (SK) of `access_key`."),
			"security_token": secretText("security_token", "Security token of a temporary access key. It joins the access key in use, "+
				"unless that is a profile's; a token in the environment joins only an access key in the environment."),

			"token": secretText("token", "IAM token. It is not refreshed."),

			"user_name": text("user_name", "Name of the IAM user that logs in with `password`. "+
				"Needs `domain_name` or `domain_id`."),
			"user_id":     text("user_id", "ID of the IAM user that logs in with `password`, instead of `user_name`."),
			"password":    secretText("password", "Password of the IAM user."),
			"domain_name": text("domain_name", "Name of the account that the IAM user belongs to."),
			"domain_id":   text("domain_id", "ID of the account that the IAM user belongs to, instead of `domain_name`."),

			"shared_config_file": text("shared_config_file", "Configuration file of KooCLI (`hcloud`). "+
				"Defaults to `~/.hcloud/config.json` where `profile` is set; a leading `~` is the home directory. "+
				"Without `profile`, the file's `current` profile is used."),
			"profile": text("profile", "Profile in `shared_config_file` whose access key, agency, region and project "+
				"are used."),

			"cloud": text("cloud", "Domain of the endpoints. "+
				"Defaults to `myhuaweicloud.com`, and to `myhuaweicloud.eu` in regions that begin with `eu-west-1`.",
				validators.OrEmpty(validators.Matches(cloudPattern, cloudRule))),
			"endpoints": endpointsAttribute(),
			"insecure": schema.BoolAttribute{
				MarkdownDescription: documented("insecure", "Whether to skip the verification of TLS certificates, "+
					"and to allow plain `http://` endpoints on hosts other than the loopback. Defaults to `false`."),
				Optional: true,
			},
			"cacert_file": text("cacert_file", "File with CA certificates in PEM form that are trusted in addition "+
				"to the system's. Certificates that cannot be read are left out, with a warning. A leading `~` is the home directory."),
			"max_retries": schema.NumberAttribute{
				MarkdownDescription: documented("max_retries", "How often a request is retried after a failure that "+
					"may be temporary, such as a 503 response or a broken connection. Defaults to `5`; with `0` each request is sent once. "+
					"A throttled request (429) is sent again until the read times out, whatever the number."),
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
		MarkdownDescription: "Agency whose temporary credentials are used. May be repeated: each agency is then assumed " +
			"with the credentials of the one before. Arguments that the first block omits are taken from the environment.",
		NestedObject: schema.NestedBlockObject{
			Attributes: map[string]schema.Attribute{
				"agency_name": text("assume_role.agency_name", "Name of the agency. Required, here or in the environment."),
				"domain_name": text("assume_role.domain_name", "Name of the account that the agency belongs to. "+
					"The agency is then assumed through IAM."),
				"domain_id": text("assume_role.domain_id", "ID of the account that the agency belongs to. "+
					"The agency is then assumed through STS. Wins over `domain_name`."),
				"duration": durationAttribute("assume_role.duration"),
			},
		},
	}
}

func assumeRoleWithOIDCBlock() schema.Block {
	return schema.SingleNestedBlock{
		MarkdownDescription: "Federated login with an OpenID Connect ID token, and the agency that is then assumed. " +
			"Arguments that the block omits are taken from the environment.",
		Attributes: map[string]schema.Attribute{
			"agency_name": text("assume_role_with_oidc.agency_name",
				"Name of the agency. Required, here or in the environment."),
			"domain_id": text("assume_role_with_oidc.domain_id", "ID of the account that the agency belongs to."),
			"duration":  durationAttribute("assume_role_with_oidc.duration"),
			"idp_id": text("assume_role_with_oidc.idp_id",
				"ID of the identity provider in IAM. Required, here or in the environment."),
			"id_token": secretText("assume_role_with_oidc.id_token",
				"ID token. Set either this or `id_token_file`.",
				validators.ConflictsWith("id_token_file", isSecretGiven)),
			"id_token_file": text("assume_role_with_oidc.id_token_file", "File that holds the ID token. It is read "+
				"whenever a token is needed, so that it can be replaced before it expires. A leading `~` is the home directory."),
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
			"`. A value is a host or a URL, with or without a path prefix, in which `{region}` stands for the region. " +
			"Without `{region}`, `dcs` is the endpoint of the provider's own `region`, and only of that. " +
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
		MarkdownDescription: documented(name, "Lifetime of the temporary credentials, in seconds. "+
			"They are refreshed before they expire. Defaults to that of the service."),
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
	return strings.TrimSpace(description + " " + variablesText(name, "Environment variable"))
}

func variablesText(name, label string) string {
	switch names := variables[name]; len(names) {
	case 0:
		return ""
	case 1:
		return label + ": `" + names[0] + "`."
	default:
		return strings.Replace(label, "variable", "variables", 1) + ", the first that is not empty: `" + strings.Join(names, "`, `") + "`."
	}
}
