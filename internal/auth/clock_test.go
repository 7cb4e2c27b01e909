// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestClock_correct(t *testing.T) {
	t.Parallel()

	// response is one to a request that was dated by the clock. Its own date is that far ahead of the true local time.
	type response struct {
		ahead  time.Duration
		noDate bool
		// unsigned is for a request without a date, stale for one that was dated before the clock was corrected.
		unsigned, stale bool

		wantRetry bool
		wantClock time.Duration // Ahead of the local time, afterwards.
	}

	const year = 365 * 24 * time.Hour

	corrected := response{ahead: time.Hour, wantRetry: true, wantClock: time.Hour}
	tests := map[string][]response{
		"the clocks agree":                  {{ahead: 0}},
		"fifteen minutes are within bounds": {{ahead: 15 * time.Minute}, {ahead: -15 * time.Minute}},
		"a little more is not":              {{ahead: 15*time.Minute + time.Second, wantRetry: true, wantClock: 15*time.Minute + time.Second}},
		"hours ahead":                       {{ahead: -5 * time.Hour, wantRetry: true, wantClock: -5 * time.Hour}},
		"years ahead":                       {{ahead: -30 * year, wantRetry: true, wantClock: -30 * year}},
		"no date of the response":           {{ahead: time.Hour, noDate: true}},
		"no date of the request":            {{ahead: time.Hour, unsigned: true}},
		"refused again":                     {corrected, {ahead: time.Hour, wantClock: time.Hour}},
		"refused again, another date":       {corrected, {ahead: 9 * time.Hour, wantClock: time.Hour}},
		"refused again, the local date":     {corrected, {ahead: 0, wantClock: time.Hour}},
		"in flight meanwhile":               {corrected, {ahead: time.Hour, stale: true, wantRetry: true, wantClock: time.Hour}},
		"in flight, another date":           {corrected, {ahead: 9 * time.Hour, stale: true, wantClock: time.Hour}},
	}

	for name, responses := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				var c clock

				for i, r := range responses {
					signed, date := c.now(), time.Now().Add(r.ahead)
					if r.stale {
						signed = time.Now()
					}

					if r.unsigned {
						signed = time.Time{}
					}

					if r.noDate {
						date = time.Time{}
					}

					if got := c.correct(signed, date); got != r.wantRetry {
						t.Errorf("response %d: retry %t, want %t", i+1, got, r.wantRetry)
					}

					time.Sleep(time.Minute)

					if got := time.Until(c.now()); got != r.wantClock {
						t.Errorf("after response %d the clock is %s ahead, want %s", i+1, got, r.wantClock)
					}
				}
			})
		})
	}
}
