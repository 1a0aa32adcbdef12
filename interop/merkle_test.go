package interop

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"

	"github.com/docketlog/docket/interop/site"
	"github.com/docketlog/docket/proofs"
)

const maxProofSize = 130

// TestMerkleAgrees builds the tree of a sealed log's leaves, as served, with
// transparency-dev/merkle. For all sizes up to 130, published or not, and all
// indexes and older sizes below: its root is ours, its proofs are ours, its
// verifiers take them, and refuse a changed one.
func TestMerkleAgrees(t *testing.T) {
	_, s := newSealed(t, maxProofSize, nil)
	tree := testonly.New(rfc6962.DefaultHasher)
	for _, l := range served(t, s) {
		tree.AppendData(l)
	}
	for size := uint64(1); size <= maxProofSize; size++ {
		nodes := httpNodes(t, s, size)
		ours, err := proofs.RootFromNodes(size, nodes)
		if err != nil {
			t.Fatal(err)
		}
		root := tree.HashAt(size)
		if string(root) != string(ours[:]) {
			t.Fatalf("size %d: their root %x, ours %x", size, root, ours)
		}
		for i := range size {
			checkInclusion(t, tree, i, size, nodes)
			if i > 0 {
				checkConsistency(t, tree, i, size, nodes)
			}
		}
	}
}

func checkInclusion(t *testing.T, tree *testonly.Tree, index, size uint64, nodes proofs.NodeReader) {
	t.Helper()
	want, err := tree.InclusionProof(index, size)
	compare(t, fmt.Sprintf("inclusion of %d in %d", index, size), want, err, func() ([]proofs.Hash, error) {
		return proofs.ProveInclusion(index, size, nodes)
	})
	verify := func(hashes [][]byte) error {
		return proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, tree.LeafHash(index), hashes, tree.HashAt(size))
	}
	if err := verify(want); err != nil {
		t.Errorf("inclusion of %d in %d: %v", index, size, err)
	}
	if verify(append(want, make([]byte, 32))) == nil {
		t.Errorf("inclusion of %d in %d: one hash too many is taken", index, size)
	}
}

func checkConsistency(t *testing.T, tree *testonly.Tree, older, size uint64, nodes proofs.NodeReader) {
	t.Helper()
	want, err := tree.ConsistencyProof(older, size)
	compare(t, fmt.Sprintf("consistency of %d with %d", older, size), want, err, func() ([]proofs.Hash, error) {
		return proofs.ProveConsistency(older, size, nodes)
	})
	err = proof.VerifyConsistency(rfc6962.DefaultHasher, older, size, want, tree.HashAt(older), tree.HashAt(size))
	if err != nil {
		t.Errorf("consistency of %d with %d: %v", older, size, err)
	}
}

// TestMerkleTakesServedConsistency checks what the API answers, for all pairs of
// sizes up to 130.
func TestMerkleTakesServedConsistency(t *testing.T) {
	_, s := newSealed(t, maxProofSize, nil)
	tree := testonly.New(rfc6962.DefaultHasher)
	for _, l := range served(t, s) {
		tree.AppendData(l)
	}
	for newer := uint64(2); newer <= maxProofSize; newer += 3 {
		for older := uint64(1); older < newer; older++ {
			hashes := servedConsistency(t, s, older, newer)
			err := proof.VerifyConsistency(rfc6962.DefaultHasher, older, newer, hashes, tree.HashAt(older), tree.HashAt(newer))
			if err != nil {
				t.Errorf("consistency of %d with %d: %v", older, newer, err)
			}
		}
	}
}

func servedConsistency(t *testing.T, s *site.Site, older, newer uint64) [][]byte {
	t.Helper()
	var answer struct{ Hashes []string }
	body := get(t, fmt.Sprintf("%s/api/v1/consistency/%d/%d", s.URL, older, newer))
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	var hashes [][]byte
	for _, text := range answer.Hashes {
		h, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, h)
	}
	return hashes
}

// served reads all leaves of a log from its entry bundles.
func served(t *testing.T, s *site.Site) [][]byte {
	t.Helper()
	var leaves [][]byte
	for size := head(s).Size; uint64(len(leaves)) < size; {
		n := uint64(len(leaves) / proofs.TileWidth)
		width := proofs.WidthAt(0, n, size)
		bundle, err := proofs.ParseEntryBundle(get(t, s.URL+"/"+proofs.EntriesPath(n, width)), width, 8<<10)
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, bundle...)
	}
	return leaves
}
