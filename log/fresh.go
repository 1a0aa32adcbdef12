package log

import (
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
)

// fresh is a committed batch as the writer holds it in memory: the receipts of that
// batch are made from it, without reading its rows again.
type fresh struct {
	from    uint64 // index of the first leaf
	leaves  [][]byte
	checked []*admission.Checked // the statements, in the order of the leaves
	records map[register.Key]*register.Record
	events  map[register.Key][]admission.EventWrite
	depth   int                        // of the register tree
	buckets map[uint32][]register.Leaf // of the register tree, those that the batch touched
}

// recent are the batches that a view was published with, the newest first: those
// that were committed since the view before it. What a newer one holds of a
// register or a bucket is what counts.
type recent []*fresh

// leaf returns a leaf of the batches.
func (r recent) leaf(index uint64) ([]byte, bool) {
	for _, f := range r {
		if index >= f.from && index-f.from < uint64(len(f.leaves)) {
			return f.leaves[index-f.from], true
		}
	}
	return nil, false
}

// statement returns a statement of the batches.
func (r recent) statement(index uint64) (*admission.Checked, bool) {
	for _, f := range r {
		if index >= f.from && index-f.from < uint64(len(f.checked)) {
			return f.checked[index-f.from], true
		}
	}
	return nil, false
}

// record returns a register as the batches left it.
func (r recent) record(key register.Key) (*register.Record, bool) {
	for _, f := range r {
		if record, ok := f.records[key]; ok {
			return record, true
		}
	}
	return nil, false
}

// event returns an event that the batches wrote.
func (r recent) event(key register.Key, seq uint64) (register.EventRow, bool) {
	for _, f := range r {
		events := f.events[key]
		if len(events) > 0 && seq >= events[0].Seq && seq-events[0].Seq < uint64(len(events)) {
			return events[seq-events[0].Seq].Row, true
		}
	}
	return register.EventRow{}, false
}

// bucket returns a bucket of the register tree that the batches touched.
func (r recent) bucket(n uint32, depth int) ([]register.Leaf, bool) {
	for _, f := range r {
		if f.depth != depth {
			return nil, false // the tree was cut anew since
		}
		if leaves, ok := f.buckets[n]; ok {
			return leaves, true
		}
	}
	return nil, false
}

// viewLeaves reads the leaves of a view's register tree: those near what the
// newest batch wrote from memory. It implements register.LeafReader.
type viewLeaves struct {
	rows   registerLeaves
	recent recent
	depth  int
}

func (v *View) leaves() viewLeaves {
	return viewLeaves{registerLeaves{v.rows}, v.recent, v.registers.Depth()}
}

// Leaves implements register.LeafReader.
func (l viewLeaves) Leaves(prefix register.Key, depth int, yield func(register.Leaf) bool) error {
	if depth != l.depth {
		return l.rows.Leaves(prefix, depth, yield)
	}
	leaves, ok := l.recent.bucket(bucketOf(prefix, depth), depth)
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
	f.depth = b.registers.Depth()
	f.buckets = make(map[uint32][]register.Leaf, len(b.changes))
	w.state.leaves.collect(b.changes, f.buckets)
	return f
}

// record returns the record of a register as of the view, or nil.
func (v *View) record(key register.Key) (*register.Record, error) {
	if r, ok := v.recent.record(key); ok {
		return r, nil
	}
	return state{v.rows}.Record(key)
}
