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
	"strings"
	"time"

	"terraform-provider-dcs/internal/transport"
)

const (
	metadataEndpoint = "http://169.254.169.254"
	metadataTimeout  = 2 * time.Second
	metadataTokenTTL = "21600" // Seconds.
	maxMetadataToken = 8 << 10 // Bytes.
)

// metadataLogin asks the metadata service of the ECS that the provider runs on, version 2 and where there is none 1.
//
// Source: ECS user guide, "Obtaining metadata".
func (a *Account) metadataLogin(m Metadata) login {
	client := a.cfg.Transport.Direct()
	address := cmp.Or(m.Endpoint, metadataEndpoint)

	return newRenewed(m.From(), everywhere, func(ctx context.Context, _ Scope) (credentials, error) {
		bounded, cancel := context.WithTimeout(ctx, metadataTimeout)
		defer cancel()

		base, err := url.Parse(address)
		if err != nil {
			return credentials{}, err
		}

		got, err := a.askMetadata(bounded, client, base)
		if err == nil {
			return got, nil
		}

		if ctx.Err() != nil {
			return credentials{}, context.Cause(ctx)
		}

		if bounded.Err() != nil {
			err = fmt.Errorf("no answer from %s within %s", address, metadataTimeout)
		}

		return credentials{}, &MissingError{Looked: m.Looked, Err: err}
	})
}

// askMetadata returns the temporary key of the ECS's agency.
func (a *Account) askMetadata(ctx context.Context, client *transport.Client, base *url.URL) (credentials, error) {
	header, err := metadataToken(ctx, client, base)
	if err != nil {
		return credentials{}, err
	}

	return a.askKey(ctx, client, transport.Request{
		Method: http.MethodGet, URL: base.JoinPath("/openstack/latest/securitykey"), Header: header,
	})
}

// metadataToken returns the header that version 2 asks for, nil where the service is of version 1.
func metadataToken(ctx context.Context, client *transport.Client, base *url.URL) (http.Header, error) {
	var token string

	err := client.Do(ctx, transport.Request{
		Method: http.MethodPut, URL: base.JoinPath("/meta-data/latest/api/token"),
		Header: http.Header{"X-Metadata-Token-Ttl-Seconds": {metadataTokenTTL}},
		Decode: func(answer transport.Answer) error {
			text, err := io.ReadAll(io.LimitReader(answer.Body, maxMetadataToken))
			if err != nil {
				return err
			}

			token = strings.TrimSpace(string(text))
			if token == "" || strings.ContainsAny(token, "<>\r\n") {
				return errors.New("the answer is no token")
			}

			return nil
		},
	})

	var answer *transport.Error
	if errors.As(err, &answer) {
		switch answer.Status {
		case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusServiceUnavailable:
			return nil, nil
		}
	}

	if err != nil {
		return nil, err
	}

	client.AddSecret(token)

	return http.Header{"X-Metadata-Token": {token}}, nil
}

func isMissing(err error) bool {
	var missing *MissingError

	return errors.As(err, &missing)
}
