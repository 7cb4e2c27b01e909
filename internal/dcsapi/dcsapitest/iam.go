// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// iamTime is how IAM v3 writes times: UTC, with microseconds.
const iamTime = "2006-01-02T15:04:05.000000Z"

const minute, day = 60, 24 * 60 * 60 // in seconds, as the APIs count

// listVersions answers KeystoneListVersions, which clients ask where the URL of IAM has no version.
func (c *Call) listVersions() *Response {
	self := map[string]string{"rel": "self", "href": c.Server.URL() + "/v3/"}

	return jsonResponse(http.StatusMultipleChoices, map[string]any{"versions": map[string]any{"values": []map[string]any{{
		"id": "v3.6", "status": "stable", "updated": "2016-04-04T00:00:00Z", "links": []map[string]string{self},
		"media-types": []map[string]string{{"type": "application/vnd.openstack.identity-v3+json", "base": "application/json"}},
	}}}})
}

// listProjects answers KeystoneListProjects, which an IAM user needs a permission for.
func (c *Call) listProjects() *Response {
	return c.projects(func(p Project) bool {
		return c.wants(map[string]string{
			"name": p.Name, "enabled": strconv.FormatBool(!p.Disabled), "domain_id": p.DomainID, "parent_id": p.DomainID,
		})
	})
}

// wants tells whether the query asks for an element with the values given.
func (c *Call) wants(values map[string]string) bool {
	query := c.Request.URL.Query()
	for parameter, value := range values {
		if query.Has(parameter) && query.Get(parameter) != value {
			return false
		}
	}

	return true
}

// listOwnProjects answers KeystoneListAuthProjects: the projects that the caller may use. It needs no permission.
func (c *Call) listOwnProjects() *Response {
	return c.projects(func(p Project) bool { return !p.Disabled })
}

// projects lists the projects of the caller's account that are wanted.
func (c *Call) projects(wanted func(Project) bool) *Response {
	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	found := []map[string]any{}

	for _, p := range byID(c.Server.iam.projects) {
		if p.DomainID == c.record.Identity.DomainID && wanted(p) {
			found = append(found, map[string]any{
				"id": p.ID, "name": p.Name, "domain_id": p.DomainID, "parent_id": p.DomainID, "enabled": !p.Disabled,
				"is_domain": false, "description": "",
			})
		}
	}

	return c.iamList("projects", found)
}

// listUsers answers KeystoneListUsers: the users of the caller's account.
func (c *Call) listUsers() *Response {
	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	found := []map[string]any{}

	for _, u := range byID(c.Server.iam.users) {
		if u.DomainID == c.record.Identity.DomainID && c.wants(map[string]string{"name": u.Name, "domain_id": u.DomainID}) {
			found = append(found, map[string]any{"id": u.ID, "name": u.Name, "domain_id": u.DomainID, "enabled": true})
		}
	}

	return c.iamList("users", found)
}

// listOwnDomains answers KeystoneListAuthDomains: the account of the caller.
func (c *Call) listOwnDomains() *Response {
	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	domain := c.Server.iam.domains[c.record.Identity.DomainID]

	return c.iamList("domains", []map[string]any{{"id": domain.ID, "name": domain.Name, "enabled": true, "description": ""}})
}

// iamList is a listing as IAM sends it: each element with a link to itself.
func (c *Call) iamList(key string, elements []map[string]any) *Response {
	self := "https://" + c.Request.Host + c.record.Path
	for _, element := range elements {
		element["links"] = map[string]any{"self": fmt.Sprintf("%s/%s", self, element["id"])}
	}

	return jsonResponse(http.StatusOK, map[string]any{
		key: elements, "links": map[string]any{"self": self, "next": nil, "previous": nil},
	})
}

// reference names an account or a project, by ID or by name.
type reference struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Domain *reference `json:"domain"`
}

type identityBody struct {
	Methods  []string `json:"methods"`
	Password struct {
		User struct {
			reference
			Password string `json:"password"`
		} `json:"user"`
	} `json:"password"`
	AssumeRole struct {
		AgencyName string `json:"agency_name"`
		DomainID   string `json:"domain_id"`
		DomainName string `json:"domain_name"`
		Duration   *int   `json:"duration_seconds"`
	} `json:"assume_role"`
	Token struct {
		ID       string `json:"id"`
		Duration *int   `json:"duration_seconds"`
	} `json:"token"`
}

