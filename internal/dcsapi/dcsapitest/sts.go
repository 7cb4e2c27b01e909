// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// assumeAgency answers STS v5 AssumeAgency (https://support.huaweicloud.com/api-iam5/AssumeAgency.html). A caller with
// a temporary key gets an hour at most.
func (c *Call) assumeAgency() *Response {
	if c.Request.Header.Get("Authorization") == "" {
		return c.unauthenticated("the API is to be called with a signature")
	}

	refuse := func(status int, code, message string) *Response { return c.Error(status, ShapeIAM, code, message) }

	var asked struct {
		URN      string `json:"agency_urn"`
		Session  string `json:"agency_session_name"`
		Duration *int   `json:"duration_seconds"`
	}
	if err := json.Unmarshal(c.Body, &asked); err != nil || asked.Session == "" {
		return refuse(http.StatusBadRequest, "STS5.0001", "The request body is invalid.")
	}

	longest := 12 * 60 * minute
	if c.Request.Header.Get("X-Security-Token") != "" {
		longest = 60 * minute
	}

	lifetime, ok := c.lifetime(asked.Duration, 60*minute, 15*minute, longest)
	if !ok {
		return refuse(http.StatusBadRequest, "STS5.0002", "The value of duration_seconds is out of range.")
	}

	domainID, name, ok := parseURN(asked.URN)
	if !ok {
		return refuse(http.StatusBadRequest, "STS5.0003", "The value of agency_urn is invalid.")
	}

	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	agency, found := c.Server.iam.agency(name, domainID)
	if !found || !agency.trusts(c.record.Identity.DomainID) {
		return refuse(http.StatusForbidden, "STS5.0004",
			"You are not authorized to perform sts:agencies:assume on "+asked.URN)
	}

	key := c.Server.iam.issueKey("agency/"+name, agency.DomainID, c.Now.Add(lifetime))

	return jsonResponse(http.StatusOK, map[string]any{
		"assumed_agency": map[string]string{
			"urn": "sts::" + domainID + ":assumed-agency:" + name + "/" + asked.Session,
			"id":  uuid(asked.URN) + ":" + asked.Session,
		},
		"credentials": map[string]string{
			"access_key_id":     key.Access,
			"secret_access_key": key.Secret,
			"security_token":    key.SecurityToken,
			"expiration":        key.Expires.UTC().Format(time.RFC3339),
		},
	})
}

// parseURN splits "iam::<domain id>:agency:<name>".
func parseURN(urn string) (domainID, name string, ok bool) {
	parts := strings.SplitN(urn, ":", 5)
	if len(parts) != 5 || parts[0] != "iam" || parts[1] != "" || parts[3] != "agency" {
		return "", "", false
	}

	return parts[2], parts[4], parts[2] != "" && parts[4] != ""
}
