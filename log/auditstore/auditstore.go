// Package auditstore keeps the state of an audit on disk, so that a replay of a log
// of any size takes bounded memory and goes on after a crash. It is an audit.State
// over a storage.Store of its own:
//
//	S register key       the register's record, as in a log's store
//	T register key       its leaf in the register tree
//	D statement digest   index of the entry, 8 bytes, big-endian
//	C index              content of the entry, if registers name it; "-" for a release that names no run
//	M "audit"            the progress, as the auditor wrote it
//
// A Commit is one commit of the store: a crash leaves the state before or after it.
package auditstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// A State is an audit.State in a store, which nobody else writes to. The caller
// closes the store.
type State struct {
	store storage.Store
	seq   uint64
}

// bare stands for content of no bytes: a row that lost its bytes is damage.
var bare = []byte("-")

var progressRow = storage.Meta("audit")

// Open returns the state in a store: an empty one of a store that is empty.
func Open(store storage.Store) (*State, error) {
	seq, err := store.Sequence()
	if err != nil {
		return nil, fmt.Errorf("auditstore: %w", err)
	}
	s := &State{store: store, seq: seq}
	if progress, err := s.Progress(); err != nil || seq > 0 && progress == nil {
		return nil, errors.Join(err, errors.New("auditstore: the store is not that of an audit"))
	}
	return s, nil
}

// Progress implements audit.State.
func (s *State) Progress() ([]byte, error) { return s.find(progressRow) }

// find is Get for a row that need not be there: nil.
func (s *State) find(key []byte) ([]byte, error) {
	row, err := s.store.Get(key)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	return row, err
}

// Record implements audit.State. The record must have the value that the register
// tree holds: a damaged one would be taken for a fault of the log.
func (s *State) Record(key register.Key) (*register.Record, error) {
	row, err := s.find(storage.Record(key))
	if err != nil {
		return nil, err
	}
	leaf, err := s.find(storage.RegisterLeaf(key))
	if err != nil || row == nil && leaf == nil {
		return nil, err
	}
	record, err := register.ParseRecord(row)
	if err != nil {
		return nil, fmt.Errorf("auditstore: the record of register %s: %w: %w", key, storage.ErrDamaged, err)
	}
	if value := record.Value().Hash(); !bytes.Equal(leaf, value[:]) {
		return nil, fmt.Errorf("auditstore: record and leaf of register %s disagree: %w", key, storage.ErrDamaged)
	}
	return record, nil
}

// Admitted implements audit.State.
func (s *State) Admitted(digest statement.Digest) (uint64, bool, error) {
	row, err := s.find(storage.DigestIndex(digest))
	if err != nil || row == nil {
		return 0, false, err
	}
	if len(row) != 8 {
		return 0, false, fmt.Errorf("auditstore: the row of statement %s: %w", digest, storage.ErrDamaged)
	}
	return binary.BigEndian.Uint64(row), true, nil
}

// Content implements audit.State.
func (s *State) Content(digest statement.Digest) ([]byte, error) {
	index, ok, err := s.Admitted(digest)
	if err != nil {
		return nil, err
	}
	var content []byte
	if ok {
		content, err = s.find(storage.Content(index))
	}
	switch {
	case err == nil && len(content) == 0:
		err = fmt.Errorf("auditstore: no content of statement %s: %w", digest, storage.ErrDamaged)
	case bytes.Equal(content, bare):
		content = nil
	}
	return content, err
}

// Leaves implements audit.State.
func (s *State) Leaves(prefix register.Key, depth int, yield func(register.Leaf) bool) error {
	var bad error
	start, end := storage.RegisterLeafRange(prefix, depth)
	err := s.store.Scan(start, end, func(key, value []byte) bool {
		leaf := register.Leaf{}
		if leaf.Key, bad = storage.ParseRegisterLeaf(key); bad == nil && len(value) != len(leaf.ValueHash) {
			bad = fmt.Errorf("auditstore: the leaf of register %s: %w", leaf.Key, storage.ErrDamaged)
		}
		copy(leaf.ValueHash[:], value)
		return bad == nil && yield(leaf)
	})
	return errors.Join(err, bad)
}

// Commit implements audit.State. Rows are written in the order of their keys, so that
// the same change makes the same batch.
func (s *State) Commit(c *audit.Change) error {
	var b storage.Batch
	for _, leaf := range c.Leaves {
		b.Set(storage.Record(leaf.Key), c.Records[leaf.Key].Marshal())
		b.Set(storage.RegisterLeaf(leaf.Key), leaf.ValueHash[:])
	}
	for _, digest := range c.Forgotten {
		index, ok := c.Admitted[digest]
		if !ok {
			var err error
			if index, ok, err = s.Admitted(digest); err != nil {
				return err
			}
		}
		if ok {
			b.Delete(storage.Content(index))
		}
	}
	byIndex := func(x, y statement.Digest) int {
		if c.Admitted[x] < c.Admitted[y] {
			return -1
		}
		return 1
	}
	for _, digest := range slices.SortedFunc(maps.Keys(c.Admitted), byIndex) {
		index := c.Admitted[digest]
		b.Set(storage.DigestIndex(digest), binary.BigEndian.AppendUint64(nil, index))
		if content, ok := c.Contents[digest]; ok {
			if len(content) == 0 {
				content = bare
			}
			b.Set(storage.Content(index), content)
		}
	}
	b.Set(progressRow, c.Progress)
	if err := s.store.Commit(s.seq+1, &b); err != nil {
		return fmt.Errorf("auditstore: %w", err)
	}
	s.seq++
	return nil
}
