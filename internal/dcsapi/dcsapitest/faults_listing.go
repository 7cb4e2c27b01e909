// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"cmp"
	"strconv"
	"time"
)

// Faults of the listing: a service whose count, paging or records are not what its page says.
const (
	// TotalTooHigh counts N (default 1) records more than there are: a count cached from before a backup expired.
	TotalTooHigh FaultName = "total-too-high"
	// TotalTooLow counts N (default 1) records fewer than there are: a count cached from before a backup was made.
	TotalTooLow FaultName = "total-too-low"
	// TotalPageCount counts the records of the page; the vendor's page says "number of returned records".
	TotalPageCount FaultName = "total-page-count"
	// TotalAbsent leaves total_num out, as other services' listings do.
	TotalAbsent FaultName = "total-absent"
	// TotalString sends the count as a string, as this API does with progress and is_support_restore.
	TotalString FaultName = "total-string"
	// TotalAbsurd sends 1000000000: an uninitialised or overflowed counter.
	TotalAbsurd FaultName = "total-absurd"
	// TotalNegative sends -1: "unknown" in some database drivers.
	TotalNegative FaultName = "total-negative"
	// TotalFloat sends 1e300: a number that fits no integer.
	TotalFloat FaultName = "total-float"
	// TotalValue sends the JSON in Value.
	TotalValue FaultName = "total-value"
	// PageCap sends N (default 10) records a page at most, whatever the limit: an older service, whose maximum was lower.
	PageCap FaultName = "page-cap"
	// OffsetIgnored begins every page at the first record: an older service, which paged by "start".
	OffsetIgnored FaultName = "offset-ignored"
	// EmptyPage sends a page without records though there are some: a replica that lags behind.
	EmptyPage FaultName = "empty-page"
	// NullElements puts a null after each N (default 1) records of the listing: rows that a service failed to map. They
	// count for offset, limit and total.
	NullElements FaultName = "null-elements"
	// NullArray sends null for the array: a serializer that writes empty lists so. Also where 204 would be sent.
	NullArray FaultName = "null-array"
	// MissingArray leaves the array out: a serializer that omits empty lists. Also where 204 would be sent.
	MissingArray FaultName = "missing-array"
	// EmptyArray answers 200 with an empty array where 204 would be sent, as the older service did.
	EmptyArray FaultName = "empty-array"
	// RecordAppears adds N (default 1) newer backups before each request: backups made while they are listed. The
	// instance keeps them.
	RecordAppears FaultName = "record-appears"
	// RecordVanishes removes the N (default 1) oldest backups before each request: backups that expire while they are
	// listed. They are gone for good.
	RecordVanishes FaultName = "record-vanishes"
	// NewestVanishes removes the N (default 1) newest backups before each request: somebody cleans up. They are gone for
	// good.
	NewestVanishes FaultName = "newest-vanishes"
	// InstanceAppears adds N (default 1) newer instances to the project before each request for its instances.
	InstanceAppears FaultName = "instance-appears"
	// InstanceVanishes removes the N (default 1) newest instances of the project before each request for its instances,
	// and an instance before each request for its backups: instances deleted while the project is read.
	InstanceVanishes FaultName = "instance-vanishes"
)

