package log

import (
	"encoding/binary"
	"errors"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// state is the fold's view of the rows. It implements admission.State.
type state struct{ r storage.Reader }

// Record implements admission.State.
func (s state) Record(key register.Key) (*register.Record, error) {
	row, err := s.r.Get(storage.Record(key))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	record, err := register.ParseRecord(row)
	if err != nil {
		return nil, damage("record %s: %v", key, err)
	}
	return record, nil
}

// Admitted implements admission.State.
func (s state) Admitted(digest statement.Digest) (uint64, bool, error) {
	return firstIndex(s.r, digest)
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
	return s.r.Get(storage.Content(index))
}

// firstIndex returns the index of the entry that a digest names: a statement
// digest in a sealed log, a leaf hash in a raw one.
func firstIndex(r storage.Reader, digest [32]byte) (uint64, bool, error) {
	row, err := r.Get(storage.DigestIndex(digest))
	if errors.Is(err, storage.ErrNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	if len(row) != 8 {
		return 0, false, damage("digest index %x", digest)
	}
	return binary.BigEndian.Uint64(row), true, nil
}
