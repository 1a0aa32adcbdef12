package register

// tileBits: a tile holds up to 256 hashes and is the complete subtree of 8 levels above them.
const (
	tileBits = 8
	tileSize = 1 << tileBits
)

// A HistoryTile is a stored stretch of one level of a history (an H row): at level 0, tile n holds the event hashes of seqs [256n, 256n+256);
// at level l, entry i is the root of tile 256n+i of level l-1. A level 0 tile is stored once, when it is full; a tile above is stored
// again whenever a tile below it fills, so it may hold fewer than 256 hashes.
type HistoryTile []Hash

// Marshal returns the row: 1 to 256 hashes.
func (t HistoryTile) Marshal() []byte {
	out := make([]byte, 0, 32*len(t))
	for i := range t {
		out = append(out, t[i][:]...)
	}
	return out
}

// ParseHistoryTile parses an H row.
func ParseHistoryTile(row []byte) (HistoryTile, error) {
	const what = "history tile"
	if len(row) == 0 || len(row)%32 != 0 || len(row) > 32*tileSize {
		return nil, formatError(what, "%d bytes, expected 1 to %d hashes of 32", len(row), tileSize)
	}
	t := make(HistoryTile, len(row)/32)
	for i := range t {
		t[i] = Hash(row[32*i:])
	}
	return t, nil
}

// A HistoryReader reads the stored history of one register. It must show everything up to the size it is asked about; the writer's reader
// includes what its open batch will write.
type HistoryReader interface {
	// Events yields the events of seqs [from, to) in order, until yield returns false.
	Events(from, to uint64, yield func(Event) bool) error
	// Tile returns tile n of a level.
	Tile(level uint8, n uint64) (HistoryTile, error)
}

// A TileRow is an H row to be written under (level, n).
type TileRow struct {
	Level uint8
	N     uint64
	Tile  HistoryTile
}

// FilledTiles returns the rows to write after an event made a history `size` events long: none unless size is a multiple of 256, else the
// level 0 tile that became full and, of each level above, the tile that got a new entry. Ask after every event, not once per batch.
func FilledTiles(r HistoryReader, size uint64) ([]TileRow, error) {
	if size == 0 || size%tileSize != 0 {
		return nil, nil
	}
	n := size/tileSize - 1
	tile, err := readEvents(r, n*tileSize, size)
	if err != nil {
		return nil, err
	}
	rows := []TileRow{{Level: 0, N: n, Tile: tile}}
	for level := uint8(1); len(tile) == tileSize; level++ {
		entry, last := subtreeRoot(tile), n
		n >>= tileBits
		tile = nil
		if have := int(last % tileSize); have > 0 {
			if tile, err = readTile(r, level, n, have); err != nil {
				return nil, err
			}
		}
		tile = append(tile[:len(tile):len(tile)], entry)
		rows = append(rows, TileRow{Level: level, N: n, Tile: tile})
	}
	return rows, nil
}

// readEvents returns the event hashes of seqs [from, to).
func readEvents(r HistoryReader, from, to uint64) (HistoryTile, error) {
	tile := make(HistoryTile, 0, to-from)
	inOrder := true
	err := r.Events(from, to, func(e Event) bool {
		inOrder = inOrder && e.Seq == from+uint64(len(tile)) && e.Seq < to
		if inOrder {
			tile = append(tile, e.Hash())
		}
		return inOrder
	})
	if err != nil {
		return nil, err
	}
	if !inOrder || uint64(len(tile)) != to-from {
		return nil, damagedError("events [%d, %d) of a history are not all there", from, to)
	}
	return tile, nil
}

// readTile returns the first `want` entries of a stored tile.
func readTile(r HistoryReader, level uint8, n uint64, want int) (HistoryTile, error) {
	tile, err := r.Tile(level, n)
	if err != nil {
		return nil, err
	}
	if len(tile) < want {
		return nil, damagedError("history tile %d of level %d holds %d hashes, expected %d", n, level, len(tile), want)
	}
	return tile[:want:want], nil
}

// subtreeRoot returns the root of a complete subtree; len(leaves) is a power of two.
func subtreeRoot(leaves []Hash) Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	half := len(leaves) / 2
	left, right := subtreeRoot(leaves[:half]), subtreeRoot(leaves[half:])
	return hashPair(historyNodePrefix, &left, &right)
}
