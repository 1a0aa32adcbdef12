package log_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/pebblestore"
)

// A faulty disk fails its n-th operation, once.
type faulty struct {
	left  atomic.Int64
	die   func() // ends the process
	mu    sync.Mutex
	fired string
}

func (f *faulty) String() string { return "faulty" }

// MaybeError implements errorfs.Injector. Where Pebble panics on an error, in the
// sync of the folder, the process ends.
func (f *faulty) MaybeError(op errorfs.Op) error {
	if f.left.Add(-1) != -1 {
		return nil
	}
	f.mu.Lock()
	f.fired = fmt.Sprintf("kind %d of %s", op.Kind, op.Path)
	f.mu.Unlock()
	if op.Kind == errorfs.OpFileSync && op.Path == dir {
		f.die()
		select {}
	}
	return errorfs.ErrInjected
}

// hit returns what failed, or "" if nothing did yet.
func (f *faulty) hit() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fired
}

// A life is a log on a disk, from Create to Close, until a fault ends it.
type life struct {
	ledger *ledger
	disk   *vfs.MemFS
	anchor *watched
	once   sync.Once
	dead   chan struct{} // the process ended
}

func newLife(t testing.TB) *life {
	l := &life{ledger: newLedger(t), disk: vfs.NewCrashableMem(), dead: make(chan struct{})}
	l.anchor = &watched{Anchor: anchorHolding(t, nil), notary: l.ledger.notary}
	return l
}

// die ends the process: in these tests, it hangs.
func (l *life) die() { l.once.Do(func() { close(l.dead) }) }

func (l *life) options(inject errorfs.Injector) pebblestore.Options {
	options := onDisk(errorfs.Wrap(l.disk, inject))
	options.Fatal = func(string) { l.die(); select {} }
	return options
}

var errDead = errors.New("the process ended")

// run lives until the end or the first error.
func (l *life) run(inject errorfs.Injector) error {
	ctx, end := context.WithCancel(context.Background())
	defer end()
	done := make(chan error, 1)
	go func() { done <- l.live(ctx, inject) }()
	select {
	case err := <-done:
		return err
	case <-l.dead:
		return errDead
	}
}

func (l *life) live(ctx context.Context, inject errorfs.Injector) error {
	options := l.options(inject)
	store, err := pebblestore.Create(dir, options)
	if err != nil {
		return err
	}
	defer store.Close()
	g, err := l.ledger.create(ctx, store, l.anchor)
	if err != nil {
		if g != nil {
			err = errors.Join(err, stopped(g))
		}
		return err
	}
	for _, n := range []int{1, 20, 1} {
		if err := l.ledger.submit(ctx, g, n); err != nil {
			return errors.Join(err, stopped(g))
		}
	}
	if err := errors.Join(g.Close(), store.Close()); err != nil {
		return err
	}
	if store, err = pebblestore.Open(dir, options); err != nil {
		return err
	}
	defer store.Close()
	if g, err = l.ledger.open(store, l.anchor); err != nil {
		return err
	}
	return errors.Join(l.ledger.submit(ctx, g, 3), g.Close())
}

// stopped closes a log that refused a submission: it says ErrStopped to the next
// one too, unless it only refused to take one (a read of the free space).
func stopped(l *log.Log) error {
	if l.Err() == nil {
		return l.Close()
	}
	if err := l.Health(); !errors.Is(err, log.ErrStopped) {
		return fmt.Errorf("BUG: health after the stop: %w", err)
	}
	l.Close()
	return nil
}

// TestEveryFault fails the n-th operation on the disk, for every n until none is
// left. Whatever the log then says: on the disk of that moment, with some of the
// unsynced data, it opens, keeps its promises and goes on. The store is small
// enough not to flush: Pebble panics in some faults then (TestKill has them).
func TestEveryFault(t *testing.T) {
	var next, fired, ended atomic.Int64
	step := int64(4) // every fourth operation in a plain run
	if deep() > 1 {
		step = 1
	}
	next.Store(rand.Int64N(step))
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for !t.Failed() {
				n := next.Add(step) - step
				l := newLife(t)
				f := &faulty{die: l.die}
				f.left.Store(n)
				err := l.run(f)
				if f.hit() == "" {
					if err != nil {
						t.Errorf("a life without a fault: %v", err)
					}
					return
				}
				fired.Add(1)
				if err != nil {
					ended.Add(1)
				}
				if bad := l.survives(t); bad != nil {
					t.Errorf("operation %d, %s, ended with (%v): %v", n, f.hit(), err, bad)
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d operations failed, %d of them ended the log", fired.Load(), ended.Load())
}

// survives opens what is on the disk after the fault.
func (l *life) survives(t *testing.T) error {
	percents := []int{0, 50, 100}
	if deep() == 1 {
		percents = percents[rand.IntN(3):][:1]
	}
	for _, percent := range percents {
		m := moment{
			name:   fmt.Sprintf("%d %% of the unsynced data", percent),
			number: 1,
			ledger: l.ledger.fork(t),
			anchor: load(t, l.anchor),
			disk: l.disk.CrashClone(vfs.CrashCloneCfg{
				UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(rand.Uint64(), 0)),
			}),
		}
		if err := recovers(t, m); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return nil
}

// TestFailedSync fails the sync of the write-ahead log under many waiting
// submitters. The process ends: nobody gets an answer, nothing is signed, and
// what a reader sees stays what it was.
func TestFailedSync(t *testing.T) {
	l := newLife(t)
	b := l.ledger
	var armed atomic.Bool
	options := l.options(errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
			if armed.Load() {
				return errorfs.ErrInjected
			}
		}
		return nil
	}))
	store, err := pebblestore.Create(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g, err := b.create(ctx, store, l.anchor)
	if err != nil {
		t.Fatal(err)
	}
	before := g.View()
	signatures := b.notary.count()
	armed.Store(true)
	answers := make(chan error, 10)
	for range cap(answers) {
		go func() { answers <- b.submit(ctx, g, 1) }()
	}
	select {
	case <-l.dead:
	case <-time.After(10 * time.Second):
		t.Fatal("the store did not end the process")
	}
	if after := g.View(); after != before {
		t.Error("the published view moved")
	}
	cancel() // their process ended
	for range cap(answers) {
		// Health may be asked before or after the fault.
		if err := <-answers; !errors.Is(err, context.Canceled) && !errors.Is(err, storage.ErrUnknown) {
			t.Errorf("a submitter got %v", err)
		}
	}
	if n := b.notary.count(); n != signatures {
		t.Errorf("%d signatures after the fault", n-signatures)
	}
	if err := l.survives(t); err != nil {
		t.Error(err)
	}
}
