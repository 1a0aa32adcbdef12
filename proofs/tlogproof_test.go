package proofs

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	fproof "github.com/transparency-dev/formats/proof"
)

// testProof is the proof of "leaf <index>" in a tree of the given size.
func testProof(t testing.TB, index, size uint64) TLogProof {
	t.Helper()
	cp := testCheckpoint(size)
	hashes, err := ProveInclusion(index, size, newTestTree(int(size)).node)
	if err != nil {
		t.Fatal(err)
	}
	return TLogProof{Index: index, Proof: hashes, Checkpoint: signedNote(cp.Marshal(), testLog.line(t, cp, 0))}
}

func TestTLogProofRoundTrip(t *testing.T) {
	p := mustPolicy(t, "log $L\nquorum none\n")
	for size := uint64(1); size <= 20; size++ {
		for index := range size {
			want := testProof(t, index, size)
			if index%2 == 1 {
				want.Extra = []byte{byte(index)}
			}
			b := want.Marshal()
			got, err := ParseTLogProof(b)
			if err != nil || !bytes.Equal(got.Marshal(), b) || got.Index != index {
				t.Fatalf("%d in %d: %v", index, size, err)
			}
			cp, r, err := got.Verify(LeafHash([]byte(fmt.Sprintf("leaf %d", index))), p, 0)
			if err != nil || cp != testCheckpoint(size) || !r.Satisfied {
				t.Fatalf("%d in %d: %+v, %v", index, size, cp, err)
			}
			var theirs fproof.TLogProof
			if err := theirs.Unmarshal(b); err != nil || theirs.Index != index || !bytes.Equal(theirs.Checkpoint, got.Checkpoint) ||
				!bytes.Equal(theirs.ExtraData, got.Extra) || !bytes.Equal(theirs.Marshal(), b) {
				t.Fatalf("formats reads %+v, %v", theirs, err)
			}
		}
	}
}

