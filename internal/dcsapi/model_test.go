// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// modelSeeds is how many seeds the model of a changing service is run with.
var modelSeeds = flag.Uint64("model.seeds", 60, "number of seeds of the model of a changing service")

const modelListings = 250 // For each seed.

// TestList_model reads a service that changes between requests, and while several are in flight: records are deleted, added and
// expire, at a steady pace or in bursts. Its pages are cut at any length, its records have null elements between them, its
// records may have no IDs, and its order may not be stable. What existed during the whole call is there exactly once, or the
// error says why that is not known. Time is virtual, so that a seed is the same run each time.
func TestList_model(t *testing.T) {
	t.Parallel()

	for seed := range *modelSeeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // The same in every run.

				for n := range modelListings {
					m := newModel(random)
					if problem := m.read(t); problem != "" {
						t.Fatalf("seed %d, listing %d, %s: %s", seed, n, m, problem)
					}
				}
			})
		})
	}
}

// model is a service that changes, and what is known of its records.
type model struct {
	service

	random  *rand.Rand
	query   Query
	count   string
	changes string
	// pace is how long it takes on average until the next change, and bursts how many changes there are at most.
	pace   time.Duration
	bursts int
	// nulls and unnamed are how many of a hundred elements are null or have no ID. With hollow, a deleted record leaves a null
	// element.
	nulls, unnamed int
	hollow         bool

	made    int
	existed map[string]bool
	deleted map[string]bool
	changed int
	stop    chan struct{}
}

// shifts are the kinds of changes, each drawn from in every step.
var shifts = map[string][]func(*model){
	"none":             {},
	"order":            {},
	"deletions":        {(*model).deleteAny, (*model).deleteFirst, (*model).expire},
	"additions":        {(*model).addAny, (*model).addFirst},
	"expiry":           {(*model).expire},
	"new ones":         {(*model).addFirst},
	"rotation":         {func(m *model) { m.expire(); m.addFirst() }},
	"balanced":         {func(m *model) { m.deleteAny(); m.addAny() }, func(m *model) { m.deleteFirst(); m.addFirst() }},
	"all of them":      {(*model).deleteAny, (*model).addAny, (*model).expire, (*model).addFirst},
	"many at a time":   {func(m *model) { m.repeat((*model).deleteAny) }, func(m *model) { m.repeat((*model).addAny) }},
	"one way or other": {func(m *model) { m.repeat((*model).expire) }, func(m *model) { m.repeat((*model).addFirst) }},
}

func newModel(random *rand.Rand) *model {
	m := &model{
		random: random, existed: make(map[string]bool), deleted: make(map[string]bool), stop: make(chan struct{}),
		changes: pick(random, shifts),
		pace:    time.Duration(1+random.IntN(60)) * 10 * time.Millisecond,
		bursts:  []int{1, 3, 10, math.MaxInt}[random.IntN(4)],
	}

	size := random.IntN(60)

	switch random.IntN(50) {
	case 0:
		size = 900 + random.IntN(1300) // Pages as the service has them.
	default:
		m.capped = []int64{1, 2, 3, 5, 10}[random.IntN(5)]
	}

	if m.capped > 2 && random.IntN(3) == 0 {
		m.shorten = func(most int64) int64 { return 2 + random.Int64N(most) }
	}

	switch {
	case m.changes == "order":
		m.before = func(s *service, _ int) {
			m.changed++

			random.Shuffle(len(s.slots), func(i, j int) { s.slots[i], s.slots[j] = s.slots[j], s.slots[i] })
		}
	case random.IntN(3) == 0:
		m.nulls, m.unnamed = []int{2, 10, 40}[random.IntN(3)], []int{0, 0, 10}[random.IntN(3)]
		m.hollow = random.IntN(2) == 0

		if random.IntN(2) == 0 {
			m.spoil = m.insertNulls
		}
	}

	if random.IntN(4) == 0 {
		m.query.Limit = 1 + random.Int64N(int64(size)+5)
	}

	if random.IntN(4) == 0 {
		m.query.Offset = random.Int64N(int64(size) + 2)
	}

	counts := totals()
	m.count = pick(random, counts)
	m.total = counts[m.count]

	jitter := random.Int64()
	m.latency = func(a asked) time.Duration {
		return 50*time.Millisecond + time.Duration(scattered(jitter+a.offset, a.at.UnixNano()))*20*time.Microsecond
	}

	for range size {
		m.add(len(m.slots))
	}

	return m
}

