package monitor

import (
	"slices"

	"github.com/docketlog/docket/proofs/statement"
)

// observeRefusal is what a refusal on record raises: AL-01 to AL-04 and AL-18.
func (d *Detector) observeRefusal(e Entry, body *statement.RefuseFinding) {
	about := subject{run: e.Statement.Run, identity: body.Submitter}
	raise := func(rule, condition, severity string) {
		d.raise(rule, condition, severity, e.Time, "", about, d.refusalEvidence(e, body)...)
	}
	switch body.RefusalCode {
	case "E203":
		raise("AL-01", "keyTaken", High)
	case "E404", "E405", "E407":
		if works(e.Refused) {
			raise("AL-02", "refused", High)
		}
	case "E402", "E406":
		d.observeApart(e, body)
	case "E201":
		if i, ok := d.m.Identities.get(body.Submitter); ok && i.Status != "active" {
			raise("AL-04", "identity", Crit)
		}
	case "E202":
		raise("AL-04", "key", Crit)
	case "E408":
		raise("AL-18", "version", High)
	}
	if e.Refused != nil && e.Refused.Issuer == body.Submitter { // else somebody put words into another's mouth
		d.observeNaming(e, e.Refused)
	}
}

// works says whether what was refused releases, withdraws or does something. What
// the quarantine does not have may be that.
func works(refused *statement.Statement) bool {
	return refused == nil || slices.Contains([]string{"document", "step"}, refused.Code.Kind())
}

// refusalEvidence is the finding, and what it refused: no entry has that.
func (d *Detector) refusalEvidence(e Entry, body *statement.RefuseFinding) []mention {
	return []mention{e.mention(), {Text: body.Submission.String(), Index: e.Index, Time: e.Time}}
}

// observeApart is AL-03: the third in an hour is high.
func (d *Detector) observeApart(e Entry, body *statement.RefuseFinding) {
	evidence, severity := d.refusalEvidence(e, body), Med
	if i, ok := d.m.Identities.get(body.Submitter); ok {
		from := e.Time - d.seconds("AL-03.windowSeconds")
		i.Refusals = slices.DeleteFunc(i.Refusals, func(m mention) bool { return m.Time <= from })
		i.Refusals = append(i.Refusals, e.mention())
		if len(i.Refusals) > MaxEvidence {
			i.Refusals = i.Refusals[1:]
		}
		if int64(len(i.Refusals)) >= min(d.threshold("AL-03.count"), MaxEvidence) {
			severity, evidence = High, append(evidence, i.Refusals...)
		}
	}
	d.raise("AL-03", "apart", severity, e.Time, "", subject{run: e.Statement.Run, identity: body.Submitter}, evidence...)
}
