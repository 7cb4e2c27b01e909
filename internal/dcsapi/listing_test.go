// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// atOnce is how many requests there are at the same time, at most.
const atOnce = 5

// readings is how often a listing is read that keeps changing: once, and three times again.
const readings = 4

// maxOverhead is how many requests of one reading are not answered with a page that holds records, at most.
const maxOverhead = 6

// TestList_asksForWhatItNeeds states each request for lists of the sizes at which something changes.
func TestList_asksForWhatItNeeds(t *testing.T) {
	t.Parallel()

	tests := []struct {
		records int
		offsets []int64
	}{
		{0, []int64{0}},
		{1, []int64{0}},
		{10, []int64{0}},
		{999, []int64{0}},
		{1000, []int64{0, 999}},
		{1001, []int64{0, 999}},
		{1998, []int64{0, 999}},
		{1999, []int64{0, 999, 1998}},
		{2500, []int64{0, 999, 1998}},
		{5994, []int64{0, 999, 1998, 2997, 3996, 4995}},
		{12345, []int64{0, 999, 1998, 2997, 3996, 4995, 5994, 6993, 7992, 8991, 9990, 10989, 11988}},
	}

	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d records", tt.records), func(t *testing.T) {
			t.Parallel()

			s := &service{slots: ids(tt.records)}
			checkListing(t, s, Query{}, s.slots)

			if diff := cmp.Diff(tt.offsets, s.offsets()); diff != "" {
				t.Errorf("offsets (-want +got):\n%s", diff)
			}

			for _, a := range s.requests {
				if a.limit != 1000 {
					t.Errorf("offset %d: asked for %d, want 1000", a.offset, a.limit)
				}
			}
		})
	}
}

// checkListing reads s and checks what is promised of each listing that does not change. It returns what was read.
func checkListing(t *testing.T, s *service, query Query, want []string) Listing {
	t.Helper()

	got, err := listBackups(t.Context(), query, s.fetch)
	if err != nil {
		t.Errorf("%s: %v", describe(s, query), err)

		return got
	}

	if read := namesOf(got.Backups); !slices.Equal(want, read) {
		t.Errorf("%s: got %d records, want %d; the first that differs is number %d", describe(s, query), len(read), len(want),
			firstDifference(want, read))
	}

	if most := s.withRecords() + maxOverhead; len(s.requests) > most {
		t.Errorf("%s: %d requests, want %d at most: %v", describe(s, query), len(s.requests), most, s.offsets())
	}

	if s.peak > atOnce {
		t.Errorf("%s: %d requests at the same time, want %d at most", describe(s, query), s.peak, atOnce)
	}

	return got
}

func firstDifference(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}

	return min(len(a), len(b))
}

func describe(s *service, query Query) string {
	return fmt.Sprintf("%d elements, pages of %d, offset %d, limit %d", len(s.slots), s.capped, query.Offset, query.Limit)
}

// TestList_isRightWhateverTheCountSays goes through counts, sizes, caps, limits and offsets in all combinations.
func TestList_isRightWhateverTheCountSays(t *testing.T) {
	t.Parallel()

	for name, total := range totals() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			for _, capped := range []int64{0, 2, 3, 10, 100, 500, 999} {
				for _, records := range sizes(capped) {
					for _, query := range queries(records) {
						s := &service{slots: ids(int(records)), capped: capped, total: total}
						checkListing(t, s, query, window(s.slots, query))
					}
				}
			}
		})
	}
}

// sizes are how many records there are, about where something changes.
func sizes(capped int64) []int64 {
	all := []int64{0, 1, 2, 10, 11}
	if capped == 0 || capped >= 500 {
		all = append(all, 999, 1000, 1001, 2500)
	}

	if capped > 0 {
		all = append(all, capped-1, capped, capped+1, 2*capped-2, 2*capped-1, 2*capped, 3*capped+1)
	}

	slices.Sort(all)

	return slices.Compact(all)
}

// window is what query asks for.
func window(slots []string, query Query) []string {
	from := min(query.Offset, int64(len(slots)))
	slots = slots[from:]

	if query.Limit > 0 {
		slots = slots[:min(query.Limit, int64(len(slots)))]
	}

	return records(slots)
}

func queries(records int64) []Query {
	all := []Query{{}, {Limit: 1}, {Limit: 10}, {Limit: records}, {Limit: 1001}}
	for _, offset := range []int64{1, 10, records - 1, records, records + 1} {
		all = append(all, Query{Offset: max(0, offset)}, Query{Offset: max(0, offset), Limit: max(1, records-2)})
	}

	return all
}

