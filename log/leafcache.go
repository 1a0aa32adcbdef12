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

// maxCachedLeaves bounds one of the two generations: some 12 MiB. It counts
// leaves, since the buckets of a log that outgrew its depth are large.
const maxCachedLeaves = 160_000

func newLeafCache(r storage.Reader, depth int) *leafCache {
	return &leafCache{rows: registerLeaves{r}, depth: depth, young: make(map[uint32][]register.Leaf)}
}

// bucket is the number that the first depth bits of a key make.
func (c *leafCache) bucket(key register.Key) uint32 {
	return uint32(binary.BigEndian.Uint64(key[:8]) >> (64 - c.depth))
}

// Leaves implements register.LeafReader.
func (c *leafCache) Leaves(prefix register.Key, depth int, yield func(register.Leaf) bool) error {
	if depth != c.depth {
		return c.rows.Leaves(prefix, depth, yield)
	}
	leaves, err := c.read(prefix)
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

func (c *leafCache) read(prefix register.Key) ([]register.Leaf, error) {
	n := c.bucket(prefix)
	c.mu.Lock()
	leaves, ok := c.get(n)
	c.mu.Unlock()
	if ok {
		return leaves, nil
	}
	err := c.rows.Leaves(prefix, c.depth, func(leaf register.Leaf) bool {
		leaves = append(leaves, leaf)
		return true
	})
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(n, leaves)
	return leaves, nil
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
		i, found := slices.BinarySearchFunc(leaves, change.Key, func(l register.Leaf, key register.Key) int { return l.Key.Compare(key) })
		next := make([]register.Leaf, 0, len(leaves)+1)
		next = append(append(next, leaves[:i]...), change)
		if found {
			i++
		}
		c.put(n, append(next, leaves[i:]...))
	}
}
