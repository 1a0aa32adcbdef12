package client

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A Document is the verified state of a document's register as of Size.
type Document struct {
	ID     string
	Size   uint64                  // leaves of the tree that the answer speaks for
	State  *register.DocumentState // nil: proven to have no release
	Staple *proofs.Receipt         // the proof
}

// Document fetches the register of a document, or the proof that it has none.
func (c *Client) Document(ctx context.Context, id string) (*Document, error) {
	if !statement.ValidDocumentID(id) {
		return nil, fmt.Errorf("%q is not a document id", id)
	}
	return c.reserved(ctx, id)
}

// reserved is Document for the ids too that the log alone makes.
func (c *Client) reserved(ctx context.Context, id string) (*Document, error) {
	r, size, err := c.register(ctx, register.TypeDocument, id)
	if err != nil {
		return nil, err
	}
	d := &Document{ID: id, Size: size, Staple: r}
	p := r.Registers[0]
	if p.Value == nil {
		return d, nil
	}
	state, err := register.ParseDocumentState(p.State.State)
	if err != nil {
		return nil, c.unusable("%v", err)
	}
	d.State = &state
	return d, nil
}

// register fetches a staple of one register, verifies it, and returns it with the
// size that it speaks for.
func (c *Client) register(ctx context.Context, t register.Type, id string) (*proofs.Receipt, uint64, error) {
	path, err := resourceOf(t, id)
	if err != nil {
		return nil, 0, err
	}
	before, err := c.newest()
	if err != nil {
		return nil, 0, err
	}
	body, _, err := c.send(ctx, http.MethodGet, "/api/v1/"+path, "", nil, maxReceipt)
	if err != nil {
		return nil, 0, err
	}
	r, err := proofs.ParseReceipt(bytes.TrimSpace(body))
	if err != nil {
		return nil, 0, c.unusable("%v", err)
	}
	if r.Envelope != nil || len(r.Registers) != 1 || r.Registers[0].Type != t || r.Registers[0].ID != id {
		return nil, 0, c.unusable("not the register of %v %q", t, id)
	}
	if p := r.Registers[0]; p.Value != nil && p.State == nil {
		return nil, 0, c.unusable("the state of %v %q is missing", t, id)
	}
	if r, err = c.verify(ctx, r, before); err != nil {
		return nil, 0, err
	}
	cp, err := c.open(r.Checkpoint)
	return r, cp.Size, err
}
