// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package endpoint_test

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/endpoint"
)

func TestSet_defaults(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		cloud, region string
		service       endpoint.Service
		want          string
	}{
		"public cloud":                   {"", "cn-north-4", endpoint.DCS, "https://dcs.cn-north-4.myhuaweicloud.com"},
		"IAM is regional":                {"", "cn-north-4", endpoint.IAM, "https://iam.cn-north-4.myhuaweicloud.com"},
		"STS is regional":                {"", "cn-north-4", endpoint.STS, "https://sts.cn-north-4.myhuaweicloud.com"},
		"European cloud":                 {"", "eu-west-101", endpoint.DCS, "https://dcs.eu-west-101.myhuaweicloud.eu"},
		"European cloud, IAM":            {"", "eu-west-101", endpoint.IAM, "https://iam.eu-west-101.myhuaweicloud.eu"},
		"European cloud, future region":  {"", "eu-west-199", endpoint.DCS, "https://dcs.eu-west-199.myhuaweicloud.eu"},
		"partner's region in Europe":     {"", "eu-west-0", endpoint.DCS, "https://dcs.eu-west-0.myhuaweicloud.com"},
		"region that is not known":       {"", "xx-new-7", endpoint.DCS, "https://dcs.xx-new-7.myhuaweicloud.com"},
		"named cloud":                    {"hc.sbercloud.ru", "ru-moscow-1", endpoint.DCS, "https://dcs.ru-moscow-1.hc.sbercloud.ru"},
		"named cloud wins over European": {"example.com", "eu-west-101", endpoint.DCS, "https://dcs.eu-west-101.example.com"},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			u, err := endpoint.Set{Cloud: test.cloud}.URL(test.service, test.region)
			if err != nil || u.String() != test.want {
				t.Errorf("got %v, %v, want %s", u, err, test.want)
			}
		})
	}
}

