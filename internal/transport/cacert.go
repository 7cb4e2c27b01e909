// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"regexp"
	"strings"
)

// UnreadableCert is a certificate of a bundle that cannot be read.
type UnreadableCert struct {
	// Number counts the certificates of the bundle from 1.
	Number int
	Err    error
}

// ParseCACerts returns the certificates of a PEM bundle, and those that cannot be read, in the order of the bundle. Text
// around the PEM blocks is ignored, also where it quotes the line that begins one, and so are blocks of other types.
func ParseCACerts(bundle []byte) (certs []*x509.Certificate, unreadable []UnreadableCert) {
	number := 0

	for block := range certificateBlocks(bundle) {
		number++

		cert, err := parseCert(block)
		if err != nil {
			unreadable = append(unreadable, UnreadableCert{Number: number, Err: err})
		} else {
			certs = append(certs, cert)
		}
	}

	return certs, unreadable
}

const (
	beginCertificate = "-----BEGIN CERTIFICATE-----"
	endCertificate   = "-----END CERTIFICATE-----"
)

// certificateBlocks yields each certificate block of bundle. encoding/pem cannot tell a block that is damaged from text that
// quotes its first line.
func certificateBlocks(bundle []byte) func(yield func(block []byte) bool) {
	return func(yield func([]byte) bool) {
		var block []string // Nil outside of a block.

		flush := func() bool {
			lines := block
			block = nil

			return !isBlock(lines) || yield([]byte(strings.Join(lines, "\n")+"\n"))
		}

		for line := range bytes.Lines(bytes.TrimPrefix(bundle, []byte("\uFEFF"))) {
			text := strings.TrimRight(string(line), " \t\r\n")

			if text == beginCertificate {
				if !flush() {
					return
				}

				block = []string{text}

				continue
			}

			if block == nil {
				continue
			}

			block = append(block, text)

			if text == endCertificate && !flush() {
				return
			}
		}

		flush()
	}
}

// base64Line is a line of base64, of any length.
var base64Line = regexp.MustCompile(`^[A-Za-z0-9+/]+={0,2}$`)

// isBlock reports whether lines, of which the first is that of a block, are one: they end with the last line of a block, or
// base64 follows, behind headers if there are any.
//
// Source: RFC 1421, section 4.4.
func isBlock(lines []string) bool {
	if len(lines) > 0 && lines[len(lines)-1] == endCertificate {
		return true
	}

	for i, line := range lines {
		if isHeader := line == "" || strings.HasPrefix(line, " ") || strings.Contains(line, ":"); i > 0 && !isHeader {
			return base64Line.MatchString(line)
		}
	}

	return false
}

func parseCert(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("not a whole PEM block")
	}

	return x509.ParseCertificate(block.Bytes)
}
