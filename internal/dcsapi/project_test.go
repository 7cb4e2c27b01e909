// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

// fakeProject is a project of the service, as an [http.RoundTripper].
type fakeProject struct {
	// latency is how long a response takes, called one at a time. Nil means no time.
	latency func() time.Duration
	// list answers the nth request for the listing of instances, from 1 on. Nil, or no answer, means the instances.
	list func(n int) answer

	mu        sync.Mutex
	instances []*fakeInstance
	lists     int
	// requests are the paths below the project, with the query of a listing of instances.
	requests       []string
	inFlight, peak int
}

// fakeInstance is an instance of a fakeProject.
type fakeInstance struct {
	id, name string
	// more holds further members of the instance, as JSON.
	more    string
	backups []string
	// answer answers the nth request for its backups, from 1 on. Nil, or no answer, means the backups.
	answer func(n int) answer
	asked  int
}

// answer is a response, or the error instead of one. The zero value is no answer.
type answer struct {
	status     int
	body       string
	requestID  string
	retryAfter string
	err        error
}

func (a answer) isZero() bool { return a == answer{} }

func success(body string) answer { return answer{status: http.StatusOK, body: body} }

func failure(status int, code string) answer {
	return answer{
		status: status, requestID: "request-" + code, body: fmt.Sprintf(`{"error_code": %q, "error_msg": "No."}`, code),
	}
}

// always answers every request with that status and code.
func always(status int, code string) func(int) answer {
	return func(int) answer { return failure(status, code) }
}

// broken answers every request with an error of the connection.
func broken(err error) func(int) answer { return func(int) answer { return answer{err: err} } }

// newProject returns a project of n instances of two backups each.
func newProject(n int) *fakeProject {
	p := &fakeProject{}
	for i := range n {
		p.instances = append(p.instances, newInstance(i))
	}

	return p
}

func newInstance(i int) *fakeInstance {
	id := fmt.Sprintf("i%03d", i)

	return &fakeInstance{id: id, name: "name of " + id, backups: []string{id + "-a", id + "-b"}}
}

// find returns the instance with that ID.
func (p *fakeProject) find(id string) *fakeInstance {
	for _, i := range p.instances {
		if i.id == id {
			return i
		}
	}

	return nil
}

// remove removes the instance with that ID.
func (p *fakeProject) remove(id string) {
	p.instances = slices.DeleteFunc(p.instances, func(i *fakeInstance) bool { return i.id == id })
}

// RoundTrip implements [http.RoundTripper].
func (p *fakeProject) RoundTrip(r *http.Request) (*http.Response, error) {
	var latency time.Duration

	p.mu.Lock()
	p.inFlight++
	p.peak = max(p.peak, p.inFlight)

	if p.latency != nil {
		latency = p.latency()
	}

	p.mu.Unlock()

	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()

		p.inFlight--
	}()

	if latency > 0 {
		select {
		case <-time.After(latency):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}

	a := p.answerTo(r.URL)
	if a.err != nil {
		return nil, a.err
	}

	header := http.Header{"X-Request-Id": {a.requestID}}
	if a.retryAfter != "" {
		header.Set("Retry-After", a.retryAfter)
	}

	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(strings.NewReader(a.body))}, nil
}

func (p *fakeProject) answerTo(u *url.URL) answer {
	p.mu.Lock()
	defer p.mu.Unlock()

	segments := strings.Split(strings.TrimPrefix(u.Path, "/v2/p1/"), "/")

	if len(segments) == 1 {
		p.requests = append(p.requests, segments[0]+"?"+u.RawQuery)
		p.lists++

		if p.list != nil {
			if a := p.list(p.lists); !a.isZero() {
				return a
			}
		}

		return p.listing(u.Query())
	}

	p.requests = append(p.requests, strings.Join(segments, "/"))

	instance := p.find(segments[1])
	if instance == nil {
		return failure(http.StatusNotFound, "DCS.3022")
	}

	instance.asked++

	if instance.answer != nil {
		if a := instance.answer(instance.asked); !a.isZero() {
			return a
		}
	}

	records := make([]string, len(instance.backups))
	for i, id := range instance.backups {
		records[i] = fmt.Sprintf(`{"backup_id": %q}`, id)
	}

	return success(fmt.Sprintf(`{"total_num": %d, "backup_record_response": [%s]}`, len(records), strings.Join(records, ",")))
}

