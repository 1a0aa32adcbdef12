package log

import (
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
)

// fresh is the batch that a view ends with, as the writer holds it in memory: the
// receipts of that batch are made from it, without reading its rows again. They
// were read back once, before the batch was signed.
type fresh struct {
	from    uint64 // index of the first leaf
	leaves  [][]byte
	checked []*admission.Checked // the statements, in the order of the leaves
	records map[register.Key]*register.Record
	events  map[register.Key][]admission.EventWrite
	buckets map[uint32][]register.Leaf // of the register tree, those that the batch touched
}

// leaf returns a leaf of the batch.
func (f *fresh) leaf(index uint64) ([]byte, bool) {
	if f == nil || index < f.from || index-f.from >= uint64(len(f.leaves)) {
		return nil, false
	}
	return f.leaves[index-f.from], true
}

// statement returns a statement of the batch.
func (f *fresh) statement(index uint64) (*admission.Checked, bool) {
	if f == nil || index < f.from || index-f.from >= uint64(len(f.checked)) {
		return nil, false
	}
	return f.checked[index-f.from], true
}

// record returns a register as the batch left it.
func (f *fresh) record(key register.Key) (*register.Record, bool) {
	if f == nil {
		return nil, false
	}
	r, ok := f.records[key]
	return r, ok
}

// event returns an event that the batch wrote.
func (f *fresh) event(key register.Key, seq uint64) (register.EventRow, bool) {
	if f == nil {
		return register.EventRow{}, false
	}
	events := f.events[key]
	if len(events) == 0 || seq < events[0].Seq || seq-events[0].Seq >= uint64(len(events)) {
		return register.EventRow{}, false
	}
	return events[seq-events[0].Seq].Row, true
}

// viewLeaves reads the leaves of a view's register tree: those near what the
// newest batch wrote from memory. It implements register.LeafReader.
type viewLeaves struct {
	rows  registerLeaves
	fresh *fresh
	depth int
}

func (v *View) leaves() viewLeaves {
	return viewLeaves{registerLeaves{v.rows}, v.fresh, v.registers.Depth()}
}

// Leaves implements register.LeafReader.
func (l viewLeaves) Leaves(prefix register.Key, depth int, yield func(register.Leaf) bool) error {
	if l.fresh == nil || depth != l.depth {
		return l.rows.Leaves(prefix, depth, yield)
	}
	leaves, ok := l.fresh.buckets[bucketOf(prefix, depth)]
	if !ok {
		return l.rows.Leaves(prefix, depth, yield)
	}
	for _, leaf := range leaves {
		if !yield(leaf) {
			break
		}
	}
	return nil
}

// freshOf takes what the receipts of a batch need, after its commit.
func (w *writer) freshOf(b *batch) *fresh {
	f := &fresh{from: b.from, leaves: b.leaves, checked: b.checked, records: b.overlay.Records(), events: b.events}
	f.buckets = make(map[uint32][]register.Leaf, len(b.changes))
	w.state.leaves.collect(b.changes, f.buckets)
	return f
}

// record returns the record of a register as of the view, or nil.
func (v *View) record(key register.Key) (*register.Record, error) {
	if r, ok := v.fresh.record(key); ok {
		return r, nil
	}
	return state{v.rows}.Record(key)
}
