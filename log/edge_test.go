package log_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// TestDamagedMeta flips every bit of the settings and the head. Open refuses.
func TestDamagedMeta(t *testing.T) {
	s := newSound(t, 3)
	for _, name := range []string{"settings", "head"} {
		key := storage.Meta(name)
		row := s.row(t, key)
		for bit := range len(row) * 8 {
			damaged := flip(row, bit)
			l, err := log.Open(s.b.w.Config(s.with(t, key, damaged), anchorHolding(t, s.note)))
			if err != nil {
				if !errors.Is(err, log.ErrDamage) && !errors.Is(err, log.ErrMismatch) {
					t.Errorf("%s: %v", damaged, err)
				}
				continue
			}
			t.Errorf("opened with %s row %s, not %s", name, damaged, row)
			l.Close()
		}
		for what, damaged := range map[string][]byte{"missing": nil, "empty": {}, "null": []byte("null"), "twice": append(bytes.Clone(row), row...)} {
			l, err := log.Open(s.b.w.Config(s.with(t, key, damaged), anchorHolding(t, s.note)))
			if err == nil {
				l.Close()
			}
			if !errors.Is(err, log.ErrDamage) && !errors.Is(err, log.ErrMismatch) && !errors.Is(err, log.ErrNoLog) {
				t.Errorf("%s %s: %v", name, what, err)
			}
		}
	}
}

// TestDamageAtTheEdge: Open finds every damage at the right edge: the leaves of
// the last entry bundle, the tiles on the way to the root, the seal, and all
// bucket roots.
func TestDamageAtTheEdge(t *testing.T) {
	s, r := newSound(t, 300), random(t)
	size := mustOpen(t, s.b.w, copyStore(t, s.rows), anchorHolding(t, s.note)).Size()
	edge := [][]byte{storage.Leaf(size - 1), storage.Leaf(size / 256 * 256), storage.Tile(0, size/256), storage.Tile(1, 0)}
	for _, key := range s.keys {
		if storage.SpaceOf(key) == storage.BucketSpace {
			edge = append(edge, key)
		}
	}
	r.Shuffle(len(edge)-4, func(i, j int) { edge[4+i], edge[4+j] = edge[4+j], edge[4+i] })
	for _, key := range edge[:4+10*deep()] {
		row := s.row(t, key)
		for name, damaged := range damages(row, r, 3) {
			if name == "longer" && storage.SpaceOf(key) == storage.TileSpace {
				damaged = append(bytes.Clone(row), row[:32]...)[:len(row)+31]
			}
			l, err := log.Open(s.b.w.Config(s.with(t, key, damaged), anchorHolding(t, s.note)))
			if err == nil {
				l.Close()
			}
			if !errors.Is(err, log.ErrDamage) {
				t.Errorf("%s row %x, %s: %v; want ErrDamage", storage.SpaceOf(key), key, name, err)
			}
		}
	}
}

// TestReadsOverDamage damages rows under a view's feet. A receipt is then an
// error, or the right one, or does not verify; never one for something else.
func TestReadsOverDamage(t *testing.T) {
	s, r := newSound(t, 6), random(t)
	p := s.b.kept()[2]
	for _, key := range s.keys {
		row := s.row(t, key)
		rows := damages(row, r, 2)
		if bytes.Equal(key, storage.Content(p.index)) {
			rows["another's"] = s.row(t, storage.Content(s.b.kept()[0].index))
		}
		for name, damaged := range rows {
			l, err := log.Open(s.b.w.Config(s.with(t, key, damaged), anchorHolding(t, s.note)))
			if err != nil {
				continue
			}
			verifier := s.b.w.Verifier(t, mustOpenLog(t, s))
			v := l.View()
			index, err := v.Find(p.entry.Digest)
			if err == nil {
				var receipt *proofs.Receipt
				if receipt, err = v.Receipt(index); err == nil {
					verdict := verifier.Verify(receipt, proofs.Expect{File: logtest.FileOf(p.file).Digest, Document: p.id, Dev: true})
					if verdict.Exit != proofs.ExitAuthoritative && verdict.Exit != proofs.ExitInvalid {
						t.Errorf("%s row %x, %s: %v", storage.SpaceOf(key), key, name, verdict)
					}
				}
			}
			if errors.Is(err, log.ErrNotFound) && name != "missing" {
				t.Errorf("%s row %x, %s: told as not in the log: %v", storage.SpaceOf(key), key, name, err)
			}
			if bytes.Equal(key, storage.Content(p.index)) && !errors.Is(err, log.ErrDamage) {
				t.Errorf("the content, %s: %v; want ErrDamage", name, err)
			}
			v.Release()
			l.Close()
		}
	}
}

func mustOpenLog(t testing.TB, s *sound) *log.Log {
	l := s.b.w.Open(t, copyStore(t, s.rows), anchorHolding(t, s.note))
	t.Cleanup(func() { l.Close() })
	return l
}

// TestRawLeafHashIndex: a wrong row of a raw log's leaf hash index never gives a
// leaf the index of another one, or of none.
func TestRawLeafHashIndex(t *testing.T) {
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
	leaves := [][]byte{[]byte("a"), []byte("b"), []byte("c")}
	_, view, err := l.SubmitRaw(ctx, leaves)
	if err != nil {
		t.Fatal(err)
	}
	view.Release()
	l.Close()
	s := &sound{rows: p.store}
	key := storage.LeafHashIndex(proofs.LeafHash(leaves[1]))
	for bit := range 64 {
		config.Store = s.with(t, key, flip(s.row(t, key), bit))
		config.Anchor = anchorHolding(t, load(t, p.anchor))
		l, err := log.Open(config)
		if err != nil {
			t.Fatal(err)
		}
		v := l.View()
		if index, err := v.FindLeaf(proofs.LeafHash(leaves[1])); err == nil && index != 1 {
			t.Errorf("bit %d: a reader finds leaf 1 at %d", bit, index)
		}
		v.Release()
		results, view, err := l.SubmitRaw(ctx, [][]byte{[]byte("d"), leaves[1]})
		if err == nil {
			view.Release()
			if results[1].Index != 1 {
				t.Errorf("bit %d: leaf 1 is promised at %d", bit, results[1].Index)
			}
		} else if !errors.Is(err, log.ErrDamage) {
			t.Errorf("bit %d: %v", bit, err)
		}
		l.Close()
	}
}
