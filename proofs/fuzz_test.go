package proofs

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	flog "github.com/transparency-dev/formats/log"
	fproof "github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Each target demands that what a parser takes is what its formatter prints,
// and that the parsers of others read the same.

func FuzzParseCheckpoint(f *testing.F) {
	for _, s := range []string{"log.example\n3\n1Pksj7uJcg6ztVZ3x9fvrd/rENEaGoSguo8aIzN/qpU=\n", "a\n0\n" + emptyRootText + "\n", "a\n007\n" + emptyRootText + "\nx\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		cp, err := ParseCheckpoint(b)
		if err != nil {
			return
		}
		if !bytes.Equal(cp.Marshal(), b) {
			t.Fatalf("%q is printed as %q", b, cp.Marshal())
		}
		var theirs flog.Checkpoint
		if rest, err := theirs.Unmarshal(b); err != nil || len(rest) > 0 || theirs.Size != cp.Size || !bytes.Equal(theirs.Hash, cp.Root[:]) {
			t.Fatalf("formats reads %+v, %v", theirs, err)
		}
	})
}

func FuzzParseNote(f *testing.F) {
	for _, s := range []string{testNote, "a\n\nb\n\n— a AAAAAAA=\n", "\n\n— ç AAAAAAA=\n— b AAAAAAA=\n", "a\n\n— a AAAAAAB=\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := ParseNote(b)
		if err != nil {
			return
		}
		if !bytes.Equal(n.Marshal(), b) {
			t.Fatalf("%q is printed as %q", b, n.Marshal())
		}
		_, err = note.Open(b, nil)
		theirs, ok := err.(*note.UnverifiedNoteError)
		if !ok || theirs.Note.Text != string(n.Body) {
			t.Fatalf("x/mod: %v", err)
		}
	})
}

func FuzzParseSignatureLines(f *testing.F) {
	f.Add([]byte("— a AAAAAAA=\n— b AAAAAAA=\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		signatures, err := ParseSignatureLines(b)
		if err != nil {
			return
		}
		var again []byte
		for _, s := range signatures {
			again = append(again, SignatureLine(s.Name, s.ID, s.Signature)...)
		}
		if !bytes.Equal(again, b) {
			t.Fatalf("%q is printed as %q", b, again)
		}
	})
}

func FuzzParseVerifierKey(f *testing.F) {
	for _, typ := range []uint8{TypeEd25519, TypeEd25519Cosignature, TypeMLDSA44} {
		f.Add(newSigner("log.example", typ, 1).key.String())
	}
	f.Fuzz(func(t *testing.T, s string) {
		key, err := ParseVerifierKey(s)
		if err != nil {
			return
		}
		if key.String() != s || key.check() != nil {
			t.Fatalf("%q is printed as %q", s, key)
		}
		if key.Type == TypeEd25519 {
			if v, err := note.NewVerifier(s); err != nil || v.KeyHash() != key.ID {
				t.Fatalf("x/mod: %v", err)
			}
		}
	})
}

func FuzzParseTilePath(f *testing.F) {
	for _, s := range []string{"tile/0/000", "tile/63/x001/x234/067.p/5", "tile/entries/x001/234.p/5", "tile/0/x000/001", "tile/00/000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if tile, err := ParseTilePath(s); err == nil {
			if tile.Path() != s || tile.Level > 63 || tile.N > MaxSize || tile.Width < 1 || tile.Width > 256 {
				t.Fatalf("%q is %+v", s, tile)
			}
			theirs, err := tlog.ParseTilePath("tile/8" + s[len("tile"):])
			if err != nil || uint64(theirs.N) != tile.N || theirs.L != int(tile.Level) || theirs.W != tile.Width {
				t.Fatalf("x/mod: %+v, %v", theirs, err)
			}
		}
		if n, width, err := ParseEntriesPath(s); err == nil {
			if EntriesPath(n, width) != s || n > MaxSize || width < 1 || width > 256 {
				t.Fatalf("%q is %d, %d", s, n, width)
			}
		}
	})
}

