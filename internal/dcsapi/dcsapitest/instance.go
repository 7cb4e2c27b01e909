// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest/internal/signature"
)

// Instance is a DCS instance and its backups. What a listing of instances shows and the instance does not say is made up
// from its ID, when it is added.
type Instance struct {
	ID         string   `hcl:"id"`                   // empty: one is made up when the instance is added
	ProjectID  string   `hcl:"project_id,optional"`  // empty: [ProjectID]
	SingleNode bool     `hcl:"single_node,optional"` // a single-node instance cannot be backed up, and its listing of backups is refused
	Backups    []Backup `hcl:"backups,block"`

	Name                string    `hcl:"name,optional"`
	Status              string    `hcl:"status,optional"` // default RUNNING
	Engine              string    `hcl:"engine,optional"` // default Redis
	EngineVersion       string    `hcl:"engine_version,optional"`
	SpecCode            string    `hcl:"spec_code,optional"`
	Capacity            int       `hcl:"capacity,optional"`       // GB; 0 for instances that are smaller
	CapacityMinor       string    `hcl:"capacity_minor,optional"` // GB of an instance that is smaller than one: ".125"
	CreatedAt           time.Time `hcl:"created_at,optional"`
	EnterpriseProjectID string    `hcl:"enterprise_project_id,optional"` // default 0
	Tags                []Tag     `hcl:"tags,optional"`

	// Raw replaces what is sent for a field of the listing of instances, as [Backup.Raw] does.
	Raw map[string]any `hcl:"raw,optional"`
}

// Order is the order of a listing; the API does not document one.
type Order string

// The orders that a service might list in.
const (
	NewestFirst Order = "newest-first"
	OldestFirst Order = "oldest-first"
	Shuffled    Order = "shuffled" // another one for each request
)

// instance is an [Instance] as kept: its backups in order, and everything rendered once.
type instance struct {
	Instance
	json    []byte   // in a listing of instances
	records [][]byte // of the backups
}

// AddInstance adds an instance with its backups, also while the project is being read, or replaces the one with its ID.
// It panics if an [Instance.Raw] or a [Backup.Raw] is no JSON.
func (s *Server) AddInstance(i Instance) {
	s.mu.Lock()
	defer s.mu.Unlock()

	i.ID = s.idOr(i.ID)
	i = i.withDefaults()

	added := &instance{Instance: i, json: s.encode("instance "+i.ID, i.fields(), i.Raw)}
	s.instances[i.ID] = added
	s.setBackups(added, i.Backups)
}

// RemoveInstance removes an instance with its backups; it is not an error if there is none.
func (s *Server) RemoveInstance(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()

	delete(s.instances, id)
}

// Instances returns the instances of a project, newest first, with what was made up for them.
func (s *Server) Instances(projectID string) []Instance {
	s.mu.Lock()
	defer s.mu.Unlock()

	found := []Instance{}
	for _, i := range s.projectInstances(projectID) {
		found = append(found, i.Instance)
	}

	return found
}

// Backups returns the backups of an instance, newest first, with the IDs that were made up; none if there is no such
// instance.
func (s *Server) Backups(instanceID string) []Backup {
	s.mu.Lock()
	defer s.mu.Unlock()

	i := s.instances[instanceID]
	if i == nil {
		return nil
	}

	return slices.Clone(i.Backups)
}

// ChangeBackups replaces the backups of an instance, newest first, by what change returns, also while they are being read.
// change must not call the server. Nothing happens if there is no such instance.
func (s *Server) ChangeBackups(instanceID string, change func([]Backup) []Backup) {
	s.mu.Lock()
	defer s.mu.Unlock()

	if i := s.instances[instanceID]; i != nil {
		s.setBackups(i, change(slices.Clone(i.Backups)))
	}
}

// SetBackups replaces the backups of an instance; see [Server.ChangeBackups].
func (s *Server) SetBackups(instanceID string, backups []Backup) {
	s.ChangeBackups(instanceID, func([]Backup) []Backup { return backups })
}

// SetOrder sets the order of all listings from now on.
func (s *Server) SetOrder(order Order) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.order = order
}

func (s *Server) setBackups(i *instance, backups []Backup) {
	i.Backups = slices.Clone(backups)
	for n := range i.Backups {
		b := &i.Backups[n]

		b.ID, b.InstanceID = s.idOr(b.ID), cmp.Or(b.InstanceID, i.ID)
	}

	slices.SortStableFunc(i.Backups, func(a, b Backup) int { return b.CreatedAt.Compare(a.CreatedAt) })

	i.records = make([][]byte, len(i.Backups))
	for n, b := range i.Backups {
		i.records[n] = s.encode("backup "+b.ID, b.fields(), b.Raw)
	}
}

// idOr returns the ID given or, if it is empty, another one each time, the same in every run.
func (s *Server) idOr(id string) string {
	if id == "" {
		s.made++
		id = uuid(fmt.Sprintf("made up %d", s.made))
	}

	return id
}

// uuid makes an ID out of a name, always the same.
func uuid(name string) string {
	digits := signature.Hash([]byte(name))
	raw, _ := hex.DecodeString(digits[:32])
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80

	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}
