// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// observation is a fault seen by a client of a server with 12 backups.
type observation struct {
	fault  Fault
	path   string // empty: the listing
	backup func(*Server)
	check  func(t *testing.T, s *Server, c *caller, got reply)
}

func observations() map[FaultName]observation {
	return map[FaultName]observation{
		TotalTooHigh:   {fault: Fault{N: 3}, check: wantTotal("15", 10)},
		TotalTooLow:    {fault: Fault{N: 3}, check: wantTotal("9", 10)},
		TotalPageCount: {check: wantTotal("10", 10)},
		TotalAbsent:    {check: wantTotal("", 10)},
		TotalString:    {check: wantTotal(`"12"`, 10)},
		TotalAbsurd:    {check: wantTotal("1000000000", 10)},
		TotalNegative:  {check: wantTotal("-1", 10)},
		TotalFloat:     {check: wantTotal("1e300", 10)},
		TotalValue:     {fault: Fault{Value: `{"a":[]}`}, check: wantTotal(`{"a":[]}`, 10)},
		PageCap:        {fault: Fault{N: 4}, check: wantTotal("12", 4)},
		OffsetIgnored:  {path: listingPath + "?offset=10", check: wantTotal("12", 10)},
		EmptyPage:      {check: wantTotal("12", 0)},
		NullElements: {
			fault: Fault{N: 4}, path: listingPath + "?limit=100",
			check: func(t *testing.T, s *Server, c *caller, got reply) {
				t.Helper()
				wantTotal("15", 15)(t, s, c, got)

				if ids := got.page(t).ids(t); ids[4] != "null" || ids[9] != "null" || ids[14] != "null" {
					t.Errorf("ids %v", ids)
				}
			},
		},
		NullArray:    {check: wantBody(`{"total_num":12,"backup_record_response":null}`)},
		MissingArray: {check: wantBody(`{"total_num":12}`)},
		EmptyArray: {
			backup: func(s *Server) { s.SetBackups(InstanceID, nil) },
			check:  wantBody(`{"total_num":0,"backup_record_response":[]}`),
		},
		RecordAppears: {fault: Fault{N: 2}, check: func(t *testing.T, s *Server, c *caller, got reply) {
			t.Helper()
			wantTotal("14", 10)(t, s, c, got)

			again := c.get(listingPath).page(t)
			if string(again.Total) != "16" || again.ids(t)[2] != got.page(t).ids(t)[0] {
				t.Errorf("second listing: total %s", again.Total)
			}
		}},
		RecordVanishes: {check: wantVanishing(0)},
		NewestVanishes: {check: wantVanishing(1)},
		InstanceAppears: {
			fault: Fault{N: 2}, path: instancesPath,
			check: func(t *testing.T, _ *Server, c *caller, got reply) {
				t.Helper()

				first, second := got.instances(t), c.get(instancesPath).instances(t)
				if len(first.ids()) != 3 || len(second.ids()) != 5 || second.ids()[2] != first.ids()[0] {
					t.Errorf("instances %v, then %v", first.ids(), second.ids())
				}
			},
		},
		InstanceVanishes: {
			path: instancesPath, backup: func(s *Server) { s.AddInstance(Instance{ID: "older", CreatedAt: time.Unix(0, 0)}) },
			check: func(t *testing.T, _ *Server, c *caller, got reply) {
				t.Helper()

				if ids := got.instances(t).ids(); !slices.Equal(ids, []string{"older"}) {
					t.Errorf("instances %v, want the older one", ids)
				}

				c.get("/v2/"+ProjectID+"/instances/older/backups").wantError(t, 404, "DCS.3022")
			},
		},

		StatusError: {
			fault: Fault{
				Status: 503, Code: "APIGW.0613", Message: "later", Shape: ShapeGateway, RetryAfter: 1500 * time.Millisecond,
			},
			check: func(t *testing.T, _ *Server, _ *caller, got reply) {
				t.Helper()
				got.wantError(t, 503, `"error_code":"APIGW.0613"`, `"error_msg":"later"`, got.header.Get("X-Request-Id"))

				if got.header.Get("Retry-After") != "2" {
					t.Errorf("Retry-After %q, want 2", got.header.Get("Retry-After"))
				}
			},
		},
		Throttled: {
			fault: Fault{RetryAfter: time.Minute, Form: "date"},
			check: func(t *testing.T, _ *Server, _ *caller, got reply) {
				t.Helper()
				got.wantError(t, 429, "APIGW.0308", "policy user over ratelimit,limit:5,time:1 second")
				at, err := http.ParseTime(got.header.Get("Retry-After"))

				date, _ := http.ParseTime(got.header.Get("Date"))
				if wait := at.Sub(date); err != nil || wait < time.Minute || wait > time.Minute+time.Second {
					t.Errorf("Retry-After %q at %q", got.header.Get("Retry-After"), got.header.Get("Date"))
				}
			},
		},
		RateLimit: {
			fault: Fault{N: 2, Duration: 5 * time.Minute},
			check: func(t *testing.T, _ *Server, c *caller, got reply) {
				t.Helper()
				got.page(t)
				c.get(listingPath).page(t)
				third := c.get(listingPath)
				third.wantError(t, 429, "limit:2,time:5 minute")

				if wait, err := strconv.Atoi(third.header.Get("Retry-After")); err != nil || wait < 290 || wait > 300 {
					t.Errorf("Retry-After %q", third.header.Get("Retry-After"))
				}
			},
		},
		KeyLocked: {check: func(t *testing.T, s *Server, _ *caller, got reply) {
			t.Helper()
			got.wantError(t, 401, "APIGW.0301", "AK access failed to reach the limit,forbidden")

			if s.Failures(AccessKey) != 1 {
				t.Errorf("%d failures, want 1", s.Failures(AccessKey))
			}
		}},
		DenyProjectList: {path: "/v3/projects?name=x", check: func(t *testing.T, _ *Server, c *caller, got reply) {
			t.Helper()
			got.wantError(t, 403, `"code":403`)
			c.get(listingPath).page(t)
		}},
		DenyBackupList: {check: func(t *testing.T, _ *Server, c *caller, got reply) {
			t.Helper()
			got.wantError(t, 403, "DCS.2007", "dcs:instance:getDataBackupLog")
			c.get("/v3/projects").projects(t)
		}},
		DenyInstanceList: {path: instancesPath, check: func(t *testing.T, _ *Server, c *caller, got reply) {
			t.Helper()
			got.wantError(t, 403, "DCS.2007", "dcs:instance:list ")
			c.get(listingPath).page(t)
		}},
		EchoSecrets: {check: func(t *testing.T, s *Server, c *caller, got reply) {
			t.Helper()
			got.wantError(t, 400, s.Requests()[0].Header.Get("Authorization"))

			r := c.unsigned("POST", "/v3/auth/tokens", "the-body")
			for _, name := range []string{"X-Auth-Token", "X-Security-Token", "X-Idp-Id"} {
				r.Header.Set(name, "secret-"+name)
			}

			c.do(r).wantError(t, 400, "secret-X-Auth-Token", "secret-X-Security-Token", "secret-X-Idp-Id", "the-body")
		}},
		CaptivePortal: {check: func(t *testing.T, _ *Server, _ *caller, got reply) {
			t.Helper()

			isHTML := strings.HasPrefix(got.header.Get("Content-Type"), "text/html")
			if got.status != 200 || !isHTML || !strings.Contains(got.body, "<html>") {
				t.Errorf("status %d, %s, %s", got.status, got.header, got.body)
			}
		}},
		Redirect: {
			fault: Fault{Status: 307, Location: "https://evil.example.com/"}, path: listingPath + "?limit=3",
			check: func(t *testing.T, _ *Server, _ *caller, got reply) {
				t.Helper()

				want := "https://evil.example.com" + listingPath + "?limit=3"
				if location := got.header.Get("Location"); got.status != 307 || location != want {
					t.Errorf("status %d, Location %s", got.status, location)
				}
			},
		},
		EmptyBody: {check: wantBody("")},
		GarbageJSON: {check: func(t *testing.T, _ *Server, _ *caller, got reply) {
			t.Helper()

			if got.status != 200 || got.err != nil || json.Valid([]byte(got.body)) || got.body == "" {
				t.Errorf("status %d, error %v, body %s", got.status, got.err, got.body)
			}
		}},
		WrongContentType: {fault: Fault{Value: "image/png"}, check: func(t *testing.T, s *Server, c *caller, got reply) {
			t.Helper()
			wantTotal("12", 10)(t, s, c, got)

			if got.header.Get("Content-Type") != "image/png" {
				t.Errorf("Content-Type %s", got.header.Get("Content-Type"))
			}
		}},
		NoDate:      {check: wantNoHeader("Date")},
		NoRequestID: {check: wantNoHeader("X-Request-Id")},
		ClockSkew: {fault: Fault{Duration: -3 * time.Hour}, check: func(t *testing.T, _ *Server, _ *caller, got reply) {
			t.Helper()
			got.wantError(t, 401, "signature expired")

			date, err := http.ParseTime(got.header.Get("Date"))
			if off := time.Since(date); err != nil || off < 3*time.Hour || off > 3*time.Hour+time.Minute {
				t.Errorf("Date is off by %s, error %v", off, err)
			}
		}},

		Latency: {fault: Fault{Duration: 30 * time.Millisecond}, check: func(t *testing.T, s *Server, c *caller, got reply) {
			t.Helper()
			wantTotal("12", 10)(t, s, c, got)

			if took := s.Requests()[0].Took; took < 30*time.Millisecond {
				t.Errorf("took %s", took)
			}
		}},
		Silence: {check: wantFailure(false, context.DeadlineExceeded)},
		Stall:   {check: wantFailure(true, context.DeadlineExceeded)},
		SlowDrip: {fault: Fault{N: 1, Duration: time.Hour}, check: func(t *testing.T, s *Server, c *caller, got reply) {
			t.Helper()
			wantFailure(true, context.DeadlineExceeded)(t, s, c, got)

			if got.body != "{" {
				t.Errorf("body %q, want its first byte", got.body)
			}
		}},
		ResetBeforeHeaders: {check: wantFailure(false, syscall.ECONNRESET)},
		// Where the cut falls on the end of a line, net/http reads past the reset and reports the end that follows.
		ResetInHeaders:    {check: wantFailure(false, syscall.ECONNRESET, io.ErrUnexpectedEOF)},
		ResetAfterHeaders: {check: wantFailure(true, syscall.ECONNRESET)},
		ResetInBody:       {check: wantFailure(true, syscall.ECONNRESET)},
		CutBody:           {check: wantFailure(true, io.ErrUnexpectedEOF)},
		CutChunked:        {check: wantFailure(true, io.ErrUnexpectedEOF)},
		CutGzip:           {check: wantFailure(true, io.ErrUnexpectedEOF)},
		Gzip: {check: func(t *testing.T, s *Server, c *caller, got reply) {
			t.Helper()
			wantTotal("12", 10)(t, s, c, got)
			r := c.request("GET", listingPath, "")
			r.Header.Set("Accept-Encoding", "identity")

			if raw := c.do(r); raw.header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(raw.body, "\x1f\x8b") {
				t.Errorf("unasked: Content-Encoding %q", raw.header.Get("Content-Encoding"))
			}
		}},
		GzipBomb: {fault: Fault{N: 20 << 20}, check: func(t *testing.T, _ *Server, c *caller, _ reply) {
			t.Helper()

			r := c.request("GET", listingPath, "")
			r.Header.Set("Accept-Encoding", "gzip")

			got := c.do(r)
			if len(got.body) > 1<<20 {
				t.Errorf("%d bytes on the wire", len(got.body))
			}

			unpacked, err := gzip.NewReader(strings.NewReader(got.body))
			if err != nil {
				t.Fatal(err)
			}

			if n, err := io.CopyN(io.Discard, unpacked, 20<<20); err != nil {
				t.Errorf("%d bytes unpacked, error %v", n, err)
			}
		}},
		EndlessBody: {check: func(t *testing.T, _ *Server, c *caller, _ reply) {
			t.Helper()

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()

			resp, err := c.client.Do(c.request("GET", listingPath, "").WithContext(ctx))
			if err != nil {
				t.Fatal(err)
			}

			defer func() { _ = resp.Body.Close() }()

			if n, err := io.CopyN(io.Discard, resp.Body, 10<<20); err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("%d bytes, error %v", n, err)
			}
		}},
	}
}

