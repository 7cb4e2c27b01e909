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
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

// Scenario is what a server holds and what goes wrong in it. What blocks "generate" make is in Instances.
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
	Instances         []dcsapitest.Instance         `hcl:"instances,block"`
	Faults            []dcsapitest.Fault            `hcl:"faults,block"`
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

	var s Scenario
	if !diags.HasErrors() {
		s = d.scenario(parsed.Body)
	}

	errs := make([]error, len(d.diags))
	for i, diag := range d.diags {
		errs[i] = diag
	}

	return s, errors.Join(errs...)
}

func (d *decoder) scenario(body hcl.Body) Scenario {
	var file struct {
		Scenario

		Generate []fleet `hcl:"generate,block"`
	}

	d.decode(body, &file)

	place, s := body.MissingItemRange(), file.Scenario
	if s.PathPrefix != "" && (s.PathPrefix[0] != '/' || strings.ContainsAny(s.PathPrefix, "?#% {}")) {
		d.problem(place, "path_prefix must be a path such as \"/dcs-prefix\". Got: %q.", s.PathPrefix)
	}

	projects := []string{dcsapitest.ProjectID}
	if len(s.Projects) > 0 {
		projects = nil
	}

	for _, p := range s.Projects {
		projects = append(projects, p.ID)
	}

	for n, i := range s.Instances {
		if slices.ContainsFunc(s.Instances[:n], func(other dcsapitest.Instance) bool { return other.ID == i.ID }) {
			d.problem(d.places[n], "Another instance has the ID %q too.", i.ID)
		}

		if i.ProjectID != "" && !slices.Contains(projects, i.ProjectID) {
			d.problem(d.places[n], "There is no project %q. The projects are %s.", i.ProjectID, strings.Join(projects, ", "))
		}
	}

	for _, g := range file.Generate {
		s.Instances = append(s.Instances, g.instances()...)
	}

	return s
}

func (d *decoder) instance(body hcl.Body, into *dcsapitest.Instance) {
	var block struct {
		dcsapitest.Instance

		Generate []series `hcl:"generate,block"`
	}

	d.decode(body, &block)
	d.places = append(d.places, body.MissingItemRange())

	*into = block.Instance
	for _, g := range block.Generate {
		into.Backups = append(into.Backups, g.Backups(g.Count)...)
	}
}

// backup decodes the block twice: first to see what is to be made up, then over what was.
func (d *decoder) backup(body hcl.Body, into *dcsapitest.Backup) {
	var block struct {
		dcsapitest.Backup

		Absent []string `hcl:"absent,optional"`
	}

	block.Backup = dcsapitest.Backup{Type: "manual", Format: "rdb", Status: "succeed", CreatedAt: d.now}
	problems := d.diags
	d.decode(body, &block)
	d.diags = problems

	block.Backup = dcsapitest.Generator{
		Seed: d.nextSeed(), Newest: block.CreatedAt, Statuses: []string{block.Status}, Types: []string{block.Type},
		Formats: []string{block.Format},
	}.Backups(1)[0]
	d.decode(body, &block)

	for _, name := range block.Absent {
		if block.Raw == nil {
			block.Raw = map[string]any{}
		}

		block.Raw[name] = dcsapitest.Absent
	}

	*into = block.Backup
}

// series is a block "generate" of an instance.
type series struct {
	dcsapitest.Generator

	Count int `hcl:"count" range:"0 100000"` // so that a typo does not fill the memory
}

// fleet is a block "generate" of the file.
type fleet struct {
	Count     int    `hcl:"count" range:"0 100000"`
	Backups   int    `hcl:"backups,optional" range:"0 100000"`
	ProjectID string `hcl:"project_id,optional"`
	Seed      uint64 `hcl:"seed,optional"`
}

func (d *decoder) fleet(body hcl.Body, into *fleet) {
	const most = 200_000

	into.Seed = d.nextSeed()
	d.decode(body, into)

	if int64(into.Count)*int64(into.Backups) > most {
		d.problem(body.MissingItemRange(), "count times backups must be at most %d. Got: %d and %d.", most, into.Count, into.Backups)
		*into = fleet{}
	}
}

func (f fleet) instances() []dcsapitest.Instance {
	made := dcsapitest.GenerateInstances(f.Count, f.Backups, f.Seed)
	for n := range made {
		made[n].ProjectID = f.ProjectID
	}

	return made
}

func (d *decoder) fault(body hcl.Body, into *dcsapitest.Fault) {
	var block struct {
		dcsapitest.Fault

		Name string `hcl:"name"`
	}

	content, rest, diags := body.PartialContent(schema(&block))
	d.diags = append(d.diags, diags...)
	d.set(content, &block)

	effect := fault.Named(block.Name)
	if effect == nil {
		if block.Name != "" {
			d.problem(body.MissingItemRange(), "There is no fault %q. The faults are %s.", block.Name, strings.Join(fault.Names(), ", "))
		}

		return
	}

	parameters := reflect.New(reflect.TypeOf(effect))
	parameters.Elem().Set(reflect.ValueOf(effect))
	d.decode(rest, parameters.Interface())

	*into = block.Fault
	into.Effect = parameters.Elem().Interface()

	if err := into.Validate(); err != nil {
		d.problem(body.MissingItemRange(), "%s.", err)
	}
}

// Options returns the options that make a server of the scenario.
func (s Scenario) Options() []dcsapitest.Option {
	return []dcsapitest.Option{
		dcsapitest.WithRegion(cmp.Or(s.Region, dcsapitest.Region)),
		dcsapitest.WithPathPrefix(s.PathPrefix),
		dcsapitest.WithEmptyAs(cmp.Or(s.EmptyAs, dcsapitest.EmptyNull)),
		dcsapitest.WithTokenLifetime(cmp.Or(s.TokenLifetime, 24*time.Hour)),
		dcsapitest.WithKeyLifetime(s.KeyLifetime),
		dcsapitest.WithMetadata(s.Metadata),
		s.fill,
	}
}

// fill fills a server.
func (s Scenario) fill(server *dcsapitest.Server) {
	project := dcsapitest.ProjectID
	if len(s.Projects) > 0 {
		project = s.Projects[0].ID
	}

	server.SetOrder(cmp.Or(s.Order, dcsapitest.NewestFirst))
	each(s.Domains, server.AddDomain)
	each(s.Projects, server.AddProject)
	each(s.Keys, server.AddKey)
	each(s.Users, server.AddUser)
	each(s.Tokens, server.AddToken)
	each(s.Agencies, server.AddAgency)
	each(s.IdentityProviders, server.AddIdentityProvider)
	each(s.Faults, func(f dcsapitest.Fault) { server.Inject(f) })
	each(s.Instances, func(i dcsapitest.Instance) {
		i.ProjectID = cmp.Or(i.ProjectID, project)
		server.AddInstance(i)
	})
}

func each[T any](items []T, add func(T)) {
	for _, item := range items {
		add(item)
	}
}
