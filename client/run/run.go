package run

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/spool"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// Options say what a run is for. What is left out is usual.
type Options struct {
	ID          string           // of the run; empty: one is made
	Workflow    string           // id (mandatory)
	Want        statement.Want   // nil: a task named "run"
	Inputs      []statement.File // what it starts from; none: nothing
	Requestor   *client.Author   // who asks; nil: the executor
	Trigger     string           // empty: api
	Parent      string           // run that this one is a part of
	Traceparent string           // W3C trace context
	Spool       *spool.Spool     // for evidence; nil: what the log does not take now is an error
}

// A Run is one run of a workflow, as its executor records it. It is not safe for
// concurrent use.
type Run struct {
	client *client.Client
	author *client.Author
	spool  *spool.Spool
	known  known
	flow   *statement.Workflow
}

// An Unanswered error says that it is not known whether the log has a statement. The
// same bytes may be submitted again: the log takes them once.
type Unanswered struct {
	Envelope statement.Envelope
	Err      error
}

func (e *Unanswered) Error() string {
	return fmt.Sprintf("it is not known whether the log has the statement: submit the same bytes again: %v", e.Err)
}

// Unwrap returns why.
func (e *Unanswered) Unwrap() error { return e.Err }

// Open asks for a run of the workflow's current version, with the author as its
// executor, and so opens it.
func Open(ctx context.Context, c *client.Client, author *client.Author, o Options) (*Run, error) {
	t, w, err := c.Workflow(ctx, o.Workflow)
	if err != nil {
		return nil, err
	}
	if w == nil {
		return nil, fmt.Errorf("no workflow has the id %s, as of size %d (proven)", o.Workflow, t.Size)
	}
	request := client.Request{
		Run: o.ID, Workflow: t.Digest, Trigger: cmp.Or(o.Trigger, "api"), Inputs: o.Inputs, Executor: author.ID, Want: o.Want,
		Parent: o.Parent, Traceparent: o.Traceparent,
	}
	if request.Run == "" {
		if request.Run, err = newID(author); err != nil {
			return nil, err
		}
	}
	if request.Want == nil {
		request.Want = statement.WantTask{Task: "run"}
	}
	e, err := cmp.Or(o.Requestor, author).OpenRequest(request)
	if err != nil {
		return nil, err
	}
	r := &Run{client: c, author: author, spool: o.Spool, flow: w}
	if _, err := r.authority(ctx, e); err != nil {
		return nil, err
	}
	r.known = known{
		Run: request.Run, Request: digest(statement.DigestOf(e.Payload)), Executor: author.ID, Workflow: t.Text, Attempt: 1,
		Results: make(map[string]string),
	}
	return r, nil
}

// newID makes an id for a run: the day by the author's clock, and chance.
func newID(a *client.Author) (string, error) {
	now := time.Now
	if a.Now != nil {
		now = a.Now
	}
	var b [10]byte
	_, err := rand.Read(b[:])
	return "run-" + now().UTC().Format("20060102") + "-" + hex.EncodeToString(b[:]), err
}

// Join takes part in a run that is open, as the author: its executor, or an actor of
// one of its steps.
func Join(ctx context.Context, c *client.Client, author *client.Author, id string, s *spool.Spool) (*Run, error) {
	r := &Run{client: c, author: author, spool: s}
	return r, r.Refresh(ctx, id)
}

// Refresh reads from the log how the run stands, what others did in it included.
func (r *Run) Refresh(ctx context.Context, id string) error {
	t, err := r.client.RunTerms(ctx, id)
	if err != nil {
		return err
	}
	if err := r.known.learn(t, r.author.ID); err != nil {
		return err
	}
	r.flow, r.known.Late = t.Workflow, ""
	return nil
}

// Marshal returns what Resume needs, as JSON. Keep it after each step, to report on
// the run also when the log is out of reach.
func (r *Run) Marshal() ([]byte, error) { return json.Marshal(r.known) }

// Resume goes on with a run from what Marshal gave, without the log. Evidence says
// that it is late: the log could not be asked.
func Resume(c *client.Client, author *client.Author, kept []byte, s *spool.Spool) (*Run, error) {
	r := &Run{client: c, author: author, spool: s}
	if err := json.Unmarshal(kept, &r.known); err != nil {
		return nil, fmt.Errorf("what is kept of the run: %w", err)
	}
	var err error
	if r.flow, err = r.known.flow(); err != nil {
		return nil, err
	}
	r.known.Late = offline
	return r, nil
}

// offline is why evidence comes late that was signed while the log was out of reach.
const offline = "offline"

// ID is the id of the run.
func (r *Run) ID() string { return r.known.Run }

// Request is the statement digest of its request.
func (r *Run) Request() statement.Digest { return statement.Digest(r.known.Request) }

// Workflow is the workflow as the request pinned it.
func (r *Run) Workflow() *statement.Workflow { return r.flow }

// Attempt is the attempt that the run is in, from 1.
func (r *Run) Attempt() uint32 { return r.known.Attempt }

// Retry begins the next attempt: what was done in the one before carries over.
func (r *Run) Retry() { r.known.Attempt, r.known.Seq = r.known.Attempt+1, 0 }

// Status is the status that the steps give so far, and the required steps that are
// not ok.
func (r *Run) Status() (status string, missing []string) { return derive(r.flow, r.known.Results) }

// resends is how often a statement is submitted again at once when no answer comes.
const resends = 2

// authority submits a statement that cannot wait. A lost reply is asked for again,
// with the same bytes.
func (r *Run) authority(ctx context.Context, e statement.Envelope) (*proofs.Receipt, error) {
	var err error
	for range 1 + resends {
		var receipt *proofs.Receipt
		if receipt, _, err = r.client.Submit(ctx, e); err == nil {
			return receipt, nil
		}
		var refused *client.Refused
		if errors.As(err, &refused) && refused.Status < 500 {
			return nil, err
		}
		if !errors.Is(err, client.ErrUnreachable) || ctx.Err() != nil {
			break
		}
	}
	return nil, &Unanswered{Envelope: e, Err: err}
}

// evidence brings a statement to the log, through the spool if there is one. The
// error is a *spool.WaitsError if it waits there.
func (r *Run) evidence(ctx context.Context, e statement.Envelope) (*proofs.Receipt, error) {
	if r.spool == nil {
		return r.authority(ctx, e)
	}
	receipt, err := r.spool.Emit(ctx, r.client, e)
	var waits *spool.WaitsError
	if errors.As(err, &waits) {
		r.known.Late = offline
	} else if err == nil {
		r.known.Late = ""
	}
	return receipt, err
}
