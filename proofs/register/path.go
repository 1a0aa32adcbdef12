package register

import (
	"encoding/binary"
	"math"
)

// A Result says what stands where a Path ends.
type Result uint8

// Results of looking for a key.
const (
	ResultInclusion Result = 1 // the key's own leaf
	ResultOther     Result = 2 // the lone leaf of another key: the searched key is absent
	ResultAbsent    Result = 3 // nothing: the searched key is absent
)

// maxPathDepth is the number of bits of a key.
const maxPathDepth = 256

// A Path leads from the end of the search for a key up to the root of the register tree. It proves inclusion or absence: under one root
// never both for one key. Encoding:
//
//	u8 result ‖ u16 depth ‖ bitmap, ceil(depth/8) bytes ‖ the siblings that are not zero ‖ for ResultOther: key32 ‖ valueHash32
//
// Bit i of the bitmap (byte i>>3, bit i&7, lowest first) tells whether sibling i, counted from the deepest, is not zero.
type Path struct {
	Result   Result
	Siblings []Hash // 1 to 256, deepest first; zero: absent child
	Other    Leaf   // ResultOther: the leaf found instead
}

// Depth returns the number of key bits that were followed.
func (p Path) Depth() int { return len(p.Siblings) }

// Marshal returns the path's encoding.
func (p Path) Marshal() []byte {
	depth := len(p.Siblings)
	out := make([]byte, 3+(depth+7)/8, 3+(depth+7)/8+32*depth+64)
	out[0] = byte(p.Result)
	binary.BigEndian.PutUint16(out[1:], uint16(min(depth, math.MaxUint16)))
	for i := range p.Siblings {
		if p.Siblings[i] != (Hash{}) {
			out[3+i>>3] |= 1 << (i & 7)
			out = append(out, p.Siblings[i][:]...)
		}
	}
	if p.Result == ResultOther {
		out = append(out, p.Other.Key[:]...)
		out = append(out, p.Other.ValueHash[:]...)
	}
	return out
}

// ParsePath parses a path. There is one encoding of each path: set bits beyond the depth, listed siblings that are zero and bytes after
// the end are refused.
func ParsePath(b []byte) (Path, error) {
	const what = "path"
	d := decoder{b: b}
	p := Path{Result: Result(d.u8())}
	depth := int(d.u16())
	if p.Result < ResultInclusion || p.Result > ResultAbsent {
		return Path{}, formatError(what, "unknown result %d", p.Result)
	}
	if depth < 1 || depth > maxPathDepth {
		return Path{}, formatError(what, "depth %d, expected 1 to %d", depth, maxPathDepth)
	}
	bitmap := d.take((depth + 7) / 8)
	if rest := depth & 7; rest != 0 && bitmap[len(bitmap)-1]>>rest != 0 {
		return Path{}, formatError(what, "bits set beyond depth %d", depth)
	}
	p.Siblings = make([]Hash, depth)
	for i := range p.Siblings {
		if bitmap[i>>3]>>(i&7)&1 == 0 {
			continue
		}
		if p.Siblings[i] = d.hash(); !d.short && p.Siblings[i] == (Hash{}) {
			return Path{}, formatError(what, "listed sibling %d is zero", i)
		}
	}
	if p.Result == ResultOther {
		p.Other = Leaf{Key: d.hash(), ValueHash: d.hash()}
	}
	if err := d.end(what); err != nil {
		return Path{}, err
	}
	return p, nil
}
