package client

import (
	"context"
	"crypto/sha256"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// An Entry is a statement as it stands in the log: proven to be there, and signed by
// the key in its leaf.
type Entry struct {
	Index     uint64
	Time      int64 // the log's clock, unix ms: that of its seal
	Digest    statement.Digest
	Key       statement.Digest // SHA-256 of the key in its leaf
	Statement *statement.Statement

	payload []byte
	leaf    proofs.Hash
}

// entry reads and verifies the statement at index.
func (t *Tree) entry(ctx context.Context, index uint64) (*Entry, error) {
	if index >= t.Size {
		return nil, t.client.unusable("entry %d is not in the tree of size %d", index, t.Size)
	}
	e, err := t.Content(ctx, index)
	if err != nil {
		return nil, err
	}
	s, err := statement.Parse(e.Payload)
	if err != nil {
		return nil, t.client.unusable("entry %d: %v", index, err)
	}
	if err := signatureHolds(e); err != nil {
		return nil, t.client.unusable("entry %d: %v", index, err)
	}
	seal, err := t.Seal(ctx, index)
	if err != nil {
		return nil, err
	}
	leaf := statement.Commitment{Digest: statement.DigestOf(e.Payload), Signature: e.Signature, SPKI: e.SPKI}
	return &Entry{
		Index: index, Time: seal.Time, Digest: leaf.Digest, Key: sha256.Sum256(e.SPKI), Statement: s,
		payload: e.Payload, leaf: proofs.LeafHash(leaf.Leaf()),
	}, nil
}

// A reader reads entries and histories for one question, each once. It is for one
// goroutine.
type reader struct {
	*Client
	tree    *Tree
	entries map[uint64]*Entry
	signers map[string]*History
}

func (c *Client) newReader() *reader {
	return &reader{Client: c, entries: make(map[uint64]*Entry), signers: make(map[string]*History)}
}

// entry returns the entry at index, in a tree that has it.
func (r *reader) entry(ctx context.Context, index uint64) (*Entry, error) {
	if e, ok := r.entries[index]; ok {
		return e, nil
	}
	if r.tree == nil || index >= r.tree.Size { // the log grew since
		tree, err := r.NewestTree(ctx)
		if err != nil {
			return nil, err
		}
		r.tree = tree
	}
	e, err := r.tree.entry(ctx, index)
	if err == nil {
		r.entries[index] = e
	}
	return e, err
}

// statements returns the entries of all events of a history, each compared with its
// event. One that the server does not show is missing.
func (r *reader) statements(ctx context.Context, h *History) ([]*Entry, error) {
	all := make([]*Entry, 0, len(h.Events))
	for i, event := range h.Events {
		e, err := r.entry(ctx, event.Index)
		if notFound(err) {
			return nil, h.wrong("the statement of event %d, entry %d, is withheld", i, event.Index)
		}
		if err != nil {
			return nil, err
		}
		if err := h.made(i, e); err != nil {
			return nil, h.wrong("event %d is not what entry %d made: %v", i, event.Index, err)
		}
		all = append(all, e)
	}
	return all, nil
}
