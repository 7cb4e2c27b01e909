// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
	"terraform-provider-dcs/internal/providertest"
)

// readAtOnce reads n times at once and returns the diagnostics of each read.
func (c loginCase) readAtOnce(t *testing.T, p *providertest.Provider, n int) [][]providertest.Diagnostic {
	t.Helper()

	told := make([][]providertest.Diagnostic, n)

	var reads sync.WaitGroup
	for i := range told {
		reads.Go(func() { _, told[i] = c.read(t, p) })
	}

	reads.Wait()

	return told
}

// TestLogin_renewedDuringManyReads has all credentials that were given out expire in the middle of many reads.
func TestLogin_renewedDuringManyReads(t *testing.T) {
	t.Parallel()

	for _, name := range []string{
		"access key, argument; chain of three", "password by names, argument", "ID token file, environment", "metadata, version 2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			login := loginCases()[name]
			server := login.start(t)

			var listings atomic.Int32

			server.BeforeRequest(func(r dcsapitest.Request) {
				if strings.HasPrefix(r.Path, "/v2/") && listings.Add(1) == 20 {
					server.ExpireCredentials()
				}
			})

			p := login.configured(t, server.URL())
			for i, diags := range login.readAtOnce(t, p, 50) {
				if len(diags) > 0 {
					t.Fatalf("read %d: %v", i, diags)
				}
			}

			// Calls with expired credentials are refused; of the others each is made twice.
			got, want := map[string]int{}, map[string]int{}

			for _, call := range callsTo(server) {
				if !strings.HasSuffix(call, ": 401") && !strings.HasPrefix(call, "GET /v") {
					got[call]++
				}
			}

			for _, call := range login.logins {
				want[call] += 2
			}

			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("logins (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLogin_wrongCredentialsAreTriedOnce checks that credentials that are refused are sent once, so that they are not locked.
func TestLogin_wrongCredentialsAreTriedOnce(t *testing.T) {
	t.Parallel()

	a := byArgument
	all := loginCases()
	changed := func(name string, block object) loginCase { return all[name].by(block) }
	unknownProfile := all["profile, argument"].by(object{"profile": "team"})

	tests := map[string]struct {
		login  loginCase
		change func(*dcsapitest.Server)
		// says is what the service says, from where the credentials come.
		says, from string
	}{
		"a wrong secret key of the environment": {
			login: all["access key, environment"].in(env{"HW_SECRET_KEY": "wrong-secret-key"}),
			says:  "verify aksk signature fail", from: "HW_ACCESS_KEY and HW_SECRET_KEY",
		},
		"a token that has expired": {
			login: all["token, environment"], change: (*dcsapitest.Server).ExpireCredentials, says: "The token must be updated",
			from: "HW_AUTH_TOKEN",
		},
		"a wrong password": {
			login: changed("password by names, argument", object{"password": "wrong-password"}),
			says:  "The username or password is wrong.", from: "user_name, password and domain_name of the provider block",
		},
		"a wrong ID token in a file": {
			login: all["ID token file, environment"], says: "The ID token is invalid.", from: "HW_ASSUME_ROLE_ID_TOKEN_FILE",
			change: func(server *dcsapitest.Server) {
				server.AddIdentityProvider(dcsapitest.IdentityProvider{ID: byEnvironment.idp()})
			},
		},
		"a wrong key below a chain": {
			login: changed("access key, argument; chain of three", object{"secret_key": "wrong-secret-key"}),
			says:  "verify aksk signature fail", from: "access_key and secret_key of the provider block",
		},
		"a wrong key in a profile": {
			login: unknownProfile, says: "not exist", from: `profile "team"`,
			change: func(server *dcsapitest.Server) { server.RemoveKey(teamKey.Access) },
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			// With a project to look up first, one read would probe a key for all.
			login := test.login.by(object{"project_id": dcsapitest.ProjectID})
			login.project = dcsapitest.ProjectID
			server := login.start(t)

			if test.change != nil {
				test.change(server)
			}

			// So that all reads are there before the first is refused.
			server.Inject(dcsapitest.Fault{Effect: fault.Latency{Duration: 50 * time.Millisecond}})

			p := login.configured(t, server.URL())
			told := append(login.readAtOnce(t, p, 12), login.readAtOnce(t, p, 1)...)

			if calls := callsTo(server); len(calls) != 1 {
				t.Errorf("want one request, got\n%s", strings.Join(calls, "\n"))
			}

			checkRefused(t, told, test.says, test.from)

			for _, key := range []string{a.accessKey, byEnvironment.accessKey, teamKey.Access} {
				if server.Locked(key) || server.Failures(key) > 1 {
					t.Errorf("the key %s has %d failures", key, server.Failures(key))
				}
			}
		})
	}
}

// checkRefused checks that one read reports in full which credentials were refused and why, and each other in one line.
func checkRefused(t *testing.T, told [][]providertest.Diagnostic, parts ...string) {
	t.Helper()

	const refused = "The service does not accept the credentials ("

	var full []string

	for _, diags := range told {
		if len(diags) != 1 || diags[0].Summary != "DCS Credentials Not Accepted" || !strings.Contains(diags[0].Detail, refused) {
			t.Fatalf("want the refusal, got %v", diags)
		}

		if strings.Contains(diags[0].Detail, "\n") {
			full = append(full, diags[0].Detail)
		}
	}

	if len(full) != 1 {
		t.Fatalf("%d reads were told in full, want one", len(full))
	}

	for _, part := range parts {
		if !strings.Contains(full[0], part) {
			t.Errorf("%q is not in: %s", part, full[0])
		}
	}
}

// TestLogin_hints checks the hints of errors in a login.
func TestLogin_hints(t *testing.T) {
	t.Parallel()

	all := loginCases()
	key := all["access key, argument"]
	profile := func(name string) loginCase {
		return loginCase{}.by(object{"profile": name, "shared_config_file": "~/hints.json"})
	}

	// What KooCLI makes of a key is not documented. It is longer than any key, or it is not.
	encrypted := dcsapitest.Key{Access: "dGhpcyBpcyBub3QgYW4gYWNjZXNzIGtleQ==", Secret: "c2VjcmV0"}
	looksPlain := dcsapitest.Key{Access: "Zm9yIG5vYm9keSdzIGV5", Secret: "c2VjcmV0"}
	file := asJSON(object{"current": "gone", "profiles": []any{
		profileOf("encrypted", "AKSK", encrypted, nil), profileOf("looks plain", "AKSK", looksPlain, nil),
		profileOf("agency", "AssumeRole", dcsapitest.Key{}, nil),
		object{"name": "no log-in", "mode": "SSO", "region": dcsapitest.Region},
	}})

	tests := map[string]struct {
		login         loginCase
		faults        []dcsapitest.Fault
		summary, path string
		says          []string
		// calls is how many requests are made.
		calls int
	}{
		"an encrypted profile": {
			login: profile("encrypted"), summary: "Unusable Profile",
			says: []string{`profile "encrypted"`, "hcloud configure set --cli-auth-encrypt=false"},
		},
		"an encrypted profile that does not look it": {
			login: profile("looks plain"), summary: "DCS Credentials Not Accepted", calls: 1,
			says: []string{
				`The service does not accept the credentials (profile "looks plain" of `, "not exist",
				"hcloud configure set --cli-auth-encrypt=false",
			},
		},
		"an encrypted profile that does not look it, below an agency": {
			login:   profile("looks plain").by(object{"assume_role": []any{byIAM("one")}}),
			summary: "DCS Credentials Not Accepted", calls: 1,
			says: []string{"hcloud configure set --cli-auth-encrypt=false"},
		},
		"an unknown profile": {
			login: profile("prodution"), summary: "Unusable Profile", path: "profile",
			says: []string{`unknown profile "prodution"`, `"encrypted", "looks plain", "agency", "no log-in"`},
		},
		"a current profile that is gone": {
			login:   loginCase{}.in(env{"HW_SHARED_CONFIG_FILE": "~/hints.json"}),
			summary: "Unusable Profile",
			says:    []string{`unknown profile "gone"`, "HW_SHARED_CONFIG_FILE", `"looks plain"`},
		},
		"a profile of an unknown mode": {
			login: profile("agency"), summary: "Unusable Profile",
			says: []string{`its mode "AssumeRole" is not supported`},
		},
		"an SSO profile without log-in": {
			login: profile("no log-in"), summary: "Unusable Profile", says: []string{"log in with hcloud again"},
		},
		"a wrong region": {
			login: key.by(object{"region": "cn-nroth-4"}), summary: "DCS Project Not Found", path: "project_id", calls: 1,
			says: []string{`no project named "cn-nroth-4" in region "cn-nroth-4"`, "correct the provider's `region`"},
		},
		"a wrong project name": {
			login: key.by(object{"project_name": "cn-north-4_blue"}), summary: "DCS Project Not Found", path: "project_id", calls: 1,
			says: []string{`no project named "cn-north-4_blue" in region "cn-north-4"`, "project_name"},
		},
		"a locked key": {
			login: key, faults: []dcsapitest.Fault{{Effect: fault.KeyLocked{}}}, calls: 1,
			summary: "DCS Credentials Not Accepted",
			says:    []string{"The service has locked the key", "wait five minutes", "AK access failed to reach the limit"},
		},
		"a clock that is off, and cannot be put right": {
			login: key, calls: 2,
			faults: []dcsapitest.Fault{
				{Effect: fault.ClockSkew{Duration: 3 * time.Hour}, Count: 1},
				{Effect: fault.ClockSkew{Duration: -3 * time.Hour}, From: 2},
			},
			summary: "DCS Credentials Not Accepted",
			says:    []string{"The clock of this machine is", "ahead of that of the service", "Set the clock"},
		},
		"neither look-up of the project is allowed": {
			login: key, calls: 2,
			faults: []dcsapitest.Fault{
				{Effect: fault.DenyProjectList{}},
				{Effect: fault.Status{Status: 403, Shape: dcsapitest.ShapeKeystone}, Path: "/v3/auth/projects"},
			},
			summary: "DCS Request Not Permitted", says: []string{"Set `project_id`, here or in the provider block", "/v3/auth/projects"},
		},
		"an agency that does not exist": {
			login:   key.by(object{"assume_role": []any{object{"agency_name": "oen", "domain_name": "account-one"}}}),
			summary: "DCS Request Failed", calls: 1, says: []string{"assuming agency oen", "Could not find agency"},
		},
		"an agency that may not be assumed": {
			login:   key.by(object{"assume_role": []any{object{"agency_name": "oen", "domain_id": "id-one"}}}),
			summary: "DCS Request Not Permitted", calls: 1,
			says: []string{"assuming agency oen", "You are not authorized to perform sts:agencies:assume"},
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			server := test.login.start(t)
			for _, fault := range test.faults {
				server.Inject(fault)
			}

			diags := test.login.attempt(t, server.URL(), map[string]string{"hints.json": file})
			// A diagnostic about no argument is at the block, which a computed attribute stands for.
			if len(diags) == 1 && diags[0].Path == "total_num" {
				diags[0].Path = ""
			}

			if len(diags) != 1 || diags[0].Summary != test.summary || diags[0].Path != test.path {
				t.Fatalf("want one error %q at %q, got %v", test.summary, test.path, diags)
			}

			for _, part := range test.says {
				if !strings.Contains(diags[0].Detail, part) {
					t.Errorf("%q is not in: %s", part, diags[0].Detail)
				}
			}

			if calls := callsTo(server); len(calls) != test.calls {
				t.Errorf("want %d requests, got\n%s", test.calls, strings.Join(calls, "\n"))
			}
		})
	}
}

// attempt configures a provider whose home directory has more files, reads once, and returns the diagnostics.
func (c loginCase) attempt(t *testing.T, url string, files map[string]string) []providertest.Diagnostic {
	t.Helper()

	home := newHome(t)
	for name, content := range files {
		writeFile(t, filepath.Join(home, name), content)
	}

	p := newProvider(t, c.env(url), home, nil)
	if diags := p.Configure(t.Context(), c.config(url)); len(diags) > 0 {
		return diags
	}

	_, diags := p.Read(t.Context(), "dcs_instance_backups", object{"instance_id": instanceIn(dcsapitest.ProjectID)})

	return diags
}

// TestLogin_helpsItself has faults that the provider gets over without an error.
func TestLogin_helpsItself(t *testing.T) {
	t.Parallel()

	key := loginCases()["access key, argument"]
	listing := fmt.Sprintf(askBackups, key.caller)

	tests := map[string]struct {
		faults []dcsapitest.Fault
		want   []string
	}{
		"projects may not be listed, one's own may": {
			faults: []dcsapitest.Fault{{Effect: fault.DenyProjectList{}}},
			want: []string{
				"GET /v3/projects, " + key.caller + ": 403", "GET /v3/auth/projects, " + key.caller + ": 200", listing, listing,
			},
		},
		"the clock is ten hours behind": {
			faults: []dcsapitest.Fault{{Effect: fault.ClockSkew{Duration: 10 * time.Hour}}},
			want:   []string{"GET /v3/projects, with a signature: 401", fmt.Sprintf(askProject, key.caller), listing, listing},
		},
		"the clock is ten hours ahead": {
			faults: []dcsapitest.Fault{{Effect: fault.ClockSkew{Duration: -10 * time.Hour}}},
			want:   []string{"GET /v3/projects, with a signature: 401", fmt.Sprintf(askProject, key.caller), listing, listing},
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			server := key.start(t)
			for _, fault := range test.faults {
				server.Inject(fault)
			}

			p := key.configured(t, server.URL())
			for range 2 {
				if _, diags := key.read(t, p); len(diags) > 0 {
					t.Fatal(diags)
				}
			}

			if diff := gocmp.Diff(test.want, callsTo(server)); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}
