// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package koocli_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/auth/koocli"
	"terraform-provider-dcs/internal/boundedfile"
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
    {"name": "sso-without-token", "mode": "SSO", "ssoAuth": {}},
    {"name": "sso-empty", "mode": "SSO", "ssoAuth": {"stsToken": {}}},
    {"name": "other", "mode": "AssumeRole", "accessKeyId": "OTHERACCESSKEY", "secretAccessKey": "other-secret"},
    {"name": "other-without-key", "mode": "FaceID", "region": "cn-south-1"},
    {"name": "ecs", "mode": "ECSAGENCY", "region": "cn-south-1", "accessKeyId": "NOTTHISKEY", "secretAccessKey": "not-this"},
    {"name": "agency", "mode": "AKSK", "accessKeyId": "PLAINACCESSKEY", "secretAccessKey": "plain-secret",
     "agencyName": "ops", "agencyDomainId": "id-of-ops", "agencyDomainName": "account-of-ops"},
    {"name": "half-agency", "accessKeyId": "PLAINACCESSKEY", "secretAccessKey": "plain-secret", "agencyName": "ops"},
    {"name": "other-half-agency", "accessKeyId": "PLAINACCESSKEY", "secretAccessKey": "plain-secret",
     "agencyDomainId": "id-of-ops", "agencyDomainName": "account-of-ops"},
    {"name": "white-space", "accessKeyId": " PLAINACCESSKEY\n", "secretAccessKey": "\uFEFFplain-secret\r\n",
     "securityToken": " \n"},
    {"name": "blank", "mode": "AKSK", "accessKeyId": " ", "secretAccessKey": "\n"},
    {"name": "line-break", "accessKeyId": "PLAINACCESSKEY", "secretAccessKey": "plain\nsecret"},
    {"name": "line-break-in-token", "accessKeyId": "PLAINACCESSKEY", "secretAccessKey": "plain-secret", "securityToken": "a\u0000b"},
    {"name": "half", "mode": "AKSK", "accessKeyId": "HALFACCESSKEY"},
    {"name": "other-half", "mode": "AKSK", "secretAccessKey": "half-secret"},
    {"name": "encrypted", "mode": "AKSK", "accessKeyId": "q0yY4sMBxZ9s+W2l/bTqkA==", "secretAccessKey": "Zm9vYmFy"},
    {"name": "encrypted-hex", "accessKeyId": "0123456789abcdef0123456789abcdef0", "secretAccessKey": "Zm9vYmFy"}
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

