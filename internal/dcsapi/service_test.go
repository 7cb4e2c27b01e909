// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"
)

// service is a listing below HTTP: what a fetch asks for.
type service struct {
	// capped is the most elements of a page, whatever is asked for. 0 means what is asked for.
	capped int64
	// length is how long pages are that are not the last, whatever is asked for. 0 means what is asked for.
	length int64
	// total gives total_num. Nil means the right one.
	total totalFunc
	// latency is how long an answer takes. Nil means no time.
	latency func(asked) time.Duration
	// before is called when a request arrives, with how many there have been, and after with the page when it leaves. It
	// may change what there is.
	before func(s *service, n int)
	after  func(a asked, p backupPage) (backupPage, error)

	mu sync.Mutex
	// slots are the IDs of the records in the service's order. An empty one is a null element.
	slots    []string
	requests []asked
	// inFlight is how many are, peak the most that were, answered those that were not given up.
	inFlight, peak, answered int
}

// asked is a request, and what the answer was.
type asked struct {
	offset, limit int64
	// number counts from 1.
	number            int
	at                time.Time
	elements, records int64
}

// cut is the part of a listing of slots elements that is answered.
type cut struct {
	slots, offset, elements int64
}

type totalFunc func(c cut) int64

// fetch implements the type fetch.
func (s *service) fetch(ctx context.Context, r request) (backupPage, error) {
	s.mu.Lock()
	a := asked{offset: r.offset, limit: r.limit, number: len(s.requests) + 1, at: time.Now()}
	s.requests = append(s.requests, a)
	s.inFlight++
	s.peak = max(s.peak, s.inFlight)
	s.mu.Unlock()

	if err := s.wait(ctx, a); err != nil {
		return backupPage{}, err
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	s.inFlight--
	s.answered++

	if s.before != nil {
		s.before(s, a.number)
	}

	p := s.page(r.offset, max(r.limit, s.length))

	if p.elements > r.keep {
		elements := p.elements
		p = pageOf(s.slots[r.offset : r.offset+r.keep])
		p.total, p.elements = s.count(r.offset, elements), elements
	}

	s.requests[a.number-1].elements, s.requests[a.number-1].records = p.elements, int64(len(p.records))

	if s.after != nil {
		return s.after(s.requests[a.number-1], p)
	}

	return p, nil
}

func (s *service) wait(ctx context.Context, a asked) error {
	if s.latency == nil {
		return nil
	}

	timer := time.NewTimer(s.latency(a))
	defer timer.Stop()

	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()

		s.inFlight--

		return context.Cause(ctx)
	}
}

func (s *service) page(offset, limit int64) backupPage {
	if s.capped > 0 {
		limit = min(limit, s.capped)
	}

	slots := int64(len(s.slots))
	from := min(offset, slots)
	p := pageOf(s.slots[from:min(slots, from+limit)])

	p.total = s.count(offset, p.elements)

	return p
}

// count is the service's, in a page of that many elements.
func (s *service) count(offset, elements int64) int64 {
	slots := int64(len(s.slots))
	if s.total == nil {
		return slots
	}

	return s.total(cut{slots: slots, offset: offset, elements: elements})
}

// pageOf returns the page of slots, without a count.
func pageOf(slots []string) backupPage {
	p := backupPage{total: unknownTotal, elements: int64(len(slots))}

	for i, id := range slots {
		if id != "" {
			if p.records == nil {
				p.first = int64(i)
			}

			p.records = append(p.records, Backup{ID: id})
			p.last = int64(i)
		}
	}

	return p
}

// withRecords is how many requests were answered with a page that holds records.
func (s *service) withRecords() int {
	n := 0

	for _, a := range s.requests {
		if a.records > 0 {
			n++
		}
	}

	return n
}

// offsets are those that were asked for, in order.
func (s *service) offsets() []int64 {
	var offsets []int64
	for _, a := range s.requests {
		offsets = append(offsets, a.offset)
	}

	slices.Sort(offsets)

	return offsets
}

// ids returns n IDs.
func ids(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = "b" + strconv.Itoa(i)
	}

	return all
}

// idsOf returns the IDs of backups.
func idsOf(backups []Backup) []string {
	all := make([]string, len(backups))
	for i, b := range backups {
		all[i] = b.ID
	}

	return all
}

// records returns slots without null elements.
func records(slots []string) []string {
	return slices.DeleteFunc(slices.Clone(slots), func(id string) bool { return id == "" })
}
