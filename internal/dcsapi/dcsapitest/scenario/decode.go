// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package scenario

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/json"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// decoder decodes bodies into structs whose fields have the tags of package gohcl, `hcl:"name"`, `hcl:"name,optional"` and
// `hcl:"name,block"`. Unlike gohcl it knows times, durations and embedded structs, checks strings against the tag `values`,
// numbers against the tag `range`, and durations without the tag `signed` against zero; it leaves fields alone that are not
// given, and sets those to zero that are null.
type decoder struct {
	now    time.Time
	diags  hcl.Diagnostics
	seeds  uint64
	places []hcl.Range // of the instances
}

// nextSeed returns another seed for each generator of a file.
func (d *decoder) nextSeed() uint64 {
	d.seeds++
	return d.seeds
}

func (d *decoder) problem(place hcl.Range, format string, args ...any) {
	d.diags = append(d.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Invalid Scenario", Detail: fmt.Sprintf(format, args...), Subject: &place,
	})
}

// decode decodes a body into a struct, given as a pointer. What the struct has no field for is a problem.
func (d *decoder) decode(body hcl.Body, into any) {
	content, diags := body.Content(schema(into))
	d.diags = append(d.diags, diags...)
	d.set(content, into)
}

// eachField calls f with the fields of a struct that have a tag: its name and its kind, which is "", "optional" or "block".
func eachField(into any, f func(field reflect.StructField, name, kind string)) {
	for _, field := range reflect.VisibleFields(reflect.TypeOf(into).Elem()) {
		if tag, ok := field.Tag.Lookup("hcl"); ok {
			name, kind, _ := strings.Cut(tag, ",")
			f(field, name, kind)
		}
	}
}

func schema(into any) *hcl.BodySchema {
	s := &hcl.BodySchema{}

	eachField(into, func(_ reflect.StructField, name, kind string) {
		if kind == "block" {
			s.Blocks = append(s.Blocks, hcl.BlockHeaderSchema{Type: name})
		} else {
			s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: name, Required: kind == ""})
		}
	})

	return s
}

func (d *decoder) set(content *hcl.BodyContent, into any) {
	blocks := content.Blocks.ByType()

	eachField(into, func(field reflect.StructField, name, kind string) {
		target := reflect.ValueOf(into).Elem().FieldByIndex(field.Index)

		if kind == "block" {
			d.setBlocks(blocks[name], target)
			return
		}

		attribute := content.Attributes[name]
		if attribute == nil {
			return
		}

		if !d.setValue(target, name, attribute.Expr) {
			return
		}

		if err := check(target, field.Tag, kind == ""); err != nil {
			target.SetZero()
			d.problem(attribute.Expr.Range(), "%s %s.", name, err)
		}
	})
}

func (d *decoder) setBlocks(blocks hcl.Blocks, target reflect.Value) {
	for n, block := range blocks {
		if target.Kind() != reflect.Slice {
			if n > 0 {
				d.problem(block.DefRange, "Only one block %s is allowed.", block.Type)
			}

			d.decode(block.Body, target.Addr().Interface())

			continue
		}

		element := reflect.New(target.Type().Elem())
		switch into := element.Interface().(type) {
		case *dcsapitest.Instance:
			d.instance(block.Body, into)
		case *dcsapitest.Backup:
			d.backup(block.Body, into)
		case *dcsapitest.Fault:
			d.fault(block.Body, into)
		case *fleet:
			d.fleet(block.Body, into)
		case *series:
			into.Seed, into.Newest = d.nextSeed(), d.now
			d.decode(block.Body, into)
		default:
			d.decode(block.Body, into)
		}

		target.Set(reflect.Append(target, element.Elem()))
	}
}

