// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// maxStateSize is the largest state of a data source, in bytes as it is sent. Terraform and its providers exchange messages of
// up to 256 MiB, and the state is not all that is in a message.
const maxStateSize = 200 << 20

// newState returns config, the configuration, with the computed attributes filled in.
//
// The state is one value of the types that go over the wire, and not set from a struct: the framework reads structs by
// reflection and checks the names of their fields again for each record. Together with the shared types of the schema, the
// whole read of 1000 or 10000 records takes less than a third of the time and of the memory.
func newState(config tftypes.Value, computed map[string]tftypes.Value) (tftypes.Value, error) {
	var configured map[string]tftypes.Value
	if err := config.As(&configured); err != nil {
		return tftypes.Value{}, err
	}

	values := maps.Clone(configured)
	maps.Copy(values, computed)

	return tftypes.NewValue(config.Type(), values), nil
}

// setState sets state to value and err, the results of [newState].
func setState(
	ctx context.Context, block path.Path, state *tfsdk.State, value tftypes.Value, err error,
) diag.Diagnostics {
	if err != nil {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(block, "Unexpected Data Source State",
			"The backups were read, but the state could not be built. Please report this to the provider developers.\n\n"+
				"Cause: "+err.Error())}
	}

	return state.Set(ctx, value)
}
