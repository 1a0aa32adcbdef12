package log_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// TestDeepen: a log that outgrew its buckets gets deeper ones at its next start.
// The root stays, and views of before stay readable.
func TestDeepen(t *testing.T) {
	s := newSound(t, 40)
	store, depth := s.shallow(t), 1
	count := func(r storage.Reader, depth int) (n int) {
		start, end := storage.BucketRange(uint8(depth))
		if err := r.Scan(start, end, func(_, _ []byte) bool { n++; return true }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count(store, depth) != 2 {
		t.Fatal("the log is not shallow")
	}
	watch := &counted{Store: store}
	a := anchorHolding(t, s.note)
	for range 2 { // the second time there is nothing to do
		l, err := s.b.open(watch, a)
		if err != nil {
			t.Fatal(err)
		}
		v := l.View()
		if err := checkPromises(s.b.w.Verifier(t, l), l, s.b.kept()); err != nil {
			t.Error(err)
		}
		if err := s.b.submit(context.Background(), l, 2); err != nil {
			t.Error(err)
		}
		if _, err := v.Receipt(2); err != nil {
			t.Errorf("a view of before: %v", err)
		}
		v.Release()
		l.Close()
		logtest.Check(t, s.b.w, store, a)
		if count(store, 1) != 0 || count(store, 8) == 0 {
			t.Errorf("%d buckets of depth 1, %d of depth 8", count(store, 1), count(store, 8))
		}
	}
	if n := watch.open.Load(); n != 0 {
		t.Errorf("%d snapshots are open", n)
	}
}

// shallow returns a copy whose register tree is cut at depth 1.
func (s *sound) shallow(t *testing.T) storage.Store {
	t.Helper()
	store := copyStore(t, s.rows)
	var b storage.Batch
	start, end := storage.BucketSpace.Range()
	err := store.Scan(start, end, func(key, _ []byte) bool { b.Delete(key); return true })
	if err != nil {
		t.Fatal(err)
	}
	_, err = register.Build(1, func(yield func(register.Leaf) bool) error {
		start, end := storage.RegisterLeafSpace.Range()
		return store.Scan(start, end, func(key, row []byte) bool {
			return yield(register.Leaf{Key: register.Key(key[1:]), ValueHash: register.Hash(row)})
		})
	}, func(root register.BucketRoot) error {
		b.Set(storage.Bucket(1, root.Bucket), root.Marshal())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	head := s.row(t, storage.Meta("head"))
	b.Set(storage.Meta("head"), bytes.Replace(head, []byte(`"depth":13`), []byte(`"depth":1`), 1))
	change(t, store, &b)
	return store
}

// TestDeepenFails: a start that cannot deepen refuses and leaves nothing open.
func TestDeepenFails(t *testing.T) {
	s := newSound(t, 40)
	broken := s.shallow(t)
	var b storage.Batch
	start, end := storage.RegisterLeafSpace.Range()
	if err := broken.Scan(start, end, func(key, row []byte) bool {
		b.Set(key, flip(row, 9))
		return false
	}); err != nil {
		t.Fatal(err)
	}
	change(t, broken, &b)
	for name, store := range map[string]storage.Store{
		"a damaged leaf": broken,
		"a lost commit":  s.shallow(t),
	} {
		watch := &counted{Store: store}
		var below storage.Store = watch
		if name == "a lost commit" {
			below = refusing{watch}
		}
		l, err := log.Open(s.b.w.Config(below, anchorHolding(t, s.note)))
		if err == nil {
			l.Close()
			t.Errorf("%s: opened", name)
		}
		if n := watch.open.Load(); n != 0 {
			t.Errorf("%s: %d snapshots are open", name, n)
		}
	}
}

// TestDeepenWhileRunning: the batch that outgrows the buckets is followed by a
// commit that deepens them. If it fails the log stops before it signs the batch,
// which is durable and found by the next start.
func TestDeepenWhileRunning(t *testing.T) {
	for _, fault := range append([]storagetest.Fault{-1}, storagetest.Faults...) {
		s := newSound(t, 5)
		store := s.shallow(t)
		n := 1 // of the commits to come
		if fault < 0 {
			n = -1
		}
		watch := &counted{Store: storagetest.FailCommit(store, n, fault)}
		a := &watched{Anchor: anchorHolding(t, s.note), notary: s.b.notary}
		l, err := s.b.open(watch, a)
		if err != nil {
			t.Fatal(err)
		}
		ps := s.b.next(20)
		err = s.b.send(context.Background(), l, ps)
		if fault < 0 && err != nil || fault >= 0 && !errors.Is(err, log.ErrStopped) {
			t.Errorf("fault %v: %v", fault, err)
		}
		l.Close()
		if open := watch.open.Load(); open != 0 {
			t.Errorf("fault %v: %d snapshots are open after Close", fault, open)
		}
		if l, err = s.b.open(store, a); err != nil {
			t.Fatal(err)
		}
		if r := logtest.Submit(t, l, entries(ps)...)[0]; !r.Duplicate {
			t.Errorf("fault %v: the batch: %+v", fault, r)
		}
		if err := s.b.lives(t, l, store, a); err != nil {
			t.Errorf("fault %v: %v", fault, err)
		}
	}
}

// refusing is a store that another writer won.
type refusing struct{ storage.Store }

func (refusing) Commit(uint64, *storage.Batch) error { return storage.ErrSequence }

// TestDepthOutOfRange: a head row whose depth no tree has is damage.
func TestDepthOutOfRange(t *testing.T) {
	s := newSound(t, 3)
	key := storage.Meta("head")
	for _, depth := range []string{"0", "-1", "31", "32", "255", "9223372036854775807", "1e1", "13.0"} {
		row := bytes.Replace(s.row(t, key), []byte(`"depth":13`), []byte(`"depth":`+depth), 1)
		l, err := log.Open(s.b.w.Config(s.with(t, key, row), anchorHolding(t, s.note)))
		if err == nil {
			l.Close()
		}
		if !errors.Is(err, log.ErrDamage) {
			t.Errorf("depth %s: %v; want ErrDamage", depth, err)
		}
	}
	for _, size := range []string{"0", "1", "18446744073709551615", "9223372036854775808"} {
		row := bytes.Replace(s.row(t, key), []byte(`"size":10`), []byte(`"size":`+size), 1)
		if bytes.Equal(row, s.row(t, key)) {
			t.Fatalf("%s", row)
		}
		l, err := log.Open(s.b.w.Config(s.with(t, key, row), anchorHolding(t, s.note)))
		if err == nil {
			l.Close()
		}
		if !errors.Is(err, log.ErrDamage) {
			t.Errorf("size %s: %v; want ErrDamage", size, err)
		}
	}
}

// TestWrongSeals: the seal at the end must be the one of the registers and of
// the head, even if leaf, tile and root fit together.
func TestWrongSeals(t *testing.T) {
	for name, alter := range map[string]func(*statement.Seal){
		"another root":  func(s *statement.Seal) { s.Root[0] ^= 1 },
		"another count": func(s *statement.Seal) { s.Count++ },
		"another time":  func(s *statement.Seal) { s.Time++ },
		"the far end":   func(s *statement.Seal) { s.Time = math.MaxInt64 },
	} {
		t.Run(name, func(t *testing.T) {
			b, p := newLedger(t), newPlace(t)
			l, err := b.create(context.Background(), p.store, p.anchor)
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			sealWrongly(t, b, p, alter)
			if l, err := log.Open(b.w.Config(p.store, p.anchor)); err == nil {
				l.Close()
				t.Error("opened")
			} else if !errors.Is(err, log.ErrDamage) {
				t.Errorf("%v; want ErrDamage", err)
			}
		})
	}
}

// sealWrongly appends a batch of one seal alone, altered, with its tile and head.
func sealWrongly(t *testing.T, b *ledger, p *place, alter func(*statement.Seal)) {
	t.Helper()
	last := sealOf(t, b, p)
	seal := statement.Seal{Index: last.Index + 1, Prev: int64(last.Index), Time: last.Time, Rules: last.Rules, Count: last.Count, Root: last.Root}
	alter(&seal)
	leaf := seal.Marshal()
	hash := proofs.LeafHash(leaf)
	tile, err := p.store.Get(storage.Tile(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	tile = append(tile, hash[:]...)
	root, err := proofs.RootFromNodes(seal.Index+1, proofs.TileNodes(func(proofs.Tile) ([]byte, error) { return tile, nil }, seal.Index+1))
	if err != nil {
		t.Fatal(err)
	}
	var rows storage.Batch
	rows.Set(storage.Leaf(seal.Index), leaf)
	rows.Set(storage.Tile(0, 0), tile)
	rows.Set(storage.Meta("head"), logtest.Head(proofs.TreeHead{Size: seal.Index + 1, Root: root}, last.Time, last.Count, 13))
	change(t, p.store, &rows)
}

// TestRefusedGenesis: a log begins with a genesis that its own fold admits.
func TestRefusedGenesis(t *testing.T) {
	b, p := newLedger(t), newPlace(t)
	err := log.Create(context.Background(), b.w.Config(p.store, p.anchor), b.w.Enrollments()[0])
	var refusal *admission.Refusal
	if !errors.As(err, &refusal) || load(t, p.anchor) != nil {
		t.Errorf("%v", err)
	}
}
