package proofs

import (
	"math"
	"testing"
)

func BenchmarkVerifyInclusion(b *testing.B) {
	const size = 1 << 20
	head := TreeHead{Size: size}
	hashes, err := ProveInclusion(12345, size, func(level uint, index uint64) (Hash, error) { return Hash{byte(level), byte(index)}, nil })
	if err != nil {
		b.Fatal(err)
	}
	leaf := LeafHash([]byte("leaf"))
	head.Root = leaf
	for i, h := range hashes { // the root that these siblings lead to
		if 12345>>i&1 == 0 {
			head.Root = NodeHash(head.Root, h)
		} else {
			head.Root = NodeHash(h, head.Root)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := VerifyInclusion(leaf, 12345, head, hashes); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProveInclusionFromTiles(b *testing.B) {
	tree := newTestTree(70000)
	tiles := make(map[Tile][]byte)
	read := func(t Tile) ([]byte, error) {
		if _, ok := tiles[t]; !ok {
			tiles[t], _ = tree.tile(t)
		}
		return tiles[t], nil
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ProveInclusion(12345, 70000, TileNodes(read, 70000)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenCheckpoint(b *testing.B) {
	cp := testCheckpoint(3)
	pq := newSigner("log.example", TypeMLDSA44, 6)
	for name, s := range map[string]testSigner{"Ed25519": testLog, "ML-DSA-44": pq} {
		n := signedNote(cp.Marshal(), s.line(b, cp, 0))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := OpenCheckpoint(n, []VerifierKey{s.key}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPolicyOpen(b *testing.B) {
	p, err := ParsePolicy([]byte(policyText(nested)))
	if err != nil {
		b.Fatal(err)
	}
	cp := testCheckpoint(3)
	lines := [][]byte{testLog.line(b, cp, 0)}
	for i, name := range []string{"w1.example", "w2.example", "w3.example", "w4.example", "w5.example"} {
		lines = append(lines, newSigner(name, TypeEd25519Cosignature, byte(i+2)).line(b, cp, int64(i+1)))
	}
	n := signedNote(cp.Marshal(), lines...)
	for b.Loop() {
		if _, r, err := p.Open(n, math.MaxInt64); err != nil || !r.Satisfied {
			b.Fatal(r, err)
		}
	}
}
