// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/providertest"
	"terraform-provider-dcs/internal/transport"
)

func TestLogExchange(t *testing.T) {
	t.Parallel()

	whole := transport.Exchange{
		Method: "GET", Host: "dcs.example.com", Path: "/v2/project/instances/instance/backups", Attempt: 2,
		Status: 200, Duration: 1500 * time.Millisecond, RequestID: "request-id", Retry: -1,
	}

	tests := map[string]struct {
		change func(*transport.Exchange)
		want   map[string]any
	}{
		"an answer": {
			change: func(*transport.Exchange) {},
			want:   map[string]any{"@level": "debug", "@message": "API request", "status": 200.0, "request_id": "request-id"},
		},
		"an error for good": {
			change: func(e *transport.Exchange) { e.Status, e.Err = 404, errors.New("not found") },
			want: map[string]any{
				"@level": "debug", "@message": "API request", "status": 404.0, "request_id": "request-id", "error": "not found",
			},
		},
		"an error that will be tried again": {
			change: func(e *transport.Exchange) { e.Status, e.Err, e.Retry = 503, errors.New("unavailable"), 2*time.Second },
			want: map[string]any{
				"@level": "warn", "@message": "API request will be retried", "status": 503.0, "request_id": "request-id",
				"error": "unavailable", "retry_in_ms": 2000.0,
			},
		},
		"an attempt that is repeated at once": {
			change: func(e *transport.Exchange) { e.Status, e.Retry = 401, 0 },
			want: map[string]any{
				"@level": "warn", "@message": "API request will be retried", "status": 401.0, "request_id": "request-id",
				"retry_in_ms": 0.0,
			},
		},
		"no answer": {
			change: func(e *transport.Exchange) { e.Status, e.RequestID, e.Err = 0, "", errors.New("connection reset") },
			want:   map[string]any{"@level": "debug", "@message": "API request", "error": "connection reset"},
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			exchange := whole
			test.change(&exchange)

			var output bytes.Buffer

			// The fields of the read that the request belongs to are those of its context.
			ctx := tflog.SetField(tflogtest.RootLogger(t.Context(), &output), "instance_id", "instance")
			logExchange(ctx, exchange)

			lines, err := tflogtest.MultilineJSONDecode(&output)
			if err != nil {
				t.Fatal(err)
			}

			want := map[string]any{
				"@module": "provider.api", "instance_id": "instance", "method": "GET", "host": "dcs.example.com",
				"path": "/v2/project/instances/instance/backups", "attempt": 2.0, "duration_ms": 1500.0,
			}
			maps.Copy(want, test.want)

			if diff := cmp.Diff([]map[string]any{want}, lines); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLogExchange_noLogger checks that a request that belongs to no call from Terraform does no harm.
func TestLogExchange_noLogger(t *testing.T) {
	t.Parallel()

	logExchange(t.Context(), transport.Exchange{Retry: -1})
	logExchange(t.Context(), transport.Exchange{})
}

// TestLog_info checks what a log at INFO has of a run: how the provider was configured, and the result of each read.
func TestLog_info(t *testing.T) {
	t.Parallel()

	service := dcsapitest.InMemory(t)
	service.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(3, 1)})

	var output bytes.Buffer

	ctx := tflogtest.RootLogger(t.Context(), &output)
	env := map[string]string{"HW_SECRET_KEY": dcsapitest.SecretKey}
	p := providertest.New(t, providerserver.NewProtocol6WithError(NewIn(env, "", service.Transport())()))
	diags := p.Configure(ctx, map[string]any{
		"region": dcsapitest.Region, "access_key": dcsapitest.AccessKey,
		"endpoints": map[string]any{"dcs": service.URL(), "iam": service.URL()},
	})

	_, failed := p.Read(ctx, "dcs_instance_backups", map[string]any{"instance_id": dcsapitest.InstanceID, "limit": 2})
	diags = append(diags, failed...)
	_, failed = p.Read(ctx, "dcs_project_backups", map[string]any{})

	if diags = append(diags, failed...); len(diags) > 0 {
		t.Fatal(diags)
	}

	lines, err := tflogtest.MultilineJSONDecode(&output)
	if err != nil {
		t.Fatal(err)
	}

	var got []map[string]any

	for _, line := range lines {
		if line["@level"] == "info" {
			maps.DeleteFunc(line, func(name string, _ any) bool {
				return name == "duration_ms" || strings.HasPrefix(name, "@") && name != "@message"
			})

			got = append(got, line)
		}
	}

	want := []map[string]any{
		{
			"@message": "Configured the provider", "region": dcsapitest.Region, "credentials_from": "access_key of the provider block with HW_SECRET_KEY",
		},
		{
			"@message": "Read the backups of an instance", "instance_id": dcsapitest.InstanceID, "region": dcsapitest.Region,
			"project_id": dcsapitest.ProjectID, "total_num": 3.0, "backups": 2.0,
		},
		{
			"@message": "Read the backups of a project", "region": dcsapitest.Region, "project_id": dcsapitest.ProjectID,
			"instances": 1.0,
		},
	}

	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log at INFO (-want +got):\n%s", diff)
	}
}
