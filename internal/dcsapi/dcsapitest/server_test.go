// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRouting(t *testing.T) {
	t.Parallel()

	for name, row := range map[string]struct {
		method, path string
		status       int
		code         string
	}{
		"unknown path":       {"GET", "/v2/nothing", 404, "APIGW.0101"},
		"root":               {"GET", "/", 404, "APIGW.0101"},
		"trailing slash":     {"GET", listingPath + "/", 404, "APIGW.0101"},
		"doubled slash":      {"GET", strings.Replace(listingPath, "/instances", "//instances", 1), 404, "APIGW.0101"},
		"climbing segment":   {"GET", "/v2/" + ProjectID + "/instances/x/../" + InstanceID + "/backups", 404, "APIGW.0101"},
		"empty instance":     {"GET", "/v2/" + ProjectID + "/instances//backups", 404, "APIGW.0101"},
		"wrong method":       {"POST", listingPath, 405, "DCS.5001"},
		"no credentials":     {"GET", listingPath, 401, "APIGW.0301"},
		"outside the prefix": {"GET", "/other" + listingPath, 404, "APIGW.0101"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCaller(t, New())
			c.do(c.unsigned(row.method, row.path, "")).wantError(t, row.status, row.code)
		})
	}
}

func TestPathPrefix(t *testing.T) {
	t.Parallel()

	s := New(WithPathPrefix("/dcs-prefix/"))
	s.AddInstance(Instance{ID: InstanceID, Backups: GenerateBackups(1, 1)})

	c := newCaller(t, s)
	if got := len(c.get("/dcs-prefix" + listingPath).page(t).Records); got != 1 {
		t.Errorf("%d records, want 1", got)
	}

	c.get(listingPath).wantError(t, http.StatusNotFound, "APIGW.0101")
	c.get("/dcs-prefix2"+listingPath).wantError(t, http.StatusNotFound, "APIGW.0101")

	if got := len(s.RequestsTo("/v2/")); got != 1 {
		t.Errorf("%d requests below the prefix, want 1", got)
	}

	if !strings.HasSuffix(s.URL(), "/dcs-prefix") {
		t.Errorf("URL %s lacks the prefix", s.URL())
	}
}

func TestRequestsAreTakenDown(t *testing.T) {
	t.Parallel()

	s := New()
	s.AddInstance(Instance{ID: InstanceID, Backups: GenerateBackups(3, 1)})
	s.Inject(Fault{Name: StatusError, From: 2, Count: 1})
	c := newCaller(t, s)
	c.get(listingPath + "?limit=2")
	c.get(listingPath + "?limit=2")
	c.post("/v3/auth/tokens", `{"a":1}`)

	got := s.Requests()
	if len(got) != 3 {
		t.Fatalf("%d requests, want 3", len(got))
	}

	first, second, third := got[0], got[1], got[2]
	if first.Method != http.MethodGet || first.Path != listingPath || first.Query().Get("limit") != "2" ||
		first.Status != 200 || !first.Done || first.Number != 1 ||
		first.Identity.AccessKey != AccessKey || first.Host != "dcs.example.com" {
		t.Errorf("first request: %+v", first)
	}

	if second.Status != 500 || !slices.Equal(second.Faults, []FaultName{StatusError}) {
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

func TestHooksSeeTheRequestAndMayChangeTheServer(t *testing.T) {
	t.Parallel()

	s := New()
	s.AddInstance(Instance{ID: InstanceID, Backups: GenerateBackups(3, 1)})
	s.BeforeRequest(func(r Request) {
		if r.Query().Get("offset") == "1" {
			s.AddBackups(InstanceID, GenerateBackups(1, 2)...)
		}
	})

	done := make(chan Request, 2)

	s.AfterRequest(func(r Request) { done <- r })

	c := newCaller(t, s)
	for query, want := range map[string]string{"?offset=0": "3", "?offset=1": "4"} {
		s.SetBackups(InstanceID, GenerateBackups(3, 1))

		if got := string(c.get(listingPath + query).page(t).Total); got != want {
			t.Errorf("%s: total %s, want %s", query, got, want)
		}

		if r := <-done; !r.Done || r.Status != 200 {
			t.Errorf("after the request: %v", r)
		}
	}
}

func TestClockShowsInTheDate(t *testing.T) {
	t.Parallel()

	at := time.Date(2024, 2, 29, 23, 59, 58, 0, time.FixedZone("", 3600))

	s := New(WithClock(func() time.Time { return at }))
	if got := newCaller(t, s).get("/").header.Get("Date"); got != "Thu, 29 Feb 2024 22:59:58 GMT" {
		t.Errorf("Date %s", got)
	}
}

func TestTransportRunsInVirtualTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := InMemory(t)
		s.AddInstance(Instance{ID: InstanceID, Backups: GenerateBackups(1200, 1)})
		s.Inject(Fault{Name: Latency, Duration: time.Hour})
		c := newCaller(t, s)
		started := time.Now()

		if got := len(c.get(listingPath + "?limit=1000").page(t).Records); got != 1000 {
			t.Errorf("%d records, want 1000", got)
		}

		if took := time.Since(started); took != time.Hour {
			t.Errorf("took %s of virtual time, want 1h", took)
		}
	})
}

