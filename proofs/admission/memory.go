package admission

import (
	"fmt"
	"maps"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// memory is a State held in maps: the base of a replay.
type memory struct {
	records  map[register.Key]*register.Record
	contents map[statement.Digest][]byte
	admitted map[statement.Digest]uint64
	leaves   register.LeafSet
}

func newMemory() *memory {
	return &memory{
		records:  make(map[register.Key]*register.Record),
		contents: make(map[statement.Digest][]byte),
		admitted: make(map[statement.Digest]uint64),
		leaves:   make(register.LeafSet),
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
		m.leaves.Set(leaf)
	}
	maps.Copy(m.contents, o.contents)
	for _, digest := range o.unnamed {
		delete(m.contents, digest)
	}
	maps.Copy(m.admitted, o.admitted)
}
