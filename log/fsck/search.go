package fsck

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sort"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/storage"
)

// A posting is an entry with one term of what it mentions.
type posting struct {
	term  log.Term
	index uint64
}

// search holds the search rows against what the contents mention:
//
//	contents ── terms ─┐
//	seals ── batches ──┴─ one row for each term in a batch: its time, its entries
type search struct {
	*facts
	*findings
}

// check compares all rows in their order.
func (x search) check(s *source) error {
	slices.SortFunc(x.terms, func(a, b posting) int { // the newest batch of a term first, the oldest entry of a batch first
		return cmp.Or(bytes.Compare(a.term[:], b.term[:]), cmp.Compare(x.batchOf(b.index), x.batchOf(a.index)), cmp.Compare(a.index, b.index))
	})
	start, end := storage.SearchSpace.Range()
	rows := s.cursor(start, end)
	for from := 0; from < len(x.terms); {
		if err := s.turn(); err != nil {
			return err
		}
		to, first := from+1, x.batchOf(x.terms[from].index)
		for to < len(x.terms) && x.terms[to].term == x.terms[from].term && x.batchOf(x.terms[to].index) == first {
			to++
		}
		if err := x.expect(rows, first, x.terms[from:to]); err != nil {
			return err
		}
		from = to
	}
	return x.skipTo(rows, nil)
}

// batchOf returns the first index of the batch of an entry.
func (x search) batchOf(index uint64) uint64 {
	after := sort.Search(len(x.seals), func(i int) bool { return x.seals[i].index >= index })
	if after == 0 {
		return 0
	}
	return x.seals[after-1].index + 1
}

// expect checks the row of a term in the batch that begins at first.
func (x search) expect(rows *cursor, first uint64, want []posting) error {
	key := storage.Search(want[0].term, first)
	if err := x.skipTo(rows, key); err != nil {
		return err
	}
	k, row, err := rows.peek()
	if err != nil {
		return err
	}
	if !bytes.Equal(k, key) {
		x.row(key, searchName(first), "no row", postingText(want))
		return nil
	}
	time, entries, ok := log.ParsePostings(first, row)
	entries = slices.DeleteFunc(entries, func(index uint64) bool { return x.mute[index] })
	sealed := x.timeOf(first)
	switch {
	case !ok:
		x.row(key, searchName(first), rowText(row), postingText(want))
	case sealed != unsealed && time != sealed:
		x.row(key, searchName(first), fmt.Sprintf("time %d", time), fmt.Sprintf("%d, as in the seal", sealed))
	case !slices.EqualFunc(entries, want, func(index uint64, p posting) bool { return index == p.index }):
		x.row(key, searchName(first), fmt.Sprintf("the entries %d", entries), postingText(want))
	}
	rows.advance()
	return nil
}

// timeOf returns the time of the seal of a batch; unsealed: it is damaged.
func (x search) timeOf(first uint64) int64 {
	at := sort.Search(len(x.seals), func(i int) bool { return x.seals[i].index >= first })
	if at == len(x.seals) {
		return unsealed
	}
	return x.seals[at].time
}

// skipTo names the rows before a key as surplus; nil: all rows that are left. One
// whose entries are all damaged was named with them.
func (x search) skipTo(rows *cursor, to []byte) error {
	for {
		key, row, err := rows.peek()
		if err != nil || key == nil || to != nil && bytes.Compare(key, to) >= 0 {
			return err
		}
		_, first, malformed := storage.ParseSearch(key)
		_, entries, ok := log.ParsePostings(first, row)
		switch {
		case malformed != nil:
			x.malformed(key)
		case !ok || slices.ContainsFunc(entries, func(index uint64) bool { return !x.mute[index] }):
			x.surplus(key, "no entry of that batch mentions it")
		}
		rows.advance()
	}
}

func searchName(first uint64) string { return fmt.Sprintf("search row of the batch at %d", first) }

func postingText(want []posting) string {
	entries := make([]uint64, len(want))
	for i, p := range want {
		entries[i] = p.index
	}
	return fmt.Sprintf("the entries %d", entries)
}
