package client

import "github.com/docketlog/docket/proofs/statement"

// An Attestation is what an attest.observe says.
type Attestation struct {
	Run      string            // that it belongs to; empty: none
	Subject  statement.Digest  // of the observed bytes, else what About says
	About    *statement.Digest // statement that it confirms or contradicts; nil: none
	Observed []statement.Observed
	Late     string // as of [Author.FinishStep]
}

// Attest makes an attest.observe.
func (a *Author) Attest(o Attestation) (statement.Envelope, error) {
	return a.Sign(statement.Statement{
		Subject: o.Subject, Run: o.Run, Late: o.Late, Body: &statement.AttestObservation{About: o.About, Observed: o.Observed},
	})
}
