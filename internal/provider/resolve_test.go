// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/auth/koocli"
	"terraform-provider-dcs/internal/endpoint"
)

// around is the machine of a test.
type around struct {
	env      map[string]string
	files    map[string]string
	profiles map[string]koocli.Profile
	// profileErr is what reading a profile ends with.
	profileErr error
	homeless   bool
}

func (a around) machine() machine {
	return machine{
		env: func(name string) string { return a.env[name] },
		home: func() (string, error) {
			if a.homeless {
				return "", errors.New("HOME is not defined")
			}

			return "/home/user", nil
		},
		readFile: func(file string) ([]byte, error) {
			content, ok := a.files[file]
			if !ok {
				return nil, &fs.PathError{Op: "open", Path: file, Err: fs.ErrNotExist}
			}

			return []byte(content), nil
		},
		readProfile: func(file, name string) (koocli.Profile, error) {
			p, ok := a.profiles[file+"#"+name]
			if !ok && a.profileErr == nil {
				return koocli.Profile{}, &fs.PathError{Op: "open", Path: file, Err: fs.ErrNotExist}
			}

			return p, a.profileErr
		},
	}
}

func str(s string) types.String { return types.StringValue(s) }

// texts renders diagnostics as "path: summary: detail".
func texts(diags diag.Diagnostics) []string {
	var all []string

	for _, d := range diags {
		text := d.Summary() + ": " + d.Detail()
		if d, ok := d.(diag.DiagnosticWithPath); ok {
			text = d.Path().String() + ": " + text
		}

		all = append(all, text)
	}

	return all
}

// mustResolve resolves a configuration that has nothing wrong.
func mustResolve(t *testing.T, config model, a around) settings {
	t.Helper()

	s, diags := resolve(config, a.machine())
	if len(diags) > 0 {
		t.Fatalf("unexpected diagnostics:\n%s", strings.Join(texts(diags), "\n"))
	}

	return s
}

