// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPager_next gives a pager one page after the other and states what it requests next. In a page, each letter is an ID,
// - an element that is null, and * a record without an ID.
func TestPager_next(t *testing.T) {
	t.Parallel()

	type step struct {
		page  string
		total int64
		// next is the offset requested then, end where the listing is complete.
		next int64
		err  error
	}

	const end = -1

	tests := []struct {
		name          string
		offset, limit int64
		steps         []step
		want          string
	}{
		{"count agrees", 0, 0, []step{{page: "abc", total: 3, next: end}}, "abc"},
		{"count agrees with the offset and the records", 7, 0, []step{{page: "abc", total: 10, next: end}}, "abc"},
		{"count is that of the page", 7, 0, []step{{page: "abc", total: 3, next: end}}, "abc"},
		{"count is absent", 0, 0, []step{{page: "abc", total: -1, next: 2}, {page: "c", total: -1, next: end}}, "abc"},
		{"count is too low", 0, 0, []step{{page: "abc", total: 2, next: 2}, {page: "c", total: 2, next: end}}, "abc"},
		{
			"count is too high", 0, 0,
			[]step{{page: "abc", total: 4, next: 2}, {page: "c", total: 4, next: 3}, {total: 4, next: end}},
			"abc",
		},
		{
			"count is too high, and more follows", 0, 0,
			[]step{{page: "abc", total: 4, next: 2}, {page: "c", total: 4, next: 3}, {page: "d", total: 4, err: errChanged}},
			"",
		},
		{"no records", 0, 0, []step{{total: -1, next: end}}, ""},
		{"no records, and the count agrees", 5, 0, []step{{total: 5, next: end}}, ""},
		{"no records, and the count claims some", 5, 0, []step{{total: 9, next: 5}, {total: 9, next: end}}, ""},
		{"an empty page at first", 5, 0, []step{{total: 7, next: 5}, {page: "ab", total: 7, next: end}}, "ab"},
		{
			"capped pages", 0, 0,
			[]step{{page: "abc", total: 6, next: 2}, {page: "cde", total: 6, next: 4}, {page: "ef", total: 6, next: 5}, {page: "f", total: 6, next: end}},
			"abcdef",
		},
		{
			"pages cut anywhere, of which the count seems to confirm some", 0, 0,
			[]step{
				{page: "abc", total: -1, next: 2},
				{page: "cd", total: 4, next: 3},
				{page: "de", total: 2, next: 4},
				{page: "ef", total: 6, next: 5},
				{page: "f", total: -1, next: end},
			},
			"abcdef",
		},
		{"limit is met", 2, 3, []step{{page: "abc", total: 50, next: end}}, "abc"},
		{"limit is met by the second page", 2, 4, []step{{page: "abc", total: 50, next: 4}, {page: "cd", total: 50, next: end}}, "abcd"},
		{"not the overlap", 0, 0, []step{{page: "abc", total: 9, next: 2}, {page: "de", total: 9, err: errChanged}}, ""},
		{"overlap is gone", 0, 0, []step{{page: "abc", total: 9, next: 2}, {total: 9, err: errChanged}}, ""},
		{"overlap is not the first", 0, 0, []step{{page: "abc", total: 9, next: 2}, {page: "-c", total: 9, err: errChanged}}, ""},
		{"an ID twice in a page", 0, 0, []step{{page: "aba", total: 3, err: errChanged}}, ""},
		{"an ID twice in two pages", 0, 0, []step{{page: "abc", total: 9, next: 2}, {page: "cda", total: 9, err: errChanged}}, ""},
		{"one record, and the count agrees", 0, 0, []step{{page: "a", total: 1, next: end}}, "a"},
		{"one record, and no count", 0, 0, []step{{page: "a", total: -1, next: 1}, {total: -1, next: end}}, "a"},
		{"one record, and no count, and more", 0, 0, []step{{page: "a", total: -1, next: 1}, {page: "b", total: -1, err: errChanged}}, ""},
		{
			"one record, and the count claims more", 0, 0,
			[]step{{page: "a", total: 2, next: 1}, {total: 2, next: 0}, {page: "a", total: 2, next: end}},
			"a",
		},
		{
			"one record, and another one in its place", 0, 0,
			[]step{{page: "a", total: 2, next: 1}, {total: 1, next: 0}, {page: "b", total: 1, err: errChanged}},
			"",
		},
		{
			"one record, and more behind it later", 0, 0,
			[]step{{page: "a", total: 2, next: 1}, {total: 2, next: 0}, {page: "ab", total: 2, next: end}},
			"ab",
		},
		{"count of the records, between null elements", 0, 0, []step{{page: "-a-b-", total: 2, next: end}}, "ab"},
		{"count of the page's records, between null elements", 7, 0, []step{{page: "-a-b-", total: 2, next: end}}, "ab"},
		{
			"count that includes null elements", 0, 0,
			[]step{{page: "a-b", total: 3, next: 2}, {page: "b", total: 3, next: end}},
			"ab",
		},
		{
			"count that is of more records than the page has between null elements", 0, 0,
			[]step{{page: "a-b", total: 3, next: 2}, {page: "bc", total: 3, next: 3}, {page: "c", total: 3, next: end}},
			"abc",
		},
		{"null elements and no count", 0, 0, []step{{page: "-a-b", total: -1, next: 3}, {page: "b", total: -1, next: end}}, "ab"},
		{
			"a null element behind the overlap", 0, 0,
			[]step{{page: "ab-", total: -1, next: 1}, {page: "b-", total: -1, next: 3}, {total: -1, next: 1}, {page: "b-", total: -1, next: end}},
			"ab",
		},
		{
			"a null element behind the overlap, and more behind it", 0, 0,
			[]step{{page: "ab-", total: -1, next: 1}, {page: "b-", total: -1, next: 3}, {page: "c", total: -1, err: errChanged}},
			"",
		},
		{
			"a null element behind the overlap, and more that has moved up", 0, 0,
			[]step{{page: "ab-", total: -1, next: 1}, {page: "b-", total: -1, next: 3}, {total: -1, next: 1}, {page: "-c", total: -1, err: errChanged}},
			"",
		},
		{
			"a null element where the page before was cut", 0, 0,
			[]step{{page: "ab", total: -1, next: 1}, {page: "b-", total: -1, err: ErrNoOverlap}},
			"",
		},
		{
			"null elements behind the overlap", 0, 0,
			[]step{
				{page: "ab--", total: -1, next: 1},
				{page: "b--", total: -1, next: 3},
				{page: "-", total: -1, next: 4},
				{total: -1, next: 1},
				{page: "b--", total: -1, next: end},
			},
			"ab",
		},
		{
			"null elements that take no places, and a record behind them", 0, 0,
			[]step{{page: "ab--", total: -1, next: 1}, {page: "b--", total: -1, next: 3}, {page: "c--", total: -1, err: errChanged}},
			"",
		},
		{
			"null elements behind the place where they should end", 0, 0,
			[]step{{page: "-", total: -1, next: 1}, {page: "-", total: -1, err: ErrNoOverlap}},
			"",
		},
		{
			"null elements where the page before was cut", 0, 0,
			[]step{{page: "abc", total: -1, next: 2}, {page: "c--", total: -1, err: ErrNoOverlap}},
			"",
		},
		{
			"one record, and a null element", 0, 0,
			[]step{{page: "a-", total: 2, next: 2}, {total: 2, next: 0}, {page: "a-", total: 2, next: end}},
			"a",
		},
		{
			"one record, and a null element that is gone", 0, 0,
			[]step{{page: "a-", total: 3, next: 2}, {total: 2, next: 0}, {page: "ab", total: 2, next: end}},
			"ab",
		},
		{
			"one record, and null elements", 0, 0,
			[]step{{page: "a--", total: 3, next: 2}, {page: "-", total: 3, next: 3}, {total: 3, next: 0}, {page: "a--", total: 3, next: end}},
			"a",
		},
		{
			"one record, and as many null elements as are probed", 0, 0,
			[]step{{page: "a---", total: 4, next: 2}, {page: "--", total: 4, next: 4}, {total: 4, next: 0}, {page: "a---", total: 4, next: end}},
			"a",
		},
		{"one record, and too many null elements", 0, 0, []step{{page: "a----", total: 5, err: ErrNoOverlap}}, ""},
		{"too many null elements, and the count agrees", 0, 0, []step{{page: "a----", total: 1, next: end}}, "a"},
		{"nothing but a null element", 0, 0, []step{{page: "-", total: -1, next: 1}, {total: -1, next: end}}, ""},
		{
			"nothing but null elements", 0, 0,
			[]step{{page: "--", total: 2, next: 2}, {total: 2, next: 0}, {page: "--", total: 2, next: end}},
			"",
		},
		{"nothing but null elements, and the count agrees", 0, 0, []step{{page: "--", total: 0, next: end}}, ""},
		{"no ID, and the count agrees", 0, 0, []step{{page: "***", total: 3, next: end}}, "***"},
		{"one record without an ID, and no count", 0, 0, []step{{page: "*", total: -1, next: 1}, {total: -1, next: end}}, "*"},
		{
			"one record without an ID, and the count claims more", 0, 0,
			[]step{{page: "*", total: 2, next: 1}, {total: 2, next: 0}, {page: "*", total: 2, err: errChanged}},
			"",
		},
		{"the same record without an ID again", 0, 0, []step{{page: "*", total: -1, next: 1}, {page: "*", total: -1, err: errChanged}}, ""},
		{"no ID where pages would overlap", 0, 0, []step{{page: "ab*", total: 4, err: ErrNoOverlap}}, ""},
		{
			"no ID elsewhere", 0, 0,
			[]step{{page: "*ab", total: -1, next: 2}, {page: "b", total: -1, next: end}},
			"*ab",
		},
		{"largest offset", math.MaxInt64, 0, []step{{total: math.MaxInt64, next: end}}, ""},
		{"largest offset with a record", math.MaxInt64 - 1, 0, []step{{page: "a", total: math.MaxInt64, next: end}}, "a"},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			p := newPager(backupResource.id, tt.offset, tt.limit)
			if got := p.next().offset; got != tt.offset {
				t.Errorf("first request at %d, want %d", got, tt.offset)
			}

			for i, s := range tt.steps {
				if err := p.add(pageNamed(s.page, s.total)); !errors.Is(err, s.err) {
					t.Fatalf("page %d: got error %v, want %v", i, err, s.err)
				} else if err != nil {
					return
				}

				next := p.next().offset
				if p.done() {
					next = end
				}

				if next != s.next {
					t.Fatalf("page %d: next request at %d, want %d", i, next, s.next)
				}
			}

			if got := strings.Join(namesOf(p.result().records), ""); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// pageNamed returns the page of records with one letter as their IDs.
func pageNamed(letters string, total int64) backupPage {
	slots := strings.Split(letters, "")
	for i := range slots {
		slots[i] = strings.Trim(slots[i], "-")
	}

	p := pageOf(slots)
	p.total = total

	return p
}

// TestPager_longPage adds a page longer than requested, of which no count of its own says that it is the last.
func TestPager_longPage(t *testing.T) {
	t.Parallel()

	all := ids(2999)
	p := newPager(backupResource.id, 0, 0)

	for _, step := range []struct {
		from, to int
		total    int64
		isLast   bool
	}{{0, 1500, 5000, false}, {1499, 2999, 1500, false}, {2998, 2999, 2999, true}} {
		page := pageOf(all[step.from:step.to])
		page.total = step.total

		if err := p.add(page); err != nil || p.done() != step.isLast {
			t.Fatalf("records %d to %d: error %v, done: %t", step.from, step.to, err, p.done())
		}
	}
}

// TestPager_ahead states which requests are expected after a first page.
func TestPager_ahead(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name     string
		limit    int64
		elements int
		total    int64
		want     []int64
	}{
		{"full page", 0, 1000, 4000, []int64{999, 1998, 2997, 3996}},
		{"full page, and many more", 0, 1000, math.MaxInt64, []int64{999, 1998, 2997, 3996, 4995}},
		{"full page, and no count", 0, 1000, unknownTotal, []int64{999}},
		{"full page, and the count is met", 0, 1000, 1000, []int64{999}},
		{"full page, and the last one overlaps only", 0, 1000, 1999, []int64{999, 1998}},
		{"full page, and limit", 2998, 1000, 4000, []int64{999, 1998}},
		{"page that is not full", 0, 999, 4000, []int64{998}},
		{"page longer than requested", 0, 1500, 4000, []int64{1499, 2998}},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			p := newPager(backupResource.id, 0, tt.limit)

			first := pageOf(ids(tt.elements))
			first.total = tt.total

			if err := p.add(first); err != nil {
				t.Fatal(err)
			}

			var got []int64
			for _, r := range p.ahead(maxInFlight) {
				got = append(got, r.offset)
			}

			if diff := cmp.Diff(tt.want, got); diff != "" || !slices.IsSorted(got) {
				t.Errorf("offsets (-want +got):\n%s", diff)
			}
		})
	}
}
