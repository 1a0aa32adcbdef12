package client

import (
	"context"
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An Identity is the verified state of an identity's register as of Size.
type Identity struct {
	ID     string
	Size   uint64                  // leaves of the tree that the answer speaks for
	State  *register.IdentityState // nil: proven never to have been enrolled
	Staple *proofs.Receipt         // the proof
}

// Identity fetches the register of an identity, or the proof that it has none.
func (c *Client) Identity(ctx context.Context, id string) (*Identity, error) {
	if !statement.ValidID(id) {
		return nil, fmt.Errorf("%q is not an identity id", id)
	}
	r, size, err := c.register(ctx, register.TypeIdentity, id)
	if err != nil {
		return nil, err
	}
	i := &Identity{ID: id, Size: size, Staple: r}
	p := r.Registers[0]
	if p.Value == nil {
		return i, nil
	}
	state, err := register.ParseIdentityState(p.State.State)
	if err != nil {
		return nil, c.unusable("%v", err)
	}
	i.State = &state
	return i, nil
}
