// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources_test

import (
	"fmt"
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

const projectAddress = "data.dcs_project_backups.test"

// newProject starts a local service with instances.
func newProject(t *testing.T, instances ...dcsapitest.Instance) *dcsapitest.Server {
	t.Helper()

	service := dcsapitest.ForTest(t)
	for _, i := range instances {
		service.AddInstance(i)
	}

	return service
}

// instance is the path of a field of an instance in state.
func instance(id, field string) tfjsonpath.Path {
	return tfjsonpath.New("instances").AtMapKey(id).AtMapKey(field)
}

func TestAccProjectBackups_everyField(t *testing.T) {
	t.Parallel()

	sample := dcsapitest.SampleInstance()
	sample.Backups = []dcsapitest.Backup{dcsapitest.SampleBackup()}

	wantBackup := knownvalue.ObjectPartial(map[string]knownvalue.Check{
		"backup_id": knownvalue.StringExact("4631832a-14c6-45b0-a0b3-3abd8f591ad1"),
		"size":      knownvalue.Int64Exact(880232),
		"period":    knownvalue.Null(),
	})

	accTest(t, resource.TestStep{
		Config: configuration(newProject(t, sample, dcsapitest.Instance{ID: "single", SingleNode: true}), `
data "dcs_project_backups" "test" {
  include_backups = true
}

# A capacity is the decimal that the service sends.
output "small" {
  value = [for i in data.dcs_project_backups.test.instances : i.name if i.capacity == 0.125]
}
`),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(projectAddress, tfjsonpath.New("region"), knownvalue.StringExact(dcsapitest.Region)),
			statecheck.ExpectKnownValue(projectAddress, tfjsonpath.New("project_id"), knownvalue.StringExact(dcsapitest.ProjectID)),
			statecheck.ExpectKnownValue(projectAddress, tfjsonpath.New("instances").AtMapKey(sample.ID),
				knownvalue.ObjectExact(map[string]knownvalue.Check{
					"instance_id":           knownvalue.StringExact(sample.ID),
					"name":                  knownvalue.StringExact("dcs-orders"),
					"status":                knownvalue.StringExact("RUNNING"),
					"engine":                knownvalue.StringExact("Redis"),
					"engine_version":        knownvalue.StringExact("5.0"),
					"spec_code":             knownvalue.StringExact("redis.ha.xu1.tiny.r2.128"),
					"created_at":            knownvalue.StringExact("2022-08-29T09:00:34.335Z"),
					"enterprise_project_id": knownvalue.StringExact("0"),
					"capacity":              knownvalue.NumberExact(decimal(t, "0.125")),
					"tags":                  knownvalue.MapExact(map[string]knownvalue.Check{"1": knownvalue.StringExact("DCS")}),
					"backup_supported":      knownvalue.Bool(true),
					"total_num":             knownvalue.Int64Exact(1),
					"restorable_num":        knownvalue.Int64Exact(1),
					"restorable_size":       knownvalue.Int64Exact(880232),
					"latest":                wantBackup,
					"latest_restorable":     wantBackup,
					"backups":               knownvalue.ListExact([]knownvalue.Check{wantBackup}),
				})),
			statecheck.ExpectKnownValue(projectAddress, instance("single", "backup_supported"), knownvalue.Bool(false)),
			statecheck.ExpectKnownValue(projectAddress, instance("single", "backups"), knownvalue.ListSizeExact(0)),
			statecheck.ExpectKnownValue(projectAddress, instance("single", "latest"), knownvalue.Null()),
			statecheck.ExpectKnownOutputValue("small", knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("dcs-orders")})),
		},
		ConfigPlanChecks: emptyPlan,
	})
}

// The filters are blocks with values of every type, some of which are known only in the plan.
func TestAccProjectBackups_filters(t *testing.T) {
	t.Parallel()

	recent, old := dcsapitest.SampleBackup(), dcsapitest.SampleBackup()
	recent.ID, recent.CreatedAt = "recent", time.Now().Add(-time.Hour)
	old.ID, old.CreatedAt, old.Type = "old", time.Now().Add(-25*time.Hour), "auto"

	service := newProject(t,
		dcsapitest.Instance{
			ID: "wanted", Name: "prod-orders", Tags: []dcsapitest.Tag{{Key: "env", Value: "prod"}}, Backups: []dcsapitest.Backup{recent, old},
		},
		dcsapitest.Instance{ID: "other", Name: "prod-cart", Backups: []dcsapitest.Backup{recent}},
	)

	accTest(t, resource.TestStep{
		Config: configuration(service, `
variable "ids" { type = set(string) }
variable "tags" { type = map(string) }
variable "name" { type = string }
variable "include" { type = bool }

data "dcs_project_backups" "test" {
  begin_time      = timeadd(plantimestamp(), "-24h")
  include_backups = var.include

  instance_filter {
    instance_id           = var.ids
    name_regex            = var.name
    status                = ["RUNNING"]
    engine                = ["Redis"]
    enterprise_project_id = ["0"]
    tags                  = var.tags
  }

  filter {
    backup_type = ["manual"]
  }

  timeouts {
    read = "1m"
  }
}
`),
		ConfigVariables: config.Variables{
			"ids": config.SetVariable(config.StringVariable("wanted"), config.StringVariable("other")),
			"tags": config.MapVariable(map[string]config.Variable{
				"env": config.StringVariable("prod"),
			}),
			"name":    config.StringVariable("^prod-"),
			"include": config.BoolVariable(true),
		},
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(projectAddress, tfjsonpath.New("instances"), knownvalue.MapSizeExact(1)),
			statecheck.ExpectKnownValue(projectAddress, instance("wanted", "backups"), knownvalue.ListSizeExact(1)),
			statecheck.ExpectKnownValue(projectAddress, instance("wanted", "latest").AtMapKey("backup_id"), knownvalue.StringExact("recent")),
		},
		ConfigPlanChecks: emptyPlan,
	})
}

