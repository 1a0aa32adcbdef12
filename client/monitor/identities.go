package monitor

import (
	"slices"

	"github.com/docketlog/docket/proofs/statement"
)

// observeUse remembers what an identity signed, for AL-12 and AL-20.
func (d *Detector) observeUse(e Entry) {
	d.m.Recent.put(e.Digest.String(), signed{e.Statement.Issuer, e.mention()})
	if i, ok := d.m.Identities.get(e.Statement.Issuer); ok {
		i.Used = e.mention()
	}
}

// observeIdentity takes identity.*.
func (d *Detector) observeIdentity(e Entry) {
	switch body := e.Statement.Body.(type) {
	case *statement.EnrollIdentity:
		d.enroll(e, body.ID, &identity{Class: body.Class, Owner: body.Owner, Roles: body.Roles, Verbs: body.Verbs, Tools: body.Tools})
		d.observeKey(e, body)
	case *statement.RotateIdentity:
		d.observeKey(e, &body.EnrollIdentity)
	case *statement.SuspendIdentity:
		d.observeStatus(e, body.ID, "suspended")
	case *statement.ResumeIdentity:
		d.observeStatus(e, body.ID, "active")
	case *statement.RetireIdentity:
		d.observeStatus(e, body.ID, "retired")
	case *statement.RevokeIdentity:
		d.observeStatus(e, body.ID, "revoked")
		d.observeCompromise(e, body)
	}
}

// enroll takes a new identity.
func (d *Detector) enroll(e Entry, id string, i *identity) {
	i.Status, i.Enrolled, i.Keyed, i.Used = "active", e.mention(), e.mention(), e.mention()
	d.m.Identities.put(id, i)
	d.m.Timers.arm(e.Time+d.threshold("AL-12.keyAgeDays")*day+1, "keyAge", id, e.Index)
	d.m.Timers.arm(e.Time+d.threshold("AL-12.unusedDays")*day, "unused", id, 0)
	if o, ok := d.m.Identities.get(i.Owner); ok && o.Status == "retired" {
		d.raise("AL-12", "ownerRetired", Med, e.Time, "owner", subject{identity: id}, e.mention(), o.Retired)
	}
}

// observeKey takes the key of an enrollment or a rotation.
func (d *Detector) observeKey(e Entry, body *statement.EnrollIdentity) {
	if e.Statement.Code == statement.IdentityRotate {
		if i, ok := d.m.Identities.get(body.ID); ok {
			i.Keyed = e.mention()
			d.m.Timers.arm(e.Time+d.threshold("AL-12.keyAgeDays")*day+1, "keyAge", body.ID, e.Index)
		}
	}
	if body.NotAfter == 0 {
		d.raise("AL-12", "unlimited", Med, e.Time, "", subject{identity: body.ID}, e.mention())
	}
	d.observeOffice(e, body.ID)
}

// observeOffice is AL-17 for those who make and end identities.
func (d *Detector) observeOffice(e Entry, id string) {
	i, ok := d.m.Identities.get(id)
	switch {
	case d.admin(id):
		d.observeChange(e, "admin", subject{identity: id})
	case ok && slices.Contains(i.Roles, "registrar"):
		d.observeChange(e, "registrar", subject{identity: id})
	}
}

// observeStatus takes the new status of an identity.
func (d *Detector) observeStatus(e Entry, id, status string) {
	d.observeOffice(e, id)
	i, ok := d.m.Identities.get(id)
	if !ok {
		return
	}
	i.Status = status
	if status != "retired" {
		return
	}
	i.Retired = e.mention()
	d.m.Retirements.put(e.Digest.String(), id)
	d.m.Timers.arm(e.Time+d.seconds("AL-12.absentSeconds"), "absent", id, e.Index)
	evidence := []mention{e.mention()}
	for _, other := range d.m.Identities.keys() {
		if o, _ := d.m.Identities.get(other); other != id && o.Owner == id && o.Status == "active" {
			evidence = append(evidence, o.Enrolled)
		}
	}
	if len(evidence) > 1 {
		d.raise("AL-12", "ownerRetired", Med, e.Time, "owner", subject{identity: id}, evidence...)
	}
}

func (d *Detector) expireKeyAge(t timer) {
	i, ok := d.m.Identities.get(t.Ref)
	if ok && i.Keyed.Index == t.Mark && (i.Status == "active" || i.Status == "suspended") {
		d.raise("AL-12", "keyAge", Med, t.Due, "age", subject{identity: t.Ref}, i.Keyed)
	}
}

// expireUnused looks at the identity again as long as it is used. The log identity
// and the monitor speak only when something is wrong.
func (d *Detector) expireUnused(t timer) {
	i, ok := d.m.Identities.get(t.Ref)
	if !ok || t.Ref == d.self || d.policy != nil && t.Ref == d.policy.Log.ID || i.Status == "revoked" || i.Status == "retired" {
		return
	}
	due := i.Used.Time + d.threshold("AL-12.unusedDays")*day
	if due <= t.Due {
		if i.Status == "active" {
			d.raise("AL-12", "unused", Med, t.Due, "unused", subject{identity: t.Ref}, i.Used)
		}
		due = t.Due + d.threshold("AL-12.unusedDays")*day
	}
	d.m.Timers.arm(due, "unused", t.Ref, 0)
}

func (d *Detector) expireAbsent(t timer) {
	if i, ok := d.m.Identities.get(t.Ref); ok && !i.Gone && i.Retired.Index == t.Mark {
		d.raise("AL-12", "remains", Med, t.Due, "absent", subject{identity: t.Ref}, i.Retired)
	}
}
