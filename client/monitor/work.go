package monitor

import (
	"slices"

	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// observeIntent takes an intent: it waits for its done (AL-08), and may have spent
// a grant of access (AL-09).
func (d *Detector) observeIntent(e Entry, body *statement.IntendStep) {
	s := e.Statement
	i := &intent{Said: e.mention(), Issuer: s.Issuer, Run: s.Run, Step: body.Name, Attempt: body.Attempt}
	for _, spend := range s.Spends {
		i.Grants = append(i.Grants, spend.String())
		d.giveAccess(e, spend.String())
	}
	d.m.Intents.put(e.Digest.String(), i)
	d.m.Timers.arm(e.Time+d.seconds("AL-08.intentSeconds")+1, "intent", e.Digest.String(), 0)
	r, ok := d.m.Runs.get(s.Run)
	if !ok {
		return
	}
	if v, ok := d.view(r); ok {
		d.move(e, r, register.RunBody{Status: v.State.Status, Attempt: body.Attempt, Seq: body.Seq, Step: body.Name})
	}
}

func (d *Detector) expireIntent(t timer) {
	if i, ok := d.m.Intents.get(t.Ref); ok && !i.Done {
		d.raise("AL-08", "intent", Med, t.Due, "", subject{i.Run, i.Issuer}, i.Said)
	}
}

// observeDone takes a step.done. AL-07 and AL-09 say what it may not be; it stands
// in the log whatever it is.
func (d *Detector) observeDone(e Entry, body *statement.FinishStep) {
	s := e.Statement
	said := d.finish(s.Issuer, body)
	r, ok := d.m.Runs.get(s.Run)
	if !ok {
		if d.m.Runs.whole() {
			d.raise("AL-07", "unknownRun", Crit, e.Time, "", subject{s.Run, s.Issuer}, e.mention())
		}
		return
	}
	d.observeWider(e, body, said)
	v, ok := d.view(r)
	if !ok {
		return
	}
	if condition := d.outside(e, r, v, body, said); condition != "" {
		d.raise("AL-07", condition, Crit, e.Time, "", subject{s.Run, s.Issuer}, e.mention(), r.Request)
	}
	if v.CountsDone(body, s.Issuer) {
		for _, out := range body.Out {
			r.put(file{out.Name, out.Digest.String()})
		}
		d.observeRemoval(r, body)
	}
	if ended(r, v, e.Time) || v.State.Status == register.RunSuccess {
		return
	}
	event := register.RunBody{Status: v.State.Status, Attempt: body.Attempt, Seq: body.Seq, Step: body.Name}
	if v.CountsDone(body, s.Issuer) {
		event.Result = stepResults[body.Result]
		event.Status = d.statusAfter(e, r, v, event)
	}
	d.move(e, r, event)
}

var stepResults = map[string]uint8{"ok": register.ResultOK, "error": register.ResultError, "skipped": register.ResultSkipped}

// statusAfter is the status that a result leaves, as the fold derives it.
func (d *Detector) statusAfter(e Entry, r *run, v admission.RunView, event register.RunBody) uint8 {
	if v.Flow.Detail == "rolled" {
		return v.State.Status
	}
	event.Issuer, event.Statement = register.IdentityKey(e.Statement.Issuer), e.Digest
	next, err := register.NextState(register.TypeRun, r.State, uint8(e.Statement.Code), event.Marshal(), register.Entry{})
	if err != nil {
		return v.State.Status
	}
	if v.State, err = register.ParseRunState(next); err != nil {
		return v.State.Status
	}
	return v.Derived()
}

// finish marks the intent that a done names, if its signer says so, and returns it.
func (d *Detector) finish(by string, body *statement.FinishStep) *intent {
	if body.Intent == nil {
		return nil
	}
	i, ok := d.m.Intents.get(body.Intent.String())
	if !ok {
		return nil
	}
	i.Done = i.Done || i.Issuer == by
	return i
}

// outside is the first bound that a done is outside of, or "".
func (d *Detector) outside(e Entry, r *run, v admission.RunView, body *statement.FinishStep, said *intent) string {
	s := e.Statement
	i, known := d.m.Identities.get(s.Issuer)
	step := slices.IndexFunc(v.Flow.Steps, func(x statement.WorkflowStep) bool { return x.Name == body.Name })
	switch {
	case ended(r, v, e.Time):
		return "closedRun"
	case s.Issuer != r.Executor && (step < 0 || !slices.Contains(v.Flow.Steps[step].Actors, s.Issuer)), step < 0:
		return "actor"
	case known && !slices.Contains(i.Verbs, statement.StepDone.String()) && !slices.Contains(i.Verbs, statement.StepIntent.String()):
		return "verb"
	case !slices.Contains(v.Flow.Tools, body.Tool), known && i.Tools != nil && !slices.Contains(i.Tools, body.Tool):
		return "tool"
	case !slices.Contains(v.Flow.Targets, body.Target):
		return "target"
	case v.Flow.Steps[step].Gated && !d.gated(s.Run, body, said):
		return "gate"
	case len(v.Flow.Runners) > 0 && !slices.Contains(v.Flow.Runners, body.Runner):
		return "runner"
	case body.Policy.Verdict != "none" && !d.m.Bytes.has(body.Policy.Digest.String()) && d.m.Bytes.whole():
		return "policy"
	}
	return ""
}

// gated says whether the done of a gated step names an intent that let it be done.
func (d *Detector) gated(run string, body *statement.FinishStep, said *intent) bool {
	if said == nil {
		return body.Intent != nil && !d.m.Intents.whole()
	}
	return said.Run == run && said.Step == body.Name && said.Attempt == body.Attempt
}
