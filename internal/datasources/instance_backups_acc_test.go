// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources_test

import (
	"fmt"
	"math/big"
	"regexp"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

const address = "data.dcs_instance_backups.test"

// everything is a configuration with all that was read as an output, so that a change of any value changes the plan.
const everything = `
data "dcs_instance_backups" "test" {
  instance_id = "5560df16-cebf-4473-95c4-d1b573c16e79"
}

output "everything" {
  value = data.dcs_instance_backups.test
}
`

var emptyPlan = resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}

func TestAccInstanceBackups_everyField(t *testing.T) {
	t.Parallel()

	manual := dcsapitest.SampleBackup()
	automatic := dcsapitest.Backup{
		ID: "00000000-0000-0000-0000-000000000002", Name: "backup_2", Type: "auto", Format: "rdb", Size: 1<<53 + 1,
		Period: "22:00-23:00", CreatedAt: manual.CreatedAt.Add(time.Hour), UpdatedAt: manual.CreatedAt.Add(2 * time.Hour),
		ExecutedAt: manual.CreatedAt.Add(time.Hour), Progress: "33.3", Status: "failed", ErrorCode: "dcs.08.0002",
	}
	service := newService(t, manual, automatic)

	wantManual := knownvalue.ObjectExact(map[string]knownvalue.Check{
		"backup_id":          knownvalue.StringExact("4631832a-14c6-45b0-a0b3-3abd8f591ad1"),
		"backup_name":        knownvalue.StringExact("backup_20190510163116"),
		"backup_type":        knownvalue.StringExact("manual"),
		"backup_format":      knownvalue.StringExact("aof"),
		"instance_id":        knownvalue.StringExact(dcsapitest.InstanceID),
		"size":               knownvalue.Int64Exact(880232),
		"period":             knownvalue.Null(),
		"created_at":         knownvalue.StringExact("2019-05-10T08:31:16.166Z"),
		"updated_at":         knownvalue.StringExact("2019-05-10T08:32:30.546Z"),
		"execution_at":       knownvalue.StringExact("2019-05-11T08:31:16.166Z"),
		"progress":           knownvalue.Int64Exact(100),
		"status":             knownvalue.StringExact("succeed"),
		"error_code":         knownvalue.Null(),
		"remark":             knownvalue.StringExact("001"),
		"is_support_restore": knownvalue.Bool(true),
	})
	wantAutomatic := knownvalue.ObjectExact(map[string]knownvalue.Check{
		"backup_id":          knownvalue.StringExact("00000000-0000-0000-0000-000000000002"),
		"backup_name":        knownvalue.StringExact("backup_2"),
		"backup_type":        knownvalue.StringExact("auto"),
		"backup_format":      knownvalue.StringExact("rdb"),
		"instance_id":        knownvalue.StringExact(dcsapitest.InstanceID),
		"size":               knownvalue.Int64Exact(9007199254740993),
		"period":             knownvalue.StringExact("22:00-23:00"),
		"created_at":         knownvalue.StringExact("2019-05-10T09:31:16.166Z"),
		"updated_at":         knownvalue.StringExact("2019-05-10T10:31:16.166Z"),
		"execution_at":       knownvalue.StringExact("2019-05-10T09:31:16.166Z"),
		"progress":           knownvalue.NumberExact(decimal(t, "33.3")),
		"status":             knownvalue.StringExact("failed"),
		"error_code":         knownvalue.StringExact("dcs.08.0002"),
		"remark":             knownvalue.Null(),
		"is_support_restore": knownvalue.Bool(false),
	})

	expect := func(attribute string, value knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), value)
	}

	accTest(t, resource.TestStep{
		Config: configuration(service, everything),
		ConfigStateChecks: []statecheck.StateCheck{
			expect("instance_id", knownvalue.StringExact(dcsapitest.InstanceID)),
			expect("region", knownvalue.StringExact(dcsapitest.Region)),
			expect("project_id", knownvalue.StringExact(dcsapitest.ProjectID)),
			expect("total_num", knownvalue.Int64Exact(2)),
			expect("backups", knownvalue.ListExact([]knownvalue.Check{wantAutomatic, wantManual})),
			expect("latest", wantAutomatic),
			expect("latest_restorable", wantManual),
		},
		ConfigPlanChecks: emptyPlan,
	})
}

