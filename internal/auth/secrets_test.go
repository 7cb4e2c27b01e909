// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/transport"
)

// Every obtained secret is used, and redacted in the errors of all requests, without leading and trailing white space and byte
// order marks.
func TestSession_redactsObtainedSecrets(t *testing.T) {
	t.Parallel()

	for name, c := range loginCases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s, _ := c.start(t)
				s.Inject(dcsapitest.Fault{Effect: fault.Status{Status: http.StatusBadRequest}, Path: pathBackups})

				u, tap, observed := newTapped(t, s, c.cfg)
				tap.see(secretsOf(c.cfg.Source)...)
				tap.change = func(path string, body []byte) []byte {
					switch path {
					case pathSecurityTokens, pathAssume, pathMetadataKey:
						return append([]byte("\uFEFF"), secretValues.ReplaceAllFunc(body, padValue)...)
					case pathMetadataToken:
						return append(body, "\r\n"...)
					case pathTokens, pathIDTokens, pathProjects:
						return body
					default:
						return []byte(`{"error_code":"X","error_msg":"` + strings.Join(tap.seen, " ") + ` seen"}`)
					}
				}

				err := u.read(t.Context())
				if err == nil || !strings.HasSuffix(strings.Split(err.Error(), " (request")[0], "seen") {
					t.Fatalf("got %v, want the error of the listing", err)
				}

				tap.check(t, append(observed(), err.Error())...)
			})
		})
	}
}

// padValue returns a member of a JSON object with white space and a byte order mark at both ends of its value.
func padValue(member []byte) []byte {
	name, value, _ := bytes.Cut(member, []byte(`:`))

	return []byte(string(name) + `:"\n\uFEFF ` + strings.Trim(string(value), ` "`) + ` \r\n"`)
}

func secretsOf(source auth.Source) []string {
	switch s := source.(type) {
	case auth.Keys:
		return []string{s.AccessKey, s.SecretKey, s.SecurityToken}
	case auth.Token:
		return []string{s.Token}
	case auth.Password:
		return []string{s.Password}
	case auth.OIDC:
		return []string{idToken}
	default:
		return nil
	}
}

// A response with secrets that cannot be decoded is not quoted.
func TestSession_quotesNoMalformedLogin(t *testing.T) {
	t.Parallel()

	replace := func(pattern, with string) func([]byte) []byte {
		return func(body []byte) []byte { return regexp.MustCompile(pattern).ReplaceAll(body, []byte(with)) }
	}

	changes := map[string]func([]byte) []byte{
		"the security token is missing": replace(`"(securitytoken|security_token)"`, `"x"`),
		"the secret key is missing":     replace(`"(secret|secret_access_key)"`, `"x"`),
		"the access key is missing":     replace(`"(access|access_key_id)"`, `"x"`),
		"a number in a key's place":     replace(`"(access|access_key_id)":"[^"]*"`, `"$1":1`),
		"an object in a key's place":    replace(`"(securitytoken|security_token)":`, `"$1":{},"x":`),
		"inside another object":         func(body []byte) []byte { return []byte(`{"result":` + string(body) + `}`) },
		"an array":                      func(body []byte) []byte { return []byte(`[` + string(body) + `]`) },
		"JSON with an error at its end": func(body []byte) []byte { return append(bytes.TrimSuffix(body, []byte("}")), ";}"...) },
		"no JSON":                       func(body []byte) []byte { return append([]byte("credentials: "), body...) },
		"cut":                           func(body []byte) []byte { return body[:len(body)-1] },
	}

	cases := map[string]loginCase{
		"agency":           {cfg: auth.Config{Source: permanentKey(), Roles: []auth.Role{agency("one")}}},
		"agency by STS":    {cfg: auth.Config{Source: permanentKey(), Roles: []auth.Role{agencyV5("one")}}},
		"token":            {cfg: auth.Config{Source: auth.Token{Token: givenToken}, Roles: []auth.Role{agencyV5("one")}}},
		"ID token":         {cfg: auth.Config{Source: federation()}},
		"metadata service": {metadata: dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}},
	}

	for name, change := range changes {
		for source, c := range cases {
			t.Run(name+", "+source, func(t *testing.T) {
				t.Parallel()

				synctest.Test(t, func(t *testing.T) {
					s, _ := c.start(t)
					u, tap, observed := newTapped(t, s, c.cfg)
					tap.change = func(path string, body []byte) []byte {
						if slices.Contains([]string{pathSecurityTokens, pathAssume, pathMetadataKey}, path) {
							return change(body)
						}

						return body
					}

					err := u.read(t.Context())
					if err == nil {
						t.Fatal("no error")
					}

					tap.check(t, append(observed(), err.Error())...)

					if !strings.Contains(err.Error(), "access key") && !strings.Contains(err.Error(), "cut") {
						t.Errorf("error %q does not say what is wrong with the response", err)
					}
				})
			})
		}
	}
}

