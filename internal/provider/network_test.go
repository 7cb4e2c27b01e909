// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// TestNetwork_hostThatIsNotReached has a resolver or a host that fails some dials.
func TestNetwork_hostThatIsNotReached(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		err error
		// fails is how many dials fail, dials how many there are.
		fails, dials int
		// details are parts of the error. Without any the read succeeds.
		details []string
	}{
		"a resolver that fails twice": {
			err: &net.DNSError{Err: "server misbehaving", Name: "dcs.example.com", IsTemporary: true}, fails: 2, dials: 3,
		},
		"a resolver that times out": {
			err: &net.DNSError{Err: "i/o timeout", Name: "dcs.example.com", IsTimeout: true}, fails: 2, dials: 3,
		},
		"a resolver that always fails": {
			err:   &net.DNSError{Err: "server misbehaving", Name: "dcs.example.com", IsTemporary: true},
			fails: 100, dials: 6, details: []string{"server misbehaving", "Check the network", "6 attempts"},
		},
		"a host that does not exist": {
			err:   &net.DNSError{Err: "no such host", Name: "dcs.example.com", IsNotFound: true},
			fails: 100, dials: 1, details: []string{"The host does not exist", "endpoints"},
		},
		"a host that refuses the connection twice": {
			err: os.NewSyscallError("connect", syscall.ECONNREFUSED), fails: 2, dials: 3,
		},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				service := dcsapitest.InMemory(t)
				service.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(few, 1)})

				network, dials := service.Transport(), 0
				network.DialContext = func(ctx context.Context, kind, address string) (net.Conn, error) {
					dials++
					if dials <= test.fails {
						return nil, &net.OpError{Op: "dial", Net: kind, Err: test.err}
					}

					return service.DialContext(ctx, kind, address)
				}

				b := newHarnessOver(t, service, network, map[string]any{"project_id": dcsapitest.ProjectID})
				_, diags := b.read(t.Context(), nil)

				if succeeded := len(diags) == 0; succeeded != (test.details == nil) || dials != test.dials {
					t.Fatalf("%d dials, want %d; got %v", dials, test.dials, diags)
				}

				for _, detail := range test.details {
					if diags[0].Summary != failed || !strings.Contains(diags[0].Detail, detail) {
						t.Errorf("want %q in the error %q, got %v", detail, failed, diags[0])
					}
				}
			})
		})
	}
}

// TestNetwork_unknownAuthority meets a certificate that nobody has vouched for, on a real socket.
func TestNetwork_unknownAuthority(t *testing.T) {
	t.Parallel()

	service := dcsapitest.ForTest(t, dcsapitest.WithTLS())
	diags := read(t, testEnvironment{}, map[string]any{
		"region": dcsapitest.Region, "access_key": dcsapitest.AccessKey, "secret_key": dcsapitest.SecretKey,
		"endpoints": map[string]any{"dcs": service.URL(), "iam": service.URL()}, "project_id": dcsapitest.ProjectID,
	})

	if len(diags) != 1 || diags[0].Summary != failed || !strings.Contains(diags[0].Detail, "cacert_file") {
		t.Errorf("want the error %q that names cacert_file, got %v", failed, diags)
	}

	if strings.Contains(diags[0].Detail, "attempts") {
		t.Errorf("it took more than one attempt: %v", diags)
	}

	if requests := service.Requests(); len(requests) > 0 {
		t.Errorf("%d requests were sent", len(requests))
	}
}
