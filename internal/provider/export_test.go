// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"errors"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/provider"
)

// NewIn returns the constructor of a provider with the given environment variables and home directory, none where it is empty.
// Requests go through network, or through the provider's own transport where it is nil. So tests can run in parallel.
func NewIn(env map[string]string, home string, network http.RoundTripper) func() provider.Provider {
	e := environment{
		getenv: func(name string) string { return env[name] },
		homeDir: func() (string, error) {
			if home == "" {
				return "", errors.New("HOME is not defined")
			}

			return home, nil
		},
		roundTripper: network,
	}

	return func() provider.Provider { return &dcsProvider{version: "test", environment: e} }
}
