// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

// largestAnswer answers with nearly 32 MiB: 10 000 records, more than were asked for.
type largestAnswer struct{}

// AnswerAtService implements [dcsapitest.ServiceEffect].
func (largestAnswer) AnswerAtService(*dcsapitest.Call) *dcsapitest.Response {
	const records = 10_000

	var body strings.Builder

	fmt.Fprintf(&body, `{"total_num": %d, "backup_record_response": [`, records)

	for n := range records {
		fmt.Fprintf(&body, `{"backup_id": "%d", "remark": "%s"},`, n, strings.Repeat("x", 3200))
	}

	return dcsapitest.TextResponse(http.StatusOK, "application/json", strings.TrimSuffix(body.String(), ",")+"]}")
}

// taggedInstances returns as many instances as an array may have, nearly, with nearly as many tags as one answer may.
func taggedInstances() []dcsapitest.Instance {
	instances := dcsapitest.GenerateInstances(9_990, 0, 1)
	for n := range instances {
		i := &instances[n]
		i.Tags = nil

		for k := range 19 {
			i.Tags = append(i.Tags, dcsapitest.Tag{Key: fmt.Sprintf("key-%d-%s", k, i.ID[:4]), Value: fmt.Sprintf("value-%d-%s", k, i.ID)})
		}
	}

	return instances
}

// TestAccMemory_isBounded measures the peak memory of the provider's process in real plans. Ten records need 22 MiB, and one
// answer is promised to need 256 MiB more at most; without a bound on bodies, an endless one would need gigabytes.
func TestAccMemory_isBounded(t *testing.T) {
	t.Parallel()

	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("the peak memory of a process is looked up in /proc")
	}

	tests := map[string]struct {
		// instances are read by a dcs_project_backups, where there are any, and else the backups of one instance, with a fault.
		instances []dcsapitest.Instance
		fault     dcsapitest.Effect
		// fails is a part of the error, empty where the plan succeeds.
		fails string
		// most is the peak in MiB.
		most int
	}{
		"ten records":        {most: 40},
		"the largest answer": {fault: largestAnswer{}, most: 22 + 256},
		"the most tags":      {instances: taggedInstances(), most: 22 + 256},
		"an endless body": {
			fault: fault.EndlessBody{}, fails: "more than 10000 elements", most: 22 + 256,
		},
		"a gzip bomb": {fault: fault.GzipBomb{}, fails: "the body is larger than 32 MiB", most: 22 + 256},
	}

	c := newCLI(t)

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			service := dcsapitest.ForTest(t)
			service.AddInstance(dcsapitest.Instance{
				ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(10, 1),
			})

			config := readBackups

			for _, instance := range test.instances {
				config = "data \"dcs_project_backups\" \"all\" {}\n"

				service.AddInstance(instance)
			}

			if test.fault != nil {
				service.Inject(dcsapitest.Fault{Effect: test.fault, Instance: dcsapitest.InstanceID})
			}

			w := c.workspace(t, service.Environment()...)
			w.write("main.tf", required+config)

			pid := w.attach()
			out, code := w.run("plan")
			peak := peakMemory(t, pid)

			t.Logf("peak %d MiB", peak)

			if test.fails == "" && code != 0 || !strings.Contains(oneLine(out), test.fails) {
				t.Errorf("exit code %d\n%s", code, out)
			}

			if peak > test.most {
				t.Errorf("the peak is %d MiB, want at most %d", peak, test.most)
			}
		})
	}
}

// attach starts the provider for w and has the CLI use it, so that it outlives the plan. It returns the process's ID.
func (w *workspace) attach() int {
	w.t.Helper()

	provider := exec.CommandContext(w.t.Context(), w.cli.provider, "-debug") //nolint:gosec // It was built by the test.
	provider.Env = slices.Concat(w.env, logsOff)

	out, err := provider.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}

	if err := provider.Start(); err != nil {
		w.t.Fatal(err)
	}

	w.t.Cleanup(func() {
		_ = provider.Process.Kill()
		_ = provider.Wait()
	})

	w.env = append(w.env, reattach(w.t, bufio.NewScanner(out)))

	return provider.Process.Pid
}

// peakMemory returns how much memory a process has had at most, in MiB.
func peakMemory(t *testing.T, pid int) int {
	t.Helper()

	for line := range strings.Lines(readFile(t, fmt.Sprintf("/proc/%d/status", pid))) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			kibibytes, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			if err != nil {
				t.Fatal(err)
			}

			return kibibytes / 1024
		}
	}

	t.Fatal("no peak is known")

	return 0
}
