// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/providertest"
)

func TestInstanceBackupsRead_everyRecordOnce(t *testing.T) {
	t.Parallel()

	tests := []struct{ records, requests int }{{999, 1}, {1000, 2}, {2500, 3}}
	for _, test := range tests {
		t.Run(strconv.Itoa(test.records), func(t *testing.T) {
			t.Parallel()

			service := newListing(t, repeat(test.records, sent))
			state := mustRead(t, serve(t, service), nil)

			want := make([]any, test.records)
			for i := range want {
				want[i] = inState(sent(test.records - 1 - i)) // The newest is sent last.
			}

			if diff := cmp.Diff(want, state["backups"]); diff != "" {
				t.Errorf("backups (-want +got):\n%s", diff)
			}

			if got := len(service.requests()); got != test.requests {
				t.Errorf("%d requests, want %d", got, test.requests)
			}

			if got := state["total_num"]; got != int64(test.records) {
				t.Errorf("total_num is %v, want %d", got, test.records)
			}
		})
	}
}

// inState returns the state of a record that sent returned.
func inState(record map[string]any) map[string]any {
	record["progress"] = int64(100)
	record["is_support_restore"] = true

	return record
}

// sample is the response in the vendor's documentation.
//
// Source: API reference, GET /v2/{project_id}/instances/{instance_id}/backups, example response of status 200.
const sample = `{
  "total_num" : 1,
  "backup_record_response" : [ {
    "period" : { },
    "backup_type" : "manual",
    "created_at" : "2019-05-10T08:31:16.166Z",
    "remark" : "001",
    "is_support_restore" : "TRUE",
    "backup_id" : "4631832a-14c6-45b0-a0b3-3abd8f591ad1",
    "backup_name" : "backup_20190510163116",
    "instance_id" : "5560df16-cebf-4473-95c4-d1b573c16e79",
    "size" : 880232,
    "updated_at" : "2019-05-10T08:32:30.546Z",
    "progress" : "100.00",
    "error_code" : { },
    "status" : "succeed",
    "execution_at" : "2019-05-11T08:31:16.166Z",
    "backup_format" : "aof"
  } ]
}`

func TestInstanceBackupsRead_vendorsSample(t *testing.T) {
	t.Parallel()

	record := map[string]any{
		"backup_id": "4631832a-14c6-45b0-a0b3-3abd8f591ad1", "backup_name": "backup_20190510163116",
		"backup_type": "manual", "backup_format": "aof", "instance_id": "5560df16-cebf-4473-95c4-d1b573c16e79",
		"size": int64(880232), "period": nil, "created_at": "2019-05-10T08:31:16.166Z",
		"updated_at": "2019-05-10T08:32:30.546Z", "execution_at": "2019-05-11T08:31:16.166Z", "progress": int64(100),
		"status": "succeed", "error_code": nil, "remark": "001", "is_support_restore": true,
	}
	want := map[string]any{
		"instance_id": instanceID, "region": region, "project_id": projectID, "begin_time": nil, "end_time": nil,
		"limit": nil, "offset": nil, "filter": nil, "timeouts": nil, "total_num": int64(1),
		"backups": []any{record}, "latest": record, "latest_restorable": record,
	}

	if diff := cmp.Diff(want, mustRead(t, serve(t, body(sample)), nil)); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
}

