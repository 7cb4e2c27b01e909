// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// service is a listing below HTTP: what a fetch asks for.
type service struct {
	// capped is the most elements of a page, whatever is asked for. 0 means what is asked for.
	capped int64
	// length is how long pages are that are not the last, whatever is asked for. 0 means what is asked for.
	length int64
	// shorten returns the length of a page of at most that many elements. Nil means that many.
	shorten func(most int64) int64
	// spoil returns the elements that are sent of those of a page. Nil means the same.
	spoil func(page []string) []string
	// total gives total_num. Nil means the right one.
	total totalFunc
	// latency is how long an answer takes. Nil means no time.
	latency func(asked) time.Duration
	// before is called when a request arrives, with how many there have been, and after with the page when it leaves. It
	// may change what there is.
	before func(s *service, n int)
	after  func(a asked, p backupPage) (backupPage, error)

	mu sync.Mutex
	// slots are the names of the records in the service's order, which are their IDs unless they begin with *. An empty one is
	// a null element.
	slots    []string
	requests []asked
	// inFlight is how many are in flight, peak the most that were, answered how many were not canceled.
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

// cut is the page of a listing that is sent.
type cut struct {
	// slots and records are how many elements and records the listing has.
	slots, records int64
	// asked is for how many elements, from offset on. elements and held are how many elements and records the page has.
	offset, asked, elements, held int64
	// isCut says that records follow.
	isCut bool
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

	p := s.page(r)

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

// page returns the response to r.
func (s *service) page(r request) backupPage {
	slots, limit := int64(len(s.slots)), max(r.limit, s.length)

	if s.capped > 0 {
		limit = min(limit, s.capped)
	}

	if s.shorten != nil {
		limit = s.shorten(limit)
	}

	from := min(r.offset, slots)
	to := min(slots, from+limit)
	sent := s.slots[from:to]

	if s.spoil != nil {
		sent = s.spoil(slices.Clone(sent))
	}

	elements := int64(len(sent))
	p := pageOf(sent[:min(elements, r.keep)])
	p.total, p.elements = slots, elements

	if s.total != nil {
		p.total = s.total(cut{
			slots: slots, records: int64(len(records(s.slots))), offset: r.offset, asked: r.limit, elements: elements,
			held: int64(len(records(sent))), isCut: len(records(s.slots[to:])) > 0,
		})
	}

	return p
}

// pageOf returns the page of slots, without a count.
func pageOf(slots []string) backupPage {
	p := backupPage{total: unknownTotal, elements: int64(len(slots))}

	for i, name := range slots {
		if name == "" {
			continue
		}

		b := Backup{ID: name, Name: name}
		if strings.HasPrefix(name, "*") {
			b.ID = ""
		}

		if p.records == nil {
			p.first = int64(i)
		}

		p.records = append(p.records, b)
		p.last = int64(i)
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

// namesOf returns the names of backups.
func namesOf(backups []Backup) []string {
	all := make([]string, len(backups))
	for i, b := range backups {
		all[i] = b.Name
	}

	return all
}

// records returns slots without null elements.
func records(slots []string) []string {
	return slices.DeleteFunc(slices.Clone(slots), func(id string) bool { return id == "" })
}
