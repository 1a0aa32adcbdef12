package log_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
)

// busy makes a log of which a first submission waits in its commit. The function
// that it returns lets the writer go on, once n submissions wait for it.
func busy(t *testing.T, b *ledger, config func(*log.Config)) (l *log.Log, first chan error, release func(n int)) {
	t.Helper()
	p := newPlace(t)
	store := &gated{Store: p.store}
	l, err := b.create(context.Background(), store, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c := b.w.Config(store, p.anchor)
	config(&c)
	if l, err = log.Open(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	store.shut()
	first = make(chan error, 1)
	go func() { first <- b.submit(context.Background(), l, 1) }()
	until(store.waiting.Load)
	return l, first, func(n int) { store.open(l, n) }
}

// TestQueueFull: who finds no place in the queue is told at once, and nothing of
// his comes in. The others are answered.
func TestQueueFull(t *testing.T) {
	b := newLedger(t)
	l, first, release := busy(t, b, func(c *log.Config) { c.MaxQueue = 3 })
	queued, refused := make(chan error, 10), 0
	for range 10 {
		go func() { queued <- b.submit(context.Background(), l, 1) }()
	}
	for range 7 { // answered while the writer is held
		if err := <-queued; !errors.Is(err, log.ErrBusy) {
			t.Errorf("got %v; want ErrBusy", err)
		}
		refused++
	}
	release(3)
	for range 10 - refused {
		if err := <-queued; err != nil {
			t.Error(err)
		}
	}
	if err := <-first; err != nil {
		t.Error(err)
	}
	v := l.View()
	defer v.Release()
	if n := uint64(2 + 3 + 2 + 3 + 1); v.Size() != n {
		t.Errorf("size %d, want %d", v.Size(), n)
	}
}

// TestBatchLimit: a batch takes no further submission once it is full; the rest
// waits for the next one.
func TestBatchLimit(t *testing.T) {
	b := newLedger(t)
	var leaves []int
	l, first, release := busy(t, b, func(c *log.Config) {
		c.MaxBatch = 4
		c.Events.Published = func(b log.Batch) { leaves = append(leaves, b.Leaves) }
	})
	answers := make(chan error, 10)
	for range 10 {
		go func() { answers <- b.submit(context.Background(), l, 2) }()
	}
	release(10)
	for range 10 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	if err := errors.Join(<-first, l.Close()); err != nil {
		t.Error(err)
	}
	sum := 0
	for _, n := range leaves {
		if sum += n - 1; n > 4+1 {
			t.Errorf("a batch has %d leaves and its seal; the limit is 4", n-1)
		}
	}
	if sum != 21 {
		t.Errorf("batches %v have %d statements, want 21", leaves, sum)
	}
}

// TestCloseFinishes: Close waits for what was taken and answers it; what comes
// later is ErrClosed.
func TestCloseFinishes(t *testing.T) {
	b := newLedger(t)
	l, first, release := busy(t, b, func(*log.Config) {})
	answers := make(chan error, 5)
	for range 5 {
		go func() { answers <- b.submit(context.Background(), l, 2) }()
	}
	closed := make(chan error, 1)
	go func() {
		until(func() bool { return l.Queued() == 5 })
		go release(5)
		closed <- l.Close()
	}()
	for range 5 {
		if err := <-answers; err != nil {
			t.Errorf("a submission that was taken before Close: %v", err)
		}
	}
	if err := errors.Join(<-first, <-closed); err != nil {
		t.Error(err)
	}
	if err := b.submit(context.Background(), l, 1); !errors.Is(err, log.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if v := l.View(); v != nil {
		t.Error("a view after Close")
	}
	if err := l.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

// TestCloseRace closes a log under fire: everybody gets an answer, and who got
// a promise is in the log.
func TestCloseRace(t *testing.T) {
	for range 20 * deep() {
		b, p := newLedger(t), newPlace(t)
		store := &counted{Store: p.store}
		l, err := b.create(context.Background(), store, p.anchor)
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for range 8 {
			ps := b.next(1)
			group.Go(func() {
				if err := b.send(context.Background(), l, ps); err != nil && !errors.Is(err, log.ErrClosed) {
					t.Error(err)
				}
			})
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		group.Wait()
		if n := store.open.Load(); n != 0 {
			t.Fatalf("%d snapshots are open after Close", n)
		}
		p.reopen(t)
		if l, err = b.open(p.store, p.anchor); err != nil {
			t.Fatal(err)
		}
		if err := b.lives(t, l, p.store, p.anchor); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLowSpace: below the mark the log takes nothing and shows everything.
func TestLowSpace(t *testing.T) {
	b, p := newLedger(t), newPlace(t)
	ctx := context.Background()
	l, err := b.create(ctx, p.store, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := b.submit(ctx, l, 3); err != nil {
		t.Fatal(err)
	}
	p.memory.SetFreeSpace(0)
	time.Sleep(2 * log.SpaceInterval) // for so long the log still believes in it
	if err := b.submit(ctx, l, 1); !errors.Is(err, log.ErrNoSpace) {
		t.Errorf("got %v; want ErrNoSpace", err)
	}
	if err := l.Health(); !errors.Is(err, log.ErrNoSpace) {
		t.Errorf("health: %v", err)
	}
	if err := checkPromises(b.w.Verifier(t, l), l, b.kept()); err != nil {
		t.Errorf("reads: %v", err)
	}
	p.memory.SetFreeSpace(1 << 40)
	if err := errors.Join(l.Health(), b.submit(ctx, l, 1)); err != nil {
		t.Errorf("with space again: %v", err)
	}
	logtest.Check(t, b.w, p.store, p.anchor)
}

// TestNobodyWaits: submissions whose submitters went away come in and leave no
// view behind.
func TestNobodyWaits(t *testing.T) {
	b, p := newLedger(t), newPlace(t)
	store := &counted{Store: p.store}
	gate := &gated{Store: store}
	l, err := b.create(context.Background(), gate, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	gate.shut()
	ctx, cancel := context.WithCancel(context.Background())
	var sent []promise
	answers := make(chan error, 10)
	for range cap(answers) {
		ps := b.next(1)
		sent = append(sent, ps...)
		go func() {
			_, _, err := l.Submit(ctx, entries(ps))
			answers <- err
		}()
		until(gate.waiting.Load)
	}
	until(func() bool { return l.Queued() == cap(answers)-1 })
	cancel()
	for range cap(answers) {
		if err := <-answers; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v; want context.Canceled", err)
		}
	}
	gate.open(l, 0)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	// Who went away lets go on his own.
	if until(func() bool { return store.open.Load() == 0 }); store.open.Load() != 0 {
		t.Errorf("%d snapshots are open after Close", store.open.Load())
	}
	logtest.Check(t, b.w, p.store, p.anchor)
	v := mustOpen(t, b.w, copyStore(t, p.store), anchorHolding(t, load(t, p.anchor)))
	for _, p := range sent {
		if _, err := v.Find(p.entry.Digest); err != nil {
			t.Errorf("what was taken is not in the log: %v", err)
		}
	}
}

// TestSubmissionLimits: an empty submission, one above the limit, and one for
// the other mode are refused before anything is queued.
func TestSubmissionLimits(t *testing.T) {
	b, p := newLedger(t), newPlace(t)
	ctx := context.Background()
	l, err := b.create(ctx, p.store, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, n := range []int{0, log.MaxSubmission + 1} {
		if _, _, err := l.Submit(ctx, entries(make([]promise, n))); err == nil {
			t.Errorf("a submission of %d", n)
		}
	}
	if _, _, err := l.SubmitRaw(ctx, [][]byte{[]byte("x")}); !errors.Is(err, log.ErrMismatch) {
		t.Errorf("a raw leaf for a sealed log: %v", err)
	}
	if err := b.submit(ctx, l, log.MaxSubmission); err != nil {
		t.Error(err)
	}
}
