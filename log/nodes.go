package log

import (
	"sync"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// nodeCache answers for the nodes of the tree of one view. It keeps each tile
// that a proof touched together with the nodes above its hashes, so that the
// receipts of one batch, which all lie at the right edge, share the hashing.
// It is safe for concurrent use.
type nodeCache struct {
	rows storage.Reader
	size uint64

	mu    sync.Mutex
	tiles map[proofs.Tile]*expandedTile
}

// maxCachedTiles bounds the cache of one view: 16 KiB a tile.
const maxCachedTiles = 64

// expandedTile is a tile with the complete subtrees over its hashes: level 0 has
// the hashes themselves, level k those of 2^k of them.
type expandedTile [][]proofs.Hash

func newNodeCache(rows storage.Reader, size uint64) *nodeCache {
	return &nodeCache{rows: rows, size: size, tiles: make(map[proofs.Tile]*expandedTile)}
}

// node implements proofs.NodeReader.
func (c *nodeCache) node(level uint, index uint64) (proofs.Hash, error) {
	if level > 62 || index >= c.size>>level {
		return proofs.Hash{}, damage("no complete subtree %d at level %d in size %d", index, level, c.size)
	}
	height := level % 8
	perTile := uint64(proofs.TileWidth) >> height
	t := proofs.Tile{Level: uint8(level / 8), N: index / perTile}
	t.Width = proofs.WidthAt(t.Level, t.N, c.size)
	e, err := c.tile(t)
	if err != nil {
		return proofs.Hash{}, err
	}
	return (*e)[height][index%perTile], nil
}

func (c *nodeCache) tile(t proofs.Tile) (*expandedTile, error) {
	c.mu.Lock()
	e, ok := c.tiles[t]
	c.mu.Unlock()
	if ok {
		return e, nil
	}
	row, err := readTile(c.rows, t)
	if err != nil {
		return nil, err
	}
	e = expand(row)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.tiles) >= maxCachedTiles {
		clear(c.tiles)
	}
	c.tiles[t] = e
	return e, nil
}

// expand hashes the complete subtrees over the hashes of a tile.
func expand(row []byte) *expandedTile {
	level := make([]proofs.Hash, len(row)/32)
	for i := range level {
		level[i] = proofs.Hash(row[i*32:])
	}
	e := expandedTile{level}
	for len(level) > 1 {
		above := make([]proofs.Hash, len(level)/2)
		for i := range above {
			above[i] = proofs.NodeHash(level[2*i], level[2*i+1])
		}
		e, level = append(e, above), above
	}
	return &e
}
