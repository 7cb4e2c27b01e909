// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"golang.org/x/net/http/httpproxy"

	"terraform-provider-dcs/internal/boundedfile"
	"terraform-provider-dcs/internal/datasources"
	"terraform-provider-dcs/internal/transport"
)

// network is how requests are sent.
type network struct {
	insecure   bool
	caCerts    []*x509.Certificate
	maxRetries int
	proxy      func(*url.URL) (*url.URL, error)
	// warning is reported by one read: no argument causes it.
	warning diag.Diagnostic
}

// network returns the settings that every request needs.
func (r *resolver) network(insecure value[bool]) value[network] {
	maxRetries, tooFew := r.number(path.Root("max_retries"), r.config.MaxRetries, 0, defaultMaxRetries)
	certs, warning, unusable := r.caCerts(insecure.v)

	err := r.fail(tooFew, unusable)
	if insecure.err != nil {
		err = insecure.err
	}

	return value[network]{err: err, v: network{
		insecure:   insecure.v,
		caCerts:    certs,
		maxRetries: maxRetries,
		proxy:      r.proxy(),
		warning:    warning,
	}}
}

const summaryCACert = "Invalid CA Certificate File"

// caCerts returns the certificates of cacert_file. The warning that lists those that cannot be read is returned unless the
// argument names the file.
func (r *resolver) caCerts(insecure bool) ([]*x509.Certificate, diag.Diagnostic, *problem) {
	named := r.text(path.Root("cacert_file"), r.config.CACertFile)
	if named.precedence == unset || insecure { // Without verification the file is not used.
		return nil, nil, nil
	}

	refuse := func(format string, args ...any) *problem {
		p := named.invalid(fmt.Sprintf(format, args...))
		p.summary = summaryCACert

		return p
	}

	if strings.Contains(named.value, "-----BEGIN") {
		return nil, nil, refuse("must be the path of a file in PEM form, and not the text of the file.")
	}

	file, err := r.expand(named.value)
	if err != nil {
		return nil, nil, refuse("is %q, but %s.", named.value, err)
	}

	bundle, err := boundedfile.Read(file)

	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, refuse("is %q, but the file %s does not exist.", named.value, file)
	case err != nil:
		return nil, nil, refuse("names a file that cannot be read.\n\nCause: %s", err)
	}

	certs, unreadable := transport.ParseCACerts(bundle)
	if len(certs) == 0 {
		return nil, nil, refuse("names the file %s, which holds no certificate that can be read.\n\nIt must hold certificates "+
			"in PEM form, which begin with a line -----BEGIN CERTIFICATE-----.%s", file, listOf(unreadable))
	}

	if len(unreadable) == 0 {
		return certs, nil, nil
	}

	detail := named.invalid(fmt.Sprintf("names the file %s, in which %d of %d certificates cannot be read. They are left out; "+
		"the others are trusted.%s", file, len(unreadable), len(unreadable)+len(certs), listOf(unreadable))).detail

	if named.precedence == fromArgument {
		r.diags.AddAttributeWarning(named.path, summaryUnreadableCert, detail)

		return certs, nil, nil
	}

	return certs, diag.NewWarningDiagnostic(summaryUnreadableCert, detail), nil
}

const summaryUnreadableCert = "Unreadable CA Certificate"

// maxUnreadable is the number of unreadable certificates that a message lists.
const maxUnreadable = 10

func listOf(unreadable []transport.UnreadableCert) string {
	if len(unreadable) == 0 {
		return ""
	}

	var list strings.Builder

	list.WriteString("\n")

	for i, cert := range unreadable {
		if i == maxUnreadable {
			fmt.Fprintf(&list, "\n  - and %d more", len(unreadable)-i)

			break
		}

		fmt.Fprintf(&list, "\n  - certificate %d: %s", cert.Number, cert.Err)
	}

	return list.String()
}

// proxy returns the function that finds the proxy for a URL, as the environment names it. A variable that names none is the
// error of the requests that its proxy would carry.
func (r *resolver) proxy() func(*url.URL) (*url.URL, error) {
	// In place of a value that is refused, so that NO_PROXY still applies.
	const placeholder = "http://malformed.invalid"

	malformed := map[string]error{}
	read := func(scheme string, names ...string) string {
		name, value := r.firstOf(names...)
		if value == "" {
			return ""
		}

		proxy, ok := parseProxy(value)
		if !ok {
			malformed[scheme] = &datasources.ConfigError{Summary: summaryEnvironment, Detail: fmt.Sprintf(
				"The environment variable %s must be the URL of a proxy with http://, https://, socks5:// or socks5h://, e.g. "+
					"http://user:password@proxy.example.com:8080. It cannot be parsed, or has another scheme. Its value is not shown "+
					"because it may hold a password.\n\nEscape special characters in user name and password, e.g. %% as %%25, or list "+
					"the hosts that need no proxy in NO_PROXY.", name)}

			return placeholder
		}

		if password, ok := proxy.User.Password(); ok {
			// Basic authentication sends both together, in base64.
			r.hide(password, proxy.User.Username()+":"+password)
		}

		return value
	}

	config := httpproxy.Config{
		HTTPProxy:  read("http", "HTTP_PROXY", "http_proxy"),
		HTTPSProxy: read("https", "HTTPS_PROXY", "https_proxy"),
	}
	_, config.NoProxy = r.firstOf("NO_PROXY", "no_proxy")
	proxyOf := config.ProxyFunc()

	return func(u *url.URL) (*url.URL, error) {
		proxy, err := proxyOf(u)
		if malformed := malformed[u.Scheme]; malformed != nil && proxy != nil {
			return nil, malformed
		}

		return proxy, err
	}
}

// parseProxy parses the URL of a proxy by the rules of [httpproxy], and reports whether it is one. httpproxy takes the scheme of
// a URL with a malformed port, user name or password for a host, and [http.Transport] any scheme that it does not know for http.
func parseProxy(text string) (*url.URL, bool) {
	config := httpproxy.Config{HTTPSProxy: text}

	proxy, err := config.ProxyFunc()(&url.URL{Scheme: "https", Host: "host.invalid"})
	if err != nil || proxy == nil || proxy.Hostname() == "" || strings.HasPrefix(proxy.Path, "//") {
		return nil, false
	}

	return proxy, slices.Contains([]string{"http", "https", "socks5", "socks5h"}, proxy.Scheme)
}
