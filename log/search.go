package log

import (
	"errors"
	"fmt"
	"math"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// Limits of one call of Search.
const (
	MaxSearchPage = 200  // entries that it returns
	MaxSearchWork = 1000 // entries that it looks at
)

// A Query says which entries Search finds: those that fit all fields that are
// set. At least one is.
type Query struct {
	Digest   *statement.Digest // releases of these bytes
	Document string            // releases and withdrawals of this document
	Identity string            // what this identity signed
	Since    int64             // unix ms by the log's clock: at this time or later; 0: any
	Until    int64             // before this time; 0: any
}

// Empty says that nothing is asked for.
func (q Query) Empty() bool { return q == Query{} }

// A Found is an entry that Search found.
type Found struct {
	Index     uint64
	Time      int64 // of its seal: the log's clock, unix ms
	Digest    statement.Digest
	Statement *statement.Statement
}

// A Page is a part of the entries that Search finds, newest first.
type Page struct {
	Entries []Found
	More    uint64 // Search goes on with before = More; 0: these are the last ones
}

// Search finds entries below the index before, newest first, at most limit of
// them; limit is 1 to MaxSearchPage. It looks at MaxSearchWork entries at most,
// so a page may hold fewer than limit, or none, while there are more. Nothing
// proves that no entry is missing: that is what histories are for.
//
// It reads the shortest of the registers that the query names; when it names
// none, the leaves between the seals of the two times.
func (v *View) Search(q Query, before uint64, limit int) (Page, error) {
	if limit < 1 || limit > MaxSearchPage {
		return Page{}, fmt.Errorf("a search has 1 to %d entries on a page, not %d", MaxSearchPage, limit)
	}
	if v.registers == nil {
		return Page{}, fmt.Errorf("%w: a raw log is not searched", ErrNotFound)
	}
	if q.Empty() {
		return Page{}, errors.New("a search names at least one thing")
	}
	from, to, err := v.indexRange(q.Since, q.Until)
	if err != nil {
		return Page{}, err
	}
	source, err := v.source(q)
	if err != nil {
		return Page{}, err
	}
	return v.collect(q, source, from, min(to, before), limit)
}

// collect goes down from the index to, which is not looked at, to from.
func (v *View) collect(q Query, source source, from, to uint64, limit int) (p Page, err error) {
	for looked := 0; ; looked++ {
		index, time, ok, err := source(to)
		if err != nil || !ok || index < from {
			return p, err
		}
		if looked == MaxSearchWork || len(p.Entries) == limit {
			p.More = to
			return p, nil
		}
		to = index
		found, err := v.found(index, time)
		if err != nil {
			return p, err
		}
		if q.fits(found) {
			p.Entries = append(p.Entries, found)
		}
	}
}

// found reads the entry at index.
func (v *View) found(index uint64, time int64) (Found, error) {
	e, s, err := v.statement(index)
	if err != nil {
		return Found{}, err
	}
	return Found{Index: index, Time: time, Digest: statement.DigestOf(e.Payload), Statement: s}, nil
}

// fits says whether an entry is what the query asks for, but for its time.
func (q Query) fits(f Found) bool {
	document := documentOf(f.Statement)
	releases := document != "" && f.Statement.Code != statement.DocumentWithdraw
	return (q.Digest == nil || releases && f.Statement.Subject == *q.Digest) &&
		(q.Document == "" || document == q.Document) &&
		(q.Identity == "" || f.Statement.Issuer == q.Identity)
}

// A source gives the newest entry below an index, of those that may fit, with
// the log's time; ok is false when there is none.
type source func(below uint64) (index uint64, time int64, ok bool, err error)

// source chooses the shortest register that has all entries that fit.
func (v *View) source(q Query) (source, error) {
	type named struct {
		typ register.Type
		id  string
	}
	var all []named
	if q.Document != "" {
		all = append(all, named{register.TypeDocument, q.Document})
	}
	if q.Digest != nil {
		all = append(all, named{register.TypeDigest, q.Digest.String()})
	}
	if q.Identity != "" {
		all = append(all, named{register.TypeActivity, q.Identity})
	}
	if len(all) == 0 {
		return v.leavesBelow(), nil
	}
	var shortest *viewHistory
	size := uint64(math.MaxUint64)
	for _, n := range all {
		h, record, err := v.openHistory(n.typ, n.id)
		if err != nil {
			return nil, err
		}
		if record == nil { // then nothing fits
			return func(uint64) (uint64, int64, bool, error) { return 0, 0, false, nil }, nil
		}
		if record.Size < size {
			shortest, size = h, record.Size
		}
	}
	return shortest.entriesBelow(size), nil
}

// entriesBelow gives the entries of a register's events.
func (h *viewHistory) entriesBelow(size uint64) source {
	seq, placed := uint64(0), false
	return func(below uint64) (uint64, int64, bool, error) {
		if !placed { // afterwards each call asks right below the last answer
			var err error
			if seq, err = h.below(below, size); err != nil {
				return 0, 0, false, err
			}
			placed = true
		}
		for ; seq > 0; seq-- {
			row, err := h.row(seq - 1)
			if err != nil {
				return 0, 0, false, err
			}
			if row.Index < below {
				return row.Index, int64(row.Time), true, nil
			}
		}
		return 0, 0, false, nil
	}
}

// leafChunk is how many leaves are read in one scan.
const leafChunk = 256

// leavesBelow gives all entries, from the leaves.
func (v *View) leavesBelow() source {
	var chunk [][]byte // leaves from index first on
	var first uint64
	var time int64 // of the seal that covers what is below it
	return func(below uint64) (uint64, int64, bool, error) {
		if below == 0 {
			return 0, 0, false, nil
		}
		if time == 0 {
			seal, err := v.sealAt(below - 1)
			if err != nil {
				return 0, 0, false, err
			}
			time = seal.Time
		}
		for index := below; index > 0; {
			index--
			if chunk == nil || index < first {
				first = index - min(index, leafChunk-1)
				var err error
				if chunk, err = v.readLeaves(first, index+1); err != nil {
					return 0, 0, false, err
				}
			}
			seal, err := statement.ParseSeal(chunk[index-first])
			if err != nil {
				return index, time, true, nil // a statement
			}
			time = seal.Time
		}
		return 0, 0, false, nil
	}
}

// readLeaves reads the leaves from..to-1.
func (v *View) readLeaves(from, to uint64) ([][]byte, error) {
	out := make([][]byte, 0, to-from)
	start, end := storage.LeafRange(from, to)
	err := v.rows.Scan(start, end, func(_, leaf []byte) bool {
		out = append(out, append([]byte(nil), leaf...))
		return true
	})
	if err == nil && uint64(len(out)) != to-from {
		err = damage("%d of the leaves %d to %d are missing", to-from-uint64(len(out)), from, to-1)
	}
	return out, err
}