// totals are the ways to count. No wrong count confirms a page that is shorter than asked for and not the last one.
func totals() map[string]totalFunc {
	wrong := func(total totalFunc) totalFunc {
		return func(c cut) int64 {
			n := total(c)
			for c.isCut && c.elements != c.asked && n != c.records && n != c.slots && (n == c.held || n == c.offset+c.held) {
				n++
			}

			return n
		}
	}
	constant := func(n int64) totalFunc { return wrong(func(cut) int64 { return n }) }

	return map[string]totalFunc{
		"right":               func(c cut) int64 { return c.records },
		"of all elements":     func(c cut) int64 { return c.slots },
		"one too high":        wrong(func(c cut) int64 { return c.slots + 1 }),
		"1500 too high":       wrong(func(c cut) int64 { return c.slots + 1500 }),
		"one too low":         wrong(func(c cut) int64 { return max(0, c.records-1) }),
		"500 too low":         wrong(func(c cut) int64 { return max(0, c.records-500) }),
		"absent":              constant(unknownTotal),
		"zero":                constant(0),
		"one":                 constant(1),
		"absurd":              constant(math.MaxInt64),
		"the page's own":      wrong(func(c cut) int64 { return c.held }),
		"the page's elements": wrong(func(c cut) int64 { return c.elements }),
		"another for all":     wrong(func(c cut) int64 { return scattered(c.offset, c.elements) }),
	}
}

// scattered is a number below 3000 that seems to have no reason.
func scattered(a, b int64) int64 {
	return int64(rand.NewPCG(uint64(a), uint64(b)).Uint64() % 3000) //nolint:gosec // Any bits will do.
}

func TestList_totalNum(t *testing.T) {
	t.Parallel()

	constant := func(n int64) totalFunc { return func(cut) int64 { return n } }

	tests := []struct {
		name    string
		records int
		query   Query
		total   totalFunc
		want    int64
	}{
		{"the service's count", 25, Query{}, nil, 25},
		{"regardless of limit", 25, Query{Limit: 5}, nil, 25},
		{"regardless of offset", 25, Query{Offset: 5}, nil, 25},
		{"regardless of an offset behind the end", 25, Query{Offset: 30}, nil, 25},
		{"as the service says where it is too high", 25, Query{}, constant(30), 30},
		{"records where it is too low", 25, Query{}, constant(20), 25},
		{"records where it is absent", 25, Query{}, constant(unknownTotal), 25},
		{"offset and records where it is absent", 25, Query{Offset: 5, Limit: 10}, constant(unknownTotal), 15},
		{"offset and records where it is too low", 25, Query{Offset: 5}, constant(3), 25},
		{"of the last page that holds records", 2500, Query{}, func(c cut) int64 { return 10_000 + c.offset }, 12_499},
		{"not of an empty page", 1, Query{}, func(c cut) int64 { return 7 + 10*c.offset }, 7},
		{"none", 0, Query{}, constant(unknownTotal), 0},
		{"none, whatever the service says", 0, Query{}, constant(7), 0},
		{"none behind an offset", 0, Query{Offset: 5}, constant(unknownTotal), 0},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			s := &service{slots: ids(tt.records), total: tt.total}
			if got := checkListing(t, s, tt.query, window(s.slots, tt.query)); got.TotalNum != tt.want {
				t.Errorf("got %d, want %d", got.TotalNum, tt.want)
			}
		})
	}
}

