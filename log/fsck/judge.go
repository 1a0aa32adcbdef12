package fsck

import (
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// judge compares the hashes of the leaves with the tile row and decides, hash by
// hash, which the tree has.
func (c *groups) judge(g *group) error {
	own := make([]byte, 0, 32*g.width)
	whole := true
	for i := range g.entries {
		e := &g.entries[i]
		e.hash = e.leaf
		own = append(own, e.leaf[:]...)
		whole = whole && e.stored
	}
	key := storage.Tile(0, g.n)
	if len(g.tile) != len(own) {
		f, w := difference(g.tile, own)
		g.findings.row(key, tileName(0, g.n), f, w)
		return nil
	}
	differ := g.differences()
	if len(differ) == 0 {
		return nil
	}
	byTile, err := c.fits(g, g.tile)
	if err != nil {
		return err
	}
	byLeaves, err := c.fits(g, own)
	if err != nil {
		return err
	}
	for _, i := range differ {
		e := &g.entries[i]
		if byTile || !e.stored {
			e.hash = proofs.Hash(g.tile[32*i:])
			continue
		}
		found, want := fmt.Sprintf("hash %d %x", i, g.tile[32*i:32*i+32]), fmt.Sprintf("%x, of leaf %d", e.leaf, g.first+uint64(i))
		if !whole || !byLeaves {
			want += " (the tree above has neither)"
		}
		g.findings.row(key, tileName(0, g.n), found, want)
	}
	return nil
}

// differences returns where the tile has another hash than the leaf.
func (g *group) differences() []int {
	var out []int
	for i := range g.entries {
		if g.entries[i].leaf != proofs.Hash(g.tile[32*i:]) {
			out = append(out, i)
		}
	}
	return out
}

// fits says whether the tree above agrees with these hashes as the tile: the
// tile above for a full one, the root for the one at the right edge.
func (c *groups) fits(g *group, hashes []byte) (bool, error) {
	tile := proofs.Tile{Level: 0, N: g.n, Width: g.width}
	if g.width == proofs.TileWidth {
		above, err := c.get(storage.Tile(1, g.n/proofs.TileWidth))
		at := int(g.n%proofs.TileWidth) * 32
		if err != nil || len(above) < at+32 {
			return false, err
		}
		return proofs.Hash(above[at:]) == rootOf(hashes), nil
	}
	var failed error
	root, err := proofs.RootFromNodes(c.head.Size, proofs.TileNodes(func(t proofs.Tile) ([]byte, error) {
		if t == tile {
			return hashes, nil
		}
		row, err := c.get(storage.Tile(t.Level, t.N))
		if err != nil {
			failed = err
		}
		if err == nil && len(row) < 32*t.Width {
			err = fmt.Errorf("%s is not whole", tileName(t.Level, t.N))
		}
		return row, err
	}, c.head.Size))
	return err == nil && root == c.head.Root, failed
}

// rootOf returns the root of the complete subtree over 256 hashes.
func rootOf(hashes []byte) proofs.Hash {
	if len(hashes) == 32 {
		return proofs.Hash(hashes)
	}
	half := len(hashes) / 2
	return proofs.NodeHash(rootOf(hashes[:half]), rootOf(hashes[half:]))
}

// tileName names a tile in words.
func tileName(level uint8, n uint64) string { return fmt.Sprintf("tile %d of level %d", n, level) }
