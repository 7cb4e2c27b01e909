// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"fmt"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/transport"
)

// BenchmarkRedact measures texts of an error's size and of the size of a detail about many records. The client knows what
// one login makes known: a key pair, a security token and two IAM tokens.
func BenchmarkRedact(b *testing.B) {
	client := newClient(b, transport.Config{})
	for n, length := range []int{20, 40, 400, 3000, 3000} {
		client.AddSecret(strings.Repeat(fmt.Sprintf("S3cr/t+%d", n), length/8))
	}

	line := `{"error_msg":"record 0123456789abcdef does not exist: a \"quoted\" name, 100 % of it &amp; more","error_code":"DCS.4001"}` + "\n"

	for name, size := range map[string]int{"error": 1 << 10, "MiB": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			text := strings.Repeat(line, size/len(line))
			b.SetBytes(int64(len(text)))

			for b.Loop() {
				client.Redact(text)
			}
		})
	}
}
