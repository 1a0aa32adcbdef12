package proofs

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// tilePaths are tiles and the one path of each.
var tilePaths = []struct {
	tile Tile
	path string
}{
	{Tile{0, 0, 256}, "tile/0/000"},
	{Tile{0, 0, 1}, "tile/0/000.p/1"},
	{Tile{0, 1234, 5}, "tile/0/x001/234.p/5"},
	{Tile{1, 1234067, 256}, "tile/1/x001/x234/067"},
	{Tile{63, 999, 255}, "tile/63/999.p/255"},
	{Tile{9, 1000, 256}, "tile/9/x001/000"},
	{Tile{0, MaxSize, 256}, "tile/0/x009/x223/x372/x036/x854/x775/807"},
}

func TestTilePathRoundTrip(t *testing.T) {
	for _, test := range tilePaths {
		if got := test.tile.Path(); got != test.path {
			t.Errorf("%+v: %s, want %s", test.tile, got, test.path)
		}
		if got, err := ParseTilePath(test.path); err != nil || got != test.tile {
			t.Errorf("%s: %+v, %v", test.path, got, err)
		}
		entries := EntriesPath(test.tile.N, test.tile.Width)
		if n, width, err := ParseEntriesPath(entries); err != nil || n != test.tile.N || width != test.tile.Width {
			t.Errorf("%s: %d, %d, %v", entries, n, width, err)
		}
	}
}

// refusedTilePaths are paths of no tile, by what is wrong with them.
var refusedTilePaths = map[string]string{
	"empty": "", "other root": "data/0/000", "slash before": "/tile/0/000", "slash after": "tile/0/000/",
	"level 00": "tile/00/000", "level +1": "tile/+1/000", "level -1": "tile/-1/000", "level 64": "tile/64/000",
	"level 256": "tile/256/000", "no level": "tile//000", "level 2^64": "tile/18446744073709551616/000",
	"no position": "tile/0/", "needless group": "tile/0/x000/001", "one digit": "tile/0/1", "four digits": "tile/0/0001",
	"sign": "tile/0/+01", "minus": "tile/0/-01", "no x": "tile/0/001/234", "x at the last": "tile/0/x001/x234",
	"X": "tile/0/X001/234", "two x": "tile/0/xx01/234", "short group": "tile/0/x1/234", "empty group": "tile/0/x001//234",
	"above 2^63-1": "tile/0/x009/x223/x372/x036/x854/x775/808", "huge": "tile/0/" + strings.Repeat("x999/", 1000) + "999",
	"width 0": "tile/0/000.p/0", "width 007": "tile/0/000.p/007", "width 256": "tile/0/000.p/256", "width 257": "tile/0/000.p/257",
	"width -1": "tile/0/000.p/-1", "width +1": "tile/0/000.p/+1", "no width": "tile/0/000.p/", "width twice": "tile/0/000.p/1.p/1",
	"width on a group": "tile/0/x001.p/1/234", "suffix": "tile/0/000.p", "newline": "tile/0/000\n", "space": "tile/0/ 000",
	"dots": "tile/0/../000", "query": "tile/0/000?x", "escape": "tile/0/00%30", "entries": "tile/entries/000",
	"height": "tile/8/0/000",
}

func TestTilePathIsCanonical(t *testing.T) {
	for name, path := range refusedTilePaths {
		t.Run(name, func(t *testing.T) {
			if tile, err := ParseTilePath(path); err == nil {
				t.Errorf("%q accepted as %+v", path, tile)
			}
			entries := strings.Replace(path, "tile/0/", "tile/entries/", 1)
			if n, width, err := ParseEntriesPath(entries); err == nil && entries != "tile/entries/000" {
				t.Errorf("%q accepted as %d, %d", entries, n, width)
			}
		})
	}
}

// x/mod writes the height as an element of its own; its parser is strict too.
func TestTilePathAgreesWithMod(t *testing.T) {
	for _, n := range []uint64{0, 1, 9, 10, 99, 100, 999, 1000, 1001, 999999, 1000000, 123456789, math.MaxInt64 / 256} {
		for _, width := range []int{1, 2, 99, 255, 256} {
			ours := Tile{Level: 3, N: n, Width: width}.Path()
			theirs := tlog.Tile{H: 8, L: 3, N: int64(n), W: width}.Path()
			if "tile/8"+strings.TrimPrefix(ours, "tile") != theirs {
				t.Errorf("%s, x/mod has %s", ours, theirs)
			}
		}
	}
}

