// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

const (
	// firstReads is how many instances are read at the same time at first. Each one that succeeds lets one more be read, as
	// in the transport's window for a host, and maxReadsAtOnce bounds that.
	firstReads     = 10
	maxReadsAtOnce = 64
	// maxRecordsAtOnce bounds how many records are in memory while they are read, where all instances have as many as the
	// one with the most so far: ten thousand take about 10 MiB. It leaves firstReads.
	maxRecordsAtOnce = 10_000
	// maxInARow is after how many failures for one cause, with no instance read in between, no further instances are tried.
	maxInARow = 10
)

// ProjectQuery says which backups of a project are asked for.
type ProjectQuery struct {
	// Region and ProjectID say where, as in [Query].
	Region    string
	ProjectID string
	// BeginTime and EndTime bound when a backup was created, as in [Query].
	BeginTime time.Time
	EndTime   time.Time
	// InstanceIDs are instances that must exist. Nil means none.
	InstanceIDs []string
	// Select reports whether the backups of an instance are read. Nil means of every instance.
	Select func(*Instance) bool
}

// InstanceBackups is one instance and the listing of its backups.
type InstanceBackups struct {
	Instance Instance
	// BackupSupported is false where the service says that the instance cannot have backups (DCS.4095). Then Listing is empty.
	BackupSupported bool
	Listing         Listing
}

// ProjectListing is the result of a project query.
type ProjectListing struct {
	// Region and ProjectID are where the query was made.
	Region    string
	ProjectID string
	// InstanceMisfits and BackupMisfits are the values that did not fit their field, at most one for each field, over the
	// whole read. Of the backups of several instances the first is one of the instance with the lowest ID.
	InstanceMisfits []Misfit
	BackupMisfits   []Misfit
}

// ProjectBackups lists the instances of a project and reads the backups of those that query selects, several at the same
// time. It calls visit with each as soon as it is read: at most one call at a time, in any order. What visit does not keep is
// not kept.
//
// visit gets each instance that existed during the whole call exactly once. One that was deleted meanwhile is left out unless
// query.InstanceIDs names it. The error is a [*ProjectError], and then nothing that visit was given is to be used.
func (c *Client) ProjectBackups(
	ctx context.Context, query ProjectQuery, visit func(InstanceBackups),
) (ProjectListing, error) {
	scope, err := c.scope(ctx, query.Region, query.ProjectID)
	if err != nil {
		return ProjectListing{}, notListed(err, scope)
	}

	instances, misfits, err := c.instances(ctx, scope)
	if err != nil {
		return ProjectListing{}, notListed(err, scope)
	}

	if err := checkIDs(instances); err != nil {
		return ProjectListing{}, notListed(err, scope)
	}

	r := &projectRead{client: c, scope: scope, query: query, visit: visit}

	if r.missing = missing(query.InstanceIDs, instances); len(r.missing) > 0 {
		return ProjectListing{}, r.failure(nil)
	}

	if query.Select != nil {
		instances = slices.DeleteFunc(instances, func(i Instance) bool { return !query.Select(&i) })
	}

	r.instances = instances
	if err := r.run(ctx); err != nil {
		return ProjectListing{}, err
	}

	return ProjectListing{
		Region: scope.Region, ProjectID: scope.ProjectID,
		InstanceMisfits: misfits.list(), BackupMisfits: r.misfits.list(),
	}, nil
}

// notListed returns the error of a read for which the instances could not be listed.
func notListed(err error, scope auth.Scope) error {
	return &ProjectError{Region: scope.Region, ProjectID: scope.ProjectID, Selected: -1, Err: inScope(err, scope, "")}
}

// instances lists the instances of the project.
func (c *Client) instances(ctx context.Context, scope auth.Scope) ([]Instance, misfits, error) {
	fetch := func(ctx context.Context, r request) (page[sentInstance], error) {
		return fetchPage(ctx, c, scope, instanceResource, r, make(url.Values), "instances")
	}

	sent, err := list(ctx, instanceResource.id, 0, 0, fetch)
	if err != nil {
		return nil, nil, inScope(err, scope, "")
	}

	instances := make([]Instance, len(sent.records))
	for i := range sent.records {
		instances[i] = sent.records[i].instance()
	}

	return instances, sent.misfits, nil
}