func TestSet_custom(t *testing.T) {
	t.Parallel()

	const (
		form      = "must be a host or a URL with https://"
		plain     = "must use https:// except on the loopback"
		segments  = "must not hold empty, . or .. segments"
		slashes   = "must not hold an escaped slash"
		braces    = "must not hold braces other than those of {region}"
		login     = "must not hold a user name or password"
		queryPart = "must be a base URL without query or fragment"
	)

	tests := map[string]struct {
		value     string
		service   endpoint.Service
		allowHTTP bool
		want      string
		fails     string
	}{
		"host":                       {value: "dcs.example.com", want: "https://dcs.example.com"},
		"host and port":              {value: "dcs.example.com:8443", want: "https://dcs.example.com:8443"},
		"host and path":              {value: "gateway.example.com/dcs", want: "https://gateway.example.com/dcs"},
		"URL":                        {value: "https://dcs.example.com", want: "https://dcs.example.com"},
		"URL in capitals":            {value: "HTTPS://DCS.example.com", want: "https://DCS.example.com"},
		"host that begins with http": {value: "httpbin.example.com", want: "https://httpbin.example.com"},
		"trailing slash":             {value: "https://dcs.example.com/", want: "https://dcs.example.com"},
		"trailing slashes":           {value: "https://dcs.example.com///", want: "https://dcs.example.com"},
		"path prefix":                {value: "https://example.com/a/b", want: "https://example.com/a/b"},
		"path prefix, slash":         {value: "https://example.com/a/b/", want: "https://example.com/a/b"},
		"path that is escaped":       {value: "https://example.com/a%20b", want: "https://example.com/a%20b"},
		"path that looks escaped":    {value: "https://example.com/a%2541", want: "https://example.com/a%2541"},
		"IPv4":                       {value: "192.0.2.1:8443", want: "https://192.0.2.1:8443"},
		"IPv6":                       {value: "[2001:db8::1]", want: "https://[2001:db8::1]"},
		"IPv6 and port":              {value: "https://[2001:db8::1]:8443/x", want: "https://[2001:db8::1]:8443/x"},
		"underscore in the host":     {value: "dcs_1.example.com", want: "https://dcs_1.example.com"},
		"absolute host name":         {value: "dcs.example.com.", want: "https://dcs.example.com."},
		"port that is empty":         {value: "dcs.example.com:", want: "https://dcs.example.com"},

		"region in the host":          {value: "dcs.{region}.example.com", want: "https://dcs.cn-north-4.example.com"},
		"region in the path":          {value: "https://example.com/{region}/dcs", want: "https://example.com/cn-north-4/dcs"},
		"region twice":                {value: "https://{region}.example.com/{region}", want: "https://cn-north-4.example.com/cn-north-4"},
		"another name in braces":      {value: "https://dcs.{zone}.example.com", fails: braces},
		"another name in the path":    {value: "https://example.com/{zone}", fails: braces},
		"IAM":                         {value: "https://iam.example.com", service: endpoint.IAM, want: "https://iam.example.com"},
		"IAM with version":            {value: "https://iam.example.com/v3", service: endpoint.IAM, want: "https://iam.example.com"},
		"IAM with version, slash":     {value: "https://iam.example.com/v3/", service: endpoint.IAM, want: "https://iam.example.com"},
		"IAM with prefix and version": {value: "https://example.com/iam/v3", service: endpoint.IAM, want: "https://example.com/iam"},
		"IAM, other path":             {value: "https://example.com/iamv3", service: endpoint.IAM, want: "https://example.com/iamv3"},
		"IAM, other version":          {value: "https://example.com/v3.0", service: endpoint.IAM, want: "https://example.com/v3.0"},
		"DCS keeps a version":         {value: "https://example.com/v3", want: "https://example.com/v3"},
		"STS keeps a version":         {value: "https://example.com/v3", service: endpoint.STS, want: "https://example.com/v3"},

		"empty":                          {value: "", fails: form},
		"blank":                          {value: " ", fails: form},
		"scheme only":                    {value: "https://", fails: form},
		"path only":                      {value: "/v2", fails: form},
		"port only":                      {value: ":443", fails: form},
		"no scheme, two slashes":         {value: "//dcs.example.com", fails: form},
		"other scheme":                   {value: "ftp://dcs.example.com", fails: form},
		"file":                           {value: "file:///etc/passwd", fails: form},
		"port out of range":              {value: "dcs.example.com:65536", fails: form},
		"port zero":                      {value: "dcs.example.com:0", fails: form},
		"port that is a word":            {value: "dcs.example.com:https", fails: form},
		"two ports":                      {value: "dcs.example.com:80:81", fails: form},
		"IPv6 without brackets":          {value: "2001:db8::1", fails: form},
		"IPv6 loopback without brackets": {value: "::1", fails: form},
		"IPv6 with a zone":               {value: "[fe80::1%25eth0]", fails: form},
		"space in the host":              {value: "dcs example.com", fails: form},
		"line break":                     {value: "dcs.example.com\n", fails: form},
		"comma in the host":              {value: "a.example.com,b.example.com", fails: form},
		"wildcard host":                  {value: "*.example.com", fails: form},
		"dots only":                      {value: "..", fails: form},
		"empty label":                    {value: "dcs..example.com", fails: form},
		"host not in ASCII":              {value: "dcs.例え.example", fails: form},
		"host that is escaped":           {value: "%64cs.example.com", fails: form},
		"user":                           {value: "https://user@dcs.example.com", fails: login},
		"user and password":              {value: "https://user:pa55@dcs.example.com", fails: login},
		"user, no scheme":                {value: "user:pa55@dcs.example.com", fails: login},
		"empty user":                     {value: "https://@dcs.example.com", fails: login},
		"host as user":                   {value: "https://dcs.example.com@evil.example.com", fails: login},
		"password, bad port":             {value: "https://user:pa55@dcs.example.com:x", fails: form},
		"query":                          {value: "https://dcs.example.com/?a=b", fails: queryPart},
		"empty query":                    {value: "https://dcs.example.com/?", fails: queryPart},
		"fragment":                       {value: "https://dcs.example.com/#a", fails: queryPart},
		"empty fragment":                 {value: "https://dcs.example.com/#", fails: queryPart},
		"parent":                         {value: "https://dcs.example.com/a/../b", fails: segments},
		"parent at the end":              {value: "https://dcs.example.com/..", fails: segments},
		"this":                           {value: "https://dcs.example.com/./a", fails: segments},
		"escaped parent":                 {value: "https://dcs.example.com/%2e%2e/b", fails: segments},
		"half escaped parent":            {value: "https://dcs.example.com/.%2E", fails: segments},
		"empty segment":                  {value: "https://dcs.example.com//a", fails: segments},
		"parent before version":          {value: "https://iam.example.com/../v3", service: endpoint.IAM, fails: segments},
		"escaped slash":                  {value: "https://dcs.example.com/a%2Fb", fails: slashes},
		"escaped slash, small":           {value: "https://dcs.example.com/a%2fb", fails: slashes},
		"escaped slashes climb":          {value: "https://dcs.example.com/a%2f..%2fb", fails: slashes},
		"escaped backslash":              {value: `https://dcs.example.com/a%5cb`, fails: slashes},
		"backslash":                      {value: `https://dcs.example.com/a\b`, fails: slashes},
		"bad escape":                     {value: "https://dcs.example.com/%zz", fails: form},

		"plain":                     {value: "http://dcs.example.com", fails: plain},
		"plain, allowed":            {value: "http://dcs.example.com", allowHTTP: true, want: "http://dcs.example.com"},
		"plain, 127.0.0.1":          {value: "http://127.0.0.1:8080", want: "http://127.0.0.1:8080"},
		"plain, 127.0.0.2":          {value: "http://127.0.0.2", want: "http://127.0.0.2"},
		"plain, 127.255.255.254":    {value: "http://127.255.255.254", want: "http://127.255.255.254"},
		"plain, ::1":                {value: "http://[::1]:8080/x", want: "http://[::1]:8080/x"},
		"plain, long ::1":           {value: "http://[0:0:0:0:0:0:0:1]", want: "http://[0:0:0:0:0:0:0:1]"},
		"plain, IPv4 in IPv6":       {value: "http://[::ffff:127.0.0.1]", want: "http://[::ffff:127.0.0.1]"},
		"plain, localhost":          {value: "http://localhost:8080", want: "http://localhost:8080"},
		"plain, LOCALHOST":          {value: "HTTP://LOCALHOST", want: "http://LOCALHOST"},
		"plain, all addresses":      {value: "http://0.0.0.0", fails: plain},
		"plain, all addresses in 6": {value: "http://[::]", fails: plain},
		"plain, 128.0.0.1":          {value: "http://128.0.0.1", fails: plain},
		"plain, link-local":         {value: "http://169.254.169.254", fails: plain},
		"plain, private":            {value: "http://10.0.0.1", fails: plain},
		"plain, name below":         {value: "http://127.0.0.1.example.com", fails: plain},
		"plain, localhost below":    {value: "http://localhost.example.com", fails: plain},
		"plain, below localhost":    {value: "http://dcs.localhost", fails: plain},
		"plain, localhost with dot": {value: "http://localhost.", fails: plain},
		"plain, long s":             {value: "http://localho\u017ft", fails: form},
		"plain, short form":         {value: "http://127.1", fails: plain},
		"plain, hexadecimal":        {value: "http://0x7f.1", fails: plain},
		"plain, one number":         {value: "http://2130706433", fails: plain},
		"plain, octal":              {value: "http://0177.0.0.1", fails: plain},
		"plain, loopback as user":   {value: "http://127.0.0.1@dcs.example.com", allowHTTP: true, fails: login},
		"plain, region as loopback": {value: "http://{region}.example.com", fails: plain},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			service := cmp.Or(test.service, endpoint.DCS)
			custom := map[endpoint.Service]string{service: test.value}

			u, err := endpoint.Set{Cloud: "unused.example.com", Custom: custom, AllowHTTP: test.allowHTTP}.URL(service, "cn-north-4")
			if test.fails == "" {
				if err != nil || u.String() != test.want {
					t.Errorf("got %v, %v, want %s", u, err, test.want)
				}

				return
			}

			if err == nil || !strings.HasPrefix(err.Error(), test.fails) {
				t.Fatalf("got %v, %v, want an error that begins with %q", u, err, test.fails)
			}

			if strings.Contains(err.Error(), "pa55") {
				t.Errorf("a password is shown: %v", err)
			}
		})
	}
}

