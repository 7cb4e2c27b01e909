// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

// newProject starts a local service with instances i00, i01 and so on, each with as many backups.
func newProject(t *testing.T, instances, backups int) *dcsapitest.Server {
	t.Helper()

	server := dcsapitest.ForTest(t)
	for i := range instances {
		server.AddInstance(dcsapitest.Instance{
			ID: fmt.Sprintf("i%02d", i), Name: fmt.Sprintf("dcs-%02d", i), Backups: dcsapitest.GenerateBackups(backups, uint64(i)),
		})
	}

	return server
}

const readProject = "data \"dcs_project_backups\" \"x\" {\n%s}\n"

// TestAccProject_diagnostics shows where the real CLI says that a problem is. Nothing is in state after an error.
func TestAccProject_diagnostics(t *testing.T) {
	t.Parallel()

	const atBlock = `with data.dcs_project_backups.x, on main.tf line 6, in data "dcs_project_backups" "x": 6: data "dcs_project_backups" "x" {`

	tests := map[string]struct {
		arguments string
		faults    []dcsapitest.Fault
		says      []string
	}{
		"three of twenty forbidden": {
			faults: []dcsapitest.Fault{
				{Effect: fault.DenyBackupList{}, Instance: "i02"},
				{Effect: fault.DenyBackupList{}, Instance: "i13"},
				{Effect: fault.DenyBackupList{}, Instance: "i07"},
			},
			says: []string{
				"Error: DCS Request Not Permitted " + atBlock, "the backups of 3 of 20 DCS instances", `- "i02" (dcs-02)`, `- "i07" (dcs-07)`,
				`- "i13" (dcs-13)`, "dcs:instance:getDataBackupLog", "`instance_filter`",
			},
		},
		"an instance that does not exist": {
			arguments: "  instance_filter {\n    instance_id = [\"none\"]\n  }\n",
			says: []string{
				`Error: DCS Instance Not Found with data.dcs_project_backups.x, on main.tf line 8, in data "dcs_project_backups" "x": ` +
					`8: instance_id = ["none"]`, "- none",
			},
		},
		"a wait that is too long": {
			arguments: "\n  timeouts {\n    read = \"20s\"\n  }\n",
			faults:    []dcsapitest.Fault{{Effect: fault.Throttled{RetryAfter: time.Minute}, Instance: "i07"}},
			says: []string{
				`Error: Timed Out Reading DCS Backups with data.dcs_project_backups.x, on main.tf line 9, in data "dcs_project_backups" "x": ` +
					`9: read = "20s"`, "of 20 instances had been read",
			},
		},
	}

	c := newCLI(t)

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			server := newProject(t, 20, 3)
			for _, f := range test.faults {
				server.Inject(f)
			}

			w := c.workspace(t, append(server.Environment(), "HW_PROJECT_ID="+dcsapitest.ProjectID)...)
			w.write("main.tf", required+fmt.Sprintf(readProject, test.arguments))
			w.must("init")

			out, code := w.run("apply", "-auto-approve", "-no-color")
			t.Log(out)

			text := oneLine(out)

			for _, part := range test.says {
				if !strings.Contains(text, part) {
					t.Errorf("%q is not in the output", part)
				}
			}

			if errors := strings.Count(text, "Error: "); code != 1 || errors != 1 {
				t.Errorf("exit code %d and %d errors, want 1 and 1", code, errors)
			}

			if state, _ := w.run("state", "list"); strings.Contains(state, "dcs_project_backups") {
				t.Errorf("there is a state: %s", state)
			}
		})
	}
}

// TestAccProject_memory measures the peak memory of the provider's process: records that are not in state are not kept.
func TestAccProject_memory(t *testing.T) {
	t.Parallel()

	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("the peak memory of a process is looked up in /proc")
	}

	c := newCLI(t)

	peak := func(backups int) int {
		w := c.workspace(t, newProject(t, 80, backups).Environment()...)
		w.write("main.tf", required+fmt.Sprintf(readProject, ""))

		pid := w.attach()
		w.must("plan")

		return peakMemory(t, pid)
	}

	few, many := peak(10), peak(900)
	t.Logf("the peak is %d MiB with 10 backups of each instance, %d MiB with 900", few, many)

	if many > few+20 {
		t.Errorf("the peak is %d MiB with 900 backups of each instance, and %d MiB with 10: want at most 20 MiB more", many, few)
	}
}
