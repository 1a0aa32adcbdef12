package log

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// A View is the log at one published size: tree, registers and the signed note
// that covers them. It never changes and never shows anything newer, whatever
// the writer does meanwhile. Its methods are safe for concurrent use, until it
// is released. Views are for seconds: an open one holds disk space.
type View struct {
	origin    string
	head      head
	note      []byte
	registers *register.Tree
	rows      storage.Snapshot
	nodes     *nodeCache
	recent    recent             // what of it is in memory
	noted     uint64             // size of the newest note that is a row of it, as far as this run wrote it
	signed    []SignedCheckpoint // notes up to this size that are no rows of it
	below     *View              // whose snapshot this is; nil: its own
	refs      atomic.Int64

	// What receipts of this view share.
	ends       memo[ends]
	identities memos[proofs.RegisterProof] // by id: the newest event of an identity
}

// newView takes a snapshot of the store, which must be at head: only the writer
// calls it, between two commits. The view has no note yet: the publisher gives it
// one, and only then anybody else sees it.
func newView(c Config, h head, registers *register.Tree) (*View, error) {
	rows, err := c.Store.Snapshot()
	if err != nil {
		return nil, err
	}
	v := &View{origin: c.Origin, head: h, registers: registers, rows: rows, nodes: newNodeCache(rows, h.Size)}
	v.refs.Store(1)
	return v, nil
}

// View returns the newest published view, for the caller to Release, or nil
// after Close.
func (l *Log) View() *View {
	for {
		v := l.view.Load()
		if v == nil || v.tryAcquire() {
			return v
		}
		// The writer replaced and released it between the two steps.
	}
}

func (v *View) acquire() { v.refs.Add(1) }

