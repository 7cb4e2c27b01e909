// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sampleProfiles = `{
  "current": "plain",
  "profiles": [
    {"name": "plain", "mode": "AKSK", "accessKeyId": "PLAINACCESSKEY", "secretAccessKey": "plain-secret",
     "region": "cn-north-4", "projectId": "project-of-plain", "expiresAt": 0},
    {"name": "temporary", "mode": "AKSK", "accessKeyId": "TEMPACCESSKEY", "secretAccessKey": "temp-secret",
     "securityToken": "temp-token"},
    {"name": "sso", "mode": "SSO", "accessKeyId": "NOTTHISKEY", "secretAccessKey": "not-this-secret", "region": "cn-east-3",
     "ssoAuth": {"stsToken": {"accessKeyId": "SSOACCESSKEY", "secretAccessKey": "sso-secret", "securityToken": "sso-token"}}},
    {"name": "sso-logged-out", "mode": "SSO", "region": "cn-east-3", "projectId": "project-of-sso"},
    {"name": "sso-empty", "mode": "SSO", "ssoAuth": {"stsToken": {}}},
    {"name": "other", "mode": "AssumeRole", "accessKeyId": "OTHERACCESSKEY", "secretAccessKey": "other-secret"},
    {"name": "agency", "mode": "ecsAgency", "region": "cn-south-1"},
    {"name": "half", "mode": "AKSK", "accessKeyId": "HALFACCESSKEY"},
    {"name": "other-half", "mode": "AKSK", "secretAccessKey": "half-secret"},
    {"name": "encrypted", "mode": "AKSK", "accessKeyId": "q0yY4sMBxZ9s+W2l/bTqkA==", "secretAccessKey": "Zm9vYmFy"}
  ]
}`

func profileFileOf(t *testing.T, content string) string {
	t.Helper()

	file := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}

	return file
}

func TestReadProfile(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		name string
		want Profile
		// wantErr is a part of the error, of kind.
		wantErr string
		kind    error
	}{
		"a permanent key": {
			name: "plain",
			want: Profile{
				Name: "plain", Region: "cn-north-4", ProjectID: "project-of-plain",
				Keys: Keys{AccessKey: "PLAINACCESSKEY", SecretKey: "plain-secret"},
			},
		},
		"the current profile": {
			want: Profile{
				Name: "plain", Region: "cn-north-4", ProjectID: "project-of-plain",
				Keys: Keys{AccessKey: "PLAINACCESSKEY", SecretKey: "plain-secret"},
			},
		},
		"a temporary key": {
			name: "temporary",
			want: Profile{
				Name: "temporary",
				Keys: Keys{AccessKey: "TEMPACCESSKEY", SecretKey: "temp-secret", SecurityToken: "temp-token"},
			},
		},
		"the key of a single sign-on": {
			name: "sso",
			want: Profile{
				Name: "sso", Region: "cn-east-3",
				Keys: Keys{AccessKey: "SSOACCESSKEY", SecretKey: "sso-secret", SecurityToken: "sso-token"},
			},
		},
		"a single sign-on without key keeps region and project": {
			name:    "sso-logged-out",
			want:    Profile{Name: "sso-logged-out", Region: "cn-east-3", ProjectID: "project-of-sso"},
			wantErr: `in profile "sso-logged-out": its mode is SSO, but it has no ssoAuth.stsToken`,
			kind:    ErrProfileKeys,
		},
		"a single sign-on with an empty key": {
			name:    "sso-empty",
			want:    Profile{Name: "sso-empty"},
			wantErr: "accessKeyId and secretAccessKey are empty",
			kind:    ErrProfileKeys,
		},
		"any other mode with a key": {
			name: "other",
			want: Profile{Name: "other", Keys: Keys{AccessKey: "OTHERACCESSKEY", SecretKey: "other-secret"}},
		},
		"a mode without key keeps the region": {
			name:    "agency",
			want:    Profile{Name: "agency", Region: "cn-south-1"},
			wantErr: `its mode is "ecsAgency", and accessKeyId and secretAccessKey are empty`,
			kind:    ErrProfileKeys,
		},
		"an access key without secret key": {
			name: "half", want: Profile{Name: "half"}, wantErr: "secretAccessKey is empty", kind: ErrProfileKeys,
		},
		"a secret key without access key": {
			name: "other-half", want: Profile{Name: "other-half"}, wantErr: "accessKeyId is empty", kind: ErrProfileKeys,
		},
		"an encrypted key": {
			name:    "encrypted",
			want:    Profile{Name: "encrypted"},
			wantErr: "hcloud configure set --cli-auth-encrypt=false",
			kind:    ErrProfileKeys,
		},
		"a profile that is not there": {
			name: "missing",
			wantErr: `unknown profile "missing": the file holds "plain", "temporary", "sso", "sso-logged-out", "sso-empty", ` +
				`"other", "agency", "half", "other-half", "encrypted"`,
			kind: ErrUnknownProfile,
		},
	}

	file := profileFileOf(t, sampleProfiles)

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := ReadProfile(file, test.name)
			if test.kind == nil && err != nil {
				t.Fatal(err)
			}

			if !errors.Is(err, test.kind) || !strings.Contains(errorText(err), test.wantErr) {
				t.Errorf("error %v; want %q", err, test.wantErr)
			}

			if got.Name != "" {
				test.want.Keys.Origin = `profile "` + got.Name + `" of ` + file
			}

			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("profile (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadProfile_badFile(t *testing.T) {
	t.Parallel()

	const secret = "very-secret-key"

	tests := map[string]struct {
		content string
		want    string
	}{
		"empty":               {"", "it is not JSON as KooCLI writes it"},
		"not JSON":            {secret, "it is not JSON as KooCLI writes it"},
		"cut short":           {`{"profiles": [{"secretAccessKey": "` + secret, "it is not JSON"},
		"of other types":      {`{"profiles": [{"name": 1, "secretAccessKey": "` + secret + `"}]}`, "it is not JSON"},
		"another document":    {`["` + secret + `"]`, "it is not JSON"},
		"no profiles":         {`{"current": "x"}`, `unknown profile "x": the file holds no profiles`},
		"no current profile":  {`{"profiles": [{"name": "a"}, {"name": ""}]}`, `none is named or current; the file holds "a", ""`},
		"null":                {"null", "none is named or current"},
		"many profiles":       {`{"profiles": [` + strings.Repeat(`{"name": "a"},`, 24) + `{"name": "a"}]}`, `"a", and 5 more`},
		"endless":             {strings.Repeat(" ", maxProfileFile+1), "it has more than 1024 KiB"},
		"a very hostile name": {`{"current": "\u001b[2J\n"}`, `unknown profile "\x1b[2J\n"`},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := ReadProfile(profileFileOf(t, test.content), "")
			if !strings.Contains(errorText(err), test.want) {
				t.Errorf("error %v; want %q", err, test.want)
			}

			if strings.Contains(errorText(err), secret) {
				t.Errorf("the error repeats the file: %v", err)
			}
		})
	}
}

