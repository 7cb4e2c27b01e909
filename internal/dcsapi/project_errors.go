// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"terraform-provider-dcs/internal/transport"
)

// InstanceIDError says that an instance of the listing has no ID, or one that cannot be part of a URL.
type InstanceIDError struct {
	Instance Instance
}

func (e *InstanceIDError) Error() string {
	return fmt.Sprintf("the instance %q has the ID %q, which cannot be part of a URL: letters, digits, - and _ are allowed",
		e.Instance.Name, e.Instance.ID)
}

// ProjectError says why a project could not be read as a whole.
type ProjectError struct {
	// Region and ProjectID are where the read was made, as far as that is known.
	Region    string
	ProjectID string
	// Selected is how many instances were selected, negative where the listing of instances was not read, and Read of how
	// many of them the backups had been read.
	Selected int
	Read     int
	// NotTried is how many instances were not tried because ten failures for one cause followed one another.
	NotTried int
	// Causes are why the backups of some instances could not be read: first the one for which no further instances were
	// tried, then the one that most instances have in common.
	Causes []ProjectCause
	// Missing are those of ProjectQuery.InstanceIDs that are not in the project, or no longer, sorted.
	Missing []string
	// Err is why the read ended at once, such as a refusal of the credentials, the context's error, or that of the listing of
	// instances. It is nil where Causes or Missing is why.
	Err error
}

// ProjectCause is one reason for which the backups of instances could not be read: the same status and code, or the same
// kind of failure where there was no response.
type ProjectCause struct {
	// Err is the error of the first of Instances.
	Err error
	// Instances are in the order of their IDs.
	Instances []Instance
}

func (e *ProjectError) Error() string {
	switch {
	case e.Err != nil:
		return e.Err.Error()
	case len(e.Causes) > 0:
		return fmt.Sprintf("the backups of %d of %d instances could not be read: %s",
			len(e.Causes[0].Instances), e.Selected, e.Causes[0].Err)
	default:
		return "the project does not have these instances: " + strings.Join(e.Missing, ", ")
	}
}

// OfInstanceListing reports whether the read ended because the instances could not be listed, before their backups were read
// or when instances that were gone were looked for.
func (e *ProjectError) OfInstanceListing() bool {
	var listing *ReadError

	return e.Selected < 0 || errors.As(e.Err, &listing) && listing.InstanceID == ""
}

// Unwrap returns Err, or else the error of each cause.
func (e *ProjectError) Unwrap() []error {
	if e.Err != nil {
		return []error{e.Err}
	}

	all := make([]error, len(e.Causes))
	for i, cause := range e.Causes {
		all[i] = cause.Err
	}

	return all
}

// causes collects failures by their cause.
type causes struct {
	all map[causeKey][]failedInstance
	// last is the cause of the latest failure, and inARow how many for it followed one another with no instance read.
	last   causeKey
	inARow int
	// stopped is the cause for which maxInARow did, so that no further instances are tried. Nil while none is.
	stopped *causeKey
}

type failedInstance struct {
	instance *Instance
	err      error
}

// causeKey is equal for failures that have a cause in common.
type causeKey struct {
	status int
	code   string
	kind   string
}

// add adds the failure of an instance.
func (c *causes) add(instance *Instance, err error) {
	if c.all == nil {
		c.all = make(map[causeKey][]failedInstance)
	}

	key := newCauseKey(err)
	c.all[key] = append(c.all[key], failedInstance{instance, err})

	if key != c.last {
		c.last, c.inARow = key, 0
	}

	c.inARow++

	if c.inARow == maxInARow && c.stopped == nil {
		c.stopped = &key
	}
}

// sorted returns the causes, the one for which no further instances were tried first. The order of the others, and of the
// instances of each, does not depend on that in which the instances were read.
func (c *causes) sorted() []ProjectCause {
	for _, failed := range c.all {
		slices.SortFunc(failed, func(a, b failedInstance) int { return cmp.Compare(a.instance.ID, b.instance.ID) })
	}

	rank := func(key causeKey) int {
		if c.stopped != nil && key == *c.stopped {
			return 0
		}

		return 1
	}

	var all []ProjectCause

	for _, key := range slices.SortedFunc(maps.Keys(c.all), func(a, b causeKey) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(c.all[b]), len(c.all[a])),
			cmp.Compare(c.all[a][0].instance.ID, c.all[b][0].instance.ID))
	}) {
		cause := ProjectCause{Err: c.all[key][0].err}
		for _, f := range c.all[key] {
			cause.Instances = append(cause.Instances, *f.instance)
		}

		all = append(all, cause)
	}

	return all
}

func newCauseKey(err error) causeKey {
	var (
		response *transport.Error
		broken   *transport.ConnectionError
	)

	switch {
	case errors.As(err, &response):
		return causeKey{status: response.Status, code: response.Code}
	case errors.As(err, &broken):
		return causeKey{status: broken.Status, kind: kindOf(broken.Err)}
	default:
		return causeKey{kind: kindOf(err)}
	}
}

// kindOf returns the kind of failure that err is, the same for two errors that differ in addresses or other details.
func kindOf(err error) string {
	if host, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Sprintf("resolver, not found: %t", host.IsNotFound)
	}

	if proxy, ok := errors.AsType[*transport.ProxyError](err); ok {
		return fmt.Sprintf("proxy, status %d", proxy.Status)
	}

	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			break
		}

		err = inner
	}

	// The text of a typed error may hold details, that of errors.New does not.
	kind := fmt.Sprintf("%T", err)
	if kind == "*errors.errorString" || kind == "syscall.Errno" {
		kind = err.Error()
	}

	return kind
}
