package log

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// stored writes a tree of n leaves and returns its heads by size and its hashes.
func stored(t *testing.T, n int, name string) (storage.Store, []proofs.TreeHead, []proofs.Hash) {
	t.Helper()
	s, err := storagetest.NewMemory().Open()
	if err != nil {
		t.Fatal(err)
	}
	var b storage.Batch
	tree, heads, hashes := newTree(), []proofs.TreeHead{{Root: proofs.EmptyRoot}}, []proofs.Hash(nil)
	for i := range n {
		leaf := fmt.Appendf(nil, "%s %d", name, i)
		b.Set(storage.Leaf(uint64(i)), leaf)
		hashes = append(hashes, proofs.LeafHash(leaf))
		if err := tree.append(hashes[i]); err != nil {
			t.Fatal(err)
		}
		head, err := tree.head()
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, head)
	}
	tree.rows(&b)
	if err := s.Commit(1, &b); err != nil {
		t.Fatal(err)
	}
	return s, heads, hashes
}

// TestRecheckAlone: what is stored fits itself and the new tree head, and is not
// what was signed before, or not what the batch had. The writer makes no such
// rows; a fault of the program or of memory would.
func TestRecheckAlone(t *testing.T) {
	s, heads, hashes := stored(t, 600, "leaf")
	_, others, otherHashes := stored(t, 600, "other")
	bad := bytes.Clone(hashes[550][:])
	bad[0] ^= 1
	wrong := append([]proofs.Hash{}, hashes[500:]...)
	wrong[50] = proofs.Hash(bad)
	for name, c := range map[string]struct {
		old, new proofs.TreeHead
		hashes   []proofs.Hash
		ok       bool
	}{
		"as it is":            {heads[500], heads[600], hashes[500:], true},
		"from nothing":        {heads[0], heads[600], hashes, true},
		"another old tree":    {others[500], heads[600], hashes[500:], false},
		"another old size":    {proofs.TreeHead{Size: 500, Root: heads[499].Root}, heads[600], hashes[500:], false},
		"another new tree":    {heads[500], others[600], hashes[500:], false},
		"another batch":       {heads[500], heads[600], otherHashes[500:], false},
		"another hash in it":  {heads[500], heads[600], wrong, false},
		"a batch too short":   {heads[500], heads[600], hashes[500:599], false},
		"a batch that ended":  {heads[500], heads[599], hashes[500:599], true},
		"more than is stored": {heads[500], proofs.TreeHead{Size: 601, Root: heads[600].Root}, append(hashes[500:600:600], proofs.Hash{}), false},
	} {
		err := recheck(s, c.old, c.new, c.hashes)
		if c.ok != (err == nil) || err != nil && !errors.Is(err, ErrDamage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRecheckFullTile: a tile that became full in the batch stands below the
// root only through the tile above it; its own bytes are compared all the same.
func TestRecheckFullTile(t *testing.T) {
	s, heads, hashes := stored(t, 600, "leaf")
	row, err := s.Get(storage.Tile(0, 1))
	if err != nil {
		t.Fatal(err)
	}
	row[77] ^= 4
	var b storage.Batch
	b.Set(storage.Tile(0, 1), row)
	if err := s.Commit(2, &b); err != nil {
		t.Fatal(err)
	}
	if err := recheck(s, heads[200], heads[600], hashes[200:]); !errors.Is(err, ErrDamage) {
		t.Errorf("%v; want ErrDamage", err)
	}
}
