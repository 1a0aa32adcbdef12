package admission

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// memory is a State held in maps: the base of a replay.
type memory struct {
	records  map[register.Key]*register.Record
	contents map[statement.Digest][]byte
	admitted map[statement.Digest]uint64
	leaves   leafSet
}

func newMemory() *memory {
	return &memory{
		records:  make(map[register.Key]*register.Record),
		contents: make(map[statement.Digest][]byte),
		admitted: make(map[statement.Digest]uint64),
		leaves:   make(leafSet),
	}
}

func (m *memory) Record(key register.Key) (*register.Record, error) { return m.records[key], nil }

func (m *memory) Content(digest statement.Digest) ([]byte, error) {
	if content, ok := m.contents[digest]; ok {
		return content, nil
	}
	return nil, fmt.Errorf("admission: no content for statement %s", digest)
}

func (m *memory) Admitted(digest statement.Digest) (uint64, bool, error) {
	index, ok := m.admitted[digest]
	return index, ok, nil
}

// take makes what an overlay holds part of the state.
func (m *memory) take(o *Overlay) {
	for _, leaf := range o.Changes() {
		m.records[leaf.Key] = o.records[leaf.Key]
		m.leaves.set(leaf)
	}
	maps.Copy(m.contents, o.contents)
	for _, digest := range o.unnamed {
		delete(m.contents, digest)
	}
	maps.Copy(m.admitted, o.admitted)
}

// leafSet holds the leaves of a register tree in key order, by the first two
// bytes of the key.
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

// Leaves implements register.LeafReader.
func (s leafSet) Leaves(prefix register.Key, depth int, yield func(register.Leaf) bool) error {
	below := 1<<max(16-depth, 0) - 1 // the bits that the prefix leaves open
	first := int(binary.BigEndian.Uint16(prefix[:])) &^ below
	for b := first; b <= first|below; b++ {
		for _, leaf := range s[uint16(b)] {
			if samePrefix(leaf.Key, prefix, depth) && !yield(leaf) {
				return nil
			}
		}
	}
	return nil
}

// samePrefix reports whether two keys agree in their first depth bits.
func samePrefix(a, b register.Key, depth int) bool {
	full, rest := depth/8, depth%8
	return bytes.Equal(a[:full], b[:full]) && (rest == 0 || (a[full]^b[full])>>(8-rest) == 0)
}
