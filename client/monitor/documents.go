package monitor

import (
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// maxPlacements bounds how many releases of the same bytes are told apart.
const maxPlacements = 16

// observeRelease takes a release: AL-18, and AL-10 waits for its destinations.
func (d *Detector) observeRelease(e Entry, body *statement.ReleaseDocument) {
	s := e.Statement
	digest := s.Subject.String()
	if condition := d.misplaced(s, body); condition != "" {
		d.raise("AL-18", condition, High, e.Time, "", subject{s.Run, s.Issuer}, e.mention())
	}
	placed, _ := d.m.Bytes.get(digest)
	if placed = append(slices.Clone(placed), placement{Document: body.Document, Version: body.Version}); len(placed) > maxPlacements {
		placed = placed[1:]
	}
	d.m.Bytes.put(digest, placed)
	d.m.Documents.put(body.Document, &document{Version: body.Version, Digest: digest})
	if len(body.To) > 0 {
		name := e.Digest.String()
		d.m.Releases.put(name, &release{Released: e.mention(), Issuer: s.Issuer, Run: s.Run, Subject: digest, Missing: slices.Clone(body.To)})
		d.m.ReleaseOf.put(digest, name)
		d.m.Timers.arm(e.Time+d.seconds("AL-10.attestSeconds"), "receipt", name, 0)
	}
	d.observeReleaseStep(e)
}

// misplaced says why these bytes should not be released so, or "".
func (d *Detector) misplaced(s *statement.Statement, body *statement.ReleaseDocument) string {
	digest := s.Subject.String()
	placed, _ := d.m.Bytes.get(digest)
	current, ok := d.m.Documents.get(body.Document)
	older := slices.ContainsFunc(placed, func(p placement) bool {
		return p.Document == body.Document && (p.Withdrawn || ok && p.Version < current.Version)
	})
	switch {
	case older && !(ok && current.Digest == digest && !current.Withdrawn):
		return "older"
	case slices.ContainsFunc(placed, func(p placement) bool { return p.Document != body.Document }):
		return "twoDocuments"
	}
	if r, ok := d.m.Runs.get(s.Run); ok && s.Run != "" {
		if f := d.flow(r.Text); f != nil && f.Detail == "full" && !r.putOut("", digest) {
			return "noOutput"
		}
	}
	return ""
}

// observeReleaseStep: the release of a run meets its release step.
func (d *Detector) observeReleaseStep(e Entry) {
	r, ok := d.m.Runs.get(e.Statement.Run)
	if !ok || e.Statement.Run == "" {
		return
	}
	v, ok := d.view(r)
	if !ok {
		return
	}
	at := slices.IndexFunc(v.Flow.Steps, func(s statement.WorkflowStep) bool { return s.Release })
	if at < 0 {
		return
	}
	event := register.RunBody{Status: v.State.Status, Step: v.Flow.Steps[at].Name, Result: register.ResultOK}
	event.Status = d.statusAfter(e, r, v, event)
	d.move(e, r, event)
}

// observeWithdraw takes a withdrawal: the version's bytes are not to come back.
func (d *Detector) observeWithdraw(body *statement.WithdrawDocument) {
	current, ok := d.m.Documents.get(body.Document)
	if !ok {
		return
	}
	current.Withdrawn = true
	placed, _ := d.m.Bytes.get(current.Digest)
	placed = slices.Clone(placed)
	for i := range placed {
		if placed[i].Document == body.Document && placed[i].Version == body.Version {
			placed[i].Withdrawn = true
		}
	}
	d.m.Bytes.put(current.Digest, placed)
}
