// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"sync"
)

// gate keeps a key from being locked: until the service has accepted credentials once, one request at a time tries them,
// and once it has refused them, none does.
type gate struct {
	// trial is held by the request that tries.
	trial chan struct{}
	// open is closed when the credentials have been accepted, shut when they have been refused.
	open, shut chan struct{}

	mu      sync.Mutex
	refusal error
}

func newGate() *gate {
	return &gate{trial: make(chan struct{}, 1), open: make(chan struct{}), shut: make(chan struct{})}
}

// enter waits until a request may be made, and reports whether it is a trial, which must be ended by leave. It returns the
// refusal where there has been one.
func (g *gate) enter(ctx context.Context) (trial bool, err error) {
	select {
	case <-g.shut:
	case <-g.open:
	case g.trial <- struct{}{}:
		trial = true
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}

	// Of several channels that are ready, select takes any, and credentials that were accepted can be refused later.
	select {
	case <-g.shut:
		g.leave(trial)

		return false, g.refused()
	default:
		return trial, nil
	}
}

// leave ends a trial.
func (g *gate) leave(trial bool) {
	if trial {
		<-g.trial
	}
}

// accept opens the gate.
func (g *gate) accept() {
	g.mu.Lock()
	defer g.mu.Unlock()

	if !g.accepted() {
		close(g.open)
	}
}

func (g *gate) accepted() bool {
	select {
	case <-g.open:
		return true
	default:
		return false
	}
}

// refuse shuts the gate and returns the refusal that holds: the first.
func (g *gate) refuse(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()

	if g.refusal == nil {
		g.refusal = err
		close(g.shut)
	}

	return g.refusal
}

func (g *gate) refused() error {
	g.mu.Lock()
	defer g.mu.Unlock()

	return g.refusal
}
