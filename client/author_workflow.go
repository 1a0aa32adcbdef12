package client

import (
	"crypto/sha256"

	"github.com/docketlog/docket/proofs/statement"
)

// DefineWorkflow makes a workflow.define of a text, spending the grant of another
// human on it.
func (a *Author) DefineWorkflow(text []byte, spends []statement.Digest) (statement.Envelope, error) {
	return a.Sign(statement.Statement{
		Subject: sha256.Sum256(text), Spends: spends, Body: &statement.DefineWorkflow{Text: string(text)},
	})
}

// RetireWorkflow makes a workflow.retire of the workflow whose current version has
// this text, by its SHA-256.
func (a *Author) RetireWorkflow(text statement.Digest, spends []statement.Digest) (statement.Envelope, error) {
	return a.Sign(statement.Statement{
		Subject: text, Spends: spends, Body: &statement.RetireWorkflow{Workflow: text},
	})
}

// SetPolicy makes a policy.set of the next version of the policy, spending the
// grants of other admins on its text. [Author.Genesis] makes version 1.
func (a *Author) SetPolicy(text []byte, spends []statement.Digest) (statement.Envelope, error) {
	return a.Sign(statement.Statement{
		Subject: sha256.Sum256(text), Spends: spends, Body: &statement.SetPolicy{Text: string(text)},
	})
}
