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
// fewer than limit while there are more.
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
		row, err := h.row(seq)
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
		newest, n, err := v.newestReleaseOf(digest, body)
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
// bytes. It reads the document's history backwards down to that version, n
// events; none when the document is still at it.
func (v *View) newestReleaseOf(digest statement.Digest, released register.ReleasedBody) (newest bool, n int, err error) {
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
	h := v.history(register.TypeDocument, released.Document)
	for seq := record.Size; seq > 0; {
		seq--
		row, err := h.row(seq)
		if err != nil {
			return false, n, err
		}
		n++
		body, err := register.ParseDocumentBody(row.Body)
		if err != nil {
			return false, n, damage("event %d of register %s: %v", seq, h.key, err)
		}
		if body.Version <= released.Version {
			return true, n, nil
		}
		if row.Kind == register.DocumentRelease && body.Digest == register.SHA256Digest(digest) {
			return false, n, nil
		}
	}
	return false, n, damage("register %s has no version %d", h.key, released.Version)
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