func TestInstanceBackupsRead_noRecords(t *testing.T) {
	t.Parallel()

	tests := map[string]http.Handler{
		"status 204": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
		}),
		"an empty array": body(`{"total_num": 0, "backup_record_response": []}`),
	}

	for name, service := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			state := mustRead(t, serve(t, service), nil)

			want := map[string]any{"total_num": int64(0), "backups": []any{}, "latest": nil, "latest_restorable": nil}
			if diff := cmp.Diff(want, only(state, "total_num", "backups", "latest", "latest_restorable")); diff != "" {
				t.Errorf("state (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInstanceBackupsRead_argumentsAsSent(t *testing.T) {
	t.Parallel()

	service := newListing(t, repeat(30, sent))
	state := mustRead(t, serve(t, service), map[string]any{
		"begin_time": "2024-02-01T07:59:59.9+08:00", "end_time": "20240301000000", "offset": 5, "limit": 10,
	})

	query := service.requests()[0]
	for name, want := range map[string]string{
		"begin_time": "20240131235959", "end_time": "20240301000000", "offset": "5", "limit": "10",
	} {
		if got := query.Get(name); got != want {
			t.Errorf("%s=%s was sent, want %s", name, got, want)
		}
	}

	// What was configured stays as written.
	want := map[string]any{
		"begin_time": "2024-02-01T07:59:59.9+08:00", "end_time": "20240301000000", "offset": int64(5), "limit": int64(10),
		"total_num": int64(30),
	}
	if diff := cmp.Diff(want, only(state, "begin_time", "end_time", "offset", "limit", "total_num")); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}

	if got := ids(t, state); len(got) != 10 || got[0] != sent(14)["backup_id"] || got[9] != sent(5)["backup_id"] {
		t.Errorf("backups: %q", got)
	}
}

func TestRead_scope(t *testing.T) {
	t.Parallel()

	const another = "ap-southeast-1"

	tests := map[string]struct {
		config                map[string]any
		host, project, region string
	}{
		"the provider's":     {nil, "dcs.cn-north-4.myhuaweicloud.com", projectID, region},
		"of the data source": {map[string]any{"region": another, "project_id": "p"}, "dcs.ap-southeast-1.myhuaweicloud.com", "p", another},
	}

	for name, newDataSource := range newDataSources {
		for whose, test := range tests {
			sent := 0
			p := serveAs(t, NewProviderData(newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sent++

				if r.URL.Host != test.host || !strings.HasPrefix(r.URL.Path, "/v2/"+test.project+"/instances") {
					t.Errorf("%s, %s: request to %s", name, whose, r.URL)
				}

				w.WriteHeader(http.StatusNoContent)
			})), nil), newDataSource)

			state, diagnostics := p.Read(t.Context(), name, withRequired(name, test.config))
			if len(diagnostics) > 0 || sent != 1 {
				t.Fatalf("%s, %s: %d requests, %v", name, whose, sent, diagnostics)
			}

			want := map[string]any{"region": test.region, "project_id": test.project}
			if diff := cmp.Diff(want, only(state, "region", "project_id")); diff != "" {
				t.Errorf("%s, %s: state (-want +got):\n%s", name, whose, diff)
			}
		}
	}
}

func TestInstanceBackupsRead_picks(t *testing.T) {
	t.Parallel()

	// The newest two cannot be restored: one is not complete, one is not allowed.
	records := repeat(5, sent)
	records[4]["status"] = "backuping"
	records[3]["is_support_restore"] = "FALSE"

	tests := map[string]struct {
		filter                   map[string]any
		backups                  []string
		latest, latestRestorable any
	}{
		"no filter": {
			nil, []string{id(4), id(3), id(2), id(1), id(0)}, id(4), id(2),
		},
		"a filter": {
			map[string]any{"backup_id": []any{id(3), id(1), id(0)}}, []string{id(3), id(1), id(0)}, id(3), id(1),
		},
		"none restorable": {
			map[string]any{"is_support_restore": false}, []string{id(3)}, id(3), nil,
		},
		"none left": {
			map[string]any{"backup_name_regex": "^$"}, []string{}, nil, nil,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var filter any
			if test.filter != nil {
				filter = test.filter
			}

			state := mustRead(t, serve(t, newListing(t, records)), map[string]any{"filter": filter})

			if diff := cmp.Diff(test.backups, ids(t, state)); diff != "" {
				t.Errorf("backups (-want +got):\n%s", diff)
			}

			if got := idOf(state["latest"]); got != test.latest {
				t.Errorf("latest is %v, want %v", got, test.latest)
			}

			if got := idOf(state["latest_restorable"]); got != test.latestRestorable {
				t.Errorf("latest_restorable is %v, want %v", got, test.latestRestorable)
			}

			if got := state["total_num"]; got != int64(5) {
				t.Errorf("total_num is %v, want 5, regardless of the filter", got)
			}
		})
	}
}

