package client

import (
	"context"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A RunRelease is a release in a run that is to be made.
type RunRelease struct {
	Run      string
	Document string
	File     File
	To       []string           // identities that it is meant for
	Spends   []statement.Digest // nil: the grants of the run that fit
}

// ReleaseInRun makes the document.release of the next version of a document in a run,
// as the author. Version, predecessor and, unless they are given, the grants that it
// spends are read from the log and verified.
func (c *Client) ReleaseInRun(ctx context.Context, a *Author, r RunRelease) (statement.Envelope, error) {
	d, err := c.Document(ctx, r.Document)
	if err != nil {
		return statement.Envelope{}, err
	}
	version, prev := uint32(1), (*statement.Digest)(nil)
	if d.State != nil {
		digest := statement.Digest(d.State.Statement)
		version, prev = d.State.Version+1, &digest
	}
	object := statement.DocumentObject{Document: r.Document, Version: version}
	if r.Spends == nil {
		t, err := c.RunTerms(ctx, r.Run)
		if err != nil {
			return statement.Envelope{}, err
		}
		s := Spending{By: a.ID, Code: statement.DocumentRelease, Object: object, Subject: r.File.Digest, Now: a.now()}
		if r.Spends, err = c.Spendable(ctx, t, s, ApprovalOf(t.Workflow)); err != nil {
			return statement.Envelope{}, err
		}
	}
	return a.ReleaseIn(InRun{Run: r.Run, Spends: r.Spends, To: r.To}, r.Document, version, prev, r.File)
}

// A RunWithdrawal is the withdrawal of a document's current version, with approvals.
type RunWithdrawal struct {
	Run      string // empty: that of the release decides, and Spends are given
	Document string
	Reason   string
	Spends   []statement.Digest // nil: the grants of Run that fit
}

// WithdrawInRun makes the document.withdraw of the current version of a document, as
// the author. The workflow of its release says how many agree.
func (c *Client) WithdrawInRun(ctx context.Context, a *Author, w RunWithdrawal) (statement.Envelope, error) {
	d, err := c.Document(ctx, w.Document)
	if err != nil {
		return statement.Envelope{}, err
	}
	if d.State == nil || d.State.Status != register.DocumentCurrent {
		return statement.Envelope{}, fmt.Errorf("%s has no current version, as of size %d: there is nothing to withdraw", w.Document, d.Size)
	}
	subject := statement.Digest(d.State.Digest.Hash())
	if w.Spends == nil && w.Run != "" {
		t, err := c.RunTerms(ctx, w.Run)
		if err != nil {
			return statement.Envelope{}, err
		}
		released, err := c.Statement(ctx, statement.Digest(d.State.Statement))
		if err != nil {
			return statement.Envelope{}, err
		}
		decides := t
		if released.Run != "" && released.Run != w.Run {
			if decides, err = c.RunTerms(ctx, released.Run); err != nil {
				return statement.Envelope{}, err
			}
		}
		object := statement.DocumentObject{Document: w.Document, Version: d.State.Version}
		s := Spending{By: a.ID, Code: statement.DocumentWithdraw, Object: object, Subject: subject, Now: a.now()}
		if w.Spends, err = c.Spendable(ctx, t, s, WithdrawalOf(decides.Workflow)); err != nil {
			return statement.Envelope{}, err
		}
	}
	return a.WithdrawIn(InRun{Run: w.Run, Spends: w.Spends}, w.Document, d.State.Version, subject, w.Reason)
}
