// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"math/big"
	"strconv"
	"strings"
)

// Instance is one instance of a project, with those fields of the API's InstanceListInfo that concern its backups. A text
// that the service leaves out, or sends as null, "" or {}, is empty.
type Instance struct {
	ID                  string
	Name                string
	Status              string
	Engine              string // Redis or Memcached in practice.
	EngineVersion       string
	SpecCode            string
	CreatedAt           string // RFC 3339 in practice.
	EnterpriseProjectID string
	// Capacity is in GB, with the precision of Terraform's numbers, so that decimals are equal to those of a configuration.
	// It is the API's capacity_minor for an instance of less than 1 GB. Nil means that the service does not say it.
	Capacity *big.Float
	// Tags are never nil. A tag without a value has the value "".
	Tags map[string]string
}

// sentInstance is an instance as the API sends it: the capacity in two fields.
type sentInstance struct {
	Instance

	capacity, capacityMinor capacity
}

// capacity is a field that holds a capacity.
type capacity struct {
	gb *big.Float
	// misfit says that there is a value which is no number.
	misfit bool
}

// instance returns the instance that was sent.
func (s *sentInstance) instance() Instance {
	i := s.Instance
	if i.Tags == nil {
		i.Tags = map[string]string{}
	}

	isMinor := s.capacity.gb == nil && !s.capacity.misfit || s.capacity.gb != nil && s.capacity.gb.Sign() == 0
	minorIsSent := s.capacityMinor.gb != nil || s.capacityMinor.misfit

	i.Capacity = s.capacity.gb
	if isMinor && minorIsSent {
		i.Capacity = s.capacityMinor.gb
	}

	return i
}

// instanceResource is the listing of a project's instances.
//
// Source: API reference, GET /v2/{project_id}/instances.
var instanceResource = newResource(resource[sentInstance]{
	array: "instances", count: "instance_num",
	id:       func(i *sentInstance) string { return i.ID },
	elements: func(i *sentInstance) int { return len(i.Tags) },
	fields: []field[sentInstance]{
		text("instance_id", func(i *sentInstance) *string { return &i.ID }),
		text("name", func(i *sentInstance) *string { return &i.Name }),
		text("status", func(i *sentInstance) *string { return &i.Status }),
		text("engine", func(i *sentInstance) *string { return &i.Engine }),
		text("engine_version", func(i *sentInstance) *string { return &i.EngineVersion }),
		text("spec_code", func(i *sentInstance) *string { return &i.SpecCode }),
		text("created_at", func(i *sentInstance) *string { return &i.CreatedAt }),
		text("enterprise_project_id", func(i *sentInstance) *string { return &i.EnterpriseProjectID }),
		{"capacity", func(i, _ *sentInstance, v raw) error { return i.capacity.read(v) }},
		{"capacity_minor", func(i, _ *sentInstance, v raw) error { return i.capacityMinor.read(v) }},
		{"tags", func(i, _ *sentInstance, v raw) error { return readTags(&i.Tags, v) }},
	},
})

// capacityPrecision is the precision of Terraform's numbers in bits.
const capacityPrecision = 512

// read decodes a decimal number, which may lack the digit in front of the point: ".125".
func (c *capacity) read(v raw) error {
	*c = capacity{}

	sent := v.value()
	if sent.kind == isText && strings.HasPrefix(sent.text, ".") {
		sent.text = "0" + sent.text
	}

	literal, absent, ok := sent.literal()
	if absent {
		return nil
	}

	// Decimals of any length and exponent would take long to convert.
	if approximate, err := strconv.ParseFloat(literal, 64); !ok || err != nil || len(literal) > maxLiteral ||
		approximate == 0 && strings.ContainsAny(literal, "eE") {
		c.misfit = true

		return errMisfit
	}

	gb, _, err := big.ParseFloat(literal, 10, capacityPrecision, big.ToNearestEven)
	if err != nil {
		c.misfit = true

		return errMisfit
	}

	c.gb = gb

	return nil
}

// readTags decodes an array of {key, value}. An element that is no object, or has no key, is no tag. Of a key that is sent
// twice the last value counts.
func readTags(target *map[string]string, v raw) error {
	*target = nil

	if v[0] != '[' {
		return fit(v.value().isAbsent())
	}

	tags := make(map[string]string)
	n, fits := 0, true

	err := v.elements(func(v raw) error {
		if n++; n > maxElements {
			return &TooManyError{Array: "tags", Limit: maxElements}
		}

		if v[0] != '{' {
			return nil
		}

		key, value, ok := readTag(v)
		if key != "" {
			tags[key] = value
		}

		fits = fits && ok

		return nil
	})
	if err != nil {
		return err
	}

	*target = tags

	return fit(fits)
}

// readTag decodes a tag. A key or value that does not fit counts as not sent.
func readTag(v raw) (key, value string, fits bool) {
	keyFits, valueFits := true, true

	_ = v.members(func(name, v raw) error { // It fails only where the function does.
		switch name.name() {
		case "key":
			keyFits = v.value().string(&key)
		case "value":
			valueFits = v.value().string(&value)
		}

		return nil
	})

	return key, value, keyFits && valueFits
}
