// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/providertest"
)

// fixture is one set of credentials of each kind, for users whose names tell which of them was used. Each secret has characters that
// JSON, HTML or a URL escapes.
type fixture struct {
	owner                string
	accessKey, secretKey string
	temporary            dcsapitest.Key
	token                string
	user                 dcsapitest.User
	idToken              string
}

func newFixture(owner string) fixture {
	return fixture{
		owner:     owner,
		accessKey: "AKPERM" + strings.ToUpper(owner) + "01",
		secretKey: `sk-"permanent"+/=&<é>` + owner,
		temporary: dcsapitest.Key{
			Access: "AKTEMP" + strings.ToUpper(owner) + "01", Secret: `sk-"temporary"+/=&<é>` + owner,
			SecurityToken: `st-"temporary"+/=&<>` + owner, User: "temporary/" + owner,
		},
		token: `tk-"given"+/=&<>` + owner,
		user: dcsapitest.User{
			ID: "id-" + owner, Name: "user-" + owner, Password: `pw-"password" +/=&<é>` + owner,
		},
		idToken: `it-"identity"+/=&<é>.` + owner,
	}
}

func (f fixture) open(server *dcsapitest.Server) {
	server.AddKey(dcsapitest.Key{Access: f.accessKey, Secret: f.secretKey, User: "key/" + f.owner})
	server.AddKey(f.temporary)
	server.AddToken(dcsapitest.Token{Value: f.token, ProjectID: dcsapitest.ProjectID, User: "token/" + f.owner})
	server.AddUser(f.user)
	server.AddIdentityProvider(dcsapitest.IdentityProvider{ID: f.idp(), IDTokens: []string{f.idToken}})
}

func (f fixture) idp() string { return "idp-" + f.owner }

func (f fixture) secrets() []string {
	return []string{
		f.accessKey, f.secretKey, f.temporary.Access, f.temporary.Secret, f.temporary.SecurityToken, f.token,
		f.user.Password, f.idToken,
	}
}

var (
	byArgument    = newFixture("argument")
	byEnvironment = newFixture("environment")
)

// spacedUser has a password that white space is a part of.
var spacedUser = fixture{owner: "spaced", user: dcsapitest.User{ID: "id-spaced", Name: "user-spaced", Password: " pass word\n"}}

// The keys of the profiles in homeFiles.
var (
	teamKey = dcsapitest.Key{Access: "AKPROFILETEAM0000001", Secret: `sk-"team"+/=&<é>`, User: "profile/team"}
	ssoKey  = dcsapitest.Key{
		Access: "AKPROFILESSO00000001", Secret: `sk-"sso"+/=&<é>`, SecurityToken: `st-"sso"+/=&<>`, User: "profile/sso",
	}
	movedKey = dcsapitest.Key{Access: "AKPROFILEMOVED000001", Secret: `sk-"moved"+/=&<é>`, User: "profile/moved"}
)

func givenSecrets() []string {
	secrets := slices.Concat(byArgument.secrets(), byEnvironment.secrets())
	for _, key := range []dcsapitest.Key{teamKey, ssoKey, movedKey} {
		secrets = append(secrets, key.Access, key.Secret, key.SecurityToken)
	}

	return slices.DeleteFunc(secrets, func(secret string) bool { return secret == "" })
}

type (
	object = map[string]any
	env    = map[string]string
)

// profileOf is an entry of KooCLI's file.
func profileOf(name, mode string, key dcsapitest.Key, more object) object {
	keys := object{"accessKeyId": key.Access, "secretAccessKey": key.Secret}
	if key.SecurityToken != "" {
		keys["securityToken"] = key.SecurityToken
	}

	entry := object{"name": name, "mode": mode, "region": dcsapitest.Region}
	if mode == "SSO" {
		entry["ssoAuth"] = object{"stsToken": keys}
	} else {
		maps.Copy(entry, keys)
	}

	maps.Copy(entry, more)

	return entry
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}

	return string(text)
}

