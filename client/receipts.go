package client

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// wanted says whether a receipt is the one that was asked for; the error says
// which one that is.
type wanted func(r *proofs.Receipt) error

func ofStatement(digest statement.Digest) wanted {
	return func(r *proofs.Receipt) error {
		if statement.DigestOf(r.Envelope.Payload) != digest {
			return fmt.Errorf("the receipt is of another statement than the one asked for, %s", digest)
		}
		return nil
	}
}

func ofEntry(index uint64) wanted {
	return func(r *proofs.Receipt) error {
		if r.Index != index {
			return fmt.Errorf("the receipt is of entry %d, not of %d", r.Index, index)
		}
		return nil
	}
}

func ofLeaf(hash proofs.Hash) wanted {
	return func(r *proofs.Receipt) error {
		leaf := statement.Commitment{Digest: statement.DigestOf(r.Envelope.Payload), Signature: r.Envelope.Signature, SPKI: r.Envelope.SPKI}
		if proofs.LeafHash(leaf.Leaf()) != hash {
			return fmt.Errorf("the receipt is of another leaf than %x", hash)
		}
		return nil
	}
}

// ofDocument wants a release of these exact bytes.
func ofDocument(digest statement.Digest) wanted {
	return func(r *proofs.Receipt) error {
		s, err := statement.Parse(r.Envelope.Payload)
		if err != nil {
			return err
		}
		if s.Subject != digest || s.Code != statement.DocumentRelease && s.Code != statement.PolicySet {
			return fmt.Errorf("the receipt is of no release of %s", digest)
		}
		return nil
	}
}

// Receipt fetches the receipt of a statement under the newest checkpoint.
func (c *Client) Receipt(ctx context.Context, digest statement.Digest) (*proofs.Receipt, error) {
	return c.getReceipt(ctx, hex.EncodeToString(digest[:]), ofStatement(digest))
}

// ReceiptAt fetches the receipt of the entry at index. A seal has none.
func (c *Client) ReceiptAt(ctx context.Context, index uint64) (*proofs.Receipt, error) {
	return c.getReceipt(ctx, fmt.Sprintf("index/%d", index), ofEntry(index))
}

// ReceiptOfLeaf fetches the receipt of the entry with this leaf hash.
func (c *Client) ReceiptOfLeaf(ctx context.Context, hash proofs.Hash) (*proofs.Receipt, error) {
	return c.getReceipt(ctx, fmt.Sprintf("leaf/%x", hash), ofLeaf(hash))
}

func (c *Client) getReceipt(ctx context.Context, name string, want wanted) (*proofs.Receipt, error) {
	before, err := c.newest()
	if err != nil {
		return nil, err
	}
	body, _, err := c.send(ctx, "GET", "/api/v1/receipts/"+name, "", nil, maxReceipt)
	if err != nil {
		return nil, err
	}
	return c.receipt(ctx, body, want, before)
}

// ReceiptsOf fetches the receipts of the releases of these exact bytes: of each
// document its newest release of them. That no document is missing is proven, by
// the history of the digest, and so is which release is the newest; none at all is
// proven too. A newer one than the history has may stand in its place: it came since.
func (c *Client) ReceiptsOf(ctx context.Context, digest statement.Digest) ([]*proofs.Receipt, error) {
	history, err := c.History(ctx, register.TypeDigest, digest.String())
	if err != nil {
		return nil, err
	}
	documents, err := documentsOf(history)
	if err != nil || len(documents) == 0 {
		return nil, err
	}
	receipts, err := c.receiptsOf(ctx, digest)
	if err != nil {
		return nil, err
	}
	seen := make(map[register.Key]bool)
	for _, r := range receipts {
		id, version, err := releaseOf(r)
		if err != nil {
			return nil, err
		}
		key := register.DocumentKey(id)
		if seen[key] {
			return nil, c.unusable("two receipts of releases of %q with these bytes: want the newest alone", id)
		}
		if seen[key] = true; version < documents[key] {
			return nil, c.unusable("the receipt of version %d of %q, but version %d has these bytes too", version, id, documents[key])
		}
		delete(documents, key)
	}
	if len(documents) > 0 {
		return nil, c.unusable("the receipts of %d documents with these bytes are missing", len(documents))
	}
	return receipts, nil
}

