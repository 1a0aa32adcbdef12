package register

import (
	"encoding/binary"
	"math"
)

// MaxDepth is the deepest upper tree.
const MaxDepth = 30

// A Leaf is one register in the tree (a T row): its key and SHA-256 of its value.
type Leaf struct {
	Key       Key
	ValueHash Hash
}

func (l Leaf) item() item { return item{l, leafHash(l)} }

// A LeafReader reads the leaves of one state of the tree, as a snapshot of the T rows does. Its methods may be called from several
// goroutines at once.
type LeafReader interface {
	// Leaves yields, in key order, the leaves whose first depth bits equal those of prefix, until yield returns false.
	Leaves(prefix Key, depth int, yield func(Leaf) bool) error
}

// A BucketRoot is the subtree of a bucket: of all keys whose first D bits are the number Bucket (a B row).
type BucketRoot struct {
	Bucket uint32
	Kind   uint8 // NodeEmpty, NodeLeaf or NodeParent
	Hash   Hash
}

// Marshal returns the row: u8 kind ‖ hash32. Empty buckets have no row.
func (b BucketRoot) Marshal() []byte {
	return append(append(make([]byte, 0, 33), b.Kind), b.Hash[:]...)
}

// ParseBucketRoot parses the row of a bucket.
func ParseBucketRoot(bucket uint32, row []byte) (BucketRoot, error) {
	d := decoder{b: row}
	b := BucketRoot{Bucket: bucket, Kind: d.u8(), Hash: d.hash()}
	if err := d.end("bucket root"); err != nil {
		return BucketRoot{}, err
	}
	if b.Kind != NodeLeaf && b.Kind != NodeParent {
		return BucketRoot{}, formatError("bucket root", "unknown kind %d", b.Kind)
	}
	return b, nil
}

// A Tree is the register tree at one moment: the levels 0 to D in memory, everything below as rows of a LeafReader. It is immutable and
// safe for concurrent use. Update returns another tree that shares what did not change, so keeping an old tree costs what changed since;
// proofs under an old root need a reader that still shows the leaves of that moment.
type Tree struct {
	depth int
	count uint64
	root  Hash
	top   *page
}

// Depth returns D, the number of key bits that choose a bucket. It is a local choice: the root does not depend on it.
func (t *Tree) Depth() int { return t.depth }

// Count returns the number of registers.
func (t *Tree) Count() uint64 { return t.count }

// Root returns the root hash, as it stands in a seal.
func (t *Tree) Root() Hash { return t.root }

// New returns the tree without registers. It panics unless 1 <= depth <= MaxDepth.
func New(depth int) *Tree {
	if depth < 1 || depth > MaxDepth {
		panic("register: tree depth out of range")
	}
	return &Tree{depth: depth, root: rootHash(node{}, node{})}
}

// DepthFor returns the depth for n registers: about 10 leaves per bucket, at least 8, at most 26 (4 GiB of memory).
func DepthFor(n uint64) int {
	d := math.Round(math.Log2(float64(max(n, 1)) / 10))
	return int(min(max(d, 8), 26))
}

// geometry returns the height of the top page and the number of bucket bits below it.
func (t *Tree) geometry() (height, below uint) {
	height = uint(t.depth-1)%pageBits + 1
	return height, uint(t.depth) - height
}

// with returns the tree with some buckets replaced, sorted by number.
func (t *Tree) with(roots []BucketRoot, count uint64) *Tree {
	height, below := t.geometry()
	top := t.top.with(roots, height, below)
	return &Tree{depth: t.depth, count: count, top: top, root: rootHash(top.node(2), top.node(3))}
}

// rootHash returns the root's hash: it is a parent even beside nothing.
func rootHash(l, r node) Hash { return hashPair(treeParentPrefix, &l.hash, &r.hash) }

// bucket returns the number of the key's bucket.
func (t *Tree) bucket(key *Key) uint32 { return binary.BigEndian.Uint32(key[:4]) >> (32 - t.depth) }

// bucketNode returns the node of a bucket.
func (t *Tree) bucketNode(bucket uint32) node {
	p := t.top
	height, below := t.geometry()
	for below > 0 {
		p = p.child(slotOf(bucket, height, below))
		height, below = pageBits, below-pageBits
	}
	return p.node(1<<height | slotOf(bucket, height, 0))
}
