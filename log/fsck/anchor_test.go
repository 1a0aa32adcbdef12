package fsck_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/storage"
)

// text is an anchor that holds this.
type text []byte

func (a text) Load() ([]byte, error) {
	if a == nil {
		return nil, storage.ErrNoAnchor
	}
	return a, nil
}

// failing is an anchor that cannot be read.
type failing struct{ error }

func (f failing) Load() ([]byte, error) { return nil, f.error }

func (p *place) checkWith(t testing.TB, anchor interface{ Load() ([]byte, error) }, store storage.Reader) fsck.Report {
	t.Helper()
	r, err := fsck.Check(context.Background(), fsck.Log{
		Origin: p.w.Origin, Mode: log.Sealed, Key: p.w.Signer.Key(), Store: store, Anchor: anchor,
	}, fsck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (p *place) text(t testing.TB) text {
	t.Helper()
	b, err := p.anchor.Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// anchorFault demands exactly one finding, in the anchor, that says this.
func anchorFault(t testing.TB, r fsck.Report, what, says string) {
	t.Helper()
	if r.Damaged != 1 || r.Findings[0].Where != "anchor" || !strings.Contains(r.Findings[0].String(), says) || r.Findings[0].Do == "" {
		t.Errorf("%s: want a fault of the anchor that says %q, have %v", what, says, r.Findings)
	}
}

// twoNotes returns the anchor's text as it is before the newest checkpoint row is
// written: with that note too. It returns the row's key.
func (p *place) twoNotes(t testing.TB) (text, []byte) {
	t.Helper()
	rows := p.rows(t)[storage.CheckpointSpace]
	last := rows[len(rows)-1]
	return slices.Concat(p.text(t), []byte("\n"), last.value), last.key
}

// TestAnchorHoldsWhatIsNoRowYet: a checkpoint is in the anchor, in the store, or
// in both.
func TestAnchorHoldsWhatIsNoRowYet(t *testing.T) {
	p := sealed(t, 2)
	both, key := p.twoNotes(t)
	wantClean(t, p.checkWith(t, both, p.store))
	wantClean(t, p.checkWith(t, both, p.with(t, row{key, nil})))
}

// TestAnchorFlips flips a bit in each byte of the anchor.
func TestAnchorFlips(t *testing.T) {
	p := sealed(t, 2)
	whole, _ := p.twoNotes(t)
	r := rand.New(rand.NewPCG(1, 1))
	for at := range whole {
		damaged := text(flip(whole, at*8+r.IntN(8)))
		anchorFault(t, p.checkWith(t, damaged, p.store), fmt.Sprintf("%q", damaged), "the anchor")
	}
	for _, damaged := range []text{whole[:len(whole)-1], append(bytes.Clone(whole), '\n'), append(bytes.Clone(whole), whole...), {}, text("x")} {
		anchorFault(t, p.checkWith(t, damaged, p.store), fmt.Sprintf("%q", damaged), "the anchor")
	}
}

// TestAnchorOfAnotherTime holds store and anchor of different times together.
func TestAnchorOfAnotherTime(t *testing.T) {
	p := sealed(t, 3)
	old, older := p.text(t), p.rows(t)
	l := p.w.Open(t, p.store, p.anchor)
	for n := range 4 {
		submit(t, l, p.w.Release(fmt.Sprintf("later/%d", n), 1, nil, []byte("x")))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wantClean(t, p.checkWith(t, p.text(t), p.store))
	anchorFault(t, p.checkWith(t, old, p.store), "an old anchor", "an old anchor was put back")
	anchorFault(t, p.checkWith(t, text(nil), p.store), "an empty anchor", "the anchor is empty")
	anchorFault(t, p.checkWith(t, failing{fmt.Errorf("x: %w", storage.ErrDamaged)}, p.store), "a damaged anchor", "local damage")

	q := newPlace(t)
	q.w = p.w
	var b storage.Batch
	for _, rows := range older {
		for _, x := range rows {
			b.Set(x.key, x.value)
		}
	}
	if err := q.store.Commit(1, &b); err != nil {
		t.Fatal(err)
	}
	r := q.checkWith(t, p.text(t), q.store)
	if r.Damaged == 0 || !slices.ContainsFunc(r.Findings, func(f fsck.Finding) bool {
		return f.Where == "anchor" && strings.Contains(f.Do, "Bring back the newest store")
	}) {
		t.Errorf("an old store: %v", r.Findings)
	}
}

// TestAnchorOfAnotherLog: a note of the same key over another tree.
func TestAnchorOfAnotherLog(t *testing.T) {
	p, other := sealed(t, 3), newPlace(t)
	l := other.w.Create(t, other.store, other.anchor)
	for n := range 3 {
		submit(t, l, other.w.Release(fmt.Sprintf("other/%d", n), 1, nil, []byte("other")))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	r := p.checkWith(t, other.text(t), p.store)
	if r.Damaged == 0 || r.Findings[0].Where != "anchor" || !strings.Contains(r.Findings[0].Found, "root") {
		t.Errorf("%v", r.Findings)
	}
}

// TestErrors: what is no damage is an error, and nobody takes it for a verdict.
func TestErrors(t *testing.T) {
	p := sealed(t, 3)
	l := fsck.Log{Origin: p.w.Origin, Mode: log.Sealed, Key: p.w.Signer.Key(), Store: p.store, Anchor: p.anchor}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := fsck.Check(ctx, l, fsck.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	broken := l
	broken.Anchor = failing{errors.New("no such disk")}
	if _, err := fsck.Check(context.Background(), broken, fsck.Options{}); err == nil || !strings.Contains(err.Error(), "no such disk") {
		t.Errorf("an anchor that cannot be read: %v", err)
	}
	broken = l
	broken.Store = newPlace(t).store
	if _, err := fsck.Check(context.Background(), broken, fsck.Options{}); !errors.Is(err, log.ErrNoLog) {
		t.Errorf("an empty store: %v", err)
	}
	for at := range 60 { // the store fails at the n-th read, as damaged and otherwise
		for _, fault := range []error{storage.ErrDamaged, errors.New("input/output error")} {
			broken.Store = &faulty{Reader: p.store, left: at, fault: fault}
			r, err := fsck.Check(context.Background(), broken, fsck.Options{Replay: true, Workers: 1})
			switch {
			case broken.Store.(*faulty).left >= 0:
				wantClean(t, r)
			case fault == storage.ErrDamaged && (err != nil || r.Damaged == 0 || r.Findings[len(r.Findings)-1].Where != "store"):
				t.Errorf("read %d fails with damage: %v, %v", at, err, r.Findings)
			case fault != storage.ErrDamaged && !errors.Is(err, fault):
				t.Errorf("read %d fails: %v, %v", at, err, r.Findings)
			}
		}
	}
}

// faulty is a reader of which one read fails, and all after it.
type faulty struct {
	storage.Reader
	left  int
	fault error
}

func (f *faulty) fails() error {
	if f.left--; f.left < 0 {
		return f.fault
	}
	return nil
}

func (f *faulty) Get(key []byte) ([]byte, error) {
	if err := f.fails(); err != nil {
		return nil, err
	}
	return f.Reader.Get(key)
}

func (f *faulty) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	if err := f.fails(); err != nil {
		return err
	}
	return f.Reader.Scan(start, end, yield)
}
