// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-dcs/internal/datasources"
	"terraform-provider-dcs/internal/validators"
)

// unknownError returns the error of each read of a plan in which arguments of the provider block are known only after apply,
// nil where all are known. The environment does not stand in for them: it could belong to another account.
func unknownError(config tftypes.Value) error {
	var names, instead []string

	// Walk visits attributes in no order.
	_ = tftypes.Walk(config, func(at *tftypes.AttributePath, value tftypes.Value) (bool, error) {
		if !value.IsKnown() {
			p := argumentPath(at)
			names = append(names, fmt.Sprintf("`provider \"dcs\": %s`", validators.Name(p)))

			if variables := variablesOf(p); len(variables) > 0 {
				instead = append(instead, joined(variables, "or"))
			}
		}

		return true, nil
	})

	if len(names) == 0 {
		return nil
	}

	slices.Sort(names)
	slices.Sort(instead)

	todo := "Use values that are known during the plan"

	switch len(instead) {
	case 0:
	case 1:
		todo += ", or omit the argument and set the environment variable " + instead[0]
	default:
		todo += ", or omit the arguments and set an environment variable for each: " + strings.Join(instead, "; ")
	}

	return &datasources.ConfigError{
		Summary: "Unknown Provider Argument",
		Detail: fmt.Sprintf("Known only after apply, but needed during the plan, in which this data source is read: %s.\n\n"+
			"%s. Otherwise apply first what they depend on, with terraform apply -target=ADDRESS, or let the data source wait for "+
			"that with depends_on.", joined(names, "and"), todo),
	}
}

// argumentPath returns at as a path of the framework.
func argumentPath(at *tftypes.AttributePath) path.Path {
	p := path.Empty()

	for _, step := range at.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			p = p.AtName(string(step))
		case tftypes.ElementKeyString:
			p = p.AtMapKey(string(step))
		case tftypes.ElementKeyInt:
			p = p.AtListIndex(int(step))
		}
	}

	return p
}
