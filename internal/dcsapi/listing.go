// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// maxPage is the most that the service gives in one page.
	maxPage = 1000
	// maxAhead is how many pages are asked for at the same time.
	maxAhead = 5
	// maxReadings is how often a listing is read that changes meanwhile: once, and three times again.
	maxReadings = 1 + 3
	// maxBlank is how many pages of null elements in a row are read behind a record. Before the first record it is one: there
	// it takes two requests for each to see that nothing moved.
	maxBlank = 5
)

var (
	// errChanged says that the listing changed while it was read.
	errChanged = errors.New("the listing changed")
	// errNulls says that there is no telling where the records go on.
	errNulls = errors.New("the service sends page after page of null elements, which are no records")
)

// Backups returns the backup records that query asks for: each that existed during the whole call exactly once.
//
// The pages overlap by one record. As long as each begins with the last record of the one before, nothing that lies
// between them was skipped or read twice, whatever was added or deleted elsewhere; otherwise the listing is read again.
// The service's count only tells how many pages to ask for at once: a page shorter than asked for is the last where the
// count confirms it, else when nothing follows it. Where the count says that something does, it takes one more request to
// believe that.
//
// It returns a [*ReadError], of [ErrKeepsChanging] where no reading found the listing at rest.
func (c *Client) Backups(ctx context.Context, query Query) (Listing, error) {
	return list(ctx, query, func(ctx context.Context, offset, limit int64) (page, error) {
		return c.page(ctx, query, offset, limit)
	})
}

// fetch gets the page at offset of limit records at most.
type fetch func(ctx context.Context, offset, limit int64) (page, error)

func list(ctx context.Context, query Query, fetch fetch) (Listing, error) {
	var answered atomic.Int64

	counting := func(ctx context.Context, offset, limit int64) (page, error) {
		p, err := fetch(ctx, offset, limit)
		if err == nil {
			answered.Add(1)
		}

		return p, err
	}

	failure := &ReadError{TotalNum: unknownTotal, Err: ErrKeepsChanging}

	for range maxReadings {
		r := newReading(query, counting)

		err := r.run(ctx)
		if err == nil {
			return r.listing(), nil
		}

		failure.Read, failure.TotalNum = len(r.backups), r.total

		if !errors.Is(err, errChanged) {
			failure.Err = err

			break
		}
	}

	failure.Requests = int(answered.Load())

	return Listing{}, failure
}

// reading is one pass over the listing.
type reading struct {
	fetch fetch
	// begin and end bound the positions in the service's listing that are asked for.
	begin, end int64

	backups []Backup
	misfits []misfit
	seen    map[string]struct{}
	// total is the count of the last page that holds records, and of the first page where none does.
	total int64

	// anchor is the position of the last record read; begin while there is none.
	anchor int64
	// blank is how many pages in a row had only null elements.
	blank int

	// ahead are the pages asked for, by their offset. Where the service's pages turn out to be of uneven length, those
	// at offsets that never come up stay in it, and so bound how many are asked for in vain.
	ahead map[int64]<-chan fetched
	// served is how long pages are that a service caps below what is asked for: the longest that was shorter and yet
	// followed by more. 0 while there was none. uneven is set where they differ in length.
	served int64
	uneven bool
	group  sync.WaitGroup
}

type fetched struct {
	page page
	err  error
}

func newReading(query Query, fetch fetch) *reading {
	end := int64(math.MaxInt64)
	if query.Limit > 0 && query.Limit < end-query.Offset {
		end = query.Offset + query.Limit
	}

	return &reading{
		fetch: fetch, begin: query.Offset, end: end, anchor: query.Offset, seen: make(map[string]struct{}),
		total: unknownTotal, ahead: make(map[int64]<-chan fetched),
	}
}

// run reads page after page.
func (r *reading) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)

	defer r.group.Wait() // No request outlives the reading.
	defer cancel()

	at, p, err := r.first(ctx)

	for err == nil && p.elements > 0 {
		if err := r.add(at, p); err != nil {
			return err
		}

		if r.isLast(at, p) {
			return nil
		}

		at, p, err = r.next(ctx, at, p)
	}

	return err
}

