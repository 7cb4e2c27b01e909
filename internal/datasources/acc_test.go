// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources_test

import (
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-dcs/internal/clitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/provider"
)

func TestMain(m *testing.M) { os.Exit(clitest.Main(m)) }

// accTest runs a step with the Terraform CLI and a provider block that leads to service.
func accTest(t *testing.T, service *dcsapitest.Server, step resource.TestStep) {
	t.Helper()

	step.Config = fmt.Sprintf(`
provider "dcs" {
  region     = %q
  project_id = %q
  access_key = %q
  secret_key = %q
  endpoints  = { dcs = %q }
}
%s`, dcsapitest.Region, dcsapitest.ProjectID, dcsapitest.AccessKey, dcsapitest.SecretKey, service.URL(), step.Config)

	clitest.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){"dcs": newServer}, Steps: []resource.TestStep{step},
	})
}

func newServer() (tfprotov6.ProviderServer, error) {
	return providerserver.NewProtocol6WithError(provider.New("test")())()
}

const (
	instanceAddress = "data.dcs_instance_backups.test"
	projectAddress  = "data.dcs_project_backups.test"
)

var emptyPlan = []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}

// A second plan is empty, outputs included, whatever the order in which the service lists records and instances.
func TestAccDataSources_secondPlanIsEmpty(t *testing.T) {
	t.Parallel()

	service := dcsapitest.ForTest(t)
	service.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(50, 1)})
	service.AddInstance(dcsapitest.SampleInstance())
	service.SetOrder(dcsapitest.Shuffled)

	accTest(t, service, resource.TestStep{
		Config: fmt.Sprintf(`
data "dcs_instance_backups" "test" {
  instance_id = %q
}

data "dcs_project_backups" "test" {
  include_backups = true
}

output "everything" {
  value = [data.dcs_instance_backups.test, data.dcs_project_backups.test]
}

# A capacity is the decimal that the service sends.
output "small" {
  value = [for i in data.dcs_project_backups.test.instances : i.name if i.capacity == 0.125]
}
`, dcsapitest.InstanceID),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(instanceAddress, tfjsonpath.New("backups"), knownvalue.ListSizeExact(50)),
			statecheck.ExpectKnownValue(projectAddress, tfjsonpath.New("instances"), knownvalue.MapSizeExact(2)),
			statecheck.ExpectKnownOutputValue("small", knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("dcs-orders")})),
		},
		ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: emptyPlan},
	})
}

// unknownX declares local.x, a text that is known after the apply.
const unknownX = `
resource "terraform_data" "x" {
  input = "x"
}

locals {
  x = terraform_data.x.output
}
`

// An argument that is known only after the apply defers the read until then.
func TestAccDataSources_deferredRead(t *testing.T) {
	t.Parallel()

	service := dcsapitest.ForTest(t)
	service.AddInstance(dcsapitest.Instance{ID: "x", Backups: []dcsapitest.Backup{dcsapitest.SampleBackup()}})
	service.AddInstance(dcsapitest.Instance{ID: "y"})

	accTest(t, service, resource.TestStep{
		Config: unknownX + `
data "dcs_instance_backups" "test" {
  instance_id = local.x

  filter {
    status = [local.x == "" ? "failed" : "succeed"]
  }
}

data "dcs_project_backups" "test" {
  include_backups = local.x == "x"

  instance_filter {
    instance_id = [local.x]
    tags        = local.x == "x" ? null : { a = "b" }
  }
}
`,
		ConfigPlanChecks: resource.ConfigPlanChecks{
			PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(instanceAddress, plancheck.ResourceActionRead),
				plancheck.ExpectResourceAction(projectAddress, plancheck.ResourceActionRead),
			},
			PostApplyPostRefresh: emptyPlan,
		},
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(instanceAddress, tfjsonpath.New("backups"), knownvalue.ListSizeExact(1)),
			statecheck.ExpectKnownValue(projectAddress, tfjsonpath.New("instances"), knownvalue.MapSizeExact(1)),
		},
	})
}

// Values that are unknown at validation are validated before the read, so nothing is sent for a bad one.
func TestAccDataSources_unknownValuesAreValidated(t *testing.T) {
	t.Parallel()

	tests := map[string]struct{ config, want string }{
		"attribute": {`data "dcs_instance_backups" "test" { instance_id = "a/${local.x}" }`, `Invalid\s+Instance\s+ID`},
		"argument of a block": {
			"data \"dcs_project_backups\" \"test\" {\n instance_filter {\n name_regex = \"(${local.x}\"\n }\n}",
			`Invalid\s+Name\s+Regex`,
		},
		"two arguments": {
			"data \"dcs_project_backups\" \"test\" {\n begin_time = \"2024010${length(local.x) + 1}000000\"\n end_time = \"20240101000000\"\n}",
			`Invalid\s+Time\s+Range`,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			service := dcsapitest.ForTest(t)
			accTest(t, service, resource.TestStep{Config: unknownX + test.config, ExpectError: regexp.MustCompile(test.want)})

			if requests := service.Requests(); len(requests) > 0 {
				t.Errorf("%d requests were sent", len(requests))
			}
		})
	}
}

// Terraform refuses a misspelt name in a block. Its own words are the promise: a nested attribute would be dropped silently.
func TestAccDataSources_misspeltName(t *testing.T) {
	t.Parallel()

	tests := map[string]struct{ block, want string }{
		"filter":          {"filter {\n  statuses = [\"succeed\"]\n}", `Did\s+you\s+mean\s+"status"`},
		"instance_filter": {"instance_filter {\n  name_regexp = \"x\"\n}", `Did\s+you\s+mean\s+"name_regex"`},
		"timeouts":        {"timeouts {\n  reed = \"5m\"\n}", `Did\s+you\s+mean\s+"read"`},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			accTest(t, dcsapitest.ForTest(t), resource.TestStep{
				Config: "data \"dcs_project_backups\" \"test\" {\n" + test.block + "\n}\n", ExpectError: regexp.MustCompile(test.want),
			})
		})
	}
}

func TestAccInstanceBackups_lastDay(t *testing.T) {
	t.Parallel()

	recent, old := dcsapitest.SampleBackup(), dcsapitest.SampleBackup()
	recent.ID, recent.CreatedAt = "recent", time.Now().Add(-time.Hour)
	old.ID, old.CreatedAt = "old", time.Now().Add(-25*time.Hour)

	service := dcsapitest.ForTest(t)
	service.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: []dcsapitest.Backup{recent, old}})

	accTest(t, service, resource.TestStep{
		Config: fmt.Sprintf(`
data "dcs_instance_backups" "test" {
  instance_id = %q
  begin_time  = timeadd(plantimestamp(), "-24h")
}
`, dcsapitest.InstanceID),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(instanceAddress, tfjsonpath.New("backups"), knownvalue.ListSizeExact(1)),
			statecheck.ExpectKnownValue(instanceAddress, tfjsonpath.New("latest").AtMapKey("backup_id"), knownvalue.StringExact("recent")),
		},
		ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: emptyPlan},
	})
}
