// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package scenario_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/internal/client"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/scenario"
)

var start = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

func read(t *testing.T, name string) scenario.Scenario {
	t.Helper()

	got, err := scenario.Read(filepath.Join("testdata", name), start)
	if err != nil {
		t.Fatal(err)
	}

	return got
}

func TestRead_everyArgument(t *testing.T) {
	t.Parallel()

	want := scenario.Scenario{
		Region: "eu-west-101", PathPrefix: "/dcs-prefix", Order: dcsapitest.Shuffled, EmptyAs: dcsapitest.EmptyObject,
		TokenLifetime: 24 * time.Hour, KeyLifetime: 30 * time.Second,
		Metadata: dcsapitest.Metadata{Mode: dcsapitest.MetadataV1, TokenStatus: 405},
		Domains:  []dcsapitest.Domain{{ID: "domain-a", Name: "team-a"}, {ID: "domain-b", Name: "team-b"}},
		Projects: []dcsapitest.Project{
			{ID: "project-a", Name: "eu-west-101", DomainID: "domain-a"},
			{ID: "project-b", Name: "eu-west-101", DomainID: "domain-b", Disabled: true},
		},
		Keys: []dcsapitest.Key{
			{Access: "AKPERMANENT", Secret: "sk-1", DomainID: "domain-a"},
			{
				Access: "AKTEMPORARY", Secret: "sk-2", SecurityToken: "st-2", Expires: start.Add(time.Hour),
				DomainID: "domain-a",
			},
		},
		Users: []dcsapitest.User{{ID: "user-1", Name: "ops", Password: "pw", DomainID: "domain-a"}},
		Tokens: []dcsapitest.Token{{
			Value: "token-1", ProjectID: "project-a", DomainID: "domain-a",
			Expires: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
		}},
		Agencies:          []dcsapitest.Agency{{Name: "reader", DomainID: "domain-b", TrustedDomainID: "domain-a"}},
		IdentityProviders: []dcsapitest.IdentityProvider{{ID: "idp-1", IDTokens: []string{"id-token-1"}, DomainID: "domain-a"}},
		Instances: []dcsapitest.Instance{{
			ID: "instance-1", ProjectID: "project-a", Name: "orders", Status: "FROZEN", Engine: "Memcached",
			EngineVersion: "1.4", SpecCode: "spec", Capacity: 4, CapacityMinor: ".5",
			CreatedAt: start.Add(-30 * 24 * time.Hour), EnterpriseProjectID: "enterprise-1",
			Tags: []dcsapitest.Tag{{Key: "environment", Value: "prod"}, {Key: "team"}}, Raw: map[string]any{"publicip_id": map[string]any{}},
			Backups: append([]dcsapitest.Backup{{
				ID: "backup-1", Name: "nightly", Type: "auto", Format: "rdb", InstanceID: "instance-1", Size: 9007199254740993,
				Period: "22:00-23:00", CreatedAt: start.Add(-26 * time.Hour), UpdatedAt: start.Add(-25 * time.Hour),
				Progress: "100.00", Status: "succeed", Restorable: true,
				Raw: map[string]any{
					"size": "9007199254740993", "a_new_field": []any{json.Number("1"), json.Number("2")}, "period": dcsapitest.Absent,
				},
			}}, dcsapitest.Generator{
				Seed: 7, Newest: start.Add(-72 * time.Hour), Interval: 24 * time.Hour, Types: []string{"manual"},
				Formats: []string{"aof"}, Statuses: []string{"failed", "expired"}, HugeSizes: true,
			}.Backups(5)...),
		}, func() dcsapitest.Instance {
			i := dcsapitest.GenerateInstances(1, 2, 3)[0]
			i.ProjectID = "project-b"

			return i
		}()},
		Faults: []dcsapitest.Fault{
			{Effect: fault.TotalTooHigh{N: 2}, Operation: dcsapitest.ListBackupRecords, Instance: "instance-1"},
			{Effect: fault.Throttled{RetryAfter: time.Second, Form: "date", Message: "limit:200,time:5 minute"}, Path: "/v2/", From: 3, Count: 2},
			{Effect: fault.Status{Status: 503, Code: "APIGW.0613", Message: "IAM is unavailable", Shape: dcsapitest.ShapeGateway}, From: 9},
			{Effect: fault.ClockSkew{Duration: -3 * time.Hour}, From: 20},
			{Effect: fault.Redirect{Location: "http://198.51.100.7/"}, From: 21},
			{Effect: fault.TotalValue{Value: "[]"}, From: 22},
		},
	}

	for _, name := range []string{"everything.json", "everything.hcl"} {
		if diff := cmp.Diff(want, read(t, name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestScenario_isServed(t *testing.T) {
	t.Parallel()
	s := dcsapitest.New(append(read(t, "everything.json").Options(),
		dcsapitest.WithClock(func() time.Time { return start }))...)
	c := client.New(t, s)
	c.Key = dcsapitest.Key{Access: "AKPERMANENT", Secret: "sk-1"}

	const path = "/dcs-prefix/v2/project-a/instances/instance-1/backups"

	got := c.Get(path)
	if p := got.Page(t); p.Total != "8" || len(p.IDs) != 6 {
		t.Errorf("total %s of %d records", p.Total, len(p.IDs))
	}

	if !strings.Contains(got.Body, `"size":"9007199254740993"`) || !strings.Contains(got.Body, `"error_code":{}`) {
		t.Errorf("body %s", got.Body)
	}

	c.Key = dcsapitest.Key{Access: dcsapitest.AccessKey, Secret: dcsapitest.SecretKey}
	c.Get(path).WantError(t, http.StatusUnauthorized, "not exist") // the default key is gone

	env := strings.Join(s.Environment(), " ")
	for _, setting := range []string{
		"HW_REGION_NAME=eu-west-101", "HW_ACCESS_KEY=AKPERMANENT", "HW_SECRET_KEY=sk-1",
		"HW_AUTH_URL=http://127.0.0.1/dcs-prefix", "HUAWEICLOUD_SDK_REGION_DCS_EU_WEST_101=http://127.0.0.1/dcs-prefix",
		"HUAWEICLOUD_SDK_STS_ENDPOINT=http://127.0.0.1/dcs-prefix", "HW_METADATA_ENDPOINT=http://127.0.0.1/dcs-prefix",
	} {
		if !strings.Contains(env, setting) {
			t.Errorf("environment %s lacks %s", env, setting)
		}
	}
}

func TestScenario_ofAFleet(t *testing.T) {
	t.Parallel()
	s := dcsapitest.New(read(t, "fleet.json").Options()...)

	c := client.New(t, s)
	for instance, status := range map[string]int{
		"5560df16-cebf-4473-95c4-d1b573c16e79": 200,
		"0d1c6a5e-7b1f-4a43-9a27-3f8a9ed7b7f2": 200,
		"c3b9a0f4-2f0e-4c5a-8a55-61a2a7b1c0de": 204,
		"7d5f2b90-93f5-4a3c-b1a7-2d2f6b2f7c11": 400,
	} {
		if got := c.Get("/v2/" + dcsapitest.ProjectID + "/instances/" + instance + "/backups"); got.Status != status {
			t.Errorf("%s: %d %s, want %d", instance, got.Status, got.Body, status)
		}
	}

	backups := s.Backups("5560df16-cebf-4473-95c4-d1b573c16e79")
	if len(backups) != 26 || backups[0].Remark != "before the release" || !backups[0].Restorable ||
		!backups[0].CreatedAt.Equal(start.Add(-time.Hour)) {
		t.Errorf("%d backups, the newest %+v", len(backups), backups[0])
	}
}

func TestParse_makesUpWhatIsNotGiven(t *testing.T) {
	t.Parallel()

	got, err := scenario.Parse([]byte(`{"instances": [
		{"id": "a", "generate": [{"count": 1}], "backups": [{}, {"status": "failed"}]},
		{"id": "b", "generate": [{"count": 1}]}
	]}`), "", start)
	if err != nil {
		t.Fatal(err)
	}

	seen := map[string]bool{}
	for _, b := range slices.Concat(got.Instances[0].Backups, got.Instances[1].Backups) {
		if !b.CreatedAt.Equal(start) || b.Name != "backup_20250601200000" || seen[b.ID] {
			t.Errorf("created at %s, name %s, ID %s", b.CreatedAt, b.Name, b.ID)
		}

		seen[b.ID] = true
	}

	listed := got.Instances[0].Backups[:2]
	if !listed[0].Restorable || listed[1].Restorable || listed[1].ErrorCode == "" {
		t.Errorf("listed backups %+v", listed)
	}
}

// Scenario files are kept for longer than effects: a name that was good stays so.
func TestParse_namesOfFaults(t *testing.T) {
	t.Parallel()

	const names = `
		captive-portal clock-skew cut-body cut-chunked cut-gzip deny-backup-list deny-project-list echo-secrets
		empty-array empty-body empty-page endless-body garbage-json gzip gzip-bomb key-locked latency missing-array
		newest-vanishes no-date no-request-id null-array null-elements offset-ignored page-cap rate-limit
		record-appears record-vanishes redirect reset-after-headers reset-before-headers reset-in-body
		reset-in-headers silence slow-drip stall status throttled total-absent total-absurd total-float
		total-negative total-page-count total-string total-too-high total-too-low total-value wrong-content-type`

	former := map[string]dcsapitest.Effect{
		"total-absurd": fault.TotalValue{Value: "1000000000"}, "total-float": fault.TotalValue{Value: "1e300"},
		"total-negative": fault.TotalValue{Value: "-1"},
	}

	for name := range strings.FieldsSeq(names) {
		got, err := scenario.Parse([]byte(`{"faults": [{"name": "`+name+`"}]}`), "f", start)
		if err != nil {
			t.Error(err)
			continue
		}

		effect := got.Faults[0].Effect
		if want, ok := former[name]; ok && effect != want || !ok && dcsapitest.EffectName(effect) != name {
			t.Errorf("%s is %#v", name, effect)
		}
	}
}

// TestParse_guide reads the scenarios that the guide prints, and looks up the faults that it names.
func TestParse_guide(t *testing.T) {
	t.Parallel()

	guide, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "guides", "try-without-an-account.md"))
	if err != nil {
		t.Fatal(err)
	}

	scenarios := regexp.MustCompile("(?s)```(?:json|terraform)\n([{]|instances )(.*?)```").FindAllSubmatch(guide, -1)
	for _, found := range scenarios {
		if _, err := scenario.Parse(slices.Concat(found[1], found[2]), "guide", start); err != nil {
			t.Errorf("%v in\n%s%s", err, found[1], found[2])
		}
	}

	_, table, _ := strings.Cut(string(guide), "| fault | what happens |")
	table, _, _ = strings.Cut(table, "\n\n")

	cells := regexp.MustCompile("(?m)^[|] (`[^|]+) [|]").FindAllStringSubmatch(table, -1)
	for _, cell := range cells {
		for name := range strings.SplitSeq(cell[1], ", ") {
			if fault.Named(strings.Trim(name, "`")) == nil {
				t.Errorf("there is no fault %s", name)
			}
		}
	}

	if len(scenarios) != 4 || len(cells) < 10 {
		t.Errorf("found %d scenarios and %d rows of faults", len(scenarios), len(cells))
	}
}

func TestParse_errorsNameThePosition(t *testing.T) {
	t.Parallel()

	instance := func(members string) string { return `{"instances": [{"id": "a", ` + members + `}]}` }
	backup := func(members string) string { return instance(`"backups": [{` + members + `}]`) }
	generate := func(members string) string { return instance(`"generate": [{` + members + `}]`) }

	for name, row := range map[string]struct{ file, says string }{
		"not closed":       {"{\n  \"region\": \"x\"\n", "f:1,1-2: Unclosed object"},
		"comma too many":   {"{\n  \"region\": \"x\",\n}", "f:2,16-17: Trailing comma in object"},
		"text behind":      {`{} {}`, "f:1,4-5: Extraneous data after value"},
		"unknown argument": {"{\n \"regoin\": \"x\"}", `f:2,2-10: Extraneous JSON object property; No argument or block type is named "regoin"`},
		"other case":       {`{"Region": "x"}`, `"Region"`},
		"twice":            {`{"region": "x", "region": "y"}`, `f:1,17-25: Duplicate argument; The argument "region"`},
		"wrong type":       {`{"region": [1]}`, "f:1,12-13: Unsuitable value type; Unsuitable value: string required, but have tuple"},
		"no object":        {`{"keys": 1}`, "f:1,10-11: Incorrect JSON value type"},
		"deep":             {`{"instances": [{"id": "a"}, {"id": "b", "x": 1}]}`, `f:1,41-44: Extraneous JSON object property`},
		"missing argument": {`{"instances": [{}]}`, `The argument "id" is required`},
		"empty argument":   {`{"instances": [{"id": ""}]}`, "f:1,23-25: Invalid Scenario; id must not be empty."},
		"null argument":    {`{"instances": [{"id": null}]}`, "id must not be empty."},
		"bad time":         {backup(`"created_at": "yesterday"`), `created_at: "yesterday" is neither an RFC 3339 time nor`},
		"bad status":       {backup(`"status": "done"`), `status must be one of waiting, backuping, succeed, failed, expired, deleted. Got: "done".`},
		"bad size":         {backup(`"size": 1.5`), "f:1,49-52: Unsuitable value type; Unsuitable value: value must be a whole number"},
		"absurd number":    {backup(`"raw": {"size": [1e99999]}`), "raw: the number is out of range."},
		"absurd text":      {`{"region": 1e99999}`, "region: the number is out of range."},
		"size too large":   {backup(`"size": 9223372036854775808`), "f:1,49-68: Unsuitable value type; Unsuitable value: value must be a whole number"},
		"raw is no object": {backup(`"raw": 1`), "raw: an object is required."},
		"tag":              {instance(`"tags": {"k": [1]}`), `element "k": string required`},
		"too many":         {generate(`"count": 100001`), "count must be 0 to 100000. Got: 100001."},
		"negative count":   {generate(`"count": -1`), "count must be 0 to 100000. Got: -1."},
		"bad type":         {generate(`"count": 1, "types": ["x"]`), `types must be one of manual, auto. Got: "x".`},
		"bad interval":     {generate(`"count": 1, "interval": "-1s"`), "interval must be positive. Got: -1s."},
		"many instances":   {`{"generate": [{"count": 100001}]}`, "f:1,25-31: Invalid Scenario; count must be 0 to 100000. Got: 100001."},
		"many backups":     {`{"generate": [{"count": 1001, "backups": 1000}]}`, "count times backups must be at most 200000. Got: 1001 and 1000."},
		"unknown project":  {instance(`"project_id": "x"`), `There is no project "x". The projects are 0123`},
		"instance twice":   {`{"instances": [{"id": "a"}, {"id": "a"}]}`, `Another instance has the ID "a" too.`},
		"bad duration":     {`{"token_lifetime": "soon"}`, `token_lifetime: "soon" is not a duration`},
		"bad days":         {`{"token_lifetime": "999999d"}`, `token_lifetime: "999999d" is not a duration`},
		"negative":         {`{"key_lifetime": "-1s"}`, "key_lifetime must be positive. Got: -1s."},
		"parameter's sign": {`{"faults": [{"name": "latency", "duration": "-1s"}]}`, "duration must be positive. Got: -1s."},
		"too many records": {`{"faults": [{"name": "record-appears", "n": 100001}]}`, "n must be 0 to 100000. Got: 100001."},
		"status":           {`{"faults": [{"name": "status", "status": 99}]}`, "status must be 200 to 599. Got: 99."},
		"shape":            {`{"faults": [{"name": "status", "shape": "round"}]}`, "shape must be one of dcs, "},
		"negative from":    {`{"faults": [{"name": "status", "from": -1}]}`, "from must be 0 to "},
		"bad prefix":       {`{"path_prefix": "x"}`, `path_prefix must be a path such as "/dcs-prefix". Got: "x".`},
		"wildcard prefix":  {`{"path_prefix": "/{x}"}`, `path_prefix must be a path`},
		"bad token status": {`{"metadata": {"mode": "v1", "token_status": 500}}`, `token_status must be one of 404, 405, 503. Got: "500".`},
		"bad mode":         {`{"metadata": {"mode": "v3"}}`, `mode must be one of off, v1, v2, no-agency. Got: "v3".`},
		"two metadata":     {`{"metadata": [{"mode": "v1"}, {"mode": "v2"}]}`, "Only one block metadata is allowed."},
		"unknown fault":    {`{"faults": [{"name": "reset"}]}`, `There is no fault "reset". The faults are captive-portal, `},
		"operation":        {`{"faults": [{"name": "silence", "operation": "x"}]}`, `there is no operation "x"`},
		"parameter":        {`{"faults": [{"name": "silence", "n": 1}]}`, `f:1,33-36: Extraneous JSON object property; No argument or block type is named "n"`},
		"parameter's type": {`{"faults": [{"name": "page-cap", "n": -1}]}`, "f:1,39-41: Unsuitable value type; Unsuitable value: value must be a whole number"},
		"parameter's form": {`{"faults": [{"name": "throttled", "form": "soon"}]}`, `form must be one of seconds, date. Got: "soon".`},
		"no name":          {`{"faults": [{}]}`, `The argument "name" is required`},
		"HCL":              {"region = \"x\"\nregoin = 1\n", `f:2,1-7: Unsupported argument; An argument named "regoin" is not expected here.`},
		"HCL reference":    {"region = var.x\n", "f:1,10-13: Variables not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := scenario.Parse([]byte(row.file), "f", start)
			if err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("got %v, want %s", err, row.says)
			}
		})
	}
}

