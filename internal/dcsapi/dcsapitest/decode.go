// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A strict decoder for scenario files. The standard library's forgives duplicate and differently cased keys, and names
// no place; people who write a scenario by hand need the place of each slip, all at once.

// problems are what is wrong in a file, each with its place.
type problems []error

// value is a JSON value and its place in the file: "instances[1].backups[0]".
type value struct {
	problems *problems
	place    string
	raw      json.RawMessage
}

// object is a JSON object whose members are being read.
type object struct {
	value
	members map[string]json.RawMessage
	known   []string
}

// checkSyntax reports what is no JSON at all, by line and column.
func checkSyntax(data []byte) error {
	var whole json.RawMessage

	err := json.Unmarshal(data, &whole)

	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}

	before := data[:min(int(syntax.Offset), len(data))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - 1 - bytes.LastIndexByte(before, '\n')

	return fmt.Errorf("line %d, column %d: %w", line, max(column, 1), err)
}

func (v value) problem(format string, args ...any) {
	place := v.place
	if place == "" {
		place = "the file"
	}

	*v.problems = append(*v.problems, fmt.Errorf("%s: %s", place, fmt.Sprintf(format, args...)))
}

func (o *object) problem(name, format string, args ...any) {
	o.member(name, nil).problem(format, args...)
}

func (o *object) member(name string, raw json.RawMessage) value {
	return value{o.problems, strings.TrimPrefix(o.place+"."+name, "."), raw}
}

// object reads the members of a JSON object and reports those that nothing has read.
func (v value) object(readMembers func(*object)) {
	members, names, ok := v.members()
	if !ok {
		return
	}

	o := &object{value: v, members: members}
	readMembers(o)

	for _, name := range names {
		if !slices.Contains(o.known, name) {
			o.problem(name, "there is no such key; the keys here are %s", joined(o.known))
		}
	}
}

// members takes an object apart; names are in the order of the file.
func (v value) members() (members map[string]json.RawMessage, names []string, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(v.raw))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		v.problem("must be an object, not %s", v.kind())
		return nil, nil, false
	}

	members = map[string]json.RawMessage{}

	for dec.More() {
		token, err := dec.Token()
		name, isName := token.(string)

		var raw json.RawMessage
		if err != nil || !isName || dec.Decode(&raw) != nil {
			v.problem("is not valid JSON")
			return nil, nil, false
		}

		if _, twice := members[name]; twice {
			v.problem("has the key %q twice", name)
		}

		members[name] = raw
		names = append(names, name)
	}

	return members, names, true
}

// read decodes a member into a place if it is there.
func read[T any](o *object, name string, into *T, as func(value) T) bool {
	o.known = append(o.known, name)

	raw, ok := o.members[name]
	if ok {
		*into = as(o.member(name, raw))
	}

	return ok
}

// require is read for a member that must be there and not be empty.
func require[T any](o *object, name string, into *T, as func(value) T) {
	before := len(*o.problems)
	if !read(o, name, into, as) {
		o.value.problem("needs the key %q", name)
		return
	}

	if text, isText := any(*into).(string); isText && text == "" && len(*o.problems) == before {
		o.problem(name, "must not be empty")
	}
}

// listOf reads a JSON array.
func listOf[T any](as func(value) T) func(value) []T {
	return func(v value) []T {
		var items []json.RawMessage
		if !v.decode(&items, "a list") {
			return nil
		}

		list := make([]T, len(items))
		for i, raw := range items {
			list[i] = as(value{v.problems, fmt.Sprintf("%s[%d]", v.place, i), raw})
		}

		return list
	}
}

// oneOf reads one of some strings.
func oneOf[S ~string](allowed []S) func(value) S {
	return func(v value) S {
		before := len(*v.problems)

		text := S(v.text())
		if !slices.Contains(allowed, text) && len(*v.problems) == before {
			v.problem("%q must be one of %s", string(text), joined(allowed))
		}

		return text
	}
}

func (v value) null() bool {
	return string(bytes.TrimSpace(v.raw)) == "null"
}

// decode decodes with the standard library, null refused.
func (v value) decode(into any, wanted string) bool {
	if v.null() || json.Unmarshal(v.raw, into) != nil {
		v.problem("must be %s, not %s", wanted, v.kind())
		return false
	}

	return true
}

// kind shows the value in an error, cut to what fits a line.
func (v value) kind() string {
	const longest = 40

	text := string(bytes.TrimSpace(v.raw))
	switch {
	case strings.HasPrefix(text, "{"):
		return "an object"
	case strings.HasPrefix(text, "["):
		return "a list"
	case len(text) > longest:
		return strconv.Quote(text[:longest]) + "…"
	}

	return text
}

func (v value) text() (s string) {
	v.decode(&s, "a string")
	return s
}

// optionalText takes null for "".
func (v value) optionalText() string {
	if v.null() {
		return ""
	}

	return v.text()
}

func (v value) boolean() (b bool) {
	v.decode(&b, "true or false")
	return b
}

// number reads a whole number that is not negative.
func (v value) number() (n int64) {
	if v.decode(&n, "a whole number") && n < 0 {
		v.problem("must not be negative")
	}

	return n
}

func (v value) integer() int {
	n := v.number()
	if n > math.MaxInt32 {
		v.problem("must be at most %d", math.MaxInt32)
		return 0
	}

	return int(n)
}

func (v value) unsigned() uint64 {
	return uint64(max(v.number(), 0))
}

func (v value) duration() time.Duration {
	text := v.text()

	d, err := parseDuration(text)
	if err != nil && text != "" {
		v.problem(`%q is no duration, such as "90s" or "5m"`, text)
	}

	return d
}

func (v value) positive() time.Duration {
	before := len(*v.problems)

	d := v.duration()
	if d <= 0 && len(*v.problems) == before {
		v.problem("must be positive")
	}

	return d
}

func (v value) pathPrefix() string {
	text := v.text()
	if !strings.HasPrefix(text, "/") || strings.ContainsAny(text, "?#% ") {
		v.problem(`%q is no path, such as "/dcs-prefix"`, text)
	}

	return text
}

// raws keeps the values of an object as they are.
func (v value) raws() map[string]any {
	members, _, _ := v.members()

	raws := make(map[string]any, len(members))
	for name, raw := range members {
		raws[name] = raw
	}

	return raws
}

// maxDays keeps days within what a time.Duration holds.
const maxDays = 100 * 365

// parseDuration reads a Go duration, or whole days such as "-3d".
func parseDuration(text string) (time.Duration, error) {
	days, ok := strings.CutSuffix(text, "d")
	if !ok {
		return time.ParseDuration(text)
	}

	n, err := strconv.Atoi(days)
	if err != nil || n < -maxDays || n > maxDays {
		return 0, errors.New("not a number of days")
	}

	return time.Duration(n) * 24 * time.Hour, nil
}
