// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

const summaryUnknown = "Unknown Provider Argument"

// unknownValues reports every value in the provider block that is known only after apply. None of them is replaced by
// the environment: it could silently mean another account.
func unknownValues(config tftypes.Value) diag.Diagnostics {
	var diags diag.Diagnostics

	_ = tftypes.Walk(config, func(at *tftypes.AttributePath, value tftypes.Value) (bool, error) {
		if !value.IsKnown() {
			p := argumentPath(at)
			diags.AddAttributeError(p, summaryUnknown, unknownDetail(p))
		}

		return true, nil
	})

	return diags
}

func unknownDetail(p path.Path) string {
	instead := "Use a value that is known during the plan"
	if names := variablesOf(p); len(names) > 0 {
		instead += ", or leave the argument out and set the environment variable " + strings.Join(names, " or ")
	}

	return fmt.Sprintf("The value of %s is known only after something else has been applied, but data sources are read "+
		"with it during the plan.\n\n%s. Otherwise first apply what the value depends on: terraform apply -target=ADDRESS.",
		p, instead)
}

// argumentPath is at as the framework writes paths.
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
