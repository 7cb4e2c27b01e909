// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"bytes"
	"cmp"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// queryTime is the format of begin_time and end_time, UTC.
const queryTime = "20060102150405"

// paging is the part of the elements that a listing is asked for.
type paging struct {
	Limit, Offset int
}

// parsePaging reads limit and offset; wrong names the one that is out of range.
func parsePaging(values url.Values) (p paging, wrong string) {
	number := func(name string, unset, lowest, highest int) int {
		if !values.Has(name) {
			return unset
		}

		n, err := strconv.Atoi(values.Get(name))
		if err != nil || n < lowest || n > highest {
			wrong = cmp.Or(wrong, name)
		}

		return n
	}

	return paging{number("limit", 10, 1, 1000), number("offset", 0, 0, math.MaxInt32)}, wrong
}

// period is the time in which the backups asked for were created.
type period struct {
	begin, end time.Time // both inclusive, by the second; zero: open
}

// parsePeriod reads begin_time and end_time; wrong names the one that is malformed.
func parsePeriod(values url.Values) (p period, wrong string) {
	parse := func(name string) time.Time {
		t, err := time.Parse(queryTime, values.Get(name))
		if values.Has(name) && (err != nil || len(values.Get(name)) != len(queryTime)) { // Parse would take fractions too
			wrong = cmp.Or(wrong, name)
		}

		return t
	}

	return period{parse("begin_time"), parse("end_time")}, wrong
}

func (p period) covers(created time.Time) bool {
	second := created.Truncate(time.Second)
	return !second.Before(p.begin) && (p.end.IsZero() || !second.After(p.end))
}

// Listing is the response to a query while it is put together. Effects change it before and after the page is cut.
type Listing struct {
	paging

	totalKey, arrayKey string

	Elements  [][]byte // the elements of the whole listing, as JSON
	Page      [][]byte // those of this page
	Total     string   // JSON of the count; "" leaves it out
	Array     string   // JSON in place of the array; "" sends the page
	NoArray   bool     // leaves out the array and its key
	Always200 bool     // answers 200, not 204, if there is nothing
}

// listBackups answers ListBackupRecords.
func (c *Call) listBackups() *Response {
	s := c.Server

	s.mu.Lock()
	defer s.mu.Unlock()

	if refused := c.authorizeProject(c.ProjectID()); refused != nil {
		return refused
	}

	values := c.Request.URL.Query()

	page, wrong := parsePaging(values)

	asked, malformed := parsePeriod(values)
	if wrong = cmp.Or(wrong, malformed); wrong != "" {
		return c.DCSError(http.StatusBadRequest, "DCS.4063", "The parameter "+wrong+" is invalid.")
	}

	if !asked.end.IsZero() && asked.end.Before(asked.begin) {
		return c.DCSError(http.StatusBadRequest, "DCS.4025", "The end time must be later than the start time.")
	}

	i := s.instances[c.InstanceID()]
	if i == nil || i.ProjectID != c.ProjectID() {
		return c.DCSError(http.StatusNotFound, "DCS.3022", "This DCS instance does not exist.")
	}

	if i.SingleNode {
		return c.DCSError(http.StatusBadRequest, "DCS.4095",
			"The operation is not supported: a single-node instance cannot be backed up.")
	}

	selected := make([][]byte, 0, len(i.Backups))

	for n, b := range i.Backups {
		if asked.covers(b.CreatedAt) {
			selected = append(selected, i.records[n])
		}
	}

	return c.list(&Listing{
		paging: page, totalKey: "total_num", arrayKey: "backup_record_response", Elements: s.ordered(selected),
	})
}

// list cuts the page from the slots, lets the faults change both, and renders it.
func (c *Call) list(l *Listing) *Response {
	for effect := range effects[ListingEffect](c) {
		effect.ChangeListing(l)
	}

	from := min(l.Offset, len(l.Elements))
	l.Page = l.Elements[from:min(from+l.Limit, len(l.Elements))]
	l.Total = strconv.Itoa(len(l.Elements))

	for effect := range effects[PageEffect](c) {
		effect.ChangePage(l)
	}

	return l.response()
}

// ordered returns elements, given newest first, in the order of the server. The lock is held.
func (s *Server) ordered(newestFirst [][]byte) [][]byte {
	switch s.order {
	case OldestFirst:
		slices.Reverse(newestFirst)
	case Shuffled:
		s.rand.Shuffle(len(newestFirst), func(i, j int) {
			newestFirst[i], newestFirst[j] = newestFirst[j], newestFirst[i]
		})
	case NewestFirst:
	}

	return newestFirst
}

// response renders the page as the service does: 204 if the query selects nothing.
func (l *Listing) response() *Response {
	if len(l.Elements) == 0 && !l.Always200 {
		return &Response{Status: http.StatusNoContent, Header: http.Header{}}
	}

	array := l.Array
	if array == "" {
		array = "[" + string(bytes.Join(l.Page, []byte(","))) + "]"
	}

	var members []string
	if l.Total != "" {
		members = append(members, strconv.Quote(l.totalKey)+":"+l.Total)
	}

	if !l.NoArray {
		members = append(members, strconv.Quote(l.arrayKey)+":"+array)
	}

	return TextResponse(http.StatusOK, "application/json", "{"+strings.Join(members, ",")+"}")
}
