// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package sdkcompat

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdkauth "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	dcs "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dcs/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dcs/v2/model"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/transport"
)

// The SDK keeps files in the home directory.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		home, err := os.MkdirTemp("", "sdkcompat")
		if err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(home) }()

		for _, name := range []string{"HOME", "USERPROFILE"} {
			if err := os.Setenv(name, home); err != nil {
				panic(err)
			}
		}

		return m.Run()
	}())
}

// sdk is the vendor's client of a local endpoint.
type sdk struct {
	accessKey, secretKey, securityToken string
	// looksUp has the SDK find the project by itself.
	looksUp bool
	// change alters a request after it has been signed.
	change func(*http.Request)
}

func knownKey() sdk {
	return sdk{accessKey: dcsapitest.AccessKey, secretKey: dcsapitest.SecretKey}
}

func (c sdk) client(t *testing.T, s *dcsapitest.Server) *dcs.DcsClient {
	t.Helper()

	credentials := basic.NewCredentialsBuilder().WithAk(c.accessKey).WithSk(c.secretKey).
		WithSecurityToken(c.securityToken).WithIamEndpointOverride(s.URL())
	if !c.looksUp {
		credentials.WithProjectId(dcsapitest.ProjectID)
	}

	built, err := credentials.SafeBuild()
	if err != nil {
		t.Fatal(err)
	}

	client, err := c.build(s, built)
	if err != nil {
		t.Fatal(err)
	}

	return client
}

func (c sdk) build(s *dcsapitest.Server, credentials *sdkauth.BasicCredentials) (*dcs.DcsClient, error) {
	cfg := config.DefaultHttpConfig().WithUserAgent("sdkcompat").WithTimeout(time.Minute).
		WithHttpRoundTripper(changing{next: &http.Transport{DisableKeepAlives: true}, change: c.change})

	built, err := dcs.DcsClientBuilder().WithRegion(region.NewRegion(dcsapitest.Region, s.URL())).
		WithCredential(credentials).WithHttpConfig(cfg).SafeBuild()
	if err != nil {
		return nil, err
	}

	return dcs.NewDcsClient(built), nil
}

type changing struct {
	next   http.RoundTripper
	change func(*http.Request)
}

func (c changing) RoundTrip(req *http.Request) (*http.Response, error) {
	if c.change != nil {
		req = req.Clone(req.Context())
		c.change(req)
	}

	return c.next.RoundTrip(req)
}

// readAll reads a listing by the SDK, page by page.
func readAll(client *dcs.DcsClient) (records []dcsapi.Backup, err error) {
	const pageSize = 1000

	limit := int32(pageSize)

	for {
		offset := int32(len(records)) //nolint:gosec // No listing here has that many.

		page, err := client.ListBackupRecords(&model.ListBackupRecordsRequest{
			InstanceId: dcsapitest.InstanceID, Limit: &limit, Offset: &offset,
		})
		if err != nil {
			return nil, err
		}

		if page.BackupRecordResponse == nil {
			return records, nil
		}

		for _, record := range *page.BackupRecordResponse {
			converted, err := fromSDK(record)
			if err != nil {
				return nil, err
			}

			records = append(records, converted)
		}

		if len(*page.BackupRecordResponse) < pageSize {
			return records, nil
		}
	}
}

// fromSDK returns a record of the SDK, whose fields are strings, as the provider's.
func fromSDK(r model.BackupRecordResponse) (dcsapi.Backup, error) {
	b := dcsapi.Backup{
		ID: value(r.BackupId), Name: value(r.BackupName), InstanceID: value(r.InstanceId), Size: r.Size,
		Period: value(r.Period), CreatedAt: value(r.CreatedAt), UpdatedAt: value(r.UpdatedAt), ExecutionAt: value(r.ExecutionAt),
		ErrorCode: value(r.ErrorCode), Remark: value(r.Remark),
	}

	if r.BackupType != nil {
		b.Type = r.BackupType.Value()
	}

	if r.BackupFormat != nil {
		b.Format = r.BackupFormat.Value()
	}

	if r.Status != nil {
		b.Status = r.Status.Value()
	}

	if r.Progress != nil {
		progress, err := strconv.ParseFloat(*r.Progress, 64)
		if err != nil {
			return b, err
		}

		b.Progress = &progress
	}

	if r.IsSupportRestore != nil {
		restorable, err := strconv.ParseBool(*r.IsSupportRestore)
		if err != nil {
			return b, err
		}

		b.IsSupportRestore = &restorable
	}

	return b, nil
}

