package proofs

// tileCache is the number of tiles that one node reader keeps: a proof touches
// at most two tiles on each of the eight levels.
const tileCache = 16

// TileNodes returns a NodeReader over the tiles of a tree of the given size. It
// calls read with the width that the tile has in that tree; read may return
// more bytes (a wider tile of a newer tree), never fewer. The nodes are as right
// as the tiles: nothing is verified here.
//
// The reader keeps the last 16 slices that read returned, so they must not
// change afterwards, and it is not safe for concurrent use: make one per proof.
func TileNodes(read func(Tile) ([]byte, error), size uint64) NodeReader {
	r := &tileNodes{read: read, size: size}
	return r.node
}

type tileNodes struct {
	read   func(Tile) ([]byte, error)
	size   uint64
	tiles  [tileCache]Tile
	hashes [tileCache][]byte
	next   int // slot to overwrite
}

// node finds the tile whose hashes lie at or up to 7 levels below the node, and
// joins those under it: level 19 = tile level 2, three levels above its hashes.
func (r *tileNodes) node(level uint, index uint64) (Hash, error) {
	if r.size > MaxSize || level > 62 || index >= r.size>>level {
		return Hash{}, formatError("tile", "no complete subtree %d at level %d in size %d", index, level, r.size)
	}
	above := level % 8
	first := index << above // at most r.size: no overflow
	tile := Tile{Level: uint8(level / 8), N: first / TileWidth}
	tile.Width = WidthAt(tile.Level, tile.N, r.size)
	hashes, err := r.tile(tile)
	if err != nil {
		return Hash{}, err
	}
	start := int(first % TileWidth)
	return joinHashes(hashes[start*32 : (start+1<<above)*32]), nil
}

// tile returns the hashes of the tile, from the cache if they are there.
func (r *tileNodes) tile(t Tile) ([]byte, error) {
	for i := range r.tiles {
		if r.tiles[i] == t {
			return r.hashes[i], nil
		}
	}
	b, err := r.read(t)
	if err != nil {
		return nil, err
	}
	if len(b) < t.Width*32 {
		return nil, formatError("tile", "%s has %d bytes, want %d", t.Path(), len(b), t.Width*32)
	}
	r.tiles[r.next], r.hashes[r.next] = t, b
	r.next = (r.next + 1) % tileCache
	return b, nil
}

// joinHashes returns the root of the complete tree over 2^k hashes.
func joinHashes(b []byte) Hash {
	if len(b) == 32 {
		return Hash(b)
	}
	half := len(b) / 2
	return NodeHash(joinHashes(b[:half]), joinHashes(b[half:]))
}

// TileRoot returns the root over the 256 hashes of a full tile: the hash that
// stands for the tile one level up.
func TileRoot(tile []byte) (Hash, error) {
	if len(tile) != TileWidth*32 {
		return Hash{}, formatError("tile", "%d bytes, a full tile has %d", len(tile), TileWidth*32)
	}
	return joinHashes(tile), nil
}
