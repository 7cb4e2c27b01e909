// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"sync"
	"time"
)

// MaxSkew is how far a request's date may be from the service's clock.
//
// Source: APIG, signing of API requests.
const MaxSkew = 15 * time.Minute

// clock is the service's time, as far as it is known. It is corrected at most once: a service whose responses disagree
// about the time must not keep a request going.
type clock struct {
	mu     sync.Mutex
	offset time.Duration
	set    bool
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()

	return time.Now().Add(c.offset)
}

// correct reports whether a request that was signed at signed, and whose response is dated date, is to be sent again: its
// signature was out of date, and the clock is right now.
func (c *clock) correct(signed, date time.Time) bool {
	if signed.IsZero() || date.IsZero() || within(signed, date) {
		return false
	}

	c.mu.Lock()
	defer c.mu.Unlock()

	if !c.set {
		c.offset, c.set = time.Until(date), true
	}

	// Otherwise another request has corrected it, unless this response disagrees with that one.
	return within(time.Now().Add(c.offset), date)
}

func within(a, b time.Time) bool { return a.Sub(b).Abs() <= MaxSkew }
