// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Command dcs-local runs a local DCS, to write and try configurations without an account.
//
//	dcs-local [-listen 127.0.0.1:0] [-scenario file] [-env] [-ready-file file] [-tls-cert-file file]
//
// Start it with a scenario file such as this, paste what it prints into another shell, and run terraform plan there:
//
//	instances {
//	  id = "orders"
//	  generate { count = 25 }
//	}
//
// It prints its URL and the commands for a POSIX shell that make the provider use it, then logs each request, on one line,
// to standard error, until it receives SIGINT (Ctrl-C) or SIGTERM. Package scenario describes the scenario file.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/scenario"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)

	stop()

	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "dcs-local:", err)
		os.Exit(1)
	}
}

// settings are the flags of the command.
type settings struct {
	listen, scenario, readyFile, certFile string
	envOnly                               bool
}

func parseFlags(args []string, stderr io.Writer) (settings, error) {
	var s settings

	flags := flag.NewFlagSet("dcs-local", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.listen, "listen", "127.0.0.1:0", "`address` to listen on; port 0 selects a free port")
	flags.StringVar(&s.scenario, "scenario", "", "HCL or JSON `file` with the data and the faults of the service")
	flags.BoolVar(&s.envOnly, "env", false, "print only the commands for the shell")
	flags.StringVar(&s.readyFile, "ready-file", "", "write the URL to this `file` when the server is ready, and remove it on exit")
	flags.StringVar(&s.certFile, "tls-cert-file", "", "serve HTTPS and write the certificate to this `file` in PEM format")

	if err := flags.Parse(args); err != nil {
		return s, err
	}

	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}

	return s, nil
}

// run serves until the context is cancelled.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	settings, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}

	logger := log.New(stderr, "", log.Ltime|log.Lmicroseconds)

	server, err := start(settings, func(r dcsapitest.Request) { logger.Print(r) })
	if err != nil {
		return err
	}
	defer server.Close()

	env := server.Environment()

	if settings.certFile != "" {
		// The variables are for a shell in another directory, too.
		name, err := filepath.Abs(settings.certFile)
		if err := cmp.Or(err, writeFile(name, server.CertificatePEM())); err != nil {
			return fmt.Errorf("writing the certificate: %w", err)
		}

		env = append(env, "HW_CACERT_FILE="+name)
	}

	if settings.envOnly {
		fmt.Fprint(stdout, shell(env))
	} else {
		fmt.Fprintf(stdout, "The local DCS listens on %s\n\nPaste this into the shell in which you run Terraform or OpenTofu:\n\n%s\n"+
			"Press Ctrl-C to stop.\n", server.URL(), shell(env))
	}

	if settings.readyFile != "" {
		if err := writeFile(settings.readyFile, []byte(server.URL()+"\n")); err != nil {
			return fmt.Errorf("writing the ready file: %w", err)
		}
		defer func() { _ = os.Remove(settings.readyFile) }()
	}

	<-ctx.Done()

	return nil
}

func start(s settings, logRequest func(dcsapitest.Request)) (*dcsapitest.Server, error) {
	options := []dcsapitest.Option{
		dcsapitest.WithAddress(s.listen),
		func(server *dcsapitest.Server) { server.AfterRequest(logRequest) },
	}
	if s.scenario != "" {
		read, err := scenario.Read(s.scenario, time.Now())
		if err != nil {
			return nil, err
		}

		options = append(options, read.Options()...)
	}

	if s.certFile != "" {
		options = append(options, dcsapitest.WithTLS())
	}

	return dcsapitest.Start(options...)
}

// overriding are the variables of a user's own credentials and projects that would take precedence over, or be combined
// with, the key of the local DCS.
const overriding = "HW_AUTH_TOKEN HW_SECURITY_TOKEN HUAWEICLOUD_SDK_SECURITY_TOKEN HW_PROFILE HW_SHARED_CONFIG_FILE " +
	"HW_PROJECT_ID HUAWEICLOUD_SDK_PROJECT_ID HW_PROJECT_NAME " +
	"HW_ASSUME_ROLE_AGENCY_NAME HW_ASSUME_ROLE_DOMAIN_NAME HW_ASSUME_ROLE_DOMAIN_ID HW_ASSUME_ROLE_DURATION " +
	"HW_ASSUME_ROLE_IDP_ID HW_ASSUME_ROLE_ID_TOKEN HW_ASSUME_ROLE_ID_TOKEN_FILE HUAWEICLOUD_SDK_IDP_ID HUAWEICLOUD_SDK_ID_TOKEN_FILE"

// shell writes settings such as "HW_REGION_NAME=cn-north-4" as commands of a POSIX shell.
func shell(settings []string) string {
	var b strings.Builder

	b.WriteString("unset " + overriding + "\n")

	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		fmt.Fprintf(&b, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}

	return b.String()
}

// writeFile writes a file atomically.
func writeFile(name string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(name), ".dcs-local-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // fails once it has been renamed

	_, err = file.Write(data)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}

	return os.Rename(file.Name(), name)
}
