// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
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

	"terraform-provider-dcs/internal/clitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/scenario"
)

const (
	examplesFolder = repository + "/examples"

	// Instances of examples/local/scenario.json.
	healthyInstance = "5560df16-cebf-4473-95c4-d1b573c16e79"
	staleInstance   = "7d1b2a58-9a1e-4f0e-8d6f-0c7c3f1f2b44"
	emptyInstance   = "c0ffee00-3b1c-4d2e-9f3a-5a6b7c8d9e0f"
	searchInstance  = "2f4f1c83-6d0a-4a53-9a5e-7b1c9a3e5d21"
	singleNode      = "91c0a6de-47b2-4f7e-8a39-d2e6b5c4f310"
)

// Examples of guides that have proofs of their own.
const (
	alertExample    = "guides/alert-on-stale-backups"
	reportExample   = "guides/report-a-fleet"
	accountsExample = "guides/report-a-fleet/accounts"
	byTagExample    = "guides/restore-the-newest-backup/by-tag"
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

	c := cli{path: clitest.Path(t)}
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

		if err != nil || entry.IsDir() || !slices.Contains([]string{".tf", ".tftpl"}, filepath.Ext(file)) {
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

	switch e.name {
	case "data-sources/dcs_instance_backups/data-source_region.tf":
		addSingapore(server, dcsapitest.Instance{ID: healthyInstance})
	case accountsExample:
		addAccount(server, "shop-account", dcsapitest.Instance{ID: "shop-carts", Name: "carts", Backups: dcsapitest.GenerateBackups(3, 1)})
		addAccount(server, "payments-account", dcsapitest.Instance{ID: "payments-ledger", Name: "ledger"})
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
		"tags":        map[string]string{"service": "orders", "environment": "prod"},
		"access_key":  dcsapitest.AccessKey,
		"secret_key":  dcsapitest.SecretKey,
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
	checkListings(t, server, e.scenario(t).Instances)
}

// checkListings fails unless backups were asked for, and every request was answered: with some, with none, or, for a
// single-node instance, with the error that it cannot have backups.
func checkListings(t *testing.T, server *dcsapitest.Server, instances []dcsapitest.Instance) {
	t.Helper()

	listings := server.RequestsTo("/v2/")
	if len(listings) == 0 {
		t.Error("the plan read no backups")
	}

	for _, request := range listings {
		refused := request.Status == 400 && slices.ContainsFunc(instances, func(i dcsapitest.Instance) bool {
			return i.SingleNode && strings.Contains(request.Path, "/"+i.ID+"/")
		})
		if request.Status != 200 && request.Status != 204 && !refused {
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

// addSingapore adds a project of another region, with an instance.
func addSingapore(server *dcsapitest.Server, instance dcsapitest.Instance) {
	instance.ProjectID = "89abcdef0123456789abcdef01234567"
	server.AddProject(dcsapitest.Project{ID: instance.ProjectID, Name: "ap-southeast-3"})
	server.AddInstance(instance)
}

// addAccount adds an account with an instance, and an agency that may read it.
func addAccount(server *dcsapitest.Server, name string, instance dcsapitest.Instance) {
	domain := "domain-of-" + name
	instance.ProjectID = "project-of-" + name

	server.AddDomain(dcsapitest.Domain{ID: domain, Name: name})
	server.AddProject(dcsapitest.Project{ID: instance.ProjectID, Name: dcsapitest.Region, DomainID: domain})
	server.AddAgency(dcsapitest.Agency{Name: "backup-reader", DomainID: domain, TrustedDomainID: dcsapitest.DomainID})
	server.AddInstance(instance)
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
	checkListings(t, server, e.scenario(t).Instances)

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
	"stale backups warn, and fail what needs fresh ones": func(t *testing.T, c *cli) {
		t.Helper()
		planFails(t, c, alertExample, []string{"-var", `tags={"environment":"prod"}`},
			"Warning: Check block assertion failed",
			"No restorable backup younger than 26h:", "prod-reports: no backup", "prod-sessions: 20",
			"Error: Resource precondition failed", "Back these instances up first: ")
	},
	"tags that no instance has warn, and fail what needs fresh backups": func(t *testing.T, c *cli) {
		t.Helper()

		const says = `No instance has the tags {"environment":"production"}.`

		planFails(t, c, alertExample, []string{"-var", `tags={"environment":"production"}`},
			"Warning: Check block assertion failed", says, "Error: Resource precondition failed", says)
	},
	"nothing to restore is an error in the guide's words": func(t *testing.T, c *cli) {
		t.Helper()
		planFails(t, c, "guides/restore-the-newest-backup", []string{"-var", "instance_id=" + emptyInstance},
			"Instance "+emptyInstance+" has no backup that can be restored.")
	},
	"an instance is found by its tags": func(t *testing.T, c *cli) {
		t.Helper()

		w, _ := exampleNamed(t, byTagExample).start(t, c)
		w.must("apply", "-auto-approve")

		var found map[string]string
		w.output("backup_to_restore", &found)

		if found["instance_id"] != healthyInstance || found["name"] != "prod-orders" || found["backup_id"] == "" {
			t.Errorf("found %q", found)
		}
	},
	"tags that several instances have are an error in the guide's words": func(t *testing.T, c *cli) {
		t.Helper()
		planFails(t, c, byTagExample, []string{"-var", `service_tags={"environment":"prod"}`},
			`Expected one instance with the tags {"environment":"prod"}, found 4.`)
	},
	"an instance that is found by its tags and has no backup is an error in the guide's words": func(t *testing.T, c *cli) {
		t.Helper()
		planFails(t, c, byTagExample, []string{"-var", `service_tags={"service":"reports"}`},
			`The instance with the tags {"service":"reports"} has no backup that can be restored.`)
	},
	"a check that fails is in the JSON of the plan":           checksAreInPlan,
	"the report of a fleet is CSV, of several regions too":    fleetReportIsCSV,
	"the report of a fleet is a page that no name can change": fleetReportIsHTML,
	"a fleet of several accounts is read by their agencies":   accountsAreRead,
	"the new form of a fleet's report says what is kept":      movedFleetIsReported,
	"the state in the documentation is a real one":            sampleStateIsReal,
	"the state of a project is a real one":                    sampleProjectStateIsReal,
	"the suite for a module passes":                           suitePasses,
	"the suite with a mocked provider passes":                 mocksPass,
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

func planFails(t *testing.T, c *cli, name string, arguments []string, says ...string) {
	t.Helper()

	w, _ := exampleNamed(t, name).start(t, c)

	out, code := w.run(append([]string{"plan", "-no-color"}, arguments...)...)
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

	w, _ := exampleNamed(t, alertExample).start(t, c)
	w.write("gate.tf", "")
	w.must("plan", "-out=plan", "-var", `tags={"environment":"prod"}`)

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
		return found.Status == "fail" && found.Address.Display == "check.backups_are_fresh"
	}) {
		t.Errorf("the check is not among %+v", shown.Checks)
	}
}

func fleetReportIsCSV(t *testing.T, c *cli) {
	t.Helper()

	w, server := exampleNamed(t, reportExample).start(t, c)
	server.AddInstance(dcsapitest.Instance{ID: "quoted", Name: `with "quotes", a comma`})
	addSingapore(server, dcsapitest.Instance{ID: "singapore", Name: "carts", Backups: []dcsapitest.Backup{dcsapitest.SampleBackup()}})

	w.env = append(w.env, `TF_VAR_regions=["cn-north-4", "ap-southeast-3"]`)
	w.must("apply", "-auto-approve")

	rows, err := csv.NewReader(strings.NewReader(w.must("output", "-raw", "csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}

	for _, row := range rows[1:] {
		row[5] = "" // What backups weigh is drawn.

		if row[1] != "singapore" {
			row[6] = row[6][:min(len(row[6]), 2)] // Times are relative to now.
		}
	}

	want := [][]string{
		{"region", "instance_id", "name", "status", "restorable_num", "restorable_size", "latest_restorable"},
		{"ap-southeast-3", "singapore", "carts", "RUNNING", "1", "", "2019-05-10T08:31:16.166Z"},
		{"cn-north-4", searchInstance, "prod-search", "RUNNING", "14", "", "20"},
		{"cn-north-4", healthyInstance, "prod-orders", "RUNNING", "8", "", "20"},
		{"cn-north-4", staleInstance, "prod-sessions", "RUNNING", "1", "", "20"},
		{"cn-north-4", singleNode, "test-orders", "RUNNING", "0", "", ""},
		{"cn-north-4", emptyInstance, "prod-reports", "RUNNING", "0", "", ""},
		{"cn-north-4", "quoted", `with "quotes", a comma`, "RUNNING", "0", "", ""},
	}
	if diff := gocmp.Diff(want, rows); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}

	var missing, bytes map[string]any

	w.output("without_fresh_backup", &missing)
	w.output("restorable_bytes", &bytes)

	if diff := gocmp.Diff(map[string]any{
		"singapore": "carts", staleInstance: "prod-sessions", emptyInstance: "prod-reports", "quoted": `with "quotes", a comma`,
	}, missing); diff != "" {
		t.Errorf("instances without a fresh backup (-want +got):\n%s", diff)
	}

	if bytes["ap-southeast-3"] != 880232.0 {
		t.Errorf("bytes by region: %v", bytes)
	}
}

// fleetReportIsHTML holds the page to the template: only the data differ, and a name of an instance ends neither the script
// element that they are in nor the JSON.
func fleetReportIsHTML(t *testing.T, c *cli) {
	t.Helper()

	const hostile = "</script><img src=x onerror=alert(1)>\"'&amp; <!--<script> ${1 + 1} %{ if true } \u2028\u2029 \\u003c ]]>"

	w, server := exampleNamed(t, reportExample).start(t, c)
	server.AddInstance(dcsapitest.Instance{ID: "hostile", Name: hostile})
	w.must("apply", "-auto-approve")

	page := w.must("output", "-raw", "report")

	head, tail, found := strings.Cut(readFile(t, filepath.Join(examplesFolder, reportExample, "report.html.tftpl")), "${data}")
	if !found || !strings.HasPrefix(page, head) || !strings.HasSuffix(page, tail) {
		t.Fatalf("the page is not the template:\n%s", page)
	}

	data := strings.TrimSuffix(strings.TrimPrefix(page, head), tail)
	if strings.ContainsAny(data, "<>&\u2028\u2029") {
		t.Errorf("markup in the data: %s", data)
	}

	var report struct {
		ReadAt    time.Time `json:"read_at"`
		MaxAge    string    `json:"max_age"`
		Instances []struct {
			ID         string  `json:"instance_id"`
			Name       string  `json:"name"`
			Region     string  `json:"region"`
			Supported  bool    `json:"backup_supported"`
			Fresh      bool    `json:"fresh"`
			Number     int     `json:"restorable_num"`
			Size       int64   `json:"restorable_size"`
			Restorable *string `json:"latest_restorable"`
			Status     string  `json:"latest_status"`
		} `json:"instances"`
	}
	if err := json.Unmarshal([]byte(data), &report); err != nil {
		t.Fatalf("%v: %s", err, data)
	}

	if age := time.Since(report.ReadAt); report.MaxAge != "26h" || age < 0 || age > time.Hour {
		t.Errorf("read at %s, max_age %s", report.ReadAt, report.MaxAge)
	}

	got := make(map[string]string)
	for _, i := range report.Instances {
		got[i.Name] = fmt.Sprintf("%s %t %t %t %t %d %s", i.Region, i.Supported, i.Fresh, i.Restorable != nil, i.Size > 0, i.Number, i.Status)
	}

	want := map[string]string{
		"prod-orders":   "cn-north-4 true true true true 8 succeed",
		"prod-search":   "cn-north-4 true true true true 14 succeed",
		"prod-sessions": "cn-north-4 true false true true 1 failed",
		"prod-reports":  "cn-north-4 true false false false 0 ",
		"test-orders":   "cn-north-4 false false false false 0 ",
		hostile:         "cn-north-4 true false false false 0 ",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("instances of the page (-want +got):\n%s", diff)
	}
}

// TestExamples_reportWritesTextOnly holds the report's script to the ways of writing that take nothing for markup, and the page to
// what is in it.
func TestExamples_reportWritesTextOnly(t *testing.T) {
	t.Parallel()

	page := readFile(t, filepath.Join(examplesFolder, reportExample, "report.html.tftpl"))

	for _, forbidden := range []string{
		"innerHTML", "outerHTML", "insertAdjacentHTML", "createContextualFragment", "document.write", "setHTML", "eval(", "Function(",
		"setAttribute", "DOMParser", "src=", "href=", "url(", "@import", "http:", "https:",
	} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the page has %s", forbidden)
		}
	}

	if n := strings.Count(page, "${"); n != 1 {
		t.Errorf("%d values are put into the page, want 1", n)
	}
}

// accountsAreRead checks that each provider block reads with the agency of its account.
func accountsAreRead(t *testing.T, c *cli) {
	t.Helper()

	w, server := exampleNamed(t, accountsExample).start(t, c)
	w.must("apply", "-auto-approve")

	var missing map[string]map[string]string
	w.output("without_restorable_backup", &missing)

	if diff := gocmp.Diff(map[string]map[string]string{"shop": {}, "payments": {"payments-ledger": "ledger"}}, missing); diff != "" {
		t.Errorf("instances without a restorable backup (-want +got):\n%s", diff)
	}

	callers := make(map[string]string)
	for _, request := range server.RequestsTo("/v2/") {
		callers[request.Identity.DomainID] = request.Identity.User
	}

	if diff := gocmp.Diff(map[string]string{
		"domain-of-shop-account": "agency/backup-reader", "domain-of-payments-account": "agency/backup-reader",
	}, callers); diff != "" {
		t.Errorf("callers by account (-want +got):\n%s", diff)
	}
}

// movedFleetIsReported checks what the new form of the fleet in the moving guide says. The old one needs the huaweicloud provider.
func movedFleetIsReported(t *testing.T, c *cli) {
	t.Helper()

	w, _ := exampleNamed(t, "guides/move-from-huaweicloud/after").start(t, c)
	w.must("apply", "-auto-approve")

	var (
		without []string
		bytes   map[string]int64
	)

	w.output("without_backup", &without)
	w.output("bytes", &bytes)

	if diff := gocmp.Diff([]string{emptyInstance}, without); diff != "" {
		t.Errorf("instances without a backup (-want +got):\n%s", diff)
	}

	if bytes[staleInstance] != 2147489382 || bytes[emptyInstance] != 0 || len(bytes) != 5 {
		t.Errorf("bytes by instance: %v", bytes)
	}
}

func sampleStateIsReal(t *testing.T, c *cli) {
	t.Helper()

	// The backup of the vendor's page was executed a day after it was complete.
	backup := dcsapitest.SampleBackup()
	backup.ExecutedAt = backup.CreatedAt.Add(5 * time.Second)

	checkSampleState(t, c, "dcs_instance_backups", "redis",
		dcsapitest.Instance{ID: healthyInstance, Backups: []dcsapitest.Backup{backup}})
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

// suitePasses runs the suite that shows how modules are tested against the local endpoint.
func suitePasses(t *testing.T, c *cli) {
	t.Helper()
	c.atLeast(t, 6, 6)

	e := exampleNamed(t, "testing")
	server := e.endpoint(t)

	e.passSuite(t, c, "tests/backups.tftest.hcl", server.Environment())
	checkListings(t, server, e.scenario(t).Instances)
}

// mocksPass runs the suite that mocks the provider.
func mocksPass(t *testing.T, c *cli) {
	t.Helper()
	c.atLeast(t, 7, 8)

	exampleNamed(t, "testing").passSuite(t, c, "mocks/latest_restorable.tftest.hcl", nil)
}

// passSuite runs a file of tests, each of which must pass.
func (e *example) passSuite(t *testing.T, c *cli, file string, env []string) {
	t.Helper()

	suite := readFile(t, filepath.Join(examplesFolder, e.name, file))

	w := e.open(t, c, env)
	w.write(file, suite)
	w.must("init")

	out := w.must("test", "-no-color", "-test-directory="+filepath.Dir(file))
	for _, run := range regexp.MustCompile(`(?m)^run "(\w+)"`).FindAllStringSubmatch(suite, -1) {
		if !strings.Contains(out, `run "`+run[1]+`"... pass`) {
			t.Errorf("%s did not pass:\n%s", run[1], out)
		}
	}
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
