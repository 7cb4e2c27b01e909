// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package fault has what goes wrong in the field, as effects of a [dcsapitest.Fault]:
//
//	s.Inject(dcsapitest.Fault{Effect: fault.CutBody{}, Path: "/v2/", From: 2, Count: 1})
//
// The zero value of each type is ready to use; its documentation says which real behaviour it stands for. The fields are
// its parameters, under the names that scenario files have for them.
package fault

import (
	"cmp"
	"slices"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// All returns the zero value of every effect, sorted by name.
func All() []dcsapitest.Effect {
	all := slices.Concat(listingEffects(), responseEffects(), wireEffects())
	slices.SortFunc(all, func(a, b dcsapitest.Effect) int {
		return cmp.Compare(dcsapitest.EffectName(a), dcsapitest.EffectName(b))
	})

	return all
}

// Names returns the names of all effects, sorted.
func Names() []string {
	var names []string
	for _, effect := range All() {
		names = append(names, dcsapitest.EffectName(effect))
	}

	return names
}
