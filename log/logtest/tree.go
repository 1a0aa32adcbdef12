package logtest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// readLeaves reads all leaf rows, which must be without a gap.
func readLeaves(store storage.Reader) ([][]byte, error) {
	var leaves [][]byte
	var bad error
	start, end := storage.LeafSpace.Range()
	err := store.Scan(start, end, func(key, leaf []byte) bool {
		index, err := storage.ParseLeaf(key)
		if err != nil || index != uint64(len(leaves)) {
			bad = fmt.Errorf("leaf row %x at place %d", key, len(leaves))
			return false
		}
		leaves = append(leaves, bytes.Clone(leaf))
		return true
	})
	return leaves, errors.Join(err, bad)
}

// treeOf builds the tree with x/mod's tlog. It returns the record hashes and a
// function that gives the root at any size.
func treeOf(leaves [][]byte) ([]proofs.Hash, func(size uint64) (proofs.Hash, error), error) {
	var tree Tree
	hashes := make([]proofs.Hash, len(leaves))
	for i, leaf := range leaves {
		hashes[i] = proofs.Hash(tlog.RecordHash(leaf))
		if err := tree.Append(leaf); err != nil {
			return nil, nil, err
		}
	}
	return hashes, func(size uint64) (proofs.Hash, error) {
		if size > uint64(len(leaves)) {
			return proofs.Hash{}, fmt.Errorf("size %d was signed, but only %d leaves are stored", size, len(leaves))
		}
		head, err := tree.Head(size)
		return head.Root, err
	}, nil
}

// checkNotes demands that each note of the anchor and each row of the history is
// signed by the log, stands at its size, and has the root of the leaves there; in
// a sealed log it ends in a seal.
func checkNotes(w *World, store storage.Reader, anchor storage.Anchor, leaves [][]byte, root func(uint64) (proofs.Hash, error)) error {
	text, err := anchor.Load()
	if err != nil {
		return err
	}
	notes, err := Notes(store, text)
	if err != nil {
		return err
	}
	for _, note := range notes {
		signed, _, err := proofs.OpenCheckpoint(note.Text, w.Signer.Keys())
		if err != nil {
			return err
		}
		want, err := root(signed.Size)
		if err != nil {
			return err
		}
		if signed.Root != want {
			return fmt.Errorf("size %d was signed with another root than its leaves have", signed.Size)
		}
		if note.Row && note.Size != signed.Size {
			return fmt.Errorf("the note of size %d is the row of size %d", signed.Size, note.Size)
		}
		if w.sealed(leaves) {
			if _, err := statement.ParseSeal(leaves[signed.Size-1]); err != nil {
				return fmt.Errorf("size %d was signed without a seal at its end: %w", signed.Size, err)
			}
		}
	}
	return nil
}

// sealed says whether these are leaves of a sealed log.
func (w *World) sealed(leaves [][]byte) bool {
	return len(leaves) > 0 && bytes.HasPrefix(leaves[len(leaves)-1], []byte(statement.SealPrefix))
}

// A Note is a signed note as a log keeps it: as a row, or in its anchor.
type Note struct {
	Row  bool
	Size uint64 // of a row
	Text []byte
}

// Notes returns the notes of the rows of a store and of an anchor's text, which
// are separated by an empty line.
func Notes(store storage.Reader, anchor []byte) ([]Note, error) {
	var notes []Note
	for rest := string(anchor); rest != ""; {
		body, after, _ := strings.Cut(rest, "\n\n")
		lines, more, _ := strings.Cut(after, "\n\n")
		if more != "" {
			lines += "\n"
		}
		notes = append(notes, Note{Text: []byte(body + "\n\n" + lines)})
		rest = more
	}
	var bad error
	start, end := storage.CheckpointSpace.Range()
	err := store.Scan(start, end, func(key, value []byte) bool {
		size, err := storage.ParseCheckpoint(key)
		if err != nil {
			bad = err
			return false
		}
		notes = append(notes, Note{Row: true, Size: size, Text: bytes.Clone(value)})
		return true
	})
	return notes, errors.Join(err, bad)
}

// checkTiles recomputes each tile row from the leaf hashes.
func checkTiles(store storage.Reader, hashes []proofs.Hash) error {
	return compareRows(store, storage.TileSpace, tileRows(hashes))
}

// tileRows are the rows of all tiles over these leaf hashes, by key.
func tileRows(hashes []proofs.Hash) map[string][]byte {
	rows := make(map[string][]byte)
	for level := uint8(0); len(hashes) > 0; level++ {
		var above []proofs.Hash
		for n := 0; n*256 < len(hashes); n++ {
			tile := hashes[n*256 : min(n*256+256, len(hashes))]
			var row []byte
			for _, h := range tile {
				row = append(row, h[:]...)
			}
			rows[string(storage.Tile(level, uint64(n)))] = row
			if len(tile) == 256 {
				above = append(above, naiveRoot(tile))
			}
		}
		hashes = above
	}
	return rows
}

// naiveRoot is RFC 6962's MTH over hashes, by its definition.
func naiveRoot(hashes []proofs.Hash) proofs.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	k := 1
	for k*2 < len(hashes) {
		k *= 2
	}
	left, right := naiveRoot(hashes[:k]), naiveRoot(hashes[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}
