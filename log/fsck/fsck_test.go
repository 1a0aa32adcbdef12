package fsck_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// A place is a store and an anchor in memory, with a world.
type place struct {
	w      *logtest.World
	store  storage.Store
	anchor storage.Anchor
}

func newPlace(t testing.TB) *place {
	t.Helper()
	store, anchor := storagetest.Open(t)
	return &place{w: logtest.NewWorld(), store: store, anchor: anchor}
}

// sealed makes a sealed log of batches with one release more each, a second
// version and a withdrawal.
func sealed(t testing.TB, releases int) *place {
	t.Helper()
	p := newPlace(t)
	l := p.w.Create(t, p.store, p.anchor)
	var first *admission.Checked
	for made, size := 0, 1; made < releases; size++ {
		var batch []*admission.Checked
		for len(batch) < size && made < releases {
			c := p.w.Release(fmt.Sprintf("documents/%d", made), 1, nil, []byte{byte(made), byte(made >> 8)})
			if first == nil {
				first = c
			}
			batch = append(batch, c)
			made++
		}
		submit(t, l, batch...)
	}
	if first != nil {
		submit(t, l, p.w.Release("documents/0", 2, first, []byte("second")))
		submit(t, l, p.w.Withdraw("documents/0", 2, []byte("second")))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

// refusing adds refusals on record to a sealed log.
func (p *place) refusing(t testing.TB, refusals int) *place {
	t.Helper()
	p.w.Identity = logtest.Key("svc/log")
	l := p.w.Open(t, p.store, p.anchor)
	for i := range refusals {
		if r := logtest.Submit(t, l, p.w.Release(fmt.Sprintf("refused/%d", i), 2, nil, []byte("refused")))[0]; r.Finding == 0 {
			t.Fatalf("%+v", r)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

func submit(t testing.TB, l *log.Log, statements ...*admission.Checked) {
	t.Helper()
	for _, r := range logtest.Submit(t, l, statements...) {
		if r.Refusal != nil {
			t.Fatal(r.Refusal)
		}
	}
}

// raw makes a raw log.
func raw(t testing.TB, leaves int) *place {
	t.Helper()
	p := newPlace(t)
	config := p.w.Config(p.store, p.anchor)
	config.Mode = log.Raw
	if err := log.Create(context.Background(), config, nil); err != nil {
		t.Fatal(err)
	}
	l, err := log.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	for made, size := 0, 1; made < leaves; size++ {
		var batch [][]byte
		for len(batch) < size && made < leaves {
			batch = append(batch, fmt.Appendf(nil, "leaf %d", made))
			made++
		}
		_, view, err := l.SubmitRaw(context.Background(), batch)
		if err != nil {
			t.Fatal(err)
		}
		view.Release()
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *place) check(t testing.TB, mode log.Mode, store storage.Reader, o fsck.Options) fsck.Report {
	t.Helper()
	r, err := fsck.Check(context.Background(), fsck.Log{
		Origin: p.w.Origin, Mode: mode, Key: p.w.Signer.Key(), Store: store, Anchor: p.anchor,
	}, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantClean(t testing.TB, r fsck.Report) {
	t.Helper()
	for _, f := range r.Findings {
		t.Errorf("%s", f)
	}
	if r.Damaged != len(r.Findings) {
		t.Errorf("%d findings, %d kept", r.Damaged, len(r.Findings))
	}
}

// Logs that nobody damaged are clean, at every size.
func TestClean(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 10, 100, 255, 256, 300, 700} {
		t.Run(fmt.Sprint("sealed ", n), func(t *testing.T) {
			p := sealed(t, n)
			r := p.check(t, log.Sealed, p.store, fsck.Options{Replay: true})
			wantClean(t, r)
			if !r.Replayed || r.Size == 0 || r.Seals == 0 || r.Registers == 0 || r.Events < uint64(n)*3 || r.Checkpoints != r.Seals {
				t.Errorf("%+v", r)
			}
		})
	}
	t.Run("refusals", func(t *testing.T) {
		p := sealed(t, 20).refusing(t, 30)
		wantClean(t, p.check(t, log.Sealed, p.store, fsck.Options{Replay: true}))
		if found, _ := p.scrub(t, log.Sealed, &snapshots{store: p.store}, fast, 2); len(found) > 0 {
			t.Errorf("the scrubber finds %v", found)
		}
	})
	for _, n := range []int{0, 1, 2, 255, 256, 257, 600} {
		t.Run(fmt.Sprint("raw ", n), func(t *testing.T) {
			p := raw(t, n)
			r := p.check(t, log.Raw, p.store, fsck.Options{Replay: true})
			wantClean(t, r)
			if r.Size != uint64(n) || r.Checkpoints == 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}
