// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/internal/client"
)

func TestServer_routes(t *testing.T) {
	t.Parallel()

	for name, row := range map[string]struct {
		method, path string
		status       int
		code         string
	}{
		"unknown path":       {"GET", "/v2/nothing", 404, "APIGW.0101"},
		"method of the root": {"PUT", "/", 405, "DCS.5001"},
		"trailing slash":     {"GET", client.BackupsPath + "/", 404, "APIGW.0101"},
		"doubled slash":      {"GET", strings.Replace(client.BackupsPath, "/instances", "//instances", 1), 404, "APIGW.0101"},
		"climbing segment":   {"GET", "/v2/" + dcsapitest.ProjectID + "/instances/x/../" + dcsapitest.InstanceID + "/backups", 404, "APIGW.0101"},
		"empty instance":     {"GET", "/v2/" + dcsapitest.ProjectID + "/instances//backups", 404, "APIGW.0101"},
		"wrong method":       {"POST", client.BackupsPath, 405, "DCS.5001"},
		"no credentials":     {"GET", client.BackupsPath, 401, "APIGW.0301"},
		"outside the prefix": {"GET", "/other" + client.BackupsPath, 404, "APIGW.0101"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client.New(t, dcsapitest.New())
			c.Send(row.method, row.path, "").WantError(t, row.status, row.code)
		})
	}
}

func TestServer_pathPrefix(t *testing.T) {
	t.Parallel()

	s := dcsapitest.New(dcsapitest.WithPathPrefix("/dcs-prefix/"))
	s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(1, 1)})

	c := client.New(t, s)
	if got := len(c.Get("/dcs-prefix" + client.BackupsPath).Page(t).IDs); got != 1 {
		t.Errorf("%d records, want 1", got)
	}

	c.Get(client.BackupsPath).WantError(t, http.StatusNotFound, "APIGW.0101")
	c.Get("/dcs-prefix2"+client.BackupsPath).WantError(t, http.StatusNotFound, "APIGW.0101")

	if got := len(s.RequestsTo("/v2/")); got != 1 {
		t.Errorf("%d requests below the prefix, want 1", got)
	}

	if !strings.HasSuffix(s.URL(), "/dcs-prefix") {
		t.Errorf("URL %s lacks the prefix", s.URL())
	}
}

func TestServer_recordsRequests(t *testing.T) {
	t.Parallel()

	s, c := client.WithBackups(t)
	s.Inject(dcsapitest.Fault{Effect: fault.Status{}, From: 2, Count: 1})
	c.Get(client.BackupsPath + "?limit=2")
	c.Get(client.BackupsPath + "?limit=2")
	c.Post("/v3/auth/tokens", `{"a":1}`)

	got := s.Requests()
	if len(got) != 3 {
		t.Fatalf("%d requests, want 3", len(got))
	}

	first, second, third := got[0], got[1], got[2]
	if first.Method != http.MethodGet || first.Path != client.BackupsPath || first.Query().Get("limit") != "2" ||
		first.Status != 200 || !first.Done ||
		first.Identity.AccessKey != dcsapitest.AccessKey || first.Host != "dcs.example.com" {
		t.Errorf("first request: %+v", first)
	}

	if second.Status != 500 || !slices.Equal(second.Faults, []string{"status"}) {
		t.Errorf("second request: %v", second)
	}

	if string(third.Body) != `{"a":1}` || third.Status != 400 || third.Identity.Method != "" {
		t.Errorf("third request: %v", third)
	}

	if line := first.String(); strings.Contains(line, "Signature") || !strings.Contains(line, "limit=2 200") {
		t.Errorf("line %q", line)
	}

	if got := len(s.RequestsTo("/v3/auth")); got != 1 {
		t.Errorf("%d requests to /v3/auth, want 1", got)
	}

	s.Reset()

	if got := len(s.Requests()); got != 0 {
		t.Errorf("%d requests after Reset, want 0", got)
	}
}

func TestServer_hooksMayChangeIt(t *testing.T) {
	t.Parallel()

	s, c := client.WithBackups(t)
	s.BeforeRequest(func(r dcsapitest.Request) {
		if r.Query().Get("offset") == "1" {
			s.SetBackups(dcsapitest.InstanceID, dcsapitest.GenerateBackups(4, 1))
		}
	})

	done := make(chan dcsapitest.Request, 2)

	s.AfterRequest(func(r dcsapitest.Request) { done <- r })

	for query, want := range map[string]string{"?offset=0": "3", "?offset=1": "4"} {
		s.SetBackups(dcsapitest.InstanceID, dcsapitest.GenerateBackups(3, 1))

		if got := c.Get(client.BackupsPath + query).Page(t).Total; got != want {
			t.Errorf("%s: total %s, want %s", query, got, want)
		}

		if r := <-done; !r.Done || r.Status != 200 {
			t.Errorf("after the request: %v", r)
		}
	}
}

