package log

import (
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/storage"
)

// writerState is the fold's view of the rows for the writer, who alone changes
// them: it keeps the records that batches read or wrote lately. Of a busy
// pipeline's activity, its identity and the policy each batch needs the newest.
// It implements admission.State and belongs to the writer's goroutine.
type writerState struct {
	state
	tree       *register.Tree // of the last commit
	leaves     *leafCache
	young, old map[register.Key]*register.Record
}

// maxCachedRecords bounds one of the two generations: some 8 MiB.
const maxCachedRecords = 16_000

func newWriterState(r storage.Reader, tree *register.Tree) *writerState {
	return &writerState{state: state{r}, tree: tree, leaves: newLeafCache(r, tree.Depth()), young: make(map[register.Key]*register.Record)}
}

// Record implements admission.State. A key without a leaf in the register tree
// has no register, so no record is looked for.
func (s *writerState) Record(key register.Key) (*register.Record, error) {
	if r, ok := s.young[key]; ok {
		return r, nil
	}
	if r, ok := s.old[key]; ok {
		s.keep(key, r)
		return r, nil
	}
	leaf, found, err := s.leaves.find(s.tree, key)
	if err != nil || !found {
		return nil, err
	}
	r, err := s.record(key, leaf.ValueHash)
	if err == nil {
		s.keep(key, r)
	}
	return r, err
}

func (s *writerState) keep(key register.Key, r *register.Record) {
	if len(s.young) >= maxCachedRecords {
		s.young, s.old = make(map[register.Key]*register.Record, maxCachedRecords), s.young
	}
	s.young[key] = r
}

// apply brings what is kept up to a commit. Nobody changes the overlay's records
// after it.
func (s *writerState) apply(tree *register.Tree, changes []register.Leaf, o *admission.Overlay) {
	s.tree = tree
	records := o.Records()
	for _, c := range changes {
		s.keep(c.Key, records[c.Key])
	}
	s.leaves.apply(changes)
}

// deepened takes the same tree, cut at another depth.
func (s *writerState) deepened(tree *register.Tree) error {
	s.tree, s.leaves = tree, newLeafCache(s.r, tree.Depth())
	return s.leaves.warm()
}
