// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

// Misfit reports values that did not fit their field and are therefore missing.
type Misfit struct {
	// Field is the API's name of the field.
	Field string
	// ID is that of the first record or instance concerned, empty where it has none, and Value what was sent, shortened.
	ID    string
	Value string
	// More is how many further ones are concerned.
	More int
}

// misfits holds at most one [Misfit] for each field, by the field's index. It is nil where there are none.
type misfits []*Misfit

// merge returns m with later added, which is not changed.
func (m misfits) merge(later misfits) misfits {
	for i, next := range later {
		if next == nil {
			continue
		}

		if m == nil {
			m = make(misfits, len(later))
		}

		if m[i] != nil {
			m[i].More += 1 + next.More

			continue
		}

		first := *next
		m[i] = &first
	}

	return m
}

// list returns the misfits in the order of the fields.
func (m misfits) list() []Misfit {
	var all []Misfit

	for _, misfit := range m {
		if misfit != nil {
			all = append(all, *misfit)
		}
	}

	return all
}
