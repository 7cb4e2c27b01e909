// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package sdkcompat

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"

	"terraform-provider-dcs/internal/auth/sign"
)

const (
	host       = "dcs.cn-north-4.myhuaweicloud.com:8443"
	dateHeader = "X-Sdk-Date"
	dateLayout = "20060102T150405Z"
)

// signable is a request to be signed, in no client's form.
type signable struct {
	method string
	path   string // decoded
	query  url.Values
	header map[string]string
	body   string
	// signsHost has the host covered by the signature, which the SDK leaves to the caller.
	signsHost bool
	keys      sign.Keys
	at        time.Time
}

// bySDK returns the Authorization header that the vendor's signer makes.
func (s signable) bySDK(tb testing.TB) string {
	tb.Helper()

	builder := request.NewHttpRequestBuilder().WithEndpoint("https://"+host).WithMethod(s.method).WithPath(s.path).
		AddHeaderParam(dateHeader, s.at.UTC().Format(dateLayout)).WithBody("", s.body)

	for name, values := range s.query {
		builder.AddQueryParam(name, reflect.ValueOf(values))
	}

	for name, value := range s.header {
		builder.AddHeaderParam(name, value)
	}

	if s.signsHost {
		builder.AddHeaderParam("host", host)
	}

	added, err := signer.Sign(builder.Build(), s.keys.AccessKey, s.keys.SecretKey)
	if err != nil {
		tb.Fatal(err)
	}

	return added["Authorization"]
}

// byUs returns the request that the provider signs, over the same headers as the SDK.
func (s signable) byUs(tb testing.TB) *http.Request {
	tb.Helper()

	req := s.request(tb)
	req.Header.Set(dateHeader, s.at.UTC().Format(dateLayout))

	signed := []string{"x-sdk-date"}

	for name, value := range s.header {
		req.Header.Set(name, value)

		// The SDK never signs the type of a body.
		if name != "Content-Type" {
			signed = append(signed, strings.ToLower(name))
		}
	}

	if s.signsHost {
		signed = append(signed, "host")
	}

	sign.Headers(req, s.keys, []byte(s.body), signed...)

	return req
}

func (s signable) request(tb testing.TB) *http.Request {
	tb.Helper()

	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, "https://"+host, nil)
	if err != nil {
		tb.Fatal(err)
	}

	req.Method = s.method
	req.URL.Path, req.URL.RawQuery = s.path, s.query.Encode()

	return req
}

// compare checks that both sign alike, and that what would be sent is what was signed.
func (s signable) compare(tb testing.TB) {
	tb.Helper()

	req := s.byUs(tb)
	if got, want := req.Header.Get("Authorization"), s.bySDK(tb); got != want {
		tb.Errorf("%+v\nsigned by us  %s\nby the SDK    %s", s, got, want)
	}

	sent, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil || len(s.query) != len(sent) {
		tb.Errorf("query on the wire %s (%v), of %v", req.URL.RawQuery, err, s.query)
	}

	for name, values := range s.query {
		if !slices.Equal(slices.Sorted(slices.Values(values)), sent[name]) {
			tb.Errorf("query on the wire %s, of %v", req.URL.RawQuery, s.query)
		}
	}
}

// alphabet has what paths, values and bodies are made of: unreserved and reserved characters, what looks like an escape,
// several scripts, and bytes that are no UTF-8.
var alphabet = []string{
	"a", "Z", "0", "9", "-", "_", ".", "~", "/", "//", " ", "+", "%", "%2F", "%zz", "&", "=", "?", "#", "!", "*", "(", ")", "'",
	"\"", "\\", "$", "@", ":", ";", ",", "[", "]", "<", ">", "{", "}", "|", "^", "`", "\t", "\n", "\x00", "\x7f", "\xff", "\xe4\xb8",
	"é", "e\u0301", "备份", "кэш", "😀", "\u202e", "2023", "backups", "cn-north-4",
}

