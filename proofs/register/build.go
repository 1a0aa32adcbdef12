package register

// buildBatch is how many bucket roots are taken into a tree under construction at once.
const buildBatch = 1 << 12

// Load returns the tree over stored bucket roots, for a fast start: no leaf is read. buckets yields them in rising order, without empty
// ones. Nothing here shows that the rows are right: compare Root and Count with the newest seal.
func Load(depth int, count uint64, buckets func(yield func(BucketRoot) bool) error) (*Tree, error) {
	b := newBuilder(depth)
	var lone, parents uint64
	var bad error
	err := buckets(func(r BucketRoot) bool {
		switch r.Kind {
		case NodeLeaf:
			lone++
		case NodeParent:
			parents++
		default:
			bad = damagedError("bucket %d has kind %d", r.Bucket, r.Kind)
			return false
		}
		bad = b.add(r)
		return bad == nil
	})
	if err == nil {
		err = bad
	}
	if err != nil {
		return nil, err
	}
	if least := lone + 2*parents; count < least || parents == 0 && count != least {
		return nil, damagedError("%d registers in %d lone leaves and %d larger buckets", count, lone, parents)
	}
	return b.tree(count), nil
}

// Build returns the tree over all leaves, yielded in key order without duplicates: to rebuild, to check, or to change the depth. emit,
// unless nil, gets the bucket roots in rising order; an error from it ends the build.
func Build(depth int, leaves func(yield func(Leaf) bool) error, emit func(BucketRoot) error) (*Tree, error) {
	b := newBuilder(depth)
	var (
		items []item // of the bucket at hand
		count uint64
		bad   error
	)
	flush := func() error {
		if len(items) == 0 {
			return nil
		}
		n := subtree(items, depth)
		r := BucketRoot{b.t.bucket(&items[0].Key), n.kind, n.hash}
		items = items[:0]
		if emit != nil {
			if err := emit(r); err != nil {
				return err
			}
		}
		return b.add(r)
	}
	err := leaves(func(l Leaf) bool {
		if n := len(items); n > 0 {
			last := items[n-1].Key
			if last.Compare(l.Key) >= 0 {
				bad = damagedError("leaf %v is not after leaf %v", l.Key, last)
			} else if b.t.bucket(&last) != b.t.bucket(&l.Key) {
				bad = flush()
			}
		}
		items = append(items, l.item())
		count++
		return bad == nil
	})
	if err == nil {
		err = bad
	}
	if err == nil {
		err = flush()
	}
	if err != nil {
		return nil, err
	}
	return b.tree(count), nil
}

// A builder takes bucket roots in rising order.
type builder struct {
	t       *Tree
	pending []BucketRoot
	last    int64
}

func newBuilder(depth int) *builder { return &builder{t: New(depth), last: -1} }

func (b *builder) add(r BucketRoot) error {
	if int64(r.Bucket) <= b.last || r.Bucket>>b.t.depth != 0 {
		return damagedError("bucket %d after bucket %d at depth %d", r.Bucket, b.last, b.t.depth)
	}
	b.last = int64(r.Bucket)
	b.pending = append(b.pending, r)
	if len(b.pending) == buildBatch {
		b.flush()
	}
	return nil
}

func (b *builder) flush() {
	if len(b.pending) > 0 {
		b.t = b.t.with(b.pending, 0)
		b.pending = b.pending[:0]
	}
}

func (b *builder) tree(count uint64) *Tree {
	b.flush()
	b.t.count = count
	return b.t
}
