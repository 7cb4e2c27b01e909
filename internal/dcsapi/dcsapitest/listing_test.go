// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/internal/client"
)

func TestBackups_sampleIsSentAsTheVendorsPagePrintsIt(t *testing.T) {
	t.Parallel()

	const printed = `{
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

	s := dcsapitest.New(dcsapitest.WithEmptyAs(dcsapitest.EmptyObject))
	s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: []dcsapitest.Backup{dcsapitest.SampleBackup()}})

	got := client.New(t, s).Get(client.BackupsPath)
	if diff := cmp.Diff(decoded(t, printed), decoded(t, got.Body)); diff != "" {
		t.Errorf("printed, sent:\n%s", diff)
	}
}

func decoded(t *testing.T, text string) any {
	t.Helper()

	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}

	return v
}

func TestBackups_paging(t *testing.T) {
	t.Parallel()

	s := dcsapitest.New()
	backups := dcsapitest.GenerateBackups(1005, 3)
	s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: backups})
	s.AddInstance(dcsapitest.Instance{ID: "none"})

	c := client.New(t, s)
	for query, want := range map[string][2]int{ // from, to
		"":                         {0, 10},
		"?limit=1":                 {0, 1},
		"?limit=1000":              {0, 1000},
		"?limit=1000&offset=1000":  {1000, 1005},
		"?offset=999&limit=3":      {999, 1002},
		"?offset=1004":             {1004, 1005},
		"?offset=1005":             {1005, 1005},
		"?offset=2147483647":       {1005, 1005},
		"?start=5&beginTime=1&x=y": {0, 10},
	} {
		got := c.Get(client.BackupsPath + query).Page(t)

		ids := []string{}
		for _, b := range backups[want[0]:want[1]] {
			ids = append(ids, b.ID)
		}

		if diff := cmp.Diff(ids, got.IDs); diff != "" {
			t.Errorf("%s: want, got:\n%s", query, diff)
		}

		if got.Total != "1005" {
			t.Errorf("%s: total %s, want 1005", query, got.Total)
		}
	}

	if got := c.Get(client.BackupsPath + "?offset=1005").Body; got != `{"total_num":1005,"backup_record_response":[]}` {
		t.Errorf("beyond the end: %s", got)
	}

	for _, query := range []string{"", "?offset=7"} {
		got := c.Get("/v2/" + dcsapitest.ProjectID + "/instances/none/backups" + query)
		if got.Status != http.StatusNoContent || got.Body != "" {
			t.Errorf("%s of an empty instance: %d %q, want 204 and nothing", query, got.Status, got.Body)
		}
	}
}

func TestBackups_timeRangeIsInclusive(t *testing.T) {
	t.Parallel()

	at := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	s := dcsapitest.New()
	s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: []dcsapitest.Backup{
		{ID: "last", CreatedAt: at.Add(time.Hour + 780*time.Millisecond)}, {ID: "first", CreatedAt: at},
	}})

	c := client.New(t, s)
	for query, want := range map[string][]string{
		"begin_time=20240301000000":                         {"last", "first"},
		"begin_time=20240301000001":                         {"last"},
		"end_time=20240301010000":                           {"last", "first"},
		"end_time=20240301005959":                           {"first"},
		"begin_time=20240301000000&end_time=20240301000000": {"first"},
		"begin_time=20240301010000&end_time=20240301010000": {"last"},
	} {
		if got := c.Get(client.BackupsPath + "?" + query).Page(t); !slices.Equal(got.IDs, want) {
			t.Errorf("%s: %v, want %v", query, got.IDs, want)
		}
	}

	if got := c.Get(client.BackupsPath + "?begin_time=20240401000000"); got.Status != http.StatusNoContent {
		t.Errorf("status %d for a range without backups, want 204", got.Status)
	}
}

func TestBackups_invalidQuery(t *testing.T) {
	t.Parallel()

	_, c := client.WithBackups(t)

	for query, code := range map[string]string{
		"limit=0":                         "DCS.4063",
		"limit=1001":                      "DCS.4063",
		"limit=-1":                        "DCS.4063",
		"limit=ten":                       "DCS.4063",
		"limit=":                          "DCS.4063",
		"limit=1.5":                       "DCS.4063",
		"offset=-1":                       "DCS.4063",
		"offset=2147483648":               "DCS.4063",
		"begin_time=2024-03-01T00:00:00Z": "DCS.4063",
		"begin_time=20240301":             "DCS.4063",
		"begin_time=20240231000000":       "DCS.4063",
		"begin_time=20240301000000.5":     "DCS.4063",
		"end_time=":                       "DCS.4063",
		"begin_time=20240301000001&end_time=20240301000000": "DCS.4025",
	} {
		c.Get(client.BackupsPath+"?"+query).WantError(t, http.StatusBadRequest, code, "error_ext_msg")
	}
}

func TestBackups_refused(t *testing.T) {
	t.Parallel()

	s := dcsapitest.New()
	s.AddProject(dcsapitest.Project{ID: "other-project", Name: "eu-west-101"})
	s.AddProject(dcsapitest.Project{ID: "disabled", Name: "x", Disabled: true})
	s.AddProject(dcsapitest.Project{ID: "foreign", Name: "y", DomainID: "other-account"})
	s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID})
	s.AddInstance(dcsapitest.Instance{ID: "single", SingleNode: true})

	c := client.New(t, s)
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		dcsapitest.ProjectID + "/instances/unknown":             {404, "DCS.3022"},
		dcsapitest.ProjectID + "/instances/single":              {400, "DCS.4095"},
		"other-project" + "/instances/" + dcsapitest.InstanceID: {404, "DCS.3022"},
		"unknown" + "/instances/" + dcsapitest.InstanceID:       {403, "APIGW.0310"},
		"disabled" + "/instances/" + dcsapitest.InstanceID:      {403, "APIGW.0310"},
		"foreign" + "/instances/" + dcsapitest.InstanceID:       {403, "APIGW.0310"},
	} {
		c.Get("/v2/"+path+"/backups").WantError(t, want.status, want.code)
	}
}

func TestServer_order(t *testing.T) {
	t.Parallel()

	s := dcsapitest.New()
	s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(50, 1)})
	c := client.New(t, s)
	list := func() []string { return c.Get(client.BackupsPath + "?limit=50").Page(t).IDs }
	newest := list()

	s.SetOrder(dcsapitest.OldestFirst)

	oldest := list()
	slices.Reverse(oldest)

	if diff := cmp.Diff(newest, oldest); diff != "" {
		t.Errorf("newest first, oldest first reversed:\n%s", diff)
	}

	s.SetOrder(dcsapitest.Shuffled)

	one, other := list(), list()
	if slices.Equal(one, other) || slices.Equal(one, newest) {
		t.Error("shuffled listings are in the same order")
	}

	slices.Sort(one)
	slices.Sort(newest)

	if diff := cmp.Diff(newest, one); diff != "" {
		t.Errorf("shuffled records differ:\n%s", diff)
	}
}

func TestBackup_isSentAsGiven(t *testing.T) {
	t.Parallel()

	empty := dcsapitest.Backup{ID: "b", Name: `"<é>`, InstanceID: "i", Size: 1<<53 + 1}
	for name, row := range map[string]struct {
		style  dcsapitest.EmptyStyle
		backup dcsapitest.Backup
		want   string
	}{
		"missing values as null": {dcsapitest.EmptyNull, empty, `{"period":null,"backup_type":null,"created_at":null,"remark":null,
			"is_support_restore":"FALSE","backup_id":"b","backup_name":"\"<é>","instance_id":"i","size":9007199254740993,
			"updated_at":null,"progress":null,"error_code":null,"status":null,"execution_at":null,"backup_format":null}`},
		"missing values left out": {dcsapitest.EmptyAbsent, empty, `{"is_support_restore":"FALSE","backup_id":"b",
			"backup_name":"\"<é>","instance_id":"i","size":9007199254740993}`},
		"missing values as empty strings": {
			dcsapitest.EmptyString,
			dcsapitest.Backup{ID: "b", InstanceID: "i", Raw: map[string]any{"size": dcsapitest.Absent}},
			`{"period":"","backup_type":"","created_at":"","remark":"","is_support_restore":"FALSE","backup_id":"b",
			"backup_name":"","instance_id":"i","updated_at":"","progress":"","error_code":"","status":"","execution_at":"",
			"backup_format":""}`,
		},
		"any value under any name": {
			dcsapitest.EmptyAbsent,
			dcsapitest.Backup{ID: "b", InstanceID: "i", Raw: map[string]any{
				"size": "126", "is_support_restore": true, "backup_id": nil, "progress": 100, "status": []string{"x"},
				"period": json.RawMessage("{}"), "a_new_field": map[string]int{"n": 1}, "instance_id": dcsapitest.Absent,
			}},
			`{"period":{},"is_support_restore":true,"backup_id":null,"size":"126","progress":100,"status":["x"],
			"a_new_field":{"n":1}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := dcsapitest.New(dcsapitest.WithEmptyAs(row.style))
			s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: []dcsapitest.Backup{row.backup}})
			got := client.New(t, s).Get(client.BackupsPath)

			want := fmt.Sprintf(`{"total_num":1,"backup_record_response":[%s]}`, row.want)
			if diff := cmp.Diff(decoded(t, want), decoded(t, got.Body)); diff != "" {
				t.Errorf("want, got:\n%s", diff)
			}
		})
	}
}

func TestServer_backupsChange(t *testing.T) {
	t.Parallel()

	s, c := client.WithBackups(t)
	total := func() string { return c.Get(client.BackupsPath).Page(t).Total }

	s.SetBackups(dcsapitest.InstanceID, append(s.Backups(dcsapitest.InstanceID),
		dcsapitest.Backup{CreatedAt: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}, dcsapitest.Backup{}))

	if got := total(); got != "5" {
		t.Errorf("total %s after adding, want 5", got)
	}

	kept := s.Backups(dcsapitest.InstanceID)

	first, last := kept[0], kept[4]
	if first.CreatedAt.Year() != 2030 || first.ID == "" || first.ID == last.ID || first.InstanceID != dcsapitest.InstanceID {
		t.Errorf("the added backups are %+v and %+v", first, last)
	}

	s.ChangeBackups(dcsapitest.InstanceID, func(listed []dcsapitest.Backup) []dcsapitest.Backup { return listed[1:] })

	if got := total(); got != "4" {
		t.Errorf("total %s after removing, want 4", got)
	}

	s.SetBackups(dcsapitest.InstanceID, nil)

	if got := c.Get(client.BackupsPath); got.Status != http.StatusNoContent {
		t.Errorf("status %d after removing all, want 204", got.Status)
	}

	s.RemoveInstance(dcsapitest.InstanceID)
	c.Get(client.BackupsPath).WantError(t, http.StatusNotFound, "DCS.3022")
}

func TestGenerator_backups(t *testing.T) {
	t.Parallel()

	backups := dcsapitest.GenerateBackups(500, 9)
	if diff := cmp.Diff(backups[:100], dcsapitest.GenerateBackups(100, 9)); diff != "" {
		t.Errorf("the same seed gives other backups:\n%s", diff)
	}

	ids, statuses := map[string]bool{}, map[string]bool{}
	for i, b := range backups {
		ids[b.ID], statuses[b.Status] = true, true
		if i > 0 && !b.CreatedAt.Before(backups[i-1].CreatedAt) {
			t.Fatalf("backup %d is not older than the one before", i)
		}

		if (b.Type == "auto") != (b.Period != "") || b.Type == "auto" && b.Format != "rdb" {
			t.Fatalf("backup %d: type %s, period %q, format %s", i, b.Type, b.Period, b.Format)
		}

		if b.Restorable && b.Status != "succeed" || (b.ErrorCode != "") != (b.Status == "failed") {
			t.Fatalf("backup %d: status %s, restorable %t, error %q", i, b.Status, b.Restorable, b.ErrorCode)
		}
	}

	if len(ids) != 500 || len(statuses) != 6 {
		t.Errorf("%d IDs and %d statuses, want 500 and 6", len(ids), len(statuses))
	}

	if dcsapitest.GenerateBackups(1, 10)[0].ID == backups[0].ID {
		t.Error("another seed gives the same ID")
	}

	for _, b := range (dcsapitest.Generator{HugeSizes: true, Statuses: []string{"succeed"}}).Backups(50) {
		if b.Size <= 1<<53 || int64(float64(b.Size)) == b.Size {
			t.Fatalf("size %d survives a float64", b.Size)
		}
	}
}
