// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"
)

// Scenario is what a server holds and what goes wrong in it, as a file says it. Where it has no projects, keys or
// users, the default ones stay.
//
// The file is JSON. Every key is optional but those marked with *; a key that is not known, or given twice, is an
// error. Times are RFC 3339, or relative to the start such as "-26h" or "-3d"; durations are such as "90s" or "5m".
//
//	{
//	  "region": "cn-north-4",
//	  "path_prefix": "/dcs-prefix",
//	  "order": "newest-first | oldest-first | shuffled",
//	  "empty_as": "null | object | absent | string",      how a field without a value is sent
//	  "token_lifetime": "24h",
//	  "key_lifetime": "30s",                               of temporary keys, whatever is asked for
//	  "metadata": {"mode": "off | v1 | v2 | no-agency", "token_status": 404},
//	  "domains": [{"id": *, "name": *}],
//	  "projects": [{"id": *, "name": *, "domain_id": "…", "disabled": false}],
//	  "keys": [{"access_key": *, "secret_key": *, "security_token": "…", "expires": "1h", "domain_id": "…"}],
//	  "users": [{"id": *, "name": *, "password": *, "domain_id": "…"}],
//	  "tokens": [{"token": *, "project_id": "…", "expires": "1h", "domain_id": "…"}],
//	  "agencies": [{"name": *, "domain_id": "…", "trusted_domain_id": "…"}],
//	  "identity_providers": [{"id": *, "id_tokens": *["…"], "domain_id": "…"}],
//	  "instances": [{
//	    "id": *, "project_id": "…", "single_node": false, "name": "…", "status": "RUNNING", "engine": "Redis",
//	    "engine_version": "5.0", "spec_code": "…", "capacity": 2, "capacity_minor": ".125", "created_at": "-30d",
//	    "enterprise_project_id": "0", "tags": {"team": "orders"}, "raw": {"publicip_id": {}},
//	    "backups": [{"created_at": "-26h", "status": "succeed", "size": 880232, …}],
//	    "generate": [{"count": *25, "newest": "-1h", "interval": "6h", "statuses": ["succeed"], "types": ["auto"],
//	                  "formats": ["rdb"], "huge_sizes": false, "seed": 1}]
//	  }],
//	  "generate": [{"count": *200, "backups": 10, "project_id": "…", "seed": 1}],   instances
//	  "faults": [{"name": *, "path": "…", "operation": "ListInstances", "instance": "…", "from": 1, "count": 1, parameters of the fault}]
//	}
//
// A listed backup has the API's fields; what is not said is made up to fit its status, and null is sent as a missing
// value. is_support_restore is true or false, size a number. Two more keys serve for what the API should not send:
// "raw" is an object whose values are sent as they are, under any name, and "absent" lists fields that are left out.
type Scenario struct {
	Region            string
	PathPrefix        string
	Order             Order
	EmptyAs           EmptyStyle
	TokenLifetime     time.Duration
	KeyLifetime       time.Duration
	Metadata          Metadata
	Domains           []Domain
	Projects          []Project
	Keys              []Key
	Users             []User
	Tokens            []Token
	Agencies          []Agency
	IdentityProviders []IdentityProvider
	Instances         []Instance
	Faults            []Fault
}

// maxGenerated bounds what one "generate", or one fault, makes, so that a slip of the finger does not fill the memory.
const maxGenerated = 100_000

// ReadScenario reads a scenario file. Its error names the file, and each place in it that is wrong.
func ReadScenario(name string, now time.Time) (Scenario, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return Scenario{}, fmt.Errorf("reading the scenario: %w", err)
	}

	scenario, err := ParseScenario(data, now)
	if err != nil {
		return Scenario{}, fmt.Errorf("scenario %s:\n%w", name, err)
	}

	return scenario, nil
}

// ParseScenario decodes a scenario; relative times count from now. The error joins one for each place that is wrong.
func ParseScenario(data []byte, now time.Time) (Scenario, error) {
	if err := checkSyntax(data); err != nil {
		return Scenario{}, err
	}

	r := &scenarioReader{now: now}

	scenario := r.scenario(value{problems: &r.problems, raw: data})
	if len(r.problems) == 0 {
		r.checkReferences(scenario)
	}

	return scenario, errors.Join(r.problems...)
}

type scenarioReader struct {
	problems  problems
	now       time.Time
	generated uint64 // seeds used up
}