func TestInstanceBackupsRead_sameStateInAnotherOrder(t *testing.T) {
	t.Parallel()

	records := repeat(50, sent)
	for i := range records {
		records[i]["created_at"] = records[i/5]["created_at"] // Ties.
	}

	delete(records[7], "created_at")
	delete(records[8], "created_at")

	want := mustRead(t, serve(t, newListing(t, records)), nil)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // The same order in each run.
	random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })

	if diff := cmp.Diff(want, mustRead(t, serve(t, newListing(t, records)), nil)); diff != "" {
		t.Errorf("state (-before +after):\n%s", diff)
	}
}

// A warning shortens the value that it shows, and a secret in it must have been redacted before.
func TestInstanceBackupsRead_secretInAValueThatDoesNotFit(t *testing.T) {
	t.Parallel()

	for before := range 80 {
		text := strings.Repeat("x", before) + secretKey
		p := serve(t, body(fmt.Sprintf(`{"total_num": 1, "backup_record_response": [{"backup_id": %q, "size": %q}]}`, text, text)))

		_, diagnostics := p.Read(t.Context(), dataSource, map[string]any{"instance_id": instanceID})
		if len(diagnostics) != 1 {
			t.Fatalf("got %v, want a warning", diagnostics)
		}

		if shown := diagnostics[0].Detail; strings.Contains(shown, secretKey[:4]) || len(shown) > 500 {
			t.Errorf("%d characters before the secret: %s", before, shown)
		}
	}
}

// A warning names the first record as the service sends them, which is not the first one in state.
func TestInstanceBackupsRead_valuesThatDoNotFit(t *testing.T) {
	t.Parallel()

	p := serve(t, body(`{"total_num": 4, "backup_record_response": [
		{"backup_id": "z", "size": "big", "progress": "half"},
		{"backup_id": "b", "size": [1], "status": "new to us", "unknown": {"field": 1}},
		{"backup_id": "c", "size": "9007199254740993", "progress": "33.3", "is_support_restore": "true"},
		{"size": 1.5, "progress": []}
	]}`))

	state, diagnostics := p.Read(t.Context(), dataSource, map[string]any{"instance_id": instanceID})

	checkDiagnostics(t, []providertest.Diagnostic{
		{
			Severity: providertest.Warning,
			Path:     "total_num",
			Summary:  "Unreadable Backup Field size",
			Detail: unwrap(`Backup record "z" has a value that does not fit the field ~size~: "big". 2 more records are affected.

				The field is null in state; the other fields are not affected. Please report this to the provider developers:
				the service may have changed its API.`),
		},
		{
			Severity: providertest.Warning,
			Path:     "total_num",
			Summary:  "Unreadable Backup Field progress",
			Detail: unwrap(`Backup record "z" has a value that does not fit the field ~progress~: "half". 1 more record is affected.

				The field is null in state; the other fields are not affected. Please report this to the provider developers:
				the service may have changed its API.`),
		},
	}, diagnostics)

	var got []map[string]any

	for _, record := range records(t, state) {
		got = append(got, only(record, "backup_id", "size", "progress", "status", "is_support_restore"))
	}

	want := []map[string]any{
		{"backup_id": nil, "size": nil, "progress": nil, "status": nil, "is_support_restore": nil},
		{"backup_id": "b", "size": nil, "progress": nil, "status": "new to us", "is_support_restore": nil},
		{"backup_id": "c", "size": int64(9007199254740993), "progress": 33.3, "status": nil, "is_support_restore": true},
		{"backup_id": "z", "size": nil, "progress": nil, "status": nil, "is_support_restore": nil},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("backups (-want +got):\n%s", diff)
	}
}

// Until the service has accepted the credentials, one request is sent with them at a time: the other read waits.
func TestInstanceBackupsRead_deadlineBehindAnotherRead(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		p := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))

		const (
			network = "Check the network between this machine and the service."
			waited  = "Its request had not been sent yet: it was waiting for the credentials, the project or another read."
		)

		read := func(instance string) string {
			_, diagnostics := p.Read(t.Context(), dataSource, map[string]any{
				"instance_id": instance, "timeouts": map[string]any{"read": "20s"},
			})
			if len(diagnostics) != 1 || diagnostics[0].Path != "timeouts.read" {
				t.Errorf("got %v, want the error of the deadline", diagnostics)
			}

			return fmt.Sprint(diagnostics)
		}

		var first string

		go func() { first = read("first") }()

		synctest.Wait()

		second := read("second")

		synctest.Wait()

		if !strings.Contains(first, network) || strings.Contains(first, waited) {
			t.Errorf("want the advice to check the network, got %s", first)
		}

		if !strings.Contains(second, waited) || strings.Contains(second, network) {
			t.Errorf("want no advice to check the network, got %s", second)
		}
	})
}