// checkErrors checks that there is one error for each of want, each a path and a part of its text, and that none shows a
// secret.
func checkErrors(t *testing.T, s settings, diags diag.Diagnostics, want [][2]string) {
	t.Helper()

	got := texts(diags)
	if len(got) != len(want) {
		t.Errorf("got %d diagnostics, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}

	for _, w := range want {
		if !slices.ContainsFunc(got, func(text string) bool {
			return strings.HasPrefix(text, w[0]+": ") && strings.Contains(text, w[1])
		}) {
			t.Errorf("no error at %s with %q in:\n%s", w[0], w[1], strings.Join(got, "\n"))
		}
	}

	for _, secret := range s.secrets {
		if strings.Contains(strings.Join(got, "\n"), secret) {
			t.Errorf("the secret %q is shown in:\n%s", secret, strings.Join(got, "\n"))
		}
	}
}

// argumentTests say, for each argument that the environment can stand in for, how it is set and where it shows.
func argumentTests() map[string]argumentTest {
	role := func(m *model) *roleModel {
		m.AssumeRole = []roleModel{{AgencyName: str("agency"), DomainID: str("domain")}}

		return &m.AssumeRole[0]
	}
	federation := func(m *model) *oidcModel {
		m.AssumeRoleWithOIDC = &oidcModel{
			AgencyName: str("agency"), DomainID: str("domain"), ProviderID: str("provider"), IDTokenFile: str("file"),
		}

		return m.AssumeRoleWithOIDC
	}
	keys := func(s settings) auth.Keys { return s.account.Source.(auth.Keys) }             //nolint:forcetypeassert // A test.
	password := func(s settings) auth.Password { return s.account.Source.(auth.Password) } //nolint:forcetypeassert // A test.
	oidc := func(s settings) auth.OIDC { return s.account.Source.(auth.OIDC) }             //nolint:forcetypeassert // A test.

	return map[string]argumentTest{
		"region": {
			set: func(m *model, v types.String) { m.Region = v },
			get: func(s settings) any { return s.account.Region },
		},
		"project_id": {
			set: func(m *model, v types.String) { m.ProjectID = v },
			get: func(s settings) any { return s.account.ProjectID },
		},
		"project_name": {
			set: func(m *model, v types.String) { m.ProjectName = v },
			get: func(s settings) any { return s.account.ProjectName },
		},
		"access_key": {
			set: func(m *model, v types.String) { m.SecretKey, m.AccessKey = str("other"), v },
			get: func(s settings) any { return keys(s).AccessKey },
		},
		"secret_key": {
			set: func(m *model, v types.String) { m.AccessKey, m.SecretKey = str("other"), v },
			get: func(s settings) any { return keys(s).SecretKey },
		},
		"security_token": {
			set: func(m *model, v types.String) {
				m.AccessKey, m.SecretKey, m.SecurityToken = str("other"), str("other"), v
			},
			get: func(s settings) any { return keys(s).SecurityToken },
		},
		"token": {
			set: func(m *model, v types.String) { m.Token = v },
			get: func(s settings) any { return s.account.Source.(auth.Token).Token }, //nolint:forcetypeassert // A test.
		},
		"user_name": {
			set: func(m *model, v types.String) { m.Password, m.DomainID, m.UserName = str("other"), str("other"), v },
			get: func(s settings) any { return password(s).UserName },
		},
		"user_id": {
			set: func(m *model, v types.String) { m.Password, m.UserID = str("other"), v },
			get: func(s settings) any { return password(s).UserID },
		},
		"password": {
			set: func(m *model, v types.String) { m.UserID, m.Password = str("other"), v },
			get: func(s settings) any { return password(s).Password },
		},
		"domain_name": {
			set: func(m *model, v types.String) { m.UserName, m.Password, m.DomainName = str("other"), str("other"), v },
			get: func(s settings) any { return password(s).DomainName },
		},
		"domain_id": {
			set: func(m *model, v types.String) { m.UserName, m.Password, m.DomainID = str("other"), str("other"), v },
			get: func(s settings) any { return password(s).DomainID },
		},
		"assume_role.agency_name": {
			set: func(m *model, v types.String) { role(m).AgencyName = v },
			get: func(s settings) any { return s.account.Roles[0].AgencyName },
		},
		"assume_role.domain_name": {
			set: func(m *model, v types.String) { r := role(m); r.DomainID, r.DomainName = types.StringNull(), v },
			get: func(s settings) any { return s.account.Roles[0].DomainName },
		},
		"assume_role.domain_id": {
			set: func(m *model, v types.String) { role(m).DomainID = v },
			get: func(s settings) any { return s.account.Roles[0].DomainID },
		},
		"assume_role.duration": {
			values: [2]string{"900", "1800"},
			set:    func(m *model, v types.String) { role(m).Duration = number(v) },
			get:    func(s settings) any { return s.account.Roles[0].Duration.Seconds() },
		},
		"assume_role_with_oidc.agency_name": {
			set: func(m *model, v types.String) { federation(m).AgencyName = v },
			get: func(s settings) any { return oidc(s).Role.AgencyName },
		},
		"assume_role_with_oidc.domain_id": {
			set: func(m *model, v types.String) { federation(m).DomainID = v },
			get: func(s settings) any { return oidc(s).Role.DomainID },
		},
		"assume_role_with_oidc.duration": {
			values: [2]string{"900", "1800"},
			set:    func(m *model, v types.String) { federation(m).Duration = number(v) },
			get:    func(s settings) any { return oidc(s).Role.Duration.Seconds() },
		},
		"assume_role_with_oidc.idp_id": {
			set: func(m *model, v types.String) { federation(m).ProviderID = v },
			get: func(s settings) any { return oidc(s).ProviderID },
		},
		"assume_role_with_oidc.id_token": {
			set: func(m *model, v types.String) { f := federation(m); f.IDTokenFile, f.IDToken = types.StringNull(), v },
			get: func(s settings) any { return oidc(s).IDToken },
		},
		"assume_role_with_oidc.id_token_file": {
			set: func(m *model, v types.String) { federation(m).IDTokenFile = v },
			get: func(s settings) any { return oidc(s).IDTokenFile },
		},
		"shared_config_file": {
			set: func(m *model, v types.String) { m.Profile, m.SharedConfigFile = str("name"), v },
			get: func(s settings) any { return strings.TrimSuffix(keys(s).AccessKey, "#name") },
		},
		"profile": {
			set: func(m *model, v types.String) { m.Profile, m.SharedConfigFile = v, str("file") },
			get: func(s settings) any { return strings.TrimPrefix(keys(s).AccessKey, "file#") },
		},
		"cloud": {
			set: func(m *model, v types.String) { m.Cloud = v },
			get: func(s settings) any { return s.account.Endpoints.Cloud },
		},
		"endpoints.iam": {
			set: func(m *model, v types.String) { m.Endpoints = map[string]types.String{"iam": v} },
			get: func(s settings) any { return s.account.Endpoints.Custom[endpoint.IAM] },
			// An empty endpoint is refused, see TestResolve_badValues.
			emptyIsRefused: true,
		},
		"insecure": {
			values: [2]string{"false", "true"},
			set: func(m *model, v types.String) {
				if v.ValueString() != "" {
					m.Insecure = types.BoolValue(v.ValueString() == "true")
				}
			},
			get: func(s settings) any { return s.transport.Insecure && s.account.Endpoints.AllowHTTP },
		},
		"cacert_file": {
			set: func(m *model, v types.String) { m.CACertFile = v },
			get: func(s settings) any { return strings.TrimPrefix(string(s.transport.CACert), "content of ") },
		},
		"max_retries": {
			values: [2]string{"0", "7"},
			set:    func(m *model, v types.String) { m.MaxRetries = number(v) },
			get:    func(s settings) any { return s.transport.MaxRetries },
		},
	}
}

type argumentTest struct {
	// values are what the argument and the environment say.
	values         [2]string
	set            func(*model, types.String)
	get            func(settings) any
	emptyIsRefused bool
}

func number(v types.String) types.Number {
	var n float64
	if _, err := fmt.Sscan(v.ValueString(), &n); err != nil {
		return types.NumberNull()
	}

	return types.NumberValue(big.NewFloat(n))
}

// TestResolve_everyArgument checks that the argument counts first, and then each of its variables that is not empty.
func TestResolve_everyArgument(t *testing.T) {
	t.Parallel()

	tests := argumentTests()
	if diff := cmp.Diff(slices.Sorted(maps.Keys(variables)), slices.Sorted(maps.Keys(tests))); diff != "" {
		t.Fatalf("arguments with variables and arguments tested differ:\n%s", diff)
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			values := test.values
			if values[0] == "" {
				values = [2]string{"from-argument", "from-environment"}
			}

			got := func(argument types.String, env map[string]string) string {
				var config model

				test.set(&config, argument)

				a := around{env: env, files: map[string]string{}, profiles: map[string]koocli.Profile{}}
				for _, v := range values {
					a.files[v] = "content of " + v

					for _, at := range []string{"file#" + v, v + "#name"} {
						a.profiles[at] = koocli.Profile{Keys: koocli.Keys{AccessKey: at, SecretKey: "secret"}}
					}
				}

				return fmt.Sprint(test.get(mustResolve(t, config, a)))
			}

			names := variables[name]

			all := map[string]string{}
			for _, variable := range names {
				all[variable] = values[1]
			}

			if v := got(str(values[0]), all); v != values[0] {
				t.Errorf("argument %q and environment %q: got %q", values[0], values[1], v)
			}

			for i, variable := range names {
				env := map[string]string{variable: values[1]}
				for _, earlier := range names[:i] {
					env[earlier] = ""
				}

				for _, later := range names[i+1:] {
					env[later] = "not-this-one"
				}

				if v := got(types.StringNull(), env); v != values[1] {
					t.Errorf("%s=%q: got %q", variable, values[1], v)
				}

				if test.emptyIsRefused {
					continue
				}

				if v := got(str(""), env); v != values[1] {
					t.Errorf("an empty argument and %s=%q: got %q", variable, values[1], v)
				}
			}
		})
	}
}

