package log

import (
	"encoding/binary"
	"slices"
	"sync"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/storage"
)

// leafCache reads the leaves of the register tree for the writer and keeps the
// buckets that it touched lately. Registers that every batch writes, such as the
// activity of a busy pipeline, have one version per batch in the store's memory,
// and a scan steps over all of them; so the buckets of such registers are
// scanned once. Only the writer changes leaves, so what is kept stays right.
// Leaves is safe for concurrent use.
type leafCache struct {
	rows  registerLeaves
	depth int

	mu         sync.Mutex
	young, old map[uint32][]register.Leaf // by bucket; slices are replaced, never changed
	kept       int                        // leaves in young
}

// maxCachedLeaves bounds one of the two generations: some 70 MiB. It counts
// leaves, since the buckets of a log that outgrew its depth are large. The keys of
// registers are random, so a log with more leaves than are kept reads rows for the
// rest: a scan, that is a block of each level of the store, for each new register.
const maxCachedLeaves = 1_000_000

func newLeafCache(r storage.Reader, depth int) *leafCache {
	return &leafCache{rows: registerLeaves{r}, depth: depth, young: make(map[uint32][]register.Leaf)}
}

// bucketOf returns the number that the first depth bits of a key make.
func bucketOf(key register.Key, depth int) uint32 {
	return uint32(binary.BigEndian.Uint64(key[:8]) >> (64 - depth))
}

func (c *leafCache) bucket(key register.Key) uint32 { return bucketOf(key, c.depth) }

// find returns the leaf of a key, if the tree has one. A bucket that is read from
// its rows is compared with the tree: a lost row must not pass for a key that was
// never there.
func (c *leafCache) find(tree *register.Tree, key register.Key) (leaf register.Leaf, found bool, err error) {
	leaves, kept, err := c.read(key)
	if err == nil && !kept {
		err = tree.CheckBucket(c, c.bucket(key))
	}
	if err != nil {
		return leaf, false, err
	}
	i, found := search(leaves, key)
	if found {
		leaf = leaves[i]
	}
	return leaf, found, nil
}

func search(leaves []register.Leaf, key register.Key) (int, bool) {
	return slices.BinarySearchFunc(leaves, key, func(l register.Leaf, key register.Key) int { return l.Key.Compare(key) })
}

// collect puts the kept buckets of some leaves into a map.
func (c *leafCache) collect(leaves []register.Leaf, into map[uint32][]register.Leaf) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, leaf := range leaves {
		n := c.bucket(leaf.Key)
		if kept, ok := c.get(n); ok {
			into[n] = kept
		}
	}
}

// Leaves implements register.LeafReader.
func (c *leafCache) Leaves(prefix register.Key, depth int, yield func(register.Leaf) bool) error {
	if depth != c.depth {
		return c.rows.Leaves(prefix, depth, yield)
	}
	leaves, _, err := c.read(prefix)
	if err != nil {
		return err
	}
	for _, leaf := range leaves {
		if !yield(leaf) {
			break
		}
	}
	return nil
}

// read returns the leaves of a bucket, and whether they were kept already.
func (c *leafCache) read(prefix register.Key) (leaves []register.Leaf, kept bool, err error) {
	n := c.bucket(prefix)
	c.mu.Lock()
	leaves, kept = c.get(n)
	c.mu.Unlock()
	if kept {
		return leaves, true, nil
	}
	err = c.rows.Leaves(prefix, c.depth, func(leaf register.Leaf) bool {
		leaves = append(leaves, leaf)
		return true
	})
	if err != nil {
		return nil, false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(n, leaves)
	return leaves, false, nil
}

// get finds a bucket and keeps it young. c.mu is held.
func (c *leafCache) get(n uint32) ([]register.Leaf, bool) {
	leaves, ok := c.young[n]
	if ok {
		return leaves, true
	}
	if leaves, ok = c.old[n]; ok {
		c.put(n, leaves)
	}
	return leaves, ok
}

func (c *leafCache) put(n uint32, leaves []register.Leaf) {
	if c.kept+len(c.young) >= maxCachedLeaves { // an empty bucket takes room too
		c.young, c.old, c.kept = make(map[uint32][]register.Leaf), c.young, 0
	}
	c.kept += len(leaves) - len(c.young[n])
	c.young[n] = leaves
}

// apply brings the kept buckets up to a commit.
func (c *leafCache) apply(changes []register.Leaf) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, change := range changes {
		n := c.bucket(change.Key)
		leaves, ok := c.get(n)
		if !ok {
			continue
		}
		i, found := search(leaves, change.Key)
		next := make([]register.Leaf, 0, len(leaves)+1)
		next = append(append(next, leaves[:i]...), change)
		if found {
			i++
		}
		c.put(n, append(next, leaves[i:]...))
	}
}
