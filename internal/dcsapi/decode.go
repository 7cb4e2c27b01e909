// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"terraform-provider-dcs/internal/transport"
)

const (
	// unknownTotal is the total of a page without a usable count.
	unknownTotal = -1

	// maxElements is how many elements an array may have that is kept.
	maxElements = 10_000
	// maxNested is how many elements the arrays of all records of a page may have together. The service allows 20 tags for
	// an instance.
	maxNested = 20 * maxElements
	// maxText is how long a text may be that is kept, in bytes. It also bounds what is kept of a value that does not fit.
	maxText = 64 << 10
)

// errMisfit says that a value does not fit its field.
var errMisfit = errors.New("the value does not fit")

// TooManyError says that the arrays of a response have more elements than are kept.
type TooManyError struct {
	// Array is the name of the array. Nested says that it is the arrays in its elements together that have too many.
	Array  string
	Nested bool
	// Limit is how many elements are kept.
	Limit int
}

func (e *TooManyError) Error() string {
	if e.Nested {
		return fmt.Sprintf("the arrays in %s have more than %d elements", e.Array, e.Limit)
	}

	return fmt.Sprintf("%s has more than %d elements", e.Array, e.Limit)
}

// decodePage decodes the response to req, one record at a time, so that the body is not held in memory.
func decodePage[T any](body io.Reader, res *resource[T], req request) (page[T], error) {
	d := decoder[T]{
		json: json.NewDecoder(filling{withoutBOM(body)}), resource: res, request: req, page: page[T]{total: unknownTotal},
	}

	if err := d.body(); err != nil {
		return page[T]{}, err
	}

	if _, err := d.json.Token(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = errors.New("something follows the JSON object")
		}

		return page[T]{}, err
	}

	return d.page, d.serviceError()
}

// withoutBOM returns a reader of body without the byte order mark that it may begin with.
func withoutBOM(body io.Reader) io.Reader {
	buffered := bufio.NewReader(body)

	mark := []byte("\ufeff")
	if start, _ := buffered.Peek(len(mark)); bytes.Equal(start, mark) { // An error is returned by the next read, too.
		_, _ = buffered.Discard(len(mark))
	}

	return buffered
}

// filling is a reader that fills the buffer it is given unless the input ends. [json.Decoder] scans white space from its
// beginning after each read, and doubles its buffer each time: reads of a few bytes would take minutes for a hostile body.
type filling struct{ reader io.Reader }

func (f filling) Read(p []byte) (read int, err error) {
	for read < len(p) && err == nil {
		var n int

		n, err = f.reader.Read(p[read:])
		read += n
	}

	return read, err
}

// decoder decodes one page.
type decoder[T any] struct {
	json     *json.Decoder
	resource *resource[T]
	request  request
	page     page[T]
	// nested is how many elements the arrays of the records have.
	nested int
	// others are the members that are no part of a page, as far as they may explain an error.
	others map[string]any
	// pending are the misfits of the record being decoded.
	pending []pendingMisfit
}

// pendingMisfit is a value that does not fit its field, unless the field is sent again.
type pendingMisfit struct {
	field int
	value raw
}

// body decodes the object that a page is. null, "" and [] stand for one without members.
func (d *decoder[T]) body() error {
	token, err := d.token()
	if err != nil || token == nil || token == "" {
		return err
	}

	if token == json.Delim('[') && !d.json.More() {
		_, err = d.token()

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

		name, _ := token.(string)

		switch name {
		case d.resource.count:
			err = d.value(d.total)
		case d.resource.array:
			err = d.records()
		default:
			err = d.value(func(v raw) error { return d.other(name, v) })
		}

		if err != nil {
			return err
		}
	}
}

// token returns the next token.
func (d *decoder[T]) token() (json.Token, error) {
	token, err := d.json.Token()

	return token, unexpected(err)
}

// value has read decode the next value.
func (d *decoder[T]) value(read reader) error { return unexpected(d.json.Decode(&read)) }

// unexpected returns err, an end of the input as an unexpected one.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}

	return err
}

// reader decodes a value in place, without a copy of it. The value is valid until it returns.
type reader func(raw) error

// UnmarshalJSON implements [json.Unmarshaler].
func (r reader) UnmarshalJSON(data []byte) error { return r(data) }

// total decodes the service's count, which is no reason to fail.
func (d *decoder[T]) total(v raw) error {
	var total *int64

	d.page.total = unknownTotal
	if v.value().integer(&total) && total != nil && *total >= 0 {
		d.page.total = *total
	}

	return nil
}

