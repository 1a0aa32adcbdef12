package proofs

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"
	"golang.org/x/mod/sumdb/tlog"
)

const allSizes = 130

// A storage holds the hashes of a tree as x/mod wants them.
type storage []tlog.Hash

func newStorage(t *testing.T, leaves [][]byte) storage {
	var s storage
	for i, leaf := range leaves {
		hashes, err := tlog.StoredHashes(int64(i), leaf, s)
		if err != nil {
			t.Fatal(err)
		}
		s = append(s, hashes...)
	}
	return s
}

func (s storage) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		out = append(out, s[i])
	}
	return out, nil
}

func modHashes(hashes []Hash) []tlog.Hash {
	var out []tlog.Hash
	for _, h := range hashes {
		out = append(out, h)
	}
	return out
}

func TestInclusionAgreesWithModAndMerkle(t *testing.T) {
	tree, reference := newTestTree(allSizes), testonly.New(rfc6962.DefaultHasher)
	reference.AppendData(tree.leaves...)
	stored := newStorage(t, tree.leaves)
	for size := uint64(1); size <= allSizes; size++ {
		head := tree.head(size)
		for index := range size {
			got, err := ProveInclusion(index, size, tree.node)
			if err != nil {
				t.Fatal(err)
			}
			mod, err := tlog.ProveRecord(int64(size), int64(index), stored)
			if err != nil {
				t.Fatal(err)
			}
			merkle, err := reference.InclusionProof(index, size)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(modHashes(got), mod) || !slices.EqualFunc(byteSlices(got), merkle, bytes.Equal) {
				t.Fatalf("proof of %d in %d differs", index, size)
			}
			leaf := LeafHash(tree.leaves[index])
			if err := VerifyInclusion(leaf, index, head, got); err != nil {
				t.Fatalf("%d in %d: %v", index, size, err)
			}
			if err := tlog.CheckRecord(modHashes(got), int64(size), head.Root, int64(index), leaf); err != nil {
				t.Fatal(err)
			}
			if n := inclusionLength(index, size); n != len(got) {
				t.Fatalf("inclusionLength(%d, %d) = %d, want %d", index, size, n, len(got))
			}
		}
	}
}

func TestConsistencyAgreesWithModAndMerkle(t *testing.T) {
	tree, reference := newTestTree(allSizes), testonly.New(rfc6962.DefaultHasher)
	reference.AppendData(tree.leaves...)
	stored := newStorage(t, tree.leaves)
	heads := make([]TreeHead, allSizes+1)
	for size := range heads {
		heads[size] = tree.head(uint64(size))
	}
	for newer := uint64(1); newer <= allSizes; newer++ {
		for older := uint64(1); older <= newer; older++ {
			got, err := ProveConsistency(older, newer, tree.node)
			if err != nil {
				t.Fatal(err)
			}
			mod, err := tlog.ProveTree(int64(newer), int64(older), stored)
			if err != nil {
				t.Fatal(err)
			}
			merkle, err := reference.ConsistencyProof(older, newer)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(modHashes(got), mod) || !slices.EqualFunc(byteSlices(got), merkle, bytes.Equal) {
				t.Fatalf("proof from %d to %d differs", older, newer)
			}
			if err := VerifyConsistency(heads[older], heads[newer], got); err != nil {
				t.Fatalf("%d to %d: %v", older, newer, err)
			}
		}
	}
}

func TestEveryProofBitMatters(t *testing.T) {
	const sizes = 20
	tree := newTestTree(sizes)
	var mismatch *RootMismatchError
	flip := func(hashes []Hash, verify func() error) {
		t.Helper()
		for i := range hashes {
			for b := range hashes[i] {
				hashes[i][b] ^= 1 << (b % 8)
				if err := verify(); !errors.As(err, &mismatch) {
					t.Fatalf("flipped hash %d byte %d: %v", i, b, err)
				}
				hashes[i][b] ^= 1 << (b % 8)
			}
		}
	}
	for size := uint64(1); size <= sizes; size++ {
		head := tree.head(size)
		for i := range size {
			p, _ := ProveInclusion(i, size, tree.node)
			flip(p, func() error { return VerifyInclusion(LeafHash(tree.leaves[i]), i, head, p) })
			one := []Hash{LeafHash(tree.leaves[i])}
			flip(one, func() error { return VerifyInclusion(one[0], i, head, p) })

			older := tree.head(i + 1)
			p, _ = ProveConsistency(i+1, size, tree.node)
			flip(p, func() error { return VerifyConsistency(older, head, p) })
		}
	}
}