func (p *fakeProject) listing(query url.Values) answer {
	offset, _ := strconv.Atoi(query.Get("offset"))
	limit, _ := strconv.Atoi(query.Get("limit"))

	var page []string

	for _, i := range p.instances[min(offset, len(p.instances)):min(offset+limit, len(p.instances))] {
		name, _ := json.Marshal(i.name) // A string can be encoded.
		page = append(page, fmt.Sprintf(`{"instance_id": %q, "name": %s%s}`, i.id, name, i.more))
	}

	return success(fmt.Sprintf(`{"instance_num": %d, "instances": [%s]}`, len(p.instances), strings.Join(page, ",")))
}

// backupRequests returns how many requests for backups there were.
func (p *fakeProject) backupRequests() int { return len(p.requests) - p.lists }

// client returns a client that sends its requests to p.
func (p *fakeProject) client(t *testing.T) *dcsapi.Client {
	t.Helper()

	tr := transport.New(transport.Config{UserAgent: "test", RoundTripper: p})

	return dcsapi.New(dcsapi.Config{Transport: tr, Endpoints: endpoint.Set{}, Session: auth.NewSession(auth.Config{
		Transport: tr, Endpoints: endpoint.Set{}, Region: "cn-north-4", ProjectID: "p1", Source: auth.Token{Token: "token"},
	})})
}

// read reads the project. It returns the IDs of the backups of each instance.
func (p *fakeProject) read(ctx context.Context, t *testing.T, query dcsapi.ProjectQuery) (
	map[string][]string, dcsapi.ProjectListing, error,
) {
	t.Helper()

	got := make(map[string][]string)
	listing, err := p.client(t).ProjectBackups(ctx, query, func(i dcsapi.InstanceBackups) {
		ids := []string{}
		for _, b := range i.Listing.Backups {
			ids = append(ids, b.ID)
		}

		if !i.BackupSupported {
			ids = []string{"not supported"}
		}

		if got[i.Instance.ID] != nil {
			t.Errorf("%s was visited twice", i.Instance.ID)
		}

		got[i.Instance.ID] = ids
	})

	var failed *dcsapi.ProjectError
	if err != nil && !errors.As(err, &failed) {
		t.Errorf("got %T, want a ProjectError", err)
	}

	return got, listing, err
}

// want returns what is to be read of the instances.
func (p *fakeProject) want() map[string][]string {
	want := make(map[string][]string)
	for _, i := range p.instances {
		want[i.id] = i.backups
	}

	return want
}

func TestProjectBackups_oneRequestForEachInstance(t *testing.T) {
	t.Parallel()

	for _, n := range []int{0, 1, 10, 200, 999} {
		p := newProject(n)
		got, listing, err := p.read(t.Context(), t, dcsapi.ProjectQuery{})

		if diff := cmp.Diff(p.want(), got); err != nil || diff != "" {
			t.Errorf("%d instances: error %v (-want +got):\n%s", n, err, diff)
		}

		if p.lists != 1 || p.backupRequests() != n || p.requests[0] != "instances?limit=1000&offset=0" {
			t.Errorf("%d instances: %d listings, %d requests for backups, first %s", n, p.lists, p.backupRequests(), p.requests[0])
		}

		if diff := cmp.Diff(dcsapi.ProjectListing{Region: "cn-north-4", ProjectID: "p1"}, listing); diff != "" {
			t.Errorf("listing (-want +got):\n%s", diff)
		}
	}
}

