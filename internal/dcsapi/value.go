// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// value is a JSON value of a record. Its text is the content of a string, a number or a bool as it is written, or what an
// array or object is called. Of a text longer than maxText it is the beginning.
type value struct {
	kind kind
	text string
}

type kind int

// The kinds of values. A value that is too long, a text that is not UTF-8, an array, and an object that has members fit no
// field of one value.
const (
	isAbsent kind = iota // null or {}.
	isText
	isNumber
	isBool
	isArray
	isObject
	isLongText
	isInvalidText
	isLongNumber
)

// string reads a number and a bool as they are written.
func (v value) string(target *string) bool {
	*target = ""

	switch v.kind {
	case isText, isNumber, isBool:
		*target = v.text
	case isArray, isObject, isLongText, isInvalidText, isLongNumber:
		return false
	case isAbsent:
	}

	return true
}

// maxLiteral is the length of the longest number that is worked out exactly, in characters.
const maxLiteral = 64

// integer reads a whole number of 64 bits, however it is written.
func (v value) integer(target **int64) bool {
	*target = nil

	literal, absent, ok := v.literal()
	if absent || !ok {
		return absent
	}

	n, err := strconv.ParseInt(literal, 10, 64)
	if err == nil {
		*target = &n

		return true
	}

	// 8.8e5 and 10.0 are whole numbers too. What has an absurd exponent, or no end, is not worked out.
	approximate, err := strconv.ParseFloat(literal, 64)
	if err != nil || len(literal) > maxLiteral || approximate != 0 && math.Abs(approximate) < 1 || math.Abs(approximate) > 1<<63 {
		return false
	}

	if approximate == 0 {
		// Zero, or too small to be told from it.
		mantissa, _, _ := strings.Cut(strings.ToLower(literal), "e")
		if strings.Trim(mantissa, "-0.") != "" {
			return false
		}

		*target = new(int64)

		return true
	}

	exact, ok := new(big.Rat).SetString(literal)
	if !ok || !exact.IsInt() || !exact.Num().IsInt64() {
		return false
	}

	n = exact.Num().Int64()
	*target = &n

	return true
}

// number reads a number that a float64 can hold.
func (v value) number(target **float64) bool {
	*target = nil

	literal, absent, ok := v.literal()
	if absent || !ok {
		return absent
	}

	n, err := strconv.ParseFloat(literal, 64)
	if err != nil {
		return false
	}

	*target = &n

	return true
}

// boolean reads true and false in any case.
func (v value) boolean(target **bool) bool {
	*target = nil

	switch {
	case v.isAbsent():
		return true
	case v.kind != isBool && v.kind != isText:
		return false
	}

	is := strings.EqualFold(v.text, "true")
	if !is && !strings.EqualFold(v.text, "false") {
		return false
	}

	*target = &is

	return true
}

// isAbsent reports whether v stands for no value: null, {} or "".
func (v value) isAbsent() bool { return v.kind == isAbsent || v.kind == isText && v.text == "" }

// literal returns a number as JSON writes it, whether it was sent as a number or as a string.
func (v value) literal() (literal string, absent, ok bool) {
	switch v.kind {
	case isNumber:
		return v.text, false, true
	case isText:
		return v.text, v.text == "", isLiteral(v.text)
	default:
		return "", v.kind == isAbsent, false
	}
}

// isLiteral reports whether s is a number as JSON writes it: not 0x10, 1_000, Inf or NaN.
func isLiteral(s string) bool {
	return s != "" && strings.Trim(s, "0123456789+-.eE") == "" && json.Valid([]byte(s))
}

// String shows the value as it was sent. It may hold a secret: the caller must redact it before it is shortened any
// further, because a part of a secret is not recognised.
func (v value) String() string {
	switch v.kind {
	case isText, isLongText, isInvalidText:
		return strconv.Quote(v.text)
	default:
		return v.text
	}
}
