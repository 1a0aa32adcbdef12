package client

import (
	"context"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A Grant is the verified state of a grant's register as of Size.
type Grant struct {
	Digest statement.Digest
	Size   uint64
	State  *register.GrantState
	Staple *proofs.Receipt
}

// Grant fetches the register of a grant.
func (c *Client) Grant(ctx context.Context, digest statement.Digest) (*Grant, error) {
	r, size, err := c.register(ctx, register.TypeGrant, digest.String())
	if err != nil {
		return nil, err
	}
	g := &Grant{Digest: digest, Size: size, Staple: r}
	if r.Registers[0].Value == nil {
		return g, nil
	}
	state, err := register.ParseGrantState(r.Registers[0].State.State)
	if err != nil {
		return nil, c.unusable("%v", err)
	}
	g.State = &state
	return g, nil
}