// documentsOf returns the documents in the history of a digest, each with its newest
// version that has these bytes.
func documentsOf(h *History) (map[register.Key]uint32, error) {
	documents := make(map[register.Key]uint32)
	for i, e := range h.Events {
		if e.Kind != register.DigestReleased {
			continue
		}
		body, err := register.ParseReleasedBody(h.Bodies[i])
		if err != nil {
			return nil, h.wrong("event %d: %v", i, err)
		}
		documents[body.Document] = max(documents[body.Document], body.Version)
	}
	return documents, nil
}

// DocumentOf returns the id of the document that a verified receipt is about, or ""
// if it is about none.
func DocumentOf(r *proofs.Receipt) (string, error) {
	id, _, err := releaseOf(r)
	return id, err
}

// releaseOf is DocumentOf with the version.
func releaseOf(r *proofs.Receipt) (string, uint32, error) {
	s, err := statement.Parse(r.Envelope.Payload)
	if err != nil {
		return "", 0, err
	}
	id, version := (&Found{Statement: s}).Document()
	return id, version, nil
}

// receiptsOf fetches and verifies all pages.
func (c *Client) receiptsOf(ctx context.Context, digest statement.Digest) ([]*proofs.Receipt, error) {
	before, err := c.newest()
	if err != nil {
		return nil, err
	}
	var out []*proofs.Receipt
	seen, cursors, cursor := make(map[uint64]bool), make(map[string]bool), ""
	for {
		page, next, err := c.receiptsPage(ctx, digest, cursor)
		if err != nil {
			return nil, err
		}
		for _, text := range page {
			r, err := c.receipt(ctx, text, ofDocument(digest), before)
			if err != nil {
				return nil, err
			}
			if seen[r.Index] {
				return nil, c.unusable("the receipt of entry %d stands in it twice", r.Index)
			}
			seen[r.Index] = true
			out = append(out, r)
		}
		if next == "" {
			return out, nil
		}
		if err := c.turn(cursors, next, maxPages+len(out)); err != nil {
			return nil, err
		}
		cursor = next
	}
}

// maxPages is how many pages a client reads that bring nothing new.
const maxPages = 1000

// turn goes to the next page: not to one that was read, nor beyond a number of them.
func (c *Client) turn(cursors map[string]bool, next string, limit int) error {
	switch {
	case cursors[next]:
		return c.unusable("its pages lead in a circle")
	case len(cursors) >= limit:
		return c.unusable("its pages have no end")
	}
	cursors[next] = true
	return nil
}

func (c *Client) receiptsPage(ctx context.Context, digest statement.Digest, cursor string) (page []json.RawMessage, next string, err error) {
	path := "/api/v1/receipts/document/" + hex.EncodeToString(digest[:])
	if cursor != "" {
		path += "?cursor=" + url.QueryEscape(cursor)
	}
	body, _, err := c.send(ctx, "GET", path, "", nil, maxAnswer)
	if err != nil {
		return nil, "", err
	}
	var answer struct {
		Receipts []json.RawMessage
		Next     string
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Receipts == nil {
		return nil, "", c.unusable("not a list of receipts")
	}
	return answer.Receipts, answer.Next, nil
}

// receipt parses and verifies a receipt, and compares it with what was asked for.
func (c *Client) receipt(ctx context.Context, body []byte, want wanted, before sighting) (*proofs.Receipt, error) {
	r, err := proofs.ParseReceipt(bytes.TrimSpace(body))
	if err != nil {
		return nil, c.unusable("%v", err)
	}
	if r.Envelope == nil {
		return nil, c.unusable("a staple, of another statement than the one asked for: of none")
	}
	if err := want(r); err != nil {
		return nil, c.unusable("%v", err)
	}
	return c.verify(ctx, r, before)
}