func TestTLogProofIsCanonical(t *testing.T) {
	good := testProof(t, 1, 3)
	text := string(good.Marshal())
	withExtra := good
	withExtra.Extra = []byte("abc")
	extra := string(withExtra.Marshal())
	if !strings.Contains(extra, "extra YWJj\n") {
		t.Fatal(extra)
	}
	header := "c2sp.org/tlog-proof@v1\n"
	hashLine := encodeBase64(make([]byte, 32)) + "\n"
	for name, s := range map[string]string{
		"empty":               "",
		"first line missing":  strings.TrimPrefix(text, header),
		"first line v2":       strings.Replace(text, "@v1", "@v2", 1),
		"first line only":     header,
		"CRLF":                strings.ReplaceAll(text, "\n", "\r\n"),
		"CR after the index":  strings.Replace(text, "index 1\n", "index 1\r\n", 1),
		"index 007":           strings.Replace(text, "index 1\n", "index 007\n", 1),
		"index 01":            strings.Replace(text, "index 1\n", "index 01\n", 1),
		"index +1":            strings.Replace(text, "index 1\n", "index +1\n", 1),
		"index 2^63":          strings.Replace(text, "index 1\n", "index 9223372036854775808\n", 1),
		"no index":            strings.Replace(text, "index 1\n", "", 1),
		"empty index":         strings.Replace(text, "index 1\n", "index \n", 1),
		"bare number":         strings.Replace(text, "index 1\n", "1\n", 1),
		"two indexes":         strings.Replace(text, "index 1\n", "index 1\nindex 1\n", 1),
		"index is the size":   strings.Replace(text, "index 1\n", "index 3\n", 1),
		"index above it":      strings.Replace(text, "index 1\n", "index 4\n", 1),
		"empty extra":         strings.Replace(extra, "extra YWJj\n", "extra \n", 1),
		"extra without space": strings.Replace(extra, "extra YWJj\n", "extraYWJj\n", 1),
		"extra twice":         strings.Replace(extra, "extra YWJj\n", "extra YWJj\nextra YWJj\n", 1),
		"extra after index":   strings.Replace(extra, "extra YWJj\nindex 1\n", "index 1\nextra YWJj\n", 1),
		"extra padding bits":  strings.Replace(extra, "YWJj", "YWJ=", 1),
		"extra of 64 KiB + 1": strings.Replace(text, "index 1\n", "extra "+encodeBase64(make([]byte, MaxTLogProofExtra+1))+"\nindex 1\n", 1),
		"one hash too many":   strings.Replace(text, "index 1\n", "index 1\n"+hashLine, 1),
		"one hash too few":    strings.Replace(text, encodeBase64(good.Proof[0][:])+"\n", "", 1),
		"64 hashes":           strings.Replace(text, "index 1\n", "index 1\n"+strings.Repeat(hashLine, 62), 1),
		"a million hashes":    strings.Replace(text, "index 1\n", "index 1\n"+strings.Repeat(hashLine, 1<<20), 1),
		"hash of 31 bytes":    strings.Replace(text, encodeBase64(good.Proof[0][:]), encodeBase64(make([]byte, 31)), 1),
		"padding bits":        strings.Replace(text, encodeBase64(good.Proof[0][:])[42:], "V=\n", 1),
		"no empty line":       strings.Replace(text, "\n\nlog.example", "\nlog.example", 1),
		"two empty lines":     strings.Replace(text, "\n\nlog.example", "\n\n\nlog.example", 1),
		"no checkpoint":       text[:strings.Index(text, "\n\nlog.example")+2],
		"no signature":        text[:strings.Index(text, "\n—")],
		"no last newline":     strings.TrimSuffix(text, "\n"),
		"text after":          text + "x\n",
		"size 007":            strings.Replace(text, "\n3\n", "\n003\n", 1),
		"extension line":      strings.Replace(text, "\n\n—", "\next\n\n—", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if s == text || s == extra {
				t.Fatal("the case changes nothing")
			}
			if got, err := ParseTLogProof([]byte(s)); err == nil {
				t.Errorf("accepted as %+v", got)
			}
		})
	}
}

func TestTLogProofVerifyRefuses(t *testing.T) {
	good := testProof(t, 1, 3)
	leaf := LeafHash([]byte("leaf 1"))
	believe := mustPolicy(t, "log $L\nquorum none\n")
	var mismatch *RootMismatchError
	if _, _, err := good.Verify(LeafHash([]byte("leaf 2")), believe, 0); !errors.As(err, &mismatch) {
		t.Error("another leaf:", err)
	}
	if _, _, err := good.Verify(leaf, mustPolicy(t, "log $M\nquorum none\n"), 0); !errors.Is(err, ErrUnsigned) {
		t.Error("another log:", err)
	}
	cp, r, err := good.Verify(leaf, mustPolicy(t, "log $L\nwitness a $1\nquorum a\n"), 0)
	if !errors.Is(err, ErrQuorum) || cp.Size != 3 || r.Satisfied {
		t.Error("no quorum:", cp, r, err)
	}
	moved := good
	moved.Index = 0
	if _, _, err := moved.Verify(leaf, believe, 0); !errors.As(err, &mismatch) {
		t.Error("another index:", err)
	}
	for i := range good.Proof {
		for b := range good.Proof[i] {
			bad := good
			bad.Proof = append([]Hash(nil), good.Proof...)
			bad.Proof[i][b] ^= 1
			if _, _, err := bad.Verify(leaf, believe, 0); !errors.As(err, &mismatch) {
				t.Fatalf("hash %d byte %d: %v", i, b, err)
			}
		}
	}
}

func TestTLogProofExtraIsVerbatim(t *testing.T) {
	p := testProof(t, 0, 2)
	p.Extra = bytes.Repeat([]byte{0xff}, MaxTLogProofExtra)
	got, err := ParseTLogProof(p.Marshal())
	if err != nil || !cmp.Equal(got, p) {
		t.Fatal(err)
	}
}
