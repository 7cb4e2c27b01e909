// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import "bytes"

// resource describes what a listing of the API holds and how it is decoded into T.
type resource[T any] struct {
	// array and count are the names of the array of records and of the service's count.
	array, count string
	// fields are in the order of the misfits, and index finds them by name.
	fields []field[T]
	index  map[string]int
	id     func(*T) string
	// elements is how many elements of arrays a record keeps. Nil means none.
	elements func(*T) int
}

// field is a field of T. read decodes its value into record. Where the value does not fit, it removes what the record has and
// returns errMisfit. previous is the record before, nil where there is none: texts that are equal share memory.
type field[T any] struct {
	name string
	read func(record, previous *T, v raw) error
}

// newResource returns r with its index.
func newResource[T any](r resource[T]) *resource[T] {
	r.index = make(map[string]int, len(r.fields))
	for i, f := range r.fields {
		r.index[f.name] = i
	}

	return &r
}

// field finds a field by its name as it was sent.
func (r *resource[T]) field(name raw) (int, bool) {
	i, ok := r.index[string(name[1:len(name)-1])] // This conversion allocates nothing.
	if !ok && bytes.IndexByte(name, '\\') >= 0 {
		i, ok = r.index[name.name()]
	}

	return i, ok
}

// text, integer, number and boolean return the reading of a field into the member that target points to.
func text[T any](name string, target func(*T) *string) field[T] {
	return field[T]{name, func(record, previous *T, v raw) error {
		if previous != nil {
			if known := *target(previous); v.isText(known) {
				*target(record) = known

				return nil
			}
		}

		return fit(v.value().string(target(record)))
	}}
}

func integer[T any](name string, target func(*T) **int64) field[T] {
	return field[T]{name, func(record, _ *T, v raw) error { return fit(v.value().integer(target(record))) }}
}

func number[T any](name string, target func(*T) **float64) field[T] {
	return field[T]{name, func(record, _ *T, v raw) error { return fit(v.value().number(target(record))) }}
}

func boolean[T any](name string, target func(*T) **bool) field[T] {
	return field[T]{name, func(record, _ *T, v raw) error { return fit(v.value().boolean(target(record))) }}
}

func fit(fits bool) error {
	if fits {
		return nil
	}

	return errMisfit
}
