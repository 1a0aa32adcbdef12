package client

import (
	"context"
	"slices"
	"time"

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

// agreedLimit is how many of the newest grants are looked at.
const agreedLimit = 100

// Agreements looks for grants that the author may spend on a change of governance: for
// these terms and this subject, open and in time, of as many distinct owners as the
// policy in force demands, or as many as there are. A server may leave grants out;
// whether they are enough is the log's to judge.
func (c *Client) Agreements(ctx context.Context, a *Author, action statement.Code, object statement.Object, subject statement.Digest) ([]statement.Digest, error) {
	_, rules, err := c.Policy(ctx)
	if err != nil {
		return nil, err
	}
	need := 1
	if action == statement.PolicySet || action == statement.IdentityEnroll {
		need = int(rules.Admins.M) - 1
	}
	if need == 0 {
		return nil, nil
	}
	oldest := a.now().Add(-time.Duration(rules.GrantMaxSeconds+rules.SkewSeconds) * time.Second)
	found, err := c.Search(ctx, Query{Kind: statement.DecisionGrant, Since: oldest, Limit: agreedLimit})
	if err != nil {
		return nil, err
	}
	s := Spending{By: a.ID, Code: action, Object: object, Subject: subject, Now: a.now()}
	var usable []voice
	for i := range found.Entries {
		v, err := c.agreed(ctx, &found.Entries[i], &s)
		if err != nil {
			return nil, err
		}
		if v != nil && !slices.ContainsFunc(usable, func(o voice) bool { return o.owner == v.owner }) && len(usable) < need {
			usable = append(usable, *v)
		}
	}
	return choose(usable, nil, len(usable)), nil
}

// agreed is the voice of a grant that a search found; nil: it is for something else,
// or cannot be spent.
func (c *Client) agreed(ctx context.Context, e *Found, s *Spending) (*voice, error) {
	decision, ok := e.Statement.Body.(*statement.GrantDecision)
	if !ok || decision.For != s.Code || decision.To != s.By || e.Statement.Subject != s.Subject {
		return nil, nil
	}
	g, err := c.runGrant(ctx, e.Digest)
	if err != nil || !s.fits(g) {
		return nil, err
	}
	return c.voice(ctx, g)
}
