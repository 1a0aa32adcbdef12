package log_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// ahead is a log whose publisher waits in a Replace while its writer goes on: n
// batches are durable, and nobody was told of them.
type ahead struct {
	b       *ledger
	place   *place
	log     *log.Log
	store   *counted
	sent    [][]promise
	answers chan error
	release func()
	before  []byte // what the anchor holds
}

// newAhead lets the writer go n batches ahead, over a store and an anchor that
// wrap makes.
func newAhead(t *testing.T, n int, wrap func(storage.Store, storage.Anchor) (storage.Store, storage.Anchor)) *ahead {
	t.Helper()
	t.Cleanup(log.LetWriterRunAhead(n))
	b, p := newLedger(t), newPlace(t)
	l, err := b.create(context.Background(), p.store, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.submit(context.Background(), l, 1), l.Close()); err != nil {
		t.Fatal(err)
	}
	x := &ahead{b: b, place: p, answers: make(chan error, n), before: load(t, p.anchor)}
	gate := make(chan struct{})
	x.release = sync.OnceFunc(func() { close(gate) })
	t.Cleanup(x.release)
	store, a := wrap(p.store, p.anchor)
	x.store = &counted{Store: store}
	if x.log, err = b.open(x.store, &watched{Anchor: a, notary: b.notary, before: func() { <-gate }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.release(); x.log.Close() })
	for range n {
		x.send(t)
	}
	return x
}

// send submits and waits until the batch is durable or the log stopped.
func (x *ahead) send(t *testing.T) {
	t.Helper()
	seq, err := x.place.store.Sequence()
	if err != nil {
		t.Fatal(err)
	}
	ps := x.b.next(2)
	x.sent = append(x.sent, ps)
	go func() { x.answers <- x.b.send(context.Background(), x.log, ps) }()
	until(func() bool {
		now, err := x.place.store.Sequence()
		return err != nil || now > seq || x.log.Err() != nil
	})
}

func asTheyAre(s storage.Store, a storage.Anchor) (storage.Store, storage.Anchor) { return s, a }

// silent fails if anything left the log while the publisher waits.
func (x *ahead) silent(t *testing.T) {
	t.Helper()
	select {
	case err := <-x.answers:
		t.Errorf("an answer before the anchor has the note: %v", err)
	default:
	}
	v := x.log.View()
	defer v.Release()
	if !bytes.Equal(v.Checkpoint(), x.before) || !bytes.Equal(load(t, x.place.anchor), x.before) {
		t.Error("something was published")
	}
	for _, ps := range x.sent {
		if _, err := v.Find(ps[0].entry.Digest); !errors.Is(err, log.ErrNotFound) {
			t.Errorf("a reader finds what is not published: %v", err)
		}
	}
}

// TestWriterAhead: batches that are durable and not anchored are invisible. Then
// one note covers all that waited, and everybody is answered.
func TestWriterAhead(t *testing.T) {
	const n = 4
	x := newAhead(t, n, asTheyAre)
	signatures := x.b.notary.count()
	x.silent(t)
	x.release()
	for range n {
		if err := <-x.answers; err != nil {
			t.Error(err)
		}
	}
	if more := x.b.notary.count() - signatures; more != 1 {
		t.Errorf("%d signatures for the batches that waited, want 1", more)
	}
	if err := x.b.lives(t, x.log, x.place.store, x.place.anchor); err != nil {
		t.Error(err)
	}
	if open := x.store.open.Load(); open != 0 {
		t.Errorf("%d snapshots are open", open)
	}
}

