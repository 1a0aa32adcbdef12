package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestVerifyRun: docket verify over the example of docs/spec/receipt.md, a release
// in a run: it prints who approved, and nothing of the kind once a grant is gone.
func TestVerifyRun(t *testing.T) {
	page, err := os.ReadFile("../../docs/spec/receipt.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(name string) string {
		_, rest, ok := strings.Cut(string(page), "\n```"+name+"\n")
		text, _, end := strings.Cut(rest, "\n```\n")
		if !ok || !end {
			t.Fatalf("no block %q", name)
		}
		return text
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("log.policy.genesis", block("genesis")+"\n")
	v := &verify{file: write("nine.txt", block("file-run")), policy: write("log.policy", block("policy")+"\n"), document: "contracts/9", offline: true}
	now := time.Date(2026, 11, 10, 14, 5, 20, 0, time.UTC)
	print := func(receipt string, exit int) string {
		t.Helper()
		write("nine.txt.docket", receipt)
		verdict, err := v.run(context.Background(), now)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		v.print(&out, verdict)
		if verdict.Exit != exit {
			t.Fatalf("exit %d, want %d\n%s", verdict.Exit, exit, &out)
		}
		return out.String()
	}
	text := print(block("receipt-run"), 0)
	for _, want := range []string{
		"\n  run        R1, success after this entry, success as of size 11; request sha256:",
		"\n  approved   by h/legal (human) in the role legal, meaning approval, by the rule four-eyes: entry 6,",
		"\n  approved   by h/risk (human) in the role risk,",
		"\n  that the approvals were enough",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	before, after, ok := strings.Cut(block("receipt-run"), `{"envelope":{"payload":"eyJ`) // the statement, then the first grant
	if !ok {
		t.Fatal("no grant")
	}
	_, after, _ = strings.Cut(after, `{"envelope":{"payload":"eyJ`)
	v.json = true
	if text := print(before+`{"envelope":{"payload":"eyJ`+after, 40); strings.Contains(text, `"approvals"`) || !strings.Contains(text, "5 registers, a document.release (in run \\\"R1\\\", 2 grants) needs 7") {
		t.Error(text)
	}
}
