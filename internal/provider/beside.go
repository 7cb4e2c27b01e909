// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/helpers/validatordiag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ validator.String = notBeside{}

// notBeside refuses a value where the argument other of the same block has one too. An empty value is none, as it is
// everywhere in the provider block, but not for the library's ConflictsWith.
type notBeside struct{ other string }

func (v notBeside) Description(context.Context) string {
	return "must not be given together with " + v.other
}

func (v notBeside) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v notBeside) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	var other types.String

	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, req.Path.ParentPath().AtName(v.other), &other)...)

	// What is not known yet reads as empty: Terraform validates again when it is.
	if req.ConfigValue.ValueString() != "" && other.ValueString() != "" {
		resp.Diagnostics.Append(validatordiag.InvalidAttributeCombinationDiagnostic(req.Path,
			fmt.Sprintf("%s %s: give one of them.", req.Path, v.Description(ctx))))
	}
}
