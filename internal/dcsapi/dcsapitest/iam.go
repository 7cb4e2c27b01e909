// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// iamTime is how IAM v3 writes times: UTC, with microseconds.
const iamTime = "2006-01-02T15:04:05.000000Z"

const minute, day = 60, 24 * 60 * 60 // in seconds, as the APIs count

type projectBody struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DomainID    string `json:"domain_id"`
	ParentID    string `json:"parent_id"`
	Enabled     bool   `json:"enabled"`
	IsDomain    bool   `json:"is_domain"`
	Description string `json:"description"`
}

type projectsBody struct {
	Projects []projectBody `json:"projects"`
	Links    struct {
		Self     string  `json:"self"`
		Next     *string `json:"next"`
		Previous *string `json:"previous"`
	} `json:"links"`
}

// listProjects answers KeystoneListProjects, which an IAM user needs a permission for.
func (c *Call) listProjects() Response {
	values := c.Request.URL.Query()

	return c.projects(func(p Project) bool {
		return (!values.Has("name") || p.Name == values.Get("name")) &&
			(!values.Has("enabled") || strconv.FormatBool(!p.Disabled) == values.Get("enabled"))
	})
}

// listOwnProjects answers KeystoneListAuthProjects: the projects that the caller may use. It needs no permission.
func (c *Call) listOwnProjects() Response {
	return c.projects(func(p Project) bool { return !p.Disabled })
}

func (c *Call) projects(wanted func(Project) bool) Response {
	body := projectsBody{Projects: []projectBody{}}
	body.Links.Self = "https://" + c.Request.Host + c.record.Path
	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	for _, p := range c.Server.iam.projects {
		if p.DomainID == c.record.Identity.DomainID && wanted(p) {
			body.Projects = append(body.Projects, projectBody{
				ID: p.ID, Name: p.Name, DomainID: p.DomainID, ParentID: p.DomainID, Enabled: !p.Disabled,
			})
		}
	}

	return jsonResponse(http.StatusOK, body)
}

