// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package fault_test

import (
	stdcmp "cmp"
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

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/internal/client"
)

// observation is a fault seen by a client of a server with 12 backups.
type observation struct {
	effect dcsapitest.Effect
	path   string // empty: the listing of backups
	backup func(*dcsapitest.Server)
	check  func(t *testing.T, s *dcsapitest.Server, c *client.Caller, got client.Reply)
}

func observations() []observation {
	return []observation{
		{effect: fault.TotalTooHigh{N: 3}, check: wantTotal("15", 10)},
		{effect: fault.TotalTooLow{N: 3}, check: wantTotal("9", 10)},
		{effect: fault.TotalPageCount{}, check: wantTotal("10", 10)},
		{effect: fault.TotalAbsent{}, check: wantTotal("", 10)},
		{effect: fault.TotalString{}, check: wantTotal(`"12"`, 10)},
		{effect: fault.TotalValue{Value: `{"a":[]}`}, check: wantTotal(`{"a":[]}`, 10)},
		{effect: fault.PageCap{N: 4}, check: wantTotal("12", 4)},
		{effect: fault.OffsetIgnored{}, path: client.BackupsPath + "?offset=10", check: wantTotal("12", 10)},
		{effect: fault.EmptyPage{}, check: wantTotal("12", 0)},
		{
			effect: fault.NullElements{N: 4}, path: client.BackupsPath + "?limit=100",
			check: func(t *testing.T, s *dcsapitest.Server, c *client.Caller, got client.Reply) {
				t.Helper()
				wantTotal("15", 15)(t, s, c, got)

				if ids := got.Page(t).IDs; ids[4] != "null" || ids[9] != "null" || ids[14] != "null" {
					t.Errorf("ids %v", ids)
				}
			},
		},
		{effect: fault.NullArray{}, check: wantBody(`{"total_num":12,"backup_record_response":null}`)},
		{effect: fault.MissingArray{}, check: wantBody(`{"total_num":12}`)},
		{
			effect: fault.EmptyArray{}, backup: func(s *dcsapitest.Server) { s.SetBackups(dcsapitest.InstanceID, nil) },
			check: wantBody(`{"total_num":0,"backup_record_response":[]}`),
		},
		{effect: fault.RecordAppears{N: 2}, check: func(t *testing.T, s *dcsapitest.Server, c *client.Caller, got client.Reply) {
			t.Helper()
			wantTotal("14", 10)(t, s, c, got)

			again := c.Get(client.BackupsPath).Page(t)
			if again.Total != "16" || again.IDs[2] != got.Page(t).IDs[0] {
				t.Errorf("second listing: total %s", again.Total)
			}
		}},
		{effect: fault.RecordVanishes{}, check: wantVanishing(0)},
		{effect: fault.NewestVanishes{}, check: wantVanishing(1)},
		{
			effect: fault.InstanceAppears{N: 2}, path: client.InstancesPath,
			check: func(t *testing.T, _ *dcsapitest.Server, c *client.Caller, got client.Reply) {
				t.Helper()

				first, second := got.Instances(t), c.Get(client.InstancesPath).Instances(t)
				if len(first.IDs) != 3 || len(second.IDs) != 5 || second.IDs[2] != first.IDs[0] {
					t.Errorf("instances %v, then %v", first.IDs, second.IDs)
				}
			},
		},

		{
			effect: fault.Status{Status: 503, Code: "APIGW.0613", Message: "later", Shape: dcsapitest.ShapeGateway, RetryAfter: 1500 * time.Millisecond}, check: func(t *testing.T, _ *dcsapitest.Server, _ *client.Caller, got client.Reply) {
				t.Helper()
				got.WantError(t, 503, `"error_code":"APIGW.0613"`, `"error_msg":"later"`, got.Header.Get("X-Request-Id"))

				if got.Header.Get("Retry-After") != "2" {
					t.Errorf("Retry-After %q, want 2", got.Header.Get("Retry-After"))
				}
			},
		},
		{
			effect: fault.Throttled{RetryAfter: time.Minute, Form: "date"}, check: func(t *testing.T, _ *dcsapitest.Server, _ *client.Caller, got client.Reply) {
				t.Helper()
				got.WantError(t, 429, "APIGW.0308", "policy user over ratelimit,limit:5,time:1 second")
				at, err := http.ParseTime(got.Header.Get("Retry-After"))

				date, _ := http.ParseTime(got.Header.Get("Date"))
				if wait := at.Sub(date); err != nil || wait < time.Minute || wait > time.Minute+time.Second {
					t.Errorf("Retry-After %q at %q", got.Header.Get("Retry-After"), got.Header.Get("Date"))
				}
			},
		},
		{
			effect: fault.RateLimit{N: 2, Duration: 5 * time.Minute}, check: func(t *testing.T, _ *dcsapitest.Server, c *client.Caller, got client.Reply) {
				t.Helper()
				got.Page(t)
				c.Get(client.BackupsPath).Page(t)
				third := c.Get(client.BackupsPath)
				third.WantError(t, 429, "limit:2,time:5 minute")

				if wait, err := strconv.Atoi(third.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 300 {
					t.Errorf("Retry-After %q", third.Header.Get("Retry-After"))
				}
			},
		},
		{effect: fault.KeyLocked{}, check: func(t *testing.T, s *dcsapitest.Server, _ *client.Caller, got client.Reply) {
			t.Helper()
			got.WantError(t, 401, "APIGW.0301", "AK access failed to reach the limit,forbidden")

			if s.Failures(dcsapitest.AccessKey) != 1 {
				t.Errorf("%d failures, want 1", s.Failures(dcsapitest.AccessKey))
			}
		}},
		{effect: fault.DenyProjectList{}, path: "/v3/projects?name=x", check: func(t *testing.T, _ *dcsapitest.Server, c *client.Caller, got client.Reply) {
			t.Helper()
			got.WantError(t, 403, `"code":403`)
			c.Get(client.BackupsPath).Page(t)
		}},
		{effect: fault.DenyBackupList{}, check: func(t *testing.T, _ *dcsapitest.Server, c *client.Caller, got client.Reply) {
			t.Helper()
			got.WantError(t, 403, "DCS.2007", "dcs:instance:getDataBackupLog")
			c.Get("/v3/projects").List(t, "projects")
		}},
		{effect: fault.DenyInstanceList{}, path: client.InstancesPath, check: func(t *testing.T, _ *dcsapitest.Server, c *client.Caller, got client.Reply) {
			t.Helper()
			got.WantError(t, 403, "DCS.2007", "dcs:instance:list ")
			c.Get(client.BackupsPath).Page(t)
		}},
		{effect: fault.EchoSecrets{}, check: func(t *testing.T, s *dcsapitest.Server, c *client.Caller, got client.Reply) {
			t.Helper()
			got.WantError(t, 400, s.Requests()[0].Header.Get("Authorization"))

			c.Send("POST", "/v3/auth/tokens", "the-body", "X-Auth-Token", "secret-1", "X-Security-Token", "secret-2", "X-Idp-Id", "secret-3").
				WantError(t, 400, "secret-1", "secret-2", "secret-3", "the-body")
		}},
		{effect: fault.CaptivePortal{}, check: func(t *testing.T, _ *dcsapitest.Server, _ *client.Caller, got client.Reply) {
			t.Helper()

			isHTML := strings.HasPrefix(got.Header.Get("Content-Type"), "text/html")
			if got.Status != 200 || !isHTML || !strings.Contains(got.Body, "<html>") {
				t.Errorf("status %d, %s, %s", got.Status, got.Header, got.Body)
			}
		}},
		{
			effect: fault.Redirect{Status: 307, Location: "https://evil.example.com/"}, path: client.BackupsPath + "?limit=3",
			check: func(t *testing.T, _ *dcsapitest.Server, _ *client.Caller, got client.Reply) {
				t.Helper()

				want := "https://evil.example.com" + client.BackupsPath + "?limit=3"
				if location := got.Header.Get("Location"); got.Status != 307 || location != want {
					t.Errorf("status %d, Location %s", got.Status, location)
				}
			},
		},
		{effect: fault.EmptyBody{}, check: wantBody("")},
		{effect: fault.GarbageJSON{}, check: func(t *testing.T, _ *dcsapitest.Server, _ *client.Caller, got client.Reply) {
			t.Helper()

			if got.Status != 200 || got.Err != nil || json.Valid([]byte(got.Body)) || got.Body == "" {
				t.Errorf("status %d, error %v, body %s", got.Status, got.Err, got.Body)
			}
		}},
		{effect: fault.WrongContentType{Value: "image/png"}, check: func(t *testing.T, s *dcsapitest.Server, c *client.Caller, got client.Reply) {
			t.Helper()
			wantTotal("12", 10)(t, s, c, got)

			if got.Header.Get("Content-Type") != "image/png" {
				t.Errorf("Content-Type %s", got.Header.Get("Content-Type"))
			}
		}},
		{effect: fault.NoDate{}, check: wantNoHeader("Date")},
		{effect: fault.NoRequestID{}, check: wantNoHeader("X-Request-Id")},
		{effect: fault.ClockSkew{Duration: -3 * time.Hour}, check: func(t *testing.T, s *dcsapitest.Server, _ *client.Caller, got client.Reply) {
			t.Helper()
			got.WantError(t, 401, "signature expired")

			want := s.Requests()[0].At.Add(-3 * time.Hour).UTC().Format(http.TimeFormat)
			if date := got.Header.Get("Date"); date != want {
				t.Errorf("Date %s, want %s", date, want)
			}
		}},

		{effect: fault.Latency{Duration: 30 * time.Millisecond}, check: func(t *testing.T, s *dcsapitest.Server, c *client.Caller, got client.Reply) {
			t.Helper()
			wantTotal("12", 10)(t, s, c, got)

			if took := s.Requests()[0].Took; took < 30*time.Millisecond {
				t.Errorf("took %s", took)
			}
		}},
		{effect: fault.Silence{}, check: wantFailure(false, context.DeadlineExceeded)},
		{effect: fault.Stall{}, check: wantFailure(true, context.DeadlineExceeded)},
		{effect: fault.SlowDrip{N: 1, Duration: time.Hour}, check: func(t *testing.T, s *dcsapitest.Server, c *client.Caller, got client.Reply) {
			t.Helper()
			wantFailure(true, context.DeadlineExceeded)(t, s, c, got)

			if got.Body != "{" {
				t.Errorf("body %q, want its first byte", got.Body)
			}
		}},
		{effect: fault.ResetBeforeHeaders{}, check: wantFailure(false, syscall.ECONNRESET)},
		// Where the cut falls on the end of a line, net/http reads past the reset and reports the end that follows.
		{effect: fault.ResetInHeaders{}, check: wantFailure(false, syscall.ECONNRESET, io.ErrUnexpectedEOF)},
		{effect: fault.ResetAfterHeaders{}, check: wantFailure(true, syscall.ECONNRESET)},
		{effect: fault.ResetInBody{}, check: wantFailure(true, syscall.ECONNRESET)},
		{effect: fault.CutBody{}, check: wantFailure(true, io.ErrUnexpectedEOF)},
		{effect: fault.CutChunked{}, check: wantFailure(true, io.ErrUnexpectedEOF)},
		{effect: fault.CutGzip{}, check: wantFailure(true, io.ErrUnexpectedEOF)},
		{effect: fault.Gzip{}, check: func(t *testing.T, s *dcsapitest.Server, c *client.Caller, got client.Reply) {
			t.Helper()
			wantTotal("12", 10)(t, s, c, got)
			r := c.Request("GET", client.BackupsPath, "")
			r.Header.Set("Accept-Encoding", "identity")

			if raw := c.Do(r); raw.Header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(raw.Body, "\x1f\x8b") {
				t.Errorf("unasked: Content-Encoding %q", raw.Header.Get("Content-Encoding"))
			}
		}},
		{effect: fault.GzipBomb{N: 20 << 20}, check: func(t *testing.T, _ *dcsapitest.Server, c *client.Caller, _ client.Reply) {
			t.Helper()

			r := c.Request("GET", client.BackupsPath, "")
			r.Header.Set("Accept-Encoding", "gzip")

			got := c.Do(r)
			if len(got.Body) > 1<<20 {
				t.Errorf("%d bytes on the wire", len(got.Body))
			}

			unpacked, err := gzip.NewReader(strings.NewReader(got.Body))
			if err != nil {
				t.Fatal(err)
			}

			if n, err := io.CopyN(io.Discard, unpacked, 20<<20); err != nil {
				t.Errorf("%d bytes unpacked, error %v", n, err)
			}
		}},
		{effect: fault.EndlessBody{}, check: func(t *testing.T, _ *dcsapitest.Server, c *client.Caller, _ client.Reply) {
			t.Helper()

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()

			resp, err := c.HTTP.Do(c.Request("GET", client.BackupsPath, "").WithContext(ctx))
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

func wantTotal(total string, records int) func(*testing.T, *dcsapitest.Server, *client.Caller, client.Reply) {
	return func(t *testing.T, _ *dcsapitest.Server, _ *client.Caller, got client.Reply) {
		t.Helper()

		p := got.Page(t)
		if p.Total != total || len(p.IDs) != records {
			t.Errorf("total %s of %d records, want %s of %d", p.Total, len(p.IDs), total, records)
		}
	}
}

func wantBody(body string) func(*testing.T, *dcsapitest.Server, *client.Caller, client.Reply) {
	return func(t *testing.T, _ *dcsapitest.Server, _ *client.Caller, got client.Reply) {
		t.Helper()

		if got.Err != nil || got.Status != http.StatusOK || got.Body != body {
			t.Errorf("%d %q, error %v; want 200 %q", got.Status, got.Body, got.Err, body)
		}
	}
}

func wantNoHeader(name string) func(*testing.T, *dcsapitest.Server, *client.Caller, client.Reply) {
	return func(t *testing.T, s *dcsapitest.Server, c *client.Caller, got client.Reply) {
		t.Helper()
		wantTotal("12", 10)(t, s, c, got)

		if _, sent := got.Header[name]; sent {
			t.Errorf("%s is sent: %v", name, got.Header)
		}
	}
}

// wantVanishing checks that of twelve records one is gone, and whether the first one is a new one.
func wantVanishing(first int) func(*testing.T, *dcsapitest.Server, *client.Caller, client.Reply) {
	return func(t *testing.T, s *dcsapitest.Server, c *client.Caller, got client.Reply) {
		t.Helper()
		wantTotal("11", 10)(t, s, c, got)

		want := dcsapitest.GenerateBackups(12, 1)[first].ID
		if ids := got.Page(t).IDs; ids[0] != want {
			t.Errorf("first %s, want %s", ids[0], want)
		}
	}
}

// wantFailure checks an exchange that broke, before or after the headers.
func wantFailure(headers bool, causes ...error) func(*testing.T, *dcsapitest.Server, *client.Caller, client.Reply) {
	return func(t *testing.T, _ *dcsapitest.Server, _ *client.Caller, got client.Reply) {
		t.Helper()

		known := slices.ContainsFunc(causes, func(cause error) bool { return errors.Is(got.Err, cause) })
		if !known || (got.Status != 0) != headers {
			t.Errorf("status %d, error %v, want %v", got.Status, got.Err, causes)
		}
	}
}

// waits tells whether a client has to wait for its deadline.
func waits(e dcsapitest.Effect) bool {
	return slices.Contains([]dcsapitest.Effect{fault.Silence{}, fault.Stall{}, fault.SlowDrip{N: 1, Duration: time.Hour}}, e)
}

// TestEffects_areSeenByClients observes each effect in memory, where waiting is virtual, and over a socket if it needs no waiting.
func TestEffects_areSeenByClients(t *testing.T) {
	t.Parallel()
	observe := func(t *testing.T, row observation, s *dcsapitest.Server, c *client.Caller) {
		t.Helper()
		s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(12, 1)})

		if row.backup != nil {
			row.backup(s)
		}

		injection := s.Inject(dcsapitest.Fault{Effect: row.effect})
		got := client.Reply{}

		switch row.effect.(type) {
		case fault.EndlessBody, fault.GzipBomb: // not to be read whole
		default:
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()

			got = c.Do(c.Request("GET", stdcmp.Or(row.path, client.BackupsPath), "").WithContext(ctx))
		}

		row.check(t, s, c, got)

		if injection.Met() == 0 {
			t.Error("no request has met the fault")
		}
	}

	var observed []string

	for _, row := range observations() {
		name := dcsapitest.EffectName(row.effect)
		observed = append(observed, name)

		if !waits(row.effect) {
			t.Run(name+" on a socket", func(t *testing.T) {
				t.Parallel()
				s := dcsapitest.ForTest(t)
				c := client.New(t, s)
				c.HTTP.Transport, c.Base = &http.Transport{DisableKeepAlives: true}, s.URL()
				observe(t, row, s, c)
			})
		}

		t.Run(name+" in memory", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := dcsapitest.InMemory(t)
				observe(t, row, s, client.New(t, s))
			})
		})
	}

	slices.Sort(observed)

	if diff := cmp.Diff(fault.Names(), observed); diff != "" {
		t.Errorf("effects that are observed (-want +got):\n%s", diff)
	}
}

