// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

// newClient returns a client of the service at base.
func newClient(t *testing.T, base string, maxRetries int) *dcsapi.Client {
	t.Helper()

	tr := transport.New(transport.Config{UserAgent: "test", MaxRetries: maxRetries})

	endpoints := endpoint.Set{Custom: map[endpoint.Service]string{endpoint.DCS: base, endpoint.IAM: base}}

	return dcsapi.New(dcsapi.Config{
		Transport: tr,
		Endpoints: endpoints,
		Session: auth.NewSession(auth.Config{
			Transport: tr, Endpoints: endpoints, Region: dcsapitest.Region,
			Source: auth.Keys{AccessKey: dcsapitest.AccessKey, SecretKey: dcsapitest.SecretKey},
		}),
	})
}

func query() dcsapi.Query {
	return dcsapi.Query{
		Region: dcsapitest.Region, ProjectID: dcsapitest.ProjectID, InstanceID: dcsapitest.InstanceID,
	}
}

func TestBackups_sendsTheQuery(t *testing.T) {
	t.Parallel()

	est := time.FixedZone("EST", -5*60*60)
	begin := time.Date(2025, 1, 14, 22, 30, 15, 999_999_999, est)
	end := time.Date(2025, 1, 15, 8, 0, 0, 0, time.UTC)

	tests := []struct {
		name   string
		change func(*dcsapi.Query)
		want   url.Values
	}{
		{"all", func(*dcsapi.Query) {}, url.Values{"offset": {"0"}, "limit": {"1000"}}},
		{
			"limit and offset", func(q *dcsapi.Query) { q.Limit, q.Offset = 7, 3 },
			url.Values{"offset": {"3"}, "limit": {"7"}},
		},
		{
			"times in whole seconds of UTC", func(q *dcsapi.Query) { q.BeginTime, q.EndTime = begin, end },
			url.Values{"offset": {"0"}, "limit": {"1000"}, "begin_time": {"20250115033015"}, "end_time": {"20250115080000"}},
		},
		{
			"begin only", func(q *dcsapi.Query) { q.BeginTime = begin },
			url.Values{"offset": {"0"}, "limit": {"1000"}, "begin_time": {"20250115033015"}},
		},
		{
			"end only", func(q *dcsapi.Query) { q.EndTime = end },
			url.Values{"offset": {"0"}, "limit": {"1000"}, "end_time": {"20250115080000"}},
		},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			s := dcsapitest.ForTest(t)
			s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(5, 1)})

			q := query()
			tt.change(&q)

			if _, err := newClient(t, s.URL()+"/", 0).Backups(t.Context(), q); err != nil {
				t.Fatal(err)
			}

			requests := s.Requests()
			if len(requests) != 1 {
				t.Fatalf("%d requests, want one", len(requests))
			}

			if diff := cmp.Diff(tt.want, requests[0].Query()); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}

			want := "/v2/" + dcsapitest.ProjectID + "/instances/" + dcsapitest.InstanceID + "/backups"
			if requests[0].Method != http.MethodGet || requests[0].Path != want {
				t.Errorf("%s %s, want GET %s", requests[0].Method, requests[0].Path, want)
			}
		})
	}
}

func TestBackups_keepsThePathOfTheEndpoint(t *testing.T) {
	t.Parallel()

	s := dcsapitest.ForTest(t, dcsapitest.WithPathPrefix("/some/prefix"))
	s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(5, 1)})

	got, err := newClient(t, s.URL(), 0).Backups(t.Context(), query())
	if err != nil || len(got.Backups) != 5 {
		t.Errorf("got %d records and error %v", len(got.Backups), err)
	}
}

func TestBackups_none(t *testing.T) {
	t.Parallel()

	for _, effect := range []dcsapitest.Effect{nil, fault.EmptyArray{}, fault.NullArray{}, fault.MissingArray{}} {
		t.Run(fmt.Sprintf("%T", effect), func(t *testing.T) {
			t.Parallel()

			s := dcsapitest.ForTest(t)
			s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID})

			status := http.StatusNoContent

			if effect != nil {
				s.Inject(dcsapitest.Fault{Effect: effect})

				status = http.StatusOK
			}

			got, err := newClient(t, s.URL(), 0).Backups(t.Context(), query())
			if err != nil {
				t.Fatal(err)
			}

			if diff := cmp.Diff(dcsapi.Listing{Region: dcsapitest.Region, ProjectID: dcsapitest.ProjectID}, got); diff != "" {
				t.Errorf("listing (-want +got):\n%s", diff)
			}

			if requests := s.Requests(); len(requests) != 1 || requests[0].Status != status {
				t.Errorf("requests %v, want one, answered with %d", requests, status)
			}
		})
	}
}

