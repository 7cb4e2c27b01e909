// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/providertest"
)

// BenchmarkRead measures a whole read below the CLI, from the bytes of the configuration to those of the state, with a service
// that takes no time.
func BenchmarkRead(b *testing.B) {
	for _, records := range []int{10, 1000, 10000} {
		b.Run(fmt.Sprintf("records=%d", records), func(b *testing.B) {
			p := serve(b, newListing(b, repeat(records, typical)))
			benchmarkRead(b, p, dataSource, map[string]any{"instance_id": instanceID})
		})
	}
}

func benchmarkRead(b *testing.B, p *providertest.Provider, dataSource string, config map[string]any) {
	b.Helper()

	sent := p.Config(dataSource, config)

	b.ReportAllocs()

	for b.Loop() {
		if resp := p.ReadRaw(b.Context(), dataSource, sent); len(resp.Diagnostics) > 0 {
			b.Fatal(resp.Diagnostics[0].Detail)
		}
	}
}

// BenchmarkReadProject measures a whole read of a project of instances of ten records, as [BenchmarkRead] does that of an
// instance.
func BenchmarkReadProject(b *testing.B) {
	records, err := json.Marshal(map[string]any{"total_num": 10, "backup_record_response": repeat(10, typical)})
	if err != nil {
		b.Fatal(err)
	}

	for _, instances := range []int{10, 200, 999} {
		service := rawProject{backups: make(map[string]string, instances)}
		list := make([]string, instances)

		for i := range list {
			id := fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
			list[i] = fmt.Sprintf(`{"instance_id": %q, "name": "dcs-%d", "status": "RUNNING", "engine": "Redis", "capacity": 2}`, id, i)
			service.backups[id] = string(records)
		}

		service.instances = fmt.Sprintf(`{"instance_num": %d, "instances": [%s]}`, instances, strings.Join(list, ","))

		for _, include := range []bool{false, true} {
			b.Run(fmt.Sprintf("include=%t/instances=%d", include, instances), func(b *testing.B) {
				p := serveAs(b, NewProviderData(newClient(b, service), nil), NewProjectBackups)
				benchmarkRead(b, p, projectDataSource, map[string]any{"include_backups": include})
			})
		}
	}
}
