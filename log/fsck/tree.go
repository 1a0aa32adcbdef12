package fsck

import (
	"bytes"
	"fmt"
	"math"
	"sort"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// tree takes the groups in their order: it rebuilds the tree over all leaves,
// follows the chain of seals, and keeps what the other passes compare with.
type tree struct {
	mode     log.Mode
	pyramid  *pyramid
	findings findings

	seals []sealAt       // in order
	last  statement.Seal // the newest that could be read
	torn  uint64         // leaves since the last seal that could not be read
	facts *facts         // nil: not kept
	at    func() error   // called at each size, from 1; may be nil
}

// sealAt is the place and the time of a seal.
type sealAt struct {
	index uint64
	time  int64
}

// facts are what is kept of every entry: 64 bytes, 16 for each term of what it
// mentions, and 16 for each seal.
type facts struct {
	hashes  []statement.Digest // leaf hashes
	digests []statement.Digest // zero: the entry has none; lost: nobody knows
	terms   []posting
	mute    map[uint64]bool // entries of which nobody knows what they mention
	seals   []sealAt
	said    map[string]uint64 // by key of the row: the first finding.refuse that says a refusal
}

// lost stands for the digest of an entry whose leaf and content are damaged.
var lost = statement.Digest(bytes.Repeat([]byte{0xff}, 32))

// unsealed stands for the time of a seal that is damaged.
const unsealed = int64(math.MinInt64)

// add takes the next group.
func (t *tree) add(g *group) error {
	t.findings.add(g.findings)
	for i := range g.entries {
		e := &g.entries[i]
		if _, err := t.pyramid.add(e.hash); err != nil {
			return err
		}
		if t.mode == log.Sealed {
			t.follow(g.first+uint64(i), e)
		}
		if t.facts != nil {
			t.facts.add(e)
		}
		if t.at == nil {
			continue
		}
		if err := t.at(); err != nil {
			return err
		}
	}
	return nil
}

// sealed says whether a tree of this size ends in a seal.
func (t *tree) sealed(size uint64) bool {
	at := sort.Search(len(t.seals), func(i int) bool { return t.seals[i].index+1 >= size })
	return at < len(t.seals) && t.seals[at].index+1 == size
}

func (f *facts) add(e *entry) {
	index := uint64(len(f.hashes))
	for _, term := range e.terms {
		f.terms = append(f.terms, posting{term, index})
	}
	if e.mute || e.kind == unknown {
		f.mute[index] = true
	}
	f.hashes = append(f.hashes, statement.Digest(e.hash))
	if e.kind == unknown && e.digest == (statement.Digest{}) {
		e.digest = lost
	}
	f.digests = append(f.digests, e.digest)
	if e.says == nil {
		return
	}
	if f.said == nil {
		f.said = make(map[string]uint64)
	}
	if _, ok := f.said[string(e.says)]; !ok {
		f.said[string(e.says)] = uint64(len(f.digests) - 1)
	}
}

// follow checks a seal against the one before it. A leaf that cannot be read may
// have been a seal: then the next one may name it.
func (t *tree) follow(index uint64, e *entry) {
	switch {
	case e.kind == unknown:
		t.torn++
		return
	case e.kind != aSeal:
		return
	}
	if t.facts == nil && len(t.seals) > 0 { // only the last one is needed
		t.seals = append(t.seals[:0], t.seals[len(t.seals)-1])
	}
	prev, time := int64(-1), int64(0)
	if n := len(t.seals); n > 0 {
		prev, time = int64(t.seals[n-1].index), t.seals[n-1].time
	}
	if t.torn > 0 && e.seal.Prev > prev && uint64(e.seal.Prev) < index {
		prev, time = e.seal.Prev, unsealed // the leaf there is damaged and was named already
		t.seals = append(t.seals, sealAt{uint64(prev), unsealed})
	}
	if err := admission.CheckSeal(e.seal, index, prev, time); err != nil {
		t.findings.row(storage.Leaf(index), fmt.Sprintf("leaf %d", index), err.Error(), "a seal that follows the one before it")
	}
	t.seals = append(t.seals, sealAt{index, e.seal.Time})
	t.last, t.torn = e.seal, 0
}

// finish compares the tiles above the leaves, and demands that nothing is
// behind the last leaf.
func (t *tree) finish(s *source, size uint64) error {
	if t.mode == log.Sealed && size > 0 && t.torn == 0 && (len(t.seals) == 0 || t.seals[len(t.seals)-1].index != size-1) {
		t.findings.row(storage.Leaf(size-1), fmt.Sprintf("leaf %d", size-1), "a statement", "a seal: each batch ends with one")
	}
	if err := t.upperTiles(s, size); err != nil {
		return err
	}
	return behind(s, size, &t.findings)
}

// behind demands that no leaf and no content is behind the last one.
func behind(s *source, size uint64, f *findings) error {
	for _, first := range [][]byte{storage.Leaf(size), storage.Content(size)} {
		start, end := storage.SpaceOf(first).Range()
		if size > 0 {
			start = first
		}
		if err := surplusIn(s, start, end, fmt.Sprintf("the log has %d leaves", size), f); err != nil {
			return err
		}
	}
	return nil
}

// upperTiles compares all tile rows behind those of the groups.
func (t *tree) upperTiles(s *source, size uint64) error {
	start, end := storage.Tile(0, (size+proofs.TileWidth-1)/proofs.TileWidth), []byte{byte(storage.TileSpace) + 1}
	if size == 0 {
		start, _ = storage.TileSpace.Range()
	}
	rows := s.cursor(start, end)
	check := func(level uint8, n uint64, want []byte) error {
		return rows.expect(&t.findings, storage.Tile(level, n), tileName(level, n), want)
	}
	if err := t.pyramid.tiles(check); err != nil {
		return err
	}
	return rows.rest(&t.findings, fmt.Sprintf("a tree of size %d has no such tile", size))
}

// expect compares the next row with what it should be. Rows before it are
// surplus.
func (c *cursor) expect(f *findings, key []byte, what string, want []byte) error {
	for {
		k, row, err := c.peek()
		if err != nil {
			return err
		}
		order := 1
		if k != nil {
			order = bytes.Compare(k, key)
		}
		switch {
		case order > 0:
			f.row(key, what, "no row", rowText(want))
			return nil
		case order < 0:
			f.surplus(k, "nothing leads to it")
		case !bytes.Equal(row, want):
			found, wanted := difference(row, want)
			f.row(key, what, found, wanted)
		}
		c.advance()
		if order == 0 {
			return nil
		}
	}
}

// rest demands that no row is left.
func (c *cursor) rest(f *findings, why string) error {
	for {
		k, _, err := c.peek()
		if err != nil || k == nil {
			return err
		}
		f.surplus(k, why)
		c.advance()
	}
}