func TestProjectBackups_sendsTimes(t *testing.T) {
	t.Parallel()

	p := newProject(1)

	var sent url.Values

	p.latency = func() time.Duration { return 0 }
	tr := transport.New(transport.Config{UserAgent: "test", RoundTripper: roundTripper(func(r *http.Request) (*http.Response, error) {
		sent = r.URL.Query()

		return p.RoundTrip(r)
	})})

	client := dcsapi.New(dcsapi.Config{Transport: tr, Endpoints: endpoint.Set{}, Session: auth.NewSession(auth.Config{
		Transport: tr, Endpoints: endpoint.Set{}, Region: "cn-north-4", ProjectID: "p1", Source: auth.Token{Token: "token"},
	})})

	_, err := client.ProjectBackups(t.Context(), dcsapi.ProjectQuery{
		BeginTime: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), EndTime: time.Date(2024, 2, 2, 3, 4, 5, 0, time.UTC),
	}, func(dcsapi.InstanceBackups) {})

	want := url.Values{"begin_time": {"20240102030405"}, "end_time": {"20240202030405"}, "limit": {"1000"}, "offset": {"0"}}
	if diff := cmp.Diff(want, sent); err != nil || diff != "" {
		t.Errorf("error %v, query (-want +got):\n%s", err, diff)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestProjectBackups_readsWhatIsSelected(t *testing.T) {
	t.Parallel()

	p := newProject(20)
	got, _, err := p.read(t.Context(), t, dcsapi.ProjectQuery{
		InstanceIDs: []string{"i003", "i012"},
		Select:      func(i *dcsapi.Instance) bool { return i.ID == "i012" || i.Name == "name of i015" },
	})

	want := map[string][]string{"i012": {"i012-a", "i012-b"}, "i015": {"i015-a", "i015-b"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" || p.backupRequests() != 2 {
		t.Errorf("error %v, %d requests for backups (-want +got):\n%s", err, p.backupRequests(), diff)
	}
}

// TestProjectBackups_fails states what each failure is told as, and what it costs in requests for backups.
func TestProjectBackups_fails(t *testing.T) {
	t.Parallel()

	cut := func(int) answer { return success(`{"backup_record_response": [`) }

	const (
		noIdentifier = "which cannot be part of a URL: letters, digits, - and _ are allowed"
		forbidden    = "GET https://dcs.cn-north-4.myhuaweicloud.com/v2/p1/instances: 403 Forbidden, DCS.1001: No. " +
			"(request ID request-DCS.1001)"
	)

	tests := []struct {
		name   string
		change func(p *fakeProject)
		query  dcsapi.ProjectQuery
		// want is told by summary. requests is how many requests for backups there were, negative where that may vary.
		want     string
		requests int
	}{
		{
			"an instance without an ID", func(p *fakeProject) { p.instances[19].id = "" },
			dcsapi.ProjectQuery{},
			`selected -1, read 0: the instance "name of i019" has the ID "", ` + noIdentifier, 0,
		},
		{
			"an instance that is not selected, whose ID would move the request", func(p *fakeProject) { p.instances[19].id = "../x" },
			dcsapi.ProjectQuery{Select: func(i *dcsapi.Instance) bool { return i.ID == "i001" }},
			`selected -1, read 0: the instance "name of i019" has the ID "../x", ` + noIdentifier, 0,
		},
		{
			"instances that must exist and do not", func(*fakeProject) {},
			dcsapi.ProjectQuery{InstanceIDs: []string{"y", "i002", "x", "y"}, Select: func(*dcsapi.Instance) bool { return false }},
			`selected 0, read 0, missing [x y]`, 0,
		},
		{"the listing is forbidden", func(p *fakeProject) {
			p.list = func(int) answer { return failure(http.StatusForbidden, "DCS.1001") }
		}, dcsapi.ProjectQuery{}, `selected -1, read 0: ` + forbidden, 0},
		{"three of twenty are forbidden", func(p *fakeProject) {
			for _, i := range []int{17, 2, 9} {
				p.instances[i].answer = always(http.StatusForbidden, "DCS.1001")
			}
		}, dcsapi.ProjectQuery{}, `selected 20, read 17; [i002 i009 i017]: 403 DCS.1001 request-DCS.1001 of i002`, 20},
		{"several causes", func(p *fakeProject) {
			p.instances[3].answer = always(http.StatusForbidden, "DCS.1001")
			p.instances[4].answer = always(http.StatusForbidden, "DCS.1002")
			p.instances[5].answer = always(http.StatusNotFound, "DCS.1001")
			p.instances[6].answer = always(http.StatusForbidden, "DCS.1001")
			p.instances[7].answer = cut
			p.instances[8].answer = broken(syscall.ECONNRESET)
			p.instances[9].answer = broken(fmt.Errorf("read: %w", syscall.ECONNRESET))
			p.instances[10].answer = broken(syscall.ECONNREFUSED)
			p.instances[11].answer = cut
			p.instances[12].answer = func(n int) answer {
				return success(fmt.Sprintf(`{"total_num": 9, "backup_record_response": [{"backup_id": "%d"}, {"backup_id": "x"}]}`, n))
			}
		}, dcsapi.ProjectQuery{}, `selected 20, read 10; [i003 i006]: 403 DCS.1001 request-DCS.1001 of i003; ` +
			`[i007 i011]: the body is cut short of i007; [i008 i009]: connection reset by peer of i008; ` +
			`[i004]: 403 DCS.1002 request-DCS.1002 of i004; [i005]: 404 DCS.1001 request-DCS.1001 of i005; ` +
			`[i010]: connection refused of i010; [i012]: the listing keeps changing while it is read of i012`, 27},
		{"401", func(p *fakeProject) {
			for _, i := range p.instances {
				i.answer = always(http.StatusUnauthorized, "APIGW.0301")
			}
		}, dcsapi.ProjectQuery{}, `selected 20, read 0: 401`, -1},
		{"401 for the project of one instance", func(p *fakeProject) {
			p.instances[3].answer = always(http.StatusUnauthorized, "DCS.1004")
		}, dcsapi.ProjectQuery{}, `selected 20, read some: 401`, -1},
		{"not ten in a row", func(p *fakeProject) {
			for n, i := range p.instances {
				i.answer = always(http.StatusForbidden, fmt.Sprintf("DCS.100%d", n%4))
			}
		}, dcsapi.ProjectQuery{}, `selected 20, read 0; ` +
			`[i000 i004 i008 i012 i016]: 403 DCS.1000 request-DCS.1000 of i000; ` +
			`[i001 i005 i009 i013 i017]: 403 DCS.1001 request-DCS.1001 of i001; ` +
			`[i002 i006 i010 i014 i018]: 403 DCS.1002 request-DCS.1002 of i002; ` +
			`[i003 i007 i011 i015 i019]: 403 DCS.1003 request-DCS.1003 of i003`, 20},
		{
			"gone, and not listed any more", func(p *fakeProject) { p.vanish("i003", "i005") },
			dcsapi.ProjectQuery{InstanceIDs: []string{"i004"}},
			``, 20,
		},
		{"gone, by the older code", func(p *fakeProject) {
			p.instances[3].answer = func(int) answer {
				p.remove("i003")

				return failure(http.StatusNotFound, "111404022")
			}
		}, dcsapi.ProjectQuery{}, ``, 20},
		{
			"gone, and it must exist", func(p *fakeProject) { p.vanish("i003", "i005") },
			dcsapi.ProjectQuery{InstanceIDs: []string{"i004", "i005"}},
			`selected 20, read 18, missing [i005]`, 20,
		},
		{"gone, and still listed", func(p *fakeProject) {
			p.instances[3].answer = always(http.StatusNotFound, "DCS.3022")
			p.vanish("i005")
		}, dcsapi.ProjectQuery{}, `selected 20, read 18; [i003]: 404 DCS.3022 request-DCS.3022 of i003`, 20},
		{"gone, and the listing fails", func(p *fakeProject) {
			p.vanish("i005")
			p.list = func(n int) answer {
				if n == 1 {
					return answer{}
				}

				return failure(http.StatusForbidden, "DCS.1001")
			}
		}, dcsapi.ProjectQuery{}, `selected 20, read 19: ` + forbidden, 20},
		{
			"404 without such a code", func(p *fakeProject) { p.instances[3].answer = always(http.StatusNotFound, "DCS.4001") },
			dcsapi.ProjectQuery{},
			`selected 20, read 19; [i003]: 404 DCS.4001 request-DCS.4001 of i003`, 20,
		},
		{
			"404 without such a code, and not listed any more", func(p *fakeProject) {
				p.instances[3].answer = func(int) answer {
					p.remove("i003")

					return failure(http.StatusNotFound, "DCS.4001")
				}
			},
			dcsapi.ProjectQuery{},
			`selected 20, read 19; [i003]: 404 DCS.4001 request-DCS.4001 of i003`, 20,
		},
		{
			"backups not supported", func(p *fakeProject) { p.instances[3].answer = always(http.StatusBadRequest, "DCS.4095") },
			dcsapi.ProjectQuery{},
			``, 20,
		},
		{"a wait that would outlast the deadline", func(p *fakeProject) {
			p.instances[15].answer = func(int) answer {
				a := failure(http.StatusTooManyRequests, "APIGW.0308")
				a.retryAfter = "3600"

				return a
			}
		}, dcsapi.ProjectQuery{}, `selected 20, read some: the next attempt`, -1},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()

				p := newProject(20)
				p.latency = func() time.Duration { return 20 * time.Millisecond }
				tt.change(p)

				got, _, err := p.read(ctx, t, tt.query)

				if told := told(err, tt.want); told != tt.want {
					t.Errorf("got  %s\nwant %s", told, tt.want)
				}

				if n := p.backupRequests(); tt.requests >= 0 && n != tt.requests {
					t.Errorf("%d requests for backups, want %d", n, tt.requests)
				}

				if p.inFlight > 0 {
					t.Errorf("%d requests are still in flight", p.inFlight)
				}

				if err == nil {
					want := p.want()
					if tt.name == "backups not supported" {
						want["i003"] = []string{"not supported"}
					}

					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("instances (-want +got):\n%s", diff)
					}
				}
			})
		})
	}
}