func listingKinds() map[FaultName]faultKind {
	total := func(value func(Fault, *listing) string, reads ...parameter) faultKind {
		return faultKind{reads: reads, page: func(f Fault, l *listing) { l.total = value(f, l) }}
	}
	constant := func(value string) faultKind {
		return total(func(Fault, *listing) string { return value })
	}

	return map[FaultName]faultKind{
		TotalTooHigh: total(func(f Fault, l *listing) string {
			return strconv.FormatInt(int64(len(l.slots))+cmp.Or(f.N, 1), 10)
		}, paramN),
		TotalTooLow: total(func(f Fault, l *listing) string {
			return strconv.FormatInt(max(0, int64(len(l.slots))-cmp.Or(f.N, 1)), 10)
		}, paramN),
		TotalPageCount: total(func(_ Fault, l *listing) string { return strconv.Itoa(len(l.page)) }),
		TotalString:    total(func(_ Fault, l *listing) string { return strconv.Quote(l.total) }),
		TotalValue:     total(func(f Fault, _ *listing) string { return f.Value }, paramValue),
		TotalAbsent:    constant(""),
		TotalAbsurd:    constant("1000000000"),
		TotalNegative:  constant("-1"),
		TotalFloat:     constant("1e300"),

		PageCap: {reads: []parameter{paramN}, slots: func(f Fault, l *listing) {
			l.limit = min(l.limit, int(cmp.Or(f.N, defaultLimit)))
		}},
		OffsetIgnored: {slots: func(_ Fault, l *listing) { l.offset = 0 }},
		EmptyPage:     {page: func(_ Fault, l *listing) { l.page = nil }},
		NullElements:  {reads: []parameter{paramN}, slots: nullElements},
		NullArray:     {page: func(_ Fault, l *listing) { l.array, l.plain = "null", true }},
		MissingArray:  {page: func(_ Fault, l *listing) { l.noKey, l.plain = true, true }},
		EmptyArray:    {page: func(_ Fault, l *listing) { l.plain = true }},

		RecordAppears:  {reads: []parameter{paramN}, largestN: maxGenerated, enter: eachChange(addNewest)},
		RecordVanishes: {reads: []parameter{paramN}, largestN: maxGenerated, enter: eachChange(removeOldest)},
		NewestVanishes: {reads: []parameter{paramN}, largestN: maxGenerated, enter: eachChange(removeNewest)},

		InstanceAppears:  {reads: []parameter{paramN}, largestN: maxGenerated, enter: instanceAppears},
		InstanceVanishes: {reads: []parameter{paramN}, largestN: maxGenerated, enter: instanceVanishes},
	}
}

func nullElements(f Fault, l *listing) {
	every := int(cmp.Or(f.N, 1))

	var slots [][]byte
	for i, slot := range l.slots {
		slots = append(slots, slot)
		if (i+1)%every == 0 {
			slots = append(slots, []byte("null"))
		}
	}

	l.slots = slots
}

// eachChange makes a fault of a change to the instance whose backups are listed. The change is called with the lock
// held.
func eachChange(change func(s *Server, i *instance)) enterFunc {
	return func(c *call, injection *Injection) {
		if c.api.operation != ListBackupRecords {
			return
		}

		c.s.mu.Lock()
		defer c.s.mu.Unlock()

		i := c.s.instances[c.params[1]]
		if i == nil {
			return
		}

		for range cmp.Or(injection.fault.N, 1) {
			change(c.s, i)
		}
	}
}

func addNewest(s *Server, i *instance) {
	created := s.clock()
	if len(i.Backups) > 0 {
		created = i.Backups[0].CreatedAt.Add(time.Second)
	}

	i.made++
	added := Generator{Seed: i.made, Newest: created}.Backups(1)[0]
	added.ID = uuid(i.ID + " appeared " + strconv.FormatUint(i.made, 10))
	s.setBackups(i, append([]Backup{added}, i.Backups...))
}

func removeOldest(s *Server, i *instance) {
	if n := len(i.Backups); n > 0 {
		s.setBackups(i, i.Backups[:n-1])
	}
}

func removeNewest(s *Server, i *instance) {
	if len(i.Backups) > 0 {
		s.setBackups(i, i.Backups[1:])
	}
}

func instanceAppears(c *call, injection *Injection) {
	if c.api.operation != ListInstances {
		return
	}

	c.s.mu.Lock()
	defer c.s.mu.Unlock()

	for range cmp.Or(injection.fault.N, 1) {
		added := Instance{ProjectID: c.params[0], CreatedAt: c.now}
		if others := c.s.projectInstances(c.params[0]); len(others) > 0 {
			added.CreatedAt = others[0].CreatedAt.Add(time.Second)
		}

		added.ID = uuid(c.params[0] + " appeared at " + added.CreatedAt.String())
		c.s.addInstance(added)
	}
}

func instanceVanishes(c *call, injection *Injection) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()

	switch c.api.operation {
	case ListBackupRecords:
		delete(c.s.instances, c.params[1])
	case ListInstances:
		newest := c.s.projectInstances(c.params[0])
		for _, i := range newest[:min(len(newest), int(cmp.Or(injection.fault.N, 1)))] {
			delete(c.s.instances, i.ID)
		}
	}
}