func TestBackups_missingInstance(t *testing.T) {
	t.Parallel()

	s := dcsapitest.ForTest(t)

	_, err := newClient(t, s.URL(), 3).Backups(t.Context(), query())

	var answer *transport.Error
	if !errors.As(err, &answer) || answer.Status != http.StatusNotFound || answer.Code != "DCS.3022" || answer.RequestID == "" {
		t.Fatalf("got error %v", err)
	}

	for _, part := range []string{
		"GET " + s.URL() + "/v2/", "404 Not Found", "DCS.3022: This DCS instance does not exist.", answer.RequestID,
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q lacks %q", err, part)
		}
	}

	var failure *dcsapi.ReadError
	if !errors.As(err, &failure) || failure.Read != 0 || failure.TotalNum >= 0 || failure.Requests != 0 {
		t.Errorf("got %+v", failure)
	}
}

// TestBackups_asksForACutBodyAgain cuts the body without a word of HTTP about it.
func TestBackups_asksForACutBodyAgain(t *testing.T) {
	t.Parallel()

	for _, effect := range []dcsapitest.Effect{fault.GarbageJSON{}, fault.EmptyBody{}} {
		t.Run(dcsapitest.EffectName(effect), func(t *testing.T) {
			t.Parallel()

			s := dcsapitest.ForTest(t)
			s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(25, 1)})
			s.Inject(dcsapitest.Fault{Effect: effect, Count: 1})

			got, err := newClient(t, s.URL(), 1).Backups(t.Context(), query())
			if err != nil || len(got.Backups) != 25 || len(s.Requests()) != 2 {
				t.Errorf("got %d records with %d requests and error %v", len(got.Backups), len(s.Requests()), err)
			}
		})
	}
}

func TestBackups_errorWithStatus200(t *testing.T) {
	t.Parallel()

	tests := []struct{ header, want string }{
		{"", "200 OK, DCS.5078: Query failed. (request ID r-body)"},
		{"r-header", "200 OK, DCS.5078: Query failed. (request ID r-header)"},
	}

	for _, tt := range tests {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if tt.header != "" {
				w.Header().Set("X-Request-Id", tt.header)
			}

			_, _ = io.WriteString(w, `{"error_code": "DCS.5078", "error_msg": "Query failed.", "request_id": "r-body"}`)
		}))
		t.Cleanup(s.Close)

		_, err := newClient(t, s.URL, 1).Backups(t.Context(), query())
		if err == nil || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("request ID %q in the header: got error %v, want %q", tt.header, err, tt.want)
		}
	}
}

// TestBackups_refusesWhatWouldMoveTheRequest sends nothing where an ID could lead to another path or host.
func TestBackups_refusesWhatWouldMoveTheRequest(t *testing.T) {
	t.Parallel()

	s := dcsapitest.ForTest(t)
	s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID})

	client := newClient(t, s.URL(), 0)

	for _, id := range []string{
		".", "..", "a/b", "/", "../x", "a?b", "a#b", "a%2Fb", "%2e%2e", "a b", "a\\b", "a:b", "a@b", "a.b", "é", "a\x00", "a\n", ";", "a&b",
	} {
		for name, change := range map[string]func(*dcsapi.Query){
			"region":   func(q *dcsapi.Query) { q.Region = id },
			"project":  func(q *dcsapi.Query) { q.ProjectID = id },
			"instance": func(q *dcsapi.Query) { q.InstanceID = id },
		} {
			q := query()
			change(&q)

			_, err := client.Backups(t.Context(), q)
			if err == nil || !strings.Contains(err.Error(), "letters, digits, - and _ are allowed") {
				t.Errorf("%s %q: got error %v", name, id, err)
			}
		}
	}

	if n := len(s.Requests()); n > 0 {
		t.Errorf("%d requests, want none", n)
	}

	q := query()
	q.InstanceID = "azAZ09-_"

	var answer *transport.Error
	if _, err := client.Backups(t.Context(), q); !errors.As(err, &answer) || answer.Status != http.StatusNotFound {
		t.Errorf("an ID of all that is allowed: got error %v", err)
	}
}
