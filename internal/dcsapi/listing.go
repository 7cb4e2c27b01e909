// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"context"
	"errors"
	"sync/atomic"
)

// maxReads is how often a listing is read that changes meanwhile: once, and three times again.
const maxReads = 1 + 3

// ErrKeepsChanging says that the listing changed during each of the attempts to read it as a whole.
var ErrKeepsChanging = errors.New("the listing keeps changing while it is read")

// ReadError says how far the read of a listing got before it failed.
type ReadError struct {
	// Region and ProjectID are where the read was made, as far as that is known.
	Region    string
	ProjectID string
	// InstanceID is the instance whose backups were listed, empty where the instances of the project were.
	InstanceID string
	// Read is how many records were read, TotalNum the service's last count (negative where it gave none), Requests how
	// many requests of the listing were answered.
	Read     int
	TotalNum int64
	Requests int
	Err      error
}

func (e *ReadError) Error() string { return e.Err.Error() }

// Unwrap returns why the read failed.
func (e *ReadError) Unwrap() error { return e.Err }

// list reads a listing: limit records from offset on, all where limit is 0. Each record that existed during the whole call
// is in the result exactly once. A listing that changes between two pages is read again. The error is a [*ReadError].
func list[T any](ctx context.Context, id func(*T) string, offset, limit int64, fetch fetch[T]) (listing[T], error) {
	var answered atomic.Int64

	counting := func(ctx context.Context, r request) (page[T], error) {
		p, err := fetch(ctx, r)
		if err == nil {
			answered.Add(1)
		}

		return p, err
	}

	failure := &ReadError{Err: ErrKeepsChanging}

	for range maxReads {
		p := newPager(id, offset, limit)

		err := readPages(ctx, p, counting)
		if err == nil {
			return p.result(), nil
		}

		failure.Read, failure.TotalNum = len(p.read.records), p.read.total

		if !errors.Is(err, errChanged) {
			failure.Err = err

			break
		}
	}

	failure.Requests = int(answered.Load())

	return listing[T]{}, failure
}

// readPages reads the listing once. No request is in flight when it returns.
func readPages[T any](ctx context.Context, p *pager[T], fetch fetch[T]) error {
	ctx, cancel := context.WithCancel(ctx)
	pages := newPrefetch(fetch)

	defer pages.wait()
	defer cancel()

	for !p.done() {
		got, err := pages.take(ctx, p.ahead(maxInFlight))
		if err != nil {
			return err
		}

		if err := p.add(got); err != nil {
			return err
		}
	}

	return nil
}
