// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/scenario"
)

const (
	examplesFolder = repository + "/examples"

	// Instances of examples/local/scenario.json.
	healthyInstance = "5560df16-cebf-4473-95c4-d1b573c16e79"
	staleInstance   = "7d1b2a58-9a1e-4f0e-8d6f-0c7c3f1f2b44"
	emptyInstance   = "c0ffee00-3b1c-4d2e-9f3a-5a6b7c8d9e0f"
)

// formattedOnly are the examples that cannot be run here, because they need the huaweicloud provider.
var formattedOnly = []string{
	"guides/move-from-huaweicloud/before",
	"guides/move-from-huaweicloud/side-by-side",
	"guides/restore-the-newest-backup/huaweicloud",
}

// TestAccExamples validates and plans every example with the real CLI against the local endpoint, and proves what the
// guides say of them.
func TestAccExamples(t *testing.T) {
	t.Parallel()

	c := newCLI(t)

	for _, e := range findExamples(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()

			e.checkSources(t)

			if slices.Contains(formattedOnly, e.name) {
				return
			}

			if strings.Contains(e.text, "ephemeral = true") {
				c.atLeast(t, 10, 11)
			}

			switch {
			case e.name == privateCloud:
				planInPrivateCloud(t, &c, e)
			case strings.HasPrefix(e.name, "provider/"):
				logIn(t, &c, e)
			default:
				plan(t, &c, e)
			}
		})
	}

	for name, prove := range proofs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prove(t, &c)
		})
	}
}

func TestAccExamples_areFormatted(t *testing.T) {
	t.Parallel()

	folder, err := filepath.Abs(examplesFolder)
	if err != nil {
		t.Fatal(err)
	}

	c := cli{path: findCLI(t)}
	if diff, code := c.workspace(t).run("fmt", "-check", "-diff", "-recursive", folder); code != 0 {
		t.Errorf("Run make fmt:\n%s", diff)
	}
}

// example is a configuration: a folder, or a file that is to be read on its own.
type example struct {
	name  string // Relative to the examples folder.
	files []string
	text  string
}

// findExamples walks the examples, so that none can be forgotten.
func findExamples(t *testing.T) []example {
	t.Helper()

	found := make(map[string]*example)

	err := filepath.WalkDir(examplesFolder, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == ".terraform" {
			return fs.SkipDir
		}

		if err != nil || entry.IsDir() || filepath.Ext(file) != ".tf" {
			return err
		}

		name := exampleOf(t, file)
		if found[name] == nil {
			found[name] = &example{name: name}
		}

		found[name].files = append(found[name].files, file)
		found[name].text += readFile(t, file)

		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	examples := make([]example, 0, len(found))

	for _, name := range slices.Sorted(maps.Keys(found)) {
		examples = append(examples, *found[name])
	}

	return examples
}

// exampleOf names the example that a file belongs to. The files of a page of the documentation stand alone.
func exampleOf(t *testing.T, file string) string {
	t.Helper()

	name, err := filepath.Rel(examplesFolder, file)
	if err != nil {
		t.Fatal(err)
	}

	name = filepath.ToSlash(name)
	if strings.HasPrefix(name, "provider/") || strings.HasPrefix(name, "data-sources/") {
		return name
	}

	return path.Dir(name)
}

var source = regexp.MustCompile(`source\s*=\s*"([^"]+)"`)

// checkSources fails where an example is left out for no reason, or should be.
func (e *example) checkSources(t *testing.T) {
	t.Helper()

	foreign := slices.ContainsFunc(source.FindAllStringSubmatch(e.text, -1), func(match []string) bool {
		return match[1] != providerAddress
	})
	if listed := slices.Contains(formattedOnly, e.name); foreign != listed {
		t.Errorf("%s needs another provider: %t, but it is among those that cannot be run here: %t", e.name, foreign, listed)
	}
}

// scenario is what the example is planned against: that in its folder, or the one that all share.
func (e *example) scenario(t *testing.T) scenario.Scenario {
	t.Helper()

	file := filepath.Join(examplesFolder, filepath.FromSlash(e.name), "scenario.json")
	if _, err := os.Stat(file); err != nil {
		file = filepath.Join(examplesFolder, "local", "scenario.json")
	}

	loaded, err := scenario.Read(file, time.Now())
	if err != nil {
		t.Fatal(err)
	}

	return loaded
}

func (e *example) endpoint(t *testing.T) *dcsapitest.Server {
	t.Helper()

	server := dcsapitest.ForTest(t, e.scenario(t).Options()...)

	if e.name == "data-sources/dcs_instance_backups/data-source_region.tf" {
		const project = "89abcdef0123456789abcdef01234567"

		server.AddProject(dcsapitest.Project{ID: project, Name: "ap-southeast-3"})
		server.AddInstance(dcsapitest.Instance{ID: healthyInstance, ProjectID: project})
	}

	return server
}

// open copies the example into a workspace, with what a reader adds to it.
func (e *example) open(t *testing.T, c *cli, env []string) *workspace {
	t.Helper()

	w := c.workspace(t, slices.Concat(env, variables(t, e.scenario(t).Instances[0].ID))...)

	for _, file := range e.files {
		w.write(filepath.Base(file), readFile(t, file))
	}

	if !strings.Contains(e.text, "required_providers") {
		w.write("versions.tf",
			"terraform {\n  required_providers {\n    dcs = {\n      source = \""+providerAddress+"\"\n    }\n  }\n}\n")
	}

	return w
}

// variables are the values of all input variables of the examples.
func variables(t *testing.T, instance string) []string {
	t.Helper()

	values := map[string]any{
		"instance_id": instance,
		"instances": map[string]any{
			"orders":   map[string]string{"id": healthyInstance},
			"sessions": map[string]string{"id": staleInstance},
			"reports":  map[string]string{"id": emptyInstance, "region": dcsapitest.Region},
		},
		"access_key": dcsapitest.AccessKey,
		"secret_key": dcsapitest.SecretKey,
		"temporary_key": map[string]string{
			"access_key": temporaryKey.Access, "secret_key": temporaryKey.Secret, "security_token": temporaryKey.SecurityToken,
		},
		"token":    iamToken,
		"password": dcsapitest.Password,
	}

	var env []string

	for name, value := range values {
		text, isText := value.(string)
		if !isText {
			encoded, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}

			text = string(encoded)
		}

		env = append(env, "TF_VAR_"+name+"="+text)
	}

	return env
}

