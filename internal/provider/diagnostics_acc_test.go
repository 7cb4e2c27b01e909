// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// required begins each configuration: its five lines are followed by the one with the number 6.
const required = `terraform {
  required_providers {
    dcs = { source = "terraform.local/dcs/dcs" }
  }
}
`

// diagnosticTest is a configuration whose plan or apply reports diagnostics.
type diagnosticTest struct {
	// env are environment variables, config what follows [required], and command the arguments of the CLI, "plan" by default.
	env     []string
	config  string
	command []string
	// says are parts of the output, which is one line in which each run of white space and frame is one blank, says not what
	// must not be in it.
	says, saysNot []string
	// succeeds says that the command succeeds, and count how many diagnostics there are.
	succeeds bool
	count    int
}

// readBackups is a data source that needs every setting of the provider.
const readBackups = `data "dcs_instance_backups" "x" {
  instance_id = "5560df16-cebf-4473-95c4-d1b573c16e79"
}
`

// TestAccDiagnostics runs the real CLI and checks which line an error shows: that of an argument of the provider block where the argument
// causes it, and otherwise that of the data source's block.
func TestAccDiagnostics(t *testing.T) {
	t.Parallel()

	c := newCLI(t)

	server := dcsapitest.ForTest(t)
	server.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(1, 1)})

	for name, test := range diagnosticTests(t, server) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w := c.workspace(t, append([]string{
				"HUAWEICLOUD_SDK_REGION_DCS_CN_NORTH_4=" + server.URL(), "HW_AUTH_URL=" + server.URL(), "HW_METADATA_ENDPOINT=" + deadPort(t),
				"HW_ACCESS_KEY=" + dcsapitest.AccessKey, "HW_SECRET_KEY=" + dcsapitest.SecretKey, "HW_REGION_NAME=" + dcsapitest.Region,
			}, test.env...)...)
			w.write("main.tf", required+test.config)
			w.must("init")

			if test.command == nil {
				test.command = []string{"plan"}
			}

			out, code := w.run(append(test.command, "-no-color")...)
			t.Log(out)

			text := strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(out)), " ")

			for _, part := range test.says {
				if !strings.Contains(text, part) {
					t.Errorf("%q is not in the output", part)
				}
			}

			for _, part := range append(test.saysNot, "requires explicit configuration", "line 0") {
				if strings.Contains(text, part) {
					t.Errorf("%q is in the output", part)
				}
			}

			if got := strings.Count(text, "Error: ") + strings.Count(text, "Warning: "); got != test.count {
				t.Errorf("%d diagnostics, want %d", got, test.count)
			}

			if succeeded := code == 0; succeeded != test.succeeds {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

func diagnosticTests(t *testing.T, server *dcsapitest.Server) map[string]diagnosticTest {
	t.Helper()

	const atBlock = `with data.dcs_instance_backups.x, on main.tf line 6, in data "dcs_instance_backups" "x": ` +
		`6: data "dcs_instance_backups" "x" {`

	bundle := filepath.Join(t.TempDir(), "bundle.pem")
	writeFile(t, bundle, string(dcsapitest.ForTest(t, dcsapitest.WithTLS()).CertificatePEM())+
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")

	later := "resource \"terraform_data\" \"later\" {\n  input = %s\n}\n"

	return map[string]diagnosticTest{
		"no error": {config: readBackups, succeeds: true},

		// Without a provider block.
		"no credentials": {
			env: []string{"HW_ACCESS_KEY=", "HW_SECRET_KEY="}, config: readBackups, count: 1,
			says: []string{"Error: No DCS Credentials Found " + atBlock},
		},
		"no region": {
			env: []string{"HW_REGION_NAME="}, config: readBackups, count: 1, says: []string{"Error: Missing DCS Region " + atBlock},
		},
		"malformed number in the environment": {
			env: []string{"HW_MAX_RETRIES=many"}, config: readBackups, count: 1, says: []string{
				"Error: Invalid Environment Variable " + atBlock,
				`The environment variable HW_MAX_RETRIES must be a whole number of at least 0. Got: "many".`,
			},
		},
		"malformed proxy": {
			env:    []string{"HTTPS_PROXY=http://user:p%ss@proxy.example.com", "HUAWEICLOUD_SDK_REGION_DCS_CN_NORTH_4=", "HW_PROJECT_ID=p"},
			config: readBackups, count: 1, saysNot: []string{"p%ss"},
			says: []string{
				"Error: Invalid Environment Variable " + atBlock, "The environment variable HTTPS_PROXY must be the URL of a proxy",
			},
		},
		"unreadable certificate of the environment, two reads": {
			env: []string{"HW_CACERT_FILE=" + bundle}, config: readBackups + strings.Replace(readBackups, `"x"`, `"y"`, 1), count: 1,
			succeeds: true, says: []string{
				"Warning: Unreadable CA Certificate with data.dcs_instance_backups.", "certificate 2: x509:",
			},
		},
		"region of the environment that only one read needs": {
			env: []string{"HW_REGION_NAME=cn north 4"}, count: 1,
			config: readBackups + strings.Replace(readBackups, `"x" {`, "\"y\" {\n  region = \"cn-north-4\"", 1),
			says: []string{
				"Error: Invalid Environment Variable " + atBlock,
				`The environment variable HW_REGION_NAME must consist of letters, digits, - and _. Got: "cn north 4".`,
			},
		},

		// With provider blocks.
		"malformed variable, and a provider block": {
			env: []string{"HW_INSECURE=yes"}, config: readBackups + "provider \"dcs\" {\n  region = \"cn-north-4\"\n}\n", count: 1,
			says: []string{"Error: Invalid Environment Variable " + atBlock},
		},
		"argument of an alias": {
			config: readBackups + "provider \"dcs\" {\n}\nprovider \"dcs\" {\n  alias = \"other\"\n  cacert_file = \"missing.pem\"\n}\n" +
				strings.Replace(readBackups, `"x" {`, "\"y\" {\n  provider = dcs.other", 1), count: 1,
			says: []string{
				"Error: Invalid CA Certificate File with provider[\"terraform.local/dcs/dcs\"].other, on main.tf line 13, in provider \"dcs\": " +
					"13: cacert_file = \"missing.pem\"", "`cacert_file` is \"missing.pem\", but the file missing.pem does not exist.",
			},
		},
		"half a key in the block": {
			env: []string{"HW_SECRET_KEY="}, config: "provider \"dcs\" {\n  access_key = \"ak\"\n}\n" + readBackups, count: 1,
			says: []string{
				`Error: Incomplete Credentials with provider["terraform.local/dcs/dcs"], on main.tf line 6, in provider "dcs": 6: provider "dcs" {`,
				"`secret_key` is required together with `access_key`, which is set.",
			},
		},
		"empty agency": {
			config: "provider \"dcs\" {\n  assume_role {\n  }\n}\n" + readBackups, count: 2, says: []string{
				`Error: Incomplete Agency with provider["terraform.local/dcs/dcs"], on main.tf line 7, in provider "dcs": 7: assume_role {`,
				"Set `assume_role[0].domain_id` or `assume_role[0].domain_name` in the provider block, or the environment variable " +
					"HW_ASSUME_ROLE_DOMAIN_ID or HW_ASSUME_ROLE_DOMAIN_NAME.",
			},
		},
		"endpoint of another region": {
			config: fmt.Sprintf("provider \"dcs\" {\n  endpoints = { dcs = %q }\n}\n", server.URL()) +
				strings.Replace(readBackups, `"x" {`, "\"x\" {\n  region = \"cn-east-3\"", 1), count: 1,
			says: []string{
				`Error: Endpoint of Another Region with data.dcs_instance_backups.x, on main.tf line 10, in data "dcs_instance_backups" "x": ` +
					`10: region = "cn-east-3"`,
			},
		},
		"misspelt endpoint": {
			config: "provider \"dcs\" {\n  endpoints = {\n    dsc = \"x\"\n  }\n}\n" + readBackups, count: 1, says: []string{
				`Error: Invalid Endpoints with provider["terraform.local/dcs/dcs"], on main.tf line 8`,
				"`endpoints.dsc` must be one of \"dcs\", \"iam\", \"sts\". Got: \"dsc\".",
			},
		},

		"misspelt argument": {
			config: "provider \"dcs\" {\n  acces_key = \"x\"\n}\n" + readBackups, count: 1, says: []string{
				`Error: Unsupported argument on main.tf line 7, in provider "dcs"`, `Did you mean "access_key"?`,
			},
		},
		"misspelt argument of a block": {
			config: "provider \"dcs\" {\n  assume_role {\n    agency = \"x\"\n  }\n}\n" + readBackups, count: 1, says: []string{
				`Error: Unsupported argument on main.tf line 8, in provider "dcs"`, `An argument named "agency" is not expected here.`,
			},
		},

		// What is known only after apply.
		"unknown arguments": {
			config: readBackups + "provider \"dcs\" {\n  region = \"cn-north-4\"\n  project_id = terraform_data.later.output\n" +
				"  max_retries = terraform_data.later.output\n}\n" + fmt.Sprintf(later, `"1"`), count: 1,
			says: []string{
				"Error: Unknown Provider Argument " + atBlock, "Known only after apply", "`provider \"dcs\": max_retries`",
				"`provider \"dcs\": project_id`",
			},
		},
		"unknown argument, and every read waits": {
			config: strings.Replace(readBackups, "}", "  depends_on = [terraform_data.later]\n}", 1) +
				"provider \"dcs\" {\n  project_id = terraform_data.later.output\n}\n" + fmt.Sprintf(later, `"p"`), succeeds: true,
		},
		"unknown argument that turns out to be wrong": {
			config: strings.Replace(readBackups, "}", "  depends_on = [terraform_data.later]\n}", 1) +
				"provider \"dcs\" {\n  max_retries = terraform_data.later.output\n}\n" + fmt.Sprintf(later, "-1"), count: 1,
			command: []string{"apply", "-auto-approve"}, says: []string{
				`Error: Invalid Max Retries with provider["terraform.local/dcs/dcs"], on main.tf line 11, in provider "dcs":`,
				"`max_retries` must be a whole number of at least 0. Got: -1.",
			},
		},
		"unknown argument of a data source that turns out to be wrong": {
			config: strings.Replace(readBackups, "}", "  limit = terraform_data.later.output\n}", 1) + fmt.Sprintf(later, "-1"), count: 1,
			command: []string{"apply", "-auto-approve"}, says: []string{
				`Error: Invalid Limit with data.dcs_instance_backups.x, on main.tf line 8, in data "dcs_instance_backups" "x": 8: limit =`,
				"`limit` must be a whole number of at least 1. Got: -1.",
			},
		},
	}
}

// deadPort returns a URL where nothing listens.
func deadPort(t *testing.T) string {
	t.Helper()

	server := dcsapitest.ForTest(t)
	server.Close()

	return server.URL()
}
