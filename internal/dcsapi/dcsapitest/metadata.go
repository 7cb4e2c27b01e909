// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"net/http"
	"strconv"
	"time"
)

const (
	metadataTokenPath = "/meta-data/latest/api/token"
	metadataKeyPath   = "/openstack/latest/securitykey"

	metadataKeySeconds = 6 * 60 * minute
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

var metadataModes = []MetadataMode{MetadataOff, MetadataV1, MetadataV2, MetadataNoAgency}

// Metadata is the ECS metadata service of a server. The zero value is [MetadataOff].
type Metadata struct {
	Mode MetadataMode
	// TokenStatus is what MetadataV1 answers to a request for a token: 404 (default), 405 or 503.
	TokenStatus int
}

// SetMetadata changes how the metadata service behaves.
func (s *Server) SetMetadata(m Metadata) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.metadata = m
}

func (c *call) metadataNotFound() answer {
	return textAnswer(http.StatusNotFound, "text/plain", "404 Not Found\n")
}

// createMetadataToken answers the PUT with which a v2 session begins.
func (c *call) createMetadataToken() answer {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()

	switch c.s.metadata.Mode {
	case MetadataV2, MetadataNoAgency:
	case MetadataV1:
		status := c.s.metadata.TokenStatus
		if status == 0 {
			status = http.StatusNotFound
		}

		return textAnswer(status, "text/plain", http.StatusText(status)+"\n")
	default:
		return c.metadataNotFound()
	}

	ttl, err := strconv.Atoi(c.r.Header.Get("X-Metadata-Token-Ttl-Seconds"))
	if err != nil || ttl < 1 || ttl > 6*60*minute {
		return textAnswer(http.StatusBadRequest, "text/plain", "X-Metadata-Token-Ttl-Seconds must be 1 to 21600\n")
	}

	token := c.s.iam.nextSecret("metadata token")
	c.s.metaTokens[token] = c.now.Add(time.Duration(ttl) * time.Second)

	return textAnswer(http.StatusOK, "text/plain", token)
}

// metadataKey answers with a temporary key of the instance's agency.
func (c *call) metadataKey() answer {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()

	mode := c.s.metadata.Mode
	if mode == MetadataOff || mode == "" {
		return c.metadataNotFound()
	}

	until, known := c.s.metaTokens[c.r.Header.Get("X-Metadata-Token")]
	if mode != MetadataV1 && (!known || expired(until, c.now)) {
		return textAnswer(http.StatusUnauthorized, "text/plain", "401 Unauthorized\n")
	}

	if mode == MetadataNoAgency {
		return textAnswer(http.StatusNotFound, "text/plain", "Please configure a Cloud Service Agency for the ECS first\n")
	}

	lifetime, _ := c.lifetime(nil, metadataKeySeconds, 0, metadataKeySeconds)

	return jsonAnswer(http.StatusOK, c.s.iam.issueKey("agency/ecs", DomainID, c.now.Add(lifetime)).body())
}
