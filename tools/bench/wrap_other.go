// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

//go:build !unix

package main

import (
	"fmt"
	"os"
)

func wrap(string, string) int {
	fmt.Fprintln(os.Stderr, "the peak memory of a process is measured on Unix only")

	return 1
}
