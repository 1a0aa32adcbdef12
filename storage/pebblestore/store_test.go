package pebblestore

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// small keeps tests light: the defaults take 200 MiB per store.
func small(o Options) Options {
	o.CacheSize, o.MemTableSize = 1<<20, 1<<20
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
