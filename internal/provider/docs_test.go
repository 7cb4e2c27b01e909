// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	fwprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"terraform-provider-dcs/internal/datasources"
	"terraform-provider-dcs/internal/provider"
	"terraform-provider-dcs/internal/validators"
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

// link matches a link of Markdown to a place in the repository, its file and its heading.
var link = regexp.MustCompile(`\]\(([^):#]*)(?:#([^)]*))?\)`)

func TestDocs_linksLeadSomewhere(t *testing.T) {
	t.Parallel()

	for _, pattern := range []string{"*.md", "examples/*.md", "docs/*.md", "docs/*/*.md"} {
		names, err := filepath.Glob(filepath.Join(repository, filepath.FromSlash(pattern)))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d pages, error %v", pattern, len(names), err)
		}

		for _, name := range names {
			for _, match := range link.FindAllStringSubmatch(readFile(t, name), -1) {
				target := name
				if match[1] != "" {
					target = filepath.Join(filepath.Dir(name), filepath.FromSlash(match[1]))
				}

				if _, err := os.Stat(target); err != nil {
					t.Errorf("%s: %v", name, err)
				} else if match[2] != "" && !slices.Contains(anchors(readFile(t, target)), match[2]) {
					t.Errorf("%s: %s has no heading #%s", name, target, match[2])
				}
			}
		}
	}
}

// anchors returns the anchors of the headings of a page, as GitHub and the registry name them.
func anchors(page string) []string {
	var found []string

	for _, heading := range regexp.MustCompile("(?m)^#+ (.*)$").FindAllStringSubmatch(page, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		found = append(found, strings.ReplaceAll(name, " ", "-"))
	}

	return append(found, matches(`<a id="([^"]*)">`, page)...)
}

// The registry shows docs/index.md at .../latest/docs, so that a relative link on it leads one folder too high, and the other
// pages at .../latest/docs/guides/NAME, where links to other pages of docs/ work as they do in the repository.
func TestDocs_linksWorkInTheRegistry(t *testing.T) {
	t.Parallel()

	for _, match := range link.FindAllStringSubmatch(readFile(t, repository+"/docs/index.md"), -1) {
		if match[1] != "" {
			t.Errorf("index.md: the link to %s does not work in the registry", match[1])
		}
	}

	names, err := filepath.Glob(filepath.Join(repository, "docs", "*", "*.md"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%d pages, error %v", len(names), err)
	}

	inDocs := regexp.MustCompile(`^([a-z0-9_-]+\.md|\.\./(index|(guides|data-sources)/[a-z0-9_-]+)\.md)?$`)

	for _, name := range names {
		for _, match := range link.FindAllStringSubmatch(readFile(t, name), -1) {
			if !inDocs.MatchString(match[1]) {
				t.Errorf("%s: the link to %s does not work in the registry", name, match[1])
			}
		}
	}
}

// A page in another language names the checksum of its English source when it was written.
func TestDocs_translationsAreUpToDate(t *testing.T) {
	t.Parallel()

	translations, err := filepath.Glob(filepath.Join(repository, "templates", "guides", "zh-*.md.tmpl"))
	if err != nil || len(translations) == 0 {
		t.Fatalf("%d translations, error %v", len(translations), err)
	}

	note := regexp.MustCompile(`<!-- source: (\S+) ([0-9a-f]{64}) -->`)

	for _, name := range append(translations, filepath.Join(repository, "README.zh-CN.md")) {
		match := note.FindStringSubmatch(readFile(t, name))
		if match == nil {
			t.Errorf("%s does not name its English source", name)
			continue
		}

		if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(readFile(t, filepath.Join(repository, match[1]))))); sum != match[2] {
			t.Errorf("%s has changed since %s was written. Translate the change, then write its checksum there: %s", match[1], name, sum)
		}
	}
}

func TestDocs_chineseTextHasFullWidthPunctuation(t *testing.T) {
	t.Parallel()

	translations, err := filepath.Glob(filepath.Join(repository, "templates", "guides", "zh-*.md.tmpl"))
	if err != nil || len(translations) == 0 {
		t.Fatalf("%d translations, error %v", len(translations), err)
	}

	for _, name := range append(translations, filepath.Join(repository, "README.zh-CN.md")) {
		text := link.ReplaceAllString(readFile(t, name), "]")
		for _, place := range regexp.MustCompile(`\p{Han}[,;:?!()]|[,;:?!(]\p{Han}`).FindAllString(text, -1) {
			t.Errorf("%s: half-width punctuation in %q", name, place)
		}
	}
}

// Messages of validators have a summary that is made from the name of the argument.
func TestDocs_troubleshootingNamesEveryInvalidArgument(t *testing.T) {
	t.Parallel()

	guide := readFile(t, repository+"/templates/guides/troubleshooting.md.tmpl")

	var schema fwprovider.SchemaResponse

	provider.New("test")().Schema(t.Context(), fwprovider.SchemaRequest{}, &schema)

	judged := judgedArguments(schema.Schema.Attributes)
	for _, block := range schema.Schema.Blocks {
		judged = append(judged, judgedArguments(block.GetNestedObject().GetAttributes())...)
	}

	for _, constructor := range []func() datasource.DataSource{datasources.NewInstanceBackups, datasources.NewProjectBackups} {
		var schema datasource.SchemaResponse

		constructor().Schema(t.Context(), datasource.SchemaRequest{}, &schema)

		judged = append(judged, judgedArguments(schema.Schema.Attributes)...)
		for _, block := range schema.Schema.Blocks {
			judged = append(judged, judgedArguments(block.GetNestedObject().GetAttributes())...)
		}
	}

	if len(judged) < 20 {
		t.Fatalf("only %q were found", judged)
	}

	for _, name := range judged {
		if summary := validators.Summary(path.Root(name)); !strings.Contains(guide, summary) {
			t.Errorf("the guide Troubleshooting does not say what to do about %q", summary)
		}
	}
}

// judgedArguments returns the names of the arguments that have validators or are secret: a control character in one is an
// error.
func judgedArguments[A fwschema](attributes map[string]A) []string {
	var names []string

	for name, attribute := range attributes {
		judged := attribute.IsSensitive()

		switch a := any(attribute).(type) {
		case interface{ StringValidators() []validator.String }:
			judged = judged || len(a.StringValidators()) > 0
		case interface{ NumberValidators() []validator.Number }:
			judged = judged || len(a.NumberValidators()) > 0
		case interface{ SetValidators() []validator.Set }:
			judged = judged || len(a.SetValidators()) > 0
		}

		if judged && name != "password" { // It is taken as it is.
			names = append(names, name)
		}
	}

	return names
}

// fwschema is what attributes of providers and data sources share.
type fwschema interface{ IsSensitive() bool }
