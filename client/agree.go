package client

import (
	"context"
	"slices"

	"github.com/docketlog/docket/proofs/statement"
)

// An Agreement is a grant for governance: a policy, a workflow or an identity.
type Agreement struct {
	For     statement.Code   // policy.set, workflow.define, workflow.retire, identity.enroll, rotate or resume
	Object  statement.Object // a TextObject or an IdentityObject
	Subject statement.Digest // of the text, or of the key's SPKI
	Decision
}

// Agree makes the decision.grant of an agreement, as the author: in the role admin if
// the policy in force lists it, for a rotation else as registrar, for a workflow else
// in the one role that it holds.
func (c *Client) Agree(ctx context.Context, a *Author, g Agreement) (statement.Envelope, error) {
	policy, rules, err := c.Policy(ctx)
	if err != nil {
		return statement.Envelope{}, err
	}
	if g.Role == "" {
		if g.Role, err = c.governs(ctx, a.ID, g.For, rules); err != nil {
			return statement.Envelope{}, err
		}
	}
	decision := g.Decision.grant(a, policy.Digest, usual(rules.GrantMaxSeconds, rules.SkewSeconds))
	decision.For, decision.Object = g.For, g.Object
	return a.Grant("", g.Subject, decision)
}

// governs is the role in which an identity agrees to governance.
func (c *Client) governs(ctx context.Context, id string, action statement.Code, rules *statement.Policy) (string, error) {
	if slices.ContainsFunc(rules.Admins.Members, func(m statement.Member) bool { return m.ID == id }) {
		return "admin", nil
	}
	switch {
	case action == statement.IdentityRotate:
		return "registrar", nil
	case action.Kind() == "workflow":
		return c.roleAmong(ctx, id, nil)
	}
	return "admin", nil
}