// TestList_limitEndsIt asks for no more than limit, and for nothing once it is met.
func TestList_limitEndsIt(t *testing.T) {
	t.Parallel()

	type sent struct{ Offset, Limit int64 }

	tests := []struct {
		name  string
		query Query
		want  []sent
	}{
		{"below a page", Query{Limit: 10}, []sent{{0, 10}}},
		{"a page", Query{Limit: 1000}, []sent{{0, 1000}}},
		{"one more than a page", Query{Limit: 1001}, []sent{{0, 1000}, {999, 2}}},
		{"two pages and the overlap", Query{Limit: 1999}, []sent{{0, 1000}, {999, 1000}}},
		{"three pages", Query{Limit: 2000, Offset: 7}, []sent{{7, 1000}, {1006, 1000}, {2005, 2}}},
		{"behind the end", Query{Limit: 10, Offset: 6000}, []sent{{6000, 10}}},
		{"largest offset", Query{Offset: math.MaxInt64}, []sent{{math.MaxInt64, 1}}},
		{"largest limit", Query{Offset: 4999, Limit: math.MaxInt64}, []sent{{4999, 1000}}},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			s := &service{slots: ids(5000)}
			checkListing(t, s, tt.query, window(s.slots, tt.query))

			var got []sent
			for _, a := range s.requests {
				got = append(got, sent{a.offset, a.limit})
			}

			slices.SortFunc(got, func(a, b sent) int { return int(a.Offset - b.Offset) })

			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

// TestList_serviceThatIgnoresLimit reads pages longer than requested, which are judged by their real length.
func TestList_serviceThatIgnoresLimit(t *testing.T) {
	t.Parallel()

	const length = 1500

	for name, total := range totals() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			for _, records := range []int64{0, 1, 999, 1000, 1001, length - 1, length, length + 1, 3300, 5000} {
				for _, query := range queries(records) {
					s := &service{slots: ids(int(records)), length: length, total: total}
					checkListing(t, s, query, window(s.slots, query))
				}
			}
		})
	}
}

// TestList_serviceThatIgnoresLimitAndOffset reads one that sends all that it has each time.
func TestList_serviceThatIgnoresLimitAndOffset(t *testing.T) {
	t.Parallel()

	for _, records := range []int{1, 25, 1000, 1001, 1500} {
		s := &service{slots: ids(records), length: 10_000}

		got, err := listBackups(t.Context(), Query{}, func(ctx context.Context, r request) (backupPage, error) {
			r.offset = 0

			return s.fetch(ctx, r)
		})

		// A full page is always followed by another request, which shows that offset is ignored.
		if records == 1000 && errors.Is(err, ErrKeepsChanging) {
			continue
		}

		if err != nil || !slices.Equal(namesOf(got.Backups), s.slots) || len(s.requests) != 1 {
			t.Errorf("%d records: got %d with %d requests and error %v", records, len(got.Backups), len(s.requests), err)
		}
	}
}

// isUnprovable reports whether err says that a listing may lack records.
func isUnprovable(err error) bool {
	return errors.Is(err, ErrKeepsChanging) || errors.Is(err, ErrNoOverlap)
}

// TestList_roundTrips counts how long a listing takes in latencies of the service.
func TestList_roundTrips(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name    string
		records int
		query   Query
		capped  int64
		total   totalFunc
		want    int
	}{
		{name: "a page that is not full", records: 999, want: 1},
		{name: "a full page", records: 1000, want: 2},
		{name: "three pages", records: 2500, want: 2},
		{name: "a last page that is full, of which the count tells", records: 1999, want: 2},
		{name: "six pages", records: 5994, want: 2},
		{name: "six pages by limit", records: 20_000, query: Query{Limit: 5995}, want: 2},
		{name: "seven pages", records: 6000, want: 3},
		{name: "eleven pages", records: 10_989, want: 3},
		{name: "twelve pages", records: 11_988, want: 4},
		{name: "three pages without a count", records: 2500, total: func(cut) int64 { return unknownTotal }, want: 4},
		{name: "a count that is too high", records: 5994, total: func(cut) int64 { return 9999 }, want: 3},
		{name: "seven capped pages, of which the second shows that they are", records: 650, capped: 100, want: 4},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				const latency = 100 * time.Millisecond

				s := &service{
					slots: ids(tt.records), capped: tt.capped, total: tt.total,
					latency: func(asked) time.Duration { return latency },
				}
				start := time.Now()

				checkListing(t, s, tt.query, window(s.slots, tt.query))

				if got := int(time.Since(start) / latency); got != tt.want {
					t.Errorf("took %d round trips, want %d", got, tt.want)
				}
			})
		})
	}
}

// TestList_asksForPagesAtTheSameTime has five requests in flight, and never more.
func TestList_asksForPagesAtTheSameTime(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := &service{slots: ids(20_000), latency: func(a asked) time.Duration {
			return time.Duration(1+scattered(a.offset, 0)) * time.Millisecond
		}}
		checkListing(t, s, Query{}, s.slots)

		if s.peak != atOnce {
			t.Errorf("%d requests at the same time, want %d", s.peak, atOnce)
		}
	})
}

