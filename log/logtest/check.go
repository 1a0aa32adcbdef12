package logtest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// Check reads every row of a store and holds it against a second way to the
// same result: the tree against golang.org/x/mod/sumdb/tlog, the registers
// against a fresh fold of the leaves and a naive tree over its values. The
// anchor's note must be signed, and must be the tree or a prefix of it.
// It uses no code of package log.
func Check(t testing.TB, w *World, store storage.Reader, anchor storage.Anchor) {
	t.Helper()
	if err := Audit(w, store, anchor); err != nil {
		t.Fatalf("check: %v", err)
	}
}

// Audit is Check with an error.
func Audit(w *World, store storage.Reader, anchor storage.Anchor) error {
	leaves, err := readLeaves(store)
	if err != nil {
		return err
	}
	hashes, root, err := treeOf(leaves)
	if err != nil {
		return err
	}
	if err := checkNotes(w, store, anchor, leaves, root); err != nil {
		return err
	}
	if err := errors.Join(checkTiles(store, hashes), checkLeafHashIndex(store, hashes)); err != nil {
		return err
	}
	if err := checkRegisters(w, store, leaves); err != nil {
		return err
	}
	size := uint64(len(leaves))
	newest, err := root(size)
	if err != nil {
		return err
	}
	return checkDerived(store, leaves, proofs.TreeHead{Size: size, Root: newest})
}

// AuditTree checks the part of a sealed log that its leaves and contents decide:
// the anchor's note, and each seal against a fresh fold. It reads no derived row.
func AuditTree(w *World, store storage.Reader, anchor storage.Anchor) error {
	leaves, err := readLeaves(store)
	if err != nil {
		return err
	}
	_, root, err := treeOf(leaves)
	if err != nil {
		return err
	}
	if err := checkNotes(w, store, anchor, leaves, root); err != nil {
		return err
	}
	_, err = replay(w, store, leaves)
	return err
}

// CheckRaw is Check for a raw log.
func CheckRaw(t testing.TB, w *World, store storage.Reader, anchor storage.Anchor) {
	t.Helper()
	if err := AuditRaw(w, store, anchor); err != nil {
		t.Fatalf("check: %v", err)
	}
}

// AuditRaw is CheckRaw with an error.
func AuditRaw(w *World, store storage.Reader, anchor storage.Anchor) error {
	leaves, err := readLeaves(store)
	if err != nil {
		return err
	}
	hashes, root, err := treeOf(leaves)
	if err != nil {
		return err
	}
	return errors.Join(checkNotes(w, store, anchor, leaves, root), checkTiles(store, hashes), checkLeafHashIndex(store, hashes))
}

// compareRows demands that a keyspace holds exactly these rows.
func compareRows(store storage.Reader, space storage.Keyspace, want map[string][]byte) error {
	var bad error
	n := 0
	start, end := space.Range()
	err := store.Scan(start, end, func(key, value []byte) bool {
		n++
		row, ok := want[string(key)]
		if !ok {
			bad = fmt.Errorf("row %x should not be there", key)
		} else if !bytes.Equal(row, value) {
			bad = fmt.Errorf("row %x is %x, want %x", key, value, row)
		}
		return bad == nil
	})
	if err = errors.Join(err, bad); err != nil {
		return err
	}
	if n != len(want) {
		return fmt.Errorf("keyspace %v has %d rows, want %d", space, n, len(want))
	}
	return nil
}

// replay folds the log anew and compares every seal.
func replay(w *World, store storage.Reader, leaves [][]byte) (*admission.Replay, error) {
	replay := admission.NewReplay(w.Origin)
	for i, leaf := range leaves {
		var content []byte
		if !bytes.HasPrefix(leaf, []byte(statement.SealPrefix)) {
			var err error
			if content, err = store.Get(storage.Content(uint64(i))); err != nil {
				return nil, fmt.Errorf("content %d: %w", i, err)
			}
		}
		if err := replay.Add(leaf, content); err != nil {
			return nil, err
		}
	}
	if replay.Sealed() != uint64(len(leaves)) {
		return nil, fmt.Errorf("the log ends with %d leaves after its last seal", uint64(len(leaves))-replay.Sealed())
	}
	return replay, nil
}

