package register

import "github.com/transparency-dev/merkle/compact"

// nodes reads roots of complete subtrees of one history of a fixed size, and keeps the tiles that it read for the next question of the
// same proof.
//
//	level 16:                    entries of level 2 tiles
//	level  8:      o o o o ...   entries of level 1 tiles: roots of full level 0 tiles
//	               |
//	level  0:   [256 events]     full: one stored tile; the last, partial one: recomputed from its event rows
type nodes struct {
	reader HistoryReader
	size   uint64
	cache  map[compact.NodeID]HistoryTile // by (tile level, n); looked up by key only
}

func newNodes(r HistoryReader, size uint64) *nodes {
	return &nodes{reader: r, size: size, cache: map[compact.NodeID]HistoryTile{}}
}

// list returns the hashes of these subtrees, all complete at the size.
func (h *nodes) list(ids []compact.NodeID) ([]Hash, error) {
	out := make([]Hash, len(ids))
	for i, id := range ids {
		var err error
		if out[i], err = h.node(id); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (h *nodes) node(id compact.NodeID) (Hash, error) {
	tileLevel, above := id.Level/tileBits, id.Level%tileBits
	first := id.Index << above // of the entries that the subtree covers, counted along the level
	tile, err := h.tile(tileLevel, first/tileSize)
	if err != nil {
		return Hash{}, err
	}
	from := int(first % tileSize)
	return subtreeRoot(tile[from : from+1<<above]), nil // a complete subtree is within the tile
}

// tile returns what tile (level, n) held when the history had h.size events.
func (h *nodes) tile(level uint, n uint64) (HistoryTile, error) {
	id := compact.NewNodeID(level, n)
	if tile, ok := h.cache[id]; ok {
		return tile, nil
	}
	entries := h.size >> (tileBits * level) // complete ones along the level
	want := min(entries-n*tileSize, tileSize)
	var tile HistoryTile
	var err error
	if level == 0 && want < tileSize {
		tile, err = readEvents(h.reader, n*tileSize, h.size)
	} else {
		tile, err = readTile(h.reader, uint8(level), n, int(want))
	}
	if err == nil {
		h.cache[id] = tile
	}
	return tile, err
}
