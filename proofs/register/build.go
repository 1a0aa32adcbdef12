package register

// buildBatch is how many bucket roots are taken into a tree under construction at once.
const buildBatch = 1 << 12

// Load returns the tree over stored bucket roots, for a fast start: no leaf is read. buckets yields them in rising order, without empty
// ones. Nothing here shows that the rows are right: compare Root and Count with the newest seal.
func Load(depth int, count uint64, buckets func(yield func(BucketRoot) bool) error) (*Tree, error) {
	b := newBuilder(depth, nil)
	var lone, parents uint64
	err := buckets(func(r BucketRoot) bool {
		switch r.Kind {
		case NodeLeaf:
			lone++
		case NodeParent:
			parents++
		default:
			b.fail(damagedError("bucket %d has kind %d", r.Bucket, r.Kind))
		}
		b.addBucket(r)
		return b.err == nil
	})
	if least := lone + 2*parents; count < least || parents == 0 && count != least {
		b.fail(damagedError("%d registers in %d lone leaves and %d larger buckets", count, lone, parents))
	}
	return b.finish(err, count)
}

// Build returns the tree over all leaves, yielded in key order without duplicates: to rebuild, to check, or to change the depth. emit,
// unless nil, gets the bucket roots in rising order; an error from it ends the build.
func Build(depth int, leaves func(yield func(Leaf) bool) error, emit func(BucketRoot) error) (*Tree, error) {
	b := newBuilder(depth, emit)
	count := uint64(0)
	err := leaves(func(l Leaf) bool {
		b.addLeaf(l)
		count++
		return b.err == nil
	})
	b.endBucket()
	return b.finish(err, count)
}

// A builder takes leaves in key order, or bucket roots in rising order. After an error it takes nothing more.
type builder struct {
	t       *Tree
	emit    func(BucketRoot) error
	items   []item       // leaves of the bucket at hand
	pending []BucketRoot // not in t yet
	last    int64        // newest bucket, or -1
	err     error        // the first
}

func newBuilder(depth int, emit func(BucketRoot) error) *builder {
	return &builder{t: New(depth), emit: emit, last: -1}
}

func (b *builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *builder) addLeaf(l Leaf) {
	if n := len(b.items); n > 0 {
		last := b.items[n-1].Key
		if last.Compare(l.Key) >= 0 {
			b.fail(damagedError("leaf %v is not after leaf %v", l.Key, last))
		} else if b.t.bucket(&last) != b.t.bucket(&l.Key) {
			b.endBucket()
		}
	}
	if b.err == nil {
		b.items = append(b.items, l.item())
	}
}

func (b *builder) endBucket() {
	if len(b.items) == 0 || b.err != nil {
		return
	}
	n := subtree(b.items, b.t.depth)
	r := BucketRoot{b.t.bucket(&b.items[0].Key), n.kind, n.hash}
	b.items = b.items[:0]
	if b.emit != nil {
		if err := b.emit(r); err != nil {
			b.fail(err)
			return
		}
	}
	b.addBucket(r)
}

func (b *builder) addBucket(r BucketRoot) {
	if int64(r.Bucket) <= b.last || r.Bucket>>b.t.depth != 0 {
		b.fail(damagedError("bucket %d after bucket %d at depth %d", r.Bucket, b.last, b.t.depth))
	}
	if b.err != nil {
		return
	}
	b.last = int64(r.Bucket)
	b.pending = append(b.pending, r)
	if len(b.pending) == buildBatch {
		b.flush()
	}
}

func (b *builder) flush() {
	if len(b.pending) > 0 {
		b.t = b.t.with(b.pending, 0)
		b.pending = b.pending[:0]
	}
}

// finish returns the tree, or readErr, the error of the reader, or else the builder's own.
func (b *builder) finish(readErr error, count uint64) (*Tree, error) {
	if readErr != nil {
		return nil, readErr
	}
	if b.err != nil {
		return nil, b.err
	}
	b.flush()
	b.t.count = count
	return b.t, nil
}