func TestFault_scope(t *testing.T) {
	t.Parallel()

	other := "/v2/" + dcsapitest.ProjectID + "/instances/other/backups"

	for name, row := range map[string]struct {
		fault dcsapitest.Fault
		want  string // of the statuses of six requests: listing, other, projects, twice; x for 500
	}{
		"always":          {dcsapitest.Fault{}, "xxxxxx"},
		"first":           {dcsapitest.Fault{Count: 1}, "x....."},
		"third":           {dcsapitest.Fault{From: 3, Count: 1}, "..x..."},
		"from the fourth": {dcsapitest.Fault{From: 4}, "...xxx"},
		"one path":        {dcsapitest.Fault{Path: "/v3/projects"}, "..x..x"},
		"one operation":   {dcsapitest.Fault{Operation: "KeystoneListProjects", From: 2}, ".....x"},
		"one instance":    {dcsapitest.Fault{Instance: "other"}, ".x..x."},
		"second of one":   {dcsapitest.Fault{Instance: "other", From: 2}, "....x."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := client.WithBackups(t)
			s.AddInstance(dcsapitest.Instance{ID: "other"})

			row.fault.Effect = fault.Status{}
			injection := s.Inject(row.fault)

			var seen strings.Builder

			for _, path := range []string{client.BackupsPath, other, "/v3/projects", client.BackupsPath, other, "/v3/projects"} {
				if c.Get(path).Status == 500 {
					seen.WriteByte('x')
				} else {
					seen.WriteByte('.')
				}
			}

			if got := seen.String(); got != row.want || injection.Met() != strings.Count(row.want, "x") {
				t.Errorf("%s, %d met, want %s", got, injection.Met(), row.want)
			}

			injection.Remove()

			if got := c.Get(client.BackupsPath).Status; got != 200 {
				t.Errorf("status %d without the fault", got)
			}
		})
	}
}

