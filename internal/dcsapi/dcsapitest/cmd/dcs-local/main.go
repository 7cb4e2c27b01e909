// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Command dcs-local runs a local DCS, so that configurations can be written and tried without an account.
//
//	dcs-local [-listen 127.0.0.1:0] [-scenario file.json] [-env] [-ready-file file] [-tls-cert-file file]
//
// It prints where it listens, the environment to set and a provider block, then logs each request that it gets, on one
// line, to standard error. It ends on Ctrl-C or SIGTERM. The scenario file is described at dcsapitest.Scenario.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
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
	flags.StringVar(&s.listen, "listen", "127.0.0.1:0", "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&s.scenario, "scenario", "", "`file` that says what the service holds and what goes wrong")
	flags.BoolVar(&s.envOnly, "env", false, "print only the environment to set, as shell commands")
	flags.StringVar(&s.readyFile, "ready-file", "", "`file` to write the URL to once it listens; removed at the end")
	flags.StringVar(&s.certFile, "tls-cert-file", "", "serve https, and write the certificate to this PEM `file`")

	if err := flags.Parse(args); err != nil {
		return s, err
	}

	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}

	return s, nil
}

// run serves until the context ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	settings, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}

	server, err := start(settings)
	if err != nil {
		return err
	}
	defer server.Close()

	logger := log.New(stderr, "", log.Ltime|log.Lmicroseconds)

	server.AfterRequest(func(r dcsapitest.Request) { logger.Print(r) })

	env := server.Environment()
	if settings.certFile != "" {
		if err := writeFile(settings.certFile, server.CertificatePEM()); err != nil {
			return fmt.Errorf("writing the certificate: %w", err)
		}

		env = append(env, "HW_CACERT_FILE="+settings.certFile)
	}

	announce(stdout, server, env, settings.envOnly)

	if settings.readyFile != "" {
		if err := writeFile(settings.readyFile, []byte(server.URL()+"\n")); err != nil {
			return fmt.Errorf("writing the ready file: %w", err)
		}
		defer func() { _ = os.Remove(settings.readyFile) }()
	}

	<-ctx.Done()

	return nil
}

func start(s settings) (*dcsapitest.Server, error) {
	// What was asked is in the log: people leave the endpoint running for days.
	options := []dcsapitest.Option{dcsapitest.WithAddress(s.listen), dcsapitest.WithJournal(1)}
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

func announce(stdout io.Writer, server *dcsapitest.Server, env []string, envOnly bool) {
	shell := dcsapitest.Shell(env)
	if envOnly {
		fmt.Fprint(stdout, shell)
		return
	}

	fmt.Fprintf(stdout, "A local DCS listens on %s\n\nEnvironment:\n\n%s\nProvider:\n\n%s\nCtrl-C ends it.\n",
		server.URL(), shell, server.HCL())
}

// writeFile makes a file that appears whole, or not at all, to those who wait for it.
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
