package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/docketlog/docket/storage"
)

// Memory is a place for a store in memory. What was committed stays there
// when the store is closed, until the Memory is dropped.
type Memory struct {
	mu       sync.Mutex
	state    *state // replaced as a whole by each commit
	open     bool
	sequence uint64
	free     uint64
}

// state is what one commit leaves behind: rows sorted by key. It is immutable.
type state struct{ rows []row }

type row struct{ key, value []byte }

// NewMemory returns a place that holds an empty store.
func NewMemory() *Memory { return &Memory{state: &state{}, free: math.MaxInt64} }

// SetFreeSpace sets what FreeSpace returns.
func (m *Memory) SetFreeSpace(n uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free = n
}

// Open opens the store; ErrLocked says that it is open already.
func (m *Memory) Open() (storage.Store, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open {
		return nil, fmt.Errorf("storagetest: %w", storage.ErrLocked)
	}
	m.open = true
	return &memoryStore{place: m}, nil
}

// memoryStore is a Memory that is open. closed is guarded by the place's mu.
type memoryStore struct {
	place  *Memory
	closed bool
}

// with runs f while the place is locked and open.
func (s *memoryStore) with(f func(m *Memory)) error {
	s.place.mu.Lock()
	defer s.place.mu.Unlock()
	if s.closed {
		return storage.ErrClosed
	}
	f(s.place)
	return nil
}

func (s *memoryStore) now() (*state, error) {
	var now *state
	err := s.with(func(m *Memory) { now = m.state })
	return now, err
}

func (s *memoryStore) Get(key []byte) ([]byte, error) {
	now, err := s.now()
	if err != nil {
		return nil, err
	}
	return now.get(key)
}

func (s *memoryStore) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	now, err := s.now()
	if err != nil {
		return err
	}
	now.scan(start, end, yield)
	return nil
}

func (s *memoryStore) Snapshot() (storage.Snapshot, error) {
	now, err := s.now()
	if err != nil {
		return nil, err
	}
	return &memorySnapshot{store: s, state: now}, nil
}

func (s *memoryStore) Sequence() (n uint64, err error) {
	err = s.with(func(m *Memory) { n = m.sequence })
	return n, err
}

func (s *memoryStore) FreeSpace() (n uint64, err error) {
	err = s.with(func(m *Memory) { n = m.free })
	return n, err
}

func (s *memoryStore) Commit(seq uint64, b *storage.Batch) (err error) {
	closed := s.with(func(m *Memory) {
		if seq != m.sequence+1 {
			err = fmt.Errorf("commit %d after %d: %w", seq, m.sequence, storage.ErrSequence)
			return
		}
		m.state, m.sequence = m.state.apply(b), seq
	})
	return errors.Join(closed, err)
}

func (s *memoryStore) Close() error {
	s.place.mu.Lock()
	defer s.place.mu.Unlock()
	if !s.closed {
		s.closed, s.place.open = true, false
	}
	return nil
}

// memorySnapshot is a state that is kept.
type memorySnapshot struct {
	store *memoryStore

	mu    sync.Mutex
	state *state // nil after Close
}

func (v *memorySnapshot) now() (*state, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.state == nil {
		return nil, storage.ErrClosed
	}
	_, err := v.store.now() // closed together with the store
	return v.state, err
}

func (v *memorySnapshot) Get(key []byte) ([]byte, error) {
	now, err := v.now()
	if err != nil {
		return nil, err
	}
	return now.get(key)
}

func (v *memorySnapshot) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	now, err := v.now()
	if err != nil {
		return err
	}
	now.scan(start, end, yield)
	return nil
}

func (v *memorySnapshot) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.state = nil
	return nil
}

func byKey(r row, key []byte) int { return bytes.Compare(r.key, key) }

func (s *state) get(key []byte) ([]byte, error) {
	i, found := slices.BinarySearchFunc(s.rows, key, byKey)
	if !found {
		return nil, storage.ErrNotFound
	}
	return append([]byte{}, s.rows[i].value...), nil
}

// scan hands out copies and spoils them after the call, so that a caller that
// keeps them is found out.
func (s *state) scan(start, end []byte, yield func(key, value []byte) bool) {
	var key, value []byte
	i, _ := slices.BinarySearchFunc(s.rows, start, byKey)
	for _, r := range s.rows[i:] {
		if len(end) > 0 && bytes.Compare(r.key, end) >= 0 {
			return
		}
		key, value = append(key[:0], r.key...), append(value[:0], r.value...)
		more := yield(key, value)
		spoil(key)
		spoil(value)
		if !more {
			return
		}
	}
}

func spoil(b []byte) {
	for i := range b {
		b[i] = 0xa5
	}
}

// apply merges the sorted rows of a batch into a new state.
func (s *state) apply(b *storage.Batch) *state {
	changes := sortedRows(b)
	rows := make([]row, 0, len(s.rows)+len(changes))
	old := s.rows
	for _, c := range changes {
		i, found := slices.BinarySearchFunc(old, c.key, byKey)
		rows = append(rows, old[:i]...)
		if found {
			i++
		}
		old = old[i:]
		if c.value != nil {
			rows = append(rows, c)
		}
	}
	return &state{rows: append(rows, old...)}
}

// sortedRows returns the last row of each key of the batch, sorted; a nil
// value is a deletion.
func sortedRows(b *storage.Batch) []row {
	last := map[string][]byte{}
	b.Each(func(del bool, key, value []byte) {
		if del {
			last[string(key)] = nil
		} else {
			last[string(key)] = append([]byte{}, value...)
		}
	})
	rows := make([]row, 0, len(last))
	for key, value := range last {
		rows = append(rows, row{[]byte(key), value})
	}
	slices.SortFunc(rows, func(a, b row) int { return bytes.Compare(a.key, b.key) })
	return rows
}
