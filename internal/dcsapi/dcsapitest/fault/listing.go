// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package fault

import (
	"cmp"
	"strconv"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// Effects on a listing: a service whose count, paging or records are not what its documentation says.
type (
	// TotalTooHigh counts N (default 1) records more than there are: a count cached from before a backup expired.
	TotalTooHigh struct {
		N uint `hcl:"n,optional"`
	}
	// TotalTooLow counts N (default 1) records fewer than there are: a count cached from before a backup was made.
	TotalTooLow struct {
		N uint `hcl:"n,optional"`
	}
	// TotalPageCount counts the records of the page; the vendor's page says "number of returned records".
	TotalPageCount struct{}
	// TotalAbsent leaves the count out, as other services' listings do.
	TotalAbsent struct{}
	// TotalString sends the count as a string, as this API does with progress and is_support_restore.
	TotalString struct{}
	// TotalValue sends the JSON in Value: a counter that is not initialised or has overflowed, -1 for "unknown", an object.
	TotalValue struct {
		Value string `hcl:"value,optional"`
	}
	// PageCap sends N (default 10) records a page at most, whatever the limit: an older service, whose maximum was lower.
	PageCap struct {
		N uint `hcl:"n,optional"`
	}
	// OffsetIgnored begins every page at the first record: an older service, which paged by "start".
	OffsetIgnored struct{}
	// EmptyPage sends a page without records though there are some: a replica that lags behind.
	EmptyPage struct{}
	// NullElements puts a null after each N (default 1) records of the listing: rows that a service failed to map. They
	// count for offset, limit and total.
	NullElements struct {
		N uint `hcl:"n,optional"`
	}
	// NullArray sends null for the array: a serializer that writes empty lists so. Also where 204 would be sent.
	NullArray struct{}
	// MissingArray leaves the array out: a serializer that omits empty lists. Also where 204 would be sent.
	MissingArray struct{}
	// EmptyArray answers 200 with an empty array where 204 would be sent, as the older service did.
	EmptyArray struct{}
	// RecordAppears adds N (default 1) newer backups to an instance before each request for its backups: backups made
	// while they are listed. The instance keeps them.
	RecordAppears struct {
		N uint `hcl:"n,optional" range:"0 100000"`
	}
	// RecordVanishes removes the N (default 1) oldest backups of an instance before each request for its backups: backups
	// that expire while they are listed.
	RecordVanishes struct {
		N uint `hcl:"n,optional"`
	}
	// NewestVanishes removes the N (default 1) newest backups of an instance before each request for its backups: backups
	// deleted while they are listed.
	NewestVanishes struct {
		N uint `hcl:"n,optional"`
	}
	// InstanceAppears adds N (default 1) newer instances to a project before each request for its instances.
	InstanceAppears struct {
		N uint `hcl:"n,optional" range:"0 100000"`
	}
)

// ChangePage implements [dcsapitest.PageEffect].
func (f TotalTooHigh) ChangePage(l *dcsapitest.Listing) {
	l.Total = strconv.FormatUint(uint64(len(l.Elements))+uint64(cmp.Or(f.N, 1)), 10)
}

// ChangePage implements [dcsapitest.PageEffect].
func (f TotalTooLow) ChangePage(l *dcsapitest.Listing) {
	l.Total = strconv.Itoa(len(l.Elements) - oneOr(f.N, len(l.Elements)))
}

// ChangePage implements [dcsapitest.PageEffect].
func (TotalPageCount) ChangePage(l *dcsapitest.Listing) { l.Total = strconv.Itoa(len(l.Page)) }

// ChangePage implements [dcsapitest.PageEffect].
func (TotalAbsent) ChangePage(l *dcsapitest.Listing) { l.Total = "" }

// ChangePage implements [dcsapitest.PageEffect].
func (TotalString) ChangePage(l *dcsapitest.Listing) { l.Total = strconv.Quote(l.Total) }

// ChangePage implements [dcsapitest.PageEffect].
func (f TotalValue) ChangePage(l *dcsapitest.Listing) { l.Total = f.Value }

// ChangeListing implements [dcsapitest.ListingEffect].
func (f PageCap) ChangeListing(l *dcsapitest.Listing) {
	l.Limit = int(min(uint(l.Limit), cmp.Or(f.N, 10)))
}

// ChangeListing implements [dcsapitest.ListingEffect].
func (OffsetIgnored) ChangeListing(l *dcsapitest.Listing) { l.Offset = 0 }

// ChangePage implements [dcsapitest.PageEffect].
func (EmptyPage) ChangePage(l *dcsapitest.Listing) { l.Page = nil }

// ChangeListing implements [dcsapitest.ListingEffect].
func (f NullElements) ChangeListing(l *dcsapitest.Listing) {
	var elements [][]byte
	for i, element := range l.Elements {
		elements = append(elements, element)
		if uint(i+1)%cmp.Or(f.N, 1) == 0 {
			elements = append(elements, []byte("null"))
		}
	}

	l.Elements = elements
}

// ChangePage implements [dcsapitest.PageEffect].
func (NullArray) ChangePage(l *dcsapitest.Listing) { l.Array, l.Always200 = "null", true }

// ChangePage implements [dcsapitest.PageEffect].
func (MissingArray) ChangePage(l *dcsapitest.Listing) { l.NoArray, l.Always200 = true, true }

// ChangePage implements [dcsapitest.PageEffect].
func (EmptyArray) ChangePage(l *dcsapitest.Listing) { l.Always200 = true }

// Arrive implements [dcsapitest.ArrivalEffect].
func (f RecordAppears) Arrive(c *dcsapitest.Call) {
	changeBackups(c, func(backups []dcsapitest.Backup) []dcsapitest.Backup {
		for n := range cmp.Or(f.N, 1) {
			newest := c.Now
			if len(backups) > 0 {
				newest = backups[0].CreatedAt.Add(time.Second)
			}

			added := dcsapitest.Generator{Seed: uint64(len(backups)) + uint64(n), Newest: newest}.Backups(1)
			added[0].ID = "" // the server makes one up
			backups = append(added, backups...)
		}

		return backups
	})
}

// Arrive implements [dcsapitest.ArrivalEffect].
func (f RecordVanishes) Arrive(c *dcsapitest.Call) {
	changeBackups(c, func(backups []dcsapitest.Backup) []dcsapitest.Backup {
		return backups[:len(backups)-oneOr(f.N, len(backups))]
	})
}

// Arrive implements [dcsapitest.ArrivalEffect].
func (f NewestVanishes) Arrive(c *dcsapitest.Call) {
	changeBackups(c, func(backups []dcsapitest.Backup) []dcsapitest.Backup {
		return backups[oneOr(f.N, len(backups)):]
	})
}

// oneOr is n, 1 if that is zero, and most at the most.
func oneOr(n uint, most int) int { return int(min(cmp.Or(n, 1), uint(most))) }

// changeBackups changes the backups that a call lists.
func changeBackups(c *dcsapitest.Call, change func([]dcsapitest.Backup) []dcsapitest.Backup) {
	if c.Operation() == dcsapitest.ListBackupRecords {
		c.Server.ChangeBackups(c.InstanceID(), change)
	}
}

// Arrive implements [dcsapitest.ArrivalEffect].
func (f InstanceAppears) Arrive(c *dcsapitest.Call) {
	if c.Operation() != dcsapitest.ListInstances {
		return
	}

	for range cmp.Or(f.N, 1) {
		added := dcsapitest.Instance{ProjectID: c.ProjectID(), CreatedAt: c.Now}
		if present := c.Server.Instances(c.ProjectID()); len(present) > 0 {
			added.CreatedAt = present[0].CreatedAt.Add(time.Second)
		}

		c.Server.AddInstance(added)
	}
}
