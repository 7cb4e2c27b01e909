// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi"
)

// modelRuns is how many reads of a changing project there are, each with a seed of its own.
var modelRuns = flag.Uint64("model.projects", 3000, "number of reads of the model of a changing project")

// TestProjectBackups_model reads projects whose instances and backups come and go meanwhile, and some of which fail.
// Each instance that existed throughout is there exactly once, with each of its backups that did, or the error names it.
func TestProjectBackups_model(t *testing.T) {
	t.Parallel()

	const parts = 20

	for part := range uint64(parts) {
		t.Run(fmt.Sprintf("part %d", part), func(t *testing.T) {
			t.Parallel()

			for seed := part; seed < *modelRuns; seed += parts {
				synctest.Test(t, func(t *testing.T) {
					m := newProjectModel(seed)
					if problem := m.read(t); problem != "" {
						t.Errorf("seed %d: %s", seed, problem)
					}
				})
			}
		})
	}
}

// projectModel is a project that changes.
type projectModel struct {
	fakeProject

	random *rand.Rand
	// made counts what was created. deleted are the IDs of instances and backups that were deleted meanwhile, created those
	// that came meanwhile.
	made             int
	deleted, created map[string]bool
	// failing are the instances whose backups cannot be read, by the cause, and lying those that the service says are gone.
	failing map[string]string
	query   dcsapi.ProjectQuery
	skipped map[string]bool
}

func newProjectModel(seed uint64) *projectModel {
	m := &projectModel{
		random:  rand.New(rand.NewPCG(seed, 5)), //nolint:gosec // The same in every run.
		deleted: make(map[string]bool), created: make(map[string]bool), failing: make(map[string]string), skipped: make(map[string]bool),
	}

	size := m.random.IntN(40)
	if m.random.IntN(200) == 0 {
		size = 950 + m.random.IntN(200)
	}

	for range size {
		m.add(len(m.instances))
	}

	clear(m.created)

	if m.random.IntN(3) == 0 {
		for range 1 + m.random.IntN(4) {
			m.fail()
		}
	}

	if m.random.IntN(3) == 0 {
		m.query.Select = func(i *dcsapi.Instance) bool { return !m.skipped[i.ID] }

		for _, i := range m.instances {
			m.skipped[i.id] = m.random.IntN(2) == 0
		}
	}

	if len(m.instances) > 0 && m.random.IntN(4) == 0 {
		m.query.InstanceIDs = []string{m.instances[m.random.IntN(len(m.instances))].id}
	}

	latency := rand.New(rand.NewPCG(seed, 6)) //nolint:gosec // The same in every run.
	m.latency = func() time.Duration {
		return time.Duration(10+latency.IntN(100)) * time.Millisecond
	}

	return m
}

// add creates an instance at a position.
func (m *projectModel) add(at int) {
	m.made++
	i := newInstance(m.made)
	i.backups = []string{}

	for range m.random.IntN(5) {
		m.made++
		i.backups = append(i.backups, "b"+strconv.Itoa(m.made))
	}

	m.created[i.id] = true
	m.instances = slices.Insert(m.instances, at, i)
}

// fail makes an instance one that cannot be read, that cannot have backups, or one as any other.
func (m *projectModel) fail() {
	if len(m.instances) == 0 {
		return
	}

	i := m.instances[m.random.IntN(len(m.instances))]

	delete(m.failing, i.id)

	switch m.random.IntN(6) {
	case 0:
		i.answer, m.failing[i.id] = always(http.StatusForbidden, "DCS.1001"), "403 DCS.1001"
	case 1:
		i.answer, m.failing[i.id] = always(http.StatusForbidden, "DCS.1002"), "403 DCS.1002"
	case 2:
		i.answer, m.failing[i.id] = always(http.StatusNotFound, "DCS.3022"), "404 DCS.3022"
	case 3:
		i.answer, m.failing[i.id] = broken(syscall.ECONNRESET), "connection reset by peer"
	case 4:
		i.answer = always(http.StatusBadRequest, "DCS.4095")
		i.backups = []string{"not supported"}
	case 5:
		i.answer = nil
	}
}

