// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/providertest"
	"terraform-provider-dcs/internal/transport"
)

const projectDataSource = "dcs_project_backups"

// project is a local service that is reached in memory, and the data source that reads from it.
type project struct {
	*providertest.Provider

	service *dcsapitest.Server
}

// newProject returns a project with instances. A test in virtual time must call it within [synctest.Test].
func newProject(t *testing.T, instances ...dcsapitest.Instance) *project {
	t.Helper()

	return newProjectOf(t, dcsapitest.ProjectID, maxStateSize, instances...)
}

// newProjectOf returns a project with instances, whose ID the provider is given, and a bound of the state. Where the ID is empty
// it is looked up.
func newProjectOf(t *testing.T, projectID string, maxState int, instances ...dcsapitest.Instance) *project {
	t.Helper()

	service := dcsapitest.InMemory(t)
	for _, i := range instances {
		service.AddInstance(i)
	}

	requests := transport.New(transport.Config{UserAgent: "test", RoundTripper: service.Transport()})
	requests.AddSecret(dcsapitest.SecretKey) // As the provider does with what it is configured with.

	session := auth.NewSession(auth.Config{
		Transport: requests, Region: dcsapitest.Region, ProjectID: projectID, ProjectName: dcsapitest.Region,
		Source: auth.Keys{AccessKey: dcsapitest.AccessKey, SecretKey: dcsapitest.SecretKey, Origin: "the test"},
	})
	client := dcsapi.New(dcsapi.Config{Transport: requests, Endpoints: endpoint.Set{}, Session: session})

	return &project{Provider: serveAs(t, newProviderData(client, nil, maxState), NewProjectBackups), service: service}
}

// read reads the project.
func (p *project) read(t *testing.T, arguments map[string]any) (map[string]any, []providertest.Diagnostic) {
	t.Helper()

	return p.Read(t.Context(), projectDataSource, arguments)
}

// mustReadInstances reads the project, expects nothing to be said about it, and returns its instances.
func (p *project) mustReadInstances(t *testing.T, arguments map[string]any) map[string]map[string]any {
	t.Helper()

	state, diagnostics := p.read(t, arguments)
	if len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}

	return instancesIn(t, state)
}

// requests returns how many listings of instances and of backups were requested.
func (p *project) requests() (listings, backups int) {
	for _, r := range p.service.RequestsTo("/v2/") {
		if strings.HasSuffix(r.Path, "/backups") {
			backups++
		} else {
			listings++
		}
	}

	return listings, backups
}

func (p *project) checkRequests(t *testing.T, listings, backups int) {
	t.Helper()

	if gotListings, gotBackups := p.requests(); gotListings != listings || gotBackups != backups {
		t.Errorf("%d requests for instances and %d for backups, want %d and %d", gotListings, gotBackups, listings, backups)
	}
}

// instancesIn returns the instances in state.
func instancesIn(t *testing.T, state map[string]any) map[string]map[string]any {
	t.Helper()

	all, ok := state["instances"].(map[string]any)
	if !ok {
		t.Fatalf("instances is no map: %v", state["instances"])
	}

	instances := make(map[string]map[string]any, len(all))

	for id, instance := range all {
		if instances[id], ok = instance.(map[string]any); !ok {
			t.Fatalf("instances[%q] is no object: %v", id, instance)
		}
	}

	return instances
}

// named returns n instances whose IDs are i00, i01 and so on, each with one backup.
func named(n int) []dcsapitest.Instance {
	instances := make([]dcsapitest.Instance, n)
	for i := range instances {
		instances[i] = dcsapitest.Instance{
			ID: fmt.Sprintf("i%02d", i), Name: fmt.Sprintf("dcs-%02d", i), Backups: dcsapitest.GenerateBackups(1, uint64(i)),
		}
	}

	return instances
}

// rawProject is a service that answers with JSON as it is written.
type rawProject struct {
	instances string
	// backups are the answers for the backups of each instance. Instances that are not there have none.
	backups map[string]string
}

func (p rawProject) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, path, _ := strings.Cut(r.URL.Path, "/instances")
	if path == "" {
		body(p.instances).ServeHTTP(w, r)
		return
	}

	text, ok := p.backups[strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/backups")]
	if !ok {
		w.WriteHeader(http.StatusNoContent)
		return
	}

	body(text).ServeHTTP(w, r)
}

