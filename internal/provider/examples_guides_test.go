// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// Examples of the guides.
const (
	alertExample    = "guides/alert-on-stale-backups"
	reportExample   = "guides/report-a-fleet"
	accountsExample = "guides/report-a-fleet/accounts"
	restoreExample  = "guides/restore-the-newest-backup"
	byTagExample    = "guides/restore-the-newest-backup/by-tag"
	movedExample    = "guides/move-from-huaweicloud/after"
)

// TestAccGuides_errors plans examples of guides where they are to fail, and checks the messages that the guides promise.
func TestAccGuides_errors(t *testing.T) {
	t.Parallel()

	c := newCLI(t)

	for name, test := range map[string]struct {
		example, variable string
		says              []string
	}{
		"stale backups": {alertExample, `tags={"environment":"prod"}`, []string{
			"Warning: Check block assertion failed", "No restorable backup younger than 26h:", "prod-reports: no backup",
			"prod-sessions: 20", "Error: Resource precondition failed", "Back these instances up first: ",
		}},
		"tags of no instance": {alertExample, `tags={"environment":"production"}`, []string{
			`Warning: Check block assertion failed`, `Error: Resource precondition failed`,
			`No instance has the tags {"environment":"production"}.`,
		}},
		"no backup": {restoreExample, "instance_id=" + emptyInstance, []string{
			"Instance " + emptyInstance + " has no backup that can be restored.",
		}},
		"tags of several instances": {byTagExample, `service_tags={"environment":"prod"}`, []string{
			`Expected one instance with the tags {"environment":"prod"}, found 4.`,
		}},
		"tags of an instance without a backup": {byTagExample, `service_tags={"service":"reports"}`, []string{
			`The instance with the tags {"service":"reports"} has no backup that can be restored.`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w, _ := exampleNamed(t, test.example).start(t, c)

			out, code := w.run("plan", "-no-color", "-var", test.variable)
			if code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}

			for _, text := range test.says {
				if !strings.Contains(oneLine(out), text) {
					t.Errorf("%q is not in the output:\n%s", text, out)
				}
			}
		})
	}
}

// TestAccGuides_checkInJSON checks that a pipeline finds a failed check in the JSON of a saved plan.
func TestAccGuides_checkInJSON(t *testing.T) {
	t.Parallel()

	w, _ := exampleNamed(t, alertExample).start(t, newCLI(t))
	w.write("gate.tf", "")
	w.must("plan", "-out=plan", "-var", `tags={"environment":"prod"}`)

	type check struct {
		Address struct {
			Display string `json:"to_display"`
		} `json:"address"`
		Status string `json:"status"`
	}

	var plan struct {
		Checks []check `json:"checks"`
	}
	if err := json.Unmarshal([]byte(w.must("show", "-json", "plan")), &plan); err != nil {
		t.Fatal(err)
	}

	if !slices.ContainsFunc(plan.Checks, func(c check) bool {
		return c.Status == "fail" && c.Address.Display == "check.backups_are_fresh"
	}) {
		t.Errorf("the failed check is not among %+v", plan.Checks)
	}
}

func TestAccGuides_instanceByTag(t *testing.T) {
	t.Parallel()

	w, _ := exampleNamed(t, byTagExample).start(t, newCLI(t))
	w.must("apply", "-auto-approve")

	var found map[string]string
	w.output("backup_to_restore", &found)

	if found["instance_id"] != healthyInstance || found["name"] != "prod-orders" || found["backup_id"] == "" {
		t.Errorf("found %q", found)
	}
}

// TestAccGuides_report reads a fleet in two regions. The name of one instance holds what would end a value in CSV, a string in
// JSON, or the script element of the page.
func TestAccGuides_report(t *testing.T) {
	t.Parallel()

	const hostile = "</script><img src=x onerror=alert(1)>\"'&amp;, <!--<script> ${1 + 1} %{ if true } \u2028\u2029 \\u003c ]]>"

	w, server := exampleNamed(t, reportExample).start(t, newCLI(t))
	server.AddInstance(dcsapitest.Instance{ID: "hostile", Name: hostile})
	addSingapore(server, dcsapitest.Instance{ID: "singapore", Name: "carts", Backups: []dcsapitest.Backup{dcsapitest.SampleBackup()}})

	w.env = append(w.env, `TF_VAR_regions=["cn-north-4", "ap-southeast-3"]`)
	w.must("apply", "-auto-approve")

	checkCSV(t, w.must("output", "-raw", "csv"), [][]string{
		{"region", "instance_id", "name", "status", "restorable_num", "restorable_size", "latest_restorable"},
		{"ap-southeast-3", "singapore", "carts", "RUNNING", "1", "", "2019-05-10T08:31:16.166Z"},
		{"cn-north-4", searchInstance, "prod-search", "RUNNING", "14", "", "20"},
		{"cn-north-4", healthyInstance, "prod-orders", "RUNNING", "8", "", "20"},
		{"cn-north-4", staleInstance, "prod-sessions", "RUNNING", "1", "", "20"},
		{"cn-north-4", singleNode, "test-orders", "RUNNING", "0", "", ""},
		{"cn-north-4", emptyInstance, "prod-reports", "RUNNING", "0", "", ""},
		{"cn-north-4", "hostile", hostile, "RUNNING", "0", "", ""},
	})
	checkPage(t, w.must("output", "-raw", "report"), map[string]string{
		"prod-orders":   "cn-north-4 true true true true 8 succeed",
		"prod-search":   "cn-north-4 true true true true 14 succeed",
		"prod-sessions": "cn-north-4 true false true true 1 failed",
		"prod-reports":  "cn-north-4 true false false false 0 ",
		"test-orders":   "cn-north-4 false false false false 0 ",
		"carts":         "ap-southeast-3 true false true true 1 succeed",
		hostile:         "cn-north-4 true false false false 0 ",
	})

	var missing, bytes map[string]any

	w.output("without_fresh_backup", &missing)
	w.output("restorable_bytes", &bytes)

	if diff := gocmp.Diff(map[string]any{
		"singapore": "carts", staleInstance: "prod-sessions", emptyInstance: "prod-reports", "hostile": hostile,
	}, missing); diff != "" {
		t.Errorf("instances without a fresh backup (-want +got):\n%s", diff)
	}

	if bytes["ap-southeast-3"] != 880232.0 {
		t.Errorf("bytes by region: %v", bytes)
	}
}

