package logtest

import (
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/proofs"
)

// A Tree is a tree over whatever leaves a test gives it, as x/mod's tlog builds it: by
// other code than the log's. The zero Tree is empty.
type Tree struct {
	Leaves [][]byte
	hashes []tlog.Hash // by the storage index of x/mod
}

// Append adds a leaf.
func (t *Tree) Append(leaf []byte) error {
	hashes, err := tlog.StoredHashes(int64(len(t.Leaves)), leaf, t)
	if err == nil {
		t.hashes, t.Leaves = append(t.hashes, hashes...), append(t.Leaves, leaf)
	}
	return err
}

// ReadHashes implements tlog.HashReader.
func (t *Tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, n := range indexes {
		if n >= int64(len(t.hashes)) {
			return nil, fmt.Errorf("no hash %d", n)
		}
		out[i] = t.hashes[n]
	}
	return out, nil
}

// Head returns the tree head of a size.
func (t *Tree) Head(size uint64) (proofs.TreeHead, error) {
	if size == 0 {
		return proofs.TreeHead{Root: proofs.EmptyRoot}, nil
	}
	root, err := tlog.TreeHash(int64(size), t)
	return proofs.TreeHead{Size: size, Root: proofs.Hash(root)}, err
}

// Tile returns what a log of this size answers for the path of a tile or an entry
// bundle, which begins with /tile/.
func (t *Tree) Tile(path string, size uint64) ([]byte, error) {
	if strings.HasPrefix(path, "/tile/entries/") {
		n, width, err := proofs.ParseEntriesPath(path[1:])
		if err != nil || n*proofs.TileWidth+uint64(width) > size {
			return nil, fmt.Errorf("no bundle %s", path)
		}
		var b []byte
		for _, leaf := range t.Leaves[n*proofs.TileWidth : n*proofs.TileWidth+uint64(width)] {
			if b, err = proofs.AppendEntry(b, leaf); err != nil {
				return nil, err
			}
		}
		return b, nil
	}
	tile, err := proofs.ParseTilePath(path[1:])
	if err != nil || !tile.In(size) {
		return nil, fmt.Errorf("no tile %s", path)
	}
	return tlog.ReadTileData(tlog.Tile{H: 8, L: int(tile.Level), N: int64(tile.N), W: tile.Width}, t)
}
