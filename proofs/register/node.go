package register

// Kinds of nodes of the register tree, as BucketRoot.Kind.
const (
	NodeEmpty  uint8 = 0 // no register below
	NodeLeaf   uint8 = 1 // one register below: its leaf, at whatever depth
	NodeParent uint8 = 2 // two or more registers below
)

// A node is a subtree seen from above. The hash of an empty one is zero.
type node struct {
	kind uint8
	hash Hash
}

// join returns the node above two children. It is the whole shape of the tree: a lone leaf beside nothing rises as it is, and sinks again
// by the same rule when a neighbour comes; everything else is a parent. (The tree's root alone is always a parent.)
func join(l, r node) node {
	switch {
	case l.kind == NodeEmpty && r.kind != NodeParent:
		return r
	case r.kind == NodeEmpty && l.kind != NodeParent:
		return l
	}
	return node{NodeParent, hashPair(treeParentPrefix, &l.hash, &r.hash)}
}

// An item is a leaf with its hash in the tree.
type item struct {
	Leaf
	hash Hash
}

// subtree returns the node over items, sorted by key, which share their first `depth` bits.
func subtree(items []item, depth int) node {
	switch len(items) {
	case 0:
		return node{}
	case 1:
		return node{NodeLeaf, items[0].hash}
	}
	cut := split(items, depth)
	return join(subtree(items[:cut], depth+1), subtree(items[cut:], depth+1))
}

// split returns how many of the items have bit `depth` 0. Buckets are short: a linear scan.
func split(items []item, depth int) int {
	for i := range items {
		if items[i].Key.bit(depth) == 1 {
			return i
		}
	}
	return len(items)
}