// homeFiles are the files of the home directory in every login case.
func homeFiles() map[string]string {
	return map[string]string{
		".hcloud/config.json": asJSON(object{"current": "team", "profiles": []any{
			profileOf("team", "AKSK", teamKey, nil), profileOf("sso", "SSO", ssoKey, nil),
		}}),
		"moved.json": asJSON(object{"current": "moved", "profiles": []any{
			profileOf("moved", "AKSK", movedKey, object{"projectId": dcsapitest.ProjectID}),
			profileOf("elsewhere", "AKSK", movedKey, object{"region": "cn-south-1", "projectId": "project-of-cn-south-1"}),
		}}),
		"agency.json": asJSON(object{"profiles": []any{
			profileOf("by name", "AKSK", teamKey, object{"agencyName": "two", "agencyDomainName": "account-two"}),
			profileOf("by ID", "AKSK", teamKey, object{"agencyName": "two", "agencyDomainId": "id-two"}),
			profileOf("half", "AKSK", teamKey, object{"agencyName": "two"}),
			profileOf("account", "AKSK", teamKey, object{"agencyDomainName": "account-two", "agencyDomainId": "id-two"}),
			profileOf("control", "AKSK", dcsapitest.Key{Access: "ak", Secret: "bad\nsk"}, nil),
			object{"name": "ecs", "mode": "ecsAgency", "region": dcsapitest.Region},
			object{"name": "ecs agency", "mode": "ecsAgency", "region": dcsapitest.Region, "agencyName": "two", "agencyDomainId": "id-two"},
		}}),
		"control.jwt":     "bad\nid",
		"argument.jwt":    byArgument.idToken + "\n",
		"environment.jwt": byEnvironment.idToken + "\n",
	}
}

func newHome(t *testing.T) string {
	t.Helper()

	home := t.TempDir()
	for name, content := range homeFiles() {
		writeFile(t, filepath.Join(home, filepath.FromSlash(name)), content)
	}

	return home
}

// newAccounts returns a service that listens and has the accounts of addAccounts.
func newAccounts(t *testing.T) *dcsapitest.Server {
	t.Helper()

	server := dcsapitest.ForTest(t)
	addAccounts(server)

	return server
}

// addAccounts makes server accept all of the credentials. They belong to the default account; three others have an agency each.
// There is a metadata service too, which must not be asked where there are other credentials.
func addAccounts(server *dcsapitest.Server) {
	server.SetMetadata(dcsapitest.Metadata{Mode: dcsapitest.MetadataV2})

	byArgument.open(server)
	byEnvironment.open(server)
	server.AddUser(spacedUser.user)

	for _, key := range []dcsapitest.Key{teamKey, ssoKey, movedKey} {
		server.AddKey(key)
	}

	addInstance(server, dcsapitest.ProjectID)

	for _, name := range []string{"one", "two", "three"} {
		server.AddDomain(dcsapitest.Domain{ID: "id-" + name, Name: "account-" + name})
		server.AddAgency(dcsapitest.Agency{Name: name, DomainID: "id-" + name})
		server.AddProject(dcsapitest.Project{ID: "project-" + name, Name: dcsapitest.Region, DomainID: "id-" + name})
		addInstance(server, "project-"+name)
	}
}

func addInstance(server *dcsapitest.Server, project string) {
	server.AddInstance(dcsapitest.Instance{
		ID: instanceIn(project), ProjectID: project, Backups: dcsapitest.GenerateBackups(1, 1),
	})
}

func instanceIn(project string) string { return "instance-in-" + project }

// loginCase is a login: what is configured, and the requests that the service then receives.
type loginCase struct {
	block       object
	environment map[string]string
	metadata    dcsapitest.Metadata

	// logins are the requests that obtain the credentials, and caller identifies the caller of the others.
	logins []string
	caller string
	// headers are those that authenticate a listing. A value that the service issued is "issued".
	headers object
	project string
	// knowsProject says that the project need not be looked up.
	knowsProject bool
	// opensWithToken says that the caller has a token and no key.
	opensWithToken bool
	// origin is where the credentials come from, as the log has it. It is not checked where it is empty.
	origin string
}

const (
	issued = "issued"

	askToken         = "POST /v3/auth/tokens, anonymous: 201"
	askIDToken       = "POST /v3.0/OS-AUTH/id-token/tokens, anonymous: 201"
	askKeyByToken    = "POST /v3.0/OS-CREDENTIAL/securitytokens, anonymous: 201"
	askMetadataToken = "PUT /meta-data/latest/api/token, anonymous: %d"
	askMetadataKey   = "GET /openstack/latest/securitykey, anonymous: 200"
	askAgency        = "POST /v3.0/OS-CREDENTIAL/securitytokens, %s: 201"
	askAgencyBySTS   = "POST /v5/agencies/assume, %s: 200"
	askProject       = "GET /v3/projects, %s: 200"
	askBackups       = "GET /v2/, %s: 200"
)

