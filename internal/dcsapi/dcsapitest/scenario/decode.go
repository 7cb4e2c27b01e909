// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package scenario

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/gocty"
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

// decodePart decodes a body into a struct as decode does, and returns what the struct has no field for.
func (d *decoder) decodePart(body hcl.Body, into any) hcl.Body {
	content, rest, diags := body.PartialContent(schema(into))
	d.diags = append(d.diags, diags...)
	d.set(content, into)

	return rest
}

// decodeOver decodes a body into a copy of a struct.
func (d *decoder) decodeOver(body hcl.Body, of any) any {
	into := reflect.New(reflect.TypeOf(of))
	into.Elem().Set(reflect.ValueOf(of))
	d.decode(body, into.Interface())

	return into.Elem().Interface()
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

		value, diags := attribute.Expr.Value(nil)
		d.diags = append(d.diags, diags...)

		if diags.HasErrors() {
			return
		}

		if err := d.setValue(target, value); err != nil {
			d.problem(attribute.Expr.Range(), "%s: %s.", name, err)
		} else if err := check(target, field.Tag, kind == ""); err != nil {
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

// setValue sets a field to a value.
func (d *decoder) setValue(target reflect.Value, value cty.Value) error {
	if value.IsNull() {
		target.SetZero()
		return nil
	}

	if err := cty.Walk(value, checkNumber); err != nil {
		return err
	}

	switch into := target.Addr().Interface().(type) {
	case *time.Time:
		return d.setTime(into, value)
	case *time.Duration:
		var text string
		if err := setAs(&text, value); err != nil {
			return err
		}

		duration, err := parseDuration(text)
		*into = duration

		return err
	case *[]dcsapitest.Tag:
		var tags map[string]string
		if err := setAs(&tags, value); err != nil {
			return err
		}

		for key, tag := range tags {
			*into = append(*into, dcsapitest.Tag{Key: key, Value: tag})
		}

		slices.SortFunc(*into, func(a, b dcsapitest.Tag) int { return strings.Compare(a.Key, b.Key) })

		return nil
	case *map[string]any:
		if !value.Type().IsObjectType() {
			return errors.New("an object is required")
		}

		encoded, err := json.Marshal(value, value.Type())
		if err != nil {
			return err
		}

		raw := stdjson.NewDecoder(bytes.NewReader(encoded))
		raw.UseNumber()

		return raw.Decode(into)
	default:
		return setAs(into, value)
	}
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

// setAs sets what a pointer points to, after a conversion by the rules of HCL.
func setAs(into any, value cty.Value) error {
	wanted, err := gocty.ImpliedType(reflect.ValueOf(into).Elem().Interface())
	if err != nil {
		return err
	}

	converted, err := convert.Convert(value, wanted)
	if err != nil {
		return err
	}

	return gocty.FromCtyValue(converted, into)
}

func (d *decoder) setTime(into *time.Time, value cty.Value) error {
	var text string
	if err := setAs(&text, value); err != nil {
		return err
	}

	var err error
	if *into, err = time.Parse(time.RFC3339, text); err == nil {
		return nil
	}

	offset, err := parseDuration(text)
	if err != nil {
		return fmt.Errorf("%q is neither an RFC 3339 time nor relative to the start, such as \"-26h\"", text)
	}

	*into = d.now.Add(offset)

	return nil
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

// maxDays keeps days within what a time.Duration holds.
const maxDays = 100 * 365

// parseDuration reads a Go duration, or whole days such as "-3d".
func parseDuration(text string) (time.Duration, error) {
	wrong := fmt.Errorf(`%q is not a duration such as "90s", "5m" or "3d"`, text)

	days, ok := strings.CutSuffix(text, "d")
	if !ok {
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, wrong
		}

		return d, nil
	}

	n, err := strconv.Atoi(days)
	if err != nil || n < -maxDays || n > maxDays {
		return 0, wrong
	}

	return time.Duration(n) * 24 * time.Hour, nil
}