func TestReadProfile_missingFile(t *testing.T) {
	t.Parallel()

	file := filepath.Join(t.TempDir(), "missing.json")
	if _, err := ReadProfile(file, ""); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(errorText(err), file) {
		t.Errorf("error %v", err)
	}

	if _, err := ReadProfile(t.TempDir(), ""); err == nil {
		t.Error("a directory was read")
	}
}

func TestReadProfile_byteOrderMark(t *testing.T) {
	t.Parallel()

	got, err := ReadProfile(profileFileOf(t, "\uFEFF"+sampleProfiles), "temporary")
	if err != nil || got.Keys.AccessKey != "TEMPACCESSKEY" {
		t.Errorf("profile %+v, error %v", got, err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}

	return err.Error()
}

// FuzzProfile checks that no file breaks the parser, and that what it accepts is whole.
func FuzzProfile(f *testing.F) {
	f.Add([]byte(sampleProfiles), "")
	f.Add([]byte(sampleProfiles), "sso")
	f.Add([]byte("\uFEFF{}"), "a")
	f.Add([]byte(`{"profiles": [{"mode": "SSO", "ssoAuth": {"stsToken": null}}]}`), "")
	f.Add([]byte(`{"current": "a", "profiles": [{"name": "a"}, null]}`), "")

	f.Fuzz(func(t *testing.T, content []byte, name string) {
		got, err := parseProfile(content, name)

		switch {
		case err == nil:
			if got.Name == "" || got.Keys.AccessKey == "" || got.Keys.SecretKey == "" {
				t.Errorf("half a profile was accepted: %+v", got)
			}
		case errors.Is(err, ErrProfileKeys):
			if got.Keys != (Keys{}) {
				t.Errorf("keys that cannot be used: %+v", got)
			}
		case got != (Profile{}):
			t.Errorf("a profile beside the error %v: %+v", err, got)
		}

		if name != "" && err == nil && got.Name != name {
			t.Errorf("asked for %q, got %q", name, got.Name)
		}
	})
}
