// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-dcs/internal/clitest"
)

// The variables of "make testacc": an instance of the real cloud, and an endpoint other than the region's own.
const (
	envLiveInstance = "DCS_TEST_INSTANCE_ID"
	envLiveEndpoint = "DCS_TEST_ENDPOINT"
)

// TestAccInstanceBackups_realCloud reads an instance of the real cloud. It runs where TF_ACC is set; region and credentials come
// from the environment.
func TestAccInstanceBackups_realCloud(t *testing.T) { //nolint:paralleltest // What it reads is shared with other people.
	clitest.Path(t)

	instance := os.Getenv(envLiveInstance) //nolint:forbidigo // The account is the tester's.
	endpoints := ""

	if endpoint := os.Getenv(envLiveEndpoint); endpoint != "" { //nolint:forbidigo // So is the endpoint.
		endpoints = fmt.Sprintf("endpoints = { dcs = %q }", endpoint)
	}

	resource.Test(t, resource.TestCase{
		PreCheck: func() {
			if instance == "" {
				t.Skip(envLiveInstance + " names no instance of the real cloud")
			}
		},
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){"dcs": newServer},
		Steps: []resource.TestStep{{
			Config: fmt.Sprintf(`
provider "dcs" {
  %s
}

data "dcs_instance_backups" "test" {
  instance_id = %q
}

output "everything" {
  value = data.dcs_instance_backups.test
}
`, endpoints, instance),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(instanceAddress, tfjsonpath.New("instance_id"), knownvalue.StringExact(instance)),
				statecheck.ExpectKnownValue(instanceAddress, tfjsonpath.New("project_id"), knownvalue.NotNull()),
				statecheck.ExpectKnownValue(instanceAddress, tfjsonpath.New("total_num"), knownvalue.NotNull()),
				statecheck.ExpectKnownValue(instanceAddress, tfjsonpath.New("backups"), knownvalue.NotNull()),
			},
			ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: emptyPlan},
		}},
	})
}
