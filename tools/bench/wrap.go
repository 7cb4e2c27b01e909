// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// wrap runs the program that this one stands for and adds its peak memory in MiB to peakFile.
func wrap(program, peakFile string) int {
	cmd := exec.Command(program, os.Args[1:]...) //nolint:gosec,noctx // What this program has built; it ends with Terraform.
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr

	_ = cmd.Run()

	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 1
	}

	mebibytes := float64(usage.Maxrss) / 1024
	if runtime.GOOS == "darwin" {
		mebibytes /= 1024 // It counts bytes, the others KiB.
	}

	file, err := os.OpenFile(peakFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 1
	}

	_, _ = fmt.Fprintf(file, "%.1f\n", mebibytes)
	_ = file.Close()

	return cmd.ProcessState.ExitCode()
}