// TestProjectBackups_stopsAfterTenFailuresInARow counts what is tried of 400 instances, of which the first may be read.
func TestProjectBackups_stopsAfterTenFailuresInARow(t *testing.T) {
	t.Parallel()

	for _, readable := range []int{0, 4, 30, 150} {
		synctest.Test(t, func(t *testing.T) {
			p := newProject(400)
			p.latency = inOrder()

			for _, i := range p.instances[readable:] {
				i.answer = always(http.StatusForbidden, "DCS.1001")
			}

			_, _, err := p.read(t.Context(), t, dcsapi.ProjectQuery{})

			var failed *dcsapi.ProjectError
			if !errors.As(err, &failed) || len(failed.Causes) != 1 {
				t.Fatalf("got error %v", err)
			}

			// Up to six failures come before the last success, because ten requests begin at once. What the successes let go is in
			// flight at the tenth failure after it, 64 requests at most.
			tried := p.backupRequests()
			if most := readable + 6 + 10 + min(10+readable, 64); tried > most {
				t.Errorf("%d readable: %d requests for backups, want %d at most", readable, tried, most)
			}

			if failed.NotTried != 400-tried || failed.Read != readable || len(failed.Causes[0].Instances) != tried-readable {
				t.Errorf("%d readable, %d tried: got %d read, %d failed, %d not tried", readable, tried, failed.Read,
					len(failed.Causes[0].Instances), failed.NotTried)
			}
		})
	}
}

