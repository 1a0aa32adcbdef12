package monitor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// A Source shows a log as it is now.
type Source interface {
	// Snapshot returns the log at its newest published size.
	Snapshot(ctx context.Context) (Snapshot, error)
}

// A Snapshot is a log at one size, which a seal ends.
type Snapshot interface {
	Size() uint64
	Leaf(ctx context.Context, index uint64) ([]byte, error)
	// Statement returns the statement of an entry, and the key in its leaf.
	Statement(ctx context.Context, index uint64) (s *statement.Statement, digest statement.Digest, spki []byte, err error)
	// Refused returns what a finding.refuse refused; nil: the quarantine does not
	// have it.
	Refused(ctx context.Context, digest statement.Digest) (*statement.Statement, error)
	// Close gives the snapshot back.
	Close()
}

// maxUnsealed bounds the entries between two seals: a log that never seals must not
// fill a monitor's memory. A writer of docket seals at most about 2,000 at once.
const maxUnsealed = 1 << 16

// read returns the entries from index from on, up to the first seal at which there
// are at least limit, and the index after that seal. No entry's time is known
// before its seal.
func read(ctx context.Context, log Snapshot, from uint64, limit int) (entries []Entry, next uint64, err error) {
	untimed := 0
	for index := from; index < log.Size(); index++ {
		leaf, err := log.Leaf(ctx, index)
		if err != nil {
			return nil, from, err
		}
		if !bytes.HasPrefix(leaf, []byte(statement.SealPrefix)) {
			e, err := readEntry(ctx, log, index)
			if err != nil {
				return nil, from, err
			}
			if entries = append(entries, e); len(entries)-untimed > maxUnsealed {
				return nil, from, fmt.Errorf("%d entries before entry %d follow each other without a seal: a monitor takes at most %d", len(entries)-untimed, index+1, maxUnsealed)
			}
			continue
		}
		seal, err := statement.ParseSeal(leaf)
		if err != nil {
			return nil, from, fmt.Errorf("the seal at %d: %w", index, err)
		}
		for ; untimed < len(entries); untimed++ {
			entries[untimed].Time = seal.Time
		}
		if next = index + 1; len(entries) >= limit {
			return entries, next, nil
		}
	}
	if untimed < len(entries) {
		return nil, from, fmt.Errorf("no seal ends the log of size %d", log.Size())
	}
	return entries, max(from, next), nil
}

func readEntry(ctx context.Context, log Snapshot, index uint64) (Entry, error) {
	s, digest, spki, err := log.Statement(ctx, index)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Index: index, Statement: s, Digest: digest, Key: sha256.Sum256(spki)}
	if finding, ok := s.Body.(*statement.RefuseFinding); ok {
		e.Refused, err = log.Refused(ctx, finding.Submission)
	}
	return e, err
}

// A Remote is a log that a client reads over HTTP. Each entry is verified: it is in
// the tree of the newest checkpoint, which extends the one before it.
type Remote struct {
	Client *client.Client
	// Quarantine returns a refused statement in its envelope; nil, or an error: it
	// is not at hand.
	Quarantine func(ctx context.Context, digest statement.Digest) (statement.Envelope, error)
}

// Snapshot implements [Source].
func (r *Remote) Snapshot(ctx context.Context) (Snapshot, error) {
	t, err := r.Client.NewestTree(ctx)
	if err != nil {
		return nil, err
	}
	return remoteTree{t, r}, nil
}

type remoteTree struct {
	tree *client.Tree
	of   *Remote
}

func (t remoteTree) Size() uint64 { return t.tree.Size }

func (t remoteTree) Leaf(ctx context.Context, index uint64) ([]byte, error) {
	return t.tree.Leaf(ctx, index)
}

func (t remoteTree) Statement(ctx context.Context, index uint64) (*statement.Statement, statement.Digest, []byte, error) {
	e, err := t.tree.Content(ctx, index)
	if err != nil {
		return nil, statement.Digest{}, nil, err
	}
	s, err := statement.Parse(e.Payload)
	return s, statement.DigestOf(e.Payload), e.SPKI, err
}

func (t remoteTree) Refused(ctx context.Context, digest statement.Digest) (*statement.Statement, error) {
	if t.of.Quarantine == nil {
		return nil, ctx.Err()
	}
	e, err := t.of.Quarantine(ctx, digest)
	if err != nil {
		return nil, ctx.Err()
	}
	return ParseRefused(e, digest), nil
}

func (t remoteTree) Close() {}

// ParseRefused reads what a quarantine has. Bytes that are not those of the digest,
// or no statement, are as good as none.
func ParseRefused(e statement.Envelope, digest statement.Digest) *statement.Statement {
	if statement.DigestOf(e.Payload) != digest {
		return nil
	}
	s, err := statement.Parse(e.Payload)
	if err != nil {
		return nil
	}
	return s
}
