package server

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const problemsPage = "../../docs/problems.md"

// TestProblemsHaveSections: the page that a problem's type leads to has a section
// for every code in the Go sources, and no other one.
func TestProblemsHaveSections(t *testing.T) {
	want := append(serverCodes(t), admissionCodes(t)...)
	slices.Sort(want)
	want = slices.Compact(want)
	if len(want) < 30 {
		t.Fatalf("only %d codes found in the sources: %v", len(want), want)
	}
	var got []string
	for code := range problemSections(t) {
		got = append(got, code)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sections of %s (-codes in the sources +sections):\n%s", problemsPage, diff)
	}
}

// TestProblemsSayTheStatus: a section begins with the HTTP status of its code.
func TestProblemsSayTheStatus(t *testing.T) {
	sections := problemSections(t)
	check := func(code string, status int) {
		if !strings.HasPrefix(sections[code], fmt.Sprintf("HTTP %d. ", status)) {
			t.Errorf("section %s does not begin with HTTP %d", code, status)
		}
	}
	for _, code := range admissionCodes(t) {
		check(code, statusOf(code))
	}
	for _, p := range problems {
		check(p.code, p.status)
	}
	for code, status := range codes {
		check(code, status)
	}
}

// TestCodesAreComplete: the tables have the codes that the sources use, and no
// other ones.
func TestCodesAreComplete(t *testing.T) {
	used := make(map[string]bool)
	for _, code := range serverCodes(t) {
		used[code] = true
		if statusOf(code) == http.StatusUnprocessableEntity {
			t.Errorf("no table has the code %s", code)
		}
	}
	for code := range codes {
		if !used[code] {
			t.Errorf("nothing answers with the code %s", code)
		}
	}
	if diff := cmp.Diff(admissionCodes(t), refusalCodes); diff != "" {
		t.Errorf("refusal codes (-source +table):\n%s", diff)
	}
}

// problemSections are the texts of the page by code. A code stands in an anchor
// and in the heading after it.
func problemSections(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(problemsPage)
	if err != nil {
		t.Fatal(err)
	}
	parts := regexp.MustCompile(`(?m)^<a id="([^"]+)"></a>\n### (\S+)\n`).FindAllSubmatchIndex(page, -1)
	sections := make(map[string]string)
	for i, m := range parts {
		end := len(page)
		if i+1 < len(parts) {
			end = parts[i+1][0]
		}
		anchor, heading := string(page[m[2]:m[3]]), string(page[m[4]:m[5]])
		if anchor != heading {
			t.Errorf("anchor %s before heading %s", anchor, heading)
		}
		if _, twice := sections[anchor]; twice {
			t.Errorf("two sections %s", anchor)
		}
		sections[anchor] = string(page[m[1]:end])
	}
	return sections
}

// admissionCodes are the codes of the admission rules, as their source has them.
func admissionCodes(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("../../proofs/admission/refusal.go")
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, m := range regexp.MustCompile(`= "(E\d{3})"`).FindAllSubmatch(source, -1) {
		codes = append(codes, string(m[1]))
	}
	return codes
}

// serverCodes are the codes in this package's sources: the field Code of a
// Problem, the first argument of problem, and the table of outcomes of the log.
func serverCodes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if code, ok := codeIn(n); ok {
				codes = append(codes, code)
			}
			return true
		})
	}
	for _, p := range problems {
		codes = append(codes, p.code)
	}
	return codes
}

func codeIn(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
			return literal(n.Value)
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "problem" && len(n.Args) > 0 {
			return literal(n.Args[0])
		}
	}
	return "", false
}

// literal gives the text of a string literal. Codes that are computed come from
// refusals or from the table, which are read on their own.
func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