// checkRegisters compares every register row with a fresh fold.
func checkRegisters(w *World, store storage.Reader, leaves [][]byte) error {
	replay, err := replay(w, store, leaves)
	if err != nil {
		return err
	}
	records, tree := make(map[string][]byte), make(map[string][]byte)
	var all []register.Leaf
	err = replay.Leaves().Leaves(register.Key{}, 0, func(leaf register.Leaf) bool {
		record := replay.Record(leaf.Key)
		records[string(storage.Record(leaf.Key))] = record.Marshal()
		hash := record.Value().Hash()
		tree[string(storage.RegisterLeaf(leaf.Key))] = hash[:]
		all = append(all, register.Leaf{Key: leaf.Key, ValueHash: hash})
		return true
	})
	if err != nil {
		return err
	}
	seal, err := statement.ParseSeal(leaves[len(leaves)-1])
	if err != nil {
		return err
	}
	if root := NaiveRegisterRoot(all); root != seal.Root || seal.Count != uint64(len(all)) {
		return fmt.Errorf("the seal says root %x, a naive tree over the replayed registers has %x", seal.Root, root)
	}
	return errors.Join(
		compareRows(store, storage.RecordSpace, records),
		compareRows(store, storage.RegisterLeafSpace, tree),
		checkHistories(store, replay),
	)
}

// checkHistories rebuilds the root of each history from its event rows.
func checkHistories(store storage.Reader, replay *admission.Replay) error {
	events := make(map[register.Key][]proofs.Hash)
	var bad error
	start, end := storage.EventSpace.Range()
	err := store.Scan(start, end, func(key, value []byte) bool {
		k, seq, err := storage.ParseEvent(key)
		if err != nil {
			bad = err
			return false
		}
		row, err := register.ParseEventRow(value)
		record := replay.Record(k)
		if err != nil || record == nil || seq != uint64(len(events[k])) {
			bad = fmt.Errorf("event row %x: %v", key, err)
			return false
		}
		events[k] = append(events[k], row.Event(record.Type, seq).Hash())
		return true
	})
	if err = errors.Join(err, bad); err != nil {
		return err
	}
	err = replay.Leaves().Leaves(register.Key{}, 0, func(leaf register.Leaf) bool {
		record := replay.Record(leaf.Key)
		if hashes := events[leaf.Key]; uint64(len(hashes)) != record.Size || naiveRoot(hashes) != record.Root {
			bad = fmt.Errorf("register %s: its %d event rows do not give its history", leaf.Key, len(hashes))
		}
		return bad == nil
	})
	return errors.Join(err, bad)
}

// NaiveRegisterRoot hashes the register tree by its definition: leaves in key
// order, a lone leaf at the shallowest place where it is alone, the root always
// a parent.
func NaiveRegisterRoot(leaves []register.Leaf) [32]byte {
	left, right := split(leaves, 0)
	return parent(naiveNode(left, 1), naiveNode(right, 1))
}

func naiveNode(leaves []register.Leaf, depth int) [32]byte {
	switch len(leaves) {
	case 0:
		return [32]byte{}
	case 1:
		b := append([]byte{2}, leaves[0].Key[:]...)
		return sha256.Sum256(append(b, leaves[0].ValueHash[:]...))
	}
	left, right := split(leaves, depth)
	return parent(naiveNode(left, depth+1), naiveNode(right, depth+1))
}

func split(leaves []register.Leaf, depth int) (left, right []register.Leaf) {
	for _, l := range leaves {
		if l.Key[depth/8]>>(7-depth%8)&1 == 0 {
			left = append(left, l)
		} else {
			right = append(right, l)
		}
	}
	return left, right
}

func parent(left, right [32]byte) [32]byte {
	return sha256.Sum256(append(append([]byte{3}, left[:]...), right[:]...))
}
