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

	"terraform-provider-dcs/internal/clitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/provider"
)

func TestMain(m *testing.M) { os.Exit(clitest.Main(m)) }

// accTest runs steps with the Terraform CLI.
func accTest(t *testing.T, steps ...resource.TestStep) {
	t.Helper()

	clitest.UnitTest(t, resource.TestCase{
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
