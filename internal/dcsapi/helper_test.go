// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
)

type backupPage = page[Backup]

// decodeBackups decodes a page as the first one of a listing.
func decodeBackups(body io.Reader) (backupPage, error) {
	return decodePage(body, backupResource, request{limit: maxPage, keep: maxElements})
}

// listBackups reads the listing that fetch gives. A read without end is an error.
func listBackups(ctx context.Context, query Query, fetch fetch[Backup]) (Listing, error) {
	const most = 5000

	var requests atomic.Int64

	bounded := func(ctx context.Context, r request) (backupPage, error) {
		if requests.Add(1) > most {
			return backupPage{}, errors.New("no end")
		}

		return fetch(ctx, r)
	}

	read, err := list(ctx, backupResource.id, query.Offset, query.Limit, bounded)

	return Listing{Backups: read.records, TotalNum: read.total, Misfits: read.misfits.list()}, err
}
