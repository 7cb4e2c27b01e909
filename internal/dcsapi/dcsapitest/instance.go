// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Instance is a DCS instance and its backups. What a listing of instances shows and the instance does not say is made up
// from its ID, when it is added.
type Instance struct {
	ID         string
	ProjectID  string // empty: [ProjectID]
	SingleNode bool   // a single-node instance cannot be backed up, and its listing of backups is refused
	Backups    []Backup

	Name                string
	Status              string // default RUNNING
	Engine              string // default Redis
	EngineVersion       string
	SpecCode            string
	Capacity            int    // GB; 0 for instances that are smaller
	CapacityMinor       string // GB of an instance that is smaller than one: ".125"
	CreatedAt           time.Time
	EnterpriseProjectID string // default 0
	Tags                []Tag

	// Raw replaces what is sent for a field of the listing of instances, as [Backup.Raw] does.
	Raw map[string]any
}

// Order is the order of a listing; the API does not document one.
type Order string

// The orders that a service might list in.
const (
	NewestFirst Order = "newest-first"
	OldestFirst Order = "oldest-first"
	Shuffled    Order = "shuffled" // another one for each request
)

var orders = []Order{NewestFirst, OldestFirst, Shuffled}

// instance is an [Instance] as kept: its records in order, and rendered once.
type instance struct {
	Instance
	json    []byte   // in a listing of instances
	records []record // newest first; replaced, never changed
	made    uint64   // backups whose ID was made up
}

type record struct {
	id      string
	created time.Time
	json    []byte
}

// AddInstance adds an instance with its backups, also while the project is being read, or replaces the one with its ID.
// It panics if an [Instance.Raw] or a [Backup.Raw] is no JSON.
func (s *Server) AddInstance(i Instance) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.addInstance(i)
}

func (s *Server) addInstance(i Instance) {
	i = i.withDefaults()

	encoded, err := encodeFields(i.fields(), i.Raw, s.emptyAs)
	if err != nil {
		panic(fmt.Sprintf("dcsapitest: instance %s: %v", i.ID, err))
	}

	added := &instance{Instance: i, json: encoded}
	s.instances[i.ID] = added
	s.setBackups(added, i.Backups)
}

// RemoveInstance removes an instance with its backups; it is not an error if there is none.
func (s *Server) RemoveInstance(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()

	delete(s.instances, id)
}

// Instances returns the instances of all projects, by ID, with what was made up for them.
func (s *Server) Instances() []Instance {
	s.mu.Lock()
	defer s.mu.Unlock()

	var found []Instance
	for _, id := range slices.Sorted(maps.Keys(s.instances)) {
		found = append(found, s.instances[id].Instance)
	}

	return found
}

// Backups returns the backups of an instance, newest first, with the IDs that were made up.
func (s *Server) Backups(instanceID string) []Backup {
	s.mu.Lock()
	defer s.mu.Unlock()

	return slices.Clone(s.instance(instanceID).Backups)
}

// SetBackups replaces the backups of an instance. It panics if there is no such instance.
func (s *Server) SetBackups(instanceID string, backups []Backup) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.setBackups(s.instance(instanceID), backups)
}

// AddBackups adds backups to an instance, also while it is being read. It panics if there is no such instance.
func (s *Server) AddBackups(instanceID string, backups ...Backup) {
	s.mu.Lock()
	defer s.mu.Unlock()

	i := s.instance(instanceID)
	s.setBackups(i, slices.Concat(i.Backups, backups))
}

// RemoveBackup removes a backup from an instance and tells whether it was there. It panics if there is no such
// instance.
func (s *Server) RemoveBackup(instanceID, backupID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()

	i := s.instance(instanceID)
	left := slices.DeleteFunc(slices.Clone(i.Backups), func(b Backup) bool { return b.ID == backupID })
	removed := len(left) < len(i.Backups)
	s.setBackups(i, left)

	return removed
}

// SetOrder sets the order of all listings from now on.
func (s *Server) SetOrder(order Order) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.order = order
}

func (s *Server) instance(id string) *instance {
	i := s.instances[id]
	if i == nil {
		panic(fmt.Sprintf("dcsapitest: there is no instance %q; add it first", id))
	}

	return i
}

func (s *Server) setBackups(i *instance, backups []Backup) {
	i.Backups = slices.Clone(backups)
	for n := range i.Backups {
		b := &i.Backups[n]

		b.InstanceID = cmp.Or(b.InstanceID, i.ID)
		if b.ID == "" {
			i.made++
			b.ID = uuid(fmt.Sprintf("%s backup %d", i.ID, i.made))
		}
	}

	slices.SortStableFunc(i.Backups, func(a, b Backup) int { return b.CreatedAt.Compare(a.CreatedAt) })

	i.records = make([]record, len(i.Backups))
	for n, b := range i.Backups {
		encoded, err := b.encode(s.emptyAs)
		if err != nil {
			panic(fmt.Sprintf("dcsapitest: backup %s of instance %s: %v", b.ID, i.ID, err))
		}

		i.records[n] = record{id: b.ID, created: b.CreatedAt, json: encoded}
	}
}

// uuid makes an ID out of a name, always the same.
func uuid(name string) string {
	digits := hash([]byte(name))
	raw, _ := hex.DecodeString(digits[:32])
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80

	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}
