// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Command demo runs examples/demo for real: it installs a built provider, a binary or the zip of a release, through a
// filesystem mirror, starts a local DCS with the example's scenario, and lets Terraform or OpenTofu init, plan and
// apply. All that it makes is in a temporary folder, which is gone in the end, as is every process, also after Ctrl-C.
//
// It is started by "make demo" and "make release-check", from the root of the repository.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)

	stop()

	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	d := demo{stdout: stdout, stderr: stderr}
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&d.cli, "cli", "terraform", "`path` of Terraform or OpenTofu")
	flags.StringVar(&d.provider, "provider", "", "`path` of the provider's binary, or of the zip of its release")
	flags.StringVar(&d.address, "address", "", "source `address` of the provider: host/namespace/type")
	flags.StringVar(&d.version, "version", "", "`version` of the provider")
	flags.StringVar(&d.example, "example", "examples/demo", "`folder` of the configuration and its scenario.json")
	flags.BoolVar(&d.planOnly, "plan", false, "stop after the plan")

	if err := flags.Parse(args); err != nil {
		return err
	}

	return d.run(ctx)
}
