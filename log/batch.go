package log

import (
	"encoding/binary"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// A Result is what became of one submitted entry.
type Result struct {
	Index     uint64             // of the entry; meaningless with a Refusal
	Duplicate bool               // it was in the log before this submission
	Refusal   *admission.Refusal // why it is not in the log
	Finding   uint64             // entry that puts the refusal on record; 0: none
}

// job is one submission: it stays together in one batch.
type job struct {
	checked []*admission.Checked // sealed log
	refused []*refusedStatement  // sealed log: what Check refused
	leaves  [][]byte             // raw log
	answer  chan answer          // buffered, gets exactly one
}

func (j *job) len() int { return len(j.checked) + len(j.refused) + len(j.leaves) }

// answer is what the writer tells a submitter.
type answer struct {
	results []Result
	view    *View // acquired for the submitter
	err     error
}

// batch is one batch on its way through the stages. It is dropped with all
// memory state of the writer when a stage fails.
type batch struct {
	rows      storage.Batch
	from      uint64   // index of its first leaf
	leaves    [][]byte // its leaves, the seal last
	hashes    []proofs.Hash
	checked   []*admission.Checked // sealed log: its statements
	events    map[register.Key][]admission.EventWrite
	terms     map[Term][]byte // search rows
	time      int64
	overlay   *admission.Overlay  // sealed log
	registers *register.Tree      // sealed log: the tree after the batch
	changes   []register.Leaf     // sealed log: the leaves of that tree that the batch writes
	seen      map[[32]byte]uint64 // raw log: leaf hashes of this batch
	findings  map[string]uint64   // by the key of its row: what findings of this batch say first
	refused   []Refused           // for the quarantine
	head      head
	notes     []SignedCheckpoint // signed meanwhile: rows of this commit
	jobs      []*job
	results   [][]Result // by job
	view      *View      // after the commit; nil if the batch has no leaves
	stats     Batch
}

// next is the index that the next leaf of the batch gets.
func (b *batch) next() uint64 { return b.from + uint64(len(b.leaves)) }

// add appends a statement's leaf and the row that finds it by statement digest.
func (b *batch) add(leaf []byte, hash proofs.Hash, digest statement.Digest) uint64 {
	index := b.push(leaf, hash)
	b.rows.Set(storage.DigestIndex(digest), binary.BigEndian.AppendUint64(nil, index))
	return index
}

// push appends a leaf and the row that finds it by its hash.
func (b *batch) push(leaf []byte, hash proofs.Hash) uint64 {
	index := b.next()
	b.leaves = append(b.leaves, leaf)
	b.hashes = append(b.hashes, hash)
	b.rows.Set(storage.Leaf(index), leaf)
	b.rows.Set(storage.LeafHashIndex(hash), binary.BigEndian.AppendUint64(nil, index))
	return index
}

// lap returns the time since *start and moves *start to now. It measures
// stages for Events; no clock of the log comes from it.
func lap(start *time.Time) time.Duration {
	now := time.Now()
	d := now.Sub(*start)
	*start = now
	return d
}