type authBody struct {
	Auth struct {
		Identity identityBody `json:"identity"`
		IDToken  struct {
			ID string `json:"id"`
		} `json:"id_token"`
		Scope struct {
			Project *reference `json:"project"`
		} `json:"scope"`
	} `json:"auth"`
}

// login decodes the body that all logins of IAM share.
func login(handle func(*Call, authBody) *Response) func(*Call) *Response {
	return func(c *Call) *Response {
		var body authBody
		if err := json.Unmarshal(c.Body, &body); err != nil {
			return c.KeystoneError(http.StatusBadRequest, "The request body is invalid")
		}

		return handle(c, body)
	}
}

// createToken answers KeystoneCreateUserTokenByPassword.
func (c *Call) createToken(body authBody) *Response {
	if !slices.Equal(body.Auth.Identity.Methods, []string{"password"}) {
		return c.KeystoneError(http.StatusBadRequest, "The authentication method is not supported")
	}

	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	asked := body.Auth.Identity.Password.User

	user, ok := c.Server.iam.user(asked.reference)
	if !ok || user.Password != asked.Password {
		return c.KeystoneError(http.StatusUnauthorized, "The username or password is wrong.")
	}

	return c.issuedToken(user, body, "password")
}

// user finds a user by ID, or by name and account.
func (d *directory) user(asked reference) (User, bool) {
	if asked.ID != "" {
		user, ok := d.users[asked.ID]
		return user, ok
	}

	if asked.Domain == nil {
		return User{}, false
	}

	domain, _ := d.domain(asked.Domain.ID, asked.Domain.Name)

	return find(maps.Values(d.users), func(u User) bool { return u.Name == asked.Name && u.DomainID == domain.ID })
}

// scope finds the project that a token is asked for; the zero project stands for the account. A project's account
// may be left out: then it is the user's.
func (d *directory) scope(asked *reference, userDomain string) (Project, bool) {
	if asked == nil {
		return Project{}, true
	}

	project, ok := d.projects[asked.ID]
	if asked.ID == "" {
		domain := Domain{ID: userDomain}
		if asked.Domain != nil {
			domain, _ = d.domain(asked.Domain.ID, asked.Domain.Name)
		}

		project, ok = find(slices.Values(byID(d.projects)), func(p Project) bool {
			return p.Name == asked.Name && p.DomainID == domain.ID
		})
	}

	return project, ok && project.DomainID == userDomain && !project.Disabled
}

// issuedToken issues a token: its value is in a header, its scope in the body. The lock is held.
func (c *Call) issuedToken(user User, asked authBody, method string) *Response {
	project, ok := c.Server.iam.scope(asked.Auth.Scope.Project, user.DomainID)
	if !ok {
		return c.KeystoneError(http.StatusUnauthorized, "The project of the scope could not be found.")
	}

	expires := c.Now.Add(c.Server.tokenLifetime)
	token := c.Server.iam.issueToken(user.Name, user.DomainID, project.ID, expires)
	domain := map[string]string{"id": user.DomainID, "name": c.Server.iam.domains[user.DomainID].Name}

	body := map[string]any{
		"methods":    []string{method},
		"issued_at":  c.Now.UTC().Format(iamTime),
		"expires_at": expires.UTC().Format(iamTime),
		"user":       map[string]any{"id": user.ID, "name": user.Name, "domain": domain, "password_expires_at": ""},
		"roles":      []map[string]string{{"id": "0", "name": "te_admin"}},
		"catalog":    []any{},
	}
	if project.ID != "" {
		body["project"] = map[string]any{"id": project.ID, "name": project.Name, "domain": domain}
	} else {
		body["domain"] = domain
	}

	a := jsonResponse(http.StatusCreated, map[string]any{"token": body})
	a.Header.Set("X-Subject-Token", token.Value)

	return a
}