// inOrder returns latencies with which responses come in the order of the requests.
func inOrder() func() time.Duration {
	requests := 0

	return func() time.Duration {
		requests++

		return time.Duration(20+requests) * time.Millisecond
	}
}

// Failures in a row are those with no instance read in between.
func TestProjectBackups_readsOnBetweenFailures(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		p := newProject(200)
		p.latency = inOrder()

		for n, i := range p.instances {
			if n%2 == 0 {
				i.answer = always(http.StatusForbidden, "DCS.1001")
			}
		}

		_, _, err := p.read(t.Context(), t, dcsapi.ProjectQuery{})

		var failed *dcsapi.ProjectError
		if !errors.As(err, &failed) || failed.Read != 100 || failed.NotTried != 0 || len(failed.Causes) != 1 ||
			len(failed.Causes[0].Instances) != 100 {
			t.Errorf("got %+v, want 100 instances read and 100 failed", failed)
		}
	})
}

// TestProjectBackups_causeThatStopsComesFirst has another cause that more instances have in common.
func TestProjectBackups_causeThatStopsComesFirst(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		p := newProject(200)
		p.latency = inOrder()

		for n, i := range p.instances {
			i.answer = always(http.StatusForbidden, "DCS.1001")
			if n < 100 {
				i.answer = always(http.StatusForbidden, []string{"DCS.1002", "DCS.1003"}[n%2])
			}
		}

		_, _, err := p.read(t.Context(), t, dcsapi.ProjectQuery{})

		var (
			failed *dcsapi.ProjectError
			first  *transport.Error
		)

		if !errors.As(err, &failed) || failed.NotTried == 0 || len(failed.Causes) != 3 {
			t.Fatalf("got error %v", err)
		}

		if !errors.As(failed.Causes[0].Err, &first) || first.Code != "DCS.1001" {
			t.Errorf("got %v first", failed.Causes[0].Err)
		}

		if len(failed.Causes[0].Instances) >= len(failed.Causes[1].Instances) {
			t.Errorf("%d instances fail for the first cause, %d for the second: the test shows nothing",
				len(failed.Causes[0].Instances), len(failed.Causes[1].Instances))
		}
	})
}