func wantTotal(total string, records int) func(*testing.T, *Server, *caller, reply) {
	return func(t *testing.T, _ *Server, _ *caller, got reply) {
		t.Helper()

		p := got.page(t)
		if string(p.Total) != total || len(p.Records) != records {
			t.Errorf("total %s of %d records, want %s of %d", p.Total, len(p.Records), total, records)
		}
	}
}

func wantBody(body string) func(*testing.T, *Server, *caller, reply) {
	return func(t *testing.T, _ *Server, _ *caller, got reply) {
		t.Helper()

		if got.err != nil || got.status != http.StatusOK || got.body != body {
			t.Errorf("%d %q, error %v; want 200 %q", got.status, got.body, got.err, body)
		}
	}
}

func wantNoHeader(name string) func(*testing.T, *Server, *caller, reply) {
	return func(t *testing.T, s *Server, c *caller, got reply) {
		t.Helper()
		wantTotal("12", 10)(t, s, c, got)

		if _, sent := got.header[name]; sent {
			t.Errorf("%s is sent: %v", name, got.header)
		}
	}
}

// wantVanishing checks that of twelve records one is gone, and whether the first one is a new one.
func wantVanishing(first int) func(*testing.T, *Server, *caller, reply) {
	return func(t *testing.T, s *Server, c *caller, got reply) {
		t.Helper()
		wantTotal("11", 10)(t, s, c, got)

		want := GenerateBackups(12, 1)[first].ID
		if ids := got.page(t).ids(t); ids[0] != want {
			t.Errorf("first %s, want %s", ids[0], want)
		}
	}
}

