package client

import "github.com/docketlog/docket/proofs/statement"

// InRun is what a release or a withdrawal in a run says beside the document.
type InRun struct {
	Run    string
	Spends []statement.Digest // grants, by statement digest
	To     []string           // identities that a release is meant for
}

// ReleaseIn makes a document.release in a run; as [Author.Release].
func (a *Author) ReleaseIn(in InRun, document string, version uint32, prev *statement.Digest, f File) (statement.Envelope, error) {
	return a.Sign(statement.Statement{
		Subject: f.Digest, Run: in.Run, Spends: in.Spends,
		Body: &statement.ReleaseDocument{Document: document, Version: version, Prev: prev, Size: f.Size, Media: f.Media, To: list(in.To)},
	})
}

// WithdrawIn makes a document.withdraw in a run; as [Author.Withdraw].
func (a *Author) WithdrawIn(in InRun, document string, version uint32, digest statement.Digest, reason string) (statement.Envelope, error) {
	return a.Sign(statement.Statement{
		Subject: digest, Run: in.Run, Spends: in.Spends,
		Body: &statement.WithdrawDocument{Document: document, Version: version, Reason: reason},
	})
}
