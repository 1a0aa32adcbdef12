package proofs

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var writePages = flag.Bool("write-pages", false, "write the examples of receipt.md and claims.md instead of comparing them")

// blocks returns the fenced blocks of a page of docs/spec by their info string.
func blocks(t *testing.T, page string) map[string]string {
	t.Helper()
	b, err := os.ReadFile("../docs/spec/" + page)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	for {
		_, rest, ok := strings.Cut(string(b), "\n```")
		if !ok {
			return found
		}
		info, rest, _ := strings.Cut(rest, "\n")
		text, rest, ok := strings.Cut(rest, "\n```\n")
		if !ok {
			t.Fatalf("%s: block %q does not end", page, info)
		}
		if _, twice := found[info]; twice && info != "" {
			t.Fatalf("%s: two blocks %q", page, info)
		}
		found[info] = text + "\n"
		b = []byte("\n" + rest)
	}
}

// agree compares a block of a page with what the code makes; the flag -write-pages writes it
// into the page instead.
func agree(t *testing.T, page, name, got string) {
	t.Helper()
	was := blocks(t, page)[name]
	if was == got {
		return
	}
	if !*writePages {
		t.Errorf("%s: block %q (-page +code):\n%s", page, name, cmp.Diff(was, got))
		return
	}
	b, err := os.ReadFile("../docs/spec/" + page)
	if err != nil {
		t.Fatal(err)
	}
	fence := "\n```" + name + "\n"
	if err := os.WriteFile("../docs/spec/"+page, bytes.Replace(b, []byte(fence+was), []byte(fence+got), 1), 0o644); err != nil {
		t.Fatal(err)
	}
}

func fromHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDocsOfCheckpoints(t *testing.T) {
	page := blocks(t, "checkpoint.md")
	key := mustKey(t, strings.TrimSpace(page["vkey"]))
	if key.String() != testLog.key.String() {
		t.Errorf("the key is %s", testLog.key)
	}
	cp, n, err := OpenCheckpoint([]byte(page["checkpoint"]), []VerifierKey{key})
	if err != nil || cp != testCheckpoint(3) || cp.CheckDocket() != nil || len(n.Signatures) != 4 {
		t.Fatalf("%+v, %v", cp, err)
	}
	message, err := CosignatureMessage(TypeEd25519Cosignature, "any", 1763762400, cp)
	if err != nil || string(message) != page["cosignature-message"] {
		t.Errorf("%q, %v", message, err)
	}
	message, err = CosignatureMessage(TypeMLDSA44, "log.example", 1763762400, cp)
	if err != nil || !bytes.Equal(message, fromHex(t, page["subtree-message"])) {
		t.Errorf("%x, %v", message, err)
	}
	next := newSigner("log.example", TypeEd25519, 3)
	agree(t, "checkpoint.md", "key-list", string(listOf(t, []testSigner{testLog, next}, testLog, next).Marshal()))
	l, err := ParseKeyList([]byte(blocks(t, "checkpoint.md")["key-list"]))
	if err != nil {
		t.Fatal(err)
	}
	if in, err := l.Introduced([]VerifierKey{key}); err != nil || len(in.Keys) != 1 || in.Keys[0].String() != next.key.String() {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestDocsOfTiles(t *testing.T) {
	page := blocks(t, "tiles.md")
	for line := range strings.Lines(page["tile-paths"]) {
		var tile Tile
		var path string
		if _, err := fmt.Sscan(line, &tile.Level, &tile.N, &tile.Width, &path); err != nil {
			t.Fatal(err)
		}
		if got, err := ParseTilePath(path); err != nil || got != tile || tile.Path() != path {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
	for line := range strings.Lines(page["entries-paths"]) {
		var n uint64
		var width int
		var path string
		if _, err := fmt.Sscan(line, &n, &width, &path); err != nil {
			t.Fatal(err)
		}
		if gotN, gotWidth, err := ParseEntriesPath(path); err != nil || gotN != n || gotWidth != width {
			t.Errorf("%s: %d, %d, %v", path, gotN, gotWidth, err)
		}
	}
	for line := range strings.Lines(page["partial-tiles"]) {
		words := strings.Fields(line)
		size, err := strconv.ParseUint(words[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		var paths []string
		for _, tile := range PartialTiles(size) {
			paths = append(paths, tile.Path())
		}
		if got := strings.Join(paths, " "); got != strings.Join(words[1:], " ") {
			t.Errorf("size %d: %s", size, got)
		}
	}
	leaves, err := ParseEntryBundle(fromHex(t, page["entry-bundle"]), 2, 8192)
	if err != nil || string(leaves[0]) != "leaf 0" || string(leaves[1]) != "leaf 1" {
		t.Errorf("%q, %v", leaves, err)
	}
	if err := VerifyEntries(leaves, fromHex(t, page["hash-tile"])); err != nil {
		t.Error(err)
	}
	if !strings.Contains(page[""], "256^l") {
		t.Error("the page has lost its formula")
	}
}

func TestDocsOfPolicies(t *testing.T) {
	page := blocks(t, "policy.md")
	p, err := ParsePolicy([]byte(page["policy"]))
	if err != nil || len(p.Warnings()) != 0 {
		t.Fatalf("%v, %q", err, p.Warnings())
	}
	cp, r, err := p.Open([]byte(blocks(t, "checkpoint.md")["checkpoint"]), 1763762460)
	if err != nil || cp.Size != 3 || !r.Satisfied {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := fmt.Sprintln(r.QuorumTime); got != page["quorum-time"] {
		t.Errorf("quorum time %s", got)
	}
	if got := fmt.Sprintln(r.Tolerates); got != page["tolerates"] {
		t.Errorf("tolerates %s", got)
	}
	if got := fmt.Sprint(r.Members); got != "[w1 w3 auditor]" {
		t.Error(got)
	}
	proof, err := ParseTLogProof([]byte(page["tlog-proof"]))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := proof.Verify(LeafHash([]byte("leaf 1")), p, 1763762460); err != nil {
		t.Error(err)
	}
}

// The examples in the package documentation are those of docs/spec.
func TestPackageDocExamples(t *testing.T) {
	b, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var code []string
	for line := range strings.Lines(string(b)) {
		if text, ok := strings.CutPrefix(line, "//\t"); ok {
			code = append(code, text)
		} else if line == "//\n" && len(code) > 0 && code[len(code)-1] != "\n" {
			code = append(code, "\n")
		}
	}
	text := strings.Join(code, "")
	body, rest, _ := strings.Cut(text, "\n\n")
	lines, rest, _ := strings.Cut(rest, "\n\n")
	vkey, rest, _ := strings.Cut(rest, "\n\n")
	policy := strings.TrimRight(rest, "\n") + "\n"
	cp, n, err := OpenCheckpoint([]byte(body+"\n\n"+lines+"\n"), []VerifierKey{mustKey(t, vkey)})
	if err != nil || cp != testCheckpoint(3) {
		t.Fatalf("%+v, %v", cp, err)
	}
	p, err := ParsePolicy([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	if r, err := p.Evaluate(n, 1763762400); err != nil || r.QuorumTime != 1763762400 {
		t.Errorf("%+v, %v", r, err)
	}
}
