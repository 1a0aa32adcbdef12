package audit

import (
	"bytes"
	"context"
	"slices"

	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/statement"
)

// evidence gathers what shows a divergence: the leaf, the seals around it, and the
// entries that its rule names.
func (r *run) evidence(ctx context.Context, d *Divergence) (*evidence.Evidence, error) {
	var entries []evidence.Entry
	indices := append([]uint64{d.Index}, d.Indices...)
	if r.prev >= 0 && uint64(r.prev) < r.tree.Size {
		indices = append(indices, uint64(r.prev))
	}
	if d.Class == ClassEntry {
		if seal, err := r.tree.Seal(ctx, d.Index); err == nil {
			indices = append(indices, seal.Index)
		}
	}
	slices.Sort(indices)
	for _, index := range slices.Compact(indices) {
		entry, err := r.evidenceEntry(ctx, index)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return evidence.OfLeaf(rules, r.Client.Verifier.Genesis, r.tree.Note, *d, entries), nil
}

func (r *run) evidenceEntry(ctx context.Context, index uint64) (e evidence.Entry, err error) {
	e.Index = index
	if e.Leaf, err = r.tree.Leaf(ctx, index); err != nil {
		return e, err
	}
	_, proof, err := r.tree.Inclusion(ctx, index)
	if err != nil {
		return e, err
	}
	for _, h := range proof {
		e.Inclusion = append(e.Inclusion, h[:])
	}
	if bytes.HasPrefix(e.Leaf, []byte(statement.SealPrefix)) {
		return e, nil
	}
	contents, err := r.Client.Contents(ctx, index, index+1)
	if err == nil {
		e.Content = contents[0]
	}
	return e, err
}
