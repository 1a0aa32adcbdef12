package proofs

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"strings"
	"sync"
	"testing"

	"filippo.io/mldsa"
)

// A testSigner is a verifier key with its private side. The signatures are
// deterministic.
type testSigner struct {
	key  VerifierKey
	sign func(message []byte) ([]byte, error)
}

// newSigner makes the key whose seed is 32 times the byte.
func newSigner(name string, typ uint8, seed byte) testSigner {
	return newSeedSigner(name, typ, bytes.Repeat([]byte{seed}, 32))
}

func newSeedSigner(name string, typ uint8, seed []byte) testSigner {
	var public []byte
	var sign func([]byte) ([]byte, error)
	if typ == TypeMLDSA44 {
		private := mldsaKey(string(seed))
		public = private.PublicKey().Bytes()
		sign = func(m []byte) ([]byte, error) { return private.SignDeterministic(m, nil) }
	} else {
		private := ed25519.NewKeyFromSeed(seed)
		public = private.Public().(ed25519.PublicKey)
		sign = func(m []byte) ([]byte, error) { return ed25519.Sign(private, m), nil }
	}
	key, err := NewVerifierKey(name, typ, public)
	if err != nil {
		panic(err)
	}
	return testSigner{key: key, sign: sign}
}

var mldsaKeys sync.Map

func mldsaKey(seed string) *mldsa.PrivateKey {
	if k, ok := mldsaKeys.Load(seed); ok {
		return k.(*mldsa.PrivateKey)
	}
	k, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), []byte(seed))
	if err != nil {
		panic(err)
	}
	mldsaKeys.Store(seed, k)
	return k
}

// line returns the signature line for a checkpoint; time 0 is for 0x01 keys and
// for cosignatures without a time.
func (s testSigner) line(t testing.TB, cp Checkpoint, time int64) []byte {
	t.Helper()
	var line []byte
	var err error
	if s.key.Type == TypeEd25519 {
		line, err = SignLogLine(s.key.Name, s.sign, s.key, cp.Marshal())
	} else {
		line, err = SignCosignatureLine(time, s.sign, s.key, cp)
	}
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// signedNote joins a body and signature lines.
func signedNote(body []byte, lines ...[]byte) []byte {
	return append(append(bytes.Clone(body), '\n'), bytes.Join(lines, nil)...)
}

var testLog = newSigner("log.example", TypeEd25519, 1)

// testCheckpoint is a checkpoint of testLog with leaves "leaf 0", "leaf 1", ...
func testCheckpoint(size uint64) Checkpoint {
	return Checkpoint{Origin: "log.example", TreeHead: newTestTree(int(size)).head(size)}
}

// A testTree is a naive tree: levels[l][i] is the complete subtree i of level l.
type testTree struct {
	leaves [][]byte
	levels [][]Hash
}

func newTestTree(size int) *testTree {
	t := &testTree{}
	for i := range size {
		t.add([]byte(fmt.Sprintf("leaf %d", i)))
	}
	return t
}

func (t *testTree) add(leaf []byte) {
	t.leaves = append(t.leaves, leaf)
	h := LeafHash(leaf)
	for level := 0; ; level++ {
		if level == len(t.levels) {
			t.levels = append(t.levels, nil)
		}
		t.levels[level] = append(t.levels[level], h)
		n := len(t.levels[level])
		if n%2 == 1 {
			return
		}
		h = NodeHash(t.levels[level][n-2], h)
	}
}

func (t *testTree) node(level uint, index uint64) (Hash, error) {
	if level >= uint(len(t.levels)) || index >= uint64(len(t.levels[level])) {
		return Hash{}, fmt.Errorf("no node %d at level %d", index, level)
	}
	return t.levels[level][index], nil
}

func (t *testTree) head(size uint64) TreeHead { return TreeHead{Size: size, Root: t.root(0, size)} }

// root is the definition of RFC 6962, section 2.1.
func (t *testTree) root(start, end uint64) Hash {
	switch n := end - start; n {
	case 0:
		return EmptyRoot
	case 1:
		return LeafHash(t.leaves[start])
	default:
		split := uint64(1)
		for split*2 < n {
			split *= 2
		}
		return NodeHash(t.root(start, start+split), t.root(start+split, end))
	}
}

// tile returns the bytes of a tile, whatever size it belongs to.
func (t *testTree) tile(tile Tile) ([]byte, error) {
	var b []byte
	for i := range tile.Width {
		h, err := t.node(8*uint(tile.Level), 256*tile.N+uint64(i))
		if err != nil {
			return nil, err
		}
		b = append(b, h[:]...)
	}
	return b, nil
}

// wantError demands an error that contains the text.
func wantError(t testing.TB, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Fatalf("error %v, want one with %q", err, text)
	}
}