// createFederatedToken answers CreateTokenWithIdToken: an ID token of a federation partner, which X-Idp-Id names, for
// a token of this IAM.
func (c *Call) createFederatedToken(body authBody) *Response {
	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	id := c.Request.Header.Get("X-Idp-Id")

	provider, known := c.Server.iam.providers[id]
	if !known {
		return c.KeystoneError(http.StatusNotFound, "Could not find identity provider: "+id)
	}

	if body.Auth.IDToken.ID == "" || !slices.Contains(provider.IDTokens, body.Auth.IDToken.ID) {
		return c.KeystoneError(http.StatusUnauthorized, "The ID token is invalid.")
	}

	user := User{ID: uuid("federated " + id), Name: "federated/" + id, DomainID: provider.DomainID}

	return c.issuedToken(user, body, "mapped")
}

// response is a temporary AK/SK as IAM and the metadata service send it.
func (k Key) response(status int) *Response {
	return jsonResponse(status, map[string]any{"credential": map[string]string{
		"access": k.Access, "secret": k.Secret, "securitytoken": k.SecurityToken, "expires_at": k.Expires.UTC().Format(iamTime),
	}})
}

// createSecurityToken answers CreateTemporaryAccessKeyByAgency and CreateTemporaryAccessKeyByToken.
func (c *Call) createSecurityToken(body authBody) *Response {
	identity := body.Auth.Identity
	switch {
	case slices.Equal(identity.Methods, []string{"assume_role"}):
		return c.keyByAgency(identity)
	case slices.Equal(identity.Methods, []string{"token"}):
		return c.keyByToken(identity)
	default:
		return c.KeystoneError(http.StatusBadRequest, "The authentication method is not supported")
	}
}

func (c *Call) keyByAgency(identity identityBody) *Response {
	if refused := c.authenticate(); refused != nil {
		return refused
	}

	asked := identity.AssumeRole

	lifetime, refused := c.iamLifetime(asked.Duration)
	if refused != nil {
		return refused
	}

	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	domain, _ := c.Server.iam.domain(asked.DomainID, asked.DomainName)

	agency, found := c.Server.iam.agency(asked.AgencyName, domain.ID)
	if !found {
		return c.KeystoneError(http.StatusNotFound, "Could not find agency: "+asked.AgencyName)
	}

	if !agency.trusts(c.record.Identity.DomainID) {
		return c.KeystoneError(http.StatusForbidden, "You have no right to assume the agency "+asked.AgencyName)
	}

	key := c.Server.iam.issueKey("agency/"+agency.Name, agency.DomainID, c.Now.Add(lifetime))

	return key.response(http.StatusCreated)
}

func (a Agency) trusts(domainID string) bool {
	return a.TrustedDomainID == "" || a.TrustedDomainID == domainID
}

func (c *Call) keyByToken(identity identityBody) *Response {
	lifetime, refused := c.iamLifetime(identity.Token.Duration)
	if refused != nil {
		return refused
	}

	value := cmp.Or(identity.Token.ID, c.Request.Header.Get("X-Auth-Token"))

	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	token, known := c.Server.iam.tokens[value]
	if !known || expired(token.Expires, c.Now) {
		return c.KeystoneError(http.StatusUnauthorized, "The token is invalid or has expired.")
	}

	key := c.Server.iam.issueKey(token.User, token.DomainID, c.Now.Add(lifetime))

	return key.response(http.StatusCreated)
}

// iamLifetime is the lifetime of a temporary key of IAM v3.
func (c *Call) iamLifetime(asked *int) (time.Duration, *Response) {
	lifetime, ok := c.lifetime(asked, 15*minute, 15*minute, day)
	if !ok {
		return 0, c.KeystoneError(http.StatusBadRequest, "'duration_seconds' must be between 900 and 86400.")
	}

	return lifetime, nil
}

// lifetime is how long a temporary key lives: the server's own choice or else as asked for, within bounds in seconds.
func (c *Call) lifetime(asked *int, unset, lowest, highest int) (time.Duration, bool) {
	seconds := unset
	if asked != nil {
		seconds = *asked
	}

	if seconds < lowest || seconds > highest {
		return 0, false
	}

	if c.Server.keyLifetime > 0 {
		return c.Server.keyLifetime, true
	}

	return time.Duration(seconds) * time.Second, true
}
