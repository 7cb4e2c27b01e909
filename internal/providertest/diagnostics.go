// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Severity is how grave a diagnostic is.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is a message of the provider to the user.
type Diagnostic struct {
	Severity Severity
	Summary  string
	Detail   string
	// Path is the attribute to blame, e.g. "timeouts.read", empty where there is none.
	Path string
}

// String returns d as a test reports it.
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s at %q: %s: %s", d.Severity, d.Path, d.Summary, d.Detail)
}

// HasError reports whether any of diagnostics is an error.
func HasError(diagnostics []Diagnostic) bool {
	return slices.ContainsFunc(diagnostics, func(d Diagnostic) bool { return d.Severity == Error })
}

func newDiagnostics(sent []*tfprotov6.Diagnostic) []Diagnostic {
	var diagnostics []Diagnostic

	for _, d := range sent {
		severity := Error
		if d.Severity == tfprotov6.DiagnosticSeverityWarning {
			severity = Warning
		}

		diagnostics = append(diagnostics, Diagnostic{
			Severity: severity, Summary: d.Summary, Detail: d.Detail, Path: pathText(d.Attribute),
		})
	}

	return diagnostics
}

// pathText returns at as it is written in a configuration.
func pathText(at *tftypes.AttributePath) string {
	var text strings.Builder

	for i, step := range at.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			if i > 0 {
				text.WriteByte('.')
			}

			text.WriteString(string(step))
		case tftypes.ElementKeyString:
			fmt.Fprintf(&text, "[%q]", string(step))
		case tftypes.ElementKeyInt:
			fmt.Fprintf(&text, "[%d]", int64(step))
		default:
			fmt.Fprintf(&text, "[%s]", step)
		}
	}

	return text.String()
}
