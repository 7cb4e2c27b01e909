// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// value is a JSON value of a record: nil for null and {}, a string, a [json.Number] or a bool, or other for what no field
// can hold.
type value struct{ v any }

// other stands for an array, or an object that is not empty.
type other string

const (
	anArray  other = "an array"
	anObject other = "an object"
)

// text reads a number and a bool as they are written.
func (v value) text(target *string) bool {
	switch v := v.v.(type) {
	case nil:
		return true
	case string:
		*target = v
	case json.Number:
		*target = v.String()
	case bool:
		*target = strconv.FormatBool(v)
	default:
		return false
	}

	return true
}

// maxLiteral is the length of the longest number that is worked out exactly, in characters.
const maxLiteral = 64

// integer reads a whole number of 64 bits, however it is written.
func (v value) integer(target **int64) bool {
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
	switch v := v.v.(type) {
	case nil:
		return true
	case bool:
		*target = &v

		return true
	case string:
		switch {
		case v == "":
			return true
		case strings.EqualFold(v, "true"):
			*target = new(bool)
			**target = true

			return true
		case strings.EqualFold(v, "false"):
			*target = new(bool)

			return true
		}
	}

	return false
}

// literal returns a number as JSON writes it, whether it was sent as a number or as a string.
func (v value) literal() (literal string, absent, ok bool) {
	switch v := v.v.(type) {
	case nil:
		return "", true, true
	case json.Number:
		return v.String(), false, true
	case string:
		return v, v == "", isNumber(v)
	default:
		return "", false, false
	}
}

// isNumber reports whether s is a number as JSON writes it: not 0x10, 1_000, Inf or NaN.
func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789+-.eE") == "" && json.Valid([]byte(s))
}

// maxShown is how much is shown of a value that does not fit, in characters.
const maxShown = 40

// String shows the value in a warning.
func (v value) String() string {
	switch v := v.v.(type) {
	case other:
		return string(v)
	case string:
		if runes := []rune(v); len(runes) > maxShown {
			return strconv.Quote(string(runes[:maxShown])) + "…"
		}

		return strconv.Quote(v)
	default:
		text := fmt.Sprint(v)
		if len(text) > maxShown {
			return text[:maxShown] + "…"
		}

		return text
	}
}
