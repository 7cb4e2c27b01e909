// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/validators"
)

// defaultReadTimeout is the timeout of a read whose configuration names none.
const defaultReadTimeout = "5m"

// pathReadTimeout is the argument timeouts.read.
var pathReadTimeout = path.Root("timeouts").AtName("read")

func timeoutsBlock() schema.Block {
	return schema.SingleNestedBlock{
		MarkdownDescription: "Timeouts of operations.",
		Attributes: map[string]schema.Attribute{
			"read": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Maximum time for one read, including all requests, retries and waits. A positive " +
					"duration with the units `s`, `m` and `h`, e.g. `30s` or `1h30m`. Defaults to `" +
					defaultReadTimeout + "`.",
				Validators: []validator.String{durationValidator{}},
			},
		},
	}
}

// timeoutsConfig is the block timeouts.
type timeoutsConfig struct {
	Read types.String `tfsdk:"read"`
}

// timeout is the timeout of a read.
type timeout struct {
	duration time.Duration
	// text is the duration as it is written in HCL. isDefault says that the configuration names none.
	text      string
	isDefault bool
}

// timeout returns the timeout that c names, or the default. c is nil where there is no block.
func (c *timeoutsConfig) timeout(diags *diag.Diagnostics) timeout {
	t := timeout{duration: 5 * time.Minute, text: defaultReadTimeout, isDefault: true}
	if c == nil || c.Read.IsNull() {
		return t
	}

	t.text, t.isDefault = c.Read.ValueString(), false
	parse(diags, pathReadTimeout, c.Read, parseTimeout, &t.duration)

	return t
}

// String says what the timeout is, as a part of a sentence.
func (t timeout) String() string {
	if t.isDefault {
		return fmt.Sprintf("`timeouts.read` is not set and defaults to %q", t.text)
	}

	return fmt.Sprintf("`timeouts.read` is %q", t.text)
}

var errTimeout = errors.New("must be a positive duration with the units s, m and h, e.g. 30s or 1h30m")

func parseTimeout(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, errTimeout
	}

	return d, nil
}

// durationValidator accepts the durations of [parseTimeout].
type durationValidator struct{}

// Description implements [validator.Describer].
func (durationValidator) Description(context.Context) string { return errTimeout.Error() }

// MarkdownDescription implements [validator.Describer].
func (v durationValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements [validator.String].
func (durationValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}

	if _, err := parseTimeout(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.Append(validators.Invalid(req.Path, err.Error(), req.ConfigValue.String()))
	}
}
