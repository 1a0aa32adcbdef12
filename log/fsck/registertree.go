package fsck

import (
	"crypto/sha256"

	"github.com/docketlog/docket/proofs/register"
)

// A node is a part of the register tree: how many registers are in it (0, 1, or
// 2 for more), and its hash.
type node struct {
	kind uint8
	hash register.Hash
}

// above joins two nodes: one register beside nothing stands higher, all else
// has a parent.
func above(left, right node) node {
	if left.kind+right.kind == register.NodeLeaf {
		if left.kind == register.NodeLeaf {
			return left
		}
		return right
	}
	if left.kind+right.kind == register.NodeEmpty {
		return node{}
	}
	return node{register.NodeParent, nodeHash(3, left.hash[:], right.hash[:])}
}

func nodeHash(prefix byte, a, b []byte) register.Hash {
	var buf [65]byte
	buf[0] = prefix
	copy(buf[1:], a)
	copy(buf[33:], b)
	return sha256.Sum256(buf[:])
}

// A part is a bucket that is not empty.
type part struct {
	bucket uint32
	node
}

// treeOf returns the node over the parts, sorted by bucket, which share the bits
// above height.
func treeOf(parts []part, height int) node {
	switch {
	case len(parts) == 0:
		return node{}
	case height == 0:
		return parts[0].node
	}
	cut := 0
	for n := len(parts); n > 0; { // the first part with the bit: bisect
		half := n / 2
		if parts[cut+half].bucket>>(height-1)&1 == 0 {
			cut, n = cut+half+1, n-half-1
		} else {
			n = half
		}
	}
	return above(treeOf(parts[:cut], height-1), treeOf(parts[cut:], height-1))
}

// rootOfParts returns the root of the register tree: it is a parent always.
func rootOfParts(parts []part, depth int) register.Hash {
	cut := 0
	for cut < len(parts) && parts[cut].bucket>>(depth-1) == 0 {
		cut++
	}
	left, right := treeOf(parts[:cut], depth-1), treeOf(parts[cut:], depth-1)
	return nodeHash(3, left.hash[:], right.hash[:])
}

// bucketNode returns the node over register leaves, sorted by key, that share
// their first depth bits.
func bucketNode(leaves []register.Leaf, depth int) node {
	switch len(leaves) {
	case 0:
		return node{}
	case 1:
		return node{register.NodeLeaf, nodeHash(2, leaves[0].Key[:], leaves[0].ValueHash[:])}
	}
	cut := 0
	for cut < len(leaves) && leaves[cut].Key[depth/8]>>(7-depth%8)&1 == 0 {
		cut++
	}
	return above(bucketNode(leaves[:cut], depth+1), bucketNode(leaves[cut:], depth+1))
}