// readRaw reads what service answers.
func readRaw(
	t *testing.T, service http.Handler, arguments map[string]any,
) (map[string]any, []providertest.Diagnostic) {
	t.Helper()

	return serveAs(t, NewProviderData(newClient(t, service), nil), NewProjectBackups).
		Read(t.Context(), projectDataSource, arguments)
}

func TestProjectBackupsRead_everyField(t *testing.T) {
	t.Parallel()

	// The instance of the vendor's page, with one backup that can be restored and a newer one that failed.
	sample := dcsapitest.SampleInstance()
	good := dcsapitest.SampleBackup()
	good.InstanceID = sample.ID
	bad := good
	bad.ID, bad.CreatedAt, bad.Status, bad.Restorable, bad.Size = "bad", good.CreatedAt.Add(time.Hour), "failed", false, 7
	sample.Backups = []dcsapitest.Backup{good, bad}

	p := newProject(t, sample)

	state, diagnostics := p.read(t, map[string]any{"include_backups": true})
	if len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}

	wantGood := map[string]any{
		"backup_id": "4631832a-14c6-45b0-a0b3-3abd8f591ad1", "backup_name": "backup_20190510163116",
		"backup_type": "manual", "backup_format": "aof", "instance_id": "c830053e-d5a3-4bc0-b6d6-ca37d1ea9dd5",
		"size": int64(880232), "period": nil, "created_at": "2019-05-10T08:31:16.166Z",
		"updated_at": "2019-05-10T08:32:30.546Z", "execution_at": "2019-05-11T08:31:16.166Z", "progress": int64(100),
		"status": "succeed", "error_code": nil, "remark": "001", "is_support_restore": true,
	}
	wantBad := maps.Clone(wantGood)
	maps.Copy(wantBad, map[string]any{
		"backup_id": "bad", "created_at": "2019-05-10T09:31:16.166Z", "status": "failed", "is_support_restore": false, "size": int64(7),
	})

	want := map[string]any{
		"region": dcsapitest.Region, "project_id": dcsapitest.ProjectID, "begin_time": nil, "end_time": nil,
		"filter": nil, "instance_filter": nil, "timeouts": nil, "include_backups": true,
		"instances": map[string]any{"c830053e-d5a3-4bc0-b6d6-ca37d1ea9dd5": map[string]any{
			"instance_id": "c830053e-d5a3-4bc0-b6d6-ca37d1ea9dd5", "name": "dcs-orders", "status": "RUNNING", "engine": "Redis",
			"engine_version": "5.0", "spec_code": "redis.ha.xu1.tiny.r2.128", "created_at": "2022-08-29T09:00:34.335Z",
			"enterprise_project_id": "0", "capacity": 0.125, "tags": map[string]any{"1": "DCS"}, "backup_supported": true,
			"total_num": int64(2), "restorable_num": int64(1), "restorable_size": int64(880232),
			"latest": wantBad, "latest_restorable": wantGood, "backups": []any{wantBad, wantGood},
		}},
	}
	if diff := cmp.Diff(want, state); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
}

// What a service leaves out is null, except for what is counted and the tags.
func TestProjectBackupsRead_leftOutFields(t *testing.T) {
	t.Parallel()

	state, diagnostics := readRaw(t, rawProject{
		instances: `{"instance_num": 2, "instances": [{"instance_id": "a"}, {"instance_id": "b", "name": "", "status": {},
			"engine": null, "capacity": null, "capacity_minor": "", "tags": null}]}`,
	}, nil)
	checkDiagnostics(t, nil, diagnostics)

	for id, instance := range instancesIn(t, state) {
		want := map[string]any{
			"instance_id": id, "name": nil, "status": nil, "engine": nil, "engine_version": nil, "spec_code": nil,
			"created_at": nil, "enterprise_project_id": nil, "capacity": nil, "tags": map[string]any{}, "backup_supported": true,
			"total_num": int64(0), "restorable_num": int64(0), "restorable_size": int64(0), "latest": nil,
			"latest_restorable": nil, "backups": nil,
		}
		if diff := cmp.Diff(want, instance); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

func TestProjectBackupsRead_noInstances(t *testing.T) {
	t.Parallel()

	tests := map[string]http.Handler{
		"an empty array": rawProject{instances: `{"instance_num": 0, "instances": []}`},
		"status 204": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
		}),
	}

	for name, service := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			state, diagnostics := readRaw(t, service, nil)
			checkDiagnostics(t, nil, diagnostics)

			if diff := cmp.Diff(map[string]any{}, state["instances"]); diff != "" {
				t.Errorf("instances (-want +got):\n%s", diff)
			}
		})
	}
}

