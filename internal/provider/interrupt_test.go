// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/providertest"
)

// TestInterrupt_endsReadsAtOnce interrupts reads, as Terraform does, in each thing that they may wait for: they end without
// delay, say so, and send nothing more.
func TestInterrupt_endsReadsAtOnce(t *testing.T) {
	t.Parallel()

	hangs := dcsapitest.Fault{Effect: fault.Silence{}, Path: "/v2/"}

	tests := map[string]struct {
		fault dcsapitest.Fault
		// config is added to the provider block.
		config map[string]any
		// reads is how many there are at once, 0 for one.
		reads int
		// accepted says that an earlier read has had the credentials accepted.
		accepted bool
		// sent is how many requests are sent before the interrupt, 0 where that depends on their order.
		sent int
	}{
		"request": {fault: hangs, sent: 2},
		"body":    {fault: dcsapitest.Fault{Effect: fault.Stall{}, Path: "/v2/"}, sent: 2},
		"wait before a retry": {
			fault: dcsapitest.Fault{Effect: fault.Status{Status: 503}, Path: "/v2/"}, sent: 2,
		},
		"queue for a throttled host": {
			fault: dcsapitest.Fault{Effect: fault.Throttled{RetryAfter: time.Minute}, Path: "/v2/"}, reads: 12, accepted: true,
		},
		"queue for a host that hangs": {fault: hangs, reads: 30, accepted: true, sent: 12},
		"second page": {
			fault: dcsapitest.Fault{Effect: fault.Latency{Duration: time.Minute}, Path: "/v2/", From: 2}, sent: 4,
		},
		"project look-up": {
			fault: dcsapitest.Fault{Effect: fault.Silence{}, Path: "/v3/projects"}, reads: 3, sent: 1,
		},
		"probe of credentials": {
			fault: hangs, config: map[string]any{"project_id": dcsapitest.ProjectID}, reads: 12, sent: 1,
		},
		"login by password": {
			fault: dcsapitest.Fault{Effect: fault.Silence{}, Path: "/v3/auth/tokens"},
			config: map[string]any{
				"access_key": nil, "secret_key": nil, "user_name": dcsapitest.UserName, "password": dcsapitest.Password,
				"domain_name": dcsapitest.DomainName,
			},
			reads: 3, sent: 1,
		},
		"assumption of a role": {
			fault: dcsapitest.Fault{Effect: fault.Silence{}, Path: "/v3.0/"},
			config: map[string]any{"assume_role": []any{
				map[string]any{"agency_name": "agency", "domain_name": dcsapitest.DomainName},
			}},
			reads: 3, sent: 1,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				service := dcsapitest.InMemory(t)
				service.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(2500, 1)})

				h := newHarnessOver(t, service, service.Transport(), test.config)

				if test.accepted {
					if _, diags := h.read(t.Context(), map[string]any{"limit": 1}); len(diags) > 0 {
						t.Fatal(diags)
					}

					service.Reset()
				}

				service.Inject(test.fault)

				start := time.Now()
				results := h.readAtOnce(t.Context(), max(test.reads, 1))

				synctest.Wait() // All reads wait, and no time has passed.

				sent := len(service.Requests())
				if test.sent > 0 && sent != test.sent {
					t.Errorf("%d requests were sent, want %d", sent, test.sent)
				}

				h.Stop(context.Background())

				for _, diags := range results() {
					if len(diags) != 1 || diags[0].Summary != "Reading DCS Backups Interrupted" {
						t.Errorf("a read ended with %v", diags)
					}
				}

				if took := time.Since(start); took > 0 {
					t.Errorf("the reads ended %s after the interrupt", took)
				}

				time.Sleep(10 * time.Minute)

				if after := len(service.Requests()) - sent; after > 0 {
					t.Errorf("%d requests were sent after the interrupt", after)
				}
			})
		})
	}
}

// readAtOnce starts n reads and returns a function that waits for their diagnostics.
func (h *harness) readAtOnce(ctx context.Context, n int) func() [][]providertest.Diagnostic {
	var wg sync.WaitGroup

	results := make([][]providertest.Diagnostic, n)
	for i := range results {
		wg.Go(func() { _, results[i] = h.read(ctx, nil) })
	}

	return func() [][]providertest.Diagnostic {
		wg.Wait()

		return results
	}
}
