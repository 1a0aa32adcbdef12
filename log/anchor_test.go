package log_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
	"github.com/docketlog/docket/storage/storagetest"
)

// past is a log at two times: an old copy of its store and its anchor, and both
// as they are now, closed.
type past struct {
	b                  *ledger
	oldStore, newStore storage.Store
	oldNote, newNote   []byte
}

func newPast(t *testing.T) *past {
	t.Helper()
	b, p := newLedger(t), newPlace(t)
	ctx := context.Background()
	l, err := b.create(ctx, p.store, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.submit(ctx, l, 3); err != nil {
		t.Fatal(err)
	}
	h := &past{b: b, oldStore: copyStore(t, p.store), oldNote: load(t, p.anchor)}
	for range 3 {
		if err := b.submit(ctx, l, 2); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	h.newStore, h.newNote = p.store, load(t, p.anchor)
	return h
}

// refused opens a log that must not open and must not sign.
func (h *past) refused(t *testing.T, store storage.Store, a storage.Anchor, want error) {
	t.Helper()
	signatures := h.b.notary.count()
	note := load(t, a)
	seq, err := store.Sequence()
	if err != nil {
		t.Fatal(err)
	}
	l, err := log.Open(h.b.w.Config(store, a))
	if !errors.Is(err, want) {
		t.Errorf("Open: %v; want %v", err, want)
	}
	if l != nil {
		l.Close()
	}
	if n := h.b.notary.count(); n != signatures {
		t.Error("it signed")
	}
	if string(load(t, a)) != string(note) {
		t.Error("the anchor moved")
	}
	if now, err := store.Sequence(); err != nil || now != seq {
		t.Error("the store was written to")
	}
}

func TestStoreBehindItsAnchor(t *testing.T) {
	h := newPast(t)
	h.refused(t, h.oldStore, anchorHolding(t, h.newNote), log.ErrBehindAnchor)
}

func TestAnchorMissing(t *testing.T) {
	h := newPast(t)
	h.refused(t, h.newStore, anchorHolding(t, nil), log.ErrAnchorMissing)
}

// TestAnchorBehindItsStore: the anchor moves forward, after a proof that the
// store extends what it holds.
func TestAnchorBehindItsStore(t *testing.T) {
	h := newPast(t)
	a := &watched{Anchor: anchorHolding(t, h.oldNote), notary: h.b.notary.fork()}
	w := *h.b.w
	w.Signer = newSigner(t, a.notary)
	config := w.Config(h.newStore, a)
	var recovered uint64
	config.Events.Recovered = func(size uint64) { recovered = size }
	l, err := log.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	v := l.View()
	defer v.Release()
	if recovered != v.Size() || string(load(t, a)) != string(v.Checkpoint()) {
		t.Errorf("recovered size %d, published size %d, anchor %q", recovered, v.Size(), load(t, a))
	}
	if err := checkPromises(w.Verifier(t, l), l, h.b.kept()); err != nil {
		t.Error(err)
	}
	logtest.Check(t, &w, h.newStore, a)
}

// TestCosignedAnchor: an operator puts back what a witness holds, with the lines
// of cosigners. The log takes its own note out of it, whether that is a row of the
// store already or not, and the anchor counts as sound before and after.
func TestCosignedAnchor(t *testing.T) {
	h := newPast(t)
	line := proofs.SignatureLine("witness.example", 7, make([]byte, 72))
	for name, note := range map[string][]byte{"a row": newest(t, h.oldNote), "no row": newest(t, h.newNote)} {
		t.Run(name, func(t *testing.T) {
			a := anchorHolding(t, slices.Concat(note, line))
			store, b := copyStore(t, h.newStore), h.b.fork(t)
			sound := func(old bool) {
				t.Helper()
				l := fsck.Log{Origin: logtest.Origin, Mode: log.Sealed, Key: b.w.Signer.Key(), Store: store, Anchor: a}
				r, err := fsck.Check(context.Background(), l, fsck.Options{})
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range r.Findings {
					if !old || f.Where != "anchor" { // an old anchor is a finding of its own
						t.Error(f)
					}
				}
			}
			sound(name == "a row")
			for range 2 {
				l, err := log.Open(b.w.Config(store, a))
				if err != nil {
					t.Fatal(err)
				}
				v := l.View()
				note, err := proofs.ParseNote(v.Checkpoint())
				if err != nil || len(note.Signatures) != 1 {
					t.Errorf("it serves %q: %v", v.Checkpoint(), err)
				}
				v.Release()
				if err := b.submit(context.Background(), l, 1); err != nil {
					t.Fatal(err)
				}
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			}
			sound(false)
			if bytes.Contains(load(t, a), line) {
				t.Error("the anchor has the cosigner's line still")
			}
		})
	}
}

// checkpointNote signs a checkpoint with a key.
func checkpointNote(t *testing.T, key ed25519.PrivateKey, name string, size uint64, root proofs.Hash) []byte {
	t.Helper()
	s, err := log.NewSignerFor(name, signer{key, newNotary()})
	if err != nil {
		t.Fatal(err)
	}
	note, err := s.Sign(proofs.Checkpoint{Origin: name, TreeHead: proofs.TreeHead{Size: size, Root: root}})
	if err != nil {
		t.Fatal(err)
	}
	return note
}

// TestForgedAnchor: notes that the log key signed, but for another tree, or that
// another key signed.
func TestForgedAnchor(t *testing.T) {
	h := newPast(t)
	v := mustOpen(t, h.b.w, h.newStore, anchorHolding(t, h.newNote))
	size := v.Size()
	other := logKey()
	fork := proofs.Hash{1}
	for name, c := range map[string]struct {
		note []byte
		want error
	}{
		"smaller, another root":      {checkpointNote(t, other, logtest.Origin, size-2, fork), log.ErrFork},
		"a leaf smaller":             {checkpointNote(t, other, logtest.Origin, size-1, v.TreeHead().Root), log.ErrFork},
		"size 1":                     {checkpointNote(t, other, logtest.Origin, 1, fork), log.ErrFork},
		"equal size, another root":   {checkpointNote(t, other, logtest.Origin, size, fork), log.ErrFork},
		"larger by one":              {checkpointNote(t, other, logtest.Origin, size+1, fork), log.ErrBehindAnchor},
		"much larger":                {checkpointNote(t, other, logtest.Origin, 1<<62, fork), log.ErrBehindAnchor},
		"another key of this name":   {checkpointNote(t, ed25519.NewKeyFromSeed(make([]byte, 32)), logtest.Origin, size, v.TreeHead().Root), log.ErrMismatch},
		"another log":                {checkpointNote(t, other, "other.example", size, v.TreeHead().Root), log.ErrMismatch},
		"no note":                    {[]byte("hello\n"), log.ErrDamage},
		"a note that was cut":        {h.newNote[:len(h.newNote)-3], log.ErrDamage},
		"a note with a flipped root": {flipped(h.newNote, 40), log.ErrMismatch},
	} {
		t.Run(name, func(t *testing.T) { h.refused(t, h.newStore, anchorHolding(t, c.note), c.want) })
	}
}

func flipped(b []byte, i int) []byte {
	b = append([]byte{}, b...)
	b[i] ^= 1
	return b
}

// mustOpen opens a log and returns its view; the test's end closes both.
func mustOpen(t *testing.T, w *logtest.World, store storage.Store, a storage.Anchor) *log.View {
	t.Helper()
	l := w.Open(t, store, a)
	v := l.View()
	t.Cleanup(func() { v.Release(); l.Close() })
	return v
}

// TestOneFolderTwoServers: the folder of the store and that of the anchor each
// keep a second server out.
func TestOneFolderTwoServers(t *testing.T) {
	b := newLedger(t)
	root := t.TempDir()
	storeDir, anchorDir := filepath.Join(root, "store"), filepath.Join(root, "anchor")
	if err := anchor.Apart(anchorDir, storeDir); err != nil {
		t.Fatal(err)
	}
	for _, below := range []string{storeDir, filepath.Join(storeDir, "anchor"), root} {
		if err := anchor.Apart(below, storeDir); err == nil {
			t.Errorf("an anchor in %s is apart from a store in %s", below, storeDir)
		}
	}
	options := pebblestore.Options{CacheSize: 1 << 20, MemTableSize: 1 << 20}
	store, err := pebblestore.Create(storeDir, options)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	a, err := anchor.Create(anchorDir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	l, err := b.create(context.Background(), store, a)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if s, err := pebblestore.Open(storeDir, options); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("a second server opens the store: %v, %v", s, err)
	}
	if s, err := anchor.Open(anchorDir); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("a second server opens the anchor: %v, %v", s, err)
	}
	if err := b.submit(context.Background(), l, 1); err != nil {
		t.Error(err)
	}
}

// TestCreateOverALog: Create touches neither a store nor an anchor that holds
// something.
func TestCreateOverALog(t *testing.T) {
	h := newPast(t)
	empty := func() storage.Store {
		s, err := storagetest.NewMemory().Open()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, c := range map[string]struct {
		store  storage.Store
		anchor storage.Anchor
	}{
		"a store with a log":   {h.newStore, anchorHolding(t, nil)},
		"an anchor with a log": {empty(), anchorHolding(t, h.newNote)},
		"both":                 {h.newStore, anchorHolding(t, h.newNote)},
	} {
		signatures := h.b.notary.count()
		err := log.Create(context.Background(), h.b.w.Config(c.store, c.anchor), h.b.w.Genesis())
		if !errors.Is(err, log.ErrLogExists) || h.b.notary.count() != signatures {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What the log does not refuse by itself leaves nothing behind either.
	store, a := empty(), anchorHolding(t, nil)
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	for name, err := range map[string]error{
		"no genesis":    log.Create(context.Background(), h.b.w.Config(store, a), nil),
		"canceled":      log.Create(canceled, h.b.w.Config(store, a), h.b.w.Genesis()),
		"not a genesis": log.Create(context.Background(), h.b.w.Config(store, a), h.b.next(1)[0].entry),
	} {
		if err == nil {
			t.Errorf("%s: created", name)
		}
	}
	if n, err := store.Sequence(); err != nil || n != 0 || load(t, a) != nil {
		t.Errorf("a Create that failed left %d commits and the anchor %q", n, load(t, a))
	}
	if _, err := log.Open(h.b.w.Config(store, a)); !errors.Is(err, log.ErrNoLog) {
		t.Errorf("Open of an empty store: %v", err)
	}
	var refusal *admission.Refusal
	if err := log.Create(context.Background(), h.b.w.Config(store, a), h.b.next(1)[0].entry); !errors.As(err, &refusal) {
		t.Errorf("not a genesis: %v", err)
	}
}