// restorable returns a record that can be restored.
func restorable(id, created, size string) string {
	return fmt.Sprintf(
		`{"backup_id": %q, "created_at": %q, "size": %s, "status": "succeed", "is_support_restore": "TRUE", "backup_type": "auto"}`,
		id, created, size)
}

func TestProjectBackupsRead_restorable(t *testing.T) {
	t.Parallel()

	records := []string{
		restorable("a", "2024-01-01T00:00:01Z", "9223372036854775807"),
		restorable("b", "2024-01-01T00:00:03Z", "9223372036854775807"),
		restorable("c", "2024-01-01T00:00:02Z", "null"),
		`{"backup_id": "not complete", "created_at": "2024-01-01T00:00:09Z", "size": 5, "status": "backuping", "is_support_restore": "TRUE"}`,
		`{"backup_id": "not allowed", "created_at": "2024-01-01T00:00:08Z", "size": 5, "status": "succeed", "is_support_restore": "FALSE"}`,
		`{"backup_id": "not said", "created_at": "2024-01-01T00:00:07Z", "size": 5, "status": "succeed"}`,
	}
	service := rawProject{
		instances: `{"instance_num": 1, "instances": [{"instance_id": "i"}]}`,
		backups:   map[string]string{"i": `{"total_num": 6, "backup_record_response": [` + strings.Join(records, ",") + "]}"},
	}

	tests := map[string]struct {
		filter                   any
		num                      int64
		size                     any
		latest, latestRestorable any
	}{
		"no filter":       {nil, 3, float64(18446744073709551614), "not complete", "b"},
		"by ID":           {map[string]any{"backup_id": []any{"a", "c", "not said"}}, 2, int64(9223372036854775807), "not said", "c"},
		"by type":         {map[string]any{"backup_type": []any{"auto"}, "backup_id": []any{"c", "not allowed"}}, 1, int64(0), "c", "c"},
		"none restorable": {map[string]any{"is_support_restore": false}, 0, int64(0), "not allowed", nil},
		"none":            {map[string]any{"status": []any{"expired"}}, 0, int64(0), nil, nil},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			state, diagnostics := readRaw(t, service, map[string]any{"filter": test.filter})
			checkDiagnostics(t, nil, diagnostics)

			got := only(instancesIn(t, state)["i"], "total_num", "restorable_num", "restorable_size")
			// total_num is the service's count, whatever the filter is.
			want := map[string]any{"total_num": int64(6), "restorable_num": test.num, "restorable_size": test.size}

			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("numbers (-want +got):\n%s", diff)
			}

			instance := instancesIn(t, state)["i"]
			if latest, picked := idOf(instance["latest"]), idOf(instance["latest_restorable"]); latest != test.latest ||
				picked != test.latestRestorable {
				t.Errorf("latest is %v and latest_restorable %v, want %v and %v", latest, picked, test.latest, test.latestRestorable)
			}
		})
	}
}

// A capacity is the decimal that a configuration writes, which a float64 is not, and a sum beyond 64 bits keeps every digit.
func TestProjectBackupsRead_numbersAreExact(t *testing.T) {
	t.Parallel()

	records := []string{
		restorable("a", "2024-01-01T00:00:01Z", "9223372036854775807"), restorable("b", "2024-01-01T00:00:02Z", "9223372036854775806"),
	}
	p := serveAs(t, NewProviderData(newClient(t, rawProject{
		instances: `{"instance_num": 1, "instances": [{"instance_id": "i", "capacity": 0, "capacity_minor": ".1"}]}`,
		backups:   map[string]string{"i": `{"total_num": 2, "backup_record_response": [` + strings.Join(records, ",") + "]}"},
	}), nil), NewProjectBackups)

	resp := p.ReadRaw(t.Context(), projectDataSource, p.Config(projectDataSource, nil))
	if len(resp.Diagnostics) > 0 {
		t.Fatal(resp.Diagnostics[0].Detail)
	}

	state, err := resp.State.Unmarshal(p.Schema(projectDataSource).ValueType())
	if err != nil {
		t.Fatal(err)
	}

	for field, text := range map[string]string{"capacity": "0.1", "restorable_size": "18446744073709551613"} {
		want, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven) // As Terraform reads a number.
		if err != nil {
			t.Fatal(err)
		}

		if got := numberAt(t, state, "i", field); got.Cmp(want) != 0 {
			t.Errorf("%s is %s, want %s", field, got.Text('g', -1), text)
		}
	}
}