// wantFailure checks an exchange that broke, before or after the headers.
func wantFailure(headers bool, causes ...error) func(*testing.T, *Server, *caller, reply) {
	return func(t *testing.T, _ *Server, _ *caller, got reply) {
		t.Helper()

		known := slices.ContainsFunc(causes, func(cause error) bool { return errors.Is(got.err, cause) })
		if !known || (got.status != 0) != headers {
			t.Errorf("status %d, error %v, want %v", got.status, got.err, causes)
		}
	}
}

// TestEachFaultIsSeen sees each fault over a socket, and again in memory, where the waiting is virtual.
func TestEachFaultIsSeen(t *testing.T) {
	t.Parallel()
	observe := func(t *testing.T, name FaultName, row observation, s *Server, c *caller) {
		t.Helper()
		s.AddInstance(Instance{ID: InstanceID, Backups: GenerateBackups(12, 1)})

		if row.backup != nil {
			row.backup(s)
		}

		row.fault.Name = name
		injection := s.Inject(row.fault)

		path := row.path
		if path == "" {
			path = listingPath
		}

		got := reply{}

		if name != EndlessBody && name != GzipBomb { // nobody should read these whole
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()

			r := c.request("GET", path, "")
			if slices.Contains([]FaultName{Silence, Stall, SlowDrip}, name) {
				r = r.WithContext(ctx)
			}

			got = c.do(r)
		}

		row.check(t, s, c, got)

		if injection.Met() == 0 {
			t.Error("no request has met the fault")
		}
	}

	rows := observations()
	for _, name := range FaultNames() {
		row, ok := rows[name]
		if !ok {
			t.Errorf("nothing observes the fault %s", name)
			continue
		}

		t.Run(string(name)+" on a socket", func(t *testing.T) {
			t.Parallel()
			s := ForTest(t)
			c := newCaller(t, s)
			transport := &http.Transport{DisableKeepAlives: true}
			c.client.Transport, c.base = transport, s.URL()
			observe(t, name, row, s, c)
		})
		t.Run(string(name)+" in memory", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := InMemory(t)
				observe(t, name, row, s, newCaller(t, s))
			})
		})
	}
}

