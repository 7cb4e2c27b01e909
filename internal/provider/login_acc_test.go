// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"archive/zip"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// loginService is a login case, the service that it leads to, and what listens in between.
type loginService struct {
	loginCase
	server *dcsapitest.Server
	wire   *wiretap
}

func (c loginCase) loginService(t *testing.T) loginService {
	t.Helper()

	server := c.start(t)

	return loginService{loginCase: c, server: server, wire: tap(t, server)}
}

// loginConfig is a configuration in JSON with one provider for each of services, which reads the instance of its project.
func loginConfig(services map[string]loginService) string {
	blocks, instances := map[string]object{}, map[string]string{}
	for alias, s := range services {
		blocks[alias], instances[alias] = s.config(s.wire.url), instanceIn(s.project)
	}

	return providersConfig(blocks, instances)
}

// providersConfig is a configuration with the provider blocks given by alias, each of which reads one instance.
func providersConfig(blocks map[string]object, instances map[string]string) string {
	var (
		providers      []any
		reads, outputs = object{}, object{}
	)

	for alias, block := range blocks {
		providers = append(providers, merged(block, object{"alias": alias}))
		reads[alias] = object{"provider": "dcs." + alias, "instance_id": instances[alias]}
		outputs[alias] = object{"value": "${data.dcs_instance_backups." + alias + "}"}
	}

	// Terraform quotes the line that an error is on: it must not be the one that holds everything.
	text, err := json.MarshalIndent(object{
		"terraform": object{"required_providers": object{"dcs": object{"source": providerAddress}}},
		"provider":  object{"dcs": providers},
		"data":      object{"dcs_instance_backups": reads},
		"output":    outputs,
	}, "", "  ")
	if err != nil {
		panic(err)
	}

	return string(text)
}

// loginWorkspace is a workspace whose home directory has the files of all login cases.
func loginWorkspace(t *testing.T, c *cli, env ...string) *workspace {
	t.Helper()

	w := c.workspace(t, env...)
	for name, content := range homeFiles() {
		writeFile(t, filepath.Join(w.home, filepath.FromSlash(name)), content)
	}

	return w
}

// aliasOf makes a name in HCL of the name of a login case.
func aliasOf(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" ,;", r) {
			return '_'
		}

		return r
	}, name)
}

// TestAccLogin plans with the real CLI, which starts the provider as users do.
func TestAccLogin(t *testing.T) {
	t.Parallel()

	c := newCLI(t)

	for name, test := range map[string]func(t *testing.T, c *cli){
		"arguments": planByArguments, "ephemeral values": planWithEphemeralValues,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c)
		})
	}
}

// planByArguments has one configuration log in with each source that the provider block can name, with a log at TRACE, and looks for
// secrets in all that is written.
func planByArguments(t *testing.T, c *cli) {
	t.Helper()

	all := loginCases()
	services := map[string]loginService{}

	for _, name := range []string{
		"access key, argument", "temporary key, argument", "token, argument", "password by names, argument",
		"password by user ID, argument", "ID token, argument", "ID token file, argument", "profile, argument",
		"SSO profile, argument", "current profile, argument", "metadata, version 2", "access key, argument; agency by IAM",
		"access key, argument; agency by STS", "access key, argument; chain of two", "ID token, argument; chain of three",
		"token, argument; agency by STS",
	} {
		services[aliasOf(name)] = all[name].loginService(t)
	}

	checkAllHidden := func(texts map[string]string) {
		var secrets []string
		for _, s := range services {
			secrets = append(secrets, s.wire.secrets()...)
		}

		slices.Sort(secrets)
		secrets = slices.Compact(secrets)

		for what, text := range texts {
			checkHidden(t, what, text, secrets)
		}
	}

	metadata := services["metadata__version_2"]
	w := loginWorkspace(t, c, "HW_REGION_NAME="+dcsapitest.Region, "HW_METADATA_ENDPOINT="+metadata.wire.url)
	log := filepath.Join(w.dir, "trace.log")
	w.write("main.tf.json", loginConfig(services))
	w.must("init")

	w.env = append(w.env, "TF_LOG=TRACE", "TF_LOG_PATH="+log)
	out := w.must("apply", "-auto-approve", "-no-color")

	for name, s := range services {
		t.Run(name, func(t *testing.T) { s.check(t, s.server) })
	}

	if !strings.Contains(readFile(t, log), "API request: ") {
		t.Error("the log is not that of the provider")
	}

	checkAllHidden(map[string]string{
		"output": out, "state": readFile(t, filepath.Join(w.dir, "terraform.tfstate")), "log": readFile(t, log),
	})

	// Now each service answers with all that it is sent.
	for _, s := range services {
		s.wire.mu.Lock()
		s.wire.insteadOf, s.wire.echo = "/v2/", echoesOf("")["a message"]
		s.wire.mu.Unlock()
	}

	out, code := w.run("plan", "-no-color")
	if got := strings.Count(out, "Error: DCS Request Failed"); code != 1 || got != len(services) {
		t.Errorf("want %d errors, got %d:\n%s", len(services), got, out)
	}

	checkAllHidden(map[string]string{"errors": out, "log with errors": readFile(t, log)})
}

