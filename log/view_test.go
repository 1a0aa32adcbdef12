package log_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// counted is a store that counts its open snapshots.
type counted struct {
	storage.Store
	open atomic.Int64
}

type countedSnapshot struct {
	storage.Snapshot
	store *counted
	once  sync.Once
}

func (s *counted) Snapshot() (storage.Snapshot, error) {
	snap, err := s.Store.Snapshot()
	if err != nil {
		return nil, err
	}
	s.open.Add(1)
	return &countedSnapshot{Snapshot: snap, store: s}, nil
}

func (s *countedSnapshot) Close() error {
	s.once.Do(func() { s.store.open.Add(-1) })
	return s.Snapshot.Close()
}

// TestReadersUnderLoad: readers see published sizes only, each with its one
// note, whole, and never an older one after a newer one.
func TestReadersUnderLoad(t *testing.T) {
	b, p := newLedger(t), newPlace(t)
	ctx := context.Background()
	var anchored atomic.Uint64
	a := &watched{Anchor: p.anchor, notary: b.notary}
	a.after = func() { anchored.Store(anchoredSize(t, b, p.anchor)) }
	store := &counted{Store: p.store}
	l, err := b.create(ctx, store, a)
	if err != nil {
		t.Fatal(err)
	}
	var readers, writers sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			var last proofs.TreeHead
			for {
				select {
				case <-done:
					return
				default:
				}
				v := l.View()
				if err := checkView(b, v, last, anchored.Load()); err != nil {
					t.Error(err)
				}
				last = v.TreeHead()
				v.Release()
			}
		})
	}
	for range 3 {
		writers.Go(func() {
			for n := range 20 * deep() {
				if err := b.submit(ctx, l, 1+n%4); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if n := store.open.Load(); n != 0 {
		t.Errorf("%d snapshots are open after Close", n)
	}
	logtest.Check(t, b.w, p.store, p.anchor)
}

func anchoredSize(t *testing.T, b *ledger, a storage.Anchor) uint64 {
	c, _, err := proofs.OpenCheckpoint(newest(t, load(t, a)), []proofs.VerifierKey{b.w.Signer.Key()})
	if err != nil {
		t.Error(err)
	}
	return c.Size
}

// checkView reads around the edge of a view. anchored was read after the view
// was taken.
func checkView(b *ledger, v *log.View, last proofs.TreeHead, anchored uint64) error {
	b.notary.note(v.Checkpoint())
	size := v.Size()
	c, _, err := proofs.OpenCheckpoint(v.Checkpoint(), []proofs.VerifierKey{b.w.Signer.Key()})
	if err != nil || c.TreeHead != v.TreeHead() {
		return fmt.Errorf("the note of %v is of %v: %v", v.TreeHead(), c.TreeHead, err)
	}
	if size > anchored || size < last.Size {
		return fmt.Errorf("size %d after %d; the anchor holds %d", size, last.Size, anchored)
	}
	proof, err := v.Consistency(last.Size, size)
	if err == nil && last.Size > 0 {
		err = proofs.VerifyConsistency(last, v.TreeHead(), proof)
	}
	if err != nil {
		return err
	}
	for what, err := range beyond(v) {
		if !errors.Is(err, log.ErrNotFound) {
			return fmt.Errorf("%s beyond size %d: %v", what, size, err)
		}
	}
	return checkEdge(v)
}

// beyond asks for what a view does not have.
func beyond(v *log.View) map[string]error {
	size := v.Size()
	_, leaf := v.Leaf(size)
	_, inclusion := v.Inclusion(size)
	_, consistency := v.Consistency(1, size+1)
	_, receipt := v.Receipt(size)
	_, tile := v.Tile(proofs.Tile{N: size / 256, Width: int(size%256) + 1})
	_, bundle := v.Entries(size/256, int(size%256)+1)
	return map[string]error{
		"leaf": leaf, "inclusion": inclusion, "consistency": consistency, "receipt": receipt, "tile": tile, "entries": bundle,
	}
}

// checkEdge holds the last tile against the last entry bundle and the root.
func checkEdge(v *log.View) error {
	size := v.Size()
	n, width := (size-1)/256, int((size-1)%256)+1
	bundle, err := v.Entries(n, width)
	if err != nil {
		return err
	}
	leaves, err := proofs.ParseEntryBundle(bundle, width, 8192)
	if err != nil {
		return err
	}
	tile, err := v.Tile(proofs.Tile{N: n, Width: width})
	if err != nil {
		return err
	}
	for i, leaf := range leaves {
		if h := proofs.LeafHash(leaf); !bytes.Equal(h[:], tile[i*32:i*32+32]) {
			return fmt.Errorf("leaf %d of the last bundle does not hash to its tile", i)
		}
	}
	proof, err := v.Inclusion(size - 1)
	if err != nil {
		return err
	}
	return proofs.VerifyInclusion(proofs.LeafHash(leaves[len(leaves)-1]), size-1, v.TreeHead(), proof)
}