func TestServer_clockIsInTheDate(t *testing.T) {
	t.Parallel()

	at := time.Date(2024, 2, 29, 23, 59, 58, 0, time.FixedZone("", 3600))

	s := dcsapitest.New(dcsapitest.WithClock(func() time.Time { return at }))
	if got := client.New(t, s).Get("/").Header.Get("Date"); got != "Thu, 29 Feb 2024 22:59:58 GMT" {
		t.Errorf("Date %s", got)
	}
}

func TestTransport_virtualTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := dcsapitest.InMemory(t)
		s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(1200, 1)})
		s.Inject(dcsapitest.Fault{Effect: fault.Latency{Duration: time.Hour}})
		c := client.New(t, s)
		started := time.Now()

		if got := len(c.Get(client.BackupsPath + "?limit=1000").Page(t).IDs); got != 1000 {
			t.Errorf("%d records, want 1000", got)
		}

		if took := time.Since(started); took != time.Hour {
			t.Errorf("took %s of virtual time, want 1h", took)
		}
	})
}

func TestTransport_cancellation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := dcsapitest.InMemory(t)
		s.Inject(dcsapitest.Fault{Effect: fault.Silence{}})
		c := client.New(t, s)

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()

		started := time.Now()

		got := c.Do(c.Request("GET", client.BackupsPath, "").WithContext(ctx))
		if !errors.Is(got.Err, context.DeadlineExceeded) || time.Since(started) != time.Minute {
			t.Errorf("error %v after %s, want the deadline's after 1m", got.Err, time.Since(started))
		}

		synctest.Wait()

		if r := s.Requests()[0]; !r.Done || r.Status != 0 {
			t.Errorf("the server still answers: %v", r)
		}
	})
}

func TestTransport_anyHostAndScheme(t *testing.T) {
	t.Parallel()

	s, c := client.WithBackups(t)
	c.Base = "https://dcs.cn-north-4.myhuaweicloud.com"
	c.Get(client.BackupsPath).Page(t)

	if got := s.Requests()[0].Host; got != "dcs.cn-north-4.myhuaweicloud.com" {
		t.Errorf("host %s", got)
	}
}

func TestServer_closeEndsCallsInFlight(t *testing.T) {
	t.Parallel()
	s := dcsapitest.ForTest(t)
	s.Inject(dcsapitest.Fault{Effect: fault.Silence{}})

	arrived := make(chan struct{})

	s.BeforeRequest(func(dcsapitest.Request) { close(arrived) })
	c := client.New(t, s)
	c.HTTP, c.Base = &http.Client{}, s.URL()
	r := c.Request("GET", client.BackupsPath, "")

	replies := make(chan client.Reply)
	go func() { replies <- c.Do(r) }()

	<-arrived
	s.Close()

	if got := <-replies; got.Err == nil {
		t.Errorf("status %d from a closed server", got.Status)
	}

	late := dcsapitest.New()
	late.Close()

	c = client.New(t, late)
	c.HTTP.Timeout = 20 * time.Second

	if got := c.Get(client.BackupsPath); got.Err == nil || errors.Is(got.Err, context.DeadlineExceeded) {
		t.Errorf("status %d, error %v from a closed server in memory, want a closed connection", got.Status, got.Err)
	}
}

func TestServer_tls(t *testing.T) {
	t.Parallel()
	s := dcsapitest.ForTest(t, dcsapitest.WithTLS())
	c := client.New(t, s)
	c.Base = s.URL()

	c.HTTP = &http.Client{}
	if got := c.Get("/v3/projects"); got.Err == nil {
		t.Error("the certificate is trusted without being told")
	}

	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CertificatePEM())

	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()

	c.HTTP = &http.Client{Transport: transport}
	c.Get("/v3/projects").List(t, "projects")
}

func TestStart_addressInUse(t *testing.T) {
	t.Parallel()
	s := dcsapitest.ForTest(t)

	_, err := dcsapitest.Start(dcsapitest.WithAddress(strings.TrimPrefix(s.URL(), "http://")))
	if err == nil || !strings.Contains(err.Error(), "listening on 127.0.0.1:") {
		t.Errorf("error %v", err)
	}
}
