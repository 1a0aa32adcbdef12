package proofs

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A merkleVector is a proof of inclusion (hash, index) or of consistency (older, hash).
type merkleVector struct {
	Comment string   `json:"comment"`
	Kind    string   `json:"kind"`
	Index   string   `json:"index,omitempty"` // of the leaf
	Older   string   `json:"older,omitempty"` // size of the older tree
	Hash    []byte   `json:"hash"`            // of the leaf; root of the older tree
	Size    string   `json:"size"`
	Root    []byte   `json:"root"`
	Proof   [][]byte `json:"proof"`
	Result  string   `json:"result"`
}

func merkleVectors(t testing.TB) [][]byte {
	var list []merkleVector
	tree := newTestTree(20)
	inclusion := func(comment, result string, leaf int, index, size, rootOf uint64, change func([]Hash) []Hash) {
		proof, err := ProveInclusion(uint64(leaf), rootOf, tree.node)
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			proof = change(slices.Clone(proof))
		}
		hash, root := LeafHash(tree.leaves[leaf]), tree.root(0, rootOf)
		list = append(list, merkleVector{comment, "inclusion", fmt.Sprint(index), "", hash[:], fmt.Sprint(size), root[:], bytesOf(proof), result})
	}
	for size := uint64(1); size <= 9; size++ {
		for i := range size {
			inclusion(fmt.Sprintf("leaf %d of %d", i, size), vectorAccept, int(i), i, size, size, nil)
		}
	}
	consistency := func(comment, result string, older, size, olderOf, rootOf uint64, change func([]Hash) []Hash) {
		proof, err := ProveConsistency(olderOf, rootOf, tree.node)
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			proof = change(slices.Clone(proof))
		}
		hash, root := tree.root(0, olderOf), tree.root(0, rootOf)
		list = append(list, merkleVector{comment, "consistency", "", fmt.Sprint(older), hash[:], fmt.Sprint(size), root[:], bytesOf(proof), result})
	}
	for size := uint64(0); size <= 9; size++ {
		for older := range size + 1 {
			consistency(fmt.Sprintf("%d to %d", older, size), vectorAccept, older, size, older, size, nil)
		}
	}
	flip := func(h []Hash) []Hash { h[1][7] ^= 1; return h }
	drop := func(h []Hash) []Hash { return h[:len(h)-1] }
	more := func(h []Hash) []Hash { return append(h, Hash{1}) }
	swap := func(h []Hash) []Hash { h[0], h[1] = h[1], h[0]; return h }
	for name, change := range sorted(map[string]func([]Hash) []Hash{"a bit flipped": flip, "a hash too few": drop, "a hash too many": more, "two hashes swapped": swap}) {
		inclusion(name, vectorRefuse, 11, 11, 13, 13, change)
		consistency(name, vectorRefuse, 6, 13, 6, 13, change)
	}
	inclusion("the proof of another leaf", vectorRefuse, 10, 11, 13, 13, nil)
	inclusion("under another size with the same number of hashes", vectorRefuse, 11, 14, 13, 13, nil)
	inclusion("index at the size", vectorRefuse, 12, 13, 13, 13, nil)
	inclusion("index above the size", vectorRefuse, 12, 9223372036854775807, 13, 13, nil)
	inclusion("size 0", vectorRefuse, 0, 0, 0, 1, nil)
	inclusion("a hash for the only leaf", vectorRefuse, 0, 0, 1, 1, more)
	consistency("to a smaller size", vectorRefuse, 13, 6, 6, 13, nil)
	consistency("a hash from the empty tree", vectorRefuse, 0, 13, 0, 13, more)
	consistency("equal sizes, other roots", vectorRefuse, 13, 13, 6, 13, func([]Hash) []Hash { return nil })
	consistency("equal sizes, a hash", vectorRefuse, 13, 13, 13, 13, more)
	consistency("another older size", vectorRefuse, 7, 13, 6, 13, nil)
	consistency("size 0 with another root", vectorRefuse, 0, 13, 1, 13, func([]Hash) []Hash { return nil })
	return lines(list)
}

// sorted yields a map by its names.
func sorted[V any](m map[string]V) func(yield func(string, V) bool) {
	return func(yield func(string, V) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}

func mustNumber(t *testing.T, s string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestVectorsMerkle(t *testing.T) {
	for _, v := range vectors[merkleVector](t, "merkle.jsonl") {
		proof, ok := hashesOf(v.Proof)
		if !ok {
			t.Fatalf("%s: no hashes", v.Comment)
		}
		head := TreeHead{mustNumber(t, v.Size), Hash(v.Root)}
		var err error
		if v.Kind == "inclusion" {
			err = VerifyInclusion(Hash(v.Hash), mustNumber(t, v.Index), head, proof)
		} else {
			err = VerifyConsistency(TreeHead{mustNumber(t, v.Older), Hash(v.Hash)}, head, proof)
		}
		wantResult(t, v.Kind+" "+v.Comment, v.Result, err)
	}
}

type tileVector struct {
	Comment string `json:"comment"`
	Path    string `json:"path"`
	Result  string `json:"result"`
	Level   int    `json:"level"` // -1: an entry bundle
	N       string `json:"n,omitempty"`
	Width   int    `json:"width,omitempty"`
}

func tileVectors(testing.TB) [][]byte {
	var list []tileVector
	for _, c := range tilePaths {
		list = append(list, tileVector{"hash tile", c.path, vectorAccept, int(c.tile.Level), fmt.Sprint(c.tile.N), c.tile.Width},
			tileVector{"entry bundle", EntriesPath(c.tile.N, c.tile.Width), vectorAccept, -1, fmt.Sprint(c.tile.N), c.tile.Width})
	}
	for name, path := range sorted(refusedTilePaths) {
		if path != "tile/entries/000" {
			list = append(list, tileVector{Comment: name, Path: path, Result: vectorRefuse})
		}
		if entries := strings.Replace(path, "tile/0/", "tile/entries/", 1); entries != path && len(path) < 1000 {
			list = append(list, tileVector{Comment: "entry bundle: " + name, Path: entries, Result: vectorRefuse})
		}
	}
	return lines(list)
}

func TestVectorsTile(t *testing.T) {
	for _, v := range vectors[tileVector](t, "tile.jsonl") {
		tile, err := ParseTilePath(v.Path)
		level := int(tile.Level)
		if strings.HasPrefix(v.Path, "tile/entries/") {
			level = -1
			tile.N, tile.Width, err = ParseEntriesPath(v.Path)
		}
		wantResult(t, v.Comment+" "+v.Path, v.Result, err)
		if err == nil && (level != v.Level || fmt.Sprint(tile.N) != v.N || tile.Width != v.Width) {
			t.Errorf("%s: %+v", v.Path, tile)
		}
	}
}
