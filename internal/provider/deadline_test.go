// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

// TestDeadline_saysHowFarTheReadGot lets the deadline pass in each part of a read.
func TestDeadline_saysHowFarTheReadGot(t *testing.T) {
	t.Parallel()

	const nothing = "No records had been read."

	tests := map[string]struct {
		fault dcsapitest.Fault
		// details are parts of the error.
		details []string
		// early says that the error comes at once, because a wait would outlast the deadline.
		early bool
	}{
		"project look-up": {
			fault: dcsapitest.Fault{Effect: fault.Silence{}, Path: "/v3/"}, details: []string{nothing},
		},
		"second page": {
			fault:   dcsapitest.Fault{Effect: fault.Silence{}, Path: "/v2/", From: 2},
			details: []string{"1000 of 3500 records had been read with 1 request."},
		},
		"retries": {
			fault:   dcsapitest.Fault{Effect: fault.Status{Status: 503}, Path: "/v2/"},
			details: []string{nothing, "503 Service Unavailable"},
		},
		"wait before a retry": {
			fault:   dcsapitest.Fault{Effect: fault.Status{Status: 503, RetryAfter: time.Minute}, Path: "/v2/"},
			details: []string{nothing, "503 Service Unavailable", "wait for 1m,"}, early: true,
		},
		"pause of a throttled host": {
			fault:   dcsapitest.Fault{Effect: fault.Throttled{RetryAfter: time.Minute}, Path: "/v2/"},
			details: []string{nothing, "429 Too Many Requests", "wait for 1m,"}, early: true,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, 3500)
				h.service.Inject(test.fault)

				start := time.Now()
				_, diags := h.read(t.Context(), map[string]any{"timeouts": map[string]any{"read": "2s"}})
				took := time.Since(start)

				if test.early != (took == 0) || took > 2*time.Second {
					t.Errorf("the read took %s", took)
				}

				if len(diags) != 1 || diags[0].Summary != timedOut || diags[0].Path != "timeouts.read" {
					t.Fatalf("want the error %q on timeouts.read, got %v", timedOut, diags)
				}

				for _, detail := range append(test.details, "`timeouts.read` is \"2s\"") {
					if !strings.Contains(diags[0].Detail, detail) {
						t.Errorf("want %q in the error, got %s", detail, diags[0].Detail)
					}
				}
			})
		})
	}
}