func (r *scenarioReader) scenario(v value) Scenario {
	var s Scenario

	v.object(func(o *object) {
		read(o, "region", &s.Region, value.text)
		read(o, "path_prefix", &s.PathPrefix, value.pathPrefix)
		read(o, "order", &s.Order, oneOf(orders))
		read(o, "empty_as", &s.EmptyAs, oneOf(emptyStyles))
		read(o, "token_lifetime", &s.TokenLifetime, value.positive)
		read(o, "key_lifetime", &s.KeyLifetime, value.positive)
		read(o, "metadata", &s.Metadata, readMetadata)
		read(o, "domains", &s.Domains, listOf(readDomain))
		read(o, "projects", &s.Projects, listOf(readProject))
		read(o, "keys", &s.Keys, listOf(r.key))
		read(o, "users", &s.Users, listOf(readUser))
		read(o, "tokens", &s.Tokens, listOf(r.token))
		read(o, "agencies", &s.Agencies, listOf(readAgency))
		read(o, "identity_providers", &s.IdentityProviders, listOf(readIdentityProvider))
		read(o, "instances", &s.Instances, listOf(r.instance))

		var generated [][]Instance
		if read(o, "generate", &generated, listOf(r.instances)) {
			s.Instances = append(s.Instances, slices.Concat(generated...)...)
		}

		read(o, "faults", &s.Faults, listOf(readFault))
	})

	return s
}

func readMetadata(v value) Metadata {
	var m Metadata

	v.object(func(o *object) {
		read(o, "mode", &m.Mode, oneOf(metadataModes))
		read(o, "token_status", &m.TokenStatus, value.integer)

		if !slices.Contains([]int{0, 404, 405, 503}, m.TokenStatus) {
			o.problem("token_status", "must be 404, 405 or 503")
		}
	})

	return m
}

func readDomain(v value) Domain {
	var d Domain

	v.object(func(o *object) {
		require(o, "id", &d.ID, value.text)
		require(o, "name", &d.Name, value.text)
	})

	return d
}

func readProject(v value) Project {
	var p Project

	v.object(func(o *object) {
		require(o, "id", &p.ID, value.text)
		require(o, "name", &p.Name, value.text)
		read(o, "domain_id", &p.DomainID, value.text)
		read(o, "disabled", &p.Disabled, value.boolean)
	})

	return p
}

func (r *scenarioReader) key(v value) Key {
	var k Key

	v.object(func(o *object) {
		require(o, "access_key", &k.Access, value.text)
		require(o, "secret_key", &k.Secret, value.text)
		read(o, "security_token", &k.SecurityToken, value.text)
		read(o, "expires", &k.Expires, r.instant)
		read(o, "domain_id", &k.DomainID, value.text)
	})

	return k
}

func readUser(v value) User {
	var u User

	v.object(func(o *object) {
		require(o, "id", &u.ID, value.text)
		require(o, "name", &u.Name, value.text)
		require(o, "password", &u.Password, value.text)
		read(o, "domain_id", &u.DomainID, value.text)
	})

	return u
}

func (r *scenarioReader) token(v value) Token {
	var t Token

	v.object(func(o *object) {
		require(o, "token", &t.Value, value.text)
		read(o, "project_id", &t.ProjectID, value.text)
		read(o, "expires", &t.Expires, r.instant)
		read(o, "domain_id", &t.DomainID, value.text)
	})

	return t
}

func readAgency(v value) Agency {
	var a Agency

	v.object(func(o *object) {
		require(o, "name", &a.Name, value.text)
		read(o, "domain_id", &a.DomainID, value.text)
		read(o, "trusted_domain_id", &a.TrustedDomainID, value.text)
	})

	return a
}

func readIdentityProvider(v value) IdentityProvider {
	var p IdentityProvider

	v.object(func(o *object) {
		require(o, "id", &p.ID, value.text)
		require(o, "id_tokens", &p.IDTokens, listOf(value.text))
		read(o, "domain_id", &p.DomainID, value.text)
	})

	return p
}

func readFault(v value) Fault {
	var (
		f           Fault
		name, shape string
	)

	v.object(func(o *object) {
		require(o, "name", &name, value.text)
		read(o, "path", &f.Path, value.text)
		read(o, "operation", &f.Operation, value.text)
		read(o, "instance", &f.Instance, value.text)
		read(o, "from", &f.From, value.integer)
		read(o, "count", &f.Count, value.integer)
		read(o, string(paramN), &f.N, value.number)
		read(o, string(paramStatus), &f.Status, value.integer)
		read(o, string(paramCode), &f.Code, value.text)
		read(o, string(paramMessage), &f.Message, value.text)
		read(o, string(paramShape), &shape, value.text)
		read(o, string(paramDuration), &f.Duration, value.duration)
		read(o, string(paramRetryAfter), &f.RetryAfter, value.duration)
		read(o, string(paramForm), &f.Form, value.text)
		read(o, string(paramLocation), &f.Location, value.text)
		read(o, string(paramValue), &f.Value, value.text)
	})

	f.Name, f.Shape = FaultName(name), Shape(shape)
	if name == "" {
		return f
	}

	if err := f.validate(); err != nil {
		v.problem("%v", err)
	}

	return f
}