func value(s *string) string {
	if s == nil {
		return ""
	}

	return *s
}

// ours is the provider's client of the same endpoint.
func ours(t *testing.T, s *dcsapitest.Server, keys auth.Keys) *dcsapi.Client {
	t.Helper()

	client := transport.New(transport.Config{UserAgent: "sdkcompat"})

	endpoints := endpoint.Set{Custom: map[endpoint.Service]string{
		endpoint.DCS: s.URL(), endpoint.IAM: s.URL(), endpoint.STS: s.URL(),
	}}

	return dcsapi.New(dcsapi.Config{
		Transport: client, Endpoints: endpoints,
		Session: auth.NewSession(auth.Config{Transport: client, Endpoints: endpoints, Region: dcsapitest.Region, Source: keys}),
	})
}

func readOurs(t *testing.T, client *dcsapi.Client) (dcsapi.Listing, error) {
	t.Helper()

	return client.Backups(t.Context(), dcsapi.Query{InstanceID: dcsapitest.InstanceID})
}

func TestListing_sameRecords(t *testing.T) {
	t.Parallel()

	for _, n := range []int{0, 1, 10, 999, 1000, 1001} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()

			s := dcsapitest.ForTest(t)
			s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(n, 7)})

			want, err := readAll(knownKey().client(t, s))
			if err != nil {
				t.Fatal(err)
			}

			got, err := readOurs(t, ours(t, s, auth.Keys{AccessKey: dcsapitest.AccessKey, SecretKey: dcsapitest.SecretKey}))
			if err != nil {
				t.Fatal(err)
			}

			if len(want) != n || got.TotalNum != int64(n) || len(got.Misfits) != 0 {
				t.Errorf("the SDK read %d records, we %d of %d, misfits %v", len(want), len(got.Backups), got.TotalNum, got.Misfits)
			}

			if diff := cmp.Diff(want, got.Backups); diff != "" {
				t.Errorf("records (-SDK +ours):\n%s", diff)
			}
		})
	}
}

func TestListing_temporaryKey(t *testing.T) {
	t.Parallel()

	s := dcsapitest.ForTest(t)
	s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(3, 7)})
	s.AddKey(dcsapitest.Key{Access: "TEMPORARY", Secret: "secret", SecurityToken: "token"})

	if got, err := readAll(sdk{accessKey: "TEMPORARY", secretKey: "secret", securityToken: "token"}.client(t, s)); len(got) != 3 || err != nil {
		t.Errorf("the SDK read %d records, %v", len(got), err)
	}

	keys := auth.Keys{AccessKey: "TEMPORARY", SecretKey: "secret", SecurityToken: "token"}
	if got, err := readOurs(t, ours(t, s, keys)); len(got.Backups) != 3 || err != nil {
		t.Errorf("we read %d records, %v", len(got.Backups), err)
	}
}

// Both find the project in IAM, by the same request.
func TestProject_sameLookUp(t *testing.T) {
	t.Parallel()

	// The SDK remembers a project for each access key and region.
	const accessKey = "LOOKSUPPROJECTS00001"

	s := dcsapitest.ForTest(t)
	s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(2, 7)})
	s.AddKey(dcsapitest.Key{Access: accessKey, Secret: "secret"})
	s.AddProject(dcsapitest.Project{ID: "another", Name: dcsapitest.Region + "_another"})

	if got, err := readAll(sdk{accessKey: accessKey, secretKey: "secret", looksUp: true}.client(t, s)); len(got) != 2 || err != nil {
		t.Errorf("the SDK read %d records, %v", len(got), err)
	}

	if got, err := readOurs(t, ours(t, s, auth.Keys{AccessKey: accessKey, SecretKey: "secret"})); len(got.Backups) != 2 || err != nil {
		t.Errorf("we read %d records, %v", len(got.Backups), err)
	}

	var asked []string
	for _, r := range s.RequestsTo("/v3/") {
		asked = append(asked, r.Method+" "+r.Path+"?"+r.RawQuery)
	}

	want := []string{"GET /v3/projects?name=cn-north-4", "GET /v3/projects?name=cn-north-4"}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("look-ups, the SDK's and ours (-want +got):\n%s", diff)
	}
}