func TestList_isReadAgainWhenItChanges(t *testing.T) {
	t.Parallel()

	remove := func(i int) func(*service) {
		return func(s *service) { s.slots = slices.Delete(s.slots, i, i+1) }
	}
	add := func(i int) func(*service) {
		return func(s *service) { s.slots = slices.Insert(s.slots, i, fmt.Sprintf("new %d", len(s.requests))) }
	}

	tests := []struct {
		name   string
		change func(*service)
		// again is whether the listing is read again for it.
		again bool
	}{
		{"record deleted before", remove(5), true},
		{"record added before", add(5), true},
		{"record deleted where the pages overlap", remove(999), true},
		{"record added where the pages overlap", add(999), true},
		{"record deleted behind", remove(1500), false},
		{"record added behind", add(1500), false},
		{"last record expired", func(s *service) { remove(len(s.slots) - 1)(s) }, false},
		{"one deleted before, one added behind", func(s *service) { remove(5)(s); add(1500)(s) }, true},
		{"one deleted and one added before", func(s *service) { remove(5)(s); add(0)(s) }, false},
		{"all deleted", func(s *service) { s.slots = nil }, true},
		{"all but one deleted", func(s *service) { s.slots = s.slots[:1] }, true},
		{"all replaced", func(s *service) {
			s.slots = ids(4000)[2000:]
		}, true},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			s := &service{slots: ids(1900)}
			old := slices.Clone(s.slots)
			s.before = func(s *service, n int) {
				if n == 2 {
					tt.change(s)
				}
			}

			got, err := listBackups(t.Context(), Query{}, s.fetch)
			if err != nil {
				t.Fatal(err)
			}

			checkLasting(t, old, s.slots, got)

			if again := s.requests[len(s.requests)-1].number > 2; again != tt.again {
				t.Errorf("read again: %t, want %t", again, tt.again)
			}
		})
	}
}

// checkLasting checks that what is both in before and after is there exactly once.
func checkLasting(t *testing.T, before, after []string, got Listing) {
	t.Helper()

	times := make(map[string]int)
	for _, b := range got.Backups {
		times[b.ID]++
	}

	for id, n := range times {
		if n > 1 {
			t.Errorf("%s is there %d times", id, n)
		}
	}

	lasting := make(map[string]bool)
	for _, id := range after {
		lasting[id] = true
	}

	for _, id := range before {
		if lasting[id] && times[id] == 0 {
			t.Errorf("%s is missing", id)
		}
	}
}

func TestList_keepsChanging(t *testing.T) {
	t.Parallel()

	same := ids(1000)

	tests := []struct {
		name string
		// page returns what is answered to the nth request.
		page func(n int, offset int64) backupPage
	}{
		{"the same page again and again", func(int, int64) backupPage { return pageOf(same) }},
		{"the same page again and again, shorter than asked for", func(int, int64) backupPage { return pageOf(same[:10]) }},
		{"the same record again and again", func(int, int64) backupPage { return pageOf(same[:1]) }},
		{"the same page that begins with a null element", func(int, int64) backupPage {
			return backupPage{records: pageOf(same[:1]).records, elements: 2, first: 1, last: 1, total: unknownTotal}
		}},
		{"the same page that begins with a null element, counted", func(int, int64) backupPage {
			return backupPage{records: pageOf(same[:1]).records, elements: 2, first: 1, last: 1, total: 5000}
		}},
		{"the same page, counted", func(int, int64) backupPage {
			return backupPage{records: pageOf(same).records, elements: 1000, last: 999, total: 5000}
		}},
		{"a record twice in a page", func(int, int64) backupPage { return pageOf([]string{"a", "b", "a"}) }},
		{"a record twice in two pages", func(_ int, offset int64) backupPage {
			if offset > 0 {
				return pageOf([]string{"b999", "b7"})
			}

			return pageOf(same)
		}},
		{"an empty page behind a full one", func(_ int, offset int64) backupPage {
			if offset > 0 {
				return backupPage{}
			}

			return pageOf(same)
		}},
		{"another list each time", func(n int, _ int64) backupPage {
			all := ids(2000 * (n + 1))

			return pageOf(all[2000*n : 2000*n+1000])
		}},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			s := &service{}
			s.after = func(a asked, _ backupPage) (backupPage, error) { return tt.page(a.number, a.offset), nil }

			got, err := listBackups(t.Context(), Query{}, s.fetch)
			if !errors.Is(err, ErrKeepsChanging) || len(got.Backups) > 0 {
				t.Fatalf("got %d records and error %v", len(got.Backups), err)
			}

			first := 0

			for _, a := range s.requests {
				if a.offset == 0 {
					first++
				}
			}

			// The page of a single record is asked for again to see that it is still in its place.
			if tt.name != "the same record again and again" && first != readings {
				t.Errorf("read %d times, want %d", first, readings)
			}

			var failure *ReadError
			if !errors.As(err, &failure) || failure.Requests != s.answered {
				t.Errorf("got %+v, want %d requests", failure, s.answered)
			}
		})
	}
}