func TestTransportHonoursCancellation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := InMemory(t)
		s.Inject(Fault{Name: Silence})
		c := newCaller(t, s)

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()

		started := time.Now()

		got := c.do(c.request("GET", listingPath, "").WithContext(ctx))
		if !errors.Is(got.err, context.DeadlineExceeded) || time.Since(started) != time.Minute {
			t.Errorf("error %v after %s, want the deadline's after 1m", got.err, time.Since(started))
		}

		synctest.Wait()

		if r := s.Requests()[0]; !r.Done || r.Status != 0 {
			t.Errorf("the server still answers: %v", r)
		}
	})
}

func TestTransportTakesAnyHostAndScheme(t *testing.T) {
	t.Parallel()

	s := New()
	s.AddInstance(Instance{ID: InstanceID, Backups: GenerateBackups(1, 1)})
	c := newCaller(t, s)
	c.base = "https://dcs.cn-north-4.myhuaweicloud.com"
	c.get(listingPath).page(t)

	if got := s.Requests()[0].Host; got != "dcs.cn-north-4.myhuaweicloud.com" {
		t.Errorf("host %s", got)
	}
}

func TestPeakInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := InMemory(t)
		s.Inject(Fault{Name: Latency, Duration: time.Second})
		c := newCaller(t, s)
		requests := []*http.Request{c.request("GET", "/v3/projects", ""), c.request("GET", "/v3/projects", "")}
		replies := make(chan reply)

		for _, r := range requests {
			go func() { replies <- c.do(r) }()
		}

		<-replies
		<-replies
		c.get("/v3/projects")

		if got := s.PeakInFlight(); got != 2 {
			t.Errorf("peak %d, want 2", got)
		}
	})
}

func TestCloseEndsCallsUnderWay(t *testing.T) {
	t.Parallel()
	s := ForTest(t)
	s.Inject(Fault{Name: Silence})

	arrived := make(chan struct{})

	s.BeforeRequest(func(Request) { close(arrived) })
	c := newCaller(t, s)
	c.client, c.base = &http.Client{}, s.URL()
	r := c.request("GET", listingPath, "")

	replies := make(chan reply)
	go func() { replies <- c.do(r) }()

	<-arrived
	s.Close()

	if got := <-replies; got.err == nil {
		t.Errorf("status %d from a closed server", got.status)
	}

	late := New()
	late.Close()

	if got := newCaller(t, late).get(listingPath); got.err == nil {
		t.Errorf("status %d from a closed server in memory", got.status)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()

	for name, row := range map[string]struct {
		option Option
		proto  string
	}{
		"HTTP/1.1": {WithTLS(), "HTTP/1.1"},
		"HTTP/2":   {WithHTTP2(), "HTTP/2.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ForTest(t, row.option)
			c := newCaller(t, s)
			c.base = s.URL()

			c.client = &http.Client{}
			if got := c.get("/v3/projects"); got.err == nil {
				t.Error("the certificate is trusted without being told")
			}

			c.client = trusting(t, s)

			resp, err := c.client.Do(c.request("GET", "/v3/projects", ""))
			if err != nil {
				t.Fatal(err)
			}

			defer func() { _ = resp.Body.Close() }()

			if resp.StatusCode != http.StatusOK || resp.Proto != row.proto {
				t.Errorf("%s %s, want %s 200", resp.Proto, resp.Status, row.proto)
			}
		})
	}
}

func TestStartReportsATakenAddress(t *testing.T) {
	t.Parallel()
	s := ForTest(t)

	_, err := Start(WithAddress(strings.TrimPrefix(s.URL(), "http://")))
	if err == nil || !strings.Contains(err.Error(), "listening on 127.0.0.1:") {
		t.Errorf("error %v", err)
	}
}

func TestWithJournal(t *testing.T) {
	t.Parallel()
	s := ForTest(t, WithJournal(3))

	client := newCaller(t, s)
	for range 5 {
		client.get("/v3/projects")
	}

	var numbers []int
	for _, r := range s.Requests() {
		numbers = append(numbers, r.Number)
	}

	if !slices.Equal(numbers, []int{3, 4, 5}) {
		t.Errorf("kept the requests %v, want the latest three", numbers)
	}
}