// An error is reported in the service's words, also where its status is one of success.
func TestSession_loginAnsweredWithAnError(t *testing.T) {
	t.Parallel()

	bodies := map[string]string{
		"flat":      `{"error_code":"IAM.0011","error_msg":"Not now."}`,
		"wrapped":   `{"error":{"code":"IAM.0011","message":"Not now.","title":"Error"}}`,
		"with null": "\uFEFF" + `{"code":"IAM.0011","message":"Not now.","credential":null,"credentials":null,"token":null}`,
	}

	cases := map[string]struct {
		loginCase

		path string
	}{
		"password":         {loginCase{cfg: auth.Config{Source: password()}}, pathTokens},
		"agency":           {loginCase{cfg: auth.Config{Source: permanentKey(), Roles: []auth.Role{agency("one")}}}, pathSecurityTokens},
		"agency by STS":    {loginCase{cfg: auth.Config{Source: permanentKey(), Roles: []auth.Role{agencyV5("one")}}}, pathAssume},
		"ID token":         {loginCase{cfg: auth.Config{Source: federation()}}, pathIDTokens},
		"metadata service": {loginCase{metadata: dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}}, pathMetadataKey},
	}

	for name, c := range cases {
		for shape, body := range bodies {
			t.Run(name+", "+shape, func(t *testing.T) {
				t.Parallel()

				synctest.Test(t, func(t *testing.T) {
					s, _ := c.start(t)
					s.Inject(dcsapitest.Fault{Path: c.path, Effect: replacement(body)})

					u := newUser(t, s, c.cfg)

					if err := u.read(t.Context()); err == nil || !strings.Contains(err.Error(), "200 OK, IAM.0011: Not now.") {
						t.Errorf("got %v, want the service's error", err)
					}
				})
			})
		}
	}
}

// replacement is an effect: the response has the status 200 and this body.
type replacement string

func (r replacement) AnswerAtGateway(*dcsapitest.Call) *dcsapitest.Response {
	return dcsapitest.TextResponse(http.StatusOK, "application/json", string(r))
}

// A secret that cannot be one is not sent.
func TestSession_unusableObtainedSecrets(t *testing.T) {
	t.Parallel()

	broken := federation()
	broken.IDToken, broken.IDTokenFile = "", writeFile(t, idToken+"\n"+idToken)

	agencyV3 := loginCase{cfg: auth.Config{Source: permanentKey(), Roles: []auth.Role{agency("one")}}}
	lineBreak := "it contains a control character"

	tests := map[string]struct {
		login loginCase
		// before is put in front of the secret, as JSON.
		before string
		want   string
	}{
		"agency":       {agencyV3, `a\n`, "the secret key cannot be used: " + lineBreak},
		"agency, long": {agencyV3, strings.Repeat("a", 1<<20), "the secret key cannot be used: it is longer than 1 MiB"},
		"agency by STS": {
			loginCase{cfg: auth.Config{Source: permanentKey(), Roles: []auth.Role{agencyV5("one")}}},
			`a\n`,
			"the secret key cannot be used: " + lineBreak,
		},
		"metadata service": {
			loginCase{metadata: dcsapitest.Metadata{Mode: dcsapitest.MetadataV1}}, `a\n`, "the secret key cannot be used: " + lineBreak,
		},
		"token of the metadata service": {
			loginCase{metadata: dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}}, `a\n`, "the token cannot be used: " + lineBreak,
		},
		"ID token in a file": {
			loginCase{cfg: auth.Config{Source: broken}},
			"",
			"id_token_file: " + broken.IDTokenFile + ": its content cannot be used: " + lineBreak,
		},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s, _ := tt.login.start(t)
				u, tap, observed := newTapped(t, s, tt.login.cfg)
				tap.change = func(path string, body []byte) []byte {
					switch path {
					case pathSecurityTokens, pathAssume, pathMetadataKey:
						return regexp.MustCompile(`"(secret|secret_access_key)": ?"`).ReplaceAll(body, []byte(`"$1":"`+tt.before))
					case pathMetadataToken:
						return append([]byte("a\n"), body...)
					default:
						return body
					}
				}

				err := u.read(t.Context())
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want an error with %q", err, tt.want)
				} else {
					tap.check(t, append(observed(), err.Error())...)
				}

				if got := len(s.RequestsTo(pathBackups)); got != 0 {
					t.Errorf("%d listings were requested", got)
				}
			})
		})
	}
}

// A token without the header that holds it, or with a body that is none, is an error that says so.
func TestPassword_malformedToken(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		header bool
		body   string
		want   string
	}{
		"no header": {false, `{"token":{"expires_at":"2030-01-01T00:00:00Z"}}`, "no token in X-Subject-Token"},
		"no JSON":   {true, `token`, "invalid character"},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				u := newUser(t, s, auth.Config{Source: password()}, func(c *transport.Config) {
					c.RoundTripper = roundTripper(func(*http.Request) (*http.Response, error) {
						header := http.Header{}
						if tt.header {
							header.Set("X-Subject-Token", "MIISecretOfTheAnswer")
						}

						return &http.Response{StatusCode: http.StatusCreated, Header: header, Body: io.NopCloser(strings.NewReader(tt.body))}, nil
					})
				})

				err := u.read(t.Context())
				if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "MIISecret") {
					t.Errorf("got %v, want an error with %q", err, tt.want)
				}
			})
		})
	}
}

// A project whose ID cannot become part of a path is looked up by its name.
func TestPassword_unusableProjectID(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		u, tap, _ := newTapped(t, s, auth.Config{Source: password()})
		tap.change = func(path string, body []byte) []byte {
			if path == pathTokens {
				body = bytes.ReplaceAll(body, []byte(dcsapitest.ProjectID), []byte("../x"))
			}

			return body
		}

		wantAll(t, []error{u.read(t.Context())})

		if got := len(s.RequestsTo(pathProjects)); got != 1 {
			t.Errorf("%d project look-ups, want 1:\n%s", got, strings.Join(trace(s), "\n"))
		}
	})
}
