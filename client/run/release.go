package run

import (
	"cmp"
	"context"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// Release releases a file as the next version of a document, spending the approvals of
// the run for exactly that. to are the identities that it is meant for. Without the
// approvals it is a *client.MissingApprovals, and nothing is signed. If it is an
// [Unanswered] error, submit its envelope again before anything else.
func (r *Run) Release(ctx context.Context, document string, f client.File, to []string) (*proofs.Receipt, error) {
	e, err := r.client.ReleaseInRun(ctx, r.author, client.RunRelease{Run: r.ID(), Document: document, File: f, To: to})
	if err != nil {
		return nil, err
	}
	receipt, err := r.authority(ctx, e)
	if err != nil {
		return nil, err
	}
	for _, s := range r.flow.Steps {
		if s.Release {
			r.known.Results[s.Name] = "ok"
		}
	}
	final := digest(f.Digest)
	r.known.Final = &final
	return receipt, nil
}

// A Closed outcome is how a run ended, as its executor says it and the steps give it.
type Closed struct {
	Status  string // success, partial, failed or aborted
	Missing []string
	Cause   string // unless success
	Receipt *proofs.Receipt
}

// Close says how the attempt ended: what the steps give, those of others included as
// far as the log can be asked. With a *spool.WaitsError the outcome is said too: it
// waits for the log.
func (r *Run) Close(ctx context.Context) (*Closed, error) { return r.close(ctx, false) }

// Abort says that the executor gave up. If every required step is ok it is a success
// all the same, for the log.
func (r *Run) Abort(ctx context.Context) (*Closed, error) { return r.close(ctx, true) }

func (r *Run) close(ctx context.Context, abort bool) (*Closed, error) {
	if err := r.Refresh(ctx, r.ID()); err != nil && r.spool == nil {
		return nil, err
	} else if err != nil {
		r.known.Late = offline
	}
	c := &Closed{}
	if c.Status, c.Missing = r.Status(); abort {
		c.Status = "aborted"
	}
	if c.Status != "success" {
		c.Cause = cmp.Or(r.known.Cause, "internal")
	}
	steps, err := r.rolledSteps()
	if err != nil {
		return nil, err
	}
	outcome := statement.CloseOutcome{
		Attempt: r.known.Attempt, Status: c.Status, Cause: c.Cause, Missing: c.Missing, Steps: steps, Assurance: "producer-signed",
	}
	e, err := r.author.CloseOutcome(r.ID(), r.Request(), outcome, (*statement.Digest)(r.known.Final), r.known.Late)
	if err != nil {
		return nil, err
	}
	c.Receipt, err = r.evidence(ctx, e)
	return c, err
}
