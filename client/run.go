package client

import (
	"context"
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A Run is the verified state of a run's register as of Size.
type Run struct {
	ID     string
	Size   uint64
	State  *register.RunState
	Staple *proofs.Receipt
}

// Run fetches the register of a run.
func (c *Client) Run(ctx context.Context, id string) (*Run, error) {
	if !statement.ValidID(id) {
		return nil, fmt.Errorf("%q is not the id of a run", id)
	}
	r, size, err := c.register(ctx, register.TypeRun, id)
	if err != nil {
		return nil, err
	}
	run := &Run{ID: id, Size: size, Staple: r}
	if r.Registers[0].Value == nil {
		return run, nil
	}
	state, err := register.ParseRunState(r.Registers[0].State.State)
	if err != nil {
		return nil, c.unusable("%v", err)
	}
	run.State = &state
	return run, nil
}
