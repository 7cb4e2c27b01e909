// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// codeBlock matches a block of code of a page: its language and its text.
var codeBlock = regexp.MustCompile("(?ms)^```(terraform|shell|html)\n(.*?)^```$")

// toJQ is the end of a command that passes JSON on to jq. The commands are run without it: jq is not on every machine.
var toJQ = regexp.MustCompile(`(?m) \| jq .*$`)

// TestAccGuides_runAsWritten follows guides from an empty folder: it saves each configuration and runs each command as the page
// has them, in order. A configuration with required_providers begins a new folder.
func TestAccGuides_runAsWritten(t *testing.T) {
	t.Parallel()

	c := newCLI(t)

	for page, want := range map[string]struct {
		commands int
		fails    string // the last command, with this error
	}{
		"report-a-fleet":            {commands: 3},
		"alert-on-stale-backups":    {commands: 3, fails: "Resource precondition failed"},
		"restore-the-newest-backup": {commands: 2},
	} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()

			out, commands, err := follow(t, c, readFile(t, filepath.Join(repository, "docs", "guides", page+".md")))

			if commands != want.commands {
				t.Errorf("%d blocks of commands were run, want %d", commands, want.commands)
			}

			if failed := err != nil; failed != (want.fails != "") || !strings.Contains(out, want.fails) {
				t.Errorf("error %v, want %q:\n%s", err, want.fails, out)
			}
		})
	}
}

// follow runs the commands of a page up to the first that fails. It returns what the last ones printed, and how many blocks of
// commands were run.
func follow(t *testing.T, c *cli, page string) (out string, commands int, err error) {
	t.Helper()

	local := &example{name: "local"}
	server := dcsapitest.ForTest(t, local.scenario(t).Options()...)
	blocks := codeBlock.FindAllStringSubmatch(page, -1)

	var w *workspace

	for n, block := range blocks {
		language, text := block[1], block[2]

		switch {
		case err != nil:
			t.Errorf("after the error there is more to do:\n%s", text)
		case language == "terraform" && strings.Contains(text, "required_providers"):
			w = nil

			if !strings.Contains(text, "huaweicloud/huaweicloud") && !strings.Contains(text, "assume_role") {
				w = c.workspace(t, append(server.Environment(), "TF_CLI_ARGS_apply=-auto-approve")...)
				w.write("main.tf", text)
				saveTemplate(w, blocks)
			}
		case w == nil || language == "html":
		case language == "terraform":
			w.write(fmt.Sprintf("added_%d.tf", n), text)
		default:
			commands++

			out, err = w.shell(toJQ.ReplaceAllString(text, " >/dev/null"))
		}
	}

	return out, commands, err
}

// saveTemplate saves the template of a page, which comes after the configuration that it is for.
func saveTemplate(w *workspace, blocks [][]string) {
	w.t.Helper()

	for _, block := range blocks {
		if block[1] == "html" {
			w.write("report.html.tftpl", block[2])
		}
	}
}

// shell runs commands that call the CLI terraform.
func (w *workspace) shell(commands string) (string, error) {
	w.t.Helper()

	bin := w.t.TempDir()
	writeFile(w.t, filepath.Join(bin, "terraform"), "#!/bin/sh\nexec '"+filepath.ToSlash(w.cli.path)+"' \"$@\"\n")

	if err := os.Chmod(filepath.Join(bin, "terraform"), 0o700); err != nil { //nolint:gosec // It is to be run.
		w.t.Fatal(err)
	}

	cmd := exec.CommandContext(w.t.Context(), "sh", "-e", "-c", commands) //nolint:gosec // The commands are the documentation's.
	cmd.Dir = w.dir
	cmd.Env = slices.Concat(w.env, []string{"PATH=" + bin + string(os.PathListSeparator) + variable("PATH")})

	out, err := cmd.CombinedOutput()

	return string(out), err
}