// numberAt returns a number of an instance in state.
func numberAt(t *testing.T, state tftypes.Value, instance, field string) *big.Float {
	t.Helper()

	at := tftypes.NewAttributePath().WithAttributeName("instances").WithElementKeyString(instance).WithAttributeName(field)

	value, _, err := tftypes.WalkAttributePath(state, at)
	if err != nil {
		t.Fatal(err)
	}

	number := new(big.Float)
	if value, ok := value.(tftypes.Value); !ok || value.As(&number) != nil {
		t.Fatalf("%s of %s is %v", field, instance, value)
	}

	return number
}

func TestProjectBackupsRead_includeBackups(t *testing.T) {
	t.Parallel()

	p := newProject(t,
		dcsapitest.Instance{ID: "some", Backups: dcsapitest.GenerateBackups(25, 1)},
		dcsapitest.Instance{ID: "none"},
		dcsapitest.Instance{ID: "single", SingleNode: true},
	)

	for id, instance := range p.mustReadInstances(t, nil) {
		if instance["backups"] != nil {
			t.Errorf("%s: backups are %v, want null", id, instance["backups"])
		}
	}

	with := p.mustReadInstances(t, map[string]any{"include_backups": true})

	for _, id := range []string{"none", "single"} {
		if diff := cmp.Diff([]any{}, with[id]["backups"]); diff != "" {
			t.Errorf("%s: backups (-want +got):\n%s", id, diff)
		}
	}

	var want []string // The newest first, as they are generated.
	for _, b := range dcsapitest.GenerateBackups(25, 1) {
		want = append(want, b.ID)
	}

	if diff := cmp.Diff(want, ids(t, with["some"])); diff != "" {
		t.Errorf("backups (-want +got):\n%s", diff)
	}

	if diff := cmp.Diff(with["some"]["latest"], any(records(t, with["some"])[0])); diff != "" {
		t.Errorf("latest and the first of backups differ:\n%s", diff)
	}

	// The filter of records applies to what is kept, and not to which instances are there.
	filtered := p.mustReadInstances(t, map[string]any{
		"include_backups": true, "filter": map[string]any{"backup_id": []any{want[3]}},
	})
	if diff := cmp.Diff([]string{want[3]}, ids(t, filtered["some"])); diff != "" || len(filtered) != 3 {
		t.Errorf("%d instances, backups (-want +got):\n%s", len(filtered), diff)
	}
}

// An instance that cannot have backups is no error, and neither is one that is deleted meanwhile.
func TestProjectBackupsRead_unsupportedAndVanished(t *testing.T) {
	t.Parallel()

	p := newProject(t, append(named(3), dcsapitest.Instance{ID: "single", SingleNode: true})...)
	p.service.BeforeRequest(func(r dcsapitest.Request) {
		if strings.HasSuffix(r.Path, "/backups") {
			p.service.RemoveInstance("i01")
		}
	})

	got := p.mustReadInstances(t, nil)

	if diff := cmp.Diff([]string{"i00", "i02", "single"}, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("instances (-want +got):\n%s", diff)
	}

	want := map[string]any{
		"backup_supported": false, "total_num": int64(0), "restorable_num": int64(0), "restorable_size": int64(0),
		"latest": nil, "latest_restorable": nil,
	}
	if diff := cmp.Diff(want, only(got["single"], slices.Collect(maps.Keys(want))...)); diff != "" {
		t.Errorf("the single-node instance (-want +got):\n%s", diff)
	}
}

func TestProjectBackupsRead_argumentsAsSent(t *testing.T) {
	t.Parallel()

	p := newProject(t, named(2)...)

	state, diagnostics := p.read(t, map[string]any{
		"begin_time": "2025-01-15T16:31:16.9+08:00", "end_time": "20250115083116",
	})
	checkDiagnostics(t, nil, diagnostics)
	p.checkRequests(t, 1, 2)

	for _, r := range p.service.RequestsTo("/v2/") {
		query := r.Query()

		want := map[string][]string{"limit": {"1000"}, "offset": {"0"}}
		if strings.HasSuffix(r.Path, "/backups") {
			want["begin_time"], want["end_time"] = []string{"20250115083116"}, []string{"20250115083116"}
		}

		if diff := cmp.Diff(want, map[string][]string(query)); diff != "" {
			t.Errorf("%s: query (-want +got):\n%s", r.Path, diff)
		}
	}

	want := map[string]any{"begin_time": "2025-01-15T16:31:16.9+08:00", "end_time": "20250115083116"}
	if diff := cmp.Diff(want, only(state, "begin_time", "end_time")); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
}

