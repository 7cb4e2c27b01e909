// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"os"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/provider"

	"terraform-provider-dcs/internal/auth/koocli"
)

// NewOn returns the constructor of a provider that sees env and home in place of this machine's environment and home
// directory, so that tests can run at the same time. Files are those of this machine.
func NewOn(env map[string]string, home string) func() provider.Provider {
	m := machine{
		env:         func(name string) string { return env[name] },
		home:        func() (string, error) { return home, nil },
		readFile:    os.ReadFile,
		readProfile: koocli.Read,
	}

	return func() provider.Provider { return &dcsProvider{version: "test", machine: m} }
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
