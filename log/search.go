package log

import (
	"errors"
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs/statement"
)

// Limits of one call of Search.
const (
	MaxSearchPage = 200  // entries that it returns
	MaxSearchWork = 1000 // entries that it looks at
)

// A Query says which entries Search finds: those that fit all fields that are
// set. At least one is.
type Query struct {
	Digest   *statement.Digest   // releases of these bytes
	Document string              // releases and withdrawals of this document
	Identity string              // what this identity signed
	Grant    *statement.Digest   // the grant itself, what spends it, and what is about it
	Mentions []statement.Mention // what mentions all of this
	Since    int64               // unix ms by the log's clock: at this time or later; 0: any
	Until    int64               // before this time; 0: any
}

// Empty says that nothing is asked for.
func (q Query) Empty() bool {
	return q.Digest == nil && q.Document == "" && q.Identity == "" && q.Grant == nil && len(q.Mentions) == 0 && q.Since == 0 && q.Until == 0
}

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
// It goes down the registers and the search rows that the query names, all at once,
// to what all of them have; when it names none, down the leaves between the seals of
// the two times.
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
	sources, err := v.sources(q)
	if err != nil {
		return Page{}, err
	}
	return v.collect(q, sources, from, min(to, before), limit)
}

// collect goes down from the index to, which is not looked at, to from.
func (v *View) collect(q Query, sources []source, from, to uint64, limit int) (p Page, err error) {
	for looked := 0; ; looked++ {
		at, ok, err := newest(sources, to)
		if err != nil || !ok || at.index < from {
			return p, err
		}
		if looked == MaxSearchWork || len(p.Entries) == limit {
			p.More = to
			return p, nil
		}
		if !at.agreed {
			to = at.index + 1
			continue
		}
		to = at.index
		found, err := v.found(at.index, at.time)
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
		(q.Identity == "" || f.Statement.Issuer == q.Identity) &&
		q.fitsMentions(f)
}

func (q Query) fitsMentions(f Found) bool {
	if q.Grant == nil && len(q.Mentions) == 0 {
		return true
	}
	mentions := f.Statement.Mentions()
	for _, m := range q.Mentions {
		if !slices.Contains(mentions, m) {
			return false
		}
	}
	return q.Grant == nil || f.Digest == *q.Grant && f.Statement.Code == statement.DecisionGrant ||
		slices.Contains(mentions, statement.MentionDigest(statement.MentionGrant, *q.Grant)) ||
		slices.Contains(mentions, statement.MentionDigest(statement.MentionAbout, *q.Grant))
}