// listOwnDomains answers KeystoneListAuthDomains: the account of the caller.
func (c *Call) listOwnDomains() Response {
	self := "https://" + c.Request.Host + c.record.Path

	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	domain := c.Server.iam.domains[c.record.Identity.DomainID]

	return jsonResponse(http.StatusOK, map[string]any{
		"domains": []map[string]any{{
			"id": domain.ID, "name": domain.Name, "enabled": true, "description": "",
			"links": map[string]string{"self": self + "/" + domain.ID},
		}},
		"links": map[string]any{"self": self, "next": nil, "previous": nil},
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

type scopeBody struct {
	Project *reference `json:"project"`
	Domain  *reference `json:"domain"`
}

type authBody struct {
	Auth struct {
		Identity identityBody `json:"identity"`
		IDToken  struct {
			ID string `json:"id"`
		} `json:"id_token"`
		Scope scopeBody `json:"scope"`
	} `json:"auth"`
}

// authRequest decodes the body that all logins of IAM share.
func (c *Call) authRequest() (authBody, *Response) {
	var body authBody
	if err := json.Unmarshal(c.Body, &body); err != nil {
		return authBody{}, c.KeystoneError(http.StatusBadRequest, "The request body is invalid")
	}

	return body, nil
}

// createToken answers KeystoneCreateUserTokenByPassword.
func (c *Call) createToken() Response {
	body, refused := c.authRequest()
	if refused != nil {
		return *refused
	}

	if !slices.Equal(body.Auth.Identity.Methods, []string{"password"}) {
		return *c.KeystoneError(http.StatusBadRequest, "The authentication method is not supported")
	}

	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	asked := body.Auth.Identity.Password.User

	user, ok := c.Server.iam.user(asked.reference)
	if !ok || user.Password != asked.Password {
		return *c.KeystoneError(http.StatusUnauthorized, "The username or password is wrong.")
	}

	project, ok := c.Server.iam.scope(body.Auth.Scope, user.DomainID)
	if !ok {
		return *c.KeystoneError(http.StatusUnauthorized, "The project of the scope could not be found.")
	}

	return c.issuedToken(User{ID: user.ID, Name: user.Name, DomainID: user.DomainID}, project, "password")
}

// user finds a user by ID, or by name and account.
func (d *directory) user(asked reference) (User, bool) {
	if asked.ID != "" {
		i := slices.IndexFunc(d.users, func(u User) bool { return u.ID == asked.ID })
		if i < 0 {
			return User{}, false
		}

		return d.users[i], true
	}

	if asked.Domain == nil {
		return User{}, false
	}

	domain, ok := d.domain(asked.Domain.ID, asked.Domain.Name)

	i := slices.IndexFunc(d.users, func(u User) bool { return u.Name == asked.Name && u.DomainID == domain.ID })
	if !ok || i < 0 {
		return User{}, false
	}

	return d.users[i], true
}

// scope finds the project that a token is asked for; the zero project stands for the account. A project's account
// may be left out: then it is the user's.
func (d *directory) scope(asked scopeBody, userDomain string) (Project, bool) {
	if asked.Project == nil {
		return Project{}, true
	}

	var (
		project Project
		ok      bool
	)
	if asked.Project.ID != "" {
		project, ok = d.project(asked.Project.ID)
	} else {
		domain := Domain{ID: userDomain}
		if asked.Project.Domain != nil {
			domain, _ = d.domain(asked.Project.Domain.ID, asked.Project.Domain.Name)
		}

		project, ok = d.projectByName(asked.Project.Name, domain.ID)
	}

	return project, ok && project.DomainID == userDomain && !project.Disabled
}

// issuedToken issues a token: its value is in a header, its scope in the body. The lock is held.
func (c *Call) issuedToken(user User, project Project, method string) Response {
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
	a.Set("X-Subject-Token", token.Value)

	return a
}

type credentialBody struct {
	Access        string `json:"access"`
	Secret        string `json:"secret"`
	SecurityToken string `json:"securitytoken"`
	ExpiresAt     string `json:"expires_at"`
}

// body is a temporary AK/SK as IAM and the metadata service send it.
func (k Key) body() map[string]any {
	return map[string]any{
		"credential": credentialBody{k.Access, k.Secret, k.SecurityToken, k.Expires.UTC().Format(iamTime)},
	}
}

// createSecurityToken answers CreateTemporaryAccessKeyByAgency and CreateTemporaryAccessKeyByToken.
func (c *Call) createSecurityToken() Response {
	body, refused := c.authRequest()
	if refused != nil {
		return *refused
	}

	identity := body.Auth.Identity
	switch {
	case slices.Equal(identity.Methods, []string{"assume_role"}):
		return c.keyByAgency(identity)
	case slices.Equal(identity.Methods, []string{"token"}):
		return c.keyByToken(identity)
	default:
		return *c.KeystoneError(http.StatusBadRequest, "The authentication method is not supported")
	}
}

func (c *Call) keyByAgency(identity identityBody) Response {
	if refused := c.authenticate(); refused != nil {
		return *refused
	}

	asked := identity.AssumeRole

	lifetime, ok := c.lifetime(asked.Duration, 15*minute, 15*minute, day)
	if !ok {
		return *c.KeystoneError(http.StatusBadRequest, "'duration_seconds' must be between 900 and 86400.")
	}

	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	domain, ok := c.Server.iam.domain(asked.DomainID, asked.DomainName)

	agency, found := c.Server.iam.agency(asked.AgencyName, domain.ID)
	if !ok || !found {
		return *c.KeystoneError(http.StatusNotFound, "Could not find agency: "+asked.AgencyName)
	}

	if !agency.trusts(c.record.Identity.DomainID) {
		return *c.KeystoneError(http.StatusForbidden, "You have no right to assume the agency "+asked.AgencyName)
	}

	key := c.Server.iam.issueKey("agency/"+agency.Name, agency.DomainID, c.Now.Add(lifetime))

	return jsonResponse(http.StatusCreated, key.body())
}

func (a Agency) trusts(domainID string) bool {
	return a.TrustedDomainID == "" || a.TrustedDomainID == domainID
}

func (c *Call) keyByToken(identity identityBody) Response {
	lifetime, ok := c.lifetime(identity.Token.Duration, 15*minute, 15*minute, day)
	if !ok {
		return *c.KeystoneError(http.StatusBadRequest, "'duration_seconds' must be between 900 and 86400.")
	}

	value := identity.Token.ID
	if value == "" {
		value = c.Request.Header.Get("X-Auth-Token")
	}

	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	token, known := c.Server.iam.tokens[value]
	if !known || expired(token.Expires, c.Now) {
		return *c.KeystoneError(http.StatusUnauthorized, "The token is invalid or has expired.")
	}

	key := c.Server.iam.issueKey(token.User, token.DomainID, c.Now.Add(lifetime))

	return jsonResponse(http.StatusCreated, key.body())
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
