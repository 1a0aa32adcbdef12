package log_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/storage"
)

// lying is a store that does not write what it was given: it passes each row of
// a commit through alter.
type lying struct {
	storage.Store
	alter func(key, row []byte) []byte // nil: the row is left out
}

func (s *lying) Commit(seq uint64, b *storage.Batch) error {
	if s.alter == nil {
		return s.Store.Commit(seq, b)
	}
	var altered storage.Batch
	b.Each(func(del bool, key, row []byte) {
		if del {
			altered.Delete(key)
		} else if row = s.alter(bytes.Clone(key), bytes.Clone(row)); row != nil {
			altered.Set(key, row)
		}
	})
	return s.Store.Commit(seq, &altered)
}

// alterations are what a store may do to the n-th row of a kind.
var alterations = map[string]func(row []byte) []byte{
	"first bit":  func(row []byte) []byte { return flip(row, 0) },
	"last bit":   func(row []byte) []byte { return flip(row, len(row)*8-1) },
	"middle bit": func(row []byte) []byte { return flip(row, len(row)*4) },
	"cut":        func(row []byte) []byte { return row[:len(row)-1] },
	"left out":   func(row []byte) []byte { return nil },
	"longer":     func(row []byte) []byte { return append(row, 'x') },
}

// TestRecheck: a leaf, a tile or a content that was not written as it was made
// stops the log before it signs.
func TestRecheck(t *testing.T) {
	for _, space := range []storage.Keyspace{storage.LeafSpace, storage.TileSpace, storage.ContentSpace} {
		for name, alter := range alterations {
			for n := range 4 {
				if n == 3 && space != storage.LeafSpace { // the seal
					continue
				}
				t.Run(fmt.Sprintf("%s %d %s", space, n, name), func(t *testing.T) { lieOnce(t, space, n, alter) })
			}
		}
	}
}

func lieOnce(t *testing.T, space storage.Keyspace, n int, alter func([]byte) []byte) {
	ctx := context.Background()
	b, p := newLedger(t), newPlace(t)
	store := &lying{Store: p.store}
	l, err := b.create(ctx, store, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := b.submit(ctx, l, 2); err != nil {
		t.Fatal(err)
	}
	before := l.View()
	defer before.Release()
	note, signatures := load(t, p.anchor), b.notary.count()
	if space == storage.TileSpace {
		n = 0 // a small log writes one
	}
	seen := 0
	store.alter = func(key, row []byte) []byte {
		if storage.SpaceOf(key) != space {
			return row
		}
		if seen++; seen-1 != n {
			return row
		}
		return alter(row)
	}
	err = b.submit(ctx, l, 3)
	if seen <= n {
		t.Fatalf("the batch has %d rows of this kind", seen)
	}
	if !errors.Is(err, log.ErrStopped) || !errors.Is(err, log.ErrDamage) {
		t.Errorf("got %v; want ErrStopped and ErrDamage", err)
	}
	if b.notary.count() != signatures || !bytes.Equal(load(t, p.anchor), note) {
		t.Error("it signed")
	}
	if after := l.View(); after != before {
		t.Error("it published")
	} else {
		after.Release()
	}
}

// TestRewrittenTile: a commit that changes an old hash in a tile that grows
// stops the log: the new tree would not extend the signed one.
func TestRewrittenTile(t *testing.T) {
	for _, hash := range []int{0, 1, 5} {
		lieOnce(t, storage.TileSpace, 0, func(row []byte) []byte { return flip(row, hash*256) })
	}
}

// TestRecheckAtCreate: the first commit is checked as all others are.
func TestRecheckAtCreate(t *testing.T) {
	for _, space := range []storage.Keyspace{storage.LeafSpace, storage.TileSpace, storage.ContentSpace} {
		b, p := newLedger(t), newPlace(t)
		store := &lying{Store: p.store, alter: func(key, row []byte) []byte {
			if storage.SpaceOf(key) == space {
				return flip(row, 3)
			}
			return row
		}}
		err := log.Create(context.Background(), b.w.Config(store, p.anchor), b.w.Genesis())
		if !errors.Is(err, log.ErrDamage) || b.notary.count() != 0 || load(t, p.anchor) != nil {
			t.Errorf("%s: %v, %d signatures", space, err, b.notary.count())
		}
	}
}

// TestLiesAboutRegisters: the other rows are not read back at once. What the log
// signs is right all the same, and the lie is found: by the next batch that
// reads the row, by the next start, or by the check.
func TestLiesAboutRegisters(t *testing.T) {
	for _, space := range []storage.Keyspace{
		storage.RecordSpace, storage.RegisterLeafSpace, storage.BucketSpace, storage.EventSpace,
		storage.DigestIndexSpace, storage.MetaSpace,
	} {
		for name, alter := range alterations {
			t.Run(space.String()+" "+name, func(t *testing.T) { lieForLong(t, space, alter) })
		}
	}
}

func lieForLong(t *testing.T, space storage.Keyspace, alter func([]byte) []byte) {
	ctx := context.Background()
	b, p := newLedger(t), newPlace(t)
	store := &lying{Store: p.store}
	l, err := b.create(ctx, store, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	lied := false
	store.alter = func(key, row []byte) []byte {
		if lied || storage.SpaceOf(key) != space {
			return row
		}
		lied = true
		return alter(row)
	}
	logtest.Submit(t, l, b.next(1)[0].entry) // it lies here
	switch space {
	case storage.MetaSpace, storage.BucketSpace, storage.RecordSpace, storage.RegisterLeafSpace:
		// The next batch has them in memory, and may write them anew, right.
	default:
		_, view, submit := l.Submit(ctx, entries(b.next(1)))
		if err = submit; err == nil {
			view.Release()
		}
	}
	l.Close()
	if err == nil {
		var again *log.Log
		if again, err = log.Open(b.w.Config(p.store, p.anchor)); err == nil {
			again.Close()
			err = logtest.Audit(b.w, p.store, p.anchor)
		}
	}
	if err == nil {
		t.Error("nobody found it")
	}
	// The leaves are right, so they tell what the signed root must be.
	if err := logtest.AuditTree(b.w, p.store, p.anchor); err != nil {
		t.Errorf("what was signed: %v", err)
	}
}
