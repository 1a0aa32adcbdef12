package pebblestore

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/docketlog/docket/storage"
)

// A crasher cuts the power before every operation that changes the
// filesystem, on a copy: with none, half or all of what was not synced.
type crasher struct {
	t      testing.TB
	disk   *vfs.MemFS
	random *rand.Rand

	acknowledged, tried atomic.Uint64

	mu     sync.Mutex
	clones int
}

func (c *crasher) String() string { return "crasher" }

// MaybeError is called before each operation. It never injects an error.
func (c *crasher) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, unsynced := range []int{0, 50, 100} {
		low := c.acknowledged.Load() // before the crash: what is later does not count
		clone := c.crash(c.disk, unsynced)
		c.check(clone, low, unsynced)
	}
	return nil
}

func (c *crasher) crash(disk *vfs.MemFS, unsynced int) *vfs.MemFS {
	c.clones++
	return disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: unsynced, RNG: c.random})
}

// check opens a store after the crash. What it then shows must be durable,
// although it may not have been at the crash: the power goes a second time.
func (c *crasher) check(disk *vfs.MemFS, low uint64, unsynced int) {
	s, err := Open("store", small(Options{FS: disk}))
	if err != nil {
		c.t.Errorf("%d %% of the unsynced data, %d acknowledged: %v", unsynced, low, err)
		return
	}
	defer s.Close()
	checkPrefix(c.t, s, low, c.tried.Load())
	n, err := s.Sequence()
	if err != nil {
		c.t.Error(err)
	}
	again, err := Open("store", small(Options{FS: c.crash(disk, 0)}))
	if err != nil {
		c.t.Errorf("after a second crash: %v", err)
		return
	}
	defer again.Close()
	checkPrefix(c.t, again, n, n)
}

// TestEveryCrash cuts the power at every write event of a life. All batches
// that were acknowledged are there, no batch is there in part.
func TestEveryCrash(t *testing.T) {
	c := &crasher{t: t, disk: vfs.NewCrashableMem(), random: rand.New(rand.NewPCG(1, 2))}
	// The folder is made first: Create is another test.
	s, err := Create("store", small(Options{FS: c.disk}))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, to := range []uint64{5, 11} {
		s, err := Open("store", small(Options{FS: errorfs.Wrap(c.disk, c)}))
		if err != nil {
			t.Fatal(err)
		}
		err = work{to: to, busy: true, trying: c.tried.Store, finished: c.acknowledged.Store}.do(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if c.acknowledged.Load() != 11 {
		t.Errorf("%d batches were acknowledged", c.acknowledged.Load())
	}
	t.Logf("%d crashes", c.clones)
}

// TestCrashDuringCreate cuts the power at every write event of Create. What
// is left is an empty store, or none: Open takes the one and refuses the
// other.
func TestCrashDuringCreate(t *testing.T) {
	disk := vfs.NewCrashableMem()
	random := rand.New(rand.NewPCG(1, 2))
	opened, refused := 0, 0
	fs := errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
			return nil
		}
		for _, unsynced := range []int{0, 50, 100} {
			after := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: unsynced, RNG: random})
			s, err := Open("store", small(Options{FS: after}))
			if err != nil {
				refused++
				if !errors.Is(err, storage.ErrNoStore) {
					t.Errorf("%d %% of the unsynced data: %v; want ErrNoStore", unsynced, err)
				}
				continue
			}
			opened++
			checkPrefix(t, s, 0, 0)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		return nil
	}))
	s, err := Create("store", small(Options{FS: fs}))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if opened == 0 || refused == 0 {
		t.Errorf("%d stores were opened, %d refused", opened, refused)
	}
}
