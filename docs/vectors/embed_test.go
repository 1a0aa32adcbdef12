package vectors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// TestFiles: every line is one JSON object that says what it tests and what comes of
// it, and README.md lists every file with its number of lines.
func TestFiles(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(Files, "*.jsonl")
	if err != nil || len(names) == 0 {
		t.Fatal("no files")
	}
	all := 0
	for _, name := range names {
		b, err := Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		good, bad := 0, 0
		for line := range bytes.Lines(b) {
			var v struct{ Result, Verdict string }
			if err := json.Unmarshal(line, &v); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			switch {
			case v.Result == "accept", v.Verdict != "" && v.Verdict != "INVALID":
				good++
			case v.Result == "refuse", v.Verdict == "INVALID":
				bad++
			default:
				t.Errorf("%s: a line without a result: %.100s", name, line)
			}
		}
		all += good + bad
		if row := fmt.Sprintf("| [%s](%s) | %d | %d |", name, name, good, bad); !strings.Contains(string(readme), row) {
			t.Errorf("README.md has no row that begins %s", row)
		}
	}
	if want := fmt.Sprintf("**%d vectors**", all); !strings.Contains(string(readme), want) {
		t.Errorf("README.md does not say %s", want)
	}
	if n := strings.Count(string(readme), ".jsonl)"); n != len(names) {
		t.Errorf("README.md lists %d files, there are %d", n, len(names))
	}
}