// change deletes or creates an instance or a backup.
func (m *projectModel) change() {
	m.mu.Lock()
	defer m.mu.Unlock()

	if len(m.instances) == 0 || m.random.IntN(4) == 0 {
		m.add(m.random.IntN(len(m.instances) + 1))

		return
	}

	n := m.random.IntN(len(m.instances))
	i := m.instances[n]

	switch {
	case m.random.IntN(3) == 0:
		m.deleted[i.id] = true
		m.instances = slices.Delete(m.instances, n, n+1)
	case i.answer != nil:
	case m.random.IntN(2) == 0:
		m.made++
		i.backups = slices.Insert(slices.Clone(i.backups), 0, "b"+strconv.Itoa(m.made))
		m.created[i.backups[0]] = true
	case len(i.backups) > 0:
		m.deleted[i.backups[0]] = true
		i.backups = i.backups[1:]
	}
}

// read reads the project while it changes, and returns what is wrong.
func (m *projectModel) read(t *testing.T) string {
	t.Helper()

	before := m.want()
	stop, stopped := make(chan struct{}), make(chan struct{})
	pace := time.Duration(1+m.random.IntN(100)) * time.Millisecond
	changes := m.random.IntN(2) * m.random.IntN(30)

	go func() {
		defer close(stopped)

		for range changes {
			select {
			case <-stop:
				return
			case <-time.After(pace):
				m.change()
			}
		}
	}()

	got, _, err := m.fakeProject.read(t.Context(), t, m.query)

	close(stop)
	<-stopped

	if err != nil {
		return m.checkError(err, got, before)
	}

	for id := range m.failing {
		if !m.skipped[id] && !m.deleted[id] {
			return id + " fails, and there is no error"
		}
	}

	for _, id := range m.query.InstanceIDs {
		if !m.skipped[id] && got[id] == nil {
			return id + " must exist and is missing, and there is no error"
		}
	}

	return m.check(got, before)
}

// check returns what is wrong with what was read.
func (m *projectModel) check(got, before map[string][]string) string {
	for id, backups := range got {
		if before[id] == nil && !m.created[id] {
			return id + " never existed"
		}

		if m.skipped[id] {
			return id + " was read, and is not selected"
		}

		for _, b := range backups {
			if !slices.Contains(before[id], b) && !m.created[b] && !m.created[id] {
				return fmt.Sprintf("%s has a backup %s that never existed", id, b)
			}
		}

		sorted := slices.Sorted(slices.Values(backups))
		if len(slices.Compact(sorted)) != len(backups) {
			return fmt.Sprintf("%s has a backup twice: %v", id, backups)
		}
	}

	for id, backups := range before {
		if m.deleted[id] || m.skipped[id] {
			continue
		}

		if got[id] == nil {
			return id + " existed throughout and is missing"
		}

		for _, b := range backups {
			if !m.deleted[b] && !slices.Contains(got[id], b) {
				return fmt.Sprintf("%s lacks the backup %s, which existed throughout", id, b)
			}
		}
	}

	return ""
}

// checkError returns what is wrong with an error.
func (m *projectModel) checkError(err error, got, before map[string][]string) string {
	var failed *dcsapi.ProjectError
	if !errors.As(err, &failed) {
		return fmt.Sprintf("got %T", err)
	}

	switch {
	case errors.Is(failed.Err, dcsapi.ErrKeepsChanging):
		// Only a listing of more than one page can keep changing.
		if len(before)+m.made < 999 {
			return "the listing of one page keeps changing"
		}

		return ""
	case failed.Err != nil:
		return fmt.Sprintf("ended at once: %v", failed.Err)
	case len(failed.Causes)+len(failed.Missing) == 0:
		return "an error without a reason"
	}

	for _, id := range failed.Missing {
		if !slices.Contains(m.query.InstanceIDs, id) || !m.deleted[id] {
			return id + " is said to be missing"
		}
	}

	causes := make(map[string]string)

	for _, cause := range failed.Causes {
		for _, i := range cause.Instances {
			causes[i.ID] = toldCause(dcsapi.ProjectCause{Err: cause.Err})
			if m.failing[i.ID] == "" && !m.deleted[i.ID] {
				return fmt.Sprintf("%s is said to fail: %v", i.ID, cause.Err)
			}
		}
	}

	// All others were tried: each instance that existed throughout was read, or is named with its cause.
	for id := range before {
		if m.deleted[id] || m.skipped[id] || len(failed.Missing) > 0 && failed.Read == 0 {
			continue
		}

		if (got[id] == nil) == (causes[id] == "") {
			return fmt.Sprintf("%s was read: %t, failed: %q", id, got[id] != nil, causes[id])
		}
	}

	if failed.NotTried > 0 {
		return fmt.Sprintf("%d were not tried", failed.NotTried)
	}

	return cmp.Diff(len(got), failed.Read)
}