// TestCloseAhead: Close publishes and answers what is durable.
func TestCloseAhead(t *testing.T) {
	x := newAhead(t, 3, asTheyAre)
	closed := make(chan error, 1)
	go func() { closed <- x.log.Close() }()
	x.silent(t)
	x.release()
	for range 3 {
		if err := <-x.answers; err != nil {
			t.Error(err)
		}
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if open := x.store.open.Load(); open != 0 {
		t.Errorf("%d snapshots are open", open)
	}
	logtest.Check(t, x.b.w, x.place.store, x.place.anchor)
}

// TestCrashAhead: the power goes while batches are durable and not anchored. The
// next start signs the newest of them, once.
func TestCrashAhead(t *testing.T) {
	x := newAhead(t, 4, asTheyAre)
	store := copyStore(t, x.place.store)
	b := x.b.fork(t)
	a := &watched{Anchor: anchorHolding(t, x.before), notary: b.notary}
	signatures := b.notary.count()
	l, err := b.open(store, a)
	if err != nil {
		t.Fatal(err)
	}
	if more := b.notary.count() - signatures; more != 1 {
		t.Errorf("%d signatures at the start, want 1", more)
	}
	x.allIn(t, l)
	if err := b.lives(t, l, store, a); err != nil {
		t.Error(err)
	}
}

// allIn demands that all that was sent is in the log.
func (x *ahead) allIn(t *testing.T, l *log.Log) {
	t.Helper()
	for _, r := range logtest.Submit(t, l, entries(slices.Concat(x.sent...))...) {
		if r.Refusal != nil || !r.Duplicate {
			t.Errorf("what was durable: %+v", r)
		}
	}
}

// TestReplaceFailsAhead: the anchor fails while the writer is ahead. Nobody gets
// a promise, nothing more is signed, and the next start finds every batch.
func TestReplaceFailsAhead(t *testing.T) {
	for _, fault := range storagetest.Faults {
		t.Run(fault.String(), func(t *testing.T) {
			x := newAhead(t, 4, func(s storage.Store, a storage.Anchor) (storage.Store, storage.Anchor) {
				return s, storagetest.FailReplace(a, 0, fault)
			})
			signatures := x.b.notary.count()
			x.release()
			x.stopsAll(t, 4)
			// One batch was signed before the anchor failed, or is now: no more.
			if more := x.b.notary.count() - signatures; more > 0 {
				t.Errorf("%d signatures after the fault", more)
			}
			x.reopens(t)
		})
	}
}

// TestCommitFailsAhead: a commit fails while earlier batches wait to be signed.
func TestCommitFailsAhead(t *testing.T) {
	for _, fault := range storagetest.Faults {
		t.Run(fault.String(), func(t *testing.T) {
			x := newAhead(t, 2, func(s storage.Store, a storage.Anchor) (storage.Store, storage.Anchor) {
				return storagetest.FailCommit(s, 2, fault), a
			})
			x.send(t)
			if err := <-x.answers; !errors.Is(err, log.ErrStopped) {
				t.Errorf("whose commit failed got %v; want ErrStopped", err)
			}
			x.silent(t)
			lost := x.sent[2]
			x.sent = x.sent[:2]
			x.release()
			x.stopsAll(t, 2)
			x.reopens(t)
			want := fault == storagetest.Applied
			if r := logtest.Submit(t, x.log, lost[0].entry)[0]; r.Refusal != nil || r.Duplicate != want {
				t.Errorf("the batch of the fault: %+v; durable: %t", r, want)
			}
		})
	}
}

// stopsAll waits for n submitters, each of whom learns that the log stopped.
func (x *ahead) stopsAll(t *testing.T, n int) {
	t.Helper()
	for range n {
		if err := <-x.answers; !errors.Is(err, log.ErrStopped) {
			t.Errorf("a submitter got %v; want ErrStopped", err)
		}
	}
	checkStopped(t, x.b, x.log)
	x.log.Close()
	if open := x.store.open.Load(); open != 0 {
		t.Errorf("%d snapshots are open after Close", open)
	}
}

// reopens opens what is stored and finds all that was durable.
func (x *ahead) reopens(t *testing.T) {
	t.Helper()
	x.place.reopen(t)
	l, err := x.b.open(x.place.store, &watched{Anchor: x.place.anchor, notary: x.b.notary})
	if err != nil {
		t.Fatal(err)
	}
	x.log = l
	x.allIn(t, l)
	if err := checkPromises(x.b.w.Verifier(t, l), l, x.b.kept()); err != nil {
		t.Error(err)
	}
	logtest.Check(t, x.b.w, x.place.store, x.place.anchor)
}