// TestProjectBackups_stopsAtOnce ends a read in the virtual instant at which the reason for it comes up, and with what
// had been read by then.
func TestProjectBackups_stopsAtOnce(t *testing.T) {
	t.Parallel()

	interrupted := errors.New("interrupted")

	// prepare makes every third instance forbidden.
	prepare := func(p *fakeProject) {
		for n, i := range p.instances {
			if n%3 == 0 {
				i.answer = always(http.StatusForbidden, "DCS.1001")
			}
		}
	}

	tests := []struct {
		name string
		end  func(ctx context.Context) (context.Context, context.CancelFunc)
		want error
	}{
		{"deadline", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 90*time.Millisecond)
		}, context.DeadlineExceeded},
		{"interrupt", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			timer := time.AfterFunc(90*time.Millisecond, func() { cancel(interrupted) })

			return ctx, func() { timer.Stop() }
		}, interrupted},
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := tt.end(t.Context())
				defer cancel()

				p := newProject(300)
				p.latency = func() time.Duration { return 20 * time.Millisecond }
				prepare(p)

				start := time.Now()
				got, _, err := p.read(ctx, t, dcsapi.ProjectQuery{})

				if took := time.Since(start); took != 90*time.Millisecond || p.inFlight > 0 {
					t.Errorf("ended after %s with %d requests in flight", took, p.inFlight)
				}

				var failed *dcsapi.ProjectError
				if !errors.As(err, &failed) || !errors.Is(failed.Err, tt.want) {
					t.Fatalf("got error %v, want %v", err, tt.want)
				}

				if failed.Selected != 300 || failed.Read != len(got) || failed.Read == 0 || len(failed.Causes) != 1 || failed.NotTried != 0 {
					t.Errorf("selected %d, read %d of which %d were visited, %d causes, %d not tried",
						failed.Selected, failed.Read, len(got), len(failed.Causes), failed.NotTried)
				}
			})
		})
	}
}

// TestProjectBackups_readsSeveralAtOnce counts round trips.
func TestProjectBackups_readsSeveralAtOnce(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		p := newProject(900)
		p.latency = func() time.Duration { return 100 * time.Millisecond }

		start := time.Now()

		if _, _, err := p.read(t.Context(), t, dcsapi.ProjectQuery{}); err != nil {
			t.Fatal(err)
		}

		// One for the listing, three to find the number, and 900/64.
		if trips := int(time.Since(start) / (100 * time.Millisecond)); trips > 19 || p.peak > 64 {
			t.Errorf("took %d round trips with %d requests at the same time", trips, p.peak)
		}
	})
}

// TestProjectBackups_readsFewAtOnceWhereTheyAreLarge counts the requests in flight: the memory of a read is that of the
// records being read.
func TestProjectBackups_readsFewAtOnceWhereTheyAreLarge(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		p := newProject(100)
		p.latency = func() time.Duration { return 100 * time.Millisecond }

		for _, i := range p.instances {
			for n := range 900 {
				i.backups = append(i.backups, fmt.Sprintf("%s-%d", i.id, n))
			}
		}

		if _, _, err := p.read(t.Context(), t, dcsapi.ProjectQuery{}); err != nil {
			t.Fatal(err)
		}

		// Ten at first, until one shows how many records there are.
		if p.peak > 11 {
			t.Errorf("%d instances of 902 records were read at the same time", p.peak)
		}
	})
}

