package proofs

import (
	"encoding/hex"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocsOfReceipts holds docs/spec/receipt.md to the code: its example is a
// receipt that verifies with its policy, and its tables list every name.
func TestDocsOfReceipts(t *testing.T) {
	page := blocks(t, "receipt.md")
	policy, err := ParsePolicy([]byte(page["policy"]))
	if err != nil {
		t.Fatal(err)
	}
	genesis, err := hex.DecodeString(strings.TrimSpace(page["genesis"]))
	if err != nil || len(genesis) != 32 {
		t.Fatalf("genesis %q, %v", page["genesis"], err)
	}
	file := strings.TrimSuffix(page["file"], "\n")
	receipt, err := ParseReceipt([]byte(strings.TrimSuffix(page["receipt"], "\n")))
	if err != nil {
		t.Fatal(err)
	}
	v := Verifier{Policy: policy, Genesis: Hash(genesis)}
	got := v.Verify(receipt, Expect{File: fileDigest(file), Document: "contracts/1", Now: 1794319520000, MaxAge: 24 * 3600 * 1000})
	if diff := cmp.Diff(page["verdict"], got.String()); diff != "" {
		t.Errorf("verdict (-page +code):\n%s", diff)
	}
	b, err := got.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(b), strings.TrimSuffix(page["json"], "\n")) {
		t.Errorf("the JSON form begins\n%s", b[:min(len(b), 1500)])
	}
	// The example is the one that the tests of this package write.
	l := newWrittenLog(t)
	if diff := cmp.Diff(string(l.second().Marshal()), string(receipt.Marshal())); diff != "" {
		t.Errorf("receipt:\n%s", l.receipt(entrySecond).Marshal())
	}
	if other := v.Verify(receipt, Expect{File: fileDigest(file + "\n"), Document: "contracts/1"}); other.Exit != ExitUnknown {
		t.Errorf("another file: exit %d", other.Exit)
	}
}

// TestDocsOfRuns: the second example, a release in a run with two grants.
func TestDocsOfRuns(t *testing.T) {
	page := blocks(t, "receipt.md")
	l := newRunLog(t)
	text := strings.TrimSuffix(page["receipt-run"], "\n")
	if want := string(l.approved().Marshal()); text != want {
		t.Fatalf("the tests of this package write the receipt\n%s", want)
	}
	receipt, err := ParseReceipt([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	file := fileDigest(strings.TrimSuffix(page["file-run"], "\n"))
	got := l.verifier(page["policy"]).Verify(receipt, Expect{File: file, Document: "contracts/9", Now: 1794319520000, MaxAge: 24 * 3600 * 1000})
	if diff := cmp.Diff(page["verdict-run"], got.Brief()); diff != "" {
		t.Errorf("verdict (-page +code):\n%s\n%s", diff, got.Brief())
	}
	if genesis := l.verifier(page["policy"]).Genesis; hex.EncodeToString(genesis[:]) != strings.TrimSpace(page["genesis"]) {
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
