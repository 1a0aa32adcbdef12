package pebblestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/docketlog/docket/storage"
)

// Store is a storage.Store in a folder.
type Store struct {
	db      *pebble.DB
	lock    *pebble.Lock
	monitor *monitor
	fs      vfs.FS
	dir     string
	gate    gate

	sequence atomic.Uint64 // the last durable commit

	commit sync.Mutex // held by Commit, and by Snapshot so that it sees only what is durable

	mu        sync.Mutex
	snapshots map[*snapshot]struct{}
}

var _ storage.Store = (*Store)(nil)

var (
	layoutKey = []byte("\x00layout")
	numberKey = []byte("\x00number")
)

// Get implements storage.Reader.
func (s *Store) Get(key []byte) ([]byte, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.gate.leave()
	if storage.SpaceOf(key) == storage.ReservedSpace {
		return nil, storage.ErrNotFound
	}
	return get(s.db, key)
}

// Scan implements storage.Reader.
func (s *Store) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	return scan(s.db, start, end, yield)
}

// Sequence implements storage.Store.
func (s *Store) Sequence() (uint64, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.gate.leave()
	return s.sequence.Load(), nil
}

// Commit implements storage.Store. It returns nil or ErrSequence (or
// ErrClosed, before it did anything); everything else ends the process.
func (s *Store) Commit(seq uint64, b *storage.Batch) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	s.commit.Lock()
	defer s.commit.Unlock()
	if err := s.monitor.failed(); err != nil {
		return err // the commit that was waited for
	}

	// The row decides, not the memory: it is what the batch replaces.
	held, err := s.readNumber()
	if err != nil {
		s.monitor.end("read of the commit number: %v", err)
	}
	if seq != held+1 {
		return fmt.Errorf("commit %d after %d: %w", seq, held, storage.ErrSequence)
	}
	if err := s.write(seq, b); err != nil {
		s.monitor.end("commit %d: %v", seq, err)
	}
	s.sequence.Store(seq)
	return nil
}

// write puts the rows and the number into one batch and syncs it.
func (s *Store) write(seq uint64, b *storage.Batch) error {
	batch := s.db.NewBatchWithSize(b.Size() + 64 + 8*b.Len())
	var failed error
	b.Each(func(del bool, key, value []byte) {
		var err error
		if del {
			err = batch.Delete(key, nil)
		} else {
			err = batch.Set(key, value, nil)
		}
		failed = errors.Join(failed, err)
	})
	failed = errors.Join(failed, batch.Set(numberKey, marshalNumber(seq), nil))
	if failed != nil {
		return failed
	}
	if err := batch.Commit(pebble.Sync); err != nil {
		return err
	}
	return batch.Close()
}

// FreeSpace implements storage.Store: what the filesystem of the folder
// leaves to this process.
func (s *Store) FreeSpace() (uint64, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.gate.leave()
	usage, err := s.fs.GetDiskUsage(s.dir)
	if err != nil {
		return 0, fmt.Errorf("pebblestore: free space of %s: %w", s.dir, err)
	}
	return usage.AvailBytes, nil
}

// Health returns what is wrong with the store now, or nil: the last flush or
// compaction failed, a table is damaged (ErrDamaged, until the store is
// opened again), or the process is about to end (ErrUnknown). While it is not
// nil the caller admits nothing new. Safe for concurrent use.
func (s *Store) Health() error { return s.monitor.health() }

// Close implements storage.Store. All rows are on the disk already: it is no
// part of durability. After a failed write it returns ErrUnknown and leaves
// everything to the end of the process.
func (s *Store) Close() error {
	if err := s.monitor.failed(); err != nil {
		return err
	}
	if !s.gate.close() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var failed error
	for snap := range s.snapshots {
		failed = errors.Join(failed, snap.pebble.Close())
	}
	clear(s.snapshots)
	return errors.Join(failed, s.db.Close(), s.lock.Close())
}

// enter begins a method; s.gate.leave ends it.
func (s *Store) enter() error {
	if err := s.monitor.failed(); err != nil {
		return err
	}
	return s.gate.enter()
}

func (s *Store) readNumber() (uint64, error) {
	value, err := get(s.db, numberKey)
	if err != nil {
		return 0, err
	}
	if len(value) != 8 {
		return 0, fmt.Errorf("pebblestore: commit number of %d bytes: %w", len(value), storage.ErrDamaged)
	}
	return binary.BigEndian.Uint64(value), nil
}

func marshalNumber(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
