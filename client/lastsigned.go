package client

import (
	"context"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// LastSigned returns the newest statement that an identity signed, as of a tree of
// size leaves; nil if it is proven that it signed none. The register of its activity
// says under the checkpoint how many events there are, and the newest one is shown at
// that number: the server can hide none that came before its newest checkpoint.
func (c *Client) LastSigned(ctx context.Context, id string) (s *statement.Statement, size uint64, err error) {
	staple, size, err := c.register(ctx, register.TypeActivity, id)
	if err != nil {
		return nil, 0, err
	}
	p := staple.Registers[0]
	if p.Value == nil {
		return nil, size, nil
	}
	if len(p.Events) == 0 {
		return nil, 0, c.unusable("the newest event of what %s signed is not shown", id)
	}
	newest := p.Events[len(p.Events)-1]
	if newest.Event.Seq+1 != p.Value.Size || newest.Opening == nil {
		return nil, 0, c.unusable("event %d of what %s signed is shown, of %d events the newest was asked for", newest.Event.Seq, id, p.Value.Size)
	}
	body, err := register.ParseActivityBody(newest.Opening.Body)
	if err != nil {
		return nil, 0, c.unusable("%v", err)
	}
	s, err = c.Statement(ctx, statement.Digest(body.Statement))
	if err == nil && s.Issuer != id {
		err = fmt.Errorf("%w: the newest statement of %s is signed by %s", ErrAnswer, id, s.Issuer)
	}
	return s, size, err
}
