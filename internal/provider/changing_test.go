// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

// between calls change before each request of a listing but the first, with its number and what is listed.
func (b *harness) between(change func(request int, listed []dcsapitest.Backup) []dcsapitest.Backup) {
	var (
		mu       sync.Mutex // Pages are asked for at the same time.
		requests int
	)

	b.service.BeforeRequest(func(request dcsapitest.Request) {
		if !strings.HasPrefix(request.Path, "/v2/") {
			return
		}

		mu.Lock()
		defer mu.Unlock()

		if requests++; requests > 1 {
			listed := b.service.Backups(dcsapitest.InstanceID)
			b.service.SetBackups(dcsapitest.InstanceID, change(requests, listed))
		}
	})
}

// newer is a backup that was made after all of those listed, and older one made before.
func newer(listed []dcsapitest.Backup) dcsapitest.Backup {
	return dcsapitest.Backup{CreatedAt: listed[0].CreatedAt.Add(time.Second), Status: "succeed"}
}

func older(listed []dcsapitest.Backup) dcsapitest.Backup {
	return dcsapitest.Backup{CreatedAt: listed[len(listed)-1].CreatedAt.Add(-time.Second), Status: "succeed"}
}

// TestChanging_betweenPages changes the listing while it is read.
func TestChanging_betweenPages(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		// change is made before the second request, or before each one if always is set.
		change func(listed []dcsapitest.Backup) []dcsapitest.Backup
		always bool
		// readings is how often the listing is read.
		readings int
		// restless is set where the read ends with an error.
		restless bool
	}{
		"the newest is deleted": {
			change: func(l []dcsapitest.Backup) []dcsapitest.Backup { return l[1:] }, readings: 2,
		},
		"five are deleted on the page that was read": {
			change: func(l []dcsapitest.Backup) []dcsapitest.Backup { return slices.Delete(slices.Clone(l), 500, 505) }, readings: 2,
		},
		"one is added": {
			change: func(l []dcsapitest.Backup) []dcsapitest.Backup { return append(slices.Clone(l), newer(l)) }, readings: 2,
		},
		"the oldest expires": {
			change: func(l []dcsapitest.Backup) []dcsapitest.Backup { return l[:len(l)-1] }, readings: 1,
		},
		// The last record of a page has gone when the next one should begin with it.
		"the oldest expire all the time": {
			change: func(l []dcsapitest.Backup) []dcsapitest.Backup { return l[:len(l)-1] },
			always: true, readings: 4, restless: true,
		},
		"one is added and the oldest expires, the count stays": {
			change: func(l []dcsapitest.Backup) []dcsapitest.Backup { return append(slices.Clone(l[:len(l)-1]), newer(l)) }, readings: 2,
		},
		"the newest is deleted and an older one appears, the count stays": {
			change: func(l []dcsapitest.Backup) []dcsapitest.Backup { return append(slices.Clone(l[1:]), older(l)) }, readings: 2,
		},
		"all are deleted": {
			change: func([]dcsapitest.Backup) []dcsapitest.Backup { return nil }, readings: 2,
		},
		"all but the last page is deleted": {
			change: func(l []dcsapitest.Backup) []dcsapitest.Backup { return l[2000:] }, readings: 2,
		},
		"one is added all the time": {
			change: func(l []dcsapitest.Backup) []dcsapitest.Backup { return append(slices.Clone(l), newer(l)) },
			always: true, readings: 4, restless: true,
		},
		"one is added and one expires all the time": {
			change: func(l []dcsapitest.Backup) []dcsapitest.Backup { return append(slices.Clone(l[:len(l)-1]), newer(l)) },
			always: true, readings: 4, restless: true,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newHarness(t, 2100)
				// One page is asked for at a time, so that the changes come between pages and not beside them.
				b.service.Inject(dcsapitest.Fault{Effect: fault.TotalAbsent{}})
				b.between(func(request int, listed []dcsapitest.Backup) []dcsapitest.Backup {
					if request == 2 || test.always && len(listed) > 0 {
						return test.change(listed)
					}

					return listed
				})

				before := b.kept()
				got, diags := b.read(t.Context(), nil)

				if test.restless {
					if len(diags) != 1 || diags[0].Summary != changing || !strings.Contains(diags[0].Detail, dcsapitest.InstanceID) {
						t.Errorf("want the error %q, got %v", changing, diags)
					}
				} else {
					if len(diags) > 0 {
						t.Error(diags)
					}

					checkContract(t, before, b.kept(), got)
				}

				if readings := b.readings(); readings != test.readings {
					t.Errorf("the listing was read %d times, want %d", readings, test.readings)
				}

				if sent := len(b.service.RequestsTo("/v2/")); sent > test.readings*(3+6) {
					t.Errorf("%d requests for %d readings", sent, test.readings)
				}
			})
		})
	}
}

// readings returns how often the first page was asked for.
func (b *harness) readings() int {
	readings := 0

	for _, request := range b.service.RequestsTo("/v2/") {
		if request.Query().Get("offset") == "0" {
			readings++
		}
	}

	return readings
}
