// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/provider"
	"terraform-provider-dcs/internal/providertest"
)

const (
	dataSource = "dcs_instance_backups"
	// blockPath is the path of diagnostics for which Terraform shows the block of the data source.
	blockPath = "total_num"
)

// newProvider returns a provider with the given environment variables and home directory. Requests go through network, or through
// the provider's own transport where it is nil.
func newProvider(t *testing.T, env map[string]string, home string, network http.RoundTripper) *providertest.Provider {
	t.Helper()

	return providertest.New(t, providerserver.NewProtocol6WithError(provider.NewIn(env, home, network)()))
}

// harness is a provider and its service, which are connected in memory, so that they can be used in testing/synctest.
type harness struct {
	*providertest.Provider

	service *dcsapitest.Server
}

// newHarness returns a provider that logs in with the service's key, and a service whose instance has so many backups.
func newHarness(t *testing.T, backups int) *harness {
	t.Helper()

	service := dcsapitest.InMemory(t)
	service.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(backups, 1)})

	return newHarnessOver(t, service, service.Transport(), nil)
}

// newHarnessOver returns a provider that reaches service through network. arguments are added to its provider block.
func newHarnessOver(
	t *testing.T, service *dcsapitest.Server, network http.RoundTripper, arguments map[string]any,
) *harness {
	t.Helper()

	h := &harness{Provider: newProvider(t, nil, "", network), service: service}

	config := map[string]any{
		"region": dcsapitest.Region, "access_key": dcsapitest.AccessKey, "secret_key": dcsapitest.SecretKey,
		"endpoints": map[string]any{"dcs": service.URL(), "iam": service.URL(), "sts": service.URL()},
	}
	maps.Copy(config, arguments)

	if diags := h.Configure(t.Context(), config); len(diags) > 0 {
		t.Fatal(diags)
	}

	return h
}

// read reads the backups of the service's instance.
func (h *harness) read(ctx context.Context, arguments map[string]any) ([]string, []providertest.Diagnostic) {
	config := map[string]any{"instance_id": dcsapitest.InstanceID}
	maps.Copy(config, arguments)

	state, diags := h.Read(ctx, dataSource, config)

	return idsOf(state), diags
}

// idsOf returns the backups in a state, by their IDs.
func idsOf(state map[string]any) []string {
	var ids []string

	backups, _ := state["backups"].([]any)
	for _, backup := range backups {
		if backup, ok := backup.(map[string]any); ok {
			ids = append(ids, fmt.Sprint(backup["backup_id"]))
		}
	}

	return ids
}

// kept returns the backups that the service's instance has, newest first, by their IDs.
func (h *harness) kept() []string {
	var ids []string
	for _, backup := range h.service.Backups(dcsapitest.InstanceID) {
		ids = append(ids, backup.ID)
	}

	return ids
}

// checkContract checks that got has the backups that were there before and after the read, each once and in order, and no
// others than those that were there before or after.
func checkContract(t *testing.T, before, after, got []string) {
	t.Helper()

	var want, found []string

	for _, id := range before {
		if slices.Contains(after, id) {
			want = append(want, id)
		}
	}

	for _, id := range got {
		switch {
		case slices.Contains(want, id):
			found = append(found, id)
		case !slices.Contains(before, id) && !slices.Contains(after, id):
			t.Errorf("%s was never there", id)
		}
	}

	if diff := cmp.Diff(want, found, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("backups that were there during the whole read (-want +got):\n%s", diff)
	}
}

// checkNoSecrets checks that neither the key nor a signature that service has seen is part of text.
func checkNoSecrets(t *testing.T, service *dcsapitest.Server, text string) {
	t.Helper()

	secrets := []string{dcsapitest.AccessKey, dcsapitest.SecretKey}

	for _, request := range service.Requests() {
		if _, signature, signed := strings.Cut(request.Header.Get("Authorization"), "Signature="); signed {
			secrets = append(secrets, signature)
		}
	}

	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("%s is shown: %s", secret, text)
		}
	}
}
