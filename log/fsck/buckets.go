package fsck

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/storage"
)

// buckets rebuilds the register tree from all its leaves and compares the bucket
// rows on the way.
type buckets struct {
	*source
	depth    int
	keep     bool // the parts, for the root
	findings findings
	t, b     *cursor
	leaves   []register.Leaf
	parts    []part
	count    uint64
	differ   []bucketDiff
	total    int // of differ
}

// bucketDiff is a bucket whose row is not what its leaves give.
type bucketDiff struct {
	bucket    uint32
	row, want []byte
}

func newBuckets(s *source, max, depth int) *buckets {
	tStart, tEnd := storage.RegisterLeafSpace.Range()
	bStart, bEnd := storage.BucketSpace.Range()
	return &buckets{source: s, depth: depth, findings: findings{max: max}, t: s.cursor(tStart, tEnd), b: s.cursor(bStart, bEnd)}
}

// next checks the next bucket that has leaves; it returns false at the end.
func (b *buckets) next() (bool, error) {
	number, err := b.readBucket()
	if err != nil {
		return false, err
	}
	if len(b.leaves) == 0 {
		return false, b.expect(math.MaxUint64, nil)
	}
	n := bucketNode(b.leaves, b.depth)
	b.count += uint64(len(b.leaves))
	if b.keep {
		b.parts = append(b.parts, part{number, n})
	}
	return true, b.expect(uint64(number), append([]byte{n.kind}, n.hash[:]...))
}

// readBucket reads the leaves of the next bucket.
func (b *buckets) readBucket() (number uint32, err error) {
	b.leaves = b.leaves[:0]
	for {
		key, value, err := b.t.peek()
		if err != nil || key == nil {
			return number, err
		}
		if len(key) == 33 { // others were named by the pass over the registers
			n := binary.BigEndian.Uint32(key[1:]) >> (32 - b.depth)
			if len(b.leaves) > 0 && n != number {
				return number, nil
			}
			number = n
			leaf := register.Leaf{Key: register.Key(key[1:])}
			copy(leaf.ValueHash[:], value)
			b.leaves = append(b.leaves, leaf)
		}
		b.t.advance()
	}
}

// expect compares the row of a bucket, and names the rows before it: their
// buckets have no leaves.
func (b *buckets) expect(number uint64, want []byte) error {
	for {
		key, row, err := b.b.peek()
		if err != nil {
			return err
		}
		depth, bucket, parse := storage.ParseBucket(key)
		switch {
		case key == nil || parse == nil && int(depth) == b.depth && uint64(bucket) > number:
			if want != nil {
				b.differs(bucketDiff{uint32(number), nil, want})
			}
			return nil
		case parse != nil:
			b.findings.malformed(key)
		case int(depth) != b.depth:
			b.findings.surplus(key, fmt.Sprintf("the register tree is cut at depth %d", b.depth))
		case uint64(bucket) < number:
			b.differs(bucketDiff{bucket, bytes.Clone(row), nil})
		case !bytes.Equal(row, want):
			b.differs(bucketDiff{bucket, bytes.Clone(row), want})
		}
		at := parse == nil && int(depth) == b.depth && uint64(bucket) == number
		b.b.advance()
		if at {
			return nil
		}
	}
}

func (b *buckets) differs(d bucketDiff) {
	b.total++
	if len(b.differ) < b.findings.max {
		b.differ = append(b.differ, d)
	}
}

// finish compares with what the newest seal says. Where bucket rows differ from
// the leaves, the root tells which are wrong.
func (b *buckets) finish(root register.Hash, count uint64) error {
	right := rootOfParts(b.parts, b.depth) == root && b.count == count
	if right {
		b.wrongRows()
		return nil
	}
	stored, err := b.storedRoot()
	if err != nil {
		return err
	}
	if stored == root || b.total == 0 {
		b.wrongLeaves(root, count)
		return nil
	}
	b.wrongRows()
	b.wrongLeaves(root, count)
	return nil
}

func (b *buckets) wrongRows() {
	for _, d := range b.differ {
		key := storage.Bucket(uint8(b.depth), d.bucket)
		if d.want == nil {
			b.findings.surplus(key, "the bucket has no registers")
			continue
		}
		found, want := difference(d.row, d.want)
		b.findings.row(key, fmt.Sprintf("bucket %d", d.bucket), found, want)
	}
	b.findings.total += b.total - len(b.differ)
}

func (b *buckets) wrongLeaves(root register.Hash, count uint64) {
	for _, d := range b.differ {
		start, _ := storage.RegisterLeafRange(prefixOf(d.bucket, b.depth), b.depth)
		b.findings.row(start, fmt.Sprintf("the register leaves of bucket %d", d.bucket), "leaves that do not give the bucket's root", "those that were written")
	}
	if b.total == 0 {
		b.findings.row([]byte{byte(storage.RegisterLeafSpace)}, "the register tree",
			fmt.Sprintf("%d registers under root %x", b.count, rootOfParts(b.parts, b.depth)), fmt.Sprintf("%d under root %x, as in the newest seal", count, root))
	}
}

// prefixOf returns the lowest register key of a bucket.
func prefixOf(bucket uint32, depth int) (key [32]byte) {
	binary.BigEndian.PutUint32(key[:], bucket<<(32-depth))
	return key
}

// storedRoot returns the root that the bucket rows lead to.
func (b *buckets) storedRoot() (register.Hash, error) {
	parts, err := b.storedParts()
	return rootOfParts(parts, b.depth), err
}

// storedParts reads the bucket rows of the depth at hand.
func (b *buckets) storedParts() ([]part, error) {
	var parts []part
	start, end := storage.BucketRange(uint8(b.depth))
	err := b.scan(start, end, func(key, row []byte) bool {
		_, bucket, err := storage.ParseBucket(key)
		if err == nil && len(row) == 33 && bucket>>b.depth == 0 {
			parts = append(parts, part{bucket, node{row[0], register.Hash(row[1:])}})
		}
		return true
	})
	return parts, err
}
