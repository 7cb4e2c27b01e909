// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// unknownTotal is the total of a page that names none that could be one.
const unknownTotal = -1

// page is one page of a listing.
type page struct {
	backups []Backup
	misfits []misfit
	// total is the service's count, or unknownTotal.
	total int64
	// elements is how many elements the page has, and last the index of its last record: an element that is null is no
	// record.
	elements, last int64
}

// misfit is a value that did not fit.
type misfit struct {
	field  int // Index in fields.
	record int // Index in the page's backups.
	value  string
}

// decodePage reads a page from its JSON as it comes, so that no copy of the whole is kept.
func decodePage(r io.Reader) (page, error) {
	d := decoder{json: json.NewDecoder(r)}
	d.json.UseNumber()
	d.page.total = unknownTotal

	err := d.object("a page", func(name string) error {
		switch name {
		case "total_num":
			return d.total()
		case "backup_record_response":
			return d.records()
		default:
			_, err := d.value()

			return err
		}
	})
	if err != nil {
		return page{}, err
	}

	if _, err := d.json.Token(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = errors.New("something follows the JSON object")
		}

		return page{}, err
	}

	return d.page, nil
}

// decoder reads one page.
type decoder struct {
	json *json.Decoder
	page page
}

// token is the next token. The end of the body is too early here.
func (d *decoder) token() (json.Token, error) {
	token, err := d.json.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}

	return token, err
}

// object reads an object, or null, and has member read the value of each of its members.
func (d *decoder) object(what string, member func(name string) error) error {
	token, err := d.token()
	if err != nil || token == nil {
		return err
	}

	if token != json.Delim('{') {
		return fmt.Errorf("%s is not a JSON object", what)
	}

	return d.members(member)
}

// members reads the rest of an object whose brace has been read.
func (d *decoder) members(member func(name string) error) error {
	for {
		token, err := d.token()
		if err != nil || token == json.Delim('}') {
			return err
		}

		name, _ := token.(string) // The names of members are strings, or Token fails.
		if err := member(name); err != nil {
			return err
		}
	}
}

// value reads any value.
func (d *decoder) value() (value, error) {
	token, err := d.token()
	if err != nil {
		return value{}, err
	}

	delim, ok := token.(json.Delim)
	if !ok {
		return value{token}, nil
	}

	empty, err := d.skip()

	switch {
	case delim == '[':
		return value{anArray}, err
	case empty:
		// The vendor's page prints null as {}.
		return value{}, err
	default:
		return value{anObject}, err
	}
}

// skip reads the rest of an object or array whose beginning has been read, and reports whether it is empty.
func (d *decoder) skip() (empty bool, err error) {
	empty = true

	for depth := 1; ; empty = false {
		token, err := d.token()
		if err != nil {
			return false, err
		}

		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}

		if depth == 0 {
			return empty, nil
		}
	}
}

func (d *decoder) total() error {
	v, err := d.value()
	if err != nil {
		return err
	}

	var total *int64
	if v.integer(&total) && total != nil && *total >= 0 {
		d.page.total = *total
	} else {
		d.page.total = unknownTotal
	}

	return nil
}

func (d *decoder) records() error {
	d.page.backups, d.page.misfits, d.page.elements, d.page.last = nil, nil, 0, 0
	token, err := d.token()

	switch {
	case err != nil || token == nil:
		return err
	case token == json.Delim('['):
	case token == json.Delim('{'):
		if empty, err := d.skip(); err != nil || empty {
			return err
		}

		return errNoArray
	default:
		return errNoArray
	}

	for {
		token, err := d.token()
		if err != nil || token == json.Delim(']') {
			return err
		}

		if err := d.record(token); err != nil {
			return err
		}

		d.page.elements++
	}
}

var errNoArray = errors.New("backup_record_response is not an array")

// record reads the element that begins with token.
func (d *decoder) record(token json.Token) error {
	if token == nil {
		return nil
	}

	if token != json.Delim('{') {
		return fmt.Errorf("element %d of backup_record_response is not an object", d.page.elements)
	}

	d.page.backups = append(d.page.backups, Backup{})
	d.page.last = d.page.elements
	record := len(d.page.backups) - 1

	return d.members(func(name string) error {
		v, err := d.value()
		if err != nil {
			return err
		}

		if i, ok := fieldIndex[name]; ok && !fields[i].read(&d.page.backups[record], v) {
			d.page.misfits = append(d.page.misfits, misfit{field: i, record: record, value: v.String()})
		}

		return nil
	})
}