func TestProjectBackupsRead_instanceFilter(t *testing.T) {
	t.Parallel()

	instances := []dcsapitest.Instance{
		{
			ID: "orders", Name: "prod-orders", Status: "RUNNING", EnterpriseProjectID: "e1",
			Tags: []dcsapitest.Tag{{Key: "env", Value: "prod"}, {Key: "team", Value: "web"}, {Key: "critical"}},
		},
		{
			ID: "cart", Name: "prod-cart", Status: "CLOSED", Engine: "Memcached",
			Tags: []dcsapitest.Tag{{Key: "env", Value: "prod"}},
		},
		// The name is in Unicode's decomposed form, Terraform's are in the composed one.
		{ID: "cafe", Name: "test-cafe\u0301", Status: "FROZEN", Tags: []dcsapitest.Tag{{Key: "cafe\u0301", Value: "oui"}}},
		{ID: "nulls", Raw: map[string]any{
			"name": nil, "status": nil, "engine": nil, "enterprise_project_id": nil, "tags": nil,
		}},
	}

	tests := map[string]struct {
		filter map[string]any
		want   []string
	}{
		"nothing given":          {map[string]any{}, []string{"cafe", "cart", "nulls", "orders"}},
		"by ID":                  {map[string]any{"instance_id": []any{"orders", "nulls"}}, []string{"nulls", "orders"}},
		"part of a name":         {map[string]any{"name_regex": "cart"}, []string{"cart"}},
		"anchored name":          {map[string]any{"name_regex": "^cart"}, nil},
		"any name":               {map[string]any{"name_regex": ".*"}, []string{"cafe", "cart", "orders"}},
		"composed name":          {map[string]any{"name_regex": "café$"}, []string{"cafe"}},
		"by status":              {map[string]any{"status": []any{"CLOSED", "FROZEN"}}, []string{"cafe", "cart"}},
		"status of another case": {map[string]any{"status": []any{"closed"}}, nil},
		"a status that is new":   {map[string]any{"status": []any{"NEW"}}, nil},
		"by engine":              {map[string]any{"engine": []any{"Memcached"}}, []string{"cart"}},
		"by enterprise project":  {map[string]any{"enterprise_project_id": []any{"e1"}}, []string{"orders"}},
		"the default one":        {map[string]any{"enterprise_project_id": []any{"0"}}, []string{"cafe", "cart"}},
		"by tag":                 {map[string]any{"tags": map[string]any{"env": "prod"}}, []string{"cart", "orders"}},
		"by two tags":            {map[string]any{"tags": map[string]any{"env": "prod", "team": "web"}}, []string{"orders"}},
		"a tag of another value": {map[string]any{"tags": map[string]any{"env": "pro"}}, nil},
		"a tag without a value":  {map[string]any{"tags": map[string]any{"critical": ""}}, []string{"orders"}},
		"no value is not any":    {map[string]any{"tags": map[string]any{"env": ""}}, nil},
		"a tag that none has":    {map[string]any{"tags": map[string]any{"none": ""}}, nil},
		"composed tag":           {map[string]any{"tags": map[string]any{"café": "oui"}}, []string{"cafe"}},
		"all must match":         {map[string]any{"engine": []any{"Redis"}, "tags": map[string]any{"env": "prod"}}, []string{"orders"}},
		"an ID that is left out": {map[string]any{"instance_id": []any{"cart"}, "engine": []any{"Redis"}}, nil},
		"everything that matches": {map[string]any{
			"instance_id": []any{"orders"}, "name_regex": "^prod-", "status": []any{"RUNNING"}, "engine": []any{"Redis"},
			"enterprise_project_id": []any{"e1"}, "tags": map[string]any{"team": "web"},
		}, []string{"orders"}},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			p := newProject(t, instances...)
			got := slices.Sorted(maps.Keys(p.mustReadInstances(t, map[string]any{"instance_filter": test.filter})))

			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("instances (-want +got):\n%s", diff)
			}

			// The backups of others are not requested.
			p.checkRequests(t, 1, len(test.want))
		})
	}
}

