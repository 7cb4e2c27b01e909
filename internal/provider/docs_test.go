// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages are the texts that people write, by name. What is generated from templates is not among them.
func pages(t *testing.T) map[string]string {
	t.Helper()

	found := make(map[string]string)

	for _, pattern := range []string{"*.md", "examples/*.md", "templates/*.tmpl", "templates/*/*.tmpl"} {
		names, err := filepath.Glob(filepath.Join(repository, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}

		for _, name := range names {
			found[name] = readFile(t, name)
		}
	}

	return found
}

// goFiles returns the text of the Go files below a folder, tests or not.
func goFiles(t *testing.T, folder string, tests bool) string {
	t.Helper()

	var all strings.Builder

	err := filepath.WalkDir(filepath.Join(repository, folder), func(name string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(name) == ".go" && strings.HasSuffix(name, "_test.go") == tests {
			all.WriteString(readFile(t, name))
		}

		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	return all.String()
}

// matches returns what the first group of pattern matches in text, sorted, each once.
func matches(pattern, text string) []string {
	var found []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}

	slices.Sort(found)

	return slices.Compact(found)
}

func TestDocs_troubleshootingNamesEveryDiagnostic(t *testing.T) {
	t.Parallel()

	guide := readFile(t, repository+"/templates/guides/troubleshooting.md.tmpl")

	// Summaries are written in title case, and nothing else is.
	summaries := matches(`"([A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*)+) ?"`,
		goFiles(t, "internal/provider", false)+goFiles(t, "internal/datasources", false))
	if len(summaries) < 20 {
		t.Fatalf("only %q were found: what are diagnostics like now?", summaries)
	}

	for _, summary := range summaries {
		if !strings.Contains(guide, summary) {
			t.Errorf("the guide Troubleshooting does not say what to do about %q", summary)
		}
	}
}

func TestDocs_nameOnlyTestsThatExist(t *testing.T) {
	t.Parallel()

	tests := goFiles(t, "internal", true) + goFiles(t, "test", true)

	for page, text := range pages(t) {
		for _, name := range matches("`((?:Test|Fuzz|Benchmark)[A-Za-z0-9_]+)", text) {
			if !strings.Contains(tests, "func "+name+"(") {
				t.Errorf("%s names %s, and there is no such test", page, name)
			}
		}
	}
}

func TestDocs_everyFaultHasATest(t *testing.T) {
	t.Parallel()

	_, section, _ := strings.Cut(readFile(t, repository+"/DESIGN.md"), "\n## Faults\n")
	section, _, _ = strings.Cut(section, "\n## ")
	checkEveryRowHasATest(t, section)
}

func TestDocs_everyPromiseHasATest(t *testing.T) {
	t.Parallel()
	checkEveryRowHasATest(t, readFile(t, repository+"/CONTRACT.md"))
}

// checkEveryRowHasATest checks that the last cell of each row of the tables in text names a test.
func checkEveryRowHasATest(t *testing.T, text string) {
	t.Helper()

	var rows int

	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || strings.HasSuffix(line, "| test |") {
			continue
		}

		rows++

		cells := strings.Split(strings.Trim(line, "|"), "|")
		if !regexp.MustCompile("`(Test|Fuzz)").MatchString(cells[len(cells)-1]) {
			t.Errorf("no test in the row %s", line)
		}
	}

	if rows == 0 {
		t.Error("no table")
	}
}

func TestDocs_nameOnlyVariablesThatAreRead(t *testing.T) {
	t.Parallel()

	environment := readFile(t, "environment.go")

	for page, text := range pages(t) {
		for _, variable := range matches(`\b((?:HW|HUAWEICLOUD|CLOUD_SDK)_[A-Z_]*[A-Z])\b`, text) {
			if !strings.Contains(environment, `"`+variable) {
				t.Errorf("%s names %s, which nothing reads", page, variable)
			}
		}
	}
}

func TestDocs_nameOnlyMakeTargetsThatExist(t *testing.T) {
	t.Parallel()

	makefile := readFile(t, repository+"/GNUmakefile")

	for page, text := range pages(t) {
		for _, target := range matches("(?m)(?:`|^)make ([a-z][a-z0-9-]*)", text) {
			if !strings.Contains(makefile, "\n"+target+":") {
				t.Errorf("%s names make %s, and there is no such target", page, target)
			}
		}
	}
}

func TestDocs_readmesShowATestedExample(t *testing.T) {
	t.Parallel()

	example := readFile(t, examplesFolder+"/provider/provider.tf")

	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		if !strings.Contains(readFile(t, filepath.Join(repository, name)), "```terraform\n"+example+"```") {
			t.Errorf("the example in %s is not examples/provider/provider.tf", name)
		}
	}
}

func TestDocs_linksLeadSomewhere(t *testing.T) {
	t.Parallel()

	for _, pattern := range []string{"*.md", "examples/*.md", "docs/*.md", "docs/*/*.md"} {
		names, err := filepath.Glob(filepath.Join(repository, filepath.FromSlash(pattern)))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d pages, error %v", pattern, len(names), err)
		}

		for _, name := range names {
			for _, link := range matches(`\]\(([^)#:]+)(?:#[^)]*)?\)`, readFile(t, name)) {
				if _, err := os.Stat(filepath.Join(filepath.Dir(name), filepath.FromSlash(link))); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}