// pick draws a name.
func pick[V any](random *rand.Rand, from map[string]V) string {
	names := slices.Sorted(maps.Keys(from))

	return names[random.IntN(len(names))]
}

func (m *model) String() string {
	return fmt.Sprintf("%s, cut anywhere: %t, %d%% null, added ones: %t, left by deletions: %t, %d%% without ID, "+
		"changes: %s every %s, %d at most, count %s", describe(&m.service, m.query), m.shorten != nil, m.nulls, m.spoil != nil,
		m.hollow, m.unnamed, m.changes, m.pace, m.bursts, m.count)
}

func (m *model) add(at int) {
	m.made++
	name := "b" + strconv.Itoa(m.made)

	switch n := m.random.IntN(100); {
	case n < m.nulls:
		name = ""
	case n < m.nulls+m.unnamed:
		name = "*" + name
	}

	m.slots = slices.Insert(m.slots, at, name)
	m.existed[name] = true
}

func (m *model) remove(at int) {
	if at >= len(m.slots) || at < 0 {
		return
	}

	m.deleted[m.slots[at]] = true

	if m.hollow && m.slots[at] != "" {
		m.slots[at] = ""

		return
	}

	m.slots = slices.Delete(m.slots, at, at+1)
}

func (m *model) addFirst()    { m.add(0) }
func (m *model) addAny()      { m.add(m.random.IntN(len(m.slots) + 1)) }
func (m *model) deleteFirst() { m.remove(0) }
func (m *model) deleteAny()   { m.remove(m.random.IntN(len(m.slots) + 1)) }
func (m *model) expire()      { m.remove(len(m.slots) - 1) }

func (m *model) repeat(change func(*model)) {
	for range 1 + m.random.IntN(5) {
		change(m)
	}
}

// insertNulls puts null elements that take no place in the listing into every other page, at its end or anywhere.
func (m *model) insertNulls(page []string) []string {
	at := len(page)
	if m.random.IntN(2) == 0 {
		at = m.random.IntN(len(page) + 1)
	}

	return slices.Insert(page, at, make([]string, m.random.IntN(2)*(1+m.random.IntN(2)))...)
}

// run changes the service until it is stopped.
func (m *model) run() {
	steps := shifts[m.changes]

	for len(steps) > 0 {
		m.mu.Lock()
		isOver := m.changed >= m.bursts
		pause := time.Duration(m.random.Int64N(int64(2*m.pace))) + 1
		m.mu.Unlock()

		if isOver {
			return
		}

		select {
		case <-m.stop:
			return
		case <-time.After(pause):
		}

		m.mu.Lock()
		steps[m.random.IntN(len(steps))](m)
		m.changed++
		m.mu.Unlock()
	}
}

// read reads the listing while it changes, and returns what is wrong.
func (m *model) read(t *testing.T) string {
	t.Helper()

	before := slices.Clone(m.slots)
	stopped := make(chan struct{})

	go func() {
		defer close(stopped)

		m.run()
	}()

	got, err := listBackups(t.Context(), m.query, m.fetch)

	close(m.stop)
	<-stopped

	if m.peak > atOnce {
		return fmt.Sprintf("%d requests at the same time", m.peak)
	}

	most := m.withRecords() + readings*maxOverhead
	if m.changed == 0 && m.spoil == nil && err == nil {
		most = m.withRecords() + maxOverhead
	}

	if len(m.requests) > most {
		return fmt.Sprintf("%d requests, want %d at most", len(m.requests), most)
	}

	if err != nil {
		isProvable := m.capped != 1 && m.nulls+m.unnamed == 0 && m.changes != "order"
		if !isUnprovable(err) || isProvable && (m.changed < readings || !errors.Is(err, ErrKeepsChanging)) {
			return fmt.Sprintf("%d changes: %v", m.changed, err)
		}

		return ""
	}

	return m.check(before, namesOf(got.Backups))
}

