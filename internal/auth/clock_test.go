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

	// answer is a request that was dated by the clock, and answered at a date that far ahead of the true local time.
	type answer struct {
		ahead  time.Duration
		noDate bool
		// unsigned is a request that carried no date, stale one that was dated before the clock was put right.
		unsigned, stale bool

		wantAgain bool
		wantClock time.Duration // ahead of the local time, afterwards
	}

	tests := map[string][]answer{
		"the clocks agree":                    {{ahead: 0}},
		"fifteen minutes are within bounds":   {{ahead: 15 * time.Minute}, {ahead: -15 * time.Minute}},
		"a little more is not":                {{ahead: 15*time.Minute + time.Second, wantAgain: true, wantClock: 15*time.Minute + time.Second}},
		"the local clock is hours behind":     {{ahead: 5 * time.Hour, wantAgain: true, wantClock: 5 * time.Hour}},
		"the local clock is hours ahead":      {{ahead: -5 * time.Hour, wantAgain: true, wantClock: -5 * time.Hour}},
		"the local clock is years off":        {{ahead: -30 * 365 * 24 * time.Hour, wantAgain: true, wantClock: -30 * 365 * 24 * time.Hour}},
		"the answer has no date":              {{ahead: 5 * time.Hour, noDate: true}},
		"the request was not dated":           {{ahead: 5 * time.Hour, unsigned: true}},
		"still refused with the right date":   {{ahead: time.Hour, wantAgain: true, wantClock: time.Hour}, {ahead: time.Hour, wantClock: time.Hour}},
		"the next answer has another date":    {{ahead: time.Hour, wantAgain: true, wantClock: time.Hour}, {ahead: 9 * time.Hour, wantClock: time.Hour}},
		"the next answer has the local date":  {{ahead: time.Hour, wantAgain: true, wantClock: time.Hour}, {ahead: 0, wantClock: time.Hour}},
		"others were on their way with it":    {{ahead: time.Hour, wantAgain: true, wantClock: time.Hour}, {ahead: time.Hour, stale: true, wantAgain: true, wantClock: time.Hour}},
		"others on their way, another answer": {{ahead: time.Hour, wantAgain: true, wantClock: time.Hour}, {ahead: 9 * time.Hour, stale: true, wantClock: time.Hour}},
	}

	for name, answers := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				var c clock

				for i, a := range answers {
					signed, date := c.now(), time.Now().Add(a.ahead)
					if a.stale {
						signed = time.Now()
					}

					if a.unsigned {
						signed = time.Time{}
					}

					if a.noDate {
						date = time.Time{}
					}

					if got := c.correct(signed, date); got != a.wantAgain {
						t.Errorf("answer %d: again %t, want %t", i+1, got, a.wantAgain)
					}

					time.Sleep(time.Minute)

					if got := time.Until(c.now()); got != a.wantClock {
						t.Errorf("after answer %d the clock is %s ahead, want %s", i+1, got, a.wantClock)
					}
				}
			})
		})
	}
}
