package admission

import (
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// workEffects is the event of a step.done or an outcome.close in its run, unless
// that is unknown or closed: then the statement is on record, and changes
// nothing. What counts for the run is what comes from those who are to do it.
func (e *entry) workEffects() ([]Effect, error) {
	r, err := e.readRun()
	if err != nil || r == nil || e.isOver(r) {
		return nil, err
	}
	body := register.RunBody{Status: r.state.Status}
	switch work := e.c.Statement.Body.(type) {
	case *statement.FinishStep:
		body.Attempt, body.Seq, body.Step = work.Attempt, work.Seq, work.Name
		if r.countsDone(work, e.by.id) {
			body.Result = stepResults[work.Result]
			body.Status, err = e.statusAfter(r, body)
		}
	case *statement.CloseOutcome:
		body.Attempt = work.Attempt
		if r.countsOutcome(work, e.by.id) {
			body.Result = outcomeClaims[work.Status]
			body.Status = r.statusClosed(work)
		}
	}
	return []Effect{e.runEvent(body)}, err
}

// isOver says whether a run takes no more work. One that its steps made a success
// takes the outcome that says so: work is done before it is reported.
func (e *entry) isOver(r *run) bool {
	if _, ok := e.c.Statement.Body.(*statement.CloseOutcome); ok && r.state.Status == register.RunSuccess {
		return e.pastEnd(r)
	}
	return e.checkOpen(r, CodeRun, false) != nil
}

// releaseEffects is the event of a release in its run: it meets the release step.
func (e *entry) releaseEffects() ([]Effect, error) {
	if e.run == nil {
		return nil, nil
	}
	body := register.RunBody{Status: e.run.state.Status}
	step := e.run.releaseStep()
	if step == nil {
		return []Effect{e.runEvent(body)}, nil
	}
	body.Step, body.Result = step.Name, register.ResultOK
	var err error
	body.Status, err = e.statusAfter(e.run, body)
	return []Effect{e.runEvent(body)}, err
}

// intentEffects is the event of an intent in its run, which goes on counting.
func (e *entry) intentEffects() []Effect {
	step := e.c.Statement.Body.(*statement.IntendStep).Step
	return []Effect{e.runEvent(register.RunBody{Status: e.run.state.Status, Attempt: step.Attempt, Seq: step.Seq, Step: step.Name})}
}

// releaseStep is the step that the run's release meets; nil: there is none.
func (r *run) releaseStep() *statement.WorkflowStep {
	i := slices.IndexFunc(r.flow.Steps, func(s statement.WorkflowStep) bool { return s.Release })
	if i < 0 {
		return nil
	}
	return &r.flow.Steps[i]
}

var (
	stepResults   = map[string]uint8{"ok": register.ResultOK, "error": register.ResultError, "skipped": register.ResultSkipped}
	outcomeClaims = map[string]uint8{
		"success": register.RunSuccess, "partial": register.RunPartial, "failed": register.RunFailed, "aborted": register.RunAborted,
	}
)

// countsDone says whether a done is by the executor or an actor of its step, in
// an attempt that the workflow allows. A release step is met by a release alone.
func (r *run) countsDone(work *statement.FinishStep, by string) bool {
	step := r.step(work.Name)
	if step == nil || step.Release || work.Attempt > r.lastAttempt() {
		return false
	}
	return by == r.request.Executor || slices.Contains(step.Actors, by)
}

// countsOutcome says whether an outcome is by the executor, of the newest attempt
// or a later one that the workflow allows.
func (r *run) countsOutcome(work *statement.CloseOutcome, by string) bool {
	return by == r.request.Executor && work.Attempt >= r.state.Attempt && work.Attempt <= r.lastAttempt()
}

// lastAttempt is the last one that counts: the last that the workflow allows, or
// one that an intent began later, with a grant that sets this aside.
func (r *run) lastAttempt() uint32 { return max(r.flow.MaxAttempts, r.state.Attempt) }

// statusAfter is the status that a done or a release leaves: derived from the results that the
// register then holds. Where the pipeline keeps the steps, only an outcome says
// how the run stands.
func (e *entry) statusAfter(r *run, body register.RunBody) (uint8, error) {
	if r.flow.Detail == "rolled" {
		return r.state.Status, nil
	}
	kind := uint8(e.c.Statement.Code)
	event := e.runEvent(body)
	next, err := register.NextState(register.TypeRun, r.state.Marshal(), kind, event.Body, register.Entry{})
	if err != nil {
		return 0, err
	}
	state, err := register.ParseRunState(next)
	return deriveStatus(r.flow, state.Steps), err
}

// statusClosed is the status that an outcome leaves. It is derived, whatever the
// outcome claims, but for two claims: that the executor gave up, unless all is
// done; and that of steps which the pipeline keeps, if their root is here.
func (r *run) statusClosed(work *statement.CloseOutcome) uint8 {
	claimed := outcomeClaims[work.Status]
	if r.state.Status == register.RunSuccess {
		return register.RunSuccess
	}
	if r.flow.Detail == "rolled" {
		if work.Steps == nil && claimed != register.RunAborted {
			return register.RunPartial
		}
		return claimed
	}
	derived := deriveStatus(r.flow, r.state.Steps)
	if claimed == register.RunAborted && derived != register.RunSuccess {
		return claimed
	}
	return derived
}

// deriveStatus: success when every required step is ok; failed when no step is;
// else partial.
func deriveStatus(flow *statement.Workflow, steps []register.StepState) uint8 {
	ok := make([]string, 0, len(steps))
	for _, s := range steps {
		if s.Result == register.ResultOK {
			ok = append(ok, s.Name)
		}
	}
	missing := slices.ContainsFunc(flow.Steps, func(s statement.WorkflowStep) bool { return s.Required && !slices.Contains(ok, s.Name) })
	switch {
	case !missing:
		return register.RunSuccess
	case len(ok) == 0:
		return register.RunFailed
	}
	return register.RunPartial
}
