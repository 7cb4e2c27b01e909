// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"terraform-provider-dcs/internal/auth/sign"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

// request is a request to IAM or STS.
type request struct {
	service endpoint.Service
	region  string
	method  string
	path    string
	query   url.Values
	header  http.Header
	// body is sent as JSON. Nil means none.
	body object
	auth transport.Authorizer
	// confidential says that the response may hold credentials.
	confidential bool
	decode       func(transport.Response) error
}

// object is a JSON object.
type object = map[string]any

// do sends a request to IAM or STS.
func (s *Session) do(ctx context.Context, r request) error {
	base, err := s.cfg.Endpoints.URL(r.service, r.region)
	if err != nil {
		return err
	}

	u := base.JoinPath(r.path)
	u.RawQuery = r.query.Encode()

	header := r.header.Clone()

	var body []byte

	if r.body != nil {
		if body, err = json.Marshal(r.body); err != nil {
			return err
		}

		if header == nil {
			header = http.Header{}
		}

		header.Set("Content-Type", "application/json;charset=utf8")
	}

	return s.cfg.Transport.Do(ctx, transport.Request{
		Method: r.method, URL: u, Header: header, Body: body, Auth: r.auth, Confidential: r.confidential, Decode: r.decode,
	})
}

// requestCredentials sends r, to which credentials are the response. decode reads them.
func (s *Session) requestCredentials(
	ctx context.Context, decode func(transport.Response) (*credentials, error), r request,
) (*credentials, error) {
	var got *credentials

	r.method, r.confidential = http.MethodPost, true
	r.decode = func(response transport.Response) (err error) {
		got, err = decode(response)

		return err
	}

	err := s.do(ctx, r)

	return got, err
}

// decodeToken reads a token as IAM sends it.
func (s *Session) decodeToken(response transport.Response) (*credentials, error) {
	var body struct {
		Token struct {
			ExpiresAt string `json:"expires_at"`
			Project   struct {
				ID string `json:"id"`
			} `json:"project"`
		} `json:"token"`
	}

	subject := response.Header.Get("X-Subject-Token")
	if err := decodeJSON(response.Body, &body, func() bool { return subject == "" }); err != nil {
		return nil, err
	}

	token, err := s.obtained("the token in X-Subject-Token", subject)
	if err != nil {
		return nil, err
	}

	if token == "" {
		return nil, errors.New("the response has no token in X-Subject-Token")
	}

	got := &credentials{token: token}
	if isProjectID(body.Token.Project.ID) {
		got.projectID = body.Token.Project.ID
	}

	setExpiry(got, body.Token.ExpiresAt, response.Header)

	return got, nil
}

var errNoKey = errors.New("the response has no temporary access key")

// decodeKey reads a temporary access key as IAM, STS and the metadata service send it.
func (s *Session) decodeKey(response transport.Response) (*credentials, error) {
	var body struct {
		IAM struct {
			Access        string `json:"access"`
			Secret        string `json:"secret"`
			SecurityToken string `json:"securitytoken"`
			ExpiresAt     string `json:"expires_at"`
		} `json:"credential"`
		STS struct {
			AccessKeyID     string `json:"access_key_id"`
			SecretAccessKey string `json:"secret_access_key"`
			SecurityToken   string `json:"security_token"`
			Expiration      string `json:"expiration"`
		} `json:"credentials"`
	}

	empty := body
	err := decodeJSON(response.Body, &body, func() bool { return body == empty })

	var service *transport.ServiceError

	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &service):
		return nil, err
	case err != nil:
		// The decoder's error quotes what it has read.
		return nil, errNoKey
	}

	keys := sign.Keys{AccessKey: body.IAM.Access, SecretKey: body.IAM.Secret, SecurityToken: body.IAM.SecurityToken}
	expiresAt := body.IAM.ExpiresAt

	if keys == (sign.Keys{}) {
		keys = sign.Keys{
			AccessKey: body.STS.AccessKeyID, SecretKey: body.STS.SecretAccessKey, SecurityToken: body.STS.SecurityToken,
		}
		expiresAt = body.STS.Expiration
	}

	for _, part := range []struct {
		name  string
		value *string
	}{
		{"the access key", &keys.AccessKey}, {"the secret key", &keys.SecretKey}, {"the security token", &keys.SecurityToken},
	} {
		var err error

		switch *part.value, err = s.obtained(part.name, *part.value); {
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errNoKey, err)
		case *part.value == "":
			return nil, errNoKey
		}
	}

	got := &credentials{Keys: keys}
	setExpiry(got, expiresAt, response.Header)

	return got, nil
}

// decodeJSON decodes a body, which may begin with a byte order mark, into target. Where isEmpty then reports that target has
// nothing of what was requested, and the body is an error of the service, it returns that as a [*transport.ServiceError].
func decodeJSON(body io.Reader, target any, isEmpty func() bool) error {
	const byteOrderMark = "\uFEFF"

	var start head

	buffered := bufio.NewReader(io.TeeReader(body, &start))
	if mark, _ := buffered.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		_, _ = buffered.Discard(len(byteOrderMark))
	}

	if err := json.NewDecoder(buffered).Decode(target); err != nil || !isEmpty() {
		return err
	}

	if failure := transport.ParseError(start); failure != nil {
		return failure
	}

	return nil
}

// head keeps the beginning of what is written to it: as much as an error of the service may have.
type head []byte

const maxHead = 1 << 20 // Bytes: as much as is read of the body of an error with another status.

// Write implements [io.Writer].
func (h *head) Write(p []byte) (int, error) {
	*h = append(*h, p[:min(len(p), maxHead-len(*h))]...)

	return len(p), nil
}
