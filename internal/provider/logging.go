// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"os"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform-provider-dcs/internal/transport"
)

const (
	// logSubsystem is the part of the log with one line for each exchange. Its level can be set on its own, by
	// TF_LOG_PROVIDER_DCS_API.
	logSubsystem     = "api"
	logLevelVariable = "TF_LOG_PROVIDER_DCS"
	messageExchange  = "API request"
	messageRetry     = "API request will be retried"
)

// logExchange logs one exchange. The logger is that of the read: it belongs to the context of one call from Terraform, and
// its lines carry the fields of the read.
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

	tflog.SubsystemWarn(ctx, logSubsystem, messageRetry, fields)
}

// logSettings logs what a configuration resolved to, so that a log shows which credentials and region a run used.
func logSettings(ctx context.Context, s settings, redact func(string) string) {
	fields := map[string]any{}

	for name, value := range map[string]string{"region": s.region.v, "project_id": s.projectID.v} {
		if value != "" {
			fields[name] = redact(value)
		}
	}

	if source := s.credentials.v.source; source != nil && s.credentials.err == nil {
		fields["credentials_from"] = redact(source.From())
	}

	for i, agency := range s.credentials.v.agencies {
		fields["assume_role_"+strconv.Itoa(i+1)] = redact(agency.AgencyName)
	}

	tflog.Info(ctx, "Configured the provider", fields)
}

const logOff = "OFF"

// SilenceUnwantedLog turns logging off unless an environment variable turns it on. By default the protocol and the framework
// write each step as a TRACE line to standard error, which Terraform reads and drops: 50 lines for each data source, a tenth
// of the time of a plan with 200. Their loggers are configured by these variables alone. Each is set, because a logger that
// inherits its level still composes its lines. It must be called before the provider is served.
func SilenceUnwantedLog() {
	if logWanted(os.Environ()) { //nolint:forbidigo // Nothing else tells whether a log is wanted.
		return
	}

	for _, variable := range []string{"TF_LOG_SDK", "TF_LOG_SDK_PROTO", "TF_LOG_SDK_FRAMEWORK", logLevelVariable} {
		_ = os.Setenv(variable, logOff) // It fails for malformed names only.
	}
}

// logWanted reports whether a variable of environ sets the level of a log that a provider writes to. TF_LOG_CORE does
// not, nor do the variables that only say where a log goes.
func logWanted(environ []string) bool {
	for _, entry := range environ {
		name, level, _ := strings.Cut(entry, "=")
		isLevel := name == "TF_LOG" || strings.HasPrefix(name, "TF_LOG_PROVIDER") || strings.HasPrefix(name, "TF_LOG_SDK")

		if isLevel && level != "" && !strings.EqualFold(level, logOff) {
			return true
		}
	}

	return false
}
