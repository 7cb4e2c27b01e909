// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// FaultName names something that goes wrong in the field.
type FaultName string

// Fault is a switched-on fault: what goes wrong, for which requests, and how badly. The parameters that a fault reads
// are said with its name; others must be zero.
type Fault struct {
	Name FaultName

	// Which requests meet it; all that are given must match.
	Path string // prefix of the path below the path prefix, such as "/v3/projects"; empty: every path
	// Operation is the operation of the API, such as [ListInstances]; empty: every one.
	Operation string
	Instance  string // only listings of the backups of this instance
	From      int    // the first matching request that meets it, from 1 on; 0: the first
	Count     int    // how many matching requests meet it; 0: all from then on

	// Parameters.
	N          int64
	Status     int
	Code       string
	Message    string
	Shape      Shape
	Duration   time.Duration
	RetryAfter time.Duration
	Form       string
	Location   string
	Value      string
}

// parameter is one of the parameters of a [Fault].
type parameter string

// The parameters, named as in a scenario file.
const (
	paramN          parameter = "n"
	paramStatus     parameter = "status"
	paramCode       parameter = "code"
	paramMessage    parameter = "message"
	paramShape      parameter = "shape"
	paramDuration   parameter = "duration"
	paramRetryAfter parameter = "retry_after"
	paramForm       parameter = "form"
	paramLocation   parameter = "location"
	paramValue      parameter = "value"
)

type (
	enterFunc   func(*call, *Injection)
	replaceFunc func(*call, *Injection) *answer
	listingFunc func(Fault, *listing)
	alterFunc   func(*call, *Injection, answer) answer
	sendFunc    func(*call, *Injection, answer)
)

// faultKind is what a fault does, and where. Most have one of the functions.
type faultKind struct {
	reads     []parameter
	largestN  int64       // 0: any
	enter     enterFunc   // when the request arrives
	onTheWay  replaceFunc // answers in place of the gateway, before the caller is known
	inService replaceFunc // answers in place of the service, once the caller is accepted
	slots     listingFunc // changes the listing before the page is cut
	page      listingFunc // changes the page
	alter     alterFunc   // changes the answer
	send      sendFunc    // takes over the sending
}

// Injection is a fault in effect.
type Injection struct {
	s       *Server
	fault   Fault
	kind    faultKind
	matched int // requests that matched, guarded by the lock of the server
	met     int // requests that met it
	window  window
}

// Inject switches a fault on, until [Injection.Remove] or the end of its Count. It panics if the fault has no such
// name or a parameter that it does not read.
func (s *Server) Inject(f Fault) *Injection {
	if err := f.validate(); err != nil {
		panic("dcsapitest: " + err.Error())
	}

	i := &Injection{s: s, fault: f, kind: kinds()[f.Name]}
	s.mu.Lock()
	defer s.mu.Unlock()

	s.injections = append(s.injections, i)

	return i
}

// ClearFaults switches all faults off.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.injections = nil
}

// Remove switches the fault off.
func (i *Injection) Remove() {
	i.s.mu.Lock()
	defer i.s.mu.Unlock()

	i.s.injections = slices.DeleteFunc(i.s.injections, func(j *Injection) bool { return j == i })
}

// Met returns how many requests have met the fault.
func (i *Injection) Met() int {
	i.s.mu.Lock()
	defer i.s.mu.Unlock()

	return i.met
}

// meets counts a request if it matches, and tells whether it meets the fault. The lock is held.
func (i *Injection) meets(c *call) bool {
	if !strings.HasPrefix(c.apiPath, i.fault.Path) {
		return false
	}

	if i.fault.Operation != "" && i.fault.Operation != c.api.operation {
		return false
	}

	if i.fault.Instance != "" && !strings.Contains(c.apiPath, "/instances/"+url.PathEscape(i.fault.Instance)+"/") {
		return false
	}

	i.matched++

	from := max(i.fault.From, 1)
	if i.matched < from || i.fault.Count > 0 && i.matched >= from+i.fault.Count {
		return false
	}

	i.met++

	return true
}

// meets tells whether the call meets a fault.
func (c *call) meets(name FaultName) bool {
	return slices.ContainsFunc(c.faults, func(i *Injection) bool { return i.fault.Name == name })
}

// FaultNames returns the names of all faults, sorted.
func FaultNames() []FaultName {
	return slices.Sorted(maps.Keys(kinds()))
}

// given returns the parameters that are not zero.
func (f Fault) given() []parameter {
	set := map[parameter]bool{
		paramN: f.N != 0, paramStatus: f.Status != 0, paramCode: f.Code != "", paramMessage: f.Message != "",
		paramShape: f.Shape != "", paramDuration: f.Duration != 0, paramRetryAfter: f.RetryAfter != 0,
		paramForm: f.Form != "", paramLocation: f.Location != "", paramValue: f.Value != "",
	}
	maps.DeleteFunc(set, func(_ parameter, given bool) bool { return !given })

	return slices.Sorted(maps.Keys(set))
}

func (f Fault) validate() error {
	kind, known := kinds()[f.Name]
	if !known {
		return fmt.Errorf("there is no fault %q; the faults are %s", f.Name, joined(FaultNames()))
	}

	for _, p := range f.given() {
		if !slices.Contains(kind.reads, p) {
			return fmt.Errorf("fault %q has no parameter %q; it has %s", f.Name, p, joined(kind.reads))
		}
	}

	switch {
	case f.Operation != "" && !slices.Contains(operations(), f.Operation):
		return fmt.Errorf("there is no operation %q; the operations are %s", f.Operation, joined(operations()))
	case f.From < 0 || f.Count < 0:
		return errors.New("from and count must not be negative")
	case f.N < 0:
		return errors.New("n must not be negative")
	case kind.largestN > 0 && f.N > kind.largestN:
		return fmt.Errorf("n must be at most %d", kind.largestN)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return errors.New("status must be 200 to 599")
	case f.Shape != "" && !slices.Contains(shapes, f.Shape):
		return fmt.Errorf("shape must be one of %s", joined(shapes))
	case f.RetryAfter < 0:
		return errors.New("retry_after must not be negative")
	case f.Form != "" && f.Form != "seconds" && f.Form != "date":
		return errors.New(`form must be "seconds" or "date"`)
	case f.Duration < 0 && f.Name != ClockSkew:
		return errors.New("duration must not be negative")
	case f.Name == TotalValue && !json.Valid([]byte(f.Value)):
		return errors.New("value must be JSON")
	}

	return nil
}

// joined lists names for an error.
func joined[S ~string](names []S) string {
	if len(names) == 0 {
		return "none"
	}

	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", string(name))
	}

	return strings.Join(quoted, ", ")
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

// kinds is the registry of all faults.
func kinds() map[FaultName]faultKind {
	all := listingKinds()
	maps.Copy(all, answerKinds())
	maps.Copy(all, wireKinds())

	return all
}
