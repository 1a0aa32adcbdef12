package client

import (
	"context"
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Staple fetches what the log says of a statement now, for who has its receipt: the
// receipt under the newest checkpoint without the statement. With final it is that
// which the quorum of the verifier's policy cosigned.
func (c *Client) Staple(ctx context.Context, digest statement.Digest, final bool) (*proofs.Receipt, error) {
	fetch := c.Receipt
	if final {
		fetch = c.FinalReceipt
	}
	r, err := fetch(ctx, digest)
	if err != nil {
		return nil, err
	}
	return r.Staple(), nil
}

// DocumentStaple fetches the staple of the release of a version; 0: of the newest
// release. Of a document without one it is the proof that it has none.
func (c *Client) DocumentStaple(ctx context.Context, id string, version uint32, final bool) (*proofs.Receipt, error) {
	d, err := c.Document(ctx, id)
	if err != nil {
		return nil, err
	}
	if d.State == nil && version == 0 {
		return d.Staple, nil
	}
	if version == 0 {
		return c.Staple(ctx, statement.Digest(d.State.Statement), final)
	}
	h, err := c.History(ctx, register.TypeDocument, id)
	if err != nil {
		return nil, err
	}
	for i, e := range h.Events {
		body, err := register.ParseDocumentBody(h.Bodies[i])
		if err != nil {
			return nil, h.wrong("event %d: %v", i, err)
		}
		if e.Kind == register.DocumentRelease && body.Version == version {
			return c.Staple(ctx, statement.Digest(body.Statement), final)
		}
	}
	return nil, fmt.Errorf("%s has no version %d, as of size %d (proven)", id, version, h.Size)
}

// RegisterStaple fetches the staple of one register with its newest event, or the
// proof that there is none. Ids are as in proofs.RegisterProof.
func (c *Client) RegisterStaple(ctx context.Context, t register.Type, id string) (*proofs.Receipt, error) {
	r, _, err := c.register(ctx, t, id)
	return r, err
}
