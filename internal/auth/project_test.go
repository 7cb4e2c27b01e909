// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

func TestSession_Scope(t *testing.T) {
	t.Parallel()

	project := func(id, name string) dcsapitest.Project { return dcsapitest.Project{ID: id, Name: name} }

	tests := map[string]struct {
		cfg               auth.Config
		projects          []dcsapitest.Project
		deny              bool
		region, projectID string

		want     auth.Scope
		wantErr  error
		requests []string // query included
	}{
		"the session's own": {
			cfg: auth.Config{ProjectID: "configured"}, want: auth.Scope{Region: region, ProjectID: "configured"},
		},
		"the session's own region, named": {
			cfg: auth.Config{ProjectID: "configured"}, region: region, want: auth.Scope{Region: region, ProjectID: "configured"},
		},
		"the call's project": {
			cfg: auth.Config{ProjectID: "configured", ProjectName: "x"}, projectID: "given",
			want: auth.Scope{Region: region, ProjectID: "given"},
		},
		"the call's region and project": {
			cfg: auth.Config{ProjectID: "configured"}, region: otherRegion, projectID: "given",
			want: auth.Scope{Region: otherRegion, ProjectID: "given"},
		},
		"looked up by the region's name": {
			projects: []dcsapitest.Project{project("a", otherRegion), project("b", region)},
			want:     auth.Scope{Region: region, ProjectID: "b"}, requests: []string{"/v3/projects?name=cn-north-4"},
		},
		"looked up by the name given": {
			cfg:      auth.Config{ProjectName: "cn-north-4_备份 &x=1"},
			projects: []dcsapitest.Project{project("a", region), project("b", "cn-north-4_备份 &x=1")},
			want:     auth.Scope{Region: region, ProjectID: "b"},
			requests: []string{"/v3/projects?name=cn-north-4_%E5%A4%87%E4%BB%BD+%26x%3D1"},
		},
		"an ID makes the name unnecessary": {
			cfg: auth.Config{ProjectID: "configured", ProjectName: "x"}, want: auth.Scope{Region: region, ProjectID: "configured"},
		},
		"another region does not have the session's project": {
			cfg:      auth.Config{ProjectID: "configured", ProjectName: "cn-north-4_ops"},
			projects: []dcsapitest.Project{project("a", "cn-north-4_ops"), project("b", otherRegion)},
			region:   otherRegion, want: auth.Scope{Region: otherRegion, ProjectID: "b"},
			requests: []string{"/v3/projects?name=ap-southeast-1"},
		},
		"none": {
			projects: []dcsapitest.Project{project("a", "cn-north-4_ops"), project("b", "CN-NORTH-4")},
			wantErr:  &auth.ProjectError{Region: region, Name: region}, requests: []string{"/v3/projects?name=cn-north-4"},
		},
		"none of the name given": {
			cfg:      auth.Config{ProjectName: "typo"},
			projects: []dcsapitest.Project{project("a", region)},
			wantErr:  &auth.ProjectError{Region: region, Name: "typo"}, requests: []string{"/v3/projects?name=typo"},
		},
		"several": {
			projects: []dcsapitest.Project{project("a", region), project("b", region)},
			wantErr:  &auth.ProjectError{Region: region, Name: region, Found: []string{"cn-north-4 (a)", "cn-north-4 (b)"}},
			requests: []string{"/v3/projects?name=cn-north-4"},
		},
		"may not list projects": {
			projects: []dcsapitest.Project{project("a", "cn-north-4_ops"), project("b", region), project("c", otherRegion), project("d", "")},
			deny:     true, want: auth.Scope{Region: region, ProjectID: "b"},
			requests: []string{"/v3/projects?name=cn-north-4", "/v3/auth/projects"},
		},
		"may not list projects, none": {
			projects: []dcsapitest.Project{project("a", "cn-north-4_ops"), project("b", "CN-NORTH-4"), project("c", "cn-north-41")},
			deny:     true, wantErr: &auth.ProjectError{Region: region, Name: region},
			requests: []string{"/v3/projects?name=cn-north-4", "/v3/auth/projects"},
		},
		"may not list projects, several": {
			projects: []dcsapitest.Project{project("a", region), project("x", "x"), project("b", region)},
			deny:     true,
			wantErr:  &auth.ProjectError{Region: region, Name: region, Found: []string{"cn-north-4 (a)", "cn-north-4 (b)"}},
			requests: []string{"/v3/projects?name=cn-north-4", "/v3/auth/projects"},
		},
	}

	for name, tt := range tests {
		for _, source := range []auth.Source{permanentKey(), auth.Token{Token: givenToken}} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()

				synctest.Test(t, func(t *testing.T) {
					s := newService(t)
					s.RemoveProject(dcsapitest.ProjectID)

					for _, p := range tt.projects {
						s.AddProject(p)
					}

					if tt.deny {
						s.Inject(dcsapitest.Fault{Effect: fault.DenyProjectList{}})
					}

					cfg := tt.cfg
					cfg.Source = source
					u := newUser(t, s, cfg)

					// What is known, a missing project too, is not looked up again.
					for range 2 {
						got, err := u.Scope(t.Context(), tt.region, tt.projectID)
						if tt.wantErr == nil && (err != nil || got != tt.want) {
							t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
						}

						if tt.wantErr != nil && (err == nil || err.Error() != tt.wantErr.Error()) {
							t.Errorf("got %v, want %v", err, tt.wantErr)
						}

						var notOne *auth.ProjectError
						if tt.wantErr != nil && !errors.As(err, &notOne) {
							t.Errorf("got a %T, want a *ProjectError", err)
						}
					}

					var requests []string
					for _, r := range s.Requests() {
						requests = append(requests, strings.TrimSuffix(r.Path+"?"+r.Query().Encode(), "?"))
					}

					if diff := cmp.Diff(tt.requests, requests); diff != "" {
						t.Errorf("requests (-want +got):\n%s", diff)
					}
				})
			})
		}
	}
}

