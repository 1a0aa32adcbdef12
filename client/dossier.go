package client

import (
	"cmp"
	"context"
	"slices"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A Dossier is all that the log has on one run as of Size. That no statement of the
// run is missing is proven, and so is each grant's whole history; what Attests holds
// beyond the run's own statements is what a search found.
type Dossier struct {
	Run     string
	Size    uint64 // leaves of the tree that the answer speaks for
	History *History
	State   *register.RunState // nil: proven that no request opened it
	Record  proofs.RunRecord   // the same as the verifier reads it
	Events  []RunEvent         // every statement of the run, in their order

	Request  *statement.OpenRequest // of the first event
	Workflow *WorkflowText          // that the request pinned
	Grants   []*GrantHistory        // given in the run, or spent by its statements
	Attests  []Attest               // what others saw, by entry
}

// A RunEvent is a statement of a run, and what the run's register says of it.
type RunEvent struct {
	*Entry
	Body  register.RunBody
	Owner register.Hash // of the issuer as of the entry: the hash of its owner's id
}

// A WorkflowText is a version of a workflow as it stands in the log.
type WorkflowText struct {
	*statement.Workflow
	Digest  statement.Digest // of the text
	Defined *Entry           // what put it in force; Spends names who agreed
}

// Dossier fetches the whole history of a run, every statement of it, its workflow's
// text, and the whole history of each grant that was given or spent in it. Each
// statement is compared with its event, and its key with its issuer's as of the entry.
// An event or a statement that is missing, changed, or of another run is a
// *HistoryError.
func (c *Client) Dossier(ctx context.Context, run string) (*Dossier, error) {
	r := c.newReader()
	h, err := r.History(ctx, register.TypeRun, run)
	if err != nil {
		return nil, err
	}
	d := &Dossier{Run: run, Size: h.Size, History: h}
	if d.Record, err = c.Verifier.RunComplete(h.Staple, run, h.Opened()); err != nil {
		return nil, h.wrong("%v", err)
	}
	if h.State == nil {
		return d, nil
	}
	state, err := register.ParseRunState(h.State)
	if err != nil {
		return nil, h.wrong("%v", err)
	}
	d.State = &state
	for _, read := range []func(context.Context, *Dossier) error{r.events, r.workflow, r.status, r.grants, r.attests} {
		if err := read(ctx, d); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// events reads the statements of the run.
func (r *reader) events(ctx context.Context, d *Dossier) error {
	entries, err := r.statements(ctx, d.History)
	if err != nil {
		return err
	}
	for i, e := range entries {
		body, err := register.ParseRunBody(d.History.Bodies[i])
		if err != nil {
			return d.History.wrong("event %d: %v", i, err)
		}
		signer, err := r.signer(ctx, e)
		if err != nil {
			return err
		}
		d.Events = append(d.Events, RunEvent{Entry: e, Body: body, Owner: signer.Owner})
	}
	request, ok := d.Events[0].Statement.Body.(*statement.OpenRequest)
	if !ok || d.State.Workflow != register.SHA256Digest(register.Hash(request.Workflow)) {
		return d.History.wrong("its first event is no request for the workflow that its state names")
	}
	d.Request = request
	return nil
}

// workflow reads the text that the request pinned: some entry that released these
// bytes as a workflow. Its digest says that it is the text.
func (r *reader) workflow(ctx context.Context, d *Dossier) error {
	digest := d.Request.Workflow
	h, err := r.History(ctx, register.TypeDigest, digest.String())
	if err != nil {
		return err
	}
	for i, event := range h.Events {
		if event.Kind != register.DigestReleased {
			continue
		}
		e, err := r.entry(ctx, event.Index)
		if notFound(err) {
			return h.wrong("the statement of event %d, entry %d, is withheld", i, event.Index)
		}
		if err != nil {
			return err
		}
		define, ok := e.Statement.Body.(*statement.DefineWorkflow)
		if !ok || e.Statement.Subject != digest {
			continue
		}
		flow, err := define.Workflow()
		if err != nil {
			return r.unusable("the workflow of entry %d: %v", e.Index, err)
		}
		d.Workflow = &WorkflowText{Workflow: flow, Digest: digest, Defined: e}
		return nil
	}
	return h.wrong("no entry defines a workflow with this text, but run %q pins it", d.Run)
}

// grants reads each grant that the run's statements give or spend.
func (r *reader) grants(ctx context.Context, d *Dossier) error {
	var wanted []statement.Digest
	for _, e := range d.Events {
		if e.Statement.Code == statement.DecisionGrant {
			wanted = append(wanted, e.Digest)
		}
		for _, m := range e.Statement.Mentions() {
			if m.Of == statement.MentionGrant {
				wanted = append(wanted, statement.Digest([]byte(m.Value)))
			}
		}
	}
	for i, digest := range wanted {
		if slices.Contains(wanted[:i], digest) {
			continue
		}
		g, err := r.grant(ctx, digest)
		if err != nil {
			return err
		}
		if g.State == nil {
			return g.History.wrong("run %q names it, but there is no such grant", d.Run)
		}
		if _, err := r.signer(ctx, g.Given); err != nil {
			return err
		}
		d.Grants = append(d.Grants, g)
	}
	slices.SortFunc(d.Grants, func(a, b *GrantHistory) int { return cmp.Compare(a.Given.Index, b.Given.Index) })
	return nil
}

// status holds the status of the register against the steps: it is derived, where
// the steps are in the log and nothing else ended the run.
func (r *reader) status(_ context.Context, d *Dossier) error {
	s := d.State.Status
	if d.Workflow.Detail != "full" || s != register.RunSuccess && s != register.RunPartial && s != register.RunFailed {
		return nil
	}
	if want := derivedStatus(d.Workflow.Workflow, d.State.Steps); s != want {
		return d.History.wrong("its status is %d, but its steps give %d", s, want)
	}
	return nil
}

// derivedStatus: success when every required step is ok, failed when no step is,
// else partial.
func derivedStatus(flow *statement.Workflow, steps []register.StepState) uint8 {
	ok := make(map[string]bool)
	for _, s := range steps {
		if s.Result == register.ResultOK {
			ok[s.Name] = true
		}
	}
	for _, s := range flow.Steps {
		if s.Required && !ok[s.Name] {
			if len(ok) == 0 {
				return register.RunFailed
			}
			return register.RunPartial
		}
	}
	return register.RunSuccess
}