// tryAcquire fails on a view whose last reference is gone.
func (v *View) tryAcquire() bool {
	for {
		n := v.refs.Load()
		if n == 0 {
			return false
		}
		if v.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Release gives the view back. It must not be used afterwards.
func (v *View) Release() {
	switch n := v.refs.Add(-1); {
	case n == 0 && v.below != nil:
		v.below.Release()
	case n == 0:
		v.rows.Close()
	case n < 0:
		panic("log: view released twice")
	}
}

// Size returns the number of leaves.
func (v *View) Size() uint64 { return v.head.Size }

// Time returns the time of the newest seal; in a raw log, that of its newest
// batch.
func (v *View) Time() time.Time { return time.UnixMilli(v.head.Time) }

// TreeHead returns size and root.
func (v *View) TreeHead() proofs.TreeHead { return v.head.treeHead() }

// Checkpoint returns the signed note: the one note of this size. The caller
// does not change it.
func (v *View) Checkpoint() []byte { return v.note }

// Tile returns the hashes of a tile, as many as its width says, or ErrNotFound
// if the tree of this view does not have all of them.
func (v *View) Tile(t proofs.Tile) ([]byte, error) {
	if !t.In(v.head.Size) {
		return nil, fmt.Errorf("%w: %s at size %d", ErrNotFound, t.Path(), v.head.Size)
	}
	return readTile(v.rows, t)
}

// Entries returns the n-th entry bundle with width leaves, or ErrNotFound.
func (v *View) Entries(n uint64, width int) ([]byte, error) {
	t := proofs.Tile{N: n, Width: width}
	if !t.In(v.head.Size) {
		return nil, fmt.Errorf("%w: %s at size %d", ErrNotFound, proofs.EntriesPath(n, width), v.head.Size)
	}
	first := n * proofs.TileWidth
	bundle := make([]byte, 0, width*512)
	count := 0
	var bad error
	start, end := storage.LeafRange(first, first+uint64(width))
	err := v.rows.Scan(start, end, func(_, leaf []byte) bool {
		count++
		bundle, bad = proofs.AppendEntry(bundle, leaf)
		return bad == nil
	})
	if err = errors.Join(err, bad); err != nil {
		return nil, err
	}
	if count != width {
		return nil, damage("entry bundle %d has %d of %d leaves", n, count, width)
	}
	return bundle, nil
}

// Leaf returns the leaf at index, or ErrNotFound.
func (v *View) Leaf(index uint64) ([]byte, error) {
	if index >= v.head.Size {
		return nil, fmt.Errorf("%w: leaf %d at size %d", ErrNotFound, index, v.head.Size)
	}
	return v.leafAt(index)
}

// leafAt reads a leaf that the view has.
func (v *View) leafAt(index uint64) ([]byte, error) {
	if leaf, ok := v.recent.leaf(index); ok {
		return leaf, nil
	}
	return readLeaf(v.rows, index)
}

// Find returns the index of the entry that a statement digest names;
// ErrNotFound if this view has none.
func (v *View) Find(digest statement.Digest) (uint64, error) {
	return v.find(storage.DigestIndex(digest), fmt.Sprintf("statement digest %x", digest[:]), func(leaf []byte) bool {
		c, err := statement.ParseCommitment(leaf)
		return err == nil && c.Digest == digest
	})
}

// FindLeaf returns the index of the first leaf with a leaf hash; ErrNotFound if
// this view has none.
func (v *View) FindLeaf(hash proofs.Hash) (uint64, error) {
	return v.find(storage.LeafHashIndex(hash), fmt.Sprintf("leaf hash %x", hash[:]), func(leaf []byte) bool {
		return proofs.LeafHash(leaf) == hash
	})
}

// find looks an index row up. The leaf is read and compared: a wrong row must
// not lead to another entry.
func (v *View) find(key []byte, what string, names func(leaf []byte) bool) (uint64, error) {
	index, ok, err := firstIndex(v.rows, key)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, fmt.Errorf("%w: no entry has %s", ErrNotFound, what)
	}
	if index >= v.head.Size {
		return 0, damage("the row of %s names leaf %d of %d", what, index, v.head.Size)
	}
	leaf, err := v.leafAt(index)
	if err != nil {
		return 0, err
	}
	if !names(leaf) {
		return 0, damage("the row of %s names leaf %d, which is another", what, index)
	}
	return index, nil
}

// Inclusion returns the inclusion proof of the leaf at index.
func (v *View) Inclusion(index uint64) ([]proofs.Hash, error) {
	if index >= v.head.Size {
		return nil, fmt.Errorf("%w: leaf %d at size %d", ErrNotFound, index, v.head.Size)
	}
	return proofs.ProveInclusion(index, v.head.Size, v.nodes.node)
}

// Consistency returns the consistency proof from size older to size newer, both
// at most the view's; ErrNotFound above it.
func (v *View) Consistency(older, newer uint64) ([]proofs.Hash, error) {
	if newer > v.head.Size || older > newer {
		return nil, fmt.Errorf("%w: sizes %d and %d; the published size is %d", ErrNotFound, older, newer, v.head.Size)
	}
	return proofs.ProveConsistency(older, newer, storedNodes(v.rows, newer))
}

// ConsistencyChain returns the consistency proofs from each of the sizes, which
// rise, to the next one. They share the hashing: a tile is read once for many of
// them. ErrNotFound if a size is above the view's or below the one before it.
func (v *View) ConsistencyChain(sizes []uint64) ([][]proofs.Hash, error) {
	nodes := newNodeCache(v.rows, v.head.Size) // v.nodes is for receipts
	var chain [][]proofs.Hash
	for i := 1; i < len(sizes); i++ {
		if older, newer := sizes[i-1], sizes[i]; newer > v.head.Size || older > newer {
			return nil, fmt.Errorf("%w: sizes %d and %d; the published size is %d", ErrNotFound, older, newer, v.head.Size)
		}
		proof, err := proofs.ProveConsistency(sizes[i-1], sizes[i], nodes.node)
		if err != nil {
			return nil, err
		}
		chain = append(chain, proof)
	}
	return chain, nil
}

// Envelope returns the statement of the entry at index in its envelope:
// signature and key stand in the leaf, the statement in the content. ErrNotFound
// for a seal.
func (v *View) Envelope(index uint64) (statement.Envelope, error) {
	e, _, err := v.statement(index)
	return e, err
}

// statement returns the statement of an entry in its envelope, and parsed.
func (v *View) statement(index uint64) (e statement.Envelope, s *statement.Statement, err error) {
	if c, ok := v.recent.statement(index); ok {
		return statement.Envelope{Payload: c.Payload, Signature: c.Signature, SPKI: c.SPKI}, c.Statement, nil
	}
	leaf, err := v.Leaf(index)
	if err != nil {
		return e, nil, err
	}
	c, err := statement.ParseCommitment(leaf)
	if err != nil {
		return e, nil, fmt.Errorf("%w: leaf %d is no statement", ErrNotFound, index)
	}
	payload, found, err := find(v.rows, storage.Content(index))
	if err != nil {
		return e, nil, err
	}
	if !found {
		return e, nil, damage("content %d is missing", index)
	}
	if statement.DigestOf(payload) != c.Digest {
		return e, nil, damage("content %d is not the one that its leaf commits to", index)
	}
	if s, err = statement.Parse(payload); err != nil {
		return e, nil, damage("content %d: %v", index, err)
	}
	return statement.Envelope{Payload: payload, Signature: c.Signature, SPKI: c.SPKI}, s, nil
}
