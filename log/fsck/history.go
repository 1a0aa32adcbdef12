package fsck

import (
	"fmt"
	"sort"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A history rebuilds one register from its event rows alone: the tree of its
// events, and the state that they come to.
type history struct {
	key    register.Key
	of     []candidate // one, as soon as the type is certain
	size   uint64
	newest register.EventRow
	first  uint64 // the first event that is there
	beyond uint64 // the first event behind a gap, or 0
	broken bool   // an event is missing or no event: there is nothing to rebuild
}

// A candidate is a type that the events so far can be of. The type is part of
// each event's hash.
type candidate struct {
	typ   register.Type
	state []byte
	tree  *pyramid
}

func newHistory(key register.Key) *history {
	return &history{key: key, of: []candidate{
		{typ: register.TypeDocument}, {typ: register.TypeDigest}, {typ: register.TypeRun},
		{typ: register.TypeIdentity}, {typ: register.TypeGrant}, {typ: register.TypeActivity},
	}}
}

// add takes the next event. The row does not say its type: a type whose state
// cannot take the event is out. One is left after the first event, unless the
// row is damaged. When the event fills a tile, the tile's hashes are returned.
func (h *history) add(row register.EventRow) (full []byte, err error) {
	kept := h.of[:0]
	for _, c := range h.of {
		state, refused := register.NextState(c.typ, c.state, row.Kind, row.Body, register.Entry{Index: row.Index, Time: row.Time})
		if refused != nil {
			err = refused
			continue
		}
		c.state = state
		kept = append(kept, c)
	}
	if h.of = kept; len(kept) == 0 {
		h.broken = true
		return nil, err
	}
	for i := range h.of {
		c := &h.of[i]
		if c.tree == nil {
			c.tree = newPyramid()
		}
		if full, err = c.tree.add(row.Event(c.typ, h.size).Hash()); err != nil {
			return nil, err
		}
	}
	h.size, h.newest = h.size+1, row
	return full, nil
}

// record returns the record that the events come to.
func (h *history) record() (*register.Record, error) {
	c := h.of[0]
	root, err := c.tree.root()
	if err != nil {
		return nil, err
	}
	r := &register.Record{
		Type: c.typ, Size: h.size, Root: root, Last: h.newest.Index, Blind: h.newest.Blind, State: c.state,
	}
	for _, hash := range c.tree.tree.Hashes() {
		r.Range = append(r.Range, register.Hash(hash))
	}
	return r, nil
}

// event compares an event with the entry that it names.
func (f *facts) event(row register.EventRow) (found, want string) {
	if f == nil {
		return "", ""
	}
	if row.Index >= uint64(len(f.hashes)) {
		return fmt.Sprintf("index %d", row.Index), fmt.Sprintf("an entry of the log, which has %d", len(f.hashes))
	}
	if f.digests[row.Index] == (statement.Digest{}) {
		return fmt.Sprintf("index %d", row.Index), "the index of a statement, not of a seal"
	}
	if hash := f.hashes[row.Index]; row.LeafHash != register.Hash(hash) {
		return fmt.Sprintf("leaf hash %x", row.LeafHash), fmt.Sprintf("%x, of leaf %d", hash[:], row.Index)
	}
	at := sort.Search(len(f.seals), func(i int) bool { return f.seals[i].index > row.Index })
	if at < len(f.seals) && f.seals[at].time != unsealed && uint64(f.seals[at].time) != row.Time {
		return fmt.Sprintf("time %d", row.Time), fmt.Sprintf("%d, of the seal at %d", f.seals[at].time, f.seals[at].index)
	}
	return "", ""
}
