package register

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
)

// At each depth around the two bytes by which it is kept, a LeafSet yields what a look
// at all leaves finds, in key order, until yield says enough.
func TestLeafSet(t *testing.T) {
	set, all := make(LeafSet), make(map[Key]Leaf)
	for i := range 3000 {
		l := Leaf{Key: sha256.Sum256(fmt.Append(nil, i%2000)), ValueHash: sha256.Sum256(fmt.Append(nil, "value", i))}
		if i%5 == 0 {
			l.Key[0], l.Key[1] = 0xab, 0xcd // a crowd under one prefix
		}
		set.Set(l)
		all[l.Key] = l
	}
	for _, depth := range []int{0, 1, 7, 8, 9, 15, 16, 17, 24, 30} {
		for _, prefix := range []Key{{}, {0xab, 0xcd}, {0xff, 0xff, 0xff, 0xff}, sha256.Sum256([]byte("7"))} {
			var want, got []Leaf
			for _, l := range all {
				if l.Key.sharesPrefix(&prefix, depth) {
					want = append(want, l)
				}
			}
			slices.SortFunc(want, func(a, b Leaf) int { return a.Key.Compare(b.Key) })
			if err := set.Leaves(prefix, depth, func(l Leaf) bool { got = append(got, l); return true }); err != nil || !slices.Equal(got, want) {
				t.Fatalf("depth %d below %x: %d leaves, want %d, %v", depth, prefix[:4], len(got), len(want), err)
			}
			some := 0
			_ = set.Leaves(prefix, depth, func(Leaf) bool { some++; return some < 3 })
			if some != min(3, len(want)) {
				t.Errorf("depth %d: %d leaves after enough", depth, some)
			}
		}
	}
}
