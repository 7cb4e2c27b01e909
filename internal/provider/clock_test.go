// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/providertest"
)

// TestClock_isPutRightForTheWholeRun has a service whose clock is hours off this machine's: of all requests of a run, to
// IAM and to DCS, one is refused.
func TestClock_isPutRightForTheWholeRun(t *testing.T) {
	t.Parallel()

	for _, skew := range []time.Duration{16 * time.Minute, 5 * time.Hour, -5 * time.Hour, -100 * 24 * time.Hour} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newHarness(t, 0)
				instances := fleet(b.service, 20)

				b.service.Inject(dcsapitest.Fault{Effect: fault.ClockSkew{Duration: skew}})

				readFleet(t, b.Provider, instances)
				readFleet(t, b.Provider, instances)

				if refused := refusals(b.service); refused != 1 {
					t.Errorf("%d requests were refused, want one", refused)
				}

				// The look-up twice, and each listing once in each run over the fleet.
				if sent := len(b.service.Requests()); sent != 2+2*len(instances) {
					t.Errorf("%d requests, want %d", sent, 2+2*len(instances))
				}
			})
		})
	}
}

func refusals(service *dcsapitest.Server) int {
	refused := 0

	for _, request := range service.Requests() {
		if request.Status == 401 {
			refused++
		}
	}

	return refused
}

// TestClock_isNotToBlame has keys that are refused for another reason, in twelve reads at once: they are not tried again,
// but for the date.
func TestClock_isNotToBlame(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		faults []dcsapitest.Fault
		secret string
		// requests are all that are sent, detail is a part of each read's error.
		requests int
		detail   string
	}{
		"a wrong key and a clock that is right": {
			secret: "a-wrong-secret-key", requests: 1, detail: "Check that they are complete",
		},
		"a wrong key and a clock that is off": {
			faults: []dcsapitest.Fault{{Effect: fault.ClockSkew{Duration: 5 * time.Hour}}},
			secret: "a-wrong-secret-key", requests: 2, detail: "Check that they are complete",
		},
		"a locked key": {
			faults: []dcsapitest.Fault{{Effect: fault.KeyLocked{}}},
			secret: dcsapitest.SecretKey, requests: 1, detail: "The service has locked the key",
		},
		"a locked key and a clock that is off": {
			faults: []dcsapitest.Fault{{Effect: fault.KeyLocked{}}, {Effect: fault.ClockSkew{Duration: 5 * time.Hour}}},
			secret: dcsapitest.SecretKey, requests: 1, detail: "The service has locked the key",
		},
		"a clock that is off, and a service without a date": {
			faults: []dcsapitest.Fault{{Effect: fault.NoDate{}}, {Effect: fault.ClockSkew{Duration: 5 * time.Hour}}},
			secret: dcsapitest.SecretKey, requests: 1, detail: "signature expired",
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				service := dcsapitest.InMemory(t)
				instances := fleet(service, 12)

				for _, fault := range test.faults {
					service.Inject(fault)
				}

				// With a project to look up first, one read would find out for all.
				b := newHarnessOver(t, service, service.Transport(), map[string]any{
					"secret_key": test.secret, "project_id": dcsapitest.ProjectID,
				})

				var (
					wg   sync.WaitGroup
					told = make([][]providertest.Diagnostic, len(instances))
				)

				for i, instance := range instances {
					wg.Go(func() { _, told[i] = b.Read(t.Context(), dataSource, map[string]any{"instance_id": instance}) })
				}

				wg.Wait()

				// One read tells the cause in full.
				full := 0

				for _, diags := range told {
					if len(diags) != 1 || diags[0].Summary != "DCS Credentials Not Accepted" {
						t.Fatalf("want the refusal, got %v", diags)
					}

					if strings.Contains(diags[0].Detail, test.detail) {
						full++
					}
				}

				if full != 1 {
					t.Errorf("want %q in one error, got %v", test.detail, told)
				}

				if sent := len(service.Requests()); sent != test.requests {
					t.Errorf("%d requests, want %d", sent, test.requests)
				}
			})
		})
	}
}
