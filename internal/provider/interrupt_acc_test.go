// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package provider_test

import (
	"syscall"
	"testing"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

// TestAccInterrupt interrupts a real plan while the service hangs: the plan ends, and leaves no process behind.
func TestAccInterrupt(t *testing.T) {
	t.Parallel()

	c := newCLI(t)

	for name, test := range map[string]struct {
		config string
		// requests is how many have been sent when the plan is interrupted: the project look-up is the first.
		requests int
		// alone says that only the CLI receives the signal, as from a supervisor, and not its process group, as from a terminal.
		alone bool
	}{
		"Ctrl-C":               {config: readBackups, requests: 2},
		"the CLI alone":        {config: readBackups, requests: 2, alone: true},
		"reading of a project": {config: "data \"dcs_project_backups\" \"all\" {}\n", requests: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			service := dcsapitest.ForTest(t)
			service.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID})
			service.Inject(dcsapitest.Fault{Effect: fault.Silence{}, Instance: dcsapitest.InstanceID})

			w := c.workspace(t, service.Environment()...)
			w.write("main.tf", required+test.config)
			w.must("init")

			p := w.start(t, "plan")
			within(t, time.Minute, "the requests have been sent", func() bool { return len(service.Requests()) >= test.requests })

			providers := p.providers(t)
			p.signal(t, syscall.SIGINT, test.alone)

			// A request that is not interrupted is retried after thirty seconds.
			within(t, 20*time.Second, "the plan has ended", p.hasEnded)

			if code := p.cmd.ProcessState.ExitCode(); code != 1 {
				t.Errorf("exit code %d, want 1\n%s", code, p.output)
			}

			for _, pid := range providers {
				within(t, providerEnds, "the provider has ended", func() bool { return hasEnded(pid) })
			}
		})
	}
}
