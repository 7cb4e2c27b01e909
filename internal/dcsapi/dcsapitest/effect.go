// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Fault is something that goes wrong, and the requests for which it does. All conditions that are given must match.
type Fault struct {
	Effect Effect

	Path      string `hcl:"path,optional"`                       // prefix of the path below the path prefix, such as "/v3/projects"
	Operation string `hcl:"operation,optional"`                  // such as [ListInstances]
	Instance  string `hcl:"instance,optional"`                   // only listings of the backups of this instance
	From      int    `hcl:"from,optional" range:"0 1000000000"`  // the first matching request that meets it, from 1 on; 0: the first
	Count     int    `hcl:"count,optional" range:"0 1000000000"` // how many matching requests meet it; 0: all from then on
}

// Effect is what goes wrong: one of the types of package fault. It implements one or more of the interfaces that follow,
// each for one stage of a [Call]. Where several effects answer or send in one stage, the first one injected does.
type Effect any

type (
	// ArrivalEffect acts when a request has arrived, before it is looked at.
	ArrivalEffect interface{ Arrive(c *Call) }
	// GatewayEffect answers before the caller is authenticated; nil lets the request pass.
	GatewayEffect interface{ AnswerAtGateway(c *Call) *Response }
	// ServiceEffect answers in place of the service once the caller is authenticated; nil lets the request pass.
	ServiceEffect interface{ AnswerAtService(c *Call) *Response }
	// ListingEffect changes a listing before its page is cut.
	ListingEffect interface{ ChangeListing(l *Listing) }
	// PageEffect changes the page of a listing.
	PageEffect interface{ ChangePage(l *Listing) }
	// ResponseEffect changes a response.
	ResponseEffect interface{ ChangeResponse(r *Response) }
	// SendEffect sends the response in place of the server.
	SendEffect interface{ Send(c *Call, r *Response) }
	// StatefulEffect is an effect that counts: each injection has its own, which Start returns.
	StatefulEffect interface{ Start() Effect }
)

// effects are the effects of a call that act in one stage.
func effects[T any](c *Call) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, injection := range c.faults {
			if effect, ok := injection.effect.(T); ok && !yield(effect) {
				return
			}
		}
	}
}

// Injection is a fault that has been injected.
type Injection struct {
	server  *Server
	fault   Fault
	effect  Effect
	matched int // requests that matched, guarded by the lock of the server
	met     int // requests that met it
}

// Inject injects a fault until [Injection.Remove], or the end of its Count. It panics if the fault is not valid.
func (s *Server) Inject(f Fault) *Injection {
	if err := f.Validate(); err != nil {
		panic("dcsapitest: " + err.Error())
	}

	i := &Injection{server: s, fault: f, effect: f.Effect}
	if stateful, ok := f.Effect.(StatefulEffect); ok {
		i.effect = stateful.Start()
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	s.injections = append(s.injections, i)

	return i
}

// Remove removes the fault.
func (i *Injection) Remove() {
	i.server.mu.Lock()
	defer i.server.mu.Unlock()

	i.server.injections = slices.DeleteFunc(i.server.injections, func(j *Injection) bool { return j == i })
}

// Met returns how many requests have met the fault.
func (i *Injection) Met() int {
	i.server.mu.Lock()
	defer i.server.mu.Unlock()

	return i.met
}

// meets counts a request if it matches, and tells whether it meets the fault. The lock is held.
func (i *Injection) meets(c *Call) bool {
	f := i.fault

	if !strings.HasPrefix(c.Path, f.Path) || f.Operation != "" && f.Operation != c.api.operation ||
		f.Instance != "" && f.Instance != c.InstanceID() {
		return false
	}

	i.matched++

	from := max(f.From, 1)
	if i.matched < from || f.Count > 0 && i.matched >= from+f.Count {
		return false
	}

	i.met++

	return true
}

// Validate returns what is wrong with a fault.
func (f Fault) Validate() error {
	if f.Effect == nil {
		return errors.New("a fault needs an effect")
	}

	if f.Operation != "" && !slices.Contains(operations(), f.Operation) {
		return fmt.Errorf("there is no operation %q; the operations are %s", f.Operation, strings.Join(operations(), ", "))
	}

	return nil
}

// wordEnd matches the last letter of a word in a Go name and what the next one begins with.
var wordEnd = regexp.MustCompile(`([a-z])([A-Z])|([A-Z])([A-Z][a-z])`)

// EffectName returns the name of an effect in scenarios and logs: "page-cap" for a PageCap.
func EffectName(e Effect) string {
	return strings.ToLower(wordEnd.ReplaceAllString(reflect.TypeOf(e).Name(), "$1$3-$2$4"))
}

// operations names the APIs that a fault can be for.
func operations() []string {
	var names []string

	for _, api := range apis() {
		if api.operation != "" {
			names = append(names, api.operation)
		}
	}

	return names
}
