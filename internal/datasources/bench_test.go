// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
)

// BenchmarkRead measures a whole read below the CLI, from the bytes of the configuration to those of the state, with a service
// that takes no time. The plain way sets the state from a struct.
func BenchmarkRead(b *testing.B) {
	ways := []struct {
		name string
		new  func() datasource.DataSource
	}{
		{"plain", newPlain},
		{"state", NewInstanceBackups},
	}

	for _, records := range []int{10, 1000, 10000} {
		service := newListing(b, repeat(records, typical))

		for _, way := range ways {
			b.Run(fmt.Sprintf("%s/records=%d", way.name, records), func(b *testing.B) {
				p := serveAs(b, NewProviderData(newClient(b, service), nil), way.new)
				config := p.Config(dataSource, map[string]any{"instance_id": instanceID})

				b.ReportAllocs()

				for b.Loop() {
					if resp := p.ReadRaw(b.Context(), dataSource, config); len(resp.Diagnostics) > 0 {
						b.Fatal(resp.Diagnostics[0].Detail)
					}
				}
			})
		}
	}
}
