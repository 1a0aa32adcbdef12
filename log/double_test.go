package log_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// until waits for something that comes, if the log does not fail: then the test
// goes on and finds out.
func until(cond func() bool) {
	for end := time.Now().Add(5 * time.Second); !cond() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

// gated is a store whose Commit waits until the test opens the gate.
type gated struct {
	storage.Store
	gate    atomic.Pointer[chan struct{}] // nil: open
	waiting atomic.Bool
}

func (s *gated) shut() {
	gate := make(chan struct{})
	s.waiting.Store(false)
	s.gate.Store(&gate)
}

// open lets the writer go on, once it waits and n submissions wait for it.
func (s *gated) open(l *log.Log, n int) {
	until(func() bool { return s.waiting.Load() && l.Queued() >= n || l.Err() != nil })
	close(*s.gate.Swap(nil))
}

func (s *gated) Commit(seq uint64, b *storage.Batch) error {
	if gate := s.gate.Load(); gate != nil {
		s.waiting.Store(true)
		<-*gate
	}
	return s.Store.Commit(seq, b)
}

// TestFailedWrites fails each commit and each Replace of a short life, once so
// that nothing was written and once so that everything was. All who wait learn
// that the log stopped, nothing more is signed, and the next start decides from
// what is stored. Then the same submission is sent again, or another one for the
// same documents.
func TestFailedWrites(t *testing.T) {
	for _, what := range []string{"commit", "anchor"} {
		for _, fault := range storagetest.Faults {
			for _, retry := range []string{"same", "other"} {
				t.Run(fmt.Sprintf("%s %s, %s retry", what, fault, retry), func(t *testing.T) {
					n := 0
					for failWrite(t, what, n, fault, retry) {
						n++
					}
					if n < 5 {
						t.Errorf("only %d writes", n)
					}
				})
			}
		}
	}
}

// A doubtful store reports an error for a commit that it applied, and reads on
// as if it were durable: what a page cache does after a failed sync.
type doubtful struct {
	storage.Store
	failed bool
}

func (s *doubtful) Commit(seq uint64, b *storage.Batch) error {
	if err := s.Store.Commit(seq, b); err != nil || !s.failed {
		return err
	}
	return fmt.Errorf("sync: input/output error: %w", storage.ErrUnknown)
}

// TestCommitErrorIsFinal: what a store shows after an error of Commit does not
// count. Nothing is signed for it.
func TestCommitErrorIsFinal(t *testing.T) {
	b, p := newLedger(t), newPlace(t)
	store := &doubtful{Store: p.store}
	l, err := b.create(context.Background(), store, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	note, signatures := load(t, p.anchor), b.notary.count()
	store.failed = true
	if err := b.submit(context.Background(), l, 1); !errors.Is(err, log.ErrStopped) || !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("got %v; want ErrStopped and ErrUnknown", err)
	}
	checkStopped(t, b, l)
	if b.notary.count() != signatures || !bytes.Equal(load(t, p.anchor), note) {
		t.Error("it signed")
	}
}

// failWrite lives with a fault at write n and reports whether it fired.
func failWrite(t *testing.T, what string, n int, fault storagetest.Fault, retry string) bool {
	t.Helper()
	b, p := newLedger(t), newPlace(t)
	store := storagetest.FailCommit(p.store, -1, fault)
	anchor := storagetest.FailReplace(&watched{Anchor: p.anchor, notary: b.notary}, -1, fault)
	var fired func() bool
	if what == "commit" {
		store = storagetest.FailCommit(p.store, n, fault)
		fired = store.Fired
	} else {
		anchor = storagetest.FailReplace(&watched{Anchor: p.anchor, notary: b.notary}, n, fault)
		fired = anchor.Fired
	}
	sent := failing(t, b, store, anchor, fired)
	p.reopen(t)
	watch := &watched{Anchor: p.anchor, notary: b.notary}
	l, err := b.open(p.store, watch)
	if errors.Is(err, log.ErrNoLog) || errors.Is(err, log.ErrAnchorMissing) {
		if len(b.kept()) > 0 || load(t, p.anchor) != nil {
			t.Fatalf("%s %d: a log that signed does not open: %v", what, n, err)
		}
		return true
	}
	if err != nil {
		t.Fatalf("%s %d: %v", what, n, err)
	}
	defer l.Close()
	if len(sent) > 0 {
		sendAgain(t, b, l, sent, retry)
	}
	if err := b.lives(t, l, p.store, watch); err != nil {
		t.Fatalf("%s %d: %v", what, n, err)
	}
	return fired()
}

// failing lives until the fault and returns the submissions that got no answer.
func failing(t *testing.T, b *ledger, store storage.Store, anchor storage.Anchor, fired func() bool) (sent [][]promise) {
	t.Helper()
	ctx := context.Background()
	gate := &gated{Store: store}
	l, err := b.create(ctx, gate, anchor)
	if l != nil {
		defer l.Close()
	}
	if err != nil {
		if !fired() {
			t.Fatal(err)
		}
		return nil
	}
	for range 3 {
		// One submission is in a batch; the others wait for the next.
		var wait sync.WaitGroup
		var mu sync.Mutex
		gate.shut()
		for i := range 4 {
			ps := b.next(2)
			wait.Go(func() {
				err := b.send(ctx, l, ps)
				if err == nil {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				sent = append(sent, ps)
				if !errors.Is(err, log.ErrStopped) {
					t.Errorf("a waiting submitter got %v", err)
				}
			})
			if i == 0 {
				until(gate.waiting.Load)
			}
		}
		gate.open(l, 3)
		wait.Wait()
		if fired() {
			checkStopped(t, b, l)
			return sent
		}
	}
	return sent
}

// checkStopped asks a stopped log for more: it signs nothing.
func checkStopped(t *testing.T, b *ledger, l *log.Log) {
	t.Helper()
	if l.Err() == nil {
		t.Error("the log did not stop")
		return
	}
	<-l.Done()
	signatures := b.notary.count()
	if err := b.submit(context.Background(), l, 1); !errors.Is(err, log.ErrStopped) {
		t.Errorf("a submission after the stop: %v", err)
	}
	if err := l.Health(); !errors.Is(err, log.ErrStopped) {
		t.Errorf("health after the stop: %v", err)
	}
	if v := l.View(); v == nil {
		t.Error("no view after the stop: reads must stay up")
	} else {
		if _, err := v.Receipt(0); err != nil {
			t.Errorf("a read after the stop: %v", err)
		}
		v.Release()
	}
	if n := b.notary.count(); n != signatures {
		t.Errorf("%d signatures after the stop", n-signatures)
	}
}

// sendAgain retries submissions without an answer. Each one came in whole or not at
// all, and is in the log once afterwards.
func sendAgain(t *testing.T, b *ledger, l *log.Log, sent [][]promise, retry string) {
	t.Helper()
	ctx := context.Background()
	for _, ps := range sent {
		v := l.View()
		was := make([]bool, len(ps))
		at := make([]uint64, len(ps))
		for i, p := range ps {
			index, err := v.Find(p.entry.Digest)
			was[i], at[i] = err == nil, index
			if was[i] != was[0] {
				t.Errorf("a submission is in the log in part")
			}
		}
		v.Release()
		if retry == "same" {
			for i, r := range logtest.Submit(t, l, entries(ps)...) {
				if r.Refusal != nil || r.Duplicate != was[i] || was[i] && r.Index != at[i] {
					t.Errorf("the same statement again: %+v; it was at %d (%t)", r, at[i], was[i])
				}
			}
			if err := b.send(ctx, l, ps); err != nil {
				t.Error(err)
			}
			continue
		}
		for i, p := range ps {
			r := logtest.Submit(t, l, b.w.Release(p.id, 1, nil, p.file))[0]
			if taken := r.Refusal != nil && r.Refusal.Code == admission.CodeVersion; taken != was[i] {
				t.Errorf("another first release: %+v; there was one: %t", r, was[i])
			}
		}
	}
}
