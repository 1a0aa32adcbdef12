package client

import "github.com/docketlog/docket/proofs/statement"

// Grant makes a decision.grant about a run, or of governance about none (empty).
// The subject is what the grant is for: see [statement.Object].
func (a *Author) Grant(run string, subject statement.Digest, g statement.GrantDecision) (statement.Envelope, error) {
	return a.Sign(statement.Statement{Subject: subject, Run: run, Body: &g})
}

// Deny makes a decision.deny of the request of a run, by its statement digest.
func (a *Author) Deny(run string, request statement.Digest, rule, reason string) (statement.Envelope, error) {
	return a.Sign(statement.Statement{
		Subject: request, Run: run, Body: &statement.DenyDecision{About: request, Rule: rule, Reason: reason},
	})
}

// RevokeGrant makes a decision.revoke of a grant, by its statement digest. run is
// that of the grant, empty if it has none.
func (a *Author) RevokeGrant(run string, grant statement.Digest, reason string) (statement.Envelope, error) {
	return a.Sign(statement.Statement{
		Subject: grant, Run: run, Body: &statement.RevokeDecision{About: grant, Reason: reason},
	})
}
