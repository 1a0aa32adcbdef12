package pebblestore

import (
	"github.com/cockroachdb/pebble/v2"

	"github.com/docketlog/docket/storage"
)

// snapshot is a storage.Snapshot. Its reads pass two gates: its own, and the
// store's.
type snapshot struct {
	store  *Store
	pebble *pebble.Snapshot
	gate   gate
}

// Snapshot implements storage.Store.
func (s *Store) Snapshot() (storage.Snapshot, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.gate.leave()
	// Pebble shows a batch before it is synced. With no commit in progress,
	// all there is to see is durable.
	s.commit.Lock()
	defer s.commit.Unlock()
	if err := s.monitor.failed(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	snap := &snapshot{store: s, pebble: s.db.NewSnapshot()}
	s.snapshots[snap] = struct{}{}
	return snap, nil
}

// Get implements storage.Reader.
func (v *snapshot) Get(key []byte) ([]byte, error) {
	if err := v.enter(); err != nil {
		return nil, err
	}
	defer v.leave()
	if storage.SpaceOf(key) == storage.ReservedSpace {
		return nil, storage.ErrNotFound
	}
	return get(v.pebble, key)
}

// Scan implements storage.Reader.
func (v *snapshot) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.leave()
	return scan(v.pebble, start, end, yield)
}

// Close implements storage.Snapshot.
func (v *snapshot) Close() error {
	if err := v.store.monitor.failed(); err != nil {
		return err // Pebble may hold its locks for ever
	}
	if !v.gate.close() {
		return nil
	}
	v.store.mu.Lock()
	defer v.store.mu.Unlock()
	if _, open := v.store.snapshots[v]; !open {
		return nil // the store was closed before
	}
	delete(v.store.snapshots, v)
	return v.pebble.Close()
}

func (v *snapshot) enter() error {
	if err := v.gate.enter(); err != nil {
		return err
	}
	if err := v.store.enter(); err != nil {
		v.gate.leave()
		return err
	}
	return nil
}

func (v *snapshot) leave() {
	v.store.gate.leave()
	v.gate.leave()
}
