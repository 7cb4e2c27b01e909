// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package provider_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// TestFiles_whatCannotBeRead names each kind of file that is none, by argument and by variable. A read ends with an error
// that names the file, and does not wait for a writer of a pipe.
func TestFiles_whatCannotBeRead(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	pipe, large := filepath.Join(dir, "pipe"), filepath.Join(dir, "large")

	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}

	if err := os.WriteFile(large, make([]byte, 1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}

	link := filepath.Join(dir, "link")
	if err := os.Symlink(pipe, link); err != nil {
		t.Fatal(err)
	}

	all := loginCases()
	oidc := merged(all["ID token file, argument"].block["assume_role_with_oidc"].(object)) //nolint:forcetypeassert // So it is.

	for kind, test := range map[string]struct{ file, reason string }{
		"pipe": {pipe, "a named pipe"}, "link to a pipe": {link, "a named pipe"}, "directory": {dir, "a directory"},
		"device": {"/dev/null", "a device"}, "large": {large, "larger than 1 MiB"}, "missing": {filepath.Join(dir, "missing"), ""},
	} {
		file := test.file
		oidc := maps.Clone(oidc)
		oidc["id_token_file"] = file

		for name, login := range map[string]loginCase{
			"cacert_file":           all["access key, argument"].by(object{"cacert_file": file}),
			"cacert_file, variable": all["access key, argument"].in(env{"HW_CACERT_FILE": file}),
			"shared_config_file":    loginCase{}.by(object{"shared_config_file": file}),
			"shared_config_file, variable": loginCase{}.in(withRegion).in(env{
				"HW_SHARED_CONFIG_FILE": file,
			}),
			"id_token_file": all["ID token file, argument"].by(object{"assume_role_with_oidc": oidc}),
			"id_token_file, variable": all["ID token file, environment"].in(env{
				"HW_ASSUME_ROLE_ID_TOKEN_FILE": file,
			}),
		} {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel()

				// A read that waits for a writer of the pipe gets one in the end.
				defer time.AfterFunc(10*time.Second, func() {
					t.Error("the file is opened with blocking")

					if writer, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
						_ = writer.Close()
					}
				}).Stop()

				server := login.start(t)
				login.project = dcsapitest.ProjectID

				diags := login.attempt(t, server.URL(), nil)
				if len(diags) != 1 || !strings.Contains(diags[0].Detail, file) ||
					!strings.Contains(diags[0].Detail, test.reason) {
					t.Errorf("want one error that names %s and says %q, got %v", file, test.reason, diags)
				}

				if calls := callsTo(server); len(calls) > 0 {
					t.Errorf("requests were sent: %v", calls)
				}
			})
		}
	}
}
