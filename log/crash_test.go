package log_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/pebblestore"
)

const dir = "store"

// onDisk returns options for a store on a disk in memory, which has room.
func onDisk(disk vfs.FS) pebblestore.Options {
	if mem, ok := vfs.Root(disk).(*vfs.MemFS); ok {
		mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 40, TotalBytes: 1 << 41})
	}
	return pebblestore.Options{FS: disk, CacheSize: 1 << 20, MemTableSize: 512 << 10}
}

// A moment is what a loss of power leaves: the disk of the store, the anchor,
// and what submitters held already.
type moment struct {
	name   string
	number int
	disk   *vfs.MemFS
	anchor []byte
	ledger *ledger
	raw    map[string]uint64
}

// A crasher cuts the power on copies: before each operation that changes the
// disk, and around each Replace of the anchor. Store and anchor of a moment are
// of one time: the anchor does not move while a disk is copied.
type crasher struct {
	t      testing.TB
	disk   *vfs.MemFS
	anchor storage.Anchor
	ledger *ledger
	raw    *rawLedger
	random *rand.Rand

	mu      sync.Mutex
	off     bool
	cuts    int
	moments []moment
}

func (c *crasher) String() string { return "crasher" }

// MaybeError is called before each operation. It never injects an error.
func (c *crasher) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.cut(fmt.Sprintf("before kind %d of %s", op.Kind, op.Path))
	}
	return nil
}

// cut copies what a crash now leaves, with none, half or all of the unsynced
// data. What was promised is read first: what comes later does not count.
func (c *crasher) cut(name string) {
	if c.off {
		return
	}
	percents := []int{0, 50, 100}
	if deep() == 1 { // none, and in turn half or all
		percents = []int{0, 50 * (1 + c.cuts%2)}
		c.cuts++
	}
	for _, percent := range percents {
		m := moment{number: len(c.moments), name: fmt.Sprintf("%s (moment %d, %d %% of the unsynced data)", name, len(c.moments), percent)}
		m.ledger = c.ledger.fork(c.t)
		if c.raw != nil {
			m.raw = c.raw.kept()
		}
		m.anchor = load(c.t, c.anchor)
		m.disk = c.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: c.random})
		c.moments = append(c.moments, m)
	}
}

// end lets the power on from here.
func (c *crasher) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off = true
}

// Replace implements storage.Anchor for the log under test.
func (c *crasher) Replace(old, new []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut("between commit and anchor")
	if err := c.anchor.Replace(old, new); err != nil {
		return err
	}
	c.ledger.notary.note(new)
	c.cut("between anchor and publish")
	return nil
}

func (c *crasher) Load() ([]byte, error) { return c.anchor.Load() }
func (c *crasher) Close() error          { return nil }

// all checks the moments, on all processors.
func (c *crasher) all(check func(moment) error) {
	c.t.Helper()
	var group sync.WaitGroup
	next := make(chan moment)
	for range 2 {
		group.Go(func() {
			for m := range next {
				if err := check(m); err != nil {
					c.t.Errorf("%s, %d promises: %v", m.name, len(m.ledger.promises), err)
				}
			}
		})
	}
	for _, m := range c.moments {
		next <- m
	}
	close(next)
	group.Wait()
	c.t.Logf("%d crashes", len(c.moments))
}

// TestEveryCrash cuts the power at every write event of the life of a sealed
// log, its creation included. From every copy the log opens, keeps what it
// promised, signs nothing that excludes what it signed, and goes on.
func TestEveryCrash(t *testing.T) {
	ctx := context.Background()
	b := newLedger(t).alsoRefused()
	disk := vfs.NewCrashableMem()
	c := &crasher{t: t, disk: disk, anchor: anchorHolding(t, nil), ledger: b, random: random(t)}
	store, err := pebblestore.Create(dir, onDisk(errorfs.Wrap(disk, c)))
	if err != nil {
		t.Fatal(err)
	}
	l, err := b.create(ctx, store, c)
	if err != nil {
		t.Fatal(err)
	}
	// The submissions of one step come at once: batches are signed and anchored
	// while the next ones are committed.
	lives := [][][]int{{{1}, {3, 1, 2}}, {{12, 1}, {1, 1, 1, 1}}, {{2}}}
	for i, life := range lives {
		for _, step := range life {
			b.w.Clock.Add(time.Second)
			b.submitAll(ctx, t, l, step)
		}
		if err := errors.Join(l.Close(), store.Close()); err != nil {
			t.Fatal(err)
		}
		if i == len(lives)-1 {
			break
		}
		if store, err = pebblestore.Open(dir, onDisk(errorfs.Wrap(disk, c))); err != nil {
			t.Fatal(err)
		}
		if l, err = b.open(store, c); err != nil {
			t.Fatal(err)
		}
	}
	c.end()
	c.all(func(m moment) error { return recovers(t, m) })
}

// recovers opens the log of a moment and checks it; then, for some, the power
// goes once more, and what the second life promised must be there too.
func recovers(t testing.TB, m moment) error {
	anchor := &watched{Anchor: anchorHolding(t, m.anchor), notary: m.ledger.notary}
	lives := 1
	if deep() > 1 || m.number%4 == 0 {
		lives = 2
	}
	for life := range lives {
		store, err := pebblestore.Open(dir, onDisk(m.disk))
		if err != nil {
			return unborn(m, err)
		}
		l, err := m.ledger.open(store, anchor)
		if err != nil {
			return errors.Join(unborn(m, err), store.Close())
		}
		if err := m.ledger.lives(t, l, store, anchor); err != nil {
			return fmt.Errorf("life %d: %w", life, err)
		}
		m.anchor = load(t, anchor)
		if err := m.ledger.notary.missing(store, m.anchor); err != nil {
			return fmt.Errorf("life %d: %w", life, err)
		}
		m.disk = m.disk.CrashClone(vfs.CrashCloneCfg{})
		store.Close()
	}
	m.ledger.notary.check(t)
	return nil
}

// unborn accepts that a log does not open only if its creation was cut: nothing
// left the log yet, and it says so.
func unborn(m moment, err error) error {
	if m.anchor != nil {
		return fmt.Errorf("it signed, and does not open: %w", err)
	}
	for _, want := range []error{storage.ErrNoStore, log.ErrNoLog, log.ErrAnchorMissing} {
		if errors.Is(err, want) {
			return nil
		}
	}
	return fmt.Errorf("a log that was not created: %w", err)
}