// plan validates and plans an example that leaves logging in to the environment.
func plan(t *testing.T, c *cli, e example) {
	t.Helper()

	w, server := e.start(t, c)
	w.must("validate")
	w.must("plan")
	checkListings(t, server)
}

// checkListings fails unless backups were asked for, and every request was answered with some or with none.
func checkListings(t *testing.T, server *dcsapitest.Server) {
	t.Helper()

	listings := server.RequestsTo("/v2/")
	if len(listings) == 0 {
		t.Error("the plan read no backups")
	}

	for _, request := range listings {
		if request.Status != 200 && request.Status != 204 {
			t.Errorf("not answered: %s", request)
		}
	}
}

// Credentials that the examples of logging in use, beside those of the endpoint's account.
var (
	temporaryKey = dcsapitest.Key{
		Access: "HSTATEMPORARYKEY0001", Secret: "temporary-secret-key", SecurityToken: "temporary-security-token", User: "temporary",
	}
	profileKey = dcsapitest.Key{Access: "PROFILEACCESSKEY0001", Secret: "profile-secret-key", User: "profile"}
)

const iamToken = "token-of-iam"

// login is what an example of logging in takes for granted, and whom the endpoint then sees.
type login struct {
	// environmentKey puts the account's access key into the environment.
	environmentKey bool
	arrange        func(t *testing.T, server *dcsapitest.Server, w *workspace)
	method, user   string
}

// Accounts and projects of the examples of logging in.
const (
	pipelines         = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
	production        = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
	productionProject = "fedcba9876543210fedcba9876543210"
)

