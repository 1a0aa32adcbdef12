package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/docketlog/docket/proofs/statement"
)

// An Approval is what somebody decides about a run. What is left open follows from
// the log: request, workflow, policy, the recipient and, where it is clear, the role.
type Approval struct {
	Run    string
	For    statement.Code   // document.release (also 0), document.withdraw or step.intent
	Object statement.Object // a DocumentObject, version 0: the next, of a withdrawal the current one; or a StepObject
	Bytes  statement.Digest // SHA-256 of the document's exact bytes
	Decision
}

// A Decision is what all grants say of the decision itself.
type Decision struct {
	To        string        // identity that may spend the grant; empty: the run's executor
	Role      string        // in which the author decides; empty: the one that is asked for and held
	Rule      string        // that it decides by; empty: "approval"
	Meaning   string        // review, approval (also empty), responsibility or authorship
	Lifetime  time.Duration // 0: as long as the log allows, less the skew of clocks
	NotBefore time.Time     // zero: at once
	Uses      uint32        // 0: 1

	By        string            // who decided in another system; empty: the author decides
	Source    *statement.Digest // of the ticket there
	ActingFor *statement.Digest // delegation that it uses; nil: none
	Override  *statement.Override
}

// Approve makes the decision.grant of an approval, as the author. Everything that it
// binds is read from the log and verified, or is what the caller gave.
func (c *Client) Approve(ctx context.Context, a *Author, p Approval) (statement.Envelope, error) {
	p.For = cmp.Or(p.For, statement.DocumentRelease)
	m, err := c.matter(ctx, &p)
	if err != nil {
		return statement.Envelope{}, err
	}
	policy, rules, err := c.Policy(ctx)
	if err != nil {
		return statement.Envelope{}, err
	}
	p.To = cmp.Or(p.To, m.terms.Asked.Executor)
	switch {
	case p.Role != "":
	case p.ActingFor != nil:
		if p.Role, err = c.delegated(ctx, *p.ActingFor); err != nil {
			return statement.Envelope{}, err
		}
	case p.Override == nil:
		if p.Role, err = c.roleAmong(ctx, a.ID, m.terms.Workflow.Approval.Roles); err != nil {
			return statement.Envelope{}, err
		}
	}
	longest := min(m.terms.Workflow.Approval.TTLSeconds, rules.GrantMaxSeconds)
	if _, ok := m.terms.Asked.Want.(statement.WantAccess); ok && p.For == statement.StepIntent {
		longest = min(longest, rules.AccessMaxSeconds)
	}
	g := p.Decision.grant(a, policy.Digest, usual(longest, rules.SkewSeconds))
	g.For, g.Object, g.About = p.For, p.Object, m.about
	return a.Grant(p.Run, m.subject, g)
}

// A matter is what an approval is about.
type matter struct {
	terms   *RunTerms // whose workflow decides
	about   *statement.Digest
	subject statement.Digest
}

// matter completes what is approved.
func (c *Client) matter(ctx context.Context, p *Approval) (*matter, error) {
	switch object := p.Object.(type) {
	case statement.DocumentObject:
		return c.documentMatter(ctx, p, object)
	case statement.StepObject:
		terms, err := c.RunTerms(ctx, p.Run)
		if err != nil {
			return nil, err
		}
		if terms.Step(object.Step) == nil {
			return nil, fmt.Errorf("workflow %s has no step %q", terms.Workflow.ID, object.Step)
		}
		if want, ok := terms.Asked.Want.(statement.WantAccess); ok {
			object.Resource, object.Privilege = want.Resource, want.Privilege
		}
		object.Attempt, object.In = cmp.Or(object.Attempt, terms.NextAttempt()), files(object.In)
		p.Object = object
		about := terms.Request()
		return &matter{terms: terms, about: &about, subject: about}, nil
	}
	return nil, errors.New("an approval is for a document or a step")
}

