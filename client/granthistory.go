package client

import (
	"context"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A GrantHistory is all that the log has on one grant as of Size: what it binds, by whom it
// was given, and each statement that spent it, proven to be all.
type GrantHistory struct {
	Digest  statement.Digest     // of the statement that gave it
	Size    uint64               // leaves of the tree that the answer speaks for
	History *History             // its events
	State   *register.GrantState // nil: proven that there is no such grant
	Record  proofs.GrantRecord   // the same as the verifier reads it

	Given   *Entry
	Terms   *statement.GrantDecision // of Given
	Spent   []*Entry                 // in their order; a grant of several uses has several
	Revoked *Entry                   // nil: it was not
}

// Left says how many uses are left, whatever its time.
func (g *GrantHistory) Left() uint32 {
	if g.State == nil || g.State.Status != register.GrantOpen {
		return 0
	}
	return g.State.Granted.Uses
}

// GrantHistory fetches all events of a grant's register, proves them complete, and reads
// the statement of each: that which gave it, those that spent it, and that which
// took it back.
func (c *Client) GrantHistory(ctx context.Context, digest statement.Digest) (*GrantHistory, error) {
	return c.newReader().grant(ctx, digest)
}

func (r *reader) grant(ctx context.Context, digest statement.Digest) (*GrantHistory, error) {
	h, err := r.History(ctx, register.TypeGrant, digest.String())
	if err != nil {
		return nil, err
	}
	g := &GrantHistory{Digest: digest, Size: h.Size, History: h}
	if g.Record, err = r.Verifier.GrantSpent(h.Staple, digest, h.Opened()); err != nil {
		return nil, h.wrong("%v", err)
	}
	if h.State == nil {
		return g, nil
	}
	state, err := register.ParseGrantState(h.State)
	if err != nil {
		return nil, h.wrong("%v", err)
	}
	g.State = &state
	entries, err := r.statements(ctx, h)
	if err != nil {
		return nil, err
	}
	for i, e := range entries {
		switch h.Events[i].Kind {
		case register.GrantGranted:
			g.Given, g.Terms = e, e.Statement.Body.(*statement.GrantDecision)
		case register.GrantSpent:
			g.Spent = append(g.Spent, e)
		default:
			g.Revoked = e
		}
	}
	return g, nil
}