// decimal returns the number that Terraform reads from text.
func decimal(t *testing.T, text string) *big.Float {
	t.Helper()

	number, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}

	return number
}

func TestAccInstanceBackups_serviceShuffles(t *testing.T) {
	t.Parallel()

	service := newService(t, dcsapitest.GenerateBackups(50, 1)...)
	service.SetOrder(dcsapitest.Shuffled)

	accTest(t, resource.TestStep{Config: configuration(service, everything), ConfigPlanChecks: emptyPlan})
}

func TestAccInstanceBackups_none(t *testing.T) {
	t.Parallel()

	accTest(t, resource.TestStep{
		Config: configuration(newService(t), everything),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, tfjsonpath.New("total_num"), knownvalue.Int64Exact(0)),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("backups"), knownvalue.ListSizeExact(0)),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("latest"), knownvalue.Null()),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("latest_restorable"), knownvalue.Null()),
		},
		ConfigPlanChecks: emptyPlan,
	})
}

// An argument that is known only after apply defers the read until then.
func TestAccInstanceBackups_deferredRead(t *testing.T) {
	t.Parallel()

	service := newService(t, dcsapitest.SampleBackup())
	accTest(t, resource.TestStep{
		Config: configuration(service, fmt.Sprintf(`
resource "terraform_data" "instance" {
  input = %q
}

data "dcs_instance_backups" "test" {
  instance_id = terraform_data.instance.output

  filter {
    status = [terraform_data.instance.output == "" ? "failed" : "succeed"]
  }
}
`, dcsapitest.InstanceID)),
		ConfigPlanChecks: resource.ConfigPlanChecks{
			PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(address, plancheck.ResourceActionRead),
			},
			PostApplyPostRefresh: emptyPlan.PostApplyPostRefresh,
		},
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, tfjsonpath.New("backups"), knownvalue.ListSizeExact(1)),
		},
	})
}

// Variables without a default are unknown at validation and pass it.
func TestAccInstanceBackups_variables(t *testing.T) {
	t.Parallel()

	service := newService(t, dcsapitest.SampleBackup())
	accTest(t, resource.TestStep{
		Config: configuration(service, `
variable "instance_id" { type = string }
variable "begin_time" { type = string }
variable "limit" { type = number }
variable "status" { type = set(string) }
variable "timeout" { type = string }

data "dcs_instance_backups" "test" {
  instance_id = var.instance_id
  begin_time  = var.begin_time
  limit       = var.limit

  filter {
    status = var.status
  }

  timeouts {
    read = var.timeout
  }
}
`),
		ConfigVariables: config.Variables{
			"instance_id": config.StringVariable(dcsapitest.InstanceID),
			"begin_time":  config.StringVariable("20190101000000"),
			"limit":       config.IntegerVariable(1500),
			"status":      config.SetVariable(config.StringVariable("succeed")),
			"timeout":     config.StringVariable("1m"),
		},
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, tfjsonpath.New("begin_time"), knownvalue.StringExact("20190101000000")),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("backups"), knownvalue.ListSizeExact(1)),
		},
		ConfigPlanChecks: emptyPlan,
	})
}

func TestAccInstanceBackups_lastDay(t *testing.T) {
	t.Parallel()

	recent, old := dcsapitest.SampleBackup(), dcsapitest.SampleBackup()
	recent.ID, recent.CreatedAt = "recent", time.Now().Add(-time.Hour)
	old.ID, old.CreatedAt = "old", time.Now().Add(-25*time.Hour)

	accTest(t, resource.TestStep{
		Config: configuration(newService(t, recent, old), fmt.Sprintf(`
data "dcs_instance_backups" "test" {
  instance_id = %q
  begin_time  = timeadd(plantimestamp(), "-24h")
}
`, dcsapitest.InstanceID)),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, tfjsonpath.New("backups"), knownvalue.ListSizeExact(1)),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("latest").AtMapKey("backup_id"), knownvalue.StringExact("recent")),
		},
		ConfigPlanChecks: emptyPlan,
	})
}