// The local endpoint takes the SDK's signature for what it is, and for nothing else.
func TestListing_refused(t *testing.T) {
	t.Parallel()

	wrong, unknown := knownKey(), knownKey()
	wrong.secretKey = "wrong"
	unknown.accessKey = "UNKNOWN"

	changed := func(change func(*http.Request)) sdk {
		c := knownKey()
		c.change = change

		return c
	}
	header := func(name string, change func(string) string) sdk {
		return changed(func(r *http.Request) { r.Header.Set(name, change(r.Header.Get(name))) })
	}

	tests := map[string]struct {
		client sdk
		ahead  time.Duration
		want   string // part of the refusal; empty: there is none
	}{
		"right key":               {client: knownKey()},
		"wrong secret key":        {client: wrong, want: "verify aksk signature fail"},
		"unknown access key":      {client: unknown, want: "not exist"},
		"fourteen minutes ahead":  {client: knownKey(), ahead: 14 * time.Minute},
		"fourteen minutes behind": {client: knownKey(), ahead: -14 * time.Minute},
		"sixteen minutes ahead":   {client: knownKey(), ahead: 16 * time.Minute, want: "signature expired"},
		"sixteen minutes behind":  {client: knownKey(), ahead: -16 * time.Minute, want: "signature expired"},
		"another byte in the signature": {header("Authorization", func(s string) string {
			return s[:len(s)-1] + string("10"[strings.LastIndexByte("01", s[len(s)-1])&1])
		}), 0, "verify aksk signature fail"},
		"another date": {header("X-Sdk-Date", func(s string) string {
			return s[:len(s)-2] + string('0'+(s[len(s)-2]-'0'+1)%10) + "Z"
		}), 0, "verify aksk signature fail"},
		"another project": {header("X-Project-Id", func(s string) string { return "1" + s[1:] }), 0, "verify aksk signature fail"},
		"another agent":   {header("User-Agent", func(s string) string { return s + "/2" }), 0, "verify aksk signature fail"},
		"another query": {changed(func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "limit=1000", "limit=1001", 1)
		}), 0, "verify aksk signature fail"},
		"another path": {changed(func(r *http.Request) {
			r.URL.Path = strings.Replace(r.URL.Path, dcsapitest.InstanceID, "1"+dcsapitest.InstanceID[1:], 1)
		}), 0, "verify aksk signature fail"},
		"another method": {changed(func(r *http.Request) { r.Method = http.MethodPost }), 0, "405"},
		"a body": {changed(func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("x")), 1
		}), 0, "verify aksk signature fail"},
		"no date":      {changed(func(r *http.Request) { r.Header.Del("X-Sdk-Date") }), 0, "x-sdk-date"},
		"no signature": {changed(func(r *http.Request) { r.Header.Del("Authorization") }), 0, "x-auth-token not found"},
	}

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := dcsapitest.ForTest(t)
			s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(2, 7)})
			s.SetClock(func() time.Time { return time.Now().Add(tt.ahead) })

			got, err := readAll(tt.client.client(t, s))
			if tt.want == "" {
				if err != nil || len(got) != 2 {
					t.Errorf("%d records, %v; want both", len(got), err)
				}

				return
			}

			var answer *sdkerr.ServiceResponseError
			if !errors.As(err, &answer) || !strings.Contains(fmt.Sprintf("%d %s", answer.StatusCode, answer.ErrorMessage), tt.want) {
				t.Errorf("got %v, want a refusal with %q", err, tt.want)
			}
		})
	}
}
