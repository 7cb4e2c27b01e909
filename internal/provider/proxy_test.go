// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// TestProxy_order checks through which proxy a request is sent, if any, and that a variable that cannot be parsed is the error of a
// request that its proxy would carry.
func TestProxy_order(t *testing.T) {
	t.Parallel()

	const malformed, direct = "http://user:p%ss@proxy.example.com", "direct"

	// Where the service is. The last two are this machine too, but not in the eyes of [httpproxy], which uses no proxy for the loopback.
	const loopback, plain, secure = "http://127.0.0.1", "http://LOCALHOST", "https://LOCALHOST"

	tests := map[string]struct {
		env env
		url string
		// want is the proxy that gets a request, and fails the variable that an error names.
		want, fails string
	}{
		"none":                            {nil, plain, direct, ""},
		"for https":                       {env{"HTTPS_PROXY": "http://a", "HTTP_PROXY": "http://b"}, secure, "a", ""},
		"for https, in small letters":     {env{"https_proxy": "a", "http_proxy": "b"}, secure, "a", ""},
		"for http":                        {env{"HTTPS_PROXY": "http://a", "HTTP_PROXY": "http://b"}, plain, "b", ""},
		"for http, in small letters":      {env{"https_proxy": "a", "http_proxy": "b"}, plain, "b", ""},
		"capitals above small letters":    {env{"HTTPS_PROXY": "a", "https_proxy": "b"}, secure, "a", ""},
		"empty capitals":                  {env{"HTTPS_PROXY": "", "https_proxy": "b"}, secure, "b", ""},
		"over TLS":                        {env{"HTTPS_PROXY": "HTTPS://a"}, secure, "a", ""},
		"of SOCKS":                        {env{"HTTPS_PROXY": "socks5://a"}, secure, "a", ""},
		"of SOCKS, resolves names":        {env{"HTTPS_PROXY": "socks5h://a"}, secure, "a", ""},
		"unsupported scheme":              {env{"HTTPS_PROXY": "ftp://u:p-ss@proxy"}, secure, "", "HTTPS_PROXY"},
		"unsupported version of SOCKS":    {env{"HTTP_PROXY": "socks4://u:p-ss@proxy"}, plain, "", "HTTP_PROXY"},
		"with a password":                 {env{"HTTPS_PROXY": "http://user:p%25ss@a"}, secure, "a", ""},
		"not for http":                    {env{"HTTPS_PROXY": "http://a"}, plain, direct, ""},
		"not for this host":               {env{"HTTP_PROXY": "a", "NO_PROXY": "example.com,localhost"}, plain, direct, ""},
		"not for this host, small":        {env{"HTTP_PROXY": "a", "no_proxy": "localhost"}, plain, direct, ""},
		"not for the loopback":            {env{"HTTP_PROXY": "a"}, loopback, direct, ""},
		"malformed":                       {env{"HTTPS_PROXY": malformed}, secure, "", "HTTPS_PROXY"},
		"malformed, in small letters":     {env{"https_proxy": malformed}, secure, "", "https_proxy"},
		"malformed, for http":             {env{"HTTP_PROXY": malformed}, plain, "", "HTTP_PROXY"},
		"malformed port":                  {env{"HTTPS_PROXY": "http://user:p%ss@proxy:http"}, secure, "", "HTTPS_PROXY"},
		"# in the password":               {env{"HTTPS_PROXY": "http://user:p#ss@proxy:80"}, secure, "", "HTTPS_PROXY"},
		"/ in the password":               {env{"HTTPS_PROXY": "http://user:p/ss@proxy:80"}, secure, "", "HTTPS_PROXY"},
		"no host":                         {env{"HTTPS_PROXY": "http://"}, secure, "", "HTTPS_PROXY"},
		"malformed, not for http":         {env{"HTTPS_PROXY": malformed}, plain, direct, ""},
		"malformed, not for https":        {env{"HTTP_PROXY": malformed, "HTTPS_PROXY": "a"}, secure, "a", ""},
		"malformed, not for this host":    {env{"HTTP_PROXY": malformed, "NO_PROXY": "localhost"}, plain, direct, ""},
		"malformed, not for any host":     {env{"HTTP_PROXY": malformed, "NO_PROXY": "*"}, plain, direct, ""},
		"malformed, not for the loopback": {env{"HTTP_PROXY": malformed}, loopback, direct, ""},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			// Every connection is closed at once.
			used := make(chan string, 10)
			ports := env{}

			for _, name := range []string{direct, "a", "b"} {
				listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}

				_, ports[name], _ = net.SplitHostPort(listener.Addr().String())

				go func() {
					for {
						conn, err := listener.Accept()
						if err != nil {
							return
						}

						used <- name

						_ = conn.Close()
					}
				}()

				t.Cleanup(func() { _ = listener.Close() })
			}

			env := env{}
			for variable, value := range test.env {
				for _, proxy := range []string{"a", "b"} {
					if rest, found := strings.CutSuffix(value, proxy); found && !strings.HasPrefix(variable, "N") {
						value = rest + "127.0.0.1:" + ports[proxy]
					}
				}

				env[variable] = value
			}

			p := newProvider(t, env, "", nil)
			if diags := p.Configure(t.Context(), object{
				"region": dcsapitest.Region, "project_id": dcsapitest.ProjectID, "max_retries": 0, "insecure": true,
				"access_key": dcsapitest.AccessKey, "secret_key": dcsapitest.SecretKey, "endpoints": object{"dcs": test.url + ":" + ports[direct]},
			}); len(diags) > 0 {
				t.Fatal(diags)
			}

			_, diags := p.Read(t.Context(), dataSource, object{"instance_id": "i"})

			want := wanted{blockPath, ""}
			if test.fails != "" {
				want.part = "Invalid Environment Variable: The environment variable " + test.fails + " must be the URL of a proxy"
			}

			check(t, diags, []wanted{want}, "ss@")

			got := "" // The connection was accepted before the read ended.
			if len(used) > 0 {
				got = <-used
			}

			if got != test.want || len(used) > 0 {
				t.Errorf("the request went through %q, want %q; %v", got, test.want, diags)
			}
		})
	}
}

