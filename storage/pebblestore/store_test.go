package pebblestore

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// small keeps tests light: the defaults take 200 MiB per store, and a pause
// after each failed flush.
func small(o Options) Options {
	o.CacheSize, o.MemTableSize = 1<<20, 1<<20
	o.pause = time.Millisecond
	return o
}

// newStore returns stores with these options, each in a folder of its own.
func newStore(folder func(*testing.T) string, o func() Options) storagetest.NewStore {
	return func(t *testing.T) (storage.Store, func() storage.Store) {
		dir, o := folder(t), small(o())
		s, err := Create(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s, func() storage.Store {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if s, err = Open(dir, o); err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
}

func TestStoreOnDisk(t *testing.T) {
	storagetest.Run(t, newStore((*testing.T).TempDir, func() Options { return Options{} }))
}

func TestStoreInMemory(t *testing.T) {
	storagetest.Run(t, newStore(
		func(*testing.T) string { return "store" },
		func() Options {
			fs := vfs.NewMem()
			fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 30, TotalBytes: 2 << 30})
			return Options{FS: fs}
		}))
}

// mustCreate makes a store that is closed when the test ends.
func mustCreate(t testing.TB, dir string, o Options) *Store {
	t.Helper()
	s, err := Create(dir, small(o))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func commit(t testing.TB, s *Store, pairs ...string) {
	t.Helper()
	var b storage.Batch
	for i := 0; i < len(pairs); i += 2 {
		b.Set([]byte(pairs[i]), []byte(pairs[i+1]))
	}
	commitBatch(t, s, &b)
}

// commitBatch commits b under the next number.
func commitBatch(t testing.TB, s *Store, b *storage.Batch) {
	t.Helper()
	last, err := s.Sequence()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(last+1, b); err != nil {
		t.Fatal(err)
	}
}

// While a commit is not yet durable, Pebble shows its rows, but no snapshot
// and no commit number does.
func TestSnapshotIsDurable(t *testing.T) {
	var slow atomic.Bool
	syncing, release := make(chan struct{}), make(chan struct{})
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if kindOf(op) == "sync" && strings.HasSuffix(op.Path, ".log") && slow.CompareAndSwap(true, false) {
			close(syncing)
			<-release
		}
		return nil
	}))
	s := mustCreate(t, "store", Options{FS: fs})
	commit(t, s, "k", "old")
	slow.Store(true)
	committed, snapped := make(chan error), make(chan storage.Snapshot)
	go func() {
		var b storage.Batch
		b.Set([]byte("k"), []byte("new"))
		committed <- s.Commit(2, &b)
	}()
	<-syncing
	go func() {
		v, err := s.Snapshot()
		if err != nil {
			t.Error(err)
		}
		snapped <- v
	}()
	if n, err := s.Sequence(); n != 1 || err != nil {
		t.Errorf("Sequence while commit 2 is being synced: %d, %v", n, err)
	}
	select {
	case <-snapped:
		close(release)
		t.Fatal("a snapshot was taken while a commit was being synced")
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	if err := <-committed; err != nil {
		t.Error(err)
	}
	if got, err := (<-snapped).Get([]byte("k")); string(got) != "new" || err != nil {
		t.Errorf("the snapshot after the commit: %q, %v", got, err)
	}
}