func TestAccProjectBackups_none(t *testing.T) {
	t.Parallel()

	accTest(t, resource.TestStep{
		Config: configuration(newProject(t), "data \"dcs_project_backups\" \"test\" {}\n"),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(projectAddress, tfjsonpath.New("instances"), knownvalue.MapSizeExact(0)),
		},
		ConfigPlanChecks: emptyPlan,
	})
}

// An argument that is known only after apply puts the read off until then.
func TestAccProjectBackups_deferredRead(t *testing.T) {
	t.Parallel()

	service := newProject(t, dcsapitest.Instance{ID: "a"}, dcsapitest.Instance{ID: "b"})
	accTest(t, resource.TestStep{
		Config: configuration(service, `
resource "terraform_data" "instance" {
  input = "a"
}

data "dcs_project_backups" "test" {
  include_backups = terraform_data.instance.output == "a"

  instance_filter {
    instance_id = [terraform_data.instance.output]
    tags        = terraform_data.instance.output == "a" ? null : { a = "b" }
  }
}
`),
		ConfigPlanChecks: resource.ConfigPlanChecks{
			PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(projectAddress, plancheck.ResourceActionRead),
			},
			PostApplyPostRefresh: emptyPlan.PostApplyPostRefresh,
		},
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(projectAddress, tfjsonpath.New("instances"), knownvalue.MapSizeExact(1)),
			statecheck.ExpectKnownValue(projectAddress, instance("a", "backups"), knownvalue.ListSizeExact(0)),
		},
	})
}

// Values that are unknown at validation are validated before the read, so nothing is sent for a bad one.
func TestAccProjectBackups_unknownValuesAreValidated(t *testing.T) {
	t.Parallel()

	// x is a string that is known after apply.
	tests := map[string]struct{ condition, want string }{
		"identifier":         {`instance_id = ["a/${local.x}"]`, `Invalid\s+Instance\s+ID`},
		"empty set":          {`status = toset([for s in ["RUNNING"] : s if local.x == ""])`, `Invalid\s+Status`},
		"empty map":          {`tags = { for s in ["a"] : s => s if local.x == "" }`, `Invalid\s+Tags`},
		"null in a map":      {`tags = { a = local.x == "x" ? null : "b" }`, `Null\s+Map\s+Value`},
		"regular expression": {`name_regex = "(${local.x}"`, `Invalid\s+Name\s+Regex`},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			service := newProject(t)
			accTest(t, resource.TestStep{
				Config: configuration(service, fmt.Sprintf(`
resource "terraform_data" "x" {
  input = "x"
}

locals {
  x = terraform_data.x.output
}

data "dcs_project_backups" "test" {
  instance_filter {
    %s
  }
}
`, test.condition)),
				ExpectError: regexp.MustCompile(test.want),
			})

			if requests := service.Requests(); len(requests) > 0 {
				t.Errorf("%d requests were sent", len(requests))
			}
		})
	}
}

func TestAccProjectBackups_errors(t *testing.T) {
	t.Parallel()

	// Terraform wraps the text of errors, so a blank may be a line break.
	tests := map[string]struct{ arguments, want string }{
		"misspelt in instance_filter":    {"instance_filter {\n  name_regexp = \"x\"\n}", `Did\s+you\s+mean\s+"name_regex"`},
		"misspelt in filter":             {"filter {\n  statuses = [\"succeed\"]\n}", `Did\s+you\s+mean\s+"status"`},
		"misspelt block":                 {"instance_filters {\n  name_regex = \"x\"\n}", `Did\s+you\s+mean\s+"instance_filter"`},
		"a limit":                        {"limit = 1", `Unsupported\s+argument`},
		"instance_id on the wrong level": {`instance_id = "x"`, `Unsupported\s+argument`},
		"two blocks":                     {"instance_filter {\n}\ninstance_filter {\n}", `instance_filter`},
		"read-only":                      {"instances = {}", `instances`},
		"an empty map":                   {"instance_filter {\n  tags = {}\n}", `instance_filter.tags.\s+must\s+not\s+be\s+empty`},
		"a bad type":                     {"include_backups = \"maybe\"", `include_backups`},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			service := newProject(t)
			accTest(t, resource.TestStep{
				Config:      configuration(service, "data \"dcs_project_backups\" \"test\" {\n"+test.arguments+"\n}\n"),
				ExpectError: regexp.MustCompile(test.want),
			})

			if requests := service.Requests(); len(requests) > 0 {
				t.Errorf("%d requests were sent", len(requests))
			}
		})
	}
}