func TestInstanceBackupsRead_defaultDeadline(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		// The service takes long for each page, and caps them, so that there are many.
		const pageCap = 10

		records := newListing(t, repeat(3000, sent))
		p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(25 * time.Second)

			query := r.URL.Query()
			query.Set("limit", strconv.Itoa(pageCap))
			r.URL.RawQuery = query.Encode()
			records.ServeHTTP(w, r)
		}))

		start := time.Now()
		_, diagnostics := p.Read(t.Context(), dataSource, map[string]any{"instance_id": instanceID})

		const want = "`timeouts.read` is not set and defaults to \"5m\"."
		if len(diagnostics) != 1 || diagnostics[0].Path != "timeouts.read" || !strings.Contains(diagnostics[0].Detail, want) {
			t.Errorf("got %v, want one that says: %s", diagnostics, want)
		}

		if took := time.Since(start).Truncate(30 * time.Second); took != 5*time.Minute {
			t.Errorf("the read took %s, want 5m", took)
		}
	})
}

// A record whose time names no instant comes last, with a warning.
func TestInstanceBackupsRead_unreadableTimes(t *testing.T) {
	t.Parallel()

	const consequence = `A newer backup than ~latest~ or ~latest_restorable~ may be among them. Please report this to the
		provider developers: the service may have changed its API.`

	tests := map[string]struct {
		times []string // Of the records 0, 1, 2 …
		want  []string // IDs, newest first.
		// detail is that of the warning, empty where there is none.
		detail string
	}{
		"near RFC 3339": {
			[]string{"2024-01-01T08:00:01+0800", "2024-01-01 08:00:03+08:00", "2024-01-01T00:00:02Z"}, []string{id(1), id(2), id(0)}, "",
		},
		"absent": {[]string{"", "2024-01-01T00:00:02Z"}, []string{id(1), id(0)}, ""},
		"no offset": {
			[]string{"2030-01-01T00:00:00", "2024-01-01T00:00:02Z"},
			[]string{id(1), id(0)},
			"1 backup record is sorted last, because its ~created_at~ is not a time with an offset from UTC.\n\n" + consequence,
		},
		"no time": {
			[]string{"yesterday", "2024-01-01T00:00:02Z", "2030-01-01"},
			[]string{id(1), id(0), id(2)},
			"2 backup records are sorted last, because their ~created_at~ is not a time with an offset from UTC.\n\n" + consequence,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			records := repeat(len(test.times), sent)
			for i := range records {
				records[i]["created_at"] = test.times[i]
			}

			var want []providertest.Diagnostic
			if test.detail != "" {
				want = []providertest.Diagnostic{{
					Severity: providertest.Warning, Path: "total_num", Summary: "Unreadable Backup Times", Detail: unwrap(test.detail),
				}}
			}

			for range 2 {
				state, diagnostics := serve(t, newListing(t, records)).
					Read(t.Context(), dataSource, map[string]any{"instance_id": instanceID})

				checkDiagnostics(t, want, diagnostics)

				if diff := cmp.Diff(test.want, ids(t, state)); diff != "" {
					t.Errorf("backups (-want +got):\n%s", diff)
				}

				slices.Reverse(records) // The order of the service makes no difference.
			}
		})
	}
}

