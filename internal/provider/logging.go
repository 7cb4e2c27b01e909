// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform-provider-dcs/internal/transport"
)

const (
	// logSubsystem is the part of the log with one line for each exchange. Its level can be set on its own, by
	// TF_LOG_PROVIDER_DCS_API.
	logSubsystem      = "api"
	logLevelVariable  = "TF_LOG_PROVIDER_DCS"
	messageExchange   = "API request"
	messageWillRepeat = "API request will be repeated"
)

// logExchange writes one line about an exchange. A logger lives in the context of one call from Terraform, so it is made
// here and not when the provider is configured: the line then carries the fields of the read that it belongs to.
func logExchange(ctx context.Context, exchange transport.Exchange) {
	ctx = tflog.NewSubsystem(ctx, logSubsystem,
		tflog.WithRootFields(), tflog.WithLevelFromEnv(logLevelVariable, logSubsystem))

	fields := map[string]any{
		"method":      exchange.Method,
		"host":        exchange.Host,
		"path":        exchange.Path,
		"attempt":     exchange.Attempt,
		"duration_ms": exchange.Duration.Milliseconds(),
	}
	if exchange.Status != 0 {
		fields["status"] = exchange.Status
	}

	if exchange.RequestID != "" {
		fields["request_id"] = exchange.RequestID
	}

	if exchange.Err != nil {
		fields["error"] = exchange.Err.Error()
	}

	if exchange.Retry < 0 {
		tflog.SubsystemDebug(ctx, logSubsystem, messageExchange, fields)

		return
	}

	fields["retry_in_ms"] = exchange.Retry.Milliseconds()

	tflog.SubsystemWarn(ctx, logSubsystem, messageWillRepeat, fields)
}
