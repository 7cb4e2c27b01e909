// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"errors"
	"fmt"
	"io"
)

// ErrBodyTooLarge says that a body goes on after [MaxBody].
var ErrBodyTooLarge = fmt.Errorf("the body is larger than %d MiB", MaxBody>>20)

var (
	errStalled = fmt.Errorf("nothing was received for %s", stallTimeout)
	errCut     = errors.New("the body is cut short")
)

// headSize is the length of the beginning of a body that is kept for a summary, in bytes.
const headSize = 512

// body reads a response's body up to a bound, and keeps its beginning and its error.
type body struct {
	reader io.Reader
	left   int
	onRead func()
	head   []byte
	// err is what the reader ended with, io.EOF where the body is complete.
	err error
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}

	// One byte more than allowed shows whether the body ends where the bound is.
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}

	n, err := b.reader.Read(p)
	if n > 0 {
		b.onRead()
	}

	if n > b.left {
		n, err = b.left, ErrBodyTooLarge
	}

	b.left -= n
	b.err = err
	b.head = append(b.head, p[:min(n, headSize-len(b.head))]...)

	return n, err
}
