package admission

import (
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A run is one that a statement is about, as of right before it.
type run struct {
	id        string
	state     register.RunState
	last      uint64 // entry of its newest event
	request   *statement.OpenRequest
	requestor string
	flow      *statement.Workflow // as the request pinned it
}

// readRun reads the run that the statement names; nil: there is none.
func (e *entry) readRun() (*run, error) { return e.readRunOf(e.c.Statement.Run) }

// readRunOf reads a run, its request and its workflow; nil: there is none.
func (e *entry) readRunOf(id string) (*run, error) {
	record, err := e.st.Record(register.RunKey(id))
	if err != nil || record == nil {
		return nil, err
	}
	r := &run{id: id, last: record.Last}
	if r.state, err = register.ParseRunState(record.State); err != nil {
		return nil, err
	}
	request, err := e.fold.named(e.st, r.state.Request)
	if err != nil {
		return nil, err
	}
	r.request, r.requestor = request.request, request.issuer
	if r.flow, _, err = e.workflow(r.state.Workflow.Hash()); err != nil {
		return nil, err
	}
	if r.request == nil || r.flow == nil {
		return nil, fmt.Errorf("admission: the register of run %q names no request, or no workflow", id)
	}
	return r, nil
}

// checkOpen is E301, of a decision E401: a run that ended takes no more authority.
// It ends when its status says so, or its time is over, unless overtime is granted.
func (e *entry) checkOpen(r *run, code string, overtime bool) error {
	switch r.state.Status {
	case register.RunSuccess, register.RunAborted, register.RunCancelled, register.RunDenied:
		return refuse(code, "predicate.run", "run %q is closed: %s", r.id, runStatusName(r.state.Status)).at(r.last)
	}
	if !overtime && e.pastEnd(r) {
		return refuse(code, "predicate.run", "run %q is closed: it could last until %s; open another", r.id, statement.FormatTime(int64(r.end()))).at(r.last)
	}
	return nil
}

// end is the first millisecond at which the run lasted too long.
func (r *run) end() uint64 { return r.state.Opened + uint64(r.flow.MaxDurationSeconds)*1000 }

func (e *entry) pastEnd(r *run) bool { return uint64(e.time) >= r.end() }

func runStatusName(status uint8) string {
	return [...]string{
		register.RunOpen: "open", register.RunSuccess: "success", register.RunPartial: "partial", register.RunFailed: "failed",
		register.RunAborted: "aborted", register.RunCancelled: "cancelled", register.RunDenied: "denied",
	}[status]
}

// runEffects is the event of a statement in the run that it names, if that
// exists. Whatever names a run stands in its history.
func (e *entry) runEffects() ([]Effect, error) {
	s := e.c.Statement
	switch s.Body.(type) {
	case *statement.OpenRequest:
		return nil, nil // opened it
	case *statement.FinishStep, *statement.CloseOutcome:
		return e.workEffects()
	case *statement.ReleaseDocument:
		return e.releaseEffects()
	case *statement.IntendStep:
		return e.intentEffects(), nil
	}
	if s.Run == "" {
		return nil, nil
	}
	record, err := e.st.Record(register.RunKey(s.Run))
	if err != nil || record == nil {
		return nil, err
	}
	state, err := register.ParseRunState(record.State)
	if err != nil {
		return nil, err
	}
	body := register.RunBody{Status: state.Status}
	switch decision := s.Body.(type) {
	case *statement.CancelRequest:
		body.Status = register.RunCancelled
	case *statement.DenyDecision:
		body.Status = register.RunDenied
	case *statement.GrantDecision:
		body.Ref = register.GrantRef(register.GrantKey(e.c.Digest))
	case *statement.RevokeDecision:
		body.Ref = register.GrantRef(register.GrantKey(decision.About))
	}
	return []Effect{e.runEvent(body)}, nil
}

// runEvent is an event of the run that the statement names.
func (e *entry) runEvent(body register.RunBody) Effect {
	s := e.c.Statement
	body.Issuer, body.Statement = register.IdentityKey(s.Issuer), e.c.Digest
	return Effect{Key: register.RunKey(s.Run), Type: register.TypeRun, Kind: uint8(s.Code), Body: body.Marshal()}
}
