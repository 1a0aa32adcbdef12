package register

import (
	"math"
	"slices"
)

// Prove returns the path of the key under the tree's root: of its inclusion if it has a register, else of its absence. src shows the
// leaves of t, not later ones. A path that does not lead to the root is never returned: ErrDamaged.
func (t *Tree) Prove(src LeafReader, key Key) (Path, error) {
	s := search{tree: t, src: src, key: key}
	if err := s.upper(); err != nil {
		return Path{}, err
	}
	slices.Reverse(s.path.Siblings)
	if s.path.fold(key, s.end) != t.root {
		return Path{}, damagedError("leaves near %v are not those of the tree", key)
	}
	return s.path, nil
}

// A search goes down from the root and notes the siblings, highest first, until it stands at a lone leaf or nothing.
type search struct {
	tree *Tree
	src  LeafReader
	key  Key
	path Path
	end  Hash // hash of the node where the search ended
}

// upper goes through the pages, then through the rows of the bucket.
func (s *search) upper() error {
	bucket := s.tree.bucket(&s.key)
	height, below := s.tree.geometry()
	p := s.tree.top
	for {
		slot := slotOf(bucket, height, below)
		for level := uint(1); level <= height; level++ {
			i := (1<<height | slot) >> (height - level)
			s.path.Siblings = append(s.path.Siblings, p.node(i^1).hash)
			switch n := p.node(i); n.kind {
			case NodeEmpty:
				s.path.Result = ResultAbsent
				return nil
			case NodeLeaf:
				return s.lone()
			}
		}
		if below == 0 {
			return s.lower()
		}
		p = p.child(slot)
		height, below = pageBits, below-pageBits
	}
}

// lower goes on below depth D, in the leaves of the bucket: at least two.
func (s *search) lower() error {
	items, err := readLeaves(nil, s.src, s.key, s.tree.depth, math.MaxInt)
	if err != nil {
		return err
	}
	for depth := s.tree.depth; len(items) > 1; depth++ {
		cut := split(items, depth)
		near, far := items[:cut], items[cut:]
		if s.key.bit(depth) == 1 {
			near, far = far, near
		}
		s.path.Siblings = append(s.path.Siblings, subtree(far, depth+1).hash)
		items = near
	}
	return s.finish(items)
}

// lone ends at a lone leaf of the upper tree, whose key and value hash only the reader knows.
func (s *search) lone() error {
	items, err := readLeaves(nil, s.src, s.key, len(s.path.Siblings), 2)
	if err != nil {
		return err
	}
	if len(items) != 1 {
		return damagedError("no leaf, or more than one, where the tree has one")
	}
	return s.finish(items)
}

// finish ends the search at the one leaf, or at nothing.
func (s *search) finish(items []item) error {
	switch {
	case len(items) == 0:
		s.path.Result = ResultAbsent
		return nil
	case items[0].Key == s.key:
		s.path.Result = ResultInclusion
	default:
		s.path.Result, s.path.Other = ResultOther, items[0].Leaf
	}
	s.end = items[0].hash
	return nil
}