var logins = map[string]login{
	"provider.tf":            {environmentKey: true, method: "signature", user: dcsapitest.UserName},
	"provider_access_key.tf": {method: "signature", user: dcsapitest.UserName},
	"provider_ephemeral.tf":  {method: "signature", user: dcsapitest.UserName},
	"provider_temporary_key.tf": {
		arrange: func(_ *testing.T, server *dcsapitest.Server, _ *workspace) { server.AddKey(temporaryKey) },
		method:  "signature", user: temporaryKey.User,
	},
	"provider_token.tf": {
		arrange: func(_ *testing.T, server *dcsapitest.Server, _ *workspace) {
			server.AddToken(dcsapitest.Token{Value: iamToken, ProjectID: dcsapitest.ProjectID, User: "pipeline"})
		},
		method: "token", user: "pipeline",
	},
	"provider_password.tf": {
		arrange: func(_ *testing.T, server *dcsapitest.Server, _ *workspace) {
			server.AddDomain(dcsapitest.Domain{ID: dcsapitest.DomainID, Name: "my-account"})
			server.AddUser(dcsapitest.User{ID: "ab12", Name: "terraform", Password: dcsapitest.Password})
		},
		method: "token", user: "terraform",
	},
	"provider_assume_role.tf": {
		environmentKey: true,
		arrange: func(_ *testing.T, server *dcsapitest.Server, _ *workspace) {
			addProduction(server, dcsapitest.DomainID)
		},
		method: "signature", user: "agency/backup-reader",
	},
	"provider_assume_role_chain.tf": {
		environmentKey: true,
		arrange: func(_ *testing.T, server *dcsapitest.Server, _ *workspace) {
			server.AddAgency(dcsapitest.Agency{Name: "pipelines", DomainID: pipelines, TrustedDomainID: dcsapitest.DomainID})
			addProduction(server, pipelines)
		},
		method: "signature", user: "agency/backup-reader",
	},
	"provider_oidc.tf": {
		arrange: func(t *testing.T, server *dcsapitest.Server, w *workspace) {
			t.Helper()

			server.AddIdentityProvider(dcsapitest.IdentityProvider{ID: "corporate-idp", IDTokens: []string{"an.id.token"}})
			addProduction(server, dcsapitest.DomainID)

			file := filepath.Join(w.home, "id_token")
			writeFile(t, file, "an.id.token\n")
			w.env = append(w.env, "TF_VAR_id_token_file="+file)
		},
		method: "signature", user: "agency/backup-reader",
	},
	"provider_profile.tf": {
		arrange: func(t *testing.T, server *dcsapitest.Server, w *workspace) {
			t.Helper()

			server.AddKey(profileKey)
			writeFile(t, filepath.Join(w.home, ".hcloud", "config.json"), `{"current": "default", "profiles": [{
				"name": "production", "mode": "AKSK", "region": "`+dcsapitest.Region+`",
				"accessKeyId": "`+profileKey.Access+`", "secretAccessKey": "`+profileKey.Secret+`"}]}`)
		},
		method: "signature", user: profileKey.User,
	},
	"provider_metadata.tf": {
		arrange: func(_ *testing.T, server *dcsapitest.Server, w *workspace) {
			server.SetMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2})
			w.env = append(w.env, "HW_METADATA_ENDPOINT="+server.URL())
		},
		method: "signature", user: "agency/ecs",
	},
}

// addProduction adds the account whose agency may read the instances, and moves these into it.
func addProduction(server *dcsapitest.Server, trusted string) {
	server.AddDomain(dcsapitest.Domain{ID: production, Name: "production-account"})
	server.AddProject(dcsapitest.Project{ID: productionProject, Name: dcsapitest.Region, DomainID: production})
	server.AddAgency(dcsapitest.Agency{Name: "backup-reader", DomainID: production, TrustedDomainID: trusted})
	server.AddInstance(dcsapitest.Instance{
		ID: healthyInstance, ProjectID: productionProject, Backups: dcsapitest.GenerateBackups(3, 1),
	})
}

// logIn plans an example of logging in, and checks who the endpoint says it was.
func logIn(t *testing.T, c *cli, e example) {
	t.Helper()

	login, ok := logins[path.Base(e.name)]
	if !ok {
		t.Fatalf("%s is not among the logins of this test: add it", e.name)
	}

	server := e.endpoint(t)

	var env []string
	if login.environmentKey {
		env = []string{"HW_ACCESS_KEY=" + dcsapitest.AccessKey, "HW_SECRET_KEY=" + dcsapitest.SecretKey}
	}

	w := e.open(t, c, append(env, endpointVariables(server, dcsapitest.Region)...))
	if login.arrange != nil {
		login.arrange(t, server, w)
	}

	w.write("read.tf", `data "dcs_instance_backups" "read" { instance_id = "`+healthyInstance+`" }`)
	w.must("init")
	w.must("validate")
	w.must("plan")
	checkListings(t, server)

	for _, request := range server.RequestsTo("/v2/") {
		if who := request.Identity; who.Method != login.method || who.User != login.user {
			t.Errorf("the caller was %s %q, want %s %q", who.Method, who.User, login.method, login.user)
		}
	}
}

const privateCloud = "provider/provider_private_cloud.tf"

