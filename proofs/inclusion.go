package proofs

import (
	"math/bits"

	"github.com/transparency-dev/merkle/proof"
)

// VerifyInclusion checks that the leaf with the given leaf hash stands at index
// in the tree of head. The proof lists the sibling hashes from the leaf to the
// root (RFC 6962, section 2.1.1). It returns a *RootMismatchError when the proof
// leads to another root, and a *FormatError when it cannot be a proof for this
// index and size.
func VerifyInclusion(leafHash Hash, index uint64, head TreeHead, hashes []Hash) error {
	if err := head.Check(); err != nil {
		return err
	}
	if err := checkInclusionShape(index, head.Size, len(hashes)); err != nil {
		return err
	}
	err := proof.VerifyInclusion(hasher, index, head.Size, leafHash[:], byteSlices(hashes), head.Root[:])
	if err != nil {
		return proofError(err, head)
	}
	return nil
}

// checkInclusionShape checks index and number of hashes before any hashing.
func checkInclusionShape(index, size uint64, hashes int) error {
	if index >= size {
		return formatError("proof", "index %d is not below size %d", index, size)
	}
	if want := inclusionLength(index, size); hashes != want {
		return formatError("proof", "%d hashes for index %d in size %d, want %d", hashes, index, size, want)
	}
	return nil
}

// inclusionLength returns the number of hashes of the inclusion proof. The path
// of the leaf runs beside the right edge of the tree from the level where it
// and the path of the last leaf part: below, each level gives a sibling; above,
// only the levels at which the path is a right child. Requires index < size.
func inclusionLength(index, size uint64) int {
	inner := bits.Len64(index ^ (size - 1))
	return inner + bits.OnesCount64(index>>inner)
}

// ProveInclusion returns the inclusion proof of the leaf at index in the tree of
// the given size. It reads O(log size) nodes and returns their errors as they
// are. The proof is right if the nodes are: verify it before it leaves.
func ProveInclusion(index, size uint64, nodes NodeReader) ([]Hash, error) {
	if size > MaxSize || index >= size {
		return nil, formatError("proof", "index %d is not below size %d, or the size is above 2^63-1", index, size)
	}
	plan, err := proof.Inclusion(index, size)
	if err != nil {
		return nil, formatError("proof", "%v", err)
	}
	return assemble(plan, nodes)
}