func TestProofsOfOtherPlacesFail(t *testing.T) {
	const size = 70
	tree := newTestTree(size)
	for index := range uint64(size) {
		p, _ := ProveInclusion(index, size, tree.node)
		leaf := LeafHash(tree.leaves[index])
		for other := range uint64(size) {
			if err := VerifyInclusion(leaf, other, tree.head(size), p); (err == nil) != (other == index) {
				t.Errorf("proof of %d at %d: %v", index, other, err)
			}
		}
		for _, bad := range [][]Hash{append([]Hash{{}}, p...), append(p[:len(p):len(p)], Hash{}), p[1:], p[:len(p)-1], nil} {
			wantError(t, VerifyInclusion(leaf, index, tree.head(size), bad), "hashes for index")
		}
	}
}

func TestInclusionBounds(t *testing.T) {
	tree := newTestTree(3)
	head, leaf := tree.head(3), LeafHash(tree.leaves[0])
	wantError(t, VerifyInclusion(leaf, 3, head, nil), "not below")
	wantError(t, VerifyInclusion(leaf, math.MaxUint64, head, nil), "not below")
	wantError(t, VerifyInclusion(leaf, 0, TreeHead{Root: EmptyRoot}, nil), "not below")
	wantError(t, VerifyInclusion(leaf, 0, TreeHead{Size: 1 << 63}, nil), "above 2^63-1")
	wantError(t, VerifyInclusion(leaf, 0, head, make([]Hash, 1000)), "1000 hashes")
	for _, index := range []uint64{3, math.MaxUint64} {
		_, err := ProveInclusion(index, 3, tree.node)
		wantError(t, err, "not below")
	}
	_, err := ProveInclusion(0, 1<<63, tree.node)
	wantError(t, err, "above 2^63-1")

	// The longest proof of all: 63 hashes.
	zeros := func(uint, uint64) (Hash, error) { return Hash{}, nil }
	p, err := ProveInclusion(0, MaxSize, zeros)
	if err != nil || len(p) != maxProof {
		t.Fatalf("%d hashes, %v; want %d", len(p), err, maxProof)
	}
	var mismatch *RootMismatchError
	if err := VerifyInclusion(leaf, 0, TreeHead{Size: MaxSize}, p); !errors.As(err, &mismatch) {
		t.Fatal(err)
	}
}

func TestConsistencyFromEmptyAndEqualSizes(t *testing.T) {
	tree := newTestTree(5)
	empty, three, five := tree.head(0), tree.head(3), tree.head(5)
	for name, ok := range map[string]error{
		"0 to 0": VerifyConsistency(empty, empty, nil),
		"0 to 5": VerifyConsistency(empty, five, nil),
		"5 to 5": VerifyConsistency(five, five, nil),
	} {
		if ok != nil {
			t.Errorf("%s: %v", name, ok)
		}
	}
	proof, _ := ProveConsistency(3, 5, tree.node)
	for name, test := range map[string]struct {
		older, newer TreeHead
		hashes       []Hash
		want         string
	}{
		"size 0 with a root":         {TreeHead{Root: Hash{1}}, five, nil, "other than the empty one"},
		"new size 0 with a root":     {empty, TreeHead{Root: Hash{1}}, nil, "other than the empty one"},
		"size 0 with a proof":        {empty, five, proof, "from size 0"},
		"equal sizes with a proof":   {five, five, proof, "not empty"},
		"equal sizes, other roots":   {five, TreeHead{5, Hash{1}}, nil, "leads to root"},
		"shrinking":                  {five, three, proof, "cannot be a prefix"},
		"shrinking to nothing":       {five, empty, nil, "cannot be a prefix"},
		"no proof":                   {three, five, nil, "empty proof"},
		"one hash too many":          {three, five, append(proof, Hash{}), "wrong proof size"},
		"one hash too few":           {three, five, proof[1:], "wrong proof size"},
		"64 hashes":                  {three, five, make([]Hash, 64), "at most 63"},
		"old root of another tree":   {TreeHead{3, Hash{1}}, five, proof, "for size 3"},
		"new root of another tree":   {three, TreeHead{5, Hash{1}}, proof, "for size 5"},
		"size above 2^63-1":          {three, TreeHead{Size: 1 << 63}, proof, "above 2^63-1"},
		"old size above 2^63-1":      {TreeHead{Size: math.MaxUint64}, TreeHead{Size: math.MaxUint64}, nil, "above 2^63-1"},
		"a power of two to the next": {tree.head(4), five, nil, "empty proof"},
	} {
		t.Run(name, func(t *testing.T) { wantError(t, VerifyConsistency(test.older, test.newer, test.hashes), test.want) })
	}
	if p, err := ProveConsistency(0, 5, tree.node); err != nil || len(p) != 0 {
		t.Errorf("proof from 0: %v, %v", p, err)
	}
	if _, err := ProveConsistency(6, 5, tree.node); err == nil {
		t.Error("proof from 6 to 5")
	}
}

