package audit

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/docketlog/docket/proofs/register"
)

// leafSet holds leaves of a register tree in key order, by the first two bytes of
// the key.
type leafSet map[uint16][]register.Leaf

func (s leafSet) set(leaf register.Leaf) {
	n := binary.BigEndian.Uint16(leaf.Key[:])
	b := s[n]
	i, found := slices.BinarySearchFunc(b, leaf.Key, func(l register.Leaf, k register.Key) int { return l.Key.Compare(k) })
	if found {
		b[i] = leaf
		return
	}
	s[n] = slices.Insert(b, i, leaf)
}

// each yields, in key order, the leaves whose first depth bits equal those of
// prefix. It says whether yield wants more.
func (s leafSet) each(prefix register.Key, depth int, yield func(register.Leaf) bool) bool {
	below := 1<<max(16-depth, 0) - 1 // the bits that the prefix leaves open
	first := int(binary.BigEndian.Uint16(prefix[:])) &^ below
	for b := first; b <= first|below; b++ {
		for _, leaf := range s[uint16(b)] {
			if samePrefix(leaf.Key, prefix, depth) && !yield(leaf) {
				return false
			}
		}
	}
	return true
}

// samePrefix reports whether two keys agree in their first depth bits.
func samePrefix(a, b register.Key, depth int) bool {
	full, rest := depth/8, depth%8
	return bytes.Equal(a[:full], b[:full]) && (rest == 0 || (a[full]^b[full])>>(8-rest) == 0)
}
