// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"net/http"
	"slices"
)

// createFederatedToken answers CreateTokenWithIdToken: an ID token of a federation partner, which X-Idp-Id names, for
// a token of this IAM.
func (c *Call) createFederatedToken() Response {
	body, refused := c.authRequest()
	if refused != nil {
		return *refused
	}

	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	id := c.Request.Header.Get("X-Idp-Id")

	i := slices.IndexFunc(c.Server.iam.providers, func(p IdentityProvider) bool { return p.ID == id })
	if i < 0 {
		return *c.KeystoneError(http.StatusNotFound, "Could not find identity provider: "+id)
	}

	provider := c.Server.iam.providers[i]
	if body.Auth.IDToken.ID == "" || !slices.Contains(provider.IDTokens, body.Auth.IDToken.ID) {
		return *c.KeystoneError(http.StatusUnauthorized, "The ID token is invalid.")
	}

	project, ok := c.Server.iam.scope(body.Auth.Scope, provider.DomainID)
	if !ok {
		return *c.KeystoneError(http.StatusUnauthorized, "The project of the scope could not be found.")
	}

	user := User{ID: uuid("federated " + id), Name: "federated/" + id, DomainID: provider.DomainID}

	return c.issuedToken(user, project, "mapped")
}
