package client

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/docketlog/docket/proofs/statement"
)

// A Query says which entries to search for: those that fit all of it. At least one
// filter is given.
type Query struct {
	Digest   *statement.Digest // of a document's exact bytes
	Document string            // id
	Identity string            // id of the issuer
	Since    time.Time         // not before, by the log's clock
	Until    time.Time         // before it, by the log's clock
	Limit    int               // entries at most; 0: 50
}

// A Found is an entry that a search found, as it stands in the log.
type Found struct {
	Index     uint64
	Time      int64 // the log's clock, unix ms: that of its seal
	Digest    statement.Digest
	Statement *statement.Statement
}

// Document returns the id and version of the document that the entry is about, if
// it is about one.
func (f *Found) Document() (id string, version uint32) {
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

// values is the query as the server reads it.
func (q Query) values() (url.Values, error) {
	v := url.Values{}
	if q.Digest != nil {
		v.Set("digest", hex.EncodeToString(q.Digest[:]))
	}
	for name, text := range map[string]string{"document": q.Document, "identity": q.Identity} {
		if text != "" {
			v.Set(name, text)
		}
	}
	for name, t := range map[string]time.Time{"since": q.Since, "until": q.Until} {
		if !t.IsZero() {
			v.Set(name, t.UTC().Format("2006-01-02T15:04:05.000Z"))
		}
	}
	if len(v) == 0 {
		return nil, errors.New("a search wants at least one of digest, document, identity, since and until")
	}
	v.Set("limit", fmt.Sprint(min(q.Limit, 200)))
	return v, nil
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
func (t *Tree) found(ctx context.Context, index uint64, q Query) (*Found, error) {
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
	f := &Found{Index: index, Time: seal.Time, Digest: statement.DigestOf(e.Payload), Statement: s}
	if !q.fits(f) {
		return nil, t.client.unusable("entry %d is not what was searched for", index)
	}
	return f, nil
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

func (q Query) fits(f *Found) bool {
	document, _ := f.Document()
	return (q.Digest == nil || document != "" && f.Statement.Code != statement.DocumentWithdraw && *q.Digest == f.Statement.Subject) &&
		(q.Document == "" || q.Document == document) &&
		(q.Identity == "" || q.Identity == f.Statement.Issuer) &&
		(q.Since.IsZero() || f.Time >= q.Since.UnixMilli()) &&
		(q.Until.IsZero() || f.Time < q.Until.UnixMilli())
}
