package monitor

import (
	"slices"

	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// view is a run as the rules of the fold see it; ok is false when its workflow is
// not known here.
func (d *Detector) view(r *run) (v admission.RunView, ok bool) {
	v.Flow = d.flow(r.Text)
	state, err := register.ParseRunState(r.State)
	v.State, v.Request = state, &statement.OpenRequest{Executor: r.Executor}
	return v, err == nil && v.Flow != nil
}

// move applies an event to a run as the register does, and notes what ended it.
func (d *Detector) move(e Entry, r *run, body register.RunBody) {
	s := e.Statement
	body.Issuer, body.Statement = register.IdentityKey(s.Issuer), e.Digest
	next, err := register.NextState(register.TypeRun, r.State, uint8(s.Code), body.Marshal(), register.Entry{Index: e.Index, Time: uint64(e.Time)})
	if err != nil {
		return // no such event: the register has none either
	}
	r.State = next
	v, ok := d.view(r)
	if !ok || r.Closing.Text != "" || v.State.Status != register.RunSuccess && v.State.Status != register.RunAborted {
		return
	}
	r.Closing = e.mention()
	if len(v.Flow.Expects) > 0 {
		d.m.Timers.arm(e.Time+d.seconds("AL-10.expectsSeconds"), "expects", s.Run, 0)
	}
}

// tooLate says whether the time of a run is over.
func tooLate(v admission.RunView, now int64) bool {
	return uint64(now) >= v.State.Opened+uint64(v.Flow.MaxDurationSeconds)*1000
}

// ended says whether a run takes no more work. One whose steps are all done still
// takes optional steps, and its outcome.
func ended(r *run, v admission.RunView, now int64) bool {
	switch v.State.Status {
	case register.RunAborted, register.RunCancelled, register.RunDenied:
		return true
	case register.RunSuccess:
		return r.Outcome.Text != "" && r.Attempt == v.State.Attempt
	}
	return tooLate(v, now)
}

// observeOpen takes a request. AL-08: what a child takes must be what its parent
// put out.
func (d *Detector) observeOpen(e Entry, body *statement.OpenRequest) {
	s := e.Statement
	opened := register.RunBody{
		Status: register.RunOpen, Issuer: register.IdentityKey(s.Issuer), Statement: e.Digest,
		Ref: register.WorkflowRef(register.SHA256Digest(register.Hash(body.Workflow))),
	}
	state, err := register.NextState(register.TypeRun, nil, uint8(s.Code), opened.Marshal(), register.Entry{Index: e.Index, Time: uint64(e.Time)})
	if err != nil {
		return
	}
	r := &run{Request: e.mention(), Requestor: s.Issuer, Text: body.Workflow.String(), Executor: body.Executor, State: state}
	d.m.Runs.put(s.Run, r)
	if f := d.flow(r.Text); f != nil {
		d.m.Timers.arm(e.Time+int64(f.MaxDurationSeconds)*second+1, "duration", s.Run, e.Index)
	}
	d.observeParent(e, body)
}

// observeParent compares inputs with the outputs of the parent: one must be there,
// and a slot of both must hold the same.
func (d *Detector) observeParent(e Entry, body *statement.OpenRequest) {
	if body.Parent == "" || len(body.Inputs) == 0 {
		return
	}
	parent, ok := d.m.Runs.get(body.Parent)
	if !ok && !d.m.Runs.whole() {
		return
	}
	if ok {
		if f := d.flow(parent.Text); f == nil || f.Detail != "full" {
			return // its steps, and what they put out, are not in the log
		}
	}
	if !ok {
		parent = &run{}
	}
	joined := slices.ContainsFunc(body.Inputs, func(in statement.File) bool { return parent.putOut("", in.Digest.String()) })
	for _, in := range body.Inputs {
		joined = joined && (!parent.hasSlot(in.Name) || parent.putOut(in.Name, in.Digest.String()))
	}
	evidence := []mention{e.mention()}
	if ok {
		evidence = append(evidence, parent.Request)
	}
	if !joined {
		d.raise("AL-08", "parent", Med, e.Time, "", subject{e.Statement.Run, e.Statement.Issuer}, evidence...)
	}
}

// observeEnd takes a cancellation or a denial.
func (d *Detector) observeEnd(e Entry) {
	r, ok := d.m.Runs.get(e.Statement.Run)
	if !ok {
		return
	}
	status := register.RunCancelled
	if e.Statement.Code == statement.DecisionDeny {
		status = register.RunDenied
	}
	d.move(e, r, register.RunBody{Status: status})
}

// expireDuration: a run that nobody ended, in whatever way, is open too long.
func (d *Detector) expireDuration(t timer) {
	r, ok := d.m.Runs.get(t.Ref)
	if !ok || r.Request.Index != t.Mark {
		return
	}
	v, ok := d.view(r)
	if !ok || r.Outcome.Text != "" && r.Attempt == v.State.Attempt {
		return
	}
	switch v.State.Status {
	case register.RunOpen, register.RunPartial, register.RunFailed:
		d.raise("AL-08", "duration", Med, t.Due, "duration", subject{t.Ref, r.Executor}, r.Request)
	}
}

// maxOutputs bounds what is remembered of the outputs of one run.
const maxOutputs = 512

// put notes an output.
func (r *run) put(f file) {
	if slices.Contains(r.Outputs, f) {
		return
	}
	if len(r.Outputs) == maxOutputs {
		r.Overflow = true
		return
	}
	r.Outputs = append(r.Outputs, f)
}

// putOut says whether a run put out these bytes, in a slot or in any if it is
// empty; of a run with too many outputs to remember, everything.
func (r *run) putOut(slot, digest string) bool {
	return r.Overflow || slices.ContainsFunc(r.Outputs, func(o file) bool { return o.Digest == digest && (slot == "" || o.Name == slot) })
}

func (r *run) hasSlot(slot string) bool {
	return slices.ContainsFunc(r.Outputs, func(o file) bool { return o.Name == slot })
}
