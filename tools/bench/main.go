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

// Where this program stands for a provider, files next to it say which, and get its peak memory.
const (
	programSuffix = ".program"
	peakSuffix    = ".peak"
)

func benchmark() error {
	cli := flag.String("cli", "terraform", "Terraform or OpenTofu")
	pairs := flag.Int("pairs", 7, "pairs of each plan")
	only := flag.String("only", "", "measure only what has this text in its name")

	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	return run(ctx, *cli, *pairs, *only)
}

func run(ctx context.Context, cli string, pairs int, only string) error {
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

	for _, m := range measurements {
		if !strings.Contains(m.name, only) {
			continue
		}

		if err := m.measure(b, m.name); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}

	return b.table.Flush()
}

// near is the latency of a service in the same region.
const near = 20 * time.Millisecond

var measurements = []struct {
	name    string
	measure func(b *bench, name string) error
}{
	{"plan, 10 records", planOf(load{instances: 1, records: 10})},
	{"plan, 1000 records", planOf(load{instances: 1, records: 1000})},
	{"plan, 10 000 records", planOf(load{instances: 1, records: 10000})},
	{"plan, 200 instances of 10 records, 20 ms away", planOf(load{instances: 200, records: 10, latency: near})},
	{"API, 2500 records, 100 ms away", apiOf(load{instances: 1, records: 2500, latency: 100 * time.Millisecond})},
	{"project of 200 instances of 10 records, 20 ms away", projectOf(load{instances: 200, records: 10, latency: near})},
	{"project of 1000 instances of 10 records, 20 ms away", projectOf(load{instances: 1000, records: 10, latency: near})},
	{"memory of a project of 200 instances", memoryOf(load{instances: 200, records: 10}, load{instances: 200, records: 900})},
	{"state of a project of 1000 instances of 10 records", stateOf(load{instances: 1000, records: 10})},
}

// load is what a plan reads.
type load struct {
	instances, records int
	latency            time.Duration
}

func planOf(l load) func(*bench, string) error {
	return func(b *bench, name string) error { return b.plan(name, l) }
}

func apiOf(l load) func(*bench, string) error {
	return func(b *bench, name string) error { return b.api(name, l) }
}

func projectOf(l load) func(*bench, string) error {
	return func(b *bench, name string) error { return b.project(name, l) }
}

func memoryOf(few, many load) func(*bench, string) error {
	return func(b *bench, name string) error { return b.projectMemory(name, few, many) }
}

func stateOf(l load) func(*bench, string) error {
	return func(b *bench, name string) error { return b.projectState(name, l) }
}

type bench struct {
	ctx   context.Context //nolint:containedctx // One run of a command.
	dir   string
	cli   string
	pairs int
	table *tabwriter.Writer
}

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

	work, err := b.configure(l, server, forEach(l))
	if err != nil {
		return err
	}

	contenders := []contender{{"provider", work}, {"bare", work}}

	times, err := b.times(contenders)
	if err != nil {
		return err
	}

	peaks, err := b.peaks(contenders)
	if err != nil {
		return err
	}

	b.row(what+": s", "%.2f", times[0], times[1])
	b.row(what+": peak MiB of the provider", "%.0f", peaks[0], peaks[1])

	return nil
}

// project compares one read of a project with a for_each over its instances, and both with the bare provider's for_each.
func (b *bench) project(what string, l load) error {
	server, err := l.serve()
	if err != nil {
		return err
	}
	defer server.Close()

	each, err := b.configure(l, server, forEach(l))
	if err != nil {
		return err
	}

	whole, err := b.configure(l, server, oneRead)
	if err != nil {
		return err
	}

	times, err := b.times([]contender{{"provider", whole}, {"provider", each}, {"bare", each}})
	if err != nil {
		return err
	}

	b.row(what+", dcs_project_backups: s", "%.2f", times[0], times[2])
	b.row(what+", for_each of dcs_instance_backups: s", "%.2f", times[1], times[2])

	return nil
}

// projectMemory compares the peak memory of reading two projects that differ in the records of each instance.
func (b *bench) projectMemory(what string, few, many load) error {
	var contenders []contender

	for _, l := range []load{many, few} {
		server, err := l.serve()
		if err != nil {
			return err
		}
		defer server.Close()

		work, err := b.configure(l, server, oneRead)
		if err != nil {
			return err
		}

		contenders = append(contenders, contender{"provider", work})
	}

	peaks, err := b.peaks(contenders)
	if err != nil {
		return err
	}

	_, _ = fmt.Fprintf(b.table, "%s: peak MiB of the provider\t%.0f (%d records each)\t%.0f (%d each)\t%+.0f MiB\n",
		what, median(peaks[0]), many.records, median(peaks[1]), few.records, median(peaks[0])-median(peaks[1]))

	return nil
}

