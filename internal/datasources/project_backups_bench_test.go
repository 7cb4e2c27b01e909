// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

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
				config := p.Config(projectDataSource, map[string]any{"include_backups": include})

				b.ReportAllocs()

				for b.Loop() {
					if resp := p.ReadRaw(b.Context(), projectDataSource, config); len(resp.Diagnostics) > 0 {
						b.Fatal(resp.Diagnostics[0].Detail)
					}
				}
			})
		}
	}
}
