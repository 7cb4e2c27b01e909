// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"net/http"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/provider"

	"terraform-provider-dcs/internal/auth/koocli"
	"terraform-provider-dcs/internal/boundedfile"
)

// NewIn returns the constructor of a provider with the given environment variables and home directory, so that tests can run in
// parallel. Requests go through network, or through the provider's own transport where it is nil.
func NewIn(env map[string]string, home string, network http.RoundTripper) func() provider.Provider {
	e := environment{
		getenv:       func(name string) string { return env[name] },
		homeDir:      func() (string, error) { return home, nil },
		readFile:     boundedfile.Read,
		readProfile:  koocli.Read,
		roundTripper: network,
	}

	return func() provider.Provider { return &dcsProvider{version: "test", environment: e} }
}

// LookedAt lists every place that can hold credentials.
var LookedAt = lookedAt

// EnvironmentNames lists the variables that can hold an argument.
func EnvironmentNames() []string {
	var names []string
	for _, of := range variables {
		names = append(names, of...)
	}

	return slices.Compact(slices.Sorted(slices.Values(names)))
}
