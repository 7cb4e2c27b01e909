// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-dcs/internal/clitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

func TestMain(m *testing.M) { os.Exit(clitest.Main(m)) }

// factories serve the provider in the given environment to the CLI.
func factories(a testEnvironment) map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"dcs": providerserver.NewProtocol6WithError(&dcsProvider{version: "test", environment: a.environment()}),
	}
}

func configOf(provider string) string {
	return fmt.Sprintf(`
provider "dcs" {
%s
}

data "dcs_instance_backups" "test" {
  instance_id = %q
}
`, provider, dcsapitest.InstanceID)
}

func endpointsText(server *dcsapitest.Server) string {
	return fmt.Sprintf("  endpoints = { dcs = %q, iam = %q }", server.URL(), server.URL())
}

// wrapped matches text wherever the CLI breaks its lines.
func wrapped(text string) *regexp.Regexp {
	words := strings.Fields(text)
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}

	return regexp.MustCompile(strings.Join(words, `[\s│]+`))
}

func hasOneBackup() []statecheck.StateCheck {
	return []statecheck.StateCheck{
		statecheck.ExpectKnownValue("data.dcs_instance_backups.test", tfjsonpath.New("backups"), knownvalue.ListSizeExact(1)),
	}
}

func TestAccProvider_environmentOnly(t *testing.T) { //nolint:paralleltest // It sets the environment of the process.
	_, env := local(t)
	for name, value := range env {
		t.Setenv(name, value)
	}

	clitest.UnitTest(t, resource.TestCase{
		// This one has the environment of the process.
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
			"dcs": providerserver.NewProtocol6WithError(New("test")()),
		},
		Steps: []resource.TestStep{{
			Config:            configOf(""),
			ConfigStateChecks: hasOneBackup(),
		}},
	})
}

func TestAccProvider_unknownValue(t *testing.T) {
	t.Parallel()

	server, env := local(t)

	clitest.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(testEnvironment{env: env}),
		Steps: []resource.TestStep{{
			Config: `
resource "terraform_data" "later" {
  input = "cn-north-4"
}
` + configOf("  region = terraform_data.later.output\n"+endpointsText(server)),
			ExpectError: wrapped(`Unknown Provider Argument`),
		}},
	})

	if requests := server.Requests(); len(requests) > 0 {
		t.Errorf("%d requests were sent", len(requests))
	}
}

func TestAccProvider_misspeltEndpoint(t *testing.T) {
	t.Parallel()

	server, env := local(t)

	clitest.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(testEnvironment{env: env}),
		Steps: []resource.TestStep{{
			Config:      configOf(fmt.Sprintf("  endpoints = { dsc = %q }", server.URL())),
			ExpectError: wrapped(`must be one of "dcs", "iam", "sts". Got: "dsc".`),
		}},
	})

	if requests := server.Requests(); len(requests) > 0 {
		t.Errorf("%d requests were sent", len(requests))
	}
}

func TestAccProvider_misspeltArgument(t *testing.T) {
	t.Parallel()

	clitest.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(testEnvironment{}),
		Steps: []resource.TestStep{
			{Config: configOf(`  acces_key = "x"`), ExpectError: wrapped(`Did you mean "access_key"?`)},
			{Config: configOf("  assume_role {\n    agency = \"x\"\n  }"), ExpectError: wrapped(`An argument named "agency" is not expected here`)},
		},
	})
}

// TestAccProvider_noCredentials runs where nothing listens, as on a laptop, and checks that the answer does not keep
// anyone waiting.
func TestAccProvider_noCredentials(t *testing.T) {
	t.Parallel()

	dead := dcsapitest.ForTest(t)
	dead.Close()

	server, _ := local(t)
	env := map[string]string{"HW_METADATA_ENDPOINT": dead.URL(), "HW_REGION_NAME": dcsapitest.Region}
	config := map[string]any{"endpoints": map[string]any{"dcs": server.URL(), "iam": server.URL()}}

	diags := read(t, testEnvironment{env: env}, config)

	for _, place := range append(lookedAt(), "metadata") {
		if len(diags) != 1 || !strings.Contains(diags[0].Detail, place) {
			t.Errorf("%q is not named in %v", place, diags)
		}
	}

	clitest.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(testEnvironment{env: env}),
		Steps: []resource.TestStep{{
			Config:      configOf(endpointsText(server)),
			ExpectError: wrapped("environment: HW_AUTH_TOKEN is not set"),
		}},
	})
}
