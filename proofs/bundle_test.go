package proofs

import (
	"bytes"
	"math"
	"testing"
)

func makeBundle(t testing.TB, leaves ...[]byte) []byte {
	t.Helper()
	var b []byte
	for _, leaf := range leaves {
		var err error
		if b, err = AppendEntry(b, leaf); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestEntryBundleRoundTrip(t *testing.T) {
	tree := newTestTree(256)
	for _, width := range []int{1, 2, 255, 256} {
		b := makeBundle(t, tree.leaves[:width]...)
		leaves, err := ParseEntryBundle(b, width, 8192)
		if err != nil || len(leaves) != width || !bytes.Equal(makeBundle(t, leaves...), b) {
			t.Fatalf("width %d: %d leaves, %v", width, len(leaves), err)
		}
		if !bytes.HasPrefix(makeBundle(t, tree.leaves...), b) {
			t.Fatalf("width %d is no prefix of the full entry bundle", width)
		}
		tile, _ := tree.tile(Tile{0, 0, width})
		if err := VerifyEntries(leaves, tile); err != nil {
			t.Fatal(err)
		}
	}
	long := bytes.Repeat([]byte{7}, MaxEntry)
	if leaves, err := ParseEntryBundle(makeBundle(t, long, nil), 2, MaxEntry); err != nil || len(leaves[0]) != MaxEntry || len(leaves[1]) != 0 {
		t.Fatal(err)
	}
}

func TestEntryBundleIsExact(t *testing.T) {
	b := makeBundle(t, []byte("a"), []byte("bc"))
	for name, test := range map[string]struct {
		b              []byte
		width, maxLeaf int
		want           string
	}{
		"nothing":               {nil, 1, 10, "0 leaves, want 1"},
		"fewer leaves":          {b, 3, 10, "2 leaves, want 3"},
		"more leaves":           {b, 1, 10, "4 bytes after leaf 0"},
		"dangling byte":         {append(bytes.Clone(b), 0), 2, 10, "1 bytes after leaf 1"},
		"half a length":         {append(bytes.Clone(b), 0), 3, 10, "2 leaves, want 3"},
		"length past the end":   {b[:len(b)-1], 2, 10, "has 2 bytes but 1 are left"},
		"length far beyond":     {[]byte{0xff, 0xff}, 1, MaxEntry, "has 65535 bytes but 0 are left"},
		"257 leaves":            {make([]byte, 2*257), 256, 10, "2 bytes after leaf 255"},
		"width 257":             {make([]byte, 2*257), 257, 10, "width 257"},
		"width 0":               {nil, 0, 10, "width 0"},
		"negative width":        {nil, -1, 10, "width -1"},
		"smallest width":        {nil, math.MinInt, 10, "width -"},
		"huge width":            {nil, math.MaxInt, 10, "width 9"},
		"leaf above the limit":  {b, 2, 1, "leaf 1 has 2 bytes, at most 1"},
		"negative limit":        {b, 2, -1, "at most -1"},
		"limit of a docket log": {makeBundle(t, make([]byte, 8193)), 1, 8192, "at most 8192"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseEntryBundle(test.b, test.width, test.maxLeaf)
			wantError(t, err, test.want)
		})
	}
}

func TestAppendEntryRefusesLongLeaves(t *testing.T) {
	b, err := AppendEntry([]byte("x"), make([]byte, MaxEntry+1))
	if err == nil || string(b) != "x" {
		t.Fatalf("%q, %v", b, err)
	}
}

func TestLeavesOfABundleCannotGrowIntoTheNext(t *testing.T) {
	b := makeBundle(t, []byte("a"), []byte("b"))
	leaves, _ := ParseEntryBundle(b, 2, 10)
	_ = append(leaves[0], "overwrite"...)
	if string(leaves[1]) != "b" {
		t.Errorf("leaf 1 is %q", leaves[1])
	}
}

func TestVerifyEntriesNamesTheWrongLeaf(t *testing.T) {
	tree := newTestTree(3)
	tile, _ := tree.tile(Tile{0, 0, 3})
	leaves := [][]byte{tree.leaves[0], []byte("leaf X"), tree.leaves[2]}
	wantError(t, VerifyEntries(leaves, tile), "leaf 1 ")
	wantError(t, VerifyEntries(tree.leaves[:2], tile), "2 leaves beside a tile of 96 bytes")
	wantError(t, VerifyEntries(tree.leaves, tile[:95]), "95 bytes")
	for i := range tile {
		bad := bytes.Clone(tile)
		bad[i] ^= 1
		if VerifyEntries(tree.leaves, bad) == nil {
			t.Fatalf("flipped byte %d accepted", i)
		}
	}
}