func TestTileHasThreeStates(t *testing.T) {
	for _, test := range []struct {
		level uint8
		n     uint64
		size  uint64
		width int
		state TileState
	}{
		{0, 0, 0, 0, TileAbsent},
		{0, 0, 1, 1, TilePartial},
		{0, 0, 255, 255, TilePartial},
		{0, 0, 256, 256, TileFull},
		{0, 1, 256, 0, TileAbsent}, // width 0 does not exist
		{1, 0, 255, 0, TileAbsent},
		{1, 0, 256, 1, TilePartial},
		{0, 256, 65537, 1, TilePartial},
		{1, 0, 65537, 256, TileFull},
		{1, 1, 65537, 0, TileAbsent}, // absent is not full
		{2, 0, 65537, 1, TilePartial},
		{2, 1, 65537, 0, TileAbsent},
		{3, 0, 65537, 0, TileAbsent},
		{0, 272, 70000, 256, TileFull},
		{0, 273, 70000, 112, TilePartial},
		{0, 274, 70000, 0, TileAbsent},
		{1, 1, 70000, 17, TilePartial},
		{2, 0, 70000, 1, TilePartial},
		{7, 0, MaxSize, 127, TilePartial},
		{8, 0, MaxSize, 0, TileAbsent},
		{63, 0, MaxSize, 0, TileAbsent},
		{64, 0, MaxSize, 0, TileAbsent},
		{255, 0, MaxSize, 0, TileAbsent},
		{0, math.MaxUint64, MaxSize, 0, TileAbsent},
		{0, 0, 1 << 63, 0, TileAbsent}, // no such tree
		{0, 0, math.MaxUint64, 0, TileAbsent},
	} {
		if got := WidthAt(test.level, test.n, test.size); got != test.width {
			t.Errorf("WidthAt(%d, %d, %d) = %d, want %d", test.level, test.n, test.size, got, test.width)
		}
		if got := (Tile{Level: test.level, N: test.n}).State(test.size); got != test.state {
			t.Errorf("tile %d of level %d in size %d is %s, want %s", test.n, test.level, test.size, got, test.state)
		}
	}
	if s := TileAbsent.String() + " " + TilePartial.String() + " " + TileFull.String(); s != "absent partial full" {
		t.Error(s)
	}
	if s := TileState(9).String(); s != "invalid tile state" {
		t.Error(s)
	}
}

