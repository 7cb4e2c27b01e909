// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package scenario reads files that say what a local DCS holds and what goes wrong in it.
//
// A file is HCL, or JSON under the same names (https://github.com/hashicorp/hcl/blob/main/json/spec.md). Every argument
// is optional but those marked with *. Times are RFC 3339, or relative to the start such as "-26h" or "-3d"; durations are
// such as "90s" or "5m". A file that has projects, keys or users replaces those that are there by default.
//
//	region         = "cn-north-4"
//	path_prefix    = "/dcs-prefix"
//	order          = "newest-first"   # oldest-first, shuffled
//	empty_as       = "null"           # how a field without a value is sent: object, absent, string
//	token_lifetime = "24h"
//	key_lifetime   = "30s"            # of temporary keys, whatever is asked for
//
//	metadata { mode = "v2" }          # off, v1, v2, no-agency; token_status = 404
//
//	domains            { id*, name* }
//	projects           { id*, name*, domain_id, disabled }
//	keys               { access_key*, secret_key*, security_token, expires, domain_id }
//	users              { id*, name*, password*, domain_id }
//	tokens             { token*, project_id, expires, domain_id }
//	agencies           { name*, domain_id, trusted_domain_id }
//	identity_providers { id*, id_tokens*, domain_id }
//
//	instances {
//	  id = "orders"                   # *
//	  # project_id, single_node, name, status, engine, engine_version, spec_code, capacity, capacity_minor, created_at,
//	  # enterprise_project_id, tags, raw
//
//	  backups  { created_at = "-26h" }
//	  generate { count = 25 }         # *; newest, interval, statuses, types, formats, huge_sizes, seed
//	}
//
//	generate { count = 200 }          # * instances; backups (of each), project_id, seed
//
//	faults {
//	  name = "cut-body"               # *; path, operation, instance, from, count, and the parameters of the effect
//	}
//
// A backup has the API's fields; what is not given is made up to fit its status, and null is sent as a missing value. Two
// more arguments serve for what the API should not send: raw is an object whose values are sent as they are, under any
// name, and absent lists fields that are left out.
package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

// Scenario is what a server holds and what goes wrong in it.
type Scenario struct {
	Region            string                        `hcl:"region,optional"`
	PathPrefix        string                        `hcl:"path_prefix,optional"`
	Order             dcsapitest.Order              `hcl:"order,optional" values:"newest-first oldest-first shuffled"`
	EmptyAs           dcsapitest.EmptyStyle         `hcl:"empty_as,optional" values:"null object absent string"`
	TokenLifetime     time.Duration                 `hcl:"token_lifetime,optional"`
	KeyLifetime       time.Duration                 `hcl:"key_lifetime,optional"`
	Metadata          dcsapitest.Metadata           `hcl:"metadata,block"`
	Domains           []dcsapitest.Domain           `hcl:"domains,block"`
	Projects          []dcsapitest.Project          `hcl:"projects,block"`
	Keys              []dcsapitest.Key              `hcl:"keys,block"`
	Users             []dcsapitest.User             `hcl:"users,block"`
	Tokens            []dcsapitest.Token            `hcl:"tokens,block"`
	Agencies          []dcsapitest.Agency           `hcl:"agencies,block"`
	IdentityProviders []dcsapitest.IdentityProvider `hcl:"identity_providers,block"`
	Instances         []dcsapitest.Instance
	Faults            []dcsapitest.Fault
}

// Read reads a scenario file; relative times count from now. The error has one line, with the position in the file, for
// each thing that is wrong.
func Read(name string, now time.Time) (Scenario, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return Scenario{}, fmt.Errorf("reading the scenario: %w", err)
	}

	return Parse(src, name, now)
}

// Parse reads a scenario as [Read] does. The name is for errors; src is JSON if it ends in ".json", or if src begins with
// a brace.
func Parse(src []byte, name string, now time.Time) (Scenario, error) {
	var (
		parsed *hcl.File
		diags  hcl.Diagnostics
	)

	if filepath.Ext(name) == ".json" || strings.HasPrefix(strings.TrimSpace(string(src)), "{") {
		parsed, diags = json.Parse(src, name)
	} else {
		parsed, diags = hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	}

	d := &decoder{now: now, diags: diags}

	var f file
	if !diags.HasErrors() {
		d.decode(parsed.Body, &f)
		f.check(d, parsed.Body.MissingItemRange())
	}

	var errs []error
	for _, diag := range d.diags {
		errs = append(errs, diag)
	}

	if len(errs) > 0 {
		return Scenario{}, errors.Join(errs...)
	}

	return f.scenario(), nil
}

