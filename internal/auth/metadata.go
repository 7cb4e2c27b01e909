// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"terraform-provider-dcs/internal/transport"
)

const (
	metadataEndpoint = "http://169.254.169.254"
	// metadataTimeout bounds a whole exchange with the metadata service, metadataV2Timeout the part of it that uses version 2.
	metadataTimeout   = 2 * time.Second
	metadataV2Timeout = time.Second
	metadataTokenTTL  = "21600" // Seconds.
)

// metadataService is the metadata service of the ECS that the provider runs on.
type metadataService struct {
	session *Session
	client  *transport.Client
	base    *url.URL
}

// metadataProvider fetches the temporary access key of the ECS's agency.
func (s *Session) metadataProvider(m Metadata) credentialsProvider {
	client := s.cfg.Transport.WithoutProxy()
	address := cmp.Or(m.Endpoint, metadataEndpoint)

	return newCachedProvider(m.From(), anyScope, func(ctx context.Context, _ Scope) (*credentials, error) {
		bounded, cancel := withTimeout(ctx, metadataTimeout)
		defer cancel()

		base, err := url.Parse(address)
		if err != nil {
			return nil, err
		}

		got, err := metadataService{s, client, base}.credentials(bounded)
		if err == nil {
			return got, nil
		}

		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}

		if bounded.Err() != nil {
			err = fmt.Errorf("no response from %s within %s", address, metadataTimeout)
		}

		return nil, &MissingError{Looked: m.Looked, Err: err}
	})
}

// withTimeout is [context.WithTimeout] for the context of a fetch, whose deadline moves: where the present one is earlier than
// the timeout, [context.WithTimeout] would rely on it.
func withTimeout(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(withoutDeadline{ctx}, timeout)
}

// withoutDeadline is a context whose deadline is not known.
type withoutDeadline struct{ context.Context }

func (withoutDeadline) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// credentials returns the temporary access key by version 2 of the service, and where that fails by version 1, which needs no
// token. Some services have version 1 alone. In a container, version 2 fails because the response with the token has a hop
// limit of one.
//
// Source: ECS user guide, "Obtaining metadata".
func (m metadataService) credentials(ctx context.Context) (*credentials, error) {
	got, errV2 := m.keyByToken(ctx)
	if errV2 == nil {
		return got, nil
	}

	got, errV1 := m.key(ctx, nil)
	if errV1 != nil {
		return nil, fmt.Errorf("version 2: %w; version 1: %w", errV2, errV1)
	}

	return got, nil
}

// keyByToken returns the temporary access key by version 2, in [metadataV2Timeout] at most, so that version 1 is left time.
func (m metadataService) keyByToken(ctx context.Context) (*credentials, error) {
	bounded, cancel := context.WithTimeout(ctx, metadataV2Timeout)
	defer cancel()

	var got *credentials

	token, err := m.token(bounded)
	if err == nil {
		got, err = m.key(bounded, http.Header{"X-Metadata-Token": {token}})
	}

	if err != nil && bounded.Err() != nil {
		err = fmt.Errorf("no response from %s within %s", m.base, metadataV2Timeout)
	}

	return got, err
}

// token returns a token for requests by version 2.
func (m metadataService) token(ctx context.Context) (string, error) {
	var token string

	err := m.client.Do(ctx, transport.Request{
		Method: http.MethodPut, URL: m.base.JoinPath("/meta-data/latest/api/token"),
		Header:       http.Header{"X-Metadata-Token-Ttl-Seconds": {metadataTokenTTL}},
		Confidential: true,
		Decode: func(response transport.Response) error {
			text, err := io.ReadAll(response.Body)
			if err != nil {
				return err
			}

			token, err = m.session.obtained("the token", string(text))
			if err == nil && token == "" {
				err = errors.New("the response has no token")
			}

			return err
		},
	})

	return token, err
}

// key returns the temporary access key of the ECS's agency.
func (m metadataService) key(ctx context.Context, header http.Header) (*credentials, error) {
	var got *credentials

	err := m.client.Do(ctx, transport.Request{
		Method: http.MethodGet, URL: m.base.JoinPath("/openstack/latest/securitykey"), Header: header, Confidential: true,
		Decode: func(response transport.Response) (err error) {
			got, err = m.session.decodeKey(response)

			return err
		},
	})

	return got, err
}
