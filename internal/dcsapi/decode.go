// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// unknownTotal is the total of a page that names none that could be one.
const unknownTotal = -1

// page is one page of a listing.
type page struct {
	backups []Backup
	misfits []misfit
	// total is the service's count, or unknownTotal.
	total int64
	// elements is how many elements the page has, first and last are the indices of its first record and of its last: an
	// element that is null is no record.
	elements, first, last int64
}

// misfit is a value that did not fit.
type misfit struct {
	field  int // Index in fields.
	record int // Index in the page's backups.
	value  string
}

// decodePage reads a page from its JSON as it comes, one record at a time, so that no copy of the whole is kept.
func decodePage(r io.Reader) (page, error) {
	d := decoder{json: json.NewDecoder(filling{r}), page: page{total: unknownTotal}}

	if err := d.body(); err != nil {
		return page{}, err
	}

	if _, err := d.json.Token(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = errors.New("something follows the JSON object")
		}

		return page{}, err
	}

	// Without records that is no listing of none.
	if !d.listed && d.code != "" {
		return page{}, fmt.Errorf("it is an error, %s: %s", d.code, d.message)
	}

	return d.page, nil
}

// filling is a reader that gives less than it is asked for only at the end. [json.Decoder] looks at white space anew with
// each read, and asks for twice as much each time: small pieces would make it look at a hostile body for minutes.
type filling struct{ reader io.Reader }

func (f filling) Read(p []byte) (read int, err error) {
	for read < len(p) && err == nil {
		var n int

		n, err = f.reader.Read(p[read:])
		read += n
	}

	return read, err
}

// decoder reads one page.
type decoder struct {
	json *json.Decoder
	page page
	// listed is set where the body has an array of records, or null instead. code and message are those of an error.
	listed        bool
	code, message string
}

// body reads the object that a page is, or null.
func (d *decoder) body() error {
	token, err := d.token()
	if err != nil || token == nil {
		return err
	}

	if token != json.Delim('{') {
		return errors.New("a page is not a JSON object")
	}

	for {
		token, err := d.token()
		if err != nil || token == json.Delim('}') {
			return err
		}

		switch token {
		case "total_num":
			err = d.value(d.total)
		case "backup_record_response":
			d.listed = true
			err = d.records()
		case "error_code":
			err = d.value(func(v raw) error { v.value().string(&d.code); return nil })
		case "error_msg":
			err = d.value(func(v raw) error { v.value().string(&d.message); return nil })
		default:
			err = d.value(func(raw) error { return nil })
		}

		if err != nil {
			return err
		}
	}
}

// token is the next token.
func (d *decoder) token() (json.Token, error) {
	token, err := d.json.Token()

	return token, early(err)
}

// value has read read the next value.
func (d *decoder) value(read reader) error { return early(d.json.Decode(&read)) }

// early returns err, where the end of the body is one that comes too early.
func early(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}

	return err
}

// reader reads a value in place, without a copy of it.
type reader func(raw) error

// UnmarshalJSON implements [json.Unmarshaler].
func (r reader) UnmarshalJSON(data []byte) error { return r(data) }

// total reads the service's count. What can't be one is no reason to fail.
func (d *decoder) total(v raw) error {
	var total *int64

	d.page.total = unknownTotal
	if v.value().integer(&total) && total != nil && *total >= 0 {
		d.page.total = *total
	}

	return nil
}

var errNoArray = errors.New("backup_record_response is not an array")

// records reads the array of records. The vendor's page prints null as {}.
func (d *decoder) records() error {
	d.page.backups, d.page.misfits, d.page.elements, d.page.first, d.page.last = nil, nil, 0, 0, 0

	token, err := d.token()
	if err != nil || token == nil {
		return err
	}

	isObject := token == json.Delim('{')
	if token != json.Delim('[') && (!isObject || d.json.More()) {
		return errNoArray
	}

	for d.json.More() {
		if err := d.value(d.element); err != nil {
			return err
		}

		d.page.elements++
	}

	_, err = d.token()

	return err
}

// element reads one element of the array of records.
func (d *decoder) element(v raw) error {
	switch v[0] {
	case 'n':
		return nil
	case '{':
	default:
		return fmt.Errorf("element %d of backup_record_response is not an object", d.page.elements)
	}

	record := len(d.page.backups)
	d.page.backups = append(d.page.backups, Backup{})
	d.page.last = d.page.elements

	if record == 0 {
		d.page.first = d.page.elements
	}

	earlier := len(d.page.misfits)

	v.members(func(name, v raw) {
		i, known := fieldNamed(name)
		if !known {
			return
		}

		// A name that comes twice counts as it comes last.
		own := slices.DeleteFunc(d.page.misfits[earlier:], func(m misfit) bool { return m.field == i })
		d.page.misfits = d.page.misfits[:earlier+len(own)]

		if value := v.value(); !fields[i].read(&d.page.backups[record], value) {
			d.page.misfits = append(d.page.misfits, misfit{field: i, record: record, value: value.String()})
		}
	})

	return nil
}
