package audit

import (
	"fmt"
	"maps"
	"sync"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Memory is a State that ends with the process. It takes some 2.5 KiB for each
// document.
type Memory struct {
	mu       sync.RWMutex
	records  map[register.Key]*register.Record
	contents map[statement.Digest][]byte
	admitted map[statement.Digest]uint64
	leaves   register.LeafSet
	progress []byte
}

// NewMemory returns an empty state.
func NewMemory() *Memory {
	return &Memory{
		records:  make(map[register.Key]*register.Record),
		contents: make(map[statement.Digest][]byte),
		admitted: make(map[statement.Digest]uint64),
		leaves:   make(register.LeafSet),
	}
}

// Record implements State.
func (m *Memory) Record(key register.Key) (*register.Record, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.records[key], nil
}

// Content implements State.
func (m *Memory) Content(digest statement.Digest) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if content, ok := m.contents[digest]; ok {
		return content, nil
	}
	return nil, fmt.Errorf("audit: the state has no content of statement %s", digest)
}

// Admitted implements State.
func (m *Memory) Admitted(digest statement.Digest) (uint64, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	index, ok := m.admitted[digest]
	return index, ok, nil
}

// Leaves implements State. No Commit runs while leaves are read.
func (m *Memory) Leaves(prefix register.Key, depth int, yield func(register.Leaf) bool) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.leaves.Leaves(prefix, depth, yield)
}

// Progress implements State.
func (m *Memory) Progress() ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.progress, nil
}

// Commit implements State.
func (m *Memory) Commit(c *Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.Copy(m.records, c.Records)
	for _, leaf := range c.Leaves {
		m.leaves.Set(leaf)
	}
	maps.Copy(m.contents, c.Contents)
	for _, digest := range c.Forgotten {
		delete(m.contents, digest)
	}
	maps.Copy(m.admitted, c.Admitted)
	m.progress = c.Progress
	return nil
}
