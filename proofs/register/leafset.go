package register

import (
	"encoding/binary"
	"slices"
)

// A LeafSet is a LeafReader over leaves in memory, for who replays a log: by the first two bytes of their keys, in key order. Make one
// with make. It is safe for concurrent reading.
type LeafSet map[uint16][]Leaf

// Set puts a leaf into the set, in the place of the one with its key.
func (s LeafSet) Set(leaf Leaf) {
	n := binary.BigEndian.Uint16(leaf.Key[:])
	b := s[n]
	i, found := slices.BinarySearchFunc(b, leaf.Key, func(l Leaf, k Key) int { return l.Key.Compare(k) })
	if found {
		b[i] = leaf
		return
	}
	s[n] = slices.Insert(b, i, leaf)
}

// Leaves implements LeafReader. It returns no error.
func (s LeafSet) Leaves(prefix Key, depth int, yield func(Leaf) bool) error {
	below := 1<<max(16-depth, 0) - 1 // the bits that the prefix leaves open
	first := int(binary.BigEndian.Uint16(prefix[:])) &^ below
	for b := first; b <= first|below; b++ {
		for _, leaf := range s[uint16(b)] {
			if leaf.Key.sharesPrefix(&prefix, depth) && !yield(leaf) {
				return nil
			}
		}
	}
	return nil
}