// checkIDs returns an error where an instance has no ID, or one that it cannot be asked for.
func checkIDs(instances []Instance) error {
	for i := range instances {
		if !endpoint.IsIdentifier(instances[i].ID) {
			return &InstanceIDError{Instance: instances[i]}
		}
	}

	return nil
}

// missing returns the IDs of required that no instance has, sorted.
func missing(required []string, instances []Instance) []string {
	ids := idSet(instances)
	missing := slices.DeleteFunc(slices.Clone(required), func(id string) bool { return ids[id] })
	slices.Sort(missing)

	return slices.Compact(missing)
}

func idSet(instances []Instance) map[string]bool {
	ids := make(map[string]bool, len(instances))
	for i := range instances {
		ids[instances[i].ID] = true
	}

	return ids
}

// projectRead reads the backups of the instances of a project. Its fields are used by one goroutine.
type projectRead struct {
	client *Client
	scope  auth.Scope
	query  ProjectQuery
	visit  func(InstanceBackups)
	// instances are those to be read, the first tried of which were begun and read of them were read.
	instances   []Instance
	tried, read int

	// gone are those that the service says do not exist any more, causes why others could not be read, and missing the
	// IDs that must exist and do not.
	gone    []failedInstance
	causes  causes
	missing []string
	misfits lowestMisfits
}

// run reads all instances. Its error is a [*ProjectError].
func (r *projectRead) run(ctx context.Context) error {
	if err := r.readAll(ctx); err != nil {
		return r.failure(err)
	}

	if r.causes.stopped == nil && len(r.gone) > 0 {
		if err := r.lookForGone(ctx); err != nil {
			return r.failure(err)
		}
	}

	if len(r.causes.all) > 0 || len(r.missing) > 0 {
		return r.failure(nil)
	}

	return nil
}

// instanceRead is the outcome of reading one instance.
type instanceRead struct {
	instance *Instance
	listing  Listing
	err      error
}

// readAll reads each instance, several at the same time. It returns an error where one ended the read of all.
func (r *projectRead) readAll(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	reads := make(chan instanceRead)
	running, limit, mostRecords := 0, firstReads, 1

	defer func() { // No request is in flight when it returns.
		cancel()

		for ; running > 0; running-- {
			<-reads
		}
	}()

	for {
		for ; running < limit && r.tried < len(r.instances) && r.causes.stopped == nil; running++ {
			instance := &r.instances[r.tried]
			r.tried++

			go func() { reads <- r.readInstance(ctx, instance) }()
		}

		if running == 0 {
			return nil
		}

		read := <-reads
		running--

		if read.err != nil && endsAtOnce(ctx, read.err) {
			return endOf(ctx, read.err)
		}

		mostRecords = max(mostRecords, len(read.listing.Backups))

		if r.take(read) {
			limit = min(limit+1, maxReadsAtOnce, max(firstReads, maxRecordsAtOnce/mostRecords))
		}
	}
}

func (r *projectRead) readInstance(ctx context.Context, instance *Instance) instanceRead {
	listing, err := r.client.backups(ctx, r.scope, Query{
		InstanceID: instance.ID, BeginTime: r.query.BeginTime, EndTime: r.query.EndTime,
	})

	return instanceRead{instance, listing, err}
}

// take passes on what was read of an instance, or notes why it was not read. It reports whether it was.
func (r *projectRead) take(read instanceRead) bool {
	switch {
	case read.err == nil || IsBackupUnsupported(read.err):
		r.read++
		r.causes.inARow = 0
		r.misfits.add(read.instance.ID, read.listing.Misfits)
		r.visit(InstanceBackups{Instance: *read.instance, BackupSupported: read.err == nil, Listing: read.listing})

		return true
	case IsInstanceNotFound(read.err):
		r.gone = append(r.gone, failedInstance{read.instance, read.err})
	default:
		r.causes.add(read.instance, read.err)
	}

	return false
}

