package client

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/docketlog/docket/proofs/statement"
)

// A Found is an entry that a search found.
type Found = Entry

// Document returns the id and version of the document that the entry is about, if
// it is about one.
func (f *Entry) Document() (id string, version uint32) {
	switch b := f.Statement.Body.(type) {
	case *statement.ReleaseDocument:
		return b.Document, b.Version
	case *statement.WithdrawDocument:
		return b.Document, b.Version
	case *statement.SetPolicy:
		if p, err := statement.ParsePolicy([]byte(b.Text)); err == nil {
			return statement.PolicyDocument, p.Version
		}
	}
	return "", 0
}

// A Findings is what a search found, newest first.
type Findings struct {
	Size    uint64 // leaves of the tree that each entry is proven to be in
	Note    []byte // its signed note, byte for byte
	Entries []Found
	More    bool // the limit was reached
}

// Search asks the server for entries. What it returns is verified: each entry is
// in the log, signed by the key in its leaf, and fits the query. That the key is the
// issuer's is not shown: the issuer is the statement's own word. That there are no others is NOT proved: a server
// may leave entries out. What is complete is a History.
func (c *Client) Search(ctx context.Context, q Query) (*Findings, error) {
	if q.Limit == 0 {
		q.Limit = 50
	}
	values, err := q.values()
	if err != nil {
		return nil, err
	}
	out, cursors := &Findings{}, make(map[string]bool)
	var tree *Tree
	for {
		page, next, err := c.searchPage(ctx, values)
		if err != nil {
			return nil, err
		}
		if tree == nil { // after the answer, so that it is not older
			if tree, err = c.NewestTree(ctx); err != nil {
				return nil, err
			}
			out.Size, out.Note = tree.Size, tree.Note
		}
		for _, index := range page {
			if len(out.Entries) == q.Limit {
				out.More = true
				return out, nil
			}
			if n := len(out.Entries); n > 0 && index >= out.Entries[n-1].Index {
				return nil, c.unusable("entry %d does not come before entry %d", index, out.Entries[n-1].Index)
			}
			found, err := tree.found(ctx, index, q)
			if err != nil {
				return nil, err
			}
			out.Entries = append(out.Entries, *found)
		}
		if out.More = next != ""; !out.More || len(out.Entries) == q.Limit {
			return out, nil
		}
		if err := c.turn(cursors, next, maxPages+len(out.Entries)); err != nil {
			return nil, err
		}
		values.Set("cursor", next)
	}
}

// searchPage returns the indices that the server found. Nothing else of its answer
// is used: the log itself tells what stands there.
func (c *Client) searchPage(ctx context.Context, v url.Values) (page []uint64, next string, err error) {
	body, _, err := c.send(ctx, "GET", "/api/v1/search?"+v.Encode(), "", nil, maxAnswer)
	if err != nil {
		return nil, "", err
	}
	var answer struct {
		Entries []struct{ Index uint64 }
		Next    string
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Entries == nil {
		return nil, "", c.unusable("not a list of entries")
	}
	for _, e := range answer.Entries {
		page = append(page, e.Index)
	}
	return page, answer.Next, nil
}

// found reads and verifies an entry, and compares it with the query.
func (t *Tree) found(ctx context.Context, index uint64, q Query) (*Entry, error) {
	e, err := t.entry(ctx, index)
	if err != nil {
		return nil, err
	}
	if !q.fits(e) {
		return nil, t.client.unusable("entry %d is not what was searched for", index)
	}
	return e, nil
}

// signatureHolds verifies the signature of a statement under the key in its leaf. Whose
// key that is stands in the registers: the issuer is the statement's own word.
func signatureHolds(e statement.Envelope) error {
	key, err := statement.ParsePublicKey(e.SPKI)
	if err != nil {
		return err
	}
	return statement.Verify(key, statement.DigestOf(e.Payload), e.Signature)
}