func (c *Client) documentMatter(ctx context.Context, p *Approval, object statement.DocumentObject) (*matter, error) {
	d, err := c.Document(ctx, object.Document)
	if err != nil {
		return nil, err
	}
	if object.Version == 0 {
		object.Version = 1
		if d.State != nil {
			object.Version = d.State.Version
		}
		if d.State != nil && p.For == statement.DocumentRelease {
			object.Version++
		}
	}
	p.Object = object
	if p.Run != "" {
		terms, err := c.RunTerms(ctx, p.Run)
		if err != nil {
			return nil, err
		}
		about := terms.Request()
		return &matter{terms: terms, about: &about, subject: p.Bytes}, nil
	}
	// A withdrawal needs no run of its own: that of its release decides.
	if p.For != statement.DocumentWithdraw || d.State == nil {
		return nil, errors.New("an approval names the run that it is about; only that of a withdrawal may leave it out, if there is a release")
	}
	released, err := c.Statement(ctx, statement.Digest(d.State.Statement))
	if err != nil {
		return nil, err
	}
	if released.Run == "" {
		return nil, fmt.Errorf("no run released version %d of %s: who withdraws it needs no approval, or a run", d.State.Version, object.Document)
	}
	terms, err := c.RunTerms(ctx, released.Run)
	return &matter{terms: terms, subject: p.Bytes}, err
}

// NextAttempt is the attempt that a step is in: the newest, or the first.
func (t *RunTerms) NextAttempt() uint32 { return max(t.State.Attempt, 1) }

// roleAmong is the one role of those asked for that an identity holds.
func (c *Client) roleAmong(ctx context.Context, id string, asked []string) (string, error) {
	i, err := c.IdentityTerms(ctx, id)
	if err != nil {
		return "", err
	}
	held := i.Terms.Roles
	if len(asked) > 0 {
		held = slices.DeleteFunc(slices.Clone(held), func(role string) bool { return !slices.Contains(asked, role) })
	}
	switch {
	case len(held) == 1:
		return held[0], nil
	case len(held) == 0 && len(asked) > 0:
		return "", fmt.Errorf("%s holds none of the roles that decide: %v", id, asked)
	case len(held) == 0:
		return "", fmt.Errorf("%s holds no role: enroll it with one", id)
	}
	return "", fmt.Errorf("%s holds several roles that decide, %v: name the one that it decides in", id, held)
}

// delegated is the role of a delegation.
func (c *Client) delegated(ctx context.Context, digest statement.Digest) (string, error) {
	s, err := c.Statement(ctx, digest)
	if err != nil {
		return "", err
	}
	if g, ok := s.Body.(*statement.GrantDecision); ok {
		if object, ok := g.Object.(statement.DelegationObject); ok {
			return object.Role, nil
		}
	}
	return "", fmt.Errorf("%s is no delegation", digest)
}

// grant is the decision as the statement says it.
func (d Decision) grant(a *Author, policy statement.Digest, usual time.Duration) statement.GrantDecision {
	g := statement.GrantDecision{
		To: d.To, Meaning: cmp.Or(d.Meaning, "approval"), Role: d.Role, Rule: cmp.Or(d.Rule, "approval"), Policy: policy,
		NotAfter: a.now().Add(cmp.Or(d.Lifetime, usual)).UnixMilli(), Uses: cmp.Or(d.Uses, 1), Level: "direct",
		By: d.By, Source: d.Source, ActingFor: d.ActingFor, Override: d.Override,
	}
	if d.By != "" {
		g.Level = "bridged"
	}
	if !d.NotBefore.IsZero() {
		g.NotBefore = d.NotBefore.UnixMilli()
	}
	return g
}

// usual is how long a grant lives unless somebody says: as long as it may, less what
// clocks may differ, which is the log's to judge.
func usual(longest, skew uint32) time.Duration {
	if longest > 2*skew {
		return time.Duration(longest-skew) * time.Second
	}
	return time.Duration(longest) * time.Second / 2
}