// calls are the requests that a first read makes.
func (c loginCase) calls() []string {
	calls := slices.Clone(c.logins)
	if !c.knowsProject {
		calls = append(calls, fmt.Sprintf(askProject, c.caller))
	}

	return append(calls, fmt.Sprintf(askBackups, c.caller))
}

// by returns w with arguments in the provider block, in with variables in the environment.
func (c loginCase) by(block object) loginCase {
	c.block = merged(c.block, block)

	return c
}

func (c loginCase) in(environment map[string]string) loginCase {
	c.environment = merged(c.environment, environment)

	return c
}

func (c loginCase) from(origin string) loginCase {
	c.origin = origin

	return c
}

// merged holds what any of some maps has, of several the last.
func merged[V any](some ...map[string]V) map[string]V {
	all := map[string]V{}
	for _, m := range some {
		maps.Copy(all, m)
	}

	return all
}

var withRegion = map[string]string{"HW_REGION_NAME": dcsapitest.Region}

// signed is the login with a key that is given.
func signed(key dcsapitest.Key) loginCase {
	headers := object{"Access": key.Access, "X-Project-Id": dcsapitest.ProjectID}
	if key.SecurityToken != "" {
		headers["X-Security-Token"] = key.SecurityToken
	}

	return loginCase{caller: "signature of " + key.User, headers: headers, project: dcsapitest.ProjectID}
}

// signedBy is the login with a key that the service gives out.
func signedBy(user string, logins ...string) loginCase {
	w := signed(dcsapitest.Key{Access: issued, SecurityToken: issued, User: user})
	w.logins = logins

	return w
}

func (f fixture) key() loginCase {
	return signed(dcsapitest.Key{Access: f.accessKey, User: "key/" + f.owner}).in(withRegion)
}

func (f fixture) temporaryKey() loginCase { return signed(f.temporary).in(withRegion) }

func (f fixture) givenToken() loginCase {
	return loginCase{
		caller: "token of token/" + f.owner, headers: object{"X-Auth-Token": f.token}, project: dcsapitest.ProjectID,
		opensWithToken: true,
	}.in(withRegion)
}

// password is a login whose token says which project it is for.
func (f fixture) password() loginCase {
	return loginCase{
		logins: []string{askToken}, caller: "token of " + f.user.Name, headers: object{"X-Auth-Token": issued},
		project: dcsapitest.ProjectID, knowsProject: true, opensWithToken: true,
	}.in(withRegion)
}

func (f fixture) federated() loginCase {
	return signedBy("federated/"+f.idp(), askIDToken, askKeyByToken).in(withRegion)
}

func metadataCase(mode dcsapitest.MetadataMode, status int) loginCase {
	c := signedBy("agency/ecs", fmt.Sprintf(askMetadataToken, status), askMetadataKey).in(withRegion)
	c.metadata = dcsapitest.Metadata{Mode: mode}

	return c
}

// assuming returns w with the agency called name assumed on top, by STS or by IAM.
func (c loginCase) assuming(name string, bySTS bool) loginCase {
	ask := askAgency

	c.logins = slices.Clone(c.logins)

	if bySTS {
		ask = askAgencyBySTS

		// STS accepts no tokens: the token is exchanged for a key first.
		if c.opensWithToken {
			c.logins = append(c.logins, askKeyByToken)
			c.caller = strings.Replace(c.caller, "token of", "signature of", 1)
		}
	}

	assumed := signedBy("agency/"+name, append(c.logins, fmt.Sprintf(ask, c.caller))...)
	assumed.block, assumed.environment, assumed.metadata, assumed.origin = c.block, c.environment, c.metadata, c.origin
	assumed.project = "project-" + name
	assumed.headers["X-Project-Id"] = assumed.project

	return assumed
}

func byIAM(name string) object { return object{"agency_name": name, "domain_name": "account-" + name} }
func bySTS(name string) object { return object{"agency_name": name, "domain_id": "id-" + name} }

