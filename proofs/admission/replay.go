package admission

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A Replay derives the state of a log anew from its leaves and contents, in
// memory, and compares every seal with what it derived. It reads nothing else.
type Replay struct {
	origin  string
	fold    *Fold
	state   *memory
	tree    *register.Tree
	pending []*Checked // entries that the next seal will cover
	next    uint64     // index of the next leaf
	prev    int64      // index of the last seal, or -1
	time    int64      // time of the last seal
	failed  error      // the *ReplayError that ended the replay
}

// ErrWithheld says that a statement leaf came without its content. A content
// that is missing is withheld: these rules erase none.
var ErrWithheld = errors.New("content withheld")

// A ReplayError names an entry that should not be in the log, and why.
type ReplayError struct {
	Index uint64
	Err   error // a *Refusal, ErrWithheld, ErrContent, or what is wrong with a seal
}

func (e *ReplayError) Error() string { return fmt.Sprintf("entry %d: %v", e.Index, e.Err) }

// Unwrap gives the cause.
func (e *ReplayError) Unwrap() error { return e.Err }

// NewReplay starts a replay of the log with this origin at index 0.
func NewReplay(origin string) *Replay {
	return &Replay{
		origin: origin,
		fold:   NewFold(origin),
		state:  newMemory(),
		tree:   register.New(register.DepthFor(0)),
		prev:   -1,
	}
}

// Add takes the next leaf and its content; a seal has none. Form, origin and
// signature are judged at once, all else when the seal that covers the entry
// comes, since that seal gives its time: the tail after the last seal is not
// judged, and of two bad entries of one batch a malformed one is named first.
// The error is a *ReplayError; it ends the replay, and later calls repeat it.
func (r *Replay) Add(leaf, content []byte) error {
	if r.failed == nil {
		if err := r.add(leaf, content); err != nil {
			r.failed = err
		}
	}
	return r.failed
}

// AddChecked is Add for a statement leaf that Check took before, under the
// origin of the log: signatures are checked for many entries at once, the fold
// is one after the other. The leaf is that of the next index.
func (r *Replay) AddChecked(c *Checked) error {
	if r.failed == nil {
		r.next++
		r.pending = append(r.pending, c)
	}
	return r.failed
}

func (r *Replay) add(leaf, content []byte) error {
	index := r.next
	r.next++
	if bytes.HasPrefix(leaf, []byte(statement.SealPrefix)) {
		return r.seal(index, leaf)
	}
	c, err := Check(r.origin, leaf, content)
	if errors.Is(err, ErrContent) && content == nil {
		err = ErrWithheld
	}
	if err != nil {
		return &ReplayError{index, err}
	}
	r.pending = append(r.pending, c)
	return nil
}

// seal checks a seal against the entries before it and the derived state.
func (r *Replay) seal(index uint64, leaf []byte) error {
	seal, err := statement.ParseSeal(leaf)
	if err != nil {
		return &ReplayError{index, err}
	}
	if err := CheckSeal(seal, index, r.prev, r.time); err != nil {
		return &ReplayError{index, err}
	}
	overlay, err := r.apply(seal.Time)
	if err != nil {
		return err
	}
	tree, _, err := r.tree.Update(r.state.leaves, overlay.Changes())
	if err != nil {
		return &ReplayError{index, err}
	}
	if tree.Count() != seal.Count || tree.Root() != seal.Root {
		return &ReplayError{index, fmt.Errorf("the seal says %d registers under root %x; the fold gives %d under %x",
			seal.Count, seal.Root, tree.Count(), tree.Root())}
	}
	r.state.take(overlay)
	r.tree, r.pending = tree, r.pending[:0]
	r.prev, r.time = int64(index), seal.Time
	return r.deepen()
}

// apply judges the entries that the seal of this time covers.
func (r *Replay) apply(time int64) (*Overlay, error) {
	overlay := NewOverlay(r.state)
	for i, c := range r.pending {
		index := uint64(r.prev+1) + uint64(i)
		effects, err := r.fold.Apply(overlay, index, time, c)
		if err != nil {
			return nil, &ReplayError{index, err}
		}
		if err := overlay.Write(index, time, c, effects); err != nil {
			return nil, &ReplayError{index, err}
		}
	}
	return overlay, nil
}

// deepen cuts a tree that outgrew its buckets lower. The depth has no influence
// on any root.
func (r *Replay) deepen() error {
	count := r.tree.Count()
	if count <= 20<<r.tree.Depth() {
		return nil
	}
	all := func(yield func(register.Leaf) bool) error { return r.state.leaves.Leaves(register.Key{}, 0, yield) }
	tree, err := register.Build(register.DepthFor(count), all, nil)
	if err != nil {
		return &ReplayError{uint64(r.prev), err}
	}
	r.tree = tree
	return nil
}

// Sealed returns the number of leaves up to the last seal.
func (r *Replay) Sealed() uint64 { return uint64(r.prev + 1) }

// Tree returns the register tree under the last seal.
func (r *Replay) Tree() *register.Tree { return r.tree }

// Record returns a register as of the last seal, or nil.
func (r *Replay) Record(key register.Key) *register.Record { return r.state.records[key] }

// Leaves returns the leaves of the register tree as of the last seal.
func (r *Replay) Leaves() register.LeafReader { return r.state.leaves }

// CheckSeal judges a seal at index, given the index of the seal before it (-1
// for none) and that seal's time: everything but the register root.
func CheckSeal(seal statement.Seal, index uint64, prev, prevTime int64) error {
	switch {
	case seal.Index != index:
		return fmt.Errorf("the seal says index %d", seal.Index)
	case seal.Prev != prev:
		return fmt.Errorf("the seal says prev %d; the seal before it is %d", seal.Prev, prev)
	case index == uint64(prev+1):
		return errors.New("the seal covers no entry: no traffic, no seal")
	case prev >= 0 && seal.Time < prevTime:
		return fmt.Errorf("the seal's time %d is before that of the seal before it, %d", seal.Time, prevTime)
	case seal.Rules != statement.Rules:
		return fmt.Errorf("unknown rules %q", seal.Rules)
	}
	return nil
}
