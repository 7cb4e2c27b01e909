// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const instancesPath = "/v2/" + ProjectID + "/instances"

// instanceList is a listing of instances as a client sees it.
type instanceList struct {
	Total     json.RawMessage  `json:"instance_num"`
	Instances []map[string]any `json:"instances"`
}

func (r reply) instances(t *testing.T) instanceList {
	t.Helper()

	var l instanceList
	r.into(t, http.StatusOK, &l)

	return l
}

func (l instanceList) ids() []string {
	ids := []string{}
	for _, i := range l.Instances {
		ids = append(ids, i["instance_id"].(string)) //nolint:forcetypeassert // a panic fails the test
	}

	return ids
}

func TestInstances_sampleIsSentAsTheVendorsPagePrintsIt(t *testing.T) {
	t.Parallel()

	const printed = `{"instance_num": 1, "instances": [{
  "instance_id": "c830053e-d5a3-4bc0-b6d6-ca37d1ea9dd5", "name": "dcs-orders", "status": "RUNNING", "sub_status": "normal",
  "engine": "Redis", "engine_version": "5.0", "spec_code": "redis.ha.xu1.tiny.r2.128", "capacity": 0, "capacity_minor": ".125",
  "charging_mode": 0, "created_at": "2022-08-29T09:00:34.335Z", "max_memory": 128, "used_memory": 2, "port": 6379,
  "publicip_id": {}, "publicip_address": null, "order_id": null, "no_password_access": true, "enterprise_project_id": 0,
  "security_group_id": "securityGroupId", "vpc_name": "dcs-beta", "tags": [{"key": 1, "value": "DCS"}],
  "az_codes": ["region01", "region02"], "features": {"support_acl": true}}]}`

	var want instanceList
	if err := json.Unmarshal([]byte(printed), &want); err != nil {
		t.Fatal(err)
	}

	s := New()
	s.AddInstance(SampleInstance())
	s.AddInstance(Instance{ID: "elsewhere", ProjectID: "other"})

	got := newCaller(t, s).get(instancesPath).instances(t)
	if string(got.Total) != "1" || len(got.Instances) != 1 {
		t.Fatalf("%s instances: %v", got.Total, got.ids())
	}

	for name, value := range want.Instances[0] {
		if diff := cmp.Diff(value, got.Instances[0][name]); diff != "" {
			t.Errorf("%s: printed, sent:\n%s", name, diff)
		}
	}
}

func TestInstances_paging(t *testing.T) {
	t.Parallel()

	s := New()
	made := GenerateInstances(1005, 0, 7)

	for _, i := range made {
		s.AddInstance(i)
	}

	c := newCaller(t, s)
	all := slices.Concat(c.get(instancesPath+"?limit=1000").instances(t).ids(),
		c.get(instancesPath+"?limit=1000&offset=1000").instances(t).ids())

	var ids []string
	for _, i := range made {
		ids = append(ids, i.ID)
	}

	if diff := cmp.Diff(slices.Sorted(slices.Values(ids)), slices.Sorted(slices.Values(all))); diff != "" {
		t.Errorf("added, listed:\n%s", diff)
	}

	for query, want := range map[string][2]int{ // from, to
		"":                    {0, 10},
		"?limit=1":            {0, 1},
		"?offset=999&limit=3": {999, 1002},
		"?offset=1004":        {1004, 1005},
		"?offset=1005":        {1005, 1005},
		"?start=5":            {0, 10},
	} {
		got := c.get(instancesPath + query).instances(t)
		if diff := cmp.Diff(all[want[0]:want[1]], got.ids()); diff != "" || string(got.Total) != "1005" {
			t.Errorf("%s: %s instances; want, got:\n%s", query, got.Total, diff)
		}
	}

	for _, query := range []string{"limit=0", "limit=1001", "limit=ten", "limit=", "offset=-1", "offset=x"} {
		c.get(instancesPath+"?"+query).wantError(t, http.StatusBadRequest, "DCS.4800", "error_ext_msg")
	}
}

func TestInstances_ofTheProjectOnly(t *testing.T) {
	t.Parallel()

	s := New()
	s.AddProject(Project{ID: "other-project", Name: "eu-west-101"})
	s.AddProject(Project{ID: "foreign", Name: "y", DomainID: "somebody-else"})
	s.AddInstance(Instance{ID: "mine"})
	s.AddInstance(Instance{ID: "theirs", ProjectID: "foreign"})

	c := newCaller(t, s)
	if got := c.get("/v2/other-project/instances").body; got != `{"instance_num":0,"instances":[]}` {
		t.Errorf("a project without instances: %s", got)
	}

	if got := c.get(instancesPath).instances(t).ids(); !slices.Equal(got, []string{"mine"}) {
		t.Errorf("instances %v", got)
	}

	for _, project := range []string{"foreign", "unknown"} {
		c.get("/v2/"+project+"/instances").wantError(t, http.StatusForbidden, "APIGW.0310")
	}

	c.do(c.unsigned("GET", instancesPath, "")).wantError(t, http.StatusUnauthorized, "APIGW.0301")
}