func TestSet_customOfOneServiceLeavesTheOthers(t *testing.T) {
	t.Parallel()

	set := endpoint.Set{Custom: map[endpoint.Service]string{endpoint.IAM: "iam.example.com"}}

	u, err := set.URL(endpoint.DCS, "cn-north-4")
	if err != nil || u.String() != "https://dcs.cn-north-4.myhuaweicloud.com" {
		t.Errorf("got %v, %v, want the default", u, err)
	}
}

func TestSet_errorsQuoteTheValueAsWritten(t *testing.T) {
	t.Parallel()

	for _, custom := range []string{
		"http://dcs.{region}.example.com", "ftp://{region}.example.com", "https://example.com/{region}/..", "https://{region}.example.com?a",
		"https://{region}.{domain}", `https://example.com/{region}\\x`,
	} {
		_, err := endpoint.Set{Custom: map[endpoint.Service]string{endpoint.DCS: custom}}.URL(endpoint.DCS, "cn-north-4")
		if err == nil || !strings.HasSuffix(err.Error(), fmt.Sprintf("Got: %q", custom)) {
			t.Errorf("got %v, want an error with %q", err, custom)
		}
	}
}

// TestSet_URLIsACopy changes the URL that one call returned.
func TestSet_URLIsACopy(t *testing.T) {
	t.Parallel()

	set := endpoint.Set{Custom: map[endpoint.Service]string{endpoint.DCS: "https://example.com/a"}}

	for range 2 {
		u, err := set.URL(endpoint.DCS, "r")
		if err != nil || u.String() != "https://example.com/a" {
			t.Fatalf("got %v, %v", u, err)
		}

		u.Path = "/b"
	}
}

