// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"errors"
	"math"
	"slices"
)

// maxPage is the most records that the service gives in one page.
const maxPage = 1000

var (
	// errChanged says that the listing changed between two pages.
	errChanged = errors.New("the listing changed")
	// ErrNoOverlap says that two pages of a listing cannot overlap, so that it cannot be read exactly.
	ErrNoOverlap = errors.New("more than one page is needed, but the elements in which two pages would overlap are null or " +
		"have no ID, so that a missing record would not be noticed")
)

// request asks for one page: at most limit elements of the service's listing, from offset on.
type request struct {
	offset, limit int64
	// overlap says that the first record repeats the last one of the page before: its misfits are counted already.
	overlap bool
	// keep is how many elements are kept of a page that may be longer than requested.
	keep int64
}

// page is the response to a [request].
type page[T any] struct {
	records []T
	misfits misfits
	// total is the service's count, or unknownTotal.
	total int64
	// elements is the length of the page. It differs from the number of records where elements are null or were not kept.
	elements int64
	// first and last are the positions of the first and of the last record among the elements, both 0 where there is none.
	first, last int64
}

// nulls returns how many elements were null.
func (p page[T]) nulls() int64 { return p.elements - int64(len(p.records)) }

// listing is what a [pager] has read.
type listing[T any] struct {
	records []T
	misfits misfits
	// total is the service's count in the last page that was not a probe, or unknownTotal.
	total int64
}

// pager puts a listing together from pages. It sends nothing itself: next returns the request to send and add takes the
// response, until done.
//
// A page begins with the last record of the page before. As long as that holds, no record between the two was skipped or
// read twice, whatever was created or deleted meanwhile. Where it does not hold, or where an ID comes twice, the listing
// changed and has to be read from the start.
//
// A page shorter than requested is the last one if the service's count confirms it, or if the next page holds nothing but
// the overlap. Where the count claims that more follows, where null elements do, or where no overlap is possible because the
// first page holds a single record, the pager probes: it requests the pages at the places after the last record, none of which
// may hold a record, and the last of which must be empty.
type pager[T any] struct {
	id func(*T) string
	// begin and end bound the offsets that are requested.
	begin, end int64

	read listing[T]
	seen map[string]struct{} // The IDs of what was read.

	// offset is where the next page begins. In state following, the page before began stride earlier, 0 where there was none.
	// length is how many elements the page before had.
	offset, stride, length int64
	// probe is the offset of the next probe.
	probe int64
	// full is the fewest elements of a page that was not the last one: maxPage, or less where the service caps its pages.
	full  int64
	state pagerState
}

type pagerState int

const (
	// following means that the next page is the first one, or overlaps with the one before.
	following pagerState = iota
	// probing means that the next page is the one at probe, after the page at offset, which could not be followed. Where the
	// page at offset was itself empty, it is that page again, and may hold records.
	probing
	// probed means that the probe was empty, and that the page at offset is read again. If records have been deleted between
	// the two, what the probe was to find has moved into that page.
	probed
	// complete means that no page follows.
	complete
)

// newPager returns a pager for limit records from offset on; limit 0 means all. id returns the ID of a record.
func newPager[T any](id func(*T) string, offset, limit int64) *pager[T] {
	end := int64(math.MaxInt64)
	if limit > 0 && limit < end-offset {
		end = offset + limit
	}

	return &pager[T]{
		id: id, begin: offset, end: end, read: listing[T]{total: unknownTotal}, seen: make(map[string]struct{}),
		offset: offset, full: maxPage,
	}
}

// done reports whether no page follows.
func (p *pager[T]) done() bool { return p.state == complete }

// next returns the request for the page that add expects.
func (p *pager[T]) next() request {
	if p.state == probing {
		return p.request(p.probe)
	}

	return p.request(p.offset)
}

// ahead returns the next request and, after a full page, those that are likely to follow it according to the count: most in
// all.
func (p *pager[T]) ahead(most int) []request {
	requests := []request{p.next()}
	if p.state != following || p.stride+1 < p.full {
		return requests
	}

	last := min(p.read.total, p.end-1) - 1
	for offset := p.offset; len(requests) < most && last-offset >= p.stride; {
		offset += p.stride
		requests = append(requests, p.request(offset))
	}

	return requests
}

func (p *pager[T]) request(offset int64) request {
	keep := max(1, p.end-offset)

	return request{
		offset: offset, limit: min(maxPage, keep), keep: keep, overlap: offset > p.begin || len(p.read.records) > 0,
	}
}