// Forms in which IAM may send a list of projects, or something else.
func TestSession_projectListForms(t *testing.T) {
	t.Parallel()

	const found = `{"projects":[{"id":"` + dcsapitest.ProjectID + `","name":"` + region + `"}]}`

	tests := map[string]struct {
		status int
		body   string
		// want is a part of the error, empty where the project is found.
		want string
	}{
		"204":                  {http.StatusNoContent, "", `region cn-north-4 has no project named "cn-north-4"`},
		"null":                 {http.StatusOK, `{"projects":null}`, "has no project"},
		"byte order mark":      {http.StatusOK, "\uFEFF" + found, ""},
		"other elements":       {http.StatusOK, strings.Replace(found, "[", `[null,1,"x",[{}],{"id":1,"name":{}},`, 1), ""},
		"without an ID":        {http.StatusOK, strings.Replace(found, "[", `[{"name":"cn-north-4"},`, 1), ""},
		"an ID that is a path": {http.StatusOK, `{"projects":[{"name":"cn-north-4","id":"../x"}]}`, "has no project"},
		"an endless ID":        {http.StatusOK, `{"projects":[{"name":"cn-north-4","id":"` + strings.Repeat("a", 1<<20) + `"}]}`, "has no project"},
		"only without an ID":   {http.StatusOK, `{"projects":[{"name":"cn-north-4"}]}`, "has no project"},
		"listed twice":         {http.StatusOK, `{"projects":[{"id":"` + dcsapitest.ProjectID + `","name":"` + region + `"},` + found[13:], ""},
		"sent twice":           {http.StatusOK, `{"projects":[{"id":"x","name":"` + region + `"}],` + found[1:], ""},
		"cut":                  {http.StatusOK, "", "cut short"},
		"an error":             {http.StatusOK, `{"error_code":"IAM.0101","error_msg":"Busy."}`, "200 OK, IAM.0101: Busy."},
		"an error, wrapped":    {http.StatusOK, `{"error":{"code":500,"message":"Busy.","title":"Error"}}`, "200 OK, 500: Busy."},
		"an error, older":      {http.StatusOK, "\uFEFF" + `{"code":"1","message":"Busy.","projects":null}`, "200 OK, 1: Busy."},
		"an error, long": {
			http.StatusOK, `{"error_msg":"` + strings.Repeat("Busy. ", 20_000) + `","error_code":"IAM.0101"}`, "200 OK, IAM.0101: Busy.",
		},
		"empty, no error":      {http.StatusOK, `{"projects":[],"code":"0","message":"success"}`, "has no project"},
		"found, no error":      {http.StatusOK, `{"code":"0","message":"success",` + found[1:], ""},
		"byte order mark, cut": {http.StatusOK, "\uFEFF", "cut short"},
		"too many":             {http.StatusOK, `{"projects":[{}` + strings.Repeat(",{}", 10_000) + `]}`, "the list has more than 10000 projects"},
		"many of the name": {
			http.StatusOK, `{"projects":[` + strings.Repeat(`{"id":"a","name":"cn-north-4"},{"id":"b","name":"cn-north-4"},`, 10) + `{}]}`,
			"cn-north-4 (a), cn-north-4 (b) and 10 more",
		},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				u := newUser(t, newService(t), auth.Config{Source: permanentKey()}, func(c *transport.Config) {
					c.RoundTripper = roundTripper(func(*http.Request) (*http.Response, error) {
						return &http.Response{StatusCode: tt.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(tt.body))}, nil
					})
				})

				scope, err := u.Scope(t.Context(), "", "")
				if tt.want == "" && (err != nil || scope.ProjectID != dcsapitest.ProjectID) {
					t.Errorf("got %+v and error %v, want the project", scope, err)
				}

				if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
					t.Errorf("got %+v and error %v, want an error with %q", scope, err, tt.want)
				}
			})
		})
	}
}

