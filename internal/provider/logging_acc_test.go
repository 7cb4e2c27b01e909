// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
	"terraform-provider-dcs/internal/dcsapi/dcsapitest/fault"
)

// exchange is one request, as the service received it or as it is logged.
type exchange struct {
	level, method, host, path, requestID string
	// read is the instance of the read that it belongs to, empty for a request of all reads.
	read            string
	attempt, status int
}

// TestAccLog_oneLineForEachExchange compares the log of a real plan with the requests that the service received. One request is
// answered with 503, and retried.
func TestAccLog_oneLineForEachExchange(t *testing.T) {
	t.Parallel()

	service := dcsapitest.ForTest(t)
	instances := []string{"instance-0", "instance-1", "instance-2", "instance-3"}

	for _, instance := range instances {
		service.AddInstance(dcsapitest.Instance{ID: instance, Backups: dcsapitest.GenerateBackups(10, 1)})
	}

	service.Inject(dcsapitest.Fault{Effect: fault.Status{Status: 503}, Count: 1, Instance: "instance-2"})

	c := newCLI(t)
	w := c.workspace(t, service.Environment()...)
	logFile := filepath.Join(w.home, "log.txt")

	w.write("main.tf", readsConfig(service, instances...))
	w.must("init")

	w.env = append(w.env, "TF_LOG=DEBUG", "TF_LOG_PATH="+logFile)
	w.must("plan")

	log := readFile(t, logFile)

	var want []exchange

	for _, request := range service.Requests() {
		e := exchange{
			level: "DEBUG", method: request.Method, host: request.Host, path: request.Path, requestID: request.ID,
			read: instanceOf(request.Path), attempt: 1, status: request.Status,
		}

		switch {
		case e.status == 503:
			e.level = "WARN"
		case e.read == "instance-2":
			e.attempt = 2
		}

		want = append(want, e)

		if _, signature, _ := strings.Cut(request.Header.Get("Authorization"), "Signature="); strings.Contains(log, signature) {
			t.Errorf("the log has the signature of %s", request)
		}
	}

	got := exchanges(t, log)

	byID := func(a, b exchange) int { return cmp.Compare(a.requestID, b.requestID) }
	slices.SortFunc(want, byID)
	slices.SortFunc(got, byID)

	// The look-up, a listing for each read, and one again.
	if len(want) != 1+len(instances)+1 {
		t.Errorf("%d requests, want %d", len(want), 1+len(instances)+1)
	}

	if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(exchange{})); diff != "" {
		t.Errorf("exchanges in the log (-sent +logged):\n%s", diff)
	}

	if strings.Contains(log, dcsapitest.SecretKey) {
		t.Error("the log has the secret key")
	}
}

// readsConfig is a configuration that reads the backups of each of instances.
func readsConfig(service *dcsapitest.Server, instances ...string) string {
	var config strings.Builder

	config.WriteString("terraform {\n  required_providers {\n    dcs = {\n      source = \"" + providerAddress + "\"\n    }\n  }\n}\n")
	config.WriteString(service.HCL())

	for n, instance := range instances {
		fmt.Fprintf(&config, "data \"dcs_instance_backups\" \"n%d\" {\n  instance_id = %q\n}\n", n, instance)
	}

	return config.String()
}

// instanceOf returns the instance that a path names, if any.
func instanceOf(path string) string {
	_, rest, _ := strings.Cut(path, "/instances/")

	return strings.TrimSuffix(rest, "/backups")
}

var (
	exchangeLine = regexp.MustCompile(`\[(\w+)\]\s+provider\.terraform-provider-dcs\S*: API request(?: will be retried)?: (.*)`)
	logField     = regexp.MustCompile(`(\S+?)=("(?:[^"\\]|\\.)*"|\S+)`)
)

// exchanges returns the exchanges in a log.
func exchanges(t *testing.T, log string) []exchange {
	t.Helper()

	var found []exchange

	for _, line := range exchangeLine.FindAllStringSubmatch(log, -1) {
		fields := map[string]string{}
		for _, field := range logField.FindAllStringSubmatch(line[2], -1) {
			fields[field[1]] = field[2]
		}

		number := func(name string) int {
			value, err := strconv.Atoi(fields[name])
			if err != nil {
				t.Errorf("%s is %q in %s", name, fields[name], line[0])
			}

			return value
		}

		if number("duration_ms") < 0 {
			t.Errorf("a negative duration in %s", line[0])
		}

		e := exchange{
			level: line[1], method: fields["method"], host: fields["host"], path: fields["path"],
			requestID: fields["request_id"], read: fields["instance_id"], attempt: number("attempt"), status: number("status"),
		}

		// A request of all reads is sent by the first that needs it.
		if instanceOf(e.path) == "" {
			if e.read == "" {
				t.Errorf("no instance_id in %s", line[0])
			}

			e.read = ""
		}

		found = append(found, e)
	}

	return found
}
