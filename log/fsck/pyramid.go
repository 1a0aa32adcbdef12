package fsck

import (
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	"github.com/docketlog/docket/proofs"
)

var ranges = compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}

// A pyramid rebuilds an RFC 6962 tree from its hashes: the root at each size,
// and what the tiles hold. The hashes of the lowest level go by; those above
// are kept, an eighth of a byte per leaf.
//
//	above[2]   [ . ]                        one hash per 65,536
//	above[1]   [ . . . ]                    one hash per 256
//	edge       full full full [ . . . ]     those since the last full tile
type pyramid struct {
	tree  *compact.Range
	edge  []byte
	above [][]byte // by level; above[0] is empty
}

func newPyramid() *pyramid { return &pyramid{tree: ranges.NewEmptyRange(0), above: make([][]byte, 1)} }

func (p *pyramid) size() uint64 { return p.tree.End() }

// add appends a hash. When it fills a tile of level 0, the tile's hashes are
// returned, valid until the next call.
func (p *pyramid) add(h proofs.Hash) (full []byte, err error) {
	if len(p.edge) == 32*proofs.TileWidth {
		p.edge = p.edge[:0]
	}
	p.edge = append(p.edge, h[:]...)
	err = p.tree.Append(h[:], func(id compact.NodeID, hash []byte) {
		if level := int(id.Level / 8); id.Level%8 == 0 && level > 0 {
			if level == len(p.above) {
				p.above = append(p.above, nil)
			}
			p.above[level] = append(p.above[level], hash...)
		}
	})
	if len(p.edge) < 32*proofs.TileWidth {
		return nil, err
	}
	return p.edge, err
}

// root returns the root of all hashes.
func (p *pyramid) root() (proofs.Hash, error) {
	if p.size() == 0 {
		return proofs.EmptyRoot, nil
	}
	root, err := p.tree.GetRootHash(nil)
	if err != nil {
		return proofs.Hash{}, err
	}
	return proofs.Hash(root), nil
}

// tiles yields the tiles above level 0 in the order of their keys.
func (p *pyramid) tiles(yield func(level uint8, n uint64, row []byte) error) error {
	for level := 1; level < len(p.above); level++ {
		rest := p.above[level]
		for n := uint64(0); len(rest) > 0; n++ {
			row := rest[:min(len(rest), 32*proofs.TileWidth)]
			rest = rest[len(row):]
			if err := yield(uint8(level), n, row); err != nil {
				return err
			}
		}
	}
	return nil
}
