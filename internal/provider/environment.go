// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
)

// environment is what the provider reads of the process and of the host that it runs on. Nothing else reads it.
type environment struct {
	getenv  func(name string) string
	homeDir func() (string, error)
	// roundTripper replaces the network in tests.
	roundTripper http.RoundTripper
}

func hostEnvironment() environment {
	return environment{
		getenv:  os.Getenv, //nolint:forbidigo // This is the only place that reads it.
		homeDir: os.UserHomeDir,
	}
}

// The environment variables that are no alternative to an argument.
const (
	envMetadataEndpoint = "HW_METADATA_ENDPOINT"
	envAppendUserAgent  = "TF_APPEND_USER_AGENT"
)

// variables are the environment variables of an argument that is not given: the first that is not empty counts. An argument
// of a block is called block.argument, an element of a map map.key. endpoints.dcs has one variable for each region, see
// [sdkEndpointVariable].
var variables = map[string][]string{
	"region":       {"HW_REGION_NAME"},
	"project_id":   {"HW_PROJECT_ID", "HUAWEICLOUD_SDK_PROJECT_ID"},
	"project_name": {"HW_PROJECT_NAME"},

	"access_key":     {"HW_ACCESS_KEY", "HUAWEICLOUD_SDK_AK", "CLOUD_SDK_AK"},
	"secret_key":     {"HW_SECRET_KEY", "HUAWEICLOUD_SDK_SK", "CLOUD_SDK_SK"},
	"security_token": {"HW_SECURITY_TOKEN", "HUAWEICLOUD_SDK_SECURITY_TOKEN"},

	"token": {"HW_AUTH_TOKEN"},

	"user_name":   {"HW_USER_NAME"},
	"user_id":     {"HW_USER_ID"},
	"password":    {"HW_USER_PASSWORD"},
	"domain_name": {"HW_DOMAIN_NAME"},
	"domain_id":   {"HW_DOMAIN_ID"},

	"assume_role.agency_name": {"HW_ASSUME_ROLE_AGENCY_NAME"},
	"assume_role.domain_name": {"HW_ASSUME_ROLE_DOMAIN_NAME"},
	"assume_role.domain_id":   {"HW_ASSUME_ROLE_DOMAIN_ID"},
	"assume_role.duration":    {"HW_ASSUME_ROLE_DURATION"},

	"assume_role_with_oidc.agency_name":   {"HW_ASSUME_ROLE_AGENCY_NAME"},
	"assume_role_with_oidc.domain_id":     {"HW_ASSUME_ROLE_DOMAIN_ID"},
	"assume_role_with_oidc.duration":      {"HW_ASSUME_ROLE_DURATION"},
	"assume_role_with_oidc.idp_id":        {"HW_ASSUME_ROLE_IDP_ID", "HUAWEICLOUD_SDK_IDP_ID"},
	"assume_role_with_oidc.id_token":      {"HW_ASSUME_ROLE_ID_TOKEN"},
	"assume_role_with_oidc.id_token_file": {"HW_ASSUME_ROLE_ID_TOKEN_FILE", "HUAWEICLOUD_SDK_ID_TOKEN_FILE"},

	"shared_config_file": {"HW_SHARED_CONFIG_FILE"},
	"profile":            {"HW_PROFILE"},

	"cloud":         {"HW_CLOUD"},
	"endpoints.iam": {"HW_AUTH_URL", "HUAWEICLOUD_SDK_IAM_ENDPOINT"},
	"endpoints.sts": {"HUAWEICLOUD_SDK_STS_ENDPOINT"},
	"insecure":      {"HW_INSECURE"},
	"cacert_file":   {"HW_CACERT_FILE"},
	"max_retries":   {"HW_MAX_RETRIES"},
}

// variablesOf returns the variables of the argument at p. Of a repeated block only the first has any.
func variablesOf(p path.Path) []string {
	var names []string

	for _, step := range p.Steps() {
		switch step := step.(type) {
		case path.PathStepAttributeName:
			names = append(names, string(step))
		case path.PathStepElementKeyString:
			names = append(names, string(step))
		case path.PathStepElementKeyInt:
			if step > 0 {
				return nil
			}
		}
	}

	return variables[strings.Join(names, ".")]
}

// firstOf returns the first of the variables that is not empty, and its value.
func (e environment) firstOf(names ...string) (name, value string) {
	for _, name := range names {
		if value := e.getenv(name); value != "" {
			return name, value
		}
	}

	return "", ""
}

var errNoHome = errors.New("the home directory, for which ~ stands, is not known")

// expand replaces a leading ~ by the home directory, as a shell does.
func (e environment) expand(file string) (string, error) {
	rest, ok := strings.CutPrefix(file, "~")
	if !ok || rest != "" && !strings.HasPrefix(rest, "/") && !strings.HasPrefix(rest, string(filepath.Separator)) {
		return file, nil
	}

	home, err := e.homeDir()
	if err != nil {
		return "", errNoHome
	}

	return filepath.Join(home, rest), nil
}
