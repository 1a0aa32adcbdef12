package proofs

import (
	"fmt"
	"strconv"
	"strings"
)

// TileWidth is the number of hashes of a full tile and of leaves of a full entry
// bundle.
const TileWidth = 256

// maxTileLevel is the highest level that a tile path can name.
const maxTileLevel = 63

// A Tile names one hash tile of C2SP tlog-tiles. Its i-th hash is that of the
// complete subtree over the leaves [(256·N+i)·256^Level, (256·N+i+1)·256^Level).
// A tile with fewer than 256 hashes is partial. The zero value is no tile.
type Tile struct {
	Level uint8  // 0 to 63
	N     uint64 // position within the level, at most MaxSize
	Width int    // number of hashes, 1 to 256
}

// Path returns the path of the tile below the log's prefix: tile/<L>/<N> for a
// full tile and tile/<L>/<N>.p/<W> for a partial one. N stands in groups of three
// digits, all but the last with the prefix x: 1234067 is x001/x234/067.
func (t Tile) Path() string {
	return "tile/" + strconv.Itoa(int(t.Level)) + "/" + positionPath(t.N, t.Width)
}

// ParseTilePath is the inverse of Tile.Path. It takes only what Path prints for a
// valid tile.
func ParseTilePath(path string) (Tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	level, position, ok2 := strings.Cut(rest, "/")
	l, ok3 := parseDecimal(level)
	if !ok || !ok2 || !ok3 || l > maxTileLevel {
		return Tile{}, badPath("tile path", path)
	}
	n, width, ok := parsePosition(position)
	t := Tile{Level: uint8(l), N: n, Width: width}
	if !ok || t.Path() != path {
		return Tile{}, badPath("tile path", path)
	}
	return t, nil
}

// EntriesPath returns the path of the n-th entry bundle with width leaves:
// tile/entries/<N>[.p/<W>].
func EntriesPath(n uint64, width int) string { return "tile/entries/" + positionPath(n, width) }

// ParseEntriesPath is the inverse of EntriesPath. It takes only what EntriesPath
// prints for a position up to MaxSize and a width of 1 to 256.
func ParseEntriesPath(path string) (n uint64, width int, err error) {
	position, ok := strings.CutPrefix(path, "tile/entries/")
	n, width, ok2 := parsePosition(position)
	if !ok || !ok2 || EntriesPath(n, width) != path {
		return 0, 0, badPath("entries path", path)
	}
	return n, width, nil
}

func badPath(format, path string) error {
	return formatError(format, "%.80q is not canonical", path)
}

// positionPath formats <N>[.p/<W>].
func positionPath(n uint64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	if width != TileWidth {
		path += ".p/" + strconv.Itoa(width)
	}
	return path
}

// parsePosition reads <N>[.p/<W>] loosely: the caller formats and compares.
func parsePosition(s string) (n uint64, width int, ok bool) {
	if len(s) > 64 {
		return 0, 0, false
	}
	position, partial, isPartial := strings.Cut(s, ".p/")
	width = TileWidth
	if isPartial {
		w, ok := parseDecimal(partial)
		if !ok || w < 1 || w >= TileWidth {
			return 0, 0, false
		}
		width = int(w)
	}
	for group := range strings.SplitSeq(position, "/") {
		d, err := strconv.ParseUint(strings.TrimPrefix(group, "x"), 10, 16)
		if err != nil || d > 999 || n > (MaxSize-d)/1000 {
			return 0, 0, false
		}
		n = n*1000 + d
	}
	return n, width, true
}
