// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// RateLimit is a limit of the API gateway: how many requests it accepts in a window of time.
type RateLimit struct {
	Requests int
	Window   time.Duration
}

// windowUnits are the units that the gateway names windows in, the longest first.
var windowUnits = []struct {
	name   string
	length time.Duration
}{
	{"day", 24 * time.Hour},
	{"hour", time.Hour},
	{"minute", time.Minute},
	{"second", time.Second},
}

// String returns the limit in words, e.g. "200 requests in 5 minutes".
func (l RateLimit) String() string {
	for _, unit := range windowUnits {
		if n := l.Window / unit.length; l.Window%unit.length == 0 && n > 0 {
			return fmt.Sprintf("%s in %s", Plural(l.Requests, "request"), Plural(int(n), unit.name))
		}
	}

	return fmt.Sprintf("%s in %s", Plural(l.Requests, "request"), l.Window)
}

// Plural returns n and noun, in the plural unless n is 1.
func Plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}

	return fmt.Sprintf("%d %s", n, noun)
}

var rateLimitPattern = regexp.MustCompile(`\blimit:\s*(\d{1,9}),\s*time:\s*(\d{1,4})\s*(second|minute|hour|day)s?\b`)

// parseRateLimit returns the limit in the gateway's message for a 429, nil where there is none.
//
// Source: APIG, error APIGW.0308, e.g. "policy user over ratelimit,limit:200,time:5 minute".
func parseRateLimit(message string) *RateLimit {
	match := rateLimitPattern.FindStringSubmatch(message)
	if match == nil {
		return nil
	}

	// The pattern keeps both within bounds.
	requests, _ := strconv.Atoi(match[1])
	n, _ := strconv.Atoi(match[2])

	limit := &RateLimit{Requests: requests}

	for _, unit := range windowUnits {
		if unit.name == match[3] {
			limit.Window = time.Duration(n) * unit.length
		}
	}

	return limit
}

// rateLimitOf returns the limit that err names, zero where it names none.
func rateLimitOf(err error) RateLimit {
	if response, ok := errors.AsType[*Error](err); ok && response.Limit != nil {
		return *response.Limit
	}

	return RateLimit{}
}