func TestProjectBackups_misfits(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		p := newProject(40)
		p.instances[1].more = `, "status": [1]`
		p.instances[2].more = `, "status": [2, 2], "tags": 5`
		delay := 100

		p.latency = func() time.Duration { // Each later request is answered earlier.
			delay--

			return time.Duration(delay+50) * time.Millisecond
		}

		// The service's order is not that of the IDs.
		slices.Reverse(p.instances)

		for _, n := range []int{30, 20, 10} {
			i := p.find(fmt.Sprintf("i%03d", n))
			i.answer = func(int) answer {
				return success(fmt.Sprintf(`{"total_num": 3, "backup_record_response": [{"backup_id": "ok"},`+
					`{"backup_id": "first of %d", "size": "%d", "status": [1]}, {"backup_id": "second", "size": "x%[1]d"}]}`, n, n))
			}
		}

		p.find("i010").answer = func(int) answer {
			return success(`{"total_num": 2, "backup_record_response": [{"backup_id": "x", "size": "many"}, {"size": "more"}]}`)
		}

		_, listing, err := p.read(t.Context(), t, dcsapi.ProjectQuery{})

		want := dcsapi.ProjectListing{
			Region: "cn-north-4", ProjectID: "p1",
			InstanceMisfits: []dcsapi.Misfit{
				{Field: "status", ID: "i002", Value: "an array", More: 1}, {Field: "tags", ID: "i002", Value: "5"},
			},
			BackupMisfits: []dcsapi.Misfit{
				{Field: "size", ID: "x", Value: `"many"`, More: 3},
				{Field: "status", ID: "first of 20", Value: "an array", More: 1},
			},
		}
		if diff := cmp.Diff(want, listing); err != nil || diff != "" {
			t.Errorf("error %v (-want +got):\n%s", err, diff)
		}
	})
}

// vanish removes instances when the backups of the first one are asked for.
func (p *fakeProject) vanish(ids ...string) {
	first := p.find(ids[0])
	first.answer = func(int) answer {
		for _, id := range ids {
			p.remove(id)
		}

		return failure(http.StatusNotFound, "DCS.3022")
	}

	for _, id := range ids[1:] {
		p.find(id).answer = always(http.StatusNotFound, "DCS.3022")
	}
}

// told describes err in one line. Where want says some, the number of instances that were read may be any.
func told(err error, want string) string {
	var failed *dcsapi.ProjectError
	if !errors.As(err, &failed) {
		return ""
	}

	some := strings.Contains(want, "some")
	line := fmt.Sprintf("selected %d, read %d", failed.Selected, failed.Read)

	if some {
		line = fmt.Sprintf("selected %d, read some", failed.Selected)
	}

	if failed.NotTried > 0 {
		line += fmt.Sprintf(", not tried %d", failed.NotTried)
	}

	if failed.Missing != nil {
		line += fmt.Sprintf(", missing %v", failed.Missing)
	}

	if failed.Err != nil {
		var answer *transport.Error

		switch {
		case strings.HasSuffix(want, ": 401") && errors.As(err, &answer):
			line += fmt.Sprintf(": %d", answer.Status)
		case strings.HasSuffix(want, ": the next attempt"):
			if _, ok := errors.AsType[*transport.WaitError](err); ok {
				line += ": the next attempt"
			}
		default:
			line += ": " + failed.Err.Error()
		}
	}

	parts := []string{line}
	for _, cause := range failed.Causes {
		parts = append(parts, toldCause(cause))
	}

	return strings.Join(parts, "; ")
}

func toldCause(cause dcsapi.ProjectCause) string {
	var (
		answer *transport.Error
		broken *transport.ConnectionError
		of     *dcsapi.ReadError
		ids    []string
	)

	for _, i := range cause.Instances {
		ids = append(ids, i.ID)

		if i.Name != "name of "+i.ID {
			ids = append(ids, "named "+i.Name)
		}
	}

	why := cause.Err.Error()

	switch {
	case errors.As(cause.Err, &answer):
		why = fmt.Sprintf("%d %s %s", answer.Status, answer.Code, answer.RequestID)
	case errors.As(cause.Err, &broken):
		why = broken.Err.Error()
		why = why[strings.LastIndex(why, ": ")+1:]
		why = strings.TrimSpace(why)
	}

	errors.As(cause.Err, &of)

	return fmt.Sprintf("%v: %s of %s", ids, why, of.InstanceID)
}
