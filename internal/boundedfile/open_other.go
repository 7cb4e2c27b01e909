// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

//go:build !unix

package boundedfile

// nonBlocking is no flag here: opening a file does not block.
const nonBlocking = 0
