package pebblestore

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/docketlog/docket/storage"
)

// rowsOf fills b with the rows of batch seq. Together they tell whether the
// batch is there whole: rows that are new, overwritten and deleted.
func rowsOf(seq uint64, b *storage.Batch) {
	b.Reset()
	b.Set(storage.Leaf(seq), fmt.Append(nil, "leaf ", seq))
	b.Set(storage.Content(seq), bytes.Repeat([]byte{byte(seq)}, 5000))
	b.Set(storage.Meta("newest"), fmt.Append(nil, seq))
	if seq > 1 {
		b.Delete(storage.Bucket(0, uint32(seq-1)))
	}
	b.Set(storage.Bucket(0, uint32(seq)), nil)
}

// checkPrefix fails unless s holds the batches 1 to n, whole, and nothing
// else, with low <= n <= high.
func checkPrefix(t testing.TB, s *Store, low, high uint64) {
	t.Helper()
	n, err := s.Sequence()
	if err != nil {
		t.Error(err)
		return
	}
	if n < low || n > high {
		t.Errorf("the store holds %d batches; %d were acknowledged, %d were tried", n, low, high)
	}
	want := map[string]string{}
	var b storage.Batch
	for seq := uint64(1); seq <= n; seq++ {
		rowsOf(seq, &b)
		b.Each(func(del bool, key, value []byte) {
			if del {
				delete(want, string(key))
			} else {
				want[string(key)] = string(value)
			}
		})
	}
	err = s.Scan(nil, nil, func(key, value []byte) bool {
		if w, ok := want[string(key)]; !ok || w != string(value) {
			t.Errorf("row %x of a store of %d batches is not as it was written", key, n)
		}
		delete(want, string(key))
		return true
	})
	if err != nil || len(want) != 0 {
		t.Errorf("a store of %d batches: %d rows are missing, %v", n, len(want), err)
	}
}

// work is a row of commits, seen from outside.
type work struct {
	to       uint64 // the last batch
	busy     bool   // flush and compact between the commits
	trying   func(seq uint64)
	finished func(seq uint64)
}

// do commits the next batches up to the last one.
func (w work) do(s *Store) error {
	seq, err := s.Sequence()
	if err != nil {
		return err
	}
	var b storage.Batch
	for seq++; seq <= w.to; seq++ {
		rowsOf(seq, &b)
		if w.trying != nil {
			w.trying(seq)
		}
		if err := s.Commit(seq, &b); err != nil {
			return err
		}
		if w.finished != nil {
			w.finished(seq)
		}
		if err := w.maintain(s, seq); err != nil {
			return err
		}
	}
	return nil
}

// maintain makes Pebble flush in the background, or flush and compact.
func (w work) maintain(s *Store, seq uint64) error {
	switch {
	case w.busy && seq%4 == 2:
		_, err := s.db.AsyncFlush()
		return err
	case w.busy && seq%4 == 0:
		if err := s.db.Flush(); err != nil {
			return err
		}
		return s.db.Compact(context.Background(), []byte{0}, []byte{0xff}, false)
	}
	return nil
}
