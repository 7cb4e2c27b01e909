// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"fmt"
	"math"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework-validators/helpers/validatordiag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

var _ validator.Number = wholeNumber{}

// wholeNumber refuses fractions and what is below least. The framework's own types of whole numbers report a fraction as a
// mistake of the provider.
type wholeNumber struct{ least int64 }

func (v wholeNumber) Description(context.Context) string {
	return fmt.Sprintf("must be a whole number from %d to %d", v.least, math.MaxInt32)
}

func (v wholeNumber) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v wholeNumber) ValidateNumber(ctx context.Context, req validator.NumberRequest, resp *validator.NumberResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}

	n, accuracy := req.ConfigValue.ValueBigFloat().Int64()
	if accuracy != big.Exact || n < v.least || n > math.MaxInt32 {
		resp.Diagnostics.Append(validatordiag.InvalidAttributeValueDiagnostic(req.Path, v.Description(ctx),
			req.ConfigValue.ValueBigFloat().Text('g', -1)))
	}
}