func TestRead_reportsEveryProblem(t *testing.T) {
	t.Parallel()

	file := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(file, []byte(`{"region": [], "order": "up", "keys": [{}], "instances": [{"id": "a", "backups": [{"status": "done"}]}]}`), 0o600); err != nil {
		t.Fatal(err)
	}

	_, err := scenario.Read(file, start)
	if err == nil || strings.Count(err.Error(), "\n") != 4 || strings.Count(err.Error(), file+":1,") != 5 {
		t.Errorf("got %v, want five lines that name the file and the position", err)
	}

	if _, err := scenario.Read(filepath.Join(t.TempDir(), "none.json"), start); err == nil {
		t.Error("no error for a file that does not exist")
	}
}

// FuzzParse looks for files that are accepted and whose server then fails, and for panics.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"fleet.json", "everything.json", "everything.hcl"} {
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
	f.Fuzz(func(t *testing.T, src []byte) {
		parsed, err := scenario.Parse(src, "f", start)
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("an error that says nothing")
			}

			return
		}

		backups := 0
		for _, i := range parsed.Instances {
			backups += 1 + len(i.Backups)
		}

		if backups > 1000 {
			return // right, but slow
		}

		faults := parsed.Faults
		parsed.Faults = nil

		s := dcsapitest.New(parsed.Options()...)
		c := client.New(t, s)

		for _, i := range parsed.Instances {
			project := i.ProjectID
			if project == "" && len(parsed.Projects) > 0 {
				project = parsed.Projects[0].ID
			}

			s.AddProject(dcsapitest.Project{ID: project, Name: "fuzz"})
			s.AddToken(dcsapitest.Token{Value: "fuzz", ProjectID: project})

			r := c.Unsigned("GET", parsed.PathPrefix+"/v2/"+url.PathEscape(project)+"/instances", "")
			r.Header.Set("X-Auth-Token", "fuzz")

			if got := c.Do(r); got.Err == nil && got.Status == 200 && !json.Valid([]byte(got.Body)) {
				t.Errorf("the instances of %q are sent as %s", project, got.Body)
			}
		}

		for _, f := range faults {
			s.Inject(f)
		}
	})
}
