package log_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// TestCheckpoints: each note that was served is in the history byte for byte,
// with the time of its seal, while the log runs and after a restart.
func TestCheckpoints(t *testing.T) {
	b, p := newLedger(t), newPlace(t)
	ctx := context.Background()
	l, err := b.create(ctx, p.store, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	served := map[uint64]string{}
	for round := range 3 {
		for range 4 {
			if err := b.submit(ctx, l, 1); err != nil {
				t.Fatal(err)
			}
			v := l.View()
			served[v.Size()] = string(v.Checkpoint())
			v.Release()
		}
		v := l.View()
		checkHistory(t, v, served)
		v.Release()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if l, err = b.open(p.store, p.anchor); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	l.Close()
	logtest.Check(t, b.w, p.store, p.anchor)
	if err := b.notary.missing(p.store, load(t, p.anchor)); err != nil {
		t.Error(err)
	}
}

// slowAnchor takes its time, as one over a network does.
type slowAnchor struct{ storage.Anchor }

func (a slowAnchor) Replace(old, new []byte) error {
	time.Sleep(2 * time.Millisecond)
	return a.Anchor.Replace(old, new)
}

// TestCheckpointsUnderLoad: while several submit and the writer commits beside the
// publisher, each view has the notes of all that were served before it.
func TestCheckpointsUnderLoad(t *testing.T) {
	for _, ahead := range []int{0, 3} {
		t.Run(fmt.Sprint(ahead), func(t *testing.T) {
			defer log.LetWriterRunAhead(ahead)()
			b, p := newLedger(t), newPlace(t)
			ctx := context.Background()
			l, err := b.create(ctx, p.store, slowAnchor{p.anchor})
			if err != nil {
				t.Fatal(err)
			}
			var submitters sync.WaitGroup
			for range 4 {
				submitters.Go(func() {
					for range 25 {
						if err := b.submit(ctx, l, 1); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			done := make(chan struct{})
			go func() { submitters.Wait(); close(done) }()
			served := map[uint64]string{}
			for running := true; running; {
				select {
				case <-done:
					running = false
				default:
				}
				v := l.View()
				if _, old := served[v.Size()]; !old {
					served[v.Size()] = string(v.Checkpoint())
					checkHistory(t, v, served)
				}
				v.Release()
			}
			if len(served) < 10 {
				t.Errorf("only %d notes were seen", len(served))
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			logtest.Check(t, b.w, p.store, p.anchor)
		})
	}
}

func checkHistory(t *testing.T, v *log.View, served map[uint64]string) {
	t.Helper()
	var all []log.SignedCheckpoint
	for after := uint64(0); ; {
		page, err := v.Checkpoints(after, 3)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
		if len(page) < 3 {
			break
		}
		after = page[2].Size
	}
	found := 0
	for i, c := range all {
		if i > 0 && c.Size <= all[i-1].Size {
			t.Fatalf("size %d after size %d", c.Size, all[i-1].Size)
		}
		leaf, err := v.Leaf(c.Size - 1)
		if err != nil {
			t.Fatal(err)
		}
		seal, err := statement.ParseSeal(leaf)
		if err != nil || seal.Time != c.Time || c.Time == 0 {
			t.Errorf("size %d: time %d, seal %v, %v", c.Size, c.Time, seal.Time, err)
		}
		if want, ok := served[c.Size]; ok {
			found++
			if want != string(c.Note) {
				t.Errorf("size %d: another note than the one served", c.Size)
			}
		}
		one, err := v.CheckpointAt(c.Size)
		if err != nil || !bytes.Equal(one.Note, c.Note) || one.Time != c.Time {
			t.Errorf("size %d: %v, %v", c.Size, one, err)
		}
		if c, err := v.CheckpointAt(c.Size - 1); !errors.Is(err, log.ErrNotFound) {
			t.Errorf("a checkpoint %v of a size without a seal: %v", c, err)
		}
	}
	if found != len(served) {
		t.Errorf("the history has %d of %d notes", found, len(served))
	}
	if page, err := v.Checkpoints(v.Size(), 3); err != nil || len(page) > 0 {
		t.Errorf("above the view: %v, %v", page, err)
	}
}

// metered is a store that counts the rows that its snapshots give.
type metered struct {
	storage.Store
	gets *atomic.Int64
}

type meteredSnapshot struct {
	storage.Snapshot
	gets *atomic.Int64
}

func (c metered) Snapshot() (storage.Snapshot, error) {
	rows, err := c.Store.Snapshot()
	return meteredSnapshot{rows, c.gets}, err
}

func (c meteredSnapshot) Get(key []byte) ([]byte, error) {
	c.gets.Add(1)
	return c.Snapshot.Get(key)
}

func (c meteredSnapshot) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	return c.Snapshot.Scan(start, end, func(key, value []byte) bool { c.gets.Add(1); return yield(key, value) })
}

// TestConsistencyChain: the proofs are those that are asked for one by one, and
// take a read for each tile, not for each of them.
func TestConsistencyChain(t *testing.T) {
	b, p := newLedger(t), newPlace(t)
	ctx, gets := context.Background(), new(atomic.Int64)
	l, err := b.create(ctx, metered{p.store, gets}, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for n := range 40 {
		if err := b.submit(ctx, l, 1+n%20); err != nil {
			t.Fatal(err)
		}
	}
	v := l.View()
	defer v.Release()
	sizes := []uint64{0, 1, 1}
	for s := uint64(2); s <= v.Size(); s += 1 + s%3 {
		sizes = append(sizes, s)
	}
	gets.Store(0)
	chain, err := v.ConsistencyChain(sizes)
	if err != nil || len(chain) != len(sizes)-1 || v.Size() < 400 {
		t.Fatalf("%d proofs for %d sizes up to %d: %v", len(chain), len(sizes), v.Size(), err)
	}
	if n := gets.Load(); n > 10 {
		t.Errorf("%d rows were read for %d proofs", n, len(chain))
	}
	for i, proof := range chain {
		want, err := v.Consistency(sizes[i], sizes[i+1])
		if err != nil || !slices.Equal(proof, want) {
			t.Errorf("%d to %d: %x, want %x, %v", sizes[i], sizes[i+1], proof, want, err)
		}
	}
	for _, wrong := range [][]uint64{{2, v.Size() + 1}, {5, 2}} {
		if _, err := v.ConsistencyChain(wrong); !errors.Is(err, log.ErrNotFound) {
			t.Errorf("%d: %v", wrong, err)
		}
	}
}

// TestParseAnchor: one note or several, and nothing else.
func TestParseAnchor(t *testing.T) {
	one := "log.example\n3\nAAAA\n\n— log.example AAAA\n"
	two := "log.example\n2\nBBBB\n\n— log.example BBBB\n— w CCCC\n"
	for text, want := range map[string][]string{
		one:                           {one},
		one + "\n" + two:              {one, two},
		one + "\n" + two + "\n" + one: {one, two, one},
		"":                            {},
		"log.example\n":               {},
		one + "\n":                    {},
		one + "\nx":                   {},
		one + "\n\n" + two:            {},
		one + two:                     {},
		two[:len(two)-1]:              {},
	} {
		notes, err := log.ParseAnchor([]byte(text))
		if (err == nil) != (len(want) > 0) {
			t.Errorf("%q: %q, %v", text, notes, err)
			continue
		}
		for i := range want {
			if err == nil && (len(notes) != len(want) || string(notes[i]) != want[i]) {
				t.Errorf("%q: %q", text, notes)
				break
			}
		}
	}
}

// TestFindLeaf: each leaf is found by its hash, seals too; a view does not find
// what came after it.
func TestFindLeaf(t *testing.T) {
	b, p := newLedger(t), newPlace(t)
	ctx := context.Background()
	l, err := b.create(ctx, p.store, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	old := l.View()
	defer old.Release()
	if err := b.submit(ctx, l, 3); err != nil {
		t.Fatal(err)
	}
	v := l.View()
	defer v.Release()
	for i := range v.Size() {
		leaf, err := v.Leaf(i)
		if err != nil {
			t.Fatal(err)
		}
		hash := proofs.LeafHash(leaf)
		if got, err := v.FindLeaf(hash); err != nil || got != i {
			t.Errorf("leaf %d is found at %d: %v", i, got, err)
		}
		if got, err := old.FindLeaf(hash); (i < old.Size()) != (err == nil) || err != nil && !errors.Is(err, log.ErrNotFound) {
			t.Errorf("leaf %d in the older view: %d, %v", i, got, err)
		}
	}
}
