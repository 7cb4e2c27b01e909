// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"context"
	"errors"
	"math"
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
)

// errChanged says that the listing changed while it was read.
var errChanged = errors.New("the listing changed")

// Backups returns the backup records that query asks for: each that existed during the whole call exactly once.
//
// The pages overlap by one record. As long as each begins with the last record of the one before, nothing that lies
// between them was skipped or read twice, whatever was added or deleted elsewhere; otherwise the listing is read again.
// The service's count only tells how many pages to ask for at once: a page shorter than asked for is the last where the
// count confirms it, else when nothing follows it.
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

	// ahead are the pages asked for, by their offset. Where the service's pages turn out to be of uneven length, later
	// offsets can't be told and none is asked for ahead of its turn.
	ahead  map[int64]<-chan fetched
	uneven bool
	// capped is set once a page shorter than asked for was followed by more records.
	capped bool
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
		fetch: fetch, begin: query.Offset, end: end, seen: make(map[string]struct{}), total: unknownTotal,
		ahead: make(map[int64]<-chan fetched),
	}
}

// run reads page after page.
func (r *reading) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer r.group.Wait() // No request outlives the reading.
	defer cancel()

	at, p, err := r.first(ctx)

	for err == nil && len(p.backups) > 0 {
		if err := r.add(p); err != nil {
			return err
		}

		if r.isLast(at, p) {
			return nil
		}

		at, p, err = r.next(ctx, at, p)
	}

	return err
}

// first reads the first page. One without records is read again where the count says that there are some.
func (r *reading) first(ctx context.Context) (int64, page, error) {
	p, err := r.get(ctx, r.begin)
	if err == nil && len(p.backups) == 0 && p.total > r.begin {
		p, err = r.get(ctx, r.begin)
	}

	r.total = p.total

	return r.begin, p, err
}

// isLast reports whether nothing more is to be read after p, which is at the position at.
func (r *reading) isLast(at int64, p page) bool {
	if r.end-at <= p.elements {
		return true
	}

	// A service may count what it has, or what the page has.
	return p.elements < r.pageSize(at) && (p.total == at+p.elements || p.total == p.elements)
}

// next reads the page that follows p, which is at the position at, and leaves out of it the record by which they overlap.
func (r *reading) next(ctx context.Context, at int64, p page) (int64, page, error) {
	if p.last == 0 {
		return r.nextSingle(ctx, at)
	}

	stride := p.last
	short := p.elements < r.pageSize(at)
	at += stride

	if !short || r.capped {
		r.askAhead(ctx, at, stride, p.total)
	}

	next, err := r.get(ctx, at)
	if err != nil {
		return at, page{}, err
	}

	if len(next.backups) == 0 || !r.follows(next) {
		return at, page{}, errChanged
	}

	r.total = next.total
	next = next.withoutFirst()
	r.capped = r.capped || short && len(next.backups) > 0

	return at, next, nil
}

// nextSingle reads on after a page of a single record, which the next page could overlap only by repeating it. If there
// is more, then the service hands out one record at a time: that the single one is still in its place shows that none
// was skipped.
func (r *reading) nextSingle(ctx context.Context, at int64) (int64, page, error) {
	next, err := r.get(ctx, at+1)
	if err != nil || len(next.backups) == 0 {
		return at + 1, page{}, err
	}

	check, err := r.get(ctx, at)
	if err != nil {
		return at + 1, page{}, err
	}

	if len(check.backups) == 0 || !r.follows(check) {
		return at + 1, page{}, errChanged
	}

	return at + 1, next, nil
}

// follows reports whether p begins with the last record read.
func (r *reading) follows(p page) bool {
	return same(&r.backups[len(r.backups)-1], &p.backups[0])
}

// same reports whether two records are one. What is not its ID may have changed in between.
func same(a, b *Backup) bool {
	if a.ID != "" || b.ID != "" {
		return a.ID == b.ID
	}

	return a.Name == b.Name && a.CreatedAt == b.CreatedAt
}

// add adds p's records.
func (r *reading) add(p page) error {
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
	r.total = p.total

	return nil
}

// pageSize is how many records are asked for at the position at.
func (r *reading) pageSize(at int64) int64 { return min(maxPage, max(1, r.end-at)) }

// get returns the page at the position at, which may be on its way already.
func (r *reading) get(ctx context.Context, at int64) (page, error) {
	coming, ok := r.ahead[at]
	if !ok {
		r.uneven = r.uneven || len(r.ahead) > 0
		coming = r.ask(ctx, at)
	}

	delete(r.ahead, at)

	got := <-coming

	return got.page, got.err
}

// askAhead asks for the page at the position at, and for those after it that the count lets expect.
func (r *reading) askAhead(ctx context.Context, at, stride, total int64) {
	if r.uneven {
		return
	}

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
