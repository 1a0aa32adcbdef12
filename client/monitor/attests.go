package monitor

import (
	"slices"

	"github.com/docketlog/docket/proofs/statement"
)

// observeAttest takes what somebody saw of another's work: it confirms releases
// and runs (AL-10), reviews (AL-11), and that something is gone (AL-09, AL-12).
func (d *Detector) observeAttest(e Entry, body *statement.AttestObservation) {
	about := ""
	if body.About != nil {
		about = body.About.String()
	}
	for _, seen := range body.Observed {
		switch seen.Property {
		case "received":
			d.observeReceived(e, about, seen)
		case "reviewed":
			d.observeReviewed(e, about)
		case "present", "absent":
			if gone := seen.Count == nil || *seen.Count == 0; gone || seen.Property == "present" {
				d.observeThere(e, seen)
			}
			d.observeGone(e, about, seen)
		}
	}
	d.observeRunAttest(e, about)
}

// observeReceived confirms a release, to the destination that attests: these
// bytes arrived.
func (d *Detector) observeReceived(e Entry, about string, seen statement.Observed) {
	subject := e.Statement.Subject.String()
	name := about
	if about == "" {
		name, _ = d.m.ReleaseOf.get(subject)
	}
	r, ok := d.m.Releases.get(name)
	if !ok {
		return
	}
	same := subject == r.Subject || seen.Digest != nil && seen.Digest.String() == r.Subject || subject == about && seen.Digest == nil
	if at := slices.Index(r.Missing, e.Statement.Issuer); same && at >= 0 {
		r.Missing = slices.Delete(slices.Clone(r.Missing), at, at+1)
		r.Other = r.Other || d.independent(e.Statement.Issuer, r.Issuer)
	}
}

// expireReceipt is AL-10 for a release.
func (d *Detector) expireReceipt(t timer) {
	r, ok := d.m.Releases.get(t.Ref)
	if !ok {
		return
	}
	about := subject{r.Run, r.Issuer}
	switch {
	case len(r.Missing) > 0:
		d.raise("AL-10", "receipt", High, t.Due, "", about, r.Released)
	case !r.Other:
		d.raise("AL-10", "sameOwner", High, t.Due, "", about, r.Released)
	}
}

// observeReviewed ends the wait for the review of an override: of the grant, or of
// what spent it, by somebody who is not the grantor's.
func (d *Detector) observeReviewed(e Entry, about string) {
	spent, _ := d.m.Overridden.get(about)
	for _, name := range append([]string{about}, spent...) {
		if g, ok := d.m.Grants.get(name); ok && g.ReviewBy != 0 && d.independent(e.Statement.Issuer, g.Issuer) {
			g.Reviewed = true
		}
	}
}

// observeGone notes that a retired identity is gone, as somebody else saw.
func (d *Detector) observeGone(e Entry, about string, seen statement.Observed) {
	if seen.Property != "absent" || seen.Count != nil && *seen.Count != 0 {
		return
	}
	id := seen.Resource
	if retired, ok := d.m.Retirements.get(about); ok {
		id = retired
	}
	if i, ok := d.m.Identities.get(id); ok && i.Status == "retired" && d.independent(e.Statement.Issuer, id) {
		i.Gone = true
	}
}

// observeRunAttest notes who attested in a run: of what its workflow expects.
func (d *Detector) observeRunAttest(e Entry, about string) {
	id := e.Statement.Run
	if id == "" {
		id, _ = d.m.RunOf.get(about)
	}
	r, ok := d.m.Runs.get(id)
	if !ok || !d.independent(e.Statement.Issuer, r.Executor) || slices.Contains(r.Attested, e.Statement.Issuer) {
		return
	}
	if f := d.flow(r.Text); f != nil && slices.Contains(f.Expects, e.Statement.Issuer) {
		r.Attested = append(r.Attested, e.Statement.Issuer)
	}
}

// expireExpects is AL-10 for a run that ended.
func (d *Detector) expireExpects(t timer) {
	r, ok := d.m.Runs.get(t.Ref)
	if !ok {
		return
	}
	f := d.flow(r.Text)
	if f == nil {
		return
	}
	if slices.ContainsFunc(f.Expects, func(id string) bool { return !slices.Contains(r.Attested, id) }) {
		d.raise("AL-10", "expects", High, t.Due, "", subject{t.Ref, r.Executor}, r.Closing, r.Request)
	}
}
