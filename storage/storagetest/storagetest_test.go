package storagetest_test

import (
	"errors"
	"testing"

	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// newMemory returns a store in memory, passed through wrap.
func newMemory(wrap func(storage.Store) storage.Store) storagetest.NewStore {
	return func(t *testing.T) (storage.Store, func() storage.Store) {
		place := storagetest.NewMemory()
		open := func() storage.Store {
			s, err := place.Open()
			if err != nil {
				t.Fatal(err)
			}
			return wrap(s)
		}
		s := open()
		t.Cleanup(func() { s.Close() })
		return s, func() storage.Store {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open()
			return s
		}
	}
}

func newMemoryAnchor(wrap func(storage.Anchor) storage.Anchor) storagetest.NewAnchor {
	return func(t *testing.T) (storage.Anchor, func() storage.Anchor) {
		place := storagetest.NewMemoryAnchor()
		open := func() storage.Anchor {
			a, err := place.Open()
			if err != nil {
				t.Fatal(err)
			}
			return wrap(a)
		}
		a := open()
		return a, func() storage.Anchor {
			a.Close()
			a = open()
			return a
		}
	}
}

func TestMemory(t *testing.T) {
	storagetest.Run(t, newMemory(func(s storage.Store) storage.Store { return s }))
}

func TestMemoryAnchor(t *testing.T) {
	storagetest.RunAnchor(t, newMemoryAnchor(func(a storage.Anchor) storage.Anchor { return a }))
}

// A wrapper whose fault never comes changes nothing.
func TestWrappersWithoutFault(t *testing.T) {
	storagetest.Run(t, newMemory(func(s storage.Store) storage.Store {
		return storagetest.FailCommit(s, -1, storagetest.NotApplied)
	}))
	storagetest.RunAnchor(t, newMemoryAnchor(func(a storage.Anchor) storage.Anchor {
		return storagetest.FailReplace(a, -1, storagetest.NotApplied)
	}))
}

func TestMemoryIsLocked(t *testing.T) {
	place := storagetest.NewMemory()
	s, err := place.Open()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := place.Open(); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("second Open: %v; want ErrLocked", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := place.Open(); err != nil {
		t.Errorf("Open after Close: %v", err)
	}
	anchor := storagetest.NewMemoryAnchor()
	if _, err := anchor.Open(); err != nil {
		t.Fatal(err)
	}
	if _, err := anchor.Open(); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("second Open of an anchor: %v; want ErrLocked", err)
	}
}

// The scan of a store in memory finds out who keeps its slices.
func TestMemorySpoilsKeptSlices(t *testing.T) {
	s, _ := newMemory(func(s storage.Store) storage.Store { return s })(t)
	var b storage.Batch
	b.Set([]byte("key"), []byte("value"))
	if err := s.Commit(1, &b); err != nil {
		t.Fatal(err)
	}
	var key, value []byte
	if err := s.Scan(nil, nil, func(k, v []byte) bool { key, value = k, v; return true }); err != nil {
		t.Fatal(err)
	}
	if string(key) == "key" || string(value) == "value" {
		t.Errorf("kept slices still read %q, %q", key, value)
	}
}

func TestFailCommit(t *testing.T) {
	for _, fault := range storagetest.Faults {
		t.Run(fault.String(), func(t *testing.T) {
			for n := 0; ; n++ {
				if !sweepCommit(t, n, fault) {
					if n != 4 {
						t.Errorf("the fault fired at %d commits of 4", n)
					}
					return
				}
			}
		})
	}
}

// sweepCommit makes four commits, of which the n-th fails, and checks what is
// left. It reports whether the fault fired.
func sweepCommit(t *testing.T, n int, fault storagetest.Fault) bool {
	place := storagetest.NewMemory()
	below, err := place.Open()
	if err != nil {
		t.Fatal(err)
	}
	s := storagetest.FailCommit(below, n, fault)
	acknowledged := uint64(0)
	var b storage.Batch
	b.Set([]byte("k"), nil)
	if err := s.Commit(9, &b); !errors.Is(err, storage.ErrSequence) {
		t.Fatalf("a commit that does not count: %v", err)
	}
	for seq := uint64(1); seq <= 4; seq++ {
		if err = s.Commit(seq, &b); err != nil {
			break
		}
		acknowledged = seq
	}
	if s.Fired() {
		if acknowledged != uint64(n) || !errors.Is(err, storage.ErrUnknown) {
			t.Errorf("fault at %d: %d acknowledged, then %v", n, acknowledged, err)
		}
		expectAllUnknown(t, s)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := place.Open()
	if err != nil {
		t.Fatal(err)
	}
	want := acknowledged
	if s.Fired() && fault == storagetest.Applied {
		want++
	}
	if got, err := again.Sequence(); got != want || err != nil {
		t.Errorf("fault at %d: the store holds %d, %v; want %d", n, got, err, want)
	}
	return s.Fired()
}

func expectAllUnknown(t *testing.T, s storage.Store) {
	t.Helper()
	_, get := s.Get([]byte("k"))
	_, sequence := s.Sequence()
	_, snapshot := s.Snapshot()
	_, free := s.FreeSpace()
	scan := s.Scan(nil, nil, func(_, _ []byte) bool { return true })
	commit := s.Commit(1, &storage.Batch{})
	for _, err := range []error{get, sequence, snapshot, free, scan, commit} {
		if !errors.Is(err, storage.ErrUnknown) {
			t.Errorf("after the fault: %v; want ErrUnknown", err)
		}
	}
}

func TestFailReplace(t *testing.T) {
	for _, fault := range storagetest.Faults {
		place := storagetest.NewMemoryAnchor()
		below, err := place.Open()
		if err != nil {
			t.Fatal(err)
		}
		a := storagetest.FailReplace(below, 1, fault)
		if err := a.Replace(nil, []byte("one")); err != nil {
			t.Fatal(err)
		}
		if err := a.Replace(nil, []byte("x")); !errors.Is(err, storage.ErrAnchorMoved) {
			t.Errorf("a Replace that does not count: %v", err)
		}
		if err := a.Replace([]byte("one"), []byte("two")); !errors.Is(err, storage.ErrUnknown) || !a.Fired() {
			t.Errorf("%s: Replace: %v; want ErrUnknown", fault, err)
		}
		if _, err := a.Load(); !errors.Is(err, storage.ErrUnknown) {
			t.Errorf("%s: Load after the fault: %v; want ErrUnknown", fault, err)
		}
		a.Close()
		again, err := place.Open()
		if err != nil {
			t.Fatal(err)
		}
		want := map[storagetest.Fault]string{storagetest.NotApplied: "one", storagetest.Applied: "two"}[fault]
		if got, err := again.Load(); string(got) != want || err != nil {
			t.Errorf("%s: the anchor holds %q, %v; want %q", fault, got, err, want)
		}
	}
}
