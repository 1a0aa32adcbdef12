package log

import (
	"math"
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// A source gives the newest entry below an index, of those that may fit, with
// the log's time; ok is false when there is none. Each call asks below the index
// of the call before, or the same again.
type source func(below uint64) (index uint64, time int64, ok bool, err error)

// place is where sources stand: the oldest of their newest entries, above which no
// entry is in all of them. agreed: it is in all of them itself.
type place struct {
	index  uint64
	time   int64
	agreed bool
}

func newest(sources []source, below uint64) (at place, ok bool, err error) {
	at = place{index: math.MaxUint64, agreed: true}
	for i, s := range sources {
		index, time, ok, err := s(below)
		if err != nil || !ok {
			return at, false, err
		}
		at.agreed = at.agreed && (i == 0 || index == at.index)
		if index < at.index {
			at.index, at.time = index, time
		}
	}
	return at, true, nil
}

// sources are the registers and search rows that have all entries that fit, each
// more than those; all leaves, when the query names none.
func (v *View) sources(q Query) (all []source, err error) {
	add := func(t register.Type, id string) {
		if err == nil {
			var s source
			s, err = v.eventsBelow(t, id)
			all = append(all, s)
		}
	}
	if q.Document != "" {
		add(register.TypeDocument, q.Document)
	}
	if q.Digest != nil {
		add(register.TypeDigest, q.Digest.String())
	}
	if q.Identity != "" {
		add(register.TypeActivity, q.Identity)
	}
	if q.Grant != nil {
		add(register.TypeGrant, q.Grant.String())
		if err == nil {
			about, _ := TermOf(statement.MentionDigest(statement.MentionAbout, *q.Grant))
			all[len(all)-1] = either(all[len(all)-1], v.postingsBelow(about))
		}
	}
	for _, m := range q.Mentions {
		if term, ok := TermOf(m); ok {
			all = append(all, v.postingsBelow(term))
		}
	}
	if len(all) == 0 {
		all = append(all, v.leavesBelow())
	}
	return all, err
}

// either gives the entries of both sources.
func either(a, b source) source {
	return func(below uint64) (uint64, int64, bool, error) {
		index, time, ok, err := a(below)
		if err != nil {
			return 0, 0, false, err
		}
		other, otherTime, otherOK, err := b(below)
		if err != nil || !otherOK || ok && index >= other {
			return index, time, ok, err
		}
		return other, otherTime, true, nil
	}
}

// eventsBelow gives the entries of the events of a register.
func (v *View) eventsBelow(t register.Type, id string) (source, error) {
	h, record, err := v.openHistory(t, id)
	if err != nil {
		return nil, err
	}
	seq := uint64(0) // events from seq on are not below
	if record != nil {
		seq = record.Size
	}
	return func(below uint64) (uint64, int64, bool, error) {
		for tried := 0; seq > 0; tried++ {
			row, err := h.row(seq - 1)
			if err != nil {
				return 0, 0, false, err
			}
			if row.Index < below {
				return row.Index, int64(row.Time), true, nil
			}
			if seq--; tried > 0 && seq > 0 { // it is further down
				if seq, err = h.below(below, seq); err != nil {
					return 0, 0, false, err
				}
			}
		}
		return 0, 0, false, nil
	}, nil
}

// postingChunk is how many entries of search rows are read in one scan, or a few
// more.
const postingChunk = 256

// postings goes down the search rows of one term.
type postings struct {
	v    *View
	term Term
	rows []postingRow // the newest first
	from uint64       // rows whose batches begin below it were not read
	end  bool         // and there are none
}

type postingRow struct {
	time    int64
	entries []uint64
}

func (v *View) postingsBelow(term Term) source {
	p := &postings{v: v, term: term, from: math.MaxUint64}
	return p.below
}

func (p *postings) below(below uint64) (index uint64, time int64, ok bool, err error) {
	for {
		for ; len(p.rows) > 0; p.rows = p.rows[1:] {
			row := p.rows[0]
			if i, _ := slices.BinarySearch(row.entries, below); i > 0 {
				return row.entries[i-1], row.time, true, nil
			}
		}
		if p.end {
			return 0, 0, false, nil
		}
		if err := p.read(min(below, p.from)); err != nil {
			return 0, 0, false, err
		}
	}
}

// read reads some rows whose batches begin below an index.
func (p *postings) read(below uint64) error {
	n := 0
	p.end = true
	var bad error
	start, end := storage.SearchRange(p.term, below)
	err := p.v.rows.Scan(start, end, func(key, value []byte) bool {
		if p.end = n < postingChunk; !p.end {
			return false
		}
		_, first, err := storage.ParseSearch(key)
		time, entries, ok := ParsePostings(first, value)
		if err != nil || !ok || entries[len(entries)-1] >= p.v.head.Size {
			bad = damage("search row %x", key)
			return false
		}
		p.rows, p.from = append(p.rows, postingRow{time, entries}), first
		n += len(entries)
		return true
	})
	if err == nil {
		err = bad
	}
	return err
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
