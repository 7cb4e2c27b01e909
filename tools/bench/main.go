// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Command bench compares plans with the provider and with one of the same schema that reads nothing, in pairs of one run,
// so that their ratio holds whatever else the machine does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

func main() {
	if program, err := os.ReadFile(os.Args[0] + programSuffix); err == nil {
		os.Exit(wrap(string(program), os.Args[0]+peakSuffix))
	}

	if err := benchmark(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Where this program stands for a provider, files beside it say which, and get its peak memory.
const (
	programSuffix = ".program"
	peakSuffix    = ".peak"
)

func benchmark() error {
	cli := flag.String("cli", "terraform", "Terraform or OpenTofu")
	pairs := flag.Int("pairs", 7, "pairs of each plan")

	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	return run(ctx, *cli, *pairs)
}

func run(ctx context.Context, cli string, pairs int) error {
	dir, err := os.MkdirTemp("", "dcs-bench-")
	if err != nil {
		return err
	}

	defer func() { _ = os.RemoveAll(dir) }()

	b := &bench{ctx: ctx, dir: dir, cli: cli, pairs: pairs, table: tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)}
	if err := b.prepare(); err != nil {
		return err
	}

	fmt.Fprintln(b.table, "measured\tprovider\tbare\tratio (median of pairs)")

	return errors.Join(
		b.plan("plan, 10 records", load{instances: 1, records: 10}),
		b.plan("plan, 1000 records", load{instances: 1, records: 1000}),
		b.plan("plan, 10 000 records", load{instances: 1, records: 10000}),
		b.plan("plan, 200 instances of 10 records, 20 ms away", load{instances: 200, records: 10, latency: 20 * time.Millisecond}),
		b.api("API, 2500 records, 100 ms away", load{instances: 1, records: 2500, latency: 100 * time.Millisecond}),
		b.table.Flush(),
	)
}

// load is what a plan reads.
type load struct {
	instances, records int
	latency            time.Duration
}

type bench struct {
	ctx   context.Context //nolint:containedctx // One run of a command.
	dir   string
	cli   string
	pairs int
	table *tabwriter.Writer
}

var providers = []string{"provider", "bare"}

// prepare builds both providers, and puts this program in their place, which measures them.
func (b *bench) prepare() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}

	for name, pkg := range map[string]string{"provider": ".", "bare": "./tools/bench/bare"} {
		build := exec.CommandContext(b.ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.program(name), pkg) //nolint:gosec // Constants.
		build.Env = append(build.Environ(), "CGO_ENABLED=0")
		build.Stderr = os.Stderr

		if err := build.Run(); err != nil {
			return fmt.Errorf("building %s: %w", pkg, err)
		}

		err := errors.Join(
			b.install(name, b.program(name)),
			b.install(name+wrapped, self),
			os.WriteFile(b.installed(name+wrapped)+programSuffix, []byte(b.program(name)), 0o600),
		)
		if err != nil {
			return err
		}
	}

	return nil
}

// wrapped is the suffix of a provider's name under which its memory is measured.
const wrapped = "-wrapped"

// install has Terraform run program as the provider when it is given the configuration called name.
func (b *bench) install(name, program string) error {
	dir := filepath.Join(b.dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}

	config := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"terraform.local/dcs/dcs\" = %q\n  }\n}\n", dir)

	return errors.Join(
		os.Symlink(program, b.installed(name)),
		os.WriteFile(dir+".tfrc", []byte(config), 0o600),
	)
}

func (b *bench) installed(name string) string {
	return filepath.Join(b.dir, name, "terraform-provider-dcs")
}

func (b *bench) program(name string) string { return filepath.Join(b.dir, name+".program") }

