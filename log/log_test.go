package log_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// place is where a log lives during a test: a store and an anchor that can be
// closed and opened again.
type place struct {
	memory *storagetest.Memory
	note   *storagetest.MemoryAnchor
	store  storage.Store
	anchor storage.Anchor
}

func newPlace(t testing.TB) *place {
	p := &place{memory: storagetest.NewMemory(), note: storagetest.NewMemoryAnchor()}
	p.open(t)
	t.Cleanup(p.close)
	return p
}

func (p *place) open(t testing.TB) {
	t.Helper()
	var err error
	if p.store, err = p.memory.Open(); err != nil {
		t.Fatal(err)
	}
	if p.anchor, err = p.note.Open(); err != nil {
		t.Fatal(err)
	}
}

func (p *place) close() {
	p.store.Close()
	p.anchor.Close()
}

// reopen closes store and anchor and opens them again.
func (p *place) reopen(t testing.TB) {
	t.Helper()
	p.close()
	p.open(t)
}

func TestReleaseSupersedeWithdraw(t *testing.T) {
	w, p := logtest.NewWorld(), newPlace(t)
	l := w.Create(t, p.store, p.anchor)
	logtest.Check(t, w, p.store, p.anchor)

	one, two := []byte("version one"), []byte("version two")
	v1 := w.Release("contracts/1", 1, nil, one)
	if r := logtest.Submit(t, l, v1)[0]; r.Refusal != nil {
		t.Fatal(r.Refusal)
	}
	w.Clock.Add(time.Second)
	v2 := w.Release("contracts/1", 2, v1, two)
	logtest.Submit(t, l, v2)
	w.Clock.Add(time.Second)
	logtest.Submit(t, l, w.Withdraw("contracts/1", 2, two))
	w.Clock.Add(time.Second)
	v3 := w.Release("contracts/1", 3, v2, one)
	if r := logtest.Submit(t, l, v3)[0]; r.Refusal != nil {
		t.Fatal(r.Refusal)
	}
	logtest.Check(t, w, p.store, p.anchor)

	verifier := w.Verifier(t, l)
	for _, c := range []struct {
		entry *admission.Checked
		file  []byte
		want  int
	}{{v1, one, 10}, {v2, two, 10}, {v3, one, 0}, {v3, two, 20}} {
		verdict := verifier.Verify(receipt(t, l, c.entry.Digest), proofs.Expect{
			File: logtest.FileOf(c.file).Digest, Document: "contracts/1", Dev: true,
		})
		if verdict.Exit != c.want {
			t.Errorf("exit %d, want %d\n%v", verdict.Exit, c.want, verdict)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	p.reopen(t)
	l = w.Open(t, p.store, p.anchor)
	defer l.Close()
	if r := logtest.Submit(t, l, v1)[0]; !r.Duplicate || r.Refusal != nil {
		t.Errorf("the same statement after a restart: %+v", r)
	}
	logtest.Check(t, w, p.store, p.anchor)
}

// receipt makes a receipt under the newest checkpoint and passes it through its
// file format.
func receipt(t testing.TB, l *log.Log, digest statement.Digest) *proofs.Receipt {
	t.Helper()
	v := l.View()
	defer v.Release()
	index, err := v.Find(digest)
	if err != nil {
		t.Fatal(err)
	}
	r, err := v.Receipt(index)
	if err != nil {
		t.Fatal(err)
	}
	r, err = proofs.ParseReceipt(r.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRefusalsChangeNothing: a refused statement has no leaf and leaves the
// register root as it is.
func TestRefusalsChangeNothing(t *testing.T) {
	w, p := logtest.NewWorld(), newPlace(t)
	l := w.Create(t, p.store, p.anchor)
	defer l.Close()
	v1 := w.Release("contracts/1", 1, nil, []byte("one"))
	logtest.Submit(t, l, v1)
	before := l.View()
	defer before.Release()
	stranger := w.Author("wl/stranger")
	e, err := stranger.Release("contracts/2", 1, nil, logtest.FileOf([]byte("x")))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		entry *admission.Checked
		code  string
	}{
		"version taken":    {w.Release("contracts/1", 1, nil, []byte("rival")), "E408"},
		"version skipped":  {w.Release("contracts/1", 3, v1, []byte("three")), "E408"},
		"unknown issuer":   {w.Checked(e), "E201"},
		"nothing released": {w.Withdraw("contracts/9", 1, []byte("x")), "E408"},
	} {
		r := logtest.Submit(t, l, c.entry)[0]
		if r.Refusal == nil || r.Refusal.Code != c.code {
			t.Errorf("%s: %v, want %s", name, r.Refusal, c.code)
		}
	}
	after := l.View()
	defer after.Release()
	if after.TreeHead() != before.TreeHead() || string(after.Checkpoint()) != string(before.Checkpoint()) {
		t.Errorf("refusals moved the log from %v to %v", before.TreeHead(), after.TreeHead())
	}
	logtest.Check(t, w, p.store, p.anchor)
}

// TestSameStatementManyTimes: fifty equal statements, signed again and again by
// the same key, are one leaf; the same statement under another key is refused.
func TestSameStatementManyTimes(t *testing.T) {
	w, p := logtest.NewWorld(), newPlace(t)
	l := w.Create(t, p.store, p.anchor)
	defer l.Close()
	first := w.Release("contracts/1", 1, nil, []byte("one"))
	again := func(key string) *admission.Checked {
		signer := logtest.Key(key)
		signature, err := signer.Sign(statement.PAE(first.Payload))
		if err != nil {
			t.Fatal(err)
		}
		return w.Checked(statement.Envelope{Payload: first.Payload, Signature: signature, SPKI: signer.SPKI()})
	}
	var wait sync.WaitGroup
	indexes := make([]uint64, 50)
	for i := range indexes {
		wait.Add(1)
		go func() {
			defer wait.Done()
			results, view, err := l.Submit(context.Background(), []*admission.Checked{again("wl/pipeline")})
			if err != nil || results[0].Refusal != nil {
				t.Errorf("%v %+v", err, results)
				return
			}
			defer view.Release()
			indexes[i] = results[0].Index
			if _, err := view.Receipt(indexes[i]); err != nil {
				t.Error(err)
			}
		}()
	}
	wait.Wait()
	for _, index := range indexes {
		if index != indexes[0] {
			t.Fatalf("indexes differ: %v", indexes)
		}
	}
	if r := logtest.Submit(t, l, again("wl/other"))[0]; r.Refusal == nil || r.Refusal.Code != "E306" {
		t.Errorf("under another key: %+v, want E306", r)
	}
	logtest.Check(t, w, p.store, p.anchor)
}

// TestBatchHasOneSeal: a submission of many statements comes in under one seal.
func TestBatchHasOneSeal(t *testing.T) {
	w, p := logtest.NewWorld(), newPlace(t)
	l := w.Create(t, p.store, p.anchor)
	defer l.Close()
	before := l.View()
	defer before.Release()
	var batch []*admission.Checked
	for i := range 700 {
		batch = append(batch, w.Release(fmt.Sprintf("contracts/%d", i), 1, nil, []byte{byte(i), byte(i >> 8)}))
	}
	for i, r := range logtest.Submit(t, l, batch...) {
		if r.Refusal != nil || r.Index != before.Size()+uint64(i) {
			t.Fatalf("%d: %+v", i, r)
		}
	}
	after := l.View()
	defer after.Release()
	if after.Size() != before.Size()+701 {
		t.Errorf("size %d after %d", after.Size(), before.Size())
	}
	logtest.Check(t, w, p.store, p.anchor)
}

func TestClockGoingBack(t *testing.T) {
	w, p := logtest.NewWorld(), newPlace(t)
	l := w.Create(t, p.store, p.anchor)
	w.Clock.Add(-500 * time.Millisecond) // a small step: the last seal's time stands
	logtest.Submit(t, l, w.Release("a", 1, nil, []byte("a")))
	logtest.Check(t, w, p.store, p.anchor)
	w.Clock.Add(-time.Minute)
	_, _, err := l.Submit(context.Background(), []*admission.Checked{w.Release("b", 1, nil, []byte("b"))})
	if !errors.Is(err, log.ErrStopped) || !errors.Is(err, log.ErrClock) {
		t.Fatalf("got %v, want ErrStopped and ErrClock", err)
	}
	if err := l.Health(); !errors.Is(err, log.ErrStopped) {
		t.Errorf("health after the stop: %v", err)
	}
	l.Close()
	logtest.Check(t, w, p.store, p.anchor)
}

// TestClockLeapingForward: time that passed is no leap, a small step is taken, and
// a large one stops the log before a seal is given that time. After a restart the
// operator has looked: the log goes on.
func TestClockLeapingForward(t *testing.T) {
	w, p := logtest.NewWorld(), newPlace(t)
	w.Create(t, p.store, p.anchor).Close()
	var passed time.Duration
	config := w.Config(p.store, p.anchor)
	config.Elapsed = func() time.Duration { return passed }
	l, err := log.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	submit := func(id string) error {
		_, v, err := l.Submit(context.Background(), []*admission.Checked{w.Release(id, 1, nil, []byte(id))})
		if err == nil {
			v.Release()
		}
		return err
	}
	w.Clock.Add(72 * time.Hour) // an idle weekend
	passed += 72 * time.Hour
	if err := submit("a"); err != nil {
		t.Fatal(err)
	}
	w.Clock.Add(time.Minute)
	if err := submit("b"); err != nil {
		t.Fatalf("a step of a minute: %v", err)
	}
	w.Clock.Add(time.Minute + time.Millisecond)
	if err := submit("c"); !errors.Is(err, log.ErrStopped) || !errors.Is(err, log.ErrClock) {
		t.Fatalf("got %v, want ErrStopped and ErrClock", err)
	}
	l.Close()
	logtest.Check(t, w, p.store, p.anchor)
	if l, err = log.Open(config); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := submit("c"); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

func TestRawLog(t *testing.T) {
	w, p := logtest.NewWorld(), newPlace(t)
	config := w.Config(p.store, p.anchor)
	config.Mode = log.Raw
	ctx := context.Background()
	if err := log.Create(ctx, config, nil); err != nil {
		t.Fatal(err)
	}
	l, err := log.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	v := l.View()
	if v.Size() != 0 || len(v.Checkpoint()) == 0 {
		t.Errorf("a new raw log has size %d and note %q", v.Size(), v.Checkpoint())
	}
	v.Release()
	for i, leaf := range []string{"a", "b", "a", "c", "b"} {
		results, view, err := l.SubmitRaw(ctx, [][]byte{[]byte(leaf)})
		if err != nil {
			t.Fatal(err)
		}
		view.Release()
		if want := []uint64{0, 1, 0, 2, 1}[i]; results[0].Index != want {
			t.Errorf("leaf %q: index %d, want %d", leaf, results[0].Index, want)
		}
	}
	if _, _, err := l.SubmitRaw(ctx, [][]byte{[]byte("docket/v1/seal\n")}); !errors.Is(err, log.ErrSealLike) {
		t.Errorf("a leaf like a seal: %v", err)
	}
	if _, _, err := l.SubmitRaw(ctx, [][]byte{{}}); !errors.Is(err, log.ErrLeafSize) {
		t.Errorf("an empty leaf: %v", err)
	}
	for i := range 1000 {
		if _, view, err := l.SubmitRaw(ctx, [][]byte{fmt.Appendf(nil, "leaf %d", i)}); err != nil {
			t.Fatal(err)
		} else {
			view.Release()
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	logtest.CheckRaw(t, w, p.store, p.anchor)
	p.reopen(t)
	if _, err := log.Open(w.Config(p.store, p.anchor)); !errors.Is(err, log.ErrMismatch) {
		t.Errorf("a raw log opened as a sealed one: %v", err)
	}
}
