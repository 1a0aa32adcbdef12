package register

// pageBits is the number of levels of a page.
const pageBits = 4

// A page holds up to four levels of the upper tree, numbered as a heap without its root, which stands in the page above. Pages are
// immutable once their tree is built: an update copies the pages on its way, all other pages are shared by both trees.
//
//	          (1)                     1 is node 2^h + slot of the page above
//	     2           3                nodes 2..31: hash, and kind in 2 bits
//	  4     5     6     7
//	 8 9  10 11 12 13 14 15
//	16 ...              ... 31        slots: children, or at depth D the buckets
//
// Page borders lie at depths D, D-4, D-8 ...; the top page has the 1 to 4 levels that remain. A page is 976 bytes for 16 slots, so the
// upper tree costs about 64 bytes per bucket: 64 MiB at D = 20.
type page struct {
	hashes   [30]Hash // of node i at i-2
	kinds    uint64   // of node i at bits 2i, 2i+1
	children *[16]*page
}

// node returns node i. A nil page is empty.
func (p *page) node(i uint32) node {
	if p == nil {
		return node{}
	}
	return node{uint8(p.kinds >> (2 * i) & 3), p.hashes[i-2]}
}

func (p *page) set(i uint32, n node) {
	p.hashes[i-2] = n.hash
	p.kinds = p.kinds&^(3<<(2*i)) | uint64(n.kind)<<(2*i)
}

func (p *page) child(slot uint32) *page {
	if p == nil || p.children == nil {
		return nil
	}
	return p.children[slot]
}

// clone returns a copy to be changed; inner pages get a child array of their own.
func (p *page) clone(inner bool) *page {
	q := new(page)
	if p != nil {
		*q = *p
	}
	if inner {
		q.children = new([16]*page)
		if p != nil {
			*q.children = *p.children
		}
	}
	return q
}

// with returns a copy of the page, of this height, in which the buckets in roots (sorted, not empty) are replaced. A bucket's slot is the
// number above its `below` lowest bits: 0 at the bottom.
func (p *page) with(roots []BucketRoot, height, below uint) *page {
	q := p.clone(below > 0)
	dirty := uint32(0) // nodes whose children changed
	for len(roots) > 0 {
		slot := slotOf(roots[0].Bucket, height, below)
		i := 1<<height | slot
		n := 1
		if below == 0 {
			q.set(i, node{roots[0].Kind, roots[0].Hash})
		} else {
			for n < len(roots) && slotOf(roots[n].Bucket, height, below) == slot {
				n++
			}
			child := q.children[slot].with(roots[:n], pageBits, below-pageBits)
			q.children[slot] = child
			q.set(i, join(child.node(2), child.node(3)))
		}
		dirty |= 1 << (i / 2)
		roots = roots[n:]
	}
	for i := uint32(1)<<height - 1; i >= 2; i-- {
		if dirty>>i&1 == 1 {
			q.set(i, join(q.node(2*i), q.node(2*i+1)))
			dirty |= 1 << (i / 2)
		}
	}
	return q
}

func slotOf(bucket uint32, height, below uint) uint32 { return bucket >> below & (1<<height - 1) }
