package monitor

import (
	"slices"

	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

var outcomeClaims = map[string]uint8{
	"success": register.RunSuccess, "partial": register.RunPartial, "failed": register.RunFailed, "aborted": register.RunAborted,
}

// observeOutcome takes an outcome: AL-05 and AL-07; AL-06 waits for what follows.
func (d *Detector) observeOutcome(e Entry, body *statement.CloseOutcome) {
	s := e.Statement
	about := subject{s.Run, s.Issuer}
	r, ok := d.m.Runs.get(s.Run)
	if !ok {
		if d.m.Runs.whole() {
			d.raise("AL-07", "unknownRun", Crit, e.Time, "", about, e.mention())
		}
		return
	}
	v, ok := d.view(r)
	if !ok {
		return
	}
	switch {
	case ended(r, v, e.Time):
		d.raise("AL-07", "closedRun", Crit, e.Time, "", about, e.mention(), r.Request)
		return
	case s.Issuer != r.Executor:
		d.raise("AL-07", "actor", Crit, e.Time, "", about, e.mention(), r.Request)
		return
	case !v.CountsOutcome(body, s.Issuer):
		return // of an attempt that is over, or that the workflow does not allow
	}
	if condition := misclaimed(v, body); condition != "" {
		d.raise("AL-05", condition, High, e.Time, "", about, e.mention(), r.Request)
	}
	r.Outcome, r.Attempt, r.Acked = e.mention(), body.Attempt, false
	status := v.StatusClosed(body)
	d.move(e, r, register.RunBody{Status: status, Attempt: body.Attempt, Result: outcomeClaims[body.Status]})
	if status == register.RunPartial || status == register.RunFailed {
		d.m.Timers.arm(e.Time+d.retryWindow(v.Flow), "retry", s.Run, e.Index)
	}
}

func (d *Detector) retryWindow(f *statement.Workflow) int64 {
	if f.RetryWindowSeconds > 0 {
		return int64(f.RetryWindowSeconds) * second
	}
	return d.seconds("AL-06.retrySeconds")
}

// misclaimed says how an outcome differs from what the steps give, or "".
func misclaimed(v admission.RunView, body *statement.CloseOutcome) string {
	if v.Flow.Detail == "rolled" {
		if body.Steps == nil && body.Status != "aborted" {
			return "rolled"
		}
		return ""
	}
	var missing []string
	for _, step := range v.Flow.Steps {
		done := slices.ContainsFunc(v.State.Steps, func(s register.StepState) bool { return s.Name == step.Name && s.Result == register.ResultOK })
		if step.Required && !done {
			missing = append(missing, step.Name)
		}
	}
	claimed := slices.Clone(body.Missing)
	slices.Sort(missing)
	slices.Sort(claimed)
	if outcomeClaims[body.Status] != v.StatusClosed(body) || !slices.Equal(missing, claimed) {
		return "status"
	}
	return ""
}

// expireRetry: a later attempt, another outcome, an end or an acknowledgement is
// enough.
func (d *Detector) expireRetry(t timer) {
	r, ok := d.m.Runs.get(t.Ref)
	if !ok || r.Outcome.Index != t.Mark || r.Acked {
		return
	}
	v, ok := d.view(r)
	if !ok || v.State.Attempt > r.Attempt || v.State.Status != register.RunPartial && v.State.Status != register.RunFailed {
		return
	}
	d.raise("AL-06", "retry", Med, t.Due, "", subject{t.Ref, r.Executor}, r.Outcome, r.Request)
}

// observeAlert notes what an alert is about, for its acknowledgement.
func (d *Detector) observeAlert(e Entry, body *statement.AlertFinding) {
	if len(body.Evidence) > 0 {
		d.m.Alerts.put(e.Digest.String(), body.Evidence[0].String())
	}
}

// observeAck takes an acknowledgement, of an outcome or of an alert about one.
func (d *Detector) observeAck(about statement.Digest) {
	name := about.String()
	if first, ok := d.m.Alerts.get(name); ok {
		name = first
	}
	id, _ := d.m.RunOf.get(name)
	if r, ok := d.m.Runs.get(id); ok && r.Outcome.Text == name {
		r.Acked = true
	}
}
