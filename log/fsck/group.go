package fsck

import (
	"bytes"
	"fmt"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// A group is the leaves below one tile of level 0, with their contents. It is
// checked alone: groups are checked side by side.
//
//	tile 0/n    [ h0 h1 h2 ... h255 ]     h = hash of the leaf: read from both, compared
//	leaves      [ l0 l1 l2 ... l255 ]
//	contents    [ c0 c1  -     c255 ]     what the leaf commits to; a seal has none
//
// Where leaf and tile differ the tile above tells which of them is wrong, and
// the hash that is right goes on into the tree.
type group struct {
	n, first uint64
	width    int
	entries  []entry
	findings findings

	tile       []byte // the stored row
	statements int
}

// entry is what a group knows of one leaf.
type entry struct {
	hash   proofs.Hash // as the tree has it
	leaf   proofs.Hash // of the row
	stored bool        // there is a row
	bad    error       // why the row is no leaf
	kind   kind
	digest statement.Digest // of a statement
	says   []byte           // of a finding.refuse: the key of the row that leads to it
	terms  []log.Term       // of what it mentions
	mute   bool             // its content is damaged, so nobody knows
	seal   statement.Seal
}

type kind uint8

const (
	unknown kind = iota // the leaf is damaged
	aStatement
	aSeal
	aRaw
)

// groups checks groups of one state of a log.
type groups struct {
	*source
	mode log.Mode
	head proofs.TreeHead // what the tiles must come to
	max  int             // findings to keep
}

// check reads and checks group n.
func (c *groups) check(n uint64) (*group, error) {
	g := &group{n: n, first: n * proofs.TileWidth, width: proofs.WidthAt(0, n, c.head.Size), findings: findings{max: c.max}}
	g.entries = make([]entry, g.width)
	if err := c.readLeaves(g); err != nil {
		return nil, err
	}
	if err := c.readTile(g); err != nil {
		return nil, err
	}
	if err := c.judge(g); err != nil {
		return nil, err
	}
	g.settle()
	if c.mode == log.Sealed {
		return g, c.readContents(g)
	}
	return g, nil
}

// bounds returns the keys between two keys of a keyspace; the first group takes
// what is before its first key.
func bounds(n uint64, space storage.Keyspace, start, end []byte) ([]byte, []byte) {
	if n == 0 {
		start, _ = space.Range()
	}
	return start, end
}

func (c *groups) readLeaves(g *group) error {
	start, end := storage.LeafRange(g.first, g.first+uint64(g.width))
	start, end = bounds(g.n, storage.LeafSpace, start, end)
	return c.scan(start, end, func(key, leaf []byte) bool {
		index, err := storage.ParseLeaf(key)
		if err != nil {
			g.findings.malformed(key)
			return true
		}
		e := &g.entries[index-g.first]
		e.stored, e.leaf = true, proofs.LeafHash(leaf)
		e.parse(leaf, c.mode)
		return true
	})
}

// parse reads a leaf strictly.
func (e *entry) parse(leaf []byte, mode log.Mode) {
	switch {
	case mode == log.Raw:
		e.kind, e.bad = aRaw, log.CheckRaw(leaf)
	case bytes.HasPrefix(leaf, []byte(statement.SealPrefix)):
		e.kind = aSeal
		e.seal, e.bad = statement.ParseSeal(leaf)
	default:
		var c statement.Commitment
		e.kind = aStatement
		c, e.bad = statement.ParseCommitment(leaf)
		e.digest = c.Digest
	}
	if e.bad != nil {
		e.kind = unknown
	}
}

// readTile reads the tile row, and what is between it and the next one.
func (c *groups) readTile(g *group) error {
	start, end := bounds(g.n, storage.TileSpace, storage.Tile(0, g.n), storage.Tile(0, g.n+1))
	return c.scan(start, end, func(key, row []byte) bool {
		if _, _, err := storage.ParseTile(key); err != nil {
			g.findings.malformed(key)
		} else {
			g.tile = bytes.Clone(row)
		}
		return true
	})
}

// settle turns what is known of the leaves into findings.
func (g *group) settle() {
	for i := range g.entries {
		e := &g.entries[i]
		key := storage.Leaf(g.first + uint64(i))
		what := fmt.Sprintf("leaf %d", g.first+uint64(i))
		switch {
		case !e.stored:
			g.findings.row(key, what, "no row", fmt.Sprintf("a leaf with hash %x", e.hash))
			e.kind = unknown
		case e.leaf != e.hash:
			g.findings.row(key, what, fmt.Sprintf("a leaf with hash %x", e.leaf), fmt.Sprintf("one with hash %x, as in the tree", e.hash))
			e.kind = unknown
		case e.bad != nil:
			g.findings.row(key, what, e.bad.Error(), "a statement commitment or a seal")
		}
		if e.kind == aStatement {
			g.statements++
		}
	}
}

// readContents compares the contents with what the leaves commit to.
func (c *groups) readContents(g *group) error {
	seen := make([]bool, g.width)
	start, end := storage.ContentRange(g.first, g.first+uint64(g.width))
	start, end = bounds(g.n, storage.ContentSpace, start, end)
	err := c.scan(start, end, func(key, content []byte) bool {
		index, err := storage.ParseContent(key)
		if err != nil {
			g.findings.malformed(key)
			return true
		}
		e := &g.entries[index-g.first]
		seen[index-g.first] = true
		switch digest := statement.DigestOf(content); {
		case e.kind == aSeal:
			g.findings.surplus(key, fmt.Sprintf("leaf %d is a seal", index))
		case e.kind == unknown:
			e.digest = digest // of a leaf that cannot be read
		case e.digest != digest:
			g.findings.row(key, fmt.Sprintf("content %d", index), "a statement with digest "+digest.String(), e.digest.String()+", as in its leaf")
			e.mute = true
		default:
			e.says = refusalSaid(content)
			s, err := statement.Parse(content)
			if e.mute = err != nil; !e.mute {
				e.terms = log.TermsOf(s)
			}
		}
		return true
	})
	for i := range g.entries {
		if g.entries[i].kind == aStatement && !seen[i] {
			index := g.first + uint64(i)
			g.entries[i].mute = true
			g.findings.row(storage.Content(index), fmt.Sprintf("content %d", index), "no row", "the statement with digest "+g.entries[i].digest.String())
		}
	}
	return err
}
