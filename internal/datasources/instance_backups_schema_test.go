// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-dcs/internal/providertest"
)

func TestInstanceBackupsSchema_isValid(t *testing.T) {
	t.Parallel()

	if diags := instanceBackupsSchema().ValidateImplementation(t.Context()); diags.HasError() {
		t.Error(diags)
	}
}

// Terraform shows a MarkdownDescription as Markdown, and a Description as plain text.
func TestInstanceBackupsSchema_isDescribedInMarkdown(t *testing.T) {
	t.Parallel()

	block := serve(t, silent(t)).Schema(dataSource).Block
	checkDescription(t, dataSource, block.Description, block.DescriptionKind)
	checkBlock(t, dataSource, block)

	for _, nested := range block.BlockTypes {
		checkDescription(t, nested.TypeName, nested.Block.Description, nested.Block.DescriptionKind)
		checkBlock(t, nested.TypeName, nested.Block)
	}
}

func checkBlock(t *testing.T, at string, block *tfprotov6.SchemaBlock) {
	t.Helper()

	for _, attribute := range block.Attributes {
		checkAttribute(t, at+"."+attribute.Name, attribute)
	}
}

func checkAttribute(t *testing.T, at string, attribute *tfprotov6.SchemaAttribute) {
	t.Helper()
	checkDescription(t, at, attribute.Description, attribute.DescriptionKind)

	if attribute.NestedType == nil {
		return
	}

	for _, nested := range attribute.NestedType.Attributes {
		checkAttribute(t, at+"."+nested.Name, nested)
	}
}

func checkDescription(t *testing.T, at, description string, kind tfprotov6.StringKind) {
	t.Helper()

	if kind != tfprotov6.StringKindMarkdown || !strings.HasSuffix(description, ".") {
		t.Errorf("%s: the description is no sentence in Markdown: %q (%s)", at, description, kind)
	}
}

func TestInstanceBackupsSchema_misspeltName(t *testing.T) {
	t.Parallel()

	// Terraform refuses an unknown name in a block, but silently drops one in a nested attribute.
	schema := serve(t, silent(t)).Schema(dataSource)
	for _, name := range []string{"filter", "timeouts"} {
		if !isSingleBlock(schema, name) {
			t.Errorf("%s is no single block", name)
		}
	}
}

func isSingleBlock(schema *tfprotov6.Schema, name string) bool {
	for _, block := range schema.Block.BlockTypes {
		if block.TypeName == name {
			return block.Nesting == tfprotov6.SchemaNestedBlockNestingModeSingle
		}
	}

	return false
}

func TestInstanceBackupsConfigure_unexpectedProviderData(t *testing.T) {
	t.Parallel()

	_, diagnostics := serveAs(t, "data", NewInstanceBackups).
		Read(t.Context(), dataSource, map[string]any{"instance_id": instanceID})

	checkDiagnostics(t, []providertest.Diagnostic{{
		Severity: providertest.Error,
		Summary:  "Unexpected Data Source Configure Type",
		Detail:   "Expected *datasources.ProviderData, got: string. Please report this to the provider developers.",
	}}, diagnostics)
}

func TestInstanceBackupsConfigure_noProviderData(t *testing.T) {
	t.Parallel()

	p := serveAs(t, nil, NewInstanceBackups)
	checkDiagnostics(t, nil, p.Validate(t.Context(), dataSource, map[string]any{"instance_id": instanceID}))
}
