package logtest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// forged is the state of a log as its rows have it, but for registers that are
// forgotten. It implements admission.State.
type forged struct {
	store     storage.Reader
	forgotten map[register.Key]bool
}

// Record implements admission.State.
func (s *forged) Record(key register.Key) (*register.Record, error) {
	row, err := s.store.Get(storage.Record(key))
	if s.forgotten[key] || errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return register.ParseRecord(row)
}

// Admitted implements admission.State.
func (s *forged) Admitted(digest statement.Digest) (uint64, bool, error) {
	row, err := s.store.Get(storage.DigestIndex(digest))
	if errors.Is(err, storage.ErrNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	return binary.BigEndian.Uint64(row), true, nil
}

// Content implements admission.State.
func (s *forged) Content(digest statement.Digest) ([]byte, error) {
	index, _, err := s.Admitted(digest)
	if err != nil {
		return nil, err
	}
	return s.store.Get(storage.Content(index))
}

// forgedHead is the log's meta row of its newest commit.
type forgedHead struct {
	Size      uint64 `json:"size"`
	Root      []byte `json:"root"`
	Time      int64  `json:"time"`
	Registers uint64 `json:"registers"`
	Depth     int    `json:"depth"`
}

// head reads the row. A member that this type does not have is an error: a log would
// refuse the row that is made of it.
func (f *Forger) head() (h forgedHead) {
	f.t.Helper()
	row, err := f.store.Get(storage.Meta("head"))
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(row))
		d.DisallowUnknownFields()
		err = d.Decode(&h)
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return h
}

// registers puts the rows of all registers that were written or forgotten into the
// batch, builds the register tree from its leaves, and returns it.
func (f *Forger) registers() *register.Tree {
	f.t.Helper()
	leaves := make(register.LeafSet)
	f.scan(storage.RegisterLeafSpace, func(key, value []byte) error {
		k, err := storage.ParseRegisterLeaf(key)
		if err == nil && !f.base.forgotten[k] {
			leaves.Set(register.Leaf{Key: k, ValueHash: register.Hash(value)})
		}
		return err
	})
	f.forget()
	for _, e := range f.overlay.Events() {
		if e.Seq+1 == proofs.TileWidth {
			f.t.Fatal("a forger fills no history tile")
		}
		f.rows.Set(storage.Event(e.Key, e.Seq), e.Row.Marshal())
	}
	for _, leaf := range f.overlay.Changes() {
		leaves.Set(leaf)
		f.rows.Set(storage.Record(leaf.Key), f.overlay.Records()[leaf.Key].Marshal())
		f.rows.Set(storage.RegisterLeaf(leaf.Key), leaf.ValueHash[:])
	}
	return f.buckets(leaves)
}

// buckets builds the register tree and writes the roots of its buckets.
func (f *Forger) buckets(leaves register.LeafSet) *register.Tree {
	f.t.Helper()
	f.scan(storage.BucketSpace, func(key, _ []byte) error {
		f.rows.Delete(key)
		return nil
	})
	depth := f.head().Depth
	tree, err := register.Build(depth, func(yield func(register.Leaf) bool) error {
		return leaves.Leaves(register.Key{}, 0, yield)
	}, func(root register.BucketRoot) error {
		f.rows.Set(storage.Bucket(uint8(depth), root.Bucket), root.Marshal())
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return tree
}

// event reads an event of a register, and the statement that it is of.
func (f *Forger) event(key register.Key, seq uint64) (register.EventRow, *admission.Checked) {
	f.t.Helper()
	b, err := f.store.Get(storage.Event(key, seq))
	if err != nil {
		f.t.Fatal(err)
	}
	row, err := register.ParseEventRow(b)
	if err != nil {
		f.t.Fatal(err)
	}
	content, err := f.store.Get(storage.Content(row.Index))
	if err != nil {
		f.t.Fatal(err)
	}
	c, err := admission.Check(f.origin, f.leaves[row.Index], content)
	if err != nil {
		f.t.Fatal(err)
	}
	return row, c
}

// forget deletes the rows of the registers that are forgotten.
func (f *Forger) forget() {
	f.t.Helper()
	for key := range f.base.forgotten {
		f.rows.Delete(storage.Record(key))
		f.rows.Delete(storage.RegisterLeaf(key))
	}
	f.scan(storage.EventSpace, func(key, _ []byte) error {
		k, _, err := storage.ParseEvent(key)
		if err == nil && f.base.forgotten[k] {
			f.rows.Delete(key)
		}
		return err
	})
}

func (f *Forger) scan(space storage.Keyspace, row func(key, value []byte) error) {
	f.t.Helper()
	var bad error
	start, end := space.Range()
	err := f.store.Scan(start, end, func(key, value []byte) bool {
		bad = row(slices.Clone(key), value)
		return bad == nil
	})
	if err = errors.Join(err, bad); err != nil {
		f.t.Fatal(err)
	}
}

// tree puts the tiles and the head of the grown tree into the batch.
func (f *Forger) tree(seal statement.Seal) {
	f.t.Helper()
	hashes := make([]proofs.Hash, len(f.leaves))
	for i, leaf := range f.leaves {
		hashes[i] = proofs.Hash(tlog.RecordHash(leaf))
	}
	last := hashes[len(hashes)-1]
	f.rows.Set(storage.LeafHashIndex(last), binary.BigEndian.AppendUint64(nil, f.Next()-1))
	for key, row := range tileRows(hashes) {
		f.rows.Set([]byte(key), row)
	}
	h, root := f.head(), naiveRoot(hashes)
	h.Size, h.Root, h.Time, h.Registers = f.Next(), root[:], seal.Time, seal.Count
	row, err := json.Marshal(h)
	if err != nil {
		f.t.Fatal(err)
	}
	f.rows.Set(storage.Meta("head"), row)
}
