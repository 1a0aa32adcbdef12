package log

import (
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// InclusionAt returns the hash of the leaf at index and its inclusion proof in
// the tree of the given size, which may be any up to the view's. ErrNotFound
// above it, or if that tree has no such leaf.
func (v *View) InclusionAt(index, size uint64) (proofs.Hash, []proofs.Hash, error) {
	if size > v.head.Size || index >= size {
		return proofs.Hash{}, nil, fmt.Errorf("%w: leaf %d in size %d; the published size is %d", ErrNotFound, index, size, v.head.Size)
	}
	nodes := storedNodes(v.rows, size)
	leaf, err := nodes(0, index)
	if err != nil {
		return proofs.Hash{}, nil, err
	}
	hashes, err := proofs.ProveInclusion(index, size, nodes)
	return leaf, hashes, err
}

// Limits of one call of Releases.
const (
	MaxReleases = 100 // releases that it returns

	maxReleaseRows = 10_000 // events after which it examines no further one
)

// Releases returns the entries that released these bytes, newest first: of each
// document the newest release of them. Only entries below the index before are
// looked at; limit is 1 to MaxReleases. more is 0 when there are no others;
// otherwise the call goes on with before = more. One call reads some 10,000
// events at most, but for the document that it examines last, so it may return
// fewer than limit while there are more. Of that document it reads what came
// later, there or under the digest, whichever is less.
func (v *View) Releases(digest statement.Digest, before uint64, limit int) (entries []uint64, more uint64, err error) {
	if limit < 1 || limit > MaxReleases {
		return nil, 0, fmt.Errorf("1 to %d releases are read at once, not %d", MaxReleases, limit)
	}
	h, record, err := v.openHistory(register.TypeDigest, digest.String())
	if err != nil || record == nil {
		return nil, 0, err
	}
	seq, err := h.below(before, record.Size)
	if err != nil {
		return nil, 0, err
	}
	read := 0
	for seq > 0 {
		if len(entries) == limit || read >= maxReleaseRows {
			return entries, before, nil
		}
		seq--
		row, err := h.read(seq) // not kept: nobody asks for it again
		if err != nil {
			return nil, 0, err
		}
		before = row.Index
		read++
		if row.Kind != register.DigestReleased {
			continue
		}
		body, err := register.ParseReleasedBody(row.Body)
		if err != nil {
			return nil, 0, damage("event %d of register %s: %v", seq, h.key, err)
		}
		newest, n, err := v.newestReleaseOf(digest, span{h, seq + 1, record.Size}, body)
		if err != nil {
			return nil, 0, err
		}
		read += n
		if newest {
			entries = append(entries, row.Index)
		}
	}
	return entries, 0, nil
}

// newestReleaseOf says whether no later version of the document has the same
// bytes, and how many events it read: none when the document is still at that
// version. Else it looks through what came later in the document's register, or in
// the digest's, whichever is shorter.
func (v *View) newestReleaseOf(digest statement.Digest, later span, released register.ReleasedBody) (newest bool, n int, err error) {
	record, err := v.record(released.Document)
	if err != nil {
		return false, 0, err
	}
	if record == nil {
		return false, 0, damage("a digest names the document register %s, which is not there", released.Document)
	}
	now, err := register.ParseDocumentState(record.State)
	if err != nil {
		return false, 0, damage("state of register %s: %v", released.Document, err)
	}
	if now.Version == released.Version {
		return true, 0, nil
	}
	// Each release is an event of both, and a version takes at least one event.
	versions := span{v.history(register.TypeDocument, released.Document), uint64(released.Version), record.Size}
	if later.to-later.from <= versions.to-versions.from {
		n, found, err := later.scan(func(e RegisterEvent) (bool, error) {
			if e.Kind != register.DigestReleased {
				return false, nil
			}
			body, err := register.ParseReleasedBody(e.Body)
			return body.Document == released.Document, err
		})
		return !found, n, err
	}
	n, found, err := versions.scan(func(e RegisterEvent) (bool, error) {
		body, err := register.ParseDocumentBody(e.Body)
		return e.Kind == register.DocumentRelease && body.Version > released.Version && body.Digest == register.SHA256Digest(digest), err
	})
	return !found, n, err
}

// span is a part of a history: the events from..to-1.
type span struct {
	*viewHistory
	from, to uint64
}

// scan reads events until one is what is looked for. It keeps a page of them at a
// time: a history has any length.
func (s span) scan(wanted func(RegisterEvent) (bool, error)) (n int, found bool, err error) {
	for s.from < s.to {
		page, err := s.events(s.from, min(s.to, s.from+MaxHistoryPage))
		if err != nil {
			return n, false, err
		}
		for _, e := range page {
			n++
			found, err := wanted(e)
			if err != nil {
				return n, false, damage("event %d of register %s: %v", e.Seq, s.key, err)
			}
			if found {
				return n, true, nil
			}
		}
		s.from += uint64(len(page))
	}
	return n, false, nil
}

// below returns how many of size events are of entries below index.
func (h *viewHistory) below(index, size uint64) (uint64, error) {
	if index == 0 {
		return 0, nil
	}
	first, err := h.row(0)
	if err != nil {
		return 0, err
	}
	if first.Index >= index {
		return 0, nil
	}
	seq, err := h.at(index-1, size)
	return seq + 1, err
}
