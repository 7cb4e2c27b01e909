// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
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
	searchInstance  = "2f4f1c83-6d0a-4a53-9a5e-7b1c9a3e5d21"
	singleNode      = "91c0a6de-47b2-4f7e-8a39-d2e6b5c4f310"
)

// formattedOnly are the examples that cannot be planned here, because they need the huaweicloud provider.
var formattedOnly = []string{
	"guides/move-from-huaweicloud/before",
	"guides/move-from-huaweicloud/side-by-side",
	"guides/restore-the-newest-backup/huaweicloud",
}

// TestAccExamples plans every example with the real CLI against the local endpoint.
func TestAccExamples(t *testing.T) {
	t.Parallel()

	c := newCLI(t)

	for _, e := range findExamples(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()

			e.checkSources(t)

			switch {
			case slices.Contains(formattedOnly, e.name):
			case e.name == privateCloud:
				planInPrivateCloud(t, c, e)
			case strings.HasPrefix(e.name, "provider/"):
				logIn(t, c, e)
			default:
				w, server := e.start(t, c)
				w.must("plan")
				checkListings(t, server, e.scenario(t).Instances)
			}
		})
	}
}

// TestAccExamples_testSuites runs the suites that show how a module is tested: against the local endpoint, and with a mocked
// provider.
func TestAccExamples_testSuites(t *testing.T) {
	t.Parallel()

	c := newCLI(t)

	for file, version := range map[string]struct{ terraform, openTofu int }{
		"tests/backups.tftest.hcl":           {6, 6},
		"mocks/latest_restorable.tftest.hcl": {7, 8},
	} {
		t.Run(path.Dir(file), func(t *testing.T) {
			t.Parallel()
			c.atLeast(t, version.terraform, version.openTofu)

			e := exampleNamed(t, "testing")
			suite := readFile(t, filepath.Join(examplesFolder, e.name, file))

			w, _ := e.start(t, c)
			w.write(file, suite)

			out := w.must("test", "-no-color", "-test-directory="+path.Dir(file))
			for _, name := range matches(`(?m)^run "(\w+)"`, suite) {
				if !strings.Contains(out, `run "`+name+`"... pass`) {
					t.Errorf("%s did not pass:\n%s", name, out)
				}
			}
		})
	}
}

// TestAccExamples_sampleStates compares the states in the documentation with those of real reads of the vendor's sample data.
func TestAccExamples_sampleStates(t *testing.T) {
	t.Parallel()

	c := newCLI(t)

	// The backup of the vendor's page was executed a day after it was complete.
	backup := dcsapitest.SampleBackup()
	backup.ExecutedAt = backup.CreatedAt.Add(5 * time.Second)

	instance := dcsapitest.SampleInstance()
	ofInstance := dcsapitest.SampleBackup()
	ofInstance.InstanceID, ofInstance.Name = instance.ID, "backup_20220831020012"
	ofInstance.CreatedAt = time.Date(2022, 8, 30, 18, 0, 12, 402e6, time.UTC)
	ofInstance.ExecutedAt, ofInstance.UpdatedAt = ofInstance.CreatedAt.Add(5*time.Second), ofInstance.CreatedAt.Add(74*time.Second)
	instance.Backups = []dcsapitest.Backup{ofInstance}

	for folder, test := range map[string]struct {
		resource string
		instance dcsapitest.Instance
	}{
		"dcs_instance_backups": {"redis", dcsapitest.Instance{ID: healthyInstance, Backups: []dcsapitest.Backup{backup}}},
		"dcs_project_backups":  {"all", instance},
	} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()

			server := dcsapitest.ForTest(t, dcsapitest.WithEmptyAs(dcsapitest.EmptyObject))
			server.AddInstance(test.instance)

			w := exampleNamed(t, "data-sources/"+folder+"/data-source.tf").open(t, c, server.Environment())
			w.must("init")
			w.must("apply", "-auto-approve")

			want := readFile(t, examplesFolder+"/data-sources/"+folder+"/state.txt")
			got := w.must("state", "show", "-no-color", "data."+folder+"."+test.resource)

			if diff := gocmp.Diff(strings.TrimSpace(want), strings.TrimSpace(got)); diff != "" {
				t.Errorf("state.txt (-documented +real):\n%s", diff)
			}
		})
	}
}

