// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-dcs/internal/datasources"
	"terraform-provider-dcs/internal/endpoint"
)

// Nothing in a cloud's domain may send a request to another host or path.
var cloudPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

const cloudRule = "must be a domain name of letters, digits, - and _, e.g. myhuaweicloud.com"

// endpoints resolves the endpoints of the services. It implements [endpoint.Resolver].
type endpoints struct {
	// arguments are the base URLs of the block, variables those of the environment, which depend on the region.
	arguments map[endpoint.Service]setting
	variables func(service endpoint.Service, region string) setting
	// ownRegion is the region of the provider.
	ownRegion value[string]
	cloud     value[string]
	insecure  bool
}

// endpoints returns the endpoints of the configuration. An empty argument is an error: it is more likely a mistake than a
// wish to use the public cloud.
func (r *resolver) endpoints(ownRegion value[string], insecure value[bool]) endpoints {
	e := endpoints{
		arguments: map[endpoint.Service]setting{},
		variables: r.endpointVariable,
		ownRegion: ownRegion,
		cloud:     r.cloud(),
		// Where it is not known, no request is sent.
		insecure: insecure.v || insecure.err != nil,
	}

	for _, service := range endpoint.Services() {
		argument := r.config.Endpoints[string(service)]
		if argument.IsNull() {
			continue
		}

		p := path.Root("endpoints").AtMapKey(string(service))
		base := setting{value: argument.ValueString(), precedence: fromArgument, path: p, origin: "endpoints." + string(service)}
		e.arguments[service] = base

		if _, err := e.parse(service, base, "region"); err != nil {
			_ = r.fail(invalidEndpoint(base, err))
		}
	}

	return e
}

func (r *resolver) cloud() value[string] {
	cloud := r.text(path.Root("cloud"), r.config.Cloud)
	if cloud.value != "" && !cloudPattern.MatchString(cloud.value) {
		return value[string]{err: r.fail(cloud.malformed(cloudRule))}
	}

	return value[string]{v: cloud.value}
}

// sdkEndpointVariable begins the names of the variables that hold the endpoint of DCS in one region, as the vendor's SDKs
// read them: the region follows in capitals, with _ for -.
const sdkEndpointVariable = "HUAWEICLOUD_SDK_REGION_DCS_"

// endpointVariable returns the base URL of service that the environment holds for region.
func (r *resolver) endpointVariable(service endpoint.Service, region string) setting {
	if service != endpoint.DCS {
		return r.variable(path.Root("endpoints").AtMapKey(string(service)))
	}

	name := sdkEndpointVariable + strings.ToUpper(strings.ReplaceAll(region, "-", "_"))
	first, _, _ := strings.Cut(r.getenv(name), ",")

	if first = strings.TrimSpace(first); first == "" {
		return setting{}
	}

	return setting{value: first, precedence: fromEnvironment, path: path.Root("endpoints").AtMapKey(string(service)), origin: name}
}

// URL implements [endpoint.Resolver].
func (e endpoints) URL(service endpoint.Service, region string) (*url.URL, error) {
	base, given := e.arguments[service]

	if given {
		if err := e.checkRegion(service, base, region); err != nil {
			return nil, err
		}
	} else {
		base = e.variables(service, region)
	}

	if base.precedence == unset {
		if e.cloud.err != nil {
			return nil, e.cloud.err
		}

		return endpoint.Set{Cloud: e.cloud.v}.URL(service, region)
	}

	u, err := e.parse(service, base, region)
	if err != nil {
		p := invalidEndpoint(base, err)

		return nil, &datasources.ConfigError{Summary: p.summary, Detail: p.detail}
	}

	return u, nil
}

func (e endpoints) parse(service endpoint.Service, base setting, region string) (*url.URL, error) {
	set := endpoint.Set{Custom: map[endpoint.Service]string{service: base.value}, AllowHTTP: e.insecure}

	return set.URL(service, region)
}

// checkRegion refuses to read the backups of another region from the fixed endpoint of the provider's own.
func (e endpoints) checkRegion(service endpoint.Service, base setting, region string) error {
	if service != endpoint.DCS || endpoint.DependsOnRegion(base.value) {
		return nil
	}

	if e.ownRegion.err != nil {
		return e.ownRegion.err
	}

	if e.ownRegion.v == "" || e.ownRegion.v == region {
		return nil
	}

	return &datasources.ConfigError{
		Argument: path.Root("region"), Summary: "Endpoint of Another Region",
		Detail: fmt.Sprintf("`region` is %q, but `%s` of the provider is the endpoint of its own region %q: %s.\n\n"+
			"Write {region} in place of the region in `%s`, remove it, or configure another provider block for the region.",
			region, base.origin, e.ownRegion.v, base.value, base.origin),
	}
}

const summaryEndpoint = "Invalid Endpoint"

func invalidEndpoint(base setting, err error) *problem {
	p := base.invalid(err.Error() + ".")
	p.summary = summaryEndpoint

	return p
}
