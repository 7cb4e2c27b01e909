// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var scenarioNow = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

func readScenario(t *testing.T, name string) Scenario {
	t.Helper()

	scenario, err := ReadScenario(filepath.Join("testdata", name), scenarioNow)
	if err != nil {
		t.Fatal(err)
	}

	return scenario
}

func TestScenarioWithEveryKey(t *testing.T) {
	t.Parallel()
	got := readScenario(t, "everything.json")

	want := Scenario{
		Region: "eu-west-101", PathPrefix: "/dcs-prefix", Order: Shuffled, EmptyAs: EmptyObject,
		TokenLifetime: 24 * time.Hour, KeyLifetime: 30 * time.Second,
		Metadata: Metadata{Mode: MetadataV1, TokenStatus: 405},
		Domains:  []Domain{{ID: "domain-a", Name: "team-a"}, {ID: "domain-b", Name: "team-b"}},
		Projects: []Project{
			{ID: "project-a", Name: "eu-west-101", DomainID: "domain-a"},
			{ID: "project-b", Name: "eu-west-101", DomainID: "domain-b", Disabled: true},
		},
		Keys: []Key{
			{Access: "AKPERMANENT", Secret: "sk-1", DomainID: "domain-a"},
			{
				Access: "AKTEMPORARY", Secret: "sk-2", SecurityToken: "st-2", Expires: scenarioNow.Add(time.Hour),
				DomainID: "domain-a",
			},
		},
		Users: []User{{ID: "user-1", Name: "ops", Password: "pw", DomainID: "domain-a"}},
		Tokens: []Token{{
			Value: "token-1", ProjectID: "project-a", DomainID: "domain-a",
			Expires: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
		}},
		Agencies:          []Agency{{Name: "reader", DomainID: "domain-b", TrustedDomainID: "domain-a"}},
		IdentityProviders: []IdentityProvider{{ID: "idp-1", IDTokens: []string{"id-token-1"}, DomainID: "domain-a"}},
		Instances: []Instance{{
			ID: "instance-1", ProjectID: "project-a", Name: "orders", Status: "FROZEN", Engine: "Memcached",
			EngineVersion: "1.4", SpecCode: "spec", Capacity: 4, CapacityMinor: ".5",
			CreatedAt: scenarioNow.Add(-30 * 24 * time.Hour), EnterpriseProjectID: "enterprise-1",
			Tags: []Tag{{"environment", "prod"}, {"team", ""}}, Raw: map[string]any{"publicip_id": json.RawMessage("{}")},
			Backups: append([]Backup{{
				ID: "backup-1", Name: "nightly", Type: "auto", Format: "rdb", InstanceID: "instance-1", Size: 9007199254740993,
				Period: "22:00-23:00", CreatedAt: scenarioNow.Add(-26 * time.Hour), UpdatedAt: scenarioNow.Add(-25 * time.Hour),
				Progress: "100.00", Status: "succeed", Restorable: true,
				Raw: map[string]any{
					"size": json.RawMessage(`"9007199254740993"`), "a_new_field": json.RawMessage(`[1, 2]`), "period": Absent,
				},
			}}, Generator{
				Seed: 7, Newest: scenarioNow.Add(-72 * time.Hour), Interval: 24 * time.Hour, Types: []string{"manual"},
				Formats: []string{"aof"}, Statuses: []string{"failed", "expired"}, HugeSizes: true,
			}.Backups(5)...),
		}, func() Instance {
			i := GenerateInstances(1, 2, 3)[0]
			i.ProjectID = "project-b"

			return i
		}()},
		Faults: []Fault{
			{Name: TotalTooHigh, N: 2, Operation: ListBackupRecords, Instance: "instance-1"},
			{
				Name: Throttled, Path: "/v2/", From: 3, Count: 2, RetryAfter: time.Second, Form: "date",
				Message: "limit:200,time:5 minute",
			},
			{Name: StatusError, From: 9, Status: 503, Code: "APIGW.0613", Message: "IAM is unavailable", Shape: ShapeGateway},
			{Name: ClockSkew, From: 20, Duration: -3 * time.Hour},
			{Name: Redirect, From: 21, Location: "http://198.51.100.7/"},
			{Name: TotalValue, From: 22, Value: "[]"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want, got:\n%s", diff)
	}
}

func TestScenarioIsServed(t *testing.T) {
	t.Parallel()
	s := New(WithScenario(readScenario(t, "everything.json")), WithClock(func() time.Time { return scenarioNow }))
	c := newCaller(t, s)
	c.key = Key{Access: "AKPERMANENT", Secret: "sk-1"}

	const path = "/dcs-prefix/v2/project-a/instances/instance-1/backups"

	got := c.get(path)
	if p := got.page(t); string(p.Total) != "8" || len(p.Records) != 6 {
		t.Errorf("total %s of %d records", p.Total, len(p.Records))
	}

	if !strings.Contains(got.body, `"size":"9007199254740993"`) || !strings.Contains(got.body, `"error_code":{}`) {
		t.Errorf("body %s", got.body)
	}

	c.key = Key{Access: AccessKey, Secret: SecretKey}
	c.get(path).wantError(t, http.StatusUnauthorized, "not exist") // the default key is gone

	env := strings.Join(s.Environment(), " ")
	for _, setting := range []string{
		"HW_REGION_NAME=eu-west-101", "HW_ACCESS_KEY=AKPERMANENT", "HW_SECRET_KEY=sk-1",
		"HW_AUTH_URL=http://127.0.0.1/dcs-prefix", "HW_METADATA_ENDPOINT=http://127.0.0.1/dcs-prefix",
	} {
		if !strings.Contains(env, setting) {
			t.Errorf("environment %s lacks %s", env, setting)
		}
	}
}

func TestScenarioOfAFleet(t *testing.T) {
	t.Parallel()
	s := New(WithScenario(readScenario(t, "fleet.json")))

	c := newCaller(t, s)
	for instance, status := range map[string]int{
		"5560df16-cebf-4473-95c4-d1b573c16e79": 200,
		"0d1c6a5e-7b1f-4a43-9a27-3f8a9ed7b7f2": 200,
		"c3b9a0f4-2f0e-4c5a-8a55-61a2a7b1c0de": 204,
		"7d5f2b90-93f5-4a3c-b1a7-2d2f6b2f7c11": 400,
	} {
		if got := c.get("/v2/" + ProjectID + "/instances/" + instance + "/backups"); got.status != status {
			t.Errorf("%s: %d %s, want %d", instance, got.status, got.body, status)
		}
	}

	backups := s.Backups("5560df16-cebf-4473-95c4-d1b573c16e79")
	if len(backups) != 26 || backups[0].Remark != "before the release" || !backups[0].Restorable ||
		!backups[0].CreatedAt.Equal(scenarioNow.Add(-time.Hour)) {
		t.Errorf("%d backups, the newest %+v", len(backups), backups[0])
	}
}

func TestScenarioMakesUpWhatItDoesNotSay(t *testing.T) {
	t.Parallel()

	scenario, err := ParseScenario([]byte(`{"instances": [
		{"id": "a", "generate": [{"count": 1}], "backups": [{}, {"status": "failed"}]},
		{"id": "b", "generate": [{"count": 1}]}
	]}`), scenarioNow)
	if err != nil {
		t.Fatal(err)
	}

	seen := map[string]bool{}
	for _, b := range slices.Concat(scenario.Instances[0].Backups, scenario.Instances[1].Backups) {
		if !b.CreatedAt.Equal(scenarioNow) || b.Name != "backup_20250601200000" || seen[b.ID] {
			t.Errorf("created at %s, name %s, ID %s", b.CreatedAt, b.Name, b.ID)
		}

		seen[b.ID] = true
	}

	listed := scenario.Instances[0].Backups[:2]
	if !listed[0].Restorable || listed[1].Restorable || listed[1].ErrorCode == "" {
		t.Errorf("listed backups %+v", listed)
	}
}

func TestScenarioErrorsNameThePlace(t *testing.T) {
	t.Parallel()

	backup := func(members string) string { return `{"instances": [{"id": "a", "backups": [{` + members + `}]}]}` }
	generate := func(members string) string { return `{"instances": [{"id": "a", "generate": [{` + members + `}]}]}` }

	const inBackup, inGenerate = "instances[0].backups[0].", "instances[0].generate[0]."
	for name, row := range map[string]struct{ file, says string }{
		"empty file":       {``, "unexpected end"},
		"not closed":       {"{\n  \"region\": \"x\"\n", "line 3, column 1: unexpected end of JSON input"},
		"comma too many":   {"{\n  \"region\": \"x\",\n}", "line 3, column 1: invalid character '}'"},
		"text behind":      {`{} {}`, "line 1, column 4: invalid character"},
		"no object":        {`[]`, "the file: must be an object, not a list"},
		"unknown key":      {`{"regoin": "x"}`, `regoin: there is no such key; the keys here are "region", "path_prefix"`},
		"other case":       {`{"Region": "x"}`, "Region: there is no such key"},
		"twice":            {`{"region": "x", "region": "y"}`, `the file: has the key "region" twice`},
		"wrong type":       {`{"region": 1}`, "region: must be a string, not 1"},
		"null":             {`{"region": null}`, "region: must be a string, not null"},
		"no list":          {`{"keys": {}}`, "keys: must be a list, not an object"},
		"deep unknown key": {`{"instances": [{"id": "a"}, {"id": "b", "x": 1}]}`, "instances[1].x: there is no such key"},
		"missing key":      {`{"instances": [{}]}`, `instances[0]: needs the key "id"`},
		"empty key":        {`{"instances": [{"id": ""}]}`, "instances[0].id: must not be empty"},
		"bad time":         {backup(`"created_at": "yesterday"`), inBackup + `created_at: "yesterday" is neither`},
		"bad status":       {backup(`"status": "done"`), inBackup + `status: "done" must be one of "waiting"`},
		"bad size":         {backup(`"size": 1.5`), inBackup + "size: must be a whole number, not 1.5"},
		"negative size":    {backup(`"size": -1`), inBackup + "size: must not be negative"},
		"raw is no object": {backup(`"raw": 1`), inBackup + "raw: must be an object"},
		"too many":         {generate(`"count": 100001`), inGenerate + "count: must be 0 to 100000"},
		"many instances":   {`{"generate": [{"count": 100001}]}`, "generate[0].count: must be at most 100000"},
		"many backups":     {`{"generate": [{"count": 1001, "backups": 1000}]}`, "times backups at most 1000000"},
		"tag":              {`{"instances": [{"id": "a", "tags": {"k": 1}}]}`, "instances[0].tags.k: must be a string"},
		"operation":        {`{"faults": [{"name": "silence", "operation": "x"}]}`, `there is no operation "x"`},
		"count too large":  {generate(`"count": 3000000000`), inGenerate + "count: must be at most"},
		"bad interval":     {generate(`"count": 1, "interval": "0s"`), inGenerate + "interval: must be positive"},
		"unknown project": {
			`{"instances": [{"id": "a", "project_id": "x"}]}`,
			`instances[0]: there is no project "x"; the projects are "0123`,
		},
		"instance twice": {
			`{"instances": [{"id": "a"}, {"id": "a"}]}`,
			`instances[1]: another instance has the id "a" too`,
		},
		"bad duration": {`{"token_lifetime": "soon"}`, `token_lifetime: "soon" is no duration`},
		"bad days":     {`{"token_lifetime": "999999d"}`, `token_lifetime: "999999d" is no duration`},
		"bad prefix":   {`{"path_prefix": "x"}`, `path_prefix: "x" is no path`},
		"bad token status": {
			`{"metadata": {"mode": "v1", "token_status": 500}}`, "metadata.token_status: must be 404, 405 or 503",
		},
		"bad mode":          {`{"metadata": {"mode": "v3"}}`, `metadata.mode: "v3" must be one of`},
		"unknown fault":     {`{"faults": [{"name": "reset"}]}`, `faults[0]: there is no fault "reset"; the faults are`},
		"fault's parameter": {`{"faults": [{"name": "silence", "n": 1}]}`, `faults[0]: fault "silence" has no parameter "n"`},
		"fault without":     {`{"faults": [{}]}`, `faults[0]: needs the key "name"`},
		"long value":        {`{"region": 1` + strings.Repeat("0", 99) + `}`, `not "1` + strings.Repeat("0", 39) + `"…`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := ParseScenario([]byte(row.file), scenarioNow)
			if err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("error %v, want %s", err, row.says)
			}
		})
	}
}

