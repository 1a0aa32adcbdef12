package audit

import (
	"errors"
	"fmt"
	"time"

	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// MaxOpen bounds the entries and the bytes of contents that may stand between two
// seals. A writer of docket seals at most about 2,000 entries at once; a log that
// never seals must not fill an auditor's memory.
const (
	MaxOpen      = 1 << 18
	maxOpenBytes = 512 << 20
)

// maxDepth is the deepest cut of the register tree: 2^22 buckets take 256 MiB. A
// log above 40 million registers has larger buckets instead.
const maxDepth = 22

// An open entry waits for the seal that gives its time.
type openEntry struct {
	checked *admission.Checked
	err     error // why Check did not take it, in place of checked
}

// A replay derives the state of a log anew, leaf by leaf, and compares every seal.
// It is admission.Replay over a State, and it names the first wrong index in log
// order, also among entries of one batch.
type replay struct {
	fold  *admission.Fold
	base  *base
	tree  *register.Tree
	open  []openEntry
	bytes int // of contents in open
	next  uint64
	prev  int64 // index of the last seal, or -1
	last  int64 // time of the last seal, unix milliseconds
	clock clock
	tally *Tally
}

// entry takes the next leaf, which is no seal.
func (r *replay) entry(e openEntry) error {
	r.next++
	r.open = append(r.open, e)
	if e.checked != nil {
		r.bytes += len(e.checked.Payload)
	}
	if len(r.open) > MaxOpen || r.bytes > maxOpenBytes {
		return fmt.Errorf("%d entries follow entry %d without a seal: this auditor judges at most %d, and %d MiB, under one", len(r.open), r.prev, MaxOpen, maxOpenBytes>>20)
	}
	return nil
}

// skew is that of the newest policy under the last seal, or, at the first seal, of
// genesis, which is judged under itself.
func (r *replay) skew() time.Duration {
	if r.tally.Seals == 0 && len(r.open) > 0 && r.open[0].checked != nil {
		if set, ok := r.open[0].checked.Statement.Body.(*statement.SetPolicy); ok {
			if p, err := set.Policy(); err == nil {
				return time.Duration(p.SkewSeconds) * time.Second
			}
		}
	}
	return r.tally.skew()
}

// seal takes the next leaf, which begins as a seal: it judges the entries before it
// and compares it with the state that they lead to.
func (r *replay) seal(leaf []byte) error {
	index := r.next
	r.next++
	seal, err := statement.ParseSeal(leaf)
	if err == nil {
		err = admission.CheckSeal(seal, index, r.prev, r.last)
	}
	if err != nil {
		if early := r.malformed(); early != nil {
			return early
		}
		return &Divergence{Index: index, Class: ClassSeal, Rule: "seal", Reason: err.Error()}
	}
	if err := r.clock.check(seal, r.skew()); err != nil {
		return err
	}
	overlay, entries, err := r.apply(seal.Time)
	if err != nil {
		return err
	}
	changes := overlay.Changes()
	tree, _, err := r.tree.Update(r.base, changes)
	if err != nil {
		return &localError{fmt.Errorf("audit: the registers at seal %d: %w", index, err)}
	}
	if tree.Count() != seal.Count || tree.Root() != seal.Root {
		return &Divergence{Index: index, Class: ClassSeal, Rule: "registers", Reason: fmt.Sprintf(
			"the seal says %d registers under root %x; the entries give %d under %x", seal.Count, seal.Root, tree.Count(), tree.Root())}
	}
	r.base.take(overlay, changes, uint64(r.prev+1), entries)
	r.tally.add(uint64(r.prev+1), entries, seal, r.last)
	r.tree, r.open, r.bytes = tree, r.open[:0], 0
	r.prev, r.last = int64(index), seal.Time
	return r.deepen()
}

// malformed is the first open entry that Check did not take.
func (r *replay) malformed() error {
	for i, e := range r.open {
		if e.err != nil {
			return unchecked(uint64(r.prev+1)+uint64(i), e.err)
		}
	}
	return nil
}

// apply judges the open entries under the time of their seal. The first wrong one,
// in log order, is a *Divergence or a *Withheld.
func (r *replay) apply(at int64) (*admission.Overlay, []*admission.Checked, error) {
	overlay := admission.NewOverlay(r.base)
	entries := make([]*admission.Checked, len(r.open))
	for i, e := range r.open {
		index := uint64(r.prev+1) + uint64(i)
		if e.err != nil {
			return nil, nil, unchecked(index, e.err)
		}
		effects, err := r.fold.Apply(overlay, index, at, e.checked)
		if err != nil {
			return nil, nil, refused(index, err)
		}
		if err := overlay.Write(index, at, e.checked, effects); err != nil {
			return nil, nil, &localError{err}
		}
		entries[i] = e.checked
	}
	return overlay, entries, nil
}

// end judges the end of a tree, which is a seal.
func (r *replay) end() error {
	if len(r.open) == 0 {
		return nil
	}
	if err := r.malformed(); err != nil {
		return err
	}
	return &Divergence{Index: r.next - 1, Class: ClassSeal, Rule: "seal",
		Reason: fmt.Sprintf("the checkpoint ends here, with %d entries that no seal covers: the last leaf of a signed tree is a seal", len(r.open))}
}

// deepen cuts a tree that outgrew its buckets lower. The depth has no influence on
// any root.
func (r *replay) deepen() error {
	depth := min(register.DepthFor(r.tree.Count()), maxDepth)
	if r.tree.Count() <= 20<<r.tree.Depth() || depth <= r.tree.Depth() {
		return nil
	}
	tree, err := buildTree(r.base, depth)
	if err == nil && tree.Root() != r.tree.Root() {
		err = errors.New("the leaves do not lead to the root any more: the state is damaged here, on this machine")
	}
	if err != nil {
		return &localError{fmt.Errorf("audit: the register tree: %w", err)}
	}
	r.tree = tree
	return nil
}

func buildTree(leaves register.LeafReader, depth int) (*register.Tree, error) {
	return register.Build(depth, func(yield func(register.Leaf) bool) error {
		return leaves.Leaves(register.Key{}, 0, yield)
	}, nil)
}
