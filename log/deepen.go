package log

import (
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/storage"
)

// deepen cuts the register tree of a log that outgrew it lower, so that a bucket
// has about 10 leaves again. The root stays: depth is a local choice. It reads
// all leaves, under a second for a million, each time their number has doubled.
func (w *writer) deepen() error {
	if w.Mode != Sealed || w.state.tree.Count() <= 20<<uint(w.state.tree.Depth()) {
		return nil
	}
	shallow := w.state.tree
	depth := register.DepthFor(shallow.Count())
	var b storage.Batch
	tree, err := register.Build(depth,
		func(yield func(register.Leaf) bool) error {
			return registerLeaves{w.Store}.Leaves(register.Key{}, 0, yield)
		},
		func(root register.BucketRoot) error {
			putBucket(&b, depth, root)
			return nil
		})
	if err != nil {
		return err
	}
	if tree.Root() != shallow.Root() || tree.Count() != shallow.Count() {
		return damage("the register leaves give root %x, the newest seal says %x", tree.Root(), shallow.Root())
	}
	start, end := storage.BucketRange(uint8(shallow.Depth()))
	err = w.Store.Scan(start, end, func(key, _ []byte) bool {
		b.Delete(key)
		return true
	})
	if err != nil {
		return err
	}
	w.head.Depth = depth
	if err := putMeta(&b, headRow, w.head); err != nil {
		return err
	}
	if err := w.Store.Commit(w.seq+1, &b); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	w.seq++
	return w.state.deepened(tree)
}