// The errors of a look-up say whether the session's project_name is about its region: advice depends on it.
func TestSession_lookUpInOwnRegion(t *testing.T) {
	t.Parallel()

	for asked, want := range map[string]bool{"": true, region: true, "cn-south-4": false} {
		synctest.Test(t, func(t *testing.T) {
			s := newService(t)
			cfg := auth.Config{Source: permanentKey(), ProjectName: "missing"}

			_, err := newUser(t, s, cfg).Scope(t.Context(), asked, "")
			if notOne, ok := errors.AsType[*auth.ProjectError](err); !ok || notOne.Own != want {
				t.Errorf("region %q: got %+v, want Own to be %t", asked, err, want)
			}

			s.Inject(dcsapitest.Fault{Effect: fault.Status{Status: http.StatusForbidden}})

			_, err = newUser(t, s, cfg).Scope(t.Context(), asked, "")
			if failed, ok := errors.AsType[*auth.LoginError](err); !ok || failed.Own != want || !failed.Project {
				t.Errorf("region %q: got %+v, want the error of a project's look-up with Own %t", asked, err, want)
			}
		})
	}
}

// The errors of the configuration end the calls that need the value, and no others. None of these calls sends a request.
func TestSession_scopeByConfiguration(t *testing.T) {
	t.Parallel()

	bad := errors.New("bad")
	there, other := auth.Scope{Region: region, ProjectID: "own"}, auth.Scope{Region: otherRegion, ProjectID: "given"}

	tests := map[string]struct {
		cfg               auth.Config
		region, projectID string

		want    auth.Scope
		wantErr error
	}{
		"no region":                               {auth.Config{ProjectID: "own"}, "", "given", auth.Scope{}, auth.ErrNoRegion},
		"no own region":                           {auth.Config{ProjectID: "own"}, region, "", there, nil},
		"no own region, given project":            {auth.Config{ProjectID: "own"}, otherRegion, "given", other, nil},
		"bad region":                              {auth.Config{RegionErr: bad}, "", "given", auth.Scope{}, bad},
		"bad region, others given":                {auth.Config{RegionErr: bad, ProjectID: "own"}, otherRegion, "given", other, nil},
		"bad region of the project":               {auth.Config{RegionErr: bad, ProjectID: "own"}, region, "", auth.Scope{Region: region}, bad},
		"bad region of the project's name":        {auth.Config{RegionErr: bad, ProjectName: "own"}, region, "", auth.Scope{Region: region}, bad},
		"bad project":                             {auth.Config{Region: region, ProjectErr: bad}, "", "", auth.Scope{Region: region}, bad},
		"bad project, another given":              {auth.Config{Region: region, ProjectErr: bad}, otherRegion, "given", other, nil},
		"bad project, another for the own region": {auth.Config{Region: region, ProjectErr: bad}, "", "own", there, nil},
		"no endpoint":                             {auth.Config{Endpoints: withoutDCS{bad}}, region, "", auth.Scope{Region: region}, bad},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			tt.cfg.Source = permanentKey()
			tt.cfg.Transport = transport.New(transport.Config{RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) {
				t.Error("a request is sent")

				return nil, io.EOF
			})})

			got, err := auth.NewSession(tt.cfg).Scope(t.Context(), tt.region, tt.projectID)
			if got != tt.want || !errors.Is(err, tt.wantErr) {
				t.Errorf("got %+v and error %v, want %+v and %v", got, err, tt.want, tt.wantErr)
			}
		})
	}
}