func FuzzParseEntryBundle(f *testing.F) {
	f.Add(makeBundle(f, []byte("leaf 0"), nil, []byte("leaf 2")), 3, 8192)
	f.Add([]byte{0xff, 0xff, 0}, 1, 65535)
	f.Fuzz(func(t *testing.T, b []byte, width, maxLeaf int) {
		leaves, err := ParseEntryBundle(b, width, maxLeaf)
		if err != nil {
			return
		}
		if len(leaves) != width || width < 1 || width > 256 || !bytes.Equal(makeBundle(t, leaves...), b) {
			t.Fatalf("%d leaves, want %d", len(leaves), width)
		}
	})
}

func FuzzParsePolicy(f *testing.F) {
	for _, s := range []string{nested, "quorum none\n", "# x\n\nlog $L https://a\nwitness a $1\ngroup g all a\nquorum g\n", "group g 0 a\nquorum g\n"} {
		f.Add([]byte(policyText(s)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePolicy(b)
		if err != nil {
			return
		}
		if err := p.Check(); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		again, err := ParsePolicy([]byte(p.String()))
		if err != nil || !cmp.Equal(p, again) {
			t.Fatalf("%q is printed as %q: %v", b, p, err)
		}
		if _, ok := p.EarliestQuorum(make([]int64, len(p.Witnesses))); ok != (p.Quorum == NoQuorum) {
			t.Fatalf("%q: nobody satisfies the quorum", b)
		}
		all := make([]int64, len(p.Witnesses))
		for i := range all {
			all[i] = 1
		}
		if _, ok := p.EarliestQuorum(all); !ok {
			t.Fatalf("%q: all together do not satisfy the quorum", b)
		}
		p.Warnings()
	})
}

func FuzzParseTLogProof(f *testing.F) {
	p := testProof(f, 1, 3)
	f.Add(p.Marshal())
	p.Extra = []byte("extra")
	f.Add(p.Marshal())
	f.Add([]byte("c2sp.org/tlog-proof@v1\nindex 0\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParseTLogProof(b)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Marshal(), b) {
			t.Fatalf("%q is printed as %q", b, p.Marshal())
		}
		if len(b) > 60000 {
			return // formats reads lines up to 64 KiB only
		}
		var theirs fproof.TLogProof
		if err := theirs.Unmarshal(b); err != nil || theirs.Index != p.Index || !bytes.Equal(theirs.Checkpoint, p.Checkpoint) {
			t.Fatalf("formats reads %+v, %v", theirs, err)
		}
	})
}

// Proofs of any shape end in a verdict, never in a panic, and a proof for one
// tree of 16 leaves is no other.
func FuzzVerifyProofs(f *testing.F) {
	tree := newTestTree(16)
	p, _ := ProveInclusion(5, 13, tree.node)
	f.Add(uint64(5), uint64(13), bytes.Join(byteSlices(p), nil))
	f.Fuzz(func(t *testing.T, index, size uint64, raw []byte) {
		var hashes []Hash
		for len(raw) >= 32 {
			hashes, raw = append(hashes, Hash(raw)), raw[32:]
		}
		head := TreeHead{Size: size, Root: Hash{1}}
		if size <= 16 {
			head = tree.head(size)
		}
		if VerifyInclusion(LeafHash([]byte("leaf 5")), index, head, hashes) == nil && index != 5 {
			t.Fatalf("leaf 5 is at %d of %d", index, size)
		}
		if VerifyConsistency(TreeHead{Size: index, Root: Hash{2}}, head, hashes) == nil {
			t.Fatalf("consistent with a root of nothing, %d to %d", index, size)
		}
	})
}

func FuzzParseAddCheckpoint(f *testing.F) {
	note := testNote
	for _, s := range []string{"old 0\n\n" + note, "old 2\n1Pksj7uJcg6ztVZ3x9fvrd/rENEaGoSguo8aIzN/qpU=\n\n" + note, "old 02\n\n" + note, "old 1\n\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseAddCheckpoint(b)
		if err != nil {
			return
		}
		if !bytes.Equal(a.Marshal(), b) {
			t.Fatalf("%q is printed as %q", b, a.Marshal())
		}
		if len(a.Proof) > maxProof {
			t.Fatalf("%d hashes", len(a.Proof))
		}
	})
}
