package register

import (
	"encoding/binary"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// taskSize is how many touched buckets a goroutine takes at once.
const taskSize = 16

// Update returns the tree after changes, sorted by key and distinct: a leaf whose key is there gets the new value hash, another one is
// added. It also returns the roots of the touched buckets, to be stored, in rising order. src shows the leaves of t, before the changes.
//
// Every touched bucket is hashed as it was, too, and compared with t, so a damaged or wrong row is found (ErrDamaged) before a root is
// made of it. Buckets are hashed on all processors; the result does not depend on that. t is never changed.
func (t *Tree) Update(src LeafReader, changes []Leaf) (*Tree, []BucketRoot, error) {
	for i := 1; i < len(changes); i++ {
		if changes[i-1].Key.Compare(changes[i].Key) >= 0 {
			return nil, nil, argumentError("change %d is not after the one before: sort by key, one change per key", i)
		}
	}
	if len(changes) == 0 {
		return t, nil, nil
	}
	u := update{tree: t, src: src, groups: t.byBucket(changes)}
	u.roots = make([]BucketRoot, len(u.groups))
	if err := u.run(); err != nil {
		return nil, nil, err
	}
	return t.with(u.roots, t.count+u.added.Load()), u.roots, nil
}

// byBucket cuts changes, sorted and not empty, into those of each bucket.
func (t *Tree) byBucket(changes []Leaf) [][]Leaf {
	groups := make([][]Leaf, 0, len(changes))
	from := 0
	for i := 1; i <= len(changes); i++ {
		if i == len(changes) || t.bucket(&changes[i].Key) != t.bucket(&changes[from].Key) {
			groups = append(groups, changes[from:i])
			from = i
		}
	}
	return groups
}

// An update hashes the touched buckets; worker goroutines take stretches of groups and fill in the same stretch of roots.
type update struct {
	tree   *Tree
	src    LeafReader
	groups [][]Leaf
	roots  []BucketRoot
	next   atomic.Int64  // first group not taken
	added  atomic.Uint64 // keys that are new
}

func (u *update) run() error {
	tasks := (len(u.groups) + taskSize - 1) / taskSize
	workers := min(runtime.GOMAXPROCS(0), tasks)
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := 1; w < workers; w++ {
		wg.Go(func() { errs[w] = u.work() })
	}
	errs[0] = u.work()
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (u *update) work() error {
	var b bucketUpdate
	for {
		from := int(u.next.Add(taskSize)) - taskSize
		if from >= len(u.groups) {
			return nil
		}
		for i := from; i < min(from+taskSize, len(u.groups)); i++ {
			added, err := b.apply(u.tree, u.src, u.groups[i], &u.roots[i])
			if err != nil {
				u.next.Store(int64(len(u.groups))) // no more work for anybody
				return err
			}
			u.added.Add(added)
		}
	}
}

// A bucketUpdate is the work space for one bucket at a time.
type bucketUpdate struct{ before, after []item }

// apply reads a bucket, checks it against the tree, and computes its root after the changes. It returns the number of new keys.
func (b *bucketUpdate) apply(t *Tree, src LeafReader, changes []Leaf, root *BucketRoot) (added uint64, err error) {
	if err := b.read(t, src, changes[0].Key); err != nil {
		return 0, err
	}
	b.after = b.after[:0]
	i := 0
	for c := range changes {
		for i < len(b.before) && b.before[i].Key.Compare(changes[c].Key) < 0 {
			b.after = append(b.after, b.before[i])
			i++
		}
		if i < len(b.before) && b.before[i].Key == changes[c].Key {
			i++
		} else {
			added++
		}
		b.after = append(b.after, changes[c].item())
	}
	b.after = append(b.after, b.before[i:]...)
	n := subtree(b.after, t.depth)
	*root = BucketRoot{t.bucket(&changes[0].Key), n.kind, n.hash}
	return added, nil
}

// read fills before with the leaves of the key's bucket and checks that they are the ones under the tree's root.
func (b *bucketUpdate) read(t *Tree, src LeafReader, key Key) (err error) {
	if b.before, err = readLeaves(b.before[:0], src, key, t.depth, math.MaxInt); err != nil {
		return err
	}
	if bucket := t.bucket(&key); subtree(b.before, t.depth) != t.bucketNode(bucket) {
		return damagedError("leaves of bucket %d are not those of the tree", bucket)
	}
	return nil
}

// CheckBucket reads bucket number `bucket`, below 2^Depth, and checks that its leaves are those of the tree (ErrDamaged): one step of a scrub.
func (t *Tree) CheckBucket(src LeafReader, bucket uint32) error {
	if bucket>>t.depth != 0 {
		return argumentError("bucket %d at depth %d", bucket, t.depth)
	}
	var key Key
	binary.BigEndian.PutUint32(key[:4], bucket<<(32-t.depth))
	return new(bucketUpdate).read(t, src, key)
}

// readLeaves appends to items the leaves whose first depth bits are those of key, and stops after `most`.
func readLeaves(items []item, src LeafReader, key Key, depth, most int) ([]item, error) {
	bad := error(nil)
	err := src.Leaves(key, depth, func(l Leaf) bool {
		switch n := len(items); {
		case bad != nil || n == most:
			return false
		case !l.Key.sharesPrefix(&key, depth):
			bad = damagedError("leaf %v is outside the %d bits that were asked for", l.Key, depth)
		case n > 0 && items[n-1].Key.Compare(l.Key) >= 0:
			bad = damagedError("leaf %v is not after leaf %v", l.Key, items[n-1].Key)
		default:
			items = append(items, l.item())
		}
		return bad == nil
	})
	if err == nil {
		err = bad
	}
	return items, err
}
