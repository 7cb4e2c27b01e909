// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/transport"
)

func TestObserve_isToldOfEachAttempt(t *testing.T) {
	t.Parallel()

	type key struct{}

	synctest.Test(t, func(t *testing.T) {
		var (
			got      []transport.Exchange
			errs     []string
			contexts []any
		)

		slow := func(network roundTripper) roundTripper {
			return func(req *http.Request) (*http.Response, error) {
				time.Sleep(70 * time.Millisecond)

				return network(req)
			}
		}
		client := newClient(t, transport.Config{
			MaxRetries: 5,
			RoundTripper: slow(inTurn(
				always(503, "", "Retry-After", "3", "X-Request-Id", "r1"),
				always(429, "", "Retry-After", "9"),
				always(200, "{}", "X-Request-Id", "r3"),
			)),
			Observe: func(ctx context.Context, exchange transport.Exchange) {
				contexts = append(contexts, ctx.Value(key{}))

				if exchange.Err != nil {
					errs = append(errs, exchange.Err.Error())
				}

				exchange.Err = nil
				got = append(got, exchange)
			},
		})

		ctx := context.WithValue(t.Context(), key{}, "the read's")
		if err := get(ctx, t, client, "https://dcs.example.com:8443/v2/x?limit=1"); err != nil {
			t.Fatal(err)
		}

		attempt := transport.Exchange{Method: "GET", Host: "dcs.example.com:8443", Path: "/v2/x", Duration: 70 * time.Millisecond}
		want := []transport.Exchange{attempt, attempt, attempt}
		want[0].Attempt, want[0].Status, want[0].RequestID, want[0].Retry = 1, 503, "r1", 3*time.Second
		want[1].Attempt, want[1].Status, want[1].Retry = 2, 429, 9*time.Second
		want[2].Attempt, want[2].Status, want[2].RequestID, want[2].Retry = 3, 200, "r3", noRetry

		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("exchanges (-want +got):\n%s", diff)
		}

		if diff := cmp.Diff([]any{"the read's", "the read's", "the read's"}, contexts); diff != "" {
			t.Errorf("contexts (-want +got):\n%s", diff)
		}

		wantErrs := []string{
			"GET https://dcs.example.com:8443/v2/x: 503 Service Unavailable: the body is empty (request ID r1)",
			"GET https://dcs.example.com:8443/v2/x: 429 Too Many Requests: the body is empty (2 attempts)",
		}
		if diff := cmp.Diff(wantErrs, errs); diff != "" {
			t.Errorf("errors (-want +got):\n%s", diff)
		}
	})
}

func TestObserve_isToldOfTheLastFailure(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		network roundTripper
		status  int
	}{
		"refused":     {always(404, ""), 404},
		"no response": {func(*http.Request) (*http.Response, error) { return nil, errInterrupt }, 0},
		"no JSON":     {always(200, "x"), 200},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var seen observed

			err := get(t.Context(), t, newClient(t, transport.Config{RoundTripper: test.network, Observe: seen.observe}), service)
			if len(seen.exchanges) != 1 {
				t.Fatalf("got %+v, want one exchange", seen.exchanges)
			}

			got := seen.exchanges[0]
			if got.Status != test.status || got.Err == nil || got.Err.Error() != err.Error() || got.Retry != noRetry {
				t.Errorf("got %+v, want %d, %v and no retry", got, test.status, err)
			}
		})
	}
}

func TestObserve_pathBeginsWithASlash(t *testing.T) {
	t.Parallel()

	var seen observed

	// A base URL without a path, as of an endpoint that is a host.
	base := &url.URL{Scheme: "https", Host: "dcs.example.com"}
	client := newClient(t, transport.Config{RoundTripper: always(200, "{}"), Observe: seen.observe})

	err := client.Do(t.Context(), transport.Request{Method: http.MethodGet, URL: base.JoinPath("v2", "p")})
	if err != nil || len(seen.exchanges) != 1 || seen.exchanges[0].Path != "/v2/p" {
		t.Errorf("got %v and %+v, want the path /v2/p", err, seen.exchanges)
	}
}

func TestRequest_isSentAsAsked(t *testing.T) {
	t.Parallel()

	var sent *http.Request

	client := newClient(t, transport.Config{UserAgent: "agent/1", RoundTripper: roundTripper(func(req *http.Request) (*http.Response, error) {
		sent = req

		return response(201, ""), nil
	})})

	var got transport.Response

	err := client.Do(t.Context(), transport.Request{
		Method: http.MethodPost, URL: mustURL(t, "https://iam.example.com/a%20b?x=1"),
		Header: http.Header{"X-Own": {"1"}}, Body: []byte("body"),
		Decode: func(a transport.Response) error {
			got = a

			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}

	wantHeader := http.Header{"X-Own": {"1"}, "User-Agent": {"agent/1"}, "Accept": {"application/json"}}
	if diff := cmp.Diff(wantHeader, sent.Header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}

	if u := sent.URL.String(); sent.Method != http.MethodPost || u != "https://iam.example.com/a%20b?x=1" ||
		sent.ContentLength != 4 {
		t.Errorf("got %s %s with %d bytes", sent.Method, sent.URL, sent.ContentLength)
	}

	if got.Status != 201 {
		t.Errorf("got the status %d, want 201", got.Status)
	}
}
