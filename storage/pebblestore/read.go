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

// get returns the caller's own copy of a value.
func get(r pebble.Reader, key []byte) ([]byte, error) {
	value, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, storage.ErrNotFound
	}
	if err != nil {
		return nil, readError(err)
	}
	own := append(make([]byte, 0, len(value)), value...)
	if err := closer.Close(); err != nil {
		return nil, readError(err)
	}
	return own, nil
}

// scan calls yield for the rows from start to end; an empty bound is open.
func scan(r pebble.Reader, start, end []byte, yield func(key, value []byte) bool) error {
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
	defer it.Close() // also when yield panics
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
