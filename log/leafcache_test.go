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

// bucketRows makes a tree whose buckets, cut at depth 3, have so many leaves each.
func bucketRows(perBucket int) *leafRows {
	rows := &leafRows{}
	for b := range 8 {
		for i := range perBucket {
			var key register.Key
			key[0] = byte(b << 5)
			binary.BigEndian.PutUint32(key[1:], uint32(i))
			rows.leaves = append(rows.leaves, register.Leaf{Key: key})
		}
	}
	return rows
}

func sizeOf(m map[uint32]bucket) (n int) {
	for _, b := range m {
		n += len(b.leaves)
	}
	return n
}

// A log that outgrew its depth has large buckets: the cache is bounded by leaves,
// not by buckets, and what it keeps is what the rows hold after each commit,
// warmed before or not.
func TestLeafCacheIsBoundedAndRight(t *testing.T) {
	const depth, perBucket = 3, 100
	for _, max := range []int{1, perBucket - 1, 4 * perBucket, 7*perBucket + 1, 20 * perBucket} {
		for _, warm := range []bool{false, true} {
			rows := bucketRows(perBucket)
			c := newLeafCache(rows, depth)
			c.max = max
			if warm {
				if err := c.warm(); err != nil {
					t.Fatal(err)
				}
				if n := sizeOf(c.buckets); n == 0 && max > perBucket+1 || n > max+perBucket {
					t.Fatalf("max %d: %d leaves are warm", max, n)
				}
			}
			for round := range 3 {
				var changes []register.Leaf
				for b := range 8 {
					i := b*perBucket + round*17
					rows.leaves[i].ValueHash[0] = byte(round + 1)
					changes = append(changes, rows.leaves[i])
				}
				c.apply(changes)
				checkLeaves(t, c, rows, perBucket)
			}
		}
	}
}

func checkLeaves(t *testing.T, c *leafCache, rows *leafRows, perBucket int) {
	t.Helper()
	for b := range 8 {
		var prefix register.Key
		prefix[0] = byte(b << 5)
		var got []register.Leaf
		if err := c.Leaves(prefix, c.depth, func(l register.Leaf) bool { got = append(got, l); return true }); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, rows.leaves[b*perBucket:(b+1)*perBucket]) {
			t.Fatalf("bucket %d is not what the rows hold", b)
		}
		if got := sizeOf(c.buckets); got != c.kept || got > max(c.max, perBucket) {
			t.Fatalf("%d leaves kept, %d counted; at most %d", got, c.kept, c.max)
		}
	}
}