// first reads the first page. An empty one is read again where the count says that there are records.
func (r *reading) first(ctx context.Context) (int64, page, error) {
	p, err := r.get(ctx, r.begin)
	if err == nil && p.elements == 0 && p.total > r.begin {
		p, err = r.get(ctx, r.begin)
	}

	if err == nil {
		r.total = p.total
	}

	return r.begin, p, err
}

// isLast reports whether nothing more is to be read after p, which is at the position at.
func (r *reading) isLast(at int64, p page) bool {
	if r.end-at <= p.elements {
		return true
	}

	if r.isFull(at, p) {
		return false
	}

	// A service may count what it has, with or without null elements, or what the page has.
	return p.total == at+p.elements || p.total == r.begin+int64(len(r.backups)) || p.total == p.elements
}

// isFull reports whether p, which is at the position at, has all that the service gives in one page.
func (r *reading) isFull(at int64, p page) bool {
	full := r.pageSize(at)
	if r.served > 0 {
		full = min(full, r.served)
	}

	return p.elements >= full
}

// next reads the page that follows p, which is at the position at, and leaves out of it the record by which they overlap.
// A page without elements says that nothing follows.
func (r *reading) next(ctx context.Context, at int64, p page) (int64, page, error) {
	if p.last == 0 {
		return r.beyond(ctx, at, p)
	}

	if p.elements >= r.pageSize(at) || r.served > 0 {
		r.askAhead(ctx, r.anchor, p.last, p.total)
	}

	next, err := r.get(ctx, r.anchor)
	if err != nil {
		return r.anchor, page{}, err
	}

	if !r.isInPlace(next) {
		return r.anchor, page{}, errChanged
	}

	r.total = next.total

	// Where the service cuts pages, perhaps anywhere, a single record does not show that nothing follows it.
	cuts := r.served > 0 || at == r.begin && !r.isFull(at, p)
	unclear := r.uneven || cuts && next.total > r.anchor+1

	switch {
	case next.elements > 1:
		r.followed(at, p)
	case !unclear:
		return r.anchor, page{}, nil
	}

	return r.anchor, next.withoutFirst(), nil
}

// beyond reads on after a page of which only the first element could be the overlap, so that the next page could not but
// repeat it: a service may hand out one record at a time. That the last record is still in its place afterwards shows
// that none was skipped.
func (r *reading) beyond(ctx context.Context, at int64, p page) (int64, page, error) {
	behind := at + p.elements

	next, err := r.get(ctx, behind)
	if err == nil && r.served == 1 && next.elements == 0 && next.total > behind {
		next, err = r.get(ctx, behind)
	}

	// Of the first record alone, which the count says is not all, it must be seen that it did not move meanwhile.
	believed := r.served != 1 && (at > r.begin || p.total <= behind)
	if err != nil || next.elements == 0 && believed {
		return behind, page{}, err
	}

	if r.isBlank(next) {
		return behind, page{}, errNulls
	}

	check, err := r.get(ctx, r.anchor)
	if err != nil {
		return behind, page{}, err
	}

	switch {
	case !r.isInPlace(check):
		return behind, page{}, errChanged
	case next.elements > 0:
		r.followed(at, p)

		return behind, next, nil
	case check.last > 0:
		// More has come meanwhile, or was moved on while nothing seemed to follow.
		return r.anchor, check.withoutFirst(), nil
	default:
		return behind, page{}, nil
	}
}

// isBlank reports whether p is one page of null elements too many.
func (r *reading) isBlank(p page) bool {
	if len(p.backups) > 0 || p.elements == 0 {
		r.blank = 0

		return false
	}

	r.blank++

	return len(r.backups) == 0 && r.blank > 1 || r.blank+len(r.ahead) > maxBlank
}

// followed notes that more follows p, which is at the position at.
func (r *reading) followed(at int64, p page) {
	if p.elements < r.pageSize(at) {
		r.uneven = r.uneven || r.served > 0 && p.elements != r.served
		r.served = max(r.served, p.elements)
	}
}

