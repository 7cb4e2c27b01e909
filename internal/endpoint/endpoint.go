// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package endpoint resolves the base URL of a service in a region, and holds the rules for what may be part of a URL.
package endpoint

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Service is a service whose endpoint can be configured.
type Service string

// The services that a read can call.
const (
	DCS Service = "dcs"
	IAM Service = "iam"
	STS Service = "sts"
)

// Services returns the services that have an endpoint, sorted.
func Services() []Service { return []Service{DCS, IAM, STS} }

const (
	defaultCloud   = "myhuaweicloud.com"
	europeanCloud  = "myhuaweicloud.eu"
	europeanRegion = "eu-west-1" // Prefix of the regions of the European cloud, e.g. eu-west-101; eu-west-0 is a partner's.

	regionPlaceholder = "{region}"
)

// Resolver returns the base URL of a service in a region, without a trailing slash.
type Resolver interface {
	URL(service Service, region string) (*url.URL, error)
}

// DependsOnRegion reports whether base, a custom base URL, holds {region}.
func DependsOnRegion(base string) bool { return strings.Contains(base, regionPlaceholder) }

// Set resolves the endpoints of one configuration. The zero value resolves the public cloud's defaults.
type Set struct {
	// Cloud is the domain of the endpoints. Empty means myhuaweicloud.com, or myhuaweicloud.eu in the regions of the European cloud.
	Cloud string
	// Custom holds base URLs that replace the default ones: a host or a URL, with or without a path prefix, in which
	// {region} stands for the region.
	Custom map[Service]string
	// AllowHTTP permits plain http:// to hosts other than the loopback.
	AllowHTTP bool
}

// errPlainHTTP says that an endpoint would send credentials over an unencrypted connection.
var errPlainHTTP = errors.New("must use https:// except on the loopback, because http:// sends credentials unencrypted; " +
	"`insecure` permits it")

var errNoRegion = errors.New("depends on the region, which is not given")

// URL returns the base URL of service in region, without a trailing slash. region may be empty where the base URL is a
// custom one that does not depend on it. The text of an error follows the name of the setting that holds the base URL.
func (s Set) URL(service Service, region string) (*url.URL, error) {
	custom, ok := s.Custom[service]

	switch {
	case region == "" && (!ok || strings.Contains(custom, regionPlaceholder)):
		return nil, errNoRegion
	case ok:
		return s.parse(service, custom, region)
	default:
		return &url.URL{Scheme: "https", Host: string(service) + "." + region + "." + s.cloud(region)}, nil
	}
}

func (s Set) cloud(region string) string {
	switch {
	case s.Cloud != "":
		return s.Cloud
	case strings.HasPrefix(region, europeanRegion):
		return europeanCloud
	default:
		return defaultCloud
	}
}

func (s Set) parse(service Service, base, region string) (*url.URL, error) {
	full := strings.ReplaceAll(base, regionPlaceholder, region)
	if strings.ContainsAny(full, "{}") {
		return nil, invalid("must not hold braces other than those of {region}", base)
	}

	if !strings.Contains(full, "://") {
		full = "https://" + full
	}

	u, err := url.Parse(full)

	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", !validHost(u), !validPort(u.Port()):
		return nil, invalid("must be a host or a URL with https://, e.g. https://dcs.example.com", base)
	case u.User != nil:
		return nil, errors.New("must not hold a user name or password: credentials have arguments of their own")
	case strings.ContainsAny(base, "?#"):
		return nil, invalid("must be a base URL without query or fragment", base)
	case climbs(u):
		return nil, invalid("must not hold an escaped slash or a backslash in its path", base)
	case u.Scheme == "http" && !s.AllowHTTP && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("%w. Got: %q", errPlainHTTP, base)
	}

	prefix := strings.TrimRight(u.Path, "/")
	if service == IAM {
		// The huaweicloud provider's auth_url ends in the API version, which the paths of the requests begin with.
		prefix = strings.TrimRight(strings.TrimSuffix(prefix, "/v3"), "/")
	}

	if prefix != "" && path.Clean(prefix) != prefix {
		return nil, invalid("must not hold empty, . or .. segments in its path", base)
	}

	return &url.URL{Scheme: u.Scheme, Host: strings.TrimSuffix(u.Host, ":"), Path: prefix}, nil
}

// invalid says which rule base breaks. What may hold a password is not shown.
func invalid(rule, base string) error {
	if strings.Contains(base, "@") {
		return errors.New(rule)
	}

	return fmt.Errorf("%s. Got: %q", rule, base)
}

// IsIdentifier reports whether s is letters, digits, - and _, at least one. The names of regions, projects and instances
// become part of a host name or a path, and nothing else in them may send a request elsewhere.
func IsIdentifier(s string) bool { return identifier.MatchString(s) }

var identifier = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// isLoopback reports whether host, without port, can only be this machine: 127.0.0.0/8, ::1 or localhost.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}

	ip := net.ParseIP(host)

	return ip != nil && ip.IsLoopback()
}

// hostName matches host names that net/http sends as they are, so that the host that is checked, signed and shown is the one that
// is requested.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$`)

func validHost(u *url.URL) bool {
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		return net.ParseIP(host) != nil
	}

	return hostName.MatchString(host)
}

// climbs reports whether u's path has what a server may take for a slash, which the checks of its segments would not see.
func climbs(u *url.URL) bool {
	return strings.Contains(strings.ToLower(u.EscapedPath()), "%2f") || strings.Contains(u.Path, `\`)
}

// validPort reports whether port is empty or one that can be connected to.
func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)

	return port == "" || err == nil && n > 0
}
