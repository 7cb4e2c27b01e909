// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package fault has what goes wrong in the field, as effects of a [dcsapitest.Fault]:
//
//	s.Inject(dcsapitest.Fault{Effect: fault.CutBody{}, Path: "/v2/", From: 2, Count: 1})
//
// The zero value of each type is ready to use; its documentation says which real behaviour it stands for. The fields are
// its parameters, under the names that scenario files have for them; a scenario file's are checked against the tags
// values and range.
package fault

import (
	"maps"
	"slices"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// effects are the zero values of all effects, by name.
var effects = byName(
	TotalTooHigh{}, TotalTooLow{}, TotalPageCount{}, TotalAbsent{}, TotalString{}, TotalValue{},
	PageCap{}, OffsetIgnored{}, EmptyPage{}, NullElements{}, NullArray{}, MissingArray{}, EmptyArray{},
	RecordAppears{}, RecordVanishes{}, NewestVanishes{}, InstanceAppears{},
	Status{}, Throttled{}, RateLimit{}, KeyLocked{}, DenyProjectList{}, DenyBackupList{}, DenyInstanceList{},
	EchoSecrets{}, CaptivePortal{}, Redirect{}, EmptyBody{}, GarbageJSON{}, WrongContentType{}, NoDate{}, NoRequestID{}, ClockSkew{},
	Latency{}, Silence{}, Stall{}, SlowDrip{}, ResetBeforeHeaders{}, ResetInHeaders{}, ResetAfterHeaders{}, ResetInBody{},
	CutBody{}, CutChunked{}, CutGzip{}, Gzip{}, GzipBomb{}, EndlessBody{},
)

// former are effects under names that scenario files had for them before.
var former = map[string]dcsapitest.Effect{
	"total-absurd":   TotalValue{Value: "1000000000"},
	"total-negative": TotalValue{Value: "-1"},
	"total-float":    TotalValue{Value: "1e300"},
}

func byName(all ...dcsapitest.Effect) map[string]dcsapitest.Effect {
	named := map[string]dcsapitest.Effect{}
	for _, effect := range all {
		named[dcsapitest.EffectName(effect)] = effect
	}

	return named
}

// Named returns the effect that scenario files call by a name, with its default parameters, or nil.
func Named(name string) dcsapitest.Effect {
	if effect, ok := former[name]; ok {
		return effect
	}

	return effects[name]
}

// Names returns the names of all effects, sorted.
func Names() []string {
	return slices.Sorted(maps.Keys(effects))
}
