package log

import (
	"bytes"
	"fmt"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// writer owns the tree and takes batches up to the commit; the publisher signs
// what it committed. All its fields belong to one goroutine.
type writer struct {
	Config
	clock  clock
	seq    uint64 // number of the last commit
	tree   *tree
	state  *writerState // sealed log
	fold   *admission.Fold
	head   head // of the last commit
	signed *signedNotes
	keys   KeyTerms // as the store has them; nil before Create has made it
	noted  uint64   // size of the newest note that a commit of this run made a row

	findings findings
}

// registers returns the register tree of the last commit; nil in a raw log.
func (w *writer) registers() *register.Tree {
	if w.state == nil {
		return nil
	}
	return w.state.tree
}

// process takes one batch through all stages up to the commit and answers
// nobody. An error is fatal: the writer's memory is then in no defined state and
// must be dropped.
func (w *writer) process(jobs []*job) (*batch, error) {
	start := time.Now()
	b, err := w.begin()
	if err != nil {
		return nil, err
	}
	b.jobs = jobs
	for _, j := range jobs {
		results, err := w.admit(b, j)
		if err != nil {
			return nil, fmt.Errorf("admit: %w", err)
		}
		b.results = append(b.results, results)
	}
	b.stats.Admit = lap(&start)
	if len(b.leaves) == 0 {
		return b, nil // only duplicates and refusals: no traffic, no seal
	}
	if err := w.integrate(b); err != nil {
		return nil, fmt.Errorf("integrate: %w", err)
	}
	b.stats.Integrate = lap(&start)
	if err := w.commit(b, &start); err != nil {
		return nil, err
	}
	return b, nil
}

// begin starts a batch. Its time is fixed here, before the fold judges the
// first entry, and is never before that of the last seal.
func (w *writer) begin() (*batch, error) {
	now, err := w.clock.read(w.head.Time)
	if err != nil {
		return nil, err
	}
	b := &batch{from: w.tree.size(), time: now, notes: w.signed.list()}
	if w.Mode == Sealed {
		b.overlay = admission.NewOverlay(w.state)
	} else {
		b.seen = make(map[[32]byte]uint64)
	}
	return b, nil
}

// admit judges the entries of one job and adds those that come in.
func (w *writer) admit(b *batch, j *job) ([]Result, error) {
	results := make([]Result, 0, j.len())
	for _, c := range j.checked {
		r, err := w.admitStatement(b, c)
		if err == nil && r.Refusal != nil {
			r, err = w.refuse(b, refusedByFold(c, r.Refusal))
		}
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	for _, r := range j.refused {
		result, err := w.refuse(b, r)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	for _, leaf := range j.leaves {
		r, err := w.admitRaw(b, leaf)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	for _, r := range results {
		switch {
		case r.Refusal != nil:
			b.stats.Refused++
		case r.Duplicate:
			b.stats.Duplicates++
		}
	}
	return results, nil
}

// integrate seals the batch and brings its leaves into tree and tiles.
func (w *writer) integrate(b *batch) error {
	b.head = head{Time: b.time}
	if w.Mode == Sealed {
		if err := w.seal(b); err != nil {
			return err
		}
	}
	for _, h := range b.hashes {
		if err := w.tree.append(h); err != nil {
			return err
		}
	}
	w.tree.rows(&b.rows)
	h, err := w.tree.head()
	if err != nil {
		return err
	}
	b.head.Size, b.head.Root = h.Size, h.Root[:]
	noteRows(&b.rows, b.notes)
	return putMeta(&b.rows, headRow, b.head)
}

// commit makes the batch durable, checks what became durable, and takes the view
// of it that the publisher will sign.
func (w *writer) commit(b *batch, start *time.Time) error {
	// If we crash before Commit returned, a restart finds this batch or the one
	// before it, whole; nobody was told anything about it.
	if err := w.Store.Commit(w.seq+1, &b.rows); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	w.seq++
	w.signed.drop(b.notes)
	if n := len(b.notes); n > 0 {
		w.noted = b.notes[n-1].Size
	}
	b.stats.Commit = lap(start)
	if err := recheck(w.Store, w.head.treeHead(), b.head.treeHead(), b.hashes); err != nil {
		return fmt.Errorf("recheck: %w", err)
	}
	if err := recheckContents(w.Store, b.from, b.checked); err != nil {
		return fmt.Errorf("recheck: %w", err)
	}
	b.stats.Recheck = lap(start)
	// If we crash from here on, a restart signs this same durable tree head, or
	// publishes the note that the anchor took.
	view, err := newView(w.Config, b.head, b.registers)
	if err != nil {
		return err
	}
	view.noted = w.noted
	b.view = view
	w.head = b.head
	if w.Mode == Sealed {
		w.state.apply(b.registers, b.changes, b.overlay)
		view.recent = recent{w.freshOf(b)}
	}
	b.stats.Size, b.stats.Leaves, b.stats.Bytes = b.head.Size, len(b.leaves), b.rows.Size()
	return nil
}

// recheck reads a committed batch back and proves with what it read that the
// new tree extends the old one. A bit that flipped between hashing and storing,
// or a tile that was overwritten, is found before the log signs it.
func recheck(r storage.Reader, old, new proofs.TreeHead, hashes []proofs.Hash) error {
	index := old.Size
	start, end := storage.LeafRange(old.Size, new.Size)
	var bad error
	err := r.Scan(start, end, func(key, leaf []byte) bool {
		if !bytes.Equal(key, storage.Leaf(index)) || index-old.Size >= uint64(len(hashes)) ||
			proofs.LeafHash(leaf) != hashes[index-old.Size] {
			bad = damage("leaf %d is not what was written", index)
		}
		index++
		return bad == nil
	})
	if err == nil {
		err = bad
	}
	if err != nil {
		return err
	}
	if index != new.Size {
		return damage("leaf %d is missing", index)
	}
	return recheckTiles(r, old, new, hashes)
}

// recheckTiles compares the stored leaf hashes with those of the batch, and
// proves old -> new from the stored tiles.
func recheckTiles(r storage.Reader, old, new proofs.TreeHead, hashes []proofs.Hash) error {
	nodes := storedNodes(r, new.Size)
	for i, want := range hashes {
		got, err := nodes(0, old.Size+uint64(i))
		if err != nil {
			return err
		}
		if got != want {
			return damage("the tile with leaf hash %d is not what was written", old.Size+uint64(i))
		}
	}
	root, err := proofs.RootFromNodes(new.Size, nodes)
	if err != nil {
		return err
	}
	if root != new.Root {
		return damage("the stored tiles give another root at size %d", new.Size)
	}
	proof, err := proofs.ProveConsistency(old.Size, new.Size, nodes)
	if err != nil {
		return err
	}
	if err := proofs.VerifyConsistency(old, new, proof); err != nil {
		return damage("size %d is not a prefix of size %d: %v", old.Size, new.Size, err)
	}
	return nil
}

// recheckContents reads the statements of a committed batch back: with the leaves
// they are what cannot be derived again from other rows.
func recheckContents(r storage.Reader, from uint64, checked []*admission.Checked) error {
	n := 0
	var bad error
	start, end := storage.ContentRange(from, from+uint64(len(checked)))
	err := r.Scan(start, end, func(key, content []byte) bool {
		index := from + uint64(n)
		if !bytes.Equal(key, storage.Content(index)) || n >= len(checked) || statement.DigestOf(content) != checked[n].Digest {
			bad = damage("content %d is not what was written", index)
		}
		n++
		return bad == nil
	})
	if err == nil {
		err = bad
	}
	if err == nil && n != len(checked) {
		err = damage("content %d is missing", from+uint64(n))
	}
	return err
}
