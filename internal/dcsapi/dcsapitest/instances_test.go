// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/internal/client"
)

func TestInstances_sampleIsSentAsTheVendorsPagePrintsIt(t *testing.T) {
	t.Parallel()

	const printed = `{"instance_num": 1, "instances": [{
  "instance_id": "c830053e-d5a3-4bc0-b6d6-ca37d1ea9dd5", "name": "dcs-orders", "status": "RUNNING", "sub_status": "normal",
  "engine": "Redis", "engine_version": "5.0", "spec_code": "redis.ha.xu1.tiny.r2.128", "capacity": 0, "capacity_minor": ".125",
  "charging_mode": 0, "created_at": "2022-08-29T09:00:34.335Z", "max_memory": 128, "used_memory": 2, "port": 6379,
  "publicip_id": {}, "publicip_address": null, "order_id": null, "no_password_access": true, "enterprise_project_id": 0,
  "security_group_id": "securityGroupId", "vpc_name": "dcs-beta", "tags": [{"key": 1, "value": "DCS"}],
  "az_codes": ["region01", "region02"], "features": {"support_acl": true}}]}`

	want := client.Reply{Status: http.StatusOK, Body: printed}.Instances(t)

	s := dcsapitest.New()
	s.AddInstance(dcsapitest.SampleInstance())
	s.AddInstance(dcsapitest.Instance{ID: "elsewhere", ProjectID: "other"})

	got := client.New(t, s).Get(client.InstancesPath).Instances(t)
	if got.Total != "1" || len(got.IDs) != 1 {
		t.Fatalf("%s instances: %v", got.Total, got.IDs)
	}

	for name, value := range want.Elements[0] {
		if diff := cmp.Diff(value, got.Elements[0][name]); diff != "" {
			t.Errorf("%s: printed, sent:\n%s", name, diff)
		}
	}
}

func TestInstances_paging(t *testing.T) {
	t.Parallel()

	s := dcsapitest.New()
	for _, i := range dcsapitest.GenerateInstances(25, 0, 7) {
		s.AddInstance(i)
	}

	var all []string
	for _, i := range s.Instances(dcsapitest.ProjectID) {
		all = append(all, i.ID)
	}

	c := client.New(t, s)
	for query, want := range map[string][]string{
		"": all[:10], "?limit=1000": all, "?offset=9&limit=3": all[9:12], "?offset=24": all[24:], "?offset=25": {},
	} {
		got := c.Get(client.InstancesPath + query).Instances(t)
		if diff := cmp.Diff(want, got.IDs); diff != "" || got.Total != "25" {
			t.Errorf("%s: %s instances; want, got:\n%s", query, got.Total, diff)
		}
	}

	c.Get(client.InstancesPath+"?limit=1001").WantError(t, http.StatusBadRequest, "DCS.4800", "error_ext_msg")
}

func TestInstances_sameAgeByID(t *testing.T) {
	t.Parallel()

	s := dcsapitest.New()

	var want []string

	for n := range 30 {
		id := fmt.Sprintf("instance-%02d", n)
		s.AddInstance(dcsapitest.Instance{ID: id, CreatedAt: time.Unix(0, 0)})

		want = append(want, id)
	}

	if diff := cmp.Diff(want, client.New(t, s).Get(client.InstancesPath+"?limit=30").Instances(t).IDs); diff != "" {
		t.Errorf("instances (-want +got):\n%s", diff)
	}
}

