// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
	"terraform-provider-dcs/internal/endpoint"
	"terraform-provider-dcs/internal/providertest"
	"terraform-provider-dcs/internal/transport"
)

const (
	dataSource = "dcs_instance_backups"
	instanceID = "5560df16-cebf-4473-95c4-d1b573c16e79"
	region     = "cn-north-4"
	secretKey  = "SKEXAMPLE"
	projectID  = "0123456789abcdef0123456789abcdef"
)

// bare is a provider without configuration that passes data to one data source.
type bare struct {
	data          any
	newDataSource func() datasource.DataSource
}

func (bare) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "dcs"
}

func (bare) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (b bare) Configure(_ context.Context, _ provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	resp.DataSourceData = b.data
}

func (b bare) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{b.newDataSource}
}

func (bare) Resources(context.Context) []func() resource.Resource { return nil }

// serve returns the data source, configured with a client of service.
func serve(tb testing.TB, service http.Handler) *providertest.Provider {
	tb.Helper()

	return serveAs(tb, NewProviderData(newClient(tb, service), nil), NewInstanceBackups)
}

func serveAs(tb testing.TB, data any, newDataSource func() datasource.DataSource) *providertest.Provider {
	tb.Helper()

	p := providertest.New(tb, providerserver.NewProtocol6WithError(bare{data: data, newDataSource: newDataSource}))
	if diagnostics := p.Configure(tb.Context(), nil); len(diagnostics) > 0 {
		tb.Fatal(diagnostics)
	}

	return p
}

// newClient returns a client whose requests service answers, without a network.
func newClient(tb testing.TB, service http.Handler) *dcsapi.Client {
	tb.Helper()

	requests := transport.New(transport.Config{UserAgent: "test", RoundTripper: inProcess{service}})

	requests.AddSecret(secretKey) // As the provider does with what it is configured with.

	session := auth.NewSession(auth.Config{
		Transport: requests, Region: region, ProjectID: projectID,
		Source: auth.Keys{AccessKey: "AKEXAMPLE", SecretKey: secretKey, Origin: "the test"},
	})

	return dcsapi.New(dcsapi.Config{Transport: requests, Endpoints: endpoint.Set{}, Session: session})
}

type inProcess struct{ service http.Handler }

func (i inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}

	recorder := httptest.NewRecorder()
	i.service.ServeHTTP(recorder, req)

	if err := req.Context().Err(); err != nil {
		return nil, err
	}

	resp := recorder.Result()
	resp.Request = req

	return resp, nil
}

// silent returns a service that fails the test for any request.
func silent(tb testing.TB) http.Handler {
	tb.Helper()

	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		tb.Errorf("%s %s was sent", r.Method, r.URL)
	})
}

func checkDiagnostics(t *testing.T, want, got []providertest.Diagnostic) {
	t.Helper()

	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
}