func TestResolve_defaults(t *testing.T) {
	t.Parallel()

	s := mustResolve(t, model{}, around{})

	if s.transport.MaxRetries != 5 || s.transport.Insecure || s.transport.CACert != nil {
		t.Errorf("transport: %+v", s.transport)
	}

	if diff := cmp.Diff(auth.Config{
		Endpoints: endpoint.Set{Custom: map[endpoint.Service]string{}},
		Source:    auth.Metadata{Looked: lookedAt()},
	}, s.account); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
}

// TestResolve_region checks where region and project come from, and that a profile's project stays in its region.
func TestResolve_region(t *testing.T) {
	t.Parallel()

	profiles := map[string]koocli.Profile{
		"/home/user/.hcloud/config.json#p": {Region: "of-profile", ProjectID: "project-of-profile"},
		"/home/user/.hcloud/config.json#r": {Region: "of-profile"},
		"/home/user/.hcloud/config.json#x": {ProjectID: "project-of-profile"},
	}
	keys := model{AccessKey: str("ak"), SecretKey: str("secret")}

	with := func(change func(*model)) model {
		m := keys
		change(&m)

		return m
	}

	tests := map[string]struct {
		config      model
		env         map[string]string
		wantRegion  string
		wantProject string
	}{
		"a profile named by argument gives region and project": {
			config:     with(func(m *model) { m.Profile = str("p") }),
			env:        map[string]string{"HW_REGION_NAME": "of-environment", "HW_PROJECT_ID": "project-of-environment"},
			wantRegion: "of-profile", wantProject: "project-of-profile",
		},
		"arguments beat the profile": {
			config:     with(func(m *model) { m.Profile, m.Region, m.ProjectID = str("p"), str("a"), str("b") }),
			wantRegion: "a", wantProject: "b",
		},
		"the profile's project does not go to another region": {
			config:     with(func(m *model) { m.Profile, m.Region = str("p"), str("a") }),
			wantRegion: "a",
		},
		"the profile's project goes with its region, whoever names that": {
			config:     with(func(m *model) { m.Profile, m.Region = str("p"), str("of-profile") }),
			wantRegion: "of-profile", wantProject: "project-of-profile",
		},
		"a profile's project without region goes with any": {
			config:     with(func(m *model) { m.Profile, m.Region = str("x"), str("a") }),
			wantRegion: "a", wantProject: "project-of-profile",
		},
		"the environment beats a profile that it names": {
			config:     keys,
			env:        map[string]string{"HW_PROFILE": "p", "HW_REGION_NAME": "of-environment"},
			wantRegion: "of-environment",
		},
		"a profile named by the environment gives what nobody else does": {
			config:     keys,
			env:        map[string]string{"HW_PROFILE": "p"},
			wantRegion: "of-profile", wantProject: "project-of-profile",
		},
		"the environment's project beats that of a profile that it names": {
			config:     keys,
			env:        map[string]string{"HW_PROFILE": "p", "HW_PROJECT_ID": "project-of-environment"},
			wantRegion: "of-profile", wantProject: "project-of-environment",
		},
		"the environment's project stands in for one that the profile lacks": {
			config:     with(func(m *model) { m.Profile = str("r") }),
			env:        map[string]string{"HW_PROJECT_ID": "project-of-environment"},
			wantRegion: "of-profile", wantProject: "project-of-environment",
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := mustResolve(t, test.config, around{env: test.env, profiles: profiles})
			if s.account.Region != test.wantRegion || s.account.ProjectID != test.wantProject {
				t.Errorf("region %q, project %q; want %q, %q",
					s.account.Region, s.account.ProjectID, test.wantRegion, test.wantProject)
			}
		})
	}
}

