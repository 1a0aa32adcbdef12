package client

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Statement fetches a statement by its digest. It is proven to be in the log, under
// the issuer's key.
func (c *Client) Statement(ctx context.Context, digest statement.Digest) (*statement.Statement, error) {
	r, err := c.Receipt(ctx, digest)
	if err != nil {
		return nil, err
	}
	s, err := statement.Parse(r.Envelope.Payload)
	if err != nil {
		return nil, c.unusable("%v", err)
	}
	return s, nil
}

// A Text is a policy or workflow document as the log has it in force.
type Text struct {
	*Document                      // its reserved document; State is nil if there never was one
	Text      string               // byte for byte; empty if there never was one
	Digest    statement.Digest     // SHA-256 of Text
	Statement *statement.Statement // that brought it
}

// Policy fetches the policy document that is in force.
func (c *Client) Policy(ctx context.Context) (*Text, *statement.Policy, error) {
	t, err := c.text(ctx, statement.PolicyDocument)
	if err != nil {
		return nil, nil, err
	}
	body, ok := t.body().(*statement.SetPolicy)
	if !ok {
		return nil, nil, c.unusable("no policy is in force")
	}
	t.Text = body.Text
	if err := c.checkText(t); err != nil {
		return nil, nil, err
	}
	p, err := body.Policy()
	if err != nil {
		return nil, nil, c.unusable("the policy in force: %v", err)
	}
	return t, p, nil
}

// Workflow fetches the newest version of a workflow. The document's state is nil, and
// so is the workflow, if it is proven that there never was one; it is withdrawn if
// the workflow was retired.
func (c *Client) Workflow(ctx context.Context, id string) (*Text, *statement.Workflow, error) {
	if !statement.ValidID(id) {
		return nil, nil, fmt.Errorf("%q is not the id of a workflow", id)
	}
	t, err := c.text(ctx, statement.WorkflowDocument(id))
	if err != nil {
		return nil, nil, err
	}
	if t.State == nil {
		return t, nil, nil
	}
	w, err := c.defined(t)
	if err == nil && w.ID != id {
		err = c.unusable("workflow %q in place of %q", w.ID, id)
	}
	return t, w, err
}

// WorkflowText fetches the workflow with this exact text, by its SHA-256, whichever
// version it is.
func (c *Client) WorkflowText(ctx context.Context, digest statement.Digest) (*statement.Workflow, error) {
	t, err := c.text(ctx, statement.TextDocument(digest))
	if err != nil {
		return nil, err
	}
	if t.State == nil {
		return nil, fmt.Errorf("no workflow has the text %s", digest)
	}
	return c.defined(t)
}

// text fetches a reserved document and the statement that brought its newest
// version. What that says is for the caller to read.
func (c *Client) text(ctx context.Context, id string) (*Text, error) {
	d, err := c.reserved(ctx, id)
	if err != nil || d.State == nil {
		return &Text{Document: d}, err
	}
	t := &Text{Document: d, Digest: d.State.Digest.Hash()}
	t.Statement, err = c.Statement(ctx, statement.Digest(d.State.Statement))
	return t, err
}

func (t *Text) body() statement.Body {
	if t.Statement == nil {
		return nil
	}
	return t.Statement.Body
}

// defined reads the workflow of a text.
func (c *Client) defined(t *Text) (*statement.Workflow, error) {
	body, ok := t.body().(*statement.DefineWorkflow)
	if !ok {
		return nil, c.unusable("the newest version of %s is no workflow", t.ID)
	}
	t.Text = body.Text
	if err := c.checkText(t); err != nil {
		return nil, err
	}
	w, err := body.Workflow()
	if err != nil {
		return nil, c.unusable("the text of %s: %v", t.ID, err)
	}
	return w, nil
}

// checkText compares the text with what the register says of it.
func (c *Client) checkText(t *Text) error {
	if t.State.Digest != register.SHA256Digest(sha256.Sum256([]byte(t.Text))) {
		return c.unusable("the text of %s is not the one in its register", t.ID)
	}
	return nil
}