// setValue sets a field to the value of an expression, by the conversions of HCL.
func (d *decoder) setValue(target reflect.Value, name string, expr hcl.Expression) (ok bool) {
	value, diags := expr.Value(nil)
	if !diags.HasErrors() && value.IsNull() {
		target.SetZero()
		return true
	}

	var (
		text string
		tags map[string]string
		err  = cty.Walk(value, checkNumber)
	)

	if err == nil && !diags.HasErrors() {
		switch into := target.Addr().Interface().(type) {
		case *time.Time:
			diags = gohcl.DecodeExpression(expr, nil, &text)
			*into, err = d.parseTime(text)
		case *time.Duration:
			diags = gohcl.DecodeExpression(expr, nil, &text)
			*into, err = parseDuration(text)
		case *[]dcsapitest.Tag:
			diags = gohcl.DecodeExpression(expr, nil, &tags)
			for _, key := range slices.Sorted(maps.Keys(tags)) {
				*into = append(*into, dcsapitest.Tag{Key: key, Value: tags[key]})
			}
		case *map[string]any:
			*into, err = rawObject(value)
		default:
			diags = gohcl.DecodeExpression(expr, nil, into)
		}
	}

	d.diags = append(d.diags, diags...)
	if err != nil && !diags.HasErrors() {
		d.problem(expr.Range(), "%s: %s.", name, err)
	}

	return err == nil && !diags.HasErrors()
}

// rawObject is an object as package encoding/json decodes it, with the numbers as they are written.
func rawObject(value cty.Value) (object map[string]any, err error) {
	if !value.Type().IsObjectType() {
		return nil, errors.New("an object is required")
	}

	encoded, err := json.Marshal(value, value.Type())
	if err != nil {
		return nil, err
	}

	raw := stdjson.NewDecoder(bytes.NewReader(encoded))
	raw.UseNumber()

	return object, raw.Decode(&object)
}

// checkNumber refuses numbers such as 1e999999999, whose decimal digits would fill the memory.
func checkNumber(_ cty.Path, value cty.Value) (bool, error) {
	const longest = 4096 // bits

	if value.Type() == cty.Number && !value.IsNull() {
		number := value.AsBigFloat()
		if exponent := number.MantExp(nil); number.IsInf() || exponent > longest || exponent < -longest {
			return false, errors.New("the number is out of range")
		}
	}

	return true, nil
}

func (d *decoder) parseTime(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}

	offset, err := parseDuration(text)
	if err != nil {
		err = fmt.Errorf("%q is neither an RFC 3339 time nor relative to the start, such as \"-26h\"", text)
	}

	return d.now.Add(offset), err
}

// check holds a value to the tags of its field, and a required string to some text.
func check(value reflect.Value, tag reflect.StructTag, required bool) error {
	if value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.String {
		for i := range value.Len() {
			if err := check(value.Index(i), tag, true); err != nil {
				return err
			}
		}

		return nil
	}

	if required && value.Kind() == reflect.String && value.IsZero() {
		return errors.New("must not be empty")
	}

	if d, ok := reflect.TypeAssert[time.Duration](value); ok && d < 0 && tag.Get("signed") == "" {
		return fmt.Errorf("must be positive. Got: %s", d)
	}

	text, allowed := fmt.Sprint(value), strings.Fields(tag.Get("values"))
	if len(allowed) > 0 && !value.IsZero() && !slices.Contains(allowed, text) {
		return fmt.Errorf("must be one of %s. Got: %q", strings.Join(allowed, ", "), text)
	}

	if low, high, ok := strings.Cut(tag.Get("range"), " "); ok && !value.IsZero() && !between(low, text, high) {
		return fmt.Errorf("must be %s to %s. Got: %s", low, high, text)
	}

	return nil
}

func between(low, text, high string) bool {
	var l, n, h int64

	_, err := fmt.Sscan(low+" "+text+" "+high, &l, &n, &h)

	return err == nil && l <= n && n <= h
}

// parseDuration reads a Go duration, or whole days such as "-3d".
func parseDuration(text string) (time.Duration, error) {
	const maxDays = 100 * 365 // within what a time.Duration holds

	if digits, ok := strings.CutSuffix(text, "d"); ok {
		if days, err := strconv.Atoi(digits); err == nil && days >= -maxDays && days <= maxDays {
			return time.Duration(days) * 24 * time.Hour, nil
		}
	}

	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf(`%q is not a duration such as "90s", "5m" or "3d"`, text)
	}

	return d, nil
}