// checkCSV compares the rows of a report. Sizes are random, and the times of most backups are relative to now.
func checkCSV(t *testing.T, text string, want [][]string) {
	t.Helper()

	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}

	for _, row := range rows[1:] {
		row[5] = ""

		if row[1] != "singapore" {
			row[6] = row[6][:min(len(row[6]), 2)]
		}
	}

	if diff := gocmp.Diff(want, rows); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
}

// checkPage checks that the page is the template with data that hold no markup, and compares the instances in them.
func checkPage(t *testing.T, page string, want map[string]string) {
	t.Helper()

	head, tail, found := strings.Cut(readFile(t, filepath.Join(examplesFolder, reportExample, "report.html.tftpl")), "${data}")
	if !found || !strings.HasPrefix(page, head) || !strings.HasSuffix(page, tail) {
		t.Fatalf("the page is not the template:\n%s", page)
	}

	data := strings.TrimSuffix(strings.TrimPrefix(page, head), tail)
	if strings.ContainsAny(data, "<>&\u2028\u2029") {
		t.Errorf("markup in the data: %s", data)
	}

	var report struct {
		ReadAt    time.Time `json:"read_at"`
		MaxAge    string    `json:"max_age"`
		Instances []struct {
			ID         string  `json:"instance_id"`
			Name       string  `json:"name"`
			Region     string  `json:"region"`
			Supported  bool    `json:"backup_supported"`
			Fresh      bool    `json:"fresh"`
			Number     int     `json:"restorable_num"`
			Size       int64   `json:"restorable_size"`
			Restorable *string `json:"latest_restorable"`
			Status     string  `json:"latest_status"`
		} `json:"instances"`
	}
	if err := json.Unmarshal([]byte(data), &report); err != nil {
		t.Fatalf("%v: %s", err, data)
	}

	if report.ReadAt.IsZero() || report.MaxAge != "26h" {
		t.Errorf("read at %s, max_age %s", report.ReadAt, report.MaxAge)
	}

	got := make(map[string]string)
	for _, i := range report.Instances {
		got[i.Name] = fmt.Sprintf("%s %t %t %t %t %d %s", i.Region, i.Supported, i.Fresh, i.Restorable != nil, i.Size > 0, i.Number, i.Status)
	}

	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("instances of the page (-want +got):\n%s", diff)
	}
}

// TestGuides_reportWritesTextOnly checks that the page's script writes by no function that parses markup, and that the page loads
// nothing.
func TestGuides_reportWritesTextOnly(t *testing.T) {
	t.Parallel()

	page := readFile(t, filepath.Join(examplesFolder, reportExample, "report.html.tftpl"))

	for _, forbidden := range []string{
		"innerHTML", "outerHTML", "insertAdjacentHTML", "createContextualFragment", "document.write", "setHTML", "eval(", "Function(",
		"setAttribute", "DOMParser", "src=", "href=", "url(", "@import", "http:", "https:",
	} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the page has %s", forbidden)
		}
	}

	if n := strings.Count(page, "${"); n != 1 {
		t.Errorf("%d values are put into the page, want 1", n)
	}
}

// TestAccGuides_accounts checks that each provider block reads with the agency of its account.
func TestAccGuides_accounts(t *testing.T) {
	t.Parallel()

	w, server := exampleNamed(t, accountsExample).start(t, newCLI(t))
	w.must("apply", "-auto-approve")

	var missing map[string]map[string]string
	w.output("without_restorable_backup", &missing)

	if diff := gocmp.Diff(map[string]map[string]string{"shop": {}, "payments": {"payments-ledger": "ledger"}}, missing); diff != "" {
		t.Errorf("instances without a restorable backup (-want +got):\n%s", diff)
	}

	callers := make(map[string]string)
	for _, request := range server.RequestsTo("/v2/") {
		callers[request.Identity.DomainID] = request.Identity.User
	}

	if diff := gocmp.Diff(map[string]string{
		"domain-of-shop-account": "agency/backup-reader", "domain-of-payments-account": "agency/backup-reader",
	}, callers); diff != "" {
		t.Errorf("callers by account (-want +got):\n%s", diff)
	}
}

// TestAccGuides_movedFleet checks the new form of the report in the guide about moving. The old form needs the huaweicloud
// provider.
func TestAccGuides_movedFleet(t *testing.T) {
	t.Parallel()

	w, _ := exampleNamed(t, movedExample).start(t, newCLI(t))
	w.must("apply", "-auto-approve")

	var (
		without []string
		bytes   map[string]int64
	)

	w.output("without_backup", &without)
	w.output("bytes", &bytes)

	if diff := gocmp.Diff([]string{emptyInstance}, without); diff != "" {
		t.Errorf("instances without a backup (-want +got):\n%s", diff)
	}

	if bytes[staleInstance] != 2147489382 || bytes[emptyInstance] != 0 || len(bytes) != 5 {
		t.Errorf("bytes by instance: %v", bytes)
	}
}