// planInPrivateCloud has the endpoint stand in the way as a proxy, which tells where the provider wanted to go.
func planInPrivateCloud(t *testing.T, c *cli, e example) {
	t.Helper()

	proxy := dcsapitest.ForTest(t)
	trusted := dcsapitest.ForTest(t, dcsapitest.WithTLS())

	w := e.open(t, c, []string{
		"HW_ACCESS_KEY=" + dcsapitest.AccessKey, "HW_SECRET_KEY=" + dcsapitest.SecretKey,
		"HTTPS_PROXY=" + proxy.URL(), "HW_MAX_RETRIES=0",
	})

	certificate := filepath.Join(w.home, "ca.pem")
	writeFile(t, certificate, string(trusted.CertificatePEM()))
	w.env = append(w.env, "TF_VAR_cacert_file="+certificate)

	w.write("read.tf", `data "dcs_instance_backups" "read" { instance_id = "`+healthyInstance+`" }`)
	w.must("init")
	w.must("validate")

	if out, code := w.run("plan"); code == 0 {
		t.Errorf("the plan passed a proxy that lets nobody through:\n%s", out)
	}

	var hosts []string
	for _, request := range proxy.Requests() {
		hosts = append(hosts, request.Method+" "+request.Host)
	}

	want := []string{"CONNECT dcs.region-1.cloud.example.com:443"}
	if diff := gocmp.Diff(want, hosts); diff != "" {
		t.Errorf("hosts that were called (-want +got):\n%s", diff)
	}
}

// proofs are what the guides say of their examples.
var proofs = map[string]func(t *testing.T, c *cli){
	"a stale backup warns, and fails what needs a fresh one": func(t *testing.T, c *cli) {
		t.Helper()
		planFails(t, c, "guides/alert-on-stale-backups", staleInstance,
			"Warning: Check block assertion failed",
			"The newest backup of instance "+staleInstance+" that can be restored is of ",
			"Instance "+staleInstance+" has no backup younger than 26h: back it up first.")
	},
	"no backup warns too, and fails what needs one": func(t *testing.T, c *cli) {
		t.Helper()
		planFails(t, c, "guides/alert-on-stale-backups", emptyInstance,
			"Instance "+emptyInstance+" has no backup that can be restored.",
			"Instance "+emptyInstance+" has no backup younger than 26h: back it up first.")
	},
	"nothing to restore is an error in the guide's words": func(t *testing.T, c *cli) {
		t.Helper()
		planFails(t, c, "guides/restore-the-newest-backup", emptyInstance,
			"Instance "+emptyInstance+" has no backup that can be restored.")
	},
	"a check that fails is in the JSON of the plan":    checksAreInPlan,
	"the report of a fleet is CSV, and stays the same": fleetReportIsCSV,
	"the state in the documentation is a real one":     sampleStateIsReal,
	"the state of a project is a real one":             sampleProjectStateIsReal,
	"the suite for a module passes":                    suitePasses,
}

// start makes a workspace of the example and initializes it.
func (e *example) start(t *testing.T, c *cli) (*workspace, *dcsapitest.Server) {
	t.Helper()

	server := e.endpoint(t)
	w := e.open(t, c, append(server.Environment(), endpointVariables(server, "ap-southeast-3")...))

	if strings.Contains(e.text, "endpoints") {
		w.write("dcs_override.tf", server.HCL())
	}

	w.must("init")

	return w, server
}

// endpointVariables are the environment variables that lead to the server in region.
func endpointVariables(server *dcsapitest.Server, region string) []string {
	return []string{
		"HUAWEICLOUD_SDK_REGION_DCS_" + strings.ToUpper(strings.ReplaceAll(region, "-", "_")) + "=" + server.URL(),
		"HW_AUTH_URL=" + server.URL(), "HUAWEICLOUD_SDK_STS_ENDPOINT=" + server.URL(),
	}
}

func planFails(t *testing.T, c *cli, name, instance string, says ...string) {
	t.Helper()

	w, _ := exampleNamed(t, name).start(t, c)

	out, code := w.run("plan", "-no-color", "-var", "instance_id="+instance)
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}

	out = strings.Join(strings.Fields(out), " ") // The CLI wraps lines.
	for _, text := range says {
		if !strings.Contains(out, text) {
			t.Errorf("it does not say %q:\n%s", text, out)
		}
	}
}

