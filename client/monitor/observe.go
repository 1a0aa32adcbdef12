package monitor

import (
	"slices"

	"github.com/docketlog/docket/proofs/statement"
)

// observe judges one entry, then takes it into memory. Rules that compare it with
// what was before see the memory as of right before the entry.
func (d *Detector) observe(e Entry) {
	s := e.Statement
	d.observeClock(e)
	d.observeUse(e)
	d.observeNaming(e, s)
	if s.Run != "" {
		d.m.RunOf.put(e.Digest.String(), s.Run)
	}
	switch body := s.Body.(type) {
	case *statement.SetPolicy:
		d.observePolicy(e, body)
	case *statement.DefineWorkflow:
		d.observeDefine(e, body)
	case *statement.RetireWorkflow:
		d.observeChange(e, "workflow", subject{identity: s.Issuer})
	case *statement.OpenRequest:
		d.observeOpen(e, body)
	case *statement.CancelRequest, *statement.DenyDecision:
		d.observeEnd(e)
	case *statement.GrantDecision:
		d.observeGrant(e, body)
	case *statement.IntendStep:
		d.observeIntent(e, body)
	case *statement.FinishStep:
		d.observeDone(e, body)
	case *statement.CloseOutcome:
		d.observeOutcome(e, body)
	case *statement.ReleaseDocument:
		d.observeRelease(e, body)
	case *statement.WithdrawDocument:
		d.observeWithdraw(body)
	case *statement.AttestObservation:
		d.observeAttest(e, body)
	case *statement.RefuseFinding:
		d.observeRefusal(e, body)
	case *statement.AlertFinding:
		d.observeAlert(e, body)
	case *statement.AckFinding:
		d.observeAck(body.About)
	case *statement.CloseFinding:
		d.observeAck(body.About)
	default:
		d.observeIdentity(e)
	}
}

// expire says what a timer was armed for, unless it happened.
func (d *Detector) expire(t timer) {
	switch t.Kind {
	case "retry":
		d.expireRetry(t)
	case "intent":
		d.expireIntent(t)
	case "duration":
		d.expireDuration(t)
	case "access":
		d.expireAccess(t)
	case "receipt":
		d.expireReceipt(t)
	case "expects":
		d.expireExpects(t)
	case "review":
		d.expireReview(t)
	case "keyAge":
		d.expireKeyAge(t)
	case "unused":
		d.expireUnused(t)
	case "absent":
		d.expireAbsent(t)
	}
}

// owner is that of an identity; of one that is not known, its own id.
func (d *Detector) owner(id string) string {
	if i, ok := d.m.Identities.get(id); ok {
		return i.Owner
	}
	return id
}

// independent says whether two identities have different owners: what somebody
// says of his own work counts for nothing.
func (d *Detector) independent(a, b string) bool { return a != b && d.owner(a) != d.owner(b) }

// admin says whether the policy in force lists an identity.
func (d *Detector) admin(id string) bool {
	return d.policy != nil && slices.ContainsFunc(d.policy.Admins.Members, func(m statement.Member) bool { return m.ID == id })
}

// observeChange is AL-17.
func (d *Detector) observeChange(e Entry, condition string, about subject) {
	severity := Info
	if d.outsideWindow(e.Time) {
		severity = High
	}
	d.raise("AL-17", condition, severity, e.Time, "", about, e.mention())
}

// observePolicy takes a policy. Version 1 begins the log: it changes nothing, and
// makes its members and the log identity.
func (d *Detector) observePolicy(e Entry, body *statement.SetPolicy) {
	p, err := body.Policy()
	if err != nil {
		return // a statement that was parsed has one
	}
	if p.Version > 1 {
		d.observeChange(e, "policy", subject{identity: e.Statement.Issuer})
	}
	d.m.Policy, d.policy = body.Text, p
	d.readThresholds(p)
	d.placeText(e.Statement.Subject, statement.PolicyDocument, p.Version)
	if p.Version > 1 {
		return
	}
	for _, m := range p.Admins.Members {
		d.enroll(e, m.ID, &identity{Class: "human", Owner: m.ID})
	}
	d.enroll(e, p.Log.ID, &identity{Class: "workload", Owner: p.Log.ID})
}

// observeDefine takes a workflow.
func (d *Detector) observeDefine(e Entry, body *statement.DefineWorkflow) {
	d.observeChange(e, "workflow", subject{identity: e.Statement.Issuer})
	d.m.Workflows.put(e.Statement.Subject.String(), body.Text)
	if f := d.flow(e.Statement.Subject.String()); f != nil {
		d.placeText(e.Statement.Subject, statement.WorkflowDocument(f.ID), f.Version)
	}
}

// placeText notes that the bytes of a text are registered.
func (d *Detector) placeText(digest statement.Digest, document string, version uint32) {
	placed, _ := d.m.Bytes.get(digest.String())
	d.m.Bytes.put(digest.String(), append(placed, placement{Document: document, Version: version}))
}
