package client

import (
	"context"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// RunTerms are what a run was opened with, and where it stands: its register, its
// request and its workflow, each proven.
type RunTerms struct {
	*Run                             // its register; the state is never nil
	Requestor string                 // identity that asked
	Asked     *statement.OpenRequest // what it asked for
	Workflow  *statement.Workflow    // as the request pinned it
}

// Request is the statement digest of the run's request.
func (t *RunTerms) Request() statement.Digest { return statement.Digest(t.State.Request) }

// Text is the SHA-256 of the text of the run's workflow.
func (t *RunTerms) Text() statement.Digest { return statement.Digest(t.State.Workflow.Hash()) }

// Step returns a step of the workflow by its name; nil: it has none of that name.
func (t *RunTerms) Step(name string) *statement.WorkflowStep {
	for i := range t.Workflow.Steps {
		if t.Workflow.Steps[i].Name == name {
			return &t.Workflow.Steps[i]
		}
	}
	return nil
}

// RunTerms fetches what a run was opened with. A run that was never opened is an
// error.
func (c *Client) RunTerms(ctx context.Context, id string) (*RunTerms, error) {
	run, err := c.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	if run.State == nil {
		return nil, fmt.Errorf("run %s was never opened, as of size %d (proven): docket request open opens one", id, run.Size)
	}
	t := &RunTerms{Run: run}
	request, err := c.Statement(ctx, t.Request())
	if err != nil {
		return nil, err
	}
	asked, ok := request.Body.(*statement.OpenRequest)
	if !ok || request.Run != id {
		return nil, c.unusable("the request of run %q is another statement", id)
	}
	t.Asked, t.Requestor = asked, request.Issuer
	t.Workflow, err = c.WorkflowText(ctx, t.Text())
	return t, err
}

// IdentityTerms are what an identity may do, with its register.
type IdentityTerms struct {
	*Identity                          // the state is never nil
	Terms     statement.EnrollIdentity // as its newest enrollment or rotation says
}

// IdentityTerms fetches the register and the terms of an identity. One that was never
// enrolled is an error. The genesis policy enrolls without roles, verbs and
// namespaces.
func (c *Client) IdentityTerms(ctx context.Context, id string) (*IdentityTerms, error) {
	i, err := c.Identity(ctx, id)
	if err != nil {
		return nil, err
	}
	if i.State == nil {
		return nil, fmt.Errorf("%s was never enrolled, as of size %d (proven)", id, i.Size)
	}
	s, err := c.Statement(ctx, statement.Digest(i.State.Terms))
	if err != nil {
		return nil, err
	}
	t := &IdentityTerms{Identity: i}
	switch body := s.Body.(type) {
	case *statement.EnrollIdentity:
		t.Terms = *body
	case *statement.RotateIdentity:
		t.Terms = body.EnrollIdentity
	case *statement.SetPolicy:
		t.Terms = genesisTerms(id, i.State)
	default:
		return nil, c.unusable("the terms of %s are in a %s", id, s.Code)
	}
	if t.Terms.ID != id {
		return nil, c.unusable("the terms of %s in place of those of %s", t.Terms.ID, id)
	}
	return t, nil
}

// genesisTerms are those of an identity that the genesis policy enrolled: members are
// humans, the log's identity is a workload.
func genesisTerms(id string, state *register.IdentityState) statement.EnrollIdentity {
	class := "human"
	if state.Class != register.ClassHuman {
		class = "workload"
	}
	return statement.EnrollIdentity{
		ID: id, Class: class, Owner: id, Roles: []string{}, Verbs: []string{}, Namespaces: []string{}, Custody: "file",
	}
}

// Key is the SPKI digest of the identity's current key.
func (t *IdentityTerms) Key() statement.Digest { return statement.Digest(t.State.Key.Hash()) }
