// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Command terraform-provider-dcs serves the provider dcs to Terraform and OpenTofu.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"terraform-provider-dcs/internal/process"
	"terraform-provider-dcs/internal/provider"
)

const address = "terraform.local/dcs/dcs"

// version is set when a release is built.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "serve until interrupted, for a debugger to attach to")
	showVersion := flag.Bool("version", false, "print the version and exit")

	flag.Parse()

	if *showVersion {
		fmt.Println(version)

		return
	}

	process.LimitMemory()

	if *debug {
		process.RedactLogs()
	} else {
		process.DiscardLogs()
		process.ExitWithParent()
		provider.SilenceUnwantedLog()
	}

	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{Address: address, Debug: *debug})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
