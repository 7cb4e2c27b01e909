// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

type unknown struct{}

func (unknown) String() string { return "(unknown)" }

// Unknown is a value that is known only after apply.
var Unknown any = unknown{}

// encode returns value as one of typ. at is where it belongs, for errors.
func encode(at *tftypes.AttributePath, typ tftypes.Type, value any) (tftypes.Value, error) {
	switch v := value.(type) {
	case nil:
		return tftypes.NewValue(typ, nil), nil
	case unknown:
		return tftypes.NewValue(typ, tftypes.UnknownValue), nil
	case map[string]any:
		return encodeMap(at, typ, v)
	case []any:
		return encodeList(at, typ, v)
	default:
		if err := tftypes.ValidateValue(typ, v); err != nil {
			return tftypes.Value{}, at.NewError(err)
		}

		return tftypes.NewValue(typ, v), nil
	}
}

func encodeMap(at *tftypes.AttributePath, typ tftypes.Type, value map[string]any) (tftypes.Value, error) {
	switch typ := typ.(type) {
	case tftypes.Object:
		return encodeObject(at, typ, value)
	case tftypes.Map:
		elements := make(map[string]tftypes.Value, len(value))

		for key, element := range value {
			encoded, err := encode(at.WithElementKeyString(key), typ.ElementType, element)
			if err != nil {
				return tftypes.Value{}, err
			}

			elements[key] = encoded
		}

		return tftypes.NewValue(typ, elements), nil
	default:
		return tftypes.Value{}, at.NewErrorf("a map is no %s", typ)
	}
}

func encodeObject(at *tftypes.AttributePath, typ tftypes.Object, value map[string]any) (tftypes.Value, error) {
	for _, name := range slices.Sorted(maps.Keys(value)) {
		if _, ok := typ.AttributeTypes[name]; !ok {
			return tftypes.Value{}, at.WithAttributeName(name).NewErrorf("there is no argument %q", name)
		}
	}

	attributes := make(map[string]tftypes.Value, len(typ.AttributeTypes))

	for name, attributeType := range typ.AttributeTypes {
		encoded, err := encode(at.WithAttributeName(name), attributeType, value[name])
		if err != nil {
			return tftypes.Value{}, err
		}

		attributes[name] = encoded
	}

	return tftypes.NewValue(typ, attributes), nil
}

func encodeList(at *tftypes.AttributePath, typ tftypes.Type, value []any) (tftypes.Value, error) {
	var elementType tftypes.Type

	switch typ := typ.(type) {
	case tftypes.List:
		elementType = typ.ElementType
	case tftypes.Set:
		elementType = typ.ElementType
	default:
		return tftypes.Value{}, at.NewErrorf("a list is no %s", typ)
	}

	elements := make([]tftypes.Value, len(value))

	for i, element := range value {
		encoded, err := encode(at.WithElementKeyInt(i), elementType, element)
		if err != nil {
			return tftypes.Value{}, err
		}

		elements[i] = encoded
	}

	return tftypes.NewValue(typ, elements), nil
}

// decode returns value as a Go value.
func decode(value tftypes.Value) (any, error) {
	if !value.IsKnown() {
		return Unknown, nil
	}

	if value.IsNull() {
		return nil, nil
	}

	switch typ := value.Type(); {
	case typ.Is(tftypes.String):
		var text string

		err := value.As(&text)

		return text, err
	case typ.Is(tftypes.Bool):
		var truth bool

		err := value.As(&truth)

		return truth, err
	case typ.Is(tftypes.Number):
		return decodeNumber(value)
	case typ.Is(tftypes.List{}), typ.Is(tftypes.Set{}):
		return decodeList(value)
	case typ.Is(tftypes.Object{}), typ.Is(tftypes.Map{}):
		return decodeMap(value)
	default:
		return nil, fmt.Errorf("no Go value for %s", typ)
	}
}

func decodeNumber(value tftypes.Value) (any, error) {
	number := new(big.Float)
	if err := value.As(&number); err != nil {
		return nil, err
	}

	if whole, accuracy := number.Int64(); accuracy == big.Exact {
		return whole, nil
	}

	fraction, _ := number.Float64()

	return fraction, nil
}

func decodeList(value tftypes.Value) (any, error) {
	var elements []tftypes.Value
	if err := value.As(&elements); err != nil {
		return nil, err
	}

	list := make([]any, len(elements))

	for i, element := range elements {
		decoded, err := decode(element)
		if err != nil {
			return nil, err
		}

		list[i] = decoded
	}

	return list, nil
}

func decodeMap(value tftypes.Value) (any, error) {
	var elements map[string]tftypes.Value
	if err := value.As(&elements); err != nil {
		return nil, err
	}

	object := make(map[string]any, len(elements))

	for name, element := range elements {
		decoded, err := decode(element)
		if err != nil {
			return nil, err
		}

		object[name] = decoded
	}

	return object, nil
}