// file is the file as it is written.
type file struct {
	Scenario

	Instances []instance `hcl:"instances,block"`
	Generate  []fleet    `hcl:"generate,block"`
	Faults    []injected `hcl:"faults,block"`
}

func (f *file) scenario() Scenario {
	s := f.Scenario

	for _, i := range f.Instances {
		s.Instances = append(s.Instances, i.instance())
	}

	for _, g := range f.Generate {
		s.Instances = append(s.Instances, g.instances()...)
	}

	for _, f := range f.Faults {
		s.Faults = append(s.Faults, f.Fault)
	}

	return s
}

// check reports what is wrong between the parts of a file.
func (f *file) check(d *decoder, place hcl.Range) {
	if f.PathPrefix != "" && (f.PathPrefix[0] != '/' || strings.ContainsAny(f.PathPrefix, "?#% ")) {
		d.problem(place, "path_prefix must be a path such as \"/dcs-prefix\". Got: %q.", f.PathPrefix)
	}

	if f.TokenLifetime < 0 || f.KeyLifetime < 0 {
		d.problem(place, "token_lifetime and key_lifetime must be positive.")
	}

	projects := []string{dcsapitest.ProjectID}
	if len(f.Projects) > 0 {
		projects = nil
	}

	for _, p := range f.Projects {
		projects = append(projects, p.ID)
	}

	seen := map[string]bool{}

	for _, i := range f.Instances {
		if seen[i.ID] {
			d.problem(i.place, "Another instance has the ID %q too.", i.ID)
		}

		seen[i.ID] = true
		if i.ProjectID != "" && !slices.Contains(projects, i.ProjectID) {
			d.problem(i.place, "There is no project %q. The projects are %s.", i.ProjectID, strings.Join(projects, ", "))
		}
	}
}

// instance is a block "instances".
type instance struct {
	dcsapitest.Instance

	Backups  []backup `hcl:"backups,block"`
	Generate []series `hcl:"generate,block"`

	place hcl.Range
}

func (i *instance) decodeBlock(d *decoder, body hcl.Body) {
	i.place = body.MissingItemRange()
	d.decode(body, i)
}

func (i *instance) instance() dcsapitest.Instance {
	for _, b := range i.Backups {
		i.Instance.Backups = append(i.Instance.Backups, b.Backup)
	}

	for _, g := range i.Generate {
		i.Instance.Backups = append(i.Instance.Backups, g.Backups(g.Count)...)
	}

	return i.Instance
}

// backup is a block "backups" of an instance.
type backup struct {
	dcsapitest.Backup

	Absent []string `hcl:"absent,optional"`
}

// decodeBlock decodes the block twice: first to see what is to be made up, then over what was.
func (b *backup) decodeBlock(d *decoder, body hcl.Body) {
	b.Backup = dcsapitest.Backup{Type: "manual", Format: "rdb", Status: "succeed", CreatedAt: d.now}
	problems := d.diags
	d.decode(body, b)
	d.diags = problems

	b.Backup = dcsapitest.Generator{
		Seed: d.nextSeed(), Newest: b.CreatedAt, Statuses: []string{b.Status}, Types: []string{b.Type},
		Formats: []string{b.Format},
	}.Backups(1)[0]
	d.decode(body, b)

	for _, name := range b.Absent {
		if b.Raw == nil {
			b.Raw = map[string]any{}
		}

		b.Raw[name] = dcsapitest.Absent
	}
}

// What one block may generate, so that a typo does not fill the memory.
const (
	maxGenerated = 100_000
	maxBackups   = 200_000
)

// series is a block "generate" of an instance.
type series struct {
	dcsapitest.Generator

	Count int `hcl:"count"`
}