// sources are the logins without assumed agencies, in every place where they can be configured.
func sources() map[string]loginCase {
	a, e := byArgument, byEnvironment
	oidc := func(of fixture, argument, value string) object {
		return object{"idp_id": of.idp(), argument: value, "agency_name": "one"}
	}
	block := func(arguments ...object) object { return object{"assume_role_with_oidc": merged(arguments...)} }

	return map[string]loginCase{
		"access key, argument": a.key().by(object{"access_key": a.accessKey, "secret_key": a.secretKey}),
		"temporary key, argument": a.temporaryKey().by(object{
			"access_key": a.temporary.Access, "secret_key": a.temporary.Secret, "security_token": a.temporary.SecurityToken,
		}),
		"access key, environment": e.key().in(env{"HW_ACCESS_KEY": e.accessKey, "HW_SECRET_KEY": e.secretKey}),
		"temporary key, environment": e.temporaryKey().in(env{
			"HW_ACCESS_KEY": e.temporary.Access, "HW_SECRET_KEY": e.temporary.Secret, "HW_SECURITY_TOKEN": e.temporary.SecurityToken,
		}),
		"token, argument":    a.givenToken().by(object{"token": a.token}),
		"token, environment": e.givenToken().in(env{"HW_AUTH_TOKEN": e.token}),
		"password by names, argument": a.password().by(object{
			"user_name": a.user.Name, "password": a.user.Password, "domain_name": dcsapitest.DomainName,
		}),
		"password by account ID, argument": a.password().by(object{
			"user_name": a.user.Name, "password": a.user.Password, "domain_id": dcsapitest.DomainID,
		}),
		"password by user ID, argument": a.password().by(object{"user_id": a.user.ID, "password": a.user.Password}),
		"password by names, environment": e.password().in(env{
			"HW_USER_NAME": e.user.Name, "HW_USER_PASSWORD": e.user.Password, "HW_DOMAIN_NAME": dcsapitest.DomainName,
		}),
		"password by user ID, environment": e.password().in(env{
			"HW_USER_ID": e.user.ID, "HW_USER_PASSWORD": e.user.Password,
		}),

		// The block always names an agency. It has no argument for the account's name, the environment has a variable.
		"ID token, argument": a.federated().assuming("one", true).by(
			block(oidc(a, "id_token", a.idToken), object{"domain_id": "id-one"})),
		"ID token file, argument": a.federated().assuming("one", true).by(
			block(oidc(a, "id_token_file", "~/argument.jwt"), object{"domain_id": "id-one"})),
		"ID token, argument, account by name": a.federated().assuming("one", false).by(block(oidc(a, "id_token", a.idToken))).
			in(env{"HW_ASSUME_ROLE_DOMAIN_NAME": "account-one"}),
		"ID token, environment": e.federated().in(env{"HW_ASSUME_ROLE_IDP_ID": e.idp(), "HW_ASSUME_ROLE_ID_TOKEN": e.idToken}),
		"ID token file, environment": e.federated().in(env{
			"HW_ASSUME_ROLE_IDP_ID": e.idp(), "HW_ASSUME_ROLE_ID_TOKEN_FILE": "~/environment.jwt",
		}),
		"ID token with agency, environment, by IAM": e.federated().assuming("one", false).in(env{
			"HW_ASSUME_ROLE_IDP_ID": e.idp(), "HW_ASSUME_ROLE_ID_TOKEN": e.idToken,
			"HW_ASSUME_ROLE_AGENCY_NAME": "one", "HW_ASSUME_ROLE_DOMAIN_NAME": "account-one",
		}),
		"ID token with agency, environment, by STS": e.federated().assuming("one", true).in(env{
			"HW_ASSUME_ROLE_IDP_ID": e.idp(), "HW_ASSUME_ROLE_ID_TOKEN_FILE": "~/environment.jwt",
			"HW_ASSUME_ROLE_AGENCY_NAME": "one", "HW_ASSUME_ROLE_DOMAIN_ID": "id-one", "HW_ASSUME_ROLE_DURATION": "900",
		}),

		// The region is the profile's.
		"profile, argument":     signed(teamKey).by(object{"profile": "team"}),
		"profile, environment":  signed(teamKey).in(env{"HW_PROFILE": "team"}),
		"SSO profile, argument": signed(ssoKey).by(object{"profile": "sso"}),
		"profile, argument, in a file of the environment": profileWithProject().by(object{"profile": "moved"}).
			in(env{"HW_SHARED_CONFIG_FILE": "~/moved.json"}),
		"current profile, argument": profileWithProject().by(object{"shared_config_file": "~/moved.json"}),
		"current profile, environment": profileWithProject().in(env{
			"HW_SHARED_CONFIG_FILE": "~/moved.json",
		}),

		"metadata, version 2": metadataCase(dcsapitest.MetadataV2, 200),
		"metadata, version 1": metadataCase(dcsapitest.MetadataV1, 404),
	}
}

