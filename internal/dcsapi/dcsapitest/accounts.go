// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest/internal/signature"
)

// The account that every [Server] begins with.
const (
	Region     = "cn-north-4"
	ProjectID  = "0123456789abcdef0123456789abcdef"
	DomainID   = "d78cbac186b744899480f25bd022f468"
	DomainName = "local-account"
	AccessKey  = "LOCALACCESSKEY000001"
	SecretKey  = "LocalSecretKeyLocalSecretKeyLocalSecret1"
	UserID     = "7116d09f88fa41908676fdd4b039e95b"
	UserName   = "local-user"
	Password   = "Local-Password-1"

	// InstanceID is an ID to give to a test's only instance; no instance has it until one is added.
	InstanceID = "5560df16-cebf-4473-95c4-d1b573c16e79"
)

// Domain is an account, which IAM calls a domain.
type Domain struct {
	ID   string `hcl:"id"`
	Name string `hcl:"name"`
}

// Project is a region's share of an account, or a sub-project of it. An empty DomainID means [DomainID].
type Project struct {
	ID       string `hcl:"id"`
	Name     string `hcl:"name"`
	DomainID string `hcl:"domain_id,optional"`
	Disabled bool   `hcl:"disabled,optional"`
}

// Key is a permanent AK/SK, or a temporary one if SecurityToken is set. An empty DomainID means [DomainID].
type Key struct {
	Access        string    `hcl:"access_key"`
	Secret        string    `hcl:"secret_key"`
	SecurityToken string    `hcl:"security_token,optional"`
	Expires       time.Time `hcl:"expires,optional"` // zero: never
	DomainID      string    `hcl:"domain_id,optional"`
	User          string    // owner of the key, for [Identity]
}

// User is an IAM user with a password. An empty DomainID means [DomainID].
type User struct {
	ID       string `hcl:"id"`
	Name     string `hcl:"name"`
	Password string `hcl:"password"`
	DomainID string `hcl:"domain_id,optional"`
}

// Token is an IAM token. With an empty ProjectID it is scoped to the account, which DCS refuses.
type Token struct {
	Value     string `hcl:"token"`
	ProjectID string `hcl:"project_id,optional"`
	DomainID  string `hcl:"domain_id,optional"`
	User      string
	Expires   time.Time `hcl:"expires,optional"` // zero: never
}

// Agency lets callers from TrustedDomainID (empty: from any account) act in the account DomainID (empty: [DomainID]).
type Agency struct {
	Name            string `hcl:"name"`
	DomainID        string `hcl:"domain_id,optional"`
	TrustedDomainID string `hcl:"trusted_domain_id,optional"`
}

// IdentityProvider is a federation partner: one of its IDTokens logs in a federated user of the account DomainID (empty:
// [DomainID]).
type IdentityProvider struct {
	ID       string   `hcl:"id"`
	IDTokens []string `hcl:"id_tokens"`
	DomainID string   `hcl:"domain_id,optional"`
}

// directory is what IAM knows. It is guarded by the lock of its server.
type directory struct {
	domains   map[string]Domain
	projects  map[string]Project
	keys      map[string]Key
	users     map[string]User
	tokens    map[string]Token
	agencies  []Agency
	providers map[string]IdentityProvider
	first     Key // for the environment
	issued    int
}

func newDirectory() directory {
	return directory{
		domains:   map[string]Domain{DomainID: {ID: DomainID, Name: DomainName}},
		projects:  map[string]Project{},
		keys:      map[string]Key{},
		users:     map[string]User{},
		tokens:    map[string]Token{},
		providers: map[string]IdentityProvider{},
	}
}

// change changes what IAM knows.
func (s *Server) change(f func(*directory)) {
	s.mu.Lock()
	defer s.mu.Unlock()

	f(&s.iam)
}

// AddDomain adds an account, or renames it if it is known.
func (s *Server) AddDomain(d Domain) {
	s.change(func(iam *directory) { iam.domains[d.ID] = d })
}

// AddProject adds a project, or replaces the one with its ID.
func (s *Server) AddProject(p Project) {
	s.change(func(iam *directory) {
		p.DomainID = iam.domainOr(p.DomainID)
		iam.projects[p.ID] = p
	})
}

// RemoveProject removes a project; it is not an error if there is none.
func (s *Server) RemoveProject(id string) {
	s.change(func(iam *directory) { delete(iam.projects, id) })
}

