// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	metadataTokenPath = "/meta-data/latest/api/token"
	metadataKeyPath   = "/openstack/latest/securitykey"

	metadataSeconds = 6 * 60 * minute // that keys live, and tokens at most
)

// MetadataMode is how the ECS metadata service behaves.
type MetadataMode string

// The metadata services that instances meet.
const (
	// MetadataOff is a machine that is no ECS instance, behind a host that answers: 404 for everything.
	MetadataOff MetadataMode = "off"
	// MetadataV1 is an older instance: no tokens, so asking for one is refused.
	MetadataV1 MetadataMode = "v1"
	// MetadataV2 is an instance that insists on a token: without one, 401.
	MetadataV2 MetadataMode = "v2"
	// MetadataNoAgency is an instance without an agency: there is a service, and no key.
	MetadataNoAgency MetadataMode = "no-agency"
)

// Metadata is the ECS metadata service of a server. The zero value is [MetadataOff].
type Metadata struct {
	Mode MetadataMode `hcl:"mode,optional" values:"off v1 v2 no-agency"`
	// TokenStatus is what MetadataV1 answers to a request for a token: 404 (default), 405 or 503.
	TokenStatus int `hcl:"token_status,optional" values:"404 405 503"`
}

// SetMetadata changes how the metadata service behaves.
func (s *Server) SetMetadata(m Metadata) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.metadata = m
}

// createMetadataToken answers the PUT with which a v2 session begins.
func (c *Call) createMetadataToken() *Response {
	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	switch c.Server.metadata.Mode {
	case MetadataV2, MetadataNoAgency:
	case MetadataV1:
		return metadataError(cmp.Or(c.Server.metadata.TokenStatus, http.StatusNotFound), "")
	default:
		return metadataError(http.StatusNotFound, "")
	}

	ttl, err := strconv.Atoi(c.Request.Header.Get("X-Metadata-Token-Ttl-Seconds"))
	if err != nil || ttl < 1 || ttl > metadataSeconds {
		return metadataError(http.StatusBadRequest, "X-Metadata-Token-Ttl-Seconds must be 1 to 21600")
	}

	token := c.Server.iam.nextSecret("metadata token")
	c.Server.metaTokens[token] = c.Now.Add(time.Duration(ttl) * time.Second)

	return TextResponse(http.StatusOK, "text/plain", token)
}

// metadataKey answers with a temporary key of the instance's agency.
func (c *Call) metadataKey() *Response {
	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	mode := c.Server.metadata.Mode
	if mode == MetadataOff || mode == "" {
		return metadataError(http.StatusNotFound, "")
	}

	until, known := c.Server.metaTokens[c.Request.Header.Get("X-Metadata-Token")]
	if mode != MetadataV1 && (!known || expired(until, c.Now)) {
		return metadataError(http.StatusUnauthorized, "")
	}

	if mode == MetadataNoAgency {
		return metadataError(http.StatusNotFound, "Please configure a Cloud Service Agency for the ECS first")
	}

	lifetime, _ := c.lifetime(nil, metadataSeconds, 0, metadataSeconds)

	return c.Server.iam.issueKey("agency/ecs", DomainID, c.Now.Add(lifetime)).response(http.StatusOK)
}

// metadataError is an error of the metadata service; the default message is the text of the status.
func metadataError(status int, message string) *Response {
	return TextResponse(status, "text/plain", cmp.Or(message, fmt.Sprintf("%d %s", status, http.StatusText(status)))+"\n")
}
