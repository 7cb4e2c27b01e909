// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"terraform-provider-dcs/internal/providertest"
)

func TestProxy(t *testing.T) {
	t.Parallel()

	const (
		secure = "https://dcs.example.com/v2"
		plain  = "http://dcs.example.com/v2"
	)

	tests := map[string]struct {
		env map[string]string
		url string
		// want is the proxy, empty for none, and fails the variable that an error names.
		want, fails string
	}{
		"none":                        {nil, secure, "", ""},
		"for https":                   {map[string]string{"HTTPS_PROXY": "http://proxy:3128"}, secure, "http://proxy:3128", ""},
		"for https, in small letters": {map[string]string{"https_proxy": "proxy:3128"}, secure, "http://proxy:3128", ""},
		"not for http":                {map[string]string{"HTTPS_PROXY": "http://proxy:3128"}, plain, "", ""},
		"for http":                    {map[string]string{"HTTP_PROXY": "http://proxy:3128"}, plain, "http://proxy:3128", ""},
		"over TLS":                    {map[string]string{"HTTPS_PROXY": "HTTPS://proxy"}, secure, "https://proxy", ""},
		"of SOCKS":                    {map[string]string{"HTTPS_PROXY": "socks5://proxy"}, secure, "socks5://proxy", ""},
		"of SOCKS, resolves names":    {map[string]string{"HTTPS_PROXY": "socks5h://proxy"}, secure, "socks5h://proxy", ""},
		"with a password":             {map[string]string{"HTTPS_PROXY": "http://u:p%25ss@proxy"}, secure, "http://u:p%25ss@proxy", ""},
		"not for this host":           {map[string]string{"HTTPS_PROXY": "proxy", "NO_PROXY": ".example.com"}, secure, "", ""},
		"not for the loopback":        {map[string]string{"HTTP_PROXY": "proxy"}, "http://127.0.0.1:8080", "", ""},

		"malformed":                   {map[string]string{"HTTPS_PROXY": "http://u:p%ss@proxy"}, secure, "", "HTTPS_PROXY"},
		"malformed, in small letters": {map[string]string{"https_proxy": "http://u:p%ss@proxy"}, secure, "", "https_proxy"},
		"malformed, for http":         {map[string]string{"HTTP_PROXY": "http://u:p%ss@proxy"}, plain, "", "HTTP_PROXY"},
		"malformed port":              {map[string]string{"HTTPS_PROXY": "http://u:p%ss@proxy:http"}, secure, "", "HTTPS_PROXY"},
		"# in the password":           {map[string]string{"HTTPS_PROXY": "http://u:p#ss@proxy:80"}, secure, "", "HTTPS_PROXY"},
		"/ in the password":           {map[string]string{"HTTPS_PROXY": "http://u:p/ss@proxy:80"}, secure, "", "HTTPS_PROXY"},
		"no host":                     {map[string]string{"HTTPS_PROXY": "http://"}, secure, "", "HTTPS_PROXY"},
		"unsupported scheme":          {map[string]string{"HTTPS_PROXY": "ftp://u:pass@proxy"}, secure, "", "HTTPS_PROXY"},
		"unsupported SOCKS version":   {map[string]string{"HTTP_PROXY": "socks4://u:pass@proxy"}, plain, "", "HTTP_PROXY"},
		"malformed, not for http":     {map[string]string{"HTTPS_PROXY": "http://u:p%ss@proxy"}, plain, "", ""},
		"malformed, not for https":    {map[string]string{"HTTP_PROXY": "http://u:p%ss@proxy"}, secure, "", ""},
		"malformed, not for the host": {map[string]string{"HTTPS_PROXY": "%ss", "no_proxy": "example.com"}, secure, "", ""},
		"malformed, for no host":      {map[string]string{"HTTPS_PROXY": "%ss", "NO_PROXY": "*"}, secure, "", ""},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			u, err := url.Parse(test.url)
			if err != nil {
				t.Fatal(err)
			}

			s := mustResolve(t, model{}, testEnvironment{env: test.env})
			proxy, err := s.network.v.proxy(u)

			switch {
			case test.fails == "" && err != nil:
				t.Error(err)
			case test.fails != "" && (err == nil || !strings.Contains(err.Error(), "variable "+test.fails+" must")):
				t.Errorf("got %v, want an error that names %s", err, test.fails)
			case err != nil && strings.Contains(err.Error(), "ss@"):
				t.Errorf("the value is shown: %s", err)
			case test.want == "" && proxy != nil, test.want != "" && (proxy == nil || proxy.String() != test.want):
				t.Errorf("got %v, want %s", proxy, test.want)
			}
		})
	}
}

// A proxy of plain http answers in place of the service, and may quote the header that the password is in.
func TestProxy_refusesTheLogin(t *testing.T) {
	t.Parallel()

	const password = "proxy+password"

	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
		_, _ = io.WriteString(w, "not "+r.Header.Get("Proxy-Authorization")) //nolint:gosec // What the test is about.
	}))
	t.Cleanup(proxy.Close)

	env := testEnvironment{env: map[string]string{
		"HTTP_PROXY": strings.Replace(proxy.URL, "://", "://user:"+url.QueryEscape(password)+"@", 1),
	}}.environment()
	p := providertest.New(t, providerserver.NewProtocol6WithError(&dcsProvider{version: "test", environment: env}))

	if diags := p.Configure(t.Context(), map[string]any{
		"region": "cn-north-4", "project_id": "p", "access_key": "access", "secret_key": "secret", "insecure": true,
		"endpoints": map[string]any{"dcs": "http://dcs.example.com"},
	}); len(diags) > 0 {
		t.Fatal(diags)
	}

	_, diags := p.Read(t.Context(), dataSource, map[string]any{"instance_id": "i"})
	if len(diags) != 1 || !strings.Contains(diags[0].Detail, "asks for a login") {
		t.Fatalf("want an error about the login at the proxy, got %v", diags)
	}

	for _, secret := range []string{password, base64.StdEncoding.EncodeToString([]byte("user:" + password))} {
		if strings.Contains(diags[0].Detail, secret) {
			t.Errorf("%s is shown: %s", secret, diags[0].Detail)
		}
	}
}
