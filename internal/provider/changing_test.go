// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"math/rand/v2"
	"slices"
	"strconv"
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

// TestChanging_atRandom reads listings that change at random, in short pages, and holds the contract against each: what
// was there during the whole read is there once, or the error says that the listing keeps changing.
func TestChanging_atRandom(t *testing.T) {
	t.Parallel()

	const listings = 150

	restless := 0

	for seed := range uint64(listings) {
		synctest.Test(t, func(t *testing.T) {
			r := newRandomListing(t, seed)
			if r.check(t) {
				restless++
			}

			if t.Failed() {
				t.Fatalf("seed %d: %d records, changes before the requests %v", seed, r.records, r.changes)
			}
		})
	}

	t.Logf("%d of %d listings kept changing", restless, listings)

	// Otherwise it would show nothing.
	if restless == 0 || restless > listings/2 {
		t.Errorf("%d of %d listings kept changing", restless, listings)
	}
}

// randomListing is a listing of pages of ten that changes at random while it is read.
type randomListing struct {
	*harness

	records int
	// changes are the requests before which it changes.
	changes []int
	// before is what was there at first, ever what was there at some time.
	before, ever []string
	// filled counts the pages that held records.
	filled int
	// mu guards ever and filled: pages are asked for at the same time.
	mu sync.Mutex
}

func newRandomListing(t *testing.T, seed uint64) *randomListing {
	t.Helper()

	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // The same in every run.

	r := &randomListing{records: random.IntN(50)}
	for range random.IntN(20) {
		r.changes = append(r.changes, 2+random.IntN(25))
	}

	r.harness = newHarness(t, r.records)
	r.before = r.kept()
	r.ever = slices.Clone(r.before)

	r.service.Inject(dcsapitest.Fault{Effect: fault.PageCap{N: 10}, Path: "/v2/"})

	// A count that is too low could be the page's own, which nobody can tell from a listing that ends there.
	if wrong := []dcsapitest.Effect{
		nil, fault.TotalTooHigh{}, fault.TotalAbsent{}, fault.TotalAbsurd{},
	}[random.IntN(4)]; wrong != nil {
		r.service.Inject(dcsapitest.Fault{Effect: wrong, Path: "/v2/"})
	}

	r.between(func(request int, listed []dcsapitest.Backup) []dcsapitest.Backup {
		for range count(r.changes, request) {
			listed = changeAtRandom(random, listed)
		}

		return listed
	})
	// What was added gets its ID from the service.
	r.service.AfterRequest(func(request dcsapitest.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()

		kept := r.kept()
		r.ever = append(r.ever, kept...)

		if offset, err := strconv.Atoi(request.Query().Get("offset")); err == nil && offset < len(kept) {
			r.filled++
		}
	})

	return r
}

func count(all []int, one int) int {
	n := 0

	for _, each := range all {
		if each == one {
			n++
		}
	}

	return n
}

func changeAtRandom(random *rand.Rand, listed []dcsapitest.Backup) []dcsapitest.Backup {
	listed = slices.Clone(listed)
	if len(listed) == 0 {
		return dcsapitest.GenerateBackups(1, random.Uint64())
	}

	switch random.IntN(5) {
	case 0:
		return append(listed, newer(listed))
	case 1:
		return append(listed, older(listed))
	case 2:
		return listed[:len(listed)-1]
	case 3:
		return append(listed[:len(listed)-1], newer(listed))
	default:
		at := random.IntN(len(listed))

		return slices.Delete(listed, at, at+1)
	}
}

// check reads the listing, and reports whether it kept changing.
func (r *randomListing) check(t *testing.T) bool {
	t.Helper()

	got, diags := r.read(t.Context(), nil)

	synctest.Wait() // The service may still be at a request that was given up.

	if sent, most := len(r.service.RequestsTo("/v2/")), r.filled+6*r.readings(); sent > most {
		t.Errorf("%d requests, want at most %d", sent, most)
	}

	if len(diags) == 1 && diags[0].Summary == changing {
		// Each of the four readings has met a change.
		if len(r.changes) < 4 {
			t.Errorf("%d changes, and the error %v", len(r.changes), diags)
		}

		return true
	}

	if len(diags) > 0 {
		t.Error(diags)
	}

	after := r.kept()
	stayed := slices.DeleteFunc(slices.Clone(r.before), func(id string) bool { return !slices.Contains(after, id) })
	checkOnce(t, stayed, r.ever, got)

	return false
}
