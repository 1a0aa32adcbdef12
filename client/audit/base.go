package audit

import (
	"errors"
	"maps"
	"slices"

	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A base is the state as of the last seal: what the State has, and what was sealed
// since its last Commit. It implements admission.State and register.LeafReader.
type base struct {
	state State
	Change
	leaves  register.LeafSet // of Change, which gets its sorted list from them
	probing bool             // Content answers for what was sealed since alone

	bytes int // of records and contents in Change, about

	// What was read lately: a pipeline's identity and activity, and the policy, are
	// read for each entry. Two generations; nothing here is in Change.
	young, old map[register.Key]*register.Record
	youngBytes int
}

// Bounds of memory: one generation of what was read lately, and what was sealed since
// the last commit. A run with its 1,025 signers takes 40 KiB, an identity 400 bytes.
const (
	maxRead        = 16 << 20
	maxUncommitted = 64 << 20
)

// weight is what a record takes in memory, about.
func weight(r *register.Record) int { return 256 + len(r.State) + 32*len(r.Range) }

func newBase(s State) *base {
	b := &base{state: s, young: make(map[register.Key]*register.Record)}
	b.begin()
	return b
}

// begin empties the change.
func (b *base) begin() {
	b.Change = Change{
		Records:  make(map[register.Key]*register.Record),
		Contents: make(map[statement.Digest][]byte),
		Admitted: make(map[statement.Digest]uint64),
	}
	b.leaves, b.bytes = make(register.LeafSet), 0
}

// Record implements admission.State.
func (b *base) Record(key register.Key) (*register.Record, error) {
	if r, ok := b.Records[key]; ok {
		return r, nil
	}
	if r, ok := b.young[key]; ok {
		return r, nil
	}
	r, ok := b.old[key]
	if !ok {
		var err error
		if r, err = b.state.Record(key); err != nil || r == nil {
			return nil, err
		}
	}
	b.read(key, r)
	return r, nil
}

func (b *base) read(key register.Key, r *register.Record) {
	if b.youngBytes >= maxRead {
		b.young, b.old, b.youngBytes = make(map[register.Key]*register.Record), b.young, 0
	}
	b.young[key] = r
	b.youngBytes += weight(r)
}

var errProbed = errors.New("audit: not since the last seal")

// Content implements admission.State.
func (b *base) Content(digest statement.Digest) ([]byte, error) {
	if b.probing {
		return nil, errProbed
	}
	if content, ok := b.Contents[digest]; ok {
		return content, nil
	}
	return b.state.Content(digest)
}

// Admitted implements admission.State.
func (b *base) Admitted(digest statement.Digest) (uint64, bool, error) {
	if index, ok := b.Change.Admitted[digest]; ok {
		return index, true, nil
	}
	return b.state.Admitted(digest)
}

// Leaves implements register.LeafReader: the leaves of the State, with those that
// were sealed since in their places.
func (b *base) Leaves(prefix register.Key, depth int, yield func(register.Leaf) bool) error {
	var own []register.Leaf
	if err := b.leaves.Leaves(prefix, depth, func(l register.Leaf) bool { own = append(own, l); return true }); err != nil {
		return err
	}
	more := true
	err := b.state.Leaves(prefix, depth, func(l register.Leaf) bool {
		for more && len(own) > 0 && own[0].Key.Compare(l.Key) < 0 {
			more, own = yield(own[0]), own[1:]
		}
		if len(own) > 0 && own[0].Key == l.Key {
			l, own = own[0], own[1:]
		}
		more = more && yield(l)
		return more
	})
	for ; err == nil && more && len(own) > 0; own = own[1:] {
		more = yield(own[0])
	}
	return err
}

// take makes what a seal covers part of the state. entries are the statements that
// the overlay has, by index from first on.
func (b *base) take(o *admission.Overlay, changes []register.Leaf, first uint64, entries []*admission.Checked) {
	records := o.Records()
	maps.Copy(b.Records, records)
	for _, leaf := range changes {
		b.bytes += weight(records[leaf.Key])
		b.leaves.Set(leaf)
		delete(b.young, leaf.Key)
		delete(b.old, leaf.Key)
	}
	b.probing = true
	defer func() { b.probing = false }()
	for i, c := range entries {
		b.Change.Admitted[c.Digest] = first + uint64(i)
		content, err := o.Content(c.Digest) // what the overlay keeps, registers name
		if err != nil {
			continue
		}
		b.Contents[c.Digest] = content
		b.bytes += len(content)
		if release, ok := c.Statement.Body.(*statement.ReleaseDocument); ok && release.Prev != nil {
			delete(b.Contents, *release.Prev)
			b.Forgotten = append(b.Forgotten, *release.Prev) // a document names its newest release alone
		}
	}
}

// commit hands the change to the State and begins the next one.
func (b *base) commit(progress []byte) error {
	c := b.Change
	c.Progress = progress
	for _, group := range slices.Sorted(maps.Keys(b.leaves)) {
		c.Leaves = append(c.Leaves, b.leaves[group]...)
	}
	if err := b.state.Commit(&c); err != nil {
		return err
	}
	for _, leaf := range c.Leaves {
		b.read(leaf.Key, c.Records[leaf.Key])
	}
	b.begin()
	return nil
}