func TestScenarioErrorsAreAllTold(t *testing.T) {
	t.Parallel()

	file := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(file, []byte(`{"region": 1, "order": "up", "keys": [{}]}`), 0o600); err != nil {
		t.Fatal(err)
	}

	_, err := ReadScenario(file, scenarioNow)

	want := "scenario " + file + ":\nregion: "
	if err == nil || strings.Count(err.Error(), "\n") != 4 || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want the file and four lines", err)
	}

	if _, err := ReadScenario(filepath.Join(t.TempDir(), "none.json"), scenarioNow); err == nil {
		t.Error("no error for a file that does not exist")
	}
}

// FuzzScenario looks for files that are accepted and then cannot be served, and for panics on the way.
func FuzzScenario(f *testing.F) {
	for _, name := range []string{"fleet.json", "everything.json"} {
		seed, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}

		f.Add(seed)
	}

	f.Add([]byte(`{"faults": [{"name": "null-elements", "n": 9223372036854775807}],
		"instances": [{"id": "a", "generate": [{"count": 3}]}]}`))
	f.Add([]byte(`{"instances": [{"id": "a",
		"backups": [{"raw": {"": null, "size": {}}, "absent": ["", "size"], "created_at": "-3d"}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		scenario, err := ParseScenario(data, scenarioNow)
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("an error that says nothing")
			}

			return
		}

		backups := 0
		for _, i := range scenario.Instances {
			backups += len(i.Backups)
		}

		if backups > 1000 {
			return // right, but slow
		}

		faults := scenario.Faults
		scenario.Faults = nil

		s := New(WithScenario(scenario))
		for _, i := range scenario.Instances {
			for n, b := range s.Backups(i.ID) {
				encoded, err := b.encode(s.emptyAs)
				if err != nil || !json.Valid(encoded) {
					t.Errorf("backup %d of %q is sent as %s, error %v", n, i.ID, encoded, err)
				}
			}
		}

		for _, f := range faults {
			s.Inject(f)
		}
	})
}