func checksAreInPlan(t *testing.T, c *cli) {
	t.Helper()

	w, _ := exampleNamed(t, "guides/alert-on-stale-backups").start(t, c)
	w.write("gate.tf", "")
	w.must("plan", "-out=plan", "-var", "instance_id="+staleInstance)

	type check struct {
		Address struct {
			Display string `json:"to_display"`
		} `json:"address"`
		Status string `json:"status"`
	}

	var shown struct {
		Checks []check `json:"checks"`
	}
	if err := json.Unmarshal([]byte(w.must("show", "-json", "plan")), &shown); err != nil {
		t.Fatal(err)
	}

	if !slices.ContainsFunc(shown.Checks, func(found check) bool {
		return found.Status == "fail" && found.Address.Display == "check.backup_is_fresh"
	}) {
		t.Errorf("the check is not among %+v", shown.Checks)
	}
}

func fleetReportIsCSV(t *testing.T, c *cli) {
	t.Helper()

	w, _ := exampleNamed(t, "guides/report-a-fleet").start(t, c)
	w.must("apply", "-auto-approve")

	rows, err := csv.NewReader(strings.NewReader(w.must("output", "-raw", "csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}

	backups := make(map[string]int)
	for _, row := range rows[1:] {
		backups[row[0]]++
	}

	if diff := gocmp.Diff(map[string]int{"orders": 8, "sessions": 3}, backups); diff != "" {
		t.Errorf("backups by instance (-want +got):\n%s", diff)
	}

	if out, code := w.run("plan", "-detailed-exitcode"); code != 0 {
		t.Errorf("the same backups give another plan:\n%s", out)
	}
}

func sampleStateIsReal(t *testing.T, c *cli) {
	t.Helper()

	checkSampleState(t, c, "dcs_instance_backups", "redis",
		dcsapitest.Instance{ID: healthyInstance, Backups: []dcsapitest.Backup{dcsapitest.SampleBackup()}})
}

func sampleProjectStateIsReal(t *testing.T, c *cli) {
	t.Helper()

	instance := dcsapitest.SampleInstance()

	backup := dcsapitest.SampleBackup()
	backup.InstanceID, backup.Name = instance.ID, "backup_20220831020012"
	backup.CreatedAt = time.Date(2022, 8, 30, 18, 0, 12, 402e6, time.UTC)
	backup.ExecutedAt, backup.UpdatedAt = backup.CreatedAt.Add(5*time.Second), backup.CreatedAt.Add(74*time.Second)
	instance.Backups = []dcsapitest.Backup{backup}

	checkSampleState(t, c, "dcs_project_backups", "all", instance)
}

// checkSampleState compares the state of a read that is documented with that of the first example of a data source, where
// there is one instance.
func checkSampleState(t *testing.T, c *cli, dataSource, name string, instance dcsapitest.Instance) {
	t.Helper()

	server := dcsapitest.ForTest(t, dcsapitest.WithEmptyAs(dcsapitest.EmptyObject))
	server.AddInstance(instance)

	w := exampleNamed(t, "data-sources/"+dataSource+"/data-source.tf").open(t, c, server.Environment())
	w.must("init")
	w.must("apply", "-auto-approve")

	want := readFile(t, examplesFolder+"/data-sources/"+dataSource+"/state.txt")
	got := w.must("state", "show", "-no-color", "data."+dataSource+"."+name)

	if diff := gocmp.Diff(strings.TrimSpace(want), strings.TrimSpace(got)); diff != "" {
		t.Errorf("state.txt (-documented +real):\n%s", diff)
	}
}

// suitePasses runs the suite that shows how modules are tested. It names an endpoint of its own, by its address.
func suitePasses(t *testing.T, c *cli) {
	t.Helper()
	c.atLeast(t, 6, 6)

	const (
		file    = "tests/backups.tftest.hcl"
		address = "http://127.0.0.1:8484"
	)

	e := exampleNamed(t, "testing")
	server := e.endpoint(t)
	suite := readFile(t, filepath.Join(examplesFolder, e.name, file))

	w := e.open(t, c, nil)
	w.write(file, strings.ReplaceAll(suite, address, server.URL()))
	w.must("init")

	out := w.must("test", "-no-color")
	for _, run := range regexp.MustCompile(`(?m)^run "(\w+)"`).FindAllStringSubmatch(suite, -1) {
		if !strings.Contains(out, `run "`+run[1]+`"... pass`) {
			t.Errorf("%s did not pass:\n%s", run[1], out)
		}
	}

	checkListings(t, server)
}

func exampleNamed(t *testing.T, name string) *example {
	t.Helper()

	examples := findExamples(t)

	at := slices.IndexFunc(examples, func(e example) bool { return e.name == name })
	if at < 0 {
		t.Fatalf("there is no example %s", name)
	}

	return &examples[at]
}