// projectState tells how large the state of a project is, with all of its records and without.
func (b *bench) projectState(what string, l load) error {
	server, err := l.serve()
	if err != nil {
		return err
	}
	defer server.Close()

	var sizes []float64

	for _, body := range []string{everyRecord, oneRead} {
		work, err := b.configure(l, server, body)
		if err != nil {
			return err
		}

		if _, err := b.run(work, "provider", "apply", "-auto-approve"); err != nil {
			return err
		}

		state, err := os.Stat(filepath.Join(work, "terraform.tfstate"))
		if err != nil {
			return err
		}

		sizes = append(sizes, float64(state.Size())/(1<<20))
	}

	_, _ = fmt.Fprintf(b.table, "%s: MiB\t%.1f (include_backups)\t%.1f (without)\t%.1f\n",
		what, sizes[0], sizes[1], sizes[0]/sizes[1])

	return nil
}

// contender is a provider and the folder of the configuration that it plans.
type contender struct{ provider, work string }

// times returns how many seconds each plan takes.
func (b *bench) times(contenders []contender) ([][]float64, error) {
	return b.compare(contenders, "", func(_ string, elapsed time.Duration) (float64, error) { return elapsed.Seconds(), nil })
}

// peaks returns how many MiB each provider needs at most.
func (b *bench) peaks(contenders []contender) ([][]float64, error) {
	return b.compare(contenders, wrapped, func(name string, _ time.Duration) (float64, error) {
		return takePeak(b.installed(name+wrapped) + peakSuffix)
	})
}

// compare plans with each contender in turn and returns what figure makes of each plan, but for the first, which warms up.
func (b *bench) compare(
	contenders []contender, suffix string, figure func(name string, elapsed time.Duration) (float64, error),
) ([][]float64, error) {
	figures := make([][]float64, len(contenders))

	for round := range b.pairs + 1 {
		for i, c := range contenders {
			elapsed, err := b.run(c.work, c.provider+suffix, "plan")
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.provider, err)
			}

			value, err := figure(c.provider, elapsed)
			if err != nil {
				return nil, err
			}

			if round > 0 {
				figures[i] = append(figures[i], value)
			}
		}
	}

	return figures, nil
}

func (b *bench) row(what, format string, values, bare []float64) {
	var ratios []float64
	for i := range values {
		ratios = append(ratios, values[i]/bare[i])
	}

	slices.Sort(ratios)
	fmt.Fprintf(b.table, "%s\t"+format+"\t"+format+"\t%.2f (%.2f to %.2f)\n", what, median(values), median(bare),
		median(ratios), ratios[0], ratios[len(ratios)-1])
}

// api tells how many times the latency the reads of a plan spend in the API.
func (b *bench) api(what string, l load) error {
	server, err := l.serve()
	if err != nil {
		return err
	}
	defer server.Close()

	work, err := b.configure(l, server, forEach(l))
	if err != nil {
		return err
	}

	var trips []float64

	for range b.pairs {
		server.Reset()

		if _, err := b.run(work, "provider", "plan"); err != nil {
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

// forEach reads each instance of l by a data source of its own.
func forEach(l load) string {
	var ids []string
	for i := range l.instances {
		ids = append(ids, strconv.Quote(instanceID(i)))
	}

	return `
data "dcs_instance_backups" "all" {
  for_each    = toset([` + strings.Join(ids, ", ") + `])
  instance_id = each.value
}
`
}

// oneRead and everyRecord read all instances by one data source.
const (
	oneRead     = "\ndata \"dcs_project_backups\" \"all\" {}\n"
	everyRecord = "\ndata \"dcs_project_backups\" \"all\" {\n  include_backups = true\n}\n"
)

// configure writes a configuration that reads from server what body says.
func (b *bench) configure(l load, server *dcsapitest.Server, body string) (string, error) {
	config := `terraform {
  required_providers {
    dcs = { source = "terraform.local/dcs/dcs" }
  }
}

provider "dcs" {
  region     = "` + dcsapitest.Region + `"
  project_id = "` + dcsapitest.ProjectID + `"
  access_key = "` + dcsapitest.AccessKey + `"
  secret_key = "` + dcsapitest.SecretKey + `"
  endpoints  = { dcs = "` + server.URL() + `" }
}
` + body

	work, err := os.MkdirTemp(b.dir, "work-")
	if err != nil {
		return "", err
	}

	return work, errors.Join(
		os.WriteFile(filepath.Join(work, "main.tf"), []byte(config), 0o600),
		os.WriteFile(filepath.Join(work, "records"), []byte(strconv.Itoa(l.records)), 0o600),
	)
}

// run runs a command of the CLI and returns how long that took.
func (b *bench) run(work, name string, command ...string) (time.Duration, error) {
	cmd := exec.CommandContext(b.ctx, b.cli, append(command, "-no-color", "-input=false")...) //nolint:gosec // The user's choice.
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