func TestSet_withoutRegion(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		custom string
		want   string
	}{
		"default":                 {"", ""},
		"custom that needs it":    {"https://dcs.{region}.example.com", ""},
		"custom without a region": {"https://dcs.example.com", "https://dcs.example.com"},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var set endpoint.Set
			if test.custom != "" {
				set.Custom = map[endpoint.Service]string{endpoint.DCS: test.custom}
			}

			u, err := set.URL(endpoint.DCS, "")
			if test.want == "" && (err == nil || !strings.Contains(err.Error(), "depends on the region")) ||
				test.want != "" && (err != nil || u.String() != test.want) {
				t.Errorf("got %v, %v, want %q", u, err, test.want)
			}
		})
	}
}

func TestServices_areThoseWithAnEndpoint(t *testing.T) {
	t.Parallel()

	want := []endpoint.Service{endpoint.DCS, endpoint.IAM, endpoint.STS}
	if got := endpoint.Services(); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestIsIdentifier(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]bool{
		"cn-north-4": true, "a_B-9": true, "7": true,
		"": false, "a.b": false, "a/b": false, "a%2fb": false, "..": false, "a:1": false, "a@b": false, "a?b": false, "a#b": false,
		"a b": false, "a\n": false, "\na": false, "\u00e4": false, "\uff11": false,
	} {
		if got := endpoint.IsIdentifier(text); got != want {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	}
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)

	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// FuzzSet looks for a value that leads elsewhere than to the host and path prefix that it shows.
func FuzzSet(f *testing.F) {
	for _, seed := range []string{
		"dcs.example.com", "https://example.com/a/b/", "http://127.0.0.1:8080", "http://[::1]/x", "https://u:p@h", "h?q#f",
		"https://h/%2e%2e/%2f", "{region}.example.com/{region}", "::1", "h:80:80", `h\x`, "https://h;x", "http:///x", "h//v3/v3",
	} {
		f.Add(seed, false)
	}

	f.Fuzz(func(t *testing.T, value string, allowHTTP bool) {
		for _, service := range endpoint.Services() {
			u, err := endpoint.Set{Custom: map[endpoint.Service]string{service: value}, AllowHTTP: allowHTTP}.URL(service, "cn-north-4")
			if err != nil {
				continue
			}

			if u.Scheme != "https" && (u.Scheme != "http" || !allowHTTP && !isLoopback(u.Hostname())) {
				t.Errorf("%q: the scheme is %s", value, u)
			}

			if u.Host == "" || strings.ContainsAny(u.Host, "@/\\?# %") {
				t.Errorf("%q: the host is %q", value, u.Host)
			}

			if again, err := url.Parse(u.String()); err != nil || *again != *u {
				t.Errorf("%q: %s is read as %v, %v", value, u, again, err)
			}

			if u.Path != "" && (path.Clean(u.Path) != u.Path || u.Path[0] != '/' || u.Path == "/") {
				t.Errorf("%q: the path is %q", value, u.Path)
			}

			call := u.JoinPath("v2", "p", "instances")
			if call.Host != u.Host || call.String() != u.String()+"/v2/p/instances" || call.RawQuery+call.Fragment != "" {
				t.Errorf("%q: a call goes to %s", value, call)
			}
		}
	})
}