func TestFaultsOverHTTP2(t *testing.T) {
	t.Parallel()

	for _, name := range []FaultName{ResetBeforeHeaders, ResetInBody, CutBody, CutChunked} {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			s := ForTest(t, WithHTTP2())
			s.AddInstance(Instance{ID: InstanceID, Backups: GenerateBackups(12, 1)})
			s.Inject(Fault{Name: name})
			c := newCaller(t, s)

			c.client, c.base = trusting(t, s), s.URL()
			if got := c.get(listingPath); got.err == nil {
				t.Errorf("status %d and a whole body", got.status)
			}
		})
	}
}

func TestFaultScope(t *testing.T) {
	t.Parallel()

	other := "/v2/" + ProjectID + "/instances/other/backups"

	for name, row := range map[string]struct {
		fault Fault
		want  string // of the statuses of six requests: listing, other, projects, twice; x for 500
	}{
		"always":          {Fault{}, "xxxxxx"},
		"first":           {Fault{Count: 1}, "x....."},
		"third":           {Fault{From: 3, Count: 1}, "..x..."},
		"from the fourth": {Fault{From: 4}, "...xxx"},
		"one path":        {Fault{Path: "/v3/projects"}, "..x..x"},
		"one operation":   {Fault{Operation: "KeystoneListProjects", From: 2}, ".....x"},
		"one instance":    {Fault{Instance: "other"}, ".x..x."},
		"second of one":   {Fault{Instance: "other", From: 2}, "....x."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := backupServer(t)
			s.AddInstance(Instance{ID: "other"})

			row.fault.Name = StatusError
			injection := s.Inject(row.fault)

			var seen strings.Builder

			for _, path := range []string{listingPath, other, "/v3/projects", listingPath, other, "/v3/projects"} {
				if c.get(path).status == 500 {
					seen.WriteByte('x')
				} else {
					seen.WriteByte('.')
				}
			}

			if got := seen.String(); got != row.want || injection.Met() != strings.Count(row.want, "x") {
				t.Errorf("%s, %d met, want %s", got, injection.Met(), row.want)
			}

			injection.Remove()

			if got := c.get(listingPath).status; got != 200 {
				t.Errorf("status %d without the fault", got)
			}
		})
	}
}

