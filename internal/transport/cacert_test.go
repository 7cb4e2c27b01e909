// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/transport"
)

const (
	beginCertificate = "-----BEGIN CERTIFICATE-----"
	endCertificate   = "-----END CERTIFICATE-----"
)

func TestParseCACerts(t *testing.T) {
	t.Parallel()

	first, second := newAuthority(t), newAuthority(t)
	one, two := string(first.pem()), string(second.pem())

	// The serial number 1 becomes -127, as in certificates that some distributions ship.
	negativeDER := bytes.Replace(first.certificate.Raw, []byte{0x02, 0x01, 0x02, 0x02, 0x01, 0x01},
		[]byte{0x02, 0x01, 0x02, 0x02, 0x01, 0x81}, 1)
	negative := block("CERTIFICATE", negativeDER)
	notDER := block("CERTIFICATE", []byte("not DER"))

	withHeaders := func(headers, text string) string {
		return strings.Replace(text, beginCertificate+"\n", beginCertificate+"\n"+headers, 1)
	}
	encrypted := withHeaders("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n", notDER)

	tests := map[string]struct {
		bundle string
		// want are the authorities that are found, unreadable the numbers of certificates and parts of their errors.
		want       []authority
		unreadable []string
	}{
		"nothing":                           {"", nil, nil},
		"no PEM":                            {"MIIB...", nil, nil},
		"another type":                      {block("PRIVATE KEY", []byte("secret")), nil, nil},
		"one":                               {one, []authority{first}, nil},
		"two":                               {one + two, []authority{first, second}, nil},
		"byte order mark":                   {"\uFEFF" + one, []authority{first}, nil},
		"line breaks of Windows":            {strings.ReplaceAll(one+two, "\n", "\r\n"), []authority{first, second}, nil},
		"no line break at the end":          {strings.TrimSpace(one), []authority{first}, nil},
		"text around":                       {"# Ours\n" + one + "\nTheirs:\n" + two + "The end\n", []authority{first, second}, nil},
		"comment that quotes the line":      {"# -----BEGIN CERTIFICATE-----\n" + one, []authority{first}, nil},
		"text that quotes the line":         {"A quote:\n-----BEGIN CERTIFICATE-----\nand so on.\n" + one, []authority{first}, nil},
		"text that quotes it at the end":    {one + "It begins with\n-----BEGIN CERTIFICATE-----\n", []authority{first}, nil},
		"headers in the block":              {withHeaders("Name: ours\nOf: us\n\n", one), []authority{first}, nil},
		"blank line in the block":           {withHeaders("\n", one), []authority{first}, nil},
		"encrypted":                         {encrypted + one, []authority{first}, []string{"1: x509: "}},
		"headers, cut short":                {one + encrypted[:len(encrypted)-30], []authority{first}, []string{"2: not a whole PEM block"}},
		"headers only":                      {beginCertificate + "\nName: ours\n\n" + endCertificate, nil, []string{"1: "}},
		"header of two lines":               {withHeaders("Name: ours,\n theirs\n\n", one), nil, []string{"1: not a whole PEM block"}},
		"lines of 70 characters":            {folded(first, 70), []authority{first}, nil},
		"text that looks like a header":     {"It begins:\n" + beginCertificate + "\nNote: as\nabove.\n" + one, []authority{first}, nil},
		"not DER":                           {notDER, nil, []string{"1: x509: "}},
		"negative serial number":            {one + negative + two, []authority{first, second}, []string{"2: x509: negative serial number"}},
		"empty block":                       {beginCertificate + "\n" + endCertificate + "\n" + one, []authority{first}, []string{"1: "}},
		"not base64 in the first line":      {strings.Replace(one, "\nM", "\n!", 1) + two, []authority{second}, []string{"1: not a whole"}},
		"not base64 alone":                  {beginCertificate + "\n???\n" + endCertificate + "\n", nil, []string{"1: not a whole PEM block"}},
		"not base64 in the middle":          {strings.Replace(one, "\n", "\nAA\n???\n", 1) + two, []authority{second}, []string{"1: not a whole"}},
		"cut short":                         {one[:len(one)/2], nil, []string{"1: not a whole PEM block"}},
		"the second is cut short":           {one + two[:len(two)/2], []authority{first}, []string{"2: not a whole PEM block"}},
		"cut at a line, another one behind": {one[:92] + "\n" + two, []authority{second}, []string{"1: not a whole PEM block"}},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			certs, unreadable := transport.ParseCACerts([]byte(test.bundle))

			var got, want [][]byte
			for _, cert := range certs {
				got = append(got, cert.Raw)
			}

			for _, authority := range test.want {
				want = append(want, authority.certificate.Raw)
			}

			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("certificates (-want +got):\n%s", diff)
			}

			if len(unreadable) != len(test.unreadable) {
				t.Fatalf("unreadable: got %v, want %v", unreadable, test.unreadable)
			}

			for i, want := range test.unreadable {
				if got := fmt.Sprintf("%d: %s", unreadable[i].Number, unreadable[i].Err); !strings.HasPrefix(got, want) {
					t.Errorf("unreadable: got %s, want %s", got, want)
				}
			}
		})
	}
}

func block(kind string, content []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}))
}

// folded returns a's certificate in PEM, its base64 in lines of width characters.
func folded(a authority, width int) string {
	var b strings.Builder

	b.WriteString(beginCertificate + "\n")

	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(a.certificate.Raw)), width) {
		fmt.Fprintf(&b, "%s\n", line)
	}

	return b.String() + endCertificate + "\n"
}
