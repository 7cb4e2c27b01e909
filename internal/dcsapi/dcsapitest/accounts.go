// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
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
	projects  []Project
	keys      map[string]Key
	users     []User
	tokens    map[string]Token
	agencies  []Agency
	providers []IdentityProvider
	first     Key // for the environment
	issued    int
}

func newDirectory() directory {
	return directory{
		domains: map[string]Domain{DomainID: {ID: DomainID, Name: DomainName}},
		keys:    map[string]Key{},
		tokens:  map[string]Token{},
	}
}

// AddDomain adds an account, or renames it if it is known.
func (s *Server) AddDomain(d Domain) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.iam.domains[d.ID] = d
}

// AddProject adds a project, or replaces the one with its ID.
func (s *Server) AddProject(p Project) {
	s.mu.Lock()
	defer s.mu.Unlock()

	p.DomainID = s.iam.domainOr(p.DomainID)
	s.iam.projects = slices.DeleteFunc(s.iam.projects, func(q Project) bool { return q.ID == p.ID })
	s.iam.projects = append(s.iam.projects, p)
}

// RemoveProject removes a project; it is not an error if there is none.
func (s *Server) RemoveProject(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.iam.projects = slices.DeleteFunc(s.iam.projects, func(p Project) bool { return p.ID == id })
}

// AddKey adds a permanent or temporary AK/SK, or replaces the one with its access key.
func (s *Server) AddKey(k Key) {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.iam.first.Access == "" {
		s.iam.first = k
	}

	s.iam.addKey(k)
}

// RemoveKey deletes an access key: later requests signed with it are refused as "not exist".
func (s *Server) RemoveKey(access string) {
	s.mu.Lock()
	defer s.mu.Unlock()

	delete(s.iam.keys, access)

	if s.iam.first.Access == access {
		s.iam.first = Key{}
	}
}

// AddUser adds a user for the password login, or replaces the one with its ID.
func (s *Server) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()

	u.DomainID = s.iam.domainOr(u.DomainID)
	s.iam.users = slices.DeleteFunc(s.iam.users, func(v User) bool { return v.ID == u.ID })
	s.iam.users = append(s.iam.users, u)
}

// RemoveUser removes a user; it is not an error if there is none.
func (s *Server) RemoveUser(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.iam.users = slices.DeleteFunc(s.iam.users, func(u User) bool { return u.ID == id })
}

// AddToken adds a token, as if IAM had given it out.
func (s *Server) AddToken(t Token) {
	s.mu.Lock()
	defer s.mu.Unlock()

	t.DomainID = s.iam.domainOr(t.DomainID)
	s.iam.tokens[t.Value] = t
}

// AddAgency adds an agency. An account that is not known is added too, with its ID for a name.
func (s *Server) AddAgency(a Agency) {
	s.mu.Lock()
	defer s.mu.Unlock()

	a.DomainID = s.iam.domainOr(a.DomainID)
	s.iam.agencies = append(s.iam.agencies, a)
}

// AddIdentityProvider adds a federation partner, or replaces the one with its ID.
func (s *Server) AddIdentityProvider(p IdentityProvider) {
	s.mu.Lock()
	defer s.mu.Unlock()

	p.DomainID = s.iam.domainOr(p.DomainID)
	s.iam.providers = slices.DeleteFunc(s.iam.providers, func(q IdentityProvider) bool { return q.ID == p.ID })
	s.iam.providers = append(s.iam.providers, p)
}

// ExpireCredentials makes every temporary key and every token expire now.
func (s *Server) ExpireCredentials() {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()

	for access, k := range s.iam.keys {
		if k.SecurityToken != "" {
			k.Expires = now
			s.iam.keys[access] = k
		}
	}

	for value, t := range s.iam.tokens {
		t.Expires = now
		s.iam.tokens[value] = t
	}
}

func expired(expires, now time.Time) bool {
	return !expires.IsZero() && !now.Before(expires)
}

// domainOr returns the account ID given, which it makes known, or the default one.
func (d *directory) domainOr(id string) string {
	if id == "" {
		return DomainID
	}

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

	for _, candidate := range d.domains {
		if candidate.Name == name {
			return candidate, true
		}
	}

	return Domain{}, false
}

func (d *directory) project(id string) (Project, bool) {
	i := slices.IndexFunc(d.projects, func(p Project) bool { return p.ID == id })
	if i < 0 {
		return Project{}, false
	}

	return d.projects[i], true
}

func (d *directory) projectByName(name, domainID string) (Project, bool) {
	i := slices.IndexFunc(d.projects, func(p Project) bool { return p.Name == name && p.DomainID == domainID })
	if i < 0 {
		return Project{}, false
	}

	return d.projects[i], true
}

func (d *directory) agency(name, domainID string) (Agency, bool) {
	i := slices.IndexFunc(d.agencies, func(a Agency) bool { return a.Name == name && a.DomainID == domainID })
	if i < 0 {
		return Agency{}, false
	}

	return d.agencies[i], true
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
	sum := sha256.Sum256(fmt.Appendf(nil, "dcsapitest %s %d", purpose, d.issued))

	return hex.EncodeToString(sum[:])
}
