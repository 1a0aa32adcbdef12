package proofs

import (
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
)

// A NodeReader returns the hash of one complete subtree: the one over the leaves
// [index·2^level, (index+1)·2^level).
type NodeReader func(level uint, index uint64) (Hash, error)

// RootFromNodes computes the root hash of the tree of the given size from its
// complete subtrees. It reads one node per bit that is set in size.
func RootFromNodes(size uint64, nodes NodeReader) (Hash, error) {
	if size > MaxSize {
		return Hash{}, formatError("tree head", "size %d is above 2^63-1", size)
	}
	if size == 0 {
		return EmptyRoot, nil
	}
	ids := compact.RangeNodes(0, size, nil)
	last := ids[len(ids)-1]
	root, err := nodes(last.Level, last.Index)
	if err != nil {
		return Hash{}, err
	}
	for i := len(ids) - 2; i >= 0; i-- {
		left, err := nodes(ids[i].Level, ids[i].Index)
		if err != nil {
			return Hash{}, err
		}
		root = NodeHash(left, root)
	}
	return root, nil
}

// assemble reads the nodes of the plan and joins those that stand for the
// incomplete right edge of the tree.
func assemble(plan proof.Nodes, nodes NodeReader) ([]Hash, error) {
	read := make([][]byte, len(plan.IDs))
	for i, id := range plan.IDs {
		h, err := nodes(id.Level, id.Index)
		if err != nil {
			return nil, err
		}
		read[i] = h[:]
	}
	joined, err := plan.Rehash(read, hasher.HashChildren)
	if err != nil {
		return nil, formatError("proof", "%v", err)
	}
	out := make([]Hash, len(joined))
	for i := range joined {
		out[i] = Hash(joined[i])
	}
	return out, nil
}
