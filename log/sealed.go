package log

import (
	"crypto/sha256"
	"errors"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// admitStatement runs the fold over one statement and adds it if it is admitted.
func (w *writer) admitStatement(b *batch, c *admission.Checked) (Result, error) {
	if r, found, err := w.again(b, c); err != nil || found {
		return r, err
	}
	index := b.next()
	effects, err := w.fold.Apply(b.overlay, index, b.time, c)
	var refusal *admission.Refusal
	if errors.As(err, &refusal) {
		return Result{Refusal: refusal}, nil
	}
	if err != nil {
		return Result{}, err
	}
	if err := b.overlay.Write(index, b.time, c, effects); err != nil {
		return Result{}, err
	}
	b.add(c.Leaf, c.LeafHash, c.Digest)
	b.rows.Set(storage.Content(index), c.Payload)
	b.mention(index, c.Statement)
	b.checked = append(b.checked, c)
	if body, ok := c.Statement.Body.(*statement.RefuseFinding); ok {
		return Result{Index: index}, w.indexFinding(b, body, index)
	}
	return Result{Index: index}, nil
}

// again finds the first entry of a statement that is sent again, also within
// the open batch. The same key as in that entry's leaf: its index, no new leaf.
// Another key falls through to the fold, which refuses it (E306). The leaf is
// read and compared, so a wrong index row cannot make a promise.
func (w *writer) again(b *batch, c *admission.Checked) (Result, bool, error) {
	index, ok, err := b.overlay.Admitted(c.Digest)
	if err != nil || !ok {
		return Result{}, false, err
	}
	leaf, err := w.leaf(b, index)
	if err != nil {
		return Result{}, false, err
	}
	first, err := statement.ParseCommitment(leaf)
	if err != nil || first.Digest != c.Digest {
		return Result{}, false, damage("the digest index names leaf %d for statement %s", index, c.Digest)
	}
	same := sha256.Sum256(first.SPKI) == [32]byte(c.Key)
	return Result{Index: index, Duplicate: true}, same, nil
}

// leaf returns the leaf that the digest index names: a stored one, or one of the
// open batch.
func (w *writer) leaf(b *batch, index uint64) ([]byte, error) {
	if index >= b.next() {
		return nil, damage("the digest index names leaf %d of %d", index, b.next())
	}
	if index >= b.from {
		return b.leaves[index-b.from], nil
	}
	return readLeaf(w.Store, index)
}

// seal updates the registers with the effects of the batch and ends it with a
// seal over their root.
func (w *writer) seal(b *batch) error {
	changes := b.overlay.Changes()
	registers, buckets, err := w.state.tree.Update(w.state.leaves, changes)
	if err != nil {
		return err
	}
	b.registers, b.changes = registers, changes
	for _, bucket := range buckets {
		putBucket(&b.rows, registers.Depth(), bucket)
	}
	if err := w.registerRows(b); err != nil {
		return err
	}
	b.searchRows()
	seal := statement.Seal{
		Index: b.next(),
		Prev:  int64(b.from) - 1, // the last leaf before the batch is a seal, or there is none
		Time:  b.time,
		Rules: statement.Rules,
		Count: registers.Count(),
		Root:  registers.Root(),
	}
	leaf := seal.Marshal()
	b.push(leaf, proofs.LeafHash(leaf))
	b.head.Registers, b.head.Depth = seal.Count, registers.Depth()
	return nil
}