// Values that are unknown at validation are validated before the read, so nothing is sent for a bad one.
func TestAccInstanceBackups_unknownValuesAreValidated(t *testing.T) {
	t.Parallel()

	// x is a string that is known after apply.
	tests := map[string]struct{ arguments, want string }{
		"identifier": {`instance_id = "a/${local.x}"`, `Invalid\s+Instance\s+ID`},
		"number":     {"instance_id = local.x\nlimit = length(local.x) - 1", `Invalid\s+Limit`},
		"time":       {"instance_id = local.x\nbegin_time = local.x", `Invalid\s+Begin\s+Time`},
		"time range": {
			"instance_id = local.x\nbegin_time = \"2024010${length(local.x) + 1}000000\"\nend_time = \"20240101000000\"",
			`Invalid\s+Time\s+Range`,
		},
		"enumeration":        {"instance_id = local.x\nfilter {\n  status = [local.x]\n}", `Invalid\s+Status`},
		"empty set":          {"instance_id = local.x\nfilter {\n  status = toset([for s in [\"failed\"] : s if local.x == \"\"])\n}", `Invalid\s+Status`},
		"null in a set":      {"instance_id = local.x\nfilter {\n  backup_id = [local.x == \"x\" ? null : \"\"]\n}", `Null\s+Set\s+Value`},
		"regular expression": {"instance_id = local.x\nfilter {\n  backup_name_regex = \"(${local.x}\"\n}", `Invalid\s+Backup\s+Name\s+Regex`},
		"duration":           {"instance_id = local.x\ntimeouts {\n  read = \"-${length(local.x)}s\"\n}", `Invalid\s+Read`},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			service := newService(t)
			accTest(t, resource.TestStep{
				Config: configuration(service, fmt.Sprintf(`
resource "terraform_data" "x" {
  input = "x"
}

locals {
  x = terraform_data.x.output
}

data "dcs_instance_backups" "test" {
%s
}
`, test.arguments)),
				ExpectError: regexp.MustCompile(test.want),
			})

			if requests := service.Requests(); len(requests) > 0 {
				t.Errorf("%d requests were sent", len(requests))
			}
		})
	}
}

func TestAccInstanceBackups_errors(t *testing.T) {
	t.Parallel()

	// Terraform wraps the text of errors, so a blank may be a line break.
	tests := map[string]struct{ arguments, want string }{
		"no instance_id":         {"", `The\s+argument\s+"instance_id"\s+is\s+required`},
		"no such instance":       {`instance_id = "none"`, `There\s+is\s+no\s+DCS\s+instance\s+"none"`},
		"bad instance_id":        {`instance_id = "a/b"`, `Invalid\s+Instance\s+ID`},
		"bad limit":              {"instance_id = \"x\"\nlimit = 0.5", `.limit.\s+must\s+be\s+a\s+whole\s+number`},
		"misspelt in filter":     {"instance_id = \"x\"\nfilter {\n  statuses = [\"succeed\"]\n}", `Did\s+you\s+mean\s+"status"`},
		"misspelt in timeouts":   {"instance_id = \"x\"\ntimeouts {\n  reed = \"5m\"\n}", `Did\s+you\s+mean\s+"read"`},
		"bad timeout":            {"instance_id = \"x\"\ntimeouts {\n  read = \"0s\"\n}", `Invalid\s+Read`},
		"reversed times":         {"instance_id = \"x\"\nbegin_time = \"20240102000000\"\nend_time = \"20240101000000\"", `Invalid\s+Time\s+Range`},
		"read-only":              {"instance_id = \"x\"\nbackups = []", `backups`},
		"a bad value in a set":   {"instance_id = \"x\"\nfilter {\n  status = [\"success\"]\n}", `Got:\s+"success"`},
		"an empty set in filter": {"instance_id = \"x\"\nfilter {\n  status = []\n}", `filter.status.\s+must\s+not\s+be\s+empty`},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			service := newService(t)
			accTest(t, resource.TestStep{
				Config:      configuration(service, "data \"dcs_instance_backups\" \"test\" {\n"+test.arguments+"\n}\n"),
				ExpectError: regexp.MustCompile(test.want),
			})

			if requests := service.Requests(); name != "no such instance" && len(requests) > 0 {
				t.Errorf("%d requests were sent", len(requests))
			}
		})
	}
}
