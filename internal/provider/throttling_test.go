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
	"terraform-provider-dcs/internal/providertest"
)

// fleet is n instances of a service, each with one backup.
func fleet(service *dcsapitest.Server, n int) []string {
	instances := make([]string, n)
	for i := range instances {
		instances[i] = fmt.Sprintf("instance-%d", i)
		service.AddInstance(dcsapitest.Instance{ID: instances[i], Backups: dcsapitest.GenerateBackups(1, uint64(i))})
	}

	return instances
}

// readFleet reads all instances at once. Each read must succeed.
func readFleet(t *testing.T, p *providertest.Provider, instances []string) {
	t.Helper()

	var wg sync.WaitGroup

	for _, instance := range instances {
		wg.Go(func() {
			state, diags := p.Read(t.Context(), dataSource, map[string]any{"instance_id": instance})
			if len(diags) > 0 || len(idsOf(state)) != 1 {
				t.Errorf("%s: %d backups, %v", instance, len(idsOf(state)), diags)
			}
		})
	}

	wg.Wait()
}

// checkRefusals checks that on average at most one request of each instance was refused.
func checkRefusals(t *testing.T, service *dcsapitest.Server, instances []string) {
	t.Helper()

	if refused := len(service.RequestsTo("/v2/")) - len(instances); refused > len(instances) {
		t.Errorf("%d requests were refused, want at most one for each of %d instances", refused, len(instances))
	}
}

// TestThrottling_manyReadsAtOnce has a gateway that lets five requests through in a second. In virtual time.
func TestThrottling_manyReadsAtOnce(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		fault dcsapitest.Fault
		reads int
		// most is the time that it may take: the limit itself asks for reads/N windows less one.
		most time.Duration
	}{
		"sixty at five a second": {
			dcsapitest.Fault{Effect: fault.RateLimit{N: 5}}, 60, 14 * time.Second,
		},
		"forty at eight a second": {
			dcsapitest.Fault{Effect: fault.RateLimit{N: 8}}, 40, 6 * time.Second,
		},
		"sixty at twenty in a minute": {
			dcsapitest.Fault{Effect: fault.RateLimit{N: 20, Duration: time.Minute}}, 60, 3 * time.Minute,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				service := dcsapitest.InMemory(t)
				instances := fleet(service, test.reads)
				b := newHarnessOver(t, service, service.Transport(), map[string]any{"project_id": dcsapitest.ProjectID})

				b.service.Inject(test.fault)
				b.service.Inject(dcsapitest.Fault{Effect: fault.Latency{Duration: 20 * time.Millisecond}})

				start := time.Now()

				readFleet(t, b.Provider, instances)

				took := time.Since(start)
				t.Logf("%s, %d requests", took, len(b.service.Requests()))

				if took > test.most {
					t.Errorf("it took %s, want at most %s", took, test.most)
				}

				checkRefusals(t, b.service, instances)
			})
		})
	}
}
