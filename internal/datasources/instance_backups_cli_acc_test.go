// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"terraform-provider-dcs/internal/clitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// Pipelines depend on the exit status of plan -detailed-exitcode: 0 means that nothing has changed, outputs included.
func TestAccInstanceBackups_detailedExitCode(t *testing.T) {
	t.Parallel()

	service := newService(t, dcsapitest.GenerateBackups(50, 1)...)
	terraform := newCLI(t, configuration(service, everything))

	if status := terraform("apply", "-auto-approve"); status != 0 {
		t.Fatalf("apply ends with status %d", status)
	}

	if status := terraform("plan", "-detailed-exitcode"); status != 0 {
		t.Errorf("plan ends with status %d, want 0", status)
	}

	service.SetOrder(dcsapitest.Shuffled)

	if status := terraform("plan", "-detailed-exitcode"); status != 0 {
		t.Errorf("plan ends with status %d where the service's order is another one, want 0", status)
	}

	backup := dcsapitest.SampleBackup()
	service.AddBackups(dcsapitest.InstanceID, backup)

	if status := terraform("plan", "-detailed-exitcode"); status != 2 {
		t.Errorf("plan ends with status %d where a backup was added, want 2", status)
	}
}

// newCLI returns a function that runs the Terraform CLI in a directory with configuration, and returns the exit status.
func newCLI(t *testing.T, configuration string) func(args ...string) int {
	t.Helper()

	terraform, directory := clitest.Path(t), t.TempDir()
	configuration = "terraform {\n  required_providers {\n    dcs = { source = \"" + providerAddress + "\" }\n  }\n}\n" + configuration

	if err := os.WriteFile(filepath.Join(directory, "main.tf"), []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}

	reattach := reattachment(t)

	return func(args ...string) int {
		t.Helper()

		var output bytes.Buffer

		//nolint:gosec // The command and its arguments are the test's own.
		command := exec.CommandContext(t.Context(), terraform, append(args, "-no-color", "-input=false")...)
		command.Dir = directory
		command.Env = append(command.Environ(), "TF_REATTACH_PROVIDERS="+reattach, "CHECKPOINT_DISABLE=1")
		command.Stdout, command.Stderr = &output, &output

		err := command.Run()

		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}

		t.Logf("terraform %v:\n%s", args, output.String())

		return command.ProcessState.ExitCode()
	}
}

const providerAddress = "terraform.local/dcs/dcs"

// reattachment serves the provider in this process and returns the value of TF_REATTACH_PROVIDERS.
func reattachment(t *testing.T) string {
	t.Helper()

	server, err := newServer()
	if err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	started, closed := make(chan *plugin.ReattachConfig), make(chan struct{})

	go func() {
		err := tf6server.Serve(providerAddress, func() tfprotov6.ProviderServer { return server },
			tf6server.WithDebug(ctx, started, closed), tf6server.WithLoggingSink(t), tf6server.WithoutLogStderrOverride(),
			tf6server.WithGoPluginLogger(hclog.NewNullLogger()))
		if err != nil {
			t.Error(err)
		}
	}()

	t.Cleanup(func() {
		cancel()
		<-closed
	})

	config := <-started

	text, err := json.Marshal(map[string]any{providerAddress: map[string]any{
		"Protocol": config.Protocol, "ProtocolVersion": config.ProtocolVersion, "Pid": config.Pid, "Test": config.Test,
		"Addr": map[string]string{"Network": config.Addr.Network(), "String": config.Addr.String()},
	}})
	if err != nil {
		t.Fatal(err)
	}

	return string(text)
}
