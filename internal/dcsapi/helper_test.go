// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"context"
	"io"
)

type backupPage = page[Backup]

// decodeBackups decodes a page as the first one of a listing.
func decodeBackups(body io.Reader) (backupPage, error) {
	return decodePage(body, backupResource, request{limit: maxPage, keep: maxElements})
}

// listBackups reads the listing that fetch gives.
func listBackups(ctx context.Context, query Query, fetch fetch[Backup]) (Listing, error) {
	read, err := list(ctx, backupResource.id, query.Offset, query.Limit, fetch)

	return Listing{Backups: read.records, TotalNum: read.total, Misfits: read.misfits.list()}, err
}