// TestList_isReadThreeTimesAgain has a listing that changes during some of the readings.
func TestList_isReadThreeTimesAgain(t *testing.T) {
	t.Parallel()

	for changing := range 6 {
		s := &service{slots: ids(1500)}
		changes := 0
		s.before = func(s *service, _ int) {
			// Between the first and the second page of each reading.
			if s.requests[len(s.requests)-1].offset > 0 && changes < changing {
				changes++
				s.slots = s.slots[1:]
			}
		}

		got, err := listBackups(t.Context(), Query{}, s.fetch)
		if changing <= 3 && (err != nil || len(got.Backups) != 1500-changing) {
			t.Errorf("%d changes: got %d records and error %v", changing, len(got.Backups), err)
		}

		if changing > 3 && !errors.Is(err, ErrKeepsChanging) {
			t.Errorf("%d changes: got error %v", changing, err)
		}
	}
}

// TestList_recordMayChange has a backup go on while it is listed.
func TestList_recordMayChange(t *testing.T) {
	t.Parallel()

	s := &service{slots: ids(1500)}
	s.after = func(a asked, p backupPage) (backupPage, error) {
		for i := range p.records {
			p.records[i].Status = strconv.Itoa(a.number)
		}

		return p, nil
	}

	if checkListing(t, s, Query{}, s.slots); len(s.requests) != 2 {
		t.Errorf("%d requests, want 2", len(s.requests))
	}
}

// TestList_sumsMisfitsUp decodes pages in which every record has a misfit of some fields.
func TestList_sumsMisfitsUp(t *testing.T) {
	t.Parallel()

	const records = 2500

	// sent returns the fields of the record at a position.
	sent := func(i int64) string {
		fields := fmt.Sprintf(`"backup_id": "b%d"`, i)
		if i%999 == 0 || i%999 == 998 { // The overlap, or the record before it.
			fields += fmt.Sprintf(`, "status": [%d]`, i)
		}

		if i > 0 && i%500 == 0 {
			fields += fmt.Sprintf(`, "size": "many %d"`, i)
		}

		if i == 1004 {
			fields += `, "progress": true`
		}

		return "{" + fields + "}"
	}

	tests := []struct {
		name  string
		query Query
		// length is how long pages are, 0 where that is what is asked for.
		length int64
		want   []Misfit
	}{
		{"all", Query{}, 0, []Misfit{
			{Field: "size", ID: "b500", Value: `"many 500"`, More: 3},
			{Field: "progress", ID: "b1004", Value: "true"},
			{Field: "status", ID: "b0", Value: "an array", More: 4},
		}},
		{"pages longer than requested", Query{}, 1700, []Misfit{
			{Field: "size", ID: "b500", Value: `"many 500"`, More: 3},
			{Field: "progress", ID: "b1004", Value: "true"},
			{Field: "status", ID: "b0", Value: "an array", More: 4},
		}},
		{"pages longer than limit", Query{Offset: 1, Limit: 999}, 1700, []Misfit{
			{Field: "size", ID: "b500", Value: `"many 500"`},
			{Field: "status", ID: "b998", Value: "an array", More: 1},
		}},
		{"from the overlap on", Query{Offset: 999, Limit: 3}, 0, []Misfit{
			{Field: "size", ID: "b1000", Value: `"many 1000"`},
			{Field: "status", ID: "b999", Value: "an array"},
		}},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := listBackups(t.Context(), tt.query, func(_ context.Context, r request) (backupPage, error) {
				var body []string
				for i := r.offset; i < min(records, r.offset+max(r.limit, tt.length)); i++ {
					body = append(body, sent(i))
				}

				return decodePage(strings.NewReader(fmt.Sprintf(`{"total_num": %d, "backup_record_response": [%s]}`,
					records, strings.Join(body, ","))), backupResource, r)
			})

			if diff := cmp.Diff(tt.want, got.Misfits); err != nil || diff != "" {
				t.Errorf("error %v, misfits (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestList_fails(t *testing.T) {
	t.Parallel()

	broken := errors.New("broken")

	tests := []struct {
		name    string
		records int
		total   totalFunc
		fails   int64 // The offset whose page fails.
		want    ReadError
	}{
		{"on the first page", 2500, nil, 0, ReadError{Read: 0, TotalNum: unknownTotal, Requests: 0, Err: broken}},
		{"on a prefetched page", 2500, nil, 1998, ReadError{Read: 1999, TotalNum: 2500, Requests: 2, Err: broken}},
		{
			"on a page without a count", 2500, func(cut) int64 { return unknownTotal }, 999,
			ReadError{Read: 1000, TotalNum: unknownTotal, Requests: 1, Err: broken},
		},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			s := &service{slots: ids(tt.records), total: tt.total}
			s.after = func(a asked, p backupPage) (backupPage, error) {
				if a.offset == tt.fails {
					return backupPage{}, broken
				}

				return p, nil
			}

			got, err := listBackups(t.Context(), Query{}, s.fetch)

			var failure *ReadError
			if !errors.As(err, &failure) || !errors.Is(err, broken) || err.Error() != broken.Error() {
				t.Fatalf("got error %v", err)
			}

			if diff := cmp.Diff(tt.want, *failure, cmp.Comparer(errors.Is)); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}

			if diff := cmp.Diff(Listing{}, got); diff != "" {
				t.Errorf("listing (-want +got):\n%s", diff)
			}
		})
	}
}