func TestInstances_query(t *testing.T) {
	t.Parallel()

	s := New()
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	s.AddInstance(Instance{ID: "a", Name: "orders", CreatedAt: at, Tags: []Tag{{"team", "web"}, {"stage", "prod"}}})
	s.AddInstance(Instance{ID: "b", Name: "orders-2", CreatedAt: at, Status: "ERROR", Tags: []Tag{{"team", "web"}}})
	s.AddInstance(Instance{ID: "c", Name: "cart", CreatedAt: at.Add(time.Hour)})

	c := newCaller(t, s)
	for query, want := range map[string]string{
		"":                               "c a b",
		"?name=orders":                   "a b",
		"?name=orders&name_equal=true":   "a",
		"?status=ERROR":                  "b",
		"?instance_id=c":                 "c",
		"?tags=team%3Dweb":               "a b",
		"?tags=team%3Dweb,stage%3Dprod":  "a",
		"?tags=team%3Dother":             "",
		"?name=cart&status=ERROR":        "",
		"?include_failure=true&name=car": "c",
	} {
		if got := strings.Join(c.get(instancesPath+query).instances(t).ids(), " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func TestInstances_areSentAsTold(t *testing.T) {
	t.Parallel()

	s := New(WithEmptyAs(EmptyAbsent))
	s.AddInstance(Instance{
		ID: "i", Name: `"<é>`, Status: "FROZEN", Engine: "Memcached", EngineVersion: "1.4", SpecCode: "spec", Capacity: 64,
		CreatedAt: time.Date(2024, 1, 1, 1, 0, 0, 1e6, time.FixedZone("", 3600)), EnterpriseProjectID: "e",
		Tags: []Tag{{"k", "v"}, {"empty", ""}}, Raw: map[string]any{"port": Absent, "a_new_field": []int{1}},
	})

	got := newCaller(t, s).get(instancesPath).instances(t).Instances[0]
	for name, want := range map[string]any{
		"name": `"<é>`, "status": "FROZEN", "engine": "Memcached", "engine_version": "1.4", "spec_code": "spec",
		"capacity": 64.0, "max_memory": 65536.0, "capacity_minor": nil, "created_at": "2024-01-01T00:00:00.001Z",
		"enterprise_project_id": "e", "port": nil, "a_new_field": []any{1.0},
		"tags": []any{map[string]any{"key": "k", "value": "v"}, map[string]any{"key": "empty", "value": ""}},
	} {
		if diff := cmp.Diff(want, got[name]); diff != "" {
			t.Errorf("%s: want, got:\n%s", name, diff)
		}
	}
}

func TestInstances_defaults(t *testing.T) {
	t.Parallel()

	first, second := New(), New()
	for _, s := range []*Server{first, second} {
		for _, i := range []Instance{{ID: "orders"}, {ID: InstanceID, SingleNode: true}} {
			s.AddInstance(i)
		}
	}

	if diff := cmp.Diff(first.Instances(), second.Instances()); diff != "" {
		t.Errorf("the same instances differ:\n%s", diff)
	}

	var got []string
	for _, i := range first.Instances() {
		got = append(got, fmt.Sprintf("%s %s %s %s %s %d GB %d", i.Name, i.Status, i.Engine, i.EngineVersion, i.SpecCode,
			i.Capacity, i.CreatedAt.Year()))
	}

	want := []string{
		"dcs-5560df16 RUNNING Redis 5.0 redis.single.xu1.large.2 2 GB 2023",
		"dcs-orders RUNNING Redis 5.0 redis.ha.xu1.large.r2.2 2 GB 2023",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want, got:\n%s", diff)
	}
}

func TestInstances_comeAndGoBetweenPages(t *testing.T) {
	t.Parallel()

	s := New()
	for _, i := range GenerateInstances(4, 1, 1) {
		s.AddInstance(i)
	}

	c := newCaller(t, s)
	ids := c.get(instancesPath).instances(t).ids()

	s.BeforeRequest(func(r Request) {
		if r.Query().Get("offset") == "2" {
			s.RemoveInstance(ids[0])
			s.AddInstance(Instance{ID: "oldest", CreatedAt: time.Unix(0, 0)})
		}
	})

	pages := [][]string{
		c.get(instancesPath + "?limit=2").instances(t).ids(),
		c.get(instancesPath + "?limit=2&offset=2").instances(t).ids(),
	}
	if diff := cmp.Diff([][]string{ids[:2], {ids[3], "oldest"}}, pages); diff != "" {
		t.Errorf("pages, want, got:\n%s", diff)
	}

	c.get(instancesPath+"/"+ids[0]+"/backups").wantError(t, http.StatusNotFound, "DCS.3022")
}

func TestInstances_faultsOfOneAndOfTheListing(t *testing.T) {
	t.Parallel()

	s := New()
	s.AddInstance(Instance{ID: "a", Backups: GenerateBackups(1, 1)})
	s.AddInstance(Instance{ID: "b", Backups: GenerateBackups(1, 2)})
	s.Inject(Fault{Name: DenyBackupList, Instance: "b"})
	s.Inject(Fault{Name: PageCap, N: 1, Operation: ListInstances})

	c := newCaller(t, s)
	c.get(instancesPath + "/a/backups").page(t)
	c.get(instancesPath+"/b/backups").wantError(t, http.StatusForbidden, "dcs:instance:getDataBackupLog")

	if got := c.get(instancesPath).instances(t); len(got.Instances) != 1 || string(got.Total) != "2" {
		t.Errorf("%s instances, sent %v; want one of two", got.Total, got.ids())
	}
}

func TestGenerateInstances(t *testing.T) {
	t.Parallel()

	made := GenerateInstances(200, 10, 5)
	if diff := cmp.Diff(made[:20], GenerateInstances(20, 10, 5)); diff != "" {
		t.Errorf("the same seed gives other instances:\n%s", diff)
	}

	seen := map[string]bool{}
	for _, i := range made {
		seen[i.ID], seen[i.Name] = true, true

		for _, b := range i.Backups {
			seen[b.ID] = true
		}
	}

	if len(seen) != 200*(2+10) {
		t.Errorf("%d IDs and names, want all of them different", len(seen))
	}
}
