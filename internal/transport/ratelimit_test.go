// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/transport"
)

func TestError_limit(t *testing.T) {
	t.Parallel()

	const day = 24 * time.Hour

	tests := map[string]struct {
		want *transport.RateLimit
		text string
	}{
		"policy user over ratelimit,limit:200,time:5 minute": {&transport.RateLimit{200, 5 * time.Minute}, "200 requests in 5 minutes"},
		"policy ip over ratelimit,limit:5,time:1 second":     {&transport.RateLimit{5, time.Second}, "5 requests in 1 second"},
		"over ratelimit, limit: 1, time: 2 hours":            {&transport.RateLimit{1, 2 * time.Hour}, "1 request in 2 hours"},
		"limit:10,time:5minute":                              {&transport.RateLimit{10, 5 * time.Minute}, "10 requests in 5 minutes"},
		"limit:10,time:1 day":                                {&transport.RateLimit{10, day}, "10 requests in 1 day"},
		"limit:10,time:60 second":                            {&transport.RateLimit{10, time.Minute}, "10 requests in 1 minute"},
		"limit:10,time:90 second":                            {&transport.RateLimit{10, 90 * time.Second}, "10 requests in 90 seconds"},
		"limit:10,time:9999 day":                             {&transport.RateLimit{10, 9999 * day}, "10 requests in 9999 days"},
		"limit:10,time:99999 day":                            {nil, ""},
		"limit:9999999999,time:1 day":                        {nil, ""},
		"limit:10,time:1 fortnight":                          {nil, ""},
		"limit:10":                                           {nil, ""},
		"overlimit:10,time:1 day":                            {nil, ""},
		"slow down":                                          {nil, ""},
	}

	for message, tt := range tests {
		t.Run(message, func(t *testing.T) {
			t.Parallel()

			for status, want := range map[int]*transport.RateLimit{429: tt.want, 403: nil} {
				body := fmt.Sprintf(`{"error_code":"APIGW.0308","error_msg":%q}`, message)
				client := newClient(t, transport.Config{RoundTripper: always(status, body, "Retry-After", "60")})

				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()

				var got *transport.Error
				if err := get(ctx, t, client, service); !errors.As(err, &got) {
					t.Fatalf("got %v, want an *Error", err)
				}

				if diff := cmp.Diff(want, got.Limit); diff != "" {
					t.Errorf("%d: limit (-want +got):\n%s", status, diff)
				}
			}

			if tt.want != nil && tt.want.String() != tt.text {
				t.Errorf("got %q, want %q", tt.want, tt.text)
			}
		})
	}
}