// withoutDCS has an error in place of the endpoint of DCS.
type withoutDCS struct{ err error }

func (e withoutDCS) URL(service endpoint.Service, region string) (*url.URL, error) {
	if service == endpoint.DCS {
		return nil, e.err
	}

	return endpoint.Set{}.URL(service, region)
}

// Where every call names its region, credentials are obtained in that of the first.
func TestSession_regionOfFirstCall(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		u := newUser(t, s, auth.Config{Source: permanentKey(), Region: "none", Roles: []auth.Role{agency("one")}})
		u.Session = auth.NewSession(auth.Config{Transport: u.transport, Source: permanentKey(), Roles: []auth.Role{agency("one")}})

		if err := u.readIn(t.Context(), region, ""); err != nil {
			t.Fatal(err)
		}

		if got := s.Requests()[0].Host; got != "iam.cn-north-4.myhuaweicloud.com" {
			t.Errorf("the agency was assumed at %s", got)
		}
	})
}

func TestSession_failedProjectLookUp(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		status int
		// want is how many requests two reads one after the other make.
		want int
	}{
		"an error that another request would not change": {http.StatusBadRequest, 1},
		"neither list is permitted":                      {http.StatusForbidden, 2},
		"an error that may pass":                         {http.StatusServiceUnavailable, 2},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				fault := s.Inject(dcsapitest.Fault{Effect: fault.Status{Status: tt.status, Code: "IAM.1"}, Path: "/v3/"})
				u := newUser(t, s, auth.Config{Source: permanentKey()})

				for range 2 {
					err := u.read(t.Context())

					var answer *transport.Error
					if !errors.As(err, &answer) || answer.Status != tt.status || answer.Code != "IAM.1" {
						t.Errorf("got %v, want the service's %d", err, tt.status)
					}
				}

				if got := len(s.Requests()); got != tt.want {
					t.Errorf("%d requests, want %d", got, tt.want)
				}

				fault.Remove()

				if err := u.read(t.Context()); (err == nil) != (tt.status == 503) {
					t.Errorf("afterwards: %v", err)
				}
			})
		})
	}
}

// An interrupted read does not take the look-up away from the others; its deadline is not theirs either.
func TestSession_lookUpOfCanceledRead(t *testing.T) {
	t.Parallel()

	for name, cfg := range map[string]auth.Config{
		"key":              {Source: permanentKey()},
		"password":         {Source: password()},
		"agency":           {Source: permanentKey(), Roles: []auth.Role{agency("one")}},
		"metadata service": {Source: auth.Metadata{}},
	} {
		for end, want := range map[string]error{"interrupt": context.Canceled, "deadline": context.DeadlineExceeded} {
			t.Run(name+", "+end, func(t *testing.T) {
				t.Parallel()

				synctest.Test(t, func(t *testing.T) {
					s := newService(t, dcsapitest.WithMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}))
					s.Inject(dcsapitest.Fault{Effect: fault.Latency{Duration: 450 * time.Millisecond}})

					u := newUser(t, s, cfg)

					first, cancel := context.WithCancel(t.Context())
					if end == "deadline" {
						first, cancel = context.WithTimeout(t.Context(), 400*time.Millisecond)
					}
					defer cancel()

					var group sync.WaitGroup

					group.Go(func() {
						if err := u.read(first); !errors.Is(err, want) {
							t.Errorf("the first: %v, want its %s", err, end)
						}
					})
					synctest.Wait()
					group.Go(func() { wantAll(t, together(11, func() error { return u.read(t.Context()) })) })

					time.Sleep(500 * time.Millisecond)
					cancel()
					group.Wait()

					lookUps := map[string]int{}
					for _, r := range s.Requests() {
						lookUps[r.Method+" "+r.Path]++
					}

					for request, n := range lookUps {
						if n > 1 && !strings.Contains(request, "/backups") {
							t.Errorf("%d times %s, want 1: the first read was canceled, what it began goes on", n, request)
						}
					}
				})
			})
		}
	}
}

