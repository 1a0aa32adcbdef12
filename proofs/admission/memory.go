package admission

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

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
	for digest, content := range o.contents {
		m.contents[digest] = content
	}
	for digest, index := range o.admitted {
		m.admitted[digest] = index
	}
}

// leafSet holds the leaves of a register tree in key order, by the first two
// bytes of the key.
type leafSet struct {
	buckets [1 << 16][]register.Leaf
}

func (s *leafSet) set(leaf register.Leaf) {
	b := &s.buckets[uint16(leaf.Key[0])<<8|uint16(leaf.Key[1])]
	i := sort.Search(len(*b), func(i int) bool { return (*b)[i].Key.Compare(leaf.Key) >= 0 })
	if i < len(*b) && (*b)[i].Key == leaf.Key {
		(*b)[i] = leaf
		return
	}
	*b = slices.Insert(*b, i, leaf)
}

// Leaves implements register.LeafReader.
func (s *leafSet) Leaves(prefix register.Key, depth int, yield func(register.Leaf) bool) error {
	first := int(prefix[0])<<8 | int(prefix[1])
	last := first
	if depth < 16 {
		first &^= 1<<(16-depth) - 1
		last = first | (1<<(16-depth) - 1)
	}
	for b := first; b <= last; b++ {
		for _, leaf := range s.buckets[b] {
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
