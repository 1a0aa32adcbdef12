package log

import (
	"encoding/binary"
	"slices"
	"sync"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/storage"
)

// leafCache reads the leaves of the register tree for the writer and keeps the
// buckets that it read or wrote lately, at the start as many as it can hold. The
// keys of registers are random: without it each new register scans a bucket, which
// is a block from each level of the store. Registers that every batch writes, such
// as the activity of a busy pipeline, also have one version per batch in the
// store's memory, and a scan steps over all of them.
//
// Only the writer changes leaves, so what is kept stays right. Leaves is safe for
// concurrent use.
type leafCache struct {
	rows  registerLeaves
	depth int
	max   int // leaves that are kept

	mu      sync.Mutex
	buckets map[uint32]bucket // by number
	kept    int               // leaves in them
}

// A bucket holds the leaves below one node of the register tree.
type bucket struct {
	leaves  []register.Leaf // by rising key; replaced, never changed
	checked bool            // they were compared with the tree
}

// maxCachedLeaves bounds the cache: some 200 MiB, the registers of 1.5 million
// documents. It counts leaves, since the buckets of a log that outgrew its depth
// are large.
const maxCachedLeaves = 3_000_000

func newLeafCache(r storage.Reader, depth int) *leafCache {
	return &leafCache{rows: registerLeaves{r}, depth: depth, max: maxCachedLeaves, buckets: make(map[uint32]bucket)}
}

// warm reads as many buckets as the cache holds, in one scan: some 0.3 s for a
// million leaves. They are compared with the tree when they are used.
func (c *leafCache) warm() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var open []register.Leaf // of the bucket that is being read
	total := 0
	flush := func() {
		if len(open) > 0 {
			c.put(c.bucket(open[0].Key), bucket{leaves: slices.Clone(open)})
			open = open[:0]
		}
	}
	err := c.rows.Leaves(register.Key{}, 0, func(leaf register.Leaf) bool {
		if len(open) > 0 && c.bucket(leaf.Key) != c.bucket(open[0].Key) {
			flush()
		}
		open = append(open, leaf)
		total++
		return total < c.max
	})
	if err == nil && total < c.max { // else the last bucket may have more
		flush()
	}
	return err
}

// bucketOf returns the number that the first depth bits of a key make.
func bucketOf(key register.Key, depth int) uint32 {
	return uint32(binary.BigEndian.Uint64(key[:8]) >> (64 - depth))
}

func (c *leafCache) bucket(key register.Key) uint32 { return bucketOf(key, c.depth) }

// find returns the leaf of a key, if the tree has one. The bucket is compared with
// the tree once: a lost row must not pass for a key that was never there.
func (c *leafCache) find(tree *register.Tree, key register.Key) (leaf register.Leaf, found bool, err error) {
	b, err := c.read(key)
	if err != nil {
		return leaf, false, err
	}
	if !b.checked {
		if err := tree.CheckBucket(c, c.bucket(key)); err != nil {
			return leaf, false, err
		}
		b.checked = true
		c.keep(c.bucket(key), b)
	}
	i, found := search(b.leaves, key)
	if found {
		leaf = b.leaves[i]
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
		if kept, ok := c.buckets[n]; ok {
			into[n] = kept.leaves
		}
	}
}

// Leaves implements register.LeafReader.
func (c *leafCache) Leaves(prefix register.Key, depth int, yield func(register.Leaf) bool) error {
	if depth != c.depth {
		return c.rows.Leaves(prefix, depth, yield)
	}
	b, err := c.read(prefix)
	if err != nil {
		return err
	}
	for _, leaf := range b.leaves {
		if !yield(leaf) {
			break
		}
	}
	return nil
}

// read returns a bucket.
func (c *leafCache) read(prefix register.Key) (bucket, error) {
	n := c.bucket(prefix)
	c.mu.Lock()
	b, ok := c.buckets[n]
	c.mu.Unlock()
	if ok {
		return b, nil
	}
	err := c.rows.Leaves(prefix, c.depth, func(leaf register.Leaf) bool {
		b.leaves = append(b.leaves, leaf)
		return true
	})
	if err != nil {
		return bucket{}, err
	}
	c.keep(n, b)
	return b, nil
}

func (c *leafCache) keep(n uint32, b bucket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(n, b)
}

// put keeps a bucket, and for it lets others go, whichever: all but a few are
// used equally rarely. c.mu is held.
func (c *leafCache) put(n uint32, b bucket) {
	c.kept += len(b.leaves) - len(c.buckets[n].leaves)
	c.buckets[n] = b
	for other := range c.buckets {
		if c.kept+len(c.buckets) <= c.max { // an empty bucket takes room too
			return
		}
		if other != n {
			c.kept -= len(c.buckets[other].leaves)
			delete(c.buckets, other)
		}
	}
}

// apply brings the kept buckets up to a commit, whose update of the tree compared
// them with it.
func (c *leafCache) apply(changes []register.Leaf) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, change := range changes {
		n := c.bucket(change.Key)
		b, ok := c.buckets[n]
		if !ok {
			continue
		}
		i, found := search(b.leaves, change.Key)
		next := make([]register.Leaf, 0, len(b.leaves)+1)
		next = append(append(next, b.leaves[:i]...), change)
		if found {
			i++
		}
		c.put(n, bucket{append(next, b.leaves[i:]...), true})
	}
}
