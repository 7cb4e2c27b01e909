// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"fmt"
	"strings"
)

// Environment returns the variables, as "NAME=value", that make a provider use this server with its first key: region,
// credentials and endpoints, under the names that the vendor's SDK and the huaweicloud provider have for them.
func (s *Server) Environment() []string {
	url := s.URL()
	s.mu.Lock()
	defer s.mu.Unlock()

	key := s.iam.first

	env := []string{
		"HW_REGION_NAME=" + s.region,
		"HW_ACCESS_KEY=" + key.Access,
		"HW_SECRET_KEY=" + key.Secret,
	}
	if key.SecurityToken != "" {
		env = append(env, "HW_SECURITY_TOKEN="+key.SecurityToken)
	}

	env = append(env,
		"HUAWEICLOUD_SDK_REGION_DCS_"+strings.ToUpper(strings.ReplaceAll(s.region, "-", "_"))+"="+url,
		"HW_AUTH_URL="+url, "HUAWEICLOUD_SDK_STS_ENDPOINT="+url)
	if s.metadata.Mode != MetadataOff && s.metadata.Mode != "" {
		env = append(env, "HW_METADATA_ENDPOINT="+url)
	}

	return env
}

// HCL returns the provider block that makes a provider use this server, whatever the region.
func (s *Server) HCL() string {
	url := s.URL()

	return fmt.Sprintf(`provider "dcs" {
  endpoints = {
    dcs = %q
    iam = %q
    sts = %q
  }
}
`, url, url, url)
}
