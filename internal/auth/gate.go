// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"sync"

	"terraform-provider-dcs/internal/transport"
)

// gate keeps a set of credentials from being locked, which the service does after five failures. While no host has accepted
// them, one request is in flight in all: the probe. Once one has, each other host is probed by one request of its own, and
// a host that has accepted them gets any number. After the first refusal no request begins. A host is an origin: scheme,
// host and port.
type gate struct {
	mu       sync.Mutex
	accepted map[string]bool // The hosts that have accepted the credentials.
	probing  map[string]bool // The hosts to which a probe is in flight.
	refusal  error           // The first refusal, nil where there has been none.
	replaced bool            // Whether other credentials are to be fetched after the refusal.
	final    bool            // Whether others of the same login would be refused too: the host has never accepted these.
	revoked  chan struct{}   // Closed at the refusal.
	changed  chan struct{}   // Closed, and replaced, at each change that may let a waiting request begin or fail.
}

func newGate() *gate {
	return &gate{
		accepted: make(map[string]bool), probing: make(map[string]bool), revoked: make(chan struct{}), changed: make(chan struct{}),
	}
}

// wait waits until a request to host can begin. It returns the error of refused credentials, or the cause of ctx where that
// ends first.
func (g *gate) wait(ctx context.Context, host string) error {
	for {
		g.mu.Lock()
		err, busy, changed := g.err(), g.busy(host), g.changed
		g.mu.Unlock()

		if err != nil || !busy {
			return err
		}

		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// begin admits a request to host, and reports whether it is a probe, which end has to follow. It returns the error of refused
// credentials, or [transport.ErrReauthorize] where another request probes, for which wait waits.
func (g *gate) begin(host string) (probe bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()

	switch {
	case g.refusal != nil:
		return false, g.err()
	case g.busy(host):
		return false, transport.ErrReauthorize
	case g.accepted[host]:
		return false, nil
	default:
		g.probing[host] = true

		return true, nil
	}
}

// busy reports whether a request to host has to wait for a probe.
func (g *gate) busy(host string) bool {
	if len(g.accepted) == 0 {
		return len(g.probing) > 0
	}

	return !g.accepted[host] && g.probing[host]
}

// err returns the error of requests with refused credentials, nil where they are not refused: the refusal, or
// [transport.ErrReauthorize] where others are to be fetched.
func (g *gate) err() error {
	if g.replaced {
		return transport.ErrReauthorize
	}

	return g.refusal
}

// end ends the probe of host.
func (g *gate) end(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()

	delete(g.probing, host)
	g.broadcast()
}

// accept opens the gate to host. The first time it is called for a probe: the requests that wait begin at its end.
func (g *gate) accept(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()

	g.accepted[host] = true
}

// refuse records that host refused the credentials, unless a refusal is recorded already: with refusal, and with replaced
// where others are to be fetched. It returns the error of requests with them.
func (g *gate) refuse(host string, refusal error, replaced bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()

	if g.refusal == nil {
		g.refusal, g.replaced, g.final = refusal, replaced, !replaced && !g.accepted[host]
		close(g.revoked)
		g.broadcast()
	}

	return g.err()
}

// refused returns whether other credentials of the same login would be refused too, and the refusal, nil where there is none.
func (g *gate) refused() (final bool, refusal error) {
	g.mu.Lock()
	defer g.mu.Unlock()

	return g.final, g.refusal
}

// acceptedBy reports whether host has accepted the credentials.
func (g *gate) acceptedBy(host string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()

	return g.accepted[host]
}

func (g *gate) broadcast() {
	close(g.changed)
	g.changed = make(chan struct{})
}
