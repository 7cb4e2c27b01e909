// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// field is a field of an object in state that describes a T: its schema and its value.
type field[T any] struct {
	name      string
	attribute schema.Attribute
	value     func(*T) tftypes.Value
	// text returns the value of a string, nil for other types.
	text func(*T) string
}

// fields are the fields of an object in state that describes a T.
type fields[T any] []field[T]

// text returns a field that is a string, null where it is empty.
func text[T any](name, description string, get func(*T) string) field[T] {
	return field[T]{
		name:      name,
		attribute: schema.StringAttribute{Computed: true, MarkdownDescription: description},
		value: func(v *T) tftypes.Value {
			if s := get(v); s != "" {
				return tftypes.NewValue(tftypes.String, s)
			}

			return tftypes.NewValue(tftypes.String, nil)
		},
		text: get,
	}
}

func integer[T any](name, description string, get func(*T) *int64) field[T] {
	return field[T]{
		name:      name,
		attribute: schema.Int64Attribute{Computed: true, MarkdownDescription: description},
		value:     func(v *T) tftypes.Value { return tftypes.NewValue(tftypes.Number, get(v)) },
	}
}

func number[T any](name, description string, get func(*T) *float64) field[T] {
	return field[T]{
		name:      name,
		attribute: schema.Float64Attribute{Computed: true, MarkdownDescription: description},
		value:     func(v *T) tftypes.Value { return tftypes.NewValue(tftypes.Number, get(v)) },
	}
}

func boolean[T any](name, description string, get func(*T) *bool) field[T] {
	return field[T]{
		name:      name,
		attribute: schema.BoolAttribute{Computed: true, MarkdownDescription: description},
		value:     func(v *T) tftypes.Value { return tftypes.NewValue(tftypes.Bool, get(v)) },
	}
}

// attributes returns the schema of the object.
func (f fields[T]) attributes() map[string]schema.Attribute {
	attributes := make(map[string]schema.Attribute, len(f))
	for _, field := range f {
		attributes[field.name] = field.attribute
	}

	return attributes
}

// attrTypes returns the types of the object's attributes.
func (f fields[T]) attrTypes() map[string]attr.Type {
	types := make(map[string]attr.Type, len(f))
	for _, field := range f {
		types[field.name] = field.attribute.GetType()
	}

	return types
}

// object returns the object in state. typ is its type.
func (f fields[T]) object(typ tftypes.Type, v *T) tftypes.Value {
	values := make(map[string]tftypes.Value, len(f))
	for i := range f {
		values[f[i].name] = f[i].value(v)
	}

	return tftypes.NewValue(typ, values)
}

// size returns an upper bound of the size of the object in state, in bytes as it is sent (MessagePack). Of a field that is
// neither a text, a bool nor a number of 64 bits it counts the name alone.
func (f fields[T]) size(v *T) int {
	const header, value = 3, 9

	size := header
	for i := range f {
		size += header + len(f[i].name) + value
		if f[i].text != nil {
			size += len(f[i].text(v))
		}
	}

	return size
}
