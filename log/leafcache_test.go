package log

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/storage"
)

// leafRows are the rows of a register tree, sorted.
type leafRows struct {
	storage.Reader
	leaves []register.Leaf
}

func (r *leafRows) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	for _, l := range r.leaves {
		key := storage.RegisterLeaf(l.Key)
		if string(key) >= string(start) && string(key) < string(end) && !yield(key, l.ValueHash[:]) {
			break
		}
	}
	return nil
}

// A log that outgrew its depth has large buckets: the cache is bounded by leaves,
// not by buckets, and what it keeps is what the rows hold after each commit.
func TestLeafCacheIsBoundedAndRight(t *testing.T) {
	const depth, buckets, perBucket = 3, 8, maxCachedLeaves / 4
	rows := &leafRows{}
	for b := range buckets {
		for i := range perBucket {
			var key register.Key
			key[0] = byte(b << 5)
			binary.BigEndian.PutUint32(key[1:], uint32(i))
			rows.leaves = append(rows.leaves, register.Leaf{Key: key})
		}
	}
	c := newLeafCache(rows, depth)
	size := func(m map[uint32][]register.Leaf) (n int) {
		for _, leaves := range m {
			n += len(leaves)
		}
		return n
	}
	for round := range 3 {
		var changes []register.Leaf
		for b := range buckets {
			i := b*perBucket + round*17
			rows.leaves[i].ValueHash[0] = byte(round + 1)
			changes = append(changes, rows.leaves[i])
		}
		c.apply(changes)
		for b := range buckets {
			var prefix register.Key
			prefix[0] = byte(b << 5)
			var got []register.Leaf
			if err := c.Leaves(prefix, depth, func(l register.Leaf) bool { got = append(got, l); return true }); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, rows.leaves[b*perBucket:(b+1)*perBucket]) {
				t.Fatalf("round %d: bucket %d is not what the rows hold", round, b)
			}
			if got := size(c.young); got != c.kept || got > maxCachedLeaves+perBucket || size(c.old) > maxCachedLeaves+perBucket {
				t.Fatalf("%d young and %d old leaves kept, %d counted", got, size(c.old), c.kept)
			}
		}
	}
}