func TestNodeErrorsComeThrough(t *testing.T) {
	lost := errors.New("lost")
	nodes := func(uint, uint64) (Hash, error) { return Hash{}, lost }
	_, err1 := ProveInclusion(3, 9, nodes)
	_, err2 := ProveConsistency(3, 9, nodes)
	_, err3 := RootFromNodes(9, nodes)
	if !errors.Is(err1, lost) || !errors.Is(err2, lost) || !errors.Is(err3, lost) {
		t.Error(err1, err2, err3)
	}
}

func TestRootFromNodes(t *testing.T) {
	tree := newTestTree(allSizes)
	for size := range uint64(allSizes + 1) {
		if root, err := RootFromNodes(size, tree.node); err != nil || root != tree.root(0, size) {
			t.Fatalf("size %d: %x, %v", size, root, err)
		}
	}
	if _, err := RootFromNodes(1<<63, tree.node); err == nil {
		t.Error("size 2^63 accepted")
	}
}

// errShort marks vectors with hashes that our types cannot even hold.
var errShort = errors.New("a hash that is not 32 bytes long")

// The JSON proofs of transparency-dev/merkle, read where its source is.
func TestMerkleVectors(t *testing.T) {
	source, _ := runtime.FuncForPC(reflect.ValueOf(rfc6962.New).Pointer()).FileLine(0)
	dir := filepath.Join(filepath.Dir(source), "..", "testdata")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the source of merkle is not at hand:", err)
	}
	type vector struct {
		LeafIdx, TreeSize, Size1, Size2 uint64
		Root, LeafHash, Root1, Root2    []byte
		Proof                           [][]byte
		WantErr                         bool
	}
	checked := 0
	run := func(kind string, verify func(v vector, hashes []Hash) error) {
		err := filepath.WalkDir(filepath.Join(dir, kind), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			var v vector
			if err := json.Unmarshal(b, &v); err != nil {
				return err
			}
			hashes := make([]Hash, len(v.Proof))
			for i, p := range v.Proof {
				if len(p) != 32 {
					return nil
				}
				hashes[i] = Hash(p)
			}
			checked++
			if err := verify(v, hashes); err != errShort && (err != nil) != v.WantErr {
				t.Errorf("%s: error %v, want one: %v", path, err, v.WantErr)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	run("inclusion", func(v vector, hashes []Hash) error {
		if len(v.LeafHash) != 32 || len(v.Root) != 32 {
			return errShort
		}
		return VerifyInclusion(Hash(v.LeafHash), v.LeafIdx, TreeHead{v.TreeSize, Hash(v.Root)}, hashes)
	})
	run("consistency", func(v vector, hashes []Hash) error {
		if len(v.Root1) != 32 || len(v.Root2) != 32 {
			return errShort
		}
		return VerifyConsistency(TreeHead{v.Size1, Hash(v.Root1)}, TreeHead{v.Size2, Hash(v.Root2)}, hashes)
	})
	if checked < 170 {
		t.Errorf("%d vectors, want at least 170", checked)
	}
}

func TestMerkleRoots(t *testing.T) {
	tree := &testTree{}
	for i, root := range testonly.RootHashes() {
		if got, err := RootFromNodes(uint64(i), tree.node); err != nil || got != Hash(root) {
			t.Errorf("root %d: %x, %v; want %x", i, got, err, root)
		}
		if i < len(testonly.LeafInputs()) {
			tree.add(testonly.LeafInputs()[i])
		}
	}
}

func TestProofErrorWithoutKnownHead(t *testing.T) {
	err := proofError(proof.RootMismatchError{ExpectedRoot: make([]byte, 32), CalculatedRoot: make([]byte, 32)}, TreeHead{Root: Hash{1}})
	wantError(t, err, "does not match")
}
