package proofs

import "github.com/transparency-dev/merkle/proof"

// VerifyConsistency checks that the tree of the older head is a prefix of the
// tree of the newer one (RFC 6962, section 2.1.2). An empty proof is demanded
// when the older tree has no leaves or the sizes are equal; equal sizes demand
// equal roots. Errors are as for VerifyInclusion; old.Size > new.Size is a
// *FormatError.
func VerifyConsistency(older, newer TreeHead, hashes []Hash) error {
	if err := older.Check(); err != nil {
		return err
	}
	if err := newer.Check(); err != nil {
		return err
	}
	switch {
	case older.Size > newer.Size:
		return formatError("proof", "size %d cannot be a prefix of size %d", older.Size, newer.Size)
	case len(hashes) > maxProof:
		return formatError("proof", "%d hashes, at most %d are possible", len(hashes), maxProof)
	case older.Size == 0 && len(hashes) > 0:
		return formatError("proof", "%d hashes from size 0, want none", len(hashes))
	case older.Size == 0:
		return nil // the empty tree is a prefix of each tree
	}
	err := proof.VerifyConsistency(hasher, older.Size, newer.Size, byteSlices(hashes), older.Root[:], newer.Root[:])
	if err != nil {
		return proofError(err, newer, older)
	}
	return nil
}

// ProveConsistency returns the consistency proof from the tree of size older to
// the tree of size newer: empty when older is 0 or equal to newer. It reads
// O(log newer) nodes and returns their errors as they are.
func ProveConsistency(older, newer uint64, nodes NodeReader) ([]Hash, error) {
	if newer > MaxSize || older > newer {
		return nil, formatError("proof", "size %d cannot be a prefix of size %d, or it is above 2^63-1", older, newer)
	}
	if older == 0 || older == newer {
		return []Hash{}, nil
	}
	plan, err := proof.Consistency(older, newer)
	if err != nil {
		return nil, formatError("proof", "%v", err)
	}
	return assemble(plan, nodes)
}
