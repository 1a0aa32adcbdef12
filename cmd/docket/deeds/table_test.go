package deeds

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTable: each deed of docs/threat-model.md has tests, which exist, and each test of
// this package that does a deed has its row.
func TestTable(t *testing.T) {
	docs := filepath.Join("..", "..", "..", "docs")
	page, err := os.ReadFile(filepath.Join(docs, "threat-model.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n## Deeds of an operator\n")
	section, _, _ = strings.Cut(section, "\n## ")
	if !found {
		t.Fatal("docs/threat-model.md has no section of deeds")
	}
	link, rows, named := regexp.MustCompile(`\[(Test\w+)\]\(([^)]+)\)`), 0, make(map[string]bool)
	for _, line := range strings.Split(section, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 7 || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "| deed ") {
			continue
		}
		rows++
		for i, cell := range cells[1:6] {
			if strings.TrimSpace(cell) == "" {
				t.Errorf("%.60s: column %d is empty", line, i+1)
			}
		}
		tests := link.FindAllStringSubmatch(cells[5], -1)
		if len(tests) == 0 {
			t.Errorf("%.60s: it names no test", line)
		}
		for _, m := range tests {
			named[m[1]] = true
			source, err := os.ReadFile(filepath.Join(docs, m[2]))
			if err != nil || !strings.Contains(string(source), "\nfunc "+m[1]+"(t *testing.T) {") {
				t.Errorf("%.60s: %s is not in %s", line, m[1], m[2])
			}
		}
	}
	if rows < 17 {
		t.Errorf("only %d deeds", rows)
	}
	files, err := filepath.Glob("deed_*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (TestDeed\w+)\(`).FindAllStringSubmatch(string(source), -1) {
			if !named[m[1]] {
				t.Errorf("%s of %s has no row in docs/threat-model.md", m[1], name)
			}
		}
	}
}
