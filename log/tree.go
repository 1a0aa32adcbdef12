package log

import (
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

var ranges = compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}

// tree is the right edge of the log's Merkle tree: the roots of its complete
// subtrees, and the tiles that are not full.
//
//	level 2          [ . ]                     one hash per 65,536 leaves
//	level 1          [ . . . . ]               one hash per 256 leaves
//	level 0   full full full full [ . . . ]    one hash per leaf
//
// A tile is one row, written whole each time it grows: the old bytes stay a
// prefix of the new ones.
type tree struct {
	complete *compact.Range
	edge     [][]byte // by level: hashes of the partial tile, below 256*32 bytes
	grown    []grown  // full tiles since the last rows call
	dirty    []bool   // by level: the partial tile grew since
}

// grown is a tile that became full.
type grown struct {
	level  uint8
	n      uint64
	hashes []byte
}

func newTree() *tree { return &tree{complete: ranges.NewEmptyRange(0)} }

func (t *tree) size() uint64 { return t.complete.End() }

// append adds a leaf hash.
func (t *tree) append(h proofs.Hash) error {
	return t.complete.Append(h[:], func(id compact.NodeID, hash []byte) {
		if id.Level%8 == 0 {
			t.extend(uint8(id.Level/8), id.Index, hash)
		}
	})
}

// extend puts the hash of a complete subtree into the tile that lists it.
func (t *tree) extend(level uint8, index uint64, hash []byte) {
	for len(t.edge) <= int(level) {
		t.edge, t.dirty = append(t.edge, nil), append(t.dirty, false)
	}
	if want := index % proofs.TileWidth * 32; uint64(len(t.edge[level])) != want {
		panic(fmt.Sprintf("log: hash %d of tile level %d has no place behind %d bytes", index, level, len(t.edge[level])))
	}
	t.edge[level] = append(t.edge[level], hash...)
	t.dirty[level] = true
	if len(t.edge[level]) == proofs.TileWidth*32 {
		t.grown = append(t.grown, grown{level, index / proofs.TileWidth, t.edge[level]})
		t.edge[level], t.dirty[level] = nil, false
	}
}

// rows puts every tile that grew since the last call into the batch.
func (t *tree) rows(b *storage.Batch) {
	for _, g := range t.grown {
		b.Set(storage.Tile(g.level, g.n), g.hashes)
	}
	t.grown = t.grown[:0]
	for level, dirty := range t.dirty {
		if dirty {
			n := t.size() >> (8 * (level + 1))
			b.Set(storage.Tile(uint8(level), n), t.edge[level])
			t.dirty[level] = false
		}
	}
}

// head returns size and root.
func (t *tree) head() (proofs.TreeHead, error) {
	if t.size() == 0 {
		return proofs.TreeHead{Root: proofs.EmptyRoot}, nil
	}
	root, err := t.complete.GetRootHash(nil)
	if err != nil {
		return proofs.TreeHead{}, err
	}
	return proofs.TreeHead{Size: t.size(), Root: proofs.Hash(root)}, nil
}

// loadTree reads the right edge of a tree of the given size from its tiles.
func loadTree(r storage.Reader, size uint64) (*tree, error) {
	nodes := storedNodes(r, size)
	var hashes [][]byte
	for _, id := range compact.RangeNodes(0, size, nil) {
		h, err := nodes(id.Level, id.Index)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, h[:])
	}
	complete, err := ranges.NewRange(0, size, hashes)
	if err != nil {
		return nil, err
	}
	t := &tree{complete: complete}
	for _, tile := range proofs.PartialTiles(size) {
		b, err := readTile(r, tile)
		if err != nil {
			return nil, err
		}
		for len(t.edge) <= int(tile.Level) {
			t.edge, t.dirty = append(t.edge, nil), append(t.dirty, false)
		}
		t.edge[tile.Level] = b
	}
	return t, nil
}

// storedNodes reads the nodes of a tree of the given size from its tile rows.
// It is for one goroutine and one proof.
func storedNodes(r storage.Reader, size uint64) proofs.NodeReader {
	return proofs.TileNodes(func(t proofs.Tile) ([]byte, error) { return readTile(r, t) }, size)
}

// readTile reads a tile row and cuts it to the tile's width. The row may be
// wider, of a newer size; it is never narrower.
func readTile(r storage.Reader, t proofs.Tile) ([]byte, error) {
	row, found, err := find(r, storage.Tile(t.Level, t.N))
	if err != nil {
		return nil, fmt.Errorf("tile %s: %w", t.Path(), err)
	}
	if !found {
		return nil, damage("tile %s is missing", t.Path())
	}
	if len(row) < t.Width*32 || len(row)%32 != 0 || len(row) > proofs.TileWidth*32 {
		return nil, damage("tile %s has %d bytes", t.Path(), len(row))
	}
	return row[: t.Width*32 : t.Width*32], nil
}

// readLeaf reads a leaf that the tree has.
func readLeaf(r storage.Reader, index uint64) ([]byte, error) {
	leaf, found, err := find(r, storage.Leaf(index))
	if err == nil && !found {
		err = damage("leaf %d is missing", index)
	}
	return leaf, err
}