func text(random *rand.Rand, most int) string {
	var b strings.Builder
	for range random.IntN(most + 1) {
		b.WriteString(alphabet[random.IntN(len(alphabet))])
	}

	return b.String()
}

func pick(random *rand.Rand, from ...string) string { return from[random.IntN(len(from))] }

func randomSignable(random *rand.Rand) signable {
	s := signable{
		method: pick(random, http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodHead),
		path:   pick(random, "", "/", "/v2/", "/v3/projects", "/") + text(random, 8),
		query:  url.Values{},
		header: map[string]string{},
		body:   text(random, 20),
		keys:   sign.Keys{AccessKey: "AK" + text(random, 6), SecretKey: "SK" + text(random, 40)},
		at:     time.Unix(random.Int64N(4_000_000_000), random.Int64N(1_000_000_000)),
	}

	if random.IntN(2) == 0 {
		s.body = ""
	}

	s.signsHost = random.IntN(2) == 0

	for range random.IntN(5) {
		name := text(random, 4)
		for range 1 + random.IntN(3) {
			s.query.Add(name, text(random, 5))
		}
	}

	for name, value := range map[string]string{
		"X-Project-Id": text(random, 5), "X-Security-Token": " " + text(random, 30), "User-Agent": text(random, 5),
		"Content-Type": "application/json", "X-Domain-Id": "",
	} {
		if random.IntN(2) == 0 {
			s.header[name] = value
		}
	}

	return s
}

func TestSign_randomRequests(t *testing.T) {
	t.Parallel()

	random := rand.New(rand.NewPCG(20240102, 30405)) //nolint:gosec // The same requests in every run.

	for range 10_000 {
		randomSignable(random).compare(t)

		if t.Failed() {
			return
		}
	}
}

// What the provider signs by itself, the SDK signs alike when it is told to cover the same headers.
func TestSign_randomRequestsOfTheProvider(t *testing.T) {
	t.Parallel()

	random := rand.New(rand.NewPCG(4, 5)) //nolint:gosec // The same requests in every run.

	for range 5_000 {
		s := randomSignable(random)
		s.signsHost = true
		s.header = map[string]string{}
		s.keys.SecurityToken = text(random, 5)

		req := s.request(t)

		if project := text(random, 3); project != "" {
			s.header["X-Project-Id"] = project
			req.Header.Set("X-Project-Id", project)
		}

		if s.keys.SecurityToken != "" {
			s.header["X-Security-Token"] = s.keys.SecurityToken
		}

		sign.Request(req, s.keys, []byte(s.body), s.at)

		if got, want := req.Header.Get("Authorization"), s.bySDK(t); got != want {
			t.Fatalf("%+v\nsigned by us  %s\nby the SDK    %s", s, got, want)
		}
	}
}

// FuzzSign_againstSDK compares the two signers for every request that can be thought of.
func FuzzSign_againstSDK(f *testing.F) {
	f.Add("GET", "/v2/p/instances/i/backups", "limit=1000&offset=0", "", "p", "", "AK", "SK", true)
	f.Add("POST", "/备份/a b//", "a=1&a=&b&%2F=%7E", "{}\n", "", "TOKEN==", "AK", "秘密", false)
	f.Add("", "", "test=%E4%B8%80+(%26%3D%3F!%23%25.*)&multi=3&multi=1", "\x00\xff", " x ", " ", " ", "\x00", true)

	f.Fuzz(func(t *testing.T, method, path, query, body, project, token, accessKey, secretKey string, signsHost bool) {
		// The SDK refuses to sign without either.
		if accessKey == "" || secretKey == "" {
			t.Skip()
		}

		values, _ := url.ParseQuery(query) // What can't be parsed is not sent.

		signable{
			method: method, path: path, query: values, body: body,
			header:    map[string]string{"X-Project-Id": project, "X-Security-Token": token},
			keys:      sign.Keys{AccessKey: accessKey, SecretKey: secretKey, SecurityToken: token},
			at:        time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC),
			signsHost: signsHost,
		}.compare(t)
	})
}