func (s *series) decodeBlock(d *decoder, body hcl.Body) {
	s.Seed, s.Newest = d.nextSeed(), d.now
	d.decode(body, s)

	if s.Count < 0 || s.Count > maxGenerated {
		d.problem(body.MissingItemRange(), "count must be 0 to %d. Got: %d.", maxGenerated, s.Count)
	}

	if s.Interval < 0 {
		d.problem(body.MissingItemRange(), "interval must be positive. Got: %s.", s.Interval)
	}
}

// fleet is a block "generate" of the file.
type fleet struct {
	Count     int    `hcl:"count"`
	Backups   int    `hcl:"backups,optional"`
	ProjectID string `hcl:"project_id,optional"`
	Seed      uint64 `hcl:"seed,optional"`
}

func (f *fleet) decodeBlock(d *decoder, body hcl.Body) {
	f.Seed = d.nextSeed()
	d.decode(body, f)

	if f.Count < 0 || f.Backups < 0 || f.Count > maxGenerated || int64(f.Count)*int64(f.Backups) > maxBackups {
		d.problem(body.MissingItemRange(), "count must be at most %d, and count times backups at most %d. Got: %d and %d.",
			maxGenerated, maxBackups, f.Count, f.Backups)
	}
}

func (f fleet) instances() []dcsapitest.Instance {
	made := dcsapitest.GenerateInstances(f.Count, f.Backups, f.Seed)
	for n := range made {
		made[n].ProjectID = f.ProjectID
	}

	return made
}

// injected is a block "faults".
type injected struct {
	dcsapitest.Fault

	Name string `hcl:"name"`
}

func (i *injected) decodeBlock(d *decoder, body hcl.Body) {
	parameters := d.decodePart(body, i)

	names := fault.Names()

	n := slices.Index(names, i.Name)
	if n < 0 {
		if i.Name != "" {
			d.problem(body.MissingItemRange(), "There is no fault %q. The faults are %s.", i.Name, strings.Join(names, ", "))
		}

		return
	}

	i.Effect = d.decodeNew(parameters, fault.All()[n])

	if err := i.Validate(); err != nil {
		d.problem(body.MissingItemRange(), "%s.", err)
	}
}

// Options returns the options that make a server of the scenario.
func (s Scenario) Options() []dcsapitest.Option {
	options := []dcsapitest.Option{
		dcsapitest.WithPathPrefix(s.PathPrefix), dcsapitest.WithKeyLifetime(s.KeyLifetime), dcsapitest.WithMetadata(s.Metadata),
		dcsapitest.WithRegion(cmp.Or(s.Region, dcsapitest.Region)), dcsapitest.WithOrder(cmp.Or(s.Order, dcsapitest.NewestFirst)),
		dcsapitest.WithEmptyAs(cmp.Or(s.EmptyAs, dcsapitest.EmptyNull)), dcsapitest.WithSetup(s.setup),
	}
	if s.TokenLifetime > 0 {
		options = append(options, dcsapitest.WithTokenLifetime(s.TokenLifetime))
	}

	return options
}

// setup fills a server, and removes the part of the default account that the scenario has itself.
func (s Scenario) setup(server *dcsapitest.Server) {
	project := dcsapitest.ProjectID

	if len(s.Projects) > 0 {
		server.RemoveProject(dcsapitest.ProjectID)

		project = s.Projects[0].ID
	}

	if len(s.Keys) > 0 {
		server.RemoveKey(dcsapitest.AccessKey)
	}

	if len(s.Users) > 0 {
		server.RemoveUser(dcsapitest.UserID)
	}

	each(s.Domains, server.AddDomain)
	each(s.Projects, server.AddProject)
	each(s.Keys, server.AddKey)
	each(s.Users, server.AddUser)
	each(s.Tokens, server.AddToken)
	each(s.Agencies, server.AddAgency)
	each(s.IdentityProviders, server.AddIdentityProvider)
	each(s.Faults, func(f dcsapitest.Fault) { server.Inject(f) })

	for _, i := range s.Instances {
		i.ProjectID = cmp.Or(i.ProjectID, project)
		server.AddInstance(i)
	}
}

func each[T any](items []T, add func(T)) {
	for _, item := range items {
		add(item)
	}
}
