package interop

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/interop/site"
	"github.com/docketlog/docket/proofs"
)

// TestSumdbReadsTiles has the client side of Go's checksum database authenticate
// the tiles of a sealed log, as served, at every published size, and then prove
// every leaf and every earlier size itself.
func TestSumdbReadsTiles(t *testing.T) {
	var published []proofs.TreeHead
	newSealed(t, 130, func(s *site.Site) {
		now := head(s)
		tree := sumdbTree(now)
		hashes := tlog.TileHashReader(tree, sumdbTiles{t, s})
		if root, err := tlog.TreeHash(tree.N, hashes); err != nil || root != tree.Hash {
			t.Errorf("size %d: root %v, %v", tree.N, root, err)
		}
		v := s.Log.View()
		defer v.Release()
		for i := range now.Size {
			checkRecord(t, tree, hashes, i, v.Inclusion, v.Leaf)
		}
		for _, older := range published {
			proof, err := tlog.ProveTree(tree.N, int64(older.Size), hashes)
			compare(t, fmt.Sprintf("consistency of %d with %d", older.Size, tree.N), sumdbBytes(proof), err, func() ([]proofs.Hash, error) {
				return v.Consistency(older.Size, now.Size)
			})
			if err := tlog.CheckTree(proof, tree.N, tree.Hash, int64(older.Size), tlog.Hash(older.Root)); err != nil {
				t.Errorf("size %d is no prefix of size %d: %v", older.Size, tree.N, err)
			}
		}
		published = append(published, now)
	})
	if len(published) < 20 {
		t.Errorf("only %d sizes were published", len(published))
	}
}

// TestSumdbReadsManyTiles goes beyond one tile, with a raw log of 700 leaves.
func TestSumdbReadsManyTiles(t *testing.T) {
	s := newRaw(t, 700)
	v := s.Log.View()
	defer v.Release()
	tree := sumdbTree(v.TreeHead())
	hashes := tlog.TileHashReader(tree, sumdbTiles{t, s})
	for i := uint64(0); i < 700; i += 11 {
		checkRecord(t, tree, hashes, i, v.Inclusion, v.Leaf)
	}
}

// TestSumdbRefusesFlippedTile shows that the reader above can refuse.
func TestSumdbRefusesFlippedTile(t *testing.T) {
	s := newRaw(t, 300)
	tree := sumdbTree(head(s))
	tree.Hash[0] ^= 1
	if _, err := tlog.TreeHash(tree.N, tlog.TileHashReader(tree, sumdbTiles{t, s})); err == nil {
		t.Error("tiles of another root are taken")
	}
}

// checkRecord proves the leaf at index both ways and checks the proof.
func checkRecord(t *testing.T, tree tlog.Tree, hashes tlog.HashReader, index uint64,
	inclusion func(uint64) ([]proofs.Hash, error), leaf func(uint64) ([]byte, error)) {
	t.Helper()
	proof, err := tlog.ProveRecord(tree.N, int64(index), hashes)
	compare(t, fmt.Sprintf("inclusion of %d in %d", index, tree.N), sumdbBytes(proof), err, func() ([]proofs.Hash, error) {
		return inclusion(index)
	})
	l, err := leaf(index)
	if err != nil {
		t.Fatal(err)
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, int64(index), tlog.RecordHash(l)); err != nil {
		t.Errorf("leaf %d in size %d: %v", index, tree.N, err)
	}
}

// sumdbTiles is a tlog.TileReader over a site. Its paths name the height of the
// tiles, tile/8/..., which C2SP's do not.
type sumdbTiles struct {
	t    *testing.T
	site *site.Site
}

func (r sumdbTiles) Height() int { return 8 }

func (r sumdbTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data = append(data, get(r.t, r.site.URL+"/"+path))
	}
	return data, nil
}

func (r sumdbTiles) SaveTiles([]tlog.Tile, [][]byte) {}

func sumdbTree(h proofs.TreeHead) tlog.Tree {
	return tlog.Tree{N: int64(h.Size), Hash: tlog.Hash(h.Root)}
}

func sumdbBytes(hashes []tlog.Hash) [][]byte {
	var out [][]byte
	for h := range slices.Values(hashes) {
		out = append(out, h[:])
	}
	return out
}