func TestProjectBackupsRead_valuesThatDoNotFit(t *testing.T) {
	t.Parallel()

	const record = `{"total_num": 1, "backup_record_response": [{"backup_id": %q, "size": %q}]}`

	state, diagnostics := readRaw(t, rawProject{
		instances: `{"instance_num": 4, "instances": [
			{"instance_id": "d", "capacity": 8, "capacity_minor": "half"},
			{"instance_id": "c", "capacity": "large", "capacity_minor": ".5"},
			{"instance_id": "a", "capacity": [1], "name": {"first": "x"}, "tags": {"k": "v"}},
			{"instance_id": "b", "capacity": "16", "tags": [{"key": "k", "value": "v"}]}]}`,
		backups: map[string]string{
			"c": fmt.Sprintf(record, "c1", "big"), "a": fmt.Sprintf(record, "a1", "huge"), "b": fmt.Sprintf(record, "b1", "9"),
		},
	}, nil)

	const report = "Please report this to the provider developers: the service may have changed its API."

	warning := func(summary, detail string) providertest.Diagnostic {
		return providertest.Diagnostic{
			Severity: providertest.Warning, Path: "instances", Summary: summary, Detail: unwrap(detail + " " + report),
		}
	}

	// An instance's fields in the order of the API, then a record's. "c" comes first in the listing of instances, but what
	// a warning names of records does not depend on the order in which instances are read.
	checkDiagnostics(t, []providertest.Diagnostic{
		warning("Unreadable Instance Field name", `DCS instance "a" has a value that does not fit the field ~name~: an object.

			The field is null in state; the other fields are not affected.`),
		warning("Unreadable Instance Field capacity", `DCS instance "c" has a value that does not fit the field ~capacity~: "large". 1
			more instance is affected.

			The field is null in state; the other fields are not affected.`),
		warning("Unreadable Instance Field capacity_minor", `DCS instance "d" has a value that does not fit the field ~capacity_minor~:
			"half".

			~capacity~ is null in state where it depends on this field; the other fields are not affected.`),
		warning("Unreadable Instance Field tags", `DCS instance "a" has a value that does not fit the field ~tags~: an object.

			Tags that fit are in state; the other fields are not affected.`),
		warning("Unreadable Backup Field size", `Backup record "a1" has a value that does not fit the field ~size~: "huge". 1 more
			record is affected.

			The field is null in state; the other fields are not affected.`),
	}, diagnostics)

	got := make(map[string]map[string]any)
	for id, instance := range instancesIn(t, state) {
		got[id] = only(instance, "name", "capacity", "tags")
	}

	want := map[string]map[string]any{
		"a": {"name": nil, "capacity": nil, "tags": map[string]any{}},
		"b": {"name": nil, "capacity": int64(16), "tags": map[string]any{"k": "v"}},
		"c": {"name": nil, "capacity": nil, "tags": map[string]any{}},
		"d": {"name": nil, "capacity": int64(8), "tags": map[string]any{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("instances (-want +got):\n%s", diff)
	}
}

// One warning counts the unreadable times of all instances.
func TestProjectBackupsRead_unreadableTimes(t *testing.T) {
	t.Parallel()

	const records = `{"total_num": 2, "backup_record_response": [
		{"backup_id": "x", "created_at": "2030-01-01"}, {"backup_id": "y", "created_at": "2024-01-01T00:00:00Z"}]}`

	state, diagnostics := readRaw(t, rawProject{
		instances: `{"instance_num": 3, "instances": [{"instance_id": "a"}, {"instance_id": "b"}, {"instance_id": "c"}]}`,
		backups:   map[string]string{"a": records, "b": records, "c": records},
	}, nil)

	checkDiagnostics(t, []providertest.Diagnostic{{
		Severity: providertest.Warning, Path: "instances", Summary: "Unreadable Backup Times",
		Detail: unwrap(`3 backup records are sorted last, because their ~created_at~ is not a time with an offset from UTC.

			A newer backup than ~latest~ or ~latest_restorable~ may be among them. Please report this to the provider developers:
			the service may have changed its API.`),
	}}, diagnostics)

	for id, instance := range instancesIn(t, state) {
		if got := idOf(instance["latest"]); got != "y" {
			t.Errorf("%s: latest is %v, want y", id, got)
		}
	}
}
