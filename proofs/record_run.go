package proofs

import (
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A RunRecord is all that a log had on record of a run, as of one checkpoint. "All"
// means all that it admitted: evidence may come late, also after an outcome.
type RunRecord struct {
	AsOf
	ID       string
	Status   string // derived by the log from the steps; empty: proven that there is no such run
	Claimed  string // by the newest outcome that counts; empty: there is none
	Closed   bool   // no authority follows: success, aborted, cancelled or denied. Partial and failed may be tried again
	Request  statement.Digest
	Workflow statement.Digest // SHA-256 of its text
	Opened   Bound
	Attempt  uint32 // newest; 0 before the first
	Steps    []register.StepState
	Events   []RunEvent
}

// RunEvent is one statement that belongs to the run.
type RunEvent struct {
	Bound
	Code      statement.Code
	Statement statement.Digest
	Issuer    register.Key // of the identity; see register.IdentityKey
	Status    string       // of the run after it
	Attempt   uint32       // 0: it names none
	Seq       uint32       // 0: it names none
	Step      string       // empty: it names none
	Result    string       // ok, error, skipped; of an outcome the status that it claims; empty: it changed nothing
	Grant     *register.Key
}

// RunComplete proves the whole of a run, as of the staple's checkpoint: every
// statement that belongs to it, in order, and the status that follows. events is
// the whole history of its register. A staple that shows the absence of the
// register, with no events, proves that there is no such run. Whether enough
// cosigners signed the checkpoint is the caller's to judge, by Quorum. The error, a
// *CheckError, names the check that failed.
func (v Verifier) RunComplete(staple *Receipt, run string, events []OpenedEvent) (RunRecord, error) {
	as, h, err := v.openRecord(staple, register.TypeRun, run, events)
	if err != nil {
		return RunRecord{}, err
	}
	r := RunRecord{AsOf: as, ID: run}
	if h.proof.Value == nil {
		return r, nil
	}
	state, err := register.ParseRunState(h.state)
	if err != nil {
		return RunRecord{}, &CheckError{Name: CheckHistory, Err: err}
	}
	r.Status, r.Claimed, r.Attempt, r.Steps = runStatus(state.Status), runStatus(state.Claimed), state.Attempt, state.Steps
	r.Request, r.Workflow = statement.Digest(state.Request), statement.Digest(state.Workflow.Hash())
	r.Opened = Bound{Index: events[0].Index, Time: int64(events[0].Time)}
	switch state.Status {
	case register.RunSuccess, register.RunAborted, register.RunCancelled, register.RunDenied:
		r.Closed = true
	}
	for i := range events {
		e, err := runEventOf(&events[i])
		if err != nil {
			return RunRecord{}, &CheckError{Name: CheckHistory, Err: err}
		}
		r.Events = append(r.Events, e)
	}
	return r, nil
}

func runEventOf(e *OpenedEvent) (RunEvent, error) {
	body, err := register.ParseRunBody(e.Body)
	out := RunEvent{
		Bound: Bound{Index: e.Index, Time: int64(e.Time)}, Code: statement.Code(e.Kind), Statement: statement.Digest(body.Statement),
		Issuer: body.Issuer, Status: runStatus(body.Status), Attempt: body.Attempt, Seq: body.Seq, Step: body.Step,
	}
	if out.Result = resultName(body.Result); out.Code == statement.OutcomeClose {
		out.Result = runStatus(body.Result)
	}
	if grant := register.Key(body.Ref[1:]); out.Code.Kind() == "decision" && grant != (register.Key{}) {
		out.Grant = &grant
	}
	return out, err
}

// resultName returns the name of a step's result; "" for none.
func resultName(result uint8) string {
	names := [...]string{register.ResultOK: "ok", register.ResultError: "error", register.ResultSkipped: "skipped"}
	if int(result) >= len(names) {
		return ""
	}
	return names[result]
}
