package client

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A RunGrant is a grant about a run, with its register.
type RunGrant struct {
	Digest   statement.Digest
	Grantor  string
	Subject  statement.Digest
	Decision *statement.GrantDecision
	State    *register.GrantState
}

// RunGrants fetches all grants about a run, in the order in which they were given:
// none is missing, since the history of the run is proven complete.
func (c *Client) RunGrants(ctx context.Context, run string) ([]RunGrant, error) {
	h, err := c.History(ctx, register.TypeRun, run)
	if err != nil {
		return nil, err
	}
	var out []RunGrant
	for i, e := range h.Events {
		if statement.Code(e.Kind) != statement.DecisionGrant {
			continue
		}
		body, err := register.ParseRunBody(h.Bodies[i])
		if err != nil {
			return nil, h.wrong("event %d: %v", i, err)
		}
		g, err := c.runGrant(ctx, statement.Digest(body.Statement))
		if err != nil {
			return nil, err
		}
		out = append(out, *g)
	}
	return out, nil
}

func (c *Client) runGrant(ctx context.Context, digest statement.Digest) (*RunGrant, error) {
	s, err := c.Statement(ctx, digest)
	if err != nil {
		return nil, err
	}
	decision, ok := s.Body.(*statement.GrantDecision)
	if !ok {
		return nil, c.unusable("%s is no grant", digest)
	}
	g, err := c.Grant(ctx, digest)
	if err != nil {
		return nil, err
	}
	if g.State == nil {
		return nil, c.unusable("grant %s has no register", digest)
	}
	return &RunGrant{Digest: digest, Grantor: s.Issuer, Subject: s.Subject, Decision: decision, State: g.State}, nil
}

// A Spending is what grants are looked for: what an identity is about to sign.
type Spending struct {
	By      string // who signs
	Code    statement.Code
	Object  statement.Object
	Subject statement.Digest
	Now     time.Time
}

// A MissingApprovals error says what an action lacks. Nothing was signed.
type MissingApprovals struct {
	Run         string
	Action      statement.Code
	Given, Need int      // of distinct owners
	Roles       []string // that nobody has decided in
}

func (e *MissingApprovals) Error() string {
	text := fmt.Sprintf("run %s has %d of %d approvals for this %s", e.Run, e.Given, e.Need, e.Action)
	if len(e.Roles) > 0 {
		text += ", none in the role " + strings.Join(e.Roles, ", ")
	}
	return text + ": each is for these exact bytes and terms, by an owner of its own, and not spent, revoked or too old; docket approve gives one"
}

// A Demand is what a workflow demands of the grants that an action spends.
type Demand struct {
	Workflow *statement.Workflow
	N        uint32   // grants, of as many distinct owners
	Roles    []string // one in each
}

// ApprovalOf is the demand on a release, or on a gated step.
func ApprovalOf(w *statement.Workflow) Demand { return Demand{w, w.Approval.N, w.Approval.Roles} }

// WithdrawalOf is the demand on the withdrawal of what a run of the workflow released.
func WithdrawalOf(w *statement.Workflow) Demand { return Demand{w, w.WithdrawGrants, nil} }

// Spendable finds the grants of a run that an action needs: as few as are demanded, of
// distinct owners, in their roles, and those that set a rule aside for it. What it
// cannot find is a *MissingApprovals.
func (c *Client) Spendable(ctx context.Context, t *RunTerms, s Spending, d Demand) ([]statement.Digest, error) {
	all, err := c.RunGrants(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	var usable []voice
	for _, g := range all {
		if !s.fits(&g) || g.State.Granted.Request != t.State.Request {
			continue
		}
		v, err := c.voice(ctx, &g)
		if err != nil {
			return nil, err
		}
		if v != nil {
			usable = append(usable, *v)
		}
	}
	chosen, counted := d.choose(usable)
	if chosen == nil {
		return nil, missingOf(counted, t.ID, s.Code, d)
	}
	return chosen, nil
}

// fits says whether a grant is for this action, and can be spent by its own state.
func (s *Spending) fits(g *RunGrant) bool {
	granted, now := g.State.Granted, uint64(s.Now.UnixMilli())
	return g.State.Status == register.GrantOpen && granted.To == register.IdentityKey(s.By) &&
		granted.Object == register.Hash(statement.ObjectHash(s.Code, s.Object)) && granted.Subject == register.SHA256Digest(s.Subject) &&
		now >= granted.NotBefore && now < granted.NotAfter
}