// AddKey adds a permanent or temporary AK/SK, or replaces the one with its access key.
func (s *Server) AddKey(k Key) {
	s.change(func(iam *directory) {
		iam.addKey(k)

		if iam.first.Access == "" {
			iam.first = k
		}
	})
}

// RemoveKey deletes an access key: later requests signed with it are refused as "not exist".
func (s *Server) RemoveKey(access string) {
	s.change(func(iam *directory) { delete(iam.keys, access) })
}

// AddUser adds a user for the password login, or replaces the one with its ID.
func (s *Server) AddUser(u User) {
	s.change(func(iam *directory) {
		u.DomainID = iam.domainOr(u.DomainID)
		iam.users[u.ID] = u
	})
}

// AddToken adds a token, as if IAM had given it out.
func (s *Server) AddToken(t Token) {
	s.change(func(iam *directory) {
		t.DomainID = iam.domainOr(t.DomainID)
		iam.tokens[t.Value] = t
	})
}

// AddAgency adds an agency. An account that is not known is added too, with its ID for a name.
func (s *Server) AddAgency(a Agency) {
	s.change(func(iam *directory) {
		a.DomainID = iam.domainOr(a.DomainID)
		iam.agencies = append(iam.agencies, a)
	})
}

// AddIdentityProvider adds a federation partner, or replaces the one with its ID.
func (s *Server) AddIdentityProvider(p IdentityProvider) {
	s.change(func(iam *directory) {
		p.DomainID = iam.domainOr(p.DomainID)
		iam.providers[p.ID] = p
	})
}

// ExpireCredentials makes every temporary key and every token expire now.
func (s *Server) ExpireCredentials() {
	now := s.Now()

	s.change(func(iam *directory) {
		for access, k := range iam.keys {
			if k.SecurityToken != "" {
				k.Expires = now
				iam.keys[access] = k
			}
		}

		for value, t := range iam.tokens {
			t.Expires = now
			iam.tokens[value] = t
		}
	})
}

func expired(expires, now time.Time) bool {
	return !expires.IsZero() && !now.Before(expires)
}

// domainOr returns the account ID given, which it makes known, or the default one.
func (d *directory) domainOr(id string) string {
	id = cmp.Or(id, DomainID)
	if _, ok := d.domains[id]; !ok {
		d.domains[id] = Domain{ID: id, Name: id}
	}

	return id
}

// domain finds an account by ID or, if that is empty, by name.
func (d *directory) domain(id, name string) (Domain, bool) {
	if id != "" {
		found, ok := d.domains[id]
		return found, ok
	}

	return find(maps.Values(d.domains), func(candidate Domain) bool { return candidate.Name == name })
}

// byID returns the values of a map by ID.
func byID[T any](all map[string]T) []T {
	sorted := make([]T, 0, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		sorted = append(sorted, all[id])
	}

	return sorted
}

func (d *directory) agency(name, domainID string) (Agency, bool) {
	return find(slices.Values(d.agencies), func(a Agency) bool { return a.Name == name && a.DomainID == domainID })
}

// find returns the first element that matches.
func find[T any](all iter.Seq[T], matches func(T) bool) (found T, ok bool) {
	for candidate := range all {
		if matches(candidate) {
			return candidate, true
		}
	}

	return found, false
}

func (d *directory) addKey(k Key) {
	k.DomainID = d.domainOr(k.DomainID)
	d.keys[k.Access] = k
}

// issueKey makes a temporary AK/SK for a user of an account.
func (d *directory) issueKey(user, domainID string, expires time.Time) Key {
	seed := d.nextSecret("key")
	k := Key{
		Access:        "HST" + strings.ToUpper(seed[:17]),
		Secret:        seed[17:57],
		SecurityToken: "hQpjbi1ub3J0aC00" + seed + d.nextSecret("security token"),
		Expires:       expires,
		DomainID:      domainID,
		User:          user,
	}
	d.addKey(k)

	return k
}

// issueToken makes a token for a user of an account; projectID may be empty.
func (d *directory) issueToken(user, domainID, projectID string, expires time.Time) Token {
	t := Token{
		Value:     "MIIEpAYJKoZIhvcNAQcC" + d.nextSecret("token") + d.nextSecret("token"),
		ProjectID: projectID,
		DomainID:  domainID,
		User:      user,
		Expires:   expires,
	}
	d.tokens[t.Value] = t

	return t
}

// nextSecret returns 64 hexadecimal digits, others each time and the same in every run.
func (d *directory) nextSecret(purpose string) string {
	d.issued++

	return signature.Hash(fmt.Appendf(nil, "dcsapitest %s %d", purpose, d.issued))
}
