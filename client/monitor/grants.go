package monitor

import (
	"slices"

	"github.com/docketlog/docket/proofs/statement"
)

// maxUses bounds the uses of a grant whose spenders are told apart: of one with
// more, a replay is a refusal (E405) alone.
const maxUses = 256

// observeGrant takes a grant. AL-11: an override is raised at once, and again when
// nobody reviewed it in time.
func (d *Detector) observeGrant(e Entry, body *statement.GrantDecision) {
	g := &grant{Given: e.mention(), Issuer: e.Statement.Issuer, Run: e.Statement.Run, Uses: body.Uses, NotAfter: body.NotAfter}
	if o, ok := body.Object.(statement.StepObject); ok {
		g.Resource, g.Privilege = o.Resource, o.Privilege
	}
	if body.Override != nil {
		g.ReviewBy = body.Override.ReviewBy
	}
	key := e.Digest.String()
	d.m.Grants.put(key, g)
	if body.Override != nil {
		d.raise("AL-11", "override", High, e.Time, "", subject{g.Run, g.Issuer}, g.Given)
		d.m.Timers.arm(g.ReviewBy, "review", key, 0)
	}
}

func (d *Detector) expireReview(t timer) {
	if g, ok := d.m.Grants.get(t.Ref); ok && !g.Reviewed {
		d.raise("AL-11", "overdue", High, t.Due, "overdue", subject{g.Run, g.Issuer}, append([]mention{g.Given}, d.spenders(g)...)...)
	}
}

// spenders are the statements that spent a grant.
func (d *Detector) spenders(g *grant) []mention {
	var list []mention
	for _, digest := range g.Spent {
		list = append(list, mention{Text: digest})
	}
	return list
}

// observeNaming is AL-02 for what an entry, or what it refused, names as its
// grants: more different statements than uses are a replay, also when each was
// refused for another reason.
func (d *Detector) observeNaming(e Entry, s *statement.Statement) {
	name := e.Digest.String()
	if finding, ok := e.Statement.Body.(*statement.RefuseFinding); ok {
		name = finding.Submission.String()
	}
	for _, spend := range s.Spends {
		g, ok := d.m.Grants.get(spend.String())
		if !ok || g.Uses > maxUses {
			continue
		}
		if s == e.Statement && !slices.Contains(g.Spent, name) {
			g.Spent = append(g.Spent, name)
			d.noteOverridden(g, name, spend)
		}
		if g.Replayed || slices.Contains(g.Named, name) {
			continue
		}
		g.Named = append(g.Named, name)
		if uint32(len(g.Named)) > g.Uses {
			g.Replayed = true
			evidence := []mention{e.mention(), g.Given}
			for _, other := range g.Named {
				evidence = append(evidence, mention{Text: other})
			}
			d.raise("AL-02", "replayed", High, e.Time, "", subject{s.Run, s.Issuer}, evidence...)
		}
	}
}

// noteOverridden remembers which overrides a statement used: its review is theirs.
func (d *Detector) noteOverridden(g *grant, name string, spend statement.Digest) {
	if g.ReviewBy != 0 {
		list, _ := d.m.Overridden.get(name)
		d.m.Overridden.put(name, append(slices.Clone(list), spend.String()))
	}
}
