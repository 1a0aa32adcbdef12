package admission

import (
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// intend judges step.intent: E206, E301, E402, E501, E502, then its grants. A
// step that the workflow gates needs them; any other spends those that it names.
func (e *entry) intend(body *statement.IntendStep) ([]Effect, error) {
	if err := e.by.checkVerb(e.c.Statement.Code); err != nil {
		return nil, err
	}
	if err := e.enterRun(); err != nil {
		return nil, err
	}
	step := e.run.step(body.Name)
	if err := e.checkActor(step); err != nil {
		return nil, err
	}
	if err := e.checkStep(body, step); err != nil {
		return nil, err
	}
	if err := e.checkAttempt(body); err != nil {
		return nil, err
	}
	if err := e.checkSeq(body); err != nil {
		return nil, err
	}
	enough := func([]*grant) error { return nil }
	if step.Gated {
		enough = e.approvedBy(e.run.flow)
	}
	return e.spend(e.stepBond(body), enough)
}

// stepBond is what grants for the step are for: the request is their subject.
// Where that wants access, they bind to what.
func (e *entry) stepBond(body *statement.IntendStep) bond {
	object := body.Object()
	if want, ok := e.run.request.Want.(statement.WantAccess); ok {
		object.Resource, object.Privilege = want.Resource, want.Privilege
	}
	b := e.bond(object, e.run.state.Request)
	b.subject = register.SHA256Digest(statement.Digest(e.run.state.Request))
	return b
}

// checkStep is E501: a step of the workflow, with a tool and a target of it, and
// a tool of the own, if the own terms list any.
func (e *entry) checkStep(body *statement.IntendStep, step *statement.WorkflowStep) error {
	flow := e.run.flow
	switch {
	case step == nil:
		return refuse(CodeBounds, "predicate.step", "workflow %q has no step %q", flow.ID, body.Name).at(e.run.last)
	case !slices.Contains(flow.Tools, body.Tool):
		return refuse(CodeBounds, "predicate.tool", "workflow %q uses the tools %v, not %q", flow.ID, flow.Tools, body.Tool).at(e.run.last)
	case e.by.tools != nil && !slices.Contains(e.by.tools, body.Tool):
		return refuse(CodeBounds, "predicate.tool", "identity %q uses the tools %v, not %q", e.by.id, e.by.tools, body.Tool).at(e.by.last)
	case !slices.Contains(flow.Targets, body.Target):
		return refuse(CodeBounds, "predicate.target", "workflow %q acts on the targets %v, not on %q", flow.ID, flow.Targets, body.Target).at(e.run.last)
	}
	return nil
}

// checkAttempt is E502: the newest attempt of the run, or the one after an
// outcome, and no more than the workflow allows.
func (e *entry) checkAttempt(body *statement.IntendStep) error {
	const field = "predicate.attempt"
	aside, err := e.setsAside("maxAttempts")
	if err != nil {
		return err
	}
	newest := max(e.run.state.Attempt, 1)
	switch most := e.run.flow.MaxAttempts; {
	case body.Attempt > most && !aside:
		return refuse(CodeAttempt, field, "workflow %q allows %d attempts", e.run.flow.ID, most).at(e.run.last)
	case body.Attempt < newest:
		return refuse(CodeAttempt, field, "run %q is in attempt %d already", e.run.id, newest).at(e.run.last)
	case body.Attempt == newest:
		return nil
	}
	ended, err := e.lastEnded()
	if err != nil {
		return err
	}
	if body.Attempt > ended+1 {
		return refuse(CodeAttempt, field, "attempt %d of run %q has no outcome yet: close it first", body.Attempt-1, e.run.id).at(e.run.last)
	}
	return nil
}

// lastEnded is the attempt that the newest outcome of the run is of; 0: it has none.
func (e *entry) lastEnded() (uint32, error) {
	if e.run.state.Claimed == 0 {
		return 0, nil
	}
	outcome, err := e.fold.named(e.st, e.run.state.Outcome)
	return outcome.attempt, err
}

// checkSeq is E502: the signer counts on in its attempt, from 1.
func (e *entry) checkSeq(body *statement.IntendStep) error {
	next := uint32(1)
	if body.Attempt == e.run.state.Attempt {
		id := register.IdentityKey(e.by.id)
		for _, s := range e.run.state.Signers {
			if s.Identity == id {
				next = s.Next
			}
		}
	}
	if body.Seq == next {
		return nil
	}
	return refuse(CodeAttempt, "predicate.seq", "identity %q is at seq %d of attempt %d in run %q, not at %d", e.by.id, next, body.Attempt, e.run.id, body.Seq).at(e.run.last)
}

// step finds a step of the run's workflow; nil: there is none of this name.
func (r *run) step(name string) *statement.WorkflowStep {
	i := slices.IndexFunc(r.flow.Steps, func(s statement.WorkflowStep) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &r.flow.Steps[i]
}
