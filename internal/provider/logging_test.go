// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/provider"
)

// logged returns the lines that f logs and keep selects, without times, and of the fields of a log with the message alone.
func logged(t *testing.T, f func(ctx context.Context), keep func(line map[string]any) bool) []map[string]any {
	t.Helper()

	var output bytes.Buffer

	f(tflogtest.RootLogger(t.Context(), &output))

	lines, err := tflogtest.MultilineJSONDecode(&output)
	if err != nil {
		t.Fatal(err)
	}

	var kept []map[string]any

	for _, line := range lines {
		if keep(line) {
			maps.DeleteFunc(line, func(name string, _ any) bool {
				return name == "duration_ms" || name != "@message" && name != "@level" && strings.HasPrefix(name, "@")
			})

			kept = append(kept, line)
		}
	}

	return kept
}

// TestLog_info checks what a log at INFO has of a run: how the provider was configured, and the result of each read.
func TestLog_info(t *testing.T) {
	t.Parallel()

	service := dcsapitest.InMemory(t)
	service.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(3, 1)})

	p := newProvider(t, map[string]string{"HW_SECRET_KEY": dcsapitest.SecretKey}, "", service.Transport())

	got := logged(t, func(ctx context.Context) {
		diags := p.Configure(ctx, object{
			"region": dcsapitest.Region, "access_key": dcsapitest.AccessKey,
			"endpoints": object{"dcs": service.URL(), "iam": service.URL()},
		})

		_, failed := p.Read(ctx, dataSource, object{"instance_id": dcsapitest.InstanceID, "limit": 2})
		diags = append(diags, failed...)
		_, failed = p.Read(ctx, "dcs_project_backups", nil)

		if diags = append(diags, failed...); len(diags) > 0 {
			t.Fatal(diags)
		}
	}, func(line map[string]any) bool { return line["@level"] == "info" })

	want := []map[string]any{
		{
			"@level": "info", "@message": "Configured the provider", "region": dcsapitest.Region,
			"credentials_from": "access_key of the provider block with HW_SECRET_KEY",
		},
		{
			"@level": "info", "@message": "Read the backups of an instance", "instance_id": dcsapitest.InstanceID,
			"region": dcsapitest.Region, "project_id": dcsapitest.ProjectID, "total_num": 3.0, "backups": 2.0,
		},
		{
			"@level": "info", "@message": "Read the backups of a project", "region": dcsapitest.Region,
			"project_id": dcsapitest.ProjectID, "instances": 1.0,
		},
	}

	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log at INFO (-want +got):\n%s", diff)
	}
}

// TestLog_failedRequests checks the lines of requests that fail: one that is answered with 503, one without an answer, and one that
// is not retried.
func TestLog_failedRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := dcsapitest.InMemory(t)
		service.Inject(dcsapitest.Fault{Effect: fault.Status{Status: 503, RetryAfter: 2 * time.Second}, Count: 1})
		service.Inject(dcsapitest.Fault{Effect: fault.Silence{}, From: 2, Count: 1})
		service.Inject(dcsapitest.Fault{Effect: fault.Status{Status: 404}, From: 3})

		h := newHarnessOver(t, service, service.Transport(), object{"project_id": dcsapitest.ProjectID})

		got := logged(t, func(ctx context.Context) { _, _ = h.read(ctx, nil) }, func(line map[string]any) bool {
			return strings.HasPrefix(fmt.Sprint(line["@message"]), "API request")
		})
		if len(got) != 3 {
			t.Fatalf("%d lines, want 3: %v", len(got), got)
		}

		for i, part := range []string{"503 Service Unavailable", "nothing was received for 30s", "404 Not Found"} {
			if !strings.Contains(fmt.Sprint(got[i]["error"]), part) {
				t.Errorf("want %q in the error, got %v", part, got[i]["error"])
			}

			delete(got[i], "error")
		}

		if wait, ok := got[1]["retry_in_ms"].(float64); !ok || wait <= 0 {
			t.Errorf("retry_in_ms is %v", got[1]["retry_in_ms"])
		}

		delete(got[1], "retry_in_ms") // It has jitter.

		requests := service.Requests()
		line := func(level, message string, attempt float64, others map[string]any) map[string]any {
			want := map[string]any{
				"@level": level, "@message": message, "attempt": attempt, "instance_id": dcsapitest.InstanceID,
				"method": "GET", "host": requests[0].Host, "path": requests[0].Path,
			}
			maps.Copy(want, others)

			return want
		}

		if diff := cmp.Diff([]map[string]any{
			line("warn", "API request will be retried", 1, object{
				"status": 503.0, "request_id": requests[0].ID, "retry_in_ms": 2000.0,
			}),
			line("warn", "API request will be retried", 2, nil),
			line("debug", "API request", 3, object{"status": 404.0, "request_id": requests[2].ID}),
		}, got); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

// TestSilenceUnwantedLog checks which environment variables keep the log of the provider on.
func TestSilenceUnwantedLog(t *testing.T) {
	silenced := []string{"TF_LOG_SDK", "TF_LOG_SDK_PROTO", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_PROVIDER_DCS"}

	for setting, wanted := range map[string]bool{
		"HW_REGION_NAME=TRACE": false, "TF_LOG=INFO": true, "TF_LOG=json": true, "TF_LOG=off": false, "TF_LOG=": false,
		"TF_LOG_PROVIDER=DEBUG": true, "TF_LOG_PROVIDER=OFF": false, "TF_LOG_PROVIDER_DCS_API=DEBUG": true,
		"TF_LOG_SDK_MUX=DEBUG": true, "TF_LOG_CORE=TRACE": false, "TF_LOG_PATH=terraform.log": false,
	} {
		t.Run(setting, func(t *testing.T) {
			for _, entry := range os.Environ() { //nolint:forbidigo // The variables are the tests'.
				if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "TF_LOG") {
					t.Setenv(name, "")
				}
			}

			for _, name := range silenced {
				t.Setenv(name, "")
			}

			name, value, _ := strings.Cut(setting, "=")
			t.Setenv(name, value)

			provider.SilenceUnwantedLog()

			for _, name := range silenced {
				if got := variable(name); (got == "OFF") == wanted {
					t.Errorf("%s is %q", name, got)
				}
			}
		})
	}
}
