// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"context"
	"sync"
)

// maxInFlight is how many pages of one listing are requested at the same time.
const maxInFlight = 5

// fetch sends a request for a page.
type fetch[T any] func(ctx context.Context, r request) (page[T], error)

// prefetch holds the pages of one listing that have been requested, by offset. At most maxInFlight are in it. A page that
// is never taken, because the listing turns out to end before it, stays until stop.
type prefetch[T any] struct {
	fetch  fetch[T]
	pages  map[int64]<-chan fetched[T]
	flight sync.WaitGroup
}

type fetched[T any] struct {
	page page[T]
	err  error
}

func newPrefetch[T any](fetch fetch[T]) *prefetch[T] {
	return &prefetch[T]{fetch: fetch, pages: make(map[int64]<-chan fetched[T])}
}

// take returns the page that the first of requests asks for, and has the others sent meanwhile. The first one is always
// sent: without it at most maxInFlight-1 are in flight.
func (f *prefetch[T]) take(ctx context.Context, requests []request) (page[T], error) {
	for _, r := range requests {
		if f.pages[r.offset] == nil && len(f.pages) < maxInFlight {
			f.pages[r.offset] = f.send(ctx, r)
		}
	}

	offset := requests[0].offset
	got := <-f.pages[offset]
	delete(f.pages, offset)

	return got.page, got.err
}

func (f *prefetch[T]) send(ctx context.Context, r request) <-chan fetched[T] {
	response := make(chan fetched[T], 1)

	f.flight.Go(func() {
		p, err := f.fetch(ctx, r)
		response <- fetched[T]{p, err}
	})

	return response
}

// wait returns when no request is in flight any more.
func (f *prefetch[T]) wait() { f.flight.Wait() }
