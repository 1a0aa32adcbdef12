package storagetest

import (
	"testing"

	"github.com/docketlog/docket/storage"
)

func testSnapshot(t *testing.T, newStore NewStore) {
	s, _ := newStore(t)
	before := snapshot(t, s)
	commit(t, s, pair{"a", "1"}, pair{"b", "1"})
	first := snapshot(t, s)
	var b storage.Batch
	b.Set([]byte("a"), []byte("2"))
	b.Delete([]byte("b"))
	b.Set([]byte("c"), []byte("2"))
	commitBatch(t, s, &b)

	expect(t, before)
	expect(t, first, pair{"a", "1"}, pair{"b", "1"})
	expectMissing(t, first, "c")
	expect(t, s, pair{"a", "2"}, pair{"c", "2"})
	expectMissing(t, first, "\x00number")
	if got := rows(t, first, "a\x00", ""); len(got) != 1 || got[0].Key != "b" {
		t.Errorf("bounded scan of a snapshot: %v", got)
	}
}

func snapshot(t *testing.T, s storage.Store) storage.Snapshot {
	t.Helper()
	v, err := s.Snapshot()
	if err != nil {
		t.Fatalf("Snapshot: %v", err)
	}
	return v
}

func testSnapshotClose(t *testing.T, newStore NewStore) {
	s, _ := newStore(t)
	commit(t, s, pair{"a", "1"})
	closed, left := snapshot(t, s), snapshot(t, s)
	for range 2 {
		if err := closed.Close(); err != nil {
			t.Errorf("Close of a snapshot: %v", err)
		}
	}
	_, err := closed.Get([]byte("a"))
	expectError(t, "Get of a closed snapshot", err, storage.ErrClosed)
	expect(t, left, pair{"a", "1"})

	// A store takes its snapshots with it.
	if err := s.Close(); err != nil {
		t.Errorf("Close of a store with an open snapshot: %v", err)
	}
	_, err = left.Get([]byte("a"))
	expectError(t, "Get of a snapshot of a closed store", err, storage.ErrClosed)
	err = left.Scan(nil, nil, func(_, _ []byte) bool { return true })
	expectError(t, "Scan of a snapshot of a closed store", err, storage.ErrClosed)
	if err := left.Close(); err != nil {
		t.Errorf("Close of a snapshot after its store: %v", err)
	}
}

func testClosed(t *testing.T, newStore NewStore) {
	s, reopen := newStore(t)
	commit(t, s, pair{"a", "1"})
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	_, err := s.Get([]byte("a"))
	expectError(t, "Get", err, storage.ErrClosed)
	expectError(t, "Scan", s.Scan(nil, nil, func(_, _ []byte) bool { return true }), storage.ErrClosed)
	_, err = s.Sequence()
	expectError(t, "Sequence", err, storage.ErrClosed)
	_, err = s.Snapshot()
	expectError(t, "Snapshot", err, storage.ErrClosed)
	_, err = s.FreeSpace()
	expectError(t, "FreeSpace", err, storage.ErrClosed)
	var b storage.Batch
	b.Set([]byte("b"), nil)
	expectError(t, "Commit", s.Commit(2, &b), storage.ErrClosed)
	expect(t, reopen(), pair{"a", "1"})
}

func testFreeSpace(t *testing.T, newStore NewStore) {
	s, _ := newStore(t)
	if n, err := s.FreeSpace(); n == 0 || err != nil {
		t.Errorf("FreeSpace: %d, %v", n, err)
	}
}