// other keeps a member that is no part of a page, where it may explain an error.
func (d *decoder[T]) other(name string, v raw) error {
	if !transport.IsErrorMember(name) {
		return nil
	}

	if d.others == nil {
		d.others = make(map[string]any)
	}

	d.others[name] = errorMember(v)

	return nil
}

// errorMember returns what v, a member of an error's body, holds: a text, of which a long one is cut, an object of texts, or
// nil.
func errorMember(v raw) any {
	if v[0] != '{' {
		return errorText(v)
	}

	texts := make(map[string]any)

	_ = v.members(func(name, v raw) error { // It fails only where the function does.
		if name := name.name(); transport.IsErrorMember(name) {
			texts[name] = errorText(v)
		}

		return nil
	})

	return texts
}

// errorText returns the text that v is, and nil where it is none.
func errorText(v raw) any {
	switch sent := v.value(); sent.kind {
	case isText, isLongText, isInvalidText, isNumber, isLongNumber:
		return sent.text
	default:
		return nil
	}
}

// serviceError returns the error that the body is. Where it has records it is a page, whatever else it holds.
func (d *decoder[T]) serviceError() error {
	if d.page.elements > 0 || len(d.others) == 0 {
		return nil
	}

	text, err := json.Marshal(d.others)
	if err != nil {
		return err
	}

	// A nil *ServiceError must not become an error.
	if failure := transport.ParseError(text); failure != nil {
		return failure
	}

	return nil
}

// records decodes the array of records. null, {} and "" stand for an empty one.
func (d *decoder[T]) records() error {
	d.page, d.nested = page[T]{total: d.page.total}, 0

	token, err := d.token()
	if err != nil || token == nil || token == "" {
		return err
	}

	isObject := token == json.Delim('{')
	if token != json.Delim('[') && (!isObject || d.json.More()) {
		return fmt.Errorf("%s is not an array", d.resource.array)
	}

	for d.json.More() {
		if d.page.elements == maxElements {
			return &TooManyError{Array: d.resource.array, Limit: maxElements}
		}

		if err := d.value(d.element); err != nil {
			return err
		}

		d.page.elements++
	}

	_, err = d.token()

	return err
}

// element decodes one element of the array of records.
func (d *decoder[T]) element(v raw) error {
	switch v[0] {
	case 'n':
		return nil
	case '{':
	default:
		return fmt.Errorf("element %d of %s is not an object", d.page.elements, d.resource.array)
	}

	if d.page.elements >= d.request.keep {
		return nil
	}

	d.page.last = d.page.elements
	if len(d.page.records) == 0 {
		d.page.first = d.page.elements
		d.page.records = make([]T, 0, max(1, min(d.page.total, d.request.limit))) // The count may not be known yet.
	}

	var previous *T
	if n := len(d.page.records); n > 0 {
		previous = &d.page.records[n-1]
	}

	d.page.records = append(d.page.records, *new(T))

	return d.record(&d.page.records[len(d.page.records)-1], previous, v)
}

// record decodes the object v. previous is the record before, nil where there is none.
func (d *decoder[T]) record(record, previous *T, v raw) error {
	d.pending = d.pending[:0]

	err := v.members(func(name, v raw) error {
		i, known := d.resource.field(name)
		if !known {
			return nil
		}

		// Of a field that is sent twice the last value counts.
		d.pending = slices.DeleteFunc(d.pending, func(m pendingMisfit) bool { return m.field == i })

		err := d.resource.fields[i].read(record, previous, v)
		if errors.Is(err, errMisfit) {
			d.pending = append(d.pending, pendingMisfit{i, v})

			return nil
		}

		return err
	})
	if err != nil {
		return err
	}

	if d.resource.elements != nil {
		if d.nested += d.resource.elements(record); d.nested > maxNested {
			return &TooManyError{Array: d.resource.array, Nested: true, Limit: maxNested}
		}
	}

	// The misfits of the overlap were counted with the page before.
	if !d.request.overlap || len(d.page.records) > 1 {
		d.count(d.resource.id(record))
	}

	return nil
}

// count adds the pending misfits, which are those of the record with that ID.
func (d *decoder[T]) count(id string) {
	for _, m := range d.pending {
		if d.page.misfits == nil {
			d.page.misfits = make(misfits, len(d.resource.fields))
		}

		if first := d.page.misfits[m.field]; first != nil {
			first.More++

			continue
		}

		d.page.misfits[m.field] = &Misfit{Field: d.resource.fields[m.field].name, ID: id, Value: m.value.value().String()}
	}
}