func profileWithProject() loginCase {
	c := signed(movedKey)
	c.knowsProject = true

	return c
}

// loginCases are the sources, and on top of each an agency by IAM, one by STS, and chains of agencies.
func loginCases() map[string]loginCase {
	all := sources()

	for name, source := range sources() {
		// The profile's project would be that of the agency too, and a block would take the environment's agency from
		// the federated login.
		if source.knowsProject && !source.opensWithToken || strings.HasPrefix(name, "ID token with agency, ") {
			continue
		}

		roles := func(blocks ...any) object { return object{"assume_role": blocks} }

		all[name+"; agency by IAM"] = source.assuming("two", false).by(roles(byIAM("two")))
		all[name+"; agency by STS"] = source.assuming("two", true).by(roles(bySTS("two")))
		all[name+"; chain of two"] = source.assuming("two", true).assuming("three", false).
			by(roles(bySTS("two"), byIAM("three")))
		all[name+"; chain of three"] = source.assuming("three", false).assuming("two", true).assuming("one", false).
			by(roles(byIAM("three"), bySTS("two"), byIAM("one")))

		if strings.HasPrefix(name, "ID token") {
			continue // The environment's agency is then the federated login's.
		}

		all[name+"; agency of the environment by IAM"] = source.assuming("two", false).in(env{
			"HW_ASSUME_ROLE_AGENCY_NAME": "two", "HW_ASSUME_ROLE_DOMAIN_NAME": "account-two", "HW_ASSUME_ROLE_DURATION": "900",
		})
		all[name+"; agency of the environment by STS"] = source.assuming("two", true).in(env{
			"HW_ASSUME_ROLE_AGENCY_NAME": "two", "HW_ASSUME_ROLE_DOMAIN_ID": "id-two",
		})
	}

	return all
}

// config is the provider block that leads to the service at url.
func (c loginCase) config(url string) object {
	return merged(c.block, object{"endpoints": object{"dcs": url, "iam": url, "sts": url}, "max_retries": 0})
}

func (c loginCase) env(url string) map[string]string {
	return merged(map[string]string{"HW_METADATA_ENDPOINT": url}, c.environment)
}

// configured returns a provider that is configured with c, where the service is at url.
func (c loginCase) configured(t *testing.T, url string) *providertest.Provider {
	t.Helper()

	p := newProvider(t, c.env(url), newHome(t), nil)
	if diags := p.Configure(t.Context(), c.config(url)); len(diags) > 0 {
		t.Fatal(diags)
	}

	return p
}

// read reads the backups in w's project.
func (c loginCase) read(t *testing.T, p *providertest.Provider) (object, []providertest.Diagnostic) {
	t.Helper()

	return p.Read(t.Context(), "dcs_instance_backups", object{"instance_id": instanceIn(c.project)})
}

// start starts the service for w.
func (c loginCase) start(t *testing.T) *dcsapitest.Server {
	t.Helper()

	server := newAccounts(t)
	if c.metadata.Mode != "" {
		server.SetMetadata(c.metadata)
	}

	return server
}

// callsTo returns the requests that the service received, each as "METHOD path, caller: status".
func callsTo(server *dcsapitest.Server) []string {
	var calls []string

	for _, r := range server.Requests() {
		path := r.Path
		if strings.HasPrefix(path, "/v2/") {
			path = "/v2/"
		}

		calls = append(calls, fmt.Sprintf("%s %s, %s: %d", r.Method, path, callerOf(r), r.Status))
	}

	return calls
}

func callerOf(r dcsapitest.Request) string {
	switch {
	case r.Identity.Method != "":
		return r.Identity.Method + " of " + r.Identity.User
	case r.Header.Get("X-Auth-Token") != "":
		return "with a token"
	case r.Header.Get("Authorization") != "":
		return "with a signature"
	default:
		return "anonymous"
	}
}