func (r *scenarioReader) instance(v value) Instance {
	var (
		i         Instance
		generated [][]Backup
	)

	v.object(func(o *object) {
		require(o, "id", &i.ID, value.text)
		read(o, "project_id", &i.ProjectID, value.text)
		read(o, "single_node", &i.SingleNode, value.boolean)
		read(o, "name", &i.Name, value.text)
		read(o, "status", &i.Status, value.text)
		read(o, "engine", &i.Engine, value.text)
		read(o, "engine_version", &i.EngineVersion, value.text)
		read(o, "spec_code", &i.SpecCode, value.text)
		read(o, "capacity", &i.Capacity, value.integer)
		read(o, "capacity_minor", &i.CapacityMinor, value.text)
		read(o, "created_at", &i.CreatedAt, r.instant)
		read(o, "enterprise_project_id", &i.EnterpriseProjectID, value.text)
		read(o, "tags", &i.Tags, readTags)
		read(o, "raw", &i.Raw, value.raws)
		read(o, "backups", &i.Backups, listOf(r.backup))
		read(o, "generate", &generated, listOf(r.generate))
	})

	i.Backups = append(i.Backups, slices.Concat(generated...)...)

	return i
}

func readTags(v value) []Tag {
	var tags []Tag

	v.object(func(o *object) {
		for _, key := range slices.Sorted(maps.Keys(o.members)) {
			tag := Tag{Key: key}
			read(o, key, &tag.Value, value.text)
			tags = append(tags, tag)
		}
	})

	return tags
}

// instances reads a series of instances.
func (r *scenarioReader) instances(v value) []Instance {
	var (
		count, backups int
		project        string
	)

	seed := r.seed()

	v.object(func(o *object) {
		require(o, "count", &count, value.integer)
		read(o, "backups", &backups, value.integer)
		read(o, "project_id", &project, value.text)
		read(o, "seed", &seed, value.unsigned)

		if count > maxGenerated || int64(count)*int64(backups) > 10*maxGenerated {
			o.problem("count", "must be at most %d, and times backups at most %d", maxGenerated, 10*maxGenerated)
		}
	})

	if len(r.problems) > 0 {
		return nil
	}

	made := GenerateInstances(count, backups, seed)
	for n := range made {
		made[n].ProjectID = project
	}

	return made
}

// seed gives each generator of a scenario other backups.
func (r *scenarioReader) seed() uint64 {
	r.generated++
	return r.generated
}

func (r *scenarioReader) generate(v value) []Backup {
	g := Generator{Seed: r.seed(), Newest: r.now}

	var count int

	v.object(func(o *object) {
		require(o, "count", &count, value.integer)
		read(o, "newest", &g.Newest, r.instant)
		read(o, "interval", &g.Interval, value.positive)
		read(o, "types", &g.Types, listOf(oneOf(backupTypes)))
		read(o, "formats", &g.Formats, listOf(oneOf(backupFormats)))
		read(o, "statuses", &g.Statuses, listOf(oneOf(backupStatuses)))
		read(o, "huge_sizes", &g.HugeSizes, value.boolean)
		read(o, "seed", &g.Seed, value.unsigned)

		if count < 0 || count > maxGenerated {
			o.problem("count", "must be 0 to %d", maxGenerated)
		}
	})

	if len(r.problems) > 0 {
		return nil
	}

	return g.Backups(count)
}

// The values that the API documents.
var (
	backupTypes    = []string{"manual", "auto"}
	backupFormats  = []string{"rdb", "aof"}
	backupStatuses = []string{"waiting", "backuping", "succeed", "failed", "expired", "deleted"}
)

