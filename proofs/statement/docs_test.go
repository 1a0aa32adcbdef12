package statement

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const specFolder = "../../docs/spec"

// block is a worked example in a page: a fence that names the golden file it shows, as in "```json document.release.json".
// JSON is shown with line breaks; without its white space it is the file, byte for byte.
var block = regexp.MustCompile("(?ms)^```(json|text) (\\S+)\n(.*?)^```$")

func TestPagesShowTheGoldenFiles(t *testing.T) {
	shown := make(map[string]bool)
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		text = block.ReplaceAllFunc(text, func(found []byte) []byte {
			part := block.FindSubmatch(found)
			language, name, example := string(part[1]), string(part[2]), part[3]
			shown[name] = true
			want := show(t, language, name)
			if *update {
				return []byte("```" + language + " " + name + "\n" + want + "```")
			}
			if diff := cmp.Diff(want, string(example)); diff != "" {
				t.Errorf("%s shows another %s (-want +got):\n%s", page, name, diff)
			}
			return found
		})
		if *update {
			if err := os.WriteFile(page, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, s := range fixtures() {
		if name := s.Code.String() + ".json"; !shown[name] {
			t.Errorf("no page shows %s", name)
		}
	}
	for _, name := range []string{"envelope.json", "leaf.json", "seal.txt", "policy-1.json", "policy-2.json", "workflow.json", "proof.txt", "digest.txt"} {
		if !shown[name] {
			t.Errorf("no page shows %s", name)
		}
	}
}

func pages(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob(specFolder + "/kinds/*.md")
	if err != nil || len(list) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	return append(list, specFolder+"/statement.md")
}

// show gives a golden file as the pages show it.
func show(t *testing.T, language, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if language == "json" {
		var b bytes.Buffer
		if err := json.Indent(&b, text, "", "  "); err != nil {
			t.Fatal(err)
		}
		text = b.Bytes()
	}
	return strings.TrimSuffix(string(text), "\n") + "\n"
}

// The examples of the kinds' pages, taken from the pages alone, are statements of that kind.
func TestPagesParse(t *testing.T) {
	for _, s := range fixtures() {
		page := filepath.Join(specFolder, "kinds", s.Code.String()+".md")
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		found := block.FindSubmatch(text)
		if found == nil {
			t.Fatalf("%s has no example", page)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, found[3]); err != nil {
			t.Fatal(err)
		}
		got, err := Parse(compact.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", page, err)
		}
		if diff := cmp.Diff(s, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", page, diff)
		}
		if digest := DigestOf(compact.Bytes()).String(); !strings.Contains(string(text), digest) {
			t.Errorf("%s does not name the example's digest %s", page, digest)
		}
		head, _, _ := strings.Cut(string(text), "\n## ")
		checkFieldTable(t, page, head, shapeOf(s.Code).names)
	}
}

// The page of workflow.define describes the workflow document in a table of its own.
func TestWorkflowPage(t *testing.T) {
	page := filepath.Join(specFolder, "kinds", "workflow.define.md")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## Workflow document\n")
	if !ok {
		t.Fatalf("%s has no section on the workflow document", page)
	}
	checkFieldTable(t, page, section, workflowNames)
}

// A page says of each kind whether it is authority or evidence, and statement.md lists it.
func TestPagesName(t *testing.T) {
	list, err := os.ReadFile(specFolder + "/statement.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range fixtures() {
		page, err := os.ReadFile(filepath.Join(specFolder, "kinds", s.Code.String()+".md"))
		if err != nil {
			t.Fatal(err)
		}
		role := "Evidence"
		if s.Code.Authority() {
			role = "Authority"
		}
		words := strings.Join(strings.Fields(string(page)), " ")
		if want := fmt.Sprintf("%s; code 0x%02x; predicate type `%s`.", role, uint8(s.Code), s.Code.PredicateType()); !strings.Contains(words, want) {
			t.Errorf("the page of %s does not say %q", s.Code, want)
		}
		if link := fmt.Sprintf("(kinds/%s.md)", s.Code); !strings.Contains(string(list), link) {
			t.Errorf("statement.md does not link %s", link)
		}
	}
}

// checkFieldTable: the page has a row for every member of the kind, and for no other.
func checkFieldTable(t *testing.T, page, text string, names []string) {
	t.Helper()
	rows := make(map[string]bool)
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Za-z]+)` \\|").FindAllStringSubmatch(text, -1) {
		rows[row[1]] = true
		if indexOf(names, row[1]) < 0 {
			t.Errorf("%s describes the member %s, which the kind does not have", page, row[1])
		}
	}
	for _, name := range names {
		if !rows[name] && (name == "spends" || indexOf(commonNames, name) < 0) {
			t.Errorf("%s does not describe the member %s", page, name)
		}
	}
}