// add takes the page that next asked for, and decides what follows. It returns errChanged where the listing has to be read
// from the start, and ErrNoOverlap where that would not help.
func (p *pager[T]) add(got page[T]) error {
	if p.state == probing {
		return p.addProbe(got)
	}

	isFirst := len(p.read.records) == 0
	if !isFirst {
		if !p.overlaps(got) {
			return errChanged
		}

		if p.state == following {
			p.full = min(p.full, p.length) // The page before was not the last one.
		}
	}

	if err := p.keep(got, isFirst); err != nil {
		return err
	}

	p.length = got.elements

	// The next page can begin with the last record of this one, unless that is where this one began.
	canFollow := got.last > 0

	switch {
	case p.isLast(got):
		p.state = complete
	case canFollow && p.id(&got.records[len(got.records)-1]) == "":
		return ErrNoOverlap
	case canFollow:
		p.offset, p.stride, p.state = p.offset+got.last, got.last, following
	case p.isEnd(got, isFirst):
		p.state = complete
	case p.mayHide(got):
		return ErrNoOverlap
	case p.state == probed:
		p.state = complete
	default:
		p.state, p.probe = probing, p.offset+min(minPage, p.length)
	}

	return nil
}

// addProbe takes the page that a probe requested.
func (p *pager[T]) addProbe(got page[T]) error {
	switch {
	case got.elements > 0 && p.length == 0:
		p.state = following // The first page was empty although the count claimed records. This is another attempt.

		return p.add(got)
	case len(got.records) > 0:
		return errChanged
	case p.probe < p.offset+p.length: // It is not known whether null elements take places in the listing.
		p.probe = p.offset + p.length
	case got.elements > 0:
		return ErrNoOverlap
	case p.length > 1 || p.length == 1 && p.offset == p.begin && p.read.total > p.offset+1:
		p.state = probed
	default:
		p.state = complete
	}

	return nil
}

// overlaps reports whether got begins with the last record that was read.
func (p *pager[T]) overlaps(got page[T]) bool {
	if len(got.records) == 0 || got.first > 0 {
		return false
	}

	id := p.id(&got.records[0])

	return id != "" && id == p.id(&p.read.records[len(p.read.records)-1])
}

// keep keeps the records of got without the overlap.
func (p *pager[T]) keep(got page[T], isFirst bool) error {
	added := got.records
	if !isFirst {
		added = added[1:]
	}

	for i := range added {
		id := p.id(&added[i])
		if id == "" {
			continue
		}

		if _, twice := p.seen[id]; twice {
			return errChanged
		}

		p.seen[id] = struct{}{}
	}

	if isFirst {
		p.read.records = added // Not copied: most listings have one page.
	} else {
		// The count may be absurd.
		expected := min(got.total-p.offset, maxElements, p.end-p.offset)
		p.read.records = append(slices.Grow(p.read.records, int(max(0, expected))), added...)
	}

	p.read.misfits = p.read.misfits.merge(got.misfits)
	p.read.total = got.total

	return nil
}

// isLast reports whether got, which is in p.read already, is the last page whatever follows: limit is met, or the count
// confirms it, which is of the records of the listing, or of this page alone. No count confirms a full page, nor one of a
// service that caps its pages. Null elements are no records: a count that includes them confirms nothing.
func (p *pager[T]) isLast(got page[T]) bool {
	asked := p.next().limit

	switch {
	case p.end-p.offset <= got.elements:
		return true
	case got.elements == asked || p.full < maxPage:
		return false
	default:
		return got.total == p.begin+int64(len(p.read.records)) || got.total == int64(len(got.records)) && got.elements < asked
	}
}

// isEnd reports whether got, which holds no record beyond the overlap, shows that nothing follows. Where the count claims
// otherwise, or null elements follow, a probe has to tell.
func (p *pager[T]) isEnd(got page[T], isFirst bool) bool {
	overlap := int64(1)
	if isFirst {
		overlap = 0
	}

	return got.elements == overlap && got.total <= p.offset+overlap
}

const (
	// minPage is the fewest elements to which a service may cap its pages, and so how many places a page shows.
	minPage = 2
	// maxNulls is how many null elements at the end of a listing are probed.
	maxNulls = 3
)

// mayHide reports whether records may follow the null elements with which got ends, and no probe find them: where pages are
// cut at the length of got, a record may move from behind the probe to before it. got holds no record beyond the overlap.
func (p *pager[T]) mayHide(got page[T]) bool {
	return got.nulls() > maxNulls || got.nulls() > 0 && got.elements >= p.full
}

// result returns what was read. A count below what was read is replaced by that.
func (p *pager[T]) result() listing[T] {
	read := p.read
	if n := int64(len(read.records)); n > 0 {
		read.total = max(read.total, p.begin+n)
	} else if p.begin == 0 {
		read.total = 0
	}

	read.total = max(read.total, 0)

	return read
}
