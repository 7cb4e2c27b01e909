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

// interruptTests are what a read may be doing when it is interrupted.
var interruptTests = map[string]struct {
	faults []dcsapitest.Fault
	change map[string]any
	// reads run at once; 0 is one. The first goes ahead of the others where they wait for it.
	reads int
	// accepted has the credentials accepted before.
	accepted bool
	// sent is how many requests have been sent until then, 0 where it depends on their order.
	sent int
}{
	"a request": {
		faults: []dcsapitest.Fault{{Effect: fault.Silence{}, Path: "/v2/"}}, sent: 2,
	},
	"a body": {
		faults: []dcsapitest.Fault{{Effect: fault.Stall{}, Path: "/v2/"}}, sent: 2,
	},
	"a body that drips": {
		faults: []dcsapitest.Fault{{Effect: fault.SlowDrip{}, Path: "/v2/"}}, sent: 2,
	},
	"the body of an error": {
		faults: []dcsapitest.Fault{
			{Effect: fault.Status{}, Path: "/v2/"}, {Effect: fault.Stall{}, Path: "/v2/"},
		}, sent: 2,
	},
	"the wait before a retry": {
		faults: []dcsapitest.Fault{{Effect: fault.Status{Status: 503}, Path: "/v2/"}}, sent: 2,
	},
	"the pause of a throttled host": {
		faults: []dcsapitest.Fault{{Effect: fault.Throttled{RetryAfter: time.Minute}, Path: "/v2/"}}, sent: 2,
	},
	"the queue for a throttled host": {
		faults: []dcsapitest.Fault{{Effect: fault.Throttled{RetryAfter: time.Minute}, Path: "/v2/"}}, reads: 12,
		accepted: true,
	},
	"the queue for a host that hangs": {
		faults: []dcsapitest.Fault{{Effect: fault.Silence{}, Path: "/v2/"}}, reads: 30, accepted: true, sent: 12,
	},
	"the project look-up": {
		faults: []dcsapitest.Fault{{Effect: fault.Silence{}, Path: "/v3/projects"}}, sent: 1,
	},
	"the wait before the project is looked up again": {
		faults: []dcsapitest.Fault{{Effect: fault.Status{Status: 503}, Path: "/v3/projects"}}, reads: 3, sent: 1,
	},
	"the second page": {
		faults: []dcsapitest.Fault{{Effect: fault.Latency{Duration: time.Minute}, Path: "/v2/", From: 2}}, sent: 4,
	},
	"the gate of credentials that no host has accepted": {
		faults: []dcsapitest.Fault{{Effect: fault.Silence{}, Path: "/v2/"}},
		change: map[string]any{"project_id": dcsapitest.ProjectID}, reads: 12, sent: 1,
	},
	"the login by password": {
		faults: []dcsapitest.Fault{{Effect: fault.Silence{}, Path: "/v3/auth/tokens"}},
		change: map[string]any{
			"access_key": nil, "secret_key": nil, "user_name": dcsapitest.UserName, "password": dcsapitest.Password,
			"domain_name": dcsapitest.DomainName,
		}, reads: 3, sent: 1,
	},
	"the assumption of a role": {
		faults: []dcsapitest.Fault{{Effect: fault.Silence{}, Path: "/v3.0/"}},
		change: map[string]any{"assume_role": []any{
			map[string]any{"agency_name": "agency", "domain_name": dcsapitest.DomainName},
		}}, reads: 3, sent: 1,
	},
}

// TestInterrupt_endsReadsAtOnce interrupts reads in whatever they do, in the two ways in which Terraform can: they end
// without a moment's delay, say so, and send nothing more.
func TestInterrupt_endsReadsAtOnce(t *testing.T) {
	t.Parallel()

	interrupts := map[string]func(*harness, context.CancelFunc){
		"by stop":         func(b *harness, _ context.CancelFunc) { b.Stop(context.Background()) },
		"by cancellation": func(_ *harness, cancel context.CancelFunc) { cancel() },
	}

	for name, test := range interruptTests {
		for how, interrupt := range interrupts {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					service := dcsapitest.InMemory(t)
					service.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(2500, 1)})

					b := newHarnessOver(t, service, service.Transport(), test.change)

					if test.accepted {
						if _, diags := b.read(t.Context(), map[string]any{"limit": 1}); len(diags) > 0 {
							t.Fatal(diags)
						}

						service.Reset()
					}

					for _, fault := range test.faults {
						service.Inject(fault)
					}

					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()

					ended := b.readAtOnce(ctx, max(test.reads, 1))

					// Every read is waiting now, and no time has passed.
					synctest.Wait()

					sent := len(service.Requests())
					if test.sent > 0 && sent != test.sent {
						t.Errorf("%d requests have been sent, want %d", sent, test.sent)
					}

					start := time.Now()

					interrupt(b, cancel)

					for _, diags := range ended() {
						if len(diags) != 1 || diags[0].Summary != "Reading DCS Backups Interrupted" {
							t.Errorf("a read ended with %v", diags)
						}
					}

					if took := time.Since(start); took > 0 {
						t.Errorf("it took %s", took)
					}

					time.Sleep(10 * time.Minute)

					if after := len(service.Requests()); after != sent {
						t.Errorf("%d requests were sent after the interrupt", after-sent)
					}
				})
			})
		}
	}
}

// readAtOnce starts n reads, and returns what waits for their end.
func (b *harness) readAtOnce(ctx context.Context, n int) func() [][]providertest.Diagnostic {
	var wg sync.WaitGroup

	ended := make([][]providertest.Diagnostic, n)
	for i := range ended {
		wg.Go(func() { _, ended[i] = b.read(ctx, nil) })
	}

	return func() [][]providertest.Diagnostic {
		wg.Wait()

		return ended
	}
}