// authHeadersOf returns the headers that authenticate r.
func authHeadersOf(r dcsapitest.Request) object {
	headers := object{}

	if _, rest, signed := strings.Cut(r.Header.Get("Authorization"), "Access="); signed {
		headers["Access"], _, _ = strings.Cut(rest, ",")
	}

	for _, name := range []string{"X-Auth-Token", "X-Security-Token", "X-Project-Id"} {
		if value := r.Header.Get(name); value != "" {
			headers[name] = value
		}
	}

	// What the local service gives out begins with one of these.
	for name, value := range headers {
		for _, prefix := range []string{"HST", "hQpjbi1ub3J0aC00", "MIIEpAYJKoZIhvcNAQcC"} {
			if strings.HasPrefix(fmt.Sprint(value), prefix) {
				headers[name] = issued
			}
		}
	}

	return headers
}

// check fails unless the service saw what it should of a first read.
func (c loginCase) check(t *testing.T, server *dcsapitest.Server) {
	t.Helper()

	if diff := gocmp.Diff(c.calls(), callsTo(server)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}

	for _, r := range server.RequestsTo("/v2/") {
		if diff := gocmp.Diff(c.headers, authHeadersOf(r)); diff != "" {
			t.Errorf("headers of the listing (-want +got):\n%s", diff)
		}
	}
}

// readOnce reads once by w and checks what the service saw.
func (c loginCase) readOnce(t *testing.T) {
	t.Helper()

	server, home := c.start(t), newHome(t)
	log := new(logBuffer)

	p := newProvider(t, c.env(server.URL()), home, nil)
	ctx, block := tflogtest.RootLogger(t.Context(), log), c.config(server.URL())

	if diags := slices.Concat(p.ValidateProvider(ctx, block), p.Configure(ctx, block)); len(diags) > 0 {
		t.Fatal(diags)
	}

	if calls := callsTo(server); len(calls) > 0 {
		t.Errorf("configuring sent requests: %v", calls)
	}

	if line := strings.ReplaceAll(log.String(), home, "~"); !strings.Contains(line, strings.Trim(asJSON(c.origin), `"`)) {
		t.Errorf("the credentials come not from %s: %s", c.origin, line)
	}

	state, diags := c.read(t, p)
	if len(diags) > 0 {
		t.Fatalf("%v\n%s", diags, strings.Join(callsTo(server), "\n"))
	}

	if backups, ok := state["backups"].([]any); !ok || len(backups) != 1 {
		t.Errorf("backups: %v", state["backups"])
	}

	c.check(t, server)
}

// TestLogin_everySource logs in with every source, in every place where it can be configured. Other arguments and variables are absent,
// then empty or blank, which is the same. Agencies are assumed with one source of each kind: internal/auth tests the others.
func TestLogin_everySource(t *testing.T) {
	t.Parallel()

	cases := sources()

	for name, login := range sources() {
		cases[name+"; the rest empty"] = login.otherwiseEmpty("")
		cases[name+"; the rest blank"] = login.otherwiseEmpty(" \t\uFEFF\r\n")
	}

	for name, login := range loginCases() {
		source, _, withAgency := strings.Cut(name, "; ")
		if withAgency && slices.Contains([]string{
			"access key, argument", "token, environment", "password by names, argument", "ID token file, environment", "profile, argument",
			"metadata, version 2",
		}, source) {
			cases[name] = login
		}
	}

	for name, login := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			login.readOnce(t)
		})
	}
}

// otherwiseEmpty returns c with an empty value wherever there was none, and blank in place of a secret other than the password.
func (c loginCase) otherwiseEmpty(blank string) loginCase {
	block, environment := object{}, map[string]string{}
	valueOf := map[bool]string{true: blank}

	for name, a := range arguments() {
		if _, text := a.right.(string); text && !strings.Contains(name, ".") {
			block[name] = valueOf[secretName.MatchString(name)]
		}

		for _, variable := range a.variables {
			environment[variable] = valueOf[secretName.MatchString(variable)]
		}
	}

	c.block, c.environment = merged(block, c.block), merged(environment, c.environment)

	if oidc, ok := c.block["assume_role_with_oidc"].(object); ok {
		c.block["assume_role_with_oidc"] = merged(object{"id_token": blank, "id_token_file": "", "domain_id": ""}, oidc)
	}

	return c
}

// secretName matches the names of arguments and variables that hold secrets other than the password.
var secretName = regexp.MustCompile(`(?i)(^|_)(AK|SK|ACCESS_KEY|SECRET_KEY|SECURITY_TOKEN|TOKEN)$`)