// plan compares time and peak memory.
func (b *bench) plan(what string, l load) error {
	server, err := l.serve()
	if err != nil {
		return err
	}
	defer server.Close()

	work, err := b.configure(l, server)
	if err != nil {
		return err
	}

	times, err := b.compare(work, "", func(_ string, elapsed time.Duration) (float64, error) {
		return elapsed.Seconds(), nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}

	peaks, err := b.compare(work, wrapped, func(name string, _ time.Duration) (float64, error) {
		return takePeak(b.installed(name+wrapped) + peakSuffix)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}

	b.row(what+": s", "%.2f", times)
	b.row(what+": peak MiB of the provider", "%.0f", peaks)

	return nil
}

// compare plans with each provider in turn and returns what figure makes of each plan, but for the first, which warms up.
func (b *bench) compare(
	work, suffix string, figure func(name string, elapsed time.Duration) (float64, error),
) (figures [2][]float64, err error) {
	for pair := range b.pairs + 1 {
		for i, name := range providers {
			elapsed, err := b.run(work, name+suffix)
			if err != nil {
				return figures, fmt.Errorf("%s: %w", name, err)
			}

			value, err := figure(name, elapsed)
			if err != nil {
				return figures, err
			}

			if pair > 0 {
				figures[i] = append(figures[i], value)
			}
		}
	}

	return figures, nil
}

func (b *bench) row(what, format string, values [2][]float64) {
	var ratios []float64
	for i := range values[0] {
		ratios = append(ratios, values[0][i]/values[1][i])
	}

	slices.Sort(ratios)
	fmt.Fprintf(b.table, "%s\t"+format+"\t"+format+"\t%.2f (%.2f to %.2f)\n", what, median(values[0]), median(values[1]),
		median(ratios), ratios[0], ratios[len(ratios)-1])
}

// api tells how many times the latency the reads of a plan spend in the API.
func (b *bench) api(what string, l load) error {
	server, err := l.serve()
	if err != nil {
		return err
	}
	defer server.Close()

	work, err := b.configure(l, server)
	if err != nil {
		return err
	}

	var trips []float64

	for range b.pairs {
		server.Reset()

		if _, err := b.run(work, "provider"); err != nil {
			return err
		}

		requests := server.RequestsTo("/v2/")
		begin, end := requests[0].At, requests[0].At

		for _, r := range requests {
			end = latest(end, r.At.Add(r.Took))
		}

		trips = append(trips, float64(end.Sub(begin))/float64(l.latency))
	}

	fmt.Fprintf(b.table, "%s\t\t\t%.2f × the latency\n", what, median(trips))

	return nil
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}

	return a
}

func (l load) serve() (*dcsapitest.Server, error) {
	server, err := dcsapitest.Start()
	if err != nil {
		return nil, err
	}

	for i := range l.instances {
		server.AddInstance(dcsapitest.Instance{ID: instanceID(i), Backups: dcsapitest.GenerateBackups(l.records, uint64(i))})
	}

	if l.latency > 0 {
		server.Inject(dcsapitest.Fault{Effect: fault.Latency{Duration: l.latency}})
	}

	return server, nil
}

func instanceID(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }

// configure writes the configuration that reads l.
func (b *bench) configure(l load, server *dcsapitest.Server) (string, error) {
	var ids []string
	for i := range l.instances {
		ids = append(ids, strconv.Quote(instanceID(i)))
	}

	config := `terraform {
  required_providers {
    dcs = { source = "terraform.local/dcs/dcs" }
  }
}

provider "dcs" {
  region     = "` + server.Region() + `"
  project_id = "` + dcsapitest.ProjectID + `"
  access_key = "` + dcsapitest.AccessKey + `"
  secret_key = "` + dcsapitest.SecretKey + `"
  endpoints  = { dcs = "` + server.URL() + `" }
}

data "dcs_instance_backups" "all" {
  for_each    = toset([` + strings.Join(ids, ", ") + `])
  instance_id = each.value
}
`

	work, err := os.MkdirTemp(b.dir, "work-")
	if err != nil {
		return "", err
	}

	return work, errors.Join(
		os.WriteFile(filepath.Join(work, "main.tf"), []byte(config), 0o600),
		os.WriteFile(filepath.Join(work, "records"), []byte(strconv.Itoa(l.records)), 0o600),
	)
}

// run plans once and returns how long that took.
func (b *bench) run(work, name string) (time.Duration, error) {
	cmd := exec.CommandContext(b.ctx, b.cli, "plan", "-no-color", "-input=false") //nolint:gosec // The user's choice.
	cmd.Dir = work
	cmd.Env = append(cmd.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(b.dir, name+".tfrc"), "CHECKPOINT_DISABLE=1")

	start := time.Now()

	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, out)
	}

	return time.Since(start), nil
}

// takePeak returns the peak memory of the latest plan's provider in MiB. A plan runs the provider more than once.
func takePeak(file string) (float64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}

	var most float64

	for field := range strings.FieldsSeq(string(text)) {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0, err
		}

		most = max(most, n)
	}

	return most, os.Remove(file)
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))

	return values[len(values)/2]
}