// lookForGone looks for the instances that the service says are gone in the whole listing, read once more. One that is still
// there could not be read; one that is not is left out unless it must exist.
func (r *projectRead) lookForGone(ctx context.Context) error {
	instances, _, err := r.client.instances(ctx, r.scope)
	if err != nil {
		return err
	}

	listed := idSet(instances)

	for _, gone := range r.gone {
		switch id := gone.instance.ID; {
		case listed[id]:
			r.causes.add(gone.instance, gone.err)
		case slices.Contains(r.query.InstanceIDs, id):
			r.missing = append(r.missing, id)
		}
	}

	slices.Sort(r.missing)

	return nil
}

// failure returns the error of the read. ended is what ended it at once, nil where all instances were tried.
func (r *projectRead) failure(ended error) error {
	failure := &ProjectError{
		Region: r.scope.Region, ProjectID: r.scope.ProjectID, Selected: len(r.instances), Read: r.read,
		Causes: r.causes.sorted(), Missing: r.missing, Err: ended,
	}
	if r.causes.stopped != nil {
		failure.NotTried = len(r.instances) - r.tried
	}

	return failure
}

// endOf returns the error with which the read ended that got err: that of the context where it has ended.
func endOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		return &transport.InterruptedError{Err: cause, Last: err}
	}

	return err
}

// endsAtOnce reports whether err, with which the read of one instance ended, ends that of all: the credentials are refused
// or cannot be obtained, or there is no time left.
func endsAtOnce(ctx context.Context, err error) bool {
	var (
		login    *auth.LoginError
		missing  *auth.MissingError
		wait     *transport.WaitError
		response *transport.Error
	)

	return ctx.Err() != nil || errors.As(err, &login) || errors.As(err, &missing) || errors.As(err, &wait) ||
		errors.As(err, &response) && response.Status == http.StatusUnauthorized
}

// The codes that are no failure of a read of several instances.
//
// Source: DCS API reference, error codes.
const (
	codeUnsupported = "DCS.4095"
	codeNotFound    = "DCS.3022"
	codeNotFoundV1  = "111404022" // API v1.
)

// IsBackupUnsupported reports whether err is a response that says that an instance cannot have backups.
func IsBackupUnsupported(err error) bool {
	var response *transport.Error

	return errors.As(err, &response) && response.Status == http.StatusBadRequest && response.Code == codeUnsupported
}

// IsInstanceNotFound reports whether err is a response that says that there is no such instance.
func IsInstanceNotFound(err error) bool {
	var response *transport.Error

	return errors.As(err, &response) && response.Status == http.StatusNotFound &&
		(response.Code == codeNotFound || response.Code == codeNotFoundV1)
}

// lowestMisfits merges the misfits of several instances.
type lowestMisfits struct {
	byField map[string]*instanceMisfit
}

// instanceMisfit is a misfit of a field, first that of the instance with that ID.
type instanceMisfit struct {
	Misfit

	instanceID string
}

// add adds the misfits of an instance. The order of calls makes no difference.
func (l *lowestMisfits) add(instanceID string, misfits []Misfit) {
	for _, next := range misfits {
		if l.byField == nil {
			l.byField = make(map[string]*instanceMisfit)
		}

		known := l.byField[next.Field]
		if known == nil {
			l.byField[next.Field] = &instanceMisfit{next, instanceID}

			continue
		}

		known.More += 1 + next.More
		if instanceID < known.instanceID {
			known.ID, known.Value, known.instanceID = next.ID, next.Value, instanceID
		}
	}
}

// list returns the misfits in the order of the fields of a backup.
func (l *lowestMisfits) list() []Misfit {
	var all []Misfit

	for _, f := range backupResource.fields {
		if m := l.byField[f.name]; m != nil {
			all = append(all, m.Misfit)
		}
	}

	return all
}