func TestFaults_combine(t *testing.T) {
	t.Parallel()
	s, c := client.WithBackups(t)
	s.Inject(dcsapitest.Fault{Effect: fault.PageCap{N: 2}})
	s.Inject(dcsapitest.Fault{Effect: fault.TotalPageCount{}})
	s.Inject(dcsapitest.Fault{Effect: fault.Gzip{}})
	wantTotal("2", 2)(t, s, c, c.Get(client.BackupsPath))
}

func TestStatus_leavesAuthenticationAlone(t *testing.T) {
	t.Parallel()
	s, c := client.WithBackups(t)
	s.Inject(dcsapitest.Fault{Effect: fault.Status{Status: 503}})

	c.Key.Secret = "wrong"
	c.Get(client.BackupsPath).WantError(t, http.StatusUnauthorized, "APIGW.0301")
}

func TestStatus_shapes(t *testing.T) {
	t.Parallel()

	for shape, want := range map[dcsapitest.Shape]string{
		"":                       `{"error_msg":"m","error_code":"c","error_ext_msg":null}`,
		dcsapitest.ShapeDCS:      `{"error_msg":"m","error_code":"c","error_ext_msg":null}`,
		dcsapitest.ShapeDCSv1:    `{"error":{"code":"c","message":"m","ext_message":null}}`,
		dcsapitest.ShapeLegacy:   `{"code":"c","message":"m","ext_message":null}`,
		dcsapitest.ShapeGateway:  `{"error_msg":"m","error_code":"c","request_id":"ID"}`,
		dcsapitest.ShapeKeystone: `{"error":{"code":418,"message":"m","title":"I'm a teapot"}}`,
		dcsapitest.ShapeIAM:      `{"error_code":"c","error_msg":"m"}`,
		dcsapitest.ShapeCCE:      `{"errorCode":"c","errorMessage":"m"}`,
		dcsapitest.ShapeRDS:      `{"errCode":"c","externalMessage":"m"}`,
		dcsapitest.ShapeText:     "m\n",
		dcsapitest.ShapeEmpty:    "",
	} {
		s, c := client.WithBackups(t)
		s.Inject(dcsapitest.Fault{Effect: fault.Status{Status: 418, Code: "c", Message: "m", Shape: shape}})

		got := c.Get(client.BackupsPath)

		want = strings.ReplaceAll(want, "ID", got.Header.Get("X-Request-Id"))
		if diff := cmp.Diff(want, got.Body); diff != "" || got.Status != 418 {
			t.Errorf("%s: status %d, want, got:\n%s", shape, got.Status, diff)
		}
	}

	s, c := client.WithBackups(t)
	s.Inject(dcsapitest.Fault{Effect: fault.Status{Status: 502, Message: "<bad>", Shape: dcsapitest.ShapeHTML}})
	c.Get(client.BackupsPath).WantError(t, 502, "<title>502 Bad Gateway</title>", "&lt;bad&gt;")
}

func TestRateLimit_opensAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := dcsapitest.InMemory(t)
		s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(1, 1)})
		s.Inject(dcsapitest.Fault{Effect: fault.RateLimit{N: 2}})
		c := client.New(t, s)

		var got []int
		for range 9 {
			got = append(got, c.Get(client.BackupsPath).Status)

			time.Sleep(250 * time.Millisecond)
		}

		if want := []int{200, 200, 429, 429, 200, 200, 429, 429, 200}; !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

func TestServer_injectRefusesInvalidFaults(t *testing.T) {
	t.Parallel()

	for says, invalid := range map[string]dcsapitest.Fault{
		"a fault needs an effect":                                  {},
		`there is no operation "x"; the operations are ListBackup`: {Effect: fault.Silence{}, Operation: "x"},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()

			defer func() {
				if message, _ := recover().(string); !strings.Contains(message, says) {
					t.Errorf("panic %q, want %q", message, says)
				}
			}()

			dcsapitest.New().Inject(invalid)
		})
	}
}
