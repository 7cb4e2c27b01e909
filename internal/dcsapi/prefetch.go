// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"context"
	"sync"
)

// maxInFlight bounds the pages of one listing that are requested and not yet taken.
const maxInFlight = 5

// fetch sends a request for a page.
type fetch[T any] func(ctx context.Context, r request) (page[T], error)

// prefetch holds the pages of one listing that have been requested and not yet taken, by offset: at most maxInFlight. One that
// is never taken, because the listing ends before it, is dropped with its error.
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

// take sends those of requests that have not been sent, as far as maxInFlight allows, and returns the response to the first.
// There is always room for that one, because each take removes one.
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

// wait waits for the requests in flight. The caller cancels their context first.
func (f *prefetch[T]) wait() { f.flight.Wait() }
