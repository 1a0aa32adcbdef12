package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// Leaf returns the leaf at index, from an entry bundle that was verified.
func (t *Tree) Leaf(ctx context.Context, index uint64) ([]byte, error) {
	if index >= t.Size {
		return nil, fmt.Errorf("there is no entry %d in a tree of size %d", index, t.Size)
	}
	leaves, err := t.Bundle(ctx, index/proofs.TileWidth)
	if err != nil {
		return nil, err
	}
	return leaves[index%proofs.TileWidth], nil
}

// Bundle returns the leaves of entry bundle n, as many as the tree has of them,
// each with the hash that verified tiles have at its place. They must not be
// changed.
func (t *Tree) Bundle(ctx context.Context, n uint64) ([][]byte, error) {
	t.mu.Lock()
	kept, ok := t.bundles[n]
	t.mu.Unlock()
	if ok {
		return kept, nil
	}
	width := proofs.WidthAt(0, n, t.Size)
	if width == 0 {
		return nil, fmt.Errorf("there is no entry bundle %d in a tree of size %d", n, t.Size)
	}
	leaves, err := t.fetchBundle(ctx, n, width)
	if err != nil {
		return nil, err
	}
	if err := t.verifyLeaves(ctx, n, leaves); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.bundles) >= keptBundles {
		clear(t.bundles)
	}
	t.bundles[n] = leaves
	return leaves, nil
}

func (t *Tree) fetchBundle(ctx context.Context, n uint64, width int) ([][]byte, error) {
	path, full := proofs.EntriesPath(n, width), proofs.EntriesPath(n, proofs.TileWidth)
	b, whole, err := t.client.partial(ctx, path, full, proofs.MaxEntryBundle)
	if err != nil {
		return nil, t.missing(path, err)
	}
	served := width
	if whole {
		served = proofs.TileWidth
	}
	leaves, err := proofs.ParseEntryBundle(b, served, proofs.MaxEntry)
	if err != nil {
		return nil, &TileError{Path: path, Size: t.Size, Reason: err.Error()}
	}
	return leaves[:width], nil
}

// verifyLeaves compares the leaves of a bundle with the tree.
func (t *Tree) verifyLeaves(ctx context.Context, n uint64, leaves [][]byte) error {
	indexes := make([]int64, len(leaves))
	for i := range leaves {
		indexes[i] = tlog.StoredHashIndex(0, int64(n)*proofs.TileWidth+int64(i))
	}
	hashes, err := t.reader(ctx).ReadHashes(indexes)
	if err != nil {
		return err
	}
	for i, leaf := range leaves {
		if proofs.LeafHash(leaf) != proofs.Hash(hashes[i]) {
			return &TileError{
				Path: proofs.EntriesPath(n, len(leaves)), Size: t.Size,
				Reason: fmt.Sprintf("its leaf %d is not the one in the tree", i),
			}
		}
	}
	return nil
}

// Seal returns the seal that covers the entry at index: the first one after it.
// Its time is the log's time of the entry.
func (t *Tree) Seal(ctx context.Context, index uint64) (statement.Seal, error) {
	for ; index < t.Size; index++ {
		leaf, err := t.Leaf(ctx, index)
		if err != nil {
			return statement.Seal{}, err
		}
		if !bytes.HasPrefix(leaf, []byte(statement.SealPrefix)) {
			continue
		}
		seal, err := statement.ParseSeal(leaf)
		if err == nil && seal.Index != index {
			err = fmt.Errorf("it names %d", seal.Index)
		}
		if err != nil {
			return seal, t.client.unusable("the seal at %d: %v", index, err)
		}
		return seal, nil
	}
	return statement.Seal{}, t.client.unusable("no seal ends the tree of size %d", t.Size)
}

// Content returns the statement at index, as its envelope: the one whose
// commitment stands in the tree. A seal has none.
func (t *Tree) Content(ctx context.Context, index uint64) (statement.Envelope, error) {
	leaf, err := t.Leaf(ctx, index)
	if err != nil {
		return statement.Envelope{}, err
	}
	commitment, err := statement.ParseCommitment(leaf)
	if err != nil {
		return statement.Envelope{}, fmt.Errorf("entry %d is no statement: %w", index, err)
	}
	b, _, err := t.client.send(ctx, "GET", fmt.Sprintf("/api/v1/content/%d", index), "", nil, statement.MaxEnvelope)
	if err != nil {
		return statement.Envelope{}, err
	}
	e, err := statement.ParseEnvelope(bytes.TrimSpace(b))
	if err != nil {
		return e, t.client.unusable("the content of entry %d: %v", index, err)
	}
	got := statement.Commitment{Digest: statement.DigestOf(e.Payload), Signature: e.Signature, SPKI: e.SPKI}
	if e.SPKI == nil {
		got.SPKI = commitment.SPKI
	}
	if !bytes.Equal(got.Leaf(), leaf) {
		return statement.Envelope{}, t.client.unusable("the content is of another entry than %d", index)
	}
	e.SPKI = commitment.SPKI
	return e, nil
}

// Content returns the statement at index, verified under the newest checkpoint.
func (c *Client) Content(ctx context.Context, index uint64) (statement.Envelope, error) {
	t, err := c.NewestTree(ctx)
	if err != nil {
		return statement.Envelope{}, err
	}
	return t.Content(ctx, index)
}

// LeafIndex returns the index of the entry with this leaf hash, proven to stand
// there under the newest checkpoint.
func (c *Client) LeafIndex(ctx context.Context, hash proofs.Hash) (uint64, error) {
	b, _, err := c.send(ctx, "GET", fmt.Sprintf("/api/v1/leaf-index/%x", hash), "", nil, maxProblem)
	if err != nil {
		return 0, err
	}
	var answer struct{ Index *uint64 }
	if err := json.Unmarshal(b, &answer); err != nil || answer.Index == nil {
		return 0, c.unusable("not the index of a leaf")
	}
	t, err := c.NewestTree(ctx)
	if err != nil {
		return 0, err
	}
	index := *answer.Index
	if index >= t.Size {
		return 0, c.unusable("index %d is not in the tree of size %d", index, t.Size)
	}
	found, err := t.LeafHash(ctx, index)
	if err == nil && found != hash {
		err = c.unusable("entry %d has another leaf hash than %x", index, hash)
	}
	return index, err
}