// No goroutine is left when no read waits any more: synctest.Test returns only after all have.
func TestSession_cancelEndsLogin(t *testing.T) {
	t.Parallel()

	for _, path := range []string{pathTokens, pathSecurityTokens, pathIDTokens, pathAssume, pathMetadataToken, pathMetadataKey, pathProjects} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newService(t, dcsapitest.WithMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2}))
				silence := s.Inject(dcsapitest.Fault{Effect: fault.Silence{}, Path: path})

				cfg := map[string]auth.Config{
					pathTokens:         {Source: password()},
					pathSecurityTokens: {Source: permanentKey(), Roles: []auth.Role{agency("one")}},
					pathIDTokens:       {Source: federation()},
					pathAssume:         {Source: permanentKey(), Roles: []auth.Role{agencyV5("one")}},
					pathMetadataToken:  {Source: auth.Metadata{}},
					pathMetadataKey:    {Source: auth.Metadata{}},
					pathProjects:       {Source: permanentKey()},
				}[path]

				// Not when version 2 of the metadata service is given up, after a second.
				const interrupt = 700 * time.Millisecond

				u := newUser(t, s, cfg, retrying(5))
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(interrupt, cancel)

				start := time.Now()

				for _, err := range together(12, func() error { return u.read(ctx) }) {
					if !errors.Is(err, context.Canceled) {
						t.Errorf("got %v, want the interrupt", err)
					}
				}

				if took := time.Since(start); took != interrupt {
					t.Errorf("took %s, want %s", took, interrupt)
				}

				requests := len(s.Requests())

				time.Sleep(time.Hour)

				if got := len(s.Requests()) - requests; got != 0 {
					t.Errorf("%d requests after the interrupt", got)
				}

				// It is not cached as a failure.
				silence.Remove()
				wantAll(t, []error{u.read(t.Context())})
			})
		})
	}
}

// The requests of a login are retried like any other, except for those to the metadata service.
func TestSession_retriesLogins(t *testing.T) {
	t.Parallel()

	for name, tt := range refreshableLogins(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newExpiringService(t, time.Hour)
				s.Inject(dcsapitest.Fault{Effect: fault.ResetBeforeHeaders{}, Path: tt.path, Count: 2})

				err := newUser(t, s, tt.cfg, retrying(2)).read(t.Context())
				if isMetadata := tt.path == pathMetadataKey; (err != nil) != isMetadata {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// Endpoints and cloud of the configuration hold for every request of a login.
func TestSession_endpointsOfLogins(t *testing.T) {
	t.Parallel()

	custom := endpoint.Set{Custom: map[endpoint.Service]string{
		endpoint.DCS: "dcs.example.com/gate",
		endpoint.IAM: "https://iam-{region}.example.com/gate/v3/",
		endpoint.STS: "https://sts.example.com/gate/",
	}}
	roles := []auth.Role{agency("one"), agencyV5("two")}

	tests := map[string]struct {
		cfg    auth.Config
		prefix string
		want   []string
	}{
		"the European cloud": {
			cfg: auth.Config{Source: federation(), Region: "eu-west-101", Roles: roles},
			want: []string{
				"dcs.eu-west-101.myhuaweicloud.eu", "iam.eu-west-101.myhuaweicloud.eu", "sts.eu-west-101.myhuaweicloud.eu",
			},
		},
		"a partner's cloud": {
			cfg:  auth.Config{Source: federation(), Roles: roles, Endpoints: endpoint.Set{Cloud: "hc.example.com"}},
			want: []string{"dcs.cn-north-4.hc.example.com", "iam.cn-north-4.hc.example.com", "sts.cn-north-4.hc.example.com"},
		},
		"endpoints of their own": {
			cfg:    auth.Config{Source: federation(), Roles: roles, Endpoints: custom},
			prefix: "/gate",
			want:   []string{"dcs.example.com/gate", "iam-cn-north-4.example.com/gate", "sts.example.com/gate"},
		},
		"endpoints of their own, password": {
			cfg:    auth.Config{Source: password(), Endpoints: custom, Roles: roles},
			prefix: "/gate",
			want:   []string{"dcs.example.com/gate", "iam-cn-north-4.example.com/gate", "sts.example.com/gate"},
		},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				s := newService(t, dcsapitest.WithPathPrefix(tt.prefix))

				cfg := tt.cfg
				cfg.ProjectID = "project-two"
				wantAll(t, []error{newUser(t, s, cfg).read(t.Context())})

				got := map[string]bool{}

				for _, r := range s.Requests() {
					prefix, _, _ := strings.Cut(r.Path, "/v")
					got[r.Host+prefix] = true
				}

				if diff := cmp.Diff(tt.want, slices.Sorted(maps.Keys(got))); diff != "" {
					t.Errorf("base URLs (-want +got):\n%s", diff)
				}
			})
		})
	}
}