// backup reads a listed backup on top of one that is made up for its status.
func (r *scenarioReader) backup(v value) Backup {
	var b Backup

	v.object(func(o *object) {
		status, kind, format, created := "succeed", "manual", "rdb", r.now
		read(o, "status", &status, oneOf(backupStatuses))
		read(o, "backup_type", &kind, oneOf(backupTypes))
		read(o, "backup_format", &format, oneOf(backupFormats))
		read(o, "created_at", &created, r.instant)
		b = Generator{
			Seed: r.seed(), Newest: created, Statuses: []string{status}, Types: []string{kind}, Formats: []string{format},
		}.Backups(1)[0]

		read(o, "backup_id", &b.ID, value.text)
		read(o, "backup_name", &b.Name, value.optionalText)
		read(o, "instance_id", &b.InstanceID, value.text)
		read(o, "size", &b.Size, value.number)
		read(o, "period", &b.Period, value.optionalText)
		read(o, "updated_at", &b.UpdatedAt, r.optionalInstant)
		read(o, "execution_at", &b.ExecutedAt, r.optionalInstant)
		read(o, "progress", &b.Progress, value.optionalText)
		read(o, "error_code", &b.ErrorCode, value.optionalText)
		read(o, "remark", &b.Remark, value.optionalText)
		read(o, "is_support_restore", &b.Restorable, value.boolean)
		read(o, "raw", &b.Raw, value.raws)

		var left []string
		read(o, "absent", &left, listOf(value.text))

		for _, name := range left {
			if b.Raw == nil {
				b.Raw = map[string]any{}
			}

			b.Raw[name] = Absent
		}
	})

	return b
}

func (r *scenarioReader) instant(v value) time.Time {
	text := v.text()
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t
	}

	d, err := parseDuration(text)
	if err != nil && text != "" {
		v.problem(`%q is neither an RFC 3339 time nor relative to now, such as "-26h"`, text)
	}

	return r.now.Add(d)
}

func (r *scenarioReader) optionalInstant(v value) time.Time {
	if v.null() {
		return time.Time{}
	}

	return r.instant(v)
}

// checkReferences finds instances that nothing could ever read.
func (r *scenarioReader) checkReferences(s Scenario) {
	projects := []string{ProjectID}
	if len(s.Projects) > 0 {
		projects = nil
	}

	for _, p := range s.Projects {
		projects = append(projects, p.ID)
	}

	seen := map[string]bool{}

	for n, i := range s.Instances {
		place := value{problems: &r.problems, place: fmt.Sprintf("instances[%d]", n)}
		if seen[i.ID] {
			place.problem("another instance has the id %q too", i.ID)
		}

		seen[i.ID] = true
		if i.ProjectID != "" && !slices.Contains(projects, i.ProjectID) {
			place.problem("there is no project %q; the projects are %s", i.ProjectID, joined(projects))
		}
	}
}

// WithScenario makes a server of a scenario.
func WithScenario(scenario Scenario) Option {
	return func(s *Server) {
		s.scenario = scenario
		s.region = cmp.Or(scenario.Region, s.region)
		s.order = cmp.Or(scenario.Order, s.order)
		s.emptyAs = cmp.Or(scenario.EmptyAs, s.emptyAs)
		s.tokenLifetime = cmp.Or(scenario.TokenLifetime, s.tokenLifetime)

		s.keyLifetime = cmp.Or(scenario.KeyLifetime, s.keyLifetime)
		if scenario.PathPrefix != "" {
			WithPathPrefix(scenario.PathPrefix)(s)
		}

		if scenario.Metadata.Mode != "" {
			s.metadata = scenario.Metadata
		}
	}
}

// addAccounts fills the directory: with the default account, but for what the scenario has of its own.
func (s *Server) addAccounts() {
	sc := s.scenario
	if len(sc.Projects) == 0 {
		sc.Projects = []Project{{ID: ProjectID, Name: s.region}}
	}

	if len(sc.Keys) == 0 {
		sc.Keys = []Key{{Access: AccessKey, Secret: SecretKey, User: UserName}}
	}

	if len(sc.Users) == 0 {
		sc.Users = []User{{ID: UserID, Name: UserName, Password: Password}}
	}

	each(sc.Domains, s.AddDomain)
	each(sc.Projects, s.AddProject)
	each(sc.Keys, s.AddKey)
	each(sc.Users, s.AddUser)
	each(sc.Tokens, s.AddToken)
	each(sc.Agencies, s.AddAgency)
	each(sc.IdentityProviders, s.AddIdentityProvider)

	for _, i := range sc.Instances {
		i.ProjectID = cmp.Or(i.ProjectID, sc.Projects[0].ID)
		s.AddInstance(i)
	}

	for _, f := range sc.Faults {
		s.Inject(f)
	}
}

func each[T any](items []T, add func(T)) {
	for _, item := range items {
		add(item)
	}
}