func TestResolve_endpoints(t *testing.T) {
	t.Parallel()

	s := mustResolve(t, model{Endpoints: map[string]types.String{
		"dcs": str("https://dcs.{region}.example.com/prefix"),
		"iam": types.StringNull(),
	}}, around{env: map[string]string{"HW_AUTH_URL": "https://iam.example.com/v3"}})

	want := map[endpoint.Service]string{
		endpoint.DCS: "https://dcs.{region}.example.com/prefix",
		endpoint.IAM: "https://iam.example.com/v3",
	}
	if diff := cmp.Diff(want, s.account.Endpoints.Custom); diff != "" {
		t.Errorf("endpoints (-want +got):\n%s", diff)
	}
}

// TestResolve_badValues checks what no validator sees: the environment, files, profiles, and what depends on both.
func TestResolve_badValues(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		config model
		around around
		want   [][2]string
	}{
		"a number in the environment that is none": {
			around: around{env: map[string]string{"HW_MAX_RETRIES": "many"}},
			want:   [][2]string{{"max_retries", `HW_MAX_RETRIES must be a whole number, 0 or more, but it is "many"`}},
		},
		"a negative number in the environment": {
			around: around{env: map[string]string{"HW_MAX_RETRIES": "-1"}},
			want:   [][2]string{{"max_retries", `HW_MAX_RETRIES must be`}},
		},
		"a number in the environment that is too large": {
			around: around{env: map[string]string{"HW_MAX_RETRIES": "4294967296"}},
			want:   [][2]string{{"max_retries", `HW_MAX_RETRIES must be`}},
		},
		"a bool in the environment that is none": {
			around: around{env: map[string]string{"HW_INSECURE": "yes"}},
			want:   [][2]string{{"insecure", `HW_INSECURE must be true or false, but it is "yes"`}},
		},
		"a duration in the environment that is none": {
			around: around{env: map[string]string{"HW_ASSUME_ROLE_DURATION": "1h"}},
			want:   [][2]string{{"assume_role[0].duration", `HW_ASSUME_ROLE_DURATION must be a whole number, 1 or more`}},
		},
		"a duration of no time in the environment": {
			around: around{env: map[string]string{"HW_ASSUME_ROLE_DURATION": "0"}},
			want:   [][2]string{{"assume_role[0].duration", `HW_ASSUME_ROLE_DURATION must be`}},
		},
		"a malformed variable does no harm where the argument is given": {
			config: model{MaxRetries: types.NumberValue(big.NewFloat(1)), Insecure: types.BoolValue(false)},
			around: around{env: map[string]string{"HW_MAX_RETRIES": "many", "HW_INSECURE": "yes"}},
		},
		"names in the environment that would move a request": {
			around: around{env: map[string]string{
				"HW_REGION_NAME": "a.evil.example", "HW_PROJECT_ID": "a/../b", "HW_CLOUD": "evil.example/",
			}},
			want: [][2]string{
				{"region", `The value "a.evil.example" of HW_REGION_NAME is used as region, which must consist of`},
				{"project_id", `HW_PROJECT_ID`},
				{"cloud", `HW_CLOUD`},
			},
		},
		"a cloud with an empty label": {
			around: around{env: map[string]string{"HW_CLOUD": "a..b"}},
			want:   [][2]string{{"cloud", `HW_CLOUD`}},
		},
		"names in a profile that would move a request": {
			config: model{SharedConfigFile: str("file")},
			around: around{profiles: map[string]koocli.Profile{"file#": {
				Region: "a/b", ProjectID: "c?d", Keys: koocli.Keys{AccessKey: "ak", SecretKey: "secret"}, Origin: `profile "x" of file`,
			}}},
			want: [][2]string{
				{"region", `The value "a/b" of profile "x" of file is used as region`},
				{"project_id", `The value "c?d" of profile "x" of file`},
			},
		},
		"endpoints that cannot be used, all at once": {
			config: model{Endpoints: map[string]types.String{
				"dcs": str("ftp://dcs.example.com"), "sts": str("https://user:pass-word@sts.example.com"),
			}},
			around: around{env: map[string]string{"HW_AUTH_URL": "https://iam.example.com?x"}},
			want: [][2]string{
				{`endpoints["dcs"]`, `The URL in endpoints.dcs cannot be used`},
				{`endpoints["iam"]`, `The URL in HW_AUTH_URL cannot be used`},
				{`endpoints["sts"]`, `it holds a user name or password`},
			},
		},
		"an empty endpoint": {
			config: model{Endpoints: map[string]types.String{"dcs": str("")}},
			want:   [][2]string{{`endpoints["dcs"]`, `it has no valid host`}},
		},
		"plain http without insecure": {
			config: model{Endpoints: map[string]types.String{"dcs": str("http://dcs.example.com")}},
			want:   [][2]string{{`endpoints["dcs"]`, `plain http:// is refused`}},
		},
		"plain http with insecure from the environment": {
			config: model{Endpoints: map[string]types.String{"dcs": str("http://dcs.example.com")}},
			around: around{env: map[string]string{"HW_INSECURE": "true"}},
		},
		"plain http on the loopback": {
			config: model{Endpoints: map[string]types.String{"dcs": str("http://127.0.0.1:8080")}},
		},
		"a CA bundle that cannot be read": {
			config: model{CACertFile: str("~/missing.pem")},
			want:   [][2]string{{"cacert_file", `open /home/user/missing.pem: file does not exist`}},
		},
		"no home directory for ~": {
			config: model{CACertFile: str("~/ca.pem")},
			around: around{homeless: true},
			want:   [][2]string{{"cacert_file", `cacert_file is "~/ca.pem", but the home directory that ~ stands for is not known`}},
		},
		"no home directory for the default profile file": {
			around: around{homeless: true, env: map[string]string{"HW_PROFILE": "p"}},
			want: [][2]string{{
				"profile", `The configuration file of HW_PROFILE is "~/.hcloud/config.json", but the home directory that ~ stands for`,
			}},
		},
		"a profile file that cannot be read": {
			config: model{Profile: str("p"), SharedConfigFile: str("file")},
			want:   [][2]string{{"shared_config_file", `open file: file does not exist`}},
		},
		"the default profile file, which cannot be read": {
			around: around{env: map[string]string{"HW_PROFILE": "p"}},
			want:   [][2]string{{"profile", `HW_PROFILE asks for a profile of KooCLI, but open /home/user/.hcloud/config.json`}},
		},
		"a profile that is not there": {
			config: model{Profile: str("p"), SharedConfigFile: str("file")},
			around: around{profileErr: fmt.Errorf("%w: names", koocli.ErrUnknownProfile)},
			want:   [][2]string{{"profile", `names`}},
		},
		"a metadata endpoint that is no URL": {
			around: around{env: map[string]string{"HW_METADATA_ENDPOINT": "127.0.0.1:80"}},
			want:   [][2]string{{summaryEnvironment, `HW_METADATA_ENDPOINT must be`}},
		},
		"everything at once": {
			config: model{AccessKey: str("the-access-key"), CACertFile: str("missing")},
			around: around{env: map[string]string{"HW_MAX_RETRIES": "x", "HW_REGION_NAME": "x/"}},
			want:   [][2]string{{"cacert_file", ""}, {"max_retries", ""}, {"region", ""}, {"secret_key", ""}},
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s, diags := resolve(test.config, test.around.machine())
			checkErrors(t, s, diags, test.want)
		})
	}
}

func TestNameOf(t *testing.T) {
	t.Parallel()

	at := path.Root("assume_role").AtListIndex(1).AtName("agency_name")
	if got := nameOf(at); got != "assume_role.agency_name" {
		t.Errorf("name %q", got)
	}

	if got := variablesOf(at); got != nil {
		t.Errorf("the second block has variables: %v", got)
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()

	m := around{}.machine()

	for given, want := range map[string]string{
		"~": "/home/user", "~/a/b": "/home/user/a/b", "~other/a": "~other/a", "a/~": "a/~", "/a": "/a", "": "",
	} {
		if got, err := m.expand(given); err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", given, got, err, want)
		}
	}
}
