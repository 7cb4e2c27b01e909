// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-dcs/internal/providertest"
)

// newDataSources returns each data source by its name.
var newDataSources = map[string]func() datasource.DataSource{
	dataSource: NewInstanceBackups, projectDataSource: NewProjectBackups,
}

// Terraform shows a MarkdownDescription as Markdown, a Description as plain text, and nothing where neither is set.
func TestSchema_isDescribedInMarkdown(t *testing.T) {
	t.Parallel()

	for name, newDataSource := range newDataSources {
		checkBlock(t, name, serveAs(t, nil, newDataSource).Schema(name).Block)
	}
}

func checkBlock(t *testing.T, at string, block *tfprotov6.SchemaBlock) {
	t.Helper()
	checkDescription(t, at, block.Description, block.DescriptionKind)
	checkAttributes(t, at, block.Attributes)

	for _, nested := range block.BlockTypes {
		checkBlock(t, at+"."+nested.TypeName, nested.Block)
	}
}

func checkAttributes(t *testing.T, at string, attributes []*tfprotov6.SchemaAttribute) {
	t.Helper()

	for _, attribute := range attributes {
		checkDescription(t, at+"."+attribute.Name, attribute.Description, attribute.DescriptionKind)

		if attribute.NestedType != nil {
			checkAttributes(t, at+"."+attribute.Name, attribute.NestedType.Attributes)
		}
	}
}

func checkDescription(t *testing.T, at, description string, kind tfprotov6.StringKind) {
	t.Helper()

	if kind != tfprotov6.StringKindMarkdown || !strings.HasSuffix(description, ".") {
		t.Errorf("%s: the description is no sentence in Markdown: %q (%s)", at, description, kind)
	}
}

// Terraform refuses an unknown name in a block, but silently drops one in a nested attribute.
func TestSchema_argumentsAreNestedInBlocks(t *testing.T) {
	t.Parallel()

	for name, want := range map[string][]string{
		dataSource: {"filter", "timeouts"}, projectDataSource: {"filter", "instance_filter", "timeouts"},
	} {
		var got []string

		for _, block := range serveAs(t, nil, newDataSources[name]).Schema(name).Block.BlockTypes {
			if block.Nesting == tfprotov6.SchemaNestedBlockNestingModeSingle {
				got = append(got, block.TypeName)
			}
		}

		slices.Sort(got)

		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("single blocks of %s (-want +got):\n%s", name, diff)
		}
	}
}

func TestConfigure_unexpectedProviderData(t *testing.T) {
	t.Parallel()

	_, diagnostics := serveAs(t, "data", NewInstanceBackups).
		Read(t.Context(), dataSource, map[string]any{"instance_id": instanceID})

	checkDiagnostics(t, []providertest.Diagnostic{{
		Severity: providertest.Error,
		Summary:  "Unexpected Data Source Configure Type",
		Detail:   "Expected *datasources.ProviderData, got: string. Please report this to the provider developers.",
	}}, diagnostics)
}

// A configuration is validated before the provider is configured.
func TestConfigure_noProviderData(t *testing.T) {
	t.Parallel()

	p := serveAs(t, nil, NewInstanceBackups)
	checkDiagnostics(t, nil, p.Validate(t.Context(), dataSource, map[string]any{"instance_id": instanceID}))
}
