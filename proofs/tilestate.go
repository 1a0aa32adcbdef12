package proofs

// A TileState says how much of a tile a tree has.
type TileState uint8

// The three states of a tile. An absent tile has no hashes and no path: it is
// never served, not even with width 0.
const (
	TileAbsent TileState = iota
	TilePartial
	TileFull
)

func (s TileState) String() string {
	switch s {
	case TileAbsent:
		return "absent"
	case TilePartial:
		return "partial"
	case TileFull:
		return "full"
	}
	return "invalid tile state"
}

// WidthAt returns the number of hashes that tile n of the given level has in a
// tree of the given size: 0 when it is absent, 256 when it is full. Only full
// tiles count one level up. With level 0 it also answers for entry bundles.
func WidthAt(level uint8, n, size uint64) int {
	if level > maxTileLevel || size > MaxSize {
		return 0
	}
	hashes := size >> (8 * uint(level)) // 0 from level 8 on
	switch full := hashes / TileWidth; {
	case n < full:
		return TileWidth
	case n == full:
		return int(hashes % TileWidth)
	default:
		return 0
	}
}

// State returns the state of the tile with this level and position in a tree of
// the given size, whatever t.Width is.
func (t Tile) State(size uint64) TileState {
	switch WidthAt(t.Level, t.N, size) {
	case 0:
		return TileAbsent
	case TileWidth:
		return TileFull
	default:
		return TilePartial
	}
}

// In says whether a tree of the given size has all hashes of t. A server answers
// for exactly these tiles of its published size: a wider partial tile would leak
// unsigned state, and a full one that still grows would be cached for ever.
func (t Tile) In(size uint64) bool {
	return t.Width >= 1 && t.Width <= WidthAt(t.Level, t.N, size)
}

// PartialTiles returns the partial tiles at the right edge of a tree of the given
// size, from level 0 up. Together with the full tiles they are all its tiles.
func PartialTiles(size uint64) []Tile {
	if size > MaxSize {
		return nil
	}
	var tiles []Tile
	for level := uint8(0); size > 0; level, size = level+1, size/TileWidth {
		if width := int(size % TileWidth); width > 0 {
			tiles = append(tiles, Tile{Level: level, N: size / TileWidth, Width: width})
		}
	}
	return tiles
}