// TestList_ignoresErrorsBehindTheEnd has the pages fail that only a wrong count let expect.
func TestList_ignoresErrorsBehindTheEnd(t *testing.T) {
	t.Parallel()

	s := &service{slots: ids(1500), total: func(cut) int64 { return 1_000_000_000 }}
	s.after = func(a asked, p backupPage) (backupPage, error) {
		if a.offset > 1500 {
			return backupPage{}, errors.New("broken")
		}

		return p, nil
	}

	checkListing(t, s, Query{}, s.slots)
}

// TestList_failsWhileItIsReadAgain counts the requests of all readings.
func TestList_failsWhileItIsReadAgain(t *testing.T) {
	t.Parallel()

	broken := errors.New("broken")
	s := &service{slots: ids(1500)}
	s.before = func(s *service, n int) {
		if n == 2 {
			s.slots = s.slots[1:]
		}
	}
	s.after = func(a asked, p backupPage) (backupPage, error) {
		if a.number == 4 {
			return backupPage{}, broken
		}

		return p, nil
	}

	_, err := listBackups(t.Context(), Query{}, s.fetch)

	var failure *ReadError
	if !errors.As(err, &failure) || !errors.Is(err, broken) || failure.Requests != 3 || failure.Read != 1000 || failure.TotalNum != 1499 {
		t.Errorf("got %+v", failure)
	}
}

// TestList_endsAtOnceWhenItIsCancelled ends in the virtual instant of the cancellation, wherever it comes.
func TestList_endsAtOnceWhenItIsCancelled(t *testing.T) {
	t.Parallel()

	interrupted := errors.New("interrupted")

	for name, after := range map[string]time.Duration{
		"at once": 0, "on the first page": 50 * time.Millisecond, "on the pages ahead": 150 * time.Millisecond, "later": 450 * time.Millisecond,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())

				defer time.AfterFunc(after, func() { cancel(interrupted) }).Stop()

				s := &service{slots: ids(50_000), latency: func(asked) time.Duration { return 100 * time.Millisecond }}
				start := time.Now()

				_, err := listBackups(ctx, Query{}, s.fetch)
				if !errors.Is(err, interrupted) {
					t.Errorf("got error %v", err)
				}

				if took := time.Since(start); took != after {
					t.Errorf("ended after %s, want %s", took, after)
				}

				if s.inFlight != 0 {
					t.Errorf("%d requests are still in flight", s.inFlight)
				}
			})
		})
	}
}

// TestList_leavesNoRequestBehind cancels prefetched pages when the listing ends before them.
func TestList_leavesNoRequestBehind(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := &service{slots: ids(1500), total: func(cut) int64 { return 1_000_000 }}
		s.latency = func(a asked) time.Duration {
			if a.offset > 1500 {
				return time.Hour
			}

			return time.Millisecond
		}

		start := time.Now()

		checkListing(t, s, Query{}, s.slots)

		if took := time.Since(start); took > time.Second || s.inFlight != 0 {
			t.Errorf("took %s, %d requests are still in flight", took, s.inFlight)
		}
	})
}
