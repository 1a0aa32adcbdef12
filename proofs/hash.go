package proofs

import (
	"crypto/sha256"

	"github.com/transparency-dev/merkle/rfc6962"
)

// Hash is a SHA-256 hash of RFC 6962, section 2.1.
type Hash = [32]byte

// EmptyRoot is the root hash of the tree without leaves: SHA-256 of nothing.
var EmptyRoot = Hash(sha256.Sum256(nil))

// maxProof is the number of hashes of the longest proof: a tree of at most
// MaxSize leaves has 63 levels above them.
const maxProof = 63

var hasher = rfc6962.DefaultHasher

// LeafHash returns the hash of a leaf: SHA-256(0x00 ‖ leaf).
func LeafHash(leaf []byte) Hash { return Hash(hasher.HashLeaf(leaf)) }

// NodeHash returns the hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
func NodeHash(left, right Hash) Hash { return Hash(hasher.HashChildren(left[:], right[:])) }

// byteSlices returns a view of the hashes in the form that merkle takes.
func byteSlices(hashes []Hash) [][]byte {
	out := make([][]byte, len(hashes))
	for i := range hashes {
		out[i] = hashes[i][:]
	}
	return out
}