func TestInstances_ofTheProjectOnly(t *testing.T) {
	t.Parallel()

	s := dcsapitest.New()
	s.AddProject(dcsapitest.Project{ID: "other-project", Name: "eu-west-101"})
	s.AddProject(dcsapitest.Project{ID: "foreign", Name: "y", DomainID: "other-account"})
	s.AddInstance(dcsapitest.Instance{ID: "mine"})
	s.AddInstance(dcsapitest.Instance{ID: "theirs", ProjectID: "foreign"})

	c := client.New(t, s)
	if got := c.Get("/v2/other-project/instances").Body; got != `{"instance_num":0,"instances":[]}` {
		t.Errorf("a project without instances: %s", got)
	}

	if got := c.Get(client.InstancesPath).Instances(t).IDs; !slices.Equal(got, []string{"mine"}) {
		t.Errorf("instances %v", got)
	}

	for _, project := range []string{"foreign", "unknown"} {
		c.Get("/v2/"+project+"/instances").WantError(t, http.StatusForbidden, "APIGW.0310")
	}

	c.Send("GET", client.InstancesPath, "").WantError(t, http.StatusUnauthorized, "APIGW.0301")
}

func TestInstances_query(t *testing.T) {
	t.Parallel()

	s := dcsapitest.New()
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	s.AddInstance(dcsapitest.Instance{ID: "a", Name: "orders", CreatedAt: at, Tags: []dcsapitest.Tag{{"team", "web"}, {"stage", "prod"}}})
	s.AddInstance(dcsapitest.Instance{ID: "b", Name: "orders-2", CreatedAt: at, Status: "ERROR", Tags: []dcsapitest.Tag{{"team", "web"}}})
	s.AddInstance(dcsapitest.Instance{ID: "c", Name: "cart", CreatedAt: at.Add(time.Hour)})

	c := client.New(t, s)
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
		if got := strings.Join(c.Get(client.InstancesPath+query).Instances(t).IDs, " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func TestInstance_isSentAsGiven(t *testing.T) {
	t.Parallel()

	s := dcsapitest.New(dcsapitest.WithEmptyAs(dcsapitest.EmptyAbsent))
	s.AddInstance(dcsapitest.Instance{
		ID: "i", Name: `"<é>`, Status: "FROZEN", Engine: "Memcached", EngineVersion: "1.4", SpecCode: "spec", Capacity: 64,
		CreatedAt: time.Date(2024, 1, 1, 1, 0, 0, 1e6, time.FixedZone("", 3600)), EnterpriseProjectID: "e",
		Tags: []dcsapitest.Tag{{"k", "v"}, {"empty", ""}}, Raw: map[string]any{"port": dcsapitest.Absent, "a_new_field": []int{1}},
	})

	got := client.New(t, s).Get(client.InstancesPath).Instances(t).Elements[0]
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

func TestInstance_defaults(t *testing.T) {
	t.Parallel()

	first, second := dcsapitest.New(), dcsapitest.New()
	for _, s := range []*dcsapitest.Server{first, second} {
		for _, i := range []dcsapitest.Instance{{ID: "orders"}, {ID: dcsapitest.InstanceID, SingleNode: true}} {
			s.AddInstance(i)
		}
	}

	if diff := cmp.Diff(first.Instances(dcsapitest.ProjectID), second.Instances(dcsapitest.ProjectID)); diff != "" {
		t.Errorf("the same instances differ:\n%s", diff)
	}

	var got []string
	for _, i := range first.Instances(dcsapitest.ProjectID) {
		got = append(got, fmt.Sprintf("%s %s %s %s %s %d GB %d", i.Name, i.Status, i.Engine, i.EngineVersion, i.SpecCode,
			i.Capacity, i.CreatedAt.Year()))
	}

	want := []string{
		"dcs-orders RUNNING Redis 5.0 redis.ha.xu1.large.r2.2 2 GB 2023",
		"dcs-5560df16 RUNNING Redis 5.0 redis.single.xu1.large.2 2 GB 2023",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want, got:\n%s", diff)
	}
}

func TestGenerateInstances_differ(t *testing.T) {
	t.Parallel()

	made := dcsapitest.GenerateInstances(200, 10, 5)
	if diff := cmp.Diff(made[:20], dcsapitest.GenerateInstances(20, 10, 5)); diff != "" {
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
