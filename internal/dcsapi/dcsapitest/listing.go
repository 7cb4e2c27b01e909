// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"bytes"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	defaultLimit = 10
	maxLimit     = 1000
	queryTime    = "20060102150405"
)

// paging is the part of the elements that a listing is asked for.
type paging struct {
	Limit, Offset int
}

// query is what a listing of backups is asked for.
type query struct {
	paging

	begin, end time.Time // of created_at, both inclusive, by the second; zero: open
}

// badQuery is why the service refuses a query, with 400.
type badQuery struct {
	code, message string
}

func invalidParameter(name string) *badQuery {
	return &badQuery{"DCS.4063", "The parameter " + name + " is invalid."}
}

// parseQuery reads the parameters that the API knows; it does not mind others.
func parseQuery(values url.Values) (query, *badQuery) {
	var (
		q  query
		ok bool
	)
	if q.begin, ok = queryTimeOf(values, "begin_time"); !ok {
		return query{}, invalidParameter("begin_time")
	}

	if q.end, ok = queryTimeOf(values, "end_time"); !ok {
		return query{}, invalidParameter("end_time")
	}

	var wrong string
	if q.paging, wrong = parsePaging(values); wrong != "" {
		return query{}, invalidParameter(wrong)
	}

	if !q.begin.IsZero() && !q.end.IsZero() && q.end.Before(q.begin) {
		return query{}, &badQuery{"DCS.4025", "The end time must be later than the start time."}
	}

	return q, nil
}

// parsePaging reads limit and offset; wrong names the one that is out of range.
func parsePaging(values url.Values) (p paging, wrong string) {
	var ok bool
	if p.Limit, ok = queryNumber(values, "limit", defaultLimit, 1, maxLimit); !ok {
		return paging{}, "limit"
	}

	if p.Offset, ok = queryNumber(values, "offset", 0, 0, math.MaxInt32); !ok {
		return paging{}, "offset"
	}

	return p, ""
}

func queryTimeOf(values url.Values, name string) (time.Time, bool) {
	if !values.Has(name) {
		return time.Time{}, true
	}

	t, err := time.Parse(queryTime, values.Get(name))

	return t, err == nil && len(values.Get(name)) == len(queryTime) // Parse would take fractions too
}

func queryNumber(values url.Values, name string, unset, lowest, highest int) (int, bool) {
	if !values.Has(name) {
		return unset, true
	}

	n, err := strconv.Atoi(values.Get(name))

	return n, err == nil && n >= lowest && n <= highest
}

// covers tells whether a record of that age is asked for.
func (q query) covers(created time.Time) bool {
	second := created.Truncate(time.Second)
	return (q.begin.IsZero() || !second.Before(q.begin)) && (q.end.IsZero() || !second.After(q.end))
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
func (c *Call) listBackups() Response {
	projectID, instanceID := c.params[0], c.params[1]
	if refused := c.authorizeProject(projectID); refused != nil {
		return *refused
	}

	q, bad := parseQuery(c.Request.URL.Query())
	if bad != nil {
		return *c.DCSError(http.StatusBadRequest, bad.code, bad.message)
	}

	found, refused := c.findInstance(projectID, instanceID)
	if refused != nil {
		return *refused
	}

	return c.list(&Listing{
		paging: q.paging, totalKey: "total_num", arrayKey: "backup_record_response", Elements: c.Server.slots(found, q),
	})
}

// list cuts the page from the slots, lets the faults change both, and renders it.
func (c *Call) list(l *Listing) Response {
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

// findInstance returns the records of an instance that has a listing.
func (c *Call) findInstance(projectID, instanceID string) ([]record, *Response) {
	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	i := c.Server.instances[instanceID]
	if i == nil || i.ProjectID != projectID {
		return nil, c.DCSError(http.StatusNotFound, "DCS.3022", "This DCS instance does not exist.")
	}

	if i.SingleNode {
		return nil, c.DCSError(http.StatusBadRequest, "DCS.4095",
			"The operation is not supported: a single-node instance cannot be backed up.")
	}

	return i.records, nil
}

// slots are the records that a query selects, in the order of the listing.
func (s *Server) slots(records []record, q query) [][]byte {
	selected := make([][]byte, 0, len(records))
	for _, r := range records {
		if q.covers(r.created) {
			selected = append(selected, r.json)
		}
	}

	return s.ordered(selected)
}

// ordered returns elements, given newest first, in the order of the server.
func (s *Server) ordered(newestFirst [][]byte) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()

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

// answer renders the page as the service does: 204 if the query selects nothing.
func (l *Listing) response() Response {
	if len(l.Elements) == 0 && !l.Always200 {
		return Response{Status: http.StatusNoContent}
	}

	var body bytes.Buffer
	body.WriteByte('{')

	if l.Total != "" {
		body.WriteString(strconv.Quote(l.totalKey) + ":" + l.Total)
	}

	if !l.NoArray {
		if l.Total != "" {
			body.WriteByte(',')
		}

		body.WriteString(strconv.Quote(l.arrayKey) + ":")

		if l.Array != "" {
			body.WriteString(l.Array)
		} else {
			writeArray(&body, l.Page)
		}
	}

	body.WriteByte('}')
	a := Response{Status: http.StatusOK, Body: body.Bytes()}
	a.Set("Content-Type", "application/json")

	return a
}

func writeArray(body *bytes.Buffer, elements [][]byte) {
	size := len("[]")
	for _, element := range elements {
		size += len(element) + len(",")
	}

	body.Grow(size)
	body.WriteByte('[')

	for i, element := range elements {
		if i > 0 {
			body.WriteByte(',')
		}

		body.Write(element)
	}

	body.WriteByte(']')
}
