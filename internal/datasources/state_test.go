// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func TestSetState_error(t *testing.T) {
	t.Parallel()

	const want = `
		Error: Unexpected Data Source State

		The backups were read, but the state could not be built. Please report this to the provider developers.

		Cause: no object`

	diags := setState(t.Context(), instanceBackupsBlock, nil, tftypes.Value{}, errors.New("no object"))
	if len(diags) != 1 {
		t.Fatalf("got %v, want one error", diags)
	}

	if diff := cmp.Diff(unwrap(want), shown(diags[0])); diff != "" {
		t.Errorf("diagnostic (-want +got):\n%s", diff)
	}
}
