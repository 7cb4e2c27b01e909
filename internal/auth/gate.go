// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"sync"
)

// gate keeps a key from being locked: until the service has accepted credentials once, one request at a time tries them,
// and once it has refused them, none does. A host that has not accepted them yet is tried like that too, because it need not
// think as the others do.
type gate struct {
	// trial is held by the request that tries before any host has accepted the credentials.
	trial chan struct{}
	// open is closed when a host has accepted the credentials, shut when one has refused them.
	open, shut chan struct{}

	mu      sync.Mutex
	hosts   map[string]*gateway
	refusal error
}

// gateway is the way to one host. trial is held by the request that tries it once another host has accepted the
// credentials, and open is closed when this one has.
type gateway struct{ trial, open chan struct{} }

func newGate() *gate {
	return &gate{
		trial: make(chan struct{}, 1), open: make(chan struct{}), shut: make(chan struct{}), hosts: make(map[string]*gateway),
	}
}

func (g *gate) host(name string) *gateway {
	g.mu.Lock()
	defer g.mu.Unlock()

	if g.hosts[name] == nil {
		g.hosts[name] = &gateway{trial: make(chan struct{}, 1), open: make(chan struct{})}
	}

	return g.hosts[name]
}

// enter waits until a request to host may be made. It returns what a trial holds, to be given to leave, nil where the
// request is none; or the refusal where there has been one.
func (g *gate) enter(ctx context.Context, host string) (trial chan struct{}, err error) {
	to := g.host(host)

	for {
		opens := g.open

		trial = g.trial
		if g.accepted() {
			trial, opens = to.trial, nil
		}

		select {
		case <-g.shut:
			return nil, g.refused()
		case <-to.open:
			trial = nil
		case <-opens:
			continue
		case trial <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}

		// Of several channels that are ready, select takes any, and credentials that were accepted can be refused later.
		switch {
		case g.isShut():
			g.leave(trial)

			return nil, g.refused()
		case isClosed(to.open):
			g.leave(trial)

			return nil, nil
		case trial == g.trial && g.accepted():
			g.leave(trial)
		default:
			return trial, nil
		}
	}
}

// leave ends a trial.
func (g *gate) leave(trial chan struct{}) {
	if trial != nil {
		<-trial
	}
}

// accept opens the gate to host.
func (g *gate) accept(host string) {
	to := g.host(host)

	g.mu.Lock()
	defer g.mu.Unlock()

	for _, open := range []chan struct{}{g.open, to.open} {
		if !isClosed(open) {
			close(open)
		}
	}
}

// accepted reports whether any host has accepted the credentials.
func (g *gate) accepted() bool { return isClosed(g.open) }

func (g *gate) isShut() bool { return isClosed(g.shut) }

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
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