func TestFaultsCombine(t *testing.T) {
	t.Parallel()
	s, c := backupServer(t)
	s.Inject(Fault{Name: PageCap, N: 2})
	s.Inject(Fault{Name: TotalPageCount})
	s.Inject(Fault{Name: Gzip})
	wantTotal("2", 2)(t, s, c, c.get(listingPath))
	s.ClearFaults()
	wantTotal("3", 3)(t, s, c, c.get(listingPath))
}

func TestServiceFaultsLeaveAuthenticationAlone(t *testing.T) {
	t.Parallel()
	s, c := backupServer(t)
	s.Inject(Fault{Name: StatusError, Status: 503})

	c.key.Secret = "wrong"
	c.get(listingPath).wantError(t, http.StatusUnauthorized, "APIGW.0301")
}

func TestErrorShapes(t *testing.T) {
	t.Parallel()

	for shape, want := range map[Shape]string{
		"":            `{"error_msg":"m","error_code":"c","error_ext_msg":null}`,
		ShapeDCS:      `{"error_msg":"m","error_code":"c","error_ext_msg":null}`,
		ShapeDCSv1:    `{"error":{"code":"c","message":"m","ext_message":null}}`,
		ShapeLegacy:   `{"code":"c","message":"m","ext_message":null}`,
		ShapeGateway:  `{"error_msg":"m","error_code":"c","request_id":"ID"}`,
		ShapeKeystone: `{"error":{"code":418,"message":"m","title":"I'm a teapot"}}`,
		ShapeIAM:      `{"error_code":"c","error_msg":"m"}`,
		ShapeCCE:      `{"errorCode":"c","errorMessage":"m"}`,
		ShapeRDS:      `{"errCode":"c","externalMessage":"m"}`,
		ShapeText:     "m\n",
		ShapeEmpty:    "",
	} {
		s, c := backupServer(t)
		s.Inject(Fault{Name: StatusError, Status: 418, Code: "c", Message: "m", Shape: shape})

		got := c.get(listingPath)

		want = strings.ReplaceAll(want, "ID", got.header.Get("X-Request-Id"))
		if diff := cmp.Diff(want, got.body); diff != "" || got.status != 418 {
			t.Errorf("%s: status %d, want, got:\n%s", shape, got.status, diff)
		}
	}

	s, c := backupServer(t)
	s.Inject(Fault{Name: StatusError, Status: 502, Message: "<bad>", Shape: ShapeHTML})
	c.get(listingPath).wantError(t, 502, "<title>502 Bad Gateway</title>", "&lt;bad&gt;")
}

func TestRateLimitOpensAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := InMemory(t)
		s.AddInstance(Instance{ID: InstanceID, Backups: GenerateBackups(1, 1)})
		s.Inject(Fault{Name: RateLimit, N: 2})
		c := newCaller(t, s)

		var got []int
		for range 9 {
			got = append(got, c.get(listingPath).status)

			time.Sleep(250 * time.Millisecond)
		}

		if want := []int{200, 200, 429, 429, 200, 200, 429, 429, 200}; !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

func TestInjectRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()

	for name, row := range map[string]struct {
		fault Fault
		says  string
	}{
		"name":           {Fault{Name: "nonsense"}, `there is no fault "nonsense"; the faults are "captive-portal", `},
		"operation":      {Fault{Name: Silence, Operation: "x"}, `there is no operation "x"; the operations are "ListBackup`},
		"parameter":      {Fault{Name: TotalAbsent, N: 1}, `fault "total-absent" has no parameter "n"; it has none`},
		"status":         {Fault{Name: StatusError, Status: 99}, "status must be"},
		"shape":          {Fault{Name: StatusError, Shape: "round"}, "shape must be"},
		"form":           {Fault{Name: Throttled, Form: "soon"}, "form must be"},
		"negative n":     {Fault{Name: PageCap, N: -1}, "n must not"},
		"negative count": {Fault{Name: PageCap, Count: -1}, "count must not"},
		"negative time":  {Fault{Name: Latency, Duration: -1}, "duration must not"},
		"negative wait":  {Fault{Name: Throttled, RetryAfter: -1}, "retry_after must not"},
		"too many":       {Fault{Name: RecordAppears, N: 100_001}, "n must be at most 100000"},
		"value":          {Fault{Name: TotalValue, Value: "{"}, "value must be JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			defer func() {
				if message, _ := recover().(string); !strings.Contains(message, row.says) {
					t.Errorf("panic %q, want %q", message, row.says)
				}
			}()

			New().Inject(row.fault)
		})
	}
}
