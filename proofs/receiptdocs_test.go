package proofs

import (
	"encoding/hex"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDocsOfReceipts holds docs/spec/receipt.md to the code: its example is a
// receipt that verifies with its policy, and its tables list every name.
func TestDocsOfReceipts(t *testing.T) {
	l := newWrittenLog(t)
	agree(t, "receipt.md", "receipt", string(l.second().Marshal())+"\n")
	page := blocks(t, "receipt.md")
	v := l.verifier(page["policy"])
	agree(t, "receipt.md", "genesis", hex.EncodeToString(v.Genesis[:])+"\n")
	file := strings.TrimSuffix(page["file"], "\n")
	receipt, err := ParseReceipt([]byte(strings.TrimSuffix(page["receipt"], "\n")))
	if err != nil {
		t.Fatal(err)
	}
	got := v.Verify(receipt, Expect{File: fileDigest(file), Document: "contracts/1", Now: 1794319520000, MaxAge: 24 * 3600 * 1000})
	agree(t, "receipt.md", "verdict", got.String())
	b, err := got.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	shown := strings.TrimSuffix(page["json"], "\n")
	agree(t, "receipt.md", "json", string(b[:min(len(b), len(shown))])+"\n")
	if other := v.Verify(receipt, Expect{File: fileDigest(file + "\n"), Document: "contracts/1"}); other.Exit != ExitUnknown {
		t.Errorf("another file: exit %d", other.Exit)
	}
}

// TestDocsOfRuns: the second example, a release in a run with two grants.
func TestDocsOfRuns(t *testing.T) {
	l := newRunLog(t)
	agree(t, "receipt.md", "receipt-run", string(l.approved().Marshal())+"\n")
	page := blocks(t, "receipt.md")
	receipt, err := ParseReceipt([]byte(strings.TrimSuffix(page["receipt-run"], "\n")))
	if err != nil {
		t.Fatal(err)
	}
	v := l.verifier(page["policy"])
	file := fileDigest(strings.TrimSuffix(page["file-run"], "\n"))
	got := v.Verify(receipt, Expect{File: file, Document: "contracts/9", Now: 1794319520000, MaxAge: 24 * 3600 * 1000})
	agree(t, "receipt.md", "verdict-run", got.Brief())
	if hex.EncodeToString(v.Genesis[:]) != strings.TrimSpace(page["genesis"]) {
		t.Error("another genesis")
	}
}

// TestDocsListChecks: the table of the page has the checks in the order in which
// Verify makes them.
func TestDocsListChecks(t *testing.T) {
	text, err := os.ReadFile("../docs/spec/receipt.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| check | demands |")
	table, _, _ = strings.Cut(table, "\n\n")
	var listed []CheckName
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z ]+)`").FindAllStringSubmatch(table, -1) {
		listed = append(listed, CheckName(m[1]))
	}
	l := newRunLog(t)
	for name, r := range map[string]*Receipt{"one grant": l.approvedWith(newGrant("h/risk", "risk")), "direct": newWrittenLog(t).second()} {
		var made []CheckName
		for _, c := range l.verifier(testPolicyText()).Verify(r, expectationOf(r)).Checks {
			made = append(made, c.Name)
		}
		want := listed
		if name == "direct" {
			from, to := slices.Index(listed, CheckRun), slices.Index(listed, CheckFile)
			want = slices.Concat(listed[:from], listed[to:])
		}
		if !slices.Equal(want, made) {
			t.Errorf("%s: the page lists\n%q\nVerify makes\n%q", name, want, made)
		}
	}
}
