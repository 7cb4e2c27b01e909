// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

//go:build !windows

package process

import (
	"os"
	"time"
)

// pollInterval is how often the parent process is looked for.
const pollInterval = time.Second

// waitForParent returns once the parent process has ended, at most [pollInterval] later: the kernel then assigns another
// parent. Process 1 may be the parent from the start, where Terraform is the entry point of a container. A parent that
// ended before the first look goes unnoticed here. It leaves no reader of the handshake on standard output, and
// SIGPIPE ends the process.
func waitForParent() error {
	parent := os.Getppid()

	for os.Getppid() == parent {
		time.Sleep(pollInterval)
	}

	return nil
}
