package admission

import (
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// open judges request.open: E206, E303, E305.
func (e *entry) open(body *statement.OpenRequest) ([]Effect, error) {
	if err := e.by.checkVerb(e.c.Statement.Code); err != nil {
		return nil, err
	}
	if want, ok := body.Want.(statement.WantDocument); ok && !inAny(e.by.namespaces, want.Document) {
		return nil, refuse(CodeScope, "predicate.want.document", "document %q is outside the namespaces of identity %q", want.Document, e.by.id).at(e.by.last)
	}
	flow, d, err := e.workflow(body.Workflow)
	if err != nil {
		return nil, err
	}
	if flow != nil {
		if err := e.by.checkWorkflowID("predicate.workflow", flow.ID); err != nil {
			return nil, err
		}
	}
	run := e.c.Statement.Run
	if record, err := e.st.Record(register.RunKey(run)); err != nil {
		return nil, err
	} else if record != nil {
		return nil, refuse(CodeRunTaken, "predicate.run", "run %q exists: choose an id that was never used", run).at(record.Last)
	}
	if flow == nil {
		return nil, refuse(CodeWorkflow, "predicate.workflow", "no workflow has the text %s", body.Workflow)
	}
	if err := d.checkCurrentWorkflow(flow, body.Workflow); err != nil {
		return nil, err
	}
	event := register.RunBody{Status: register.RunOpen, Ref: register.WorkflowRef(register.SHA256Digest(body.Workflow))}
	return []Effect{e.runEvent(event)}, nil
}

// cancel judges request.cancel: E206, E301. Who asked may stop asking, as long as
// the run is open.
func (e *entry) cancel(body *statement.CancelRequest) ([]Effect, error) {
	if err := e.by.checkVerb(e.c.Statement.Code); err != nil {
		return nil, err
	}
	r, err := e.readRun()
	if err != nil {
		return nil, err
	}
	switch s := e.c.Statement; {
	case r == nil:
		return nil, refuse(CodeRun, "predicate.run", "run %q is unknown", s.Run)
	case r.requestor != e.by.id:
		return nil, refuse(CodeScope, "predicate.issuer", "run %q was asked for by %q, who alone cancels it", r.id, r.requestor).at(r.last)
	case statement.Digest(r.state.Request) != body.About:
		return nil, refuse(CodeRun, "predicate.about", "the request of run %q is %s", r.id, statement.Digest(r.state.Request)).at(r.last)
	case r.state.Workflow != register.SHA256Digest(s.Subject):
		return nil, refuse(CodeRun, "subject[0].digest.sha256", "must be the text of the run's workflow, %s", statement.Digest(r.state.Workflow.Hash())).at(r.last)
	}
	return nil, e.checkOpen(r, CodeRun, false)
}

// deny judges decision.deny: E401, E403. It is taken also when the run is closed:
// who decides against it says so.
func (e *entry) deny(body *statement.DenyDecision) error {
	r, err := e.readRun()
	if err != nil {
		return err
	}
	if err := r.checkAbout(e.c.Statement.Run, body.About); err != nil {
		return err
	}
	return e.checkMayDecide(r)
}

// checkMayDecide is E403 of decision.deny: who could approve what the run asks
// for may deny it.
func (e *entry) checkMayDecide(r *run) error {
	approval := r.flow.Approval
	if approval.Class == "human" && e.by.state.Class != register.ClassHuman {
		return refuse(CodeEligible, "predicate.issuer", "humans decide in workflow %q; identity %q is none", r.flow.ID, e.by.id).at(e.by.last)
	}
	if len(approval.Roles) > 0 && !slices.ContainsFunc(approval.Roles, e.by.holds) {
		return refuse(CodeEligible, "predicate.issuer", "identity %q holds none of the roles that decide in workflow %q: %v", e.by.id, r.flow.ID, approval.Roles).at(e.by.last)
	}
	if want, ok := r.request.Want.(statement.WantDocument); ok && !inAny(e.by.namespaces, want.Document) {
		return refuse(CodeEligible, "predicate.issuer", "document %q is outside the namespaces of identity %q", want.Document, e.by.id).at(e.by.last)
	}
	for _, id := range []string{r.requestor, r.request.Executor} {
		other, err := readIdentity(e.st, id)
		if err != nil {
			return err
		}
		if id == e.by.id || other != nil && other.state.Owner == e.by.state.Owner {
			return refuse(CodeEligible, "predicate.issuer", "identity %q is %q, who asks or executes, or has the same owner: another owner must decide", e.by.id, id).at(e.by.last)
		}
	}
	return nil
}