// planWithEphemeralValues has the secrets in ephemeral variables. They are then in no file, not even in a saved plan,
// in which those of another variable are found.
func planWithEphemeralValues(t *testing.T, c *cli) {
	t.Helper()

	c.atLeast(t, 10, 11)

	a := byArgument

	const kept = "a value that is no secret"

	variable := object{"type": "string", "sensitive": true, "ephemeral": true}

	tests := map[string]struct {
		login  loginCase
		values map[string]string
	}{
		"access key": {
			login:  a.temporaryKey().by(object{"access_key": "${var.a}", "secret_key": "${var.b}", "security_token": "${var.c}"}),
			values: map[string]string{"a": a.temporary.Access, "b": a.temporary.Secret, "c": a.temporary.SecurityToken},
		},
		"token": {
			login:  a.givenToken().by(object{"token": "${var.a}"}),
			values: map[string]string{"a": a.token, "b": "", "c": ""},
		},
		"password": {
			login: a.password().by(object{
				"user_name": a.user.Name, "password": "${var.a}", "domain_name": dcsapitest.DomainName,
			}),
			values: map[string]string{"a": a.user.Password, "b": "", "c": ""},
		},
		"ID token, agency": {
			login: a.federated().assuming("one", true).by(object{"assume_role_with_oidc": object{
				"idp_id": a.idp(), "id_token": "${var.a}", "agency_name": "${var.b}", "domain_id": "${var.c}",
			}}),
			values: map[string]string{"a": a.idToken, "b": "one", "c": "id-one"},
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := test.login.loginService(t)

			w := loginWorkspace(t, c, "HW_REGION_NAME="+dcsapitest.Region, "TF_VAR_kept="+kept)
			for name, value := range test.values {
				w.env = append(w.env, "TF_VAR_"+name+"="+value)
			}

			w.write("main.tf.json", loginConfig(map[string]loginService{"it": s}))
			w.write("variables.tf.json", asJSON(object{
				"variable": object{"a": variable, "b": variable, "c": variable, "kept": object{"type": "string"}},
				"resource": object{"terraform_data": object{"kept": object{"input": "${var.kept}"}}},
			}))
			w.must("init")
			out := w.must("plan", "-out=saved", "-no-color")

			s.check(t, s.server)

			out += w.must("apply", "-no-color", "saved")

			saved := unzipped(t, filepath.Join(w.dir, "saved"))
			if !strings.Contains(saved, kept) {
				t.Error("the saved plan is not what the test takes it for")
			}

			for what, text := range map[string]string{
				"output": out, "plan": saved, "state": readFile(t, filepath.Join(w.dir, "terraform.tfstate")),
			} {
				checkHidden(t, what, text, s.wire.secrets())
			}
		})
	}
}

// unzipped returns all that is in an archive.
func unzipped(t *testing.T, name string) string {
	t.Helper()

	archive, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close() //nolint:errcheck // Nothing was written.

	var all strings.Builder

	for _, entry := range archive.File {
		content, err := entry.Open()
		if err == nil {
			_, err = io.Copy(&all, content) //nolint:gosec // The archive is the test's own.
		}

		if err != nil {
			t.Fatal(err)
		}
	}

	return all.String()
}