// example is a configuration: a folder, or a file that stands alone.
type example struct {
	name  string // Relative to the examples folder.
	files []string
	text  string
}

// findExamples returns all examples, so that a new one is tested without being listed.
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

		name := nameOfExample(t, file)
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

func exampleNamed(t *testing.T, name string) example {
	t.Helper()

	for _, e := range findExamples(t) {
		if e.name == name {
			return e
		}
	}

	t.Fatalf("there is no example %s", name)

	return example{}
}

// nameOfExample names the example that a file belongs to. Each file of a reference page stands alone.
func nameOfExample(t *testing.T, file string) string {
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

// checkSources checks that formattedOnly lists the example exactly if it needs another provider.
func (e example) checkSources(t *testing.T) {
	t.Helper()

	foreign := slices.ContainsFunc(matches(`source\s*=\s*"([^"]+)"`, e.text), func(source string) bool {
		return source != providerAddress
	})
	if listed := slices.Contains(formattedOnly, e.name); foreign != listed {
		t.Errorf("needs another provider: %t; listed in formattedOnly: %t", foreign, listed)
	}
}

// scenario returns the scenario in the example's folder, or else the one that the examples share.
func (e example) scenario(t *testing.T) scenario.Scenario {
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

// endpoint starts an endpoint with what the example reads.
func (e example) endpoint(t *testing.T) *dcsapitest.Server {
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

// start returns an initialized workspace with the example, and the endpoint that it uses.
func (e example) start(t *testing.T, c *cli) (*workspace, *dcsapitest.Server) {
	t.Helper()

	server := e.endpoint(t)
	w := e.open(t, c, append(server.Environment(), endpointVariables(server, "ap-southeast-3")...))

	if strings.Contains(e.text, "endpoints") {
		w.write("dcs_override.tf", server.HCL())
	}

	w.must("init")

	return w, server
}

// open copies the example into a workspace, with a required_providers block and values for its variables.
func (e example) open(t *testing.T, c *cli, env []string) *workspace {
	t.Helper()

	w := c.workspace(t, slices.Concat(env, variables(t, e.scenario(t).Instances[0].ID))...)

	for _, file := range e.files {
		w.write(filepath.Base(file), readFile(t, file))
	}

	if !strings.Contains(e.text, "required_providers") {
		w.write("versions.tf", required)
	}

	return w
}

// endpointVariables are the environment variables that lead to the server in region.
func endpointVariables(server *dcsapitest.Server, region string) []string {
	return []string{
		"HUAWEICLOUD_SDK_REGION_DCS_" + strings.ToUpper(strings.ReplaceAll(region, "-", "_")) + "=" + server.URL(),
		"HW_AUTH_URL=" + server.URL(), "HUAWEICLOUD_SDK_STS_ENDPOINT=" + server.URL(),
	}
}

// variables are the values of all input variables of the examples.
func variables(t *testing.T, instance string) []string {
	t.Helper()

	var env []string

	for name, value := range map[string]any{
		"tags": map[string]string{"service": "orders", "environment": "prod"},
		"temporary_key": map[string]string{
			"access_key": temporaryKey.Access, "secret_key": temporaryKey.Secret, "security_token": temporaryKey.SecurityToken,
		},
	} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}

		env = append(env, "TF_VAR_"+name+"="+string(text))
	}

	return append(env, "TF_VAR_instance_id="+instance, "TF_VAR_access_key="+dcsapitest.AccessKey,
		"TF_VAR_secret_key="+dcsapitest.SecretKey, "TF_VAR_token="+iamToken, "TF_VAR_password="+dcsapitest.Password)
}

// checkListings checks that backups were listed, and every listing was answered: with status 200 or 204, or for a single-node
// instance with the error that it cannot have backups.
func checkListings(t *testing.T, server *dcsapitest.Server, instances []dcsapitest.Instance) {
	t.Helper()

	listings := server.RequestsTo("/v2/")
	if len(listings) == 0 {
		t.Error("no backups were listed")
	}

	for _, request := range listings {
		unsupported := request.Status == 400 && slices.ContainsFunc(instances, func(i dcsapitest.Instance) bool {
			return i.SingleNode && strings.Contains(request.Path, "/"+i.ID+"/")
		})
		if request.Status != 200 && request.Status != 204 && !unsupported {
			t.Errorf("failed: %s", request)
		}
	}
}