// check returns what is wrong with a listing.
func (m *model) check(before, got []string) string {
	times := make(map[string]int)
	for _, name := range got {
		times[name]++

		if !m.existed[name] || times[name] > 1 {
			return fmt.Sprintf("%s is there %d times, did it exist: %t", name, times[name], m.existed[name])
		}
	}

	if m.query.Limit > 0 && int64(len(got)) > m.query.Limit {
		return fmt.Sprintf("%d records, want %d at most", len(got), m.query.Limit)
	}

	// Null elements before the offset are not seen: a right count may equal the offset plus the records of a page that is cut.
	if m.nulls > 0 && m.query.Offset > 0 {
		return ""
	}

	// In pages of one element no overlap shows that the first record was deleted before the second was requested, or that a null
	// element takes no place.
	if m.capped == 1 && len(got) <= 1 && (m.nulls > 0 || m.changed > 0 && m.count != "right") {
		return ""
	}

	// Null elements that are sent and take no place in the listing count for limit.
	if m.changed == 0 && !slices.Equal(got, window(before, m.query)) && (m.spoil == nil || m.query.Limit == 0) {
		return fmt.Sprintf("got %v, want %v", got, window(before, m.query))
	}

	// Of a part of the listing what is to be there is all that existed between its first record and its last.
	lasting := slices.DeleteFunc(records(before), func(name string) bool { return m.deleted[name] })

	if m.query != (Query{}) {
		from := slices.IndexFunc(lasting, func(name string) bool { return times[name] > 0 })
		if from < 0 || m.changes == "order" {
			return ""
		}

		to := len(lasting) - 1
		for times[lasting[to]] == 0 {
			to--
		}

		lasting = lasting[from : to+1]
	}

	for _, name := range lasting {
		if times[name] == 0 {
			return fmt.Sprintf("%s is missing of %d: %v", name, len(lasting), got)
		}
	}

	return ""
}

// TestList_endsWhateverTheServiceDoes reads services that answer anything: they ignore or misread offset and limit, send
// null elements anywhere, the same page, another page each time, and any count. No reading lists a record twice.
func TestList_endsWhateverTheServiceDoes(t *testing.T) {
	t.Parallel()

	for seed := range uint64(5_000) {
		random := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // The same in every run.
		slots := make([]string, 1+random.IntN(12))
		nulls, moves, counts, capped := random.IntN(4), random.IntN(5), random.IntN(4), random.Int64N(6)

		for i := range slots {
			if random.IntN(4) >= nulls {
				slots[i] = "b" + strconv.Itoa(i)
			}
		}

		var mu sync.Mutex

		got, err := listBackups(t.Context(), Query{}, func(_ context.Context, r request) (backupPage, error) {
			mu.Lock()
			defer mu.Unlock()

			at := min(r.offset, int64(len(slots)))

			switch moves {
			case 0: // The offset counts.
			case 1:
				at = 0
			case 2:
				at = min(at, int64(random.IntN(len(slots)+1)))
			case 3:
				at = int64(random.IntN(len(slots) + 1))
			case 4:
				at /= 2
			}

			length := capped
			if capped == 0 {
				length = 1 + random.Int64N(5)
			}

			p := pageOf(slots[at:min(int64(len(slots)), at+min(r.limit, length))])

			switch counts {
			case 0:
				p.total = int64(len(slots))
			case 1:
				p.total = int64(len(slots)) + 50
			case 2:
				p.total = random.Int64N(30)
			}

			return p, nil
		})

		if err != nil && !isUnprovable(err) {
			t.Fatalf("seed %d: %v", seed, err)
		}

		all := namesOf(got.Backups)
		slices.Sort(all)

		if len(slices.Compact(all)) != len(got.Backups) {
			t.Fatalf("seed %d: got %v", seed, namesOf(got.Backups))
		}
	}
}
