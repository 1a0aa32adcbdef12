package fsck

import (
	"fmt"
	"slices"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// openBatch is what the scrubber knows of a batch before it meets its seal: where
// it begins, and the search rows of its entries.
type openBatch struct {
	first uint64
	known bool // false: a damaged leaf may have been its beginning
	rows  []timedRow
}

type timedRow struct {
	key  []byte
	time int64
}

// mentions looks the terms of an entry up in the search rows, and at a seal holds
// the times in those of its batch against it.
func (r *round) mentions(b *openBatch, index uint64, e *entry, f *findings) error {
	switch {
	case e.kind == aSeal:
		for _, row := range b.rows {
			if row.time != e.seal.Time {
				f.row(row.key, searchName(b.first), fmt.Sprintf("time %d", row.time), fmt.Sprintf("%d, as in the seal", e.seal.Time))
			}
		}
		*b = openBatch{first: index + 1, known: true}
	case e.kind == unknown:
		*b = openBatch{}
	case b.known:
		for _, term := range e.terms {
			if err := r.posted(b, index, term, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// posted looks an entry up in the row of one term.
func (r *round) posted(b *openBatch, index uint64, term log.Term, f *findings) error {
	key := storage.Search(term, b.first)
	row, err := r.source.get(key)
	if err != nil {
		return err
	}
	time, entries, ok := log.ParsePostings(b.first, row)
	if !ok || !slices.Contains(entries, index) {
		f.row(key, searchName(b.first), rowText(row), fmt.Sprintf("entry %d among its entries", index))
		return nil
	}
	b.rows = append(b.rows, timedRow{key, time})
	return nil
}

// searchRow reads what a search row leads to: each entry mentions what the term
// stands for, in a batch that begins where the row says.
func (r *round) searchRow(f *findings, key, row []byte) error {
	term, first, err := storage.ParseSearch(key)
	if err != nil {
		f.malformed(key)
		return nil
	}
	_, entries, ok := log.ParsePostings(first, row)
	if ok && first > 0 {
		leaf, err := r.source.get(storage.Leaf(first - 1))
		if err != nil {
			return err
		}
		_, noSeal := statement.ParseSeal(leaf)
		ok = noSeal == nil
	}
	for _, index := range entries {
		content, err := r.source.get(storage.Content(index))
		if err != nil {
			return err
		}
		s, bad := statement.Parse(content)
		ok = ok && (bad != nil || slices.Contains(log.TermsOf(s), term)) && content != nil
	}
	if !ok {
		f.row(key, searchName(first), rowText(row), "entries of that batch that mention it")
	}
	return nil
}
