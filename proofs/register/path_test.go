package register

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

type badPath struct {
	name string
	path []byte
}

// goodPath returns the encoding that the bad ones are made from: inclusion, depth 2, both siblings.
func goodPath(t testing.TB) []byte {
	t.Helper()
	tree, src := rootOf(t, exampleTree(t))
	p, err := tree.Prove(src, DocumentKey("contract-7"))
	if err != nil {
		t.Fatal(err)
	}
	return p.Marshal()
}

// badPaths breaks one rule of the encoding each.
func badPaths(t testing.TB) []badPath {
	good := goodPath(t)
	edit := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(good)) }
	set := func(i int, x byte) []byte { return edit(func(b []byte) []byte { b[i] = x; return b }) }
	return []badPath{
		{"empty", nil},
		{"two bytes", good[:2]},
		{"no bitmap", good[:3]},
		{"result 0", set(0, 0)},
		{"result 4", set(0, 4)},
		{"depth 0", edit(func(b []byte) []byte { b[2] = 0; return b[:3] })},
		{"depth 257", append([]byte{1, 1, 1}, make([]byte, 33)...)},
		{"bit beyond the depth", set(3, 7)},
		{"bit beyond the depth, with a sibling for it", append(set(3, 7), good[4:36]...)},
		{"listed sibling is zero", edit(func(b []byte) []byte { clear(b[4:36]); return b })},
		{"last listed sibling is zero", edit(func(b []byte) []byte { clear(b[36:68]); return b })},
		{"fewer siblings than bits", good[:36]},
		{"half a sibling", good[:67]},
		{"more siblings than bits", set(3, 1)},
		{"a byte after the end", append(bytes.Clone(good), 0)},
		{"inclusion with another leaf", append(bytes.Clone(good), make([]byte, 64)...)},
		{"result 2 without a leaf", set(0, 2)},
		{"result 2 with half a leaf", append(set(0, 2), make([]byte, 32)...)},
		{"result 3 with a leaf", append(set(0, 3), make([]byte, 64)...)},
	}
}

func TestParsePathRefuses(t *testing.T) {
	if _, err := ParsePath(goodPath(t)); err != nil {
		t.Fatal(err)
	}
	for _, tc := range badPaths(t) {
		if _, err := ParsePath(tc.path); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v, want ErrFormat", tc.name, err)
		}
	}
}

// TestPathFlips flips every bit of small proofs of all three results and demands that each flip is refused by parsing or verifying.
func TestPathFlips(t *testing.T) {
	tree, src := rootOf(t, exampleTree(t))
	value := exampleTree(t)[0].ValueHash
	for _, id := range []string{"contract-7", "contract-8", "contract-14"} {
		key := DocumentKey(id)
		p, err := tree.Prove(src, key)
		if err != nil {
			t.Fatal(err)
		}
		verify := func(p Path) error {
			if id == "contract-7" {
				return p.VerifyInclusion(key, value, tree.Root())
			}
			return p.VerifyAbsence(key, tree.Root())
		}
		if err := verify(p); err != nil {
			t.Fatal(err)
		}
		enc := p.Marshal()
		for i := range 8 * len(enc) {
			enc[i/8] ^= 1 << (i % 8)
			if bad, err := ParsePath(enc); err == nil && verify(bad) == nil {
				t.Errorf("%s: bit %d flipped, still verifies", id, i)
			}
			enc[i/8] ^= 1 << (i % 8)
		}
	}
}

func TestPathVerifyRefuses(t *testing.T) {
	tree, src := rootOf(t, exampleTree(t))
	root, value := tree.Root(), exampleTree(t)[0].ValueHash
	prove := func(id string) Path {
		p, err := tree.Prove(src, DocumentKey(id))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	included, other, absent := prove("contract-7"), prove("contract-8"), prove("contract-14")
	key7, key8, key14 := DocumentKey("contract-7"), DocumentKey("contract-8"), DocumentKey("contract-14")

	far := other
	far.Other.Key[0] ^= 0x40 // inside the first two bits
	relabelled := other
	relabelled.Other.ValueHash = value
	asOther := included
	asOther.Result, asOther.Other = ResultOther, Leaf{key7, value}
	asAbsent := included
	asAbsent.Result = ResultAbsent
	shallow := included
	shallow.Siblings = included.Siblings[:1]
	deep := Path{Result: ResultAbsent, Siblings: make([]Hash, 257)}
	deepInclusion := Path{Result: ResultInclusion, Siblings: deep.Siblings}

	var mismatch *RootMismatchError
	for _, tc := range []struct {
		name     string
		err      error
		mismatch bool
	}{
		{"absence read as inclusion", absent.VerifyInclusion(key14, value, root), false},
		{"other leaf read as inclusion", other.VerifyInclusion(key8, other.Other.ValueHash, root), false},
		{"inclusion read as absence", included.VerifyAbsence(key7, root), false},
		{"unknown result", Path{Result: 9, Siblings: make([]Hash, 1)}.VerifyAbsence(key7, root), false},
		{"no siblings", Path{Result: ResultAbsent}.VerifyAbsence(key7, Hash{}), false},
		{"inclusion with 257 siblings", deepInclusion.VerifyInclusion(key7, value, root), false},
		{"257 siblings", deep.VerifyAbsence(key7, root), false},
		{"other leaf is the searched one", asOther.VerifyAbsence(key7, root), false},
		{"other leaf outside the way", far.VerifyAbsence(key8, root), false},
		{"other leaf relabelled", relabelled.VerifyAbsence(key8, root), true},
		{"included key claimed absent", asAbsent.VerifyAbsence(key7, root), true},
		{"wrong value", included.VerifyInclusion(key7, h("v"), root), true},
		{"wrong key", included.VerifyInclusion(key8, value, root), true},
		{"wrong root", included.VerifyInclusion(key7, value, h("root")), true},
		{"shallower", shallow.VerifyInclusion(key7, value, root), true},
		{"absent for another key", absent.VerifyAbsence(DocumentKey("contract-7"), root), true},
	} {
		if !errors.Is(tc.err, ErrProof) {
			t.Errorf("%s: %v, want ErrProof", tc.name, tc.err)
		}
		if errors.As(tc.err, &mismatch) != tc.mismatch {
			t.Errorf("%s: %v", tc.name, tc.err)
		}
	}
}

// TestPathDeep builds paths of up to 256 levels by keys that differ in their last bits.
func TestPathDeep(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	base := randomKey(r, false)
	m := map[Key]Hash{base: h("base")}
	for _, bit := range []int{255, 254, 200, 31, 30, 8, 3} {
		k := base
		k[bit>>3] ^= 1 << (7 - bit&7)
		m[k] = h("x")
	}
	tree, _, src := mustUpdate(t, New(9), nil, sorted(m))
	if want := naiveRoot(m); tree.Root() != want {
		t.Fatalf("root %x, want %x", tree.Root(), want)
	}
	p, err := tree.Prove(src, base)
	if err != nil {
		t.Fatal(err)
	}
	if p.Depth() != 256 {
		t.Errorf("depth %d, want 256", p.Depth())
	}
	back, err := ParsePath(p.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	if err := back.VerifyInclusion(base, m[base], tree.Root()); err != nil {
		t.Error(err)
	}
	k := base
	k[31] ^= 3
	absent, err := tree.Prove(src, k)
	if err != nil {
		t.Fatal(err)
	}
	if err := absent.VerifyAbsence(k, tree.Root()); err != nil {
		t.Error(err)
	}
}