func TestRead_profiles(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		name string
		want koocli.Profile
		// wantErr is a part of the error, of kind.
		wantErr string
		kind    error
	}{
		"a permanent key": {
			name: "plain",
			want: koocli.Profile{
				Name: "plain", Mode: "AKSK", Region: "cn-north-4", ProjectID: "project-of-plain",
				Keys: koocli.Keys{AccessKey: "PLAINACCESSKEY", SecretKey: "plain-secret"},
			},
		},
		"the current profile": {
			want: koocli.Profile{
				Name: "plain", Mode: "AKSK", Region: "cn-north-4", ProjectID: "project-of-plain",
				Keys: koocli.Keys{AccessKey: "PLAINACCESSKEY", SecretKey: "plain-secret"},
			},
		},
		"a temporary key": {
			name: "temporary",
			want: koocli.Profile{
				Name: "temporary", Mode: "AKSK",
				Keys: koocli.Keys{AccessKey: "TEMPACCESSKEY", SecretKey: "temp-secret", SecurityToken: "temp-token"},
			},
		},
		"the key of a single sign-on": {
			name: "sso",
			want: koocli.Profile{
				Name: "sso", Mode: "SSO", Region: "cn-east-3",
				Keys: koocli.Keys{AccessKey: "SSOACCESSKEY", SecretKey: "sso-secret", SecurityToken: "sso-token"},
			},
		},
		"a single sign-on without key keeps region and project": {
			name:    "sso-logged-out",
			want:    koocli.Profile{Name: "sso-logged-out", Mode: "SSO", Region: "cn-east-3", ProjectID: "project-of-sso"},
			wantErr: `in profile "sso-logged-out": its mode is SSO, but it has no ssoAuth.stsToken`,
			kind:    koocli.ErrKeys,
		},
		"a single sign-on without token": {
			name: "sso-without-token", want: koocli.Profile{Name: "sso-without-token", Mode: "SSO"},
			wantErr: "it has no ssoAuth.stsToken", kind: koocli.ErrKeys,
		},
		"a single sign-on with an empty key": {
			name:    "sso-empty",
			want:    koocli.Profile{Name: "sso-empty", Mode: "SSO"},
			wantErr: "accessKeyId and secretAccessKey are empty",
			kind:    koocli.ErrKeys,
		},
		"any other mode with a key": {
			name: "other",
			want: koocli.Profile{Name: "other", Mode: "AssumeRole", Keys: koocli.Keys{AccessKey: "OTHERACCESSKEY", SecretKey: "other-secret"}},
		},
		"an unknown mode without key keeps the region": {
			name:    "other-without-key",
			want:    koocli.Profile{Name: "other-without-key", Region: "cn-south-1", Mode: "FaceID"},
			wantErr: `in profile "other-without-key": its mode "FaceID" is not supported`,
			kind:    koocli.ErrKeys,
		},
		"the metadata service, whatever keys there are": {
			name: "ecs",
			want: koocli.Profile{Name: "ecs", Region: "cn-south-1", Mode: koocli.ModeECSAgency},
		},
		"an agency": {
			name: "agency",
			want: koocli.Profile{
				Name: "agency", Mode: "AKSK",
				Keys:   koocli.Keys{AccessKey: "PLAINACCESSKEY", SecretKey: "plain-secret"},
				Agency: koocli.Agency{Name: "ops", DomainID: "id-of-ops", DomainName: "account-of-ops"},
			},
		},
		"an agency without account": {
			name: "half-agency",
			want: koocli.Profile{
				Name: "half-agency", Keys: koocli.Keys{AccessKey: "PLAINACCESSKEY", SecretKey: "plain-secret"}, Agency: koocli.Agency{Name: "ops"},
			},
		},
		"an account without agency": {
			name: "other-half-agency",
			want: koocli.Profile{Name: "other-half-agency", Keys: koocli.Keys{AccessKey: "PLAINACCESSKEY", SecretKey: "plain-secret"}},
		},
		"white space and byte order marks": {
			name: "white-space",
			want: koocli.Profile{Name: "white-space", Keys: koocli.Keys{AccessKey: "PLAINACCESSKEY", SecretKey: "plain-secret"}},
		},
		"white space alone": {
			name: "blank", want: koocli.Profile{Name: "blank", Mode: "AKSK"}, wantErr: "accessKeyId and secretAccessKey are empty", kind: koocli.ErrKeys,
		},
		"a line break in the secret key": {
			name: "line-break", want: koocli.Profile{Name: "line-break"},
			wantErr: `in profile "line-break": secretAccessKey cannot be used: it contains a control character`, kind: koocli.ErrKeys,
		},
		"a control character in the security token": {
			name: "line-break-in-token", want: koocli.Profile{Name: "line-break-in-token"},
			wantErr: `securityToken cannot be used: it contains a control character`, kind: koocli.ErrKeys,
		},
		"an access key without secret key": {
			name: "half", want: koocli.Profile{Name: "half", Mode: "AKSK"}, wantErr: "secretAccessKey is empty", kind: koocli.ErrKeys,
		},
		"a secret key without access key": {
			name: "other-half", want: koocli.Profile{Name: "other-half", Mode: "AKSK"}, wantErr: "accessKeyId is empty", kind: koocli.ErrKeys,
		},
		"an encrypted key": {
			name:    "encrypted",
			want:    koocli.Profile{Name: "encrypted", Mode: "AKSK"},
			wantErr: "hcloud configure set --cli-auth-encrypt=false",
			kind:    koocli.ErrKeys,
		},
		"an encrypted key in hexadecimal digits": {
			name: "encrypted-hex", want: koocli.Profile{Name: "encrypted-hex"}, wantErr: "its keys look encrypted", kind: koocli.ErrKeys,
		},
		"a profile that is not there": {
			name: "missing",
			wantErr: `unknown profile "missing": the file has "plain", "temporary", "sso", "sso-logged-out", ` +
				`"sso-without-token", "sso-empty", ` +
				`"other", "other-without-key", "ecs", "agency", "half-agency"`,
			kind: koocli.ErrUnknownProfile,
		},
	}

	file := profileFileOf(t, "\uFEFF"+sampleProfiles)

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := koocli.Read(file, test.name)
			if test.kind == nil && err != nil {
				t.Fatal(err)
			}

			if !errors.Is(err, test.kind) || !strings.Contains(errorText(err), test.wantErr) {
				t.Errorf("error %v; want %q", err, test.wantErr)
			}

			if got.Name != "" {
				test.want.Origin = `profile "` + got.Name + `" of ` + file
			}

			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("profile (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRead_badFile(t *testing.T) {
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
		"no profiles":         {`{"current": "x"}`, `unknown profile "x": the file has no profiles`},
		"no current profile":  {`{"profiles": [{"name": "a"}, {"name": ""}]}`, `none is named or current; the file has "a", ""`},
		"null":                {"null", "none is named or current"},
		"many profiles":       {`{"profiles": [` + strings.Repeat(`{"name": "a"},`, 24) + `{"name": "a"}]}`, `"a", and 5 more`},
		"endless":             {strings.Repeat(" ", boundedfile.MaxSize+1), boundedfile.ErrTooLarge.Error()},
		"hostile names":       {`{"current": "a", "profiles": [{"name": "\u001b[2J"}]}`, `the file has "\x1b[2J"`},
		"a very hostile name": {`{"current": "\u001b[2J\n"}`, `unknown profile "\x1b[2J\n"`},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			file := profileFileOf(t, test.content)

			_, err := koocli.Read(file, "")
			if !strings.Contains(errorText(err), file) || !strings.Contains(errorText(err), test.want) {
				t.Errorf("error %v; want the file and %q", err, test.want)
			}

			if strings.Contains(errorText(err), secret) {
				t.Errorf("the error repeats the file: %v", err)
			}
		})
	}
}

