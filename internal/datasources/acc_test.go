// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/provider"
)

// TestMain gives the provider its own address in tests too, unless the environment names another one.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"TF_ACC_PROVIDER_HOST": "terraform.local", "TF_ACC_PROVIDER_NAMESPACE": "dcs",
	} {
		//nolint:forbidigo // These variables are the test framework's, not the provider's.
		if _, given := os.LookupEnv(name); given {
			continue
		}

		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}

	os.Exit(m.Run())
}

// accTest runs steps with the Terraform CLI.
func accTest(t *testing.T, steps ...resource.TestStep) {
	t.Helper()

	// The service is a local one, so that no account is needed and TF_ACC need not be set.
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){"dcs": newServer},
		Steps:                    steps,
	})
}

func newServer() (tfprotov6.ProviderServer, error) {
	return providerserver.NewProtocol6WithError(provider.New("test")())()
}

// newService starts a local service with one instance, dcsapitest.InstanceID, that has backups.
func newService(t *testing.T, backups ...dcsapitest.Backup) *dcsapitest.Server {
	t.Helper()

	service := dcsapitest.ForTest(t)
	service.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: backups})

	return service
}

// configuration returns a configuration whose provider block leads to service.
func configuration(service *dcsapitest.Server, body string) string {
	return fmt.Sprintf(`
provider "dcs" {
  region     = %q
  project_id = %q
  access_key = %q
  secret_key = %q
  endpoints  = { dcs = %q }
}
%s`, service.Region(), dcsapitest.ProjectID, dcsapitest.AccessKey, dcsapitest.SecretKey, service.URL(), body)
}
