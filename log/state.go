package log

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// state is the fold's view of the rows. It implements admission.State.
type state struct{ r storage.Reader }

// Record implements admission.State. The record must have the value that the
// register tree holds: a damaged one would decide what is admitted, and signed.
func (s state) Record(key register.Key) (*register.Record, error) {
	row, found, err := find(s.r, storage.Record(key))
	if err != nil {
		return nil, err
	}
	leaf, inTree, err := find(s.r, storage.RegisterLeaf(key))
	if err != nil {
		return nil, err
	}
	if !found && !inTree {
		return nil, nil
	}
	return checkRecord(key, row, leaf)
}

// record reads the record of a register whose leaf in the tree is known.
func (s state) record(key register.Key, leaf register.Hash) (*register.Record, error) {
	row, found, err := find(s.r, storage.Record(key))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, damage("the record of register %s is missing", key)
	}
	return checkRecord(key, row, leaf[:])
}

func checkRecord(key register.Key, row, leaf []byte) (*register.Record, error) {
	record, err := register.ParseRecord(row)
	if err != nil {
		return nil, damage("record %s: %v", key, err)
	}
	if value := record.Value().Hash(); !bytes.Equal(leaf, value[:]) {
		return nil, damage("record and leaf of register %s disagree", key)
	}
	return record, nil
}

// find is Get for a row that need not be there.
func find(r storage.Reader, key []byte) (row []byte, found bool, err error) {
	row, err = r.Get(key)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, false, nil
	}
	return row, err == nil, err
}

// Admitted implements admission.State.
func (s state) Admitted(digest statement.Digest) (uint64, bool, error) {
	return firstIndex(s.r, storage.DigestIndex(digest))
}

// Content implements admission.State.
func (s state) Content(digest statement.Digest) ([]byte, error) {
	index, ok, err := s.Admitted(digest)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, damage("a register names statement %s, which has no entry", digest)
	}
	content, found, err := find(s.r, storage.Content(index))
	if err == nil && !found {
		err = damage("content %d is missing", index)
	}
	return content, err
}

// firstIndex returns the index that a row of the digest index or of the leaf
// hash index holds.
func firstIndex(r storage.Reader, key []byte) (uint64, bool, error) {
	row, found, err := find(r, key)
	if err != nil || !found {
		return 0, false, err
	}
	if len(row) != 8 {
		return 0, false, damage("%s row %x", storage.SpaceOf(key), key)
	}
	return binary.BigEndian.Uint64(row), true, nil
}