func TestRead_missingFile(t *testing.T) {
	t.Parallel()

	file := filepath.Join(t.TempDir(), "missing.json")
	if _, err := koocli.Read(file, ""); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(errorText(err), file) {
		t.Errorf("error %v", err)
	}
}

// An agency without its account is judged where it is used: others may replace it.
func TestAgency_Check(t *testing.T) {
	t.Parallel()

	for agency, want := range map[koocli.Agency]bool{
		{}:                             true,
		{Name: "ops", DomainID: "x"}:   true,
		{Name: "ops", DomainName: "x"}: true,
		{Name: "ops"}:                  false,
	} {
		if err := agency.Check(); (err == nil) != want {
			t.Errorf("%+v: error %v", agency, err)
		}
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
		got, err := koocli.Read(profileFileOf(t, string(content)), name)

		switch {
		case err == nil:
			if got.Name == "" || (got.Keys.AccessKey == "" || got.Keys.SecretKey == "") != (got.Mode == koocli.ModeECSAgency) {
				t.Errorf("half a profile was accepted: %+v", got)
			}
		case errors.Is(err, koocli.ErrKeys):
			if got.Keys != (koocli.Keys{}) {
				t.Errorf("keys that cannot be used: %+v", got)
			}
		case got != (koocli.Profile{}):
			t.Errorf("a profile with the error %v: %+v", err, got)
		}

		if name != "" && err == nil && got.Name != name {
			t.Errorf("got %q, want %q", got.Name, name)
		}
	})
}
