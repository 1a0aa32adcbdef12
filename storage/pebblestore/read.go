package pebblestore

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/docketlog/docket/storage"
)

// firstKey is the lower bound of what callers see: above the store's own rows.
var firstKey = []byte{byte(storage.ReservedSpace) + 1}

// get returns the caller's own copy of a value. It seeks, because Pebble's Get
// leaves out the filters of the lowest level, where most rows are: whether a
// statement is new is asked for each one, and the answer is mostly that it is.
func get(r pebble.Reader, key []byte) (value []byte, err error) {
	it, err := r.NewIter(&pebble.IterOptions{UseL6Filters: true})
	if err != nil {
		return nil, readError(err)
	}
	defer func() {
		if closing := it.Close(); closing != nil && err == nil {
			value, err = nil, readError(closing)
		}
	}()
	if !it.SeekPrefixGE(key) {
		if err := it.Error(); err != nil {
			return nil, readError(err)
		}
		return nil, storage.ErrNotFound
	}
	shared, err := it.ValueAndErr()
	if err != nil {
		return nil, readError(err)
	}
	return append(make([]byte, 0, len(shared)), shared...), nil
}

// scan calls yield for the rows from start to end; an empty bound is open.
func scan(r pebble.Reader, start, end []byte, yield func(key, value []byte) bool) (failed error) {
	if bytes.Compare(start, firstKey) < 0 {
		start = firstKey
	}
	if len(end) == 0 {
		end = nil
	} else if bytes.Compare(start, end) >= 0 {
		return nil
	}
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: start, UpperBound: end})
	if err != nil {
		return readError(err)
	}
	// Deferred: yield may panic.
	defer func() {
		if closing := it.Close(); closing != nil && failed == nil {
			failed = readError(closing)
		}
	}()
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return readError(err)
		}
		if !yield(it.Key(), value) {
			return nil
		}
	}
	if err := it.Error(); err != nil {
		return readError(err)
	}
	return nil
}

func readError(err error) error {
	if pebble.IsCorruptionError(err) {
		return fmt.Errorf("pebblestore: read: %w: %v", storage.ErrDamaged, err)
	}
	return fmt.Errorf("pebblestore: read: %w", err)
}

func isCancelled(err error) bool { return errors.Is(err, pebble.ErrCancelledCompaction) }