// isInPlace reports whether p, which is at the anchor, begins with the last record read.
func (r *reading) isInPlace(p page) bool {
	if len(r.backups) == 0 || len(p.backups) == 0 {
		return len(r.backups) == len(p.backups)
	}

	return p.first == 0 && same(&r.backups[len(r.backups)-1], &p.backups[0])
}

// same reports whether two records are one. What becomes of a backup may have changed in between; where it has no ID,
// nothing else may.
func same(a, b *Backup) bool {
	if a.ID != "" || b.ID != "" {
		return a.ID == b.ID
	}

	return reflect.DeepEqual(a.asked(), b.asked())
}

// asked returns b without what becomes of it.
func (b Backup) asked() Backup {
	b.Status, b.Progress, b.UpdatedAt, b.ErrorCode, b.IsSupportRestore = "", nil, "", "", nil

	return b
}

// add adds the records of p, which is at the position at.
func (r *reading) add(at int64, p page) error {
	if len(p.backups) == 0 {
		return nil
	}

	for _, m := range p.misfits {
		m.record += len(r.backups)
		r.misfits = append(r.misfits, m)
	}

	for i := range p.backups {
		id := p.backups[i].ID
		if id == "" {
			continue
		}

		if _, twice := r.seen[id]; twice {
			return errChanged
		}

		r.seen[id] = struct{}{}
	}

	r.backups = append(r.backups, p.backups...)
	r.total, r.anchor = p.total, at+p.last

	return nil
}

// pageSize is how many records are asked for at the position at.
func (r *reading) pageSize(at int64) int64 { return min(maxPage, max(1, r.end-at)) }

// get returns the page at the position at, which may be on its way already.
func (r *reading) get(ctx context.Context, at int64) (page, error) {
	coming, ok := r.ahead[at]
	if !ok {
		coming = r.ask(ctx, at)
	}

	delete(r.ahead, at)

	got := <-coming

	return got.page, got.err
}

// askAhead asks for the page at the position at, and for those after it that the count lets expect.
func (r *reading) askAhead(ctx context.Context, at, stride, total int64) {
	for end := min(total, r.end-1); at < end && len(r.ahead) < maxAhead; at += stride {
		if _, ok := r.ahead[at]; !ok {
			r.ahead[at] = r.ask(ctx, at)
		}
	}
}

func (r *reading) ask(ctx context.Context, at int64) <-chan fetched {
	coming := make(chan fetched, 1)

	r.group.Go(func() {
		p, err := r.fetch(ctx, at, r.pageSize(at))
		coming <- fetched{p, err}
	})

	return coming
}

// listing returns what was read.
func (r *reading) listing() Listing {
	if most := r.end - r.begin; int64(len(r.backups)) > most {
		r.backups = r.backups[:most] // The service gave more than it was asked for.
	}

	read := r.begin + int64(len(r.backups))

	total := max(r.total, 0)
	if len(r.backups) > 0 {
		total = max(r.total, read)
	} else if r.begin == 0 {
		total = 0
	}

	return Listing{Backups: r.backups, TotalNum: total, Misfits: summarize(r.misfits, r.backups)}
}

// summarize returns one [Misfit] for each field that has any.
func summarize(misfits []misfit, backups []Backup) []Misfit {
	byField := make([]*Misfit, len(fields))

	for _, m := range misfits {
		if m.record >= len(backups) {
			continue
		}

		if first := byField[m.field]; first != nil {
			first.More++

			continue
		}

		byField[m.field] = &Misfit{Field: fields[m.field].name, BackupID: backups[m.record].ID, Value: m.value}
	}

	var summary []Misfit

	for _, m := range byField {
		if m != nil {
			summary = append(summary, *m)
		}
	}

	return summary
}

// withoutFirst returns p without its first record.
func (p page) withoutFirst() page {
	var misfits []misfit

	for _, m := range p.misfits {
		if m.record > 0 {
			m.record--
			misfits = append(misfits, m)
		}
	}

	p.backups, p.misfits = slices.Clip(p.backups[1:]), misfits

	return p
}
