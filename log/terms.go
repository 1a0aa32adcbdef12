package log

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// A Term stands for a mention in the search rows: the first 8 bytes of a hash of
// it. Two mentions may share one: what a search finds is read and compared.
type Term [8]byte

// TermOf returns the term of a mention; false: it has none, since something else
// finds it. A grant's register has what spends it. Of releases there are so many
// that a search reads the leaves, and none of them pays for a row of its kind.
func TermOf(m statement.Mention) (Term, bool) {
	release := string([]byte{byte(statement.DocumentRelease)})
	if m.Of == statement.MentionGrant || m.Of == statement.MentionKind && m.Value == release {
		return Term{}, false
	}
	b := append([]byte("docket/v1/search-term\n"), byte(m.Of))
	sum := sha256.Sum256(append(b, m.Value...))
	return Term(sum[:8]), true
}

// TermsOf returns the terms of a statement, each once.
func TermsOf(s *statement.Statement) []Term {
	var all []Term
	for _, m := range s.Mentions() {
		if term, ok := TermOf(m); ok && !slices.Contains(all, term) {
			all = append(all, term)
		}
	}
	return all
}

// BeginPostings begins a search row with the log's time of its batch, unix ms:
//
//	u64 time ‖ n x u32 offset of an entry from the first index of the batch
func BeginPostings(time int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(time)) }

// AppendPosting appends an entry to a search row. Entries come in their order.
func AppendPosting(row []byte, first, index uint64) []byte {
	return binary.BigEndian.AppendUint32(row, uint32(index-first))
}

// ParsePostings returns the time and the entries of a search row, oldest first;
// false: it is none.
func ParsePostings(first uint64, row []byte) (time int64, entries []uint64, ok bool) {
	if len(row) < 12 || len(row)%4 != 0 {
		return 0, nil, false
	}
	time, row = int64(binary.BigEndian.Uint64(row)), row[8:]
	entries = make([]uint64, 0, len(row)/4)
	for ; len(row) > 0; row = row[4:] {
		index := first + uint64(binary.BigEndian.Uint32(row))
		if n := len(entries); index < first || n > 0 && index <= entries[n-1] {
			return 0, nil, false
		}
		entries = append(entries, index)
	}
	return time, entries, true
}

// mention notes what the statement at index can be found by.
func (b *batch) mention(index uint64, s *statement.Statement) {
	for _, term := range TermsOf(s) {
		if b.terms == nil {
			b.terms = make(map[Term][]byte)
		}
		row, ok := b.terms[term]
		if !ok {
			row = BeginPostings(b.time)
		}
		b.terms[term] = AppendPosting(row, b.from, index)
	}
}

// searchRows puts the batch's search rows into its commit: one for each term, so
// statements of one batch that mention the same share it.
func (b *batch) searchRows() {
	terms := make([]Term, 0, len(b.terms))
	for term := range b.terms {
		terms = append(terms, term)
	}
	slices.SortFunc(terms, func(x, y Term) int { return bytes.Compare(x[:], y[:]) })
	for _, term := range terms {
		b.rows.Set(storage.Search(term, b.from), b.terms[term])
	}
}
