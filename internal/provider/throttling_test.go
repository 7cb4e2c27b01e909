// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

// TestThrottling_sixtyReadsAtOnce reads sixty instances through a gateway that lets five requests pass in a second.
func TestThrottling_sixtyReadsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const reads = 60

		service := dcsapitest.InMemory(t)
		service.Inject(dcsapitest.Fault{Effect: fault.RateLimit{N: 5}})
		service.Inject(dcsapitest.Fault{Effect: fault.Latency{Duration: 20 * time.Millisecond}})

		h := newHarnessOver(t, service, service.Transport(), map[string]any{"project_id": dcsapitest.ProjectID})
		start := time.Now()

		var wg sync.WaitGroup

		for n := range reads {
			id := fmt.Sprintf("instance-%d", n)
			service.AddInstance(dcsapitest.Instance{ID: id, Backups: dcsapitest.GenerateBackups(1, uint64(n))})
			wg.Go(func() {
				got, diags := h.read(t.Context(), map[string]any{"instance_id": id})
				if len(diags) > 0 || len(got) != 1 {
					t.Errorf("%s: %d backups, %v", id, len(got), diags)
				}
			})
		}

		wg.Wait()

		if took := time.Since(start); took > 15*time.Second {
			t.Errorf("the reads took %s, want at most 15s", took)
		}

		if refused := len(service.RequestsTo("/v2/")) - reads; refused > reads {
			t.Errorf("%d requests were refused, want at most one for each of %d reads", refused, reads)
		}
	})
}

// TestThrottling_projectOfManyInstances reads a project through a gateway that lets fifty requests pass in a second: the read takes
// longer, and every instance is read.
func TestThrottling_projectOfManyInstances(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const instances = 120

		service := dcsapitest.InMemory(t)
		for n := range instances {
			service.AddInstance(dcsapitest.Instance{ID: fmt.Sprintf("instance-%d", n)})
		}

		service.Inject(dcsapitest.Fault{Effect: fault.RateLimit{N: 50}})
		service.Inject(dcsapitest.Fault{Effect: fault.Latency{Duration: 20 * time.Millisecond}})

		h := newHarnessOver(t, service, service.Transport(), nil)

		state, diags := h.Read(t.Context(), "dcs_project_backups", nil)
		if read, _ := state["instances"].(map[string]any); len(diags) > 0 || len(read) != instances {
			t.Errorf("%d instances, want %d; %v", len(read), instances, diags)
		}

		if sent := len(service.RequestsTo("/v2/")); sent <= 1+instances || sent > 2*instances {
			t.Errorf("%d requests, want some that were refused, and at most one for each instance", sent)
		}
	})
}