func TestTileIsInTreeOnlyWithAllItsHashes(t *testing.T) {
	for name, test := range map[string]struct {
		tile Tile
		size uint64
		want bool
	}{
		"the width of the tree":         {Tile{0, 1, 44}, 300, true},
		"a narrower one":                {Tile{0, 1, 1}, 300, true},
		"wider than the published tree": {Tile{0, 1, 45}, 300, false},
		"a full one that still grows":   {Tile{0, 1, 256}, 300, false},
		"a full one":                    {Tile{0, 0, 256}, 300, true},
		"a partial one of a full one":   {Tile{0, 0, 7}, 300, true},
		"width 0":                       {Tile{0, 0, 0}, 300, false},
		"negative width":                {Tile{0, 0, -1}, 300, false},
		"width 257":                     {Tile{0, 0, 257}, 300, false},
		"absent":                        {Tile{0, 2, 1}, 300, false},
		"level 64":                      {Tile{64, 0, 1}, MaxSize, false},
	} {
		if got := test.tile.In(test.size); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// For each size the tiles are those that a walk over all complete subtrees finds,
// partial ones are prefixes of the wider ones, and proofs from tiles are those of
// the naive tree.
func TestTilesOfAllSizes(t *testing.T) {
	const most = 65536 + 600
	tree := newTestTree(most)
	sizes := []uint64{most, 65535, 65536, 65537, 65536 + 255, 65536 + 256, 65536 + 257}
	for size := uint64(2); size <= 600; size++ {
		sizes = append(sizes, size)
	}
	for _, size := range sizes {
		checkTiles(t, tree, size)
		nodes := TileNodes(tree.tile, size)
		root, err := RootFromNodes(size, nodes)
		if want, _ := RootFromNodes(size, tree.node); err != nil || root != want {
			t.Fatalf("size %d: root %x, %v", size, root, err)
		}
		for _, index := range []uint64{0, 1, size / 3, size / 2, size - 1} {
			p, err := ProveInclusion(index, size, nodes)
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyInclusion(LeafHash(tree.leaves[index]), index, TreeHead{size, root}, p); err != nil {
				t.Fatalf("%d in %d: %v", index, size, err)
			}
			older, err := RootFromNodes(index+1, nodes)
			if err != nil {
				t.Fatal(err)
			}
			p, err = ProveConsistency(index+1, size, nodes)
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyConsistency(TreeHead{index + 1, older}, TreeHead{size, root}, p); err != nil {
				t.Fatalf("%d to %d: %v", index+1, size, err)
			}
		}
	}
}

func checkTiles(t *testing.T, tree *testTree, size uint64) {
	t.Helper()
	var partial []Tile
	for level := uint8(0); level < 4; level++ {
		hashes := size
		for range level {
			hashes /= 256
		}
		for n := uint64(0); n*256 < hashes+512; n++ {
			want := 0
			for want < 256 && n*256+uint64(want) < hashes {
				want++
			}
			if got := WidthAt(level, n, size); got != want {
				t.Fatalf("WidthAt(%d, %d, %d) = %d, want %d", level, n, size, got, want)
			}
			if want > 0 && want < 256 {
				partial = append(partial, Tile{level, n, want})
			}
		}
	}
	if got := PartialTiles(size); fmt.Sprint(got) != fmt.Sprint(partial) {
		t.Fatalf("PartialTiles(%d) = %v, want %v", size, got, partial)
	}
	for _, tile := range partial {
		wide := tile
		wide.Width = WidthAt(tile.Level, tile.N, uint64(len(tree.leaves)))
		a, err1 := tree.tile(tile)
		b, err2 := tree.tile(wide)
		if err1 != nil || err2 != nil || !bytes.HasPrefix(b, a) {
			t.Fatalf("%s is no prefix of %s: %v %v", tile.Path(), wide.Path(), err1, err2)
		}
	}
}

func TestFullTileHasItsHashOneLevelUp(t *testing.T) {
	tree := newTestTree(512)
	above, _ := tree.tile(Tile{1, 0, 2})
	for n := range uint64(2) {
		b, _ := tree.tile(Tile{0, n, 256})
		if h, err := TileRoot(b); err != nil || h != Hash(above[n*32:n*32+32]) {
			t.Errorf("tile %d: %x, %v", n, h, err)
		}
		for _, bad := range [][]byte{nil, b[:8191], b[:32], append(b, 0)} {
			if _, err := TileRoot(bad); err == nil {
				t.Errorf("%d bytes accepted", len(bad))
			}
		}
	}
}

func TestTileNodesRefuseWhatTheTreeDoesNotHave(t *testing.T) {
	tree := newTestTree(300)
	nodes := TileNodes(tree.tile, 290)
	for name, at := range map[string]struct {
		level uint
		index uint64
	}{
		"leaf beyond the size": {0, 290}, "incomplete subtree": {5, 9}, "level 9": {9, 0}, "level 63": {63, 0},
		"level 64": {64, 0}, "level 2^32": {1 << 32, 0}, "index 2^64-1": {0, math.MaxUint64}, "index 2^63": {1, 1 << 63},
	} {
		if h, err := nodes(at.level, at.index); err == nil {
			t.Errorf("%s: %x", name, h)
		}
	}
	if _, err := TileNodes(tree.tile, 1<<63)(0, 0); err == nil {
		t.Error("size 2^63 accepted")
	}
}

func TestTileNodesRefuseShortTilesAndTakeWideOnes(t *testing.T) {
	tree := newTestTree(300)
	short := func(tile Tile) ([]byte, error) { b, err := tree.tile(tile); return b[:len(b)-1], err }
	_, err := TileNodes(short, 290)(0, 289)
	wantError(t, err, "want 1088")
	lost := errors.New("lost")
	if _, err := TileNodes(func(Tile) ([]byte, error) { return nil, lost }, 290)(0, 289); !errors.Is(err, lost) {
		t.Error(err)
	}
	wide := func(tile Tile) ([]byte, error) { tile.Width = WidthAt(tile.Level, tile.N, 300); return tree.tile(tile) }
	if h, err := TileNodes(wide, 290)(0, 289); err != nil || h != LeafHash(tree.leaves[289]) {
		t.Errorf("%x, %v", h, err)
	}
}

func TestTileNodesReadEachTileOfAProofOnce(t *testing.T) {
	tree := newTestTree(70000)
	reads := make(map[Tile]int)
	nodes := TileNodes(func(tile Tile) ([]byte, error) { reads[tile]++; return tree.tile(tile) }, 70000)
	if _, err := ProveInclusion(12345, 70000, nodes); err != nil {
		t.Fatal(err)
	}
	for tile, n := range reads {
		if n > 1 {
			t.Errorf("%s was read %d times", tile.Path(), n)
		}
	}
}