// Of several reads that fail with the same refusal, one reports it in full and the others refer to it.
func TestInstanceBackupsRead_refusalInFullOnce(t *testing.T) {
	t.Parallel()

	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error_code": "APIGW.0301", "error_msg": "verify aksk signature fail"}`))
	})

	const reads = 50

	p := serve(t, refuse)
	full := ""

	var (
		mu    sync.Mutex
		group sync.WaitGroup
		lines = make(map[string]int)
	)

	for i := range reads {
		group.Go(func() {
			_, got := p.Read(t.Context(), dataSource, map[string]any{"instance_id": fmt.Sprintf("i%d", i)})

			mu.Lock()
			defer mu.Unlock()

			switch {
			case len(got) != 1 || got[0].Summary != "DCS Credentials Not Accepted":
				t.Errorf("got %v, want the refusal", got)
			case strings.Contains(got[0].Detail, "\n"):
				full = fmt.Sprintf("i%d", i)
			default:
				lines[got[0].Detail]++
			}
		})
	}

	group.Wait()

	want := map[string]int{fmt.Sprintf("The service does not accept the credentials (the test): 401 Unauthorized, APIGW.0301. "+
		"See the error of DCS instance %q for the rest.", full): reads - 1}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("short errors (-want +got):\n%s", diff)
	}

	// Another configuration of the provider is another run.
	_, got := serve(t, refuse).Read(t.Context(), dataSource, map[string]any{"instance_id": "i0"})
	if len(got) != 1 || !strings.Contains(got[0].Detail, "verify aksk signature fail") {
		t.Errorf("got %v, want the refusal in full", got)
	}
}

// A state that does not fit into a message of Terraform's protocol is an error, and not a broken connection.
func TestInstanceBackupsRead_stateTooLarge(t *testing.T) {
	t.Parallel()

	records := repeat(70, func(n int) map[string]any {
		return map[string]any{"backup_id": id(n), "created_at": "2024-01-01T00:00:00Z", "remark": strings.Repeat("x", 30<<10)}
	})

	if maxStateSize != 200<<20 {
		t.Errorf("a state may have %d bytes, want 200 MiB", maxStateSize)
	}

	// With a lower bound the test takes no gigabyte.
	p := serveAs(t, newProviderData(newClient(t, newListing(t, records)), nil, 2<<20), NewInstanceBackups)

	_, diagnostics := p.Read(t.Context(), dataSource, map[string]any{"instance_id": instanceID})
	checkDiagnostics(t, []providertest.Diagnostic{{
		Severity: providertest.Error, Path: "total_num", Summary: "DCS State Too Large",
		Detail: unwrap(`The backups were read, but their state of 3 MiB is larger than the 2 MiB that Terraform accepts from a
			provider.

			Keep fewer records: set ~filter~, ~limit~, ~begin_time~ or ~end_time~.`),
	}}, diagnostics)

	if got := len(ids(t, mustRead(t, p, map[string]any{"limit": 60}))); got != 60 {
		t.Errorf("%d backups with a limit, want 60", got)
	}
}

// body answers every request with text.
func body(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(text))
	})
}

// mustRead reads the backups of the instance with further arguments and fails the test for any diagnostic.
func mustRead(t *testing.T, p *providertest.Provider, arguments map[string]any) map[string]any {
	t.Helper()

	config := map[string]any{"instance_id": instanceID}
	maps.Copy(config, arguments)

	state, diagnostics := p.Read(t.Context(), dataSource, config)
	if len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}

	return state
}

func only(object map[string]any, names ...string) map[string]any {
	part := make(map[string]any, len(names))
	for _, name := range names {
		part[name] = object[name]
	}

	return part
}

// id returns the ID of the record sent(n).
func id(n int) string { return fullBackup(n).ID }

// idOf returns the ID of a record in state, or nil where that is null.
func idOf(record any) any {
	object, ok := record.(map[string]any)
	if !ok {
		return nil
	}

	return object["backup_id"]
}

// records returns the backups of state.
func records(t *testing.T, state map[string]any) []map[string]any {
	t.Helper()

	list, ok := state["backups"].([]any)
	if !ok {
		t.Fatalf("backups is no list: %v", state["backups"])
	}

	records := make([]map[string]any, len(list))

	for i := range list {
		if records[i], ok = list[i].(map[string]any); !ok {
			t.Fatalf("backups[%d] is no object: %v", i, list[i])
		}
	}

	return records
}

func ids(t *testing.T, state map[string]any) []string {
	t.Helper()

	ids := []string{}
	for _, record := range records(t, state) {
		ids = append(ids, fmt.Sprint(record["backup_id"]))
	}

	return ids
}
