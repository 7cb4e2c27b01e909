// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
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

const (
	dataSource = "dcs_instance_backups"
	blockPath  = "total_num"
)

// testEnvironment is the environment of a provider under test.
type testEnvironment struct {
	env      map[string]string
	files    map[string]string
	profiles map[string]koocli.Profile
	// profileErr is what reading a profile ends with.
	profileErr error
	homeless   bool
}

func (a testEnvironment) environment() environment {
	return environment{
		getenv: func(name string) string { return a.env[name] },
		homeDir: func() (string, error) {
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

// kept returns the errors that the reads end with, each as "kept by WHAT NEEDS IT: summary: detail".
func kept(s settings) []string {
	var all []string

	add := func(by string, err error) {
		if err != nil {
			all = append(all, "kept by "+by+": "+err.Error())
		}
	}

	add("region", s.region.err)
	add("project_id", s.projectID.err)
	add("credentials", s.credentials.err)
	add("network", s.network.err)

	for _, service := range endpoint.Services() {
		region := s.region.v
		if region == "" {
			region = "cn-north-4"
		}

		_, err := s.endpoints.URL(service, region)
		if s.region.err == nil || !errors.Is(err, s.region.err) {
			add(string(service), err)
		}
	}

	return all
}

// mustResolve resolves a configuration without errors.
func mustResolve(t *testing.T, config model, a testEnvironment) settings {
	t.Helper()

	s, diags := resolve(config, a.environment())
	if got := append(texts(diags), kept(s)...); len(got) > 0 {
		t.Fatalf("unexpected errors:\n%s", strings.Join(got, "\n"))
	}

	return s
}

// checkErrors resolves a configuration and checks that there is one error for each of want: the path of an argument, or
// what an error is kept by, and a part of its text. None may show a secret. Errors that an argument causes are told at once,
// and what is kept besides is not looked at.
func checkErrors(t *testing.T, config model, a testEnvironment, want [][2]string) {
	t.Helper()

	s, diags := resolve(config, a.environment())

	got := texts(diags)
	if len(got) == 0 {
		got = kept(s)
	}

	if len(got) != len(want) {
		t.Errorf("got %d errors, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
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
	keys := func(s settings) auth.Keys { return s.credentials.v.source.(auth.Keys) }             //nolint:forcetypeassert // A test.
	password := func(s settings) auth.Password { return s.credentials.v.source.(auth.Password) } //nolint:forcetypeassert // A test.
	oidc := func(s settings) auth.OIDC { return s.credentials.v.source.(auth.OIDC) }             //nolint:forcetypeassert // A test.

	return map[string]argumentTest{
		"region": {
			set: func(m *model, v types.String) { m.Region = v },
			get: func(s settings) any { return s.region.v },
		},
		"project_id": {
			set: func(m *model, v types.String) { m.ProjectID = v },
			get: func(s settings) any { return s.projectID.v },
		},
		"project_name": {
			set: func(m *model, v types.String) { m.ProjectName = v },
			get: func(s settings) any { return s.projectName },
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
			env: map[string]string{"HW_ACCESS_KEY": "other", "HW_SECRET_KEY": "other"},
			set: func(m *model, v types.String) {
				m.SecurityToken = v
			},
			get: func(s settings) any { return keys(s).SecurityToken },
		},
		"token": {
			set: func(m *model, v types.String) { m.Token = v },
			get: func(s settings) any { return s.credentials.v.source.(auth.Token).Token }, //nolint:forcetypeassert // A test.
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
			get: func(s settings) any { return s.credentials.v.agencies[0].AgencyName },
		},
		"assume_role.domain_name": {
			set: func(m *model, v types.String) { r := role(m); r.DomainID, r.DomainName = types.StringNull(), v },
			get: func(s settings) any { return s.credentials.v.agencies[0].DomainName },
		},
		"assume_role.domain_id": {
			set: func(m *model, v types.String) { role(m).DomainID = v },
			get: func(s settings) any { return s.credentials.v.agencies[0].DomainID },
		},
		"assume_role.duration": {
			values: [2]string{"900", "1800"},
			set:    func(m *model, v types.String) { role(m).Duration = number(v) },
			get:    func(s settings) any { return s.credentials.v.agencies[0].Duration.Seconds() },
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
			get: func(s settings) any { return s.endpoints.cloud.v },
		},
		"endpoints.iam": {
			set: func(m *model, v types.String) { m.Endpoints = map[string]types.String{"iam": v} },
			get: func(s settings) any { return hostOf(s, endpoint.IAM) },
			// An empty endpoint is refused, see TestResolve_invalidValues.
			emptyIsRefused: true,
		},
		"endpoints.sts": {
			set:            func(m *model, v types.String) { m.Endpoints = map[string]types.String{"sts": v} },
			get:            func(s settings) any { return hostOf(s, endpoint.STS) },
			emptyIsRefused: true,
		},
		"insecure": {
			values: [2]string{"false", "true"},
			set: func(m *model, v types.String) {
				if v.ValueString() != "" {
					m.Insecure = types.BoolValue(v.ValueString() == "true")
				}
			},
			get: func(s settings) any { return s.network.v.insecure && s.endpoints.insecure },
		},
		"cacert_file": {
			set: func(m *model, v types.String) { m.CACertFile = v },
			get: func(s settings) any { return s.network.v.caCerts[0].Subject.CommonName },
		},
		"max_retries": {
			values: [2]string{"0", "7"},
			set:    func(m *model, v types.String) { m.MaxRetries = number(v) },
			get:    func(s settings) any { return s.network.v.maxRetries },
		},
	}
}

type argumentTest struct {
	// values are those of the argument and the environment.
	values [2]string
	// env is what the environment holds besides.
	env            map[string]string
	set            func(*model, types.String)
	get            func(settings) any
	emptyIsRefused bool
}

// newCertificate returns the certificate of an authority, in PEM form.
func newCertificate(t *testing.T, name string) string {
	t.Helper()

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}

	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true}

	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}

	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// hostOf returns the host that service is at.
func hostOf(s settings, service endpoint.Service) string {
	u, err := s.endpoints.URL(service, "region")
	if err != nil {
		return err.Error()
	}

	return u.Host
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

	certificates := map[string]string{
		"from-argument": newCertificate(t, "from-argument"), "from-environment": newCertificate(t, "from-environment"),
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

				a := testEnvironment{env: env, files: map[string]string{}, profiles: map[string]koocli.Profile{}}
				for _, v := range values {
					a.files[v] = certificates[v]

					for _, at := range []string{"file#" + v, v + "#name"} {
						a.profiles[at] = koocli.Profile{Keys: koocli.Keys{AccessKey: at, SecretKey: "secret"}}
					}
				}

				return fmt.Sprint(test.get(mustResolve(t, config, a)))
			}

			names := variables[name]

			all := maps.Clone(test.env)
			if all == nil {
				all = map[string]string{}
			}

			for _, variable := range names {
				all[variable] = values[1]
			}

			if v := got(str(values[0]), all); v != values[0] {
				t.Errorf("argument %q and environment %q: got %q", values[0], values[1], v)
			}

			for i, variable := range names {
				env := maps.Clone(all)
				env[variable] = values[1]

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

	s := mustResolve(t, model{}, testEnvironment{})

	if n := s.network.v; n.maxRetries != 5 || n.insecure || n.caCerts != nil || n.warning != nil {
		t.Errorf("network: %+v", n)
	}

	want := credentials{source: auth.Metadata{Looked: lookedAt()}}
	if diff := cmp.Diff(want, s.credentials.v, cmp.AllowUnexported(credentials{})); diff != "" {
		t.Errorf("credentials (-want +got):\n%s", diff)
	}

	if s.region.v != "" || s.projectID.v != "" || s.projectName != "" {
		t.Errorf("region %q, project %q named %q", s.region.v, s.projectID.v, s.projectName)
	}

	for service, want := range map[endpoint.Service]string{
		endpoint.DCS: "dcs.region.myhuaweicloud.com", endpoint.IAM: "iam.region.myhuaweicloud.com",
		endpoint.STS: "sts.region.myhuaweicloud.com",
	} {
		if got := hostOf(s, service); got != want {
			t.Errorf("%s is at %s, want %s", service, got, want)
		}
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
		"the profile's project goes with its region, whatever names that": {
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
		"a profile named by the environment gives what nothing else does": {
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

			s := mustResolve(t, test.config, testEnvironment{env: test.env, profiles: profiles})
			if s.region.v != test.wantRegion || s.projectID.v != test.wantProject {
				t.Errorf("region %q, project %q; want %q, %q",
					s.region.v, s.projectID.v, test.wantRegion, test.wantProject)
			}
		})
	}
}

func TestVariablesOf_firstBlockOnly(t *testing.T) {
	t.Parallel()

	block := path.Root("assume_role")
	want := []string{"HW_ASSUME_ROLE_AGENCY_NAME"}

	if got := variablesOf(block.AtListIndex(0).AtName("agency_name")); !slices.Equal(got, want) {
		t.Errorf("the first block has the variables %v, want %v", got, want)
	}

	if got := variablesOf(block.AtListIndex(1).AtName("agency_name")); got != nil {
		t.Errorf("the second block has the variables %v", got)
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()

	m := testEnvironment{}.environment()

	for given, want := range map[string]string{
		"~": "/home/user", "~/a/b": "/home/user/a/b", "~other/a": "~other/a", "a/~": "a/~", "/a": "/a", "": "",
	} {
		if got, err := m.expand(given); err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", given, got, err, want)
		}
	}
}
