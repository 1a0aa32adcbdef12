package logtest

import (
	"encoding/binary"
	"testing"

	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// A Forger writes one batch past every rule into the store of a sealed log, as an
// operator can who has the store and the log's key: leaves, contents and registers as
// a test likes them, under a seal over them. All that the log's own code looks at when
// it opens a store is right, so the log opens, signs the forged tree itself, and serves
// it. The log is closed meanwhile.
//
//	f := w.Forge(t, store)
//	index := f.Entry(c)                 // a leaf of which no register hears
//	f.Write(index, c, effects)          // what registers hear of it
//	f.Seal(nil)
//
// It writes no search rows: a search never finds what a Forger wrote.
type Forger struct {
	t       testing.TB
	origin  string
	store   storage.Store
	base    *forged
	overlay *admission.Overlay
	fold    *admission.Fold
	rows    storage.Batch
	leaves  [][]byte // all of the tree
	first   uint64   // index of the first new one
	prev    int64    // index of the last seal
	time    int64
}

// Forge begins a batch at the end of the log in store, at the world's time.
func (w *World) Forge(t testing.TB, store storage.Store) *Forger {
	t.Helper()
	leaves, err := readLeaves(store)
	if err != nil {
		t.Fatal(err)
	}
	f := &Forger{
		t: t, origin: w.Origin, store: store, base: &forged{store: store, forgotten: make(map[register.Key]bool)}, fold: admission.NewFold(w.Origin),
		leaves: leaves, first: uint64(len(leaves)), prev: int64(len(leaves)) - 1, time: w.Clock.Now().UnixMilli(),
	}
	f.overlay = admission.NewOverlay(f.base)
	return f
}

// Time is the log's time of the batch, unix milliseconds.
func (f *Forger) Time() int64 { return f.time }

// Next is the index that the next leaf gets.
func (f *Forger) Next() uint64 { return uint64(len(f.leaves)) }

// Entry appends the leaf and the content of a statement, and no more.
func (f *Forger) Entry(c *admission.Checked) (index uint64) {
	index = f.Next()
	f.leaves = append(f.leaves, c.Leaf)
	f.rows.Set(storage.Leaf(index), c.Leaf)
	f.rows.Set(storage.LeafHashIndex(c.LeafHash), binary.BigEndian.AppendUint64(nil, index))
	f.rows.Set(storage.DigestIndex(c.Digest), binary.BigEndian.AppendUint64(nil, index))
	f.rows.Set(storage.Content(index), c.Payload)
	return index
}

// Effects is what the fold gives for a statement at an index, or why it refuses it.
func (f *Forger) Effects(index uint64, c *admission.Checked) ([]admission.Effect, error) {
	return f.fold.Apply(f.overlay, index, f.time, c)
}

// Admit appends a statement that the fold must admit, with its effects.
func (f *Forger) Admit(c *admission.Checked) (index uint64) {
	f.t.Helper()
	effects, err := f.Effects(f.Next(), c)
	if err != nil {
		f.t.Fatal(err)
	}
	index = f.Entry(c)
	f.Write(index, c, effects)
	return index
}

// Write makes effects the next events of their registers, as if a statement at index
// had them, by the time of this batch.
func (f *Forger) Write(index uint64, c *admission.Checked, effects []admission.Effect) {
	f.WriteAt(index, f.time, c, effects)
}

// WriteAt is Write by another time, as that of an earlier seal.
func (f *Forger) WriteAt(index uint64, time int64, c *admission.Checked, effects []admission.Effect) {
	f.t.Helper()
	if err := f.overlay.Write(index, time, c, effects); err != nil {
		f.t.Fatal(err)
	}
}

// Forget empties a register of which nothing was written yet: what is written next is
// its first event.
func (f *Forger) Forget(key register.Key) {
	f.base.forgotten[key] = true
}

// Undo takes the newest event of a register back, of which nothing was written yet.
func (f *Forger) Undo(key register.Key) {
	f.t.Helper()
	record, err := f.base.Record(key)
	if err != nil || record == nil {
		f.t.Fatalf("register %s: %v", key, err)
	}
	f.Forget(key)
	for seq := range record.Size - 1 {
		row, c := f.event(key, seq)
		f.WriteAt(row.Index, int64(row.Time), c, []admission.Effect{{Key: key, Type: record.Type, Kind: row.Kind, Body: row.Body}})
	}
}

// Seal ends the batch with its seal, which change may alter in what opening a store
// does not look at, and commits it.
func (f *Forger) Seal(change func(s *statement.Seal)) {
	f.t.Helper()
	tree := f.registers()
	seal := statement.Seal{
		Index: f.Next(), Prev: f.prev, Time: f.time, Rules: statement.Rules, Count: tree.Count(), Root: tree.Root(),
	}
	if change != nil {
		change(&seal)
	}
	f.leaves = append(f.leaves, seal.Marshal())
	f.rows.Set(storage.Leaf(f.Next()-1), seal.Marshal())
	f.tree(seal)
	seq, err := f.store.Sequence()
	if err == nil {
		err = f.store.Commit(seq+1, &f.rows)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}