// TestProxy_unknownHost has a proxy whose host does not exist: the error is about the proxy, and not about region and endpoints.
func TestProxy_unknownHost(t *testing.T) {
	t.Parallel()

	service := dcsapitest.InMemory(t)
	network, dials := service.Transport(), 0
	network.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.example.com:3128"})
	network.DialContext = func(_ context.Context, kind, address string) (net.Conn, error) {
		dials++

		return nil, &net.OpError{Op: "dial", Net: kind, Err: &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}}
	}

	h := newHarnessOver(t, service, network, object{
		"project_id": dcsapitest.ProjectID, "endpoints": object{"dcs": "https://dcs.example.com"},
	})

	_, diags := h.read(t.Context(), nil)
	check(t, diags, []wanted{{blockPath, "The proxy of the environment (HTTPS_PROXY or HTTP_PROXY) cannot be reached"}}, "`endpoints`")

	if dials != 1 {
		t.Errorf("%d connections were tried, want one", dials)
	}
}

// TestProxy_refusesTheLogin has a proxy of plain http, which answers in place of the service, and quotes the header with the password.
func TestProxy_refusesTheLogin(t *testing.T) {
	t.Parallel()

	const password = "proxy+password"

	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
		_, _ = io.WriteString(w, "not "+r.Header.Get("Proxy-Authorization")) //nolint:gosec // What the test is about.
	}))
	t.Cleanup(proxy.Close)

	env := env{"HTTP_PROXY": strings.Replace(proxy.URL, "://", "://user:"+url.QueryEscape(password)+"@", 1)}
	p := newProvider(t, env, "", nil)

	if diags := p.Configure(t.Context(), object{
		"region": "cn-north-4", "project_id": "p", "access_key": "access", "secret_key": "secret", "insecure": true,
		"endpoints": object{"dcs": "http://dcs.example.com"},
	}); len(diags) > 0 {
		t.Fatal(diags)
	}

	_, diags := p.Read(t.Context(), dataSource, object{"instance_id": "i"})
	check(t, diags, []wanted{{blockPath, "asks for a login"}}, password, base64.StdEncoding.EncodeToString([]byte("user:"+password)))
}
